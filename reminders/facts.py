"""One round of asking what stands open at homes. What several kinds need is asked once, and only if one needs it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar, cast

from django.db.models import Q, QuerySet

from accounts.access import out_of_hours, works_on_side
from boards.models import Episode
from core import weeks
from organisation.models import Home, Membership, Role, Side
from reminders.models import Reminder
from residents.models import Stay
from residents.selectors import contacts_at, lives_here, treating

# How many days ahead and behind we look, and how long something new counts as news.
TASK_DAYS, RECENT_DAYS = 14, 30
# A status older than this is written anew before a meeting.
STATUS_DAYS = 5

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Only:
    """What is asked about: the rows by sort ('intervention', 'episode' …), and the kinds of reminders of them."""

    rows: Mapping[str, set[int]]
    kinds: frozenset[str]

    @classmethod
    def of(cls, reminders: Iterable[Reminder]) -> "Only":
        """What the reminders are of. Their subjects are 'intervention:5', 'episode:3' …"""
        rows: dict[str, set[int]] = defaultdict(set)
        kinds = set()
        for reminder in reminders:
            sort, _, pk = reminder.subject.partition(":")
            rows[sort].add(int(pk))
            kinds.add(reminder.kind)
        return cls(rows, frozenset(kinds))


@dataclass
class Round:
    """The homes asked about, the day, and what has been answered already. Without `only` everything is asked."""

    homes: list[Home]
    day: date
    only: Only | None = None
    _answers: dict[Any, Any] = field(default_factory=dict)

    def ask(self, question: Callable[["Round"], Answer]) -> Answer:
        """The answer to a question several kinds have. It costs its queries once a round."""
        if question not in self._answers:
            self._answers[question] = question(self)
        return cast(Answer, self._answers[question])

    def wants(self, kind: str) -> bool:
        """Whether reminders of the kind are asked about."""
        return self.only is None or kind in self.only.kinds

    def narrow(self, rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
        """Those of the rows that are asked about."""
        return rows if self.only is None else rows.filter(pk__in=self.only.rows.get(sort, set()))

    def people(self, stay: int, *sides: str, now: bool = False) -> tuple[int, ...]:
        """Who answers for the stay on the sides; without any, on both: the contact person, else the contact's deputy,
        else that side's leaders. `now`: who is told at once must be able to read it, so not whose hours have ended."""
        answering: dict[int, None] = {}
        closed = self.ask(out_now) if now else set()
        for side in sides or (Side.HOME, Side.TEAM):
            known = [self.ask(question).get(stay, {}).get(side) for question in (contacts, deputies)]
            named = next((who for who in known if who and who not in closed), None)
            answering |= dict.fromkeys([named] if named else self.ask(leaders)[stay][side])
        return tuple(answering)

    def deputies(self, stay: int, *sides: str) -> tuple[int, ...]:
        """The deputies of the stay's contact persons on the sides; without any, on both."""
        return _on(self.ask(deputies), stay, sides)

    def stand_ins(self, stay: int, side: str) -> tuple[int, ...]:
        """The deputy of the stay's contact person on the side, else the side's leaders."""
        return self.deputies(stay, side) or tuple(self.ask(leaders)[stay][side])

    @property
    def since(self) -> datetime:
        """What is older than this is no news."""
        return weeks.midnight(self.day - timedelta(days=RECENT_DAYS))


def _on(named: Mapping[int, Mapping[str, int]], stay: int, sides: Iterable[str]) -> tuple[int, ...]:
    known = named.get(stay, {})
    return tuple(known[side] for side in sides or (Side.HOME, Side.TEAM) if side in known)


def contacts(here: Round) -> dict[int, dict[str, int]]:
    """{stay: {side: contact person}}. One query."""
    return _named(here, "person")


def deputies(here: Round) -> dict[int, dict[str, int]]:
    """{stay: {side: the contact person's deputy}}. One query."""
    return _named(here, "deputy")


def out_now(here: Round) -> set[int]:
    """The contact persons and deputies whose hours have not come or have ended. One query."""
    named = [*here.ask(contacts).values(), *here.ask(deputies).values()]
    return out_of_hours((who for sides in named for who in sides.values()), here.day)


def _named(here: Round, who: str) -> dict[int, dict[str, int]]:
    """Those who work there; who has left answers for nobody."""
    by_side: dict[int, dict[str, int]] = {}
    people = contacts_at(here.homes, here.day).filter(works_on_side(who, "stay__home", here.day, "side"))
    for stay, side, person in people.values_list("stay_id", "side", f"{who}_id"):
        by_side.setdefault(stay, {})[side] = person
    return by_side


def leaders(here: Round) -> dict[int, dict[str, list[int]]]:
    """{stay: {side: the leaders of the home, or of the team that treats the resident}}. Two queries."""
    leading = Membership.objects.active(here.day).filter(role=Role.LEADER, user__is_active=True).values("pk")
    stays = Stay.objects.for_homes(here.homes).filter(lives_here(here.day), home__membership__in=leading)
    links = treating(here.homes, here.day).filter(team__membership__in=leading)
    by_stay: dict[int, dict[str, list[int]]] = defaultdict(lambda: {Side.HOME: [], Side.TEAM: []})
    for side, rows in (
        (Side.HOME, stays.values_list("pk", "home__membership__user_id")),
        (Side.TEAM, links.values_list("stay_id", "team__membership__user_id")),
    ):
        for stay, user in rows.order_by("pk"):
            by_stay[stay][side].append(user)
    return by_stay


def episodes(here: Round) -> list[Episode]:
    """Those open, and those that await their follow-up. One query."""
    waiting = Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None)
    return list(Episode.objects.for_homes(here.homes).filter(waiting).select_related("stay"))


def standing(here: Round) -> list[Episode]:
    """The open episodes: the residents on the board."""
    return [row for row in here.ask(episodes) if row.closed_on is None]


def other_side(side: str) -> str:
    """The side that receives what the side did."""
    return Side.TEAM if side == Side.HOME else Side.HOME
