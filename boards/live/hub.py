"""One tailer in each process. It asks the database for the clocks its viewers watch, and wakes those whose clock moved.

It asks for numbers only, so a lost wake-up costs a moment and never a change. A commit in the same process wakes it at
once. A commit in another process wakes it through Redis (boards.live.hints); without Redis it is seen at the next look
at the database, at most a quarter of a second later (docs/decisions/0003, 0022). What viewers get is made once for all
who see the same. Two threads, each with a connection, serve all viewers of a process; a viewer has none of its own.
"""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar

from django.contrib.sessions.models import Session
from django.db import Error, connection
from django.utils import timezone

from accounts import screens, second_factor
from accounts.access import accesses_of_many, today
from accounts.sessions import SessionStore
from audit import moved, trail
from boards.live import presence
from boards.live.hints import listen
from organisation.models import User
from residents.services import openings_end

logger = logging.getLogger(__name__)
T = TypeVar("T")

TICK = 0.25
CHECK_EVERY = 3.0
# So many of the viewers, or an eighth of them, are checked at a time: the news of a commit do not wait for hundreds.
CHECKED = 25
PRESENT_EVERY = 15.0
# How many things made once for all viewers are kept for those who have not asked yet.
KEPT = 500
# After this long without an answer from the database, the screens may be out of date, and must say so.
SILENT = 5.0
# user id, session key, home's slug, side, team id or 0, the screen's id
Viewer = tuple[int, str, str, str, int, int]
# home id, the tab's name, user id
Seat = tuple[int, str, int]


def clocks(scopes: list[str]) -> dict[str, int]:
    """The version of each scope that has a clock. One query."""
    return {scope: version for scope, (version, _) in trail.clocks(scopes).items()}


@lru_cache(maxsize=2000)
def _held(data: str) -> bool:
    """Whether a session, as it is stored, must first set up a second factor."""
    return second_factor.held(SessionStore().decode(data))


def allowed(viewers: set[Viewer]) -> set[Viewer]:
    """Those whose session lives on an open screen, and who may still enter the home.

    Five queries, however many they are.
    """
    open_screens = screens.open_among({viewer[5] for viewer in viewers}, timezone.now())
    living = Session.objects.filter(session_key__in={viewer[1] for viewer in viewers}, expire_date__gt=timezone.now())
    if second_factor.demanded():
        sessions = {key for key, data in living.values_list("session_key", "session_data") if not _held(data)}
    else:
        sessions = set(living.values_list("session_key", flat=True))
    people = User.objects.filter(pk__in={viewer[0] for viewer in viewers}, is_active=True)
    rights = {
        (access.user.pk, access.home.slug, access.side.value, access.team.pk if access.team else 0)
        for access in accesses_of_many(people, today())
    }
    return {
        viewer
        for viewer in viewers
        if viewer[1] in sessions and viewer[5] in open_screens and (viewer[0], *viewer[2:5]) in rights
    }


class Hub:
    """Lives on one event loop."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.versions: dict[str, int] = {}
        self.day = today()  # as the versions: what it was when the clocks were last asked for
        self.viewers: Counter[Viewer] = Counter()
        self.seats: Counter[Seat] = Counter()
        self.refused: set[Viewer] = set()
        self.task: asyncio.Task[None] | None = None
        self.hints: set[asyncio.Task[None]] = set()  # the loop itself holds a task only weakly, also one that is ending
        self.wake = asyncio.Event()
        self.answered = 0.0  # when the clocks were last known
        self._sleepers: dict[str, set[asyncio.Event]] = {}
        self._kept: OrderedDict[Hashable, tuple[Hashable, asyncio.Future[Any]]] = OrderedDict()

    @property
    def silent(self) -> bool:
        """Whether the database has not answered for a while, so that nobody knows what is new."""
        return time.monotonic() - self.answered > SILENT

    async def run(self, work: Callable[[], T]) -> T:
        """Runs database work in the hub's threads. After a broken connection it tries once more with a new one."""

        def guarded() -> T:
            try:
                return work()
            except Error:
                connection.close()
                return work()

        return await asyncio.get_running_loop().run_in_executor(self.pool, guarded)

    async def once(self, name: Hashable, stamp: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The work's result. It is made once for all who ask by this name while the stamp is the same."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != stamp:
            kept = (stamp, asyncio.create_task(work()))
            self._kept[name] = kept
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(kept[1])
        except BaseException:
            if kept[1].done():
                self._kept.pop(name, None)
            raise

    def join(self, viewer: Viewer, seat: Seat, scopes: Iterable[str]) -> asyncio.Event:
        """A stream opens. The event is set when one of its clocks moved, or its viewer's right may be gone."""
        wake = asyncio.Event()
        for scope in scopes:
            self._sleepers.setdefault(scope, set()).add(wake)
        self.viewers[viewer] += 1
        self.seats[seat] += 1
        self.refused.discard(viewer)
        if self.task is None or self.task.done():
            self.answered = time.monotonic()
            self.task = asyncio.create_task(self._tail())
        elif any(scope not in self.versions for scope in scopes):
            self.wake.set()
        return wake

    def leave(self, viewer: Viewer, seat: Seat, scopes: Iterable[str], wake: asyncio.Event) -> None:
        """A stream ended."""
        for scope in scopes:
            if sleepers := self._sleepers.get(scope):
                sleepers.discard(wake)
                if not sleepers:
                    del self._sleepers[scope]
        self.viewers[viewer] -= 1
        self.viewers += Counter()
        self.seats[seat] -= 1
        self.seats += Counter()

    def streams_of(self, user: int) -> int:
        """How many streams the person has here."""
        return sum(count for viewer, count in self.viewers.items() if viewer[0] == user)

    @property
    def watched(self) -> list[str]:
        """The clocks somebody watches."""
        return list(self._sleepers)

    async def _tail(self) -> None:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            # Called from the thread that committed. A loop that is closing needs no waking.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.wake.set)

        moved.listeners.append(wake)
        hints = asyncio.create_task(listen(self.wake.set))
        self.hints.add(hints)
        hints.add_done_callback(self.hints.discard)
        try:
            await self._ask(loop)
        finally:
            # No await here: somebody who joins while the tailer ends must see that it ended, and start another.
            moved.listeners.remove(wake)
            hints.cancel()
            self._kept.clear()

    async def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        checked = sliced = refreshed = loop.time()
        unchecked: list[Viewer] = []
        while scopes := self.watched:
            self.wake.clear()
            try:
                now = await self.run(lambda scopes=scopes: clocks(scopes))  # type: ignore[misc]
                before, self.versions, self.day, self.answered = self.versions, now, today(), time.monotonic()
                for scope in scopes:
                    if now.get(scope) != before.get(scope):
                        self._rouse(scope)
                if not unchecked and loop.time() - checked > CHECK_EVERY:
                    checked = loop.time()
                    await self.run(lambda: openings_end(timezone.now()))
                    unchecked = list(self.viewers)
                    many = max(CHECKED, len(unchecked) // 8 + 1)
                    self.refused &= set(unchecked)
                if unchecked and loop.time() - sliced > TICK * 0.9:
                    sliced = loop.time()
                    some, unchecked = set(unchecked[:many]), unchecked[many:]
                    await self._check(some)
                if loop.time() - refreshed > PRESENT_EVERY:
                    refreshed = loop.time()
                    seats = set(self.seats)
                    await self.run(lambda seats=seats: presence.still_here(seats))  # type: ignore[misc]
            except Error:
                logger.warning("the live board cannot reach the database; trying again")
            except Exception:
                # If the tailer ended here, its viewers would look at a board that stands still but seems alive.
                logger.exception("the live board failed; trying again")
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self.wake.wait()

    async def _check(self, viewers: set[Viewer]) -> None:
        """Checks whether these viewers may still look, and wakes those who may not."""
        refused = viewers - await self.run(lambda: allowed(viewers))
        self.refused = self.refused - viewers | refused
        for scope in self.watched if refused else ():
            self._rouse(scope)

    def _rouse(self, scope: str) -> None:
        for sleeper in self._sleepers.get(scope, ()):
            sleeper.set()


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running loop."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub())


def lag() -> float:
    """Seconds since this process last knew the clocks its viewers watch; 0 without viewers. For any thread."""
    return max((time.monotonic() - hub.answered for hub in list(_hubs.values()) if hub.watched), default=0.0)
