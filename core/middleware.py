"""What every answer of the site has in common."""

import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core.logs import request_id
from core.web import sentence


def numbered(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Numbers each request: in its log lines, its answer and an error page. A number sent by the caller is ignored."""

    def now(request: HttpRequest) -> HttpResponseBase:
        before = request_id.set(number := secrets.token_hex(8))
        try:
            response: HttpResponseBase = get_response(request)
        finally:
            request_id.reset(before)
        response.headers["X-Request-Id"] = number
        return response

    return now


def no_store(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Keeps pages about people out of every cache: the browser's, the proxy's and the Back button's."""

    def now(request: HttpRequest) -> HttpResponseBase:
        return _mark(get_response(request))

    return now


# What our pages never need from a browser. Passkeys are allowed, because our own sign-in pages use them.
_UNUSED = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer",
    "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(
    [
        *(f"{name}=()" for name in _UNUSED),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)

PIECES = ("text/css", "text/javascript", "font/")


def _mark(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    # It says what a page may use. On the dozen files a page is made of it would be half a kilobyte each time.
    if not response.headers.get("Content-Type", "").startswith(PIECES):
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    return response


def readable(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Refuses what no page of ours sends, before anybody reads it: 400 another charset than UTF-8, 405 a method.

    Python also knows charsets like base64 and hex, which are not for text. Reading a form with one would raise an error
    that no view expects.
    """

    def now(request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = _unreadable(request) or get_response(request)
        return answer

    return now


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    if request.method not in ("GET", "HEAD", "POST"):
        answer = sentence("Den handling findes ikke her.", 405)
        answer.headers["Allow"] = "GET, HEAD, POST"
        return answer
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return sentence("Formularen kan ikke læses. Hent siden igen, og prøv igen.", 400)
    return None
