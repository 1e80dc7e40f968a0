"""Texts of the board are proved: what stands is what the home's log says was written last."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from audit import trail
from boards.models import Cell
from organisation.models import Home

WRITTEN, MISFILED = "cell.written", "cell.misfiled"


def faults() -> Iterator[str]:
    """A sentence for each text that is not as its last line in the log says, for audit_verify.

    Two queries for a home. A text whose line the log no longer holds, or whose words were erased, is not compared.
    """
    for home in Home.objects.order_by("pk"):
        said: dict[str, tuple[str, Any]] = {}
        # What was written there, each once; None for words that are erased.
        words: dict[str, list[str | None]] = defaultdict(list)
        for action, subject, data, detail in trail.lines(home.scope, [WRITTEN, MISFILED]):
            # A line that was tampered with may hold anything.
            said[subject] = (action, data.get("version"))
            if action == WRITTEN:
                words[subject].append(detail.get("text") if detail else None)
        begins = trail.checkpoint_of(home.scope) is None
        for cell in Cell.objects.for_home(home).order_by("pk").iterator():
            key = trail.subject_key(cell)
            if key not in said:
                if begins:
                    yield f"{home.scope}: felt {cell.pk} står ikke i loggen"
                continue
            action, version = said[key]
            if action == WRITTEN:
                stands, may_be = version, words[key][-1:]
            else:
                # Taking away what was written on the wrong resident is a version of its own, of a text from before.
                stands, may_be = (version or 0) + 1, ["", *words[key]]
            if cell.version != stands or not (cell.text in may_be or None in may_be):
                yield f"{home.scope}: felt {cell.pk} er ikke, som loggen siger"
