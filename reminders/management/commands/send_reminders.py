from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from control.services import daily
from meetings.services import close_forgotten
from reminders import services


class Command(BaseCommand):
    help = "Planlægger og sender dagens påmindelser. Gør det samme som arbejderen, uden Celery."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="som var det denne dag (2026-11-24), uanset klokken")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else None
        except ValueError:
            raise CommandError("Skriv dagen som 2026-11-24.") from None
        now = timezone.now()
        planned, sent = services.tick(now, day=day)
        closed = 0 if day else close_forgotten(now)
        daily(now)
        services.anchors_out(now)
        services.ticked()
        self.stdout.write(f"{planned} nye påmindelser, {sent} mails sendt, {closed} glemte møder afsluttet.")
