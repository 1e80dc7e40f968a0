"""The board as one audience sees it: a fixed number of queries, dataclasses for the templates."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import QuerySet

from accounts.access import names_apart, staff_at
from boards.fragments import row_id
from boards.models import LastMet
from boards.selectors.cells import CellView, all_cells, cell_view, row_cells, some_cells, with_names
from boards.selectors.interventions import InterventionView, interventions
from boards.selectors.levels import LevelView, levels
from boards.selectors.names import tell_apart
from boards.selectors.signs import SignView, signs_of
from core import weeks
from core.prepared import prepared
from core.text import danish_key
from criteria import selectors as criteria_selectors
from criteria.models import Level
from organisation.models import Home, Side
from organisation.region import Rules, rules_of
from residents.models import Situation
from residents.selectors import VisibleStay, region_of, visible_stays
from residents.sharing import Audience

GROUPS = {
    "akut": "Akut",
    "subakut": "Subakut",
    "indlagt": "Indlagt",
    # Nobody is left out of sight because no level was chosen: what waits for an answer stands here until it has one.
    "udskrevet": "Netop udskrevet",
    "nye-tegn": "Nye tegn",
    "opfoelgning": "Opfølgning",
    "ikke-delt": "Ikke delt",
}

# Groups of those who wait for an answer: nobody has said that they go on the board.
ASKING = ("udskrevet", "nye-tegn")


@dataclass
class Row:
    """A resident's row."""

    stay: VisibleStay
    group: str
    level: LevelView | None = None
    cells: dict[str, CellView] = field(default_factory=dict)
    lanes: dict[str, list[InterventionView]] = field(default_factory=dict)
    signs: list[SignView] = field(default_factory=list)
    # The region's words, for the templates.
    rules: Rules = field(default_factory=Rules)

    @property
    def id(self) -> int:
        return self.stay.id

    @property
    def on_board(self) -> bool:
        """Whether the resident stands as akut or subakut."""
        return self.level is not None and self.level.level != Level.NONE

    @property
    def level_version(self) -> int:
        """The version of the level, 0 for a resident who is not on the board."""
        return self.level.version if self.level and self.on_board else 0

    @property
    def row_id(self) -> str:
        """Where the row stands on the board: 'r12'."""
        return row_id(self.stay.id)

    @property
    def people(self) -> frozenset[int]:
        """Who the row is 'mine' to: contact persons, their deputies, and owners of what is planned."""
        stay = self.stay
        own = {user.pk for user in [*stay.contacts.values(), *stay.deputies.values()]}
        planned = {item.owner_id for lane in self.lanes.values() for item in lane if not item.settled}
        return frozenset(own | {pk for pk in planned if pk})

    @property
    def contacts(self) -> str:
        """'Jonas · Amina': the contact persons, the home's first."""
        named = self.stay.contacts
        return " · ".join(named[side].name for side in (Side.HOME, Side.TEAM) if side in named)

    @property
    def situation_label(self) -> str:
        """'' at home; else 'Indlagt siden 9.11. · afsnit 4 · ventes hjem 20.11.'."""
        stay = self.stay
        if stay.situation == Situation.HOME:
            return ""
        label = Situation(stay.situation).label
        if stay.situation_since:
            label += f" siden {weeks.short_day(stay.situation_since)}"
        if stay.situation_place:
            label += f" · {stay.situation_place}"
        if stay.situation_until:
            word = "flytter" if stay.situation == Situation.MOVING else "ventes hjem"
            label += f" · {word} {weeks.short_day(stay.situation_until)}"
        return label


@dataclass(frozen=True)
class Board:
    """All a board shows. `others` live here and are not on the board."""

    groups: list[tuple[str, str, list[Row]]]
    others: list[Row]
    counts: dict[str, int]
    rules: Rules = field(default_factory=Rules)
    # What it was read with, for reading a part of it again: every row by name, the last meeting, names told apart.
    everyone: list[Row] = field(default_factory=list)
    met: datetime | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        return [row for _, _, rows in self.groups for row in rows]

    @property
    def all_rows(self) -> list[Row]:
        """Those on the board in its order, then the others."""
        return [*self.rows, *self.others]

    def row(self, stay: int) -> Row | None:
        """The row of a stay, on the board or not."""
        return next((row for row in self.everyone if row.id == stay), None)


def board(home: Home, audience: Audience, today: date, only: int | None = None, *, filled: bool = True) -> Board:
    """The home's board on the day. Nineteen queries, whatever the number of residents.

    With `only`, just that resident's row (for one cell or one spotlight). Without `filled`, the rows stand in their
    places but have neither texts nor interventions.
    """
    region_rules = rules_of(home, today)
    gone = criteria_selectors.retired(home, region_of(home, today), today)
    stays = visible_stays(home, audience, today, only)
    ids = [stay.id for stay in stays if stay.sight.shared]
    sights = {stay.id: stay.sight for stay in stays}
    staff = staff_at(home, today)
    names = names_apart([user for user, _ in staff.people.values()])
    for stay in stays:
        tell_apart(names, *stay.contacts.values(), *stay.deputies.values())
    met = _last_met.first(home.pk)
    episodes = levels(home, sights, ids, today, met, region_rules, gone)
    cells, lanes = {}, {}
    if filled:
        cells = {(cell.stay_id, cell.column, cell.side): cell for cell in with_names(all_cells(home.pk, ids), names)}
        lanes = interventions(home, sights, ids, today, met, names, staff)
    signs = signs_of(home, sights, ids, today)

    everyone = []
    for stay in stays:
        level = episodes.get(stay.id)
        own_signs = signs[stay.id] if stay.sight.shared else []
        row = Row(stay, _group(stay, level, own_signs), level, signs=own_signs, rules=region_rules)
        if stay.sight.shared and filled:
            row.cells = row_cells(stay, cells, today, met, region_rules)
            row.lanes = lanes[stay.id]
        everyone.append(row)
    return _arrange(Board([], [], {}, region_rules, everyone, met, names))


@prepared
def _last_met(home: int) -> QuerySet[LastMet, datetime]:
    return LastMet.objects.filter(home=home).values_list("at", flat=True)


def _arrange(read: Board) -> Board:
    """The board with its rows in their groups, and counted."""
    grouped: dict[str, list[Row]] = {key: [] for key in GROUPS}
    others: list[Row] = []
    for row in read.everyone:
        grouped.get(row.group, others).append(row)
    for rows in grouped.values():
        rows.sort(key=_by_review)
    shared = [row.stay for row in read.everyone if row.stay.sight.shared]
    counts = {
        "akut": len(grouped["akut"]),
        "subakut": len(grouped["subakut"]),
        "indlagt": sum(1 for stay in shared if stay.situation == Situation.ADMITTED),
        "alle": len(shared),
    }
    groups = [(key, title, grouped[key]) for key, title in group_titles(read.rules).items()]
    return replace(read, groups=groups, others=others, counts=counts)


def with_cells(read: Board, home: Home, today: date, pks: list[int]) -> tuple[Board, set[tuple[int, str]]]:
    """The board with these texts as they stand now, and which of them it shows: {(12, 'status-home')}. One query."""
    rows = {row.id: row for row in read.everyone}
    moved = set()
    for cell in with_names(some_cells(home.pk, pks), read.names):
        row, key = rows.get(cell.stay_id), f"{cell.column}-{cell.side}"
        if row is not None and key in row.cells:
            view = cell_view(cell.stay_id, cell.column, cell.side, cell, today, read.met, read.rules)
            rows[cell.stay_id] = replace(row, cells={**row.cells, key: view})
            moved.add((cell.stay_id, key))
    return _arrange(replace(read, everyone=list(rows.values()))), moved


def with_stay(read: Board, home: Home, audience: Audience, today: date, stay: int) -> Board | None:
    """The board with one resident's row read again; None where the resident has come or gone. Nineteen queries."""
    fresh, stood = one_row(home, audience, today, stay), read.row(stay)
    if fresh is None and stood is None:
        return read
    if fresh is None or stood is None or fresh.stay.label != stood.stay.label:
        return None
    return _arrange(replace(read, everyone=[fresh if row.id == stay else row for row in read.everyone]))


def group_titles(region_rules: Rules) -> dict[str, str]:
    """The headings of the board's groups in the region's own words."""
    own = {str(level): region_rules.level(level) for level in (Level.AKUT, Level.SUBAKUT)}
    return {**GROUPS, **own, "opfoelgning": f"Opfølgning efter {region_rules.follow_up}"}


def one_row(home: Home, audience: Audience, today: date, stay_id: int) -> Row | None:
    """One resident's row, on the board or off; None where the audience must not know of the resident."""
    return board(home, audience, today, only=stay_id).row(stay_id)


def _by_review(row: Row) -> tuple[date, str]:
    day = (row.level.review_by or row.level.follow_up_on) if row.level else None
    return (day or date.max, danish_key(row.stay.name))


def _group(stay: VisibleStay, level: LevelView | None, signs: list[SignView]) -> str:
    if not stay.sight.shared:
        return "ikke-delt"
    if level and level.level != Level.NONE:
        return level.level
    if stay.situation == Situation.ADMITTED:
        return "indlagt"
    if stay.discharge_open:
        return "udskrevet"
    if level:
        return "opfoelgning"
    return "nye-tegn" if signs else "andre"
