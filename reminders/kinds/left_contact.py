from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from accounts.access import works_on_side
from organisation.models import Home, Side
from reminders.facts import Round
from reminders.kinds.base import Listed
from reminders.kinds.of_left_behind import LeftBehind, OfLeftBehind, leaders_of, with_last_day
from residents.models import Contact
from residents.selectors import contacts_at


class LeftContact(OfLeftBehind):
    """A resident whose contact person works there no more: to the leaders of that side."""

    code = "left-contact"
    setting = "Beboere uden kontaktperson, fordi en kollega er stoppet"
    sort = "contact"
    erased_with = Contact

    def facts(self, here: Round) -> Iterable[LeftBehind]:
        left = contacts_at(here.homes, here.day).filter(~works_on_side("person", "stay__home", here.day, "side"))
        for row in with_last_day(here.narrow(left, self.sort), "person", here.day):
            people = leaders_of(here, row.stay_id, row.side)
            since = row.last_day + timedelta(days=1)
            yield LeftBehind(row.pk, since, people, row.stay_id, Side.JOINT, self.part)

    def says(self, listed: Listed) -> str:
        return f"Ingen kontaktperson. {listed.row} er stoppet her"

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, str]:
        """Who was the contact."""
        return dict(Contact.objects.for_homes(homes).filter(pk__in=pks).values_list("pk", "person__name"))
