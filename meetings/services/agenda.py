"""Finding meetings, and the agenda that builds itself."""

from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import Access, people_at
from audit import trail
from boards.selectors import Board, board
from core.prepared import prepared
from meetings import rules
from meetings.models import AgendaItem, Attendance, Meeting, ParkedTopic, Series
from organisation.models import Home, Membership, Side, Team, User
from residents.sharing import Audience, AudienceKind

PAST = [Meeting.State.CLOSED, Meeting.State.CANCELLED]
trail.register("meeting.planned", "lagde mødet i kalenderen")


def joint(meeting: Meeting) -> Audience:
    """The audience for what everybody at the meeting looks at."""
    return Audience(AudienceKind.JOINT, meeting.series.team_id)


def meeting_plan(*, series: Series, after: date, by: User | None) -> Meeting | None:
    """The series' next weekly meeting after the day, or the one that already stands there.

    None when the series ends before it.
    """
    weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
    weekly = weekly.exclude(state=Meeting.State.CANCELLED)
    standing = weekly.filter(date__gt=after).exclude(state=Meeting.State.CLOSED).order_by("date").first()
    if standing is not None:
        planned: Meeting = standing
        return planned
    taken = set(weekly.filter(date__gt=after).values_list("date", flat=True))
    day = rules.next_date(series.weekday, after, series.holiday_rule)
    while day in taken:
        day = rules.next_date(series.weekday, day, series.holiday_rule)
    if series.ended_on and day > series.ended_on:
        return None
    with trail.change(series.home.scope, by=by.pk if by else None) as log:
        say_called_off(series, after, day, log)
        meeting = _on(series, day)
        meeting.insert()
        log("meeting.planned", meeting, date=str(day))
    return meeting


def _on(series: Series, day: date) -> Meeting:
    return Meeting(
        series=series,
        home=series.home,
        number=next_number(series.home),
        date=day,
        time=series.time,
        planned_minutes=series.minutes,
    )


def say_called_off(series: Series, after: date, upto: date, log: trail.Change) -> None:
    """A meeting a holiday takes away stands in the list as cancelled, with why: nobody comes in vain."""
    of_series = Meeting.objects.for_home(series.home).filter(series=series)
    for day in rules.called_off(series.weekday, after, upto, series.holiday_rule):
        if not of_series.filter(date=day).exists():
            meeting = _on(series, day)
            meeting.state, meeting.why = Meeting.State.CANCELLED, rules.HOLIDAY
            meeting.insert()
            log("meeting.cancelled", meeting, why=rules.HOLIDAY)


def next_number(home: Home) -> int:
    """The number of the home's next meeting. Under the home's clock."""
    last = Meeting.objects.for_home(home).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def held_until(meeting: Meeting) -> date:
    """The last day the meeting stands for: its own, the one it was moved from, the one it was begun on."""
    days = [
        meeting.date,
        meeting.moved_from,
        timezone.localtime(meeting.started_at).date() if meeting.started_at else None,
    ]
    return max(day for day in days if day)


def plan_next(meeting: Meeting, by: User | None, today: date) -> None:
    """Plans the series' next weekly meeting when this one was held, cancelled or given up."""
    weekly = Meeting.objects.for_home(meeting.home).filter(series=meeting.series, kind=Meeting.Kind.WEEKLY)
    if weekly.exclude(state__in=PAST).exclude(pk=meeting.pk).exists():
        return
    after = today - timedelta(days=1)
    if meeting.kind == Meeting.Kind.WEEKLY:
        after = max(after, held_until(meeting))
    meeting_plan(series=meeting.series, after=after, by=by)


def following(meeting: Meeting, today: date) -> tuple[date, time]:
    """The day and time of the meeting after this one, as it stands or as it will be planned."""
    weekly = Meeting.objects.for_home(meeting.home).filter(series=meeting.series).exclude(state__in=PAST)
    standing = weekly.exclude(pk=meeting.pk).order_by("date", "time").first()
    if standing is not None:
        return standing.date, standing.time
    after = today - timedelta(days=1)
    if meeting.kind == Meeting.Kind.WEEKLY:
        after = max(after, held_until(meeting))
    return rules.next_date(meeting.series.weekday, after, meeting.series.holiday_rule), meeting.series.time


def agenda_entries(meeting: Meeting, today: date) -> tuple[list[rules.AgendaEntry], Board]:
    """The agenda as it builds itself now, and the joint board it was built from."""
    home_board = board(meeting.home, joint(meeting), today)
    return _entries(meeting, home_board), home_board


def _entries(meeting: Meeting, home_board: Board) -> list[rules.AgendaEntry]:
    told = {row.id for row in home_board.all_rows if row.stay.sight.covers(Side.JOINT, "topics")}
    topics = [topic.pk for topic in waiting_topics(meeting.series) if topic.stay_id is None or topic.stay_id in told]
    return rules.agenda(
        home_board.all_rows,
        topics=topics,
        missed=missed_last(meeting),
        day=meeting.date,
        following=fixed_after(meeting.series, meeting.date),
        rotation_weeks=home_board.rules.rotation_weeks,
    )


def fixed_after(series: Series, day: date) -> date:
    """The day of the series' first weekly meeting after the day: as it stands, or as it will be planned. One query."""
    later = Meeting.objects.for_home(series.home).filter(series=series, date__gt=day)
    known: list[tuple[date, str, str]] = list(later.order_by("date").values_list("date", "state", "kind"))
    standing = [on for on, state, kind in known if kind == Meeting.Kind.WEEKLY and state not in PAST]
    if standing:
        return standing[0]
    off = {on for on, state, _ in known if state == Meeting.State.CANCELLED}
    while (day := rules.next_date(series.weekday, day, series.holiday_rule)) in off:
        pass
    return day


def waiting_topics(series: Series) -> list[ParkedTopic]:
    """What waits to be taken up at the home's meetings with the team, the oldest first. One query.

    Topics about a resident are among them too. The caller must check who may see the resident.
    """
    return _parked(series.home_id, series.team_id)


@prepared
def _parked(home: int, team: int) -> QuerySet[ParkedTopic]:
    parked: QuerySet[ParkedTopic] = ParkedTopic.objects.for_home(home).filter(settled_on=None)
    return parked.filter(Q(team=None) | Q(team=team)).order_by("at")


def missed_last(meeting: Meeting) -> set[int]:
    """The stays 'ikke nået' or 'sprunget over' at the meeting before this one."""
    before = previous(meeting)
    if before is None:
        return set()
    return set(_not_reached(meeting.home_id, before.pk))


@prepared
def _not_reached(home: int, meeting: int) -> QuerySet[AgendaItem, int]:
    items: QuerySet[AgendaItem] = AgendaItem.objects.for_home(home).filter(meeting=meeting)
    missed = [AgendaItem.State.NOT_REACHED, AgendaItem.State.PASSED]
    return items.filter(state__in=missed, stay__isnull=False).values_list("stay_id", flat=True)


def held_before(meeting: Meeting, at: str = "") -> Q:
    """The meetings held before this one, in the order they began: one may be held on another day than was planned.

    Before one that has not begun, all that were held.
    """
    return _began_before(meeting.started_at, meeting.number, at)


def _began_before(began: datetime | None, number: int, at: str = "") -> Q:
    if began is None:
        return Q(**{f"{at}started_at__isnull": False})
    return Q(**{f"{at}started_at__lt": began}) | Q(**{f"{at}started_at": began, f"{at}number__lt": number})


def previous(meeting: Meeting) -> Meeting | None:
    """The last closed meeting with the same team before this one."""
    return _previous.first(meeting.home_id, meeting.series.team_id, meeting.started_at, meeting.number)


@prepared
def _previous(home: int, team: int, began: datetime | None, number: int) -> QuerySet[Meeting]:
    held: QuerySet[Meeting] = Meeting.objects.for_home(home).filter(state=Meeting.State.CLOSED, series__team=team)
    return held.filter(_began_before(began, number)).order_by("-started_at", "-number")[:1]


def meeting_of(access: Access, number: int) -> Meeting:
    """The meeting as it stands under the home's clock. Raises LookupError."""
    meeting = _numbered.first(access.home.pk, number)
    if meeting is None:
        raise LookupError("meeting")
    if access.side == Side.TEAM and access.team is not None and meeting.series.team_id != access.team.pk:
        raise LookupError("meeting")
    return meeting


@prepared
def _numbered(home: int, number: int) -> QuerySet[Meeting]:
    meetings: QuerySet[Meeting] = Meeting.objects.for_home(home).filter(number=number)
    return meetings.select_related("series__team", "home", "chair", "referent", "spotlight")


def lay_agenda(meeting: Meeting, today: date) -> None:
    """Adds what the agenda lacks, at its place, and keeps what stands there. The past is not reordered."""
    entries = _entries(meeting, board(meeting.home, joint(meeting), today, filled=False))
    items = list(AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting).order_by("order"))
    known_stays = {item.stay_id for item in items if item.stay_id}
    known_topics = {item.topic_id for item in items if item.topic_id}
    for entry in entries:
        if (entry.stay and entry.stay in known_stays) or (entry.topic and entry.topic in known_topics):
            continue
        item = AgendaItem(meeting=meeting, stay_id=entry.stay, topic_id=entry.topic, kind=entry.kind, order=0)
        place = next(
            (
                at
                for at, other in enumerate(items)
                if other.state == AgendaItem.State.WAITING
                and rules.ORDER.index(rules.Kind(other.kind)) > rules.ORDER.index(entry.kind)
            ),
            len(items),
        )
        items.insert(place, item)
    for order, item in enumerate(items, start=1):
        if item.pk is None:
            item.order = order
            item.insert()
        elif item.order != order:
            AgendaItem.objects.for_home(meeting.home).filter(pk=item.pk).update(order=order)


def coming(home: Home, team: Team | None = None) -> list[Meeting]:
    """The home's meetings not yet held, a running one first, then by day; with the team only, where one is named."""
    meetings = Meeting.objects.for_home(home).exclude(state__in=PAST)
    if team is not None:
        meetings = meetings.filter(series__team=team)
    ahead = meetings.select_related("series__team", "chair", "referent", "home", "spotlight")
    running = Meeting.State.RUNNING
    return sorted(ahead.order_by("date", "time", "number"), key=lambda meeting: meeting.state != running)


def home_meeting(home: Home, team: Team | None = None) -> Meeting | None:
    """The running meeting, else the next open one; with the team only, where one is named."""
    return next(iter(coming(home, team)), None)


def series_for(access: Access, today: date) -> list[Series]:
    """The series the person may call meetings in: a team's own, a home's all."""
    series = Series.objects.for_home(access.home).filter(Q(ended_on=None) | Q(ended_on__gte=today))
    if access.team is not None:
        series = series.filter(team=access.team)
    return list(series.select_related("home", "team").order_by("team__name", "pk"))


def meeting_people(meeting: Meeting, day: date) -> list[tuple[User, Side]]:
    """Those who may be at the meeting: the home's own and the people of its team, not of other teams."""
    members = set(Membership.objects.active(day).filter(team=meeting.series.team_id).values_list("user_id", flat=True))
    return [(user, side) for user, side in people_at(meeting.home, day) if side == Side.HOME or user.pk in members]


def present_last(meeting: Meeting) -> dict[int, str]:
    """Who was at the meeting before this one: user ids to 'here' or 'online'."""
    before = previous(meeting)
    if before is None:
        return {}
    rows = Attendance.objects.for_home(meeting.home).filter(meeting=before, present=True, user__isnull=False)
    return {row.user_id: "online" if row.online else "here" for row in rows}
