"""What every answer of the site has in common."""

from collections.abc import Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class NoStoreMiddleware:
    """Keeps pages about people out of every cache: the browser's, the proxy's and the Back button's."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if iscoroutinefunction(self):
            return self._later(request)  # type: ignore[return-value]
        return self._mark(self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        return self._mark(await self.get_response(request))  # type: ignore[misc]

    @staticmethod
    def _mark(response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def fragment_trigger(*events: str, status: int = 204) -> HttpResponse:
    """An empty answer that tells the page what happened, for htmx's HX-Trigger."""
    return HttpResponse(status=status, headers={"HX-Trigger": ", ".join(events)})
