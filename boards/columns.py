"""The text columns, one table: who writes, how long a text stays fresh, where it is shown.

Interventions and the level are not texts and stand in tables of their own.
"""

from dataclasses import dataclass

from botilbud.organisation.models import Side


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
