"""A leader's shared tablets: a link to a new one, and taking one out of use."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import devices as services
from accounts.offices import Office, office_view
from core.errors import Denied, Repeated
from core.forms import key_in
from core.web import missing_is_404, new_key
from organisation.models import Home, Team
from privacy.views.samples import leading

LOST = "Linket er lavet. Det vises kun én gang; tag tabletten ud af brug nedenfor, og lav et nyt, hvis du mangler det."


@office_view(leading, methods=("GET", "POST"))
def devices(request: HttpRequest, office: Office) -> HttpResponse:
    """The shared tablets of the leader's homes and teams, and a link to a new one."""
    units: dict[str, Home | Team] = {f"h{home.pk}": home for home in Home.objects.filter(pk__in=office.homes)}
    units |= {f"t{team.pk}": team for team in Team.objects.filter(pk__in=office.teams)}
    context: dict[str, Any] = {"units": units, "place": "styring", "link": "", "error": "", "field": ""}
    if request.method == "POST":
        context |= {"name": request.POST.get("name", "")[:80], "unit": request.POST.get("unit", "")[:12]}
        unit = units.get(context["unit"]) or (next(iter(units.values())) if len(units) == 1 else None)
        try:
            if unit is None:
                raise Denied("Vælg, hvor tabletten hører til.", "unit")
            _, code = services.device_add(unit=unit, name=context["name"], key=key_in(request), by=office.user)
            context |= {"link": f"{settings.PUBLIC_URL}/tablet/{code}/", "name": "", "unit": ""}
        except Denied as denied:
            context |= {"error": denied.message, "field": denied.field}
        except Repeated:
            context["error"] = LOST
    context |= {"devices": services.listed(office.homes, office.teams), "key": new_key()}
    return render(request, "administration/devices.html", context, status=422 if context["error"] else 200)


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
