from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand

from accounts.adapter import opened

# What of a factor's data is sealed, by its kind.
SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


class Command(BaseCommand):
    help = "Forsegler alle ekstra trin ved log ind med den nyeste nøgle (BOTILBUD_FACTOR_KEYS)."

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for row in Authenticator.objects.filter(type__in=SEALED).order_by("pk").iterator():
            part = SEALED[Authenticator.Type(row.type)]
            try:
                row.data[part] = get_adapter().encrypt(opened(row.data[part]))
            except LookupError:
                lost += 1
                continue
            row.save(update_fields=["data"])
            done += 1
        self.stdout.write(f"{done} forseglet med den nyeste nøgle, {lost} kunne ikke læses.")
