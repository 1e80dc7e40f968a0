"""A meeting held on paper, entered afterwards."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import Access, home_view, today
from audit import trail
from boards.views.page import head
from core.forms import Data
from core.web import missing_is_404, number_in
from meetings import services
from meetings.forms import PaperForm
from meetings.models import Meeting, Series
from organisation.drafts import form_page


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
    rows, topics = services.paper_rows(series, today())
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="moede-papir", stays=[row.id for row in rows])
    back = reverse("meetings", args=[access.home.slug])

    def make(data: Data) -> PaperForm:
        day = min(meeting.date, today())
        entries, _ = services.agenda_entries(meeting, today())
        initial = {
            "day": day,
            "began": meeting.time,
            "chair": access.user.pk,
            "referent": access.user.pk,
            "resident": [str(entry.stay) for entry in entries if entry.stay],
        }
        return PaperForm(
            data,
            initial=initial,
            series=[],
            people=services.meeting_people(meeting, today()),
            there=services.present_last(meeting),
            residents=[(row.id, row.stay.label) for row in rows],
            topics=[(topic.pk, topic.text) for topic in topics],
        )

    def act(form: PaperForm) -> str:
        entry = _entry(form, series)
        made = services.paper_enter(access=access, entry=entry, key=form.key, today=today())
        return reverse("minutes", args=[access.home.slug, made.number])

    return form_page(
        request, make, act, title="Indtast et møde fra papir", button="Lås referatet", back=back,
        template="meetings/paper.html", series=series, **head(access, "moede"),
    )  # fmt: skip


def _series(request: HttpRequest, mine: list[Series]) -> Series | None:
    """The series named in the address; the only one; None where one must be chosen."""
    wanted = number_in(request.GET.get("series"))
    if wanted:
        series = next((series for series in mine if series.pk == wanted), None)
        if series is None:
            raise LookupError("series")
        return series
    return mine[0] if len(mine) == 1 else None


def _entry(form: PaperForm, series: Series) -> services.PaperEntry:
    values = form.cleaned_data
    stays, topics = form.ticked
    return services.PaperEntry(
        series=series.pk,
        day=values["day"],
        began=values["began"],
        ended=values["ended"],
        chair=values["chair"],
        referent=values["referent"],
        present=form.present,
        stays=stays,
        topics=topics,
        guests=tuple(line.strip() for line in values["guests"].splitlines() if line.strip()),
    )
