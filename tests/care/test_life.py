"""Moving in and out: what was open ends, the old home and team see nothing, the new home begins with a name."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import enter
from audit import trail
from audit.models import Entry
from boards import services
from boards.models import EarlySign, Episode, EpisodeCriterion, Intervention, State, Told, Urgency
from care import services as care
from core.errors import Denied
from core.seen import mark_of
from criteria.models import Level
from organisation.models import Home, Organisation, Side, TeamHome, User
from residents import services as residents
from residents.models import Admission, BasisKind, Giver, SharingBasis, Situation, Stay, StayEnd, TeamLink
from residents.selectors import arrivals
from tests.conftest import TODAY, Cast
from tests.page import send

pytestmark = pytest.mark.both


def url(cast: Cast, name: str, *rest: Any, home: Home | None = None) -> str:
    return reverse(name, args=[(home or cast.home).slug, *rest])


def leave(cast: Cast, stay: Stay | None = None, user: User | None = None, home: Home | None = None, **data: Any) -> Any:
    values = {"end": "moved", "on": TODAY.isoformat(), "moved_to": "", "key": "ud", **data}
    who: Client = cast.client(user or cast.mette)
    return who.post(url(cast, "move-out", (stay or cast.rune).pk, home=home), values)


def move(cast: Cast, stay: Stay | None = None) -> None:
    assert leave(cast, stay, end="other_home", moved_to=cast.other_home.pk).status_code == 204


def arrive(cast: Cast, user: User | None = None, home: Home | None = None, **data: Any) -> Any:
    values = {"arrival": "", "name": "", "flat": "21", "from_day": TODAY.isoformat(), "key": "ind", **data}
    return cast.client(user or cast.stranger).post(url(cast, "move-in", home=home or cast.other_home), values)


def stays_at(home: Home) -> list[str]:
    rows = Stay.objects.for_home(home).filter(to_day=None).order_by("pk")
    return list(rows.values_list("resident__name", flat=True))


def full_row(cast: Cast) -> dict[str, int]:
    """Everything that can stand open about Rune."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", reason="Hemmelig grund")
    cast.write("Hemmelig status")
    item = cast.agree("Hemmelig tur", owner=cast.amina, due_on=TODAY)
    done = cast.agree("Hemmelig opgave", owner=cast.mette, due_on=TODAY)
    services.intervention_settle(
        access=cast.access(cast.mette), pk=done.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    sign = services.sign_note(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, text="Hemmeligt tegn", urgency=Urgency.SOON, key="",
        today=TODAY,
    )  # fmt: skip
    residents.situation_change(
        stay=cast.rune, situation=Situation.ADMITTED, since=TODAY, place="Hemmelig afdeling", by=cast.mette
    )
    return {"item": item.pk, "sign": sign.pk}


def test_moving_out_ends_all_that_was_open(cast: Cast) -> None:
    full_row(cast)
    dialog = cast.client(cast.mette).get(url(cast, "move-out", cast.rune.pk)).content.decode()
    assert "1 åben indsats afsluttes" in dialog
    assert leave(cast).status_code == 204
    stay = Stay.objects.for_home(cast.home).get(pk=cast.rune.pk)
    assert (stay.to_day, stay.end, stay.moved_to) == (TODAY, StayEnd.MOVED, None)
    episode = Episode.objects.for_home(cast.home).get()
    assert (episode.closed_on, episode.follow_up_on) == (TODAY, None)
    assert not EpisodeCriterion.objects.for_home(cast.home).filter(to_day=None).exists()
    states = Intervention.objects.for_home(cast.home).order_by("pk").values_list("state", "settled_why")
    assert list(states) == [(State.DROPPED, "Flyttet fra botilbuddet"), (State.DONE, "")]
    assert not EarlySign.objects.for_home(cast.home).filter(handled_on=None).exists()
    assert not Admission.objects.for_home(cast.home).filter(to_day=None).exists()
    assert not TeamLink.objects.for_home(cast.home).filter(stay=cast.rune, to_day=None).exists()
    assert set(SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune).values_list("to_day", flat=True)) == {
        TODAY
    }
    assert trail.broken_links(cast.home.scope) == []


def test_waiting_follow_up_ends_with_the_stay(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        off=services.OffBoard(reason="Rolig", told=Told.YES, crisis_plan_seen=True),
        seen=1,
        key="",
        today=TODAY,
    )
    leave(cast)
    assert Episode.objects.for_home(cast.home).get().followed_up_on == TODAY


@pytest.mark.parametrize("end", ["moved", "other_home", "died", "objected", "mistake"])
def test_old_home_and_team_see_nothing_at_once(cast: Cast, end: str) -> None:
    made = full_row(cast)
    since = {}
    for user in (cast.mette, cast.amina):
        page = cast.client(user).get(url(cast, "board")).content.decode()
        assert "Hemmelig status" in page
        since[user.pk] = page.split('data-version="')[1].split('"')[0]
    moved_to = cast.other_home.pk if end == "other_home" else ""
    assert leave(cast, end=end, moved_to=moved_to).status_code == 204
    for user in (cast.mette, cast.amina):
        client = cast.client(user)
        changes = client.get(f"{url(cast, 'board-changes')}?since={since[user.pk]}").json()
        gone = {key for key in changes["gone"] if key.startswith(f"f{cast.rune.pk}-")}
        assert {f"f{cast.rune.pk}-{part}" for part in ("resident", "level", "status-home", "social")} <= gone
        assert cast.rune.pk not in [pk for _, ids in changes["groups"] for pk in ids]
        assert "Hemmelig" not in str(changes)
        for answer in (
            client.get(url(cast, "board")), client.get(url(cast, "undo")), client.get("/find/?q=rune"),
            client.get("/find/?q=hemmelig"), client.get("/min-dag/liste/"), client.get(url(cast, "raise-resident")),
            client.get(url(cast, "sign-note")),
        ):  # fmt: skip
            text = answer.content.decode()
            assert "Rune" not in text
            assert "Hemmelig" not in text
        assert "Hemmelig" not in client.get(url(cast, "residents")).content.decode()
        for name, rest in (
            ("cell", (cast.rune.pk, "status", "home")), ("cell-history", (cast.rune.pk, "status", "home")),
            ("cell-misfile", (cast.rune.pk, "status", "home")), ("resident-course", (cast.rune.pk,)),
            ("resident", (cast.rune.pk,)), ("level-change", (cast.rune.pk,)), ("level-dispute", (cast.rune.pk,)),
            ("akut-review", (cast.rune.pk,)), ("my-week", (cast.rune.pk,)), ("intervention", (made["item"],)),
            ("sign", (made["sign"],)), ("move-out", (cast.rune.pk,)),
        ):  # fmt: skip
            assert client.get(url(cast, name, *rest)).status_code == 404, (user.name, name)


def test_team_never_sees_who_has_left_in_the_list_of_residents(cast: Cast) -> None:
    leave(cast, end="died")
    assert "Rune" not in cast.client(cast.amina).get(url(cast, "residents")).content.decode()


@pytest.mark.parametrize(("data", "words"), [
    ({"end": ""}, "Vælg, hvad der er sket."),
    ({"end": "home_left"}, "Vælg, hvad der er sket."),
    ({"end": "x" * 500}, "Vælg, hvad der er sket."),
    ({"on": ""}, "Vælg en dag."),
    ({"on": "31.2.2026"}, "Skriv dagen som"),
    ({"on": "2026-11-18"}, "ligger frem i tiden"),
    ({"on": "2025-12-31"}, "før indflytningen"),
    ({"end": "other_home"}, "hvilket botilbud"),
    ({"end": "other_home", "moved_to": "99999"}, "fra listen"),
    ({"end": "other_home", "moved_to": "own"}, "fra listen"),
    ({"end": "moved", "moved_to": "other"}, "hvilket botilbud"),
])  # fmt: skip
def test_leaving_that_cannot_be_is_refused_and_ends_nothing(cast: Cast, data, words: str) -> None:
    full_row(cast)
    where = {"own": cast.home.pk, "other": cast.other_home.pk}
    answer = leave(cast, **{key: where.get(value, value) for key, value in data.items()})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert "Rune" in stays_at(cast.home)
    assert Episode.objects.for_home(cast.home).get().closed_on is None
    assert Intervention.objects.for_home(cast.home).filter(state=State.PLANNED).exists()
    assert trail.broken_links(cast.home.scope) == []


def test_home_that_has_left_the_cooperation_cannot_be_moved_to(cast: Cast) -> None:
    Home.objects.filter(pk=cast.other_home.pk).update(left_on=TODAY)
    assert leave(cast, end="other_home", moved_to=cast.other_home.pk).status_code == 422


def test_second_click_on_leaving_changes_nothing_more(cast: Cast) -> None:
    assert leave(cast).status_code == 204
    version = trail.version_of(cast.home.scope)
    assert leave(cast).status_code == 204, "as the first was answered"
    assert leave(cast, key="en anden").status_code == 404, "the resident is no longer there"
    assert leave(cast, end="died").status_code == 404
    assert trail.version_of(cast.home.scope) == version
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).end == StayEnd.MOVED


def homes_offered(cast: Cast) -> set[str]:
    page = cast.client(cast.mette).get(url(cast, "move-out", cast.rune.pk)).content.decode()
    return {home.name for home in Home.objects.all() if f">{home.name}</option>" in page}


def test_only_homes_of_the_own_region_are_offered(cast: Cast) -> None:
    region = cast.team.organisation
    far = Organisation.objects.create(name="Langt Væk Kommune", region=Organisation.objects.create(name="Region Vest"))
    near = Organisation.objects.create(name="Nabo Kommune", region=region)
    away = Home.objects.create(organisation=far, name="Fjernbo", slug="fjernbo")
    for slug, organisation in (("nabobo", near), ("regionsbo", region)):
        Home.objects.create(organisation=organisation, name=slug.capitalize(), slug=slug)
    Home.objects.create(organisation=near, name="Øvebo", slug="oevebo", practice=True)
    assert homes_offered(cast) == {"Sandkrogen"}, "in no region: those of the own organisation"
    TeamHome.objects.create(team=cast.team, home=away, weekdays=[2], from_day=TODAY)
    assert homes_offered(cast) == {"Sandkrogen", "Fjernbo"}, "and those the same team serves"
    Organisation.objects.filter(pk=cast.home.organisation_id).update(region=region)
    assert homes_offered(cast) == {"Sandkrogen", "Nabobo", "Regionsbo"}
    answer = leave(cast, end="other_home", moved_to=away.pk)
    assert (answer.status_code, "fra listen" in answer.content.decode()) == (422, True)
    with pytest.raises(Denied):
        care.move_out(
            access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.OTHER_HOME, on=TODAY, moved_to=away,
            key="", today=TODAY,
        )  # fmt: skip
    assert "Rune" in stays_at(cast.home)


def correct(cast: Cast, moved_to: Home | None, **data: Any) -> Any:
    values = {"moved_to": moved_to.pk if moved_to else "", "key": "ret", **data}
    return send(cast.client(cast.mette), url(cast, "move-correct", cast.rune.pk), values)


def test_wrongly_chosen_home_is_corrected_until_somebody_takes_the_resident_in(cast: Cast) -> None:
    third = Home.objects.create(organisation=cast.home.organisation, name="Strandbo", slug="strandbo")
    move(cast)
    list_ = cast.client(cast.mette).get(url(cast, "residents")).content.decode()
    assert "på vej til Sandkrogen" in list_
    assert url(cast, "move-correct", cast.rune.pk) in list_
    dialog = cast.client(cast.mette).get(url(cast, "move-correct", cast.rune.pk)).content.decode()
    assert f'<option value="{cast.other_home.pk}" selected>' in dialog
    for _ in range(2):
        assert correct(cast, third).status_code == 204
    assert (arrivals(cast.other_home), [one.name for one in arrivals(third)]) == ([], ["Rune"])
    entry = Entry.objects.get(scope=cast.home.scope, action="move.corrected")
    assert entry.data == {"end": "other_home", "moved_to": third.pk}
    assert correct(cast, third, key="igen").status_code == 422, "it stands so already"
    assert correct(cast, None, key="ingen").status_code == 204
    assert arrivals(third) == []
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).end == StayEnd.MOVED
    assert correct(cast, cast.other_home, key="tilbage").status_code == 204
    assert arrive(cast, arrival=cast.rune.resident_id).status_code == 204
    answer = correct(cast, third, key="for sent")
    assert (answer.status_code, "er flyttet ind et andet sted" in answer.content.decode()) == (422, True)
    assert arrivals(third) == []
    assert (
        url(cast, "move-correct", cast.rune.pk)
        not in cast.client(cast.mette).get(url(cast, "residents")).content.decode()
    )
    assert trail.broken_links(cast.home.scope) == []


def test_move_is_corrected_by_the_home_and_to_a_home_of_the_region(cast: Cast) -> None:
    far = Home.objects.create(organisation=Organisation.objects.create(name="Fjern"), name="Fjernbo", slug="fjernbo")
    move(cast)
    answer = correct(cast, far)
    assert (answer.status_code, "fra listen" in answer.content.decode()) == (422, True)
    for user, where in ((cast.mette, far), (cast.amina, None)):
        with pytest.raises(Denied):
            care.move_correct(
                access=cast.access(user), stay_id=cast.rune.pk, moved_to=where, seen=mark_of(cast.other_home.pk),
                key="", today=TODAY,
            )  # fmt: skip
    assert [one.name for one in arrivals(cast.other_home)] == ["Rune"]


@pytest.mark.parametrize("end", ["died", "objected", "mistake"])
def test_stay_that_did_not_end_with_a_move_has_none_to_correct(cast: Cast, end: str) -> None:
    leave(cast, end=end)
    assert correct(cast, cast.other_home).status_code == 404
    assert "Ret, hvor" not in cast.client(cast.mette).get(url(cast, "residents")).content.decode()


def test_only_the_home_registers_who_leaves(cast: Cast) -> None:
    for method in ("get", "post"):
        answer = getattr(cast.client(cast.amina), method)(url(cast, "move-out", cast.rune.pk))
        assert answer.status_code == 403
    with pytest.raises(Denied):
        care.move_out(
            access=cast.access(cast.amina), stay_id=cast.rune.pk, end=StayEnd.MOVED, on=TODAY, moved_to=None, key="",
            today=TODAY,
        )  # fmt: skip
    assert "Rune" in stays_at(cast.home)


# Moving in


def test_new_home_sees_only_the_name_and_begins_with_nothing(cast: Cast) -> None:
    full_row(cast)
    assert "Rune" not in cast.client(cast.stranger).get(url(cast, "move-in", home=cast.other_home)).content.decode()
    move(cast)
    dialog = cast.client(cast.stranger).get(url(cast, "move-in", home=cast.other_home)).content.decode()
    assert "Rune, fra Havtornen" in dialog
    assert "Hemmelig" not in dialog
    answer = arrive(cast, arrival=cast.rune.resident_id, team=cast.other_team.pk)
    assert answer.status_code == 204
    stay = Stay.objects.for_home(cast.other_home).get(resident=cast.rune.resident_id)
    client = cast.client(cast.stranger)
    for name in ("board", "residents", "undo"):
        assert "Hemmelig" not in client.get(url(cast, name, home=cast.other_home)).content.decode()
    course = client.get(url(cast, "resident-course", stay.pk, home=cast.other_home)).content.decode()
    assert "Rune har ikke været på tavlen." in course
    assert "Hemmelig" not in course, "that Rune is in hospital follows, and nothing of where or why"
    assert client.get(url(cast, "resident-course", cast.rune.pk, home=cast.other_home)).status_code == 404
    history = url(cast, "cell-history", cast.rune.pk, "status", "home", home=cast.other_home)
    assert client.get(history).status_code == 404
    assert (stay.situation, stay.situation_place) == (Situation.ADMITTED, "")


def test_resident_who_moves_while_in_hospital_is_in_hospital_at_the_new_home_too(cast: Cast) -> None:
    residents.situation_change(
        stay=cast.rune, situation=Situation.ADMITTED, since=TODAY, place="Afsnit 4", by=cast.mette
    )
    move(cast)
    arrive(cast, arrival=cast.rune.resident_id, team=cast.other_team.pk)
    stay = Stay.objects.for_home(cast.other_home).get(resident=cast.rune.resident_id)
    assert (stay.situation, stay.situation_since, stay.situation_place) == (Situation.ADMITTED, TODAY, "")
    admission = Admission.objects.for_home(cast.other_home).get(stay=stay)
    assert (admission.from_day, admission.to_day, admission.place) == (TODAY, None, "")
    board = cast.client(cast.stranger).get(url(cast, "board", home=cast.other_home)).content.decode()
    assert ("Indlagt siden 17.11." in board, "Afsnit 4" in board) == (True, False)


def test_new_team_sees_nothing_until_linked_and_the_flat_until_shared(cast: Cast) -> None:
    move(cast)
    arrive(cast, arrival=cast.rune.resident_id)
    stay = Stay.objects.for_home(cast.other_home).get(resident=cast.rune.resident_id)
    board = url(cast, "board", home=cast.other_home)

    def seen() -> tuple[bool, bool]:
        page = cast.client(cast.other_nurse).get(board).content.decode()
        return "Bolig 21" in page or "bolig 21" in page, "Rune" in page

    assert seen() == (False, False)
    data = {"team": cast.other_team.pk, "link": "1"}
    cast.client(cast.stranger).post(url(cast, "team-change", stay.pk, home=cast.other_home), data)
    assert seen() == (True, False)
    residents.basis_record(
        stay=stay,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.stranger,
    )
    page = cast.client(cast.other_nurse).get(url(cast, "residents", home=cast.other_home)).content.decode()
    assert "Rune" in page
    assert "Rune" not in cast.client(cast.amina).get(url(cast, "residents")).content.decode()


def test_somebody_on_the_way_is_taken_in_once_and_only_where_they_were_sent(cast: Cast) -> None:
    move(cast)
    assert arrivals(cast.home) == []
    assert [one.name for one in arrivals(cast.other_home)] == ["Rune"]
    assert arrive(cast, cast.mette, cast.home, arrival=cast.rune.resident_id).status_code == 422, "not sent here"
    assert arrive(cast, arrival=cast.rune.resident_id).status_code == 204
    assert arrivals(cast.other_home) == []
    assert arrive(cast, arrival=cast.rune.resident_id, flat="22", key="igen").status_code == 422
    assert stays_at(cast.other_home) == ["Frede", "Rune"]


def test_who_has_moved_on_or_died_is_no_longer_on_the_way(cast: Cast) -> None:
    move(cast)
    arrive(cast, arrival=cast.rune.resident_id)
    stay = Stay.objects.for_home(cast.other_home).get(resident=cast.rune.resident_id)
    answer = leave(cast, stay, cast.stranger, cast.other_home, end="other_home", moved_to=cast.home.pk, key="tilbage")
    assert answer.status_code == 204
    assert [one.from_home for one in arrivals(cast.home)] == ["Sandkrogen"]
    assert arrivals(cast.other_home) == [], "they were there, and have gone on"
    with pytest.raises(LookupError):
        residents.move_in(
            home=cast.other_home,
            mover=residents.Mover(name="", arrival=stay.resident_id, flat="21", from_day=TODAY, team=None),
            key="",
            by=cast.stranger,
            today=TODAY,
        )
    assert arrive(cast, cast.mette, cast.home, arrival=stay.resident_id, flat="4").status_code == 204
    back = Stay.objects.for_home(cast.home).get(resident=stay.resident_id, to_day=None)
    leave(cast, back, end="died", key="død")
    assert arrivals(cast.home) == arrivals(cast.other_home) == []


def test_resident_who_comes_back_begins_anew(cast: Cast) -> None:
    full_row(cast)
    move(cast)
    arrive(cast, arrival=cast.rune.resident_id)
    away = Stay.objects.for_home(cast.other_home).get(resident=cast.rune.resident_id)
    leave(cast, away, cast.stranger, cast.other_home, end="other_home", moved_to=cast.home.pk)
    assert arrive(cast, cast.mette, cast.home, arrival=cast.rune.resident_id, flat="4").status_code == 204
    back = Stay.objects.for_home(cast.home).get(resident=cast.rune.resident_id, to_day=None)
    for name in ("board", "residents"):
        assert "Hemmelig" not in cast.client(cast.mette).get(url(cast, name)).content.decode()
    assert "Hemmelig" not in cast.client(cast.mette).get(url(cast, "resident-course", back.pk)).content.decode()


@pytest.mark.parametrize(("data", "words"), [
    ({}, "Skriv beboerens fornavn."),
    ({"name": "  "}, "Skriv beboerens fornavn."),
    ({"name": "x" * 61}, "plads til 60"),
    ({"name": "Liv", "flat": ""}, "Skriv noget her."),
    ({"name": "Liv", "flat": "x" * 13}, "plads til 12"),
    ({"name": "Liv", "flat": "4"}, "Der bor allerede en beboer i den bolig."),
    ({"name": "Liv", "from_day": "2026-11-18"}, "ligger frem i tiden"),
    ({"name": "Liv", "from_day": ""}, "Vælg en dag."),
    ({"name": "Liv", "from_day": "0026-11-17"}, "Er årstallet rigtigt?"),
    ({"name": "\u200b"}, "Brug kun synlige tegn"),
    ({"name": "Liv", "flat": "2\n1"}, "Brug kun synlige tegn"),
    ({"name": "M\u0435tte"}, "Skriv navnet med bogstaver fra ét alfabet"),
    ({"name": "Liv", "team": "99999"}, "Teamet kommer ikke her mere."),
    ({"arrival": "99999"}, "ikke længere på vej hertil"),
    ({"arrival": "abc"}, "ikke længere på vej hertil"),
])  # fmt: skip
def test_moving_in_that_cannot_be_is_refused_and_adds_nobody(cast: Cast, data, words: str) -> None:
    before = stays_at(cast.home)
    answer = arrive(cast, cast.mette, cast.home, **data)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert stays_at(cast.home) == before
    assert trail.broken_links(cast.home.scope) == []


def test_arrival_keeps_the_name_and_is_added_to_only_where_two_would_share_it(cast: Cast) -> None:
    move(cast)
    answer = arrive(cast, arrival=cast.rune.resident_id, name="Bent")
    assert (answer.status_code, "beholder navnet" in answer.content.decode()) == (422, True)
    assert arrive(cast, name="Rune", flat="20", key="ny").status_code == 204
    for name, words in (("", "skiller dem ad"), ("Rune", "skiller dem ad"), ("Bent", "Føj noget til navnet")):
        answer = arrive(cast, arrival=cast.rune.resident_id, name=name)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), name
    former = cast.client(cast.mette).get(url(cast, "residents")).content.decode()
    assert "<li>Rune · bolig 4" in former
    assert arrive(cast, arrival=cast.rune.resident_id, name="Rune K.").status_code == 204
    assert stays_at(cast.other_home) == ["Frede", "Rune", "Rune K."]


def test_arrival_may_repeat_the_name_it_came_with(cast: Cast) -> None:
    move(cast)
    assert arrive(cast, arrival=cast.rune.resident_id, name="rune").status_code == 204
    assert stays_at(cast.other_home) == ["Frede", "Rune"]


def test_arrival_before_the_old_stay_ended_is_refused(cast: Cast) -> None:
    move(cast)
    day = (TODAY - timedelta(days=1)).isoformat()
    answer = arrive(cast, arrival=cast.rune.resident_id, from_day=day)
    assert (answer.status_code, "før fraflytningen" in answer.content.decode()) == (422, True)


def test_second_click_moves_one_resident_in(cast: Cast) -> None:
    for _ in range(2):
        assert arrive(cast, cast.mette, cast.home, name="Liv", team=cast.team.pk).status_code == 204
    assert stays_at(cast.home).count("Liv") == 1
    stay = Stay.objects.for_home(cast.home).get(resident__name="Liv")
    assert TeamLink.objects.for_home(cast.home).filter(stay=stay).count() == 1
    assert "Liv" in cast.client(cast.mette).get(url(cast, "residents")).content.decode()
    page = cast.client(cast.amina).get(url(cast, "board")).content.decode()
    assert "Liv" not in page, "linked, and nothing is shared yet"


def test_only_the_home_registers_who_moves_in(cast: Cast) -> None:
    assert arrive(cast, cast.amina, cast.home, name="Liv").status_code == 403
    assert cast.client(cast.amina).get(url(cast, "move-in")).status_code == 403
    assert "Liv" not in stays_at(cast.home)


def test_flat_is_free_once_its_resident_has_left(cast: Cast) -> None:
    leave(cast)
    assert arrive(cast, cast.mette, cast.home, name="Liv", flat="4").status_code == 204


@pytest.mark.parametrize("day", ["2026-12-31", "2027-01-01", "2027-03-28", "2027-01-03"])
def test_stay_ends_and_another_begins_on_any_day(cast: Cast, clock, day: str) -> None:
    clock.move_to(f"{day}T12:00:00+01:00")
    residents.basis_record(
        stay=cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=date.fromisoformat(day), to_day=None
        ),
        by=cast.mette,
    )
    assert leave(cast, on=day, end="other_home", moved_to=cast.other_home.pk).status_code == 204
    assert "Rune" not in cast.client(cast.amina).get(url(cast, "board")).content.decode()
    assert arrive(cast, arrival=cast.rune.resident_id, from_day=day).status_code == 204
    assert "Rune" in stays_at(cast.other_home)


def test_home_that_leaves_ends_every_stay_and_all_that_was_open(cast: Cast) -> None:
    full_row(cast)
    cast.put_on_board(cast.tove)
    count = care.home_leaves(home=cast.home, on=TODAY, by=cast.lis, today=TODAY)
    assert count == 4
    assert stays_at(cast.home) == []
    assert not Episode.objects.for_home(cast.home).filter(closed_on=None).exists()
    assert not Intervention.objects.for_home(cast.home).filter(state=State.PLANNED).exists()
    assert stays_at(cast.other_home) == ["Frede"]


def test_old_steps_are_not_taken_back_after_the_move(cast: Cast) -> None:
    cast.write("Hemmelig status")
    cast.put_on_board(cast.rune)
    access = cast.access(cast.mette)
    mine = services.steps(access, TODAY, timezone.now())
    assert len(mine) == 2
    move(cast)
    assert services.steps(access, TODAY, timezone.now()) == []
    for step in mine:
        with pytest.raises(LookupError):
            services.undo(access=access, kind=step.kind, pk=step.pk, today=TODAY)
    assert services.steps(enter(cast.stranger, cast.other_home.slug), TODAY, timezone.now()) == []


# The card with the numbers


def test_card_says_whom_to_call_and_shows_no_resident(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    for user in (cast.mette, cast.amina):
        card = cast.client(user).get(url(cast, "duty")).content.decode()
        for words in ("70 00 00 02", "70 00 00 03", "kl. 8–16", "tirsdag og torsdag", "psykiatrisk akutmodtagelse"):
            assert words in card
        assert "Rune" not in card


def test_basis_that_ended_before_the_stay_keeps_its_own_last_day(cast: Cast) -> None:
    bases = SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune, from_side=Side.TEAM)
    bases.update(to_day=date(2026, 6, 30))
    assert leave(cast).status_code == 204
    assert bases.get().to_day == date(2026, 6, 30)


def test_resident_who_does_not_want_to_stand_on_the_board_has_a_button_of_their_own(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    client = cast.client(cast.mette)
    place = url(cast, "move-out", cast.rune.pk)
    assert f'data-hx-get="{place}?end=objected"' in client.get(url(cast, "resident", cast.rune.pk)).content.decode()
    asked = client.get(f"{place}?end=objected").content.decode()
    assert "Vil ikke stå på tavlen" in asked
    assert "Rune bor her stadig" in asked
    assert "Sidste dag på tavlen" in asked
    assert '<input type="hidden" name="end" value="objected">' in asked
    moving = client.get(place).content.decode()
    assert 'value="objected"' not in moving
    assert 'value="moved"' in moving
    assert send(client, place, {"end": "objected", "on": TODAY.isoformat()}).status_code == 204
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).end == StayEnd.OBJECTED


def test_refused_form_of_an_objection_goes_on_being_about_it(cast: Cast) -> None:
    answer = send(cast.client(cast.mette), url(cast, "move-out", cast.rune.pk), {"end": "objected", "on": ""})
    assert answer.status_code == 422
    assert "Vil ikke stå på tavlen" in answer.content.decode()
