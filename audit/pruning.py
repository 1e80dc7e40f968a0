"""Deleting the oldest part of a chain, so that what is left can still be proved.

A chain is cut only where an anchor at least two years old says it stood, and only when the part that goes is whole. A
checkpoint takes its place. The database deletes a row only when a checkpoint covers it (triggers.py).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from audit import anchors, trail
from audit.models import Anchor, Checkpoint, EntryDetail
from audit.trail import READS

LEAST_DAYS = 730


@dataclass(frozen=True)
class Cut:
    """How far a chain is pruned: up to this link, which the anchor of the day names."""

    scope: str
    seq: int
    hash: str
    day: date


def cut_of(scope: str, before: datetime, today: date, *, upto: int | None = None) -> Cut | None:
    """The furthest anchored link with nothing after `before` up to it, and none beyond `upto`; None where none is.

    At most four queries; one where the oldest link is younger.
    """
    links, moment = trail.links_of(scope), "slot" if scope.startswith(READS) else "at"
    oldest = links.order_by("seq").values_list("seq", moment).first()
    if oldest is None or oldest[1] > before:
        return None
    young = links.filter(**{f"{moment}__gt": before}).order_by("seq").values_list("seq", flat=True).first()
    last = young - 1 if young else links.aggregate(last=Max("seq"))["last"]
    last = last if upto is None else min(last, upto)
    latest = min(timezone.localdate(before), today - timedelta(days=LEAST_DAYS))
    for anchor in Anchor.objects.filter(day__lte=latest, text__contains=f"\n{scope} ").order_by("-day").iterator():
        try:
            seq, digest = anchors.read(anchor.text).heads[scope]
        except (ValueError, KeyError):
            # An anchor that was changed proves nothing; audit_verify reports it.
            continue
        if seq < oldest[0]:
            return None
        if seq <= last:
            return Cut(scope, seq, digest, anchor.day)
    return None


def count(cut: Cut) -> int:
    """How many links would go."""
    return trail.links_of(cut.scope).filter(seq__lte=cut.seq).count()


def prune(cut: Cut, at: datetime) -> dict[str, int]:
    """Deletes the links and leaves a checkpoint, in the caller's transaction. Returns how many rows went.

    Raises ValueError if the part is not whole or not what the anchor says. It is then evidence and is kept.
    """
    trail.hold(cut.scope)
    links = trail.links_of(cut.scope)
    there = links.filter(seq=cut.seq).values_list("hash", flat=True).first()
    if there != cut.hash or trail.broken_links(cut.scope, upto=cut.seq):
        raise ValueError(f"{cut.scope} is not whole")
    Checkpoint(scope=cut.scope, seq=cut.seq, hash=cut.hash, anchored_on=cut.day, at=at).save(force_insert=True)
    gone = links.filter(seq__lte=cut.seq)
    counts = {}
    if not cut.scope.startswith(READS):
        details = EntryDetail.objects.filter(entry__scope=cut.scope, entry__seq__lte=cut.seq)
        counts["audit.entrydetail"] = details._raw_delete(details.db)
    counts[gone.model._meta.label_lower] = gone._raw_delete(gone.db)
    return counts


def faults(today: date) -> list[str]:
    """Checkpoints without an anchor at least two years old: perhaps a fresh cut made to look like an old one."""
    sentences = []
    for point in Checkpoint.objects.order_by("scope", "seq").iterator():
        anchor = Anchor.objects.filter(day=point.anchored_on).first()
        try:
            head = anchors.read(anchor.text).heads.get(point.scope) if anchor else None
        except ValueError:
            head = None
        if head != (point.seq, point.hash):
            sentences.append(f"{point.scope}: slettet til og med nr. {point.seq}, men ankeret siger det ikke")
        elif point.anchored_on > today - timedelta(days=LEAST_DAYS):
            sentences.append(f"{point.scope}: slettet til og med nr. {point.seq}, før ankeret var to år gammelt")
    return sentences
