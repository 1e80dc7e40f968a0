"""Recording acts. A change opens with `change(…)`, which takes the scope's clock before any other row.

Taking the clock first gives every change in a home one order, so that rows are never locked crosswise, and the
version a reader compares with is written in the same transaction as what changed.

What changes nothing (a look, a search, an export, a refusal, a sign-in) is recorded with `record_read(…)` or
`note(…)`, in chains apart from the home's own: a home's version must not move because somebody looked. Both raise
Unwritable when the log cannot be written, and then nothing is shown (accounts.middleware).
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone

from audit import moved
from audit.models import Checkpoint, Clock, Entry, EntryDetail, ReadEntry
from core.prepared import insert, prepared, prepared_update

READS = "reads:"
# A look is noted once in so many minutes for the same person, screen and residents.
SLOT = 10
SUBJECTS = 500
# When more acts than this were missed, they are not looked at one by one.
MOST_AT_ONCE = 20


class Unwritable(Exception):
    """The log could not be written. What was asked for must not be shown."""


@dataclass(frozen=True)
class Action:
    """What an action is called in Danish, and which keys of its data are personal."""

    sentence: str
    personal: frozenset[str]
    # Whether it may change what somebody else sees of a resident.
    sight: bool = False


ACTIONS: dict[str, Action] = {}


def register(code: str, sentence: str, *, personal: tuple[str, ...] = (), sight: bool = False) -> None:
    """Makes an action known. `sentence` completes 'Mette …'. With `sight` pages that show a resident ask to be drawn
    anew.
    """
    ACTIONS[code] = Action(sentence, frozenset(personal), sight)


def sentence(code: str) -> str:
    """What completes 'Mette …' for the action; an action no longer known is told by its code."""
    action = ACTIONS.get(code)
    return action.sentence if action else code


@dataclass
class Change:
    """A change under way: call it to record what was done."""

    clock: Clock
    by: int | None
    at: datetime
    recorded: int = field(default=0)

    @property
    def version(self) -> int:
        """The version the scope has when this change is done."""
        return self.clock.version

    def __call__(self, code: str, subject: models.Model | str, **data: Any) -> None:
        """Records one act upon the subject, a row or a word. Raises RuntimeError for an action nobody registered."""
        action = ACTIONS.get(code)
        if action is None:
            # No LookupError: a view would answer it as a page that is not there.
            raise RuntimeError(f"The log has no words for {code}: trail.register it beside the act.")
        open_data = {key: value for key, value in data.items() if key not in action.personal}
        personal = {key: value for key, value in data.items() if key in action.personal}
        salt = secrets.token_hex(16) if personal else ""
        clock = self.clock
        entry = Entry(
            scope=clock.scope,
            seq=clock.seq + 1,
            action=code,
            subject=subject_key(subject),
            actor=self.by,
            at=self.at,
            data=open_data,
            detail_hash=digest(salt, personal) if personal else "",
            previous=clock.head,
        )
        entry.hash = entry_hash(entry)
        insert(entry)
        if personal:
            insert(EntryDetail(entry=entry, salt=salt, data=personal))
        clock.seq, clock.head = entry.seq, entry.hash
        self.recorded += 1


_as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Changes inside are recorded as made at the moment: for the demo's history and for minutes entered afterwards."""
    token = _as_of.set(moment)
    try:
        yield
    finally:
        _as_of.reset(token)


_open: ContextVar[dict[str, Change]] = ContextVar("open_changes", default={})  # noqa: B039 - never changed in place


class Moved(Exception):
    """What a change rests on was taken away after it was asked for, and before the change held its clock."""


@dataclass
class _Ground:
    scope: str
    version: int
    holds: Callable[[], bool]


_ground: ContextVar[_Ground | None] = ContextVar("ground", default=None)


@contextmanager
def resting_on(scope: str, holds: Callable[[int], bool]) -> Iterator[None]:
    """Changes in the scope inside rest on what is asked from here on, before they hold its clock.

    Where anything was done in the scope meanwhile, `holds` is asked under the clock, with the number of the last entry
    from before. On no the change is undone and raises Moved. One query.
    """
    version, seq = clocks([scope]).get(scope, (0, 0))
    token = _ground.set(_Ground(scope, version, lambda: holds(seq)))
    try:
        yield
    finally:
        _ground.reset(token)


def _check_ground(clock: Clock) -> None:
    ground = _ground.get()
    if ground is None or ground.scope != clock.scope:
        return
    if clock.version != ground.version + 1 and not ground.holds():
        raise Moved
    # What is changed after this rests on what holds now.
    ground.version = clock.version


@contextmanager
def change(scope: str, *, by: int | None) -> Iterator[Change]:
    """A transaction that holds the scope's clock and moves it by one; undone whole if the body raises.

    `by` is the user's id, None for the system itself. Raises RuntimeError when the body recorded nothing, since a
    change nobody can answer for must not be kept.
    """
    underway = _open.get()
    if scope in underway:
        # A service that calls another within its own change is one change, with one version.
        log = underway[scope]
        before = (log.clock.seq, log.clock.head)
        try:
            with transaction.atomic():
                yield log
        except BaseException:
            log.clock.seq, log.clock.head = before
            raise
        return
    with transaction.atomic():
        if not _tick(scope):
            Clock.objects.get_or_create(scope=scope)
            _tick(scope)
        clock = _clock(scope)[0]
        _check_ground(clock)
        log = Change(clock, by, _as_of.get() or timezone.now())
        token = _open.set({**underway, scope: log})
        try:
            yield log
        finally:
            _open.reset(token)
        if not log.recorded:
            raise RuntimeError("a change without an audit entry")
        _put(clock.pk, clock.seq, clock.head)
        transaction.on_commit(moved.announce)


@prepared_update
def _tick(scope: str) -> tuple[models.QuerySet[Clock], dict[str, Any]]:
    return Clock.objects.filter(scope=scope), {"version": F("version") + 1}


@prepared_update
def _put(pk: int, seq: int, head: str) -> tuple[models.QuerySet[Clock], dict[str, Any]]:
    return Clock.objects.filter(pk=pk), {"seq": seq, "head": head}


@prepared
def _clock(scope: str) -> models.QuerySet[Clock]:
    return Clock.objects.filter(scope=scope)


def hold(scope: str) -> None:
    """Keeps other changes in the scope out for the rest of the transaction, and leaves its version as it stands."""
    Clock.objects.select_for_update().filter(scope=scope).first()


def version_of(scope: str) -> int:
    """The scope's version now; 0 before its first change."""
    return next((version for _, version, _ in _clocks([scope])), 0)


def clocks(scopes: Iterable[str]) -> dict[str, tuple[int, int]]:
    """{scope: (version, number of its last entry)} now; without those nothing was ever done in. One query."""
    return {scope: (version, seq) for scope, version, seq in _clocks(list(scopes))}


@prepared
def _clocks(scopes: list[str]) -> models.QuerySet[Clock, tuple[str, int, int]]:
    return Clock.objects.filter(scope__in=scopes).values_list("scope", "version", "seq")


def acts_since(scope: str, seq: int, upto: int) -> list[tuple[str, str]] | None:
    """What was done after entry `seq` and up to `upto`; None where an entry is missing, or there are many. One query.

    [('cell.written', 'boards.cell:66'), …]
    """
    acts = _acts(scope, seq, upto)
    return acts if len(acts) == upto - seq else None


@prepared
def _acts(scope: str, seq: int, upto: int) -> models.QuerySet[Entry, tuple[str, str]]:
    entries = Entry.objects.filter(scope=scope, seq__gt=seq, seq__lte=upto).order_by("seq")
    return entries.values_list("action", "subject")[: MOST_AT_ONCE + 1]


def sight_moved(since: dict[str, int], *, besides: int) -> bool:
    """Whether anybody but `besides` has done anything that moves a sight, after entry `since[scope]` of a scope.

    One query, none for no scope.
    """
    later = models.Q()
    for scope, seq in since.items():
        later |= models.Q(scope=scope, seq__gt=seq)
    codes = [code for code, action in ACTIONS.items() if action.sight]
    entries = Entry.objects.filter(later, action__in=codes).exclude(actor=besides)
    return bool(since) and entries.exists()


def lines(
    scope: str, codes: Collection[str], of: models.Model | None = None
) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any] | None]]:
    """(act, subject key, what was noted, its personal part or None where that is erased) of these acts, in order.

    With `of` those done to it alone.
    """
    rows = Entry.objects.filter(scope=scope, action__in=codes).order_by("seq")
    if of is not None:
        rows = rows.filter(subject=subject_key(of))
    yield from rows.values_list("action", "subject", "data", "detail__data").iterator()


def acted_on(
    scope: str,
    codes: Collection[str],
    subjects: Iterable[models.Model | str],
    since: datetime,
    until: datetime | None = None,
) -> set[str]:
    """Which of the subjects one of the acts was done to between the moments, as subject keys. One query."""
    keys = [subject_key(subject) for subject in subjects]
    entries = Entry.objects.filter(scope=scope, action__in=codes, subject__in=keys, at__gte=since)
    if until is not None:
        entries = entries.filter(at__lte=until)
    return set(entries.values_list("subject", flat=True))


def moments(codes: Collection[str], subject: models.Model | str) -> list[tuple[str, datetime]]:
    """(act, when) of each time one of the acts was done to the subject, in order. One query."""
    entries = Entry.objects.filter(action__in=codes, subject=subject_key(subject)).order_by("seq")
    return list(entries.values_list("action", "at"))


def actors(code: str, scopes: Collection[str], since: datetime) -> dict[str, set[int | None]]:
    """{subject: who did it to it since}. One query."""
    found: dict[str, set[int | None]] = {}
    rows = Entry.objects.filter(scope__in=scopes, action=code, at__gt=since)
    for subject, by in rows.values_list("subject", "actor"):
        found.setdefault(subject, set()).add(by)
    return found


def last_code(scope: str, subject: models.Model | str) -> str:
    """The last act done to the subject in the scope, '' for none. One query."""
    rows = Entry.objects.filter(scope=scope, subject=subject_key(subject)).order_by("-seq")
    return str(rows.values_list("action", flat=True).first() or "")


def last_act(subject: models.Model | str) -> datetime | None:
    """When something was last done to the subject; None where nothing was. One query."""
    last: datetime | None = Entry.objects.filter(subject=subject_key(subject)).aggregate(at=models.Max("at"))["at"]
    return last


def _since(code: str, subject: models.Model, scope: str) -> models.QuerySet[Entry]:
    """All acts in the scope since the act was last done to the subject. One query, and one when it is read."""
    acts = Entry.objects.filter(scope=scope)
    last = acts.filter(action=code, subject=subject_key(subject)).aggregate(seq=models.Max("seq"))["seq"]
    return acts.filter(seq__gt=last or 0)


def anything_since(code: str, subject: models.Model, scope: str, *, besides: Collection[str]) -> bool:
    """Whether anything but these acts was done in the scope since the act was last done to the subject. Two queries."""
    return _since(code, subject, scope).exclude(action__in=besides).exists()


def did_since(code: str, subject: models.Model, scope: str, *, by: int, of: Collection[str]) -> bool:
    """Whether the person did one of these acts in the scope since the act was last done to the subject. Two queries."""
    return _since(code, subject, scope).filter(actor=by, action__in=of).exists()


def noted(code: str, subject: models.Model, scope: str) -> list[dict[str, Any]]:
    """What was noted with the act each time it was done to the subject. One query."""
    rows = Entry.objects.filter(scope=scope, action=code, subject=subject_key(subject)).order_by("seq")
    return list(rows.values_list("data", flat=True))


def done_to(code: str, scope: str, subjects: Collection[str]) -> set[str]:
    """Those of the subjects the act was done to. One query."""
    rows = Entry.objects.filter(scope=scope, action=code, subject__in=subjects)
    return set(rows.values_list("subject", flat=True))


def times_done(codes: Collection[str], subjects: Iterable[models.Model]) -> Counter[tuple[str, str]]:
    """{(act, subject key): how often it was done to it, in any scope}. One query, none for none."""
    keys = [subject_key(subject) for subject in subjects]
    rows = Entry.objects.filter(action__in=codes, subject__in=keys) if keys else Entry.objects.none()
    return Counter(rows.values_list("action", "subject"))


def touch(scope: str) -> None:
    """Moves a clock that counts but is not audited (who is here, what is in the spotlight)."""
    if not _tick(scope):
        Clock.objects.get_or_create(scope=scope, defaults={"version": 1})
    transaction.on_commit(moved.announce)


def note(
    scope: str, code: str, subject: models.Model | str, *, by: int | None, hourly: bool = False, **data: Any
) -> None:
    """Records an act that changes no data. `hourly`: no more than once an hour for a person and subject.

    The scope is never a home's own, since its version would move. Raises Unwritable.
    """
    try:
        if hourly and _noted(scope, code, subject, by):
            return
        with change(scope, by=by) as log:
            log(code, subject, **data)
    except DatabaseError as error:
        raise Unwritable from error


def _noted(scope: str, code: str, subject: models.Model | str, by: int | None) -> bool:
    entries = Entry.objects.filter(scope=scope, action=code, subject=subject_key(subject), actor=by)
    return entries.filter(at__gte=_now().replace(minute=0, second=0, microsecond=0)).exists()


def record_read(scope: str, *, viewer: int, screen: str, stays: list[int]) -> None:
    """Notes once in ten minutes that the viewer saw these residents on this screen, with the moment.

    One query where it is noted already: no clock is taken and nothing is written. Raises Unwritable.
    """
    listed = sorted(set(stays))
    now = _now()
    read = ReadEntry(
        scope=scope,
        viewer=viewer,
        screen=screen,
        slot=now.replace(minute=now.minute - now.minute % SLOT, second=0, microsecond=0),
        at=now.replace(microsecond=0),
        stays=listed,
        fingerprint=hashlib.sha256(json.dumps(listed).encode()).hexdigest(),
    )
    same = (viewer, scope, screen, read.slot, read.fingerprint)
    try:
        if _same_read(*same):
            return
        try:
            _add_read(read)
        except IntegrityError:
            # Another request of the same person was first. In any other case the chain no longer fits its clock.
            if not _same_read(*same):
                raise
    except DatabaseError as error:
        raise Unwritable from error


@prepared
def _same_read(
    viewer: int, scope: str, screen: str, slot: datetime, fingerprint: str
) -> models.QuerySet[ReadEntry, int]:
    same = ReadEntry.objects.filter(viewer=viewer, scope=scope, screen=screen, slot=slot, fingerprint=fingerprint)
    return same.values_list("pk", flat=True)[:1]


def _add_read(read: ReadEntry) -> None:
    scope = READS + read.scope
    with transaction.atomic():
        clock = Clock.objects.select_for_update().filter(scope=scope).first()
        if clock is None:
            Clock.objects.bulk_create([Clock(scope=scope)], ignore_conflicts=True)
            clock = Clock.objects.select_for_update().get(scope=scope)
        read.seq, read.previous = clock.seq + 1, clock.head
        read.hash = read_hash(read)
        insert(read)
        Clock.objects.filter(pk=clock.pk).update(version=F("version") + 1, seq=read.seq, head=read.hash)


def _now() -> datetime:
    return _as_of.get() or timezone.now()


def subject_key(subject: models.Model | str) -> str:
    """What an entry keeps of its subject: 'residents.stay:12', or the word itself."""
    return subject if isinstance(subject, str) else f"{subject._meta.label_lower}:{subject.pk}"


def digest(salt: str, data: dict[str, Any]) -> str:
    """The salted hash the chain keeps of an entry's personal part."""
    return hashlib.sha256((salt + json.dumps(data, sort_keys=True, default=str)).encode()).hexdigest()


def entry_hash(entry: Entry) -> str:
    """The hash of an entry and of the one before it."""
    parts = [
        entry.previous,
        entry.scope,
        str(entry.seq),
        entry.action,
        entry.subject,
        str(entry.actor),
        entry.at.astimezone(UTC).isoformat(),
        json.dumps(entry.data, sort_keys=True, default=str),
        entry.detail_hash,
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def read_hash(read: ReadEntry) -> str:
    """The hash of a look and of the one before it."""
    parts = [
        read.previous,
        read.scope,
        read.seq,
        read.viewer,
        read.screen,
        read.slot.astimezone(UTC).isoformat(),
        read.stays,
        read.fingerprint,
        *([read.at.astimezone(UTC).isoformat()] if read.at else []),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def details_of(subjects: Iterable[str]) -> Iterator[models.QuerySet[EntryDetail]]:
    """The personal parts of what was recorded upon the subjects, some hundred subjects at a time."""
    listed = list(subjects)
    for start in range(0, len(listed), SUBJECTS):
        yield EntryDetail.objects.filter(entry__subject__in=listed[start : start + SUBJECTS])


def scopes() -> list[str]:
    """Every chain there is, by name: those with a clock, those whose clock somebody took away, and those let go."""
    known = set(Clock.objects.values_list("scope", flat=True))
    known |= set(Entry.objects.values_list("scope", flat=True).distinct())
    known |= set(Checkpoint.objects.values_list("scope", flat=True))
    known |= {READS + scope for scope in ReadEntry.objects.values_list("scope", flat=True).distinct()}
    return sorted(known)


def checkpoint_of(scope: str) -> Checkpoint | None:
    """Up to where the chain was let go (pruning.py)."""
    return Checkpoint.objects.filter(scope=scope).order_by("-seq").first()


def broken_links(scope: str, *, upto: int | None = None) -> list[int]:
    """The sequence numbers where the scope's chain is broken; empty when it is whole.

    It begins at its checkpoint where its oldest part was let go. `upto` asks about the part before and at that number.
    """
    faults: list[int] = []
    start = checkpoint_of(scope)
    previous, expected = (start.hash, start.seq + 1) if start else ("", 1)
    for link, own in _links(scope):
        if upto is not None and link.seq > upto:
            return faults
        if link.seq != expected or link.previous != previous or link.hash != own:
            faults.append(link.seq)
        previous, expected = link.hash, link.seq + 1
    if upto is not None:
        return faults
    clock = Clock.objects.filter(scope=scope).first()
    if (clock.seq, clock.head) != (expected - 1, previous) if clock else expected > 1:
        faults.append(expected)
    return faults


def links_of(scope: str) -> models.QuerySet[Any]:
    """The chain's rows, entries or looks, in no order."""
    if scope.startswith(READS):
        return ReadEntry.objects.filter(scope=scope.removeprefix(READS))
    return Entry.objects.filter(scope=scope)


def _links(scope: str) -> Iterator[tuple[Entry | ReadEntry, str]]:
    """The scope's chain in order, each link with the hash it should have; '' where its detail does not fit."""
    if scope.startswith(READS):
        for read in ReadEntry.objects.filter(scope=scope.removeprefix(READS)).order_by("seq").iterator():
            yield read, read_hash(read)
        return
    for entry in Entry.objects.filter(scope=scope).order_by("seq").select_related("detail").iterator():
        detail = getattr(entry, "detail", None)
        changed = detail is not None and digest(detail.salt, detail.data) != entry.detail_hash
        yield entry, "" if changed else entry_hash(entry)
