"""Many who look, while web processes are killed and restarted: nothing missed, nothing twice, soon all alike again."""

import asyncio
import json
import threading
import time
from functools import partial
from pathlib import Path
from statistics import median

from tests.faults.conftest import Figure, Install
from tests.faults.page import BOARD, Ledger, Page, Screen, mark_on
from tests.faults.test_meeting_killed import meeting_path, start_meeting
from tests.faults.viewers import Viewer
from tests.stack import Stack, wait_for

# The bound holds for the run at full size. The short one shares its machine with other tests: it prints what it took.
WITHIN = 5.0


class Crowd:
    """The viewers, on a loop of their own."""

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def join(self, viewer: Viewer) -> None:
        self.viewers.append(viewer)
        asyncio.run_coroutine_threadsafe(viewer.live(), self.loop)

    def away(self) -> list[tuple[str, int, str, str]]:
        """Who has no stream: their tab, how often it connected, what refused it, and what its question was answered."""
        return [(one.tab, one.connects, one.refused, one.answered) for one in self.viewers if not one.connected]

    def all_at(self, version: int) -> bool:
        return all(viewer.screen.at >= version for viewer in self.viewers)

    def close(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def test_viewers_miss_nothing_while_web_processes_come_and_go(
    install: Install, figure: Figure, long: bool, tmp_path: Path
) -> None:
    steps, seconds = ([10, 50, 200], 600) if long else ([5, 20, 40], 15)
    stack = install(webs=2, env={"BOTILBUD_LOCK_OWN": "900"})
    people = [Page(stack.url, name) for name in ("Mette", "Amina", "Jonas", "Søren")]
    start_meeting(stack, people[0])
    meeting = meeting_path(stack)
    crowd, connections = Crowd(), []
    try:
        for wanted in steps:
            while len(crowd.viewers) < wanted:
                number = len(crowd.viewers)
                # Every third follows the meeting, the others the board; both sides look.
                base = meeting if number % 3 == 2 else BOARD
                crowd.join(
                    Viewer(
                        people[number % 4], stack.proxy.port, f"{base}stroem/", f"{base}aendringer/", f"tab-{number}"
                    )
                )
            assert wait_for(lambda: all(viewer.connected for viewer in crowd.viewers), 60), crowd.away()
            time.sleep(3)
            connections.append(_connections(stack))
        waits, edits = _disturb(stack, crowd, people, Ledger(tmp_path / "acknowledged"), seconds, long=long)
        # At rest: every screen shows what a fresh page shows.
        version = _version(stack)
        assert wait_for(lambda: crowd.all_at(version), WITHIN * 4)
        for viewer in crowd.viewers:
            assert not viewer.refused
            _alike(viewer)
    finally:
        crowd.close()
    missed, doubled = sum(v.missed for v in crowd.viewers), sum(v.doubled for v in crowd.viewers)
    caught = ", ".join(f"{what} {took:.1f}" for what, took in waits)
    figure(
        f"{len(crowd.viewers)} viewers of 3 audiences, {edits} edits: {missed} missed, {doubled} doubled, all as a "
        f"fresh page; all caught up after (s): {caught}; database connections with {steps} viewers: "
        f"{connections if stack.on_postgres else 'SQLite'}"
    )
    assert (missed, doubled) == (0, 0)
    assert max(took for _, took in waits) <= (WITHIN if long else 3 * WITHIN)
    if stack.on_postgres:
        # Two web processes, each with its threads for requests and two for all its viewers.
        assert max(connections) <= len(stack.webs) * (8 + 2)


def _disturb(
    stack: Stack, crowd: Crowd, people: list[Page], ledger: Ledger, seconds: float, *, long: bool
) -> tuple[list[tuple[str, float]], int]:
    """Edits once a second while web processes are killed and restarted. Returns how long all needed to catch up."""
    done, failed = threading.Event(), []
    fields = [field for field in people[0].fields() if field.endswith("/joint")][:4]
    writer, toucher = Page(stack.url, "Mette"), people

    def write() -> None:
        number = 0
        try:
            while not done.wait(1 if long else 0.4):
                writer.write(fields[number % len(fields)], f"Nr. {number}", ledger)
                number += 1
                if number % 60 == 0:
                    for person in [*toucher, writer]:
                        # A hand on each screen, or they lock.
                        person.persist(partial(person.post, "/laas/aktiv/", {}))
        except BaseException as error:
            failed.append(error)

    editing = threading.Thread(target=write)
    editing.start()
    waits: list[tuple[str, float]] = []
    acts = ["kill -9 web-1", "restart web-2"]
    if long:
        acts += ["kill -9 web-2", "restart web-1", "kill -9 both", "cut for 10 s", "kill -9 web-1"]
    try:
        for act in acts:
            time.sleep(seconds / (len(acts) + 1))
            _do(stack, act)
            back = time.monotonic()
            version = _version(stack)
            assert wait_for(partial(crowd.all_at, version), 60), act
            waits.append((act, time.monotonic() - back))
        time.sleep(seconds / (len(acts) + 1))
    finally:
        done.set()
        editing.join(120)
    assert failed == []
    return waits, ledger.count


def _do(stack: Stack, act: str) -> None:
    """Returns when the site answers again."""
    if act == "cut for 10 s":
        stack.proxy.cut()
        time.sleep(10)
        stack.proxy.mend()
        return
    names = ["web-1", "web-2"] if act.endswith("both") else [act.split()[-1]]
    for name in names:
        if act.startswith("kill"):
            stack.kill(name)
        else:
            stack.parts[name].stop()
    for name in names:
        stack.start(name)


def _version(stack: Stack) -> int:
    return int(
        stack.query(
            "SELECT c.version FROM audit_clock c JOIN organisation_home h ON c.scope = 'home:' || h.id "
            "WHERE h.slug = 'havtornen'"
        )[0][0]
    )


def _connections(stack: Stack) -> int:
    if not stack.on_postgres:
        return 0
    counted = [
        stack.query("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'botilbud' AND pid <> pg_backend_pid()")[0][
            0
        ]
        for _ in range(5)
    ]
    return int(median(counted))


def _alike(viewer: Viewer) -> None:
    if viewer.changes.startswith(BOARD):
        status, page = viewer.who.get(BOARD)
        assert status == 200
        assert mark_on(page) == viewer.screen.mark
        assert viewer.screen.unlike(page) == []
        return
    anew = Screen()
    anew.take(json.loads(viewer.who.get(f"{viewer.changes}?{anew.cursor}")[1]))
    assert (anew.mark, anew.fragments, anew.groups) == (
        viewer.screen.mark, viewer.screen.fragments, viewer.screen.groups,
    )  # fmt: skip
