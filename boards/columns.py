"""The text columns, one table: who writes, who reads, how long a text stays fresh, where it is shown.

Interventions and the level are not texts and stand in tables of their own.
"""

from dataclasses import dataclass

from botilbud.organisation.models import Side
from residents.sharing import Sight


@dataclass(frozen=True)
class Column:
    """One column of texts. A text of `Side.JOINT` is both sides' to write and rests on the home's basis."""

    key: str
    title: str
    sides: tuple[Side, ...]
    # Goals and agreed handling stay fresh longer than a status; the region says how long.
    slow: bool
    on_board: bool
    on_wall: bool
    empty: str
    limit: int = 600
    # "Kun botilbuddet" / "Kun teamet": a side's own, which no basis shares and no meeting, wall or minutes show.
    private: bool = False

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
        return side in self.sides and side in sight.sides and (not self.private or side == sight.own)


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("goals", "Mål og ønsker", (Side.JOINT,), True, True, False, "Ikke spurgt endnu"),
        Column("status", "Status siden sidst", (Side.HOME, Side.TEAM), False, True, False, "Skriv status"),
        Column("safety", "Tryghed og sikkerhed", (Side.JOINT,), True, True, False, "Ikke oplyst", 300),
        Column("words", "Hvad siger beboeren selv?", (Side.JOINT,), False, False, False, "Spørg beboeren"),
        Column(
            "told",
            "Hvad siger vi til beboeren?",
            (Side.JOINT,),
            False,
            False,
            False,
            "Hvem siger hvad, og hvornår?",
        ),
        Column("own", "Kun egen side", (Side.HOME, Side.TEAM), True, False, False, "", private=True),
    )
}

# The board's columns in their order: key, heading, and the parts of a row that stand in it. A region may choose other
# headings (botilbud.organisation.region).
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
