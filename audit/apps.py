from django.apps import AppConfig
from django.db.models.signals import post_migrate

from audit import triggers


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        # SQLite remakes a table to change it and drops its triggers without a word: they are laid after every migrate.
        post_migrate.connect(triggers.install, sender=self)
