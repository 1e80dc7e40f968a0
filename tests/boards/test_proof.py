"""Texts changed past the program are found by audit_verify, and nothing else is."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import EntryDetail
from boards import proof, services
from boards.models import Cell
from boards.proof import faults
from boards.services import CellKey
from organisation.models import Side
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both


@pytest.fixture
def cell(cast: Cast) -> Cell:
    cast.write("Først")
    cast.write("Siden", seen=1)
    return Cell.objects.for_home(cast.home).get()


def misfile(cast: Cast, cell: Cell) -> None:
    services.cell_misfile(
        access=cast.access(cast.mette), where=CellKey(cast.rune.pk, "status", Side.HOME), seen=cell.version,
        move_to=cast.tove.pk, today=TODAY,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"text": "Rettet udenom"}, {"text": "Først"}, {"text": ""}, {"version": 3}, {"version": 1}]
)
def test_text_changed_past_the_program_is_said_by_number(cast: Cast, cell: Cell, change: dict[str, Any]) -> None:
    assert list(faults()) == []
    Cell.objects.for_home(cast.home).update(**change)
    assert list(faults()) == [f"{cast.home.scope}: felt {cell.pk} er ikke, som loggen siger"]
    with pytest.raises(CommandError, match=f"felt {cell.pk} er ikke, som loggen siger"):
        call_command("audit_verify")


def test_text_put_in_past_the_program_is_said(cast: Cast, cell: Cell) -> None:
    Cell(
        stay=cast.tove, column="status", side="home", text="Udenom", changed_at=cell.changed_at, changed_by=cast.mette
    ).save()
    assert [fault.split(" ", 3)[3] for fault in faults()] == ["står ikke i loggen"]


def test_text_taken_from_the_wrong_resident_holds_and_is_found_when_changed(cast: Cast, cell: Cell) -> None:
    misfile(cast, cell)
    assert {row.text for row in Cell.objects.for_home(cast.home)} == {"Først", "Siden"}
    assert list(faults()) == []
    Cell.objects.for_home(cast.home).filter(pk=cell.pk).update(text="Noget helt tredje")
    assert len(list(faults())) == 1


def test_words_erased_from_the_log_are_not_compared_but_the_version_is(cast: Cast, cell: Cell) -> None:
    EntryDetail.objects.filter(entry__action="cell.written").delete()
    assert list(faults()) == []
    Cell.objects.for_home(cast.home).update(version=9)
    assert len(list(faults())) == 1


def test_text_that_follows_to_a_new_stay_holds(cast: Cast, cell: Cell) -> None:
    from care import services as care

    care.team_change(access=cast.access(cast.mette), stay_id=cast.rune.pk, team=cast.other_team, key="", today=TODAY)
    assert list(faults()) == []


def test_text_saved_while_it_is_proved_is_no_fault(cast: Cast, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, saved = proof._lines, list[Any]()

    def meanwhile(home: Any, of: Any = None) -> Any:
        found = lines(home, of)
        if not saved:
            saved.append(cast.write("Skrevet imens", seen=2))
        return found

    monkeypatch.setattr(proof, "_lines", meanwhile)
    assert list(faults()) == []
    assert saved
