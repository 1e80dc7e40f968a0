"""Who lives in a home, as one audience may see it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from botilbud.lib.period import holds
from botilbud.lib.text import danish_key, initials
from botilbud.organisation.access import Access
from botilbud.organisation.models import Home, Side, TeamHome, User
from residents.models import Admission, Contact, SharingBasis, Situation, Stay, StayEnd, TeamLink, Visit
from residents.sharing import Audience, Sight, audience_of, sight


@dataclass(frozen=True)
class SeenStay:
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
    teams: frozenset[int] = frozenset()
    last_discussed: date | None = None

    @property
    def label(self) -> str:
        """'Rune · bolig 4'."""
        return f"{self.name} · bolig {self.flat}" if self.name else f"bolig {self.flat}"


def seen_stays(home: Home, audience: Audience, today: date, only: int | None = None) -> list[SeenStay]:
    """The home's open stays the audience may know of, by Danish name. Four queries, whatever their number.

    With `only`, just that stay, and an empty list where the audience must not learn of it.
    """
    return _seen([home], {home.pk: audience}, today, only)[home.pk]


def seen_everywhere(accesses: Iterable[Access], today: date) -> dict[int, list[SeenStay]]:
    """As seen_stays, for all the homes a person may enter: {home id: stays}. Four queries, however many homes."""
    found = {access.home.pk: audience_of(access) for access in accesses}
    return _seen(list(found), found, today)


def _seen(
    homes: list[Any], audiences: dict[int, Audience], today: date, only: int | None = None
) -> dict[int, list[SeenStay]]:
    stays = Stay.objects.for_homes(homes).filter(Q(to_day=None) | Q(to_day__gt=today), from_day__lte=today)
    about = Q()
    if only is not None:
        stays, about = stays.filter(pk=only), Q(stay_id=only)
    rows = list(stays.select_related("resident"))
    # A team that no longer comes to the home treats nobody there.
    serving = Exists(TeamHome.objects.filter(holds(today), home=OuterRef("stay__home"), team=OuterRef("team")))
    teams: dict[int, set[int]] = defaultdict(set)
    links = TeamLink.objects.for_homes(homes).filter(about, holds(today), serving)
    for stay_id, team_id in links.values_list("stay_id", "team_id"):
        teams[stay_id].add(team_id)
    given: dict[int, set[Side]] = defaultdict(set)
    for stay_id, side in _in_force(homes, today).filter(about).values_list("stay_id", "from_side"):
        given[stay_id].add(Side(side))
    contacts: dict[int, dict[str, User]] = defaultdict(dict)
    deputies: dict[int, dict[str, User]] = defaultdict(dict)
    for contact in Contact.objects.for_homes(homes).filter(about).select_related("person", "deputy"):
        contacts[contact.stay_id][contact.side] = contact.person
        if contact.deputy:
            deputies[contact.stay_id][contact.side] = contact.deputy
    seen: dict[int, list[SeenStay]] = {home: [] for home in audiences}
    for stay in rows:
        view = sight(audiences[stay.home_id], teams=teams[stay.pk], given=given[stay.pk])
        if view is None:
            continue
        if view.shared:
            shown = _open(stay, view, contacts[stay.pk], deputies[stay.pk], frozenset(teams[stay.pk]))
        else:
            shown = SeenStay(stay.pk, stay.flat, view)
        seen[stay.home_id].append(shown)
    return {home: sorted(found, key=lambda one: (danish_key(one.name), one.flat)) for home, found in seen.items()}


def _open(
    stay: Stay, view: Sight, contacts: dict[str, User], deputies: dict[str, User], teams: frozenset[int]
) -> SeenStay:
    return SeenStay(
        id=stay.pk,
        flat=stay.flat,
        sight=view,
        name=stay.resident.name if view.full_name else initials(stay.resident.name),
        situation=stay.situation,
        situation_since=stay.situation_since,
        situation_place=stay.situation_place if view.free_text else "",
        situation_until=stay.situation_until,
        discharge_open=stay.discharge_open,
        contacts=contacts,
        deputies=deputies,
        teams=teams,
        last_discussed=stay.last_discussed,
    )


def bases_in_force(home: Home, today: date, now: datetime | None = None) -> QuerySet[SharingBasis]:
    """The home's bases that hold: first to last day, not withdrawn, and not opened for an hour that is over."""
    return _in_force([home], today, now)


def _in_force(homes: list[Any], today: date, now: datetime | None = None) -> QuerySet[SharingBasis]:
    found: QuerySet[SharingBasis] = SharingBasis.objects.for_homes(homes)
    in_time = Q(open_until=None) | Q(open_until__gt=now or timezone.now())
    return found.filter(holds(today), in_time, withdrawn_at=None)


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
    """The stays that are the resident's latest, wherever that was."""
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
    """The stay's admissions, the latest first, each with the visits these sides may read. Two queries."""
    admissions = list(Admission.objects.for_home(home).filter(stay=stay_id).order_by("-from_day", "-pk"))
    made: dict[int, list[Visit]] = defaultdict(list)
    rows = Visit.objects.for_home(home).filter(admission__stay=stay_id, side__in=sides).select_related("by")
    for visit in rows.order_by("on", "pk"):
        made[visit.admission_id].append(visit)
    return [(admission, made[admission.pk]) for admission in admissions]


def active_bases(home: Home, stay_id: int, today: date) -> list[SharingBasis]:
    """Both sides' bases in force for the stay. One query."""
    found = bases_in_force(home, today).filter(stay=stay_id)
    return list(found.select_related("recorded_by").order_by("from_side", "pk"))


def teams_ever(home: Home, stay_id: int) -> set[int]:
    """The team that treats or treated the resident during the stay, by id. One query."""
    return set(TeamLink.objects.for_home(home).filter(stay=stay_id).values_list("team_id", flat=True))


def region_of(home: Home, today: date, fallback: int | None = None) -> int:
    """The organisation whose criteria the home works by: that of the team that serves it."""
    from_team = (
        home.teamhome_set.filter(holds(today))
        .order_by("-from_day")
        .values_list("team__organisation_id", flat=True)
        .first()
    )
    return from_team or fallback or home.organisation_id
