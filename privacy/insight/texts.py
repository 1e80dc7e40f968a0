"""The texts of the board, and all they have said."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from boards.columns import text_visible
from boards.models import Cell, CellRevision
from organisation.region import Rules
from privacy.insight.source import Source, for_whom, name_of
from residents.texts import COLUMNS


@dataclass(frozen=True)
class Version:
    """What a text said earlier. Without words if it was written on the wrong resident."""

    version: int
    at: datetime
    by: str
    text: str
    takes_back: int | None
    wrong_resident: bool


@dataclass(frozen=True)
class Text:
    """One text of the board as it stands, and all it has said."""

    column: str
    title: str
    side: str
    text: str
    changed_at: datetime
    changed_by: str
    written_for: str
    confirmed_at: datetime | None
    confirmed_by: str
    history: list[Version]


def texts(source: Source) -> list[Text]:
    """Those the side may see now, in the board's order. Two queries."""
    order = {key: place for place, key in enumerate(COLUMNS)}
    kept = source.rows(Cell, side__in=source.sight.sides).select_related("changed_by", "confirmed_by")
    cells = [cell for cell in kept if _exported(cell.column) and text_visible(source.sight, cell.column, cell.side)]
    cells.sort(key=lambda cell: (order.get(cell.column, len(order)), cell.side))
    history = _history(source, cells)
    return [
        Text(
            column=cell.column,
            title=_title(cell, source.rules),
            side=cell.side,
            text=cell.text,
            changed_at=cell.changed_at,
            changed_by=name_of(cell.changed_by),
            written_for=for_whom(cell.written_for),
            confirmed_at=cell.confirmed_at,
            confirmed_by=name_of(cell.confirmed_by),
            history=history[cell.pk],
        )
        for cell in cells
    ]


def _exported(column: str) -> bool:
    """Whether the account holds the text. One of a column no longer in the table is kept in it."""
    text = COLUMNS.get(column)
    return text is None or text.export


def _history(source: Source, cells: list[Cell]) -> dict[int, list[Version]]:
    history: dict[int, list[Version]] = defaultdict(list)
    said = source.rows(CellRevision, "cell__stay", cell__in=[cell.pk for cell in cells]).select_related("by")
    for revision in said.order_by("cell", "version"):
        misfiled = revision.misfiled_at is not None
        words = "" if misfiled else revision.text
        history[revision.cell_id].append(
            Version(revision.version, revision.at, name_of(revision.by), words, revision.undoes, misfiled)
        )
        source.wrong |= misfiled
    return history


def _title(cell: Cell, rules: Rules) -> str:
    column = COLUMNS.get(cell.column)
    # Texts in a column that no longer exists are kept too.
    return rules.title(cell.column, column.heading(cell.side)) if column else cell.column
