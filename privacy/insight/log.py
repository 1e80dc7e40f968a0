"""Who has looked at the resident and who has changed something, within a year."""

from dataclasses import dataclass
from datetime import date, datetime

from privacy.insight.source import Source
from privacy.selectors import changed, looked


@dataclass(frozen=True)
class Seen:
    """Who looked on a day."""

    day: date
    who: str
    where: str
    screens: list[str]


@dataclass(frozen=True)
class Did:
    """Who changed something."""

    at: datetime
    who: str
    what: str


def looks(source: Source, today: date) -> list[Seen]:
    """All of them; of what is not shared, only those of the side's own unit."""
    home, unit = source.access.home, source.access.team or source.access.home
    return [
        Seen(one.day, one.who, one.unit, one.screens)
        for one in looked(home, source.reach.stay.pk, today)
        if source.joint or one.unit == unit.name
    ]


def changes(source: Source, today: date) -> list[Did]:
    """Of what the side may see now."""
    made = changed(source.access.home, source.reach.stay.pk, source.sight, today)
    return [Did(one.at, one.who, one.sentence) for one in made]
