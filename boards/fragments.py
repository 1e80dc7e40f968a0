"""The pieces of a live board: their ids, and the answer that carries the pieces that changed (docs/fragments.md).

Every id is built and read here on the server, and in static/js/fragments.js in the browser. Nothing else does either.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

HEAD, COUNTS, FOOT = "board-head", "board-counts", "board-foot"
# The parts of a row that are neither a text nor a lane.
RESIDENT, LEVEL = "resident", "level"
# A text's name: '12-status-home'. A draft and whoever writes are kept under it.
FIELD = re.compile(r"[0-9]{1,9}-[a-z]{1,20}-[a-z]{1,10}")
_FRAGMENT = re.compile(r"f(\d+)-(unshared-)?(.+)")

# `from` is a word of the language, so the class is made by a call.
Changes = TypedDict(
    "Changes",
    {
        # The mark of the board it leads from ('' for none), and what the page has then (snapshots.Seen).
        "from": str,
        "to": str,
        # The day it is drawn for.
        "day": str,
        # The viewer's version is forgotten: what is not named here must go.
        "whole": bool,
        # What changed, by id; and the ids of what must go from the screen.
        "fragments": dict[str, str],
        "gone": list[str],
        # Rows that are new to the viewer, or that have other parts than before, by stay.
        "rows": dict[int, str],
        # All rows in order: (group, stays).
        "groups": list[tuple[str, list[int]]],
    },
)


class Present(TypedDict):
    """Who has the board open, and {field: (tab, name)} of those who write."""

    names: list[str]
    writing: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Fragment:
    """A part of a resident's row: 'status-home', 'social', 'level'. One that is not shared says only that."""

    stay: int
    part: str
    shared: bool = True

    def __str__(self) -> str:
        """Its id: 'f12-status-home', 'f12-unshared-status-home'."""
        return f"f{self.stay}-{self.part}" if self.shared else f"f{self.stay}-unshared-{self.part}"


def read(name: str) -> Fragment | None:
    """The fragment of the id; None for one that is of no row, as the foot's."""
    hit = _FRAGMENT.fullmatch(name)
    return Fragment(int(hit[1]), hit[3], hit[2] is None) if hit else None


def of_stays(name: str, stays: set[int]) -> bool:
    """Whether the id is of a fragment of one of the stays."""
    return _stay(name) in stays


def by_stay(names: Iterable[str]) -> dict[int, set[str]]:
    """The ids of the fragments of rows, by stay."""
    made: dict[int, set[str]] = defaultdict(set)
    for name in names:
        stay = _stay(name)
        if stay is not None:
            made[stay].add(name)
    return made


def _stay(name: str) -> int | None:
    # A board has some three hundred ids, asked for at each change: a pattern would cost a millisecond.
    number = name[1 : name.find("-")]
    return int(number) if name[:1] == "f" and number.isdigit() else None


def text_field(stay: int, column: str, side: str) -> str:
    """A text's name: '12-status-home'."""
    return f"{stay}-{column}-{side}"


def text_id(field: str) -> str:
    """The id of the text where it is read."""
    return f"f{field}"


def editor_id(field: str) -> str:
    """The id of the text while it is written, which no answer names."""
    return f"edit-{field}"


def row_id(stay: int) -> str:
    """The id of the resident's row, which links lead to."""
    return f"r{stay}"


def group_id(group: str) -> str:
    """The id of a group of rows."""
    return f"g-{group}"
