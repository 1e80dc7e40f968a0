from collections.abc import Iterable
from datetime import date

from core import weeks
from reminders.kinds.of_intervention import OfIntervention, OwnedTask
from reminders.rules import Due


class After(OfIntervention):
    """The next day at work after an intervention that was not ticked off."""

    code = "after"
    setting = "Når dagen for en indsats er gået"

    def due(self, fact: OwnedTask, today: date) -> Iterable[Due]:
        return self.of(fact, weeks.day_after(fact.due_on, every_day=fact.every_day))
