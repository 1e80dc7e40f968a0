"""'Hvem har set': for the resident, and for those who answer for the home and the team."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from boards.views.common import log_read, seen_row, told_apart
from boards.views.page import head
from botilbud.organisation import acts
from botilbud.organisation.access import Access, home_view, today
from botilbud.organisation.models import Side
from control import selectors
from residents.models import Stay


@home_view()
@told_apart
def seen_by(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Who has looked at the resident within a year, and who has changed something. To print; a copy taken out."""
    if not access.is_leader:
        raise PermissionDenied("Det er en leder, der kan se og printe, hvem der har set en beboer. Spørg din leder.")
    name, flat, sides = _whom(access, stay)
    acts.exported(access.home, access.user, "set-af", [stay])
    day = today()
    page = {
        "name": name,
        "flat": flat,
        "day": day,
        "looked": selectors.looked(access.home, stay, day),
        "changed": selectors.changed(access.home, stay, sides, day),
        **head(access, "beboere"),
    }
    return render(request, "control/seen_by.html", page)


def _whom(access: Access, stay: int) -> tuple[str, str, frozenset[Side]]:
    """Name, flat and the sides whose acts may be told; the home's own of a stay that has ended. Raises LookupError."""
    if access.side == Side.HOME:
        ended = Stay.objects.for_home(access.home).filter(pk=stay, to_day__lte=today()).select_related("resident")
        for former in ended:
            log_read(access, "set-af", [stay])
            return former.resident.name, former.flat, frozenset({Side.HOME, Side.JOINT})
    row = seen_row(access, stay, "set-af")
    return row.stay.name, row.stay.flat, row.stay.sight.sides
