"""Planned and actual minutes, who came late, and what was entered from paper: what the minutes' head says of time."""

from datetime import date, time
from typing import Any

from django.utils import timezone

from core import weeks
from meetings import rules
from meetings.models import Attendance, Meeting


def head_times(meeting: Meeting) -> dict[str, Any]:
    """The minutes planned and used, and 'holdt på papir, indtastet 19.11. af Mette' (else '')."""
    paper = ""
    if meeting.paper_at and meeting.paper_by:
        entered = timezone.localtime(meeting.paper_at).date()
        paper = f"holdt på papir, indtastet {weeks.short_day(entered)} af {meeting.paper_by.name}"
    spent = rules.used_minutes(meeting.started_at, meeting.closed_at)
    return {"planned": meeting.planned_minutes, "used": spent, "paper": paper}


def held_on(meeting: Meeting) -> date:
    """The day the meeting was held: the one it began on, else the one it is planned for."""
    return timezone.localtime(meeting.started_at).date() if meeting.started_at else meeting.date


def attended(row: Attendance) -> dict[str, Any]:
    """One who was there, for the minutes' head."""
    return {
        "name": row.name,
        "side": row.side,
        "online": row.online,
        "came": _at(row.came_at),
        "left": _at(row.left_at),
    }


def _at(moment: time | None) -> str:
    return f"{moment.hour}.{moment.minute:02}" if moment else ""
