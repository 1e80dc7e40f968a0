from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from botilbud.organisation.access import accesses, today
from botilbud.organisation.models import Home, Membership, Role

OFFICES = (Role.LEADER, Role.SYSTEM, Role.CRITERIA, Role.APPROVER)


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page shows. `access` is set by @home_view.

    `menu_home` is the home the menu leads to on a page that belongs to none, for two queries there.
    `has_office` (whether there is something to set up) costs one query on pages that show the menu, none on fragments.
    """
    return {
        "demo": settings.DEMO,
        "access": getattr(request, "access", None),
        "debug": settings.DEBUG,
        "has_office": SimpleLazyObject(lambda: _has_office(request)),
        "menu_home": SimpleLazyObject(lambda: _menu_home(request)),
    }


def _menu_home(request: HttpRequest) -> Home | None:
    if not request.user.is_authenticated:
        return None
    found = accesses(request.user, today())
    return found[0].home if found else None


def _has_office(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    return Membership.objects.active(today()).filter(user=request.user, role__in=OFFICES).exists()
