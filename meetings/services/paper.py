"""A meeting held on paper, entered afterwards with its true times."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q
from django.utils import timezone

from accounts.access import Access
from audit import trail
from boards.selectors import Row, board
from boards.services import signs_handle
from core.errors import Denied
from core.period import wall_clock
from core.text import blank
from meetings import rules
from meetings.models import GUEST, AgendaItem, Attendance, Meeting, ParkedTopic, Series
from meetings.services.agenda import fixed_after, lay_agenda, meeting_people, plan_next, waiting_topics
from meetings.services.calendar import add_extra, own_series
from meetings.services.closing import shut
from organisation.models import Side, User
from organisation.services import once
from residents.models import Stay
from residents.sharing import Audience, AudienceKind

trail.register("paper.entered", "indtastede et møde, der var holdt på papir")
HELD_ON_PAPER = "Holdt på papir"


@dataclass(frozen=True)
class PaperEntry:
    """What the paper says: times, who led and was there, and what was talked through."""

    series: int
    day: date
    began: time
    ended: time
    chair: int
    referent: int
    present: dict[int, str]
    stays: frozenset[int]
    topics: frozenset[int]
    guests: tuple[str, ...] = ()


def paper_rows(series: Series, today: date) -> tuple[list[Row], list[ParkedTopic]]:
    """The residents both sides may see and the waiting topics, to be ticked as talked through."""
    home_board = board(series.home, Audience(AudienceKind.JOINT, series.team_id), today)
    rows = [row for row in home_board.all_rows if row.stay.sight.shared]
    told = {row.id for row in rows if row.stay.sight.covers(Side.JOINT, "topics")}
    return rows, [topic for topic in waiting_topics(series) if topic.stay_id is None or topic.stay_id in told]


def paper_enter(*, access: Access, entry: PaperEntry, key: str, today: date) -> Meeting:
    """Locks the minutes of a meeting held on paper: the planned one of that day, or else an extra one.

    Raises Denied for times that cannot be, an overlap with a held meeting, people who were not there, and a resident or
    topic that is not, or no longer, on the list; LookupError for a series one may not see; Repeated for the same form
    twice.
    """
    rules.check_paper_times(entry.day, entry.began, entry.ended, wall_clock())
    began = timezone.make_aware(datetime.combine(entry.day, entry.began))
    ended = timezone.make_aware(datetime.combine(entry.day, entry.ended))
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, entry)
        series = own_series(access, entry.series, today)
        _check_overlap(access, series, entry.day, began, ended)
        rows, topics = paper_rows(series, today)
        if ParkedTopic.objects.for_home(access.home).filter(pk__in=entry.topics, settled_on__isnull=False).exists():
            raise Denied("Et af emnerne er talt igennem imens. Se listen, og gem igen.")
        # The same answer for a resident who left meanwhile and one the person may never see, so it gives nothing away.
        if not entry.stays <= {row.id for row in rows}:
            raise Denied(
                "En af dem, I satte kryds ved, er flyttet eller deles ikke længere og står ikke på listen mere. "
                "Resten er, som I skrev det. Se listen, og gem igen."
            )
        if not entry.topics <= {topic.pk for topic in topics}:
            raise Denied("Et af emnerne står ikke på listen mere. Se den, og gem igen.")
        meeting = _meeting_of_the_day(series, entry)
        _who(meeting, entry)
        meeting.started_at, meeting.paper_by, meeting.paper_at = began, access.user, log.at
        meeting.moved_from = None if meeting.moved_from == entry.day else meeting.moved_from
        meeting.save()
        _what(meeting, entry, rows, today)
        _after(access, meeting, entry, rows, ended)
        shut(meeting, by=access.user, why="", without_recap=False, missing=[], log=log, today=today, ended=ended)
        log("paper.entered", meeting, date=str(entry.day))
        plan_next(meeting, access.user, today)
    return meeting


def _check_overlap(access: Access, series: Series, day: date, began: datetime, ended: datetime) -> None:
    held = Meeting.objects.for_home(access.home).filter(series__team=series.team_id, started_at__lt=ended)
    at_once = held.filter(Q(state=Meeting.State.RUNNING) | Q(state=Meeting.State.CLOSED, closed_at__gt=began))
    if any(other.started_at and timezone.localtime(other.started_at).date() == day for other in at_once):
        raise Denied("Der er allerede holdt et møde på det tidspunkt. Se det under Møder og referater.", "began")


def _meeting_of_the_day(series: Series, entry: PaperEntry) -> Meeting:
    """The planned meeting of the day, also one given up as not held; else an extra one."""
    here = Meeting.objects.for_home(series.home).filter(series=series, date=entry.day)
    here = here.select_related("home", "series__team", "series__home")
    meeting: Meeting | None = (
        here.filter(state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]).order_by("kind", "time").last()
        or here.filter(state=Meeting.State.CANCELLED, why=rules.NOT_HELD).order_by("number").first()
    )
    if meeting is None:
        return add_extra(series, day=entry.day, at=entry.began, minutes=series.minutes, why=HELD_ON_PAPER)
    if meeting.why == rules.NOT_HELD:
        meeting.why = HELD_ON_PAPER
    return meeting


def _who(meeting: Meeting, entry: PaperEntry) -> None:
    people = {user.pk: (user, side) for user, side in meeting_people(meeting, entry.day)}
    for pk, field, words in ((entry.chair, "chair", "ledede mødet"), (entry.referent, "referent", "skrev referat")):
        if pk not in people:
            raise Denied(f"Vælg, hvem der {words}.", field)
    meeting.chair, meeting.referent = people[entry.chair][0], people[entry.referent][0]
    Attendance.objects.for_home(meeting.home).filter(meeting=meeting).delete()
    there = {**dict.fromkeys((entry.chair, entry.referent), "here"), **{k: v for k, v in entry.present.items() if v}}
    for pk, (user, side) in people.items():
        _attended(meeting, user, user.name, side, there.get(pk, ""))
    for name in dict.fromkeys(rules.guest_name(name, "", "") for name in entry.guests if not blank(name)):
        rules.check_guest(name, [user.name for user, _ in people.values()])
        _attended(meeting, None, name, GUEST, "here")


def _attended(meeting: Meeting, user: User | None, name: str, side: str, where: str) -> None:
    Attendance(meeting=meeting, user=user, name=name, side=side, present=bool(where), online=where == "online").insert()


def _what(meeting: Meeting, entry: PaperEntry, rows: list[Row], today: date) -> None:
    """The agenda as it stands, with what was ticked as discussed; the rest was not reached."""
    lay_agenda(meeting, today)
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
    order, following = items.count(), fixed_after(meeting.series, entry.day)
    known = set(items.filter(stay__isnull=False).values_list("stay_id", flat=True))
    for row in rows:
        if row.id in entry.stays and row.id not in known:
            order += 1
            kind = rules.kind_of(row, entry.day, following)
            AgendaItem(meeting=meeting, stay_id=row.id, kind=kind, order=order).insert()
    items.filter(stay__in=entry.stays).update(state=AgendaItem.State.DONE)
    items.filter(topic__in=entry.topics).update(state=AgendaItem.State.DONE)
    ParkedTopic.objects.for_home(meeting.home).filter(pk__in=entry.topics).update(settled_on=entry.day)


def _after(access: Access, meeting: Meeting, entry: PaperEntry, rows: list[Row], ended: datetime) -> None:
    """The residents were discussed that day. A sign noted since waits for the next meeting."""
    for row in rows:
        if row.id not in entry.stays:
            continue
        last = row.stay.last_discussed
        if last is None or last < entry.day:
            Stay.objects.for_home(meeting.home).filter(pk=row.id).update(last_discussed=entry.day)
        sides = row.stay.sight.sides_of("signs")
        signs_handle(access=access, stay_id=row.id, sides=sides, before=ended, today=entry.day)
