from datetime import date, time, timedelta
from typing import Any

import pytest
from django.urls import reverse

from boards import services
from boards.models import EarlySign, Intervention, InterventionEvent, Pen, State, Urgency
from core.errors import Conflict, Denied
from organisation.models import User
from tests.conftest import TODAY, Cast, text_in


def settle(cast: Cast, row, state, why="", by=None, seen=None):
    return services.intervention_settle(
        access=cast.access(by or cast.mette), pk=row.pk, state=state, why=why, seen=seen or row.version, today=TODAY
    )


def test_owner_and_day_may_be_missing_and_the_board_says_so(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree()
    page = cast.client(cast.amina).get("/havtornen/tavle/").content.decode()
    assert "Ingen ansvarlig" in page
    assert "Ingen dag" in page


def test_joint_visit_stands_in_both_lanes(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Fælles samtale", joint=True, owner=cast.mette, due_on=TODAY)
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert page.count("Fælles samtale") == 2


@pytest.mark.parametrize(("plan", "words"), [
    ({"what": "  "}, "Skriv, hvad I gør."),
    ({"due_on": TODAY - timedelta(days=1)}, "Dagen er gået"),
    ({"due_on": TODAY + timedelta(days=400)}, "mere end et år"),
    ({"track": "psychiatric"}, "aftaler selv"),
])  # fmt: skip
def test_plan_that_cannot_stand_is_refused(cast: Cast, plan, words) -> None:
    with pytest.raises(Denied, match=words):
        cast.agree(**plan)


def test_deputy_is_somebody_else(cast: Cast) -> None:
    with pytest.raises(Denied, match="en anden"):
        cast.agree(owner=cast.mette, deputy=cast.mette)


def test_referent_plans_for_the_other_side(cast: Cast) -> None:
    Pen.objects.create(home=cast.home, user=cast.mette)
    assert cast.agree("Samtale", track="psychiatric", owner=cast.amina).written_for == "team"


def test_done_needs_no_words_and_all_else_says_why(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    for state in (State.NOT_DONE, State.DROPPED):
        with pytest.raises(Denied, match="hvorfor"):
            settle(cast, row, state)
    assert settle(cast, row, State.DONE, by=cast.amina).settled_on == TODAY
    kinds = InterventionEvent.objects.for_home(cast.home).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["added", "done"]


def test_ticking_twice_is_one_tick_and_a_second_verdict_is_refused(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    settle(cast, row, State.DONE)
    settle(cast, row, State.DONE)
    with pytest.raises(Denied, match="udført"):
        settle(cast, row, State.NOT_DONE, "Nåede det ikke", seen=2)
    assert InterventionEvent.objects.for_home(cast.home).count() == 2


def test_settling_over_somebody_elses_change_is_told(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    services.intervention_move(
        access=cast.access(cast.jonas), pk=row.pk, to_day=TODAY + timedelta(days=1), seen=1, today=TODAY
    )
    with pytest.raises(Conflict):
        settle(cast, row, State.DONE, seen=1)


def test_moves_are_counted_and_shown(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    for step in (1, 2, 3):
        row = services.intervention_move(
            access=cast.access(cast.mette),
            pk=row.pk,
            to_day=TODAY + timedelta(days=step),
            seen=row.version,
            today=TODAY,
        )
    assert "flyttet 3 gange" in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()


@pytest.mark.parametrize(
    ("day", "words"), [("2026-11-16", "Dagen er gået"), ("", "Vælg en dag"), ("nå", "Vælg en dag")]
)
def test_move_to_a_day_that_cannot_be_is_refused(cast: Cast, day: str, words: str) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    answer = cast.client(cast.mette).post(
        reverse("intervention-move", args=[cast.home.slug, row.pk]), {"due_on": day, "seen": "1"}
    )
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_undo_sets_it_as_planned_again(cast: Cast) -> None:
    row = settle(cast, cast.agree(owner=cast.mette, due_on=TODAY), State.DONE)
    answer = cast.client(cast.mette).post(
        reverse("intervention-settle", args=[cast.home.slug, row.pk]), {"state": "planned", "seen": row.version}
    )
    assert answer.status_code == 204
    assert Intervention.objects.for_home(cast.home).get().state == State.PLANNED


def test_double_click_adds_one(cast: Cast) -> None:
    client, url = cast.client(cast.mette), reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    for _ in range(2):
        data = {"what": "Tur", "track": "social", "key": "samme"}
        assert client.post(url, data).status_code == 204
    assert Intervention.objects.for_home(cast.home).count() == 1


def test_form_keeps_what_was_typed_beside_the_reason(cast: Cast) -> None:
    url = reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    data = {"what": "Tur til havnen", "track": "social", "due_on": "31.2.2026", "due_time": "25:00", "key": "k"}
    page = cast.client(cast.mette).post(url, data)
    assert page.status_code == 422
    for words in ("Tur til havnen", "Skriv dagen som", "Skriv tiden som"):
        assert words in page.content.decode()


def test_person_of_another_home_cannot_be_made_responsible(cast: Cast) -> None:
    url = reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    data = {"what": "Tur", "track": "social", "owner": cast.stranger.pk, "key": "k"}
    answer = cast.client(cast.mette).post(url, data)
    assert (answer.status_code, "Personen arbejder ikke her" in answer.content.decode()) == (422, True)


def test_early_sign_stands_on_the_board_and_changes_no_level(cast: Cast) -> None:
    url = reverse("sign-note", args=[cast.home.slug])
    client = cast.client(cast.mette)
    data = {"stay": cast.rune.pk, "text": "Går om natten", "urgency": Urgency.TODAY, "key": "k"}
    for _ in range(2):
        answer = client.post(url, data)
        assert answer.status_code == 200
        assert "Tegnet er gemt" in answer.content.decode()
        assert "70 00 00 01" in answer.content.decode(), "the number to ring"
    assert EarlySign.objects.for_home(cast.home).count() == 1
    assert "Almindelig" in client.get("/havtornen/beboere/").content.decode()


@pytest.mark.parametrize(
    "change", [{"stay": ""}, {"stay": "99999"}, {"text": ""}, {"text": "x" * 301}, {"urgency": "nu"}]
)
def test_sign_without_its_parts_is_refused(cast: Cast, change) -> None:
    data = {"stay": cast.rune.pk, "text": "Går om natten", "urgency": "meeting", "key": "k", **change}
    assert cast.client(cast.mette).post(reverse("sign-note", args=[cast.home.slug]), data).status_code == 422
    assert not EarlySign.objects.for_home(cast.home).exists()


def test_sign_about_a_resident_the_team_must_not_know_is_refused(cast: Cast) -> None:
    data = {"stay": cast.aksel.pk, "text": "Går om natten", "urgency": "meeting", "key": "k"}
    assert cast.client(cast.amina).post(reverse("sign-note", args=[cast.home.slug]), data).status_code == 422


def test_reason_longer_than_its_room_is_refused(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    data = {"state": "not_done", "why": "x" * 201, "seen": "1"}
    answer = cast.client(cast.mette).post(reverse("intervention-settle", args=[cast.home.slug, row.pk]), data)
    assert (answer.status_code, "plads til 200" in answer.content.decode()) == (422, True)


def test_track_is_corrected_with_the_right_to_both(cast: Cast) -> None:
    row = cast.agree(track="coordination")
    url = reverse("intervention", args=[cast.home.slug, row.pk])
    client = cast.client(cast.mette)
    data = {"what": "Ringer selv", "track": "psychiatric", "seen": "1", "key": "a"}
    assert client.post(url, data).status_code == 422
    assert client.post(url, {**data, "track": "social", "key": "b"}).status_code == 204
    assert Intervention.objects.for_home(cast.home).get().track == "social"


def test_daily_intervention_is_not_moved(cast: Cast) -> None:
    row = cast.agree(daily=True, owner=cast.mette)
    with pytest.raises(Denied, match="hver dag"):
        services.intervention_move(
            access=cast.access(cast.mette), pk=row.pk, to_day=TODAY + timedelta(days=1), seen=1, today=TODAY
        )


def test_other_plan_under_an_old_key_is_told(cast: Cast) -> None:
    client, url = cast.client(cast.mette), reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    assert client.post(url, {"what": "Tur", "track": "social", "key": "k"}).status_code == 204
    answer = client.post(url, {"what": "Tur til havnen", "track": "social", "key": "k"})
    assert (answer.status_code, "Den første udgave" in answer.content.decode()) == (422, True)
    assert Intervention.objects.for_home(cast.home).count() == 1


def test_joint_is_no_key_to_the_other_sides_lane(cast: Cast) -> None:
    row = cast.agree("Teamets", by=cast.amina, track="psychiatric")
    url = reverse("intervention", args=[cast.home.slug, row.pk])
    data = {"what": "Overtaget", "track": "psychiatric", "joint": "on", "seen": "1", "key": "a"}
    assert cast.client(cast.mette).post(url, data).status_code == 422
    with pytest.raises(Denied):
        cast.agree("Ny", track="psychiatric", joint=True)
    assert Intervention.objects.for_home(cast.home).get().what == "Teamets"


def test_daily_intervention_is_ticked_off_for_the_day_and_stands_again_tomorrow(cast: Cast, clock) -> None:
    row = cast.agree("Rolig aften", daily=True, owner=cast.mette)
    client = cast.client(cast.mette)
    settle(cast, row, State.DONE)
    assert "Fortryd" in client.get("/min-dag/liste/").content.decode()
    clock.shift(timedelta(days=1))
    client = cast.client(cast.mette)
    page = client.get("/min-dag/liste/").content.decode()
    assert "Rolig aften" in page
    assert "Fortryd" not in page
    row.refresh_from_db(from_queryset=Intervention.objects.for_home(cast.home))
    services.intervention_settle(
        access=cast.access(cast.mette), pk=row.pk, state=State.DROPPED, why="Sover selv", seen=row.version,
        today=TODAY + timedelta(days=1),
    )  # fmt: skip
    assert "Rolig aften" not in client.get("/min-dag/liste/").content.decode()


def test_two_colleagues_of_one_name_are_told_apart_on_the_board(cast: Cast) -> None:
    for user, title in ((cast.jonas, "pædagog"), (cast.amina, "sygeplejerske")):
        user.name, user.title = "Kim", title
        user.save(update_fields=["name", "title"])
    cast.put_on_board(cast.rune)
    cast.agree("Går en tur", owner=cast.jonas, due_on=TODAY)
    cast.agree("Måler blodtryk", owner=cast.amina, due_on=TODAY)
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert "– Kim (pædagog)" in page
    assert "– Kim (sygeplejerske)" in page


def test_time_the_clocks_skip_is_refused_with_a_word_about_it(cast: Cast) -> None:
    night = date(2027, 3, 28)
    for at in (time(2), time(2, 59)):
        with pytest.raises(Denied, match="stilles frem") as denied:
            cast.agree(due_on=night, due_time=at)
        assert denied.value.field == "due_time"
    assert cast.agree(due_on=night, due_time=time(3)).due_time == time(3)
    assert cast.agree(due_on=date(2027, 10, 31), due_time=time(2, 30)).due_time == time(2, 30), "there twice"
    row = cast.agree(due_on=date(2027, 3, 27), due_time=time(2, 30))
    with pytest.raises(Denied, match="stilles frem"):
        services.intervention_move(access=cast.access(cast.mette), pk=row.pk, to_day=night, seen=1, today=TODAY)


def moved(cast: Cast, user: User, row: Intervention) -> int:
    values = {"seen": row.version, "due_on": (TODAY + timedelta(days=1)).isoformat()}
    return cast.client(user).post(reverse("intervention-move", args=[cast.home.slug, row.pk]), values).status_code


def settled(cast: Cast, user: User, row: Intervention, state: str) -> int:
    row.refresh_from_db(from_queryset=Intervention.objects.for_home(cast.home))
    values = {"seen": row.version, "state": state, "why": "Aftalt"}
    return cast.client(user).post(reverse("intervention-settle", args=[cast.home.slug, row.pk]), values).status_code


@pytest.mark.parametrize(("what", "mette", "amina"), [
    ({"track": "social"}, True, False),
    ({"track": "psychiatric"}, False, True),
    ({"track": "coordination"}, True, True),
    ({"track": "social", "joint": True}, True, True),
    ({"track": "social", "owner": "amina"}, True, True),
    ({"track": "social", "deputy": "amina"}, True, True),
])  # fmt: skip
def test_planning_is_the_sides_whose_lane_it_is_and_ticking_is_anybodys(
    cast: Cast, what: dict[str, Any], mette: bool, amina: bool
) -> None:
    """Moving and dropping are planning; what happened is said by whoever saw it."""
    cast.put_on_board(cast.rune)
    plan = {name: getattr(cast, value) if name in ("owner", "deputy") else value for name, value in what.items()}
    by = cast.amina if what["track"] == "psychiatric" else cast.mette
    for user, may in ((cast.mette, mette), (cast.amina, amina)):
        row = cast.agree("Gå tur", by=by, due_on=TODAY, **plan)
        page = text_in(cast.client(user).get(reverse("intervention", args=[cast.home.slug, row.pk])))
        assert ("Flyt" in page, "Ikke længere nødvendig" in page) == (may, may)
        assert moved(cast, user, row) == (204 if may else 422)
        assert settled(cast, user, row, "dropped") == (204 if may else 422)
        ticked = cast.agree("Ringe", by=by, due_on=TODAY, **plan)
        assert settled(cast, user, ticked, "done") == 204
        assert settled(cast, user, ticked, "planned") == 204, "one's own tick is taken back"


def test_other_sides_tick_is_reopened_by_the_side_that_plans_it(cast: Cast) -> None:
    row = cast.agree("Gå tur", due_on=TODAY)
    assert settled(cast, cast.mette, row, "done") == 204
    refused = cast.client(cast.amina).post(
        reverse("intervention-settle", args=[cast.home.slug, row.pk]), {"seen": row.version + 1, "state": "planned"}
    )
    assert (refused.status_code, "Botilbuddet planlægger selv" in refused.content.decode()) == (422, True)
    assert settled(cast, cast.jonas, row, "planned") == 204


def test_referent_of_the_meeting_plans_for_both(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree("Tilbyder depot", by=cast.amina, track="psychiatric", due_on=TODAY)
    assert moved(cast, cast.mette, row) == 422
    cast.start()
    assert moved(cast, cast.mette, row) == 204
