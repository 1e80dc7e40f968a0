"""What holds of every act of a test, asked wherever a test acts."""

from typing import Any

import pytest

from boards.live import snapshots
from organisation.models import Home
from residents.sharing import Audience


@pytest.fixture(autouse=True)
def _row_alone_is_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a test's board was moved on by a row, it is the board drawn from the start."""
    moved_on = snapshots.moved_on

    def proved(before: snapshots.Snapshot, home: Home, audience: Audience, cursor: snapshots.Cursor, seq: int) -> Any:
        made = moved_on(before, home, audience, cursor, seq)
        if made is not None:
            whole = snapshots.drawn_whole(home, audience, cursor)
            assert made.fragments == whole.fragments
            assert (made.groups, made.rows, made.prints) == (whole.groups, whole.rows, whole.prints)
            assert made.board == whole.board
        return made

    monkeypatch.setattr(snapshots, "moved_on", proved)
