"""When a resident is to be discussed again. Pure: today is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from botilbud.lib import weeks
from criteria.models import Level


@dataclass(frozen=True)
class Term:
    """A criterion's term in days: the first time, and from then on."""

    level: str
    first_days: int
    then_days: int


def due(term: Term, from_day: date, *, first: bool) -> date:
    """The day a term runs out. Akut counts calendar days, subakut working days (domain § 5)."""
    days = term.first_days if first else term.then_days
    if term.level == Level.AKUT:
        return from_day + timedelta(days=days)
    # A subakut week is seven days on the calendar of everyday speech, so 7 is five working days, and so on.
    whole, rest = divmod(days, 7)
    return weeks.add_working_days(from_day, whole * 5 + rest)


def review_by(terms: Iterable[Term], from_day: date, *, first: bool) -> date | None:
    """The earliest of the terms' days; None without terms."""
    return min((due(term, from_day, first=first) for term in terms), default=None)


def level_of(levels: Iterable[str]) -> Level:
    """The level the chosen criteria propose: the highest of theirs. People decide; nothing is set by itself."""
    chosen = set(levels)
    return Level.AKUT if Level.AKUT in chosen else Level.SUBAKUT
