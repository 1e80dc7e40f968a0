from collections.abc import Iterable
from datetime import date, datetime, timedelta

from boards.models import LevelChange
from criteria.models import Level
from reminders.facts import Round
from reminders.kinds.base import Listed, Urgent
from reminders.kinds.of_change import Alarm, changes
from reminders.rules import Due


class Akut(Urgent[Alarm]):
    """A resident became akut: to both contacts, until each has seen it."""

    code = "akut"
    setting = "Akut, du ikke har set"
    mail = "1 akut, du ikke har set"
    mail_leads_to = "/"
    sort = "change"
    says_akut = True
    erased_with = LevelChange
    part = "level"

    def facts(self, here: Round) -> Iterable[Alarm]:
        return here.ask(changes).alarms

    def due(self, fact: Alarm, today: date) -> Iterable[Due]:
        return self.remind(fact.people, fact.change, due=fact.day, on=fact.day, stay=fact.stay, not_for=fact.read_by)

    def arises(self, fact: Alarm, due: Due, day: date, now: datetime) -> bool:
        """The day after too: it may have come in the last minute of its day, and the contact may be another now."""
        return day - timedelta(days=1) <= due.on <= day

    def says(self, listed: Listed) -> str:
        return f"{listed.words.level(Level.AKUT)}. Du har ikke set det endnu"
