from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy.retention.kinds import KINDS
from privacy.retention.services import clock_doubt, nightly, waits_for_yes


class Command(BaseCommand):
    help = "Sletter det, der er ældre end fristen. Gør det samme som arbejderen om natten, uden Celery."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        outcome = nightly(now)
        if outcome is None and (why := clock_doubt(now)):
            raise CommandError(
                f"{why} Intet er slettet. En systemadministrator kan sige i Styring, at uret er rigtigt."
            )
        if outcome is None and (why := waits_for_yes(now)):
            raise CommandError(f"{why} En systemadministrator kan sige ja i Styring.")
        if outcome is None:
            raise CommandError("En anden er i gang med at slette. Prøv igen om lidt.")
        for kind, count in outcome.erased.items():
            self.stdout.write(f"{KINDS[kind].name}: {count} slettet.")
        if not outcome.erased:
            self.stdout.write("Der var intet at slette.")
        if outcome.failed:
            raise CommandError("Ikke alt kunne slettes: " + ", ".join(outcome.failed))
