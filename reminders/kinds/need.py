from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from reminders import rules
from reminders.facts import Round
from reminders.kinds.base import Listed, Urgent
from reminders.people import Recipients
from residents.models import SharingBasis


@dataclass(frozen=True)
class Opening:
    """What one side opened to the other in need, and the contacts on both sides."""

    basis: int
    day: date
    people: tuple[int, ...]
    stay: int = 0


class Need(Urgent[Opening]):
    """Something was opened in need: to both contacts and both sides' leaders, for a week."""

    code = "need"
    setting = "Oplysninger, der er åbnet i nød"
    mail = "1 åbning af oplysninger i nød"
    mail_leads_to = "/min-dag/paamindelser/"
    sort = "basis"
    erased_with = SharingBasis
    part = "level"
    stays_with_told = True

    def facts(self, here: Round) -> Iterable[Opening]:
        since = here.day - timedelta(days=rules.TAKEN_OFF_DAYS)
        rows = SharingBasis.objects.for_homes(here.homes).filter(open_until__isnull=False, from_day__gte=since)
        return [
            # The leaders are told where there is no contact, too.
            Opening(row.pk, row.from_day, here.people(row.stay_id) or (0,), row.stay_id)
            for row in here.narrow(rows, self.sort)
        ]

    def due(self, fact: Opening, today: date) -> Iterable[rules.Due]:
        if today <= fact.day + timedelta(days=rules.TAKEN_OFF_DAYS):
            yield from self.remind(fact.people, fact.basis, due=fact.day, on=fact.day, stay=fact.stay)

    def recipients(self, fact: Opening, due: rules.Due, whom: Recipients) -> list[int]:
        return whom.with_leaders(due)

    def says(self, listed: Listed) -> str:
        return "Oplysninger åbnet i nød i 60 minutter"
