from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from core import weeks
from reminders.facts import Round
from reminders.kinds.base import Kind, Listed
from reminders.rules import Due
from residents.models import SharingBasis
from residents.texts import covered

DAYS = 30


@dataclass(frozen=True)
class Lapse:
    """A sharing basis that ends and is not renewed, and the contacts on the side that gave it."""

    basis: int
    to_day: date
    people: tuple[int, ...]
    stay: int = 0


class Consent(Kind[Lapse]):
    """A sharing basis ends within thirty days and nothing follows it: to the contact of the side that gave it."""

    code = "consent"
    setting = "Hvad må deles: udløber inden 30 dage"
    sort = "basis"
    erased_with = SharingBasis
    part = "level"

    def facts(self, here: Round) -> Iterable[Lapse]:
        """Bases that end, where nothing the side has recorded covers the same part of the board longer."""
        until = here.day + timedelta(days=DAYS)
        given = SharingBasis.objects.for_homes(here.homes).filter(
            Q(to_day=None) | Q(to_day__gte=here.day), withdrawn_at=None, open_until=None
        )
        by_part: dict[tuple[int, str, str], list[SharingBasis]] = defaultdict(list)
        for row in given:
            for part in covered(row.from_side, row.kind, row.what):
                by_part[row.stay_id, row.from_side, part].append(row)
        lapses = {}
        for (stay, side, _), rows in by_part.items():
            last = max((row.to_day or date.max for row in rows if row.from_day <= here.day), default=date.max)
            followed = any(
                row.from_day <= last + timedelta(days=1) and (row.to_day or date.max) > last
                for row in rows
                if last < date.max
            )
            if last > until or followed:
                continue
            ending = max((row for row in rows if row.to_day == last), key=lambda row: row.pk)
            lapses[ending.pk] = Lapse(ending.pk, last, here.people(stay, side), stay)
        return [lapses[pk] for pk in sorted(lapses)]

    def due(self, fact: Lapse, today: date) -> Iterable[Due]:
        on = fact.to_day - timedelta(days=DAYS)
        return self.remind(fact.people, fact.basis, due=fact.to_day, on=on, stay=fact.stay)

    def arises(self, fact: Lapse, due: Due, day: date, now: datetime) -> bool:
        """On any day until it ends: a basis may be given for less than thirty days."""
        return due.on <= day <= due.due

    def says(self, listed: Listed) -> str:
        return f"»Hvad må deles?« udløber {weeks.long_day(listed.due)}"
