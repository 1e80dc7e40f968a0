"""From–to, both days counted in."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F, Q
from django.utils import timezone

FOR_GOOD = datetime.max.replace(tzinfo=UTC)


def holds(day: date | F, at: str = "") -> Q:
    """What is in force on the day, or on that of a column: begun, and not ended before it.

    `at` is the way to `from_day` ('teamlink__').
    """
    return Q(**{f"{at}from_day__lte": day}) & (Q(**{f"{at}to_day": None}) | Q(**{f"{at}to_day__gte": day}))


def span(
    from_day: date, from_time: time | None, to_day: date | None, to_time: time | None
) -> tuple[datetime, datetime]:
    """The same as two moments, the last one not counted in: whole days without times, for good without a last day.

    A time that comes twice when the clocks go back is the first of the two.
    """
    begins = timezone.make_aware(datetime.combine(from_day, from_time or time.min))
    if to_day is None:
        return begins, FOR_GOOD
    if to_time is None:
        to_day, to_time = to_day + timedelta(days=1), time.min
    return begins, timezone.make_aware(datetime.combine(to_day, to_time))


def wall_clock(moment: datetime | None = None) -> datetime:
    """The moment, or now, on the wall's clock in Denmark, without a zone: what a day and a time are compared with."""
    return timezone.localtime(moment).replace(tzinfo=None)
