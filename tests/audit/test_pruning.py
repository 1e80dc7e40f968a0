"""The oldest part of a chain goes where an old anchor says it stood, and what is left is still proved."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.access import today
from audit import anchors, pruning, trail
from audit.models import Anchor, Checkpoint, Entry, EntryDetail, ReadEntry
from organisation.models import RegionSettings
from privacy.models import Sample, SampleLine
from privacy.retention import services
from tests.audit.tamper import unlocked
from tests.conftest import Cast

pytestmark = pytest.mark.both

TERM = 1825


@pytest.fixture
def aged(cast: Cast, clock: Any) -> int:
    """Three days of acts and looks, each anchored the next morning. How many days ago the first was."""
    for day in range(3):
        cast.write(f"Dag {day}", seen=day)
        trail.record_read(cast.home.scope, viewer=cast.mette.pk, screen="tavle", stays=[cast.rune.pk])
        trail.note(cast.home.log_scope, "refused", "page:board", by=cast.mette.pk, status=404)
        trail.note(cast.mette.scope, "searched", cast.mette, by=cast.mette.pk, words="Rune", length=4)
        clock.shift(timedelta(days=1))
        anchors.make(timezone.now())
    return 3


def scopes(cast: Cast) -> list[str]:
    return [cast.home.scope, "reads:" + cast.home.scope, cast.home.log_scope, cast.mette.scope]


def seqs(scope: str) -> list[int]:
    return sorted(trail.links_of(scope).values_list("seq", flat=True))


def nightly() -> services.RunOutcome:
    found = services.nightly(timezone.now())
    assert found is not None
    return found


def test_goes_a_day_at_a_time_once_its_term_is_over(cast: Cast, clock: Any, aged: int) -> None:
    before = {scope: seqs(scope) for scope in scopes(cast)}
    clock.shift(timedelta(days=TERM - aged))
    nightly()
    # The first day's acts are old enough today; their anchor was made the day after, and is asked then.
    assert {scope: seqs(scope)[: len(before[scope])] for scope in before} == before
    clock.shift(timedelta(days=1))
    outcome = nightly()
    assert outcome.failed == []
    assert outcome.erased["log"] > 0
    for scope in scopes(cast):
        point = trail.checkpoint_of(scope)
        assert point is not None, scope
        head = anchors.read(Anchor.objects.order_by("day")[0].text).heads[scope]
        assert (point.seq, point.hash) == head
        assert seqs(scope)[0] == point.seq + 1
        assert trail.broken_links(scope) == []
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert f"{cast.home.scope} begynder efter nr." in out.getvalue()
    clock.shift(timedelta(days=10))
    assert nightly().failed == []
    assert [seqs(scope)[0] > before[scope][-1] for scope in scopes(cast) if seqs(scope)] == [True]
    assert seqs(cast.mette.scope) == []
    call_command("audit_verify", verbosity=0)
    cast.write("Ny", seen=3, today=today())
    cast.client(cast.mette).get("/find/?q=Rune")
    call_command("audit_verify", verbosity=0)


def test_kept_anchors_still_agree_after_the_cut(cast: Cast, clock: Any, aged: int, tmp_path: Path) -> None:
    kept = []
    for number, anchor in enumerate(Anchor.objects.order_by("day")):
        kept.append(tmp_path / f"{number}.txt")
        kept[-1].write_text(anchor.text, encoding="utf-8")
    clock.shift(timedelta(days=TERM - aged + 2))
    nightly()
    assert Checkpoint.objects.exists()
    for path in kept:
        call_command("audit_verify", anchor=str(path), verbosity=0)
    # What comes after the cut is compared as before.
    with unlocked():
        Entry.objects.filter(scope=cast.home.scope).update(actor=None)
    with pytest.raises(CommandError, match="brud ved nr"):
        call_command("audit_verify", anchor=str(kept[-1]), verbosity=0)


def test_nothing_younger_than_two_years_goes_whatever_is_asked(cast: Cast, clock: Any, aged: int) -> None:
    clock.shift(timedelta(days=700))
    assert pruning.cut_of(cast.home.scope, timezone.now(), today()) is None
    clock.shift(timedelta(days=31))
    assert pruning.cut_of(cast.home.scope, timezone.now(), today()) is not None


def test_term_of_the_region_holds(cast: Cast, clock: Any, aged: int) -> None:
    clock.shift(timedelta(days=731 - aged))
    nightly()
    assert trail.checkpoint_of(cast.home.scope) is None
    RegionSettings.objects.create(organisation=cast.team.organisation, values={"keep_log": 730})
    nightly()
    assert trail.checkpoint_of(cast.home.scope) is not None


def test_broken_part_is_evidence_and_stays(cast: Cast, clock: Any, aged: int) -> None:
    with unlocked():
        Entry.objects.filter(scope=cast.home.scope, seq=2).update(actor=cast.jonas.pk)
    clock.shift(timedelta(days=TERM))
    outcome = nightly()
    assert outcome.failed == [f"Loggen, botilbud nr. {cast.home.pk}"]
    assert seqs(cast.home.scope)[0] == 1
    assert trail.checkpoint_of("reads:" + cast.home.scope) is not None, "the others go"
    with pytest.raises(CommandError, match=f"{cast.home.scope}: brud ved nr. 2"):
        call_command("audit_verify", verbosity=0)


def test_look_a_sample_asks_about_stays(cast: Cast, clock: Any, aged: int) -> None:
    scope = "reads:" + cast.home.scope
    read = ReadEntry.objects.get(scope=cast.home.scope, seq=2)
    sample = Sample.objects.create(
        week=today() + timedelta(days=TERM), home=cast.home, drawn_at=timezone.now(), looks=1
    )
    SampleLine.objects.create(sample=sample, read=read, home=cast.home, stays=[1])
    clock.shift(timedelta(days=TERM))
    assert nightly().failed == []
    assert seqs(scope) == [2, 3]
    call_command("audit_verify", verbosity=0)


def test_row_no_checkpoint_covers_does_not_go(cast: Cast, clock: Any, aged: int) -> None:
    clock.shift(timedelta(days=TERM - aged + 1))
    for scope in scopes(cast)[:2]:
        cut = pruning.cut_of(scope, timezone.now() - timedelta(days=TERM), today())
        assert cut is not None
        pruning.prune(cut, timezone.now())
        EntryDetail.objects.all().delete()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            trail.links_of(scope)._raw_delete("default")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            trail.links_of(scope).update(seq=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Checkpoint.objects.update(seq=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Checkpoint.objects.all()._raw_delete("default")


def test_crash_after_the_checkpoint_takes_it_back(
    cast: Cast, clock: Any, aged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.shift(timedelta(days=TERM))
    cut = pruning.cut_of(cast.home.scope, timezone.now() - timedelta(days=TERM), today())
    assert cut is not None
    before = seqs(cut.scope)

    def dies(self: Any, using: str) -> int:
        raise RuntimeError("the power went")

    monkeypatch.setattr("django.db.models.query.QuerySet._raw_delete", dies)
    with pytest.raises(RuntimeError), transaction.atomic():
        pruning.prune(cut, timezone.now())
    monkeypatch.undo()
    assert seqs(cut.scope) == before
    assert not Checkpoint.objects.exists()
    call_command("audit_verify", verbosity=0)


def test_changed_anchor_bears_nothing_out(cast: Cast, clock: Any, aged: int) -> None:
    with unlocked():
        for anchor in Anchor.objects.all():
            Anchor.objects.filter(pk=anchor.pk).update(text=anchor.text.replace("lavet", "lavet "))
    clock.shift(timedelta(days=TERM + 1))
    assert "log" not in nightly().erased
    assert not Checkpoint.objects.exists()
