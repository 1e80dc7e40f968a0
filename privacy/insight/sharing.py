"""What the side may pass on, and why."""

from dataclasses import dataclass
from datetime import date, datetime

from privacy.insight.source import Source, name_of
from residents.models import SharingBasis
from residents.texts import in_words


@dataclass(frozen=True)
class Basis:
    """A yes to sharing that the side recorded."""

    kind: str
    what: str
    covers: str
    reason: str
    given_by: str
    given_how: str
    given_on: date
    from_day: date
    to_day: date | None
    open_until: datetime | None
    withdrawn_at: datetime | None
    recorded_by: str


def bases(source: Source) -> list[Basis]:
    """The side's own, those that are over too. One query."""
    rows = source.rows(SharingBasis, from_side=source.side).select_related("recorded_by")
    return [
        Basis(
            kind=basis.get_kind_display(),
            what=in_words(basis.from_side, basis.kind, basis.what),
            covers=basis.covers,
            reason=basis.reason,
            given_by=basis.get_given_by_display(),
            given_how=basis.get_given_how_display() if basis.given_how else "",
            given_on=basis.given_on,
            from_day=basis.from_day,
            to_day=basis.to_day,
            open_until=basis.open_until,
            withdrawn_at=basis.withdrawn_at,
            recorded_by=name_of(basis.recorded_by),
        )
        for basis in rows.order_by("from_day", "pk")
    ]
