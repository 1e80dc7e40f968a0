"""Who has looked at the resident and who has changed something, within a year."""

from dataclasses import dataclass
from datetime import date, datetime

from privacy.insight.source import Source
from privacy.selectors import changed, looked


@dataclass(frozen=True)
class WhoLooked:
    """Who looked on a day, and when."""

    day: date
    when: str
    who: str
    where: str
    screens: list[str]


@dataclass(frozen=True)
class Did:
    """Who changed something."""

    at: datetime
    who: str
    what: str


def looks(source: Source, today: date) -> list[WhoLooked]:
    """Everybody who looked. Where nothing is shared, only those of the side's own unit."""
    home, unit = source.access.home, source.access.team or source.access.home
    return [
        WhoLooked(look.day, look.when, look.who, look.unit, look.screens)
        for look in looked(home, source.stay_account.stay.pk, today)
        if source.joint or look.unit == unit.name
    ]


def changes(source: Source, today: date) -> list[Did]:
    """Who changed what, as far as the side may see it now."""
    made = changed(source.access.home, source.stay_account.stay.pk, source.sight, today)
    return [Did(change.at, change.who, change.sentence) for change in made]
