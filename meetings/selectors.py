"""Which meetings there are, over homes and days. No resident is read here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.access import Access
from core import weeks
from meetings import rules
from meetings.models import Meeting
from organisation.models import Home


@dataclass(frozen=True)
class MeetingLine:
    """One meeting as a list shows it."""

    meeting: Meeting
    home: Home
    day: str
    week: str
    at: str
    moved: str
    used: int | None

    @property
    def minutes(self) -> str:
        """'planlagt 60, brugt 52 min.', or only what was planned."""
        if self.used is None:
            return f"planlagt {self.meeting.planned_minutes} min."
        return f"planlagt {self.meeting.planned_minutes}, brugt {self.used} min."


def line(meeting: Meeting) -> MeetingLine:
    """A meeting as a list shows it; its home must be at hand."""
    at = f"kl. {meeting.time.hour}.{meeting.time.minute:02}"
    return MeetingLine(
        meeting,
        meeting.home,
        f"{weeks.long_day(meeting.date)} {meeting.date.year}",
        weeks.week_label(meeting.date),
        at,
        moved_label(meeting),
        rules.used_minutes(meeting.started_at, meeting.closed_at),
    )


def moved_label(meeting: Meeting) -> str:
    """'flyttet fra tirsdag 17.11.', or '' where it stands as planned."""
    if meeting.moved_from is None:
        return ""
    return f"flyttet fra {weeks.DAYS[meeting.moved_from.weekday()]} {weeks.short_day(meeting.moved_from)}"


def home_lines(access: Access, limit: int = 60) -> list[MeetingLine]:
    """The home's meetings, the latest first; a team's own only. One query."""
    meetings = Meeting.objects.for_home(access.home).select_related("series__team", "chair", "home")
    if access.team is not None:
        meetings = meetings.filter(series__team=access.team)
    return [line(meeting) for meeting in meetings.order_by("-date", "-time", "-number")[:limit]]


def days_of_meetings(own_accesses: Iterable[Access], day: date) -> list[tuple[str, list[MeetingLine]]]:
    """Today's and the next working day's meetings over the homes, in order of time. One query."""
    following = weeks.add_working_days(day, 1)
    meetings = _mine(list(own_accesses), [day, following])
    titles = ((day, "I dag"), (following, "I morgen" if (following - day).days == 1 else "Næste hverdag"))
    return [
        (f"{title}, {weeks.long_day(which)}", [line(meeting) for meeting in meetings if meeting.date == which])
        for which, title in titles
    ]


def next_today(own_accesses: Iterable[Access], closed: Meeting, day: date) -> MeetingLine | None:
    """The person's next meeting of the day after the closed one, in whichever of their homes. One query."""
    later = [
        meeting
        for meeting in _mine(list(own_accesses), [day])
        if meeting.pk != closed.pk
        and meeting.state not in (Meeting.State.CLOSED, Meeting.State.CANCELLED)
        and (meeting.time >= closed.time or meeting.state == Meeting.State.RUNNING)
    ]
    return line(later[0]) if later else None


def _mine(own_accesses: list[Access], days: list[date]) -> list[Meeting]:
    teams = {access.home.pk: access.team for access in own_accesses}
    meetings = Meeting.objects.for_homes([access.home for access in own_accesses]).filter(date__in=days)
    rows = meetings.select_related("home", "series__team", "chair").order_by("date", "time", "home__name", "number")
    return [row for row in rows if (team := teams[row.home_id]) is None or row.series.team_id == team.pk]


def next_day(home: int, team: int) -> date | None:
    """The day of the home's next meeting with the team, or of the one that runs. One query."""
    ahead = [Meeting.State.OPEN, Meeting.State.PLANNED, Meeting.State.RUNNING]
    rows = Meeting.objects.for_homes([home]).filter(series__team=team, state__in=ahead, date__gte=timezone.localdate())
    return rows.order_by("date").values_list("date", flat=True).first()
