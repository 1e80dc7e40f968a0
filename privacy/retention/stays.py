"""Erasing a stay, and the person with the last one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.models import EntryDetail
from boards.live import snapshots
from core.errors import Denied
from core.text import blank, search_form
from meetings.models import Meeting
from organisation.models import Draft, Home, User
from organisation.services import once
from privacy.models import Cause, Erasure, SampleLine
from privacy.retention import rows
from residents.models import Resident, Stay

WHY_LENGTH = 300
# A part of a name shorter than this is in too many searches to say whom they were for.
LETTERS = 3
trail.register("stay.erased", "slettede et ophold", personal=("why",), sight=True)


class Incomplete(Exception):
    """Something was left after erasing, so nothing was erased."""


def stay_erase(*, stay: Stay, cause: Cause, why: str, by: User | None, now: datetime, key: str = "") -> Erasure:
    """Erases everything about the stay, and with the last stay the resident's name: all of it or nothing.

    Numbers stay in the log's chain and in the journal. Raises Denied for a stay that has not ended, or when a leader
    gives no reason; LookupError for a stay that is gone; Repeated, Incomplete.
    """
    home = stay.home
    if cause == Cause.ASKED and (blank(why) or len(why) > WHY_LENGTH):
        raise Denied(f"Skriv hvorfor, med højst {WHY_LENGTH} tegn.", "why")
    # Searched before the home's clock is taken, because they may be anywhere in the log and it takes time.
    searches = _searches(stay) if _is_last(stay) else []
    with trail.change(home.scope, by=by.pk if by else None) as log:
        if by is not None:
            once(by, key, stay.pk, why)
        current = Stay.objects.for_home(home).filter(pk=stay.pk).select_related("resident").first()
        if current is None:
            raise LookupError("stay")
        if cause != Cause.AGAIN and (current.to_day is None or current.to_day > timezone.localdate(now)):
            raise Denied("Opholdet er ikke slut. Beboeren flytter ud, før opholdet kan slettes.")
        last = _is_last(current)
        about = rows.collect(Resident, [current.resident_id]) if last else rows.collect(Stay, [current.pk])
        gone = rows.remove(about)
        rows.add(gone, _beside(home, current.pk))
        if last:
            details = [EntryDetail.objects.filter(pk__in=part) for part in rows.chunks(searches)]
            rows.add(gone, {"audit.entrydetail": sum(rows.delete(part) for part in details)})
        left = rows.left(about)
        if left:
            raise Incomplete(f"{left} rows")
        erasure, _ = Erasure.objects.get_or_create(
            home=home, stay=current.pk, resident=current.resident_id, from_day=current.from_day,
            defaults={"cause": cause, "at": now},
        )  # fmt: skip
        said = {"why": why.strip()} if why.strip() else {}
        log("stay.erased", current, cause=cause, tables=gone, left=left, resident=last, **said)
        transaction.on_commit(partial(snapshots.drop, timezone.localdate(now), home.pk))
    return erasure


def _is_last(stay: Stay) -> bool:
    others = Stay.objects.system("whether the resident lives on elsewhere").filter(resident=stay.resident_id)
    return not others.exclude(pk=stay.pk).exists()


def _beside(home: Home, stay: int) -> dict[str, int]:
    """What is about the stay and points to it in words: drafts, notes to a sample, the text a wall showed."""
    drafts = Draft.objects.filter(home=home, stay=stay)
    lines = [line.pk for line in SampleLine.objects.filter(home=home).exclude(note="") if stay in line.stays]
    gone = {Draft._meta.label_lower: rows.delete(drafts)}
    for part in rows.chunks(lines):
        SampleLine.objects.filter(pk__in=part).update(note="")
    words = rows.erase_details(f"{SampleLine._meta.label_lower}:{pk}" for pk in lines)
    Meeting.objects.for_home(home).filter(wall_cell__startswith=f"{stay}-").update(wall_cell="", wall_until=None)
    return {**gone, SampleLine._meta.label_lower: len(lines), "audit.entrydetail": words}


def _searches(stay: Stay) -> list[int]:
    """The words of searches for the person, as far as one can tell by the name."""
    name = Resident.objects.system("the name that was searched for").filter(pk=stay.resident_id).first()
    parts = {part for part in name.search.split() if len(part) >= LETTERS} if name else set()
    details = EntryDetail.objects.filter(entry__action="searched").values_list("pk", "data")
    return [pk for pk, data in details.iterator() if _fits(search_form(str(data.get("words", ""))), parts)]


def _fits(words: str, parts: set[str]) -> bool:
    return any(part in words or (len(words) >= LETTERS and words in part) for part in parts)


@dataclass(frozen=True)
class JournalLine:
    """One line of the journal, as another keeps it outside the database."""

    home: int
    stay: int
    resident: int
    from_day: date
    at: datetime


@dataclass(frozen=True)
class Journal:
    """A kept journal, whole, as it was written out at `at`."""

    lines: list[JournalLine]
    at: datetime


def journal(now: datetime) -> Iterable[str]:
    """The journal as lines of numbers and days. The last line says how many, so that a cut file is noticed."""
    count = 0
    for row in Erasure.objects.order_by("pk").iterator():
        line = {"home": row.home_id, "stay": row.stay, "resident": row.resident}
        yield json.dumps({**line, "from_day": row.from_day.isoformat(), "at": row.at.isoformat()})
        count += 1
    yield json.dumps({"lines": count, "at": now.isoformat()})


def read_journal(text: str) -> Journal:
    """A kept journal from its text. Raises ValueError if it is not a journal or not whole."""
    *lines, last = [line for line in text.splitlines() if line.strip()] or [""]
    try:
        end = json.loads(last)
        kept = Journal([_read_line(line) for line in lines], datetime.fromisoformat(end["at"]))
        if end["lines"] != len(lines) or kept.at.tzinfo is None:
            raise ValueError("the journal was cut")
    except (KeyError, TypeError) as error:
        raise ValueError("not a journal") from error
    return kept


def _read_line(text: str) -> JournalLine:
    line = json.loads(text)
    home, stay, resident = (int(line[name]) for name in ("home", "stay", "resident"))
    return JournalLine(home, stay, resident, date.fromisoformat(line["from_day"]), datetime.fromisoformat(line["at"]))


def take_over(lines: Iterable[JournalLine]) -> int:
    """Adds the lines of a kept journal that this database lacks; unknown homes are left out. Returns how many."""
    homes = set(Home.objects.values_list("pk", flat=True))
    added = 0
    for line in lines:
        if line.home in homes:
            _, made = Erasure.objects.get_or_create(
                home_id=line.home, stay=line.stay, resident=line.resident, from_day=line.from_day,
                defaults={"cause": Cause.AGAIN, "at": line.at},
            )  # fmt: skip
            added += made
    return added


def unknown_to(lines: Iterable[JournalLine]) -> int:
    """How many erasures of this database a kept journal lacks. More than 0: it is too old, or from another database."""
    kept = {(line.home, line.stay, line.resident, line.from_day) for line in lines}
    return sum(row not in kept for row in Erasure.objects.values_list("home", "stay", "resident", "from_day"))


def erase_again(now: datetime) -> int:
    """Erases again every stay of the journal that is there, as after a restore. Returns how many."""
    again = 0
    for row in Erasure.objects.order_by("pk").select_related("home"):
        same = Stay.objects.for_home(row.home).filter(pk=row.stay, resident=row.resident, from_day=row.from_day)
        for stay in same.select_related("home"):
            stay_erase(stay=stay, cause=Cause.AGAIN, why="", by=None, now=now)
            again += 1
    return again
