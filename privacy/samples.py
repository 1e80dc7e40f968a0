"""The daily anchor, the weekly samples, and a leader's answers."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from audit import anchors, trail
from core.errors import Conflict, Denied
from organisation.models import Home, Team, User
from organisation.services import once
from privacy import rules
from privacy.looks import Unit, looks_of
from privacy.models import Answer, Sample, SampleLine

trail.register("sample.drawn", "trak ugens stikprøve")
trail.register("sample.answered", "svarede på en stikprøve", personal=("note",))


def daily(now: datetime) -> None:
    """Makes the day's anchor and the week's samples if they are missing. Runs every minute; safe to run twice."""
    anchors.make(now)
    draw(now)


def draw(now: datetime) -> int:
    """Draws last week's sample for each home and team without one. Returns how many. Two queries if none is missing.

    Homes for training have none: all in them is invented.
    """
    week = rules.week_before(timezone.localdate(now))
    drawn = Sample.objects.filter(week=week)
    there = Home.objects.filter(Q(left_on=None) | Q(left_on__gte=week), practice=False)
    homes = there.exclude(pk__in=drawn.filter(team=None).values("home")).order_by("pk")
    teams = Team.objects.exclude(pk__in=drawn.filter(home=None).values("team")).order_by("pk")
    units: list[Unit] = [*homes, *teams]
    return sum(_draw(unit, week, now) for unit in units)


def _draw(unit: Unit, week: date, now: datetime) -> bool:
    looks = looks_of(unit, week, timezone.localdate(now))
    chosen = rules.drawn(looks)
    sample = Sample(week=week, drawn_at=now, looks=len(looks))
    if isinstance(unit, Home):
        sample.home = unit
    else:
        sample.team = unit
    try:
        with trail.change(unit.log_scope, by=None) as log:
            sample.save(force_insert=True)
            SampleLine.objects.bulk_create(
                SampleLine(sample=sample, read=look.read, home=look.home, stays=look.stays) for look in chosen
            )
            reads = [look.read.pk for look in chosen]
            log("sample.drawn", sample, week=week.isoformat(), looks=len(looks), reads=reads)
    except IntegrityError:
        # Another worker was first.
        return False
    return True


@dataclass(frozen=True)
class GivenAnswer:
    """What was answered of one line, and the version of it that was seen."""

    line: int
    answer: Answer
    note: str
    seen: int


def sample_answer(*, user: User, sample: Sample, mine: Q, given: list[GivenAnswer], key: str, now: datetime) -> None:
    """The leader's answers to lines of one sample: all of them, or none.

    `mine` are the lines the person may answer (selectors.answerable). Raises Denied (the field is 'note-<line>' where
    a note is missing), Conflict with the line somebody else answered meanwhile, LookupError, Repeated.
    """
    with trail.change(sample.unit.log_scope, by=user.pk) as log:
        once(user, key, *given)
        rows = SampleLine.objects.filter(mine, sample=sample).select_related("read", "answered_by")
        lines = {line.pk: line for line in rows}
        for answered in given:
            if answered.line not in lines:
                raise LookupError("line")
            line = lines[answered.line]
            if line.read.viewer == user.pk:
                raise Denied("Du svarer ikke for dit eget opslag. Det gør en anden leder.")
            if answered.answer == Answer.LOOK and not answered.note:
                raise Denied("Skriv, hvad der skal undersøges.", f"note-{line.pk}")
            if (line.answer, line.note) == (answered.answer, answered.note):
                continue
            written = SampleLine.objects.filter(pk=line.pk, version=answered.seen).update(
                answer=answered.answer, note=answered.note, answered_by=user, answered_at=now, version=answered.seen + 1
            )
            if not written:
                raise Conflict(line)
            log("sample.answered", line, answer=answered.answer, note=answered.note)
        if not log.recorded:
            raise Denied("Vælg et svar ved mindst ét opslag.")
