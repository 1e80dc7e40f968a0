from collections.abc import Iterable
from datetime import date

from core import weeks
from reminders.kinds.of_intervention import OfIntervention, OwnedTask
from reminders.rules import Due


class Before(OfIntervention):
    """The last day at work before an intervention: any day at a home, a working day in a team."""

    code = "before"
    setting = "Dagen før en indsats"

    def due(self, fact: OwnedTask, today: date) -> Iterable[Due]:
        return self.of(fact, weeks.day_before(fact.due_on, every_day=fact.every_day))
