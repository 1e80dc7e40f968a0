"""A page asks whether it may still show what it shows: told at once, and never without a reason."""

import re
from datetime import timedelta

import django.shortcuts
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import trail
from core.sealed import seal, unseal
from organisation.models import Membership, Side, TeamHome
from residents import services as residents
from residents.models import Stay, StayEnd
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both
LIST = "/havtornen/beboere/"


def mark(client: Client, path: str = LIST) -> str:
    found = re.search(r'data-still="([^"]+)"', client.get(path).content.decode())
    assert found is not None
    return found[1]


def told(client: Client, sent: str) -> int:
    return int(client.get(reverse("still-shown"), headers={"X-Still": sent}).status_code)


def test_page_is_drawn_anew_for_each_act_that_moves_a_sight_and_for_no_other(cast: Cast) -> None:
    amina = cast.client(cast.amina)
    before = mark(amina)
    cast.write("Nyt på tavlen")
    cast.put_on_board(cast.rune)
    assert told(amina, before) == 204
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert told(amina, before) == 409
    assert told(amina, mark(amina)) == 204, "the page drawn since"


def test_page_of_who_did_it_themselves_stands(cast: Cast) -> None:
    mette, lis = cast.client(cast.mette), cast.client(cast.lis)
    own, other = mark(mette), mark(lis)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert told(mette, own) == 204
    assert told(lis, other) == 409


def test_opening_in_need_that_closes_by_itself_is_told(cast: Cast, clock) -> None:
    stay = Stay.objects.for_home(cast.home).get(pk=cast.aksel.pk)
    residents.basis_open(
        stay=stay, side=Side.HOME, acting_side=Side.HOME, reason="Fare", key="", by=cast.mette, now=timezone.now()
    )
    amina = cast.client(cast.amina)
    before = mark(amina)
    clock.move_to(timezone.now() + timedelta(minutes=61))
    residents.openings_end(timezone.now())
    assert told(amina, before) == 409


@pytest.mark.parametrize("way", ["ended", "given", "link", "leader"])
def test_role_that_changes_is_told(cast: Cast, way: str) -> None:
    amina = cast.client(cast.amina)
    before = mark(amina)
    role = Membership.objects.filter(user=cast.amina)
    if way == "ended":
        role.update(to_day=TODAY - timedelta(days=1))
    elif way == "given":
        Membership.objects.create(user=cast.amina, team=cast.other_team, role="staff", from_day=TODAY)
    elif way == "link":
        TeamHome.objects.filter(team=cast.team, home=cast.home).update(to_day=TODAY - timedelta(days=1))
    else:
        role.update(role="leader")
    assert told(amina, before) == 409


def test_new_day_is_told_since_a_basis_may_have_lapsed(cast: Cast, clock) -> None:
    before = mark(cast.client(cast.amina))
    clock.move_to(timezone.now() + timedelta(days=1))
    assert told(cast.client(cast.amina), before) == 409


def test_act_of_another_home_is_not_told(cast: Cast) -> None:
    amina = cast.client(cast.amina)
    before = mark(amina)
    stay = Stay.objects.for_home(cast.other_home).get(pk=cast.elsewhere.pk)
    residents.stay_end(stay=stay, end=StayEnd.MOVED, on=TODAY, by=cast.stranger)
    assert told(amina, before) == 204


def test_mark_is_the_persons_own_and_says_nothing(cast: Cast) -> None:
    amina, mette = cast.client(cast.amina), cast.client(cast.mette)
    one, again = mark(amina), mark(amina)
    assert one != again, "two pages of the same moment cannot be compared"
    assert told(mette, one) == 409
    for sent in ("", "x", one[:-4], seal("another purpose", {}), seal("still", {})):
        assert told(amina, sent) == 409, sent
    assert unseal("still", one)["homes"] == {cast.home.scope: trail.clocks([cast.home.scope])[cast.home.scope][1]}


def test_what_changed_while_the_page_was_drawn_is_told(cast: Cast, monkeypatch) -> None:
    """The page rests on what was before it was drawn, not on what was when it was done."""
    amina, before = cast.client(cast.amina), django.shortcuts.render

    def late(*args, **kwargs):
        residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
        return before(*args, **kwargs)

    monkeypatch.setattr("boards.views.lists.render", late)
    sent = mark(amina)
    assert told(amina, sent) == 409


def test_question_costs_the_same_however_much_has_happened(cast: Cast, django_assert_max_num_queries) -> None:
    amina = cast.client(cast.amina)
    sent = mark(amina)
    for number in range(30):
        cast.write(f"Tekst {number}", stay=cast.tove, seen=number)
    told(amina, sent)
    with django_assert_max_num_queries(8):
        assert told(amina, sent) == 204
