"""What one account has seen and done in some days: the question of a breach (GDPR art. 33), and of misuse."""

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from audit import trail
from audit.models import Entry, ReadEntry
from core import weeks
from core.text import counted
from organisation.models import Home, Organisation, Team, User
from privacy import rules
from privacy.looks import Crew
from privacy.names import Names
from residents.models import Stay

MOST_DAYS = 366
COLUMNS = ("Tid", "Navn", "Arbejdssted", "Hvad", "Hvor", "Boliger", "Antal beboere")


@dataclass(frozen=True)
class Use:
    """A look at residents, or an act. `flats` are those seen: 'bolig 4', 'slettet (nr. 12)' of a stay that is gone.

    `name` and `unit` are as they were then. No resident is named: the home's own leader knows who lived there.
    """

    at: datetime
    name: str
    unit: str
    what: str
    where: str
    flats: list[str]

    @property
    def residents(self) -> str:
        """'3 beboere', '' for none."""
        return counted(len(self.flats), "beboer", "beboere") if self.flats else ""


def uses(person: User, first: date, last: date) -> list[Use]:
    """All the account saw and did from the first to the last day, the newest first. Ten queries."""
    begin, end = weeks.midnight(first), weeks.midnight(last + timedelta(days=1))
    looks = list(ReadEntry.objects.filter(viewer=person.pk, slot__gte=begin, slot__lt=end).order_by("slot", "pk"))
    entries = list(Entry.objects.filter(actor=person.pk, at__gte=begin, at__lt=end).order_by("at", "pk"))
    places = _places({row.scope for row in looks} | {entry.scope for entry in entries})
    homes = [place for place in places.values() if isinstance(place, Home)]
    crew, names, flats = Crew(homes, [], first, last), Names([person.pk]), _flats(homes)

    def use(at: datetime, scope: str, what: str, stays: list[int]) -> Use:
        place = places.get(scope)
        unit = crew.unit_of(person.pk, place, timezone.localdate(at)) if isinstance(place, Home) else None
        return Use(
            at=timezone.localtime(at),
            name=names.at(person.pk, at),
            unit=unit.name if unit else "",
            what=what,
            where=place.name if place else "",
            flats=[flats.get(stay, f"slettet (nr. {stay})") for stay in stays],
        )

    seen = [use(row.moment, row.scope, f"Så {rules.screen_label(row.screen)}", row.stays) for row in looks]
    did = [use(entry.at, entry.scope, _capital(trail.sentence(entry.action)), []) for entry in entries]
    return sorted([*seen, *did], key=lambda one: one.at, reverse=True)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _places(scopes: set[str]) -> dict[str, Home | Team | Organisation]:
    """{chain: where it belongs}; a person's own belongs nowhere. Three queries."""
    places: dict[str, Home | Team | Organisation] = {}
    for model in (Home, Team, Organisation):
        for place in model.objects.all():
            for scope in (getattr(place, "scope", ""), getattr(place, "log_scope", "")):
                if scope in scopes:
                    places[scope] = place
    return places


def _flats(homes: list[Home]) -> dict[int, str]:
    """{stay: 'bolig 4'}; with its days where several have lived there: 'bolig 4 (1.3.2025–17.11.2026)'."""
    stays = list(Stay.objects.for_homes(homes).order_by("pk"))
    lived = Counter((stay.home_id, stay.flat) for stay in stays)
    return {
        stay.pk: f"bolig {stay.flat}" + (_days(stay) if lived[stay.home_id, stay.flat] > 1 else "") for stay in stays
    }


def _days(stay: Stay) -> str:
    return f" ({_day(stay.from_day)}–{_day(stay.to_day) if stay.to_day else ''})"


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def homes_seen(found: list[Use]) -> list[tuple[str, list[str]]]:
    """[(home, flats seen there)], by name: whom a breach would have to be told."""
    seen: dict[str, set[str]] = defaultdict(set)
    for one in found:
        if one.flats:
            seen[one.where].update(one.flats)
    return [(home, sorted(flats, key=_by_number)) for home, flats in sorted(seen.items())]


def _by_number(flat: str) -> tuple[int, str]:
    found = re.search(r"\d+", flat)
    return int(found[0]) if found else 0, flat


def file(found: list[Use]) -> bytes:
    """The list for a spreadsheet: semicolons, UTF-8 with a mark, nothing that a spreadsheet would reckon."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in found:
        row = (f"{one.at:%d.%m.%Y %H:%M}", one.name, one.unit, one.what, one.where, ", ".join(one.flats))
        writer.writerow([*map(_cell, row), len(one.flats) or ""])
    return out.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in set("=+-@\t\r") else text
