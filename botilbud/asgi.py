"""The web process: uvicorn serves this."""

import asyncio
import gc
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from importlib import import_module
from typing import Any, TypeVar

import django
from asgiref.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, Scope
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from core.web import BUSY, TOO_BIG

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")
# Nobody waits longer than this for a page, and a few slow requests must not hold all threads. PostgreSQL gives up, and
# the page says so (accounts.views.server_error). A process that froze in the middle of a change is let go of, and
# what it held with it. Commands may take their time.
os.environ.setdefault(
    "PGOPTIONS", "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=60s"
)
django.setup(set_prefix=False)
T = TypeVar("T")

# What waits for others' servers (a sign-in provider, a mail while the person waits) or for a password to be hashed
# has threads of its own, two of each: boards go on whatever those wait for, and a hash takes 100 MB (decision 0045).
OUTSIDE, KEYS = 2, 2
OUTSIDE_PATH = "/konto/gennem/"
MAILS = re.compile(r"/konto/(?:password/reset/|2fa/mail/|ny-mail/.*)|/styring/personer/\d+/(?:mail|konto)/")
KEY_PATHS = ("/konto/", "/laas/aabn/", "/kode/")
# So many may wait for such a thread; more are asked to come back.
WAITING = 40


class Lane:
    """Threads for one kind of request, and how many wait for them."""

    def __init__(self, name: str, threads: int, waiting: int | None = None) -> None:
        self.pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self.most = threads + waiting if waiting is not None else None
        self.inside = 0

    @property
    def full(self) -> bool:
        """Whether one more would wait too long."""
        return self.most is not None and self.inside >= self.most

    async def run(self, work: Callable[[], T]) -> T:
        """Runs it in one of the lane's threads."""
        self.inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, copy_context().run, work)
        finally:
            self.inside -= 1


class Site(ASGIHandler):
    """Django's handler, but each request is answered whole in one of a few threads that keep their database connection.

    Django gives each request a thread and a connection of its own, and changes threads at each middleware. Only event
    streams, which live long, run on the loop; they hold neither thread nor connection (docs/decisions/0021).
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.web = Lane("web", settings.WEB_THREADS)
        self.outside = Lane("outside", OUTSIDE, WAITING)
        self.keys = Lane("keys", KEYS, WAITING)

    def lane(self, path: str) -> Lane:
        """Which threads answer requests for the path."""
        if path.startswith(OUTSIDE_PATH) or MAILS.fullmatch(path):
            return self.outside
        return self.keys if path.startswith(KEY_PATHS) else self.web

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        lane = self.lane(scope["path"])
        if lane.full:
            body.close()
            await self.send_response(_busy(), send)
            return
        response = await lane.run(lambda: self._answer(scope, body))
        if not response.streaming:
            await self.send_response(response, send)
            return
        tasks = [
            asyncio.create_task(self.listen_for_disconnect(receive)),
            asyncio.create_task(self.send_response(response, send)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            await self.web.run(response.close)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, RequestAborted):
                raise end

    def _answer(self, scope: Any, body: Any) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, error = self.create_request(scope, body)
        response: Any = error if request is None else self.get_response(request)
        if getattr(response, "is_async", False):
            return response  # type: ignore[no-any-return]
        if response.streaming:
            # A static file. It is small, and the page needs all of it anyway.
            whole = HttpResponse(b"".join(response.streaming_content), status=response.status_code)
            whole.headers, whole.cookies = response.headers, response.cookies
            response.close()
            return whole
        response.close()
        return response  # type: ignore[no-any-return]


def _busy() -> HttpResponse:
    headers = {
        "Retry-After": "5",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "HX-Reswap": "none",
    }
    return HttpResponse(BUSY, status=503, content_type="text/plain; charset=utf-8", headers=headers)


site = Site()
# Python's search for cycles goes through all objects while every request waits: with 500 streams 0.2 seconds, several
# times in ten. What is loaded now is left out of the search, and the search is made seldom (decision 0021).
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The site behind a limit: a request's body that is too big is not read to its end but answered 413.

    Django would write all of it to the disk before any of our code runs.
    """
    read, most = 0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 64 * 1024  # a form is judged by Django; this is for the rest

    async def measured() -> ASGIReceiveEvent:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))  # type: ignore[arg-type]
        return message if read <= most else {"type": "http.disconnect"}

    await site(scope, measured, send)  # type: ignore[arg-type]
    if read > most:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        headers += [(b"x-content-type-options", b"nosniff"), (b"hx-reswap", b"none"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers, "trailers": False})
        await send({"type": "http.response.body", "body": TOO_BIG.encode(), "more_body": False})
