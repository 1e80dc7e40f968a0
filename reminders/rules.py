"""Days, hours, standing in and putting off, the same for every kind of reminder. Pure: today is an argument."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar

from django.utils import timezone

from core import weeks
from core.errors import Denied
from organisation.models import Side

SEND_FROM = time(7, 0)
EARLIEST, LATEST = time(6, 0), time(12, 0)
SNOOZE_DAYS = 14
# How many days the list says that an akut ended or that somebody opened in need. Those cannot be ticked off.
TAKEN_OFF_DAYS = 7
# What was done during a longer absence is asked of colleagues, and not of a list.
ABSENCE_DAYS = 28


@dataclass(frozen=True)
class Due:
    """One reminder: to whom, of what, for which day, to be sent on `on`.

    `side` and `part` say whose it is and where on the board it stands. Nobody is told who may not see that. `deputy` is
    the thing's own. Those in `not_for` are not told, not even when they stand in for somebody. What has got a higher
    `edition` since says something new, and is told once more.
    """

    recipient: int
    kind: str
    subject: str
    due: date
    on: date
    stay: int = 0
    side: str = Side.JOINT
    deputy: int | None = None
    not_for: frozenset[int] = frozenset()
    part: str = "level"
    edition: int = 0

    @property
    def key(self) -> tuple[str, str, date]:
        """What is unique for one recipient."""
        return (self.kind, self.subject, self.due)


def before(day: date) -> date:
    """The last working day before the day."""
    return weeks.day_before(day, every_day=False)


def first_day(at: datetime, closes: time | None) -> date:
    """The first working day on which something from `at` can be answered; a team's day ends when it closes."""
    local = timezone.localtime(at)
    open_still = closes is None or local.time() < closes
    return (
        local.date() if weeks.is_working_day(local.date()) and open_still else weeks.add_working_days(local.date(), 1)
    )


def outside_hours(at: datetime, hours: tuple[time, time]) -> bool:
    """True on evenings, nights, weekends and holidays, as the team keeps them."""
    local = timezone.localtime(at)
    return not (weeks.is_working_day(local.date()) and hours[0] <= local.time() < hours[1])


def next_morning(at: datetime, opens: time) -> date:
    """The next working day that begins after `at`: the same day before the team opens."""
    local = timezone.localtime(at)
    if weeks.is_working_day(local.date()) and local.time() < opens:
        return local.date()
    return weeks.add_working_days(local.date(), 1)


def team_minutes(opens: time, closes: time, start: datetime, end: datetime) -> int:
    """Whole minutes of the team's hours between two moments: working days only, as the clock really ran."""
    total = timedelta()
    day, last = timezone.localtime(start).date(), timezone.localtime(end).date()
    while day <= last:
        if weeks.is_working_day(day):
            opened = timezone.make_aware(datetime.combine(day, opens))
            closed = timezone.make_aware(datetime.combine(day, closes))
            spent = min(end, closed).astimezone(UTC) - max(start, opened).astimezone(UTC)
            total += max(spent, timedelta())
        day += timedelta(days=1)
    return int(total.total_seconds() // 60)


def stand_ins(
    due: Due,
    *,
    away: Mapping[int, Sequence[int]],
    may: Callable[[int], bool],
    contact_deputy: int | None,
    leaders: Sequence[int],
) -> tuple[int, ...]:
    """Who gets a reminder instead of somebody who is away; nobody if the person is here.

    In this order, the first who is here and may see the resident: the absence's deputy, the thing's own, the contact's
    on that side, that side's leaders.
    """
    if due.recipient not in away:
        return ()

    def fit(person: int | None) -> bool:
        return person is not None and person != due.recipient and person not in away and may(person)

    for candidate in (*away[due.recipient], due.deputy, contact_deputy):
        if candidate is not None and fit(candidate):
            return (candidate,)
    return tuple(leader for leader in leaders if fit(leader))


class StoredReminder(Protocol):
    """What the rules of putting off need of a stored reminder."""

    recipient_id: int
    kind: str
    subject: str
    snoozed_to: date | None


R = TypeVar("R", bound=StoredReminder)


def awake(rows: Iterable[R], day: date, urgent: Collection[str]) -> list[R]:
    """The rows whose thing its recipient has not put off to a later day. What is of an `urgent` kind never sleeps."""
    listed = list(rows)
    asleep = {
        (row.recipient_id, row.subject)
        for row in listed
        if row.snoozed_to is not None and row.snoozed_to > day and row.kind not in urgent
    }
    return [row for row in listed if row.kind in urgent or (row.recipient_id, row.subject) not in asleep]


def snooze_limit(due: date, today: date) -> date:
    """The last day a thing can be put off to: its own day, and never more than 14 days ahead."""
    limit = today + timedelta(days=SNOOZE_DAYS)
    return min(due, limit) if due > today else limit


def check_snooze(never: str, due: date, to: date, today: date) -> None:
    """Raises Denied where the kind says it is never put off, for today or earlier, and for a day past the limit."""
    if never:
        raise Denied(never)
    if to <= today:
        raise Denied("Vælg en dag efter i dag.", "day")
    limit = snooze_limit(due, today)
    if to > limit:
        raise Denied(f"Vælg senest {weeks.long_day(limit)}.", "day")


def check_hide(never: str) -> None:
    """Raises Denied where the kind says it is never taken away: it goes when it has been seen."""
    if never:
        raise Denied(never)


def may_send(now: datetime, mail_from: time = SEND_FROM, *, every_day: bool = False) -> bool:
    """Digests go out from 7 in the morning, or from the hour the person has chosen: on working days, and every day to
    those of a home, which is at work every day."""
    local = timezone.localtime(now)
    return (every_day or weeks.is_working_day(local.date())) and local.time() >= mail_from


def looked_back(week_ago: date, absences: Iterable[tuple[date, date]], day: date) -> date:
    """From which day on somebody is told what others did: a week ago, or the first day of an absence that lasted into
    that week; at most four weeks back. An absence that was prolonged is two, with a weekend between at most.
    """
    first = joins = week_ago
    for begins, ends in sorted(absences, key=lambda absence: absence[1], reverse=True):
        if begins < first and ends >= joins:
            first, joins = begins, begins - timedelta(days=3)
    return max(first, day - timedelta(days=ABSENCE_DAYS))
