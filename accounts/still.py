"""Whether a page may still show what it shows: it asks every few seconds (static/js/still.js, docs/decisions/0043).

What a person sees rests on the day, on their roles and on what the homes have shared. A page keeps, sealed, how these
stood before it was drawn; so what changed while it was drawn is told as well.
"""

import hashlib
from typing import Any

from django.http import HttpRequest

from accounts.access import Roles, accesses, roles_of, today
from audit import trail
from core.sealed import seal, unseal
from organisation.models import User

_PURPOSE = "still"


def remember(request: HttpRequest, user: User) -> None:
    """Notes what the page about to be drawn rests on. One query, beside the person's roles; none without a home."""
    request.rests_on = _standing(user)  # type: ignore[attr-defined]
    if request.method == "POST":
        # What is sent may change them, and whoever asks inside the change must be told how they stand then.
        user.known_roles = {}


def mark(request: HttpRequest) -> str:
    """What the page sends back when it asks; '' for a page that rests on nobody's roles."""
    standing = getattr(request, "rests_on", None)
    return seal(_PURPOSE, standing) if standing else ""


def holds(user: User, sent: str) -> bool:
    """Whether everything the page with this mark rests on is as it was. Three queries for somebody with a home.

    Also true where others than the person changed something in their homes that moves nobody's sight.
    """
    try:
        before = unseal(_PURPOSE, sent)
    except LookupError:
        return False
    now = _standing(user)
    if {**before, "homes": None} != {**now, "homes": None}:
        return False
    moved = {scope: seq for scope, seq in before["homes"].items() if now["homes"][scope] != seq}
    return not trail.sight_moved(moved, besides=user.pk)


def _standing(user: User) -> dict[str, Any]:
    day = today()
    roles = roles_of(user, day)
    scopes = sorted({access.home.scope for access in accesses(user, day)})
    clocks = trail.clocks(scopes) if scopes else {}
    return {
        "user": user.pk,
        "day": day.isoformat(),
        "roles": _digest(roles),
        "homes": {scope: clocks.get(scope, (0, 0))[1] for scope in scopes},
    }


def _digest(roles: Roles) -> str:
    memberships, links = roles
    parts = [sorted((member.pk, member.role) for member in memberships), sorted(link.pk for link in links)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
