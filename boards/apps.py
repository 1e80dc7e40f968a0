from django.apps import AppConfig

from boards import hints
from botilbud.audit import moved


class BoardsConfig(AppConfig):
    name = "boards"

    def ready(self) -> None:
        """Every process that commits gives the web processes a hint."""
        moved.listeners.append(hints.tell)
