from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core import weeks
from reminders.facts import Round
from reminders.kinds.base import Kind, Listed
from reminders.rules import Due
from residents.models import Stay


@dataclass(frozen=True)
class HomeAgain:
    """A resident home from hospital, of whom nobody has said yet whether they go on the board."""

    stay: int
    since: date
    people: tuple[int, ...]


class Discharged(Kind[HomeAgain]):
    """A resident is home from hospital: both contacts are told the same day, until somebody has answered."""

    code = "discharged"
    setting = "En beboer er hjemme fra hospital"
    sort = "stay"
    erased_with = Stay
    part = "level"

    def facts(self, here: Round) -> Iterable[HomeAgain]:
        rows = Stay.objects.for_homes(here.homes).filter(discharge_open=True, to_day=None)
        for row in here.narrow(rows, self.sort):
            yield HomeAgain(row.pk, row.situation_since or here.day, here.people(row.pk))

    def due(self, fact: HomeAgain, today: date) -> Iterable[Due]:
        # The day may be typed in later: it is told on the day it is known, and once.
        return self.remind(fact.people, fact.stay, due=fact.since, on=max(today, fact.since), stay=fact.stay)

    def says(self, listed: Listed) -> str:
        return f"Hjemme fra hospital {weeks.long_day(listed.due)}. Skal beboeren på tavlen?"
