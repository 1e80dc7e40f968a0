"""Memory: the board as it stood, and what changed between two meetings."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from audit import trail
from boards.columns import board_columns
from boards.selectors import group_titles
from boards.views.page import head
from core import weeks
from core.web import missing_is_404
from meetings import history, services
from meetings import minutes as papers
from meetings.models import Meeting, Minutes
from organisation.region import rules_of
from residents.sharing import AudienceKind
from residents.texts import Place

OFFERED = 60


def _held(access: Access) -> Any:
    """The meetings the person may look back on: those with minutes, of the own team for the team."""
    minutes = Minutes.objects.for_home(access.home)
    rows = Meeting.objects.for_home(access.home).filter(pk__in=minutes.values("meeting"))
    return rows.filter(series__team=access.team) if access.team else rows


def _sections(access: Access, number: int) -> tuple[Meeting, list[papers.Section]]:
    """The sections a meeting was last closed with, for the person's own side. Raises LookupError."""
    meeting = services.meeting_of(access, number)
    minutes = papers.latest(access, meeting)
    if minutes is None:
        raise LookupError("minutes")
    return meeting, papers.sections(access, minutes, AudienceKind(access.side))[0]


@home_view()
@missing_is_404
def board_then(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The board as it stood when the meeting closed, as far as the reader may see it today."""
    meeting, sections = _sections(access, number)
    region_rules = rules_of(access.home, today())
    columns = board_columns(region_rules, Place.BOARD_THEN)
    groups = history.board_then(sections, group_titles(region_rules), columns)
    stays = [row.stay for _, _, rows in groups for row in rows]
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="tavlen-som-den-stod", stays=stays)
    page = {
        "meeting": meeting,
        "day": f"{weeks.long_day(meeting.date)} {meeting.date.year}",
        "columns": columns,
        "groups": groups,
        "before": _held(access).filter(number__lt=number).order_by("-number").first(),
        "after": _held(access).filter(number__gt=number).order_by("number").first(),
        **head(access, "referater"),
    }
    return render(request, "meetings/board_then.html", page)


@home_view()
@missing_is_404
def compare_meetings(request: HttpRequest, access: Access) -> HttpResponse:
    """What changed between two meetings, per resident."""
    offered = list(_held(access).order_by("-number")[:OFFERED])
    first, second = _chosen(request, offered)
    page: dict[str, Any] = {
        "options": [(meeting.number, f"{weeks.long_day(meeting.date)} {meeting.date.year}") for meeting in offered],
        "first": first,
        "second": second,
        "lines": [],
        **head(access, "referater"),
    }
    if first is not None and second is not None and first != second:
        before, after = sorted((first, second))
        _, old = _sections(access, before)
        _, new = _sections(access, after)
        lines = history.differences(old, new)
        stays = sorted({section.stay for section in [*old, *new]})
        trail.record_read(access.home.scope, viewer=access.user.pk, screen="sammenlign-moeder", stays=stays)
        page |= {"first": before, "second": after, "lines": lines}
    return render(request, "meetings/compare.html", page)


def _chosen(request: HttpRequest, offered: list[Meeting]) -> tuple[int | None, int | None]:
    """The two meetings the address names, the last two where it names none. Raises LookupError."""
    last = [meeting.number for meeting in offered[:2]]
    default = {"til": last[0] if last else None, "fra": last[1] if len(last) > 1 else None}
    chosen: dict[str, int | None] = {}
    for name, number in default.items():
        text = request.GET.get(name)
        if text is None:
            chosen[name] = number
        elif text.isascii() and text.isdigit() and len(text) < 10:
            chosen[name] = int(text)
        else:
            raise LookupError("meeting")
    return chosen["fra"], chosen["til"]
