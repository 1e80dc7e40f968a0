"""Prints docs/sharing.md: every part of the board, and who reads it on which basis, as the policy itself answers."""

from typing import Any

from django.core.management.base import BaseCommand

from organisation.models import Side
from residents.models import BasisKind
from residents.sharing import Audience, AudienceKind, sight
from residents.texts import PARTS, Part, agreed_at_discharge, covered, everything

HOME, TEAM = Side.HOME, Side.TEAM
KINDS = {
    HOME: {"S": BasisKind.SOCIAL, "U": BasisKind.DISCHARGE, "A": BasisKind.OTHER, "N": BasisKind.NEED},
    TEAM: {"S": BasisKind.CONSENT, "U": BasisKind.DISCHARGE, "A": BasisKind.OTHER, "N": BasisKind.NEED},
}
NAMES = {HOME: "botilbuddet", TEAM: "teamet"}
WRITERS = {Side.HOME: "botilbuddet", Side.TEAM: "teamet", Side.JOINT: "begge"}
TOP = """# Hvem læser hvad

Skrevet af programmet selv (`manage.py sharing_table > docs/sharing.md`); en test sammenligner. En række for hver del
af tavlen og hver, der skriver i den. Politikken bag står i `residents/sharing.py`, delene i `residents/texts.py`.

**S** er samtykke: fra botilbuddet »{social}«, fra teamet »{consent}«. **U** er »{discharge}«. **A** er »Andet«, som
kun en leder kan vælge. **N** er »{need}«. Et bogstav siger, at et sådant grundlag kan åbne delen. Ved S og A vælges
delene én for én. Ved U og N kan intet vælges til eller fra.

Teamet ser kun de beboere, det behandler, og uden et grundlag fra botilbuddet kun boligens nummer. »Sammen« er den,
mødet taler om, og det fælles referat. Væggen viser en tekst i 20 sekunder, når mødelederen vælger det.

| Del | Skrevet af | Botilbuddet læser | Teamet læser | Sammen | På væggen |
|---|---|---|---|---|---|
"""


def table() -> str:
    """The whole document."""
    head = TOP.format(
        social=BasisKind.SOCIAL.label,
        consent=BasisKind.CONSENT.label,
        discharge=BasisKind.DISCHARGE.label,
        need=BasisKind.NEED.label,
    )
    return head + "".join(_row(part, Side(writer)) for part in PARTS.values() for writer in part.sides)


def _row(part: Part, writer: Side) -> str:
    title = part.heading(writer) if part.private else part.shared_as
    readers = [_reads(part, writer, kind) for kind in (AudienceKind.HOME, AudienceKind.TEAM, AudienceKind.JOINT)]
    wall = "kan vises" if part.wall else "nej"
    return f"| {' | '.join([title, WRITERS[writer], *readers, wall])} |\n"


def _reads(part: Part, writer: Side, kind: AudienceKind) -> str:
    """'altid', 'aldrig', or which basis of which side opens it."""
    audience = Audience(kind, None if kind == AudienceKind.HOME else 1)

    def sees(given: dict[Side, frozenset[str]]) -> bool:
        found = sight(audience, teams=[1], given=given)
        return found is not None and found.covers(writer, part.key)

    def letters(side: Side, beside: dict[Side, frozenset[str]]) -> str:
        return " ".join(letter for letter, kind in KINDS[side].items() if sees({side: _all(side, kind), **beside}))

    # The least a home can share.
    least = {HOME: frozenset(one.key for one in PARTS.values() if one.always)}
    if sees({}):
        return "altid"
    if sees(least):
        return "når botilbuddet deler"
    for side, name in NAMES.items():
        if opening := letters(side, {}):
            return f"{opening} fra {name}"
    opening = letters(TEAM, least)
    return f"{opening} fra teamet, når botilbuddet deler" if opening else "aldrig"


def _all(side: Side, kind: BasisKind) -> frozenset[str]:
    what = agreed_at_discharge(side) if kind == BasisKind.DISCHARGE else everything(side)
    return covered(side, kind, what)


class Command(BaseCommand):
    help = "Skriver tabellen over, hvem der læser hvad på hvilket grundlag."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(table(), ending="")
