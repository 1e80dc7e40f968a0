from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.access import today
from demo import build

# Before anything was released, the migrations were laid anew (docs/decisions/0025).
FIRST_BEFORE = ("organisation", "0001_initial")
OTHER_VERSION = (
    "Databasen er lagt af en udgave, der ikke kan føres videre. Begynd med en tom database; "
    "prøveverdenen lægges på ny med ./run --reset-demo."
)


def tables_missing() -> set[str]:
    """Tables of ours the database lacks although all migrations ran: a first file was edited since it was laid."""
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    return ours - set(connection.introspection.table_names())


class Command(BaseCommand):
    help = "Gør databasen klar: tabeller, udløsere og, når den er tom, prøveverdenen. Sikker at køre igen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="læg prøveverdenen, hvis den ikke er der")
        parser.add_argument("--reset-demo", action="store_true", help="tøm databasen, og læg prøveverdenen på ny")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset_demo"]:
            build.drop_everything()
        if FIRST_BEFORE in MigrationRecorder(connection).applied_migrations():
            raise CommandError(OTHER_VERSION)
        call_command("migrate", verbosity=0, interactive=False)
        if tables_missing():
            raise CommandError(OTHER_VERSION)
        if (options["demo"] or options["reset_demo"]) and build.lay(today()):
            self.stdout.write("Prøveverdenen er lagt.")
