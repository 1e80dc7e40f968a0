"""Texts of the board are proved: what stands is what the home's log says was written last."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from audit import trail
from boards.models import Cell
from organisation.models import Home

WRITTEN, MISFILED = "cell.written", "cell.misfiled"


def faults() -> Iterator[str]:
    """A sentence for each text that is not as its last line in the log says, for audit_verify.

    Two queries for a home, and some for each fault. A text whose line the log no longer holds, or whose words were
    erased, is not compared.
    """
    for home in Home.objects.order_by("pk"):
        said = _lines(home)
        doubtful = [
            cell.pk for cell in Cell.objects.for_home(home).order_by("pk").iterator() if _fault(home, cell, said)
        ]
        for pk in doubtful:
            # Somebody may have written between the two: looked at again while nobody can.
            with transaction.atomic():
                trail.hold(home.scope)
                cell = Cell.objects.for_home(home).filter(pk=pk).first()
                fault = _fault(home, cell, _lines(home, cell)) if cell else ""
            if fault:
                yield f"{home.scope}: felt {pk} {fault}"


class _Line:
    """What the log says of a text: the last act, its version, and what was written; None for words that are erased."""

    def __init__(self) -> None:
        self.action, self.version = "", None
        self.words: list[str | None] = []


def _lines(home: Home, of: Cell | None = None) -> dict[str, _Line]:
    said: dict[str, _Line] = defaultdict(_Line)
    for action, subject, data, detail in trail.lines(home.scope, [WRITTEN, MISFILED], of):
        line = said[subject]
        # A line that was tampered with may hold anything.
        line.action, line.version = action, data.get("version")
        if action == WRITTEN:
            line.words.append(detail.get("text") if detail else None)
    return dict(said)


def _fault(home: Home, cell: Cell, said: dict[str, _Line]) -> str:
    line = said.get(trail.subject_key(cell))
    if line is None:
        return "står ikke i loggen" if trail.checkpoint_of(home.scope) is None else ""
    stands: Any = line.version
    if line.action == WRITTEN:
        may_be = line.words[-1:]
    else:
        # Taking away what was written on the wrong resident is a version of its own, of a text from before.
        stands, may_be = (line.version or 0) + 1, ["", *line.words]
    right = cell.version == stands and (cell.text in may_be or None in may_be)
    return "" if right else "er ikke, som loggen siger"
