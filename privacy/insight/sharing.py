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
    found = source.rows(SharingBasis, from_side=source.side).select_related("recorded_by")
    return [
        Basis(
            kind=one.get_kind_display(),
            what=in_words(one.from_side, one.kind, one.what),
            covers=one.covers,
            reason=one.reason,
            given_by=one.get_given_by_display(),
            given_how=one.get_given_how_display() if one.given_how else "",
            given_on=one.given_on,
            from_day=one.from_day,
            to_day=one.to_day,
            open_until=one.open_until,
            withdrawn_at=one.withdrawn_at,
            recorded_by=name_of(one.recorded_by),
        )
        for one in found.order_by("from_day", "pk")
    ]
