"""'Styring': what I can do here."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.access import today
from accounts.offices import Office, office_view
from administration.views.common import any_office, system_office
from audit import anchors, clock
from organisation.models import Organisation
from privacy import selectors
from privacy.retention import services as retention
from privacy.views.retention import answering
from privacy.views.samples import keeping_anchors, leading, leads_of


@dataclass(frozen=True)
class StartLink:
    """A link and what it is for."""

    url: str
    title: str
    what: str


@office_view(any_office)
def administration(request: HttpRequest, office: Office) -> HttpResponse:
    """The tasks of the person's offices."""
    system, staffing = bool(office.system), bool(office.system or office.homes or office.teams)
    named = [
        (system, "administration-organisations", "Organisationer", "Regionen, kommuner og private ejere"),
        (
            system or bool(office.teams),
            "administration-teams",
            "Team",
            "Telefon, åbningstid og hvad der gælder udenfor",
        ),
        (system or bool(office.homes), "administration-homes", "Botilbud", "Navn, telefon, team og faste møder"),
        (staffing, "administration-people", "Personer", "Hvem arbejder hvor, og hvor længe"),
        (
            bool(office.own or office.homes or office.teams),
            "administration-role-offers",
            "Roller, der venter på et ja",
            "Når nogen også skal arbejde et andet sted end hos deres egen organisation",
        ),
        (staffing, "administration-people-read-in", "Mange personer på én gang", "Fra et regneark"),
        (
            bool(office.criteria),
            "administration-criteria-set",
            "Kriterier",
            "Regionens kriterier for intensiveret indsats",
        ),
        (bool(office.approves), "administration-approvals", "Godkendelser", "Kriterier, der venter på dit svar"),
        (leading(office), "administration-samples", "Stikprøver", _waiting(office)),
        (leading(office), "administration-devices", "Delte tablets", "Tabletter, som flere bruger"),
        (
            answering(office),
            "administration-retention",
            "Opbevaring",
            "Hvor længe noget gemmes, og hvad der er slettet",
        ),
        (keeping_anchors(office), "administration-anchors", "Loggens ankre", "Gem et i dag, og loggen kan efterprøves"),
    ]
    tasks = [StartLink(url, title, what) for may, name, title, what in named if may and (url := _url(name))]
    for region in Organisation.objects.filter(pk__in=office.criteria, region=None).order_by("name"):
        if url := _url("administration-settings-change", region.pk):
            tasks.append(StartLink(url, f"Indstillinger for {region.name}", "Frister, ord og kolonner"))
    held = retention.waits_for_yes(timezone.now()) if office.system else ""
    page = {"tasks": tasks, "doubts": _doubts(office), "held": held, "place": "styring"}
    return render(request, "administration/start.html", page)


def _doubts(office: Office) -> list[str]:
    """For administrators: why the clock is not trusted, and so nothing is erased and no anchor made."""
    now = timezone.now()
    found = [retention.clock_doubt(now), anchors.clock_doubt(now)] if office.system else []
    return [why for why in dict.fromkeys(found) if why]


@office_view(system_office, methods=("POST",))
def erasing_allow(request: HttpRequest, office: Office) -> HttpResponse:
    """Somebody has looked at what would be erased, and it may go."""
    retention.allow(by=office.user.pk, now=timezone.now())
    return redirect("administration")


@office_view(system_office, methods=("POST",))
def clock_confirm(request: HttpRequest, office: Office) -> HttpResponse:
    """Somebody has looked at the server's clock, and it is right."""
    clock.confirm(by=office.user.pk, now=timezone.now())
    return redirect("administration")


def _waiting(office: Office) -> str:
    """What waits in the samples: 'Ugens opslag: 12 venter på svar, 3 over fristen'."""
    if not leading(office):
        return ""
    samples = selectors.waiting(leads_of(office), today())
    if not samples.open:
        return "Ugens opslag: ingen venter på svar"
    late = f", {samples.late} over fristen" if samples.late else ""
    return f"Ugens opslag: {samples.open} venter på svar{late}"


def _url(name: str, *args: int) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
