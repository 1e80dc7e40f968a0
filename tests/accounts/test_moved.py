"""Sharing is withdrawn, or a role ends, between the question and the change: nothing is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

import pytest
from django.urls import reverse

from audit import trail
from audit.models import Entry
from boards.models import Cell
from criteria.models import Level
from organisation.models import IdempotencyKey, Membership, Side, User
from residents import services as residents
from tests.conftest import Cast

pytestmark = pytest.mark.both

# Acts of the team's about a resident of the home: the page's name, what follows the stay, what is sent.
ACTS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "a text": ("cell", ("status", "team"), {"text": "Skrevet", "seen": 0, "key": "a"}),
    "a text in common": ("cell", ("goals", "joint"), {"text": "Skrevet", "seen": 0, "key": "b"}),
    "an intervention": ("intervention-add", (), {"what": "Samtale", "track": "psychiatric", "key": "c"}),
    "that it was read": ("akut-read", (), {}),
    "an early sign": ("sign-note", (), {"text": "Sover ikke", "urgency": "meeting", "key": "d"}),
}


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Has something done just before the first change begins, after everything before it was asked."""
    before = trail.change

    def do(act: Callable[[], Any]) -> None:
        acts = [act]

        @contextmanager
        def change(scope: str, *, by: int | None) -> Iterator[trail.Change]:
            if acts and scope.startswith("home:"):
                # As another request does it: nothing of this one's is known there.
                Context().run(acts.pop())
            with before(scope, by=by) as log:
                yield log

        monkeypatch.setattr(trail, "change", change)

    return do


def done_by(user: User, cast: Cast) -> list[str]:
    return list(Entry.objects.filter(scope=cast.home.scope, actor=user.pk).values_list("action", flat=True))


def send(cast: Cast, user: User, act: str) -> int:
    name, rest, data = ACTS[act]
    if name == "sign-note":
        data, url = {**data, "stay": cast.rune.pk}, reverse(name, args=[cast.home.slug])
    else:
        url = reverse(name, args=[cast.home.slug, cast.rune.pk, *rest])
    return int(cast.client(user).post(url, data, headers={"HX-Request": "true"}).status_code)


@pytest.mark.parametrize("act", ACTS)
def test_act_is_done_where_nothing_happens_meanwhile(cast: Cast, act: str) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    before = done_by(cast.amina, cast)
    assert send(cast, cast.amina, act) in (200, 204)
    assert len(done_by(cast.amina, cast)) > len(before)


@pytest.mark.parametrize("act", ACTS)
def test_withdrawal_between_the_question_and_the_change_lets_nothing_be_written(
    cast: Cast, late: Callable[[Callable[[], Any]], None], act: str
) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    before = done_by(cast.amina, cast)
    late(lambda: residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette))
    # A sign is about somebody chosen from a list, where the resident stands no more.
    assert send(cast, cast.amina, act) == (422 if act == "an early sign" else 404)
    assert done_by(cast.amina, cast) == before
    assert not Cell.objects.for_home(cast.home).exists()
    assert not IdempotencyKey.objects.filter(user=cast.amina).exists()


def test_role_that_ends_between_the_question_and_the_change_lets_nothing_be_written(
    cast: Cast, late: Callable[[Callable[[], Any]], None]
) -> None:
    def end() -> None:
        Membership.objects.filter(user=cast.amina).update(role="system", team=None, organisation=cast.team.organisation)
        trail.touch(cast.home.scope)

    late(end)
    assert send(cast, cast.amina, "a text") == 404
    assert not Cell.objects.for_home(cast.home).exists()


def test_withdrawal_for_another_resident_meanwhile_costs_nobody_their_text(
    cast: Cast, late: Callable[[Callable[[], Any]], None]
) -> None:
    late(lambda: residents.basis_withdraw(home=cast.home, stay_id=cast.tove.pk, acting_side=Side.HOME, by=cast.mette))
    assert send(cast, cast.amina, "a text") == 200
    assert Cell.objects.for_home(cast.home).get().text == "Skrevet"


def test_another_act_meanwhile_is_no_reason_to_ask_again(cast: Cast, late: Callable[[Callable[[], Any]], None]) -> None:
    late(lambda: cast.write("Mettes"))
    assert send(cast, cast.amina, "a text") == 200
    assert {cell.text for cell in Cell.objects.for_home(cast.home)} == {"Mettes", "Skrevet"}
