"""Helpers of the tests of reminders."""

from datetime import date, datetime, time

from django.utils import timezone

from reminders.kinds import KINDS
from reminders.rules import Due


def owed(day: date, fact: object, *codes: str) -> list[Due]:
    """What the kinds make of the open thing on the day, at noon."""
    now = timezone.make_aware(datetime.combine(day, time(12)))
    return [due for code in codes for _, due in KINDS[code].owed([fact], day, now)]
