from collections.abc import Iterable
from datetime import date

from reminders import rules
from reminders.kinds.of_intervention import OfIntervention, OwnedTask


class Before(OfIntervention):
    """The working day before an intervention."""

    code = "before"
    setting = "Hverdagen før en indsats"

    def due(self, fact: OwnedTask, today: date) -> Iterable[rules.Due]:
        return self.of(fact, rules.before(fact.due_on))
