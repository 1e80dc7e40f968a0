"""Min dag: what one person has to do, home by home."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from django.db.models import Q

from accounts.access import Access, team_of
from boards.columns import lane_visible
from boards.models import Cell, Episode, Intervention, State
from boards.rules import is_stale
from boards.selectors import InterventionView, intervention_view
from core import weeks
from core.period import holds
from core.text import danish_key
from meetings.models import Meeting
from organisation.models import Absence, Home, User
from organisation.region import rules_of
from reminders.facts import STATUS_DAYS
from reminders.people import Sees
from residents.models import Contact
from residents.selectors import VisibleStay, contacts_at, lives_here


@dataclass(frozen=True)
class DayLine:
    """One thing to do."""

    home: Home
    stay: VisibleStay
    item: InterventionView
    level: str
    level_label: str
    day: str
    time: str


@dataclass
class HomeDay:
    """One home's part of the day: what is overdue first, then today's.

    What was done today keeps its place among them: a row that goes away under the finger gives the next one the tap.
    """

    home: Home
    here_today: bool
    overdue: list[DayLine] = field(default_factory=list)
    today: list[DayLine] = field(default_factory=list)

    @property
    def lines(self) -> list[DayLine]:
        return [*self.overdue, *self.today]


@dataclass
class StandIn:
    """The open lines of somebody who is away, for the one who stands in."""

    name: str
    until: str
    lines: list[DayLine] = field(default_factory=list)


@dataclass(frozen=True)
class Prepare:
    """A meeting today or the next working day, and how many of one's rows lack a fresh status."""

    meeting: Meeting
    when: str
    rows: int
    missing: int


@dataclass(frozen=True)
class MyDay:
    homes: list[HomeDay]
    later: list[tuple[str, list[DayLine]]]
    prepare: list[Prepare]
    standing_in: list[StandIn] = field(default_factory=list)


def my_day(accesses: list[Access], day: date, first: str = "", sees_by_home: dict[int, Sees] | None = None) -> MyDay:
    """The person's day over all homes they may enter, the home named `first` (or served today) on top.

    Two queries over all homes find where there is something; each of those homes costs eight more. Lines of somebody
    who is away and whom the person stands in for come in a part of their own. `sees_by_home` is what was
    read already.
    """
    if not accesses:
        return MyDay([], [], [])
    user = accesses[0].user
    rows = _rows(accesses, day)
    away = _away(rows, user, day)
    contacts = _contacts(accesses, day)
    meetings = _meetings(accesses, day)
    mine = MyDay([], [], [])
    later: dict[date, list[DayLine]] = {}
    standing_in: dict[int, StandIn] = {}
    for access in accesses:
        here = [row for row in rows if row.stay.home_id == access.home.pk]
        own = [contact.stay_id for contact in contacts if contact.stay.home_id == access.home.pk]
        meeting = meetings.get(access.home.pk)
        if not here and not (meeting and own):
            continue
        sees = (sees_by_home or {}).get(access.home.pk) or Sees.of_person(access, day)
        levels = dict(Episode.objects.for_home(access.home).filter(closed_on=None).values_list("stay_id", "level"))
        stays = sees.stays(user.pk)
        if meeting and own:
            card = _prepare(access, meeting, [pk for pk in own if pk in stays and pk in levels], day)
            if card:
                mine.prepare.append(card)
        words = rules_of(access.home, day)
        labels = {stay: (level, words.level(level)) for stay, level in levels.items()}
        part = _home_day(access, [(row, stays[row.stay_id]) for row in here if row.stay_id in stays], labels, day)
        for row, line in part.lines:
            if row.owner_id in away:
                _stand_in(standing_in, away, row, line, day)
            else:
                _place(part.day, later, line, row, day)
        if part.day.lines:
            mine.homes.append(part.day)
    mine.homes.sort(key=lambda part: (part.home.slug != first, not part.here_today, part.home.name))
    mine.later.extend((weeks.long_day(d), later[d]) for d in sorted(later))
    mine.standing_in.extend(sorted(standing_in.values(), key=lambda part: danish_key(part.name)))
    return mine


def _rows(accesses: list[Access], day: date) -> list[Intervention]:
    """What is the person's: their own, what is overdue where they are deputy, and what they stand in for."""
    user = accesses[0].user
    away = Absence.objects.filter(holds(day))
    mine = Q(owner=user) | Q(deputy=user, due_on__lt=day)
    standing_in = Q(owner__in=away.filter(deputy=user).values("user")) | Q(deputy=user, owner__in=away.values("user"))
    here = Intervention.objects.for_homes([access.home for access in accesses]).filter(lives_here(day, "stay__"))
    planned = here.filter(
        Q(due_on__lte=day + timedelta(days=7)) | Q(daily=True), mine | standing_in, state=State.PLANNED
    )
    settled = here.filter(mine | standing_in, state__in=[State.DONE, State.NOT_DONE], settled_on=day)
    # Two queries, because each of them can use the index on stay, state and day. One with OR could not.
    own = [row for rows in (planned, settled) for row in rows.select_related("owner", "deputy", "created_by", "stay")]
    return sorted(own, key=lambda row: (row.due_time or time.max, row.due_on or date.max, row.pk))


def _away(rows: list[Intervention], user: User, day: date) -> dict[int, StandIn]:
    """The owners of the rows who are away today. A query only where somebody else's row is among them."""
    others = {row.owner_id for row in rows if row.owner_id and row.owner_id != user.pk}
    if not others:
        return {}
    absences = Absence.objects.filter(holds(day), user__in=others).select_related("user").order_by("to_day")
    return {absence.user_id: StandIn(absence.user.name, weeks.short_day(absence.to_day)) for absence in absences}


def _contacts(accesses: list[Access], day: date) -> list[Contact]:
    """Where the person is the contact, or stands in for one who is away."""
    user = accesses[0].user
    away = Absence.objects.filter(holds(day))
    mine = Q(person=user) | Q(person__in=away.filter(deputy=user).values("user"))
    return list(contacts_at([access.home for access in accesses], day).filter(mine).select_related("stay"))


@dataclass(frozen=True)
class _Part:
    """One home's day, still empty, and the lines to be placed in it."""

    day: HomeDay
    lines: list[tuple[Intervention, DayLine]]


def _home_day(
    access: Access, here: list[tuple[Intervention, VisibleStay]], levels: dict[int, tuple[str, str]], day: date
) -> _Part:
    serving = team_of(access.home, day)
    part = HomeDay(access.home, bool(access.team and serving and day.weekday() in serving.weekdays))
    return _Part(
        part,
        [
            (row, _line(access.home, stay, row, levels.get(row.stay_id, ("", "")), day))
            for row, stay in here
            if lane_visible(stay.sight, row.track)
        ],
    )


def _stand_in(
    standing_in: dict[int, StandIn], away: dict[int, StandIn], row: Intervention, line: DayLine, day: date
) -> None:
    if row.owner_id is None:
        return
    if row.daily or line.item.settled or (row.due_on is not None and row.due_on <= day):
        standing_in.setdefault(row.owner_id, away[row.owner_id]).lines.append(line)


def _place(part: HomeDay, later: dict[date, list[DayLine]], line: DayLine, row: Intervention, day: date) -> None:
    if row.due_on is not None and row.due_on < day and not row.daily:
        part.overdue.append(line)
    elif row.daily or row.due_on == day or line.item.settled:
        part.today.append(line)
    elif row.due_on is not None:
        later.setdefault(row.due_on, []).append(line)


def _line(home: Home, stay: VisibleStay, row: Intervention, level: tuple[str, str], day: date) -> DayLine:
    return DayLine(
        home=home,
        stay=stay,
        item=intervention_view(row, day),
        level=level[0],
        level_label=level[1],
        day=weeks.short_day(row.due_on) if row.due_on else "dagl.",
        time=f"{row.due_time.hour}.{row.due_time.minute:02}" if row.due_time else "",
    )


def _meetings(accesses: list[Access], day: date) -> dict[int, Meeting]:
    """Each home's meeting today or on the next working day."""
    running = Meeting.objects.for_homes([access.home for access in accesses]).filter(
        date__range=(day, weeks.add_working_days(day, 1)), state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]
    )
    return {meeting.home_id: meeting for meeting in running.order_by("-date")}


def _prepare(access: Access, meeting: Meeting, stays: list[int], day: date) -> Prepare | None:
    """How many of one's own rows on the board lack a status younger than a week."""
    if not stays:
        return None
    fresh = {
        cell.stay_id
        for cell in Cell.objects.for_home(access.home).filter(stay__in=stays, column="status", side=access.side)
        if cell.text and is_stale(cell.changed_at, cell.confirmed_at, STATUS_DAYS, day) is None
    }
    missing = len(stays) - len(fresh)
    when = weeks.due_label(meeting.date, day)
    return Prepare(meeting, f"{when} kl. {meeting.time.hour}.{meeting.time.minute:02}", len(stays), missing)
