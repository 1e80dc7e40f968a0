from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from privacy.retention.stays import journal


class Command(BaseCommand):
    help = "Skriver journalen over slettede ophold ud: numre og dage, ingen navne. Gem den uden for databasen."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in journal(timezone.now()):
            self.stdout.write(line)
