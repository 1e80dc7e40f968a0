from collections.abc import Iterable
from datetime import date

from reminders.kinds.of_intervention import OfIntervention, OwnedTask
from reminders.rules import Due


class On(OfIntervention):
    """The day of an intervention; what is to be said to the resident is `Tells`."""

    code = "on"
    setting = "På dagen for en indsats"

    def due(self, fact: OwnedTask, today: date) -> Iterable[Due]:
        return [] if fact.tells else self.of(fact, fact.due_on)
