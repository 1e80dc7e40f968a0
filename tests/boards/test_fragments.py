"""The ids of the live board's pieces are built and read in one place on each side (docs/fragments.md)."""

import re

import pytest

from boards import fragments
from boards.fragments import Fragment
from boards.live import snapshots
from residents.sharing import Audience, AudienceKind
from tests.conftest import Cast
from tests.rooms import FILES, ROOT, SCRIPTS, TEMPLATES, short

AROUND = {fragments.HEAD, fragments.COUNTS, fragments.FOOT}
# What an id of a piece begins with, when a number or a word is put in behind it.
BEGINS = r"(?:f|r|g-|edit-)"
BY_HAND = {
    "template": (TEMPLATES, rf"[\"#]{BEGINS}\{{\{{"),
    "python": (FILES, rf"f[\"'](?:[^\"']*#)?{BEGINS}\{{"),
    "script": (
        SCRIPTS,
        rf"[`#]{BEGINS}\$\{{|\[id\^|/\^\(?{BEGINS}\\d|\bid\.(?:at|slice|split|replace|match|startsWith|endsWith|substring)\(",
    ),
}
THE_TWO = {ROOT / "boards/fragments.py", ROOT / "static/js/fragments.js"}


@pytest.mark.parametrize("kind", BY_HAND)
def test_no_id_of_a_piece_is_built_or_taken_apart_elsewhere(kind: str) -> None:
    paths, pattern = BY_HAND[kind]
    wanted = re.compile(pattern)
    assert [
        (short(path), hit[0])
        for path in paths
        if path not in THE_TWO
        for hit in wanted.finditer(path.read_text(encoding="utf-8"))
    ] == []


def test_the_search_finds_what_stands_in_the_two_that_may() -> None:
    for kind, name in (("python", "boards/fragments.py"), ("script", "static/js/fragments.js")):
        assert re.search(BY_HAND[kind][1], (ROOT / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize("piece", [Fragment(12, "status-home"), Fragment(7, "social", shared=False)])
def test_what_is_built_is_read_again(piece: Fragment) -> None:
    assert fragments.read(str(piece)) == piece


@pytest.mark.parametrize("other", [*sorted(AROUND), "", "f-12", "r12", "edit-12-status-home", "f12", "from"])
def test_what_is_of_no_row_is_not_read(other: str) -> None:
    assert fragments.read(other) is None


@pytest.mark.parametrize("kind", [AudienceKind.HOME, AudienceKind.TEAM, AudienceKind.JOINT])
def test_every_piece_of_a_board_has_an_id_that_is_read_and_stands_in_its_html(cast: Cast, kind: AudienceKind) -> None:
    cast.put_on_board(cast.rune)
    shot = snapshots.snapshot(cast.home, Audience(kind, None if kind == AudienceKind.HOME else cast.team.pk))
    texts = {cell.fragment_id for row in shot.board.rows for cell in row.cells.values()}
    assert AROUND | texts <= set(shot.fragments)
    for name, html in shot.fragments.items():
        assert f'id="{name}"' in html
    of_rows = set(shot.fragments) - AROUND
    assert {str(fragments.read(name)) for name in of_rows} == of_rows
