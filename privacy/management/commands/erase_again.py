from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.retention.stays import JournalLine, erase_again, read_journal, take_over


class Command(BaseCommand):
    help = "Sletter igen det, der er kommet tilbage med en gendannet database. Køres, før nogen lukkes ind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--journal", metavar="FIL", help="en journal, som er gemt uden for databasen (erasures)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["journal"]:
            added = take_over(self._kept(options["journal"]))
            self.stdout.write(f"Hentet fra journalen: {added}.")
        self.stdout.write(f"Slettet igen: {erase_again(timezone.now())} ophold.")

    def _kept(self, path: str) -> list[JournalLine]:
        try:
            return read_journal(Path(path).read_text(encoding="utf-8")).lines
        except OSError as error:
            raise CommandError(f"Kan ikke læse {path}: {error.strerror}.") from None
        except ValueError:
            raise CommandError(f"{path} er ikke en journal over sletninger, eller den er ikke hel.") from None
