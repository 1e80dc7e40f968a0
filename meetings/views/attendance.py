"""Who is there, who came late or left early, and guests without an account."""

from datetime import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from core.errors import Denied
from core.forms import begun, changing
from core.period import wall_clock
from core.web import missing_is_404, number_in, sentence, triggering
from meetings import services
from meetings.forms import ClockField, GuestForm
from meetings.models import Attendance
from meetings.views.common import acts, people_there, present_in
from organisation.drafts import FormDraft


@home_view(methods=("GET", "POST"))
@missing_is_404
def attendance(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Who is there; posted, one person who is here, online or not: 'Jeg er med' in one tap."""
    services.meeting_of(access, number)
    if request.method != "POST":
        return _dialog(request, access, number)
    who = number_in(request.POST.get("who"))
    where = present_in(request).get(who, "")
    return acts(
        lambda: services.attendance_set(access=access, number=number, who=who, where=where, today=today()),
        "board-changed",
    )


@home_view(methods=("GET", "POST"))
@missing_is_404
def guest_add(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Somebody without an account: name, title and place of work."""
    services.meeting_of(access, number)

    def act(form: GuestForm) -> None:
        services.guest_add(access=access, number=number, key=form.key, today=today(), **form.cleaned_data)

    def show(form: GuestForm, status: int) -> HttpResponse:
        return _dialog(request, access, number, form, status)

    def done(form: GuestForm) -> HttpResponse:
        return triggering(_dialog(request, access, number), "board-changed")

    return changing(request, GuestForm, act, show=show, done=done, drafts=_guest_draft(access, number))


def _guest_draft(access: Access, number: int) -> FormDraft:
    return FormDraft.at(access, f"guest-add:{number}")


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


def _dialog(
    request: HttpRequest, access: Access, number: int, form: GuestForm | None = None, status: int = 200
) -> HttpResponse:
    meeting = services.meeting_of(access, number)
    there = Attendance.objects.for_home(access.home).filter(meeting=meeting, present=True).order_by("side", "name")
    context = {
        "home": access.home,
        "meeting": meeting,
        "groups": people_there(access, meeting),
        "there": list(there),
        "now": wall_clock().time(),
        "form": form or begun(GuestForm, _guest_draft(access, number)),
    }
    return render(request, "meetings/_attendance.html", context, status=status)
