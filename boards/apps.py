from django.apps import AppConfig
from django.utils.module_loading import import_string

from audit import moved, proofs
from boards.live import hints


class BoardsConfig(AppConfig):
    name = "boards"

    def ready(self) -> None:
        """Every process that commits gives the web processes a hint; and what audit_verify compares with the log."""
        moved.listeners.append(hints.tell)
        # Imported here by name, because its models cannot be imported earlier.
        proofs.register(import_string("boards.proof.faults"))
