"""What stands open at homes, gathered for the rules: a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from boards.models import (
    TRACK_SIDE,
    AkutSeen,
    Cell,
    CellRevision,
    Episode,
    Intervention,
    LevelChange,
    Observation,
    SignSeen,
    State,
    Track,
    UnagreedSeen,
    Urgency,
)
from boards.rules import is_stale
from core.period import holds
from criteria.models import Level
from meetings.models import Meeting
from organisation.models import Home, Membership, Side, TeamHome
from reminders import rules
from reminders.models import Reminder
from residents.models import SharingBasis, TeamLink
from residents.selectors import contacts_at
from residents.texts import covered

TASK_DAYS = 14
RECENT_DAYS = 30
STATUS_DAYS = 5

# The reminders that rest on how a level was changed, and by whom it was answered: half of all queries.
OF_CHANGES = (rules.AKUT, rules.AKUT_LATE, "raise", "akut-off")


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
        for one in reminders:
            sort, _, pk = one.subject.partition(":")
            rows[sort].add(int(pk))
            kinds.add(one.kind)
        return cls(rows, frozenset(kinds))


@dataclass
class _Gather:
    """One round of gathering. Each step costs its queries only where there is something to ask about."""

    homes: list[Home]
    day: date
    only: Only | None
    contacts: dict[int, dict[str, int]] = field(default_factory=dict)
    # When the stay's team is at work.
    hours: dict[int, tuple[time, time]] = field(default_factory=dict)

    def wants(self, *sorts: str) -> bool:
        return self.only is None or any(self.only.rows.get(sort) for sort in sorts)

    def narrow(self, rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
        return rows if self.only is None else rows.filter(pk__in=self.only.rows.get(sort, set()))

    @property
    def wants_changes(self) -> bool:
        return self.only is None or not self.only.kinds.isdisjoint(OF_CHANGES)

    def people(self, stay: int, *sides: str) -> tuple[int, ...]:
        found = self.contacts.get(stay, {})
        return tuple(found[side] for side in sides or (Side.HOME, Side.TEAM) if side in found)


def gather(homes: list[Home], day: date, only: Only | None = None) -> rules.Facts:
    """What stands open at the homes on the day, or only what is asked about. At most twenty queries for any homes."""
    here = _Gather(homes, day, only)
    if here.wants("episode", "change", "basis", "meeting", "sign"):
        people = contacts_at(homes, day).filter(person__is_active=True)
        for stay, side, person in people.values_list("stay_id", "side", "person_id"):
            here.contacts.setdefault(stay, {})[side] = person
    if here.wants_changes:
        links = TeamLink.objects.for_homes(homes).filter(holds(day)).order_by("from_day")
        here.hours = {
            stay: (opens, closes) for stay, opens, closes in links.values_list("stay_id", "team__opens", "team__closes")
        }
    episodes = _episodes(here)
    standing = [row for row in episodes if row.closed_on is None]
    alarms, raised, taken_off = _changes(here, {row.pk: row for row in standing})
    return rules.Facts(
        tasks=_tasks(here),
        reviews=[rules.Review(row.pk, row.review_by, here.people(row.stay_id), row.stay_id) for row in standing],
        alarms=alarms,
        follow_ups=[
            rules.FollowUp(row.pk, row.follow_up_on, here.people(row.stay_id), row.stay_id)
            for row in episodes
            if row.closed_on is not None and row.follow_up_on is not None
        ],
        missing=_missing(here, standing),
        raised=raised,
        taken_off=taken_off,
        lapses=_lapses(here),
        signs=_signs(here),
        openings=_openings(here),
        unagreed=_unagreed(here),
    )


def _tasks(here: _Gather) -> list[rules.Task]:
    if not here.wants("intervention"):
        return []
    rows = Intervention.objects.for_homes(here.homes).filter(
        state=State.PLANNED, owner__is_active=True, due_on__isnull=False
    )
    if here.only is None:
        near = (here.day - timedelta(days=TASK_DAYS), here.day + timedelta(days=TASK_DAYS))
        rows = rows.filter(due_on__range=near)
    return [
        rules.Task(
            row.pk,
            row.owner_id,
            row.due_on,
            row.tells,
            row.stay_id,
            TRACK_SIDE[Track(row.track)],
            row.deputy_id,
            row.track,
        )
        for row in here.narrow(rows, "intervention")
    ]


def _episodes(here: _Gather) -> list[Episode]:
    """Those open, and those that await their follow-up."""
    if not here.wants("episode", "change", "meeting"):
        return []
    waiting = Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None)
    return list(Episode.objects.for_homes(here.homes).filter(waiting).select_related("stay"))


Changes = tuple[list[rules.Alarm], list[rules.Raised], list[rules.TakenOff]]


def _changes(here: _Gather, standing: dict[int, Episode]) -> Changes:
    if not here.wants_changes:
        return [], [], []
    since = timezone.make_aware(datetime.combine(here.day - timedelta(days=RECENT_DAYS), datetime.min.time()))
    # By how the episode stands, not by the changes' own time: a home's episodes of many years are passed over unread.
    lately = Q(episode__closed_on=None) | Q(episode__closed_on__gte=timezone.localdate(since))
    changes = LevelChange.objects.for_homes(here.homes).filter(lately)
    rows = list(changes.select_related("episode__stay").order_by("at", "pk"))
    undone = {row.undoes_id for row in rows if row.undoes_id}
    valid = [row for row in rows if row.pk not in undone and not row.undoes_id]
    risen = {
        row.episode_id: row
        for row in valid
        if row.episode_id in standing
        and (row.before == Level.NONE or (row.after == Level.AKUT and row.before != Level.AKUT))
    }
    seen: dict[int, set[int]] = defaultdict(set)
    marks = AkutSeen.objects.for_homes(here.homes).filter(change__episode__in=risen).select_related("change")
    for mark in marks:
        if (mark.change.at, mark.change_id) >= (risen[mark.change.episode_id].at, risen[mark.change.episode_id].pk):
            seen[mark.change.episode_id].add(mark.user_id)
    recent = [row for row in risen.values() if row.at >= since]
    asked = [row for pk, row in risen.items() if row.at >= since or standing[pk].level == Level.AKUT]
    answers = _answers(here, asked, valid, seen)
    alarms = [
        _alarm(here, row, seen[pk], row.pk in answers) for pk, row in risen.items() if standing[pk].level == Level.AKUT
    ]
    raised = [found for row in recent if row.pk not in answers and (found := _raised(here, row))]
    off = [row for row in valid if row.before == Level.AKUT and row.after != Level.AKUT and row.at >= since]
    taken_off = [
        rules.TakenOff(row.pk, row.at, hours, here.people(row.episode.stay_id), row.episode.stay_id)
        for row in off
        if (hours := here.hours.get(row.episode.stay_id))
    ]
    return alarms, raised, taken_off


def _signs(here: _Gather) -> list[rules.Sign]:
    """The early signs nobody has answered, to the other side's contact until that person has seen them."""
    if not here.wants("sign"):
        return []
    since = timezone.make_aware(datetime.combine(here.day - timedelta(days=RECENT_DAYS), datetime.min.time()))
    rows = here.narrow(Observation.objects.for_homes(here.homes).filter(handled_on=None, at__gte=since), "sign")
    signs = list(rows.order_by("at", "pk"))
    seen: dict[int, set[int]] = defaultdict(set)
    for sign, user in SignSeen.objects.for_homes(here.homes).filter(sign__in=signs).values_list("sign_id", "user_id"):
        seen[sign].add(user)
    return [
        rules.Sign(
            id=row.pk,
            day=timezone.localtime(row.at).date(),
            people=tuple(who for who in here.people(row.stay_id, _other(row.side)) if who not in seen[row.pk]),
            side=row.side,
            urgent=row.urgency == Urgency.TODAY,
            stay=row.stay_id,
            seen=frozenset(seen[row.pk]),
        )
        for row in signs
    ]


def _other(side: str) -> str:
    return Side.TEAM if side == Side.HOME else Side.HOME


def _receiver(row: LevelChange) -> str:
    return _other(row.side)


def _alarm(here: _Gather, row: LevelChange, seen: set[int], answered: bool) -> rules.Alarm:
    stay, to = row.episode.stay_id, _receiver(row)
    hours = here.hours.get(stay) if to == Side.TEAM else None
    nobody_there = to == Side.TEAM and hours is None
    return rules.Alarm(
        change=row.pk,
        day=timezone.localtime(row.at).date(),
        people=tuple(who for who in here.people(stay) if who not in seen),
        stay=stay,
        seen=frozenset(seen),
        at=row.at,
        to=to,
        hours=hours,
        answered=answered or nobody_there,
    )


def _raised(here: _Gather, row: LevelChange) -> rules.Raised | None:
    stay, to = row.episode.stay_id, _receiver(row)
    hours = here.hours.get(stay)
    if to == Side.TEAM and hours is None:
        return None
    first = rules.first_day(row.at, hours[1] if hours and to == Side.TEAM else None)
    return rules.Raised(row.episode_id, first, here.people(stay, to), stay)


def _answers(
    here: _Gather, asked: list[LevelChange], changes: list[LevelChange], seen: dict[int, set[int]]
) -> set[int]:
    """The raises the receiving side has answered: an akut by seeing it, a subakut by writing, confirming or agreeing.

    An akut lowered since is answered either way, and a change of level by that side always answers.
    """
    if not asked:
        return set()
    acts: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for stay, user, at in _acts(here, [row for row in asked if row.episode.level != Level.AKUT]):
        acts[stay].append((user, at))
    later: dict[int, list[LevelChange]] = defaultdict(list)
    for one in changes:
        later[one.episode_id].append(one)
    sides = _sides(here)
    found = set()
    for row in asked:
        to, home = _receiver(row), row.episode.stay.home_id
        acted = seen[row.episode_id] if row.after == Level.AKUT else set()
        if row.episode.level != Level.AKUT:
            acted = acted | {user for user, at in acts[row.episode.stay_id] if at >= row.at}
        moved = any(one.at > row.at and one.side == to for one in later[row.episode_id])
        if moved or any((home, user, to) in sides for user in acted):
            found.add(row.pk)
    return found


def _acts(here: _Gather, rows: list[LevelChange]) -> list[tuple[int, int, datetime]]:
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


def _sides(here: _Gather) -> set[tuple[int, int, str]]:
    """(home, user, side) of everyone who works at the homes; one on both sides counts as the home's."""
    at_home = Membership.objects.active(here.day).filter(home__in=here.homes)
    own = {(home or 0, user) for home, user in at_home.values_list("home_id", "user_id")}
    serving = TeamHome.objects.filter(holds(here.day), home__in=here.homes)
    pairs = serving.filter(holds(here.day, "team__membership__")).values_list("home_id", "team__membership__user_id")
    return {(home, user, Side.HOME) for home, user in own} | {
        (home, user, Side.TEAM) for home, user in pairs if (home, user) not in own
    }


def _missing(here: _Gather, standing: list[Episode]) -> list[rules.Missing]:
    """The rows on the board at the next meetings that lack a status younger than five days, a side at a time."""
    if not here.wants("meeting"):
        return []
    coming = Meeting.objects.for_homes(here.homes).filter(
        date__range=(here.day, here.day + timedelta(days=TASK_DAYS)),
        state__in=[Meeting.State.OPEN, Meeting.State.PLANNED],
    )
    meetings = list(here.narrow(coming, "meeting"))
    if not meetings:
        return []
    stays = {row.stay_id: row.stay.home_id for row in standing}
    cells = Cell.objects.for_homes(here.homes).filter(stay__in=stays, column="status").exclude(text="")
    fresh = {
        (cell.stay_id, cell.side)
        for cell in cells
        if is_stale(cell.changed_at, cell.confirmed_at, STATUS_DAYS, here.day) is None
    }
    at_home: dict[int, list[int]] = defaultdict(list)
    for stay, home in stays.items():
        at_home[home].append(stay)
    return [
        rules.Missing(meeting.pk, meeting.date, person, stay)
        for meeting in meetings
        for stay in at_home[meeting.home_id]
        for side, person in here.contacts.get(stay, {}).items()
        if (stay, side) not in fresh
    ]


def _openings(here: _Gather) -> list[rules.Opening]:
    """What was opened in need in the last week."""
    if not here.wants("basis"):
        return []
    since = here.day - timedelta(days=rules.TAKEN_OFF_DAYS)
    rows = SharingBasis.objects.for_homes(here.homes).filter(open_until__isnull=False, from_day__gte=since)
    return [
        rules.Opening(row.pk, row.from_day, here.people(row.stay_id) or (0,), row.stay_id)
        for row in here.narrow(rows, "basis")
    ]


def _unagreed(here: _Gather) -> list[rules.Unagreed]:
    """What is agreed with somebody the resident has not said yes to, and which leaders have seen it."""
    if not here.wants("partner"):
        return []
    rows = Intervention.objects.for_homes(here.homes).exclude(unagreed="").exclude(state=State.MISFILED)
    found = list(here.narrow(rows, "partner"))
    seen: dict[int, set[int]] = defaultdict(set)
    marks = UnagreedSeen.objects.for_homes(here.homes).filter(intervention__in=found)
    for row, user in marks.values_list("intervention_id", "user_id"):
        seen[row].add(user)
    return [
        rules.Unagreed(row.pk, timezone.localtime(row.created_at).date(), row.stay_id, frozenset(seen[row.pk]))
        for row in found
    ]


def _lapses(here: _Gather) -> list[rules.Lapse]:
    """Bases that end within 30 days, where nothing the side has recorded covers the same part of the board longer."""
    if not here.wants("basis"):
        return []
    until = here.day + timedelta(days=rules.CONSENT_DAYS)
    given = SharingBasis.objects.for_homes(here.homes).filter(
        Q(to_day=None) | Q(to_day__gte=here.day), withdrawn_at=None, open_until=None
    )
    by_part: dict[tuple[int, str, str], list[SharingBasis]] = defaultdict(list)
    for row in given:
        for part in covered(row.from_side, row.kind, row.what):
            by_part[row.stay_id, row.from_side, part].append(row)
    found = {}
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
        found[ending.pk] = rules.Lapse(ending.pk, last, here.people(stay, side), stay)
    return [found[pk] for pk in sorted(found)]
