"""What a process does for all its viewers: the tailer lives while somebody watches, and what is shared stays true."""

import asyncio
import gc
import json
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.access import today
from boards.fragments import FOOT
from boards.live import hub, snapshots, stream
from organisation.models import Home
from residents.sharing import Audience, AudienceKind

pytestmark = pytest.mark.both

VIEWER = (1, "session", "havtornen", "home", 0, 1)
SEAT = (1, "fane", 1)
SCOPES = ["home:1"]


def test_who_joins_while_the_tailer_ends_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(_: Callable[[], None]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(5)  # a connection to Redis that takes its time to close

    async def run(self: hub.Hub, work: Callable[[], Any]) -> dict[str, int]:
        return {"home:1": 7}

    monkeypatch.setattr(hub, "listen", listen)
    monkeypatch.setattr(hub.Hub, "run", run)
    monkeypatch.setattr(hub, "TICK", 0.01)

    async def main() -> None:
        centre = hub.Hub()
        for _ in range(3):
            wake = centre.join(VIEWER, SEAT, SCOPES)
            centre.versions = {}
            async with asyncio.timeout(3):
                while not centre.versions:
                    await asyncio.sleep(0.005)
            centre.leave(VIEWER, SEAT, SCOPES, wake)
            await asyncio.sleep(0.05)  # the tailer sees that nobody is left
        assert centre.watched == []
        centre.pool.shutdown()

    asyncio.run(main())


def test_listener_that_takes_its_time_to_end_is_held_until_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def close(what: weakref.ref[asyncio.Future[Any]]) -> None:
        if (closed := what()) is not None:
            closed.set_result(1)

    async def listen(_: Callable[[], None]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.1, close, weakref.ref(closed))
            await closed  # nobody but the listener itself knows of this
            ended.append(1)

    async def run(self: hub.Hub, work: Callable[[], Any]) -> dict[str, int]:
        return {"home:1": 7}

    monkeypatch.setattr(hub, "listen", listen)
    monkeypatch.setattr(hub.Hub, "run", run)
    monkeypatch.setattr(hub, "TICK", 0.01)

    async def main() -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
        centre = hub.Hub()
        for _ in range(2):  # the second tailer's listener takes the place of the first one's
            wake = centre.join(VIEWER, SEAT, SCOPES)
            await asyncio.sleep(0.03)
            centre.leave(VIEWER, SEAT, SCOPES, wake)
            await asyncio.sleep(0.03)
        gc.collect()
        async with asyncio.timeout(3):
            while len(ended) < 2 and not complaints:
                await asyncio.sleep(0.01)
        assert not complaints
        await asyncio.sleep(0)
        assert not centre.hints
        centre.pool.shutdown()

    asyncio.run(main())


def test_hundreds_of_viewers_are_checked_some_at_a_time_and_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[hub.Viewer]] = []

    def allowed(viewers: set[hub.Viewer]) -> set[hub.Viewer]:
        asked.append(viewers)
        return {viewer for viewer in viewers if viewer[0] != 77}

    async def run(self: hub.Hub, work: Callable[[], Any]) -> Any:
        return work()

    async def listen(_: Callable[[], None]) -> None: ...

    monkeypatch.setattr(hub.Hub, "run", run)
    monkeypatch.setattr(hub, "listen", listen)
    monkeypatch.setattr(hub, "clocks", lambda scopes: {"home:1": 7})
    monkeypatch.setattr(hub, "allowed", allowed)
    monkeypatch.setattr(hub, "openings_end", lambda now: None)
    monkeypatch.setattr(hub, "TICK", 0.01)
    monkeypatch.setattr(hub, "CHECK_EVERY", 0.05)

    async def main() -> None:
        centre = hub.Hub()
        viewers = [(number, *VIEWER[1:]) for number in range(400)]
        wakes = [centre.join(viewer, SEAT, SCOPES) for viewer in viewers]
        async with asyncio.timeout(20):
            while len(set().union(*asked)) < 400 or viewers[77] not in centre.refused:
                await asyncio.sleep(0.01)
        assert centre.refused == {viewers[77]}
        assert wakes[77].is_set()
        assert max(map(len, asked)) == 51
        # Who has gone is not remembered as refused, and the others are checked again.
        for viewer, wake in zip(viewers, wakes, strict=True):
            if viewer[0]:
                centre.leave(viewer, SEAT, SCOPES, wake)
        del asked[:]
        async with asyncio.timeout(20):
            while centre.refused or {viewers[0]} not in asked:
                await asyncio.sleep(0.01)
        centre.leave(viewers[0], SEAT, SCOPES, wakes[0])
        await asyncio.sleep(0.05)
        centre.pool.shutdown()

    asyncio.run(main())


def test_who_comes_later_hears_how_long_the_item_has_lasted_now(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    """Where the meeting is, is made once for all; the seconds since are each one's own."""
    asked = []

    def state() -> dict[str, Any]:
        asked.append(1)
        return {"item": 7, "seconds": 5}

    async def run(self: hub.Hub, work: Callable[[], Any]) -> Any:
        return work()

    monkeypatch.setattr(hub.Hub, "run", run)
    monkeypatch.setattr(stream, "monotonic", lambda: 100.0 + 60 * len(heard))
    heard: list[int] = []
    room = stream.Room(3, state, lambda answer: answer)
    home = Home(pk=1)

    async def main() -> None:
        centre = hub.Hub()
        centre.versions = {home.scope: 1, "meeting:1": 1}
        for _ in range(2):
            since = snapshots.Seen("1", snapshots.Cursor(1, today()), 0)
            feed = stream._Feed(centre, home, Audience(AudienceKind.JOINT, 1), since, lambda: None, room)
            feed.sent["here:1"] = 0
            (event,) = await feed.news("here:1", "meeting:1")
            heard.append(json.loads(event.decode().split("data: ")[1])["seconds"])
        centre.pool.shutdown()

    asyncio.run(main())
    assert (heard, len(asked)) == ([5, 65], 1)


def test_board_does_not_go_back_for_who_has_seen_more_than_the_process_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page drawn a moment ago, or a stream from another process, is ahead of what is kept here for all."""
    database = 4

    def snapshot(*_: Any) -> Any:
        cursor = snapshots.Cursor(database, today())
        return SimpleNamespace(cursor=cursor, groups=[], fragments={FOOT: ""}, seen=seen(database))

    def seen(version: int) -> snapshots.Seen:
        return snapshots.Seen(str(version), snapshots.Cursor(version, today()), 0)

    def changes_to(shot: Any, home: Home, audience: Audience, since: snapshots.Seen) -> dict[str, int] | None:
        changed = {"from": since.at.version, "to": shot.cursor.version}
        return None if since.mark == shot.seen.mark else changed

    async def run(self: hub.Hub, work: Callable[[], Any]) -> Any:
        return work()

    monkeypatch.setattr(hub.Hub, "run", run)
    monkeypatch.setattr(snapshots, "snapshot", snapshot)
    monkeypatch.setattr(snapshots, "changes_to", changes_to)
    home, audience = Home(pk=1), Audience(AudienceKind.JOINT, 1)

    def feed(centre: hub.Hub, since: int) -> stream._Feed:
        made = stream._Feed(centre, home, audience, seen(since), lambda: None, None)
        made.sent["here:1"] = 0
        return made

    async def sent(to: stream._Feed) -> list[dict[str, int]]:
        events = await to.news("here:1", "meeting:1")
        return [json.loads(event.decode().split("data: ")[1]) for event in events]

    async def main() -> None:
        nonlocal database
        centre = hub.Hub()
        centre.versions = {home.scope: 4}
        assert await sent(feed(centre, 3)) == [{"from": 3, "to": 4}]
        database = 5  # and the process has not heard of it yet
        ahead = feed(centre, 5)
        assert await sent(ahead) == []
        database = 6
        centre.versions = {home.scope: 6}
        assert await sent(ahead) == [{"from": 5, "to": 6}]
        database = 2  # an older copy of the database was laid in
        centre.versions = {home.scope: 2}
        assert await sent(ahead) == [{"from": 6, "to": 2}]
        centre.pool.shutdown()

    asyncio.run(main())
