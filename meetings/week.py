"""'Min uge': a resident's own sheet of the week in plain words. No level, no criteria, nobody else."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts.access import Access, staff_at
from boards.columns import lane_visible
from boards.models import Cell, CellRevision, Intervention, State
from boards.selectors import stands_for
from boards.services import visible_stay
from core import weeks
from core.text import listing
from meetings.models import Meeting
from meetings.services.agenda import joint
from organisation.models import Side
from residents.selectors import VisibleStay, visible_stays
from residents.texts import COLUMNS, PARTS, Place

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_FARTHEST = timedelta(weeks=60)


@dataclass(frozen=True)
class WeekLine:
    """One thing on the sheet, which can be left out. `aside` says when and with whom."""

    key: str
    text: str
    aside: str = ""


@dataclass(frozen=True)
class WeekPart:
    title: str
    lines: list[WeekLine]


@dataclass(frozen=True)
class WeekSheet:
    """The sheet of one week."""

    stay: int
    name: str
    title: str
    week: str
    before: str
    after: str
    parts: list[WeekPart] = field(default_factory=list)

    def only(self, keys: set[str]) -> list[WeekPart]:
        """The parts with the chosen lines alone."""
        chosen = [WeekPart(part.title, [line for line in part.lines if line.key in keys]) for part in self.parts]
        return [part for part in chosen if part.lines]


def monday_of(text: str, today: date) -> date:
    """The Monday of a week as an address names it ('2026-W47'; '' is this week). Raises LookupError."""
    if not text:
        return today - timedelta(days=today.weekday())
    match = _WEEK.fullmatch(text)
    try:
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        monday = None
    if monday is None or abs(monday - today) > _FARTHEST:
        raise LookupError("week")
    return monday


def week_key(monday: date) -> str:
    """'2026-W47'."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def week_title(monday: date) -> str:
    """'Uge 47 · 16.–22. november'; the years are said where the week crosses one."""
    span = weeks.week_span(monday)
    sunday = monday + timedelta(days=6)
    if monday.year == sunday.year:
        span = span.removesuffix(f" {sunday.year}")
    return f"{weeks.week_label(monday).capitalize()} · {span}"


def sheet(access: Access, stay_id: int, monday: date, today: date) -> WeekSheet:
    """The resident's sheet, with what the reader's side may see. Raises LookupError."""
    stay = visible_stay(access, stay_id, today, people=True)
    items = _items(access, stay, monday, today)
    parts = [
        *_texts(access, stay),
        WeekPart("Hver dag", [_line(item) for item in items if item.daily and not item.tells]),
        *_days(items, monday),
        WeekPart("Det vil vi gerne tale med dig om", [_told(item) for item in items if item.tells]),
        WeekPart("Næste møde", _next_meeting(access, stay, today)),
        WeekPart("Hvis du vil have fat i os", _duty(access)),
    ]
    return WeekSheet(
        stay=stay_id,
        name=stay.name,
        title=week_title(monday),
        week=week_key(monday),
        before=week_key(monday - timedelta(days=7)),
        after=week_key(monday + timedelta(days=7)),
        parts=[part for part in parts if part.lines],
    )


def _texts(access: Access, stay: VisibleStay) -> list[WeekPart]:
    """What each side has written for the resident to read, under that side's name."""
    shown = [
        text for text in COLUMNS.values() if Place.MY_WEEK in text.places and stay.sight.covers(Side.JOINT, text.key)
    ]
    keys = [text.key for text in shown]
    written = Cell.objects.for_home(access.home).filter(stay=stay.id, column__in=keys, side=Side.JOINT)
    cells = {cell.column: cell for cell in written.exclude(text="")}
    revisions = CellRevision.objects.for_home(access.home).filter(cell__in=[*cells.values()], misfiled_at__isnull=False)
    wrong = set(revisions.values_list("cell", "version"))
    return [
        WeekPart(text.own_words or text.title, [WeekLine(text.key, cell.text)])
        for text in shown
        if (cell := cells.get(text.key)) and (cell.pk, cell.version) not in wrong
    ]


def _items(access: Access, stay: VisibleStay, monday: date, today: date) -> list[Intervention]:
    """What is planned in the week: by day and hour, and what is still to be said."""
    sunday = monday + timedelta(days=6)
    this_week = monday <= today <= sunday
    rows = Intervention.objects.for_home(access.home).filter(stay=stay.id, state=State.PLANNED)
    staff, printed = staff_at(access.home, today), []
    for row in rows.select_related("owner").order_by("due_on", "due_time", "pk"):
        if Place.MY_WEEK not in PARTS[row.track].places or not lane_visible(stay.sight, row.track):
            continue
        if not stands_for(row, row.owner_id, staff):
            # Nobody who has left is promised on the resident's paper.
            row.owner = None
        in_week = row.due_on is not None and monday <= row.due_on <= sunday
        waiting = row.tells and this_week and (row.due_on is None or row.due_on < today)
        if in_week or waiting or (row.daily and sunday >= today):
            printed.append(row)
    return printed


def _days(items: list[Intervention], monday: date) -> list[WeekPart]:
    parts = []
    for offset in range(7):
        day = monday + timedelta(days=offset)
        lines = [_line(item) for item in items if item.due_on == day and not item.daily and not item.tells]
        parts.append(WeekPart(weeks.long_day(day).capitalize(), lines))
    return parts


def _line(item: Intervention) -> WeekLine:
    people = [item.owner.name.split()[0]] if item.owner else []
    people += [item.with_whom] if item.with_whom else []
    aside = [_hour(item)] if item.due_time else []
    aside += [f"med {listing(people)}"] if people else []
    return WeekLine(f"i{item.pk}", item.what, " ".join(aside))


def _told(item: Intervention) -> WeekLine:
    said = [weeks.long_day(item.due_on)] if item.due_on else []
    said += [_hour(item)] if item.due_time else []
    said += [f"med {item.owner.name.split()[0]}"] if item.owner else []
    return WeekLine(f"i{item.pk}", item.what, " ".join(said))


def _hour(item: Intervention) -> str:
    return f"kl. {item.due_time.hour}.{item.due_time.minute:02}" if item.due_time else ""


def _next_meeting(access: Access, stay: VisibleStay, today: date) -> list[WeekLine]:
    """When both sides meet next, where the resident is one of those they talk about."""
    coming = Meeting.objects.for_home(access.home).filter(
        date__gte=today, series__team__in=stay.teams, state__in=[Meeting.State.PLANNED, Meeting.State.OPEN]
    )
    meeting = coming.select_related("series").order_by("date", "time").first()
    if meeting is None:
        return []
    there = visible_stays(access.home, joint(meeting), today, only=stay.id)
    if not there or not there[0].sight.shared:
        return []
    contact = stay.contacts.get(Side.HOME)
    person = contact.name.split()[0] if contact else "os"
    day = weeks.long_day(meeting.date)
    return [
        WeekLine(
            "moede",
            f"Vi holder møde {day} kl. {meeting.time.hour}.{meeting.time.minute:02}.",
            f"Er der noget, du gerne vil have sagt, så sig det til {person}.",
        )
    ]


def _duty(access: Access) -> list[WeekLine]:
    home = access.home
    return [WeekLine("vagt", f"Ring til {home.duty_phone}.", home.duty_title)] if home.duty_phone else []
