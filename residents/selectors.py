"""Who lives in a home, as one audience may see it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access import Access, works_on_side
from core import weeks
from core.period import holds
from core.prepared import prepared
from core.text import danish_key, initials
from organisation.models import Home, Side, Team, TeamHome, User
from residents.models import (
    Admission,
    Contact,
    SharingBasis,
    Situation,
    Stay,
    StayEnd,
    TeamLink,
    TeamStart,
    Visit,
)
from residents.sharing import Audience, Sight, audience_of, sight
from residents.texts import covered, in_words, optional


@dataclass(frozen=True)
class VisibleStay:
    """A stay through an audience's eyes. With `sight.shared` False only `id` and `flat` may be shown."""

    id: int
    flat: str
    sight: Sight
    name: str = ""
    situation: str = Situation.HOME
    situation_since: date | None = None
    situation_place: str = ""
    situation_until: date | None = None
    discharge_open: bool = False
    contacts: dict[str, User] = field(default_factory=dict)
    deputies: dict[str, User] = field(default_factory=dict)
    # The sides whose contact person works here no more, with that person: nobody is the contact there now.
    left: dict[str, User] = field(default_factory=dict)
    teams: frozenset[int] = frozenset()
    last_discussed: date | None = None

    @property
    def label(self) -> str:
        """'Rune · bolig 4'."""
        return f"{self.name} · bolig {self.flat}" if self.name else f"bolig {self.flat}"


def visible_stays(
    home: Home,
    audience: Audience,
    today: date,
    only: int | None = None,
    *,
    people: bool = True,
    now: datetime | None = None,
) -> list[VisibleStay]:
    """The home's open stays the audience may know of, by Danish name. Four queries, whatever their number.

    With `only`, just that stay, and an empty list where the audience must not learn of it. Without `people` the contact
    persons are left out, for a query less. `now` is a moment of the day, where another is meant.
    """
    return visible_at({home.pk: audience}, today, only, people, now)[home.pk]


def visible_everywhere(accesses: Iterable[Access], today: date, *, people: bool = True) -> dict[int, list[VisibleStay]]:
    """As visible_stays, for all the homes a person may enter: {home id: stays}. Four queries, however many homes."""
    return visible_at({access.home.pk: audience_of(access) for access in accesses}, today, people=people)


def _about(only: int | None) -> Q:
    return Q() if only is None else Q(stay_id=only)


def lives_here(day: date, at: str = "") -> Q:
    """The stays that are open on the day: begun, and not ended on it. `at` is the way to the stay ('stay__')."""
    ends = f"{at}to_day"
    return Q(**{f"{at}from_day__lte": day}) & (Q(**{ends: None}) | Q(**{f"{ends}__gt": day}))


@prepared
def _stays(homes: list[int], today: date, only: int | None) -> QuerySet[Stay]:
    stays: QuerySet[Stay] = Stay.objects.for_homes(homes).filter(lives_here(today))
    about = Q() if only is None else Q(pk=only)
    return stays.filter(about).select_related("resident")


def treating(homes: list[Home] | list[int], today: date) -> QuerySet[TeamLink]:
    """The links of the homes' residents to the teams that treat them: not of a team that comes to the home no more."""
    serving = Exists(TeamHome.objects.filter(holds(today), home=OuterRef("stay__home"), team=OuterRef("team")))
    links: QuerySet[TeamLink] = TeamLink.objects.for_homes(homes).filter(holds(today), serving)
    return links


@prepared
def _treating(homes: list[int], today: date, only: int | None) -> QuerySet[TeamLink, tuple[int, int]]:
    return treating(homes, today).filter(_about(only)).values_list("stay_id", "team_id")


@prepared
def _given(
    homes: list[int], today: date, now: datetime, only: int | None
) -> QuerySet[SharingBasis, tuple[int, str, str, str]]:
    return _in_force(homes, today, now).filter(_about(only)).values_list("stay_id", "from_side", "kind", "what")


def contacts_at(homes: list[Home] | list[int], today: date) -> QuerySet[Contact]:
    """The contact persons of those who live in the homes now; former residents would grow in number for ever."""
    contacts: QuerySet[Contact] = Contact.objects.for_homes(homes)
    return contacts.filter(lives_here(today, "stay__"))


@prepared
def _contacts(homes: list[int], today: date, only: int | None) -> QuerySet[Any]:
    known = contacts_at(homes, today).filter(_about(only)).select_related("person", "deputy")
    return known.annotate(
        person_here=works_on_side("person", "stay__home", today, "side"),
        deputy_here=works_on_side("deputy", "stay__home", today, "side"),
    )


def visible_at(
    audiences: dict[int, Audience],
    today: date,
    only: int | None = None,
    people: bool = True,
    now: datetime | None = None,
) -> dict[int, list[VisibleStay]]:
    """As visible_stays, for many homes by id, each with its audience: {home id: stays}. Four queries for any number."""
    homes = list(audiences)
    rows = _stays(homes, today, only)
    teams: dict[int, set[int]] = defaultdict(set)
    for stay_id, team_id in _treating(homes, today, only):
        teams[stay_id].add(team_id)
    # Several bases of a side add up.
    given: dict[int, dict[Side, set[str]]] = defaultdict(dict)
    # What is open for an hour is not open on another day.
    moment = now or max(timezone.now(), weeks.midnight(today))
    for stay_id, side, kind, what in _given(homes, today, moment, only):
        given[stay_id].setdefault(Side(side), set()).update(covered(side, kind, what))
    contacts: dict[int, dict[str, User]] = defaultdict(dict)
    deputies: dict[int, dict[str, User]] = defaultdict(dict)
    left: dict[int, dict[str, User]] = defaultdict(dict)
    for contact in _contacts(homes, today, only) if people else ():
        (contacts if contact.person_here else left)[contact.stay_id][contact.side] = contact.person
        if contact.deputy and contact.deputy_here:
            deputies[contact.stay_id][contact.side] = contact.deputy
    visible: dict[int, list[VisibleStay]] = {home: [] for home in audiences}
    for stay in rows:
        view = sight(audiences[stay.home_id], teams=teams[stay.pk], given=given[stay.pk])
        if view is None:
            continue
        if view.shared:
            named = {"contacts": contacts[stay.pk], "deputies": deputies[stay.pk], "left": left[stay.pk]}
            shown = _open(stay, view, named, frozenset(teams[stay.pk]))
        else:
            shown = VisibleStay(stay.pk, stay.flat, view)
        visible[stay.home_id].append(shown)
    return {home: sorted(stays, key=lambda stay: (danish_key(stay.name), stay.flat)) for home, stays in visible.items()}


def _open(stay: Stay, view: Sight, named: dict[str, Any], teams: frozenset[int]) -> VisibleStay:
    whereabouts = view.covers(Side.JOINT, "situation")
    return VisibleStay(
        id=stay.pk,
        flat=stay.flat,
        sight=view,
        name=stay.resident.name if view.full_name else initials(stay.resident.name),
        situation=stay.situation,
        situation_since=stay.situation_since,
        situation_place=stay.situation_place if view.free_text and whereabouts else "",
        situation_until=stay.situation_until if whereabouts else None,
        discharge_open=stay.discharge_open,
        teams=teams,
        last_discussed=stay.last_discussed,
        **named,
    )


def bases_in_force(home: Home, today: date, now: datetime | None = None) -> QuerySet[SharingBasis]:
    """The home's bases that hold: first to last day, not withdrawn, and not opened for an hour that is over."""
    return _in_force([home.pk], today, now or timezone.now())


def _in_force(homes: list[int], today: date, now: datetime) -> QuerySet[SharingBasis]:
    bases: QuerySet[SharingBasis] = SharingBasis.objects.for_homes(homes)
    in_time = Q(open_until=None) | Q(open_until__gt=now)
    return bases.filter(holds(today), in_time, withdrawn_at=None)


def next_closing(home: Home, now: datetime) -> datetime | None:
    """When the next thing opened in need is closed again. One query."""
    opened = SharingBasis.objects.for_home(home).filter(open_until__gt=now, withdrawn_at=None)
    return opened.order_by("open_until").values_list("open_until", flat=True).first()


@dataclass(frozen=True)
class Arrival:
    """A resident another home says moves here, and who has not been taken in yet."""

    resident: int
    name: str
    from_home: str
    left_on: date | None


def arrivals(home: Home) -> list[Arrival]:
    """Those on their way to the home: their stay elsewhere ended, and no stay began since. One query.

    Only the name crosses: whatever was written hangs on the stay in the old home.
    """
    waiting = (
        Stay.objects.system("residents on their way to a home")
        .filter(no_later_stay(), moved_to=home, end=StayEnd.OTHER_HOME)
        .order_by("to_day", "pk")
        .select_related("resident", "home")
    )
    return [Arrival(stay.resident_id, stay.resident.name, stay.home.name, stay.to_day) for stay in waiting]


def no_later_stay() -> Q:
    """The stays that are their resident's latest, in whichever home."""
    later = Stay.objects.system("where a resident went on to").filter(
        resident=OuterRef("resident"), pk__gt=OuterRef("pk")
    )
    return ~Q(Exists(later))


@dataclass(frozen=True)
class Former:
    """A stay that ended, for the home's own overview."""

    id: int
    name: str
    flat: str
    ended: date
    why: str


def former_stays(home: Home, today: date) -> list[Former]:
    """The stays that ended within a year, the latest first, for the home's own side. One query."""
    rows = Stay.objects.for_home(home).filter(to_day__lte=today, to_day__gt=today - timedelta(days=365))
    return [
        Former(stay.pk, stay.resident.name, stay.flat, stay.to_day, StayEnd(stay.end).label if stay.end else "")
        for stay in rows.select_related("resident").order_by("-to_day", "-pk")
        if stay.to_day
    ]


def visits(home: Home, stay_id: int, sides: Collection[Side]) -> list[tuple[Admission, list[Visit]]]:
    """The stay's admissions, the latest first, each with the visits of these sides. Two queries.

    Where the admission was belongs to both sides. It is left out when the sides do not include joint.
    """
    admissions = list(Admission.objects.for_home(home).filter(stay=stay_id).order_by("-from_day", "-pk"))
    if Side.JOINT not in sides:
        for admission in admissions:
            admission.place = ""
    made: dict[int, list[Visit]] = defaultdict(list)
    rows = Visit.objects.for_home(home).filter(admission__stay=stay_id, side__in=sides).select_related("by")
    for visit in rows.order_by("on", "pk"):
        made[visit.admission_id].append(visit)
    return [(admission, made[admission.pk]) for admission in admissions]


@dataclass(frozen=True)
class BasisLine:
    """A basis in force, and in words what of the board it covers."""

    basis: SharingBasis
    covers: str
    parts: frozenset[str]

    @property
    def side(self) -> str:
        return self.basis.from_side

    @property
    def remark(self) -> str:
        """What was noted about the agreement, besides what it covers."""
        said = self.basis.covers
        return "" if said == self.covers else said


def basis_lines(home: Home, stay_id: int, today: date) -> list[BasisLine]:
    """Both sides' bases in force for the stay. One query."""
    bases = bases_in_force(home, today).filter(stay=stay_id).select_related("recorded_by")
    return [
        BasisLine(
            basis, in_words(basis.from_side, basis.kind, basis.what), covered(basis.from_side, basis.kind, basis.what)
        )
        for basis in bases.order_by("from_side", "pk")
    ]


def shares_all(lines: Iterable[BasisLine], side: str) -> bool:
    """Whether the side's bases in force together cover everything it can share."""
    shared = {key for line in lines if line.side == side for key in line.parts}
    return shared >= {part.key for part in optional(side)}


def teams_ever(home: Home, stay_id: int) -> set[int]:
    """The team that treats or treated the resident during the stay, by id. One query."""
    return set(TeamLink.objects.for_home(home).filter(stay=stay_id).values_list("team_id", flat=True))


# How long a team's question waits, and how long a no is shown to it.
START_DAYS = 30


def team_starts(homes: list[Home], team: Team | None, now: datetime) -> QuerySet[TeamStart]:
    """The team's questions to the homes, of every team where none is given: those that wait, and what was a no."""
    rows: QuerySet[TeamStart] = TeamStart.objects.for_homes(homes).filter(at__gt=now - timedelta(days=START_DAYS))
    return (rows.filter(team=team) if team else rows).select_related("team", "by", "home").order_by("at", "pk")


def startable(home: Home, team: Team, today: date) -> QuerySet[Stay]:
    """The residents of the home the team can begin with, or has begun with: no other team treats or treated them there.

    In no order.
    """
    others = TeamLink.objects.for_home(home).exclude(team=team).values("stay")
    stays: QuerySet[Stay] = Stay.objects.for_home(home).filter(lives_here(today)).exclude(pk__in=others)
    return stays.select_related("home", "resident")


def treated_by(home: Home, team: Team) -> set[int]:
    """The stays the team treats now, by id. One query."""
    return set(TeamLink.objects.for_home(home).filter(team=team, to_day=None).values_list("stay_id", flat=True))


def region_of(home: Home, today: date, fallback: int | None = None) -> int:
    """The organisation whose criteria the home works by: that of the team that serves it."""
    return _serving_region.first(home.pk, today) or fallback or home.organisation_id


@prepared
def _serving_region(home: int, today: date) -> QuerySet[TeamHome, int]:
    serving = TeamHome.objects.filter(holds(today), home=home).order_by("-from_day", "pk")
    return serving.values_list("team__organisation_id", flat=True)
