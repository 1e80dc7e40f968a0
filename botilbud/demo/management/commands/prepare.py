from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from botilbud.demo import build
from botilbud.organisation.access import today


class Command(BaseCommand):
    help = "Gør databasen klar: tabeller, udløsere og, når den er tom, prøveverdenen. Sikker at køre igen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="læg prøveverdenen, hvis den ikke er der")
        parser.add_argument("--reset-demo", action="store_true", help="tøm databasen, og læg prøveverdenen på ny")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset_demo"]:
            build.drop_everything()
        call_command("migrate", verbosity=0, interactive=False)
        if (options["demo"] or options["reset_demo"]) and build.lay(today()):
            self.stdout.write("Prøveverdenen er lagt.")
