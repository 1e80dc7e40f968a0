from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operations import runs


class Command(BaseCommand):
    help = "Planlægger og sender dagens påmindelser. Gør det samme som arbejderen, uden Celery."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="som var det denne dag (2026-11-24), uanset klokken")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else None
        except ValueError:
            raise CommandError("Skriv dagen som 2026-11-24.") from None
        done = runs.minute(timezone.now(), day=day)
        self.stdout.write(
            f"{done.planned} nye påmindelser, {done.sent} mails sendt, {done.closed} glemte møder afsluttet."
        )
