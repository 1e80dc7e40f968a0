"""A page asks whether it may still show what it shows: told at once, and never without a reason."""

import re
from datetime import timedelta

import django.shortcuts
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import OpenSession
from audit import trail
from core.sealed import seal, unseal
from organisation.models import Membership, Side, TeamHome
from residents import services as residents
from residents.models import Stay, StayEnd
from tests.conftest import TODAY, Cast, text_in

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
    assert told(amina, before) == 200
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert told(amina, before) == 409
    assert told(amina, mark(amina)) == 200, "the page drawn since"


def test_page_of_who_did_it_themselves_stands(cast: Cast) -> None:
    mette, lis = cast.client(cast.mette), cast.client(cast.lis)
    own, other = mark(mette), mark(lis)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert told(mette, own) == 200
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
    assert told(amina, before) == 200


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
        assert told(amina, sent) == 200


def test_mark_is_new_each_time_so_that_it_tells_of_no_act(cast: Cast) -> None:
    amina = cast.client(cast.amina)
    marks = [mark(amina)]
    for act in (None, "Kun for os"):
        if act:
            cast.write(act, column_key="own")
        marks.append(text_in(amina.get(reverse("still-shown"), headers={"X-Still": marks[-1]})))
        assert unseal("still", marks[-1])["user"] == cast.amina.pk
    assert len(set(marks)) == 3
    assert len({len(one) for one in marks}) == 1, "nor does its length"
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert [told(amina, one) for one in marks] == [409, 409, 409]


def test_page_before_the_meeting_asks_and_the_running_one_hears_it_on_its_stream(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    amina, number = cast.client(cast.amina), cast.meeting().number
    before = amina.get(f"/havtornen/moede/{number}/").content.decode()
    assert "Rune" in before
    assert ("data-still=" in before, "data-stream-url=" in before) == (True, False)
    cast.start()
    running = amina.get(f"/havtornen/moede/{number}/").content.decode()
    assert ("data-still=" in running, "js/still" in running, "data-stream-url=" in running) == (False, False, True)


def test_pages_of_signing_in_and_links_shown_once_are_not_drawn_anew(cast: Cast) -> None:
    lis = cast.client(cast.lis)
    for path in ("/konto/2fa/", "/konto/password/change/", "/konto/browsere/"):
        assert "data-still=" not in lis.get(path, follow=True).content.decode(), path
    for path, data in (("/havtornen/storskaerme/", {"name": "Stuen", "team": cast.team.pk}), ("/styring/tablets/", {})):
        assert "data-still=" in lis.get(path).content.decode(), path
        page = lis.get(path).content.decode()
        key = page.split('name="key" value="')[1].split('"')[0]
        answer = lis.post(path, {"name": "Stuen", "unit": f"home:{cast.home.pk}", **data, "key": key})
        assert "vises kun nu" in answer.content.decode(), path
        assert "data-still=" not in answer.content.decode(), path


def test_page_that_answers_a_form_says_that_it_does(cast: Cast) -> None:
    mette = cast.client(cast.mette)
    assert "data-posted" not in mette.get("/havtornen/moede/ekstra/").content.decode()
    refused = mette.post("/havtornen/moede/ekstra/", {}).content.decode()
    assert ("data-posted" in refused, "data-still=" in refused) == (True, True)


def test_tab_nobody_touches_is_no_use_of_the_session(cast: Cast, clock) -> None:
    amina = cast.client(cast.amina)
    sent = mark(amina)
    OpenSession.objects.update(last_used=timezone.now() - timedelta(days=1))
    before = OpenSession.objects.get(user=cast.amina).last_used
    clock.shift(timedelta(hours=2))
    told(amina, sent)
    assert OpenSession.objects.get(user=cast.amina).last_used == before
