"""Closing, opening again, and what nobody closed."""

import logging
from datetime import date, datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone

from accounts.access import Access
from audit import trail
from boards.live.stream import spotlight_scope
from boards.models import LastMet, Pen, State
from boards.selectors import InterventionView, board
from core import weeks
from core.errors import Denied
from meetings import rules
from meetings.models import AgendaItem, CarryOver, Meeting, Series
from meetings.services.agenda import PAST, joint, lay_agenda, meeting_of, meeting_plan, plan_next
from meetings.services.decisions import acted_upon
from meetings.services.minutes import content_hash, lock_minutes
from meetings.services.running import check_alone, leave_item
from organisation.models import Role, User
from residents.models import Stay

logger = logging.getLogger(__name__)
trail.register("meeting.closed", "afsluttede mødet", personal=("why",))
trail.register("meeting.not_held", "noterede, at mødet ikke blev holdt")
trail.register("meeting.reopened", "genåbnede mødet", personal=("why",))


def meeting_close(
    *, access: Access | None, meeting: Meeting, why: str, today: date, without_recap: bool = False
) -> Meeting:
    """Closes: notes what was not reached, carries open interventions, locks the minutes, opens the next meeting.

    Raises Denied when it does not run, or over a gap without a typed reason. `access` None is the system at night.
    """
    by = access.user if access else None
    with trail.change(meeting.home.scope, by=by.pk if by else None) as log:
        meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(meeting.home))
        rules.check_running(meeting.state)
        if access is not None and access.user.pk not in (meeting.chair_id, meeting.referent_id):
            raise Denied("Mødelederen eller referenten afslutter mødet. Overtag først.")
        if access is not None:
            check_alone(meeting)
        if access is not None and meeting.spotlight_id:
            leave_item(access, meeting, log, today)
        elif meeting.spotlight is not None and acted_upon(
            meeting, meeting.spotlight, meeting.spotlight_since or log.at
        ):
            meeting.spotlight.state = AgendaItem.State.DONE
            meeting.spotlight.save()
        # Nobody closed it: it ended with the last thing anybody did in it.
        ended = None if access else trail.last_act(meeting)
        home_board = board(meeting.home, joint(meeting), today)
        rows = home_board.all_rows
        missing = rules.gaps(item for row in rows for lane in row.lanes.values() for item in lane)
        if not without_recap and not meeting.is_correction:
            rules.check_close(len({item.id for item in missing}), why)
        shut(meeting, by=by, why=why, without_recap=without_recap, missing=missing, log=log, today=today, ended=ended)
        plan_next(meeting, by, today)
    return meeting


def shut(
    meeting: Meeting,
    *,
    by: User | None,
    why: str,
    without_recap: bool,
    missing: list[InterventionView],
    log: trail.Change,
    today: date,
    ended: datetime | None = None,
) -> None:
    """What every closing does, in the caller's change. `ended` is the true end of a meeting entered afterwards."""
    home_board = board(meeting.home, joint(meeting), today)
    # What was open when it was closed, and why all the same, stands as it was said then.
    corrects = meeting.is_correction
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
    items.filter(state=AgendaItem.State.WAITING).update(state=AgendaItem.State.NOT_REACHED)
    rows = home_board.all_rows
    carried = {
        item.id
        for row in rows
        for lane in row.lanes.values()
        for item in lane
        if item.state == State.PLANNED and item.day != "dagl."
    }
    for pk in sorted(carried) if not corrects else ():
        if not CarryOver.objects.for_home(meeting.home).filter(meeting=meeting, intervention=pk).exists():
            CarryOver(meeting=meeting, intervention_id=pk).insert()
    meeting.state = Meeting.State.CLOSED
    meeting.spotlight = None
    meeting.resident_present = meeting.wall_blank = False
    meeting.wall_cell, meeting.wall_until = "", None
    # A correction does not move the end of the meeting, because "since the last meeting" is counted from it.
    meeting.closed_at, meeting.closed_by = meeting.closed_at or ended or log.at, by
    if not corrects:
        meeting.gap_reason, meeting.without_recap = why.strip() if missing else "", without_recap
    meeting.save()
    _put_down(meeting)
    minutes = lock_minutes(meeting, by, log.at, today)
    proof = {"edition": minutes.edition, "digest": content_hash(minutes.digests, "")}
    log("meeting.closed", meeting, gaps=len(missing), why=why, **proof)
    trail.touch(spotlight_scope(meeting.home))


def _put_down(meeting: Meeting) -> None:
    """The pen goes back, unless another meeting runs; and what changed since is counted from here."""
    if not Meeting.objects.for_home(meeting.home).filter(state=Meeting.State.RUNNING).exists():
        Pen.objects.filter(home=meeting.home).delete()
    last = LastMet.objects.filter(home=meeting.home).first()
    if meeting.closed_at and (last is None or last.at < meeting.closed_at):
        LastMet.objects.update_or_create(home=meeting.home, defaults={"at": meeting.closed_at})


def meeting_entered(*, meeting: Meeting, by: User, today: date) -> Meeting:
    """Enters a meeting that was held on paper: the agenda as it stands, all of it discussed, locked with its times."""
    with trail.change(meeting.home.scope, by=by.pk) as log:
        rules.check_running(meeting.state)
        lay_agenda(meeting, today)
        items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
        items.update(state=AgendaItem.State.DONE, seconds=240)
        stays = items.filter(stay__isnull=False).values_list("stay_id", flat=True)
        Stay.objects.for_home(meeting.home).filter(pk__in=list(stays)).update(last_discussed=today)
        shut(meeting, by=by, why="", without_recap=False, missing=[], log=log, today=today)
    return meeting


def meeting_reopen(*, access: Access, number: int, why: str, today: date) -> Meeting:
    """Opens a closed meeting again; closing it makes a new edition of the minutes."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        if meeting.state != Meeting.State.CLOSED or meeting.closed_at is None:
            raise Denied("Mødet er ikke afsluttet.")
        rules.may_reopen(
            is_chair_or_referent=access.user.pk in (meeting.chair_id, meeting.referent_id),
            is_leader=access.role == Role.LEADER,
            closed_on=_closed_on(meeting, meeting.closed_at),
            today=today,
            why=why,
        )
        if Meeting.objects.for_home(access.home).filter(state=Meeting.State.RUNNING).exists():
            raise Denied("Et andet møde er i gang.")
        meeting.state = Meeting.State.RUNNING
        meeting.chair = access.user
        meeting.reopened_on = today
        meeting.resident_present = False
        meeting.save()
        Pen.objects.update_or_create(home=access.home, defaults={"user": meeting.referent or access.user})
        log("meeting.reopened", meeting, why=why)
        trail.touch(spotlight_scope(access.home))
    return meeting


def _closed_on(meeting: Meeting, closed_at: datetime) -> date:
    """The day until whose midnight chair and referent may correct: closed, entered from paper or opened again."""
    last = timezone.localtime(max(closed_at, meeting.paper_at or closed_at)).date()
    return max(last, meeting.reopened_on or last)


def close_forgotten(now: datetime) -> int:
    """A meeting nobody closed is closed 'uden opsamling', once its day is over and it was left. Returns how many.

    One that cannot be closed is logged and does not stop the others. A meeting nobody began is given up after some
    days, and every series gets its next meeting.
    """
    today = timezone.localtime(now).date()
    running = (
        Meeting.objects.system("close meetings left running")
        .filter(state=Meeting.State.RUNNING, started_at__lt=weeks.midnight(today))
        .exclude(reopened_on=today)
    )
    closed = 0
    for meeting in running.select_related("series__team", "series__home", "home", "chair", "referent"):
        if not rules.forgotten(trail.last_act(meeting) or meeting.started_at, now):
            continue
        try:
            meeting_close(access=None, meeting=meeting, why="", today=today, without_recap=True)
            closed += 1
        except (Denied, DatabaseError):
            logger.exception("meeting %s could not be closed", meeting.pk)
    give_up_unheld(today)
    for series in Series.objects.system("every series has a next meeting").select_related("home", "team"):
        if series.ended_on and series.ended_on < today:
            continue
        weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
        if not weekly.exclude(state__in=PAST).exists():
            meeting_plan(series=series, after=today - timedelta(days=1), by=None)
    return closed


def give_up_unheld(today: date) -> int:
    """Meetings whose day passed without being begun are cancelled with that reason. Returns how many."""
    unheld = Meeting.objects.system("give up meetings nobody held").filter(
        state__in=[Meeting.State.OPEN, Meeting.State.PLANNED],
        date__lte=today - timedelta(days=rules.NOT_HELD_AFTER_DAYS),
    )
    meetings = list(unheld.select_related("series__team", "series__home", "home").order_by("date", "number"))
    for meeting in meetings:
        with trail.change(meeting.home.scope, by=None) as log:
            meeting.state, meeting.why = Meeting.State.CANCELLED, rules.NOT_HELD
            meeting.save(update_fields=["state", "why"])
            log("meeting.not_held", meeting)
            plan_next(meeting, None, today)
    return len(meetings)
