from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.db.models.functions import Coalesce

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
    setting = "En beboer er kommet hjem fra hospitalet"
    sort = "stay"
    erased_with = Stay
    part = "level"

    def facts(self, here: Round) -> Iterable[HomeAgain]:
        rows = Stay.objects.for_homes(here.homes).filter(discharge_open=True, to_day=None)
        # Not the situation's own day: who is home may have gone on holiday since.
        # With another team since, the admission stands on the stay before.
        home_on = Coalesce(Max("resident__stay__admission__to_day"), "from_day")
        days = here.narrow(rows, self.sort).annotate(home_on=home_on).values_list("pk", "home_on")
        for stay, day in days:
            yield HomeAgain(stay, day, here.people(stay))

    def due(self, fact: HomeAgain, today: date) -> Iterable[Due]:
        # The day may be typed in later: it is told on the day it is known, and once.
        return self.remind(fact.people, fact.stay, due=fact.since, on=today, stay=fact.stay)

    def says(self, listed: Listed) -> str:
        return f"Kom hjem fra hospitalet {weeks.long_day(listed.due)}. Skal beboeren på tavlen?"
