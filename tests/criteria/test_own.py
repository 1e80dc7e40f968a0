"""A home's own criteria: proposed by one side's leader, agreed by the other's, and over by themselves."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from boards.models import EpisodeCriterion
from criteria.models import Criterion
from criteria.selectors import offered
from tests.administration.people import Office, office_of
from tests.conftest import TODAY, Cast

URL = "/havtornen/kriterier/"
TYPED = {
    "name": "Flytteplaner", "definition": "En flytning fylder meget.", "level": "subakut", "days": "7",
    "exit_question": "flytningen er på plads", "ends_on": "2027-01-31", "step": "save",
}  # fmt: skip


@pytest.fixture
def office(cast: Cast) -> Office:
    return office_of(cast)


def propose(office: Office, user: Any = None, **typed: Any) -> Any:
    return office.cast.client(user or office.cast.lis).post(f"{URL}nyt/", {**TYPED, **typed})


def answer(office: Office, user: Any, act: str, name: str = "Flytteplaner") -> Any:
    criterion = Criterion.objects.filter(versions__name=name).latest("pk")
    return office.cast.client(user).post(f"{URL}{criterion.pk}/svar/", {"answer": act})


def names(office: Office, home: Any = None, day: Any = TODAY) -> list[str]:
    return [version.name for version in offered(home or office.cast.home, office.region.pk, day)]


def test_own_criterion_holds_here_alone_once_both_leaders_have_said_yes(office: Office) -> None:
    assert propose(office).status_code == 302
    assert "Flytteplaner" not in names(office)
    assert answer(office, office.peter, "approve").status_code == 302
    assert names(office)[-1] == "Flytteplaner"
    assert "Flytteplaner" not in names(office, office.solbakken)
    page = office.cast.client(office.cast.mette).get(URL).content.decode()
    assert "Kun her, til 31.1.2027" in page
    dialog = office.cast.client(office.cast.mette).get(f"/havtornen/niveau/{office.cast.rune.pk}/").content.decode()
    assert "Flytteplaner (kun her)" in dialog


def test_teams_leader_may_propose_and_the_homes_leader_answer(office: Office) -> None:
    propose(office, office.peter)
    assert answer(office, office.peter, "approve").status_code == 422
    assert answer(office, office.cast.lis, "approve").status_code == 302
    assert "Flytteplaner" in names(office)


def test_own_criterion_is_over_by_itself_and_its_mark_says_so(office: Office, clock: Any) -> None:
    propose(office, ends_on="2026-11-20")
    answer(office, office.peter, "approve")
    version = Criterion.objects.get(home=office.cast.home).versions.get()
    office.cast.put_on_board(office.cast.rune, criteria=[version.pk])
    board = "/havtornen/tavle/"
    assert "udgået" not in office.cast.client(office.cast.mette).get(board).content.decode()
    clock.shift(timedelta(days=4))
    assert "Flytteplaner" not in names(office, day=TODAY + timedelta(days=4))
    assert "Flytteplaner (udgået)" in office.cast.client(office.cast.mette).get(board).content.decode()


def test_leader_ends_one_early_and_takes_a_proposal_back(office: Office) -> None:
    propose(office)
    assert answer(office, office.cast.lis, "end").status_code == 302
    assert not Criterion.objects.get(home=office.cast.home).versions.filter(withdrawn_on=None).exists()
    propose(office, name="Nyt forsøg")
    answer(office, office.peter, "approve", "Nyt forsøg")
    assert "Nyt forsøg" in names(office)
    assert answer(office, office.peter, "end", "Nyt forsøg").status_code == 302
    assert "Nyt forsøg" not in names(office)
    assert answer(office, office.peter, "end", "Nyt forsøg").status_code == 404


def test_there_are_at_most_three_at_a_time(office: Office) -> None:
    for number in (1, 2, 3):
        assert propose(office, name=f"Nummer {number}").status_code == 302
    fourth = propose(office, name="Nummer 4")
    assert (fourth.status_code, "allerede 3 kriterier" in fourth.content.decode()) == (422, True)
    answer(office, office.cast.lis, "end", "Nummer 1")
    assert propose(office, name="Nummer 4").status_code == 302


@pytest.mark.parametrize(("typed", "words"), [
    ({"ends_on": ""}, "Vælg en dag."),
    ({"ends_on": "2026-11-17"}, "Vælg en dag efter i dag."),
    ({"ends_on": "2027-11-18"}, "højst et år"),
    ({"ends_on": "til jul"}, "Skriv dagen som"),
    ({"name": ""}, "Skriv noget her."),
    ({"name": "x" * 101}, "Der er plads til 100 tegn."),
    ({"days": "0"}, "Skriv et tal fra 1 til 365."),
    ({"level": "none"}, "Vælg akut eller subakut."),
])  # fmt: skip
def test_wrong_input_is_told_and_nothing_is_saved(office: Office, typed, words) -> None:
    got = propose(office, **typed)
    assert got.status_code == 422
    assert words in got.content.decode()
    assert not Criterion.objects.filter(home=office.cast.home).exists()


def test_proposal_is_seen_before_it_is_made_and_a_double_click_makes_one(office: Office) -> None:
    seen = propose(office, step="show").content.decode()
    assert "Gælder kun i Havtornen, til og med 31.1.2027" in seen
    assert "senest tirsdag 24. november" in seen
    assert not Criterion.objects.filter(home=office.cast.home).exists()
    for _ in range(2):
        assert propose(office, key="k").status_code == 302
    assert Criterion.objects.filter(home=office.cast.home).count() == 1


def test_only_leaders_of_the_two_sides_decide(office: Office) -> None:
    cast = office.cast
    propose(office)
    for user in (cast.mette, cast.amina):
        assert propose(office, user).status_code == 403, user.name
        assert answer(office, user, "approve").status_code == 403, user.name
    for user in (cast.stranger, cast.karla):
        assert propose(office, user).status_code == 404, user.name
        assert answer(office, user, "approve").status_code == 404, user.name
    assert cast.client(office.peter).post(f"{URL}99999/svar/", {"answer": "approve"}).status_code == 404
    assert answer(office, office.peter, "måske").status_code == 400
    shared = Criterion.objects.get(key="akut-krise")
    assert cast.client(office.peter).post(f"{URL}{shared.pk}/svar/", {"answer": "end"}).status_code == 404


def test_leaders_read_what_other_was_used_for_and_the_team_only_of_shared_residents(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune, key="andet", other="Vaskemaskinen")
    cast.put_on_board(cast.vibeke, key="andet", other="Naboens hund")
    lis = cast.client(cast.lis).get(URL).content.decode()
    assert "Vaskemaskinen" in lis
    assert "Naboens hund" in lis
    peter = cast.client(office.peter).get(URL).content.decode()
    assert "Vaskemaskinen" in peter
    assert "Naboens hund" not in peter, "Vibeke is not linked to the team"
    assert "Vaskemaskinen" not in cast.client(cast.mette).get(URL).content.decode()
    links = {link.text: link.pk for link in EpisodeCriterion.objects.for_home(cast.home)}
    begun = cast.client(cast.lis).get(f"{URL}nyt/?fra={links['Vaskemaskinen']}").content.decode()
    assert 'value="Vaskemaskinen"' in begun
    assert cast.client(office.peter).get(f"{URL}nyt/?fra={links['Naboens hund']}").status_code == 404


def test_proposals_and_answers_stand_in_the_homes_own_log_without_their_words(office: Office) -> None:
    propose(office)
    answer(office, office.peter, "approve")
    entries = Entry.objects.filter(scope=office.cast.home.scope, action__startswith="own_criterion.")
    assert [entry.action for entry in entries.order_by("seq")] == ["own_criterion.proposed", "own_criterion.approved"]
    assert all("Flytteplaner" not in str(entry.data) for entry in entries)
