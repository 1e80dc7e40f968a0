"""What the pages of setting up show. A fixed number of queries each; nobody but the viewer's own units."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.offices import Office, homes_of
from administration import rules
from administration.services.roles import Unit, may_end, unit_of
from core import weeks
from core.period import holds
from core.text import danish_key, listing, search_form
from meetings.models import Series
from organisation.models import Absence, Home, Membership, Organisation, Role, Team, TeamHome, User


def fold(text: str) -> str:
    """The form a name is searched in: 'aa' finds 'å', and 'ae' and 'oe' find 'æ' and 'ø'."""
    plain = search_form(text)
    for letters, letter in (("aa", "å"), ("ae", "æ"), ("oe", "ø")):
        plain = plain.replace(letters, letter)
    return plain


def organisations(office: Office) -> list[Organisation]:
    """The organisations the person sets up, regions first, by name. One query."""
    own = Organisation.objects.filter(pk__in=office.system).select_related("region")
    return sorted(own, key=lambda o: (o.region_id is not None, danish_key(o.name)))


def own_regions(office: Office) -> list[Organisation]:
    """The regions the person sets up. One query."""
    return [organisation for organisation in organisations(office) if organisation.region_id is None]


def teams(office: Office) -> list[Team]:
    """The teams the person sets up or leads, by name. One query."""
    own = Team.objects.filter(Q(organisation__in=office.system) | Q(pk__in=office.teams))
    return sorted(own.select_related("organisation"), key=lambda team: danish_key(team.name))


@dataclass
class HomeLine:
    """A home in the list."""

    home: Home
    teams: str = ""
    meets: str = ""


def homes(office: Office, wanted: str, today: date) -> list[HomeLine]:
    """The homes by name, with their teams and fixed meetings; with `wanted`, those whose name, owner or team holds it.

    Three queries, whatever their number.
    """
    shown = {home.pk: home for home in homes_of(office)}
    names: dict[int, list[str]] = defaultdict(list)
    for link in TeamHome.objects.filter(holds(today), home__in=list(shown)).select_related("team").order_by("pk"):
        names[link.home_id].append(link.team.name)
    meets: dict[int, list[str]] = defaultdict(list)
    for series in Series.objects.for_homes(list(shown.values())).filter(Q(ended_on=None) | Q(ended_on__gte=today)):
        meets[series.home_id].append(meeting_label(series))
    lines = [
        HomeLine(home, listing(names[home.pk]), listing(meets[home.pk]))
        for home in sorted(shown.values(), key=lambda home: danish_key(home.name))
    ]
    key = fold(wanted)
    return [line for line in lines if key in fold(f"{line.home.name} {line.home.organisation.name} {line.teams}")]


def meeting_label(series: Series) -> str:
    """'tirsdag kl. 9.30'."""
    return f"{weeks.DAYS[series.weekday]} kl. {series.time.hour}.{series.time.minute:02}"


@dataclass(frozen=True)
class LinkLine:
    """A team's link to a home."""

    link: TeamHome
    days: str
    period: str
    over: bool


def links(home: Home, today: date) -> list[LinkLine]:
    """The teams of a home, those that hold first. One query."""
    rows = TeamHome.objects.filter(home=home).select_related("team").order_by("-from_day", "pk")
    lines = [
        LinkLine(
            row,
            listing([weeks.DAYS[day] for day in row.weekdays]) or "ingen faste dage",
            f"fra {rules.full_day(row.from_day)}" + (f" til og med {rules.full_day(row.to_day)}" if row.to_day else ""),
            row.to_day is not None and row.to_day < today,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: line.over)


def series_of(home: Home, today: date) -> list[tuple[Series, str]]:
    """The fixed meetings of a home that have not ended. One query."""
    rows = Series.objects.for_home(home).filter(Q(ended_on=None) | Q(ended_on__gte=today)).select_related("team")
    return [(row, meeting_label(row)) for row in rows.order_by("team__name")]


def units(office: Office) -> list[Unit]:
    """Where the person may give roles: organisations, teams and homes still in the cooperation. Three queries."""
    found_homes = sorted(homes_of(office).filter(left_on=None), key=lambda home: danish_key(home.name))
    return [*organisations(office), *teams(office), *found_homes]


def unit_key(unit: Unit) -> str:
    """'botilbud-3', 'team-2', 'organisation-1': a unit in a form or an address."""
    kind = "botilbud" if isinstance(unit, Home) else "team" if isinstance(unit, Team) else "organisation"
    return f"{kind}-{unit.pk}"


@dataclass(frozen=True)
class RoleLine:
    """A role as shown: 'Medarbejder i Havtornen, vikar til og med 1.12.2026'."""

    member: Membership
    unit: str
    role: str
    period: str
    over: bool
    may_end: bool


@dataclass
class PersonLine:
    """A person with the roles the viewer decides on, and nothing of what they do elsewhere."""

    person: User
    roles: list[RoleLine] = field(default_factory=list)


def _within(office: Office) -> Q:
    return (
        Q(organisation__in=office.system)
        | Q(home__organisation__in=office.system)
        | Q(team__organisation__in=office.system)
        | Q(home__in=office.homes)
        | Q(team__in=office.teams)
    )


def people_found(office: Office, today: date, *, wanted: str = "", unit: str = "") -> list[int]:
    """The ids of people with a role in the viewer's units, by Danish name, those who have stopped last. One query.

    `wanted` is looked for in name, title and mail; `unit` narrows to one unit's key.
    """
    kind, _, pk = unit.partition("-")
    roles = Membership.objects.filter(_within(office))
    if unit:
        place = {"botilbud": "home", "team": "team", "organisation": "organisation"}.get(kind)
        roles = roles.filter(**{place: pk}) if place and pk.isdecimal() and len(pk) < 10 else roles.none()
    key, mail = fold(wanted), search_form(wanted)
    matches: dict[int, tuple[bool, str]] = {}
    rows = roles.values_list("user", "user__name", "user__title", "user__email", "to_day")
    for user, name, title, email, to_day in rows:
        over = to_day is not None and to_day < today
        if user in matches:
            matches[user] = (over and matches[user][0], matches[user][1])
        elif key in fold(f"{name} {title}") or mail in email:
            matches[user] = (over, name)
    return sorted(matches, key=lambda user: (matches[user][0], danish_key(matches[user][1]), user))


def people(office: Office, only: Iterable[int], *, unit: str = "") -> list[PersonLine]:
    """These people with their roles in the viewer's units, or in the one unit, in the order given. One query."""
    lines: dict[int, PersonLine | None] = dict.fromkeys(only)
    now = timezone.now()
    rows = Membership.objects.filter(_within(office), user__in=lines).select_related(
        "user", "home__organisation", "team__organisation", "organisation"
    )
    for row in rows.order_by("from_day", "pk"):
        if unit and unit_key(unit_of(row)) != unit:
            continue
        line = lines[row.user_id] = lines[row.user_id] or PersonLine(row.user)
        line.roles.append(_role_line(office, row, now))
    return [line for line in lines.values() if line is not None]


def _role_line(office: Office, member: Membership, now: datetime) -> RoleLine:
    return RoleLine(
        member,
        unit_of(member).name,
        Role(member.role).label,
        rules.period_label(member, now),
        member.span[1] <= now,
        may_end(office, member),
    )


def unit_name(member: Membership) -> str:
    """The name of the home, team or organisation of a role."""
    return unit_of(member).name


def member_of(office: Office, pk: int) -> Membership:
    """A role within the viewer's units. Raises LookupError."""
    rows = Membership.objects.filter(_within(office), pk=pk)
    member = rows.select_related("user", "home__organisation", "team__organisation", "organisation").first()
    if member is None:
        raise LookupError("member")
    return member


@dataclass
class Absences:
    """A person's absences: now, to come, and over."""

    running: list[Absence] = field(default_factory=list)
    future: list[Absence] = field(default_factory=list)
    past: list[Absence] = field(default_factory=list)
    # When the person stands in for somebody else.
    stands_in: list[Absence] = field(default_factory=list)


def absences(person: User, today: date) -> Absences:
    """The person's absences, the nearest first, and whom they stand in for. Two queries."""
    groups = Absences()
    for absence in Absence.objects.filter(user=person).select_related("deputy").order_by("from_day"):
        if absence.to_day < today:
            groups.past.insert(0, absence)
        elif absence.from_day <= today:
            groups.running.append(absence)
        else:
            groups.future.append(absence)
    in_force: Any = Absence.objects.filter(deputy=person, to_day__gte=today)
    groups.stands_in = list(in_force.select_related("user").order_by("from_day"))
    return groups
