"""The live board: one rendering for each home, audience and version, and what changed since a viewer's version.

A snapshot holds every fragment of a board as HTML. It is exact for its version: the home's clock is read before and
after the data, and if a change came in between, everything is read again. Changes are found by comparing fragments,
so the old page with its changes is always the same as a fresh page. If this process no longer remembers a viewer's
version, the viewer gets the whole board. That is larger, but right.
"""

import hashlib
import json
import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from accounts.access import NAMES, today
from audit import trail
from boards.columns import BoardColumn, board_columns, hidden_parts, lane_visible
from boards.fragments import COUNTS, FOOT, HEAD, LEVEL, RESIDENT, Changes, Fragment, by_stay, of_stays
from boards.models import AkutReview, EarlySign, Episode, Intervention, LevelChange, Track
from boards.selectors import Board, CellView, Row, board, with_cells, with_stay
from core.period import holds
from core.sealed import seal, unseal
from organisation.door import HomeModel
from organisation.models import Home, Organisation, Side, TeamHome
from residents.selectors import next_closing
from residents.services import openings_end
from residents.sharing import Audience, AudienceKind
from residents.texts import PARTS

REMEMBERED = 40


# So many letters of what a page is told say what stands on its board (docs/fragments.md).
MARK = 16
_PURPOSE = "board"


@dataclass(frozen=True)
class Cursor:
    """What a board is drawn for: the home's version and the local date (a new day alone makes things overdue)."""

    version: int
    day: date


@dataclass(frozen=True)
class Seen:
    """What a viewer has: the mark of what stands on their board, and when that stood there."""

    mark: str
    at: Cursor
    # The number of the home's last log entry then.
    seq: int


NOTHING_SEEN = Seen("", Cursor(0, date.min), 0)


def seen_in(text: str) -> Seen:
    """What a page sends of what it has (Snapshot.told); nothing for '' and '0'. Raises LookupError."""
    if text in ("", "0"):
        return NOTHING_SEEN
    version, day, seq = unseal(_PURPOSE, text[MARK:])
    return Seen(text[:MARK], Cursor(version, date.fromisoformat(day)), seq)


def tell(mark: str, at: Cursor, seq: int) -> str:
    """What a page is told of what it has, for `seen_in`."""
    return mark + seal(_PURPOSE, [at.version, at.day.isoformat(), seq])


@dataclass(frozen=True)
class Snapshot:
    """A whole board for one audience, with a short hash of each fragment."""

    cursor: Cursor
    groups: list[tuple[str, str, list[int]]]
    fragments: dict[str, str]
    rows: dict[int, str]
    board: Board
    prints: dict[str, str]
    # What pages are told they have. Its first letters are the same for the same board: an act whose result an audience
    # does not see moves the home's version, and must not show in any number its pages get (docs/decisions/0043).
    told: str = ""
    # When something opened in need is closed again, and the snapshot no longer holds.
    until: datetime | None = None
    # The number of the home's last log entry it includes, and how the other clocks stood (_other_clocks).
    seq: int = 0
    other_clocks: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def seen(self) -> Seen:
        """What a viewer has who has been sent all of it."""
        return Seen(self.told[:MARK], self.cursor, self.seq)


@dataclass
class _Shelf:
    """What one process keeps of one (home, audience)."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    latest: Snapshot | None = None
    # By the mark of the board they are of.
    prints: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)
    other_clocks: list[str] = field(default_factory=list)


_shelves: dict[tuple[int, str], _Shelf] = {}
_shelves_lock = threading.Lock()


def forget() -> None:
    """Empties the process's memory of boards (tests, where databases come and go)."""
    _shelves.clear()


def drop(day: date, home: int = 0) -> None:
    """Drops the boards the process keeps from before the day, and those of the home. What was erased goes with them.

    A board that is being drawn right now stays, because it is made from the new data.
    """
    with _shelves_lock:
        shelves = list(_shelves.items())
    for (of_home, _), shelf in shelves:
        if shelf.lock.acquire(blocking=False):
            if shelf.latest and (of_home == home or shelf.latest.cursor.day < day):
                shelf.latest = None
            shelf.lock.release()


def snapshot(home: Home, audience: Audience) -> Snapshot:
    """The board now. A process draws it once for each version, date and audience; one query when nothing changed.

    A change that touches only a few rows redraws those rows. Any other change draws the whole board.
    """
    with _shelves_lock:
        shelf = _shelves.setdefault((home.pk, audience.key), _Shelf())
    with shelf.lock:
        if shelf.latest and shelf.latest.until and shelf.latest.until <= timezone.now():
            openings_end(timezone.now())
        for _ in range(5):
            shelf.other_clocks = shelf.other_clocks or _other_clocks(home, today())
            clocks = trail.clocks([home.scope, *shelf.other_clocks])
            version, seq = clocks.pop(home.scope, (0, 0))
            cursor, latest = Cursor(version, today()), shelf.latest
            if latest and latest.cursor == cursor:
                return latest
            known = latest is not None and latest.cursor.day == cursor.day and latest.other_clocks == clocks
            by_row = moved_on(latest, home, audience, cursor, seq) if latest and known else None
            made = by_row or drawn_whole(home, audience, cursor)
            if by_row is None:
                shelf.other_clocks = _other_clocks(home, cursor.day)
            if trail.version_of(home.scope) == cursor.version:
                break
        drop(cursor.day)
        # Opening in need always draws the whole board, so after redrawing rows the old time still holds.
        until = latest.until if by_row and latest else next_closing(home, timezone.now())
        told = _told(made, seq, latest)
        made = replace(made, seq=seq, other_clocks=clocks, until=until, told=told)
        shelf.latest = made
        shelf.prints[told[:MARK]] = made.prints
        shelf.prints.move_to_end(told[:MARK])
        while len(shelf.prints) > REMEMBERED:
            shelf.prints.popitem(last=False)
        return made


def _told(made: Snapshot, seq: int, before: Snapshot | None) -> str:
    stands = [made.cursor.day.isoformat(), made.groups, sorted(made.prints.items())]
    mark = _print(json.dumps(stands))[:MARK]
    # The same letters all through where the board is the same: two pages of it cannot be told apart.
    return before.told if before and before.told[:MARK] == mark else tell(mark, made.cursor, seq)


def changes(home: Home, audience: Audience, since: Seen) -> Changes | None:
    """What a viewer at `since` lacks, as the client reads it; None when nothing."""
    return changes_to(snapshot(home, audience), home, audience, since)


def changes_to(now: Snapshot, home: Home, audience: Audience, since: Seen) -> Changes | None:
    """The same for a given snapshot. No query."""
    if now.seen.mark == since.mark:
        return None
    shelf = _shelves[home.pk, audience.key]
    before = shelf.prints.get(since.mark)
    after = now.prints
    known = {} if before is None else before
    changed = {key: now.fragments[key] for key, mark in after.items() if known.get(key) != mark}
    return {
        "from": since.mark,
        "to": now.told,
        "day": now.cursor.day.isoformat(),
        "whole": before is None,
        "fragments": changed,
        "gone": sorted(set(known) - set(after)),
        "rows": _new_rows(now, known, before is not None),
        "groups": [(key, ids) for key, _, ids in now.groups],
    }


def about(answer: Changes, stay: int | None) -> Changes:
    """Only the changes about one stay. Nothing about anybody else leaves the server."""
    only = {stay} if stay else set()
    return {
        **answer,
        "fragments": {key: html for key, html in answer["fragments"].items() if of_stays(key, only)},
        "gone": [key for key in answer["gone"] if of_stays(key, only)],
        "rows": {pk: html for pk, html in answer["rows"].items() if pk in only},
        "groups": [(key, [pk for pk in ids if pk in only]) for key, ids in answer["groups"]],
    }


def _new_rows(now: Snapshot, known: dict[str, str], remembered: bool) -> dict[int, str]:
    """The rows whose parts are others than the viewer has; all of them under other columns or headings than before."""
    if remembered and known.get(HEAD) != now.prints.get(HEAD):
        return now.rows
    if known.keys() == now.prints.keys():
        return {}
    had, has = by_stay(known), by_stay(now.prints)
    return {pk: html for pk, html in now.rows.items() if had.get(pk) != has.get(pk)}


def visible_fields(shot: Snapshot) -> set[str]:
    """The names of the fields an audience may know of ('12-status-home'), on the board and off it."""
    rows = shot.board.all_rows
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
    made: dict[str, str] = {}

    def draw(fragment: Fragment, template: str, **more: Any) -> None:
        context = {"home": home, "row": row, "audience": audience.kind, "fragment_id": str(fragment), **more}
        made[str(fragment)] = render_to_string(template, context)

    draw(Fragment(row.id, RESIDENT), "boards/_resident.html")
    if not row.stay.sight.shared:
        return made
    draw(Fragment(row.id, LEVEL), "boards/_level.html")
    for cell in row.cells.values():
        made[cell.fragment_id] = _cell_html(home, audience, row, cell)
    for lane in Track.values:
        if not lane_visible(row.stay.sight, lane):
            continue
        title = PARTS[lane].heading_in(row.rules)
        draw(Fragment(row.id, lane), "boards/_lane.html", lane=lane, title=title, items=row.lanes.get(lane, []))
    # A part that is not shared gets a fragment with another id, so that the old words go from every screen.
    for part in hidden_parts(row.stay.sight):
        draw(Fragment(row.id, part, shared=False), "boards/_not_shared.html", of_team=part.endswith("-team"))
    return made


def drawn_whole(home: Home, audience: Audience, cursor: Cursor) -> Snapshot:
    """The board read and drawn from the start."""
    home_board = board(home, audience, cursor.day)
    head = {"columns": board_columns(home_board.rules)}
    fragments: dict[str, str] = {HEAD: render_to_string("boards/_columns.html", head)}
    for row in home_board.rows:
        fragments.update(row_fragments(home, audience, row))
    fragments.update(_around_rows(home, home_board))
    rows = {row.id: _row_html(row, fragments) for row in home_board.rows}
    return _snapshot(cursor, home_board, fragments, rows, {key: _print(html) for key, html in fragments.items()})


# What of a resident an entry can be about without touching any other's row: {subject: (model, path to the stay)}.
OF_ONE_ROW: dict[str, tuple[type[HomeModel], str]] = {
    "boards.intervention": (Intervention, "stay"),
    "boards.earlysign": (EarlySign, "stay"),
    "boards.episode": (Episode, "stay"),
    "boards.levelchange": (LevelChange, "episode__stay"),
    "boards.akutreview": (AkutReview, "episode__stay"),
}
TEXT, STAY = "boards.cell", "residents.stay"
# Of all acts on a stay itself, only this one changes nothing else on the board.
DISCUSSED = "stay.discussed"
ROWS_AT_ONCE = 3
_not_on_the_board: set[str] = set()


def not_on_the_board(*actions: str) -> None:
    """Registers actions of the log that change nothing on a board."""
    _not_on_the_board.update(actions)


def moved_on(before: Snapshot, home: Home, audience: Audience, cursor: Cursor, seq: int) -> Snapshot | None:
    """The board with what the home's log says was done since then. None when that may have touched more than rows.

    One text costs two queries, and a fragment and a row to draw.
    """
    acts = trail.acts_since(home.scope, before.seq, seq)
    if acts is None:
        return None
    keys: dict[str, set[int]] = defaultdict(set)
    for action, subject in acts:
        label, _, pk = subject.partition(":")
        if action in _not_on_the_board:
            continue
        if label not in OF_ONE_ROW and label != TEXT and action != DISCUSSED:
            return None
        keys[label].add(int(pk))
    texts = sorted(keys.pop(TEXT, set()))
    stays = keys.pop(STAY, set[int]())
    for label, pks in keys.items():
        model, path = OF_ONE_ROW[label]
        stay_of_row = dict(model.objects.for_home(home).filter(pk__in=pks).values_list("pk", path))
        if len(stay_of_row) < len(pks):
            return None
        stays.update(stay_of_row.values())
    if len(stays) > ROWS_AT_ONCE:
        return None
    home_board, moved = before.board, set[tuple[int, str]]()
    if texts:
        home_board, moved = with_cells(home_board, home, cursor.day, texts)
    for stay in stays:
        advanced = with_stay(home_board, home, audience, cursor.day, stay)
        if advanced is None:
            return None
        home_board = advanced
    return _redraw(before, home, audience, cursor, home_board, stays, {at for at in moved if at[0] not in stays})


def _redraw(
    before: Snapshot,
    home: Home,
    audience: Audience,
    cursor: Cursor,
    home_board: Board,
    stays: set[int],
    texts: set[tuple[int, str]],
) -> Snapshot:
    """The snapshot with these stays' rows and these texts drawn anew."""
    on_board = {row.id: row for row in home_board.rows}
    fragments = {key: html for key, html in before.fragments.items() if not of_stays(key, stays)}
    drawn: dict[str, str] = {}
    for pk in stays & set(on_board):
        drawn.update(row_fragments(home, audience, on_board[pk]))
    for pk, key in texts:
        if pk in on_board:
            cell = on_board[pk].cells[key]
            drawn[cell.fragment_id] = _cell_html(home, audience, on_board[pk], cell)
    if stays:
        drawn.update(_around_rows(home, home_board))
    fragments.update(drawn)
    again = stays | {pk for pk, _ in texts}
    rows = {pk: _row_html(row, fragments) if pk in again else before.rows[pk] for pk, row in on_board.items()}
    prints = {key: before.prints[key] for key in fragments if key not in drawn}
    prints.update({key: _print(html) for key, html in drawn.items()})
    return _snapshot(cursor, home_board, fragments, rows, prints)


def _snapshot(
    cursor: Cursor, home_board: Board, fragments: dict[str, str], rows: dict[int, str], prints: dict[str, str]
) -> Snapshot:
    groups = [(key, title, [row.id for row in members]) for key, title, members in home_board.groups]
    return Snapshot(cursor, groups, fragments, rows, home_board, prints)


def _print(html: str) -> str:
    return hashlib.sha1(html.encode(), usedforsecurity=False).hexdigest()


def _other_clocks(home: Home, day: date) -> list[str]:
    """The clocks of what a board shows but the home's log does not tell: people's names, and who works here."""
    teams = TeamHome.objects.filter(holds(day), home=home).values_list("team__organisation", flat=True)
    return [NAMES, *(Organisation(pk=pk).scope for pk in sorted({home.organisation_id, *teams}))]


def _around_rows(home: Home, home_board: Board) -> dict[str, str]:
    """What stands around the rows, and counts them."""
    longest = sorted(
        (row for row in home_board.others if row.stay.sight.shared),
        key=lambda row: row.stay.last_discussed or date.min,
    )
    counts = {"counts": home_board.counts, "words": home_board.rules.level_words}
    foot = {"home": home, "board": home_board, "longest": longest[:3], "more": max(0, len(longest) - 3)}
    return {
        COUNTS: render_to_string("boards/_counts.html", counts),
        FOOT: render_to_string("boards/_foot.html", foot),
    }


def _row_html(row: Row, fragments: dict[str, str]) -> str:
    columns = board_columns(row.rules)
    cells = _cells_of(row, columns, fragments)
    return render_to_string("boards/_row.html", {"row": row, "cells": cells, "span": len(columns)})


def _cell_html(home: Home, audience: Audience, row: Row, cell: CellView) -> str:
    context = {"home": home, "cell": cell, "row": row, "editable": Side(cell.side) in writable(audience)}
    return render_to_string("boards/_cell.html", context)


def _either(made: dict[str, str], stay: int, part: str) -> str:
    """A part of a row, or what says that it is not shared; '' where the board holds neither."""
    return made.get(str(Fragment(stay, part))) or made.get(str(Fragment(stay, part, shared=False)), "")


def _cells_of(row: Row, columns: list[BoardColumn], made: dict[str, str]) -> list[tuple[BoardColumn, str]]:
    """Each table cell of a row with its html, in the columns' order. A row that is not shared has only the resident."""
    cells: list[tuple[BoardColumn, str]] = []
    for column in columns if row.stay.sight.shared else columns[:1]:
        parts = [_either(made, row.id, part) for part in column.parts]
        cells.append((column, render_to_string("boards/_join.html", {"parts": parts})))
    return cells
