"""An organisation's own provider asked who somebody is: OpenID Connect's code flow with state, nonce and PKCE.

Our own, since the sign-in library's client checks no nonce, leaves the token's signature unchecked and lets the browser
add to what is asked (docs/decisions/0018). Nothing of what a provider says is kept but its subject.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from accounts import waiting
from accounts.providers import Provider
from accounts.rules import Refused
from accounts.waiting import WaitingSignIn

# Seconds for a connection or a piece of an answer, and for all of it.
TIMEOUT, WHOLE = 3.0, 6.0
MOST = 1024 * 1024
# What a provider says of itself is good for so long. One that has given no answer so often is not asked for a while.
KNOWN_FOR, LET_BE, TRIES = 600.0, 30.0, 3
# Only signatures by the provider's own key. Not those made with the shared secret, and not "none".
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = 60


class Silent(Exception):
    """The provider does not answer as it should. `status` is the status of its answer, 0 when there was none."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


def start(session: SessionBase, provider: Provider, callback: str, next_url: str) -> str:
    """The address at the provider to go to. The session remembers what the answer must hold. Raises Silent."""
    where = _discover(provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    waiting.remember(session, provider, state, WaitingSignIn(nonce, verifier, next_url))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": callback,
        "scope": " ".join(provider.scopes), "state": state, "nonce": nonce, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    if provider.acr:
        asked["acr_values"] = " ".join(provider.acr)
    address = _endpoint(where, "authorization_endpoint")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def claims(provider: Provider, sent: WaitingSignIn, code: str, issuer: str, callback: str) -> dict[str, Any]:
    """What the provider says of the person the code is for. Raises Silent, or Refused when a check fails."""
    if issuer and issuer != provider.issuer:
        raise Refused("issuer", _wrong(provider))
    where = _discover(provider)
    answer = exchange(provider, where, sent, code, callback)
    told = _verified(provider, where, sent, str(answer.get("id_token", "")))
    # The address and whether it is verified go together. How somebody signed in is said in the token and nowhere else.
    address = {provider.email, provider.verified}
    missing = {provider.person, provider.roles} - set(told) | (set() if address <= set(told) else address)
    if missing and "userinfo_endpoint" in where and answer.get("access_token"):
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        more = ask(_endpoint(where, "userinfo_endpoint"), headers=bearer)
        if more.get("sub") != told["sub"]:
            raise Refused("userinfo", _wrong(provider))
        told |= {name: more.get(name) for name in missing}
    return told


def exchange(
    provider: Provider, where: Mapping[str, Any], sent: WaitingSignIn, code: str, callback: str
) -> dict[str, Any]:
    """The provider's answer to the code, with its tokens. Raises Silent, or Refused for a code it does not know."""
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": sent.verifier,
    }  # fmt: skip
    headers = {}
    if "client_secret_basic" in where.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    try:
        return ask(_endpoint(where, "token_endpoint"), form=form, headers=headers)
    except Silent as silent:
        if 400 <= silent.status < 500:
            # The code was used before, or was never this sign-in's.
            raise Refused("code", _wrong(provider)) from None
        raise


def _verified(provider: Provider, where: Mapping[str, Any], sent: WaitingSignIn, token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in SIGNED_BY:
            raise Refused("algorithm", _wrong(provider))
        keys = jwt.PyJWKSet.from_dict(ask(_endpoint(where, "jwks_uri"))).keys
        usable = [
            key for key in keys if key.public_key_use in (None, "sig") and header.get("kid") in (None, key.key_id)
        ]
        if len(usable) != 1:
            raise Refused("key", _wrong(provider))
        told: dict[str, Any] = jwt.decode(
            token,
            key=usable[0],
            algorithms=[header["alg"]],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Refused(f"token:{type(error).__name__}", _wrong(provider)) from None
    if isinstance(told["aud"], list) and len(told["aud"]) > 1 and told.get("azp") != provider.client_id:
        raise Refused("audience", _wrong(provider))
    if not constant_time_compare(str(told.get("nonce", "")), sent.nonce):
        raise Refused("nonce", _wrong(provider))
    return told


_told: dict[str, tuple[float, dict[str, Any]]] = {}


def forget() -> None:
    """Forgets what providers said and who was silent (tests)."""
    _told.clear()
    _silences.clear()


def _discover(provider: Provider) -> dict[str, Any]:
    """What the provider says of itself, asked within ten minutes. Not so its keys: one may have been revoked."""
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    at, configuration = _told.get(address, (0.0, {}))
    if not configuration or time.monotonic() - at > KNOWN_FOR:
        configuration = ask(address)
        if configuration.get("issuer") != provider.issuer:
            raise Refused("issuer", _wrong(provider))
        _told[address] = (time.monotonic(), configuration)
    return configuration


def _endpoint(where: Mapping[str, Any], name: str) -> str:
    address = where.get(name)
    if not isinstance(address, str) or not _safe(address):
        raise Silent(name)
    return address


def _safe(address: str) -> bool:
    """Whether nobody can read what is sent there on its way."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = build_opener(_NoRedirects)


# {host: (how often in a row it gave no answer, when last)}
_silences: dict[str, tuple[int, float]] = {}


def ask(address: str, *, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What the provider answers at its address, an object of JSON. Raises Silent where it gives none.

    One that gave none three times in a row is not asked for half a minute: nobody waits for it meanwhile.
    """
    host = urlsplit(address).netloc
    times, last = _silences.get(host, (0, 0.0))
    if times >= TRIES and time.monotonic() - last < LET_BE:
        raise Silent("let be")
    data = urlencode(form).encode() if form is not None else None
    request = Request(address, data=data, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - _safe
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            answered = json.loads(_read(answer))
    except HTTPError as error:
        _silences.pop(host, None)
        raise Silent("refused", error.code) from None
    except (OSError, HTTPException, ValueError) as error:
        _silences[host] = (times + 1, time.monotonic())
        raise Silent(type(error).__name__) from None
    _silences.pop(host, None)
    if not isinstance(answered, dict):
        raise Silent("shape")
    return answered


def _read(answer: HTTPResponse) -> bytes:
    """All of it, up to a megabyte. Raises TimeoutError for one that comes in drops."""
    until, body = time.monotonic() + WHOLE, b""
    while len(body) < MOST and (piece := answer.read1(MOST)):
        body += piece
        if time.monotonic() > until:
            raise TimeoutError
    return body


def _wrong(provider: Provider) -> str:
    return f"Svaret fra {provider.name} kunne ikke bekræftes. Prøv igen, og spørg dem, der står for jeres log ind."
