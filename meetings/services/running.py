"""The meeting while it runs: who leads, where it is, who is there, what is taken up later."""

from datetime import date, datetime, time

from accounts.access import Access
from audit import trail
from boards.live import snapshots
from boards.live.stream import spotlight_scope
from boards.models import Pen
from boards.services import signs_handle
from core.errors import Denied
from core.period import wall_clock
from core.text import blank
from meetings import rules
from meetings.models import GUEST, AgendaItem, Attendance, Meeting, ParkedTopic
from meetings.services.agenda import joint, lay_agenda, meeting_of, meeting_people
from meetings.services.decisions import acted_upon
from organisation.models import Team
from organisation.services import once
from residents.models import Stay
from residents.selectors import visible_stays

trail.register("meeting.started", "startede mødet")
trail.register("meeting.unstarted", "fortrød starten af mødet")
trail.register("spotlight.moved", "gik videre på dagsordenen")
trail.register("chair.taken", "overtog mødeledelsen")
trail.register("referent.taken", "blev referent")
trail.register("attendance.set", "rettede fremmødet")
trail.register("attendance.timed", "noterede, hvornår nogen kom eller gik")
trail.register("guest.added", "noterede en gæst")
trail.register("guest.removed", "fjernede en gæst fra fremmødet")
trail.register("resident_here.came", "noterede, at beboeren er med")
trail.register("resident_here.left", "noterede, at beboeren er gået")
trail.register("meeting.recap", "gik til opsamlingen")
trail.register("topic.parked", "satte et emne på »Tages op senere«", personal=("text",))
trail.register("topic.settled", "afsluttede et emne")
trail.register(snapshots.DISCUSSED, "drøftede en beboer på mødet")
snapshots.not_on_the_board(
    "spotlight.moved", "meeting.recap", "chair.taken", "attendance.set", "attendance.timed", "guest.added",
    "guest.removed", "resident_here.came", "resident_here.left", "topic.parked", "topic.settled",
)  # fmt: skip


HELD_AT_ONCE = "Holdt med det samme"


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
        _note_leading(access, meeting, today)
        lay_agenda(meeting, today)
        first = AgendaItem.objects.for_home(access.home).filter(meeting=meeting).order_by("order").first()
        meeting.spotlight, meeting.spotlight_since = first, log.at
        meeting.save()
        log("meeting.started", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


# What a start leaves in the log by itself; anything else in the home since is something somebody wrote or decided.
_STARTING = (
    "meeting.started", "meeting.extra", "spotlight.moved", "meeting.recap", "attendance.set", "guest.removed",
    "chair.taken", "referent.taken",
)  # fmt: skip


def start_can_be_undone(meeting: Meeting) -> bool:
    """Whether nothing but the start has happened: nobody was discussed, nothing written or decided. Three queries."""
    if meeting.state != Meeting.State.RUNNING or meeting.closed_at or meeting.started_at is None:
        return False
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, state=AgendaItem.State.DONE)
    if items.exists():
        return False
    return not trail.anything_since("meeting.started", meeting, meeting.home.scope, besides=_STARTING)


def meeting_unstart(*, access: Access, number: int) -> Meeting:
    """The start was a mistake: the meeting waits again, and one begun at once is cancelled.

    Raises Denied for others than the chair, and once something has been written.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        _check_chair(access, meeting)
        if not start_can_be_undone(meeting):
            raise Denied("Der er allerede skrevet eller drøftet noget. Afslut mødet i stedet.")
        at_once = meeting.kind == Meeting.Kind.EXTRA and meeting.why == HELD_AT_ONCE
        meeting.state = Meeting.State.CANCELLED if at_once else Meeting.State.OPEN
        meeting.why = rules.BY_MISTAKE if at_once else meeting.why
        meeting.started_at = meeting.spotlight = meeting.spotlight_since = meeting.chair = meeting.referent = None
        meeting.save()
        AgendaItem.objects.for_home(access.home).filter(meeting=meeting).delete()
        Attendance.objects.for_home(access.home).filter(meeting=meeting).delete()
        Pen.objects.filter(home=access.home).delete()
        log("meeting.unstarted", meeting)
        trail.touch(spotlight_scope(access.home))
    return meeting


def leave_item(access: Access, meeting: Meeting, log: trail.Change, today: date) -> None:
    """The spotlight goes on: the time is added, and who was discussed gets the date, and the signs are handled.

    An item passed over in seconds, with nothing written, was not discussed (rules.passed_over).
    """
    item = meeting.spotlight
    if item is None:
        return
    since = meeting.spotlight_since or log.at
    if meeting.is_correction:
        # To look somebody up is no discussion, and no sign of the days between is read by it.
        if acted_upon(meeting, item, since):
            item.state = AgendaItem.State.DONE
            item.save()
        return
    shown = max(0, int((log.at - since).total_seconds()))
    item.seconds += shown
    # Each showing by itself: three glances are no discussion.
    if item.state != AgendaItem.State.DONE and rules.passed_over(shown, acted=acted_upon(meeting, item, since)):
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
        signs_handle(access=access, stay_id=item.stay_id, sides=sides, before=since, today=today)


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
            if not meeting.is_correction:
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


def chair_take(*, access: Access, number: int, today: date) -> Meeting:
    """Takes the chair, in one click, whoever has it; who leads is noted as there."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        log("chair.taken", meeting, before=meeting.chair_id)
        meeting.chair = access.user
        meeting.save(update_fields=["chair"])
        _note_leading(access, meeting, today)
        trail.touch(spotlight_scope(access.home))
    return meeting


def referent_take(*, access: Access, number: int, today: date) -> Meeting:
    """Becomes the referent, who may write for both sides and is noted as there."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        log("referent.taken", meeting, before=meeting.referent_id)
        meeting.referent = access.user
        meeting.save(update_fields=["referent"])
        _note_leading(access, meeting, today)
        Pen.objects.update_or_create(home=access.home, defaults={"user": access.user})
        trail.touch(spotlight_scope(access.home))
    return meeting


def attendance_set(*, access: Access, number: int, who: int, where: str, today: date) -> Meeting:
    """Notes that one person is 'here' or 'online', or not there (''). Anybody at the meeting may, for anybody.

    It says a state and is compared with nothing: two who tick at once are both right. Raises LookupError for somebody
    who may not be at the meeting.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        rules.check_running(meeting.state)
        _note(meeting, who, where, today)
        log("attendance.set", meeting, person=who, where=where)
        trail.touch(spotlight_scope(access.home))
    return meeting


def _note(meeting: Meeting, who: int, where: str, today: date) -> None:
    rows = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, user=who)
    row: Attendance | None = rows.first()
    if row is None:
        people = {user.pk: (user, side) for user, side in meeting_people(meeting, today)}
        if who not in people:
            raise LookupError("person")
        user, side = people[who]
        row = Attendance(meeting=meeting, user=user, name=user.name, side=side)
    row.present, row.online = where in ("here", "online"), where == "online"
    if not row.present:
        row.came_at = row.left_at = None
    row.save()


def _note_leading(access: Access, meeting: Meeting, today: date) -> None:
    """Who takes the chair or the pen is there, noted as online or not. Who only corrects the minutes was not."""
    if meeting.is_correction:
        return
    rows = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, user=access.user, present=True)
    if not rows.exists():
        _note(meeting, access.user.pk, "here", today)


def guest_add(*, access: Access, number: int, name: str, title: str, organisation: str, key: str, today: date) -> None:
    """Notes somebody without an account as there. Raises Denied without a name or for one too long, Repeated."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        once(access.user, key, number, name, title, organisation)
        rules.check_running(meeting.state)
        if blank(name):
            raise Denied("Skriv gæstens navn.", "name")
        said = rules.guest_name(name, title, organisation)
        guests = Attendance.objects.for_home(access.home).filter(meeting=meeting, user=None)
        if guests.filter(name=said).exists():
            raise Denied(f"{said} er allerede noteret.", "name")
        rules.check_guest(said, [user.name for user, _ in meeting_people(meeting, today)])
        Attendance(meeting=meeting, name=said, side=GUEST, present=True).insert()
        log("guest.added", meeting)
        trail.touch(spotlight_scope(access.home))


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
        log("attendance.timed", meeting, row=row.pk)
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
