from typing import Any

from django.core.management.base import BaseCommand, CommandError

from botilbud.audit import trail, triggers
from botilbud.audit.models import Clock


class Command(BaseCommand):
    help = "Efterprøver logkæden i hvert område og at databasen nægter at ændre i den."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [f"udløser mangler: {name}" for name in sorted(triggers.names() - triggers.installed())]
        scopes = list(Clock.objects.order_by("scope").values_list("scope", flat=True))
        for scope in scopes:
            faults += [f"{scope}: brud ved nr. {seq}" for seq in trail.broken_links(scope)]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"Kæden holder i {len(scopes)} områder.")
