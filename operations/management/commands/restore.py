from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from operations.archive import Damaged
from operations.services import Refused, afterwards, restore
from privacy.retention.stays import Journal, read_journal


class Command(BaseCommand):
    help = "Gendanner databasen fra en sikkerhedskopi og beviser hvert skridt. Holder ét ikke, er intet ændret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="filen fra backup")
        parser.add_argument("--journal", metavar="FIL", help="den nyeste journal over sletninger (erasures)")
        parser.add_argument("--without-journal", action="store_true", help="der er intet slettet siden kopien")
        parser.add_argument("--overwrite", metavar="NAVN", default="", help="databasen er ikke tom og skal væk")
        parser.add_argument(
            "--rehearse", action="store_true", help="gør det hele ved siden af databasen, og smid det væk"
        )
        parser.add_argument(
            "--after-other-restore",
            action="store_true",
            help="uden fil: databasen er gendannet på anden måde, og resten skal gøres",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = options["after_other_restore"]
        if done == bool(options["file"]) or (done and (options["rehearse"] or options["overwrite"])):
            raise CommandError("Skriv filen, eller --after-other-restore alene.")
        if bool(options["journal"]) == options["without_journal"]:
            raise CommandError("Skriv --journal med den nyeste journal over sletninger, eller --without-journal.")
        journal = self._kept(options["journal"]) if options["journal"] else None
        now = timezone.now()
        try:
            if done:
                afterwards(journal=journal, now=now, say=self.stdout.write)
            else:
                restore(
                    Path(options["file"]), journal=journal, over=options["overwrite"], rehearse=options["rehearse"],
                    now=now, say=self.stdout.write,
                )  # fmt: skip
        except (Refused, Damaged) as error:
            raise CommandError(f"{error}\nIntet er ændret.") from None
        except OSError as error:
            raise CommandError(f"{error.filename or 'Filen'}: {error.strerror}. Intet er ændret.") from None
        except DatabaseError as error:
            # Its own words may hold what stood in a row.
            kind = type(error.__cause__ or error).__name__
            raise CommandError(f"Databasen kunne ikke ({kind}). Intet er ændret.") from None
        if options["rehearse"]:
            self.stdout.write("Prøven er bestået. Intet er ændret.")
        else:
            self.stdout.write("Databasen er gendannet. Kør retention_run, før nogen lukkes ind.")

    def _kept(self, path: str) -> Journal:
        try:
            return read_journal(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"Kan ikke læse {path}: {error.strerror}.") from None
        except ValueError:
            raise CommandError(f"{path} er ikke en journal over sletninger, eller den er ikke hel.") from None
