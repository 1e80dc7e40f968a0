"""A leader's shared tablets: a link to a new one, and taking one out of use."""

from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import devices as services
from accounts.offices import Office, office_view
from administration.forms import TabletForm
from core.errors import Denied
from core.forms import Data, changing
from core.web import missing_is_404
from organisation.drafts import FormDraft
from organisation.models import Home, Team
from privacy.views.samples import leading

LOST = "Linket er lavet. Det vises kun én gang; tag tabletten ud af brug nedenfor, og lav et nyt, hvis du mangler det."


@office_view(leading, methods=("GET", "POST"))
def devices(request: HttpRequest, office: Office) -> HttpResponse:
    """The shared tablets of the leader's homes and teams, and a link to a new one."""
    units: dict[str, Home | Team] = {f"h{home.pk}": home for home in Home.objects.filter(pk__in=office.homes)}
    units |= {f"t{team.pk}": team for team in Team.objects.filter(pk__in=office.teams)}

    def make(data: Data) -> TabletForm:
        return TabletForm(data, units=units)

    def page(form: TabletForm, status: int, link: str = "") -> HttpResponse:
        context = {"form": form, "link": link, "place": "styring"}
        context["devices"] = services.listed(office.homes, office.teams)
        return render(request, "administration/devices.html", context, status=status)

    def act(form: TabletForm) -> HttpResponse:
        unit = units[form.cleaned_data.get("unit") or next(iter(units))]
        _, code = services.device_add(unit=unit, name=form.cleaned_data["name"], key=form.key, by=office.user)
        return page(make(None), 200, f"{settings.PUBLIC_URL}/tablet/{code}/")

    def done(form: TabletForm) -> HttpResponse:
        again = make(None)
        again.said = LOST
        return page(again, 200)

    return changing(
        request, make, act, show=page, done=done, drafts=FormDraft(office.user, None, "administration-devices")
    )


@office_view(leading, methods=("POST",))
@missing_is_404
def device_revoke(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """The tablet is out of use."""
    device = next((listed for listed in services.listed(office.homes, office.teams) if listed.pk == pk), None)
    if device is None:
        raise LookupError("device")
    with suppress(Denied):  # a second click: it is done already
        services.device_revoke(device=device, by=office.user)
    return redirect("administration-devices")
