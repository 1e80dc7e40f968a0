"""Which meetings there are, and a meeting before it begins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import Access, home_view, today
from audit import trail
from boards.live import snapshots
from boards.services import holds_pen
from boards.views.page import head
from core import weeks
from core.web import missing_is_404, new_key
from meetings import services
from meetings.models import Meeting
from meetings.selectors import home_lines
from meetings.views.common import before_page, log_look, meeting_state


@home_view()
def meeting_now(request: HttpRequest, access: Access) -> HttpResponse:
    """Leads to the running meeting or the next one; to the list when several teams could have the next one."""
    coming = services.coming(access.home, access.team)
    teams = {meeting.series.team_id for meeting in coming}
    if not coming or (len(teams) > 1 and coming[0].state != Meeting.State.RUNNING):
        return redirect("meetings", access.home.slug)
    return redirect("meeting", access.home.slug, coming[0].number)


@home_view()
def meeting_line(request: HttpRequest, access: Access) -> HttpResponse:
    """When the next meeting is, for the board's head."""
    meeting = services.home_meeting(access.home, access.team)
    day = weeks.due_label(meeting.date, today()) if meeting else ""
    return render(request, "meetings/_line.html", {"home": access.home, "meeting": meeting, "day": day})


@home_view()
def meetings(request: HttpRequest, access: Access) -> HttpResponse:
    """Møder og referater."""
    return list_page(request, access)


def list_page(request: HttpRequest, access: Access, refused: str = "") -> HttpResponse:
    context = {
        "lines": home_lines(access),
        "series": services.series_for(access, today()),
        "key": new_key(),
        "refused": refused,
        "leader": access.is_leader,
        **head(access, "referater"),
    }
    return render(request, "meetings/meetings.html", context, status=422 if refused else 200)


@home_view()
@missing_is_404
def meeting(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The meeting: before it begins, while it runs, or its minutes."""
    meeting = services.meeting_of(access, number)
    if meeting.state == Meeting.State.CLOSED:
        return redirect("minutes", access.home.slug, number)
    if meeting.state == Meeting.State.CANCELLED:
        return cancelled_page(request, access, meeting)
    context = {"meeting": meeting, "day": weeks.long_day(meeting.date), **head(access, "moede")}
    if meeting.state != Meeting.State.RUNNING:
        page = before_page(access, meeting)
        stays = [line["row"].id for line in page["lines"] if line["row"]]
        trail.record_read(access.home.scope, viewer=access.user.pk, screen="moede-foer", stays=stays)
        return render(request, "meetings/before.html", {**context, **page})
    shot = snapshots.snapshot(access.home, services.joint(meeting))
    log_look(access, number)
    return render(
        request,
        "meetings/meeting.html",
        {**context, "shot": shot, "state": meeting_state(access.home, number), "pen": holds_pen(access)},
    )


def cancelled_page(request: HttpRequest, access: Access, meeting: Meeting, refused: str = "") -> HttpResponse:
    """A cancelled meeting: its reason, and the way back while its day has not passed."""
    context = {
        "meeting": meeting,
        "day": weeks.long_day(meeting.date),
        "late": meeting.date < today(),
        "refused": refused,
    }
    page = {**context, **head(access, "referater")}
    return render(request, "meetings/cancelled.html", page, status=422 if refused else 200)
