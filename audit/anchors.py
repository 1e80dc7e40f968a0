"""The day's anchor: where each chain stood, as a short text the other party can keep.

Somebody who holds the whole database can cut off the end of a chain, or write it anew from some place on. The chain
itself cannot show that, but somebody else's copy of the anchor can. It names chains by number and holds no personal
data.
"""

import hashlib
import logging
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from audit import clock
from audit.models import Anchor, Clock, Entry, ReadEntry
from audit.trail import READS, checkpoint_of

logger = logging.getLogger(__name__)
TITLE = "Botilbud, anker for loggen"
FIRST = "ingen"
_HEAD = re.compile(rf"{TITLE}\ndag (\d{{4}}-\d\d-\d\d)\nlavet (\S+)\nforrige ([0-9a-f]{{64}}|{FIRST})\n")
_LINE = re.compile(r"(\S+) (\d{1,18}) ([0-9a-f]{64})")
_END = re.compile(r"sha256 ([0-9a-f]{64})\n")
CHUNK = 500


@dataclass(frozen=True)
class Read:
    """An anchor as read from its text. `heads` is {scope: (seq, hash)}."""

    day: date
    previous: str
    heads: dict[str, tuple[int, str]]
    digest: str


def make(now: datetime) -> Anchor | None:
    """The day's anchor, with the chains that have moved since the last. None where it is made already, or where the
    clock cannot be trusted: a false day could never be taken back.

    Safe to run every minute and by several workers: one is made for each Danish day, at the first run in it.
    """
    day = timezone.localdate(now)
    if Anchor.objects.filter(day=day).exists():
        return None
    if why := clock_doubt(now):
        logger.error("no anchor is made: %s", why)
        return None
    # By number: a clock that once was wrong has given one a day of its own.
    last = Anchor.objects.order_by("-pk").first()
    moved = list(Clock.objects.filter(seq__gt=0).exclude(seq=F("anchored")).order_by("scope"))
    lines = [f"{chain.scope} {chain.seq} {chain.head}" for chain in moved]
    made = timezone.localtime(now).isoformat(timespec="seconds")
    body = "\n".join([TITLE, f"dag {day}", f"lavet {made}", f"forrige {last.digest if last else FIRST}", *lines, ""])
    anchor = Anchor(day=day, text=f"{body}sha256 {seal_of(body)}\n", digest=seal_of(body))
    try:
        with transaction.atomic():
            anchor.save(force_insert=True)
    except IntegrityError:
        return None
    # One clock at a time. A worker that held several could wait for a change that waits for the worker.
    for chain in moved:
        Clock.objects.filter(pk=chain.pk).update(anchored=chain.seq)
    return anchor


def clock_doubt(now: datetime) -> str:
    """Why no anchor is made, in a sentence; '' where one is. Three queries."""
    last = Anchor.objects.order_by("-pk").values_list("day", flat=True).first()
    return clock.doubt(now, last)


def read(text: str) -> Read:
    """An anchor from its text, as kept by anybody: the file alone, or the whole mail it came in.

    Raises ValueError for one that is none, or was changed.
    """
    lines = [line.rstrip() for line in text.removeprefix("\ufeff").splitlines()]
    try:
        first = lines.index(TITLE)
        last = next(at for at in range(first, len(lines)) if lines[at].startswith("sha256 "))
    except (ValueError, StopIteration):
        raise ValueError("not an anchor") from None
    text = "\n".join([*lines[first : last + 1], ""])
    body, mark, end = text.rpartition("sha256 ")
    head, sealed = _HEAD.match(text), _END.fullmatch(mark + end)
    if head is None or sealed is None:
        raise ValueError("not an anchor")
    if sealed[1] != seal_of(body):
        raise ValueError("the anchor was changed")
    heads = {}
    for line in body[head.end() :].splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError("not an anchor")
        heads[match[1]] = (int(match[2]), match[3])
    return Read(date.fromisoformat(head[1]), head[3], heads, sealed[1])


def faults_of(kept: Read) -> list[str]:
    """What a kept anchor says against the database; empty when they agree."""
    stored = Anchor.objects.filter(day=kept.day).values_list("digest", flat=True).first()
    faults = []
    if stored is None:
        faults.append(f"ankeret af {kept.day} mangler i databasen")
    elif stored != kept.digest:
        faults.append(f"ankeret af {kept.day} er et andet i databasen")
    return faults + _against([kept])


def stored_faults() -> list[str]:
    """What the stored anchors say against each other and against the chains; empty when all agree."""
    faults, kept, previous = [], [], FIRST
    for anchor in Anchor.objects.order_by("pk").iterator():
        try:
            written = read(anchor.text)
        except ValueError:
            faults.append(f"ankeret af {anchor.day} er ændret")
        else:
            kept.append(written)
            if (written.day, written.digest) != (anchor.day, anchor.digest):
                faults.append(f"ankeret af {anchor.day} er ændret")
            elif written.previous != previous:
                faults.append(f"der mangler et anker før {anchor.day}")
        previous = anchor.digest
    return faults + _against(kept)


def _against(kept: list[Read]) -> list[str]:
    """Each scope whose chain no longer fits the anchors: its end was cut off, or it was written anew."""
    marks: dict[str, dict[int, tuple[str, date]]] = defaultdict(dict)
    for anchor in kept:
        for scope, (seq, head) in anchor.heads.items():
            marks[scope][seq] = (head, anchor.day)
    faults = []
    for scope, at in sorted(marks.items()):
        start = checkpoint_of(scope)
        if start is not None:
            # What was pruned cannot be compared. pruning.faults checks that it was pruned rightly.
            at = {seq: mark for seq, mark in at.items() if seq >= start.seq}
        there = _hashes(scope, sorted(at))
        if start is not None:
            there[start.seq] = start.hash
        lost = [seq for seq in at if seq not in there]
        other = [seq for seq in at if seq in there and there[seq] != at[seq][0]]
        if lost:
            faults.append(f"{scope}: skåret af eller spolet tilbage før nr. {min(lost)} ({_of(at[min(lost)][1])})")
        if other:
            faults.append(f"{scope}: skrevet om til og med nr. {min(other)} ({_of(at[min(other)][1])})")
    return faults


def _of(day: date) -> str:
    return f"ankeret af {day}"


def _hashes(scope: str, seqs: list[int]) -> dict[int, str]:
    hashes: dict[int, str] = {}
    for start in range(0, len(seqs), CHUNK):
        part = seqs[start : start + CHUNK]
        if scope.startswith(READS):
            reads = ReadEntry.objects.filter(scope=scope.removeprefix(READS), seq__in=part)
            hashes.update(reads.values_list("seq", "hash"))
        else:
            hashes.update(Entry.objects.filter(scope=scope, seq__in=part).values_list("seq", "hash"))
    return hashes


def seal_of(text: str) -> str:
    """What an anchor ends with: the SHA-256 of all that stands before it."""
    return hashlib.sha256(text.encode()).hexdigest()
