"""What stands on a board about a resident and can cross to the other side: one table, and what a basis covers of it.

Each line says whose it is, whether a basis is needed, whether its words may stand on a wall and leave on paper, and how
long it is kept. Every place that shows another side anything asks `residents.sharing.Sight`, made of these keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from organisation.models import Side
from residents.models import BasisKind

# What a basis says that covers everything on the board.
EVERYTHING = "alt"


@dataclass(frozen=True)
class Part:
    """One thing on the board. What is `Side.JOINT` rests on the home's basis."""

    key: str
    title: str
    sides: tuple[Side, ...]
    # How long it is kept: a key of the retention settings.
    kept: str
    # False: a side's own, which no basis shares.
    basis: bool = True
    # Follows from sharing anything at all, and cannot be left out.
    always: bool = False
    # In a discharge agreement or coordination plan (psykiatriloven § 13 c), which covers nothing else.
    discharge: bool = False
    # Whether the words may be shown on the wall screen, and stand in minutes, PDF and copied text.
    wall: bool = False
    exported: bool = False


HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
TEXT, COURSE, REST = "cell_history", "episodes", "left"

PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part("level", "Niveau, og hvornår vi drøfter det", (JOINT,), COURSE, always=True, wall=True, exported=True),
        Part("grounds", "Kriterier og begrundelser", (JOINT, HOME, TEAM), COURSE, exported=True),
        Part("goals", "Mål og ønsker", (JOINT,), TEXT, wall=True, exported=True),
        Part("words", "Hvad beboeren selv siger", (JOINT,), TEXT, wall=True, exported=True),
        Part("status", "Status", (HOME, TEAM), TEXT, wall=True, exported=True),
        Part("safety", "Tryghed og sikkerhed", (JOINT,), TEXT, wall=True, exported=True),
        Part("told", "Hvad vi siger til beboeren", (JOINT,), TEXT, discharge=True, wall=True, exported=True),
        Part("social", "Botilbuddets indsatser", (HOME,), COURSE, discharge=True, exported=True),
        Part("psychiatric", "Teamets indsatser", (TEAM,), COURSE, discharge=True, exported=True),
        Part("coordination", "Koordination med andre", (JOINT,), COURSE, discharge=True, exported=True),
        Part("signs", "Tidlige tegn", (HOME, TEAM), COURSE),
        Part("situation", "Hvor beboeren er, og besøg på afdelingen", (JOINT, HOME, TEAM), REST, exported=True),
        Part("partners", "Samarbejdspartnere", (JOINT,), REST),
        Part("topics", "Emner, der tages op senere", (JOINT,), REST),
        Part("own", "Kun egen side", (HOME, TEAM), TEXT, basis=False),
    )
}


def gives(side: str, part: Part) -> bool:
    """Whether the side's basis is what shares the part: its own, and for the home also what both write."""
    return part.basis and (side in part.sides or (side == HOME and JOINT in part.sides))


def optional(side: str) -> list[Part]:
    """What a side can choose to share or leave out, in the table's order."""
    return [part for part in PARTS.values() if gives(side, part) and not part.always]


def covered(side: str, kind: str, what: str) -> frozenset[str]:
    """The parts a basis covers. A word that is none of the table's covers nothing."""
    found = {part.key for part in PARTS.values() if gives(side, part)}
    if kind == BasisKind.DISCHARGE:
        found = {key for key in found if PARTS[key].discharge}
    elif what != EVERYTHING:
        found &= set(what.split())
    return frozenset(found | {part.key for part in PARTS.values() if part.always})


def in_words(side: str, kind: str, what: str) -> str:
    """'Alt på tavlen', or what the basis covers by name, beside the level that always follows."""
    if what == EVERYTHING and kind != BasisKind.DISCHARGE:
        return "Alt på tavlen"
    chosen = covered(side, kind, what)
    return "Niveau · " + " · ".join(part.title for part in optional(side) if part.key in chosen)


def stored(side: str, keys: Iterable[str]) -> str:
    """How a choice is written in a basis: the keys in the table's order; '' where none is the side's to give."""
    chosen = set(keys)
    offered = [part.key for part in optional(side)]
    return EVERYTHING if chosen >= set(offered) else " ".join(key for key in offered if key in chosen)
