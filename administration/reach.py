"""Which homes people can enter over a stretch of days, by role and by the teams' links."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from organisation.models import Membership, Role, Side, TeamHome, User

FOREVER = date.max


@dataclass(frozen=True)
class EntryPeriod:
    """A person can enter a home from–to."""

    user: int
    home: int
    side: Side
    from_day: date
    to_day: date


def entry_periods(user: User, from_day: date, to_day: date) -> list[EntryPeriod]:
    """The homes the person can enter some time in the days. Two queries."""
    return _periods(Membership.objects.filter(user=user), None, from_day, to_day)


def stand_ins(user: User, from_day: date, to_day: date) -> dict[int, Side]:
    """Who can enter one of the person's homes through all of the days, with the side they do it from. Four queries."""
    homes = {period.home for period in entry_periods(user, from_day, to_day)}
    sides: dict[int, Side] = {}
    everybody = Membership.objects.filter(user__is_active=True).exclude(user=user)
    for period in _periods(everybody, homes, from_day, to_day):
        if period.from_day <= from_day and period.to_day >= to_day:
            sides.setdefault(period.user, period.side)
    return sides


def colleagues(user: User, from_day: date, to_day: date) -> dict[int, Side]:
    """Who can enter one of the person's homes some time in the days, with the side they do it from. Four queries."""
    homes = {period.home for period in entry_periods(user, from_day, to_day)}
    everybody = Membership.objects.filter(user__is_active=True).exclude(user=user)
    sides: dict[int, Side] = {}
    for period in _periods(everybody, homes, from_day, to_day):
        sides.setdefault(period.user, period.side)
    return sides


def _periods(
    members: QuerySet[Membership], homes: Collection[int] | None, from_day: date, to_day: date
) -> list[EntryPeriod]:
    inside = Q(from_day__lte=to_day) & (Q(to_day=None) | Q(to_day__gte=from_day))
    links = TeamHome.objects.filter(inside)
    if homes is not None:
        links = links.filter(home__in=homes)
    served: dict[int, list[TeamHome]] = defaultdict(list)
    for link in links:
        served[link.team_id].append(link)
    rows = members.filter(inside, role__in=[Role.STAFF, Role.LEADER])
    place = Q(team__in=list(served))
    place |= Q(home__isnull=False) if homes is None else Q(home__in=homes)
    periods: list[EntryPeriod] = []
    for member in rows.filter(place).order_by("pk"):
        until = member.to_day or FOREVER
        if member.home_id:
            periods.append(EntryPeriod(member.user_id, member.home_id, Side.HOME, member.from_day, until))
        for link in served.get(member.team_id or 0, []):
            begin, end = max(member.from_day, link.from_day), min(until, link.to_day or FOREVER)
            if begin <= end:
                periods.append(EntryPeriod(member.user_id, link.home_id, Side.TEAM, begin, end))
    return periods
