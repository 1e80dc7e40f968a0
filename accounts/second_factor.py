"""Who signed in by password alone and must not. Asked once, at sign-in, and kept as a mark in the session.

The gate reads the mark at each request and the live board for each open stream, so that neither costs a query.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts import rules
from organisation.models import Membership, User

MARK = "second_factor_missing"
# How the sign-in library's records name a sign-in through an organisation's own provider.
OWN_PROVIDER = "own_provider"
TYPES = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def mark(request: HttpRequest, user: User) -> None:
    """Notes in the session whether a second factor is missing: at sign-in, and when one was added or removed."""
    if _missing(request, user):
        request.session[MARK] = True
    else:
        request.session.pop(MARK, None)


def held(session: Mapping[str, Any]) -> bool:
    """Whether the session's person must first set up a second factor."""
    return bool(session.get(MARK))


def demanded() -> bool:
    """Whether anybody is asked for one at all."""
    return bool(settings.SECOND_FACTOR != "nobody")


def _missing(request: HttpRequest, user: User) -> bool:
    if not demanded():
        return False
    records = get_authentication_records(request, user)
    if any(record["method"] == OWN_PROVIDER and record.get("strong") for record in records):
        return False
    # Roles that begin later count too: the session may still be open then.
    lasting = Membership.objects.filter(Q(to_day=None) | Q(to_day__gte=timezone.localdate()), user=user)
    if not rules.demands_second_factor(settings.SECOND_FACTOR, lasting.values_list("role", flat=True)):
        return False
    # With one set up, the sign-in library has asked for it, or it was set up just now.
    return not is_mfa_enabled(user, TYPES)
