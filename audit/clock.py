"""Whether the server's own clock can be right. What a wrong one does cannot be taken back: anchors, and erasing."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from audit import trail
from audit.models import Entry

SCOPE = "log:clock"
# The worker runs each minute and each night: after so long without, somebody says that the day is right.
SILENT = timedelta(days=2)
# So far the log may be ahead of the clock: two servers are never quite together.
AHEAD = timedelta(hours=1)
# So long a yes holds.
HOLDS = timedelta(days=1)
trail.register("clock.confirmed", "sagde, at serverens ur er rigtigt")


def doubt(now: datetime, last: date | None) -> str:
    """Why the clock cannot be trusted, in a sentence; '' where it can, or somebody has said today that it is right.

    `last` is the day the work was last done. Two queries. In the demo, which is put away for weeks, never.
    """
    if settings.DEMO or _confirmed(now):
        return ""
    day, newest = timezone.localdate(now), Entry.objects.order_by("-pk").values_list("at", flat=True).first()
    if newest is not None and newest > now + AHEAD:
        return f"Serverens ur siger {_day(day)}, men det seneste i loggen er fra {_day(timezone.localdate(newest))}."
    if last is not None and not last <= day <= last + SILENT:
        return f"Serverens ur siger {_day(day)}, men sidste gang var det {_day(last)}."
    return ""


def confirm(*, by: int, now: datetime) -> None:
    """Somebody has looked, and the clock is right: what waits for it is done again."""
    trail.note(SCOPE, "clock.confirmed", "clock", by=by, day=str(timezone.localdate(now)))


def _confirmed(now: datetime) -> bool:
    said = Entry.objects.filter(scope=SCOPE, action="clock.confirmed", at__gt=now - HOLDS, at__lte=now + AHEAD)
    return said.exists()


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
