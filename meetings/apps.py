from django.apps import AppConfig
from django.utils.module_loading import import_string

from audit import proofs


class MeetingsConfig(AppConfig):
    name = "meetings"

    def ready(self) -> None:
        """What audit_verify compares with the log."""
        # Imported here by name, because its models cannot be imported earlier.
        proofs.register(import_string("meetings.proof.faults"))
