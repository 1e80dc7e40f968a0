"""Min dag: what one person has to do, home by home."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q

from boards.models import TRACK_SIDE, Cell, Episode, Intervention, State, Track
from boards.rules import is_stale
from boards.selectors import InterventionView, intervention_view
from botilbud.lib import weeks
from botilbud.organisation.access import Access, team_of
from botilbud.organisation.models import Home
from criteria.models import Level
from meetings.models import Meeting
from residents.models import Contact
from residents.selectors import SeenStay, seen_stays
from residents.sharing import audience_of


@dataclass(frozen=True)
class Line:
    """One thing to do."""

    home: Home
    stay: SeenStay
    item: InterventionView
    level: str
    level_label: str
    day: str
    time: str


@dataclass
class HomeDay:
    """One home's part of the day: what is overdue first, then today's, then what was done today."""

    home: Home
    here_today: bool
    overdue: list[Line] = field(default_factory=list)
    today: list[Line] = field(default_factory=list)
    done: list[Line] = field(default_factory=list)

    @property
    def open(self) -> int:
        return len(self.overdue) + len(self.today)


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
    later: list[tuple[str, list[Line]]]
    prepare: list[Prepare]

    @property
    def open(self) -> int:
        return sum(home.open for home in self.homes)


def my_day(accesses: list[Access], day: date, first: str = "") -> MyDay:
    """The person's day over all homes they may enter, the home named `first` (or served today) on top.

    One query over all homes finds where there is something; each of those homes costs eight more.
    """
    if not accesses:
        return MyDay([], [], [])
    user = accesses[0].user
    until = day + timedelta(days=7)
    mine = Q(owner=user) | Q(deputy=user, due_on__lt=day)
    due = Q(state=State.PLANNED, due_on__lte=until) | Q(state=State.PLANNED, daily=True) | Q(settled_on=day)
    rows = list(
        Intervention.objects.for_homes([access.home for access in accesses])
        .filter(mine, due)
        .exclude(state=State.DROPPED)
        .select_related("owner", "deputy", "created_by", "stay")
        .order_by("due_time", "due_on", "pk")
    )
    contacts = list(
        Contact.objects.for_homes([access.home for access in accesses]).filter(person=user).select_related("stay")
    )
    meetings = _meetings(accesses, day)
    homes: list[HomeDay] = []
    later: dict[date, list[Line]] = {}
    prepare: list[Prepare] = []
    for access in accesses:
        here = [row for row in rows if row.stay.home_id == access.home.pk]
        own = [contact.stay_id for contact in contacts if contact.stay.home_id == access.home.pk]
        meeting = meetings.get(access.home.pk)
        if not here and not (meeting and own):
            continue
        stays = {stay.id: stay for stay in seen_stays(access.home, audience_of(access), day) if stay.sight.shared}
        levels = dict(Episode.objects.for_home(access.home).filter(closed_on=None).values_list("stay_id", "level"))
        if meeting and own:
            found = _prepare(access, meeting, [pk for pk in own if pk in stays and pk in levels], day)
            if found:
                prepare.append(found)
        serving = team_of(access.home, day)
        part = HomeDay(access.home, bool(access.team and serving and day.weekday() in serving.weekdays))
        for row in here:
            stay = stays.get(row.stay_id)
            if stay is None or TRACK_SIDE[Track(row.track)] not in stay.sight.sides:
                continue
            line = _line(access.home, stay, row, levels.get(row.stay_id, ""), day)
            if line.item.settled:
                part.done.append(line)
            elif row.daily or row.due_on == day:
                part.today.append(line)
            elif row.due_on is not None and row.due_on < day:
                part.overdue.append(line)
            elif row.due_on is not None:
                later.setdefault(row.due_on, []).append(line)
        if part.open or part.done:
            homes.append(part)
    homes.sort(key=lambda part: (part.home.slug != first, not part.here_today, part.home.name))
    return MyDay(homes, [(weeks.long_day(d), later[d]) for d in sorted(later)], prepare)


def _line(home: Home, stay: SeenStay, row: Intervention, level: str, day: date) -> Line:
    return Line(
        home=home,
        stay=stay,
        item=intervention_view(row, day),
        level=level,
        level_label=Level(level).label if level else "",
        day=weeks.short_day(row.due_on) if row.due_on else "dagl.",
        time=f"{row.due_time.hour}.{row.due_time.minute:02}" if row.due_time else "",
    )


def _meetings(accesses: list[Access], day: date) -> dict[int, Meeting]:
    """Each home's meeting today or on the next working day."""
    found = Meeting.objects.for_homes([access.home for access in accesses]).filter(
        date__range=(day, weeks.add_working_days(day, 1)), state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]
    )
    return {meeting.home_id: meeting for meeting in found.order_by("-date")}


def _prepare(access: Access, meeting: Meeting, stays: list[int], day: date) -> Prepare | None:
    """How many of one's own rows on the board lack a status younger than a week."""
    if not stays:
        return None
    fresh = {
        cell.stay_id
        for cell in Cell.objects.for_home(access.home).filter(stay__in=stays, column="status", side=access.side)
        if cell.text and is_stale(cell.changed_at, cell.confirmed_at, 5, day) is None
    }
    missing = len(stays) - len(fresh)
    when = weeks.due_label(meeting.date, day)
    return Prepare(meeting, f"{when} kl. {meeting.time.hour}.{meeting.time.minute:02}", len(stays), missing)
