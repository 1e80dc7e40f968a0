from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.health import OK, measure

# The live board's lag is a web process's own: /helbred/ tells it.
FIGURES = {
    "database": "database_ms",
    "broker": "broker_ms",
    "tick": "tick_seconds",
    "reminders": "oldest_unsent_seconds",
}


class Command(BaseCommand):
    help = "Viser, hvordan det står til med database, broker, takt og påmindelser. Fejler, når noget ikke er ok."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", nargs="*", choices=[[], *FIGURES], help="kun disse (ellers alle)")

    def handle(self, *args: Any, **options: Any) -> None:
        measured = measure()
        figures = asdict(measured)
        wanted = options["part"] or list(FIGURES)
        for part in wanted:
            self.stdout.write(f"{part:<10} {measured.parts[part]:<10} {FIGURES[part]} {figures[FIGURES[part]]}")
        bad = [part for part in wanted if measured.parts[part] != OK]
        if bad:
            raise CommandError(f"Ikke ok: {', '.join(bad)}")
