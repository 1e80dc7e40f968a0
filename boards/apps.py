from django.apps import AppConfig

from audit import moved
from boards.live import hints


class BoardsConfig(AppConfig):
    name = "boards"

    def ready(self) -> None:
        """Every process that commits gives the web processes a hint."""
        moved.listeners.append(hints.tell)
