from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from boards.models import Intervention, State, UnagreedRead
from reminders.facts import Round
from reminders.kinds.base import Kind, Listed
from reminders.people import Recipients
from reminders.rules import Due


@dataclass(frozen=True)
class Coordination:
    """A coordination with somebody the resident has not agreed to, and which leaders have seen it."""

    intervention: int
    day: date
    stay: int = 0
    read_by: frozenset[int] = frozenset()


class Unagreed(Kind[Coordination]):
    """Somebody is talked to whom the resident has not agreed to: to both sides' leaders, until each has seen it."""

    code = "unagreed"
    setting = "Koordination med en, beboeren ikke har sagt ja til"
    # Its own word, so that it is listed and put off apart from the owner's reminders of the same intervention.
    sort = "partner"
    erased_with = Intervention
    part = "coordination"
    stays_with_told = True
    never_hidden = "Åbn indsatsen på tavlen, og tryk »Set«. Så forsvinder påmindelsen."

    def facts(self, here: Round) -> Iterable[Coordination]:
        rows = Intervention.objects.for_homes(here.homes).exclude(unagreed="").exclude(state=State.MISFILED)
        agreed = list(here.narrow(rows, self.sort))
        readers: dict[int, set[int]] = defaultdict(set)
        marks = UnagreedRead.objects.for_homes(here.homes).filter(intervention__in=agreed)
        for row, user in marks.values_list("intervention_id", "user_id"):
            readers[row].add(user)
        return [
            Coordination(row.pk, timezone.localtime(row.created_at).date(), row.stay_id, frozenset(readers[row.pk]))
            for row in agreed
        ]

    def due(self, fact: Coordination, today: date) -> Iterable[Due]:
        # No contact person: the leaders are added later, when their names are known.
        return self.remind([0], fact.intervention, due=fact.day, on=fact.day, stay=fact.stay, not_for=fact.read_by)

    def arises(self, fact: Coordination, due: Due, day: date, now: datetime) -> bool:
        """From its day on: who becomes a leader later is told as well."""
        return due.on <= day

    def recipients(self, fact: Coordination, due: Due, whom: Recipients) -> list[int]:
        return whom.with_leaders(due)

    def says(self, listed: Listed) -> str:
        return "Koordination uden beboerens ja. Begrundelsen står ved indsatsen"
