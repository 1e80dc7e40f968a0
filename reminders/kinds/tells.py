from collections.abc import Iterable
from datetime import date

from reminders.kinds.of_intervention import OfIntervention, OwnedTask
from reminders.rules import Due


class Tells(OfIntervention):
    """The day on which something is to be said to the resident."""

    code = "told"
    setting = "Det, I har aftalt at sige til beboeren"
    title = "Sig det til beboeren"

    def due(self, fact: OwnedTask, today: date) -> Iterable[Due]:
        return self.of(fact, fact.due_on) if fact.tells else []
