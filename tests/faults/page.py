"""What a page does with a form when the server may be gone: asks again with the same key until it has an answer."""

import json
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards import fragments
from boards.columns import board_columns
from boards.live.snapshots import MARK, seen_in
from tests.stack import Stack, Visitor

BOARD = "/havtornen/tavle/"
# Slower than this nobody waits; a fault that lasts longer fails its test.
PATIENCE = 90.0


class Ledger:
    """What the server has acknowledged, as the people saw it: a line each, on the disk before anything goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")
        self.count = 0

    def note(self, **what: Any) -> None:
        """Keeps one acknowledged act."""
        with self._lock:
            self._file.write(json.dumps(what, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self.count += 1

    def lines(self) -> list[dict[str, Any]]:
        """All of it, read from the disk."""
        self._file.close()
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


@dataclass
class Met:
    """What the people met on the way."""

    retries: int = 0
    conflicts: int = 0


class Page(Visitor):
    """A person's page: what is sent is sent again until the server has answered it."""

    def __init__(self, url: str, name: str, met: Met | None = None) -> None:
        self.met = met or Met()
        until = time.monotonic() + PATIENCE
        while True:
            try:
                super().__init__(url, name, timeout=10)
                return
            except (OSError, AssertionError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def persist(self, ask: Callable[[], tuple[int, str]]) -> tuple[int, str]:
        """The first answer that is one: no broken connection and no failure of the server's."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = None
            with suppress(OSError):
                answer = ask()
            if answer is not None and answer[0] < 500:
                return answer
            assert time.monotonic() < until, f"no answer for {PATIENCE} s, last: {answer}"
            self.met.retries += 1
            time.sleep(0.2)

    def fields(self) -> list[str]:
        """The texts of the board as '12/status/home'."""
        _, page = self.persist(lambda: self.get(BOARD))
        return [found.replace("-", "/") for found in re.findall(r'data-field="(\d+-\w+-\w+)"', page)]

    def write(self, field: str, text: str, ledger: Ledger) -> None:
        """Opens the text, writes over it and goes on until it is saved; in a conflict 'Brug min' is pressed."""
        path = f"/havtornen/felt/{field}/"
        status, form = self.persist(lambda: self.get(f"{path}rediger/"))
        assert status == 200, (status, form)
        sent = {"text": text, "seen": hidden(form, "seen"), "key": hidden(form, "key")}
        while True:
            status, answer = self.persist(lambda sent=sent: self.post(path, sent))  # type: ignore[misc]
            if status == 200:
                ledger.note(kind="text", field=field, text=text, key=sent["key"], seen=int(sent["seen"]))
                return
            assert status == 409, (status, answer)
            assert text in answer, "the loser's own text is not in the panel"
            self.met.conflicts += 1
            sent = {"text": text, "seen": hidden(answer, "seen"), "key": hidden(answer, "key")}

    def agree(self, stay: str, what: str, ledger: Ledger, **fields: Any) -> None:
        """Adds an intervention."""
        path = f"/havtornen/indsats/ny/{stay}/"
        status, form = self.persist(lambda: self.get(path))
        assert status == 200, (status, form)
        sent = {"what": what, "key": hidden(form, "key"), **fields}
        status, answer = self.persist(lambda: self.post(path, sent))
        assert status == 204, (status, answer)
        ledger.note(kind="intervention", what=what, key=sent["key"])


def hidden(form: str, name: str) -> str:
    """The value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found is not None, form
    return found[1]


def faults_of(stack: Stack) -> list[str]:
    """Where history, texts, clocks and the log of the database do not agree; empty when nothing is half done."""
    found: list[str] = []
    texts = {row[0]: row[1:] for row in stack.query("SELECT id, version, text FROM boards_cell")}
    history: dict[int, list[tuple[int, str]]] = {}
    for cell, version, text in stack.query("SELECT cell_id, version, text FROM boards_cellrevision ORDER BY version"):
        history.setdefault(cell, []).append((version, text))
    for cell, (version, text) in texts.items():
        rows = history.get(cell, [])
        if [number for number, _ in rows] != list(range(1, version + 1)):
            found.append(f"text {cell}: version {version}, history {[number for number, _ in rows][-5:]}")
        elif rows[-1][1] != text:
            found.append(f"text {cell} is not what its history says last")
    noted: dict[tuple[str, int], int] = {}
    for subject, data in stack.query("SELECT subject, data FROM audit_entry WHERE action = 'cell.written'"):
        version = (data if isinstance(data, dict) else json.loads(data))["version"]
        noted[subject, version] = noted.get((subject, version), 0) + 1
    wanted = {(f"boards.cell:{cell}", version): 1 for cell, rows in history.items() for version, _ in rows}
    # A text written back by 'Fortryd' or taken from a wrong resident is told by an entry of another name.
    found += [f"{key} is in the log {count} times" for key, count in noted.items() if wanted.get(key) != count]
    for scope, version, seq in stack.query("SELECT scope, version, seq FROM audit_clock WHERE scope LIKE 'home:%'"):
        last, count = stack.query("SELECT MAX(seq), COUNT(*) FROM audit_entry WHERE scope = ?", scope)[0]
        if not (last or 0) == count == seq:
            found.append(f"{scope}: clock {version}/{seq}, log {count} entries up to {last}")
    return found


# What of a resident's fragments stands on the board itself; the others are the meeting's, or a side's own.
SHOWN = {part for column in board_columns() for part in column.parts}


class Screen:
    """What a browser holds of a board: every fragment by its id, the rows in order, and the version it is at."""

    def __init__(self) -> None:
        self.version = "0"
        self.fragments: dict[str, str] = {}
        self.groups: list[list[Any]] = []

    @property
    def cursor(self) -> str:
        """As the page puts it in an address."""
        return f"since={self.version}"

    @property
    def mark(self) -> str:
        """What stands on it; the same for the same board."""
        return self.version[:MARK]

    @property
    def at(self) -> int:
        """The home's version it was drawn at, as only the server can read it; -1 before the first answer."""
        return seen_in(self.version).at.version if self.mark != "0" else -1

    def take(self, answer: dict[str, Any]) -> bool:
        """Puts an answer in, as static/js/live.js does. False for one that leads from another board."""
        if answer["from"] != ("" if self.mark == "0" else self.mark):
            return False
        if answer["whole"]:
            self.fragments = {}
        for key in answer["gone"]:
            self.fragments.pop(key, None)
        self.fragments.update(answer["fragments"])
        self.groups = answer["groups"]
        self.version = answer["to"]
        return True

    @property
    def rows(self) -> list[int]:
        return [pk for _, members in self.groups for pk in members]

    def shown(self) -> dict[str, str]:
        """The fragments that stand on the board, by id."""
        rows, found = set(self.rows), {}
        for key, html in self.fragments.items():
            of = fragments.read(key)
            if of and of.stay in rows and of.part in SHOWN:
                found[key] = html
        return found

    def unlike(self, page: str) -> list[str]:
        """What differs from a fresh page of the same version; empty when the screen shows just that."""
        shown = self.shown()
        wrong = [f"{key} differs" for key, html in shown.items() if html.strip() not in page]
        there = set(re.findall(r'id="(f\d+-[^"]+)"', page))
        wrong += [f"{key} is on one only" for key in there ^ set(shown)]
        wrong += [
            f"{key} differs"
            for key in (fragments.COUNTS, fragments.FOOT, fragments.HEAD)
            if self.fragments[key] not in page
        ]
        if [int(pk) for pk in re.findall(r'<tr id="r(\d+)"', page)] != self.rows:
            wrong.append("the rows stand in another order")
        return wrong


def mark_on(page: str) -> str:
    """The mark of the board on a page."""
    found = re.search(r'data-version="([^"]+)"', page)
    assert found is not None, page[:500]
    return found[1][:MARK]
