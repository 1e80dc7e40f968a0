"""Homes: what they are called, which teams serve them, when they meet, and the day they leave."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from accounts.offices import Office, homes_of, office_view
from administration import selectors
from administration.forms import DayForm, HomeForm, LinkForm, SeriesForm
from administration.services import cooperation, units
from administration.views.common import keeping_homes, system_office
from core.forms import Data
from core.web import missing_is_404
from meetings.models import Series
from organisation.drafts import form_page
from organisation.models import Home, Team, TeamHome


@office_view(keeping_homes)
def homes(request: HttpRequest, office: Office) -> HttpResponse:
    """All the homes the person sets up, in one table with a search field."""
    wanted = request.GET.get("q", "")[:60]
    lines = selectors.homes(office, wanted, today())
    page = {"lines": lines, "wanted": wanted, "may_create": bool(office.system), "place": "styring"}
    return render(request, "administration/homes.html", page)


def _home(office: Office, pk: int, *, system: bool = False) -> Home:
    home = homes_of(office).filter(pk=pk).first()
    if home is None or (system and home.organisation_id not in office.system):
        raise LookupError("home")
    return home


def _teams_for(home: Home) -> list[Team]:
    owners = [home.organisation_id, home.organisation.region_id]
    return list(Team.objects.filter(organisation__in=[pk for pk in owners if pk]).order_by("name"))


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def home_create(request: HttpRequest, office: Office) -> HttpResponse:
    """A new home."""
    owners = selectors.organisations(office)

    def make(data: Data) -> HomeForm:
        return HomeForm(data, owners=owners, initial={"duty_title": "Vagthavende"})

    def act(form: HomeForm) -> str:
        owner = next(o for o in owners if str(o.pk) == form.cleaned_data["organisation"])
        home = units.home_create(office=office, organisation=owner, facts=form.facts(), key=form.key)
        return reverse("administration-home", args=[home.pk])

    back = reverse("administration-homes")
    return form_page(request, make, act, title="Nyt botilbud", button="Opret", back=back)


@office_view(keeping_homes)
@missing_is_404
def home(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """One home: what stands, and what can be changed."""
    home = _home(office, pk)
    page = {
        "found": home,
        "links": selectors.links(home, today()),
        "series": selectors.series_of(home, today()),
        "system": home.organisation_id in office.system,
        "leader": home.pk in office.homes,
        "unit": selectors.unit_key(home),
        "place": "styring",
    }
    return render(request, "administration/home.html", page)


@office_view(keeping_homes, methods=("GET", "POST"))
@missing_is_404
def home_change(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """A home's name and phone."""
    home = _home(office, pk)
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> HomeForm:
        return HomeForm.of(data, units.home_facts(home))

    def act(form: HomeForm) -> str:
        units.home_change(office=office, home=home, facts=form.facts(), seen=form.seen)
        return back

    return form_page(request, make, act, title=f"Ret {home.name}", button="Gem", back=back)


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def team_home_add(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """One more team at a home."""
    home = _home(office, pk, system=True)
    teams = _teams_for(home)
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> LinkForm:
        return LinkForm(data, teams=teams, initial={"from_day": today()})

    def act(form: LinkForm) -> str:
        team = next(t for t in teams if str(t.pk) == form.cleaned_data["team"])
        cooperation.team_home_add(office=office, home=home, team=team, facts=form.facts(), key=form.key)
        return back

    return form_page(request, make, act, title=f"Knyt et team til {home.name}", button="Knyt teamet", back=back)


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def team_home_change(request: HttpRequest, office: Office, pk: int, link: int) -> HttpResponse:
    """A team's days at a home, and its end there."""
    home = _home(office, pk, system=True)
    rows = TeamHome.objects.filter(pk=link, home=home).select_related("team", "home__organisation")
    team_home = rows.first()
    if team_home is None:
        raise LookupError("link")
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> LinkForm:
        return LinkForm.of(data, cooperation.link_facts(team_home))

    def act(form: LinkForm) -> str:
        cooperation.team_home_change(office=office, link=team_home, facts=form.facts(), seen=form.seen, today=today())
        return back

    return form_page(
        request, make, act, title=f"{team_home.team.name} i {home.name}", button="Gem", back=back,
        lead="Når teamet stopper, slutter de faste møder med det samme dag, og teamet kan ikke længere se tavlen.",
    )  # fmt: skip


@office_view(keeping_homes, methods=("GET", "POST"))
@missing_is_404
def series_create(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Fixed meetings with a team."""
    home = _home(office, pk)
    teams = _teams_for(home)
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> SeriesForm:
        return SeriesForm(data, teams=teams, initial={"minutes": 60, "time": "9:30", "weekday": "1"})

    def act(form: SeriesForm) -> str:
        team = next(t for t in teams if str(t.pk) == form.cleaned_data["team"])
        cooperation.series_create(
            office=office, home=home, team=team, facts=form.facts(), key=form.key, now=timezone.now()
        )
        return back

    return form_page(request, make, act, title=f"Faste møder i {home.name}", button="Aftal møderne", back=back)


def _series(home: Home, pk: int) -> Series | None:
    """The fixed meetings, unless they have ended."""
    return next((row for row, _ in selectors.series_of(home, today()) if row.pk == pk), None)


@office_view(keeping_homes, methods=("GET", "POST"))
@missing_is_404
def series_change(request: HttpRequest, office: Office, pk: int, series: int) -> HttpResponse:
    """Another day, hour or length of the fixed meetings."""
    home = _home(office, pk)
    stands = _series(home, series)
    if stands is None:
        raise LookupError("series")
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> SeriesForm:
        return SeriesForm.of(data, cooperation.series_facts(stands))

    def act(form: SeriesForm) -> str:
        cooperation.series_change(
            office=office, home=home, series_id=series, facts=form.facts(), seen=form.seen, now=timezone.now()
        )
        return back

    return form_page(
        request, make, act, title=f"De faste møder med {stands.team.name} i {home.name}", button="Gem", back=back,
        lead="Det næste møde følger med, og kontaktpersoner for dem på tavlen får besked. "
        "Et møde, I har flyttet, bliver liggende.",
    )  # fmt: skip


@office_view(keeping_homes, methods=("GET", "POST"))
@missing_is_404
def series_end(request: HttpRequest, office: Office, pk: int, series: int) -> HttpResponse:
    """The last day of the fixed meetings, and another one as long as it has not come."""
    home = _home(office, pk)
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> DayForm:
        row = _series(home, series)
        if row is None and request.method == "GET":
            raise LookupError("series")
        ends = row.ended_on if row else None
        return DayForm(data, stored={"on": ends or today()}, stands=ends)

    def act(form: DayForm) -> str:
        cooperation.series_end(
            office=office, home=home, series_id=series, on=form.cleaned_data["on"], seen=form.seen,
            today=today(),
        )  # fmt: skip
        return back

    return form_page(
        request, make, act, title=f"De faste møders sidste dag i {home.name}", button="Gem den sidste dag", back=back,
        lead="Møder efter den sidste dag aflyses. Referaterne bliver stående. Dagen kan ændres, til den er kommet.",
    )  # fmt: skip


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def home_leave(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """The home's last day in the cooperation."""
    home = _home(office, pk, system=True)
    back = reverse("administration-home", args=[pk])

    def make(data: Data) -> DayForm:
        return DayForm(data, initial={"on": today()})

    def act(form: DayForm) -> str:
        cooperation.home_leave(office=office, home=home, on=form.cleaned_data["on"], today=today())
        return back

    return form_page(
        request, make, act, title=f"{home.name} forlader samarbejdet", button="Ja, botilbuddet forlader samarbejdet",
        back=back, lead="Alle ophold, delinger, team og faste møder slutter på den sidste dag. Det kan ikke fortrydes.",
    )  # fmt: skip
