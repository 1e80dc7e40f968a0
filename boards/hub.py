"""One tailer per process: asks the database for the clocks its viewers watch, and wakes those whose clock moved.

Only numbers are asked for, so losing a wake-up costs a moment and never a change. It needs neither Redis nor NOTIFY,
and works the same with several web processes (docs/decisions/0003). Two threads with a connection each serve all
viewers of a process; a viewer holds none.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from django.contrib.sessions.models import Session
from django.db import Error, connection
from django.utils import timezone

from botilbud.audit import trail
from botilbud.audit.models import Clock
from botilbud.organisation.access import accesses, today
from botilbud.organisation.models import User
from residents.services import openings_end

logger = logging.getLogger(__name__)
T = TypeVar("T")

TICK = 0.25
CHECK_EVERY = 3.0
Viewer = tuple[int, str, str, str, int]  # user id, session key, home's slug, side, team id or 0


def _clocks(scopes: list[str]) -> dict[str, int]:
    return dict(Clock.objects.filter(scope__in=scopes).values_list("scope", "version"))


def _allowed(viewers: set[Viewer]) -> set[Viewer]:
    """Those whose session lives and who may still enter the home: two queries and two for each person."""
    sessions = set(
        Session.objects.filter(
            session_key__in={viewer[1] for viewer in viewers}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    people = User.objects.filter(pk__in={viewer[0] for viewer in viewers}, is_active=True)
    rights = {
        (person.pk, access.home.slug, access.side.value, access.team.pk if access.team else 0)
        for person in people
        for access in accesses(person, today())
    }
    return {viewer for viewer in viewers if viewer[1] in sessions and (viewer[0], *viewer[2:]) in rights}


class Hub:
    """Lives on one event loop."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
        self.watched: Counter[str] = Counter()
        self.versions: dict[str, int] = {}
        self.viewers: Counter[Viewer] = Counter()
        self.refused: set[Viewer] = set()
        self.moved = asyncio.Condition()
        self.task: asyncio.Task[None] | None = None
        self.wake = asyncio.Event()

    async def run(self, work: Callable[[], T]) -> T:
        """Runs database work in the hub's threads; a broken connection is thrown away and the work tried once more."""

        def guarded() -> T:
            try:
                return work()
            except Error:
                connection.close()
                return work()

        return await asyncio.get_running_loop().run_in_executor(self.pool, guarded)

    def join(self, viewer: Viewer, scopes: list[str]) -> None:
        """A stream opens."""
        self.watched.update(scopes)
        self.viewers[viewer] += 1
        self.refused.discard(viewer)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._tail())

    def leave(self, viewer: Viewer, scopes: list[str]) -> None:
        """A stream ended."""
        self.watched.subtract(scopes)
        self.watched += Counter()
        self.viewers[viewer] -= 1
        self.viewers += Counter()

    async def wait(self, timeout: float) -> None:
        """Until some clock moved, or the time is up."""
        try:
            async with asyncio.timeout(timeout), self.moved:
                await self.moved.wait()
        except TimeoutError:
            pass

    async def _tail(self) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()

        def wake() -> None:
            # From whatever thread committed; a loop that is closing needs no waking.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.wake.set)

        trail.listeners.append(wake)
        try:
            await self._ask(loop, checked)
        finally:
            trail.listeners.remove(wake)

    async def _ask(self, loop: asyncio.AbstractEventLoop, checked: float) -> None:
        while self.watched:
            self.wake.clear()
            try:
                scopes = list(self.watched)
                found = await self.run(lambda scopes=scopes: _clocks(scopes))  # type: ignore[misc]
                moved = found != self.versions
                self.versions = found
                if loop.time() - checked > CHECK_EVERY:
                    checked = loop.time()
                    await self.run(lambda: openings_end(timezone.now()))
                    viewers = set(self.viewers)
                    self.refused = viewers - await self.run(lambda viewers=viewers: _allowed(viewers))  # type: ignore[misc]
                    moved = moved or bool(self.refused)
                if moved:
                    async with self.moved:
                        self.moved.notify_all()
            except Error:
                logger.warning("the live board cannot reach the database; trying again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), TICK)


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running loop."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub())
