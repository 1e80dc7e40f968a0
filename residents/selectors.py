"""Who lives in a home, as one audience may see it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from botilbud.lib.text import danish_key, initials
from botilbud.organisation.models import Home, Side, User
from residents.models import Contact, SharingBasis, Situation, Stay, TeamLink
from residents.sharing import Audience, Sight, sight


@dataclass(frozen=True)
class SeenStay:
    """A stay through an audience's eyes. With `sight.shared` False only `id` and `flat` may be shown."""

    id: int
    flat: str
    sight: Sight
    name: str = ""
    situation: str = Situation.HOME
    situation_since: date | None = None
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
    stays = Stay.objects.for_home(home).filter(Q(to_day=None) | Q(to_day__gte=today), from_day__lte=today)
    about = Q()
    if only is not None:
        stays, about = stays.filter(pk=only), Q(stay_id=only)
    rows = list(stays.select_related("resident"))
    teams: dict[int, set[int]] = defaultdict(set)
    links = TeamLink.objects.for_home(home).filter(about, Q(to_day=None) | Q(to_day__gte=today), from_day__lte=today)
    for stay_id, team_id in links.values_list("stay_id", "team_id"):
        teams[stay_id].add(team_id)
    given: dict[int, set[Side]] = defaultdict(set)
    bases = bases_in_force(home, today).filter(about)
    for stay_id, side in bases.values_list("stay_id", "from_side"):
        given[stay_id].add(Side(side))
    contacts: dict[int, dict[str, User]] = defaultdict(dict)
    deputies: dict[int, dict[str, User]] = defaultdict(dict)
    for contact in Contact.objects.for_home(home).filter(about).select_related("person", "deputy"):
        contacts[contact.stay_id][contact.side] = contact.person
        if contact.deputy:
            deputies[contact.stay_id][contact.side] = contact.deputy

    seen = []
    for stay in rows:
        view = sight(audience, teams=teams[stay.pk], given=given[stay.pk])
        if view is None:
            continue
        if not view.shared:
            seen.append(SeenStay(stay.pk, stay.flat, view))
            continue
        name = stay.resident.name if view.full_name else initials(stay.resident.name)
        seen.append(
            SeenStay(
                stay.pk,
                stay.flat,
                view,
                name,
                stay.situation,
                stay.situation_since,
                contacts[stay.pk],
                deputies[stay.pk],
                frozenset(teams[stay.pk]),
                stay.last_discussed,
            )
        )
    return sorted(seen, key=lambda stay: (danish_key(stay.name), stay.flat))


def bases_in_force(home: Home, today: date) -> QuerySet[SharingBasis]:
    """The home's bases that hold on the day: from the first to the last day, unless withdrawn."""
    return SharingBasis.objects.for_home(home).filter(
        Q(to_day=None) | Q(to_day__gte=today), withdrawn_at=None, from_day__lte=today
    )


def active_bases(home: Home, stay_id: int, today: date) -> list[SharingBasis]:
    """Both sides' bases in force for the stay. One query."""
    found = bases_in_force(home, today).filter(stay=stay_id)
    return list(found.select_related("recorded_by").order_by("from_side", "pk"))


def region_of(home: Home, today: date, fallback: int | None = None) -> int:
    """The organisation whose criteria the home works by: that of the team that serves it."""
    from_team = (
        home.teamhome_set.filter(Q(to_day=None) | Q(to_day__gte=today), from_day__lte=today)
        .order_by("-from_day")
        .values_list("team__organisation_id", flat=True)
        .first()
    )
    return from_team or fallback or home.organisation_id
