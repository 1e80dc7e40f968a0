"""The recap, closing and the minutes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.access import Access, home_view, today
from boards import selectors
from boards.models import State
from boards.views.common import log_read
from core import weeks
from core.errors import Denied
from core.web import fragment_trigger, missing_is_404, sentence
from meetings import rules, services
from meetings.models import GUEST, AgendaItem, Attendance, Meeting
from meetings.views.minutes import minutes_page, reopen_draft
from organisation.drafts import FormDraft, all_drafts, kept_apart, typed_before, typed_in
from organisation.models import Side


@home_view()
@missing_is_404
def recap(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The recap, read aloud: who does what and when, and what lacks owner or day."""
    meeting = services.meeting_of(access, number)
    if meeting.resident_present:
        return sentence(rules.ALONE, 422)
    return render(request, "meetings/_recap.html", recap_page(access, meeting))


def recap_page(access: Access, meeting: Meeting, error: str = "", why: str = "") -> dict[str, Any]:
    home_board = selectors.board(access.home, services.joint(meeting), today())
    rows = {row.id: row for row in home_board.all_rows if row.stay.sight.shared}
    items = list(AgendaItem.objects.for_home(access.home).filter(meeting=meeting).order_by("order"))
    stays = list(dict.fromkeys(item.stay_id for item in items if item.stay_id in rows))
    decided = services.decisions(meeting, [rows[stay or 0] for stay in stays])
    lines = []
    for stay in stays:
        row = rows[stay or 0]
        planned = {item.id: item for lane in row.lanes.values() for item in lane if item.state == State.PLANNED}
        own = [item for item in items if item.stay_id == stay]
        spent = sum(item.seconds for item in own)
        lines.append((row, decided[row.id], list(planned.values()), round(spent / 60), _undecided(own)))
    missing: dict[int, Any] = {}
    for row in rows.values() if not meeting.is_correction else ():
        for lane in row.lanes.values():
            for item in rules.gaps(lane):
                missing[item.id] = (item, row)
    typed = typed_in(all_drafts(access.user), {access.seat}, "intervention-add", "what")
    begun = [(row, typed[str(stay)]) for stay, row in rows.items() if typed.get(str(stay), "").strip()]
    shown = [line[0] for line in lines] + [row for _, row in missing.values()] + [row for row, _ in begun]
    log_read(access, "opsamling", [row.id for row in shown])
    attendees = list(Attendance.objects.for_home(access.home).filter(meeting=meeting, present=True))
    next_day, next_time = services.following(meeting, today())
    return {
        "home": access.home,
        "meeting": meeting,
        "lines": lines,
        "missing": list(missing.values()),
        "begun": begun,
        "home_names": [row.name for row in attendees if row.side == Side.HOME],
        "guest_names": [row.name for row in attendees if row.side == GUEST],
        "team_names": [row.name + (" (online)" if row.online else "") for row in attendees if row.side == Side.TEAM],
        "waiting": [item for item in items if item.state == AgendaItem.State.WAITING],
        "passed": [item for item in items if item.state == AgendaItem.State.PASSED],
        "next_day": weeks.long_day(next_day),
        "next_time": next_time,
        "used": rules.used_minutes(meeting.started_at, timezone.now()) if not meeting.reopened_on else None,
        "today": today(),
        "error": error,
        "why": why or (typed_before(_close_draft(access, meeting.number), "why") if missing else ""),
    }


def _close_draft(access: Access, number: int) -> FormDraft:
    """Where the reason to close all the same is kept while it is typed."""
    return FormDraft.at(access, f"meeting-close:{number}")


def _undecided(items: list[AgendaItem]) -> str:
    """What is said where no decision on the level stands: '' for who was discussed, and may still get one."""
    states = {item.state for item in items}
    if AgendaItem.State.DONE in states:
        return ""
    return "sprunget over" if AgendaItem.State.PASSED in states else "ikke nået"


@home_view(methods=("POST",))
@missing_is_404
def meeting_close(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Afslut mødet'."""
    meeting = services.meeting_of(access, number)
    drafts = _close_draft(access, number)
    # One that arrives after the meeting was closed is none.
    if kept := kept_apart(request, drafts, ["why"] if meeting.state == Meeting.State.RUNNING else []):
        return kept
    why = request.POST.get("why", "")
    try:
        services.meeting_close(access=access, meeting=meeting, why=why, today=today())
    except Denied as denied:
        if meeting.state == Meeting.State.CLOSED or meeting.resident_present:
            return sentence(denied.message, 422)
        return render(request, "meetings/_recap.html", recap_page(access, meeting, denied.message, why), status=422)
    drafts.drop()
    return fragment_trigger("meeting-closed")


@home_view(methods=("POST",))
@missing_is_404
def meeting_reopen(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Opens a closed meeting again."""
    if services.meeting_of(access, number).state != Meeting.State.CLOSED:
        return sentence("Mødet er ikke afsluttet.", 422)
    drafts = reopen_draft(access, number)
    if kept := kept_apart(request, drafts, ["why"]):
        return kept
    why = request.POST.get("why", "")
    try:
        services.meeting_reopen(access=access, number=number, why=why, today=today())
    except Denied as denied:
        return minutes_page(request, access, number, denied.message, 422, why)
    drafts.drop()
    return redirect("meeting", access.home.slug, number)
