"""Written on the wrong resident: gone from the other side at once, everywhere, history included."""

from typing import Any

import pytest
from django.urls import reverse

from audit import trail
from boards import services
from boards.models import Cell, CellRevision, EarlySign, Intervention, InterventionEvent, Outcome, Pen, State, Urgency
from core.errors import Denied
from meetings.services.minutes import since_last
from organisation.models import Side, User
from residents import services as residents
from residents.models import Stay
from tests.conftest import EVERY_PART, TODAY, Cast

pytestmark = pytest.mark.both

WRONG = "Hører til Tove"


def url(cast: Cast, name: str, *rest: Any) -> str:
    return reverse(name, args=[cast.home.slug, *(rest or (cast.rune.pk, "status", "home"))])


def page(cast: Cast, user: User, name: str, *rest: Any) -> str:
    return str(cast.client(user).get(url(cast, name, *rest)).content.decode())


def board_of(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(f"/{cast.home.slug}/tavle/").content.decode())


def misfile(cast: Cast, user: User, *, seen: int, to: Stay | None = None, side: str = "home") -> Any:
    data = {"seen": seen, "move_to": to.pk if to else ""}
    return cast.client(user).post(url(cast, "cell-misfile", cast.rune.pk, "status", side), data)


def cell(cast: Cast, stay: Stay | None = None, side: str = "home") -> Cell:
    found: Cell = Cell.objects.for_home(cast.home).get(stay=stay or cast.rune, column="status", side=side)
    return found


def test_text_goes_and_what_stood_before_comes_back_with_its_author_and_age(cast: Cast, clock) -> None:
    first = cast.write("Står rigtigt", by=cast.jonas)
    clock.shift(3600)
    cast.write(WRONG, seen=1)
    assert misfile(cast, cast.mette, seen=2).status_code == 204
    now = cell(cast)
    assert (now.text, now.version, now.changed_by, now.changed_at) == (
        "Står rigtigt", 3, cast.jonas, first.changed_at,
    )  # fmt: skip
    assert CellRevision.objects.for_home(cast.home).get(version=2).misfiled_by == cast.mette


def test_no_screen_of_the_other_side_holds_the_text_any_more(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Står rigtigt")
    cast.write(WRONG, seen=1)
    team = cast.client(cast.amina)
    board = team.get(f"/{cast.home.slug}/tavle/").content.decode()
    assert WRONG in board
    since = board.split('data-version="')[1].split('"')[0]
    misfile(cast, cast.mette, seen=2)
    changes = team.get(f"/{cast.home.slug}/tavle/aendringer/?since={since}").json()
    assert "Står rigtigt" in changes["fragments"][f"f{cast.rune.pk}-status-home"]
    assert WRONG not in str(changes)
    for text in (
        board_of(cast, cast.amina), page(cast, cast.amina, "cell"), page(cast, cast.amina, "cell-history"),
        page(cast, cast.amina, "cell-misfile"), page(cast, cast.amina, "resident", cast.rune.pk),
        page(cast, cast.amina, "resident-course", cast.rune.pk),
        str(team.get(f"/{cast.home.slug}/fortryd/").content.decode()),
        str(team.get("/find/?q=hører").content.decode()),
    ):  # fmt: skip
        assert WRONG not in text


def test_own_side_still_sees_that_it_stood_there_and_cannot_put_it_back_from_history(cast: Cast) -> None:
    cast.write("Står rigtigt")
    cast.write(WRONG, seen=1)
    misfile(cast, cast.mette, seen=2)
    history = page(cast, cast.jonas, "cell-history")
    assert f"<s>{WRONG}</s>" in history
    assert "skrevet på forkert beboer, fjernet af Mette" in history
    struck = history.split(WRONG)[1].split("</li>")[0]
    assert "Sæt denne tekst tilbage" not in struck


def test_joint_text_is_gone_from_both_sides_history(cast: Cast) -> None:
    cast.write(WRONG, column_key="goals", side=Side.JOINT)
    data = {"seen": 1, "move_to": ""}
    place = (cast.rune.pk, "goals", "joint")
    assert cast.client(cast.amina).post(url(cast, "cell-misfile", *place), data).status_code == 204
    for user in (cast.mette, cast.amina):
        assert WRONG not in page(cast, user, "cell-history", *place)


def test_text_written_again_later_is_hidden_as_often_as_it_stands(cast: Cast) -> None:
    cast.write(WRONG)
    cast.write("Mellem", seen=1)
    cast.write(WRONG, seen=2)
    misfile(cast, cast.mette, seen=3)
    assert cell(cast).text == "Mellem"
    assert WRONG not in page(cast, cast.amina, "cell-history")


def test_first_text_leaves_an_empty_place_and_a_text_taken_back_earlier_does_not_return(cast: Cast) -> None:
    cast.write("Ret tekst")
    cast.write("Fortrudt tekst", seen=1)
    step = services.steps(cast.access(cast.mette), TODAY, cell(cast).changed_at)[0]
    services.undo(access=cast.access(cast.mette), kind=step.kind, pk=step.pk, today=TODAY)
    misfile(cast, cast.mette, seen=3)
    assert cell(cast).text == ""


def test_step_of_a_misfiled_text_leaves_the_undo_list(cast: Cast) -> None:
    cast.write(WRONG)
    assert WRONG in cast.client(cast.mette).get(f"/{cast.home.slug}/fortryd/").content.decode()
    misfile(cast, cast.jonas, seen=1)
    assert services.steps(cast.access(cast.mette), TODAY, cell(cast).changed_at) == []


def test_text_is_moved_to_the_right_resident_below_what_stands_there(cast: Cast) -> None:
    cast.write("Toves egen", stay=cast.tove)
    cast.write(WRONG)
    dialog = page(cast, cast.mette, "cell-misfile")
    assert "Tove · bolig 9" in dialog
    assert "Frede" not in dialog
    assert misfile(cast, cast.mette, seen=1, to=cast.tove).status_code == 204
    assert cell(cast).text == ""
    assert cell(cast, cast.tove).text == f"Toves egen\n{WRONG}"
    assert trail.broken_links(cast.home.scope) == []


def test_move_that_finds_no_room_takes_nothing_away(cast: Cast) -> None:
    cast.write("x" * 590, stay=cast.tove)
    cast.write(WRONG)
    answer = misfile(cast, cast.mette, seen=1, to=cast.tove)
    assert (answer.status_code, "plads til 600" in answer.content.decode()) == (422, True)
    assert (cell(cast).text, cell(cast).version) == (WRONG, 1)
    assert WRONG in page(cast, cast.amina, "cell-history")


def test_text_is_not_moved_to_somebody_one_must_not_know(cast: Cast) -> None:
    cast.write(WRONG, by=cast.amina, side=Side.TEAM)
    dialog = page(cast, cast.amina, "cell-misfile", cast.rune.pk, "status", "team")
    for name in ("Aksel", "Vibeke"):
        assert name not in dialog
    for stay in (cast.aksel, cast.vibeke, cast.elsewhere, Stay(pk=999999)):
        answer = misfile(cast, cast.amina, seen=1, to=stay, side="team")
        assert (answer.status_code, "Beboeren står her ikke længere." in answer.content.decode()) == (422, True)
        assert not [name for name in ("Aksel", "Vibeke") if name in answer.content.decode()]
        assert cell(cast, side="team").text == WRONG


@pytest.mark.parametrize(("seen", "status"), [(1, 409), (0, 409), ("", 409), ("abc", 400), ("9" * 20, 400)])
def test_text_changed_meanwhile_is_not_taken_away(cast: Cast, seen: Any, status: int) -> None:
    cast.write(WRONG)
    cast.write("Jonas retter", by=cast.jonas, seen=1)
    assert misfile(cast, cast.mette, seen=seen).status_code == status
    assert cell(cast).text == "Jonas retter"
    assert not CellRevision.objects.for_home(cast.home).filter(misfiled_at__isnull=False).exists()


def test_second_click_takes_nothing_more_away(cast: Cast) -> None:
    cast.write("Står rigtigt")
    cast.write(WRONG, seen=1)
    assert misfile(cast, cast.mette, seen=2).status_code == 204
    assert misfile(cast, cast.mette, seen=2).status_code == 409
    assert cell(cast).text == "Står rigtigt"


def test_other_sides_text_is_theirs_to_take_away(cast: Cast) -> None:
    cast.write(WRONG)
    answer = misfile(cast, cast.amina, seen=1)
    assert (answer.status_code, "Bed dem om at rette den" in answer.content.decode()) == (422, True)
    Pen.objects.create(home=cast.home, user=cast.amina)
    assert misfile(cast, cast.amina, seen=1).status_code == 204, "the referent writes for both"


def test_empty_place_has_nothing_to_take_away(cast: Cast) -> None:
    assert misfile(cast, cast.mette, seen=0).status_code == 422
    cast.write(WRONG)
    misfile(cast, cast.mette, seen=1)
    assert misfile(cast, cast.mette, seen=2).status_code == 422


@pytest.mark.parametrize(("column", "side"), [("findes-ikke", "home"), ("status", "joint"), ("goals", "xyz")])
def test_unknown_place_does_not_exist(cast: Cast, column: str, side: str) -> None:
    place = url(cast, "cell-misfile", cast.rune.pk, column, side)
    assert cast.client(cast.mette).post(place, {"seen": 0}).status_code == 404


# Interventions


def test_misfiled_intervention_is_gone_everywhere_for_the_other_side(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree(WRONG, owner=cast.amina, due_on=TODAY)
    place = url(cast, "intervention-misfile", row.pk)
    board = board_of(cast, cast.amina)
    since = board.split('data-version="')[1].split('"')[0]
    assert WRONG in board
    assert cast.client(cast.mette).post(place, {"seen": 1}).status_code == 204
    team = cast.client(cast.amina)
    changes = team.get(f"/{cast.home.slug}/tavle/aendringer/?since={since}").json()
    assert f"f{cast.rune.pk}-social" in changes["fragments"]
    assert WRONG not in str(changes)
    assert WRONG not in board_of(cast, cast.amina)
    assert WRONG not in team.get("/min-dag/liste/").content.decode()
    assert WRONG not in team.get("/find/?q=hører").content.decode()
    for name, data in (
        ("intervention", {}), ("intervention-misfile", {"seen": 2}), ("intervention-settle", {"state": "planned"}),
        ("intervention-move", {"due_on": "2026-11-20"}),
    ):  # fmt: skip
        assert team.post(url(cast, name, row.pk), {"seen": 2, **data}).status_code == 404, name
    assert team.get(url(cast, "intervention", row.pk)).status_code == 404
    assert Intervention.objects.for_home(cast.home).get().state == State.MISFILED


def test_own_side_sees_the_mark_and_no_longer_the_row(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree(WRONG)
    cast.client(cast.mette).post(url(cast, "intervention-misfile", row.pk), {"seen": 1})
    assert WRONG not in board_of(cast, cast.jonas)
    assert "Skrevet på forkert beboer" in page(cast, cast.jonas, "intervention", row.pk)


@pytest.mark.parametrize(("seen", "status"), [(0, 409), (1, 409), ("abc", 400)])
def test_intervention_changed_meanwhile_is_not_taken_away(cast: Cast, seen: Any, status: int) -> None:
    row = cast.agree(WRONG, owner=cast.mette)
    services.intervention_move(access=cast.access(cast.jonas), pk=row.pk, to_day=TODAY, seen=1, today=TODAY)
    answer = cast.client(cast.mette).post(url(cast, "intervention-misfile", row.pk), {"seen": seen})
    assert answer.status_code == status
    assert Intervention.objects.for_home(cast.home).get().state == State.PLANNED


def test_intervention_in_the_other_sides_lane_is_theirs_even_when_joint(cast: Cast) -> None:
    row = cast.agree(WRONG, joint=True)
    answer = cast.client(cast.amina).post(url(cast, "intervention-misfile", row.pk), {"seen": 1})
    assert (answer.status_code, "den anden sides" in answer.content.decode()) == (422, True)


# Early signs


def sign(cast: Cast, by: User) -> EarlySign:
    return services.sign_note(
        access=cast.access(by), stay_id=cast.rune.pk, text=WRONG, urgency=Urgency.MEETING, key="", today=TODAY
    )


def test_misfiled_sign_is_gone_for_both_and_unknown_to_the_other_side(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    found = sign(cast, cast.mette)
    answer = cast.client(cast.jonas).post(url(cast, "sign-handle", found.pk), {"outcome": "misfiled"})
    assert answer.status_code == 204
    for user in (cast.mette, cast.amina):
        assert WRONG not in board_of(cast, user)
        assert cast.client(user).get(url(cast, "sign", found.pk)).status_code == 404
    assert cast.client(cast.amina).post(url(cast, "sign-read", found.pk)).status_code == 404
    again = cast.client(cast.mette).post(url(cast, "sign-handle", found.pk), {"outcome": "misfiled"})
    assert (again.status_code, "allerede fjernet" in again.content.decode()) == (422, True)


def test_sign_of_the_other_side_is_theirs_to_take_away(cast: Cast) -> None:
    found = sign(cast, cast.mette)
    answer = cast.client(cast.amina).post(url(cast, "sign-handle", found.pk), {"outcome": "misfiled"})
    assert (answer.status_code, "den anden side" in answer.content.decode()) == (422, True)
    with pytest.raises(Denied):
        services.sign_misfile(access=cast.access(cast.amina), sign=found, today=TODAY)


def test_sign_answered_before_can_still_be_taken_away_by_its_side(cast: Cast) -> None:
    found = sign(cast, cast.mette)
    services.sign_handle(access=cast.access(cast.amina), pk=found.pk, outcome=Outcome.NO_CHANGE, today=TODAY)
    answer = cast.client(cast.mette).post(url(cast, "sign-handle", found.pk), {"outcome": "misfiled"})
    assert answer.status_code == 204
    assert EarlySign.objects.for_home(cast.home).get().outcome == Outcome.MISFILED


def test_text_hidden_by_withdrawal_cannot_be_taken_away_unseen(cast: Cast) -> None:
    cast.write(WRONG, by=cast.amina, side=Side.TEAM)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    assert misfile(cast, cast.mette, seen=1, side="team").status_code == 404


def test_daily_intervention_taken_away_is_not_told_as_done_since_the_last_meeting(cast: Cast) -> None:
    row = cast.agree(WRONG, daily=True)
    access = cast.access(cast.mette)
    row = services.intervention_settle(access=access, pk=row.pk, state=State.DONE, why="", seen=1, today=TODAY)
    services.intervention_misfile(access=access, pk=row.pk, seen=row.version, today=TODAY)
    assert since_last(cast.meeting(), cast.rune.pk, EVERY_PART) == ([], [])


def test_misfiled_intervention_is_marked_once_and_never_planned_again(cast: Cast) -> None:
    row = cast.agree(WRONG)
    client = cast.client(cast.mette)
    for seen in (1, 1, 2):
        assert client.post(url(cast, "intervention-misfile", row.pk), {"seen": seen}).status_code == 204
    kinds = InterventionEvent.objects.for_home(cast.home).filter(intervention=row).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["added", "misfiled"]
    dialog = client.get(url(cast, "intervention", row.pk)).content.decode()
    assert "Skrevet på forkert beboer" in dialog
    assert "sæt som planlagt igen" not in dialog
    answer = client.post(url(cast, "intervention-settle", row.pk), {"state": "planned", "seen": 2})
    assert (answer.status_code, "forkert beboer" in answer.content.decode()) == (422, True)
    assert Intervention.objects.for_home(cast.home).get().state == State.MISFILED


def test_nobody_takes_an_intervention_away_by_ticking_it_off(cast: Cast) -> None:
    row = cast.agree(WRONG)
    answer = cast.client(cast.amina).post(url(cast, "intervention-settle", row.pk), {"state": "misfiled", "seen": 1})
    assert answer.status_code == 422
    assert Intervention.objects.for_home(cast.home).get().state == State.PLANNED
