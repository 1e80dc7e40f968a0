"""The live board: one rendering per home, audience and version, and what changed since a viewer's.

A snapshot holds every fragment of a board as HTML. It is exact for its version: the home's clock is read before and
after the data, and the reading is done again when a change came in between. What changed is found by comparing
fragments, so page + changes is a fresh page by construction. A viewer whose version this process no longer remembers
gets all of it, which is always right and merely larger.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from boards.columns import BOARD
from boards.models import Track
from boards.selectors import Board, Row, board
from botilbud.audit import trail
from botilbud.organisation.access import today
from botilbud.organisation.models import Home, Side
from residents.selectors import next_closing
from residents.services import openings_end
from residents.sharing import Audience, AudienceKind

REMEMBERED = 40
HEAD = "tavle-hoved"
LANES = {
    Track.SOCIAL: "Botilbuddets indsatser",
    Track.PSYCHIATRIC: "Botilbudsteamets indsatser",
    Track.COORDINATION: "Koordination med andre",
}


@dataclass(frozen=True)
class Cursor:
    """What a viewer has: the home's version and the local date (a new day alone makes things overdue)."""

    version: int
    day: date


@dataclass(frozen=True)
class Snapshot:
    """A whole board for one audience."""

    cursor: Cursor
    groups: list[tuple[str, str, list[int]]]
    fragments: dict[str, str]
    rows: dict[int, str]
    board: Board
    # When something opened in need is closed again, and the snapshot no longer holds.
    until: datetime | None = None

    @property
    def prints(self) -> dict[str, str]:
        """A short hash of each fragment."""
        return {
            key: hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest() for key, html in self.fragments.items()
        }


@dataclass
class _Shelf:
    """What one process keeps of one (home, audience)."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    latest: Snapshot | None = None
    prints: OrderedDict[Cursor, dict[str, str]] = field(default_factory=OrderedDict)


_shelves: dict[tuple[int, str], _Shelf] = {}
_shelves_lock = threading.Lock()


def forget() -> None:
    """Empties the process's memory of boards (tests, where databases come and go)."""
    _shelves.clear()


def snapshot(home: Home, audience: Audience) -> Snapshot:
    """The board now. Rendered once a version, date and audience in a process; one query when nothing changed."""
    with _shelves_lock:
        shelf = _shelves.setdefault((home.pk, audience.key), _Shelf())
    with shelf.lock:
        if shelf.latest and shelf.latest.until and shelf.latest.until <= timezone.now():
            openings_end(timezone.now())
        for _ in range(5):
            cursor = Cursor(trail.version_of(home.scope), today())
            if shelf.latest and shelf.latest.cursor == cursor:
                return shelf.latest
            seen = board(home, audience, cursor.day)
            if trail.version_of(home.scope) == cursor.version:
                break
        made = replace(_render(home, audience, cursor, seen), until=next_closing(home, timezone.now()))
        shelf.latest = made
        shelf.prints[cursor] = made.prints
        while len(shelf.prints) > REMEMBERED:
            shelf.prints.popitem(last=False)
        return made


def changes(home: Home, audience: Audience, since: Cursor) -> dict[str, Any] | None:
    """What a viewer at `since` lacks, as the client reads it; None when nothing.

    `felter` are changed fragments by id, `vaek` those that must go from the screen, `raekker` whole rows that are new
    to the viewer or have other parts than before (sharing withdrawn or given), `grupper` the ids of all rows in order.
    `alt` says that the viewer's version is forgotten and that what is not named here must go. `fra` and `til` are the
    versions it leads between.
    """
    now = snapshot(home, audience)
    if now.cursor == since:
        return None
    shelf = _shelves[home.pk, audience.key]
    before = shelf.prints.get(since)
    after = shelf.prints[now.cursor]
    known = {} if before is None else before
    changed = {key: now.fragments[key] for key, mark in after.items() if known.get(key) != mark}
    had, has = _parts(known), _parts(after)
    # Other columns or headings than before: every row is drawn again.
    anew = before is not None and known.get(HEAD) != after.get(HEAD)
    new_rows = {pk: html for pk, html in now.rows.items() if anew or had.get(pk) != has.get(pk)}
    return {
        "fra": since.version,
        "til": now.cursor.version,
        "dag": now.cursor.day.isoformat(),
        "alt": before is None,
        "felter": changed,
        "vaek": sorted(set(known) - set(after)),
        "raekker": new_rows,
        "grupper": [[key, ids] for key, _, ids in now.groups],
    }


def about(answer: dict[str, Any], stay: int | None) -> dict[str, Any]:
    """What of the changes is about one stay: nothing of anybody else leaves the server."""
    mine = f"f{stay}-"
    return {
        **answer,
        "felter": {key: html for key, html in answer["felter"].items() if key.startswith(mine)},
        "vaek": [key for key in answer["vaek"] if key.startswith(mine)],
        "raekker": {pk: html for pk, html in answer["raekker"].items() if pk == stay},
        "grupper": [[key, [pk for pk in ids if pk == stay]] for key, ids in answer["grupper"]],
    }


def _parts(prints: dict[str, str]) -> dict[int, frozenset[str]]:
    """The parts each row is made of: {12: {'beboer', 'niveau', …}}."""
    found: dict[int, set[str]] = {}
    for key in prints:
        number, _, part = key.removeprefix("f").partition("-")
        if number.isdigit():
            found.setdefault(int(number), set()).add(part)
    return {pk: frozenset(parts) for pk, parts in found.items()}


def visible_fields(shot: Snapshot) -> set[str]:
    """The names of the fields an audience may know of ('12-status-home'), on the board and off it."""
    rows = [*shot.board.rows, *shot.board.others]
    return {cell.key for row in rows for cell in row.cells.values()}


def writable(audience: Audience) -> frozenset[Side]:
    """Which sides' texts an audience's screens offer to write. The service decides in the end."""
    if audience.kind == AudienceKind.HOME:
        return frozenset({Side.HOME, Side.JOINT})
    if audience.kind == AudienceKind.TEAM:
        return frozenset({Side.TEAM, Side.JOINT})
    return frozenset({Side.HOME, Side.TEAM, Side.JOINT})


def row_fragments(home: Home, audience: Audience, row: Row) -> dict[str, str]:
    """Every fragment of one row, by id."""
    context: dict[str, Any] = {"home": home, "row": row, "audience": audience.kind}
    made: dict[str, str] = {f"f{row.id}-beboer": render_to_string("boards/_resident.html", context)}
    if not row.stay.sight.shared:
        return made
    made[f"f{row.id}-niveau"] = render_to_string("boards/_level.html", context)
    sides = writable(audience)
    for key, cell in row.cells.items():
        made[f"f{row.id}-{key}"] = render_to_string(
            "boards/_cell.html", {"home": home, "cell": cell, "row": row, "editable": Side(cell.side) in sides}
        )
    for lane, standard in LANES.items():
        title = row.rules.title(lane, standard)
        made[f"f{row.id}-{lane}"] = render_to_string(
            "boards/_lane.html",
            {"home": home, "row": row, "lane": lane, "title": title, "items": row.lanes.get(lane, [])},
        )
    return made


def _render(home: Home, audience: Audience, cursor: Cursor, seen: Board) -> Snapshot:
    fragments: dict[str, str] = {}
    rows: dict[int, str] = {}
    columns = [(key, seen.rules.title(key, title)) for key, title, _ in BOARD if key not in seen.rules.hidden_columns]
    fragments[HEAD] = render_to_string("boards/_columns.html", {"columns": columns})
    for row in seen.rows:
        made = row_fragments(home, audience, row)
        fragments.update(made)
        rows[row.id] = render_to_string(
            "boards/_row.html", {"row": row, "cells": _cells_of(row, made), "span": len(columns)}
        )
    longest = sorted(
        (row for row in seen.others if row.stay.sight.shared),
        key=lambda row: row.stay.last_discussed or date.min,
    )
    fragments["tavle-tal"] = render_to_string(
        "boards/_counts.html", {"counts": seen.counts, "words": seen.rules.level_words}
    )
    fragments["tavle-fod"] = render_to_string(
        "boards/_foot.html", {"home": home, "board": seen, "longest": longest[:3], "more": max(0, len(longest) - 3)}
    )
    groups = [(key, title, [row.id for row in members]) for key, title, members in seen.groups]
    return Snapshot(cursor, groups, fragments, rows, seen)


def _cells_of(row: Row, made: dict[str, str]) -> list[tuple[str, str, str]]:
    """(class, heading, html) of each table cell of a row, in the columns' order."""
    get = made.get
    settled = row.rules
    if not row.stay.sight.shared:
        return [("beboer", settled.title("beboer", "Beboer"), get(f"f{row.id}-beboer", ""))]
    from_parts: list[tuple[str, str, str]] = []
    for key, title, parts in BOARD:
        if key in settled.hidden_columns:
            continue
        html = render_to_string("boards/_join.html", {"parts": [get(f"f{row.id}-{part}", "") for part in parts]})
        from_parts.append((key, settled.title(key, title), html))
    return from_parts
