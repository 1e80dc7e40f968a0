"""The day's anchor: once a day, of what moved, and readable by others."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit import anchors, trail
from audit.models import Anchor, Clock
from operations.tasks import minute
from tests.conftest import Cast

pytestmark = pytest.mark.both


def test_anchor_says_where_each_chain_stands(cast: Cast) -> None:
    trail.record_read(cast.home.scope, viewer=1, screen="tavle", stays=[1])
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    read = anchors.read(anchor.text)
    clocks = {clock.scope: (clock.seq, clock.head) for clock in Clock.objects.filter(seq__gt=0)}
    assert read.heads == clocks
    assert {cast.home.scope, "reads:" + cast.home.scope} <= set(clocks)
    assert (read.day.isoformat(), read.previous, read.digest) == ("2026-11-17", "ingen", anchor.digest)


def test_one_a_day_with_what_moved_since_the_last(cast: Cast, clock) -> None:
    first = anchors.make(timezone.now())
    assert anchors.make(timezone.now()) is None
    cast.write("Nyt")
    assert Anchor.objects.count() == 1
    # Midnight in Denmark, which is not yet midnight by the world's clock.
    clock.move_to("2026-11-18T00:00:30+01:00")
    second = anchors.make(timezone.now())
    assert first is not None
    assert second is not None
    read = anchors.read(second.text)
    assert list(read.heads) == [cast.home.scope]
    assert read.previous == first.digest
    clock.move_to("2026-11-19T00:00:30+01:00")
    third = anchors.make(timezone.now())
    assert third is not None
    assert anchors.read(third.text).heads == {}
    call_command("audit_verify", verbosity=0)


def test_the_minute_task_makes_it(cast: Cast) -> None:
    minute()
    minute()
    assert Anchor.objects.count() == 1


def test_anchor_made_by_another_worker_stands(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    anchors.make(timezone.now())
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda self: False)
    assert anchors.make(timezone.now()) is None
    assert Anchor.objects.count() == 1


@pytest.mark.parametrize(
    "act", [lambda: Anchor.objects.update(text="x"), lambda: Anchor.objects.all()._raw_delete("default")]
)
def test_anchor_is_never_changed(cast: Cast, act) -> None:
    anchors.make(timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()


def test_kept_file_is_read_as_others_save_it(cast: Cast, tmp_path: Path) -> None:
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    path = tmp_path / "anker.txt"
    path.write_bytes(("\ufeff" + anchor.text.replace("\n", "\r\n") + "\r\n").encode())
    out = StringIO()
    call_command("audit_verify", anchor=str(path), stdout=out)
    assert "Ankeret af 2026-11-17 passer." in out.getvalue()


@pytest.mark.parametrize("wrong", ["", "Noget andet\n", "changed", "cut"])
def test_file_that_is_no_anchor_is_told_in_a_sentence(cast: Cast, tmp_path: Path, wrong: str) -> None:
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    lines = anchor.text.splitlines(keepends=True)
    texts = {"changed": anchor.text.replace("home:", "home:1"), "cut": "".join([*lines[:4], *lines[5:]])}
    path = tmp_path / "anker.txt"
    path.write_text(texts.get(wrong, wrong))
    with pytest.raises(CommandError, match="er ikke et anker, eller det er ændret"):
        call_command("audit_verify", anchor=str(path))


def test_file_that_is_not_there_is_told_in_a_sentence(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Kan ikke læse"):
        call_command("audit_verify", anchor=str(tmp_path / "ingen.txt"))


def test_other_anchor_of_the_same_day_is_told(cast: Cast, tmp_path: Path, clock) -> None:
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    body = anchor.text.rpartition("sha256 ")[0].replace("forrige ingen", f"forrige {'a' * 64}")
    path = tmp_path / "anker.txt"
    path.write_text(f"{body}sha256 {anchors.seal_of(body)}\n")
    with pytest.raises(CommandError, match="er et andet i databasen"):
        call_command("audit_verify", anchor=str(path))


def test_anchor_holds_no_name(cast: Cast) -> None:
    cast.client(cast.mette).get("/find/?q=Rune")
    anchor = anchors.make(timezone.now())
    assert anchor is not None
    for word in ("Rune", "Mette", "Havtornen", "invalid", "havtornen"):
        assert word not in anchor.text
