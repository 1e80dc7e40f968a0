"""When the meetings are: cancelled, moved, extra, begun at once, and today's over all one's homes."""

from datetime import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import Access, accesses, home_view, person_view, today
from boards.views.page import head
from core import weeks
from core.errors import Denied, Repeated
from core.forms import Data
from core.period import wall_clock
from core.web import missing_is_404, number_in
from meetings import selectors, services
from meetings.forms import CancelForm, ExtraForm, MoveForm
from meetings.models import Meeting
from meetings.views.common import readiness
from meetings.views.lists import cancelled_page, list_page
from organisation.drafts import form_page
from organisation.models import User
from organisation.region import rules_of


def _moved_meanwhile(meeting: Meeting) -> str:
    """What stands now, where somebody moved the meeting since the page was opened."""
    at = f"{meeting.time.hour}.{meeting.time.minute:02}"
    return f"En anden har flyttet mødet imens. Nu ligger det {weeks.long_day(meeting.date)} kl. {at}."


@home_view(methods=("GET", "POST"))
@missing_is_404
def meeting_cancel(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Aflys mødet', with a reason."""
    meeting = services.meeting_of(access, number)
    back = reverse("meetings", args=[access.home.slug])

    def make(data: Data) -> CancelForm:
        return CancelForm(data, stands=services.as_planned(services.meeting_of(access, number)))

    def act(form: CancelForm) -> str:
        services.meeting_cancel(
            access=access, number=number, why=form.cleaned_data["why"], seen=form.seen, key=form.key, today=today()
        )
        return back

    return form_page(
        request, make, act, title="Aflys mødet", button="Aflys mødet", back=back,
        template="meetings/cancel.html", says=_moved_meanwhile, meeting=meeting, day=weeks.long_day(meeting.date),
        **head(access, "moede"),
    )  # fmt: skip


@home_view(methods=("GET", "POST"))
@missing_is_404
def meeting_move(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Flyt mødet' to another day or time, with a reason."""
    meeting = services.meeting_of(access, number)
    back = reverse("meeting", args=[access.home.slug, number])

    def make(data: Data) -> MoveForm:
        now = services.meeting_of(access, number)
        return MoveForm(data, stands=services.as_planned(now), stored={"day": now.date, "time": now.time})

    def act(form: MoveForm) -> str:
        values = form.cleaned_data
        services.meeting_move(
            access=access, number=number, day=values["day"], at=values["time"], why=values["why"], seen=form.seen,
            key=form.key, now=wall_clock(),
        )  # fmt: skip
        return back

    return form_page(
        request, make, act, title="Flyt mødet", button="Flyt mødet", back=back, template="meetings/move.html",
        says=_moved_meanwhile, meeting=meeting, day=weeks.long_day(meeting.date), **head(access, "moede"),
    )  # fmt: skip


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
    back = reverse("meetings", args=[access.home.slug])

    def make(data: Data) -> ExtraForm:
        first = {"day": weeks.add_working_days(today(), 1), "time": time(9), "minutes": 30}
        return ExtraForm(data, initial=first, series=services.series_for(access, today()))

    def act(form: ExtraForm) -> str:
        values = form.cleaned_data
        services.meeting_extra(
            access=access, series_id=form.chosen, day=values["day"], at=values["time"], minutes=values["minutes"],
            why=values["why"], key=form.key, now=wall_clock(),
        )  # fmt: skip
        return back

    return form_page(
        request, make, act, title="Ekstra møde", button="Indkald til mødet", back=back, template="meetings/extra.html",
        **head(access, "moede"),
    )  # fmt: skip


@home_view(methods=("POST",))
@missing_is_404
def meeting_hold(request: HttpRequest, access: Access) -> HttpResponse:
    """'Hold et møde nu': it begins at once."""
    series = number_in(request.POST.get("series"))
    key = request.POST.get("key", "")
    try:
        meeting = services.meeting_hold(access=access, series_id=series, key=key, now=wall_clock())
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
    page = {"meeting": meeting, "ready": ready, "prompts": prompts, **head(access, "moede")}
    return render(request, "meetings/how_to.html", {**page, "day": weeks.long_day(meeting.date) if meeting else ""})


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
