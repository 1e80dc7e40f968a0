"""When a team can be reached."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import partial

from django.db.models import Q
from django.utils import timezone

from boards import rules
from core import weeks
from core.text import listing
from organisation.models import Absence, Membership, Team, TeamHome


def seen_when(teams: Collection[Team], now: datetime) -> dict[int, tuple[datetime | None, str]]:
    """{team: the moment and when it sees what is written now, as boards.rules.team_sees says it}. Two queries."""
    first = timezone.localdate(now)
    last = weeks.add_working_days(first, rules.LOOKED_FOR)
    reaching = Q(from_day__lte=last) & (Q(to_day=None) | Q(to_day__gte=first))
    roles = list(Membership.objects.filter(reaching, team__in=teams, user__is_active=True))
    absences = list(Absence.objects.filter(reaching, user__in={role.user_id for role in roles}))

    def there(team: Team, day: date) -> bool:
        gone = {one.user_id for one in absences if one.from_day <= day <= one.to_day}
        own = [role for role in roles if role.team_id == team.pk and role.user_id not in gone]
        if day == first:
            # Today by the hour: from now, or from when the team opens.
            opens = max(now, timezone.make_aware(datetime.combine(day, team.opens)))
            return any(role.open_at(opens) for role in own)
        return any(role.from_day <= day and (role.to_day is None or role.to_day >= day) for role in own)

    return {team.pk: rules.team_sees(team.opens, team.closes, now, partial(there, team)) for team in teams}


# When a home meets with a team next, by ids: the room of the meetings says so.
NEXT_MEETING: list[Callable[[int, int], date | None]] = []


def next_meeting(home: int, team: int) -> date | None:
    """The day the home meets with the team next; None where no meeting is planned. One query."""
    return next((day for says in NEXT_MEETING if (day := says(home, team))), None)


def hours(link: TeamHome) -> str:
    """'hverdage kl. 8–16, her tirsdag og torsdag'."""
    team = link.team
    days = listing([weeks.DAYS[day] for day in link.weekdays])
    opens, closes = weeks.time_of_day(team.opens), weeks.time_of_day(team.closes)
    return f"hverdage kl. {opens}–{closes}" + (f", her {days}" if days else "")
