from django.apps import AppConfig
from django.utils.module_loading import import_string

from audit import proofs


class MeetingsConfig(AppConfig):
    name = "meetings"

    def ready(self) -> None:
        """What audit_verify compares with the log, and when the next meeting is."""
        # Imported here by name, because its models cannot be imported earlier.
        proofs.register(import_string("meetings.proof.faults"))
        import_string("boards.selectors.NEXT_MEETING").append(import_string("meetings.selectors.next_day"))
