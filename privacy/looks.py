"""Which unit a look-up belongs to: who worked where on the day, and which residents are usual for them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from audit.models import ReadEntry
from organisation.models import Home, Membership, Role, Team, TeamHome
from privacy import rules
from residents.models import Contact

Unit = Home | Team
Period = tuple[date, date | None]


@dataclass(frozen=True)
class Look:
    """A look-up at a home, with the residents outside the viewer's usual."""

    read: ReadEntry
    home: Home
    stays: list[int]


def looks_of(unit: Unit, week: date, today: date) -> list[Look]:
    """The look-ups of the unit's own people in the week of which at least one resident is outside their usual.

    A leader's own look-ups are left out if nobody else could answer for them. Six queries, whatever the number.
    """
    last = week + timedelta(days=6)
    homes = {home.scope: home for home in _homes(unit, week, last)}
    crew = Crew(homes.values(), [unit] if isinstance(unit, Team) else [], week, last)
    usual: dict[int, set[int]] = defaultdict(set)
    for contact in Contact.objects.for_homes(list(homes.values())):
        usual[contact.person_id].add(contact.stay_id)
        if contact.deputy_id:
            usual[contact.deputy_id].add(contact.stay_id)
    unanswerable = _alone(unit, today)
    looks = []
    for read in _reads(homes, week, last):
        home, day = homes[read.scope], timezone.localdate(read.moment)
        stays = rules.outside(read.stays, usual[read.viewer])
        if stays and read.viewer not in unanswerable and crew.unit_of(read.viewer, home, day) == unit:
            looks.append(Look(read, home, stays))
    return looks


def _homes(unit: Unit, from_day: date, to_day: date) -> Iterable[Home]:
    if isinstance(unit, Home):
        return [unit]
    served = TeamHome.objects.filter(_within(from_day, to_day), team=unit)
    return Home.objects.filter(practice=False, pk__in=served.values("home"))


def _reads(homes: dict[str, Home], week: date, last: date) -> Iterable[ReadEntry]:
    begin = timezone.make_aware(datetime.combine(week, time()))
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))
    return ReadEntry.objects.filter(scope__in=list(homes), slot__gte=begin, slot__lt=end).order_by("pk")


def _alone(unit: Unit, today: date) -> set[int]:
    """The unit's leader, where neither the unit nor its organisation has another."""
    organisation = Q(home__organisation=unit.organisation_id) | Q(team__organisation=unit.organisation_id)
    leaders = Membership.objects.active(today).filter(organisation, role=Role.LEADER, user__is_active=True)
    everybody = set(leaders.values_list("user_id", flat=True))
    return everybody if len(everybody) == 1 else set()


class Crew:
    """Who worked where in a stretch of days."""

    def __init__(self, homes: Iterable[Home], teams: Iterable[Team], from_day: date, to_day: date) -> None:
        """Two queries. Without `teams`, every team that came to the homes."""
        listed, chosen = list(homes), list(teams)
        within = _within(from_day, to_day)
        links = TeamHome.objects.filter(within, home__in=listed).select_related("team")
        if chosen:
            links = links.filter(team__in=chosen)
        self.links: dict[int, list[tuple[Team, Period]]] = defaultdict(list)
        for link in links.order_by("pk"):
            self.links[link.home_id].append((link.team, (link.from_day, link.to_day)))
        coming = {team.pk for of_home in self.links.values() for team, _ in of_home}
        there = Q(home__in=listed) | Q(team__in=coming)
        rows = Membership.objects.filter(within, there, role__in=[Role.STAFF, Role.LEADER])
        self.at_home: dict[tuple[int, int], list[Period]] = defaultdict(list)
        self.in_team: dict[tuple[int, int], list[Period]] = defaultdict(list)
        for row in rows.order_by("pk"):
            period = (row.from_day, row.to_day)
            if row.home_id:
                self.at_home[row.user_id, row.home_id].append(period)
            elif row.team_id:
                self.in_team[row.user_id, row.team_id].append(period)

    def unit_of(self, user: int, home: Home, day: date) -> Unit | None:
        """The home or team the person entered the home by that day: their own home before a team (access.accesses)."""
        if _holds(self.at_home[user, home.pk], day):
            return home
        for team, period in self.links[home.pk]:
            if _holds([period], day) and _holds(self.in_team[user, team.pk], day):
                return team
        return None


def _within(from_day: date, to_day: date) -> Q:
    return Q(from_day__lte=to_day) & (Q(to_day=None) | Q(to_day__gte=from_day))


def _holds(periods: list[Period], day: date) -> bool:
    return any(begin <= day and (end is None or end >= day) for begin, end in periods)
