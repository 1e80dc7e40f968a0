"""The one sharing policy. Every text that one organisation shows the other passes here.

A side's text reaches the other side only on a basis that side itself recorded and has not withdrawn. What the meeting
decides in common rests on the home's basis, since the home decides that the resident stands on a shared board.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from accounts.access import Access
from core.errors import Denied
from core.text import blank
from organisation.models import Side
from residents.models import BasisKind, Given, Giver
from residents.texts import PARTS, gives


class AudienceKind(StrEnum):
    HOME = "home"
    TEAM = "team"
    JOINT = "joint"
    WALL = "wall"


@dataclass(frozen=True)
class Audience:
    """Who is looking: one side's own staff, both at once (spotlight, joint minutes), or a wall."""

    kind: AudienceKind
    team_id: int | None = None

    @property
    def key(self) -> str:
        """A name for the audience within a home: 'home', 'team:2', 'joint:2'."""
        return self.kind if self.team_id is None else f"{self.kind}:{self.team_id}"


@dataclass(frozen=True)
class Sight:
    """What an audience sees of one stay: whose, and which part of the board (residents.texts)."""

    parts: frozenset[tuple[str, str]]
    free_text: bool = True
    full_name: bool = True

    @property
    def shared(self) -> bool:
        """False where the row shows only the flat and 'Ikke delt'."""
        return bool(self.parts)

    @property
    def sides(self) -> frozenset[Side]:
        """The sides of which the audience sees anything."""
        return frozenset(Side(side) for side, _ in self.parts)

    def covers(self, side: str, part: str) -> bool:
        """Whether the audience sees what the side has written or agreed in that part of the board."""
        return (side, part) in self.parts

    def sides_of(self, part: str) -> frozenset[Side]:
        """The sides whose words in the part the audience sees."""
        return frozenset(Side(side) for side, key in self.parts if key == part)


NOTHING = Sight(frozenset(), free_text=False, full_name=False)


def audience_of(access: Access) -> Audience:
    """The audience a person belongs to at their own screen."""
    if access.side == Side.HOME:
        return Audience(AudienceKind.HOME)
    assert access.team is not None
    return Audience(AudienceKind.TEAM, access.team.pk)


def sight(audience: Audience, *, teams: Collection[int], given: Mapping[Side, Collection[str]]) -> Sight | None:
    """What the audience sees of a stay. None: it does not learn that the stay exists.

    `teams` are the teams linked to the stay today, `given` the sides that have a basis in force and the parts of the
    board their bases cover together.
    """
    if audience.kind == AudienceKind.HOME:
        return Sight(_own(Side.HOME, Side.JOINT) | _given(Side.TEAM, given))
    if audience.team_id not in teams:
        return None
    if Side.HOME not in given:
        return NOTHING
    crosses = _given(Side.HOME, given)
    if audience.kind == AudienceKind.TEAM:
        return Sight(_own(Side.TEAM) | crosses)
    wall = audience.kind == AudienceKind.WALL
    return Sight(crosses | _given(Side.TEAM, given), free_text=not wall, full_name=not wall)


def _own(*sides: Side) -> frozenset[tuple[str, str]]:
    return frozenset((side, part.key) for part in PARTS.values() for side in part.sides if side in sides)


def own_home() -> Sight:
    """What a home sees of a stay nothing is shared on any more."""
    return Sight(_own(Side.HOME, Side.JOINT))


def own_team() -> Sight:
    """What a team keeps of its own where nothing is shared with it any more."""
    return Sight(_own(Side.TEAM))


def _given(side: Side, given: Mapping[Side, Collection[str]]) -> frozenset[tuple[str, str]]:
    """What the side's bases share: its own words, and for the home also what both write."""
    covered = given.get(side, ())
    ours = (Side.HOME, Side.JOINT) if side == Side.HOME else (side,)
    parts = [part for part in PARTS.values() if part.key in covered and gives(side, part)]
    return frozenset((whose, part.key) for part in parts for whose in part.sides if whose in ours)


NEED_MINUTES = 60
CONSENT_DAYS = 365
# These rest on somebody's consent, and so lapse a year after it was given.
CONSENTS = (BasisKind.CONSENT, BasisKind.SOCIAL)


def check_basis(
    kind: BasisKind, *, what: str, given_by: str, given_how: str, given_on: date, to_day: date | None, reason: str
) -> None:
    """Raises Denied, with the field, where a basis of the kind lacks what it asks for.

    A written consent is written; a consent is somebody's and lapses at most a year after it was given (domain § 7);
    "andet" says why. Something is shared; what a discharge agreement covers is not chosen.
    """
    if kind in CONSENTS:
        if given_by == Giver.LAW:
            raise Denied("Vælg, hvem der har givet samtykket.", "given_by")
        if kind == BasisKind.CONSENT and given_how != Given.WRITTEN:
            raise Denied("Her registreres kun skriftlige samtykker efter § 43.", "given_how")
        if to_day is not None and to_day > given_on + timedelta(days=CONSENT_DAYS):
            raise Denied("Et samtykke gælder højst et år fra den dag, det blev givet.", "to_day")
    if kind == BasisKind.OTHER and blank(reason):
        raise Denied("Skriv, hvad grundlaget er.", "reason")
    if not what and kind != BasisKind.DISCHARGE:
        raise Denied("Vælg mindst én ting, I deler.", "parts")


def basis_kinds(side: Side, *, leader: bool) -> list[BasisKind]:
    """The kinds a side can record; 'andet' is a leader's (domain § 8)."""
    kinds = [BasisKind.CONSENT if side == Side.TEAM else BasisKind.SOCIAL, BasisKind.DISCHARGE]
    return [*kinds, BasisKind.OTHER] if leader else kinds
