from collections.abc import Iterable
from datetime import date, datetime, timedelta

from criteria.models import Level
from reminders import rules
from reminders.kinds.akut import Akut
from reminders.kinds.base import Listed
from reminders.kinds.of_change import Alarm, OfAkut
from reminders.people import Recipients

MINUTES = 60


class AkutLate(OfAkut):
    """Nobody on the receiving side has seen an akut within an hour: it goes on to the next in line, once."""

    code = "akut-late"
    setting = "Akut, som ingen hos jer har set inden for en time"
    mail = "1 akut, som ingen hos jer har set"
    mail_leads_to = "/min-dag/"
    stays_with_told = True

    def due(self, fact: Alarm, today: date) -> Iterable[rules.Due]:
        # No recipient yet: who is next in line is decided when the hour has passed.
        people = () if fact.answered else (0,)
        return self.remind(people, fact.change, due=fact.day, on=today, stay=fact.stay)

    def arises(self, fact: Alarm, due: rules.Due, day: date, now: datetime) -> bool:
        """Within an hour: of the team's time, or of real time at a home."""
        if fact.answered or fact.at is None:
            return False
        if fact.hours:
            return rules.team_minutes(*fact.hours, fact.at, now) >= MINUTES
        return now - fact.at >= timedelta(minutes=MINUTES)

    def recipients(self, fact: Alarm, due: rules.Due, whom: Recipients) -> list[int]:
        told = whom.told()
        if (self.code, due.subject) in told:
            return []
        return whom.next_in_line(due, fact.to, told.get((Akut.code, due.subject), set()))

    def says(self, listed: Listed) -> str:
        return f"{listed.words.level(Level.AKUT)}. Ingen hos jer har set det"
