"""What every answer of the site has in common."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def no_store(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Keeps pages about people out of every cache: the browser's, the proxy's and the Back button's."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> HttpResponseBase:
            answer: Awaitable[HttpResponseBase] = get_response(request)
            return _mark(await answer)

        return later

    def now(request: HttpRequest) -> HttpResponseBase:
        return _mark(get_response(request))

    return now


def _mark(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


def fragment_trigger(*events: str, status: int = 204) -> HttpResponse:
    """An empty answer that tells the page what happened, for htmx's HX-Trigger."""
    return HttpResponse(status=status, headers={"HX-Trigger": ", ".join(events)})
