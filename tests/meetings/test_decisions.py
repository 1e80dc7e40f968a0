"""The record holds what was decided: only what somebody wrote or pressed (docs/decisions/0031)."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import services as board_services
from boards.models import AkutReview, EarlySign, Episode, Intervention, Outcome, Told, Urgency
from boards.models import State as InterventionState
from criteria.models import Level
from meetings import services
from meetings.models import AgendaItem, CarryOver, Meeting, Minutes, MinutesSection
from organisation.models import Side
from residents import services as residents
from residents.models import Situation, Stay
from tests.conftest import TODAY, Cast, required, text_in
from tests.meetings.test_proof import verified

State = AgendaItem.State
SECONDS, MINUTES = timedelta(seconds=3), timedelta(minutes=3)


@pytest.fixture
def running(cast: Cast, clock: Any) -> Meeting:
    """Rune akut with a sign, and Tove subakut, since before the meeting; Rune is in the spotlight."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove)
    board_services.sign_note(
        access=cast.access(cast.jonas), stay_id=cast.rune.pk, text="Går hvileløst", urgency=Urgency.MEETING, key="",
        today=TODAY,
    )  # fmt: skip
    clock.shift(timedelta(hours=1))
    meeting = cast.start()
    assert required(meeting.spotlight).stay_id == cast.rune.pk
    clock.shift(timedelta(milliseconds=1))
    return meeting


def item_of(cast: Cast, meeting: Meeting, stay: Stay) -> AgendaItem:
    found: AgendaItem = AgendaItem.objects.for_home(cast.home).get(meeting=meeting, stay=stay)
    return found


def go_to(cast: Cast, meeting: Meeting, stay: Stay) -> None:
    services.spotlight_move(
        access=cast.access(cast.mette), number=meeting.number, item_id=item_of(cast, meeting, stay).pk, today=TODAY
    )


def recap_and_close(cast: Cast, meeting: Meeting) -> None:
    services.meeting_recap(access=cast.access(cast.mette), number=meeting.number, today=TODAY)
    services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Vi tager det onsdag", today=TODAY)


def said_of(cast: Cast, stay: Stay) -> dict[str, Any]:
    section = MinutesSection.objects.for_home(cast.home).filter(stay=stay, audience="joint").order_by("-pk")[0]
    return dict(section.content)


def press(cast: Cast, stay: Stay) -> None:
    episode = Episode.objects.for_home(cast.home).get(stay=stay, closed_on=None)
    answer = cast.client(cast.mette).post(
        reverse("level-review", args=[cast.home.slug, stay.pk]), {"seen": episode.version}
    )
    assert answer.status_code == 204


def test_resident_passed_over_in_seconds_was_not_discussed(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(SECONDS)
    go_to(cast, running, cast.tove)
    assert item_of(cast, running, cast.rune).state == State.PASSED
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).last_discussed is None
    assert EarlySign.objects.for_home(cast.home).get().handled_on is None
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    said = said_of(cast, cast.rune)
    assert (said["reached"], said["passed"], said["decision"]) == (False, True, "")
    page = text_in(cast.client(cast.mette).get(reverse("minutes", args=[cast.home.slug, running.number])))
    assert page.count("Sprunget over") == 1


def test_who_was_passed_over_comes_first_next_time(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(SECONDS)
    go_to(cast, running, cast.tove)
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    following = Meeting.objects.for_home(cast.home).get(state=Meeting.State.OPEN)
    assert services.missed_last(following) == {cast.rune.pk}


@pytest.mark.parametrize(
    "act",
    [
        lambda cast: cast.write("Sov godt i nat"),
        lambda cast: cast.agree("Ringer til søsteren"),
        lambda cast: press(cast, cast.rune),
        lambda cast: services.topic_park(
            access=cast.access(cast.mette), stay_id=cast.rune.pk, team=None, text="Medicinen", key=""
        ),
    ],
    ids=["text", "intervention", "unchanged", "topic"],
)
def test_a_word_or_a_press_in_seconds_is_a_discussion(
    cast: Cast, running: Meeting, clock: Any, act: Callable[[Cast], Any]
) -> None:
    act(cast)
    clock.shift(SECONDS)
    go_to(cast, running, cast.tove)
    assert item_of(cast, running, cast.rune).state == State.DONE
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).last_discussed == TODAY
    assert EarlySign.objects.for_home(cast.home).get().handled_on == TODAY


def followed_up(cast: Cast, running: Meeting) -> None:
    board_services.level_followed_up(access=cast.access(cast.mette), stay_id=cast.rune.pk, today=TODAY)


def home_again(cast: Cast, running: Meeting) -> None:
    residents.discharge_answer(home=cast.home, stay_id=cast.rune.pk, by=cast.mette)


def answered_sign(cast: Cast, running: Meeting) -> None:
    sign = EarlySign.objects.for_home(cast.home).get(handled_on=None)
    board_services.sign_handle(access=cast.access(cast.mette), pk=sign.pk, outcome=Outcome.NO_CHANGE, today=TODAY)


@pytest.mark.parametrize("press_", [followed_up, home_again, answered_sign])
def test_each_question_of_the_agenda_answered_by_a_press_in_seconds_is_a_discussion(
    cast: Cast, clock: Any, press_: Callable[[Cast, Meeting], None]
) -> None:
    if press_ is followed_up:
        cast.put_on_board(cast.rune)
        board_services.level_close(
            access=cast.access(cast.mette), stay_id=cast.rune.pk, off=board_services.OffBoard("Roligt", Told.NO),
            seen=1, key="", today=TODAY,
        )  # fmt: skip
        Episode.objects.for_home(cast.home).update(follow_up_on=TODAY)
    elif press_ is home_again:
        for situation in (Situation.ADMITTED, Situation.DISCHARGED):
            residents.situation_change(stay=cast.rune, situation=situation, since=TODAY, by=cast.mette)
    else:
        board_services.sign_note(
            access=cast.access(cast.jonas), stay_id=cast.rune.pk, text="Uro", urgency=Urgency.MEETING, key="",
            today=TODAY,
        )  # fmt: skip
    cast.put_on_board(cast.tove)
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(last_discussed=None)
    clock.shift(timedelta(hours=1))
    meeting = cast.start()
    clock.shift(timedelta(milliseconds=1))
    go_to(cast, meeting, cast.rune)
    press_(cast, meeting)
    clock.shift(SECONDS)
    go_to(cast, meeting, cast.tove)
    assert item_of(cast, meeting, cast.rune).state == State.DONE


def test_passed_over_and_taken_up_later_is_discussed(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(SECONDS)
    go_to(cast, running, cast.tove)
    clock.shift(MINUTES)
    go_to(cast, running, cast.rune)
    clock.shift(MINUTES)
    go_to(cast, running, cast.tove)
    clock.shift(SECONDS)
    go_to(cast, running, cast.rune)
    states = [item_of(cast, running, stay).state for stay in (cast.rune, cast.tove)]
    assert states == [State.DONE, State.DONE], "a second look does not undo the first"


def test_talk_without_a_press_is_no_decision(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    assert said_of(cast, cast.rune)["decision"] == ""
    assert (said_of(cast, cast.tove)["decision"], said_of(cast, cast.tove)["reached"]) == ("", False)
    page = text_in(cast.client(cast.mette).get(reverse("minutes", args=[cast.home.slug, running.number])))
    assert "Uændret" not in page


def test_unchanged_stands_where_it_was_pressed_and_nowhere_else(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    press(cast, cast.rune)
    go_to(cast, running, cast.tove)
    clock.shift(MINUTES)
    services.meeting_recap(access=cast.access(cast.mette), number=running.number, today=TODAY)
    recap = reverse("recap", args=[cast.home.slug, running.number])
    page = text_in(cast.client(cast.mette).get(recap))
    assert (page.count("Uændret akut"), page.count("Subakut, ikke besluttet")) == (1, 1)
    assert reverse("level-review", args=[cast.home.slug, cast.tove.pk]) in page
    press(cast, cast.tove)
    assert "Uændret subakut" in text_in(cast.client(cast.mette).get(recap))
    recap_and_close(cast, running)
    assert [said_of(cast, stay)["decision"] for stay in (cast.rune, cast.tove)] == ["Uændret akut", "Uændret subakut"]


@pytest.mark.parametrize(("shown", "words"), [(SECONDS, "sprunget over"), (timedelta(), "ikke nået")])
def test_recap_offers_no_decision_on_who_was_not_discussed(
    cast: Cast, running: Meeting, clock: Any, shown: timedelta, words: str
) -> None:
    clock.shift(MINUTES)
    if shown:
        go_to(cast, running, cast.tove)
        clock.shift(shown)
    services.meeting_recap(access=cast.access(cast.mette), number=running.number, today=TODAY)
    page = text_in(cast.client(cast.mette).get(reverse("recap", args=[cast.home.slug, running.number])))
    assert f"Subakut, {words}" in page
    assert reverse("level-review", args=[cast.home.slug, cast.tove.pk]) not in page


def hold_an_hour_later(cast: Cast, clock: Any) -> None:
    clock.shift(timedelta(hours=1))
    meeting = cast.start()
    clock.shift(MINUTES)
    recap_and_close(cast, meeting)


def test_press_before_the_meeting_is_not_the_meetings(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    press(cast, cast.rune)
    hold_an_hour_later(cast, clock)
    assert said_of(cast, cast.rune)["decision"] == ""


def test_review_of_an_akut_that_keeps_it_is_a_decision(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    done = board_services.ReviewDone(cast.mette, cast.amina, AkutReview.Outcome.SAME, "")
    board_services.akut_review(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, done=done, team_open=True, seen=1, key="", today=TODAY
    )
    recap_and_close(cast, running)
    assert said_of(cast, cast.rune)["decision"] == "Uændret akut"


def test_level_up_and_down_again_is_unchanged_because_it_was_written(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    cast.put_on_board(cast.tove, Level.AKUT, "akut-krise", seen=1)
    cast.put_on_board(cast.tove, seen=2)
    recap_and_close(cast, running)
    assert said_of(cast, cast.tove)["decision"] == "Uændret subakut"


def test_day_that_has_passed_is_no_promise(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    Episode.objects.for_home(cast.home).update(review_by=date(2026, 11, 16))
    hold_an_hour_later(cast, clock)
    assert said_of(cast, cast.rune)["review"] == "skulle være drøftet mandag 16. november"


def test_heading_of_the_meeting_follows_the_level(cast: Cast, running: Meeting, clock: Any) -> None:
    item = item_of(cast, running, cast.tove)
    client = cast.client(cast.amina)
    page = text_in(client.get(reverse("agenda-item", args=[cast.home.slug, running.number, item.pk])))
    heading = f'<div id="level-large-{cast.tove.pk}"'
    assert heading in page
    cast.put_on_board(cast.tove, Level.AKUT, "akut-krise", seen=1)
    answer = text_in(client.get(reverse("agenda-decide", args=[cast.home.slug, running.number, item.pk])))
    beside = answer.partition(f'{heading} data-hx-swap-oob="true">')[2]
    assert "<b>Akut</b>" in beside
    board_services.level_close(
        access=cast.access(cast.mette), stay_id=cast.tove.pk, off=board_services.OffBoard("Roligt", Told.NO), seen=2,
        key="", today=TODAY,
    )  # fmt: skip
    answer = text_in(client.get(reverse("agenda-decide", args=[cast.home.slug, running.number, item.pk])))
    assert "level-large " not in answer.partition(heading)[2]


def test_team_sees_a_passed_over_resident_in_words_on_the_agenda(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(SECONDS)
    go_to(cast, running, cast.tove)
    answer = cast.client(cast.amina).get(reverse("meeting", args=[cast.home.slug, running.number]))
    lines = re.findall(r'<span class="meta">(sprunget over)</span>', text_in(answer))
    assert lines == ["sprunget over"]


def test_what_was_written_elsewhere_before_the_resident_was_shown_is_no_discussion(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    """A colleague at home writes of Tove, and notes a sign, while the meeting is at Rune; then Tove is leafed past."""
    cast.write("Har låst sig inde", stay=cast.tove)
    board_services.sign_note(
        access=cast.access(cast.jonas), stay_id=cast.tove.pk, text="Svarer ikke", urgency=Urgency.TODAY, key="",
        today=TODAY,
    )  # fmt: skip
    clock.shift(MINUTES)
    go_to(cast, running, cast.tove)
    clock.shift(SECONDS)
    go_to(cast, running, cast.rune)
    assert item_of(cast, running, cast.tove).state == State.PASSED
    assert EarlySign.objects.for_home(cast.home).get(stay=cast.tove).handled_on is None


def test_sign_noted_while_the_resident_is_shown_is_not_put_away_unread(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    clock.shift(MINUTES)
    board_services.sign_note(
        access=cast.access(cast.jonas), stay_id=cast.rune.pk, text="Gik ud ad vinduet", urgency=Urgency.TODAY, key="",
        today=TODAY,
    )  # fmt: skip
    clock.shift(MINUTES)
    go_to(cast, running, cast.tove)
    signs = EarlySign.objects.for_home(cast.home).order_by("pk")
    assert [bool(sign.handled_on) for sign in signs] == [True, False]


def test_three_glances_are_no_discussion(cast: Cast, running: Meeting, clock: Any) -> None:
    for _ in range(3):
        clock.shift(timedelta(seconds=6))
        go_to(cast, running, cast.tove)
        clock.shift(MINUTES)
        go_to(cast, running, cast.rune)
    clock.shift(timedelta(seconds=6))
    go_to(cast, running, cast.tove)
    assert item_of(cast, running, cast.rune).state == State.PASSED
    assert EarlySign.objects.for_home(cast.home).get(stay=cast.rune).handled_on is None


def lowered(cast: Cast) -> None:
    episode = Episode.objects.for_home(cast.home).get(stay=cast.rune, closed_on=None)
    cast.put_on_board(cast.rune, Level.SUBAKUT, "tidlige-tegn", seen=episode.version)


def test_what_was_decided_on_the_board_before_a_correction_is_not_the_meetings(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    """Nothing was decided on Tuesday. On Wednesday Rune was lowered; on Thursday the leader corrects a slip."""
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    assert said_of(cast, cast.rune)["decision"] == ""
    clock.shift(timedelta(days=1))
    lowered(cast)
    clock.shift(timedelta(days=1))
    day = TODAY + timedelta(days=2)
    services.meeting_reopen(access=cast.access(cast.lis), number=running.number, why="Slåfejl", today=day)
    services.meeting_close(access=cast.access(cast.lis), meeting=running, why="", today=day)
    assert said_of(cast, cast.rune)["decision"] == ""
    heads = Minutes.objects.for_home(cast.home).order_by("edition").values_list("head", flat=True)
    assert [head["chair"] for head in heads] == ["Mette", "Mette"], "who corrected it did not chair it"


def test_what_is_decided_while_it_is_open_again_is_the_meetings(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    clock.shift(MINUTES)
    services.meeting_reopen(access=cast.access(cast.mette), number=running.number, why="", today=TODAY)
    clock.shift(SECONDS)
    lowered(cast)
    clock.shift(SECONDS)
    services.meeting_close(access=cast.access(cast.mette), meeting=running, why="", today=TODAY)
    assert said_of(cast, cast.rune)["decision"] == "Ned til subakut"


def test_forgotten_meeting_ended_with_the_last_thing_done_in_it(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    press(cast, cast.rune)
    services.chair_take(access=cast.access(cast.jonas), number=running.number, today=TODAY)
    clock.shift(timedelta(hours=20))
    assert services.close_forgotten(timezone.now()) == 1
    running.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
    assert required(running.closed_at) - required(running.started_at) < timedelta(minutes=5)
    assert item_of(cast, running, cast.rune).state == State.DONE
    assert said_of(cast, cast.rune)["decision"] == "Uændret akut"


def test_follow_up_that_was_discussed_stands_in_the_record(cast: Cast, running: Meeting, clock: Any) -> None:
    episode = Episode.objects.for_home(cast.home).get(stay=cast.rune, closed_on=None)
    off = board_services.OffBoard(reason="Det går", told=Told.YES, crisis_plan_seen=True)
    board_services.level_close(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, off=off, seen=episode.version, key="", today=TODAY
    )
    recap_and_close(cast, running)
    day = TODAY + timedelta(days=7)
    Episode.objects.for_home(cast.home).filter(stay=cast.rune).update(follow_up_on=day)
    clock.shift(timedelta(days=7))
    following = Meeting.objects.for_home(cast.home).get(state=Meeting.State.OPEN)
    mette = cast.access(cast.mette)
    later = services.meeting_start(access=mette, number=following.number, present={}, today=day)
    clock.shift(MINUTES)
    board_services.level_followed_up(access=mette, stay_id=cast.rune.pk, today=day)
    services.meeting_close(access=mette, meeting=later, why="Det", today=day)
    assert said_of(cast, cast.rune)["decision"] == "Opfølgning drøftet"


def test_correction_says_the_words_of_the_meetings_day_and_what_was_corrected(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    """Between the meeting and Thursday's correction the board went on; the new edition does not hold that."""
    first = cast.write("Sover dårligt")
    cast.write("Vil have en cykel", column_key="goals", side=Side.JOINT)
    kept = cast.agree("Går en tur", owner=cast.mette, due_on=TODAY)
    dropped = cast.agree("Ringer til bror", owner=cast.mette, due_on=TODAY)
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    before = said_of(cast, cast.rune)
    clock.shift(timedelta(days=1))
    cast.write("Sover godt igen", seen=first.version)
    lowered(cast)
    cast.put_on_board(cast.aksel)
    board_services.intervention_settle(
        access=cast.access(cast.mette), pk=dropped.pk, state=InterventionState.DROPPED, why="Aftalt anderledes",
        seen=dropped.version, today=TODAY,
    )  # fmt: skip
    cast.agree("Tager til havet", owner=cast.mette, due_on=TODAY + timedelta(days=3))
    clock.shift(timedelta(days=1))
    day = TODAY + timedelta(days=2)
    services.meeting_reopen(access=cast.access(cast.lis), number=running.number, why="Forkert dag", today=day)
    cast.write("Vil have en ladcykel", by=cast.lis, column_key="goals", side=Side.JOINT, seen=1)
    cast.agree("Spørger kommunen", by=cast.lis, track="coordination", owner=cast.mette, due_on=day)
    clock.shift(SECONDS)
    services.meeting_close(access=cast.access(cast.lis), meeting=running, why="", today=day)
    said = said_of(cast, cast.rune)
    texts = {(text["column"], text["side"]): text["text"] for text in said["texts"]}
    assert texts["status", Side.HOME] == "Sover dårligt"
    assert texts["goals", Side.JOINT] == "Vil have en ladcykel"
    agreed = {row["what"]: row["day"] for row in said["interventions"]}
    assert set(agreed) == {"Går en tur", "Ringer til bror", "Spørger kommunen"}
    assert agreed["Går en tur"] == next(row["day"] for row in before["interventions"] if row["id"] == kept.pk)
    level = ("level", "criteria", "review", "days", "group", "decision")
    assert [said[name] for name in level] == [before[name] for name in level], "lowered on Wednesday"
    assert not MinutesSection.objects.for_home(cast.home).filter(stay=cast.aksel).exists(), "came on the board later"
    assert verified().startswith("Kæden holder")


def test_resident_who_moved_out_before_a_correction_still_stands_in_it(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    before = said_of(cast, cast.rune)
    clock.shift(timedelta(days=1))
    day = TODAY + timedelta(days=1)
    Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).update(to_day=day, end="moved")
    services.meeting_reopen(access=cast.access(cast.lis), number=running.number, why="Slåfejl", today=day)
    services.meeting_close(access=cast.access(cast.lis), meeting=running, why="", today=day)
    rows = MinutesSection.objects.for_home(cast.home).filter(stay=cast.rune, audience="joint")
    assert [row.content for row in rows.order_by("pk")] == [before, before]


def opened_again(cast: Cast, meeting: Meeting, clock: Any, days: int = 2) -> date:
    clock.shift(timedelta(days=days))
    day = timezone.localdate()
    services.meeting_reopen(access=cast.access(cast.lis), number=meeting.number, why="Slåfejl", today=day)
    clock.shift(SECONDS)
    return day


def closed_again(cast: Cast, meeting: Meeting, clock: Any, day: date) -> None:
    clock.shift(SECONDS)
    services.meeting_close(access=cast.access(cast.lis), meeting=meeting, why="Rettet", today=day)


@pytest.mark.parametrize("then", ["lowered", "off"])
def test_decision_stands_as_it_was_though_the_level_changed_before_the_correction(
    cast: Cast, running: Meeting, clock: Any, then: str
) -> None:
    press(cast, cast.rune)
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    clock.shift(timedelta(hours=2))
    if then == "lowered":
        lowered(cast)
    else:
        off_the_board(cast, cast.rune)
    closed_again(cast, running, clock, opened_again(cast, running, clock))
    said = said_of(cast, cast.rune)
    assert (said["level"], said["decision"]) == ("akut", "Uændret akut")


def off_the_board(cast: Cast, stay: Stay) -> None:
    episode = Episode.objects.for_home(cast.home).get(stay=stay, closed_on=None)
    board_services.level_close(
        access=cast.access(cast.mette), stay_id=stay.pk,
        off=board_services.OffBoard(reason="Ro på.", told=Told.YES, crisis_plan_seen=True), seen=episode.version,
        key="", today=timezone.localdate(),
    )  # fmt: skip


def test_correction_that_marks_a_text_as_anothers_says_what_stood_before_it(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    first = cast.write("Sover godt")
    second = cast.write("Om en helt anden", seen=first.version)
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    day = opened_again(cast, running, clock)
    where = board_services.CellKey(cast.rune.pk, "status", Side.HOME)
    board_services.cell_misfile(access=cast.access(cast.lis), where=where, seen=second.version, move_to=None, today=day)
    closed_again(cast, running, clock, day)
    assert [text["text"] for text in said_of(cast, cast.rune)["texts"]] == ["Sover godt"]


def test_text_marked_as_anothers_before_the_correction_is_not_copied_into_it(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    wrong = cast.write("Om en helt anden")
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    where = board_services.CellKey(cast.rune.pk, "status", Side.HOME)
    board_services.cell_misfile(
        access=cast.access(cast.lis), where=where, seen=wrong.version, move_to=None, today=TODAY
    )
    closed_again(cast, running, clock, opened_again(cast, running, clock))
    assert said_of(cast, cast.rune)["texts"] == []


def test_contact_corrected_takes_no_later_level_along(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    clock.shift(timedelta(hours=2))
    lowered(cast)
    day = opened_again(cast, running, clock)
    residents.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.lis)
    closed_again(cast, running, clock, day)
    said = said_of(cast, cast.rune)
    assert (said["contacts"]["home"], said["level"]) == ("Jonas", "akut")


@pytest.mark.parametrize("lacks", ["column", "id", "topics_done"])
def test_edition_from_before_a_key_was_kept_is_corrected_without_loss(
    cast: Cast, running: Meeting, clock: Any, lacks: str
) -> None:
    cast.write("Sover godt")
    for what in ("Går en tur", "Ringer til bror"):
        cast.agree(what, owner=cast.mette, due_on=TODAY)
    services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Nøgler", key="")
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    for section in MinutesSection.objects.for_home(cast.home).all():
        for row in (*section.content["texts"], *section.content["interventions"]):
            row.pop(lacks, None)
        section.save()
    minutes = Minutes.objects.for_home(cast.home).get()
    minutes.head.pop(lacks, None)
    minutes.save()
    closed_again(cast, running, clock, opened_again(cast, running, clock))
    said = said_of(cast, cast.rune)
    assert [text["text"] for text in said["texts"]] == ["Sover godt"]
    assert [row["what"] for row in said["interventions"]] == ["Går en tur", "Ringer til bror"]


def test_topic_talked_through_in_a_correction_is_no_longer_one_to_take_up(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    topics = [
        services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text=text, key="")
        for text in ("Nøgler", "Ferie")
    ]
    running = cast.start()
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    services.topic_settle(access=cast.access(cast.mette), pk=topics[1].pk, today=TODAY)
    day = opened_again(cast, running, clock)
    services.topic_settle(access=cast.access(cast.lis), pk=topics[0].pk, today=day)
    closed_again(cast, running, clock, day)
    head = Minutes.objects.for_home(cast.home).order_by("edition").last()
    said = required(head).head
    assert (said["topics"], said["topics_done"]) == (["Ferie"], ["Nøgler"]), "Ferie was settled between the two"


def test_looking_somebody_up_in_a_correction_discusses_nobody_and_reads_no_sign(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    assert item_of(cast, running, cast.tove).state == State.NOT_REACHED
    clock.shift(timedelta(days=1))
    board_services.sign_note(
        access=cast.access(cast.jonas), stay_id=cast.tove.pk, text="Spiser ikke", urgency=Urgency.MEETING, key="",
        today=TODAY + timedelta(days=1),
    )  # fmt: skip
    cast.put_on_board(cast.aksel)
    topic = services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Fra onsdag", key="")
    day = opened_again(cast, running, clock, days=1)
    services.spotlight_move(
        access=cast.access(cast.lis), number=running.number, item_id=item_of(cast, running, cast.tove).pk, today=day
    )
    clock.shift(MINUTES)
    services.meeting_recap(access=cast.access(cast.lis), number=running.number, today=day)
    closed_again(cast, running, clock, day)
    assert item_of(cast, running, cast.tove).state == State.NOT_REACHED
    assert Stay.objects.for_home(cast.home).get(pk=cast.tove.pk).last_discussed is None
    assert EarlySign.objects.for_home(cast.home).get(stay=cast.tove).handled_on is None
    agenda = AgendaItem.objects.for_home(cast.home).filter(meeting=running)
    assert not agenda.filter(stay=cast.aksel).exists()
    assert not agenda.filter(topic=topic).exists()
    heads = Minutes.objects.for_home(cast.home).order_by("edition").values_list("head", flat=True)
    assert [head["not_reached"] for head in heads] == [1, 1]


def test_who_corrects_was_not_there_and_reason_and_recap_stand_as_they_were(
    cast: Cast, running: Meeting, clock: Any
) -> None:
    cast.agree("Ringer til bror")
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    clock.shift(timedelta(days=1))
    row = Intervention.objects.for_home(cast.home).get(what="Ringer til bror")
    board_services.intervention_settle(
        access=cast.access(cast.mette), pk=row.pk, state=InterventionState.DROPPED, why="Aftalt", seen=row.version,
        today=TODAY,
    )  # fmt: skip
    cast.agree("Ny uden ansvarlig", stay=cast.tove)
    day = opened_again(cast, running, clock, days=1)
    services.referent_take(access=cast.access(cast.lis), number=running.number, today=day)
    page = cast.client(cast.lis).get(reverse("recap", args=[cast.home.slug, running.number])).content.decode()
    assert "Ny uden ansvarlig" not in page.partition("recap-side")[2]
    services.meeting_close(access=cast.access(cast.lis), meeting=running, why="", today=day)
    first, second = Minutes.objects.for_home(cast.home).order_by("edition").values_list("head", flat=True)
    for name in ("present", "gap_reason", "without_recap", "referent", "chair"):
        assert second[name] == first[name], name
    assert first["gap_reason"] == "Vi tager det onsdag"
    carried = CarryOver.objects.for_home(cast.home).filter(meeting=running)
    assert not carried.filter(intervention__what="Ny uden ansvarlig").exists()


def test_correction_nobody_closes_keeps_that_there_was_a_recap(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    opened_again(cast, running, clock)
    clock.shift(timedelta(hours=30))
    assert services.close_forgotten(timezone.now()) == 1
    heads = Minutes.objects.for_home(cast.home).order_by("edition").values_list("head", flat=True)
    assert [head["without_recap"] for head in heads] == [False, False]


def test_meeting_opened_again_the_same_day_goes_on(cast: Cast, running: Meeting, clock: Any) -> None:
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    services.meeting_reopen(access=cast.access(cast.mette), number=running.number, why="", today=TODAY)
    go_to(cast, running, cast.tove)
    clock.shift(MINUTES)
    recap_and_close(cast, running)
    assert item_of(cast, running, cast.tove).state == State.DONE
