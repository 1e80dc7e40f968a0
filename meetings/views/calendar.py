"""When the meetings are: cancelled, moved, extra, begun at once, and today's over all one's homes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import Access, accesses, home_view, person_view, today
from boards.views.page import head
from core import weeks
from core.errors import Denied, Repeated
from core.web import missing_is_404, new_key, number_in, refuse
from meetings import selectors, services
from meetings.forms import CancelForm, ExtraForm, MoveForm, first_values
from meetings.models import Meeting
from meetings.views.common import readiness
from meetings.views.lists import cancelled_page, list_page
from organisation.models import User
from organisation.region import rules_of


@home_view(methods=("GET", "POST"))
@missing_is_404
def meeting_cancel(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Aflys mødet', with a reason."""
    meeting = services.meeting_of(access, number)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.meeting_cancel(access=access, number=number, why=form.cleaned_data["why"], today=today())
        except Denied as denied:
            refuse(form, denied)
        else:
            return redirect("meetings", access.home.slug)
    return _page(request, access, "meetings/cancel.html", {"meeting": meeting, "form": form})


@home_view(methods=("GET", "POST"))
@missing_is_404
def meeting_move(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Flyt mødet' to another day or time, with a reason."""
    meeting = services.meeting_of(access, number)
    form = MoveForm(request.POST or None, initial=first_values(meeting, meeting.date, meeting.time))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.meeting_move(
                access=access,
                number=number,
                day=values["day"],
                at=values["time"],
                why=values["why"],
                now=services.wall_clock(),
            )
        except Denied as denied:
            refuse(form, denied)
        else:
            return redirect("meeting", access.home.slug, number)
    return _page(request, access, "meetings/move.html", {"meeting": meeting, "form": form})


@home_view(methods=("POST",))
@missing_is_404
def meeting_uncancel(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Hold mødet alligevel'."""
    try:
        services.meeting_uncancel(access=access, number=number, today=today())
    except Denied as denied:
        return cancelled_page(request, access, services.meeting_of(access, number), denied.message)
    return redirect("meeting", access.home.slug, number)


@home_view(methods=("GET", "POST"))
@missing_is_404
def meeting_extra(request: HttpRequest, access: Access) -> HttpResponse:
    """An extra meeting, planned ahead."""
    now = services.wall_clock()
    initial = first_values(None, weeks.add_working_days(today(), 1), now.time().replace(hour=9, minute=0))
    form = ExtraForm(request.POST or None, initial=initial, series=services.series_for(access, today()))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.meeting_extra(
                access=access,
                series_id=form.chosen,
                day=values["day"],
                at=values["time"],
                minutes=values["minutes"],
                why=values["why"],
                key=request.POST.get("key", ""),
                now=now,
            )
        except Repeated:
            return redirect("meetings", access.home.slug)
        except Denied as denied:
            refuse(form, denied)
        else:
            return redirect("meetings", access.home.slug)
    key = request.POST.get("key") or new_key()
    return _page(request, access, "meetings/extra.html", {"form": form, "key": key})


@home_view(methods=("POST",))
@missing_is_404
def meeting_hold(request: HttpRequest, access: Access) -> HttpResponse:
    """'Hold et møde nu': it begins at once."""
    series = number_in(request.POST.get("series"))
    key = request.POST.get("key", "")
    try:
        meeting = services.meeting_hold(access=access, series_id=series, key=key, now=services.wall_clock())
    except Repeated:
        return redirect("meeting-now", access.home.slug)
    except Denied as denied:
        return list_page(request, access, denied.message)
    return redirect("meeting", access.home.slug, meeting.number)


@home_view()
def meeting_how_to(request: HttpRequest, access: Access) -> HttpResponse:
    """Sådan holder I mødet, and what is ready now, without names."""
    meeting = services.home_meeting(access.home, access.team)
    ready = readiness(access, meeting) if meeting else None
    prompts = rules_of(access.home, today()).prompts
    return _page(request, access, "meetings/how_to.html", {"meeting": meeting, "ready": ready, "prompts": prompts})


@person_view()
def meetings_today(request: HttpRequest, user: User) -> HttpResponse:
    """Dagens møder: today's and the next working day's, over the homes the person may enter."""
    own_accesses = accesses(user, today())
    days = selectors.days_of_meetings(own_accesses, today())
    home = own_accesses[0].home if own_accesses else None
    return render(request, "meetings/today.html", {"days": days, "place": "moeder-i-dag", "home": home})


@home_view()
@missing_is_404
def meeting_next(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Videre til Mosekanten kl. 10.30' once a meeting is closed; 204 when there is none or it is not closed."""
    closed = services.meeting_of(access, number)
    if closed.state != Meeting.State.CLOSED or closed.date != today():
        return HttpResponse(status=204)
    following = selectors.next_today(accesses(access.user, today()), closed, today())
    if following is None:
        return HttpResponse(status=204)
    return render(request, "meetings/_next_meeting.html", {"line": following})


def _page(request: HttpRequest, access: Access, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context.get("form")
    meeting = context.get("meeting")
    page = {**context, **head(access, "moede"), "day": weeks.long_day(meeting.date) if meeting else ""}
    return render(request, template, page, status=422 if form is not None and form.errors else 200)
