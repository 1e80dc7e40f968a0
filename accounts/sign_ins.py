"""Signing in and out, failing to, and what one signs in with: noted as the sign-in libraries tell of it.

A known person's acts are noted in their own chain. An address that nobody has is kept as a keyed hash: one can see
that the same address came again, but not which it was.
"""

import logging
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts import browsers, first_factor, screens, second_factor
from audit import trail
from organisation.models import User

logger = logging.getLogger(__name__)
UNKNOWN = "sign-in"

trail.register("sign_in.done", "loggede ind")
trail.register("sign_in.ended", "loggede ud")
trail.register("sign_in.failed", "blev ikke lukket ind")
trail.register("sign_in.locked", "blev lukket ude en tid efter flere forsøg")
trail.register("password.changed", "skiftede adgangskode")
trail.register("password.reset", "valgte en ny adgangskode ved et link i en mail")
trail.register("second_factor.added", "tog et ekstra trin ved log ind i brug")
trail.register("second_factor.removed", "fjernede et ekstra trin ved log ind")
trail.register("second_factor.renewed", "fik nye engangskoder")
trail.register("second_factor.failed", "svarede forkert på det ekstra trin ved log ind")


def connect() -> None:
    """Connects to the libraries' signals. They offer no other way."""
    user_logged_in.connect(_signed_in, dispatch_uid="log-signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="log-signed-out")
    user_login_failed.connect(_failed, dispatch_uid="log-failed")
    user_locked_out.connect(_locked, dispatch_uid="log-locked")
    for signal, code in (
        (account.password_set, "password.changed"),
        (account.password_changed, "password.changed"),
        (account.password_reset, "password.reset"),
        (mfa.authenticator_added, "second_factor.added"),
        (mfa.authenticator_removed, "second_factor.removed"),
        (mfa.authenticator_reset, "second_factor.renewed"),
        (mfa.authentication_failed, "second_factor.failed"),
    ):
        signal.connect(_own_act(code), weak=False, dispatch_uid=f"log-{id(signal)}")
    for signal in (mfa.authenticator_added, mfa.authenticator_removed):
        signal.connect(_factors_changed, dispatch_uid=f"factors-{id(signal)}")
    account.password_changed.connect(_password_changed, dispatch_uid="sessions-changed")
    account.password_reset.connect(_password_reset, dispatch_uid="sessions-reset")


def locked_out(address: str) -> None:
    """Too many tries for the address. Noted once an hour, however many more come."""
    _about(address, "sign_in.locked", hourly=True)


def _signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    trail.note(user.scope, "sign_in.done", user, by=user.pk)
    by_pin = getattr(request, "by_pin", False)
    if not by_pin:
        # Whoever opens a shared tablet by PIN had all that is asked for when they signed in on it.
        second_factor.mark(request, user)
    screens.begin(request, user, full=not by_pin and not second_factor.held(request.session))
    browsers.opened(request, user)


def _factors_changed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    first_factor.used(request)
    second_factor.mark(request, user)
    if not second_factor.held(request.session):
        screens.signed_in_fully(request, user)


def _password_changed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    browsers.password_changed(request, user)
    screens.pin_forget(user)


def _password_reset(sender: Any, request: HttpRequest | None, user: User, **_: Any) -> None:
    browsers.all_ended(user.pk)
    screens.pin_forget(user)
    if request is not None:
        # The link came by mail, or from who set the site up: it shows what the code would.
        first_factor.prove(request, user)


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is None:
        return
    browsers.closed(request)
    try:
        trail.note(user.scope, "sign_in.ended", user, by=user.pk)
    except trail.Unwritable:
        # If the log cannot be written, the session still ends: an open session is worse than a missing line.
        logger.error("a sign-out could not be logged")


def _failed(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    _about(_address(credentials), "sign_in.failed")


def _locked(sender: Any, username: str | None, **_: Any) -> None:
    # What tries are counted under may name a browser as well (browsers.tried_as).
    locked_out((username or "").partition(" ")[0])


def _address(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")


def _about(address: str, code: str, *, hourly: bool = False) -> None:
    known = User.objects.filter(email__iexact=address).first() if address else None
    if known is not None:
        trail.note(known.scope, code, known, by=None, hourly=hourly)
        return
    mark = salted_hmac(f"{__name__}.unknown", address.casefold(), algorithm="sha256").hexdigest()[:40]
    trail.note(UNKNOWN, code, f"unknown:{mark}", by=None, hourly=hourly)


def _own_act(code: str) -> Any:
    def noted(sender: Any, user: User, **_: Any) -> None:
        trail.note(user.scope, code, user, by=user.pk)

    return noted
