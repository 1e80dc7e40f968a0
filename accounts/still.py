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
    """What the page sends back when it asks; '' for one that asks nothing.

    Such is what Styring answers a form with: it shows no resident, and may show a link that is shown once.
    """
    standing = getattr(request, "rests_on", None)
    asks = request.method == "GET" or hasattr(request, "access")
    return seal(_PURPOSE, standing) if standing and asks else ""


def forget(request: HttpRequest) -> None:
    """The page shows something that is shown once, and no resident: it is not to be drawn anew."""
    request.rests_on = None  # type: ignore[attr-defined]


def renewed(user: User, sent: str) -> str:
    """A new mark for the page with this one, where all it rests on is as it was; '' where it must be drawn anew.

    Acts that move nobody's sight, and the person's own, change nothing. The mark is new each time, so that it does not
    tell whether there were any. Three queries for somebody with a home.
    """
    try:
        before = unseal(_PURPOSE, sent)
    except LookupError:
        return ""
    now = _standing(user)
    if {**before, "homes": None} != {**now, "homes": None}:
        return ""
    moved = {scope: seq for scope, seq in before["homes"].items() if now["homes"][scope] != seq}
    return "" if trail.sight_moved(moved, besides=user.pk) else seal(_PURPOSE, now)


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
