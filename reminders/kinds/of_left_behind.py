"""What the two kinds share that tell a leader what a colleague who has left still stood for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from core.period import holds
from organisation.models import Membership, Side, TeamHome
from reminders.facts import Round, leaders
from reminders.kinds.base import Kind, Listed
from reminders.rules import Due


@dataclass(frozen=True)
class LeftBehind:
    """A row whose person works at the home no more, and the leaders of the side it belongs to.

    `since` is the first day without that person. `side` and `part` say where on the board it stands.
    """

    row: int
    since: date
    leaders: tuple[int, ...]
    stay: int
    side: str
    part: str


class OfLeftBehind(Kind[LeftBehind], abstract=True):
    """To the leaders, from the night a role ended until somebody else has taken over."""

    part = "level"
    never_hidden = "Vælg en anden under »Venter på dig« på Min dag. Så forsvinder påmindelsen."

    def due(self, fact: LeftBehind, today: date) -> Iterable[Due]:
        return self.remind(
            fact.leaders, fact.row, due=fact.since, on=fact.since, stay=fact.stay, side=fact.side, part=fact.part
        )

    def arises(self, fact: LeftBehind, due: Due, day: date, now: datetime) -> bool:
        """From its day on: a role may end by yesterday, and who becomes a leader later is told as well."""
        return due.on <= day

    def address(self, listed: Listed) -> str:
        return f"{reverse('my-day')}#venter"


def with_last_day(rows: QuerySet[Any], who: str, day: date) -> QuerySet[Any]:
    """Those of the rows whose person in the column `who` had a role that is over, or a team that comes to the home no
    more, and the `last_day` of it.

    For somebody whose account was shut without an end to the role it is the day the role began.
    """
    over, shut = Q(to_day__lt=day), Q(user__is_active=False, from_day__lt=day)
    last = Case(When(over, then="to_day"), default="from_day")
    roles = Membership.objects.filter(over | shut, user=OuterRef(who)).annotate(last=last)
    role = Subquery(roles.order_by("-last").values("last")[:1])
    was_in_it = holds(F("to_day"), "team__membership__")
    came = TeamHome.objects.filter(
        was_in_it, team__membership__user=OuterRef(who), home=OuterRef("stay__home"), to_day__lt=day
    )
    team = Subquery(came.order_by("-to_day").values("to_day")[:1])
    # On SQLite the greatest of a day and nothing is nothing.
    last_day = Greatest(Coalesce(role, team), Coalesce(team, role))
    named: QuerySet[Any] = rows.annotate(last_day=last_day).filter(last_day__isnull=False)
    return named


def leaders_of(here: Round, stay: int, side: str) -> tuple[int, ...]:
    """The leaders of the side; of both, for what is joint."""
    known = here.ask(leaders)[stay]
    return tuple(dict.fromkeys(known[Side.HOME] + known[Side.TEAM] if side == Side.JOINT else known[side]))
