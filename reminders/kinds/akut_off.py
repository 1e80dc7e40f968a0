from collections.abc import Iterable
from datetime import date, timedelta

from boards.models import LevelChange
from criteria.models import Level
from reminders import rules
from reminders.facts import Round
from reminders.kinds.base import Kind, Listed
from reminders.kinds.of_change import TakenOff, changes


class AkutOff(Kind[TakenOff]):
    """An akut ended while the team was closed: to both contacts, the morning it opens and a week on the list."""

    code = "akut-off"
    setting = "Akut afsluttet uden for teamets tid"
    sort = "change"
    erased_with = LevelChange
    part = "level"

    def facts(self, here: Round) -> Iterable[TakenOff]:
        return here.ask(changes).taken_off

    def due(self, fact: TakenOff, today: date) -> Iterable[rules.Due]:
        on = rules.next_morning(fact.at, fact.hours[0])
        if rules.outside_hours(fact.at, fact.hours) and today <= on + timedelta(days=rules.TAKEN_OFF_DAYS):
            yield from self.remind(fact.people, fact.change, due=on, on=on, stay=fact.stay)

    def says(self, listed: Listed) -> str:
        return f"Ikke længere {listed.words.level(Level.AKUT).lower()}. Ændret uden for teamets tid"
