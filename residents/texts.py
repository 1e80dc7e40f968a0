"""What stands about a resident and can cross to the other side: one table, and what a basis covers of it.

A line says everything about a part: its heading, whose it is, where it is shown, how wide and how long it may be, which
kinds of basis share it, whether the wall may show it and how long it is kept. To add a text, add a line here and
nothing else (docs/how-to.md). Every place that shows something to another side asks `residents.sharing.Sight`, which
uses these keys.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from organisation.models import Side
from organisation.region import Rules
from residents.models import BasisKind


class Place(StrEnum):
    """Where a part is shown. What each side's account of a stay holds is `Part.export`."""

    BOARD = "board"
    # The resident the meeting talks about, large.
    SPOTLIGHT = "spotlight"
    RESIDENT = "resident"
    # The minutes, their PDF, and what changed between two meetings.
    MINUTES = "minutes"
    BOARD_THEN = "board-then"
    MY_WEEK = "my-week"


class Width(StrEnum):
    """How wide a column of the board is. static/css/board.css says what each is in per cent."""

    SMALL = "small"
    NAME = "name"
    SHORT = "short"
    MIDDLE = "middle"
    LEVEL = "level"
    LANE = "lane"
    LONG = "long"


HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
AT_MEETINGS = (Place.SPOTLIGHT, Place.MINUTES)
ON_BOARD = (Place.BOARD, Place.BOARD_THEN, *AT_MEETINGS)
# A discharge agreement or coordination plan (psykiatriloven § 13 c) covers what its kind says, and nothing is chosen.
EVERY = frozenset(BasisKind) - {BasisKind.HEALTH}
CHOSEN = EVERY - {BasisKind.DISCHARGE}


@dataclass(frozen=True)
class Part:
    """One line of the table. What is `Side.JOINT` is both sides' to write and rests on the home's basis."""

    key: str
    # What stands over it. A region may choose another heading for a column of the board (organisation.region).
    title: str
    sides: tuple[Side, ...]
    places: tuple[Place, ...] = field(kw_only=True)
    # How long it is kept: a key of the retention settings.
    kept: str = field(kw_only=True)
    # What it is called where the two sides agree on what may be shared; '' where that is its heading.
    in_basis: str = field(default="", kw_only=True)
    # The kinds of basis that can share it. None at all: a side's own.
    bases: frozenset[BasisKind] = field(default=CHOSEN, kw_only=True)
    # Follows from sharing anything at all, and cannot be left out.
    always: bool = field(default=False, kw_only=True)
    # Whether its words may be shown on the wall screen, and stand in the account a resident is given (insight).
    wall: bool = field(default=False, kw_only=True)
    export: bool = field(default=True, kw_only=True)
    width: Width = field(default=Width.MIDDLE, kw_only=True)
    # The board's columns stand in the table's order. A greater number moves a column to the right of the others.
    column: int = field(default=0, kw_only=True)

    @property
    def private(self) -> bool:
        """A side's own, "Kun botilbuddet": no basis shares it, and no meeting, wall or minutes show it."""
        return not self.bases

    @property
    def shared_as(self) -> str:
        """What it is called where it is agreed what may be shared."""
        return self.in_basis or self.title

    def heading(self, side: str) -> str:
        """What stands over what a side has written, unless the region chose a heading."""
        return f"Kun {Side(side).label.lower()}" if self.private else self.title

    def heading_in(self, rules: Rules, side: str = JOINT) -> str:
        """What stands over what a side has written, in the region's words."""
        return rules.title(self.key, self.heading(side))


@dataclass(frozen=True)
class TextPart(Part):
    """A text people write: one for each of its sides, at most `limit` letters long."""

    # What an empty place says, and what the team's says where that is another.
    empty: str = field(kw_only=True)
    empty_team: str = field(default="", kw_only=True)
    # Goals and agreed handling stay fresh longer than a status; the region says how long.
    slow: bool = field(default=False, kw_only=True)
    limit: int = field(default=600, kw_only=True)
    kept: str = field(default="cell_history", kw_only=True)
    # What it is called on the resident's own sheet, 'Min uge'.
    own_words: str = field(default="", kw_only=True)

    def invites(self, side: str) -> str:
        """What an empty place says."""
        if self.private:
            return f"Skriv det, som kun {Side(side).label.lower()} må se"
        return self.empty_team or self.empty if side == TEAM else self.empty


@dataclass(frozen=True)
class LanePart(Part):
    """A lane of interventions. `brief` says in a word who acts: among the choices, and where they are counted."""

    brief: str = field(kw_only=True)
    width: Width = field(default=Width.LANE, kw_only=True)
    kept: str = field(default="episodes", kw_only=True)


PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part(
            "level", "Niveau og kriterier", (JOINT,), in_basis="Niveau, og hvornår vi drøfter det",
            places=ON_BOARD, width=Width.LEVEL, bases=EVERY, always=True, wall=True, kept="episodes",
        ),
        Part("grounds", "Kriterier og begrundelser", (JOINT, HOME, TEAM), places=ON_BOARD, kept="episodes"),
        TextPart(
            "goals", "Mål og ønsker", (JOINT,), empty="Ikke spurgt endnu", slow=True,
            places=(*ON_BOARD, Place.MY_WEEK), own_words="Mine mål og ønsker", width=Width.SHORT, wall=True,
        ),
        TextPart(
            "words", "Hvad siger beboeren selv?", (JOINT,), in_basis="Hvad beboeren selv siger",
            empty="Spørg beboeren", places=(*AT_MEETINGS, Place.RESIDENT), wall=True,
        ),
        TextPart(
            "status", "Status siden sidst", (HOME, TEAM), in_basis="Status",
            empty="Skriv status", empty_team="Teamets status", places=ON_BOARD, width=Width.LONG, wall=True,
        ),
        TextPart(
            "safety", "Tryghed og sikkerhed", (JOINT,), empty="Ikke oplyst", slow=True, limit=300,
            places=(Place.BOARD, Place.BOARD_THEN, Place.MINUTES), width=Width.SMALL, column=1, wall=True,
        ),
        TextPart(
            "acute", "Hvad er akut for denne beboer?", (JOINT,), in_basis="Hvad der er akut for beboeren",
            empty="Skriv, hvad I skal holde øje med, og hvad I gør", slow=True, limit=300,
            places=(Place.SPOTLIGHT, Place.RESIDENT),
        ),
        TextPart(
            "told", "Hvad siger vi til beboeren?", (JOINT,), in_basis="Hvad vi siger til beboeren",
            empty="Hvem siger hvad, og hvornår?", places=AT_MEETINGS, bases=EVERY, wall=True,
        ),
        LanePart(
            "social", "Botilbuddets indsatser", (HOME,), brief="Botilbuddet",
            places=(*ON_BOARD, Place.MY_WEEK), bases=EVERY,
        ),
        LanePart(
            "psychiatric", "Botilbudsteamets indsatser", (TEAM,), in_basis="Teamets indsatser", brief="Teamet",
            places=(*ON_BOARD, Place.MY_WEEK), bases=EVERY,
        ),
        LanePart(
            "coordination", "Koordination med andre", (JOINT,), brief="Andre",
            places=(*ON_BOARD, Place.MY_WEEK), width=Width.MIDDLE, bases=EVERY,
        ),
        Part("signs", "Tidlige tegn", (HOME, TEAM), places=(Place.BOARD, Place.SPOTLIGHT), kept="episodes"),
        Part(
            "situation", "Hvor beboeren er, og besøg på afdelingen", (JOINT, HOME, TEAM),
            places=(Place.BOARD, Place.SPOTLIGHT, Place.RESIDENT, Place.BOARD_THEN), kept="left",
        ),
        Part("partners", "Samarbejdspartnere", (JOINT,), places=(Place.RESIDENT, Place.SPOTLIGHT), kept="left"),
        Part("topics", "Emner, der tages op senere", (JOINT,), places=(Place.SPOTLIGHT,), kept="left"),
        TextPart(
            "own", "Kun egen side", (HOME, TEAM), empty="", slow=True, places=(Place.RESIDENT,), bases=frozenset(),
        ),
    )
}  # fmt: skip


class _Columns(Mapping[str, TextPart]):
    """The table's texts as they are now, those of the board first."""

    def __getitem__(self, key: str) -> TextPart:
        part = PARTS[key]
        if not isinstance(part, TextPart):
            raise KeyError(key)
        return part

    def __iter__(self) -> Iterator[str]:
        texts = [part for part in PARTS.values() if isinstance(part, TextPart)]
        return iter([part.key for part in sorted(texts, key=lambda part: Place.BOARD not in part.places)])

    def __len__(self) -> int:
        return sum(isinstance(part, TextPart) for part in PARTS.values())


# The columns of texts, by key.
COLUMNS: Mapping[str, TextPart] = _Columns()


def lane(key: str) -> LanePart:
    """A lane of the table. Raises TypeError for anything else."""
    part = PARTS[key]
    if not isinstance(part, LanePart):
        raise TypeError(key)
    return part


def gives(side: str, part: Part) -> bool:
    """Whether a basis of this side shares the part: its own parts, and for the home also what both write."""
    return not part.private and (side in part.sides or (side == HOME and JOINT in part.sides))


def optional(side: str) -> list[Part]:
    """What a side can choose to share or leave out, in the table's order."""
    return [part for part in PARTS.values() if gives(side, part) and not part.always]


def covered(side: str, kind: str, what: str) -> frozenset[str]:
    """The parts a basis covers: the ones it was given for, as far as they are the side's and its kind can share them.

    A line added to the table later is not covered. A key that is not in the table covers nothing.
    """
    given = [PARTS[key] for key in what.split() if key in PARTS]
    return frozenset(part.key for part in given if gives(side, part) and kind in part.bases)


def in_words(side: str, kind: str, what: str) -> str:
    """'Alt på tavlen', or what the basis covers by name, beside the level that always follows."""
    chosen = covered(side, kind, what)
    if kind != BasisKind.DISCHARGE and chosen >= {part.key for part in optional(side)}:
        return "Alt på tavlen"
    return "Niveau · " + " · ".join(part.shared_as for part in optional(side) if part.key in chosen)


def stored(side: str, keys: Iterable[str]) -> str:
    """How a choice is written in a basis: the keys and what always follows; '' where none is the side's to give."""
    chosen = {part.key for part in optional(side)} & set(keys)
    given = [part.key for part in PARTS.values() if gives(side, part) and (part.always or part.key in chosen)]
    return " ".join(given) if chosen else ""


def everything(side: str) -> str:
    """All a side can share as the table stands now, as a basis keeps it."""
    return stored(side, [part.key for part in optional(side)])


def agreed_at_discharge(side: str) -> str:
    """What a discharge agreement or coordination plan covers of a side's, as a basis keeps it."""
    return stored(side, [part.key for part in optional(side) if BasisKind.DISCHARGE in part.bases])
