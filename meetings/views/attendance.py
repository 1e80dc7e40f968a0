"""Who is there, who came late or left early, and guests without an account."""

from datetime import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from core.errors import Denied
from core.web import fragment_trigger, missing_is_404, number_in, sentence
from meetings import services
from meetings.forms import ClockField
from meetings.models import Attendance
from meetings.views.common import people_there, present_in


@home_view(methods=("GET", "POST"))
@missing_is_404
def attendance(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Who is there."""
    services.meeting_of(access, number)
    if request.method != "POST":
        return _dialog(request, access, number)
    try:
        services.attendance_set(
            access=access,
            number=number,
            present=present_in(request),
            guest=request.POST.get("guest", ""),
            title=request.POST.get("guest_title", ""),
            organisation=request.POST.get("guest_organisation", ""),
            guest_side=request.POST.get("guest_side", ""),
            today=today(),
        )
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed", "close-dialog")


@home_view(methods=("POST",))
@missing_is_404
def attendance_time(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Kom kl. …' and 'Gik kl. …'; an empty time takes it back."""
    services.meeting_of(access, number)
    came = request.POST.get("event") == "came"
    taken_back = bool(request.POST.get("undo"))
    try:
        at = None if taken_back else _time_in(request)
        services.attendance_time(access=access, number=number, pk=number_in(request.POST.get("who")), came=came, at=at)
    except Denied as denied:
        return sentence(denied.message, 422)
    return _dialog(request, access, number)


def _time_in(request: HttpRequest) -> time:
    at = ClockField(required=False).to_python(request.POST.get("at", "").strip())
    if at is None:
        raise Denied("Skriv et tidspunkt.", "at")
    return at


@home_view(methods=("POST",))
@missing_is_404
def guest_remove(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """Takes away a guest noted by mistake."""
    try:
        services.guest_remove(access=access, number=number, pk=pk)
    except Denied as denied:
        return sentence(denied.message, 422)
    return _dialog(request, access, number)


def _dialog(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    meeting = services.meeting_of(access, number)
    there = Attendance.objects.for_home(access.home).filter(meeting=meeting, present=True).order_by("side", "name")
    context = {
        "home": access.home,
        "meeting": meeting,
        "groups": people_there(access, meeting),
        "there": list(there),
        "now": services.wall_clock().time(),
    }
    return render(request, "meetings/_attendance.html", context)
