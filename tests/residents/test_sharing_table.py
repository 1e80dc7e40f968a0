"""docs/sharing.md is what the policy answers now."""

from pathlib import Path

import pytest

from residents.management.commands import sharing_table
from residents.models import BasisKind
from residents.texts import PARTS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/sharing.md"


def test_document_is_what_the_program_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == sharing_table.table(), "manage.py sharing_table > docs/sharing.md"


@pytest.mark.parametrize(
    ("line", "home", "team", "together"),
    [
        ("Kun botilbuddet | botilbuddet", "altid", "aldrig", "aldrig"),
        ("Kun teamet | teamet", "aldrig", "når botilbuddet deler", "aldrig"),
        ("Status | botilbuddet", "altid", "S A N fra botilbuddet", "S A N fra botilbuddet"),
        ("Status | teamet", "S A N fra teamet", "når botilbuddet deler", "S A N fra teamet, når botilbuddet deler"),
        ("Hvad vi siger til beboeren | begge", "altid", "S U A N fra botilbuddet", "S U A N fra botilbuddet"),
        ("Niveau, og hvornår vi drøfter det | begge", "altid", "når botilbuddet deler", "når botilbuddet deler"),
    ],
)
def test_lines_say_what_the_law_and_the_sides_agreed(line: str, home: str, team: str, together: str) -> None:
    assert f"| {line} | {home} | {team} | {together} |" in sharing_table.table()


def test_a_part_that_a_kind_no_longer_shares_changes_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sharing_table.table()
    part = PARTS["goals"]
    monkeypatch.setitem(PARTS, "goals", type(part)(**{**vars(part), "bases": part.bases - {BasisKind.SOCIAL}}))
    changed = [line for line in sharing_table.table().splitlines() if line not in before.splitlines()]
    assert changed == ["| Mål og ønsker | begge | altid | A N fra botilbuddet | A N fra botilbuddet | kan vises |"]
