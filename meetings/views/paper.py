"""A meeting held on paper, entered afterwards."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import Access, home_view, today
from audit import trail
from boards.views.page import head
from core.errors import Denied, Repeated
from core.web import missing_is_404, new_key, number_in, refuse
from meetings import services
from meetings.forms import PaperForm
from meetings.models import Meeting, Series
from meetings.views.common import present_in
from organisation.models import Side


@home_view(methods=("GET", "POST"))
@missing_is_404
def paper_enter(request: HttpRequest, access: Access) -> HttpResponse:
    """'Indtast et møde fra papir': times, people, and what was talked through; then the minutes are locked."""
    mine = services.series_for(access, today())
    series = _series(request, mine)
    if series is None:
        return render(request, "meetings/paper.html", {"series_choice": mine, **head(access, "moede")})
    upcoming = services.home_meeting(access.home, series.team)
    # Nothing is planned: a meeting with the next number, which is not stored.
    number = 0 if upcoming else services.next_number(access.home)
    meeting = upcoming or Meeting(series=series, home=access.home, number=number, date=today(), time=series.time)
    form = _form(request, access, meeting)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.paper_enter(
                access=access, entry=_entry(request, form, series), key=request.POST.get("key", ""), today=today()
            )
        except Repeated:
            return redirect("meetings", access.home.slug)
        except Denied as denied:
            refuse(form, denied)
        else:
            return redirect("minutes", access.home.slug, made.number)
    return _page(request, access, meeting, form)


def _series(request: HttpRequest, mine: list[Series]) -> Series | None:
    """The series named in the address or the form; the only one; None where one must be chosen."""
    wanted = number_in(request.POST.get("series") or request.GET.get("series"))
    if wanted:
        series = next((series for series in mine if series.pk == wanted), None)
        if series is None:
            raise LookupError("series")
        return series
    return mine[0] if len(mine) == 1 else None


def _form(request: HttpRequest, access: Access, meeting: Meeting) -> PaperForm:
    day = min(meeting.date, today())
    initial = {"day": day, "began": meeting.time, "chair": access.user.pk, "referent": access.user.pk}
    people = services.meeting_people(meeting, today())
    return PaperForm(request.POST or None, initial=initial, series=[], people=people)


def _entry(request: HttpRequest, form: PaperForm, series: Series) -> services.PaperEntry:
    values = form.cleaned_data
    return services.PaperEntry(
        series=series.pk,
        day=values["day"],
        began=values["began"],
        ended=values["ended"],
        chair=values["chair"],
        referent=values["referent"],
        present=present_in(request),
        stays=frozenset(number_in(value) for value in request.POST.getlist("resident")),
        topics=frozenset(number_in(value) for value in request.POST.getlist("topic")),
        home_guest=request.POST.get("guest-home", ""),
        team_guest=request.POST.get("guest-team", ""),
    )


def _page(request: HttpRequest, access: Access, meeting: Meeting, form: PaperForm) -> HttpResponse:
    rows, topics = services.paper_rows(meeting.series, today())
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="moede-papir", stays=[row.id for row in rows])
    sent = request.method == "POST"
    if sent:
        ticked = {number_in(value) for value in request.POST.getlist("resident")}
        settled = {number_in(value) for value in request.POST.getlist("topic")}
    else:
        entries, _ = services.agenda_entries(meeting, today())
        ticked = {entry.stay for entry in entries if entry.stay}
        settled = set()
    there = present_in(request) if sent else services.present_last(meeting)
    context: dict[str, Any] = {
        "series": meeting.series,
        "form": form,
        "key": request.POST.get("key") or new_key(),
        "residents": [(row, row.id in ticked) for row in rows],
        "topics": [(topic, topic.pk in settled) for topic in topics],
        "groups": _groups(meeting, there, today()),
        "guests": {side: request.POST.get(f"guest-{side}", "") for side in (Side.HOME, Side.TEAM)},
        **head(access, "moede"),
    }
    return render(request, "meetings/paper.html", context, status=422 if form.errors else 200)


def _groups(meeting: Meeting, there: dict[int, str], day: date) -> list[tuple[str, list[dict[str, Any]], list[str]]]:
    people = services.meeting_people(meeting, day)
    return [
        (title, [{"user": u, "where": there.get(u.pk, ""), "me": False} for u, which in people if which == side], [])
        for side, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"))
    ]
