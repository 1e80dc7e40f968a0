"""Decisions of setting up. Pure: today is an argument."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from core import weeks
from core.errors import Denied
from core.text import name_fault
from organisation.models import Membership, Role

CENTRAL = (Role.SYSTEM, Role.CRITERIA, Role.APPROVER, Role.SUPPORT)
IN_UNITS = (Role.STAFF, Role.LEADER)
EARLIEST = date(2000, 1, 1)
PHONE_LENGTH, MAIL_LENGTH = 20, 254
LONG_MAIL = f"Mailadressen er for lang. Der er plads til {MAIL_LENGTH} tegn."
# What a spreadsheet would run as a formula.
FORMULA = ("=", "+", "-", "@", "\t")


def slug_for(name: str, taken: Collection[str]) -> str:
    """The home's word in addresses: 'Æblegården' gives 'aeblegaarden', and 'aeblegaarden-2' where that is taken."""
    plain = name.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:36].strip("-") or "botilbud"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day: three months after 30 November is 28 February."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return min(last, last.replace(day=min(day.day, last.day)))


def is_substitute(role: str, from_day: date, to_day: date | None) -> bool:
    """A vikar: staff whose access was given for at most three months."""
    return role == Role.STAFF and to_day is not None and to_day <= months_after(from_day, 3)


def check_period(from_day: date, to_day: date | None, today: date) -> None:
    """Raises Denied for a role that would end before it begins, be over already or lie absurdly far away."""
    if from_day < EARLIEST or from_day > today + timedelta(days=366):
        raise Denied("Startdagen skal ligge inden for det næste år. Er årstallet rigtigt?", "from_day")
    if to_day is None:
        return
    if to_day < from_day:
        raise Denied("Slutdagen ligger før startdagen.", "to_day")
    if to_day < today:
        raise Denied("Slutdagen er gået. Vælg i dag eller en senere dag.", "to_day")
    if to_day > today + timedelta(days=366 * 5):
        raise Denied("Slutdagen ligger mere end fem år frem. Er årstallet rigtigt?", "to_day")


def check_substitute(from_day: date, to_day: date | None) -> None:
    """Raises Denied for a vikar without an end, or with one more than three months away."""
    if to_day is None:
        raise Denied("Skriv vikarens sidste dag. Adgangen ophører af sig selv efter den.", "to_day")
    last = months_after(from_day, 3)
    if to_day > last:
        raise Denied(f"En vikar kan højst få tre måneder ad gangen, her til {weeks.long_day(last)}.", "to_day")


def check_hours(
    role: str, from_day: date | None, from_time: time | None, to_day: date | None, to_time: time | None
) -> None:
    """Raises Denied for hours of a role that has none, and for an hour without its day."""
    if role != Role.STAFF and (from_time or to_time):
        raise Denied("Kun medarbejdere og vikarer kan have klokkeslæt.", "from_time" if from_time else "to_time")
    if to_time and to_day is None:
        raise Denied("Skriv også den sidste dag.", "to_day")
    for day, at, field in ((from_day, from_time, "from_time"), (to_day, to_time, "to_time")):
        if day and at and weeks.skipped(day, at):
            raise Denied(weeks.SKIPPED, field)


def check_word(text: str, field: str) -> None:
    """Raises Denied for a name or title a spreadsheet would run, nobody can read, or that only looks like another."""
    if text.startswith(FORMULA):
        raise Denied("Begynd med et bogstav eller et tal.", field)
    if text and (fault := name_fault(text)):
        raise Denied(fault, field)


def check_phone(text: str, field: str) -> None:
    """Raises Denied for a number nobody can call: other than digits, spaces and +, or more than there is room for."""
    phone = text.strip()
    if len(phone) > PHONE_LENGTH:
        raise Denied(f"Der er plads til {PHONE_LENGTH} tegn.", field)
    if phone and not re.fullmatch(r"[+0-9 ]*[0-9][+0-9 ]*", phone):
        raise Denied("Skriv telefonnummeret med tal, for eksempel 70 00 00 01.", field)


def overlap(first: tuple[date, date | None], second: tuple[date, date | None]) -> bool:
    """Whether two periods share a day; both ends count, and None is 'until further notice'."""
    return first[0] <= (second[1] or date.max) and second[0] <= (first[1] or date.max)


def period_label(member: Membership, now: datetime) -> str:
    """'vikar til og med 1.12.2026', 'vikar til 1.12.2026 kl. 16', 'fra 1.12.2026 kl. 22', 'stoppede 1.11.2026', or
    nothing for one that simply holds.
    """
    begins, ends = member.span
    if ends <= begins:
        return "trukket tilbage"
    first, last = full_day(member.from_day) + hour_label(member.from_time), ""
    if member.to_day is not None:
        last = full_day(member.to_day) + hour_label(member.to_time)
    if ends <= now:
        return f"stoppede {last}"
    parts = [f"fra {first}"] if begins > now else []
    if last:
        vikar = "vikar " if is_substitute(member.role, member.from_day, member.to_day) else ""
        parts.append(f"{vikar}{'til' if member.to_time else 'til og med'} {last}")
    return ", ".join(parts)


def hour_label(at: time | None) -> str:
    """' kl. 14.30', '' for none."""
    return f" kl. {weeks.time_of_day(at)}" if at else ""


def full_day(day: date) -> str:
    """'1.12.2026'."""
    return f"{day.day}.{day.month}.{day.year}"
