from collections.abc import Iterable
from datetime import date, datetime, timedelta

from criteria.models import Level
from reminders.kinds.base import Listed
from reminders.kinds.of_change import Alarm, OfAkut
from reminders.rules import Due


class Akut(OfAkut):
    """A resident became akut: to both contacts, until each has seen it."""

    code = "akut"
    setting = "Akut, du ikke har set"
    mail = "1 akut, du ikke har set"
    mail_leads_to = "/"

    def due(self, fact: Alarm, today: date) -> Iterable[Due]:
        return self.remind(fact.people, fact.change, due=fact.day, on=fact.day, stay=fact.stay, not_for=fact.read_by)

    def arises(self, fact: Alarm, due: Due, day: date, now: datetime) -> bool:
        """The day after too: it may have come in the last minute of its day, and the contact may be another now."""
        return day - timedelta(days=1) <= due.on <= day

    def says(self, listed: Listed) -> str:
        return f"{listed.words.level(Level.AKUT)}. Du har ikke set det endnu"
