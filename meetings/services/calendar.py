"""When the meetings are: cancelled, moved, extra, and the series that changes its day."""

from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from accounts.access import Access
from audit import trail
from core import weeks
from core.errors import Denied
from core.seen import check_seen
from meetings import rules
from meetings.models import Meeting, Series
from meetings.services.agenda import (
    PAST,
    held_until,
    meeting_of,
    meeting_plan,
    next_number,
    plan_next,
    say_called_off,
    series_for,
)
from meetings.services.running import HELD_AT_ONCE, meeting_start
from organisation.models import User
from organisation.services import once

trail.register("meeting.cancelled", "aflyste mødet", personal=("why",))
trail.register("meeting.uncancelled", "fortrød aflysningen af mødet")
trail.register("meeting.moved", "flyttede mødet", personal=("why",))
trail.register("meeting.extra", "indkaldte til et ekstra møde", personal=("why",))
trail.register("meeting.series_changed", "ændrede den faste mødetid, og de planlagte møder fulgte med")


def as_planned(meeting: Meeting) -> tuple[str, date, time]:
    """What a person who cancels or moves a meeting has seen of it."""
    return (str(meeting.state), meeting.date, meeting.time)


def meeting_cancel(*, access: Access, number: int, why: str, seen: str, key: str, today: date) -> Meeting:
    """Cancels a meeting that has not begun. The next weekly meeting is planned and takes over its agenda.

    Raises LookupError, Denied without a reason or once it runs, is closed or cancelled, Repeated, and Conflict with the
    meeting when somebody moved it since.
    """
    rules.check_why_given(why, "mødet aflyses")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        once(access.user, key, number, why)
        rules.check_waiting(meeting.state, "aflyses")
        check_seen(seen, as_planned(meeting), meeting)
        meeting.state, meeting.why = Meeting.State.CANCELLED, why.strip()
        meeting.save(update_fields=["state", "why"])
        log("meeting.cancelled", meeting, why=why.strip())
        plan_next(meeting, access.user, today)
    return meeting


def meeting_uncancel(*, access: Access, number: int, today: date) -> Meeting:
    """The meeting is held after all. Raises Denied when it is not cancelled, its day has passed or is taken, or its
    series has ended before it."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        if meeting.state != Meeting.State.CANCELLED:
            raise Denied("Mødet er ikke aflyst.")
        if meeting.date < today:
            raise Denied("Dagen er gået. Indkald til et ekstra møde i stedet.")
        if meeting.series.ended_on and meeting.date > meeting.series.ended_on:
            raise Denied("De faste møder er afsluttet.")
        if _standing(meeting.series, meeting.date).filter(time=meeting.time).exists():
            raise Denied("Der er et andet møde med teamet på det tidspunkt. Flyt eller aflys det først.")
        _check_free(meeting.series, meeting.kind, meeting.date, meeting.time, besides=meeting)
        meeting.state, meeting.why = Meeting.State.OPEN, ""
        meeting.save(update_fields=["state", "why"])
        log("meeting.uncancelled", meeting)
    return meeting


def meeting_move(
    *, access: Access, number: int, day: date, at: time, why: str, seen: str, key: str, now: datetime
) -> Meeting:
    """Moves a meeting that has not begun, once. The next weekly one is back on the series' weekday.

    `now` is Danish wall time. Raises LookupError, Denied for a day gone, too far ahead, taken or after the last of the
    fixed meetings, Repeated, and Conflict with the meeting when somebody moved it since.
    """
    rules.check_when(day, at, now)
    rules.check_why_given(why, "mødet flyttes")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = meeting_of(access, number)
        once(access.user, key, number, day, at, why)
        rules.check_waiting(meeting.state, "flyttes")
        check_seen(seen, as_planned(meeting), meeting)
        if (day, at) == (meeting.date, meeting.time):
            raise Denied("Mødet ligger der allerede. Vælg en anden dag eller et andet tidspunkt.", "day")
        _check_goes_on(meeting.series, day)
        _check_free(meeting.series, meeting.kind, day, at, besides=meeting)
        before, first = meeting.date, meeting.moved_from or meeting.date
        meeting.moved_from = first if first != day else None
        meeting.date, meeting.time, meeting.why = day, at, why.strip()
        meeting.day_chosen = (day, at) != (first, meeting.series.time)
        meeting.save(update_fields=["date", "time", "moved_from", "why", "day_chosen"])
        log("meeting.moved", meeting, before=str(before), after=str(day), at=f"{at:%H:%M}", why=why.strip())
    return meeting


def _check_goes_on(series: Series, day: date) -> None:
    """No meeting stands after the last day of the fixed meetings."""
    if series.ended_on and day > series.ended_on:
        raise Denied(f"De faste møders sidste dag er {weeks.long_day(series.ended_on)}. Vælg senest den.", "day")


def _check_free(series: Series, kind: str, day: date, at: time, besides: Meeting | None = None) -> None:
    """Two weekly meetings with the same team do not fall on one day; an extra one may, at another minute."""
    others = _standing(series, day, besides)
    if kind == Meeting.Kind.WEEKLY and others.filter(kind=Meeting.Kind.WEEKLY).exists():
        raise Denied(f"Der er allerede et møde {weeks.long_day(day)}. Vælg en anden dag.", "day")
    if others.filter(time=at).exists() or (kind == Meeting.Kind.EXTRA and _will_meet(series, day, at)):
        raise Denied("Der er allerede et møde med teamet på det tidspunkt. Vælg et andet.", "time")


def _standing(series: Series, day: date, besides: Meeting | None = None) -> QuerySet[Meeting]:
    others = Meeting.objects.for_home(series.home).filter(date=day, series__team=series.team_id)
    return others.exclude(state=Meeting.State.CANCELLED).exclude(pk=besides.pk if besides else None)


def _will_meet(series: Series, day: date, at: time) -> bool:
    """Whether a fixed meeting will be planned for that minute: after the last that stands, and not called off."""
    fixed = rules.next_date(series.weekday, day - timedelta(days=1), series.holiday_rule)
    if (fixed, series.time) != (day, at):
        return False
    weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
    last = weekly.exclude(state=Meeting.State.CANCELLED).order_by("date").last()
    return not (last and day <= held_until(last)) and not weekly.filter(date=day).exists()


def _check_no_extra_there(series: Series, first: date) -> None:
    """The fixed meetings do not come to begin at the minute of an extra one."""
    extra = Meeting.objects.for_home(series.home).filter(kind=Meeting.Kind.EXTRA, series__team=series.team_id)
    for meeting in extra.filter(date__gte=first, time=series.time).exclude(state__in=PAST):
        weekly = _standing(series, meeting.date, meeting)
        if weekly.filter(time=meeting.time).exists() or _will_meet(series, meeting.date, meeting.time):
            day = weeks.long_day(meeting.date)
            raise Denied(f"Der er et ekstra møde {day} på det tidspunkt. Vælg et andet, eller flyt det først.", "time")


def meeting_extra(
    *, access: Access, series_id: int, day: date, at: time, minutes: int, why: str, key: str, now: datetime
) -> Meeting:
    """An extra meeting, planned ahead. Raises LookupError for a series not one's own, Denied, Repeated."""
    rules.check_when(day, at, now)
    rules.check_minutes(minutes)
    rules.check_why_given(why, "der er brug for et ekstra møde")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, series_id, day, at, minutes, why)
        series = own_series(access, series_id, now.date())
        _check_goes_on(series, day)
        _check_free(series, Meeting.Kind.EXTRA, day, at)
        meeting = add_extra(series, day=day, at=at, minutes=minutes, why=why)
        log("meeting.extra", meeting, date=str(day), why=why.strip())
    return meeting


def add_extra(series: Series, *, day: date, at: time, minutes: int, why: str) -> Meeting:
    """Lays an extra meeting into the calendar, in the caller's change."""
    meeting = Meeting(
        series=series,
        home=series.home,
        number=next_number(series.home),
        kind=Meeting.Kind.EXTRA,
        date=day,
        time=at,
        planned_minutes=minutes,
        why=why.strip(),
        state=Meeting.State.PLANNED,
    )
    meeting.insert()
    return meeting


def own_series(access: Access, series_id: int, today: date) -> Series:
    """The series named, or the only one. Raises LookupError for another's, Denied where one must be chosen."""
    mine = series_for(access, today)
    if not mine:
        raise Denied("Der er ikke aftalt møder med et team. En administrator kan oprette dem.")
    if not series_id:
        if len(mine) > 1:
            raise Denied("Vælg, hvilket team mødet er med.", "series")
        return mine[0]
    chosen = next((series for series in mine if series.pk == series_id), None)
    if chosen is None:
        raise LookupError("series")
    return chosen


def meeting_hold(*, access: Access, series_id: int, key: str, now: datetime) -> Meeting:
    """'Hold et møde nu': an extra meeting that begins at once, led by the person. Raises Denied while one runs."""
    today = now.date()
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, series_id, today)
        series = own_series(access, series_id, today)
        at = now.time().replace(second=0, microsecond=0)
        meeting = add_extra(series, day=today, at=at, minutes=series.minutes, why=HELD_AT_ONCE)
        log("meeting.extra", meeting, date=str(today), why=meeting.why)
        return meeting_start(access=access, number=meeting.number, present={access.user.pk: "here"}, today=today)


def series_changed(*, series: Series, before: Series, by: User | None, first: date) -> list[Meeting]:
    """The series has another weekday, hour or length than `before`: its planned weekly meetings follow, to `first` or
    later. Returns those changed.

    One that people have moved keeps its day and hour, and so does one whose new moment has passed. A week that has had
    its meeting gets no second one. Raises Denied where one would begin at the minute of an extra meeting.
    """
    weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
    # What an earlier change called off, since the last day lay before it, comes back with this one.
    called_back = Q(state=Meeting.State.CANCELLED, why=rules.SERIES_CHANGED, date__gte=first)
    waiting = weekly.filter(Q(state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]) | called_back)
    taken = set(weekly.exclude(state=Meeting.State.CANCELLED).values_list("date", flat=True))
    follow = list(waiting.filter(day_chosen=False).select_related("home").order_by("date"))
    changed = []
    with trail.change(series.home.scope, by=by.pk if by else None) as log:
        for meeting in follow:
            taken.discard(meeting.date)
            day = _day_in(series, before, meeting, first)
            while day in taken:
                day = rules.next_date(series.weekday, day, series.holiday_rule)
            taken.add(day)
            if day >= first and _take_along(series, meeting, day, log):
                changed.append(meeting)
        # What a holiday takes away is said of the days there are meetings on now.
        called_off = weekly.filter(state=Meeting.State.CANCELLED, why=rules.HOLIDAY, date__gte=first)
        if _same_days(series, before):
            called_off.update(time=series.time)
        else:
            called_off.delete()
        standing = weekly.filter(state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]).order_by("date").first()
        if standing is not None:
            say_called_off(series, first - timedelta(days=1), standing.date, log)
        elif planned := _plan_anew(series, before, first, by, log):
            changed.append(planned)
        if not _same_days(series, before) or series.time != before.time:
            _check_no_extra_there(series, first)
        log("meeting.series_changed", series, meetings=[meeting.number for meeting in changed])
    return changed


def _same_days(series: Series, before: Series) -> bool:
    return (series.weekday, series.holiday_rule) == (before.weekday, before.holiday_rule)


def _day_in(series: Series, before: Series, meeting: Meeting, first: date) -> date:
    """Where a meeting goes: within the week it was first planned for, or from `first` on. It stays where only the hour
    or the length is another.
    """
    planned = meeting.moved_from or meeting.date
    monday = planned - timedelta(days=planned.weekday())
    in_week = rules.changed_date(series.weekday, planned, monday, series.holiday_rule)
    if _same_days(series, before) or in_week == meeting.date or meeting.date < first:
        return meeting.date
    return in_week if in_week >= first else rules.changed_date(series.weekday, planned, first, series.holiday_rule)


def _take_along(series: Series, meeting: Meeting, day: date, log: trail.Change) -> bool:
    stood = (meeting.state, meeting.date, meeting.time, meeting.planned_minutes)
    over = series.ended_on is not None and day > series.ended_on
    came_from = meeting.moved_from or meeting.date
    if over:
        meeting.state = Meeting.State.CANCELLED
    elif meeting.state == Meeting.State.CANCELLED:
        meeting.state = Meeting.State.OPEN
    meeting.time, meeting.planned_minutes = series.time, series.minutes
    if not over:
        meeting.date, meeting.moved_from = day, came_from if came_from != day else None
    if (meeting.state, meeting.date, meeting.time, meeting.planned_minutes) == stood:
        return False
    elsewhere = stood[:3] != (meeting.state, meeting.date, meeting.time)
    meeting.why = rules.SERIES_CHANGED if elsewhere else meeting.why
    meeting.save(update_fields=["state", "why", "date", "time", "planned_minutes", "moved_from"])
    # Whoever is told that a meeting is moved is told of this one too.
    if over and elsewhere:
        log("meeting.cancelled", meeting, why=meeting.why)
    elif elsewhere:
        _log_moved(meeting, stood[1], log)
    return True


def _log_moved(meeting: Meeting, before: date, log: trail.Change) -> None:
    after, at = str(meeting.date), f"{meeting.time:%H:%M}"
    log("meeting.moved", meeting, before=str(before), after=after, at=at, why=meeting.why)


def _plan_anew(series: Series, before: Series, first: date, by: User | None, log: trail.Change) -> Meeting | None:
    """The next meeting where none waits: after the week that has had its own. It is told as moved from where it would
    have been.
    """
    weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
    held = weekly.filter(state__in=[Meeting.State.RUNNING, Meeting.State.CLOSED]).order_by("-date").first()
    after = first - timedelta(days=1)
    would_be = rules.next_date(before.weekday, max(after, held.date) if held else after, before.holiday_rule)
    if held is not None:
        after = max(after, held.date + timedelta(days=6 - held.date.weekday()))
    planned = meeting_plan(series=series, after=after, by=by)
    if planned is not None and (planned.date, planned.time) != (would_be, before.time):
        planned.moved_from = would_be if would_be != planned.date else None
        planned.why = rules.SERIES_CHANGED
        planned.save(update_fields=["moved_from", "why"])
        _log_moved(planned, would_be, log)
    return planned
