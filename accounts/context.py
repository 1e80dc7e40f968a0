from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import idle, second_factor, still
from accounts.access import accesses, roles_of, today
from accounts.models import Screen
from organisation.models import Home, Role

OFFICES = (Role.LEADER, Role.SYSTEM, Role.CRITERIA, Role.APPROVER)


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page shows. `access` is set by @home_view.

    `menu_home` is the home the menu leads to on a page that belongs to none, `has_office` whether there is something to
    set up. Neither costs a query where the person's roles are known already. `still` is what the page asks by.
    """
    return {
        "demo": settings.DEMO,
        "access": getattr(request, "access", None),
        "debug": settings.DEBUG,
        "screen": _screen(request),
        "still": SimpleLazyObject(lambda: still.mark(request)),
        "second_factor_held": _held(request),
        "has_office": SimpleLazyObject(lambda: _has_office(request)),
        "menu_home": SimpleLazyObject(lambda: _menu_home(request)),
    }


def _screen(request: HttpRequest) -> dict[str, Any] | None:
    """When the page locks itself, in seconds left alone, and when its session ends; None where nobody is signed in.

    No query: the middleware has asked.
    """
    screen: Screen | None = getattr(request, "screen", None)
    # Who must set up a second factor first has nothing open that could lock, and every question of theirs is refused.
    if screen is None or _held(request):
        return None
    shared = screen.device_id is not None
    return {
        "shared": shared,
        "lock_after": int(idle.lock_after(shared).total_seconds()),
        "left": int((idle.over_at(screen.began_at) - timezone.now()).total_seconds()),
    }


def _held(request: HttpRequest) -> bool:
    return hasattr(request, "session") and second_factor.held(request.session)


def _menu_home(request: HttpRequest) -> Home | None:
    if not request.user.is_authenticated or _held(request):
        return None
    own_accesses = accesses(request.user, today())
    return own_accesses[0].home if own_accesses else None


def _has_office(request: HttpRequest) -> bool:
    if not request.user.is_authenticated or _held(request):
        return False
    return any(membership.role in OFFICES for membership in roles_of(request.user, today())[0])
