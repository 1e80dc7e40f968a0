"""Looks stand in a chain of their own, cost nothing when noted already, and without them nothing is shown."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.middleware import MESSAGE
from audit import trail
from audit.models import Clock, ReadEntry
from audit.trail import Unwritable
from meetings.models import Meeting
from tests.audit.tamper import unwritable
from tests.conftest import Cast, text_in

pytestmark = pytest.mark.both

BOARD = "/havtornen/tavle/"


def look(cast: Cast, *stays: int, screen: str = "tavle") -> None:
    trail.record_read(cast.home.scope, viewer=cast.mette.pk, screen=screen, stays=list(stays))


def test_looks_hang_together_and_leave_the_home_where_it_was(cast: Cast) -> None:
    before = trail.version_of(cast.home.scope)
    look(cast, 1, 2)
    look(cast, 2)
    look(cast, 2, screen="beboer")
    first, second, third = ReadEntry.objects.order_by("seq")
    assert [row.seq for row in (first, second, third)] == [1, 2, 3]
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert trail.broken_links("reads:" + cast.home.scope) == []
    assert trail.version_of(cast.home.scope) == before
    assert "reads:" + cast.home.scope in trail.scopes()


def test_each_home_has_its_own_chain_of_looks(cast: Cast) -> None:
    look(cast, 1)
    trail.record_read(cast.other_home.scope, viewer=cast.mette.pk, screen="tavle", stays=[5])
    assert list(ReadEntry.objects.order_by("pk").values_list("seq", flat=True)) == [1, 1]


def test_look_noted_already_is_one_question_and_takes_no_clock(cast: Cast, django_assert_num_queries) -> None:
    look(cast, 1, 2)
    version = trail.version_of("reads:" + cast.home.scope)
    with django_assert_num_queries(1):
        look(cast, 2, 1, 1)
    assert trail.version_of("reads:" + cast.home.scope) == version
    assert ReadEntry.objects.count() == 1


def test_first_look_of_the_hour_costs_two_queries_more_than_an_insert(cast: Cast, django_assert_num_queries) -> None:
    look(cast, 1)
    # Is it noted; a savepoint; the clock; the row; the clock's new end; and the savepoint's end.
    with django_assert_num_queries(6):
        look(cast, 2)


def test_board_costs_five_queries_less_when_the_look_is_noted(cast: Cast) -> None:
    client, other = cast.client(cast.mette), cast.client(cast.jonas)
    client.get(BOARD)
    other.get("/noegle/")  # its session begins apart from what is counted
    with CaptureQueriesContext(connection) as again:
        client.get(BOARD)
    with CaptureQueriesContext(connection) as first:
        other.get(BOARD)
    assert len(first) == len(again) + 5


def test_new_hour_is_a_new_look(cast: Cast, clock) -> None:
    look(cast, 1)
    clock.shift(3600)
    look(cast, 1)
    assert ReadEntry.objects.count() == 2


def test_same_look_from_two_requests_at_once_is_noted_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    look(cast, 1)
    answers = iter([False, True])
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda self: next(answers))
    look(cast, 1)
    assert ReadEntry.objects.count() == 1


def test_chain_that_no_longer_fits_its_clock_stops_the_looks(cast: Cast) -> None:
    look(cast, 1)
    Clock.objects.filter(scope="reads:" + cast.home.scope).update(seq=0, head="")
    with pytest.raises(Unwritable):
        look(cast, 2)


@pytest.mark.parametrize(
    "act", [lambda: ReadEntry.objects.update(viewer=1), lambda: ReadEntry.objects.all()._raw_delete("default")]
)
def test_database_refuses_to_change_or_delete_a_look(cast: Cast, act) -> None:
    look(cast, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()


def pages(cast: Cast) -> list[str]:
    cast.put_on_board(cast.rune)
    cast.agree(owner=cast.mette, due_on=None)
    meeting: Meeting = cast.meeting()
    stay = cast.rune.pk
    return [
        BOARD, f"{BOARD}aendringer/?since=0", "/havtornen/beboere/", f"/havtornen/beboer/{stay}/forloeb/",
        f"/havtornen/beboer/{stay}/min-uge/", f"/havtornen/moede/{meeting.number}/", "/find/?q=Rune",
        f"/havtornen/felt/{stay}/status/home/historik/",
    ]  # fmt: skip


def test_page_that_cannot_be_logged_is_not_shown(cast: Cast) -> None:
    addresses, client = pages(cast), cast.client(cast.mette)
    with unwritable("audit_readentry"):
        for address in addresses:
            answer = client.get(address)
            text = answer.content.decode()
            assert (answer.status_code, MESSAGE in text, "Rune" in text) == (503, True, False), address
            assert "Log ud" not in text
            part = client.get(address, headers={"HX-Request": "true"})
            assert (part.status_code, part.content.decode()) == (503, MESSAGE), address
    for address in addresses:
        assert "Rune" in text_in(client.get(address)), address
