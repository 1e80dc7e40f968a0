"""/helbred/ and manage.py health: what they tell to whom, how long they take, and what they say when a part is away."""

import asyncio
import socket
import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from boards.live.hub import hub, lag
from operations import health, tasks
from reminders.models import Digest, LastTick
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both

WELL = {
    "database_ms": 0.4, "broker_ms": 0.2, "tick_seconds": 12.0, "oldest_unsent_seconds": 0.0, "live_lag_seconds": 0.1,
}  # fmt: skip
TOKEN = "en-lang-noegle-for-den-der-passer-paa"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_kept", None)
    monkeypatch.setattr(health, "_asked", {})


def told(monkeypatch: pytest.MonkeyPatch, **other: float | None) -> Any:
    """The page's answer when these are the figures."""
    monkeypatch.setattr(health, "measure", lambda: health.Health(**{**WELL, **other}))
    monkeypatch.setattr(health, "_kept", None)
    return Client().get("/helbred/")


@pytest.mark.parametrize(("figures", "status", "whole", "bad"), [
    ({}, 200, "ok", {}),
    ({"broker_ms": None}, 200, "forringet", {"broker": "nede"}),
    ({"tick_seconds": 181.0}, 200, "forringet", {"tick": "forringet"}),
    ({"tick_seconds": None}, 200, "forringet", {"tick": "forringet"}),
    ({"oldest_unsent_seconds": 601.0}, 200, "forringet", {"reminders": "forringet"}),
    ({"live_lag_seconds": 6.0}, 200, "forringet", {"live": "forringet"}),
    ({"database_ms": None, "tick_seconds": None, "oldest_unsent_seconds": None}, 503, "nede",
        {"database": "nede", "tick": "forringet", "reminders": "forringet"}),
])  # fmt: skip
def test_state_is_told_to_everybody_and_503_only_where_no_page_can_be_shown(
    monkeypatch: pytest.MonkeyPatch, figures: dict[str, float | None], status: int, whole: str, bad: dict[str, str]
) -> None:
    answer = told(monkeypatch, **figures)
    well = dict.fromkeys(("database", "broker", "tick", "reminders", "live"), "ok")
    assert (answer.status_code, answer.json()) == (status, {"status": whole, **well, **bad})
    assert answer.headers["Cache-Control"] == "no-store"


def test_figures_are_told_to_who_shows_the_token_alone(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    told(monkeypatch)
    tries = [f"Bearer {TOKEN}", f"Bearer {TOKEN}x", f"bearer {TOKEN}", TOKEN, "Bearer ", "", "Bearer æøå"]
    for set_to, right in (("", 0), (TOKEN, 1)):
        settings.HEALTH_TOKEN = set_to
        answers = [Client().get("/helbred/", headers={"Authorization": shown}).json() for shown in tries]
        assert [answer.get("figures") for answer in answers] == [WELL] * right + [None] * (len(tries) - right)


def test_database_is_asked_once_a_second_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def slow() -> health.Health:
        nonlocal asked
        asked += 1
        time.sleep(0.05)
        return health.Health(**WELL)

    monkeypatch.setattr(health, "measure", slow)
    monkeypatch.setattr(health, "KEPT_SECONDS", 3600)
    callers = [threading.Thread(target=Client().get, args=["/helbred/"]) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert asked == 1


@pytest.mark.django_db(transaction=True)
def test_figures_are_of_this_database() -> None:
    LastTick.objects.create(at=timezone.now() - timedelta(seconds=40))
    found = health.measure()
    assert found.database_ms is not None
    assert 39 < (found.tick_seconds or 0) < 100
    assert (found.oldest_unsent_seconds, found.status) == (0.0, "ok")


def test_two_queries_whoever_asks(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as seen:
        health.ask_database()
    assert len(seen) == 2


def test_nobody_is_looked_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "measure", lambda: health.Health(**WELL))
    # A browser's own session is fetched for its token, as on every page.
    for client, most in ((Client(), 0), (cast.client(cast.mette), 1)):
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/helbred/").json()["status"] == "ok"
        assert len(seen) == most


def test_tick_is_noted_at_its_end(cast: Cast) -> None:
    tasks.minute()
    tasks.minute()
    assert [row.at for row in LastTick.objects.all()] == [timezone.now()]


def test_oldest_unsent_is_what_still_waits_today(cast: Cast) -> None:
    def digest(minutes: int, state: str, about: str, day: Any = TODAY) -> None:
        made = timezone.now() - timedelta(minutes=minutes)
        Digest.objects.create(recipient=cast.mette, date=day, count=1, state=state, about=about, made_at=made)

    assert health.ask_database()["oldest_unsent_seconds"] == 0
    digest(50, Digest.State.SENT, "")
    digest(40, Digest.State.LOOK, "akut:1")
    digest(1500, Digest.State.WAITING, "", TODAY - timedelta(days=1))
    assert health.ask_database()["oldest_unsent_seconds"] == 0
    digest(12, Digest.State.WAITING, "akut:2")
    digest(3, Digest.State.SENDING, "akut:3")
    assert health.ask_database()["oldest_unsent_seconds"] == 12 * 60


def test_lag_of_the_live_board_counts_only_while_somebody_watches() -> None:
    async def watched() -> tuple[float, float, float]:
        centre, scopes = hub(), ["home:1"]
        viewer, seat = (1, "s", "havtornen", "home", 0, 1), (1, "fane", 1)
        # Who keeps the clocks is not started: as if it had not come back.
        centre.task = asyncio.create_task(asyncio.sleep(60))
        before = lag()
        centre.answered = time.monotonic() - 7
        wake = centre.join(viewer, seat, scopes)
        while_watched = lag()
        centre.leave(viewer, seat, scopes, wake)
        centre.task.cancel()
        return before, while_watched, lag()

    before, while_watched, after = asyncio.run(watched())
    assert (before, after) == (0, 0)
    assert 7 <= while_watched < 60


# --- what is away ----------------------------------------------------------------------------------------------------


def test_parts_that_do_not_answer_are_away_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    still = threading.Event()
    asked: list[str] = []

    def hangs(name: str) -> Any:
        asked.append(name)
        still.wait(60)
        return {}

    monkeypatch.setattr(health, "ask_database", lambda: hangs("database"))
    monkeypatch.setattr(health, "ask_broker", lambda: hangs("broker"))
    began = time.monotonic()
    found = [health.measure() for _ in range(2)]
    took = time.monotonic() - began
    still.set()
    assert [one.status for one in found] == ["nede", "nede"]
    assert 2 * health.BOUND_SECONDS <= took < 2 * health.BOUND_SECONDS + 10
    assert sorted(asked) == ["broker", "database"], "what still hangs is not asked anew"


def test_database_that_refuses_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> dict[str, float | None]:
        raise OperationalError("Zebulon")

    monkeypatch.setattr(health, "ask_database", refuses)
    assert health.measure().parts["database"] == "nede"


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_redis_that_is_gone_or_silent_is_away_and_holds_nobody_up(settings: Any, kind: str) -> None:
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        if kind == "silent":
            gone.listen()
        settings.REDIS_URL = f"redis://127.0.0.1:{gone.getsockname()[1]}/0"
        began = time.monotonic()
        with pytest.raises(Exception, match=r"refused|[Tt]imeout|[Tt]imed out"):
            health.ask_broker()
        assert time.monotonic() - began < 10


# --- the command -----------------------------------------------------------------------------------------------------


def command(monkeypatch: pytest.MonkeyPatch, *parts: str, **other: float | None) -> str:
    out = StringIO()
    found = health.Health(**{**WELL, "live_lag_seconds": None, **other})
    monkeypatch.setattr("operations.management.commands.health.measure", lambda: found)
    call_command("health", *parts, stdout=out)
    return out.getvalue()


def test_command_tells_the_figures_and_fails_where_one_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line.split() for line in command(monkeypatch).splitlines()] == [
        ["database", "ok", "database_ms", "0.4"],
        ["broker", "ok", "broker_ms", "0.2"],
        ["tick", "ok", "tick_seconds", "12.0"],
        ["reminders", "ok", "oldest_unsent_seconds", "0.0"],
    ]
    with pytest.raises(CommandError, match="broker"):
        command(monkeypatch, broker_ms=None)
    assert "tick" in command(monkeypatch, "tick", broker_ms=None)
    with pytest.raises(CommandError, match="tick"):
        command(monkeypatch, "tick", tick_seconds=None)
