"""What people were called when they did something. Who has married since is not another person in the log."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

from audit import trail
from audit.models import Entry
from organisation.models import User

NAMED = ("person.created", "provider.person", "person.changed")
NEVER = datetime.min.replace(tzinfo=UTC)


class Names:
    """The names of some people, by the moment."""

    def __init__(self, people: Collection[int]) -> None:
        """Two queries."""
        self.people = User.objects.in_bulk(people)
        keys = {trail.subject_key(person): pk for pk, person in self.people.items()}
        rows = Entry.objects.filter(action__in=NAMED, subject__in=list(keys)).order_by("at", "pk")
        # (from when, name). Each change also says what the name was before it, for where those words are gone.
        self._given: dict[int, list[tuple[datetime, str]]] = defaultdict(lambda: [(NEVER, "")])
        for subject, at, said in rows.values_list("subject", "at", "detail__data"):
            given, said = self._given[keys[subject]], said or {}
            since, before = given[-1]
            given[-1] = (since, before or said.get("was", ""))
            given.append((at, said.get("name", "")))

    def at(self, pk: int, moment: datetime) -> str:
        """'Mette, pædagog' as they were called then. As now where the log does not tell; a number for nobody known."""
        person = self.people.get(pk)
        if person is None:
            return called(None, pk)
        given = self._given[pk]
        place = bisect_right(given, moment, key=lambda one: one[0])
        return called(person, pk, given[place - 1][1])


def called(user: User | None, pk: int, name: str = "") -> str:
    """'Mette, pædagog', by another name where given; somebody no longer known is a number."""
    if user is None:
        return f"Bruger nr. {pk}"
    return f"{name or user.name}, {user.title}" if user.title else name or user.name
