from django.apps import AppConfig
from django.utils.module_loading import import_string


class AdministrationConfig(AppConfig):
    name = "administration"

    def ready(self) -> None:
        """What waits in Styring stands on Min dag."""
        # Imported here by name, because their models cannot be imported earlier.
        register = import_string("reminders.waiting.register")
        register(import_string("administration.waiting.in_administration"))
        register(import_string("administration.offers.role_questions"))
