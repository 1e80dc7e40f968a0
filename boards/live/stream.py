"""The SSE stream of a home: changes of the board, who is here, and where the meeting is."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from django.db import Error
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from accounts import screens
from accounts.access import Access
from audit import trail
from boards.fragments import FOOT, Changes, Present
from boards.live import presence, snapshots
from boards.live.beside import beside
from boards.live.hub import Hub, Viewer, hub
from organisation.models import Home, User
from residents.sharing import Audience

HEARTBEAT = 2.5
# Streams of one person in one process: more than anybody has tabs.
MOST = 30
Narrow = Callable[[Changes], Changes]
Look = Callable[[], object]


@dataclass(frozen=True)
class Room:
    """The meeting a stream is of: where it is, and what of the board's changes its screens may have now.

    Both are the same for all who look at the meeting. `state` says what is in the spotlight (`item`, None for nothing)
    and for how many seconds it has been (`seconds`).
    """

    number: int
    state: Callable[[], dict[str, Any]]
    narrow: Narrow


def spotlight_scope(home: Home) -> str:
    """The clock of the home's running meeting: spotlight, chair, attendance."""
    return f"meeting:{home.pk}"


def log_look(home: Home, audience: Audience, user: User) -> snapshots.Snapshot:
    """The board as it stands, after noting in the log that the person sees it. Raises Unwritable."""
    shot = snapshots.snapshot(home, audience)
    visible = [row.id for row in shot.board.all_rows if row.stay.sight.shared]
    trail.record_read(home.scope, viewer=user.pk, screen="tavle", stays=visible)
    return shot


def _event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def stream(
    request: HttpRequest,
    access: Access,
    audience: Audience,
    since: snapshots.Seen,
    room: Room | None = None,
    look: Look | None = None,
) -> StreamingHttpResponse:
    """An endless answer of events `change`, `present`, `meeting`, `pulse` and, when the right is gone, `ended`.

    `look` notes whom the person sees: the board where nothing else is said.
    """
    tab = request.GET.get("fane", "")[:40] or "ukendt"
    team = access.team.pk if access.team else 0
    session, screen = request.session.session_key or "", request.session.get(screens.KEY, 0)
    viewer = (access.user.pk, session, access.home.slug, access.side.value, team, screen)
    presence.arrive(access.home, access.user, tab)
    look = look or partial(log_look, access.home, audience, access.user)
    return StreamingHttpResponse(
        _events(access.home, audience, since, viewer, tab, look, room),
        content_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _events(
    home: Home, audience: Audience, since: snapshots.Seen, viewer: Viewer, tab: str, look: Look, room: Room | None
) -> AsyncIterator[bytes]:
    centre = hub()
    if centre.streams_of(viewer[0]) >= MOST:
        return  # the page asks the ordinary way every other second instead
    here, meeting = presence.scope(home), spotlight_scope(home)
    scopes = [home.scope, here, *([meeting] if room else [])]
    seat = (home.pk, tab, viewer[0])
    wake = centre.join(viewer, seat, scopes)
    feed = _Feed(centre, home, audience, since, look, room)
    try:
        while True:
            wake.clear()
            if viewer in centre.refused:
                yield _event("ended", {})
                return
            if centre.silent:
                return  # the page asks anew, gets no answer, and says that it is not connected
            try:
                events = await feed.news(here, meeting)
            except (trail.Unwritable, Error):
                return  # the page asks anew, and is told why it gets nothing
            if events or feed.quiet():
                yield b"".join([*events, _event("pulse", {})])
            with suppress(TimeoutError):
                async with asyncio.timeout(feed.until_pulse()):
                    await wake.wait()
    finally:
        centre.leave(viewer, seat, scopes, wake)
        await centre.run(lambda: presence.leave(home.pk, tab, viewer[0]))


class _Feed:
    """What one stream has been sent, and what is new to it. What others see too is made once for all of them."""

    def __init__(
        self, centre: Hub, home: Home, audience: Audience, since: snapshots.Seen, look: Look, room: Room | None
    ) -> None:
        self.centre, self.home, self.audience, self.look, self.room = centre, home, audience, look, room
        self.seen = since
        self.sent: dict[str, int] = {}
        self.told: dict[str, Any] | None = None
        self.here = b""
        self.looked: tuple[Any, ...] | None = None
        self.said_at = 0.0

    def quiet(self) -> bool:
        """Whether nothing was said for a while; asked when there is nothing else to say."""
        if self.until_pulse() > 0:
            return False
        self.said_at = asyncio.get_running_loop().time()
        return True

    def until_pulse(self) -> float:
        """Seconds until something must be said. A hidden act wakes the stream, and must not move its pulse."""
        return max(0.0, self.said_at + HEARTBEAT - asyncio.get_running_loop().time())

    async def news(self, here: str, meeting: str) -> list[bytes]:
        """The events that bring the stream up to now. Raises Unwritable."""
        versions = self.centre.versions
        events = []
        version, day = versions.get(self.home.scope, -1), self.centre.day
        moved = (version, day) != (self.seen.at.version, self.seen.at.day)
        if moved:
            events += await self._changes((version, day), versions.get(meeting, 0))
        if versions.get(here, 0) != self.sent.get(here, -1):
            self.sent[here] = versions.get(here, 0)
            event = await self._here(version, self.sent[here])
            # Who comes to write in a text that is not theirs to see moves the clock, and nothing they get.
            if event != self.here:
                self.here = event
                events.append(event)
        if self.room and (moved or versions.get(meeting, 0) != self.sent.get(meeting, -1)):
            self.sent[meeting] = versions.get(meeting, 0)
            stamp = (version, day, self.sent[meeting])
            made, state = await self.centre.once(
                ("meeting", self.home.pk, self.room.number), stamp, partial(self.centre.run, self._state)
            )
            # The seconds always change. Only the rest is news.
            news = {key: value for key, value in state.items() if key != "seconds"}
            if news != self.told:
                self.told = news
                passed = int(monotonic() - made) if state["item"] else 0
                events.append(_event("meeting", {**news, "seconds": state["seconds"] + passed}))
        if events:
            self.said_at = asyncio.get_running_loop().time()
        return events

    def _state(self) -> tuple[float, dict[str, Any]]:
        assert self.room is not None
        return monotonic(), self.room.state()

    async def _shot(self, stamp: Hashable) -> snapshots.Snapshot:
        name = ("board", self.home.pk, self.audience.key)
        return await self.centre.once(name, stamp, self._drawn)

    async def _drawn(self) -> snapshots.Snapshot:
        return await self.centre.run(partial(snapshots.snapshot, self.home, self.audience))

    async def _changes(self, stamp: Hashable, meeting: int) -> list[bytes]:
        since, number = self.seen, self.room.number if self.room else 0
        name = ("answer", self.home.pk, self.audience.key, number, since)
        # One stream waits for the board and draws the answer. All others wait for that one.
        shot, answer = await self.centre.once(name, (stamp, meeting), partial(self._answer, stamp, since))
        self.seen = shot.seen
        if answer is None:
            return []
        # Noted when the residents differ from last time, or in a new hour; not for every change.
        looked = (timezone.now().hour, shot.groups, shot.fragments[FOOT])
        if looked != self.looked:
            await self.centre.run(self.look)
            self.looked = looked
        return [answer]

    async def _answer(self, stamp: Hashable, since: snapshots.Seen) -> tuple[snapshots.Snapshot, bytes | None]:
        shot = await self._shot(stamp)
        if shot.cursor.version < since.at.version or shot.cursor.day < since.at.day:
            # Kept from before what the viewer has seen (on its page, or from another process that looked later).
            # A board never goes back to an older version, unless the database did (a restore).
            shot = await self._drawn()
        return shot, await self.centre.run(partial(self._written, shot, since))

    def _written(self, shot: snapshots.Snapshot, since: snapshots.Seen) -> bytes | None:
        """None where the viewer's board is as it was, whatever else the home's version counts."""
        answer = snapshots.changes_to(shot, self.home, self.audience, since)
        if answer is None and self.room:
            answer = beside(shot, self.home, since)
        if answer is None:
            return None
        return _event("change", self.room.narrow(answer) if self.room else answer)

    async def _here(self, version: int, arrived: int) -> bytes:
        shot = await self._shot((version, self.centre.day))
        name = ("present", self.home.pk, self.audience.key)
        draw = partial(self._present, shot)
        return await self.centre.once(name, (arrived, shot.cursor), partial(self.centre.run, draw))

    def _present(self, shot: snapshots.Snapshot) -> bytes:
        now, fields = presence.here(self.home), snapshots.visible_fields(shot)
        writing = {field: who for field, who in now.writing.items() if field in fields}
        return _event("present", Present(names=now.names, writing=writing))
