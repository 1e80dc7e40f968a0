"""The meeting while it runs: who leads, where it is, who is there, what is taken up later."""

from datetime import date, datetime, time

from accounts.access import Access
from audit import trail
from boards.live import snapshots
from boards.live.stream import spotlight_scope
from boards.models import Pen
from boards.services import signs_handle
from core.errors import Denied
from core.text import blank
from meetings import rules
from meetings.models import AgendaItem, Attendance, Meeting, ParkedTopic
from meetings.services.agenda import joint, lay_agenda, meeting_of, meeting_people
from meetings.services.decisions import acted_upon
from meetings.services.times import wall_clock
from organisation.models import Side, Team
from organisation.services import once
from residents.models import Stay
from residents.selectors import visible_stays

trail.register("meeting.started", "startede mødet")
trail.register("spotlight.moved", "gik videre på dagsordenen")
trail.register("chair.taken", "overtog mødeledelsen")
trail.register("referent.taken", "blev referent")
trail.register("attendance.set", "rettede fremmødet")
trail.register("guest.removed", "fjernede en gæst fra fremmødet")
trail.register("resident_here.came", "noterede, at beboeren er med")
trail.register("resident_here.left", "noterede, at beboeren er gået")
trail.register("meeting.recap", "gik til opsamlingen")
trail.register("topic.parked", "satte et emne på »Tages op senere«", personal=("text",))
trail.register("topic.settled", "afsluttede et emne")
trail.register(snapshots.DISCUSSED, "drøftede en beboer på mødet")
snapshots.not_on_the_board(
    "spotlight.moved", "meeting.recap", "chair.taken", "attendance.set", "guest.removed",
    "resident_here.came", "resident_here.left", "topic.parked", "topic.settled",
)  # fmt: skip


def meeting_start(*, access: Access, number: int, present: dict[int, str], today: date) -> Meeting:
    """Begins the meeting: the starter chairs, the agenda is laid down, all screens go to the first resident.

    `present` maps user ids to 'here' or 'online'. Raises Denied when it runs or is closed, or another runs.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
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
        for user, side in meeting_people(meeting, today):
            Attendance.objects.for_home(access.home).filter(meeting=meeting, user=user).delete()
            where = present.get(user.pk, "")
            Attendance(
                meeting=meeting, user=user, name=user.name, side=side, present=bool(where), online=where == "online"
            ).insert()
        lay_agenda(meeting, today)
        first = AgendaItem.objects.for_home(access.home).filter(meeting=meeting).order_by("order").first()
        meeting.spotlight, meeting.spotlight_since = first, log.at
        meeting.save()
        log("meeting.started", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def leave_item(access: Access, meeting: Meeting, log: trail.Change, today: date) -> None:
    """The spotlight goes on: the time is added, and who was discussed gets the date, and the signs are handled.

    An item passed over in seconds, with nothing written, was not discussed (rules.passed_over).
    """
    item = meeting.spotlight
    if item is None:
        return
    if meeting.spotlight_since:
        item.seconds += max(0, int((log.at - meeting.spotlight_since).total_seconds()))
    if item.state != AgendaItem.State.DONE and rules.passed_over(item.seconds, acted=acted_upon(meeting, item)):
        item.state = AgendaItem.State.PASSED
        item.save()
        return
    item.state = AgendaItem.State.DONE
    item.save()
    if item.stay_id:
        Stay.objects.for_home(access.home).filter(pk=item.stay_id).update(last_discussed=today)
        log(snapshots.DISCUSSED, f"{snapshots.STAY}:{item.stay_id}", item=item.pk)
        stays = visible_stays(access.home, joint(meeting), today, only=item.stay_id)
        sides = stays[0].sight.sides_of("signs") if stays else frozenset()
        signs_handle(access=access, stay_id=item.stay_id, sides=sides, today=today)


def _check_chair(access: Access, meeting: Meeting) -> None:
    if meeting.chair_id != access.user.pk:
        name = meeting.chair.name if meeting.chair else "ingen"
        raise Denied(f"{name} leder mødet. Overtag for at styre dagsordenen.")


def spotlight_move(*, access: Access, number: int, item_id: int, today: date) -> Meeting:
    """The chair moves everybody's screen to an item. Raises Denied for others, LookupError for a foreign item."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        item = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, pk=item_id).first()
        if item is None:
            raise LookupError("item")
        if meeting.spotlight_id != item.pk:
            check_alone(meeting)
            leave_item(access, meeting, log, today)
            meeting.spotlight, meeting.spotlight_since = item, log.at
            meeting.save()
            lay_agenda(meeting, today)
        log("spotlight.moved", meeting, item=item.pk)
        trail.touch(spotlight_scope(access.home))
    return meeting


def meeting_recap(*, access: Access, number: int, today: date) -> Meeting:
    """All screens go to the recap."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        check_alone(meeting)
        leave_item(access, meeting, log, today)
        meeting.spotlight = None
        meeting.save()
        log("meeting.recap", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def chair_take(*, access: Access, number: int) -> Meeting:
    """Takes the chair, in one click, whoever has it."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        log("chair.taken", meeting, before=meeting.chair_id)
        meeting.chair = access.user
        meeting.save(update_fields=["chair"])
        trail.touch(spotlight_scope(access.home))
    return meeting


def referent_take(*, access: Access, number: int) -> Meeting:
    """Becomes the referent, who may write for both sides."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        log("referent.taken", meeting, before=meeting.referent_id)
        meeting.referent = access.user
        meeting.save(update_fields=["referent"])
        Pen.objects.update_or_create(home=access.home, defaults={"user": access.user})
        trail.touch(spotlight_scope(access.home))
    return meeting


def attendance_set(
    *,
    access: Access,
    number: int,
    present: dict[int, str],
    guest: str,
    guest_side: str,
    today: date,
    title: str = "",
    organisation: str = "",
) -> Meeting:
    """Who is there: user ids to 'here' or 'online', and a guest by name. Raises Denied for a guest's name too long."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        if blank(guest) and not blank(title + organisation):
            raise Denied("Skriv gæstens navn.", "guest")
        rows = Attendance.objects.for_home(access.home).filter(meeting=meeting)
        known = {row.user_id: row for row in rows.filter(user__isnull=False)}
        for user, own_side in meeting_people(meeting, today):
            if user.pk not in known:
                known[user.pk] = Attendance(meeting=meeting, user=user, name=user.name, side=own_side)
        for user_id, row in known.items():
            where = present.get(user_id or 0, "")
            row.present, row.online = bool(where), where == "online"
            if not row.present:
                row.came_at = row.left_at = None
            row.save()
        if not blank(guest):
            side = Side.TEAM if guest_side == Side.TEAM else Side.HOME
            name = rules.guest_name(guest, title, organisation)
            if not rows.filter(user=None, name=name, side=side).exists():
                Attendance(meeting=meeting, name=name, side=side, present=True).insert()
        log("attendance.set", meeting, present=sorted(pk for pk, row in known.items() if pk and row.present))
        trail.touch(spotlight_scope(access.home))
    return meeting


def attendance_time(*, access: Access, number: int, pk: int, came: bool, at: time | None) -> Attendance:
    """When somebody present came late or left early; None takes it back.

    Raises Denied unless the meeting runs and the person is noted as present, when one left before coming, or for a time
    that is not here yet.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        row: Attendance = _attendance_row(meeting, pk)
        if not row.present:
            raise Denied(f"{row.name} er ikke noteret som til stede.")
        began, now = wall_clock(meeting.started_at), wall_clock(log.at)
        if at is not None:
            rules.check_not_ahead(rules.moment_of(began, at, now), now)
        if came:
            row.came_at = at
        else:
            row.left_at = at
        times = [rules.moment_of(began, at, now) for at in (row.came_at, row.left_at) if at]
        if times != sorted(times):
            raise Denied(f"{row.name} kan ikke gå, før {row.name} er kommet. Ret tidspunktet.", "at")
        row.save(update_fields=["came_at", "left_at"])
        log("attendance.set", meeting, row=row.pk)
        trail.touch(spotlight_scope(access.home))
    return row


def guest_remove(*, access: Access, number: int, pk: int) -> None:
    """Takes away somebody without an account who was noted by mistake. Raises LookupError for others."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        row: Attendance = _attendance_row(meeting, pk)
        if row.user_id is not None:
            raise LookupError("guest")
        row.delete()
        log("guest.removed", meeting)
        trail.touch(spotlight_scope(access.home))


def _attendance_row(meeting: Meeting, pk: int) -> Attendance:
    row: Attendance | None = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, pk=pk).first()
    if row is None:
        raise LookupError("attendance")
    return row


def resident_here(*, access: Access, number: int, here: bool, today: date) -> Meeting:
    """The resident comes into the room, and all screens show nobody else; or leaves again.

    Raises Denied for others than the chair, and when no resident is in the spotlight.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        if here and (meeting.spotlight is None or meeting.spotlight.stay_id is None):
            raise Denied("Gå til beboeren på dagsordenen først.")
        meeting.resident_present = here
        meeting.save(update_fields=["resident_present"])
        log("resident_here.came" if here else "resident_here.left", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def check_alone(meeting: Meeting) -> None:
    """Raises Denied while the resident is in the room: nobody else may come on the screens."""
    if meeting.resident_present:
        raise Denied(rules.ALONE)


def topic_park(*, access: Access, stay_id: int | None, team: Team | None, text: str, key: str) -> ParkedTopic:
    """'Tages op senere': about the stay, or for the meeting with the team.

    Raises Denied when nothing was written or there is no team to take it up with, Repeated for a double click.
    """
    if stay_id is None and team is None:
        raise Denied("Vælg, hvilket team I vil tage emnet op med.", "team")
    if blank(text):
        raise Denied("Skriv emnet.", "text")
    if len(text.strip()) > 200:
        raise Denied(f"Emnet fylder {len(text.strip())} tegn. Der er plads til 200.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, text)
        topic = ParkedTopic(
            home=access.home,
            stay_id=stay_id,
            team=None if stay_id else team,
            text=text.strip(),
            by=access.user,
            at=log.at,
        )
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


def keeps_awake(*, access: Access, number: int, now: datetime) -> bool:
    """Whether the meeting keeps the person's screen from locking now. Raises LookupError. Two queries."""
    meeting = meeting_of(access, number)
    row = Attendance.objects.for_home(access.home).filter(meeting=meeting, user=access.user.pk).first()
    there, left = bool(row and row.present), False
    if row and row.left_at and meeting.started_at:
        left = rules.moment_of(wall_clock(meeting.started_at), row.left_at, wall_clock(now)) <= wall_clock(now)
    return rules.awake(meeting.state, meeting.started_at, present=there, left=left, now=now)
