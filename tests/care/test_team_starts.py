"""A team begins with a resident by its own step, and learns nothing of who lives there."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry, EntryDetail
from boards.live import snapshots
from care import team_starts
from core.errors import Denied
from organisation.models import Home, Membership, Role, TeamHome, User
from privacy.retention import services as retention
from residents.models import StayEnd, TeamLink, TeamStart
from residents.sharing import audience_of
from tests.conftest import TODAY, Cast, text_in
from tests.page import carried

NO = "Havtornen svarede nej"


def url(cast: Cast, name: str, *rest: Any) -> str:
    return reverse(name, args=[cast.home.slug, *rest])


def ask(cast: Cast, name: str, user: User | None = None) -> Any:
    client = cast.client(user or cast.amina)
    address = url(cast, "team-start")
    sent = {**carried(text_in(client.get(address)), address), "name": name}
    return client.post(address, sent)


def answer(cast: Cast, who: object, user: User | None = None, pk: int | None = None) -> Any:
    client = cast.client(user or cast.mette)
    address = url(cast, "team-start-answer", pk or TeamStart.objects.for_home(cast.home).get().pk)
    sent = {**carried(text_in(client.get(address)), address), "who": str(who)}
    return client.post(address, sent)


def listed(cast: Cast, user: User) -> str:
    return text_in(cast.client(user).get(url(cast, "residents")))


def treats(cast: Cast, stay: Any) -> bool:
    return TeamLink.objects.for_home(cast.home).filter(stay=stay, team=cast.team, to_day=None).exists()


@pytest.mark.parametrize("name", ["Vibeke", "vibeke", "Frede", "Aldrig Set", "Rune"])
def test_answer_to_the_team_is_the_same_whoever_lives_there(cast: Cast, name: str) -> None:
    """Vibeke lives there without a team, Frede in another home, nobody is called Aldrig Set, Rune is the team's."""
    said = ask(cast, name)
    assert (said.status_code, said.content, said.headers["HX-Trigger"]) == (
        204, b"", "board-changed, close-dialog, residents-changed",
    )  # fmt: skip
    page = listed(cast, cast.amina)
    assert f"I venter på svar fra Havtornen om »{name}«. Amina spurgte 17.11." in page
    assert answer(cast, "no").status_code == 204
    page = listed(cast, cast.amina)
    assert (f"»{name}«" in page, f"{NO} 17.11. til det, Amina spurgte om 17.11." in page) == (False, True)
    assert "Vibeke" not in page


def test_home_says_who_it_is_and_the_team_sees_a_flat_until_something_is_shared(cast: Cast) -> None:
    ask(cast, "Vibeke H.")
    box = listed(cast, cast.mette)
    assert "Team Nord vil begynde med »Vibeke H.«. Amina spurgte 17.11." in box
    assert not treats(cast, cast.vibeke)
    opened = text_in(answer(cast, cast.vibeke.pk))
    assert "Hvad må deles" in opened, "the resident's dialog comes next"
    assert treats(cast, cast.vibeke)
    assert not TeamStart.objects.for_home(cast.home).exists()
    page = listed(cast, cast.amina)
    assert ("Bolig 8" in page, "Vibeke" in page, "I venter" in page) == (True, False, False)
    acts = Entry.objects.filter(scope=cast.home.scope).order_by("seq").values_list("action", flat=True)
    assert list(acts)[-3:] == ["team_start.asked", "team_start.answered", "team.linked"]
    assert "Vibeke H." not in str([*Entry.objects.values(), *EntryDetail.objects.values()]), "not in the log"


def test_residents_of_another_home_cannot_be_chosen(cast: Cast) -> None:
    ask(cast, "Vibeke")
    pk = TeamStart.objects.for_home(cast.home).get().pk
    page = text_in(cast.client(cast.mette).get(url(cast, "team-start-answer", pk)))
    offered = [name in page for name in ("Vibeke, bolig 8<", "Rune, bolig 4 (er begyndt)", "Frede")]
    assert offered == [True, True, False]
    for wrong in (cast.elsewhere.pk, ""):
        assert answer(cast, wrong).status_code == 422
    assert TeamStart.objects.for_home(cast.home).filter(refused_at=None).count() == 1


def test_team_a_colleague_began_with_meanwhile_gets_no_untrue_no(cast: Cast) -> None:
    ask(cast, "Vibeke")
    before = TeamLink.objects.for_home(cast.home).count()
    data = {"team": cast.team.pk, "link": "1"}
    begun = text_in(cast.client(cast.jonas).post(url(cast, "team-change", cast.vibeke.pk), data))
    assert "Team Nord behandler Vibeke." in begun
    assert "Team Nord behandler Vibeke." in text_in(answer(cast, cast.vibeke.pk))
    assert TeamLink.objects.for_home(cast.home).count() == before + 1
    page = listed(cast, cast.amina)
    assert (NO in page, "I venter" in page) == (False, False)


def test_resident_another_team_has_treated_is_for_the_switch_and_the_question_waits_on(cast: Cast) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=TODAY)
    TeamLink(stay=cast.vibeke, team=cast.other_team, from_day=TODAY, to_day=TODAY - timedelta(days=1)).insert()
    ask(cast, "Vibeke")
    refused = answer(cast, cast.vibeke.pk)
    assert (refused.status_code, "Vælg »Skift team«" in refused.content.decode()) == (422, True)
    assert "Vibeke, bolig 8" not in refused.content.decode(), "nor offered"
    assert TeamStart.objects.for_home(cast.home).get().refused_at is None


def test_two_answers_are_one_and_the_second_is_told(cast: Cast) -> None:
    ask(cast, "Vibeke")
    pk = TeamStart.objects.for_home(cast.home).get().pk
    jonas, address = cast.client(cast.jonas), url(cast, "team-start-answer", pk)
    late = {**carried(text_in(jonas.get(address)), address), "who": "no"}
    first = {**late, "who": str(cast.vibeke.pk)}
    mette = cast.client(cast.mette)
    first |= carried(text_in(mette.get(address)), address)
    assert [mette.post(address, first).status_code, mette.post(address, first).status_code] == [200, 204]
    said = jonas.post(address, late)
    assert (said.status_code, team_starts.ANSWERED in said.content.decode()) == (422, True)
    assert jonas.get(address).status_code == 409
    assert treats(cast, cast.vibeke)


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Skriv navnet."), ("   ", "Skriv navnet."), ("​", "Skriv navnet."), ("a" * 61, "Der er plads til 60 tegn.")],
)
def test_name_that_is_none_is_refused(cast: Cast, name: str, said: str) -> None:
    refused = ask(cast, name)
    assert (refused.status_code, said in refused.content.decode()) == (422, True)
    assert not TeamStart.objects.for_home(cast.home).exists()


def test_same_name_waits_once_and_ten_are_enough(cast: Cast) -> None:
    assert [ask(cast, "Vibeke").status_code, ask(cast, "VIBEKE", cast.soeren).status_code] == [204, 422]
    for number in range(team_starts.AT_MOST - 1):
        assert ask(cast, f"Navn {number}").status_code == 204
    assert "Ring til botilbuddet" in ask(cast, "En mere").content.decode()


def test_question_of_one_team_is_no_other_teams(cast: Cast) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=TODAY)
    ask(cast, "Vibeke")
    assert "Vibeke" not in listed(cast, cast.other_nurse)
    TeamHome.objects.create(team=cast.team, home=cast.other_home, weekdays=[2], from_day=TODAY)
    elsewhere = text_in(cast.client(cast.stranger).get(reverse("residents", args=[cast.other_home.slug])))
    assert "Vibeke" not in elsewhere


def test_team_that_comes_no_more_gets_nobody(cast: Cast) -> None:
    ask(cast, "Vibeke")
    TeamHome.objects.filter(home=cast.home).update(to_day=TODAY - timedelta(days=1))
    assert answer(cast, cast.vibeke.pk).status_code == 422
    assert not treats(cast, cast.vibeke)


def test_each_side_keeps_to_its_own_step(cast: Cast) -> None:
    now = timezone.now()
    with pytest.raises(Denied):
        team_starts.team_start_ask(access=cast.access(cast.mette), name="Vibeke", key="", now=now)
    ask(cast, "Vibeke")
    pk = TeamStart.objects.for_home(cast.home).get().pk
    with pytest.raises(Denied):
        team_starts.team_start_answer(access=cast.access(cast.amina), pk=pk, stay=cast.vibeke.pk, key="", now=now)
    assert not treats(cast, cast.vibeke)


def test_question_lapses_and_the_name_goes(cast: Cast, clock) -> None:
    ask(cast, "Aldrig Set")
    ask(cast, "Vibeke")
    first = TeamStart.objects.for_home(cast.home).order_by("pk")[0]
    answer(cast, "no", pk=first.pk)
    clock.shift(timedelta(days=30))
    for user in (cast.mette, cast.amina):
        page = listed(cast, user)
        assert ("Vibeke«" in page, NO in page) == (False, False)
    retention.nightly(timezone.now())
    assert not TeamStart.objects.for_home(cast.home).exists()


def test_open_boards_show_the_new_flat_at_once_and_no_name_before(cast: Cast) -> None:
    team = audience_of(cast.access(cast.amina))
    before = snapshots.snapshot(cast.home, team).seen
    ask(cast, "Vibeke")
    asked = str(snapshots.changes(cast.home, team, before))
    answer(cast, cast.vibeke.pk)
    answered = str(snapshots.changes(cast.home, team, before))
    assert ["Bolig 8" in told for told in (asked, answered)] == [False, True]
    assert "Vibeke" not in asked + answered


def test_leader_finds_it_under_what_waits_and_others_do_not(cast: Cast) -> None:
    ask(cast, "Vibeke")
    Membership.objects.filter(user=cast.amina).update(role=Role.LEADER)

    def asked(user: User) -> bool:
        return "Team Nord vil begynde med »Vibeke«. Hvem er det?" in text_in(cast.client(user).get(reverse("my-day")))

    assert [asked(user) for user in (cast.lis, cast.mette, cast.amina)] == [True, False, False]
    answer(cast, cast.vibeke.pk, cast.lis)
    assert not asked(cast.lis)


def test_stay_that_ends_meanwhile_is_not_linked(cast: Cast) -> None:
    ask(cast, "Vibeke")
    pk = TeamStart.objects.for_home(cast.home).get().pk
    client, address = cast.client(cast.mette), url(cast, "team-start-answer", pk)
    sent = {**carried(text_in(client.get(address)), address), "who": str(cast.vibeke.pk)}
    type(cast.vibeke).objects.for_home(cast.home).filter(pk=cast.vibeke.pk).update(to_day=TODAY, end=StayEnd.MOVED)
    assert client.post(address, sent).status_code == 422
    assert not treats(cast, cast.vibeke)


def test_home_of_another_organisation_answers_only_its_own(cast: Cast) -> None:
    ask(cast, "Vibeke")
    pk = TeamStart.objects.for_home(cast.home).get().pk
    there = reverse("team-start-answer", args=[Home.objects.get(pk=cast.other_home.pk).slug, pk])
    assert cast.client(cast.stranger).post(there, {"who": "no", "key": "k"}).status_code == 422
    assert TeamStart.objects.for_home(cast.home).get().refused_at is None


def test_team_takes_a_wrong_name_back_and_no_other_team_does(cast: Cast) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=TODAY)
    ask(cast, "En helt anden")
    address = url(cast, "team-start-answer", TeamStart.objects.for_home(cast.home).get().pk)
    take_back = {"withdraw": "1"}
    assert cast.client(cast.other_nurse).post(address, take_back).status_code == 404
    assert cast.client(cast.mette).post(address, take_back).status_code == 422, "the home answers"
    assert "Træk spørgsmålet tilbage" in listed(cast, cast.soeren)
    assert cast.client(cast.soeren).post(address, take_back).status_code == 204
    assert not TeamStart.objects.for_home(cast.home).exists()
    assert "En helt anden" not in listed(cast, cast.mette)
