from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import anchors, proofs, pruning, trail, triggers


class Command(BaseCommand):
    help = "Efterprøver logkæden i hvert område, ankrene, referaterne, og at databasen nægter at ændre i loggen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor", metavar="FIL", help="sammenlign med et anker, som en anden har gemt: filen eller hele mailen"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = self._kept(options["anchor"]) if options["anchor"] else None
        faults = [f"udløser mangler: {name}" for name in sorted(triggers.names() - triggers.installed())]
        scopes = trail.scopes()
        for scope in scopes:
            faults += [f"{scope}: brud ved nr. {seq}" for seq in trail.broken_links(scope)]
        faults += anchors.stored_faults() + pruning.faults(timezone.localdate())
        faults += [fault for check in proofs.CHECKS for fault in check()]
        if kept is not None:
            faults += [fault for fault in anchors.faults_of(kept) if fault not in faults]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"Kæden holder i {len(scopes)} områder.")
        for scope in scopes:
            if start := trail.checkpoint_of(scope):
                self.stdout.write(f"{scope} begynder efter nr. {start.seq} (ankeret af {start.anchored_on}).")
        if kept is not None:
            self.stdout.write(f"Ankeret af {kept.day} passer.")

    def _kept(self, path: str) -> anchors.Read:
        try:
            return anchors.read(Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise CommandError(f"Kan ikke læse {path}: {error.strerror}.") from None
        except ValueError:
            raise CommandError(f"{path} er ikke et anker, eller det er ændret.") from None
