"""Nothing goes from Min dag without a word: no longer shared, moved, or no longer needed."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import services as boards
from boards.models import Intervention, State
from boards.services.handover import intervention_hand_on
from care import services as care
from organisation.models import Absence, Side, TeamHome, User
from residents import services as residents
from residents.models import StayEnd
from tests.conftest import TODAY, Cast

# Who had it before is asked of what an event keeps as JSON.
pytestmark = pytest.mark.both


def gone(cast: Cast, user: User) -> str:
    page = cast.client(user).get(reverse("my-day")).content.decode()
    return str(page.partition("<h2>Ikke længere på din liste</h2>")[2].partition("</section>")[0])


def drop(cast: Cast, row: Intervention, by: User) -> None:
    boards.intervention_settle(
        access=cast.access(by), pk=row.pk, state=State.DROPPED, why="Aftalt anderledes", seen=row.version, today=TODAY
    )


def test_consent_that_lapsed_takes_the_line_and_says_so_without_a_name(cast: Cast) -> None:
    cast.agree("Ringe til bror", by=cast.amina, track="coordination", owner=cast.amina, due_on=TODAY)
    assert gone(cast, cast.amina) == ""
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    shown = gone(cast, cast.amina)
    assert "Havtornen · Deles ikke længere med dig" in shown
    assert "En indsats" in shown
    for words in ("Rune", "bolig 4", "Ringe til bror"):
        assert words not in shown


def test_resident_who_moved_takes_the_line_and_the_owner_is_told(cast: Cast) -> None:
    cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.MOVED, on=TODAY, moved_to=None, key="",
        today=TODAY,
    )  # fmt: skip
    shown = gone(cast, cast.jonas)
    assert (StayEnd.MOVED.label in shown, "Rune" in shown, "Gå en tur" in shown) == (True, False, False)


def test_what_another_dropped_stands_with_the_reason_for_a_week(cast: Cast, clock: Any) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    drop(cast, row, cast.mette)
    shown = gone(cast, cast.jonas)
    for words in ("Rune · bolig 4", "Gå en tur", "Aftalt anderledes"):
        assert words in shown
    assert gone(cast, cast.mette) == "", "it was not hers"
    clock.shift(timedelta(days=8))
    assert gone(cast, cast.jonas) == ""


def test_what_one_dropped_oneself_is_not_told(cast: Cast) -> None:
    drop(cast, cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY), cast.jonas)
    assert gone(cast, cast.jonas) == ""


def test_reason_another_typed_is_not_told_to_who_may_see_it_no_more(cast: Cast) -> None:
    row = cast.agree("Ringe til bror", by=cast.amina, track="coordination", owner=cast.amina, due_on=TODAY)
    drop(cast, row, cast.mette)
    assert "Aftalt anderledes" in gone(cast, cast.amina)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    shown = gone(cast, cast.amina)
    assert (State.DROPPED.label in shown, "Aftalt anderledes" in shown, "Rune" in shown) == (True, False, False)


def test_reason_is_of_the_act_and_not_of_what_came_later(cast: Cast) -> None:
    drop(cast, cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY), cast.mette)
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.MOVED, on=TODAY, moved_to=None, key="",
        today=TODAY,
    )  # fmt: skip
    shown = gone(cast, cast.jonas)
    assert (State.DROPPED.label in shown, StayEnd.MOVED.label in shown) == (True, False)


def settle(cast: Cast, row: Intervention, state: State, why: str = "") -> None:
    boards.intervention_settle(
        access=cast.access(cast.mette), pk=row.pk, state=state, why=why, seen=row.version, today=TODAY
    )


def move(cast: Cast, row: Intervention, days: int, by: User) -> None:
    to = TODAY + timedelta(days=days)
    boards.intervention_move(access=cast.access(by), pk=row.pk, to_day=to, seen=row.version, today=TODAY)


def test_what_another_moved_past_the_list_says_to_when_and_what_still_stands_there_says_nothing(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    move(cast, row, 6, cast.mette)
    assert gone(cast, cast.jonas) == ""
    row.refresh_from_db()
    move(cast, row, 20, cast.mette)
    shown = gone(cast, cast.jonas)
    assert [words in shown for words in ("Rune · bolig 4", "Gå en tur", "Flyttet til mandag 7. december")] == [True] * 3
    assert shown.count("<li") == 1
    row.refresh_from_db()
    move(cast, row, 21, cast.jonas)
    assert gone(cast, cast.jonas) == "", "he has moved it himself since"


def test_what_one_moved_oneself_is_not_told(cast: Cast) -> None:
    move(cast, cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY), 20, cast.jonas)
    assert gone(cast, cast.jonas) == ""


def take_over(cast: Cast, row: Intervention, by: User, **plan: Any) -> None:
    new = boards.Plan(**{"what": row.what, "track": row.track, "owner": by, "due_on": row.due_on, **plan})
    boards.intervention_change(access=cast.access(by), pk=row.pk, plan=new, seen=row.version, key="", today=TODAY)


def test_what_another_took_over_says_who(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    take_over(cast, row, cast.mette)
    shown = gone(cast, cast.jonas)
    assert [words in shown for words in ("Gå en tur", "Mette har overtaget den")] == [True, True]
    assert gone(cast, cast.mette) == ""


def test_what_was_written_on_the_wrong_resident_goes_with_a_word_and_names_nobody(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    boards.intervention_misfile(access=cast.access(cast.mette), pk=row.pk, seen=row.version, today=TODAY)
    shown = gone(cast, cast.jonas)
    assert [words in shown for words in (State.MISFILED.label, "Rune", "Gå en tur")] == [True, False, False]


def test_text_corrected_on_what_was_not_on_the_list_is_not_told(cast: Cast) -> None:
    far = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY + timedelta(days=20))
    take_over(cast, far, cast.jonas, what="Gå en lang tur")
    far.refresh_from_db()
    take_over(cast, far, cast.mette, what="Gå en kort tur", owner=cast.jonas)
    far.refresh_from_db()
    move(cast, far, 25, cast.mette)
    assert gone(cast, cast.jonas) == ""


def test_day_another_took_away_is_said_and_not_that_the_owner_took_it_over(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    take_over(cast, row, cast.mette, owner=cast.jonas, due_on=None)
    shown = gone(cast, cast.jonas)
    assert [words in shown for words in ("Har ingen dag længere", "overtaget", "dagl.")] == [True, False, False]


def test_taken_over_and_then_dropped_is_told_as_taken_over(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    take_over(cast, row, cast.mette)
    row.refresh_from_db()
    drop(cast, row, cast.mette)
    assert "Mette har overtaget den" in gone(cast, cast.jonas)


def test_what_another_settled_on_ones_day_off_is_told_the_day_after(cast: Cast, clock: Any) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    settle(cast, row, State.NOT_DONE, "Han sov")
    assert gone(cast, cast.jonas) == "", "it stands among today's"
    clock.shift(timedelta(days=1))
    assert "Ikke udført · Mette: Han sov" in gone(cast, cast.jonas)


def test_what_is_undone_again_is_not_told(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    drop(cast, row, cast.mette)
    row.refresh_from_db()
    boards.intervention_reopen(access=cast.access(cast.mette), pk=row.pk, seen=row.version, today=TODAY)
    assert gone(cast, cast.jonas) == ""


@pytest.mark.parametrize("due_on", [TODAY + timedelta(days=20), None])
def test_far_or_dayless_one_that_is_reopened_or_dropped_is_not_told(cast: Cast, due_on: date | None) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=due_on)
    settle(cast, row, State.DONE)
    row.refresh_from_db()
    boards.intervention_reopen(access=cast.access(cast.mette), pk=row.pk, seen=row.version, today=TODAY)
    assert gone(cast, cast.jonas) == ""
    row.refresh_from_db()
    drop(cast, row, cast.mette)
    assert gone(cast, cast.jonas) == ""


def test_what_one_gave_on_oneself_after_another_took_it_is_not_told(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    take_over(cast, row, cast.mette)
    row.refresh_from_db()
    take_over(cast, row, cast.jonas, owner=cast.lis)
    assert gone(cast, cast.jonas) == ""


def test_what_another_gave_one_and_took_back_by_fortryd_is_told(cast: Cast) -> None:
    cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    [step] = boards.steps(cast.access(cast.mette), TODAY, timezone.now())
    boards.undo(access=cast.access(cast.mette), kind=step.kind, pk=step.pk, today=TODAY)
    assert State.DROPPED.label in gone(cast, cast.jonas)


def test_what_is_handed_on_to_a_colleague_says_who(cast: Cast) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    intervention_hand_on(access=cast.access(cast.lis), pk=row.pk, leaver=cast.jonas, to=cast.mette, today=TODAY)
    assert "Mette har overtaget den" in gone(cast, cast.jonas)


# --- of who is away, after an absence, and where the team comes no more ---


def away(user: User, deputy: User, first: int, last: int) -> None:
    days = {"from_day": TODAY + timedelta(days=first), "to_day": TODAY + timedelta(days=last)}
    Absence.objects.create(user=user, deputy=deputy, **days)


def test_who_stands_in_is_told_what_a_third_took_off_the_absent_ones_list(cast: Cast, clock: Any) -> None:
    row, later = (cast.agree(what, owner=cast.jonas, due_on=day) for what, day in (
        ("Gå en tur", TODAY), ("Ringe til bror", TODAY + timedelta(days=2)),
    ))  # fmt: skip
    away(cast.jonas, cast.lis, 0, 7)
    drop(cast, row, cast.mette)
    drop(cast, later, cast.mette)
    shown = gone(cast, cast.lis)
    for words in ("Rune · bolig 4", "Gå en tur", "· for Jonas", "Aftalt anderledes"):
        assert words in shown
    assert "Ringe til bror" not in shown, "it was not on her list yet"
    assert "· for" not in gone(cast, cast.jonas)


def test_what_was_taken_off_before_one_stood_in_is_not_told(cast: Cast, clock: Any) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    drop(cast, row, cast.mette)
    away(cast.jonas, cast.lis, 1, 7)
    clock.shift(timedelta(days=1))
    assert gone(cast, cast.lis) == ""


def test_who_stands_in_is_not_told_of_what_they_did_or_were_given_themselves(cast: Cast) -> None:
    away(cast.jonas, cast.lis, 0, 7)
    drop(cast, cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY), cast.lis)
    given = cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    take_over(cast, given, cast.mette, what="Ringe til bror", track="social", owner=cast.lis, due_on=TODAY)
    assert gone(cast, cast.lis) == ""


def test_who_is_back_after_two_weeks_is_told_what_went_meanwhile(cast: Cast, clock: Any) -> None:
    row = cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    away(cast.jonas, cast.lis, 0, 13)
    drop(cast, row, cast.mette)
    clock.shift(timedelta(days=14))
    assert "Gå en tur" in gone(cast, cast.jonas)
    clock.shift(timedelta(days=7))
    assert gone(cast, cast.jonas) == "", "he has been back for a week"


def test_absence_that_was_prolonged_counts_whole_and_one_long_before_does_not(cast: Cast, clock: Any) -> None:
    rows = [cast.agree(what, owner=cast.jonas, due_on=TODAY) for what in ("Gå en tur", "Ringe til bror")]
    away(cast.jonas, cast.lis, -20, -15)
    drop(cast, rows[0], cast.mette)
    clock.shift(timedelta(days=4))
    away(cast.jonas, cast.lis, 3, 10)
    away(cast.jonas, cast.lis, 13, 20)
    drop(cast, rows[1], cast.mette)
    clock.shift(timedelta(days=17))
    shown = gone(cast, cast.jonas)
    assert ("Ringe til bror" in shown, "Gå en tur" in shown) == (True, False)


@pytest.mark.parametrize("end", ["dropped", "misfiled", "moved", "taken"])
def test_who_stands_in_reads_nothing_of_a_resident_they_may_not_see(cast: Cast, end: str) -> None:
    """Amina of the team stands in for Jonas. Aksel is not shared with the team."""
    row = cast.agree("Gå en tur", stay=cast.aksel, owner=cast.jonas, due_on=TODAY)
    away(cast.jonas, cast.amina, 0, 7)
    if end == "dropped":
        drop(cast, row, cast.mette)
    elif end == "misfiled":
        boards.intervention_misfile(access=cast.access(cast.mette), pk=row.pk, seen=row.version, today=TODAY)
    elif end == "moved":
        care.move_out(
            access=cast.access(cast.mette), stay_id=cast.aksel.pk, end=StayEnd.DIED, on=TODAY, moved_to=None, key="",
            today=TODAY,
        )  # fmt: skip
    else:
        take_over(cast, row, cast.mette)
    assert gone(cast, cast.amina) == ""


def test_what_goes_from_one_who_stands_in_to_the_absent_one_says_so_and_what_comes_the_other_way_nothing(
    cast: Cast,
) -> None:
    later = TODAY + timedelta(days=3)
    to_him, to_her = (cast.agree(what, owner=owner, due_on=later) for what, owner in (
        ("Gå en tur", cast.lis), ("Ringe til bror", cast.jonas),
    ))  # fmt: skip
    away(cast.jonas, cast.lis, 0, 7)
    take_over(cast, to_him, cast.mette, owner=cast.jonas)
    take_over(cast, to_her, cast.mette, owner=cast.lis)
    shown = gone(cast, cast.lis)
    assert ("Gå en tur" in shown, "Jonas har overtaget den" in shown, "Ringe til bror" in shown) == (True, True, False)


def test_who_is_back_after_half_a_year_is_told_of_four_weeks(cast: Cast, clock: Any) -> None:
    away(cast.jonas, cast.lis, -150, 30)
    old, new = (cast.agree(what, owner=cast.jonas, due_on=TODAY) for what in ("Gå en tur", "Ringe til bror"))
    drop(cast, old, cast.mette)
    clock.shift(timedelta(days=5))
    drop(cast, new, cast.mette)
    clock.shift(timedelta(days=26))
    shown = gone(cast, cast.jonas)
    assert ("Ringe til bror" in shown, "Gå en tur" in shown) == (True, False)


def test_team_that_comes_no_more_takes_its_peoples_lines_with_a_word_and_no_name(cast: Cast, clock: Any) -> None:
    cast.agree("Ringe til bror", by=cast.amina, track="coordination", owner=cast.amina, due_on=TODAY)
    cast.agree("Gå en tur", by=cast.amina, track="coordination", owner=cast.soeren, due_on=TODAY)
    TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=TODAY)
    cast.agree("Hente medicin", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY + timedelta(days=8))
    assert gone(cast, cast.amina) == "", "its last day counts"
    clock.shift(timedelta(days=1))
    shown = gone(cast, cast.amina)
    assert "Havtornen · Dit team kommer der ikke længere" in shown
    assert (shown.count("<li"), "Rune" in shown, "Ringe til bror" in shown) == (1, False, False)
    clock.shift(timedelta(days=7))
    assert gone(cast, cast.amina) == ""
