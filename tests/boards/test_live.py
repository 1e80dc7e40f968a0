"""The live protocol: page + changes is a fresh page, for every audience; nothing per user; a fixed query count."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boards import services
from boards.columns import board_columns
from boards.fragments import Changes, of_stays, read
from boards.live import snapshots
from boards.models import Cell, Episode, Intervention, State, Told, Urgency
from boards.selectors import board
from core.errors import Denied
from criteria.models import Level
from organisation.models import Side
from residents import services as resident_services
from residents.models import BasisKind, Giver
from residents.sharing import Audience, AudienceKind
from tests.conftest import TODAY, Cast, required

pytestmark = pytest.mark.both


def audiences(cast: Cast) -> list[Audience]:
    return [
        Audience(AudienceKind.HOME),
        Audience(AudienceKind.TEAM, cast.team.pk),
        Audience(AudienceKind.JOINT, cast.team.pk),
    ]


ON_THE_BOARD = {part for column in board_columns() for part in column.parts}


class Viewer:
    """A browser, as far as the protocol goes: what it holds after a page and any number of changes."""

    def __init__(self, cast: Cast, audience: Audience) -> None:
        self.home, self.audience = cast.home, audience
        shot = snapshots.snapshot(self.home, audience)
        self.seen = shot.seen
        self.groups = [(key, ids) for key, _, ids in shot.groups]
        self.fragments = dict(shot.fragments)

    def catch_up(self) -> Changes | None:
        answer = snapshots.changes(self.home, self.audience, self.seen)
        if answer is None:
            return None
        rows_before = self._rows()
        self.groups = answer["groups"]
        if answer["whole"]:
            self.fragments = {}
        for key in answer["gone"]:
            self.fragments.pop(key, None)
        self.fragments.update(answer["fragments"])
        # A row with other parts than before, or a new one, comes whole: a client cannot make up its cells.
        for pk, parts in self._rows().items():
            if rows_before.get(pk) != parts:
                assert pk in answer["rows"]
                for key in parts:
                    # The prompts of the meeting and a side's own are fragments too, but no columns of the board.
                    shown = required(read(key)).part in ON_THE_BOARD
                    assert (self.fragments[key] in answer["rows"][pk]) is shown
        self.seen = snapshots.seen_in(answer["to"])
        return answer

    def _rows(self) -> dict[int, frozenset[str]]:
        ids = [pk for _, members in self.groups for pk in members]
        return {pk: frozenset(key for key in self.fragments if of_stays(key, {pk})) for pk in ids}

    def fresh(self) -> tuple[Any, Any]:
        snapshots.forget()
        shot = snapshots.snapshot(self.home, self.audience)
        return [(key, ids) for key, _, ids in shot.groups], shot.fragments


ACTS = [
    "write", "raise", "agree", "done", "withdraw", "team-withdraw", "give", "narrow", "narrow-more", "team-narrow",
    "sign", "off", "confirm", "forget",
]  # fmt: skip
# What is shared after each narrowing.
NARROWED = {"narrow": (Side.HOME, "status social signs"), "narrow-more": (Side.HOME, "goals grounds"),
            "team-narrow": (Side.TEAM, "psychiatric")}  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=6))
def test_page_plus_changes_is_a_fresh_page(cast: Cast, acts: list[str]) -> None:
    with transaction.atomic():
        snapshots.forget()
        viewers = [Viewer(cast, audience) for audience in audiences(cast)]
        for act in acts:
            _act(cast, act)
            for viewer in viewers:
                viewer.catch_up()
        for viewer in viewers:
            groups, fragments = viewer.fresh()
            assert viewer.groups == groups
            assert viewer.fragments == fragments
        transaction.set_rollback(True)
    snapshots.forget()


def _act(cast: Cast, act: str) -> None:
    cell = Cell.objects.for_home(cast.home).filter(stay=cast.rune, column="status").first()
    episode = Episode.objects.for_home(cast.home).filter(stay=cast.rune, closed_on=None).first()
    if act == "write":
        cast.write("Ord nr. " + str(cell.version if cell else 0), seen=cell.version if cell else 0)
    elif act == "confirm" and cell:
        services.cell_confirm(
            access=cast.access(cast.mette),
            where=services.CellKey(cast.rune.pk, "status", Side.HOME),
            seen=cell.version,
            today=TODAY,
        )
    elif act == "raise":
        level = Level.AKUT if episode and episode.level == Level.SUBAKUT else Level.SUBAKUT
        cast.put_on_board(cast.rune, level, seen=episode.version if episode else 0)
    elif act == "agree":
        cast.agree(owner=cast.mette, due_on=TODAY)
    elif act == "done":
        row = Intervention.objects.for_home(cast.home).filter(state=State.PLANNED).first()
        if row:
            services.intervention_settle(
                access=cast.access(cast.mette), pk=row.pk, state=State.DONE, why="", seen=row.version, today=TODAY
            )
    elif act in ("withdraw", "team-withdraw"):
        side, who = (Side.HOME, cast.mette) if act == "withdraw" else (Side.TEAM, cast.amina)
        with suppress(Denied):
            resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=side, by=who)
    elif act == "give":
        resident_services.basis_record(
            stay=cast.rune,
            side=Side.HOME,
            acting_side=Side.HOME,
            new=resident_services.NewBasis(
                kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
            ),
            by=cast.mette,
        )
    elif act in NARROWED:
        side, what = NARROWED[act]
        resident_services.basis_record(
            stay=cast.rune,
            side=side,
            acting_side=side,
            new=resident_services.NewBasis(
                kind=BasisKind.OTHER,
                covers="",
                given_by=Giver.RESIDENT,
                from_day=TODAY,
                to_day=None,
                reason="Aftalt",
                what=what,
            ),
            instead=True,
            by=cast.mette if side == Side.HOME else cast.amina,
        )
    elif act == "forget":
        snapshots.forget()
        cast.write(f"Husk {act}", stay=cast.tove, seen=_version(cast))
    elif act == "sign":
        services.sign_note(
            access=cast.access(cast.mette), stay_id=cast.rune.pk, text="Går om natten", urgency=Urgency.MEETING, key="",
            today=TODAY,
        )  # fmt: skip
    elif act == "off" and episode:
        services.level_close(
            access=cast.access(cast.mette),
            stay_id=cast.rune.pk,
            off=services.OffBoard(reason="Væk", told=Told.YES, crisis_plan_seen=False),
            seen=episode.version,
            key="",
            today=TODAY,
        )


def _version(cast: Cast) -> int:
    cell = Cell.objects.for_home(cast.home).filter(stay=cast.tove, column="status").first()
    return cell.version if cell else 0


def test_withdrawn_text_is_named_as_gone_and_the_row_comes_anew(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Hemmeligt")
    team = Viewer(cast, Audience(AudienceKind.TEAM, cast.team.pk))
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    answer = team.catch_up()
    assert answer is not None
    assert f"f{cast.rune.pk}-status-home" in answer["gone"]
    assert "Rune" not in str(answer)
    assert cast.rune.pk in answer["rows"]


def test_only_what_changed_is_answered(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    viewer = Viewer(cast, Audience(AudienceKind.HOME))
    cast.write("Nyt")
    answer = viewer.catch_up()
    assert answer is not None
    assert set(answer["fragments"]) == {f"f{cast.rune.pk}-status-home"}
    assert answer["rows"] == {}
    assert viewer.catch_up() is None


def test_new_row_comes_whole_and_only_once(cast: Cast) -> None:
    viewer = Viewer(cast, Audience(AudienceKind.HOME))
    cast.put_on_board(cast.rune)
    answer = viewer.catch_up()
    assert answer is not None
    assert list(answer["rows"]) == [cast.rune.pk]


def test_viewer_whose_version_is_forgotten_gets_all(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    viewer = Viewer(cast, Audience(AudienceKind.HOME))
    cast.write("Nyt")
    snapshots.forget()
    answer = viewer.catch_up()
    assert answer is not None
    assert set(answer["fragments"]) == set(snapshots.snapshot(cast.home, Audience(AudienceKind.HOME)).fragments)


def test_new_day_alone_makes_things_overdue(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    cast.agree(owner=cast.mette, due_on=TODAY)
    viewer = Viewer(cast, Audience(AudienceKind.HOME))
    clock.move_to("2026-11-18T00:00:01+01:00")
    answer = viewer.catch_up()
    assert answer is not None
    assert answer["day"] == "2026-11-18"
    assert "Over fristen" in answer["fragments"][f"f{cast.rune.pk}-social"]


def test_fragment_holds_nothing_of_one_user(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    mette = cast.client(cast.mette).get("/havtornen/tavle/aendringer/?since=0").json()
    jonas = cast.client(cast.jonas).get("/havtornen/tavle/aendringer/?since=0").json()
    assert mette == jonas
    assert "csrf" not in str(mette).lower()


def test_changes_answers_204_when_there_is_nothing(cast: Cast) -> None:
    shot = snapshots.snapshot(cast.home, Audience(AudienceKind.HOME))
    url = f"/havtornen/tavle/aendringer/?since={shot.told}"
    assert cast.client(cast.mette).get(url).status_code == 204
    assert cast.client(cast.mette).get("/havtornen/tavle/aendringer/?since=x").status_code == 400


@pytest.mark.parametrize("residents", [3, 30])
def test_board_takes_the_same_queries_for_three_residents_and_for_thirty(cast: Cast, residents: int) -> None:
    for number in range(100, 100 + residents):
        stay = resident_services.stay_begin(
            home=cast.home, name=f"Beboer {number}", flat=str(number), from_day=TODAY, by=cast.mette
        )
        resident_services.team_link(stay=stay, team=cast.team, from_day=TODAY, by=cast.amina)
        cast.put_on_board(stay)
        cast.write("Status", stay=stay)
        cast.agree(stay=stay, owner=cast.mette, due_on=TODAY + timedelta(days=1))
    with CaptureQueriesContext(connection) as queries:
        board(cast.home, Audience(AudienceKind.HOME), TODAY)
    assert len(queries) == 19


def test_unchanged_board_costs_one_query_for_any_number_of_viewers(cast: Cast, django_assert_num_queries) -> None:
    snapshots.snapshot(cast.home, Audience(AudienceKind.HOME))
    with django_assert_num_queries(1):
        snapshots.snapshot(cast.home, Audience(AudienceKind.HOME))
