"""Who comes in through an organisation's own provider, and the roles its claims start and end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import rules, screens
from accounts.access import staff_changed
from accounts.models import ProviderIdentity
from accounts.providers import GivenRole, Provider, load
from accounts.rules import Held, ProviderPerson, Refused, RolePlace
from audit import trail
from core.text import name_fault
from organisation.models import Home, Membership, Organisation, Team, User

UNKNOWN = "sign-in"
trail.register("provider.refused", "blev ikke lukket ind gennem sin organisation")
trail.register("provider.person", "kom til gennem sin organisations log ind", personal=("name", "email"))
trail.register("provider.known", "blev kendt ved sin organisations log ind")
trail.register("provider.role_given", "fik en rolle gennem sin organisations log ind")
trail.register("provider.role_ended", "mistede en rolle, som organisationens log ind ikke længere giver")


@dataclass(frozen=True)
class Spot:
    """A place one may work at, for choosing the provider by."""

    name: str
    provider: str


def providers() -> tuple[Provider, ...]:
    """Those of the settings."""
    return load(settings.PROVIDERS_FILE)


def provider_of(ident: str) -> Provider:
    """The provider. Raises LookupError."""
    for provider in providers():
        if provider.id == ident:
            return provider
    raise LookupError("provider")


def spots() -> list[Spot]:
    """Homes, teams and organisations with a provider, by name. Three queries."""
    by_organisation = {pk: provider.id for provider in providers() for pk in provider.organisations}
    places = [
        *Organisation.objects.filter(pk__in=by_organisation).values_list("name", "pk"),
        *Team.objects.filter(organisation__in=by_organisation).values_list("name", "organisation"),
        *Home.objects.filter(organisation__in=by_organisation, left_on=None, practice=False).values_list(
            "name", "organisation"
        ),
    ]
    return sorted((Spot(name, by_organisation[pk]) for name, pk in places), key=lambda spot: spot.name)


def arrive(provider: Provider, arrived: ProviderPerson, today: date) -> User:
    """The person the provider speaks of, with the roles its claims give from now on. Raises Refused."""
    try:
        return _arrive(provider, arrived, today)
    except IntegrityError:
        raise Refused("twice", "Du var i gang to steder på én gang. Prøv igen.") from None


def _arrive(provider: Provider, arrived: ProviderPerson, today: date) -> User:
    with transaction.atomic():
        places = _places(provider, rules.given(provider, arrived.values))
        user = _known(provider, arrived) or _met(provider, arrived, today) or _new(provider, arrived, places)
        if not user.is_active:
            raise Refused("inactive", "Kontoen er lukket. Spørg din leder eller jeres systemadministrator.")
        _check_own(provider, user, today)
        _apply(provider, user, places, today)
    return user


def password_closed(user: User, today: date) -> bool:
    """Whether the person must come through a provider: their organisation has one that allows nothing else."""
    closed = [provider.organisations for provider in providers() if not provider.password]
    if not closed:
        return False
    works_for = _employers(user, today)
    return bool(works_for) and any(organisations >= works_for for organisations in closed)


def refused(provider: Provider, why: str) -> None:
    """Notes that nobody came in, and why."""
    trail.note(UNKNOWN, "provider.refused", f"provider:{provider.id}", by=None, why=why)


def _known(provider: Provider, arrived: ProviderPerson) -> User | None:
    identities = ProviderIdentity.objects.filter(provider=provider.id, subject=arrived.subject).select_related("user")
    identity = identities.first()
    return identity.user if identity else None


def _met(provider: Provider, arrived: ProviderPerson, today: date) -> User | None:
    """Whom an administrator created with the address, met for the first time."""
    user = User.objects.filter(email__iexact=arrived.email).first() if arrived.email else None
    if user is None:
        return None
    _check_own(provider, user, today)
    if ProviderIdentity.objects.filter(provider=provider.id, user=user).exists():
        # The address has gone to somebody else there. They are not the one we know.
        raise Refused("other subject", f"{provider.name} kender en anden med din mailadresse. Spørg din leder.")
    ProviderIdentity.objects.create(user=user, provider=provider.id, subject=arrived.subject)
    trail.note(user.scope, "provider.known", user, by=user.pk, provider=provider.id)
    return user


def _new(provider: Provider, arrived: ProviderPerson, places: Collection[RolePlace]) -> User:
    if not arrived.email:
        raise Refused("unverified", f"{provider.name} har ikke bekræftet din mailadresse. Spørg din leder.")
    if not places:
        raise Refused("no role", "Du er ikke oprettet på tavlen. Spørg din leder.")
    name = arrived.name.lstrip("=+-@ ")[:40].strip()
    if not name or name_fault(name):
        name = arrived.email.partition("@")[0][:40]
    employer = _organisation(min(places, key=lambda place: (place.kind, place.pk)))
    with trail.change(employer.scope, by=None) as log:
        user = User.objects.create_user(arrived.email, name=name, organisation=employer)
        ProviderIdentity.objects.create(user=user, provider=provider.id, subject=arrived.subject)
        log("provider.person", user, name=user.name, email=user.email)
    return user


def _check_own(provider: Provider, user: User, today: date) -> None:
    if rules.foreign(provider, _employers(user, today)):
        raise Refused("foreign", f"{provider.name} står ikke for dit log ind. Log ind med din adgangskode.")


def _lasting(user: User, today: date) -> list[Membership]:
    lasting = Membership.objects.filter(Q(to_day=None) | Q(to_day__gte=today), user=user)
    return list(lasting.select_related("home", "team"))


def _employers(user: User, today: date) -> frozenset[int]:
    """Whose the person's sign-in is: their own organisation's. No role elsewhere takes it away."""
    return frozenset([user.organisation_id]) if user.organisation_id else _organisations(user, today)


def _organisations(user: User, today: date) -> frozenset[int]:
    units = [member.home or member.team for member in _lasting(user, today)]
    direct = [member.organisation_id for member in _lasting(user, today)]
    return frozenset(pk for pk in (*direct, *(unit.organisation_id for unit in units if unit)) if pk is not None)


def _places(provider: Provider, gifts: Collection[GivenRole]) -> list[RolePlace]:
    """The places of the given roles, as far as they are in the organisations the provider speaks for."""
    own = {"organisation__in": provider.organisations}
    homes = dict(Home.objects.filter(left_on=None, **own).values_list("slug", "pk"))
    teams = dict(Team.objects.filter(**own).values_list("name", "pk"))
    organisations = dict(Organisation.objects.filter(pk__in=provider.organisations).values_list("name", "pk"))
    by_kind = {"home": homes, "team": teams, "organisation": organisations}
    return [
        RolePlace(gift.role, gift.kind, by_kind[gift.kind][gift.place])
        for gift in gifts
        if gift.place in by_kind[gift.kind]
    ]


def _organisation(place: RolePlace) -> Organisation:
    if place.kind == "organisation":
        return Organisation.objects.get(pk=place.pk)
    unit = (Home if place.kind == "home" else Team).objects.select_related("organisation").get(pk=place.pk)
    return unit.organisation


def _apply(provider: Provider, user: User, places: Collection[RolePlace], today: date) -> None:
    """Starts and ends the roles, each in its organisation's own chain."""
    # A shift whose hours have not come or have passed opens nothing: what the claims give is given beside it.
    running = [member for member in _lasting(user, today) if member.open_at(timezone.now())]
    start, end = rules.changes(provider, places, [Held(member.pk, _place(member), member.source) for member in running])
    for place in start:
        with trail.change(_organisation(place).scope, by=user.pk) as log:
            member = Membership(user=user, role=place.role, from_day=today, source=provider.id)
            setattr(member, f"{place.kind}_id", place.pk)
            member.full_clean()
            member.save()
            staff_changed(member, today)
            log("provider.role_given", member, person=user.pk, role=place.role, provider=provider.id)
    for held in end:
        with trail.change(_organisation(held.place).scope, by=user.pk) as log:
            member = Membership.objects.get(pk=held.pk)
            # The last day counts, so it was yesterday.
            member.to_day = today - timedelta(days=1)
            member.save(update_fields=["to_day"])
            screens.role_ended(member, today)
            staff_changed(member, today)
            log("provider.role_ended", member, person=user.pk, provider=provider.id)


def _place(member: Membership) -> RolePlace:
    for kind in ("home", "team", "organisation"):
        if (pk := getattr(member, f"{kind}_id")) is not None:
            return RolePlace(member.role, kind, pk)
    raise AssertionError("a role without a place")
