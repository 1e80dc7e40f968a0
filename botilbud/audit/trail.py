"""Recording acts. A change opens with `change(…)`, which takes the scope's clock before any other row.

Taking the clock first gives every change in a home one order, so that rows are never locked crosswise, and the
version a reader compares with is written in the same transaction as what changed.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from botilbud.audit.models import Clock, Entry, EntryDetail, ReadEntry


@dataclass(frozen=True)
class Action:
    """What an action is called in Danish, and which keys of its data are personal."""

    sentence: str
    personal: frozenset[str]


ACTIONS: dict[str, Action] = {}


def register(code: str, sentence: str, *, personal: tuple[str, ...] = ()) -> None:
    """Makes an action known. `sentence` completes 'Mette …'."""
    ACTIONS[code] = Action(sentence, frozenset(personal))


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

    def __call__(self, code: str, subject: models.Model, **data: Any) -> None:
        """Records one act upon the subject. Raises KeyError for an action nobody registered."""
        action = ACTIONS[code]
        open_data = {key: value for key, value in data.items() if key not in action.personal}
        personal = {key: value for key, value in data.items() if key in action.personal}
        salt = secrets.token_hex(16) if personal else ""
        clock = self.clock
        entry = Entry(
            scope=clock.scope,
            seq=clock.seq + 1,
            action=code,
            subject=f"{subject._meta.label_lower}:{subject.pk}",
            actor=self.by,
            at=self.at,
            data=open_data,
            detail_hash=digest(salt, personal) if personal else "",
            previous=clock.head,
        )
        entry.hash = entry_hash(entry)
        entry.save(force_insert=True)
        if personal:
            EntryDetail(entry=entry, salt=salt, data=personal).save(force_insert=True)
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
        if not Clock.objects.filter(scope=scope).update(version=F("version") + 1):
            Clock.objects.get_or_create(scope=scope)
            Clock.objects.filter(scope=scope).update(version=F("version") + 1)
        clock = Clock.objects.get(scope=scope)
        log = Change(clock, by, _as_of.get() or timezone.now())
        token = _open.set({**underway, scope: log})
        try:
            yield log
        finally:
            _open.reset(token)
        if not log.recorded:
            raise RuntimeError("a change without an audit entry")
        Clock.objects.filter(pk=clock.pk).update(seq=clock.seq, head=clock.head)


def version_of(scope: str) -> int:
    """The scope's version now; 0 before its first change."""
    return Clock.objects.filter(scope=scope).values_list("version", flat=True).first() or 0


def touch(scope: str) -> None:
    """Moves a clock that counts but is not audited (who is here, what is in the spotlight)."""
    if not Clock.objects.filter(scope=scope).update(version=F("version") + 1):
        Clock.objects.get_or_create(scope=scope, defaults={"version": 1})


def record_read(scope: str, *, viewer: int, screen: str, stays: list[int]) -> None:
    """Notes once an hour that the viewer saw these residents on this screen."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    listed = sorted(stays)
    ReadEntry.objects.get_or_create(
        viewer=viewer,
        scope=scope,
        screen=screen,
        hour=hour,
        fingerprint=hashlib.sha256(json.dumps(listed).encode()).hexdigest(),
        defaults={"stays": listed},
    )


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


def broken_links(scope: str) -> list[int]:
    """The sequence numbers at which the scope's chain does not hold; empty when it is whole."""
    faults: list[int] = []
    previous, expected = "", 1
    entries = Entry.objects.filter(scope=scope).order_by("seq").select_related("detail")
    for entry in entries.iterator():
        detail = getattr(entry, "detail", None)
        whole = entry.seq == expected and entry.previous == previous and entry.hash == entry_hash(entry)
        if detail is not None and digest(detail.salt, detail.data) != entry.detail_hash:
            whole = False
        if not whole:
            faults.append(entry.seq)
        previous, expected = entry.hash, entry.seq + 1
    clock = Clock.objects.filter(scope=scope).first()
    if clock and (clock.seq != expected - 1 or clock.head != previous):
        faults.append(expected)
    return faults
