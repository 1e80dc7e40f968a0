"""What stops an answer: the log could not be written, too much was taken out, the screen is locked, or a piece of a
page was opened as a whole page."""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from accounts import lock_views, screens, still
from accounts.access import sign_in_again, wants_fragment
from accounts.idle import State
from audit.trail import Unwritable
from core.logs import request_id
from core.web import sentence
from organisation.acts import TooMany

logger = logging.getLogger(__name__)
SECRET = re.compile(r"[A-Za-z0-9]{32}")
MESSAGE = "Loggen kan ikke skrives lige nu, så siden vises ikke. Prøv igen om lidt."


def shown_only_when_logged(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """503 in Danish when the log could not be written; 429 when the log says that the person took out too much."""

    def through(request: HttpRequest) -> Any:
        return get_response(request)

    through.process_exception = unlogged  # type: ignore[attr-defined]
    return through


def unlogged(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The answer when the request could not be logged, or was one too many. None for any other failure."""
    if isinstance(exception, TooMany):
        answer = sentence(exception.message, 429) if wants_fragment(request) else _page(exception.message, 429)
        answer.headers["Retry-After"] = str(exception.seconds)
        return answer
    if not isinstance(exception, Unwritable):
        return None
    logger.error("the log cannot be written: %s", type(exception.__cause__).__name__)
    if wants_fragment(request):
        return sentence(MESSAGE, 503)
    answer = _page(MESSAGE, 503)
    answer.headers["Retry-After"] = "30"
    return answer


def _page(message: str, status: int) -> HttpResponse:
    reference = request_id.get() if status == 503 else ""
    return HttpResponse(render_to_string("503.html", {"message": message, "reference": reference}), status=status)


class CsrfTokens(CsrfViewMiddleware):
    """Django's, with the token in the session. Somebody who has none keeps it in a cookie: a page with a form, as the
    sign-in page, would else make a session for anybody who only looks.
    """

    def _get_secret(self, request: HttpRequest) -> str | None:
        kept: str | None = super()._get_secret(request)  # type: ignore[misc]
        if kept is None and (cookie := request.COOKIES.get(settings.CSRF_COOKIE_NAME)) and SECRET.fullmatch(cookie):
            kept = cookie
        return kept

    def _set_csrf_cookie(self, request: HttpRequest, response: HttpResponse) -> None:
        if not request.session.is_empty():
            super()._set_csrf_cookie(request, response)  # type: ignore[misc]
            return
        response.set_cookie(
            settings.CSRF_COOKIE_NAME,
            # Where Django keeps the page's token: no header of the caller's.
            request.META.get("CSRF_COOKIE", ""),
            secure=settings.CSRF_COOKIE_SECURE,
            httponly=settings.CSRF_COOKIE_HTTPONLY,
            samesite=settings.CSRF_COOKIE_SAMESITE,
        )


# What a locked screen may still ask for: opening it, leaving it, and what shows no resident.
WHILE_LOCKED = {
    "health", "screen-lock", "screen-unlock", "screen-passkey", "account_logout", "device-link",
    "wall", "wall-now", "wall-link",
}  # fmt: skip
DEMO_WHILE_LOCKED = {"demo-people", "demo-sign-in"}
# The board hears it on its stream. So does a running meeting, whose page leaves the mark out.
LIVE = "board"


class LockedScreen(MiddlewareMixin):
    """423 on a locked screen, 401 or the sign-in page when the session is over. Asked before any view is called."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The answer to a request no view should see; None to go on.

        One query for somebody signed in, and for a whole page those of `still.remember`.
        """
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in WHILE_LOCKED or (settings.DEMO and name in DEMO_WHILE_LOCKED):
            return None
        if not request.user.is_authenticated:
            return None
        screen = screens.of(request, request.user)
        request.screen = screen  # type: ignore[attr-defined]
        state = screens.state(screen, timezone.now())
        if state is State.OPEN:
            # No page of signing in shows a resident, and the choice of a second factor must not be drawn anew.
            if not wants_fragment(request) and name != LIVE and not request.path.startswith("/konto/"):
                still.remember(request, request.user)
            return None
        if name == "draft":
            # What the person typed before the screen locked is kept as a draft. The answer shows nothing.
            return None
        if state is State.LOCKED:
            if wants_fragment(request):
                return sentence("Skærmen er låst.", 423)
            return lock_views.page(request, address=request.get_full_path() if request.method == "GET" else "/")
        if not wants_fragment(request):
            # A fragment does not end the session; only a whole page does. A draft may still be on its way.
            logout(request)
        return sign_in_again(request)


def whole_pages(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """A dialog or a cell opened as a page of its own (a link in a new tab, an address kept) leads to the board instead.

    On its own it has no script, and its button would send what is typed as part of an address.
    """

    def now(request: HttpRequest) -> Any:
        return _whole(request, get_response(request))

    return now


def _whole(request: HttpRequest, response: Any) -> Any:
    opened = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    html = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
    if not (opened and html and response.content) or wants_fragment(request):
        return response
    if response.content.lstrip()[:9].lower() == b"<!doctype":
        return response
    access = getattr(request, "access", None)
    return redirect("board", access.home.slug) if access else redirect("home")
