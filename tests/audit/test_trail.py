import pytest
from django.db import DatabaseError, transaction

from audit import trail, triggers
from audit.models import Clock, Entry, EntryDetail, ReadEntry
from tests.conftest import Cast

pytestmark = pytest.mark.both


def test_change_moves_the_clock_by_one_and_records(cast: Cast) -> None:
    before = trail.version_of(cast.home.scope)
    cast.write("Godt: spiser med.")
    assert trail.version_of(cast.home.scope) == before + 1
    entry = Entry.objects.filter(scope=cast.home.scope).latest("seq")
    assert (entry.action, entry.actor) == ("cell.written", cast.mette.pk)


def test_personal_text_stands_in_the_erasable_part_only(cast: Cast) -> None:
    cast.write("Hemmelig sætning")
    entry = Entry.objects.filter(action="cell.written").latest("seq")
    assert "Hemmelig" not in str(entry.data)
    assert entry.detail.data == {"text": "Hemmelig sætning"}


def test_change_that_records_nothing_is_refused_and_undone(cast: Cast) -> None:
    before = trail.version_of(cast.home.scope)
    with pytest.raises(RuntimeError), trail.change(cast.home.scope, by=None):
        pass
    assert trail.version_of(cast.home.scope) == before


def test_unknown_action_is_refused(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="no words for nothing"), trail.change(cast.home.scope, by=None) as log:
        log("nothing.known", cast.home)


def test_nested_change_is_one_change_and_a_failed_inner_one_leaves_the_chain_whole(cast: Cast) -> None:
    before = trail.version_of(cast.home.scope)
    with trail.change(cast.home.scope, by=1) as log:
        log("stay.began", cast.rune, name="Rune")
        with pytest.raises(ValueError, match="inner"):
            _fails_inside(cast)
        with trail.change(cast.home.scope, by=1) as inner:
            inner("team.linked", cast.rune)
    assert trail.version_of(cast.home.scope) == before + 1
    assert trail.broken_links(cast.home.scope) == []


def test_database_refuses_to_change_or_delete_an_entry(cast: Cast) -> None:
    for act in (
        lambda: Entry.objects.update(action="x"),
        lambda: Entry.objects.filter(detail=None)._raw_delete("default"),
        lambda: EntryDetail.objects.update(salt="x"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_triggers_are_there(db: None) -> None:
    assert triggers.names() <= triggers.installed()


def test_chain_holds_after_erasing_a_detail_and_breaks_when_it_is_cut(cast: Cast) -> None:
    cast.write("Noget")
    EntryDetail.objects.latest("pk").delete()
    assert trail.broken_links(cast.home.scope) == []
    Clock.objects.filter(scope=cast.home.scope).update(seq=1)
    assert trail.broken_links(cast.home.scope) != []


def test_reading_is_noted_once_an_hour(cast: Cast) -> None:
    client = cast.client(cast.amina)
    for _ in range(3):
        client.get(f"/{cast.home.slug}/tavle/")
    read = ReadEntry.objects.get(viewer=cast.amina.pk, screen="tavle")
    assert cast.rune.pk in read.stays
    assert cast.aksel.pk not in read.stays, "a resident shown as 'Ikke delt' was not read"


def _fails_inside(cast: Cast) -> None:
    with trail.change(cast.home.scope, by=1) as inner:
        inner("team.linked", cast.rune)
        raise ValueError("inner")
