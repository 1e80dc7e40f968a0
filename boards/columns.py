"""The text columns, one table: who writes, how long a text stays fresh, where it is shown.

Interventions and the level are not texts and stand in tables of their own.
"""

from dataclasses import dataclass

from django.conf import settings

from botilbud.organisation.models import Side


@dataclass(frozen=True)
class Column:
    """One column of texts. A text of `Side.JOINT` is both sides' to write and rests on the home's basis."""

    key: str
    title: str
    sides: tuple[Side, ...]
    stale_days: int
    on_board: bool
    on_wall: bool
    empty: str
    limit: int = 600


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        Column("goals", "Mål og ønsker", (Side.JOINT,), settings.STALE_DAYS_SLOW, True, False, "Ikke spurgt endnu"),
        Column(
            "status", "Status siden sidst", (Side.HOME, Side.TEAM), settings.STALE_DAYS, True, False, "Skriv status"
        ),
        Column(
            "safety", "Tryghed og sikkerhed", (Side.JOINT,), settings.STALE_DAYS_SLOW, True, False, "Ikke oplyst", 300
        ),
        Column(
            "words", "Hvad siger beboeren selv?", (Side.JOINT,), settings.STALE_DAYS, False, False, "Spørg beboeren"
        ),
        Column(
            "told",
            "Hvad siger vi til beboeren?",
            (Side.JOINT,),
            settings.STALE_DAYS,
            False,
            False,
            "Hvem siger hvad, og hvornår?",
        ),
    )
}
