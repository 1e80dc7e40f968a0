"""The text columns: how long a text stays fresh, where it stands, what an empty place says.

Whose each is, whether it needs a basis, may stand on the wall and leaves on paper is said by the part of the same key
in the one table of what crosses (residents.parts), which also holds what is no text: the lanes, the level, the signs.
"""

from dataclasses import dataclass

from boards.models import TRACK_SIDE, Track
from organisation.models import Side
from residents.parts import PARTS, Part
from residents.sharing import Sight


@dataclass(frozen=True)
class Column:
    """One column of texts. A text of `Side.JOINT` is both sides' to write and rests on the home's basis."""

    key: str
    title: str
    # Goals and agreed handling stay fresh longer than a status; the region says how long.
    slow: bool
    on_board: bool
    empty: str
    limit: int = 600

    @property
    def part(self) -> Part:
        return PARTS[self.key]

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.part.sides

    @property
    def private(self) -> bool:
        """A side's own, "Kun botilbuddet": no basis shares it, and no meeting, wall or minutes show it."""
        return not self.part.basis

    def heading(self, side: str) -> str:
        """What stands over a side's text."""
        return f"Kun {Side(side).label.lower()}" if self.private else self.title

    def invites(self, side: str) -> str:
        """What an empty place says."""
        if self.private:
            return f"Skriv det, som kun {Side(side).label.lower()} må se"
        return "Teamets status" if side == Side.TEAM else self.empty

    def seen_in(self, sight: Sight, side: str) -> bool:
        """Whether a side's text in the column is among what the sight lets through."""
        return sight.covers(side, self.key)


def lane_seen(sight: Sight, track: str) -> bool:
    """Whether the interventions of a track are among what the sight lets through."""
    return sight.covers(TRACK_SIDE[Track(track)], track)


def unseen(sight: Sight) -> list[str]:
    """What of the board the sight does not let through, by the name it has in a row: 'status-home', 'social'."""
    missing = [(side, part.key) for part in PARTS.values() if part.basis for side in part.sides]
    return [
        key if key in Track.values else f"{key}-{side}" for side, key in missing if not sight.covers(side, key)
    ]  # fmt: skip


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("goals", "Mål og ønsker", True, True, "Ikke spurgt endnu"),
        Column("status", "Status siden sidst", False, True, "Skriv status"),
        Column("safety", "Tryghed og sikkerhed", True, True, "Ikke oplyst", 300),
        Column("words", "Hvad siger beboeren selv?", False, False, "Spørg beboeren"),
        Column(
            "told",
            "Hvad siger vi til beboeren?",
            False,
            False,
            "Hvem siger hvad, og hvornår?",
        ),
        Column("own", "Kun egen side", True, False, ""),
    )
}


def text_seen(sight: Sight, column: str, side: str) -> bool:
    """Whether a side's text is let through; in a column that is there no more, where every text of the side is."""
    columns = [COLUMNS[column]] if column in COLUMNS else [each for each in COLUMNS.values() if not each.private]
    return all(each.seen_in(sight, side) for each in columns if side in each.sides)


# The board's columns in their order: key, heading, and the parts of a row that stand in it. A region may choose other
# headings (organisation.region).
BOARD: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("beboer", "Beboer", ("beboer",)),
    ("niveau", "Niveau og kriterier", ("niveau",)),
    ("goals", COLUMNS["goals"].title, ("goals-joint",)),
    ("status", COLUMNS["status"].title, ("status-home", "status-team")),
    ("social", "Botilbuddets indsatser", ("social",)),
    ("psychiatric", "Botilbudsteamets indsatser", ("psychiatric",)),
    ("coordination", "Koordination med andre", ("coordination",)),
    ("safety", COLUMNS["safety"].title, ("safety-joint",)),
)
