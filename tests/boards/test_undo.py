"""'Fortryd': every kind of step is taken back, step by step, by the one who took it, until somebody changed it."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit import trail
from audit.models import Entry
from boards import rules, services
from boards.models import (
    AkutReview,
    Cell,
    CellRevision,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LevelChange,
    Pen,
    State,
    Told,
)
from boards.services.undo import STEPS, Step
from core.errors import Conflict, Denied
from criteria.models import Level
from organisation.models import Side, User
from residents import services as residents
from residents.models import Situation, Stay
from residents.selectors import visible_stays
from residents.sharing import audience_of
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both


def steps(cast: Cast, user: User | None = None) -> list[Step]:
    return services.steps(cast.access(user or cast.mette), TODAY, timezone.now())


def undo(cast: Cast, kind: str, pk: int, user: User | None = None) -> None:
    services.undo(access=cast.access(user or cast.mette), kind=kind, pk=pk, today=TODAY)


def undo_last(cast: Cast, user: User | None = None) -> None:
    step = next(step for step in steps(cast, user) if not step.blocked)
    undo(cast, step.kind, step.pk, user)


def post(cast: Cast, user: User, kind: str, pk: object) -> Any:
    client: Client = cast.client(user)
    return client.post(reverse("undo", args=[cast.home.slug]), {"step_kind": kind, "step": str(pk)})


def text_of(cast: Cast) -> str:
    return str(Cell.objects.for_home(cast.home).get().text)


def intervention(cast: Cast) -> Intervention:
    row: Intervention = Intervention.objects.for_home(cast.home).get()
    return row


def close(cast: Cast, seen: int = 1) -> Episode:
    return services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        off=services.OffBoard(reason="Tegnene er væk.", told=Told.YES, crisis_plan_seen=True, follow_on=cast.jonas),
        seen=seen,
        key="",
        today=TODAY,
    )


# Texts


def test_text_taken_back_is_a_new_version_with_what_stood_before(cast: Cast) -> None:
    cast.write("Første")
    cast.write("Anden", seen=1)
    step = steps(cast)[0]
    assert (step.kind, step.what, step.blocked) == ("text", "Status siden sidst: »Anden«", "")
    answer = post(cast, cast.mette, step.kind, step.pk)
    assert (answer.status_code, "Fortrudt." in answer.content.decode()) == (200, True)
    assert answer["HX-Trigger"] == "board-changed"
    cell = Cell.objects.for_home(cast.home).get()
    assert (cell.text, cell.version) == ("Første", 3)
    history = CellRevision.objects.for_home(cast.home).order_by("version").values_list("text", "undoes")
    assert list(history) == [("Første", None), ("Anden", None), ("Første", 2)]


def test_first_text_taken_back_leaves_the_place_empty(cast: Cast) -> None:
    cast.write("Første")
    undo_last(cast)
    assert text_of(cast) == ""
    assert steps(cast) == []


def test_texts_are_taken_back_one_after_the_other(cast: Cast) -> None:
    for version, text in enumerate(("En", "To", "Tre")):
        cast.write(text, seen=version)
    seen = []
    for _ in range(3):
        undo_last(cast)
        seen.append(text_of(cast))
    assert seen == ["To", "En", ""]
    assert steps(cast) == []


def test_text_written_after_an_undo_is_taken_back_to_what_stood_then(cast: Cast) -> None:
    cast.write("En")
    cast.write("To", seen=1)
    undo_last(cast)
    cast.write("Tre", seen=3)
    undo_last(cast)
    assert text_of(cast) == "En"


def test_text_changed_by_another_since_is_not_taken_back(cast: Cast) -> None:
    cast.write("Mettes")
    cast.write("Jonas", by=cast.jonas, seen=1)
    step = steps(cast)[0]
    assert step.blocked == "Der er ændret siden."
    answer = post(cast, cast.mette, step.kind, step.pk)
    assert (answer.status_code, "Der er ændret siden. Se efter" in answer.content.decode()) == (409, True)
    assert "HX-Trigger" not in answer
    assert text_of(cast) == "Jonas"


def test_step_is_free_again_when_the_other_takes_theirs_back(cast: Cast) -> None:
    cast.write("Mettes")
    cast.write("Jonas", by=cast.jonas, seen=1)
    undo_last(cast, cast.jonas)
    assert text_of(cast) == "Mettes"
    undo_last(cast)
    assert text_of(cast) == ""


def test_second_click_takes_nothing_more_back(cast: Cast) -> None:
    cast.write("En")
    cast.write("To", seen=1)
    step = steps(cast)[0]
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 200
    answer = post(cast, cast.mette, step.kind, step.pk)
    assert (answer.status_code, "allerede fortrudt" in answer.content.decode()) == (422, True)
    assert text_of(cast) == "En"


def test_what_an_undo_wrote_is_no_step_of_its_own(cast: Cast) -> None:
    cast.write("En")
    undo_last(cast)
    made = CellRevision.objects.for_home(cast.home).get(undoes=1)
    with pytest.raises(LookupError):
        undo(cast, "text", made.pk)


def test_referents_step_waits_for_the_pen(cast: Cast) -> None:
    pen = Pen.objects.create(home=cast.home, user=cast.mette)
    cast.write("Skrevet for teamet", side=Side.TEAM)
    pen.delete()
    step = steps(cast)[0]
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 422
    assert text_of(cast) == "Skrevet for teamet"


# Interventions


def changed(cast: Cast, row: Intervention, **plan: Any) -> None:
    values = {"what": "Cykler", "track": "coordination", "owner": cast.jonas, "with_whom": "Mor", "unagreed": "Aftalt"}
    services.intervention_change(
        access=cast.access(cast.mette), pk=row.pk, plan=services.Plan(**{**values, **plan}), seen=row.version, key="",
        today=TODAY,
    )  # fmt: skip


def settled(cast: Cast, row: Intervention, state: State, why: str = "") -> None:
    services.intervention_settle(
        access=cast.access(cast.mette), pk=row.pk, state=state, why=why, seen=row.version, today=TODAY
    )


def moved(cast: Cast, row: Intervention, days: int = 3) -> None:
    services.intervention_move(
        access=cast.access(cast.mette), pk=row.pk, to_day=TODAY + timedelta(days=days), seen=row.version, today=TODAY
    )


ACTS = {
    "changed": changed,
    "emptied": lambda cast, row: changed(cast, row, owner=None, daily=True, joint=True),
    "moved": moved,
    "done": lambda cast, row: settled(cast, row, State.DONE),
    "not done": lambda cast, row: settled(cast, row, State.NOT_DONE, "Ville ikke"),
    "dropped": lambda cast, row: settled(cast, row, State.DROPPED, "Sover igen"),
}
FIELDS = (
    "track", "joint", "tells", "what", "owner_id", "deputy_id", "with_whom", "due_on", "due_time", "daily", "state",
    "settled_on", "settled_why", "moves", "partner_id", "unagreed",
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_change_of_an_intervention_taken_back_leaves_it_as_it_stood(cast: Cast, act: str) -> None:
    row = cast.agree(
        "Går en tur", owner=cast.mette, deputy=cast.lis, due_on=TODAY, due_time=time(14, 30), with_whom="Rune"
    )
    moved(cast, row, 1)
    before = {name: getattr(intervention(cast), name) for name in FIELDS}
    ACTS[act](cast, intervention(cast))
    assert {name: getattr(intervention(cast), name) for name in FIELDS} != before
    version = intervention(cast).version
    undo_last(cast)
    after = intervention(cast)
    assert {name: getattr(after, name) for name in FIELDS} == before
    assert after.version == version + 1
    assert InterventionEvent.objects.for_home(cast.home).latest("pk").kind == "undone"


@pytest.mark.parametrize("state", [State.DONE, State.NOT_DONE])
def test_daily_intervention_ticked_off_for_the_day_stands_open_again(cast: Cast, state: State) -> None:
    row = cast.agree("Rolig aften", daily=True, owner=cast.mette)
    settled(cast, row, state, "Sov" if state == State.NOT_DONE else "")
    undo_last(cast)
    row = intervention(cast)
    assert (row.daily, row.state, row.settled_on, row.settled_why) == (True, State.PLANNED, None, "")
    settled(cast, row, State.DONE)
    assert intervention(cast).settled_on == TODAY


def test_added_intervention_taken_back_leaves_the_board_and_keeps_its_history(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree("Ved en fejl")
    undo_last(cast)
    assert intervention(cast).state == State.DROPPED
    client = cast.client(cast.amina)
    assert "Ved en fejl" not in client.get("/havtornen/tavle/").content.decode()
    assert "Fortrudt" in client.get(reverse("intervention", args=[cast.home.slug, row.pk])).content.decode()


def test_interventions_steps_are_taken_back_one_after_the_other(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    moved(cast, intervention(cast))
    settled(cast, intervention(cast), State.DONE)
    undo_last(cast)
    assert (intervention(cast).state, intervention(cast).moves) == (State.PLANNED, 1)
    undo_last(cast)
    assert (intervention(cast).due_on, intervention(cast).moves) == (TODAY, 0)
    undo_last(cast)
    assert intervention(cast).state == State.DROPPED
    assert steps(cast) == []
    assert row.pk == intervention(cast).pk


@pytest.mark.parametrize("by", ["jonas", "amina"])
def test_intervention_changed_by_another_since_is_not_taken_back(cast: Cast, by: str) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    moved(cast, row)
    step = steps(cast)[0]
    services.intervention_settle(
        access=cast.access(getattr(cast, by)), pk=row.pk, state=State.DONE, why="", seen=2, today=TODAY
    )
    assert {step.blocked for step in steps(cast)} == {"Der er ændret siden."}
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 409
    assert intervention(cast).state == State.DONE


def test_misfiled_intervention_is_no_step_and_cannot_be_taken_back(cast: Cast) -> None:
    row = cast.agree("Om en anden")
    step = steps(cast)[0]
    services.intervention_misfile(access=cast.access(cast.jonas), pk=row.pk, seen=1, today=TODAY)
    assert steps(cast) == []
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 409
    assert intervention(cast).state == State.MISFILED


def test_step_from_before_steps_were_kept_says_so(cast: Cast) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    moved(cast, row)
    InterventionEvent.objects.for_home(cast.home).filter(kind="moved").update(stood=None)
    step = steps(cast)[0]
    answer = post(cast, cast.mette, step.kind, step.pk)
    assert (answer.status_code, "for gammelt" in answer.content.decode()) == (422, True)
    assert intervention(cast).moves == 1


# Levels


def links(cast: Cast) -> set[tuple[str, str, date | None]]:
    rows = EpisodeCriterion.objects.for_home(cast.home).select_related("version__criterion")
    return {(link.version.criterion.key, link.text, link.to_day) for link in rows if link.to_day is None}


def episode(cast: Cast) -> Episode:
    row: Episode = Episode.objects.for_home(cast.home).latest("pk")
    return row


FACTS = (
    "level", "level_since", "opened_on", "closed_on", "review_by", "reviewed_on", "follow_up_on", "follow_on_by_id",
)  # fmt: skip


def facts(cast: Cast) -> tuple[dict[str, Any], set[tuple[str, str, date | None]]]:
    return {name: getattr(episode(cast), name) for name in FACTS}, links(cast)


def review_down(cast: Cast) -> None:
    services.akut_review(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        done=services.ReviewDone(home_person=cast.mette, team_person=cast.amina, outcome=AkutReview.Outcome.DOWN),
        team_open=True,
        seen=episode(cast).version,
        key="",
        today=TODAY,
    )


@pytest.mark.parametrize("act", ["up", "other criteria", "other words", "off", "review"])
def test_change_of_level_taken_back_restores_level_term_and_criteria(cast: Cast, act: str) -> None:
    start = Level.AKUT if act == "review" else Level.SUBAKUT
    both = [cast.criterion("tidlige-tegn").pk, cast.criterion("andet").pk]
    with trail.as_of(timezone.now() - timedelta(days=2)):
        cast.put_on_board(cast.rune, start, criteria=both, other="Vasketøj", today=TODAY - timedelta(days=2))
    before = facts(cast)
    if act == "up":
        cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", seen=1)
    elif act == "other criteria":
        cast.put_on_board(cast.rune, criteria=[cast.criterion("rusmidler").pk], seen=1)
    elif act == "other words":
        cast.put_on_board(cast.rune, criteria=both, other="Noget helt andet", seen=1)
    elif act == "off":
        close(cast)
    else:
        review_down(cast)
    assert facts(cast) != before
    undo_last(cast)
    assert facts(cast) == before
    last = LevelChange.objects.for_home(cast.home).latest("pk")
    assert (last.reason, last.undoes_id is not None) == ("Fortrudt", True)


def test_going_on_the_board_by_mistake_leaves_no_follow_up_and_is_not_counted(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    undo_last(cast)
    assert (episode(cast).closed_on, episode(cast).follow_up_on) == (TODAY, None)
    assert f'id="r{cast.rune.pk}"' not in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    cast.put_on_board(cast.rune)
    assert "gang i år" not in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()


def test_going_on_the_board_taken_back_asks_again_what_it_answered(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    first = close(cast)
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(discharge_open=True)
    cast.put_on_board(cast.rune)
    assert Episode.objects.for_home(cast.home).get(pk=first.pk).followed_up_on == TODAY
    undo_last(cast)
    assert Episode.objects.for_home(cast.home).get(pk=first.pk).followed_up_on is None
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).discharge_open
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert f'aria-label="Netop udskrevet"><tr id="r{cast.rune.pk}"' in page
    assert "Skal Rune på tavlen?" in page


def test_follow_up_discussed_on_its_own_is_not_asked_again(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    first = close(cast)
    services.level_followed_up(access=cast.access(cast.amina), stay_id=cast.rune.pk, today=TODAY)
    cast.put_on_board(cast.rune)
    undo_last(cast)
    assert Episode.objects.for_home(cast.home).get(pk=first.pk).followed_up_on == TODAY


def test_levels_are_taken_back_one_after_the_other(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", seen=1)
    close(cast, seen=2)
    found = []
    for _ in range(3):
        undo_last(cast)
        found.append((episode(cast).level, episode(cast).closed_on is None))
    assert found == [(Level.AKUT, True), (Level.SUBAKUT, True), (Level.SUBAKUT, False)]
    assert steps(cast) == []


def test_level_changed_by_the_other_side_since_is_not_taken_back(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    step = steps(cast)[0]
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", access=cast.access(cast.amina), seen=1)
    assert steps(cast)[0].blocked == "Der er ændret siden."
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 409
    assert episode(cast).level == Level.AKUT


def test_closing_is_not_taken_back_when_the_resident_is_on_the_board_anew(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    close(cast)
    step = steps(cast)[0]
    cast.put_on_board(cast.rune, access=cast.access(cast.jonas))
    assert post(cast, cast.mette, step.kind, step.pk).status_code == 409
    assert Episode.objects.for_home(cast.home).filter(closed_on=None).count() == 1


# Whose, how many, and what may be known


def test_nobody_takes_another_persons_step_back(cast: Cast) -> None:
    cast.write("Mettes")
    cast.agree()
    cast.put_on_board(cast.rune)
    mine = steps(cast)
    assert {step.kind for step in mine} == {"text", "intervention", "level"}
    for user in (cast.jonas, cast.lis, cast.amina):
        assert steps(cast, user) == []
        for step in mine:
            assert post(cast, user, step.kind, step.pk).status_code == 404, (user.name, step.kind)
    for step in mine:
        assert post(cast, cast.stranger, step.kind, step.pk).status_code == 404
        url = reverse("undo", args=[cast.other_home.slug])
        data = {"step_kind": step.kind, "step": step.pk}
        assert cast.client(cast.stranger).post(url, data).status_code == 404, "another home's step through one's own"
    assert text_of(cast) == "Mettes"


@pytest.mark.parametrize(("kind", "pk"), [
    ("text", 99999), ("intervention", 99999), ("level", 99999), ("findes-ikke", 1), ("", 1), ("text", ""),
    ("text", "abc"), ("text", "-1"), ("text", "9" * 30), ("text", "²"), ("text", "1.5"), ("x" * 9000, 1),
])  # fmt: skip
def test_step_that_is_none_does_not_exist(cast: Cast, kind: str, pk: object) -> None:
    assert post(cast, cast.mette, kind, pk).status_code == 404


def test_twenty_steps_at_most_the_latest_first(cast: Cast, clock) -> None:
    for number in range(STEPS + 5):
        clock.shift(timedelta(minutes=1))
        cast.agree(f"Indsats {number}")
    found = steps(cast)
    assert [step.what for step in found] == [f"Aftalte »Indsats {n}«" for n in range(STEPS + 4, 4, -1)]
    page = cast.client(cast.mette).get(reverse("undo", args=[cast.home.slug])).content.decode()
    assert page.count("<li>") == STEPS


def test_list_takes_the_same_queries_for_one_step_and_for_many(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(12):
        cast.agree(f"Indsats {number}")
        cast.write(f"Ord {number}", seen=number)
    cast.put_on_board(cast.rune)
    access = cast.access(cast.mette)
    with CaptureQueriesContext(connection) as sight:
        visible_stays(cast.home, audience_of(access), TODAY)
    with django_assert_max_num_queries(len(sight) + 8):
        assert len(services.steps(access, TODAY, timezone.now())) == STEPS


def test_step_older_than_two_weeks_is_not_offered(cast: Cast, clock) -> None:
    cast.write("Gammel")
    clock.shift(timedelta(days=13, hours=23))
    assert len(steps(cast)) == 1
    clock.shift(timedelta(hours=1))
    assert steps(cast) == []


def test_withdrawn_sharing_hides_the_teams_steps_and_stops_them(cast: Cast) -> None:
    cast.write("Teamets ord", by=cast.amina, side=Side.TEAM)
    step = steps(cast, cast.amina)[0]
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    page = cast.client(cast.amina).get(reverse("undo", args=[cast.home.slug])).content.decode()
    assert "Rune" not in page
    assert "Teamets ord" not in page
    assert post(cast, cast.amina, step.kind, step.pk).status_code == 404
    assert text_of(cast) == "Teamets ord"


def test_what_the_home_did_to_the_teams_words_is_hidden_when_the_team_stops_sharing(cast: Cast) -> None:
    row = cast.agree("Teamets indsats", by=cast.amina, track="psychiatric")
    settled(cast, row, State.DONE)
    Pen.objects.create(home=cast.home, user=cast.mette)
    cast.write("Skrevet for teamet", side=Side.TEAM)
    mine = steps(cast)
    assert len(mine) == 2
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    assert steps(cast) == []
    for step in mine:
        assert post(cast, cast.mette, step.kind, step.pk).status_code == 404, step.kind
    assert intervention(cast).state == State.DONE


def test_ended_link_hides_the_teams_steps(cast: Cast) -> None:
    cast.agree("Teamets", by=cast.amina, track="psychiatric")
    residents.team_unlink(stay=cast.rune, team=cast.team, on=TODAY, by=cast.mette)
    assert steps(cast, cast.amina) == []


def test_undo_is_recorded_and_the_chain_holds(cast: Cast) -> None:
    cast.write("Ord")
    cast.agree()
    cast.put_on_board(cast.rune)
    for _ in range(3):
        undo_last(cast)
    actions = set(Entry.objects.filter(scope=cast.home.scope).values_list("action", flat=True))
    assert {"intervention.undone", "level.undone", "cell.written"} <= actions
    assert trail.broken_links(cast.home.scope) == []


def test_long_text_is_shortened_and_html_is_shown_as_text(cast: Cast) -> None:
    cast.write("<b>fed</b> " + "lang " * 100)
    page = cast.client(cast.mette).get(reverse("undo", args=[cast.home.slug])).content.decode()
    assert "&lt;b&gt;fed" in page
    assert "<b>fed" not in page
    assert len(steps(cast)[0].what) < 100


def test_situation_is_no_step(cast: Cast) -> None:
    residents.situation_change(stay=cast.rune, situation=Situation.LEAVE, since=TODAY, by=cast.mette)
    assert steps(cast) == []


@pytest.mark.parametrize(("lines", "standing"), [
    ([], []),
    ([(1, None), (2, None)], [1, 2]),
    ([(1, None), (2, None), (3, 2)], [1]),
    ([(1, None), (2, None), (3, 2), (4, 1)], []),
    ([(1, None), (2, 1), (3, None)], [3]),
    ([(1, None), (2, None), (3, 1)], []),
    ([(5, 4), (6, None)], [6]),
])  # fmt: skip
def test_what_stands_is_what_nobody_has_taken_back(lines, standing) -> None:
    assert rules.still_standing(lines) == standing


def test_service_refuses_as_the_page_does(cast: Cast) -> None:
    cast.write("En")
    step = steps(cast)[0]
    cast.write("To", by=cast.jonas, seen=1)
    with pytest.raises(Conflict):
        undo(cast, step.kind, step.pk)
    undo_last(cast, cast.jonas)
    undo(cast, step.kind, step.pk)
    with pytest.raises(Denied, match="allerede fortrudt"):
        undo(cast, step.kind, step.pk)


def test_a_review_by_two_is_not_undone_by_one(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    with trail.as_of(timezone.now() + timedelta(minutes=1)):
        services.akut_review(
            access=cast.access(cast.mette),
            stay_id=cast.rune.pk,
            done=services.ReviewDone(home_person=cast.mette, team_person=cast.amina, outcome=AkutReview.Outcome.SAME),
            team_open=True,
            seen=episode.version,
            key="",
            today=TODAY,
        )
    step = services.steps(cast.access(cast.mette), TODAY, timezone.now() + timedelta(minutes=2))[0]
    assert (step.kind, step.blocked) == ("level", "Der er ændret siden.")
    with pytest.raises(Conflict):
        services.undo(access=cast.access(cast.mette), kind="level", pk=step.pk, today=TODAY)


def test_taking_back_a_lowering_is_a_raise_the_person_has_seen(cast: Cast) -> None:
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, Level.SUBAKUT, seen=episode.version, reason="Sover igen.")
    step = services.steps(cast.access(cast.mette), TODAY, timezone.now() + timedelta(minutes=2))[0]
    services.undo(access=cast.access(cast.mette), kind="level", pk=step.pk, today=TODAY)
    assert "Set af Mette" in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()


def test_follow_up_waits_again_after_a_closing_taken_back(cast: Cast) -> None:
    def close(seen: int) -> Episode:
        return services.level_close(
            access=cast.access(cast.mette),
            stay_id=cast.rune.pk,
            off=services.OffBoard(reason="Tegnene er væk", told=Told.YES, crisis_plan_seen=True),
            seen=seen,
            key="",
            today=TODAY,
        )

    close(cast.put_on_board(cast.rune).version)
    services.level_followed_up(access=cast.access(cast.amina), stay_id=cast.rune.pk, today=TODAY)
    undo(cast, "level", LevelChange.objects.for_home(cast.home).latest("pk").pk)
    close(Episode.objects.for_home(cast.home).get().version)
    assert Episode.objects.for_home(cast.home).get().followed_up_on is None
