import base64
import logging
import secrets
from ipaddress import ip_address, ip_network
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import browsers, own_provider, second_factor, sign_ins
from core.sealed import seal, unseal
from organisation.models import User

logger = logging.getLogger(__name__)
NAME = "Beboeroverblik"
FACTOR = "second-factor"


def caller(request: HttpRequest) -> str | None:
    """The caller's address, for all that count tries: behind proxies, what the outermost of ours saw.

    Of an IPv6 address its first half: the rest any machine chooses for itself.
    """
    try:
        address = ip_address(get_adapter(request).get_client_ip(request))
    except (PermissionDenied, ValueError):
        return None  # a request that came over no network
    return str(ip_network((address, 64), strict=False).network_address) if address.version == 6 else str(address)


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """People are created by their administrator; nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "Kontoen er lukket. Spørg din leder eller jeres systemadministrator.",
        "email_password_mismatch": "Mailadressen og adgangskoden passer ikke sammen. Prøv igen.",
        "enter_current_password": "Det er ikke din adgangskode nu. Prøv igen.",
        "incorrect_code": "Koden passer ikke. Prøv igen med en ny.",
        "incorrect_password": "Adgangskoden passer ikke. Prøv igen.",
        "invalid_login": "Mailadressen og adgangskoden passer ikke sammen. Prøv igen.",
        "invalid_password_reset": "Linket er brugt eller for gammelt. Bed om et nyt.",
        "rate_limited": "Det var mange forsøg. Vent et kvarter, og prøv igen.",
        "same_as_current": "Vælg en anden adgangskode end den, du har.",
        "too_many_login_attempts": "Det var mange forsøg. Vent et kvarter, og prøv igen, eller vælg en ny adgangskode.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """The password alone: an account that was closed since the person was read stays closed."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What wrong passwords count under: the account, the address, and a browser its owner has used."""
        return f"{browsers.tried_as(request, credentials)} {caller(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many tries are refused before anybody is asked; that too is noted."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_ins.locked_out(str(credentials.get("email") or credentials.get("username") or ""))
            raise

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Somebody whose organisation allows only its own provider goes back to the start."""
        through = get_authentication_records(request, user)
        if own_provider.password_closed(user, timezone.localdate()) and not any(
            record["method"] == second_factor.OWN_PROVIDER for record in through
        ):
            request.session.flush()
            messages.error(request, "Din arbejdsplads bruger sit eget log ind. Brug knappen med dens navn.")
            return redirect("account_login")
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Where the person goes next, after we have noted whether they have used this browser before."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        browsers.arrived(request, user, response)
        return response

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Keeps only messages about what went wrong. The next page shows what went well."""
        if level >= messages.ERROR:
            super().add_message(request, level, *args, **kwargs)


def opened(sealed: str) -> str:
    """A second factor's secret. Raises LookupError where none of the keys opens it."""
    return str(unseal(FACTOR, sealed, settings.FACTOR_KEYS))


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys and codes under the app's own name, with their errors in our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Din rolle kræver et ekstra trin ved log ind. Tag et andet i brug først.",
        "cannot_generate_recovery_codes": "Tag en adgangsnøgle eller en kode-app i brug først.",
        "incorrect_code": "Koden eller nøglen passer ikke. Prøv igen.",
    }

    def encrypt(self, text: str) -> str:
        """What is kept of a code app's secret, and of the codes to write down: sealed."""
        return seal(FACTOR, text, settings.FACTOR_KEYS)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Where no key opens it any more, a chance one that no code fits: a new factor is taken in use."""
        try:
            return opened(encrypted_text)
        except LookupError:
            logger.error("a second factor cannot be read: is a key of BOTILBUD_FACTOR_KEYS missing?")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        """What the code app calls us."""
        return NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whom a passkey is for: the host, under our name."""
        return {**super().get_public_key_credential_rp_entity(), "name": NAME}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """What a new passkey is called until the person names it."""
        return "Min nøgle"
