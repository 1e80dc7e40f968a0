"""Changes of a meeting. All move the home's clock; those everyone's screen follows also move the meeting's."""

import hashlib
import json
import logging
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from boards.models import TRACK_SIDE, InterventionEvent, LevelChange, Pen, State, Track
from boards.selectors import Board, InterventionView, Row, board
from boards.services import observations_handle
from boards.stream import spotlight_scope
from botilbud.audit import trail
from botilbud.lib import weeks
from botilbud.organisation.access import Access, people_at
from botilbud.organisation.models import Home, Role, Side, User
from botilbud.organisation.services import Denied, once
from criteria.models import Level
from meetings import rules
from meetings.models import AgendaItem, Attendance, CarryOver, Meeting, Minutes, MinutesSection, ParkedTopic, Series
from residents.models import Stay
from residents.selectors import seen_stays
from residents.sharing import Audience, AudienceKind

logger = logging.getLogger(__name__)

trail.register("meeting.planned", "lagde mødet i kalenderen")
trail.register("meeting.started", "startede mødet")
trail.register("meeting.moved_on", "gik videre på dagsordenen")
trail.register("meeting.chair_taken", "overtog mødeledelsen")
trail.register("meeting.referent_taken", "blev referent")
trail.register("meeting.attendance", "rettede fremmødet")
trail.register("meeting.recap", "gik til opsamlingen")
trail.register("meeting.closed", "afsluttede mødet", personal=("why",))
trail.register("meeting.reopened", "genåbnede mødet", personal=("why",))
trail.register("topic.parked", "satte et emne på »Tages op senere«", personal=("text",))
trail.register("topic.settled", "afsluttede et emne")


def joint(meeting: Meeting) -> Audience:
    """The audience of everything all at the meeting look at."""
    return Audience(AudienceKind.JOINT, meeting.series.team_id)


def meeting_plan(*, series: Series, after: date, by: User | None) -> Meeting:
    """The series' next meeting after the day; the one that stands there already, if any."""
    day = rules.next_date(series.weekday, after, series.holiday_rule)
    meetings = Meeting.objects.for_home(series.home)
    standing = (
        meetings.filter(series=series, date__gt=after).exclude(state=Meeting.State.CLOSED).order_by("date").first()
    )
    if standing is not None:
        found: Meeting = standing
        return found
    with trail.change(series.home.scope, by=by.pk if by else None) as log:
        number = (meetings.order_by("-number").values_list("number", flat=True).first() or 0) + 1
        meeting = Meeting(series=series, home=series.home, number=number, date=day, time=series.time)
        meeting.insert()
        log("meeting.planned", meeting, date=str(day))
    return meeting


def agenda_entries(meeting: Meeting, today: date) -> tuple[list[rules.Entry], Board]:
    """The agenda as it builds itself now, and the joint board it was built from."""
    seen = board(meeting.home, joint(meeting), today)
    shared = {row.id for row in [*seen.rows, *seen.others] if row.stay.sight.shared}
    parked = ParkedTopic.objects.for_home(meeting.home).filter(settled_on=None).order_by("at")
    topics = [topic.pk for topic in parked if topic.stay_id is None or topic.stay_id in shared]
    entries = rules.agenda(
        [*seen.rows, *seen.others],
        topics=topics,
        missed=missed_last(meeting),
        day=meeting.date,
        rotation_weeks=settings.ROTATION_WEEKS,
    )
    return entries, seen


def missed_last(meeting: Meeting) -> set[int]:
    """The stays 'ikke nået' at the meeting before this one."""
    before = previous(meeting)
    if before is None:
        return set()
    items = AgendaItem.objects.for_home(meeting.home).filter(
        meeting=before, state=AgendaItem.State.NOT_REACHED, stay__isnull=False
    )
    return set(items.values_list("stay_id", flat=True))


def previous(meeting: Meeting) -> Meeting | None:
    """The last closed meeting before this one."""
    return (
        Meeting.objects.for_home(meeting.home)
        .filter(state=Meeting.State.CLOSED, number__lt=meeting.number)
        .order_by("-number")
        .first()
    )


def _locked(access: Access, number: int) -> Meeting:
    """The meeting as it stands under the home's clock. Raises LookupError."""
    meeting = (
        Meeting.objects.for_home(access.home)
        .filter(number=number)
        .select_related("series__team", "home", "chair", "referent", "spotlight")
        .first()
    )
    if meeting is None:
        raise LookupError("meeting")
    if access.side == Side.TEAM and access.team is not None and meeting.series.team_id != access.team.pk:
        raise LookupError("meeting")
    found: Meeting = meeting
    return found


meeting_of = _locked


def meeting_start(*, access: Access, number: int, present: dict[int, str], today: date) -> Meeting:
    """Begins the meeting: the starter chairs, the agenda is laid down, all screens go to the first resident.

    `present` maps user ids to 'her' or 'online'. Raises Denied when it runs or is closed, or another runs.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_open(meeting.state)
        if meeting.state == Meeting.State.RUNNING:
            raise Denied("Mødet er allerede i gang.")
        running = Meeting.objects.for_home(access.home).filter(state=Meeting.State.RUNNING).first()
        if running is not None:
            raise Denied(f"Mødet nr. {running.number} er stadig i gang. Afslut det først.")
        meeting.state = Meeting.State.RUNNING
        meeting.started_at = meeting.started_at or log.at
        meeting.chair = access.user
        meeting.referent = meeting.referent or access.user
        meeting.save()
        Pen.objects.update_or_create(home=access.home, defaults={"user": meeting.referent})
        for user, side in people_at(access.home, today):
            Attendance.objects.for_home(access.home).filter(meeting=meeting, user=user).delete()
            where = present.get(user.pk, "")
            Attendance(
                meeting=meeting, user=user, name=user.name, side=side, present=bool(where), online=where == "online"
            ).insert()
        _lay_agenda(meeting, today)
        first = AgendaItem.objects.for_home(access.home).filter(meeting=meeting).order_by("order").first()
        meeting.spotlight, meeting.spotlight_since = first, log.at
        meeting.save()
        log("meeting.started", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def _lay_agenda(meeting: Meeting, today: date) -> None:
    """Adds what the agenda lacks, at its place, and keeps what stands there. The past is not reordered."""
    entries, _ = agenda_entries(meeting, today)
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
        item.order = order
        item.full_clean()
        item.save()


def _leave_item(access: Access, meeting: Meeting, now: datetime, today: date) -> None:
    """What is in the spotlight has been discussed: its time is added, the resident's date set, the signs handled."""
    item = meeting.spotlight
    if item is None:
        return
    if meeting.spotlight_since:
        item.seconds += max(0, int((now - meeting.spotlight_since).total_seconds()))
    item.state = AgendaItem.State.DONE
    item.save()
    if item.stay_id:
        Stay.objects.for_home(access.home).filter(pk=item.stay_id).update(last_discussed=today)
        stays = seen_stays(access.home, joint(meeting), today, only=item.stay_id)
        sides = stays[0].sight.sides if stays else frozenset()
        observations_handle(access=access, stay_id=item.stay_id, sides=sides, today=today)


def _check_chair(access: Access, meeting: Meeting) -> None:
    if meeting.chair_id != access.user.pk:
        name = meeting.chair.name if meeting.chair else "ingen"
        raise Denied(f"{name} leder mødet. Overtag for at styre dagsordenen.")


def meeting_go(*, access: Access, number: int, item_id: int, today: date) -> Meeting:
    """The chair moves everybody's screen to an item. Raises Denied for others, LookupError for a foreign item."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        item = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, pk=item_id).first()
        if item is None:
            raise LookupError("item")
        if meeting.spotlight_id != item.pk:
            _leave_item(access, meeting, log.at, today)
            meeting.spotlight, meeting.spotlight_since = item, log.at
            meeting.save()
            _lay_agenda(meeting, today)
        log("meeting.moved_on", meeting, item=item.pk)
        trail.touch(spotlight_scope(access.home))
    return meeting


def meeting_recap(*, access: Access, number: int, today: date) -> Meeting:
    """All screens go to the recap."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        _leave_item(access, meeting, log.at, today)
        meeting.spotlight = None
        meeting.save()
        log("meeting.recap", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def chair_take(*, access: Access, number: int) -> Meeting:
    """Takes the chair, in one click, whoever has it."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_running(meeting.state)
        log("meeting.chair_taken", meeting, before=meeting.chair_id)
        meeting.chair = access.user
        meeting.save(update_fields=["chair"])
        trail.touch(spotlight_scope(access.home))
    return meeting


def referent_take(*, access: Access, number: int) -> Meeting:
    """Becomes the referent, who may write for both sides."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_running(meeting.state)
        log("meeting.referent_taken", meeting, before=meeting.referent_id)
        meeting.referent = access.user
        meeting.save(update_fields=["referent"])
        Pen.objects.update_or_create(home=access.home, defaults={"user": access.user})
        trail.touch(spotlight_scope(access.home))
    return meeting


def attendance_set(
    *, access: Access, number: int, present: dict[int, str], guest: str, guest_side: str, today: date
) -> Meeting:
    """Who is there: user ids to 'her' or 'online', and a guest by name."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        rules.check_running(meeting.state)
        rows = Attendance.objects.for_home(access.home).filter(meeting=meeting)
        known = {row.user_id: row for row in rows.filter(user__isnull=False)}
        for user, own_side in people_at(access.home, today):
            if user.pk not in known:
                known[user.pk] = Attendance(meeting=meeting, user=user, name=user.name, side=own_side)
        for user_id, row in known.items():
            where = present.get(user_id or 0, "")
            row.present, row.online = bool(where), where == "online"
            row.save()
        if guest.strip():
            side = Side.TEAM if guest_side == Side.TEAM else Side.HOME
            if not rows.filter(user=None, name=guest.strip(), side=side).exists():
                Attendance(meeting=meeting, name=guest.strip(), side=side, present=True).insert()
        log("meeting.attendance", meeting, present=sorted(pk for pk, row in known.items() if pk and row.present))
        trail.touch(spotlight_scope(access.home))
    return meeting


def topic_park(*, access: Access, stay_id: int | None, text: str, key: str) -> ParkedTopic:
    """'Tages op senere'. Raises Denied when nothing was written, Repeated for a double click."""
    if not text.strip():
        raise Denied("Skriv emnet.", "text")
    if len(text.strip()) > 200:
        raise Denied(f"Emnet fylder {len(text.strip())} tegn. Der er plads til 200.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, text)
        topic = ParkedTopic(home=access.home, stay_id=stay_id, text=text.strip(), by=access.user, at=log.at)
        topic.insert()
        log("topic.parked", topic, text=text)
        trail.touch(spotlight_scope(access.home))
    return topic


def topic_settle(*, access: Access, pk: int, today: date) -> None:
    """The topic has been talked through."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        topic = ParkedTopic.objects.for_home(access.home).filter(pk=pk).first()
        if topic is None:
            raise LookupError("topic")
        if topic.settled_on:
            raise Denied("Emnet er allerede talt igennem.")
        topic.settled_on = today
        topic.save(update_fields=["settled_on"])
        log("topic.settled", topic)
        trail.touch(spotlight_scope(access.home))


# --- closing ---------------------------------------------------------------------------------------------------------


def discussed(meeting: Meeting) -> list[int]:
    """The stays on the meeting's agenda that were discussed, in order."""
    items = AgendaItem.objects.for_home(meeting.home).filter(
        meeting=meeting, stay__isnull=False, state=AgendaItem.State.DONE
    )
    return list(items.order_by("order").values_list("stay_id", flat=True))


def meeting_close(
    *, access: Access | None, meeting: Meeting, why: str, today: date, without_recap: bool = False
) -> Meeting:
    """Closes: what was not reached is said, open interventions are carried, the minutes are locked, the next is open.

    Raises Denied when it does not run, or over a gap without a typed reason. `access` None is the system at night.
    """
    by = access.user if access else None
    with trail.change(meeting.home.scope, by=by.pk if by else None) as log:
        meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(meeting.home))
        rules.check_running(meeting.state)
        if access is not None and access.user.pk not in (meeting.chair_id, meeting.referent_id):
            raise Denied("Mødelederen eller referenten afslutter mødet. Overtag først.")
        if access is not None and meeting.spotlight_id:
            _leave_item(access, meeting, log.at, today)
        seen = board(meeting.home, joint(meeting), today)
        rows = [*seen.rows, *seen.others]
        missing = rules.gaps(item for row in rows for lane in row.lanes.values() for item in lane)
        if not without_recap:
            rules.check_close(len({item.id for item in missing}), why)
        _shut(meeting, by=by, why=why, without_recap=without_recap, missing=missing, log=log, today=today)
        meeting_plan(series=meeting.series, after=max(today, meeting.date), by=by)
    return meeting


def _shut(
    meeting: Meeting,
    *,
    by: User | None,
    why: str,
    without_recap: bool,
    missing: list[InterventionView],
    log: trail.Change,
    today: date,
) -> None:
    """What every closing does, in the caller's change."""
    seen = board(meeting.home, joint(meeting), today)
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
    items.filter(state=AgendaItem.State.WAITING).update(state=AgendaItem.State.NOT_REACHED)
    rows = [*seen.rows, *seen.others]
    carried = {
        item.id
        for row in rows
        for lane in row.lanes.values()
        for item in lane
        if item.state == State.PLANNED and item.day != "dagl."
    }
    for pk in sorted(carried):
        if not CarryOver.objects.for_home(meeting.home).filter(meeting=meeting, intervention=pk).exists():
            CarryOver(meeting=meeting, intervention_id=pk).insert()
    meeting.state = Meeting.State.CLOSED
    meeting.spotlight = None
    meeting.closed_at, meeting.closed_by = log.at, by
    meeting.gap_reason, meeting.without_recap = why.strip() if missing else "", without_recap
    meeting.save()
    Pen.objects.filter(home=meeting.home).delete()
    _lock_minutes(meeting, by, log.at, today)
    log("meeting.closed", meeting, gaps=len(missing), why=why)
    trail.touch(spotlight_scope(meeting.home))


def meeting_entered(*, meeting: Meeting, by: User, today: date) -> Meeting:
    """Enters a meeting that was held on paper: the agenda as it stands, all of it discussed, locked with its times."""
    with trail.change(meeting.home.scope, by=by.pk) as log:
        rules.check_running(meeting.state)
        _lay_agenda(meeting, today)
        items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
        items.update(state=AgendaItem.State.DONE, seconds=240)
        stays = items.filter(stay__isnull=False).values_list("stay_id", flat=True)
        Stay.objects.for_home(meeting.home).filter(pk__in=list(stays)).update(last_discussed=today)
        _shut(meeting, by=by, why="", without_recap=False, missing=[], log=log, today=today)
    return meeting


def meeting_reopen(*, access: Access, number: int, why: str, today: date) -> Meeting:
    """Opens a closed meeting again; closing it makes a new edition of the minutes."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _locked(access, number)
        if meeting.state != Meeting.State.CLOSED or meeting.closed_at is None:
            raise Denied("Mødet er ikke afsluttet.")
        rules.may_reopen(
            is_chair_or_referent=access.user.pk in (meeting.chair_id, meeting.referent_id),
            is_leader=access.role == Role.LEADER,
            closed_on=timezone.localtime(meeting.closed_at).date(),
            today=today,
            why=why,
        )
        if Meeting.objects.for_home(access.home).filter(state=Meeting.State.RUNNING).exists():
            raise Denied("Et andet møde er i gang.")
        meeting.state = Meeting.State.RUNNING
        meeting.chair = access.user
        meeting.reopened_on = today
        meeting.save()
        Pen.objects.update_or_create(home=access.home, defaults={"user": meeting.referent or access.user})
        log("meeting.reopened", meeting, why=why)
        trail.touch(spotlight_scope(access.home))
    return meeting


def close_forgotten(now: datetime) -> int:
    """A meeting nobody closed by the end of its day is closed 'uden opsamling'. Returns how many.

    One that cannot be closed is logged and does not stop the others. Every series gets its next meeting.
    """
    today = timezone.localtime(now).date()
    forgotten = (
        Meeting.objects.system("close meetings left running")
        .filter(state=Meeting.State.RUNNING, date__lt=today, started_at__lt=_midnight(today))
        .exclude(reopened_on=today)
    )
    closed = 0
    for meeting in forgotten.select_related("series__team", "series__home", "home", "chair", "referent"):
        try:
            meeting_close(access=None, meeting=meeting, why="", today=today, without_recap=True)
            closed += 1
        except (Denied, DatabaseError):
            logger.exception("meeting %s could not be closed", meeting.pk)
    for series in Series.objects.system("every series has a next meeting").select_related("home", "team"):
        meetings = Meeting.objects.for_home(series.home).filter(series=series)
        if not meetings.exclude(state=Meeting.State.CLOSED).exists():
            meeting_plan(series=series, after=today - timedelta(days=1), by=None)
    return closed


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


# --- minutes ---------------------------------------------------------------------------------------------------------


def _lock_minutes(meeting: Meeting, by: User | None, at: datetime, today: date) -> Minutes:
    """The snapshot: a head and, per resident and audience, what was said and agreed."""
    editions = Minutes.objects.for_home(meeting.home).filter(meeting=meeting)
    edition = (editions.order_by("-edition").values_list("edition", flat=True).first() or 0) + 1
    minutes = Minutes(meeting=meeting, edition=edition, head=_head(meeting), by=by, at=at)
    minutes.insert()
    order = {stay: place for place, stay in enumerate(_agenda_stays(meeting))}
    team = meeting.series.team_id
    for audience in (
        joint(meeting),
        Audience(AudienceKind.HOME),
        Audience(AudienceKind.TEAM, team),
    ):
        seen = board(meeting.home, audience, today)
        for row in [*seen.rows, *seen.others]:
            if row.id not in order or not row.stay.sight.shared:
                continue
            content = _section(meeting, row, today)
            MinutesSection(
                minutes=minutes,
                stay_id=row.id,
                audience=audience.kind,
                order=order[row.id],
                content=content,
                hash=content_hash(content),
            ).insert()
    return minutes


def content_hash(content: dict[str, Any]) -> str:
    """What proves that a section says what it said when it was locked."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _agenda_stays(meeting: Meeting) -> list[int]:
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, stay__isnull=False).order_by("order")
    return list(dict.fromkeys(items.values_list("stay_id", flat=True)))


def _head(meeting: Meeting) -> dict[str, Any]:
    present = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, present=True).order_by("side", "name")
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
    return {
        "home": meeting.home.name,
        "team": meeting.series.team.name,
        "date": meeting.date.isoformat(),
        "chair": meeting.chair.name if meeting.chair else "",
        "referent": meeting.referent.name if meeting.referent else "",
        "present": [{"name": row.name, "side": row.side, "online": row.online} for row in present],
        "topics": [
            item.topic.text for item in items.filter(topic__isnull=False, topic__stay=None).select_related("topic")
        ],
        "not_reached": items.filter(state=AgendaItem.State.NOT_REACHED).count(),
        "gap_reason": meeting.gap_reason,
        "without_recap": meeting.without_recap,
    }


def _section(meeting: Meeting, row: Row, today: date) -> dict[str, Any]:
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, stay=row.id)
    reached = items.exclude(state=AgendaItem.State.NOT_REACHED).exists()
    return {
        "name": row.stay.name,
        "flat": row.stay.flat,
        "level": row.level.level if row.level else Level.NONE,
        "level_label": row.level.label if row.level else "Almindelig",
        "criteria": row.level.criteria if row.level else [],
        "review": _review(row),
        "decision": decision(meeting, row, today),
        "reached": reached,
        "texts": [
            {
                "title": cell.title,
                "side": cell.side,
                "text": cell.text,
                "author": cell.author,
                "written_for": cell.written_for,
                "when": weeks.short_day(cell.changed_on) if cell.changed_on else "",
            }
            for cell in row.cells.values()
            if cell.text
        ],
        "interventions": [
            {
                "track": lane,
                "day": _day(item),
                "what": item.what,
                "owner": item.owner or "Ingen ansvarlig",
                "with_whom": item.with_whom,
                "state": item.state_label,
            }
            for lane, found in row.lanes.items()
            for item in found
            if not (item.joint and lane != item.track)
        ],
    }


def _review(row: Row) -> str:
    """'drøftes igen senest tirsdag 24. november': minutes are read later, so the day is said whole."""
    day = (row.level.review_by or row.level.follow_up_on) if row.level else None
    return f"drøftes igen senest {weeks.long_day(day)}" if day else ""


def _day(item: InterventionView) -> str:
    if item.due_on is None:
        return "dagligt" if item.day else "Ingen dag"
    return f"{weeks.SHORT_DAYS[item.due_on.weekday()]} {weeks.short_day(item.due_on)}"


def decision(meeting: Meeting, row: Row, today: date) -> str:
    """What the meeting decided on the level: 'Op til akut', 'Ned til subakut', 'Af tavlen', 'Uændret' or ''."""
    changes = LevelChange.objects.for_home(meeting.home).filter(episode__stay=row.id, at__gte=meeting.started_at)
    last = changes.order_by("at", "pk").last()
    first = changes.order_by("at", "pk").first()
    if last is not None and first is not None and first.before != last.after:
        if last.after == Level.NONE:
            return "Af tavlen"
        up = last.after == Level.AKUT or first.before == Level.NONE
        return f"{'Op' if up else 'Ned'} til {Level(last.after).label.lower()}"
    if row.level and row.level.level != Level.NONE:
        return f"Uændret {row.level.label.lower()}"
    return ""


def since_last(meeting: Meeting, stay_id: int, sides: Collection[Side]) -> tuple[list[Any], list[InterventionEvent]]:
    """(the interventions planned before this meeting that are still open, what was settled since the last)."""
    before = previous(meeting)
    start = before.closed_at if before and before.closed_at else None
    events = InterventionEvent.objects.for_home(meeting.home).filter(
        intervention__stay=stay_id, kind__in=[State.DONE, State.NOT_DONE, State.DROPPED]
    )
    if start:
        events = events.filter(at__gt=start)
    settled = list(events.select_related("intervention__owner", "by").order_by("at"))
    settled = [
        event
        for event in settled
        if TRACK_SIDE[Track(event.intervention.track)] in sides
        and (event.intervention.state == event.kind or event.intervention.daily)
    ]
    carried = (
        CarryOver.objects.for_home(meeting.home)
        .filter(intervention__stay=stay_id, intervention__state=State.PLANNED, meeting__number__lt=meeting.number)
        .select_related("intervention__owner", "intervention__deputy", "intervention__created_by")
    )
    counts: dict[int, int] = {}
    rows: dict[int, Any] = {}
    for link in carried:
        if TRACK_SIDE[Track(link.intervention.track)] not in sides:
            continue
        counts[link.intervention_id] = counts.get(link.intervention_id, 0) + 1
        rows[link.intervention_id] = link.intervention
    return [(rows[pk], counts[pk] - 1) for pk in sorted(rows)], settled


def home_meeting(home: Home) -> Meeting | None:
    """The home's running meeting, else its next open one."""
    meetings = Meeting.objects.for_home(home).select_related("series__team", "chair", "referent", "home", "spotlight")
    found: Meeting | None = (
        meetings.filter(state=Meeting.State.RUNNING).first()
        or meetings.exclude(state=Meeting.State.CLOSED).order_by("date").first()
    )
    return found
