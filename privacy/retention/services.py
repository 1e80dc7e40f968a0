"""The nightly run: each kind at each home in transactions of its own, counted again, and said in the log."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from audit import clock, trail
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
trail.register("retention.erased", "slettede det, der var ældre end fristen", sight=True)
trail.register("retention.failed", "kunne ikke slette alt, der var ældre end fristen")


@dataclass
class RunOutcome:
    """What a run did: rows by kind, and where it failed ('Referater, botilbud nr. 3')."""

    erased: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def nightly(now: datetime) -> RunOutcome | None:
    """Erases what is past its term, everywhere. None if another worker is doing it, or where the clock cannot be
    trusted: what is erased cannot be brought back.

    Safe to run twice and after a crash: each transaction is complete, and what is left is due at the next run.
    """
    if why := clock_doubt(now):
        logger.error("nothing is erased: %s", why)
        return None
    run = _begin(now)
    if run is None:
        return None
    outcome = RunOutcome()
    for home in Home.objects.order_by("pk"):
        region_rules = rules_of(home, timezone.localdate(now))
        for kind in KINDS:
            if kind == "left":
                _stays(home, Term(region_rules.keeps(kind), now, region_rules), outcome)
            elif kind in HOME:
                _home(home, kind, Term(region_rules.keeps(kind), now, region_rules), outcome)
    for kind in COMMON:
        _common(kind, Term(strictest(kind), now, Rules()), outcome)
    Run.objects.filter(pk=run.pk).update(ended_at=timezone.now())
    return outcome


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
    due = Stay.objects.for_home(home).filter(to_day__lte=term.day).select_related("home").order_by("pk")
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
