"""Finding a resident by name, flat or by what is written, across the homes a person may enter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.access import Access
from boards.columns import lane_visible
from boards.models import Cell, Intervention, State, Track
from core.text import search_form
from organisation.models import Home
from organisation.region import rules_by_home
from residents.selectors import VisibleStay, visible_everywhere
from residents.texts import COLUMNS

AROUND = 32
# One letter is somewhere in every text.
LETTERS = 3


@dataclass(frozen=True)
class Hit:
    """A resident found. `where` names the column and `snippet` shows the words around; both '' for a name or flat."""

    home: Home
    stay: VisibleStay
    where: str = ""
    snippet: str = ""


def find(accesses: Sequence[Access], wanted: str, today: date) -> list[Hit]:
    """Who fits, names and flats first. Six queries, however many homes; only what the person may see is searched.

    Texts are searched from three letters on, in words as they are folded for searching (æ ø å, aa, capitals).
    """
    sought = search_form(wanted)
    if not sought:
        return []
    homes = {access.home.pk: access.home for access in accesses}
    visible = visible_everywhere(accesses, today, people=False)
    stays = {stay.id: (homes[home], stay) for home, own in visible.items() for stay in own if stay.sight.shared}
    hits = [
        Hit(home, stay)
        for home, stay in stays.values()
        if sought in search_form(f"{stay.name} bolig {stay.flat}") or sought == search_form(stay.flat)
    ]
    if len(sought) >= LETTERS:
        hits += _in_texts(list(homes), stays, sought, today)
    return hits


def _in_texts(homes: list[int], stays: dict[int, tuple[Home, VisibleStay]], sought: str, today: date) -> list[Hit]:
    rules = rules_by_home(homes, today)
    written = [
        (
            cell.stay_id,
            COLUMNS[cell.column].heading_in(rules[stays[cell.stay_id][0].pk], cell.side),
            cell.text,
        )
        for cell in Cell.objects.for_homes(homes).filter(stay__in=stays).exclude(text="").order_by("stay_id", "pk")
        if cell.column in COLUMNS and stays[cell.stay_id][1].sight.covers(cell.side, cell.column)
    ]
    written += [
        (row.stay_id, f"Indsats: {Track(row.track).label.lower()}", row.what)
        for row in Intervention.objects.for_homes(homes)
        .filter(stay__in=stays, state=State.PLANNED)
        .order_by("stay_id", "pk")
        if lane_visible(stays[row.stay_id][1].sight, row.track)
    ]
    hits = []
    for stay_id, where, text in written:
        home, stay = stays[stay_id]
        if sought in search_form(text):
            hits.append(Hit(home, stay, where, snippet(text, sought)))
    return hits


def snippet(text: str, sought: str) -> str:
    """The words around the first place the text holds what was sought."""
    words = " ".join(text.split())
    # Folding shortens 'aa' to 'å', so the place in the folded text is at most a few letters early.
    at = search_form(words).find(sought)
    start, end = max(0, at - AROUND), at + len(sought) + AROUND
    return f"{'… ' if start else ''}{words[start:end].strip()}{' …' if end < len(words) else ''}"
