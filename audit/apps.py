from django.apps import AppConfig
from django.db.models.signals import post_migrate

from audit import triggers


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        # SQLite copies a table to change it and silently drops its triggers, so we make them after every migrate.
        post_migrate.connect(triggers.install, sender=self)
