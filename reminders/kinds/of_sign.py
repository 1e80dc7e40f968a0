"""What the two kinds about an early sign share: which there are, and to whom they go."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from boards.models import EarlySign, SignRead, Urgency
from core import weeks
from organisation.models import Home
from reminders.facts import Round, other_side
from reminders.kinds.base import Kind, Listed
from reminders.rules import SEND_FROM, Due


@dataclass(frozen=True)
class UnansweredSign:
    """An early sign nobody has answered, and the receiving side's contact, who has not seen it. `side` wrote it.

    `deputies` stand in for the contact when the next working day has come, whether or not the contact has seen it; the
    side's leaders where there is no deputy.
    """

    id: int
    day: date
    people: tuple[int, ...]
    side: str
    urgent: bool
    stay: int = 0
    read_by: frozenset[int] = frozenset()
    deputies: tuple[int, ...] = ()


class OfSign(Kind[UnansweredSign], abstract=True):
    """A reminder of an early sign to the other side's contact, the day it was written, until it has been seen.

    Unanswered on the next working day it goes to the deputy too.
    """

    sort = "sign"
    erased_with = EarlySign
    part = "signs"

    def facts(self, here: Round) -> Iterable[UnansweredSign]:
        return [sign for sign in here.ask(signs) if sign.urgent == self.urgent]

    def due(self, fact: UnansweredSign, today: date) -> Iterable[Due]:
        late = weeks.add_working_days(fact.day, 1)
        for people, on in ((fact.people, fact.day), (fact.deputies, late)):
            yield from self.remind(
                people, fact.id, due=fact.day, on=on, stay=fact.stay, side=fact.side, not_for=fact.read_by
            )

    def arises(self, fact: UnansweredSign, due: Due, day: date, now: datetime) -> bool:
        """The contact's on its day, and the day after where it came in the last minute; the deputy's in the morning."""
        if due.on == fact.day:
            return day - timedelta(days=1) <= due.on <= day
        return due.on == day and timezone.localtime(now).time() >= SEND_FROM

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, str]:
        """The signs' own words."""
        return dict(EarlySign.objects.for_homes(homes).filter(pk__in=pks).values_list("pk", "text"))

    def text(self, listed: Listed) -> str:
        return listed.row or ""


def signs(here: Round) -> list[UnansweredSign]:
    """The early signs of late nobody has answered, or those asked about. Three queries."""
    rows = EarlySign.objects.for_homes(here.homes).filter(handled_on=None, at__gte=here.since)
    unhandled = list(here.narrow(rows, OfSign.sort).order_by("at", "pk"))
    readers: dict[int, set[int]] = defaultdict(set)
    for sign, user in (
        SignRead.objects.for_homes(here.homes).filter(sign__in=unhandled).values_list("sign_id", "user_id")
    ):
        readers[sign].add(user)
    return [
        UnansweredSign(
            id=row.pk,
            day=timezone.localtime(row.at).date(),
            people=tuple(
                who
                for who in here.people(row.stay_id, other_side(row.side), now=row.urgency == Urgency.TODAY)
                if who not in readers[row.pk]
            ),
            side=row.side,
            urgent=row.urgency == Urgency.TODAY,
            stay=row.stay_id,
            read_by=frozenset(readers[row.pk]),
            deputies=tuple(
                deputy for deputy in here.stand_ins(row.stay_id, other_side(row.side)) if deputy not in readers[row.pk]
            ),
        )
        for row in unhandled
    ]
