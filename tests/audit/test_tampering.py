"""One who holds the whole database changes the log: audit_verify finds it, alone or with an anchor another kept."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import anchors, proofs, trail
from audit.models import Anchor, Checkpoint, Clock, Entry, EntryDetail, ReadEntry
from tests.audit.tamper import unlocked
from tests.conftest import Cast

pytestmark = pytest.mark.both

HOME = "home:"


@pytest.fixture
def kept(cast: Cast, tmp_path: Path) -> Path:
    """Some acts and looks at Havtornen, and their anchor as the other party keeps it."""
    for text in ("Et", "To", "Tre"):
        cast.write(text, seen=Entry.objects.filter(action="cell.written").count())
    for screen in ("tavle", "min-dag", "beboer"):
        trail.record_read(cast.home.scope, viewer=cast.mette.pk, screen=screen, stays=[cast.rune.pk, cast.tove.pk])
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    path = tmp_path / "anker.txt"
    path.write_text(anchor.text, encoding="utf-8")
    call_command("audit_verify", anchor=str(path), verbosity=0)
    return path


def entries(cast: Cast):
    return Entry.objects.filter(scope=cast.home.scope)


def last(cast: Cast) -> Entry:
    return entries(cast).latest("seq")


def erase(rows) -> None:
    EntryDetail.objects.filter(entry__in=list(rows)).delete()
    rows._raw_delete("default")


def rewind(cast: Cast) -> None:
    end = entries(cast).order_by("-seq").first()
    Clock.objects.filter(scope=cast.home.scope).update(seq=end.seq if end else 0, head=end.hash if end else "")


def middle(cast: Cast) -> Entry:
    return entries(cast).order_by("seq")[3]


def changed_text(cast: Cast) -> None:
    entries(cast).filter(pk=last(cast).pk).update(data={"column": "goals"})


def changed_actor(cast: Cast) -> None:
    entries(cast).filter(pk=last(cast).pk).update(actor=cast.jonas.pk)


def changed_time(cast: Cast) -> None:
    entries(cast).filter(pk=last(cast).pk).update(at=timezone.now() - timedelta(hours=1))


def deleted_middle(cast: Cast) -> None:
    erase(entries(cast).filter(pk=middle(cast).pk))


def deleted_last(cast: Cast) -> None:
    erase(entries(cast).filter(pk=last(cast).pk))


def swapped_two(cast: Cast) -> None:
    one, other = entries(cast).order_by("seq")[2:4]
    for pk, seq in ((one.pk, 99999), (other.pk, one.seq), (one.pk, other.seq)):
        Entry.objects.filter(pk=pk).update(seq=seq)


def inserted(cast: Cast) -> None:
    """One more at the end, hanging on the one before it as it should; the clock has not moved."""
    end = last(cast)
    entry = Entry(
        scope=end.scope, seq=end.seq + 1, action="akut.read", subject="residents.stay:1", actor=cast.amina.pk,
        at=end.at, data={}, previous=end.hash,
    )  # fmt: skip
    entry.hash = trail.entry_hash(entry)
    entry.save(force_insert=True)


def inserted_detail(cast: Cast) -> None:
    bare = entries(cast).filter(detail=None).latest("seq")
    EntryDetail(entry=bare, salt="s", data={"text": "Aldrig skrevet"}).save(force_insert=True)


def changed_detail(cast: Cast) -> None:
    EntryDetail.objects.filter(entry=last(cast)).update(data={"text": "Noget andet"})


def changed_read(cast: Cast) -> None:
    ReadEntry.objects.filter(screen="min-dag").update(stays=[cast.tove.pk])


def changed_viewer(cast: Cast) -> None:
    ReadEntry.objects.filter(screen="beboer").update(viewer=cast.jonas.pk)


def deleted_read(cast: Cast) -> None:
    ReadEntry.objects.filter(screen="min-dag")._raw_delete("default")


def deleted_last_read(cast: Cast) -> None:
    ReadEntry.objects.filter(screen="beboer")._raw_delete("default")


def moved_to_another_home(cast: Cast) -> None:
    entries(cast).filter(pk=last(cast).pk).update(scope=cast.other_home.scope, seq=99999)


def moved_where_nobody_looks(cast: Cast) -> None:
    """To a scope without a clock, and the clock of its own rewound."""
    entries(cast).filter(pk=last(cast).pk).update(scope="home:99999", seq=1)
    rewind(cast)


def clock_taken_away(cast: Cast) -> None:
    Clock.objects.filter(scope=cast.home.scope).delete()


def faked_checkpoint(cast: Cast, **claimed: Any) -> None:
    """The oldest part of the home's chain is away, as if its term had been over."""
    last_gone = entries(cast).order_by("seq")[2]
    values = {"seq": last_gone.seq, "hash": last_gone.hash, "anchored_on": timezone.localdate(), **claimed}
    Checkpoint.objects.create(scope=cast.home.scope, at=timezone.now(), **values)
    erase(entries(cast).filter(seq__lte=last_gone.seq))


def checkpoint_as_of_long_ago(cast: Cast) -> None:
    faked_checkpoint(cast, anchored_on=timezone.localdate() - timedelta(days=1000))


def checkpoint_at_a_fresh_anchor(cast: Cast) -> None:
    """Where the anchor says the chain stood, but yesterday: all of it is away."""
    head = anchors.read(Anchor.objects.get().text).heads[cast.home.scope]
    Checkpoint.objects.create(
        scope=cast.home.scope, seq=head[0], hash=head[1], anchored_on=timezone.localdate(), at=timezone.now()
    )
    erase(entries(cast))


def checkpoint_over_rows_that_stand(cast: Cast) -> None:
    """Only claimed, so that a later cut would pass."""
    first = entries(cast).order_by("seq")[2]
    Checkpoint.objects.create(
        scope=cast.home.scope, seq=first.seq, hash=first.hash, anchored_on=timezone.localdate(), at=timezone.now()
    )


def checkpoint_of_a_forged_old_anchor(cast: Cast) -> None:
    """With an anchor made to bear it out; but the first one said that there was none before it."""
    gone = entries(cast).order_by("seq")[2]
    day = timezone.localdate() - timedelta(days=1000)
    body = f"{anchors.TITLE}\ndag {day}\nlavet nu\nforrige {anchors.FIRST}\n{gone.scope} {gone.seq} {gone.hash}\n"
    text = f"{body}sha256 {anchors.seal_of(body)}\n"
    Anchor.objects.create(day=day, text=text, digest=anchors.seal_of(body))
    faked_checkpoint(cast, anchored_on=day)


def anchor_changed(cast: Cast) -> None:
    anchor = Anchor.objects.get()
    Anchor.objects.update(text=anchor.text.replace(f"{cast.home.scope} ", "home:99999 "))


def cut_and_rewound(cast: Cast) -> None:
    deleted_last(cast)
    rewind(cast)


def reads_cut_and_rewound(cast: Cast) -> None:
    deleted_last_read(cast)
    end = ReadEntry.objects.latest("seq")
    Clock.objects.filter(scope="reads:" + cast.home.scope).update(seq=end.seq, head=end.hash)


def chain_written_anew(cast: Cast) -> None:
    """Another's name under an act, and every hash from there on made to fit."""
    previous = ""
    for entry in entries(cast).order_by("seq"):
        entry.actor = cast.jonas.pk if entry == middle(cast) else entry.actor
        entry.previous = previous
        previous = trail.entry_hash(entry)
        Entry.objects.filter(pk=entry.pk).update(actor=entry.actor, previous=entry.previous, hash=previous)
    rewind(cast)


def scope_wiped_out(cast: Cast) -> None:
    erase(entries(cast))
    clock_taken_away(cast)


FOUND_ALONE: list[Callable[[Cast], None]] = [
    changed_text, changed_actor, changed_time, deleted_middle, deleted_last, swapped_two, inserted, inserted_detail,
    changed_detail, changed_read, changed_viewer, deleted_read, deleted_last_read, moved_to_another_home,
    moved_where_nobody_looks, clock_taken_away, anchor_changed, faked_checkpoint,
    checkpoint_as_of_long_ago, checkpoint_at_a_fresh_anchor, checkpoint_over_rows_that_stand,
    checkpoint_of_a_forged_old_anchor,
]  # fmt: skip
FOUND_BY_ANCHOR: list[Callable[[Cast], None]] = [
    cut_and_rewound, reads_cut_and_rewound, chain_written_anew, scope_wiped_out,
]  # fmt: skip


@pytest.mark.parametrize("act", FOUND_ALONE, ids=lambda act: act.__name__)
def test_tampering_is_found(cast: Cast, kept: Path, act: Callable[[Cast], None]) -> None:
    with unlocked():
        act(cast)
    with pytest.raises(CommandError, match=r"brud ved nr|anker"):
        call_command("audit_verify", verbosity=0)


@pytest.mark.parametrize("act", FOUND_BY_ANCHOR, ids=lambda act: act.__name__)
def test_what_the_chain_itself_cannot_tell_the_anchor_tells(
    cast: Cast, kept: Path, act: Callable[[Cast], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not what texts and minutes tell of it: they are changed as easily (tests/boards/test_proof.py).
    monkeypatch.setattr(proofs, "CHECKS", [])
    scope = "reads:home" if act is reads_cut_and_rewound else cast.home.scope
    with unlocked():
        act(cast)
    assert all(not trail.broken_links(one) for one in trail.scopes()), "the chain is whole"
    with pytest.raises(CommandError, match=rf"{scope}.*: (skåret af|skrevet om)"):
        call_command("audit_verify", verbosity=0)
    with unlocked():
        Anchor.objects.all()._raw_delete("default")
    call_command("audit_verify", verbosity=0)
    with pytest.raises(CommandError, match=rf"{scope}.*: (skåret af|skrevet om)") as said:
        call_command("audit_verify", anchor=str(kept), verbosity=0)
    assert "mangler i databasen" in str(said.value)


def test_missing_trigger_is_found(cast: Cast, kept: Path) -> None:
    with unlocked():
        for act in ("audit_readentry_no_delete", "audit_anchor_no_update"):
            with pytest.raises(CommandError, match=act):
                call_command("audit_verify", verbosity=0)


def test_erased_detail_is_no_tampering(cast: Cast, kept: Path) -> None:
    EntryDetail.objects.filter(entry=last(cast)).delete()
    call_command("audit_verify", anchor=str(kept), verbosity=0)
