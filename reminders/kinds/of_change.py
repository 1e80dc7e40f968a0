"""What the kinds about a change of level share: who became akut or was raised, and who has answered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone

from boards.models import AkutRead, Cell, CellRevision, Intervention, LevelChange
from core.period import holds
from criteria.models import Level
from organisation.models import Membership, Side, TeamHome
from reminders import rules
from reminders.facts import Round, other_side, standing
from reminders.kinds.base import Urgent
from residents.selectors import treating


@dataclass(frozen=True)
class Alarm:
    """A resident who became akut, and those who should see it and have not.

    `read_by` are all who have. `to` is the side that receives it. `hours` are that side's team hours (None: round the
    clock). `seen` says whether anyone there has seen it, `answered` also where there is no team to see it.
    """

    change: int
    day: date
    people: tuple[int, ...]
    stay: int = 0
    read_by: frozenset[int] = frozenset()
    at: datetime | None = None
    to: str = Side.TEAM
    hours: tuple[time, time] | None = None
    answered: bool = True
    seen: bool = True


@dataclass(frozen=True)
class Unanswered:
    """A resident put on the board or raised by the other side, unanswered. `first` is the first day to answer on."""

    episode: int
    first: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class TakenOff:
    """An akut that ended, and the team's hours."""

    change: int
    at: datetime
    hours: tuple[time, time]
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Changes:
    """What the changes of level give to be reminded of."""

    alarms: list[Alarm]
    raised: list[Unanswered]
    taken_off: list[TakenOff]


def changes(here: Round) -> Changes:
    """All changes of level, for every kind that needs them. At most nine queries."""
    on_board = {row.pk: row for row in here.ask(standing)}
    # Filtered by the episodes first, not by the changes' own time: so a home's old episodes are never read.
    lately = Q(episode__closed_on=None) | Q(episode__closed_on__gte=timezone.localdate(here.since))
    lately_changed = LevelChange.objects.for_homes(here.homes).filter(lately)
    rows = list(lately_changed.select_related("episode__stay").order_by("at", "pk"))
    undone = {row.undoes_id for row in rows if row.undoes_id}
    valid = [row for row in rows if row.pk not in undone and not row.undoes_id]
    risen = {
        row.episode_id: row
        for row in valid
        if row.episode_id in on_board
        and (row.before == Level.NONE or (row.after == Level.AKUT and row.before != Level.AKUT))
    }
    readers: dict[int, set[int]] = defaultdict(set)
    marks = AkutRead.objects.for_homes(here.homes).filter(change__episode__in=risen).select_related("change")
    for mark in marks:
        if (mark.change.at, mark.change_id) >= (risen[mark.change.episode_id].at, risen[mark.change.episode_id].pk):
            readers[mark.change.episode_id].add(mark.user_id)
    recent = [row for row in risen.values() if row.at >= here.since]
    asked = [row for pk, row in risen.items() if row.at >= here.since or on_board[pk].level == Level.AKUT]
    answers = _answers(here, asked, valid, readers)
    akut = {pk: row for pk, row in risen.items() if on_board[pk].level == Level.AKUT}
    off = [row for row in valid if row.before == Level.AKUT and row.after != Level.AKUT and row.at >= here.since]
    return Changes(
        alarms=[_alarm(here, row, readers[pk], row.pk in answers) for pk, row in akut.items()],
        raised=[unanswered for row in recent if row.pk not in answers and (unanswered := _unanswered(here, row))],
        taken_off=[
            TakenOff(row.pk, row.at, hours, here.people(row.episode.stay_id), row.episode.stay_id)
            for row in off
            if (hours := here.ask(team_hours).get(row.episode.stay_id))
        ],
    )


def team_hours(here: Round) -> dict[int, tuple[time, time]]:
    """{stay: when its team is at work}. One query."""
    links = treating(here.homes, here.day).order_by("from_day")
    rows = links.values_list("stay_id", "team__opens", "team__closes")
    return {stay: (opens, closes) for stay, opens, closes in rows}


def _alarm(here: Round, row: LevelChange, readers: set[int], answered: bool) -> Alarm:
    stay, to = row.episode.stay_id, other_side(row.side)
    hours = here.ask(team_hours).get(stay) if to == Side.TEAM else None
    nobody_there = to == Side.TEAM and hours is None
    return Alarm(
        change=row.pk,
        day=timezone.localtime(row.at).date(),
        people=tuple(who for who in here.people(stay, now=True) if who not in readers),
        stay=stay,
        read_by=frozenset(readers),
        at=row.at,
        to=to,
        hours=hours,
        answered=answered or nobody_there,
        seen=answered,
    )


def _unanswered(here: Round, row: LevelChange) -> Unanswered | None:
    stay, to = row.episode.stay_id, other_side(row.side)
    hours = here.ask(team_hours).get(stay)
    if to == Side.TEAM and hours is None:
        return None
    first = rules.first_day(row.at, hours[1] if hours and to == Side.TEAM else None)
    return Unanswered(row.episode_id, first, here.people(stay, to), stay)


def _answers(here: Round, asked: list[LevelChange], valid: list[LevelChange], readers: dict[int, set[int]]) -> set[int]:
    """The raises the receiving side answered: an akut by reading it, a subakut by writing, confirming or agreeing.

    An akut that was lowered since counts as answered, and so does any change of level by that side.
    """
    if not asked:
        return set()
    acts: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for stay, user, at in _acts(here, [row for row in asked if row.episode.level != Level.AKUT]):
        acts[stay].append((user, at))
    later: dict[int, list[LevelChange]] = defaultdict(list)
    for change in valid:
        later[change.episode_id].append(change)
    sides = _sides(here)
    answered = set()
    for row in asked:
        to, home = other_side(row.side), row.episode.stay.home_id
        acted = readers[row.episode_id] if row.after == Level.AKUT else set()
        if row.episode.level != Level.AKUT:
            acted = acted | {user for user, at in acts[row.episode.stay_id] if at >= row.at}
        moved = any(change.at > row.at and change.side == to for change in later[row.episode_id])
        if moved or any((home, user, to) in sides for user in acted):
            answered.add(row.pk)
    return answered


def _acts(here: Round, rows: list[LevelChange]) -> list[tuple[int, int, datetime]]:
    """(stay, who, when) of what was written, confirmed and agreed since the raises."""
    if not rows:
        return []
    stays, begun = [row.episode.stay_id for row in rows], min(row.at for row in rows)
    written = CellRevision.objects.for_homes(here.homes).filter(cell__stay__in=stays, at__gte=begun)
    confirmed = Cell.objects.for_homes(here.homes).filter(stay__in=stays, confirmed_at__gte=begun)
    agreed = Intervention.objects.for_homes(here.homes).filter(stay__in=stays, created_at__gte=begun)
    return [
        *written.values_list("cell__stay_id", "by_id", "at"),
        *confirmed.values_list("stay_id", "confirmed_by_id", "confirmed_at"),
        *agreed.values_list("stay_id", "created_by_id", "created_at"),
    ]


def _sides(here: Round) -> set[tuple[int, int, str]]:
    """(home, user, side) of everyone who works at the homes; one on both sides counts as the home's."""
    at_home = Membership.objects.active(here.day).filter(home__in=here.homes)
    own = {(home or 0, user) for home, user in at_home.values_list("home_id", "user_id")}
    serving = TeamHome.objects.filter(holds(here.day), home__in=here.homes)
    pairs = serving.filter(holds(here.day, "team__membership__")).values_list("home_id", "team__membership__user_id")
    return {(home, user, Side.HOME) for home, user in own} | {
        (home, user, Side.TEAM) for home, user in pairs if (home, user) not in own
    }


class OfAkut(Urgent[Alarm], abstract=True):
    """A reminder of a resident who became akut."""

    sort = "change"
    says_akut = True
    erased_with = LevelChange
    part = "level"

    def facts(self, here: Round) -> Iterable[Alarm]:
        return here.ask(changes).alarms
