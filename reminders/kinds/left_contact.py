from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from organisation.models import Home, Side
from reminders.facts import Round
from reminders.kinds.base import Listed
from reminders.kinds.of_left_behind import LeftBehind, OfLeftBehind, leaders_of, left_behind
from residents.models import Contact
from residents.selectors import contacts_at


class LeftContact(OfLeftBehind):
    """A resident whose contact person works there no more: to the leaders of that side."""

    code = "left-contact"
    setting = "Beboere uden kontaktperson, fordi en kollega er stoppet"
    sort = "contact"
    erased_with = Contact

    def facts(self, here: Round) -> Iterable[LeftBehind]:
        for row in left_behind(here, contacts_at(here.homes, here.day), "person", self.sort):
            people = leaders_of(here, row.stay_id, row.side)
            since = row.last_day + timedelta(days=1)
            yield LeftBehind(row.pk, since, people, row.stay_id, Side.JOINT, self.part)

    def says(self, listed: Listed) -> str:
        return f"Ingen kontaktperson. {listed.row} er stoppet her"

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, str]:
        """Who was the contact."""
        return dict(Contact.objects.for_homes(homes).filter(pk__in=pks).values_list("pk", "person__name"))
