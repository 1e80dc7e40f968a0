from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from operations.services import Refused, take


class Command(BaseCommand):
    help = "Tager en sikkerhedskopi af databasen i én fil, mens der arbejdes i den."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="den nye fil, eller en mappe, hvor den får navn efter tiden")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        path = Path(options["file"])
        if path.is_dir():
            path /= f"botilbud-{timezone.localtime(now):%Y-%m-%d-%H%M%S}.zip"
        try:
            taken = take(path, now)
        except FileExistsError:
            raise CommandError(f"{path} er der i forvejen. Den overskrives ikke.") from None
        except OSError as error:
            raise CommandError(f"{path} kunne ikke skrives: {error.strerror}. Der er ingen kopi.") from None
        except DatabaseError as error:
            # Its own words may hold what stood in a row.
            kind = type(error.__cause__ or error).__name__
            raise CommandError(f"Databasen kunne ikke læses ({kind}). Der er ingen kopi.") from None
        except Refused as refused:
            raise CommandError(str(refused)) from None
        for table in taken.unknown:
            self.stderr.write(f"Tabellen {table} er ikke Botilbuds og er ikke med.")
        held = f"{len(taken.manifest.tables)} tabeller, {taken.manifest.rows} rækker, {path.stat().st_size} byte"
        self.stdout.write(f"{path}: {held}, sha256 {taken.seal}")
