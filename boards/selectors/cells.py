"""The texts of a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from boards import rules
from boards.fragments import editor_id, text_field, text_id
from boards.models import Cell
from boards.selectors.names import tell_apart
from core import weeks
from core.prepared import prepared
from core.text import genitive
from organisation.region import Rules
from residents.selectors import VisibleStay
from residents.texts import COLUMNS


@dataclass(frozen=True)
class CellView:
    """One text as shown. `version` 0 means nobody wrote it yet."""

    stay: int
    column: str
    side: str
    title: str
    empty: str
    limit: int
    text: str = ""
    version: int = 0
    author: str = ""
    written_for: str = ""
    when: str = ""
    changed_on: date | None = None
    stale_days: int | None = None
    new: bool = False
    confirmed: str = ""

    @property
    def key(self) -> str:
        """'12-status-home': the fragment's and the draft's name."""
        return text_field(self.stay, self.column, self.side)

    @property
    def fragment_id(self) -> str:
        return text_id(self.key)

    @property
    def editor_id(self) -> str:
        """Its id while it is written."""
        return editor_id(self.key)

    @property
    def authors(self) -> str:
        """'Mettes', 'Jonas’'; 'den andens' where nobody's name stands."""
        return genitive(self.author) if self.author else "den andens"

    @property
    def age(self) -> str:
        return f"{weeks.days_label(self.stale_days)} gammel" if self.stale_days else ""


def cell_view(
    stay: int, column_key: str, side: str, cell: Cell | None, today: date, met: datetime | None, region_rules: Rules
) -> CellView:
    """A text as it is shown on the day, or the empty place for one."""
    column = COLUMNS[column_key]
    fresh_for = region_rules.stale_days_slow if column.slow else region_rules.stale_days
    base: dict[str, Any] = {
        "stay": stay,
        "column": column.key,
        "side": side,
        "title": column.heading_in(region_rules, side),
        "empty": column.invites(side),
        "limit": column.limit,
    }
    if cell is None:
        return CellView(**base)
    confirmed = cell.confirmed_at and cell.confirmed_by and cell.confirmed_at > cell.changed_at
    return CellView(
        **base,
        text=cell.text,
        version=cell.version,
        author=cell.changed_by.name,
        written_for={"home": "botilbuddet", "team": "teamet"}.get(cell.written_for, ""),
        when=weeks.when(cell.changed_at, today),
        changed_on=timezone.localtime(cell.changed_at).date(),
        stale_days=rules.is_stale(cell.changed_at, cell.confirmed_at, fresh_for, today) if cell.text else None,
        new=bool(cell.text) and rules.is_new(cell.changed_at, today, met),
        confirmed=f"gælder stadig, {cell.confirmed_by.name} {weeks.when(cell.confirmed_at, today)}"
        if confirmed and cell.confirmed_by and cell.confirmed_at
        else "",
    )


def _cells_of(home: int) -> QuerySet[Cell]:
    return Cell.objects.for_home(home).select_related("changed_by", "confirmed_by")


@prepared
def all_cells(home: int, stays: list[int]) -> QuerySet[Cell]:
    """Every text of these stays."""
    return _cells_of(home).filter(stay__pk__in=stays)


@prepared
def some_cells(home: int, pks: list[int]) -> QuerySet[Cell]:
    """These texts."""
    return _cells_of(home).filter(pk__in=pks)


def with_names(cells: Iterable[Cell], names: dict[int, str]) -> list[Cell]:
    """The texts, with a title after the names of authors who share one (`tell_apart`)."""
    texts = list(cells)
    for cell in texts:
        tell_apart(names, cell.changed_by, cell.confirmed_by)
    return texts


def row_cells(
    stay: VisibleStay,
    cells: dict[tuple[int, str, str], Cell],
    today: date,
    met: datetime | None,
    region_rules: Rules,
) -> dict[str, CellView]:
    """What of the texts the sight of the stay lets through, by \'status-home\'; empty places are among them."""
    views = {}
    for column in COLUMNS.values():
        for side in column.sides:
            if stay.sight.covers(side, column.key):
                cell = cells.get((stay.id, column.key, side))
                views[f"{column.key}-{side}"] = cell_view(stay.id, column.key, side, cell, today, met, region_rules)
    return views
