"""Texts: written over the version one saw, confirmed."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    Cell,
    CellRevision,
)
from boards.services.common import may_write, seen_stay
from core.errors import Conflict, Denied
from core.prepared import insert, prepared, prepared_update
from core.text import blank
from organisation.models import Side
from organisation.services import drop_draft, once
from residents.texts import COLUMNS

trail.register("cell.written", "skrev på tavlen", personal=("text",))
trail.register("cell.confirmed", "satte »gælder stadig«")


def cell_write(
    *,
    access: Access,
    stay_id: int,
    column_key: str,
    side: Side,
    text: str,
    seen: int,
    key: str,
    today: date,
    undoes: int | None = None,
) -> Cell:
    """Writes a text over the version the person saw (0 for an empty place); their draft there goes.

    Raises LookupError for a place the person must not know, Denied for one that is not theirs to write or too long a
    text, Conflict with the cell that stands there now when somebody wrote since, Repeated for a double click.
    """
    column = COLUMNS.get(column_key)
    stay = seen_stay(access, stay_id, today)
    if column is None or not stay.sight.covers(side, column_key):
        raise LookupError("cell")
    if not may_write(access, side):
        raise Denied(
            f"Her skriver kun {Side(side).label.lower()}. Referenten kan skrive for begge under mødet.", "text"
        )
    text = "" if blank(text) else text.strip().replace("\r\n", "\n")
    if len(text) > column.limit:
        raise Denied(f"Teksten fylder {len(text)} tegn. Der er plads til {column.limit}.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        # A corrected text under an old key meets the version check below, and so both texts are shown.
        with suppress(Denied):
            once(access.user, key, text, seen)
        cell = _cell.first(access.home.pk, stay_id, column_key, side)
        if (cell.version if cell else 0) != seen:
            raise Conflict(cell)
        if cell is None:
            cell = Cell(stay_id=stay_id, column=column_key, side=side, version=0)
        cell.text = text
        cell.version += 1
        cell.changed_at, cell.changed_by = log.at, access.user
        cell.written_for = rules.written_for(access.side, side)
        cell.confirmed_at = cell.confirmed_by = None
        # Whose and where it is was asked for above, and the database holds to it; what is left is the text.
        cell.clean_fields(exclude=["stay", "changed_by", "confirmed_by"])
        if cell.version == 1:
            insert(cell)
        else:
            # The clock's lock already keeps others out; the condition holds even where a caller forgets it.
            at = (access.home.pk, cell.pk, seen)
            if not _overwrite(*at, text, cell.version, log.at, access.user.pk, cell.written_for):
                raise Conflict(Cell.objects.for_home(access.home).get(pk=cell.pk))
        revision = CellRevision(cell=cell, version=cell.version, text=text, by=access.user, at=log.at, undoes=undoes)
        insert(revision)
        drop_draft(access.user, f"{stay_id}-{column_key}-{side}")
        log("cell.written", cell, column=column_key, side=side, version=cell.version, text=text)
    return cell


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


def cell_confirm(*, access: Access, stay_id: int, column_key: str, side: Side, seen: int, today: date) -> Cell:
    """'Gælder stadig': the text is as true as the day it was written. Does not move its version."""
    column = COLUMNS.get(column_key)
    stay = seen_stay(access, stay_id, today)
    if column is None or not stay.sight.covers(side, column_key):
        raise LookupError("cell")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        cell: Cell | None = (
            Cell.objects.for_home(access.home).filter(stay=stay_id, column=column_key, side=side).first()
        )
        if cell is None:
            raise LookupError("cell")
        if cell.version != seen:
            raise Conflict(cell)
        if not may_write(access, side):
            raise Denied(f"Det siger {Side(side).label.lower()} selv til.")
        cell.confirmed_at, cell.confirmed_by = log.at, access.user
        cell.save(update_fields=["confirmed_at", "confirmed_by"])
        log("cell.confirmed", cell, column=column_key, side=side)
    return cell
