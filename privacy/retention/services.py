"""The nightly run: each kind at each home in transactions of its own, counted again, and said in the log."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit import clock, trail
from audit.models import Entry
from organisation.models import Home
from organisation.region import Rules, rules_of, strictest
from privacy.models import Cause, Receipt, Run
from privacy.retention import rows
from privacy.retention.kinds import KINDS
from privacy.retention.stays import stay_erase
from privacy.retention.sweeps import COMMON, HOME, Counts, Term
from residents.models import Stay

logger = logging.getLogger(__name__)
# The chain of what was erased that belongs to no home.
COMMON_SCOPE = "log:retention"
# A run without an end after so long has died.
AT_WORK = timedelta(hours=2)
# Far more than usual: more than five times what went in the fullest of sixty nights, and more than so many.
TIMES, NIGHTS, ALWAYS = 5, timedelta(days=60), 2000
# A stay is one in the figures, and hundreds of rows.
STAY = 100
# So long somebody's yes to it holds: the night after.
YES = timedelta(days=2)
trail.register("retention.allowed", "sagde ja til at slette langt mere end normalt")
trail.register("retention.erased", "slettede det, der var ældre end fristen", sight=True)
trail.register("retention.failed", "kunne ikke slette alt, der var ældre end fristen")


@dataclass
class RunOutcome:
    """What a run did: rows by kind, and where it failed ('Referater, botilbud nr. 3')."""

    erased: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def nightly(now: datetime) -> RunOutcome | None:
    """Erases what is past its term, everywhere. None if another worker is doing it, or where it waits for somebody's
    yes, as what is erased cannot be brought back: the clock cannot be trusted, or far more than usual would go.

    Safe to run twice and after a crash: each transaction is complete, and what is left is due at the next run.
    """
    if why := clock_doubt(now):
        logger.error("nothing is erased: %s", why)
        return None
    run = _begin(now)
    if run is None:
        return None
    if held := _far_more(now):
        logger.error("nothing is erased: %s rows would go, far more than usual", held)
        Run.objects.filter(pk=run.pk).update(ended_at=timezone.now(), held=held)
        return None
    outcome = RunOutcome()
    for home, kind, term in _terms(now):
        if home is None:
            _common(kind, term, outcome)
        elif kind == "left":
            _stays(home, term, outcome)
        else:
            _home(home, kind, term, outcome)
    Run.objects.filter(pk=run.pk).update(ended_at=timezone.now(), held=None)
    return outcome


def _terms(now: datetime) -> Iterator[tuple[Home | None, str, Term]]:
    """Each kind at each home with its term, then the kinds that belong to none."""
    for home in Home.objects.order_by("pk"):
        region_rules = rules_of(home, timezone.localdate(now))
        for kind in KINDS:
            if kind == "left" or kind in HOME:
                yield home, kind, Term(region_rules.keeps(kind), now, region_rules)
    for kind in COMMON:
        yield None, kind, Term(strictest(kind), now, Rules())


def _far_more(now: datetime) -> int:
    """How much would go, where that is far more than usual and nobody has said yes; 0 where it may go on.

    In the demo, which is put away for weeks, always 0.
    """
    if settings.DEMO or _allowed(now):
        return 0
    would = 0
    for home, kind, term in _terms(now):
        try:
            if home is None:
                would += COMMON[kind].due(term)
            elif kind == "left":
                would += STAY * _ended(home, term).count()
            else:
                would += HOME[kind].due(home, term)
        except DatabaseError:
            continue  # the run itself says so
    nights: Counter[date] = Counter()
    for kind, at, rows_gone in Receipt.objects.filter(at__gt=now - NIGHTS).values_list("kind", "at", "rows"):
        nights[timezone.localdate(at)] += rows_gone * (STAY if kind == "left" else 1)
    return would if would > max(ALWAYS, TIMES * max(nights.values(), default=0)) else 0


def _allowed(now: datetime) -> bool:
    return Entry.objects.filter(scope=COMMON_SCOPE, action="retention.allowed", at__gt=now - YES, at__lte=now).exists()


def waits_for_yes(now: datetime) -> str:
    """Why the last night erased nothing, where it would have been far more than usual; '' otherwise. Two queries."""
    held = Run.objects.order_by("-pk").values_list("held", flat=True).first()
    if not held or _allowed(now):
        return ""
    return f"I nat ville {held} rækker være slettet. Det er langt mere end normalt, så intet er slettet."


def allow(*, by: int, now: datetime) -> None:
    """Somebody has looked at the terms, and what would go is right to go: the next night erases it."""
    trail.note(COMMON_SCOPE, "retention.allowed", "retention", by=by, day=str(timezone.localdate(now)))


def clock_doubt(now: datetime) -> str:
    """Why nothing is erased tonight, in a sentence; '' where it is. Three queries."""
    last = Run.objects.order_by("-pk").values_list("day", flat=True).first()
    return clock.doubt(now, last)


def _begin(now: datetime) -> Run | None:
    """The day's run, taken by one worker at a time."""
    day = timezone.localdate(now)
    try:
        with transaction.atomic():
            run = Run(day=day, started_at=now)
            run.save(force_insert=True)
            return run
    except IntegrityError:
        free = Q(ended_at__isnull=False) | Q(started_at__lt=now - AT_WORK)
        if not Run.objects.filter(free, day=day).update(started_at=now, ended_at=None):
            return None
        return Run.objects.get(day=day)


def _home(home: Home, kind: str, term: Term, outcome: RunOutcome) -> None:
    sweep = HOME[kind]
    _until_done(kind, home, lambda: sweep.erase(home, term), lambda: sweep.due(home, term), term.now, outcome)


def _common(kind: str, term: Term, outcome: RunOutcome) -> None:
    sweep = COMMON[kind]
    _until_done(kind, None, lambda: sweep.erase(term), lambda: sweep.due(term), term.now, outcome)


def _until_done(
    kind: str,
    home: Home | None,
    erase: Callable[[], Counts],
    due: Callable[[], int],
    now: datetime,
    outcome: RunOutcome,
) -> None:
    """Batch after batch, until nothing is left or a batch erases nothing more."""
    try:
        left = due()
        while left:
            before = left
            with transaction.atomic():
                if home is not None:
                    # Nobody changes anything at the home between the count and the end.
                    trail.hold(home.scope)
                gone = erase()
                left = due()
                if gone:
                    _receive(kind, home, gone, left, now)
            rows.add(outcome.erased, {kind: sum(gone.values())})
            if left >= before:
                _failed(kind, home, left, now, outcome)
                return
    except Exception as error:
        # The other kinds and homes go on. The error's message may hold what people wrote, so only its kind is noted.
        logger.error("retention of %s at %s stopped: %s", kind, _where(home), type(error).__name__)
        _failed(kind, home, 0, now, outcome)


def _stays(home: Home, term: Term, outcome: RunOutcome) -> None:
    """The stays that ended so long ago, each whole in a transaction of its own."""
    due = _ended(home, term)
    gone = 0
    for stay in due:
        try:
            stay_erase(stay=stay, cause=Cause.TERM, why="", by=None, now=term.now)
            gone += 1
        except Exception as error:
            logger.error("stay %s could not be erased: %s", stay.pk, type(error).__name__)
    # A new query: the old queryset has kept its rows.
    left = due.all().count()
    if gone:
        with transaction.atomic():
            _receive("left", home, {Stay._meta.label_lower: gone}, left, term.now)
        rows.add(outcome.erased, {"left": gone})
    if left:
        _failed("left", home, left, term.now, outcome)


def _ended(home: Home, term: Term) -> QuerySet[Stay]:
    ended: QuerySet[Stay] = Stay.objects.for_home(home).filter(to_day__lte=term.day)
    return ended.select_related("home").order_by("pk")


def _receive(kind: str, home: Home | None, gone: Counts, left: int, now: datetime) -> None:
    """Notes in the log what was erased, and keeps the figures for the page."""
    with trail.change(home.log_scope if home else COMMON_SCOPE, by=None) as log:
        log("retention.erased", f"retention:{kind}", kind=kind, tables=gone, left=left)
        Receipt(kind=kind, home=home, at=now, tables=gone, rows=sum(gone.values()), left=left).save(force_insert=True)


def _failed(kind: str, home: Home | None, left: int, now: datetime, outcome: RunOutcome) -> None:
    outcome.failed.append(f"{KINDS[kind].name}, {f'botilbud nr. {home.pk}' if home else 'uden for botilbuddene'}")
    logger.error("retention of %s at %s: %s still there", kind, _where(home), left or "unknown how many")
    try:
        with trail.change(home.log_scope if home else COMMON_SCOPE, by=None) as log:
            log("retention.failed", f"retention:{kind}", kind=kind, left=left)
            Receipt(kind=kind, home=home, at=now, left=left, failed=True).save(force_insert=True)
    except DatabaseError as error:
        logger.error("the failure could not be noted: %s", type(error).__name__)


def _where(home: Home | None) -> str:
    return f"home {home.pk}" if home else "no home"
