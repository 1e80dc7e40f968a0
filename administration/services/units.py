"""Organisations, teams and homes: what they are called and how they are reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import NAMES
from accounts.offices import Office
from administration import rules
from audit import trail
from core.errors import Denied
from core.seen import check_seen
from core.text import search_form
from criteria import catalogue
from organisation.models import Home, Organisation, Ownership, Team
from organisation.services import once

trail.register("organisation.created", "oprettede en organisation")
trail.register("organisation.changed", "rettede en organisation", personal=("anchor_mail",))
trail.register("team.created", "oprettede et team")
trail.register("team.changed", "rettede et team")
trail.register("home.created", "oprettede et botilbud")
trail.register("home.changed", "rettede et botilbud")


@dataclass(frozen=True)
class OrganisationFacts:
    """What people fill in about an organisation."""

    name: str
    anchor_mail: str = ""


@dataclass(frozen=True)
class TeamFacts:
    """What people fill in about a team."""

    name: str
    phone: str
    duty_title: str
    opens: time
    closes: time
    out_of_hours: str


@dataclass(frozen=True)
class HomeFacts:
    """What people fill in about a home."""

    name: str
    ownership: str
    duty_title: str
    duty_phone: str


def region_create(*, name: str, from_day: date) -> Organisation:
    """Creates the region with the example set of criteria, or returns the one of that name."""
    trail.touch(NAMES)
    region, created = Organisation.objects.get_or_create(name=name.strip(), defaults={"region": None})
    if region.region_id is not None:
        raise Denied(f"{region.name} er ikke en region.", "region")
    catalogue.lay_down(region, from_day)
    if created:
        with trail.change(region.scope, by=None) as log:
            log("organisation.created", region, name=region.name)
    return region


def organisation_create(*, office: Office, region: Organisation, facts: OrganisationFacts, key: str) -> Organisation:
    """A municipality or a private owner in the region's cooperation. Raises Denied (the name is taken), Repeated."""
    _check_own(office, region.pk)
    if region.region_id is not None:
        raise Denied("Kun en region kan have andre med.", "region")
    with trail.change(region.scope, by=office.user.pk) as log:
        once(office.user, key, region.pk, facts)
        organisation = Organisation(region=region)
        _fill_organisation(organisation, facts)
        log("organisation.created", organisation, name=organisation.name)
    return organisation


def organisation_change(
    *, office: Office, organisation: Organisation, facts: OrganisationFacts, seen: str
) -> Organisation:
    """Another name, or another address for the log's anchor.

    Raises Denied (the name is taken), Conflict when somebody changed it since.
    """
    _check_own(office, organisation.pk)
    with trail.change(organisation.scope, by=office.user.pk) as log:
        organisation.refresh_from_db()
        check_seen(seen, organisation_facts(organisation), organisation)
        before = organisation.name
        _fill_organisation(organisation, facts)
        log(
            "organisation.changed", organisation, before=before, after=organisation.name,
            anchor_mail=organisation.anchor_mail,
        )  # fmt: skip
    return organisation


def organisation_facts(organisation: Organisation) -> OrganisationFacts:
    """The organisation as it stands."""
    return OrganisationFacts(organisation.name, organisation.anchor_mail)


def _fill_organisation(organisation: Organisation, facts: OrganisationFacts) -> None:
    trail.touch(NAMES)
    _check_free(facts.name, Organisation.objects.values_list("pk", "name"), organisation.pk or 0)
    organisation.name, organisation.anchor_mail = facts.name.strip(), facts.anchor_mail.strip()
    organisation.full_clean()
    organisation.save()


def team_create(*, office: Office, organisation: Organisation, facts: TeamFacts, key: str) -> Team:
    """A team of the region. Raises Denied (the name is taken, it closes before it opens), Repeated."""
    _check_own(office, organisation.pk)
    if organisation.region_id is not None:
        raise Denied("Et botilbudsteam hører til en region.", "organisation")
    with trail.change(organisation.scope, by=office.user.pk) as log:
        once(office.user, key, organisation.pk, facts)
        team = Team(organisation=organisation)
        _fill_team(team, facts)
        log("team.created", team, name=team.name)
    return team


def team_change(*, office: Office, team: Team, facts: TeamFacts, seen: str) -> Team:
    """Corrects a team, if it still stands as the person saw it. Raises Denied, Conflict."""
    _check_own(office, team.organisation_id)
    with trail.change(team.organisation.scope, by=office.user.pk) as log:
        team.refresh_from_db()
        check_seen(seen, team_facts(team), team)
        _fill_team(team, facts)
        log("team.changed", team, name=team.name)
    return team


def team_facts(team: Team) -> TeamFacts:
    """The team as it stands."""
    return TeamFacts(team.name, team.phone, team.duty_title, team.opens, team.closes, team.out_of_hours)


def _fill_team(team: Team, facts: TeamFacts) -> None:
    if facts.closes <= facts.opens:
        raise Denied("Teamet lukker, før det åbner.", "closes")
    rules.check_phone(facts.phone, "phone")
    trail.touch(NAMES)
    _check_free(facts.name, Team.objects.values_list("pk", "name"), team.pk or 0)
    for name, value in vars(facts).items():
        setattr(team, name, value.strip() if isinstance(value, str) else value)
    team.full_clean()
    team.save()


def home_create(
    *, office: Office, organisation: Organisation, facts: HomeFacts, key: str, practice: bool = False
) -> Home:
    """A home with a word of its own in addresses, which later names do not change. Raises Denied, Repeated."""
    _check_own(office, organisation.pk)
    with trail.change(organisation.scope, by=office.user.pk) as log:
        once(office.user, key, organisation.pk, facts)
        trail.touch(NAMES)
        _check_home_name(facts.name, organisation.pk, 0)
        taken = {*reserved_words(), *Home.objects.values_list("slug", flat=True)}
        home = Home(organisation=organisation, slug=rules.slug_for(facts.name, taken), practice=practice)
        _fill_home(home, facts)
        log("home.created", home, name=home.name, slug=home.slug)
    return home


def home_change(*, office: Office, home: Home, facts: HomeFacts, seen: str) -> Home:
    """Corrects a home over what the person saw, by its administrator or its leader. Raises Denied, Conflict."""
    if not office.may_staff(home):
        raise LookupError("home")
    with trail.change(home.organisation.scope, by=office.user.pk) as log:
        home.refresh_from_db()
        check_seen(seen, home_facts(home), home)
        _check_home_name(facts.name, home.organisation_id, home.pk)
        _fill_home(home, facts)
        log("home.changed", home, name=home.name)
    return home


def home_facts(home: Home) -> HomeFacts:
    """The home as it stands."""
    return HomeFacts(home.name, home.ownership, home.duty_title, home.duty_phone)


def _fill_home(home: Home, facts: HomeFacts) -> None:
    rules.check_phone(facts.duty_phone, "duty_phone")
    for name, value in vars(facts).items():
        setattr(home, name, value.strip())
    if home.organisation.region_id is None:
        home.ownership = Ownership.REGIONAL
    elif home.ownership == Ownership.REGIONAL:
        raise Denied("Et regionalt botilbud hører til en region.", "ownership")
    home.full_clean()
    home.save()


def reserved_words() -> set[str]:
    """First words of the site's own addresses. No home may have one of them."""
    words = {settings.STATIC_URL.strip("/").split("/")[0], "static", "media", "favicon", "robots"}

    def walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            whole = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver) and not whole.strip("/"):
                walk(pattern.url_patterns, whole)
            else:
                words.add(whole.split("/")[0])

    walk(get_resolver().url_patterns, "")
    return words


def _check_own(office: Office, organisation_id: int) -> None:
    if organisation_id not in office.system:
        raise LookupError("organisation")


def _check_free(name: str, taken: Iterable[tuple[int, str]], own: int) -> None:
    rules.check_word(name.strip(), "name")
    wanted = search_form(name)
    if not wanted:
        raise Denied("Skriv et navn.", "name")
    if any(search_form(other) == wanted for pk, other in taken if pk != own):
        raise Denied("Navnet er taget. Vælg et andet.", "name")


def _check_home_name(name: str, organisation_id: int, own: int) -> None:
    _check_free(name, Home.objects.filter(organisation=organisation_id).values_list("pk", "name"), own)
