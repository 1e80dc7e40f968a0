"""The board's columns and what may be seen in them, made from the one table of what can cross (residents.texts)."""

from dataclasses import dataclass

from organisation.region import Rules
from residents.sharing import Sight
from residents.texts import COLUMNS, PARTS, LanePart, Part, Place, TextPart, Width

STANDARD = Rules()


@dataclass(frozen=True)
class BoardColumn:
    """One column: its heading, and the parts of a row that stand in it ('status-home')."""

    key: str
    title: str
    parts: tuple[str, ...]
    width: Width


def board_columns(rules: Rules = STANDARD, place: Place = Place.BOARD) -> list[BoardColumn]:
    """The columns from the left under the region's headings, without those it hides; on the board, or as it stood."""
    level = PARTS["level"]
    shown = [part for part in PARTS.values() if place in part.places and isinstance(part, TextPart | LanePart)]
    columns = [
        BoardColumn("beboer", "Beboer", ("resident",), Width.NAME),
        BoardColumn("niveau", level.title, ("level",), level.width),
        *(
            BoardColumn(part.key, part.title, _fragments(part), part.width)
            for part in sorted(shown, key=lambda part: part.column)
        ),
    ]
    return [
        BoardColumn(column.key, rules.title(column.key, column.title), column.parts, column.width)
        for column in columns
        if column.key not in rules.hidden_columns
    ]


def _fragments(part: Part) -> tuple[str, ...]:
    return tuple(_fragment(part, side) for side in part.sides)


def _fragment(part: Part, side: str) -> str:
    """The key of a side's part in a row: 'status-home', 'social'."""
    return part.key if isinstance(part, LanePart) else f"{part.key}-{side}"


def lane_visible(sight: Sight, track: str) -> bool:
    """Whether the sight lets the interventions of a track through."""
    return all(sight.covers(side, track) for side in PARTS[track].sides)


def text_visible(sight: Sight, column: str, side: str) -> bool:
    """Whether the sight lets a side's text through. In a column that no longer exists, all the side's."""
    columns = [COLUMNS[column]] if column in COLUMNS else [each for each in COLUMNS.values() if not each.private]
    return all(sight.covers(side, each.key) for each in columns if side in each.sides)


def hidden_parts(sight: Sight) -> list[str]:
    """The parts of the board the sight does not let through, by their keys in a row: 'status-home', 'social'."""
    return [
        _fragment(part, side)
        for part in PARTS.values()
        if not part.private
        for side in part.sides
        if not sight.covers(side, part.key)
    ]
