"""The minute's run and the night's: what each room has to do by the clock, in one order."""

from dataclasses import dataclass
from datetime import date, datetime

from meetings.services import close_forgotten
from privacy import samples
from privacy.retention import services as retention
from reminders import services as reminders
from residents.services import openings_end


@dataclass(frozen=True)
class Minute:
    """How many reminders were planned, mails sent and forgotten meetings closed."""

    planned: int
    sent: int
    closed: int


def minute(now: datetime, *, day: date | None = None) -> Minute:
    """Ends openings in need, plans and sends what is due, closes meetings left running, anchors the log, draws samples.

    With a `day`, what is due is planned as on that day and no meeting is closed.
    """
    openings_end(now)
    planned, sent = reminders.tick(now, day=day)
    closed = 0 if day else close_forgotten(now)
    samples.daily(now)
    reminders.anchors_out(now)
    reminders.ticked()
    return Minute(planned, sent, closed)


def nightly(now: datetime) -> None:
    """Erases what is past its term."""
    retention.nightly(now)
