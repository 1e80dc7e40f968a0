"""Hints through Redis: they wake, and nothing waits for a Redis that is gone."""

import asyncio
import os
import socket
import time
from typing import Any

import pytest

from boards.live import hints

pytestmark = pytest.mark.both

REDIS = os.environ.get("REDIS_URL", "")


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_client", None)
    monkeypatch.setattr(hints, "_again_at", 0.0)


@pytest.mark.redis
@pytest.mark.skipif(not REDIS, reason="ingen Redis")
def test_a_hint_wakes_who_listens(settings: Any) -> None:
    settings.REDIS_URL = REDIS

    async def main() -> None:
        woken = asyncio.Event()
        listener = asyncio.create_task(hints.listen(woken.set))
        async with asyncio.timeout(20):
            while not woken.is_set():  # until the subscription stands, hints go nowhere
                await asyncio.to_thread(hints.tell)
                await asyncio.sleep(0.05)
        listener.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listener

    asyncio.run(main())


@pytest.mark.redis
@pytest.mark.skipif(not REDIS, reason="ingen Redis")
def test_who_is_ended_while_connecting_ends(settings: Any, monkeypatch: Any) -> None:
    settings.REDIS_URL = REDIS
    monkeypatch.setattr(hints, "LOOK", 0.1)

    async def main() -> None:
        listeners = set()
        for turns in range(120):
            listener = asyncio.create_task(hints.listen(lambda: None))
            for _ in range(turns % 30):  # a connection takes about twenty turns of the loop
                await asyncio.sleep(0.0003)
            listener.cancel()
            listeners.add(listener)
        _, left = await asyncio.wait(listeners, timeout=20)
        assert not left

    asyncio.run(main())


def test_without_redis_a_save_goes_on_and_asks_no_more_for_a_while(settings: Any, monkeypatch: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        settings.REDIS_URL = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
        hints.tell()
        assert hints._again_at > time.monotonic()
        monkeypatch.setattr(hints, "_client", None)
        hints.tell()
        assert hints._client is None, "Redis is let be"


def test_who_listens_without_redis_is_ended_as_usual(settings: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"

        async def main() -> None:
            listener = asyncio.create_task(hints.listen(lambda: None))
            await asyncio.sleep(0.1)
            assert not listener.done()
            listener.cancel()
            with pytest.raises(asyncio.CancelledError):
                await listener

        asyncio.run(main())
