"""Nothing is shown that could not be logged."""

import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware

from botilbud.audit.trail import Unwritable
from botilbud.organisation.access import plain, wants_fragment

logger = logging.getLogger(__name__)
MESSAGE = "Loggen kan ikke skrives lige nu, så siden vises ikke. Prøv igen om lidt."


@sync_and_async_middleware
def shown_only_when_logged(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """503 in Danish, with nothing of what was asked for, where the log could not be written."""

    def through(request: HttpRequest) -> Any:
        return get_response(request)

    if iscoroutinefunction(get_response):
        markcoroutinefunction(through)
    through.process_exception = unlogged  # type: ignore[attr-defined]
    return through


def unlogged(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The answer to a request whose trace could not be kept; None for any other failure."""
    if not isinstance(exception, Unwritable):
        return None
    logger.error("the log cannot be written: %s", type(exception.__cause__).__name__)
    if wants_fragment(request):
        return plain(MESSAGE, 503)
    return HttpResponse(render_to_string("503.html", {"message": MESSAGE}), status=503, headers={"Retry-After": "30"})
