"""What a person is reminded of on a day. Pure: today is an argument, and nothing here knows of mail."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar

from django.utils import timezone

from core import weeks
from core.errors import Denied
from organisation.models import Side

SEND_FROM = time(7, 0)
EARLIEST, LATEST = time(6, 0), time(12, 0)
AKUT, AKUT_LATE = "akut", "akut-late"
# Told at once, whatever the hour, each in a mail of its own; nobody turns them off.
SIGN, SIGN_NOW = "sign", "sign-now"
NEED = "need"
# Somebody is talked to whom the resident has not agreed to: the leaders are told until they have seen it.
UNAGREED = "unagreed"
URGENT = (AKUT, AKUT_LATE, SIGN_NOW, NEED)
KINDS = {
    "before": "Hverdagen før en indsats",
    "on": "På dagen for en indsats",
    "after": "Når dagen for en indsats er gået",
    "told": "Det, I har aftalt at sige til beboeren",
    "review": "Beboere, der skal drøftes igen",
    "follow-up": "Opfølgning, når en beboer er gået af tavlen",
    "prepare": "Hverdagen før et møde, når status mangler",
    "raise": "Sat på tavlen af den anden side og ikke besvaret",
    SIGN: "Nyt tidligt tegn fra den anden side",
    "akut-off": "Akut afsluttet uden for teamets tid",
    "consent": "Hvad må deles: udløber inden 30 dage",
    AKUT: "Akut, du ikke har set",
    AKUT_LATE: "Akut, som ingen hos jer har set inden for en time",
    SIGN_NOW: "Tidligt tegn, der skal ses i dag",
    NEED: "Oplysninger, der er åbnet i nød",
    UNAGREED: "Koordination med en, beboeren ikke har sagt ja til",
}
MUTABLE = tuple(kind for kind in KINDS if kind not in URGENT)
ESCALATE_MINUTES = 60
CONSENT_DAYS = 30
SNOOZE_DAYS = 14
# How long it stays on the list that an akut ended, or that somebody opened in need; it cannot be ticked off.
TAKEN_OFF_DAYS = 7


@dataclass(frozen=True)
class Due:
    """One reminder: to whom, of what, for which day, to be sent on `on`.

    `side` and `part` are whose it is and where on the board it stands; nobody who does not see that is told. `deputy`
    is the thing's own; those in `not_for` need no telling, not even when they stand in.
    """

    recipient: int
    kind: str
    subject: str
    due: date
    on: date
    stay: int = 0
    side: str = Side.JOINT
    deputy: int | None = None
    not_for: frozenset[int] = frozenset()
    part: str = "level"

    @property
    def key(self) -> tuple[str, str, date]:
        """What is unique for one recipient."""
        return (self.kind, self.subject, self.due)


@dataclass(frozen=True)
class Task:
    """An open intervention with an owner and a day. `side` is whose it is, `part` its lane."""

    id: int
    owner: int
    due_on: date
    tells: bool = False
    stay: int = 0
    side: str = Side.JOINT
    deputy: int | None = None
    part: str = "level"


@dataclass(frozen=True)
class Review:
    """A resident on the board, when they are to be discussed again, and who answers for it on each side."""

    episode: int
    review_by: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Alarm:
    """A resident who became akut, and those who should see it and have not.

    `seen` are all who have. `to` is the side that receives it, `hours` that side's team hours (None: round the clock),
    `answered` whether anyone there has seen it.
    """

    change: int
    day: date
    people: tuple[int, ...]
    stay: int = 0
    seen: frozenset[int] = frozenset()
    at: datetime | None = None
    to: str = Side.TEAM
    hours: tuple[time, time] | None = None
    answered: bool = True


@dataclass(frozen=True)
class FollowUp:
    """A resident who came off the board and awaits one more discussion."""

    episode: int
    on: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Missing:
    """One row of a coming meeting that lacks a fresh status, and the contact person who writes it."""

    meeting: int
    date: date
    person: int
    stay: int = 0


@dataclass(frozen=True)
class Raised:
    """A resident put on the board or raised by the other side, unanswered. `first` is the first day to answer on."""

    episode: int
    first: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Sign:
    """An early sign nobody has answered, and the receiving side's contact, who has not seen it. `side` wrote it."""

    id: int
    day: date
    people: tuple[int, ...]
    side: str
    urgent: bool
    stay: int = 0
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TakenOff:
    """An akut that ended, and the team's hours."""

    change: int
    at: datetime
    hours: tuple[time, time]
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Lapse:
    """A sharing basis that ends and is not renewed, and the contacts on the side that gave it."""

    basis: int
    to_day: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Opening:
    """What one side opened to the other in need, and the contacts on both sides; their leaders are told as well."""

    basis: int
    day: date
    people: tuple[int, ...]
    stay: int = 0


@dataclass(frozen=True)
class Unagreed:
    """A coordination with somebody the resident has not agreed to, and which leaders have seen it."""

    intervention: int
    day: date
    stay: int = 0
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Facts:
    """All that stands open at a home."""

    tasks: Sequence[Task] = ()
    reviews: Sequence[Review] = ()
    alarms: Sequence[Alarm] = ()
    follow_ups: Sequence[FollowUp] = ()
    missing: Sequence[Missing] = ()
    raised: Sequence[Raised] = ()
    taken_off: Sequence[TakenOff] = ()
    lapses: Sequence[Lapse] = ()
    signs: Sequence[Sign] = ()
    openings: Sequence[Opening] = ()
    unagreed: Sequence[Unagreed] = ()


def before(day: date) -> date:
    """The last working day before the day."""
    candidate = date.fromordinal(day.toordinal() - 1)
    while not weeks.is_working_day(candidate):
        candidate = date.fromordinal(candidate.toordinal() - 1)
    return candidate


def first_day(at: datetime, closes: time | None) -> date:
    """The first working day on which something from `at` can be answered; a team's day ends when it closes."""
    local = timezone.localtime(at)
    open_still = closes is None or local.time() < closes
    return (
        local.date() if weeks.is_working_day(local.date()) and open_still else weeks.add_working_days(local.date(), 1)
    )


def outside_hours(at: datetime, hours: tuple[time, time]) -> bool:
    """True on evenings, nights, weekends and holidays, as the team keeps them."""
    local = timezone.localtime(at)
    return not (weeks.is_working_day(local.date()) and hours[0] <= local.time() < hours[1])


def next_morning(at: datetime, opens: time) -> date:
    """The next working day that begins after `at`: the same day before the team opens."""
    local = timezone.localtime(at)
    if weeks.is_working_day(local.date()) and local.time() < opens:
        return local.date()
    return weeks.add_working_days(local.date(), 1)


def team_minutes(opens: time, closes: time, start: datetime, end: datetime) -> int:
    """Whole minutes of the team's hours between two moments: working days only, as the clock really ran."""
    total = timedelta()
    day, last = timezone.localtime(start).date(), timezone.localtime(end).date()
    while day <= last:
        if weeks.is_working_day(day):
            opened = timezone.make_aware(datetime.combine(day, opens))
            closed = timezone.make_aware(datetime.combine(day, closes))
            spent = min(end, closed).astimezone(UTC) - max(start, opened).astimezone(UTC)
            total += max(spent, timedelta())
        day += timedelta(days=1)
    return int(total.total_seconds() // 60)


def escalates(alarm: Alarm, now: datetime) -> bool:
    """Nobody on the receiving side has seen the akut within an hour: of the team's time, or of real time at a home."""
    if alarm.answered or alarm.at is None:
        return False
    if alarm.hours:
        return team_minutes(*alarm.hours, alarm.at, now) >= ESCALATE_MINUTES
    return now - alarm.at >= timedelta(minutes=ESCALATE_MINUTES)


def _task_moments(task: Task) -> Iterator[Due]:
    on = "told" if task.tells else "on"
    after = weeks.add_working_days(task.due_on, 1)
    for kind, when in (("before", before(task.due_on)), (on, task.due_on), ("after", after)):
        yield Due(
            task.owner, kind, f"intervention:{task.id}", task.due_on, when, task.stay, task.side, task.deputy,
            part=task.part,
        )  # fmt: skip


def _follow_up_moments(row: FollowUp, day: date) -> Iterator[tuple[date, date]]:
    """(due, on): the working day before, and every Monday after it until today."""
    yield row.on, before(row.on)
    monday = row.on + timedelta(days=7 - row.on.weekday())
    while monday <= day:
        yield monday, monday
        monday += timedelta(days=7)


def moments(day: date, facts: Facts) -> Iterator[Due]:
    """Every reminder the open things give, with the day each is sent on. What is not among them is no longer due."""
    for task in facts.tasks:
        yield from _task_moments(task)
    for review in facts.reviews:
        for who in review.people:
            subject, due = f"episode:{review.episode}", review.review_by
            yield Due(who, "review", subject, due, before(due), review.stay)
    for follow in facts.follow_ups:
        for due, on in _follow_up_moments(follow, day):
            for who in follow.people:
                yield Due(who, "follow-up", f"episode:{follow.episode}", due, on, follow.stay)
    for alarm in facts.alarms:
        for who in alarm.people:
            yield Due(who, AKUT, f"change:{alarm.change}", alarm.day, alarm.day, alarm.stay, not_for=alarm.seen)
    yield from _between_meetings(day, facts)


def _between_meetings(day: date, facts: Facts) -> Iterator[Due]:
    for row in facts.missing:
        yield Due(row.person, "prepare", f"meeting:{row.meeting}", row.date, before(row.date), row.stay)
    for raised in facts.raised:
        on = weeks.add_working_days(raised.first, 1)
        for who in raised.people:
            yield Due(who, "raise", f"episode:{raised.episode}", on, on, raised.stay)
    for sign in facts.signs:
        kind = SIGN_NOW if sign.urgent else SIGN
        for who in sign.people:
            yield Due(
                who, kind, f"sign:{sign.id}", sign.day, sign.day, sign.stay, sign.side, not_for=sign.seen, part="signs"
            )  # fmt: skip
    for off in facts.taken_off:
        on = next_morning(off.at, off.hours[0])
        if outside_hours(off.at, off.hours) and day <= on + timedelta(days=TAKEN_OFF_DAYS):
            for who in off.people:
                yield Due(who, "akut-off", f"change:{off.change}", on, on, off.stay)
    for opening in facts.openings:
        if day <= opening.day + timedelta(days=TAKEN_OFF_DAYS):
            for who in opening.people:
                yield Due(who, NEED, f"basis:{opening.basis}", opening.day, opening.day, opening.stay)
    for one in facts.unagreed:
        # To no contact: the leaders of both sides are added where their names are known.
        yield Due(
            0, UNAGREED, f"partner:{one.intervention}", one.day, one.day, one.stay, not_for=one.seen,
            part="coordination",
        )  # fmt: skip
    for lapse in facts.lapses:
        on = lapse.to_day - timedelta(days=CONSENT_DAYS)
        for who in lapse.people:
            yield Due(who, "consent", f"basis:{lapse.basis}", lapse.to_day, on, lapse.stay)


def due(
    day: date,
    *,
    tasks: Sequence[Task] = (),
    reviews: Sequence[Review] = (),
    alarms: Sequence[Alarm] = (),
    follow_ups: Sequence[FollowUp] = (),
    missing: Sequence[Missing] = (),
    raised: Sequence[Raised] = (),
    taken_off: Sequence[TakenOff] = (),
    lapses: Sequence[Lapse] = (),
    signs: Sequence[Sign] = (),
) -> list[Due]:
    """Every reminder that belongs to the day. What lapses or leaders must see is caught up with; else one day."""
    facts = Facts(tasks, reviews, alarms, follow_ups, missing, raised, taken_off, lapses, signs)
    return due_of(day, facts)


def due_of(day: date, facts: Facts) -> list[Due]:
    """As `due`, of facts already gathered; one reminder a recipient and thing."""
    found: dict[tuple[int, str, str, date, int], Due] = {}
    for one in moments(day, facts):
        caught_up = (one.kind == "consent" and one.on <= day <= one.due) or (one.kind == UNAGREED and one.on <= day)
        if one.on == day or caught_up:
            found.setdefault((one.recipient, *one.key, one.stay), one)
    return list(found.values())


def stand_ins(
    one: Due,
    *,
    away: Mapping[int, Sequence[int]],
    may: Callable[[int], bool],
    contact_deputy: int | None,
    leaders: Sequence[int],
) -> tuple[int, ...]:
    """Who gets a reminder instead of somebody who is away; nobody where the person is here.

    The absence's deputy, else the thing's own, else the contact's on that side, else that side's leaders: the first who
    is here and may see the resident.
    """
    if one.recipient not in away:
        return ()

    def fit(person: int | None) -> bool:
        return person is not None and person != one.recipient and person not in away and may(person)

    for candidate in (*away[one.recipient], one.deputy, contact_deputy):
        if candidate is not None and fit(candidate):
            return (candidate,)
    return tuple(leader for leader in leaders if fit(leader))


class Row(Protocol):
    """A stored reminder, as far as sleeping goes."""

    recipient_id: int
    kind: str
    subject: str
    snoozed_to: date | None


R = TypeVar("R", bound=Row)


def awake(rows: Iterable[R], day: date) -> list[R]:
    """The rows whose thing its recipient has not put off to a later day. An akut never sleeps."""
    listed = list(rows)
    asleep = {
        (row.recipient_id, row.subject)
        for row in listed
        if row.snoozed_to is not None and row.snoozed_to > day and row.kind not in URGENT
    }
    return [row for row in listed if row.kind in URGENT or (row.recipient_id, row.subject) not in asleep]


def snooze_limit(due: date, today: date) -> date:
    """The last day a thing can be put off to: its own day, and never more than 14 days ahead."""
    limit = today + timedelta(days=SNOOZE_DAYS)
    return min(due, limit) if due > today else limit


def check_snooze(kind: str, due: date, to: date, today: date) -> None:
    """Raises Denied for an akut, for today or earlier, and for a day past the limit."""
    if kind == SIGN_NOW:
        raise Denied("Tegnet kan ikke udskydes. Åbn tavlen, og tryk »Jeg har set det«.")
    if kind in URGENT:
        raise Denied("En akut kan ikke udskydes. Åbn tavlen, og tryk »Jeg har set det«.")
    if to <= today:
        raise Denied("Vælg en dag efter i dag.", "day")
    limit = snooze_limit(due, today)
    if to > limit:
        raise Denied(f"Vælg senest {weeks.long_day(limit)}.", "day")


def check_hide(kind: str) -> None:
    """Raises Denied for an akut and for what leaders must see: it goes away when it has been seen."""
    if kind == UNAGREED:
        raise Denied("Åbn indsatsen på tavlen, og tryk »Set«. Så forsvinder påmindelsen.")
    if kind == SIGN_NOW:
        raise Denied("Tegnet kan ikke fjernes. Det forsvinder, når du har set det på tavlen.")
    if kind in URGENT:
        raise Denied("En akut kan ikke fjernes. Den forsvinder, når du har set den på tavlen.")


def may_send(now: datetime, mail_from: time = SEND_FROM) -> bool:
    """Digests go out on working days from 7 in the morning, or from the hour the person has chosen."""
    local = timezone.localtime(now)
    return weeks.is_working_day(local.date()) and local.time() >= mail_from
