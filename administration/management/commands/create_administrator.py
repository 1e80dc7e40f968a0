from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from accounts.access import today
from administration.services.people import PersonFacts, administrator_create
from administration.services.roles import administrators
from administration.services.units import region_create
from core.errors import Denied
from organisation.models import Organisation


class Command(BaseCommand):
    help = "Opretter en region med eksempelsættet af kriterier og dens første systemadministrator. Kan køres igen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--region", required=True, help="for eksempel »Region Sundbæk«")
        parser.add_argument(
            "--organisation", help="en af regionens kommuner eller ejere, der ikke har en administrator"
        )
        parser.add_argument("--name", required=True, help="administratorens navn")
        parser.add_argument("--email", required=True, help="administratorens mailadresse")

    def handle(self, *args: Any, **options: Any) -> None:
        facts = PersonFacts(options["name"], "systemadministrator", options["email"], "")
        try:
            with transaction.atomic():
                region = region_create(name=options["region"], from_day=today())
                place = _member(region, options["organisation"]) if options["organisation"] else region
                user = administrator_create(region=place, facts=facts, today=today())
        except Denied as denied:
            raise CommandError(denied.message) from None
        self.stdout.write(f"{user.name} ({user.email}) er systemadministrator for {place.name}.")
        if user.has_usable_password():
            self.stdout.write(f"Log ind på {settings.PUBLIC_URL}{reverse('account_login')}")
            return
        key = default_token_generator.make_token(user)
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
        self.stdout.write("Vælg en adgangskode her. Linket virker én gang og i tre dage:")
        self.stdout.write(f"  {settings.PUBLIC_URL}{path}")
        self.stdout.write(f"Derefter: log ind, slå totrinslogin til, og opret team og botilbud på {_start()}")


def _member(region: Organisation, name: str) -> Organisation:
    """A member nobody speaks for any more; where somebody does, they say yes in the browser. Raises Denied."""
    member = Organisation.objects.filter(region=region, name=name).first()
    if member is None:
        raise Denied(f"{region.name} har ingen organisation, der hedder »{name}«.")
    if administrators(member, today()).exists():
        raise Denied(f"{name} har en systemadministrator, som giver rollen i Styring.")
    return member


def _start() -> str:
    return f"{settings.PUBLIC_URL}{reverse('administration')}"
