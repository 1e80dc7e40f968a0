"""Many people at once: a list with semicolons or commas, read and judged line by line before anything is written."""

import csv
import hashlib
import io
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.offices import Office
from administration.services import people, roles
from administration.services.people import Known, PersonFacts
from administration.services.roles import RoleFacts, Unit
from audit import trail
from core.errors import Conflict, Denied
from core.text import search_form
from organisation.models import Role, User
from organisation.services import once

COLUMNS = ("navn", "mail", "titel", "telefon", "enhed", "rolle", "fra", "til")
MAX_LINES, MAX_BYTES = 500, 200_000
VIKAR = "vikar"
ROLES = {
    "medarbejder": Role.STAFF,
    VIKAR: Role.STAFF,
    "leder": Role.LEADER,
    "systemadministrator": Role.SYSTEM,
    "kriterieadministrator": Role.CRITERIA,
    "godkender": Role.APPROVER,
    "godkender af kriterier": Role.APPROVER,
    "implementeringsstøtte": Role.SUPPORT,
}
trail.register("people.read_in", "oprettede flere personer fra en liste")


@dataclass(frozen=True)
class ListLine:
    """One line as judged. `error` is empty where it can be done; `text` says what will happen."""

    number: int
    name: str
    email: str
    text: str
    error: str
    facts: PersonFacts | None = None
    role: RoleFacts | None = None
    known: int | None = None


def decode(raw: bytes) -> str:
    """The text of a file as Excel or others write it: UTF-8 with or without its mark, else Latin-1. Raises Denied."""
    if len(raw) > MAX_BYTES:
        raise Denied("Filen fylder mere end 200 kB. Del den i flere.", "file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise Denied("Filen er ikke en liste. Gem regnearket som CSV, og prøv igen.", "file")
    return text


def rows_of(text: str) -> list[tuple[int, dict[str, str]]]:
    """The lines under the header, with their numbers in the list. Raises Denied for a list that cannot be read."""
    text = text.removeprefix("\ufeff")
    if len(text.encode()) > MAX_BYTES:
        raise Denied("Listen fylder mere end 200 kB. Del den i flere.", "text")
    head = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    try:
        filled = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(c.strip() for c in row)]
    except csv.Error:
        raise Denied("Listen kan ikke læses. Gem regnearket som CSV, og prøv igen.", "text") from None
    if not filled:
        raise Denied("Listen er tom.", "text")
    names = [cell.casefold() for cell in filled[0][1]]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise Denied(f"Første linje skal være {';'.join(COLUMNS)}. Her mangler: {', '.join(missing)}.", "text")
    if len(filled) == 1:
        raise Denied("Der er ingen personer under første linje.", "text")
    if len(filled) - 1 > MAX_LINES:
        raise Denied(f"Listen har {len(filled) - 1} personer. Der er plads til {MAX_LINES} ad gangen.", "text")
    return [(number, dict(zip(names, row + [""] * len(names), strict=False))) for number, row in filled[1:]]


def judge(office: Office, text: str, units: list[Unit], today: date) -> list[ListLine]:
    """Every line with what will happen or what is wrong. Writes nothing. Raises Denied for an unreadable list.

    `units` are those the person may staff.
    """
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(search_form(unit.name), []).append(unit)
    rows = rows_of(text)
    mails = {row["mail"].casefold() for _, row in rows}
    known = {user.email.casefold(): user for user in User.objects.filter(email__in=mails)}
    lines: list[ListLine] = []
    first_lines: dict[tuple[object, ...], int] = {}
    for number, row in rows:
        try:
            facts, role = _read(row, by_name, today)
            twice = (facts.email.casefold(), role.unit, role.role)
            if twice in first_lines:
                raise Denied(f"Samme person og rolle står også i linje {first_lines[twice]}.")
            first_lines[twice] = number
            person = known.get(facts.email.casefold())
            _check(office, facts, role, person, today)
            text_ = f"{_said(person, role)} · {Role(role.role).label.lower()} i {role.unit.name}"
            if roles.yeses(office, person, role, today):
                text_ += " · begynder først, når de, der skal, har sagt ja"
            lines.append(
                ListLine(number, facts.name, facts.email, text_, "", facts, role, person.pk if person else None)
            )
        except Denied as denied:
            lines.append(ListLine(number, row["navn"][:60], row["mail"][:80], "", denied.message))
    return lines


def _said(person: User | None, role: RoleFacts) -> str:
    if person is None:
        return "Oprettes"
    known = roles.employer_of(person) in (None, roles.organisation_of(role.unit))
    return f"Mailadressen findes allerede: rollen gives til {person.name if known else 'den, der har den'}"


def _read(row: dict[str, str], units: dict[str, list[Unit]], today: date) -> tuple[PersonFacts, RoleFacts]:
    named = units.get(search_form(row["enhed"]), [])
    if not named:
        raise Denied(f"Kender ikke enheden »{row['enhed'][:60]}«, eller du opretter ikke personer dér.")
    if len(named) > 1:
        raise Denied(f"Flere enheder hedder »{row['enhed'][:60]}«. Opret personen for sig.")
    word = row["rolle"].casefold()
    if word not in ROLES:
        raise Denied(f"Kender ikke rollen »{row['rolle'][:40]}«. Skriv for eksempel medarbejder, vikar eller leder.")
    begin = _day(row["fra"]) if row["fra"] else today
    end = _day(row["til"]) if row["til"] else None
    facts = PersonFacts(row["navn"], row["titel"], row["mail"].lower(), row["telefon"])
    return facts, RoleFacts(named[0], ROLES[word], begin, end, substitute=word == VIKAR)


def _day(text: str) -> date:
    for shape in ("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, shape).date()
        except ValueError:
            continue
    raise Denied(f"Kan ikke læse dagen »{text[:20]}«. Skriv den som 24.11.2026.")


def _check(office: Office, facts: PersonFacts, role: RoleFacts, person: User | None, today: date) -> None:
    try:
        roles.check_may_give(office, role)
    except LookupError:
        raise Denied("Du opretter ikke personer dér.") from None
    people.check_person(facts)
    roles.check_role(person, role, today)
    if person is not None:
        roles.check_not_asked(person, role, timezone.now())
    if person is not None and person.pk == office.user.pk:
        raise Denied("Du kan ikke give dig selv en rolle.")


def print_of(lines: list[ListLine]) -> str:
    """What a person confirms when they say yes to the lines: whom each is about."""
    return hashlib.sha256(repr([(line.number, line.email, line.known) for line in lines]).encode()).hexdigest()


def people_read_in(*, office: Office, text: str, units: list[Unit], seen: str, key: str, today: date) -> int:
    """All of the list, or nothing of it. Returns how many roles were given.

    Judged again as it is written. Raises Denied with the first fault, Conflict when a line is about somebody else than
    the person saw, Repeated for a double click.
    """
    with transaction.atomic():
        once(office.user, key, text)
        lines = judge(office, text, units, today)
        wrong = next((line for line in lines if line.error), None)
        if wrong is not None:
            raise Denied(f"Linje {wrong.number}: {wrong.error}", "text")
        if print_of(lines) != seen:
            raise Conflict(lines)
        _write(office, lines, today)
    return len(lines)


def _write(office: Office, lines: list[ListLine], today: date) -> None:
    owners = {owner.pk: owner for owner in (roles.organisation_of(line.role.unit) for line in lines if line.role)}
    with ExitStack() as stack:
        # Every organisation's clock first, in one order, so that two lists never wait for each other.
        logs = {pk: stack.enter_context(trail.change(owners[pk].scope, by=office.user.pk)) for pk in sorted(owners)}
        for line in lines:
            _give(office, line, today)
        for pk, log in logs.items():
            log("people.read_in", owners[pk], lines=len(lines))


def _give(office: Office, line: ListLine, today: date) -> None:
    assert line.facts is not None
    assert line.role is not None
    known = line.known
    if known is None:
        # A person with two roles in the list is new at the first and known at the second.
        known = User.objects.filter(email__iexact=line.facts.email).values_list("pk", flat=True).first()
    try:
        people.person_create(office=office, facts=line.facts, role=line.role, confirmed=known, key="", today=today)
    except Known as already:
        raise Denied(f"Linje {line.number}: mailadressen findes allerede. Se listen igennem igen.", "text") from already
    except Denied as denied:
        raise Denied(f"Linje {line.number}: {denied.message}", "text") from None
