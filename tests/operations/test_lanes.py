"""Slow servers elsewhere and costly passwords hold no thread a board needs."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse

from botilbud import asgi
from core.web import BUSY

PROVIDER = ("provider-start", ["kommunen"])


def path(name: str, *args: Any) -> str:
    return reverse(name, args=args)


@pytest.mark.parametrize(
    ("address", "lane"),
    [
        (lambda: path("provider-start", "kommunen"), "outside"),
        (lambda: path("provider-answer", "kommunen"), "outside"),
        (lambda: path("account_reset_password"), "outside"),
        (lambda: path("first-factor"), "outside"),
        (lambda: path("new-address", "abc"), "outside"),
        (lambda: path("administration-address-change", 7), "outside"),
        (lambda: path("administration-person", 7), "web"),
        (lambda: path("account_reset_password_from_key", "a", "b"), "keys"),
        (lambda: path("account_login"), "keys"),
        (lambda: path("account_change_password"), "keys"),
        (lambda: path("mfa_authenticate"), "keys"),
        (lambda: path("screen-unlock"), "keys"),
        (lambda: path("pin"), "keys"),
        (lambda: path("screen-touch"), "web"),
        (lambda: path("board", "havtornen"), "web"),
        (lambda: path("my-day"), "web"),
        (lambda: path("health"), "web"),
    ],
)
def test_each_address_is_answered_by_its_own_threads(address: Callable[[], str], lane: str) -> None:
    site = asgi.Site()
    assert site.lane(address()) is getattr(site, lane)


def asked(site: asgi.Site, address: str) -> Any:
    """A request as uvicorn brings it, and what is sent back: (status, body)."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> tuple[int, str]:
        await site.handle({"type": "http", "path": address, "headers": [], "method": "GET"}, receive, send)
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]).decode()

    return answer()


def test_board_is_answered_while_every_other_thread_waits_and_the_rest_are_asked_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi, "WAITING", 3)
    held = threading.Event()

    def answer(self: asgi.Site, scope: Any, body: BytesIO) -> HttpResponse:
        if "gennem" in scope["path"] or "login" in scope["path"]:
            assert held.wait(30)
        return HttpResponse("Svar")

    monkeypatch.setattr(asgi.Site, "_answer", answer)
    site = asgi.Site()

    async def main() -> tuple[list[Any], Any, list[Any]]:
        waiting = [asyncio.create_task(asked(site, path(*PROVIDER[:1], "kommunen"))) for _ in range(8)]
        waiting += [asyncio.create_task(asked(site, path("account_login"))) for _ in range(8)]
        await asyncio.sleep(0)
        board = await asyncio.wait_for(asked(site, path("board", "havtornen")), 20)
        refused = [await task for task in waiting if task.done() or site.outside.inside + site.keys.inside == 0]
        refused = [task.result() for task in waiting if task.done()]
        held.set()
        return refused, board, [await task for task in waiting]

    refused, board, all_of_them = asyncio.run(main())
    assert board == (200, "Svar")
    # Of eight for each two are being answered and three wait.
    assert refused == [(503, BUSY)] * 6
    assert sorted(all_of_them) == [(200, "Svar")] * 10 + [(503, BUSY)] * 6
    assert (site.outside.inside, site.keys.inside) == (0, 0)


@pytest.mark.both
@pytest.mark.parametrize(
    ("program", "waits"), [("botilbud.asgi", ("5s", "15s", "1min")), ("botilbud.celery", ("1min", "0", "1min"))]
)
def test_database_lets_go_of_a_frozen_process(program: str, waits: tuple[str, str, str]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite har ingen, der holder noget, når processen er væk")
    shown = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
    code = f"""
import {program}
import django
django.setup()
from django.db import connection
for name in {shown}:
    with connection.cursor() as cursor:
        cursor.execute("SHOW " + name)
        print(cursor.fetchone()[0])
"""
    clean = {name: value for name, value in os.environ.items() if name != "PGOPTIONS"}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=False)
    assert done.stdout.split() == list(waits), done.stderr


def test_a_tick_nobody_took_in_time_is_not_taken() -> None:
    waits = {name: one["options"]["expires"] for name, one in settings.CELERY_BEAT_SCHEDULE.items()}
    assert waits == {"minute": 120, "nightly": 12 * 3600}
