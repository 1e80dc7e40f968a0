"""Texts: written over the version one saw, confirmed."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from accounts.access import Access
from audit import trail
from boards import rules
from boards.fragments import text_field
from boards.models import (
    Cell,
    CellRevision,
)
from boards.services.common import may_write, visible_stay
from core.errors import Conflict, Denied
from core.prepared import insert, prepared, prepared_update
from core.text import blank
from organisation.drafts import drop_draft
from organisation.models import Home, Side
from organisation.services import once
from residents.models import Stay
from residents.texts import COLUMNS, TextPart

trail.register("cell.written", "skrev på tavlen", personal=("text",))
trail.register("cell.confirmed", "satte »gælder stadig«")


@dataclass(frozen=True)
class CellKey:
    """Where a text stands: whose, in which column, and the side that writes there."""

    stay_id: int
    column: str
    side: Side

    def __str__(self) -> str:
        """'12-status-home', as pages and drafts name it."""
        return text_field(self.stay_id, self.column, self.side)


def column_at(access: Access, where: CellKey, today: date) -> TextPart:
    """The column of a text the person may read. Raises LookupError for any other."""
    column = COLUMNS.get(where.column)
    stay = visible_stay(access, where.stay_id, today)
    if column is None or not stay.sight.covers(where.side, where.column):
        raise LookupError("cell")
    return column


def is_text(access: Access, field: str) -> bool:
    """Whether the field ('12-status-home') is a text of somebody the person's side knows or has known. One query."""
    stay, key, side = field.split("-")
    column = COLUMNS.get(key)
    stays: QuerySet[Stay] = Stay.objects.for_home(access.home).filter(pk=int(stay))
    if access.team is not None:
        stays = stays.filter(teamlink__team=access.team)
    return column is not None and side in column.sides and stays.exists()


def cell_write(
    *, access: Access, where: CellKey, text: str, seen: int, key: str, today: date, undoes: int | None = None
) -> Cell:
    """Writes a text over the version the person saw (0 for an empty place); their draft there goes.

    Raises LookupError for a place the person must not know, Denied for one that is not theirs to write or too long a
    text, Conflict with the cell that stands there now when somebody wrote since, Repeated for a double click.
    """
    # Asked before the change begins: everybody at the home waits for its clock, so a save should hold it briefly.
    column = column_at(access, where, today)
    text = _writable(access, column, where.side, text)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        # A corrected text with an old key fails the version check below, and then both texts are shown.
        with suppress(Denied):
            once(access.user, key, text, seen)
        cell = cell_at(access.home, where)
        if (cell.version if cell else 0) != seen:
            raise Conflict(cell)
        cell = cell or Cell(stay_id=where.stay_id, column=where.column, side=where.side, version=0)
        cell.text, cell.version = text, seen + 1
        cell.changed_at, cell.changed_by = log.at, access.user
        cell.written_for = rules.written_for(access.side, where.side)
        cell.confirmed_at = cell.confirmed_by = None
        _keep(access.home, cell, seen)
        insert(CellRevision(cell=cell, version=cell.version, text=text, by=access.user, at=log.at, undoes=undoes))
        drop_draft(access, str(where))
        log("cell.written", cell, column=where.column, side=where.side, version=cell.version, text=text)
    return cell


def _writable(access: Access, column: TextPart, side: Side, text: str) -> str:
    """The text as it is kept. Raises Denied where the person does not write there or the text is too long."""
    if not may_write(access, side):
        raise Denied(
            f"Her skriver kun {Side(side).label.lower()}. Referenten kan skrive for begge under mødet.", "text"
        )
    text = "" if blank(text) else text.strip().replace("\r\n", "\n")
    if len(text) > column.limit:
        raise Denied(f"Teksten fylder {len(text)} tegn. Der er plads til {column.limit}.", "text")
    return text


def _keep(home: Home, cell: Cell, seen: int) -> None:
    # Whose text it is, and where, was checked above. Only the text itself is left to check.
    cell.clean_fields(exclude=["stay", "changed_by", "confirmed_by"])
    if seen == 0:
        insert(cell)
        return
    # The clock's lock already keeps others out. The condition is there in case a caller forgets the lock.
    written = (cell.text, cell.version, cell.changed_at, cell.changed_by_id, cell.written_for)
    if not _overwrite(home.pk, cell.pk, seen, *written):
        raise Conflict(Cell.objects.for_home(home).get(pk=cell.pk))


@prepared
def _cell(home: int, stay: int, column: str, side: str) -> QuerySet[Cell]:
    return Cell.objects.for_home(home).filter(stay=stay, column=column, side=side)


@prepared_update
def _overwrite(
    home: int, pk: int, seen: int, text: str, version: int, at: datetime, by: int, written_for: str
) -> tuple[QuerySet[Cell], dict[str, Any]]:
    written = {"text": text, "version": version, "changed_at": at, "changed_by": by, "written_for": written_for}
    return Cell.objects.for_home(home).filter(pk=pk, version=seen), {
        **written,
        "confirmed_at": None,
        "confirmed_by": None,
    }


def cell_confirm(*, access: Access, where: CellKey, seen: int, today: date) -> Cell:
    """'Gælder stadig': the text still holds. Its version does not change."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        column_at(access, where, today)
        cell = cell_at(access.home, where)
        if cell is None:
            raise LookupError("cell")
        if cell.version != seen:
            raise Conflict(cell)
        if not may_write(access, where.side):
            raise Denied(f"Det siger {Side(where.side).label.lower()} selv til.")
        cell.confirmed_at, cell.confirmed_by = log.at, access.user
        cell.save(update_fields=["confirmed_at", "confirmed_by"])
        log("cell.confirmed", cell, column=where.column, side=where.side)
    return cell


def cell_at(home: Home, where: CellKey) -> Cell | None:
    """The text as it stands, or None where nothing was written."""
    return _cell.first(home.pk, where.stay_id, where.column, where.side)
