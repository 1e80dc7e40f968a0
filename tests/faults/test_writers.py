"""Many write in few texts at once: nobody's words go under, and every screen is at every version what a page shows."""

import json
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.conftest import Figure, Install
from tests.faults.page import BOARD, Page, Screen, faults_of, hidden, mark_on
from tests.faults.test_meeting_killed import meeting_path, start_meeting
from tests.stack import Stack

PEOPLE = ["Mette", "Jonas", "Lis", "Amina", "Søren", "Noor", "Peter"]
COLUMNS = ["goals", "words", "told", "safety"]


class Watcher:
    """A screen that follows one web process, compared with what another one draws afresh."""

    def __init__(self, here: Page, there: Page, changes: str, page: str) -> None:
        self.here, self.there, self.changes, self.page = here, there, changes, page
        self.screen = Screen()
        self.compared: set[str] = set()

    def catch_up(self) -> None:
        """Takes what changed."""
        status, answer = self.here.get(f"{self.changes}?{self.screen.cursor}")
        assert status in (200, 204), (status, answer)
        found = json.loads(answer) if status == 200 else {}
        if "fragments" in found:
            assert self.screen.take(found)

    def compare(self) -> None:
        """Nobody writes just now: what stands on the screen must be what a fresh page shows."""
        self.catch_up()
        if self.page:
            _, fresh = self.there.get(self.page)
            assert mark_on(fresh) == self.screen.mark
            assert self.screen.unlike(fresh) == []
        else:
            # The meeting shows one resident at a time: its whole board is asked for as a new screen does.
            anew = Screen()
            _, answer = self.there.get(f"{self.changes}?{anew.cursor}")
            anew.take(json.loads(answer))
            assert anew.mark == self.screen.mark
            assert (anew.fragments, anew.groups) == (self.screen.fragments, self.screen.groups)
        self.compared.add(self.screen.mark)


class Writer:
    """Writes over what it saw, now and then over what it saw long ago, and keeps what it was answered."""

    def __init__(self, page: Page, number: int, fields: list[str], seed: int) -> None:
        self.page, self.number, self.fields = page, number, fields
        self.chance = random.Random(seed + number)  # noqa: S311
        self.saw: dict[str, tuple[int, str]] = {}
        self.saved: list[tuple[str, int, str]] = []
        self.lost: list[tuple[str, int, str]] = []
        self.given_up = 0

    def edit(self, turn: int) -> None:
        """One edit, until it is saved or given up for the other's text."""
        field, text = self.chance.choice(self.fields), f"Skriver {self.number}, nr. {turn}, {self.chance.random()}"
        path = f"/havtornen/felt/{field}/"
        if field not in self.saw or self.chance.random() < 0.6:
            status, form = self.page.get(f"{path}rediger/")
            assert status == 200, form
            self.saw[field] = int(hidden(form, "seen")), hidden(form, "key")
        seen, key = self.saw.pop(field)
        while True:
            status, answer = self.page.post(path, {"text": text, "seen": seen, "key": key})
            if status == 200:
                self.saved.append((field, seen, text))
                self.saw[field] = seen + 1, f"{self.number}-{turn}"
                return
            # Whoever comes too late is shown both texts, and the version that stands there.
            assert status == 409, (status, answer)
            theirs, mine = re.findall(r'<p class="text-block">(.*?)</p>', answer, re.S)
            assert mine == text
            seen, key = int(hidden(answer, "seen")), hidden(answer, "key")
            self.lost.append((field, seen, theirs))
            if self.chance.random() < 0.5:
                self.given_up += 1
                return


def test_writers_at_once_overwrite_nothing_unseen(install: Install, figure: Figure, long: bool) -> None:
    writers, edits, seed = (20, 40_000, 20261126) if long else (8, 200, 20261127)
    stack = install(webs=2, env={"BOTILBUD_LOCK_OWN": "900"})
    one, other = [f"http://127.0.0.1:{port}" for port in stack.proxy.targets]
    mette = Page(one, "Mette")
    start_meeting(stack, mette)
    fields = _few(mette, Page(one, "Amina"))
    meeting = f"{meeting_path(stack)}aendringer/"
    # Home, team and joint, each from either process.
    watchers = [
        Watcher(Page(here, name), Page(there, name), changes, page)
        for here, there in ((one, other), (other, one))
        for name, changes, page in (
            ("Mette", f"{BOARD}aendringer/", BOARD), ("Amina", f"{BOARD}aendringer/", BOARD), ("Jonas", meeting, ""),
        )
    ]  # fmt: skip
    before = _history(stack, fields)
    crew = [
        Writer(Page(stack.url, PEOPLE[number % len(PEOPLE)]), number, fields, seed) for number in range(writers)
    ]  # fmt: skip
    took = touched = 0.0
    with ThreadPoolExecutor(writers + len(watchers)) as pool:
        for turn in range(edits // writers):
            # All write at the same moment, and the screens take what comes meanwhile; then all is looked at, at rest.
            began = time.monotonic()
            if began - touched > 120:
                # As a page does for whoever works at it; a screen left alone locks.
                touched = began
                for page in [
                    *(writer.page for writer in crew),
                    *(w.here for w in watchers),
                    *(w.there for w in watchers),
                ]:
                    assert page.post("/laas/aktiv/", {"idle": "0"})[0] == 204
            writing = [pool.submit(writer.edit, turn) for writer in crew]
            watching = [pool.submit(watcher.catch_up) for watcher in watchers]
            for each in writing:
                each.result(timeout=120)
            took += time.monotonic() - began
            for each in watching:
                each.result(timeout=120)
            for each in [pool.submit(watcher.compare) for watcher in watchers]:
                each.result(timeout=120)

    after = _history(stack, fields)
    written = {key: text for key, text in after.items() if key not in before}
    saved = Counter((field, seen + 1) for writer in crew for field, seen, _ in writer.saved)
    assert max(saved.values()) == 1, "two were told that they wrote over the same version"
    assert {(field, seen + 1): text for writer in crew for field, seen, text in writer.saved} == written
    for field, version, theirs in [lost for writer in crew for lost in writer.lost]:
        assert after[field, version] == theirs, "the panel showed another text than the one that stood there"
    assert faults_of(stack) == []
    stack.manage("audit_verify")
    conflicts = sum(len(writer.lost) for writer in crew)
    looked = sum(len(watcher.compared) for watcher in watchers)
    figure(
        f"{writers} writers, {edits} edits of {len(fields)} texts: {len(written)} saved ({len(written) / took:.0f}/s), "
        f"{conflicts} conflicts with both texts, {sum(writer.given_up for writer in crew)} given up, 0 overwritten "
        f"unseen, each once in the history; page + changes = fresh page {looked} times for {len(watchers)} viewers of "
        f"3 audiences"
    )


def _few(home: Page, team: Page) -> list[str]:
    """Texts of two residents that both sides write."""
    seen = [
        {found.replace("-", "/") for found in re.findall(r'id="f(\d+-\w+-joint)"', page.get(BOARD)[1])}
        for page in (home, team)
    ]
    both = sorted(seen[0] & seen[1])
    stays = sorted({field.split("/")[0] for field in both})[:2]
    found = [field for field in both if field.split("/")[0] in stays and field.split("/")[1] in COLUMNS][:5]
    assert len(found) > 1, both
    return found


def _history(stack: Stack, fields: list[str]) -> dict[tuple[str, int], Any]:
    rows = stack.query(
        'SELECT c.stay_id, c."column", c.side, r.version, r.text FROM boards_cellrevision r '
        "JOIN boards_cell c ON c.id = r.cell_id ORDER BY r.id"
    )
    found = {(f"{stay}/{column}/{side}", version): text for stay, column, side, version, text in rows}
    return {key: text for key, text in found.items() if key[0] in fields}
