"""Shared tablets: a link made by a leader and used once, the key the tablet then carries, and taking it out of use."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Device
from audit import trail
from core.errors import Denied
from core.period import holds
from organisation.models import Home, Membership, Role, Team, TeamHome, User
from organisation.services import once

COOKIE = "__Host-tablet" if settings.TLS else "tablet"
COOKIE_DAYS = 180
CODE_HOURS = 24
trail.register("device.added", "lavede et link til en delt tablet", personal=("name",))
trail.register("device.opened", "tilsluttede en delt tablet med linket")
trail.register("device.revoked", "tog en delt tablet ud af brug")


def listed(homes: frozenset[int], teams: frozenset[int]) -> list[Device]:
    """The tablets in use of these homes and teams (ids), by name. One query."""
    in_use = Device.objects.filter(Q(home__in=homes) | Q(team__in=teams), revoked_at=None)
    return list(in_use.select_related("home", "team").order_by("name", "pk"))


def device_add(*, unit: Home | Team, name: str, key: str, by: User) -> tuple[Device, str]:
    """A new tablet and the code of its link, shown once. Raises Denied where it has no name, Repeated."""
    if not any(letter.isalnum() for letter in name) or len(name.strip()) > 40:
        raise Denied("Skriv, hvad tabletten kaldes, højst 40 tegn.", "name")
    code = secrets.token_urlsafe(24)
    with trail.change(unit.log_scope, by=by.pk) as log:
        once(by, key, name, unit.log_scope)
        device = Device(
            name=name.strip(),
            home=unit if isinstance(unit, Home) else None,
            team=unit if isinstance(unit, Team) else None,
            code_hash=_print(code),
            created_at=log.at,
            created_by=by,
        )
        device.full_clean()
        device.save(force_insert=True)
        log("device.added", device, name=name)
    return device, code


def device_open(code: str, now: datetime) -> str | None:
    """Takes the link into use: the key the tablet carries from now on; None for one used, revoked or a day old."""
    if not code:
        return None
    fresh = Device.objects.filter(
        code_hash=_print(code), revoked_at=None, created_at__gt=now - timedelta(hours=CODE_HOURS)
    )
    device = fresh.select_related("home", "team").first()
    if device is None:
        return None
    own = secrets.token_urlsafe(32)
    with trail.change(device.log_scope, by=None) as log:
        taken = fresh.filter(pk=device.pk).update(code_hash="", key_hash=_print(own), opened_at=now)
        log("device.opened", device)
    return own if taken else None


def device_revoke(*, device: Device, by: User | None) -> None:
    """The tablet is out of use: every session on it ends at its next request, and its streams within seconds.

    `by` is None where the system does it (after a restore). Raises Denied where it is out of use already.
    """
    with trail.change(device.log_scope, by=by.pk if by else None) as log:
        if not Device.objects.filter(pk=device.pk, revoked_at=None).update(
            revoked_at=log.at, key_hash="", code_hash=""
        ):
            raise Denied("Tabletten er allerede taget ud af brug.")
        log("device.revoked", device)


def of(request: HttpRequest) -> Device | None:
    """The shared tablet the request comes from; None for any other browser. One query where a key came along."""
    own = request.COOKIES.get(COOKIE, "")
    if not own:
        return None
    return Device.objects.filter(key_hash=_print(own), revoked_at=None).select_related("home", "team").first()


def works_at(user: User, device: Device) -> bool:
    """Whether the person works now in the tablet's home, in a team of that home, or in the tablet's team."""
    today = timezone.localdate()
    mine = Membership.objects.active(today).filter(user=user, role__in=[Role.STAFF, Role.LEADER])
    if device.team_id:
        here = mine.filter(team=device.team_id)
    else:
        serving = TeamHome.objects.filter(holds(today), home=device.home_id).values("team")
        here = mine.filter(Q(home=device.home_id) | Q(team__in=serving))
    now = timezone.now()
    return any(role.open_at(now) for role in here)


def _print(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
