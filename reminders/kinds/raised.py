from collections.abc import Iterable
from datetime import date

from boards.models import Episode
from core import weeks
from reminders.facts import Round
from reminders.kinds.base import Kind, Listed
from reminders.kinds.of_change import Unanswered, changes
from reminders.rules import Due


class Raised(Kind[Unanswered]):
    """The other side put a resident on the board: to the receiving contact, when a working day went without answer."""

    code = "raise"
    setting = "Sat på tavlen af den anden side og ikke besvaret"
    sort = "episode"
    erased_with = Episode
    part = "level"

    def facts(self, here: Round) -> Iterable[Unanswered]:
        return here.ask(changes).raised

    def due(self, fact: Unanswered, today: date) -> Iterable[Due]:
        on = weeks.add_working_days(fact.first, 1)
        return self.remind(fact.people, fact.episode, due=on, on=on, stay=fact.stay)

    def says(self, listed: Listed) -> str:
        return f"Sat på tavlen af {listed.other}. Ingen hos jer har svaret endnu"
