"""How long data is kept and what went, and a leader who erases an ended stay before its term."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from accounts.offices import Office, homes_of, office_view
from audit import trail
from core.fields import text
from core.forms import ChangeForm, Data
from core.period import holds
from core.web import missing_is_404
from criteria.selectors import homes_of_region
from organisation.drafts import form_page
from organisation.models import Home, TeamHome
from privacy.models import Cause, Erasure
from privacy.retention import stays as services
from privacy.retention.selectors import ended, overview
from residents.models import Stay

SCREEN = "fraflyttede"


def answering(office: Office) -> bool:
    """Leaders and system administrators, and those who set the terms."""
    return bool(office.system or office.homes or office.teams or office.criteria)


def leading_homes(office: Office) -> bool:
    """Leaders of a home."""
    return bool(office.homes)


@office_view(answering)
def retention(request: HttpRequest, office: Office) -> HttpResponse:
    """Each kind of data: how long, and how much went last night and in all. Names no resident."""
    homes = set(homes_of(office).values_list("pk", flat=True))
    homes |= set(TeamHome.objects.filter(holds(today()), team__in=office.teams).values_list("home_id", flat=True))
    for region in office.criteria:
        homes |= {home.pk for home in homes_of_region(region, today())}
    page = {"found": overview(homes, timezone.now(), today()), "place": "styring"}
    return render(request, "privacy/retention.html", page)


def _home(office: Office, pk: int) -> Home:
    """A home the person leads. Raises LookupError for any other, also one the person administers."""
    if pk not in office.homes:
        raise LookupError("home")
    return Home.objects.get(pk=pk)


@office_view(leading_homes)
@missing_is_404
def stays(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """The home's ended stays, by flat and day, and when each is erased."""
    home = _home(office, pk)
    lines = ended(home, today())
    _looked(home, office, [line.id for line in lines])
    page = {"home": home, "lines": lines, "erased": "slettet" in request.GET, "place": "styring"}
    return render(request, "privacy/stays.html", page)


class WhyForm(ChangeForm):
    """Why it is erased before its term."""

    why = text(services.WHY_LENGTH, "Hvorfor slettes det nu?")


@office_view(leading_homes, methods=("GET", "POST"))
@missing_is_404
def stay_erase(request: HttpRequest, office: Office, pk: int, stay: int) -> HttpResponse:
    """Asks once more, and for a reason, before all about an ended stay is erased."""
    home = _home(office, pk)
    back = reverse("administration-stays", args=[pk])
    ended_stay = Stay.objects.for_home(home).filter(pk=stay, to_day__lte=today()).select_related("home").first()
    if ended_stay is None and request.method == "POST" and Erasure.objects.filter(home=home, stay=stay).exists():
        # The second of a double click, or somebody else was first: it is done.
        return redirect(f"{back}?slettet")
    if ended_stay is None or ended_stay.to_day is None:
        raise LookupError("stay")
    _looked(home, office, [ended_stay.pk])
    left = ended_stay.to_day

    def make(data: Data) -> WhyForm:
        return WhyForm(data)

    def act(form: WhyForm) -> str:
        services.stay_erase(
            stay=ended_stay, cause=Cause.ASKED, why=form.cleaned_data["why"], by=office.user, now=timezone.now(),
            key=form.key,
        )  # fmt: skip
        return f"{back}?slettet"

    return form_page(
        request, make, act, about=(home, ended_stay.pk), title="Slet et ophold", button="Ja, slet alt om opholdet",
        back=back,
        lead=f"Bolig {ended_stay.flat}, fraflyttet {left.day}.{left.month}.{left.year}. Alt, der er "
        "skrevet om opholdet, slettes med det samme, både botilbuddets og teamets, også i gamle referater. Det kan "
        "ikke fortrydes. Journalerne i jeres egne systemer bliver stående. I loggen står, at du slettede det, og "
        "hvorfor.",
    )  # fmt: skip


def _looked(home: Home, office: Office, shown: list[int]) -> None:
    if shown:
        trail.record_read(home.scope, viewer=office.user.pk, screen=SCREEN, stays=shown)
