"""Organisations and teams."""

from datetime import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import today
from accounts.offices import Office, office_view
from administration import selectors
from administration.forms import OrganisationForm, TeamForm
from administration.services import practice, units
from administration.views.common import system_office
from core.errors import Denied
from core.forms import Data
from core.web import missing_is_404, sentence
from organisation.drafts import form_page
from organisation.models import Organisation, Team


@office_view(system_office)
def organisations(request: HttpRequest, office: Office) -> HttpResponse:
    """The organisations the person sets up."""
    lines = selectors.organisations(office)
    regions = any(line.region_id is None for line in lines)
    return render(
        request, "administration/organisations.html", {"lines": lines, "regions": regions, "place": "styring"}
    )


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def organisation_create(request: HttpRequest, office: Office) -> HttpResponse:
    """A municipality or a private owner under the region."""
    regions = selectors.own_regions(office)
    if not regions:
        raise LookupError("region")
    back = reverse("administration-organisations")

    def make(data: Data) -> OrganisationForm:
        return OrganisationForm(data, regions=regions)

    def act(form: OrganisationForm) -> str:
        region = next(r for r in regions if str(r.pk) == form.cleaned_data["region"])
        units.organisation_create(office=office, region=region, facts=form.facts(), key=form.key)
        return back

    return form_page(request, make, act, title="Ny kommune eller privat ejer", button="Opret", back=back)


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def organisation(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """An organisation's name, and who is sent the log's anchor."""
    organisation = Organisation.objects.filter(pk=pk, pk__in=office.system).first()
    if organisation is None:
        raise LookupError("organisation")
    back = reverse("administration-organisations")

    def make(data: Data) -> OrganisationForm:
        return OrganisationForm.of(data, units.organisation_facts(organisation))

    def act(form: OrganisationForm) -> str:
        units.organisation_change(office=office, organisation=organisation, facts=form.facts(), seen=form.seen)
        return back

    # The service reads `organisation` again, so that after a conflict it is what stands now.
    return form_page(request, make, act, title=f"Ret {organisation.name}", button="Gem", back=back)


@office_view(lambda office: bool(office.system or office.teams))
def teams(request: HttpRequest, office: Office) -> HttpResponse:
    """The teams the person sets up or leads."""
    regions = selectors.own_regions(office)
    lines = [(team, team.organisation_id in office.system) for team in selectors.teams(office)]
    return render(request, "administration/teams.html", {"lines": lines, "regions": regions, "place": "styring"})


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def team_create(request: HttpRequest, office: Office) -> HttpResponse:
    """A new team in a region."""
    regions = selectors.own_regions(office)
    if not regions:
        raise LookupError("region")
    initial = {"duty_title": "Teamets vagt", "opens": time(8), "closes": time(16)}
    back = reverse("administration-teams")

    def make(data: Data) -> TeamForm:
        return TeamForm(data, regions=regions, initial=initial)

    def act(form: TeamForm) -> str:
        region = next(r for r in regions if str(r.pk) == form.cleaned_data["organisation"])
        units.team_create(office=office, organisation=region, facts=form.facts(), key=form.key)
        return back

    return form_page(request, make, act, title="Nyt team", button="Opret", back=back)


def _team(office: Office, pk: int) -> Team:
    team = Team.objects.filter(pk=pk, organisation__in=office.system).select_related("organisation").first()
    if team is None:
        raise LookupError("team")
    return team


@office_view(system_office, methods=("GET", "POST"))
@missing_is_404
def team(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """A team's name, phone and hours."""
    team = _team(office, pk)
    back = reverse("administration-teams")

    def make(data: Data) -> TeamForm:
        return TeamForm.of(data, units.team_facts(team))

    def act(form: TeamForm) -> str:
        units.team_change(office=office, team=team, facts=form.facts(), seen=form.seen)
        return back

    return form_page(
        request, make, act, title=f"Ret {team.name}", button="Gem", back=back,
        practice=practice.practice_home_of(team), team=team, template="administration/team.html",
    )  # fmt: skip


@office_view(system_office, methods=("POST",))
@missing_is_404
def practice_create(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """An øvebotilbud for a team."""
    team = _team(office, pk)
    try:
        home = practice.practice_create(office=office, team=team, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return redirect("administration-home", home.pk)
