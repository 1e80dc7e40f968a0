"""The board as one audience sees it: a fixed number of queries, dataclasses for the templates."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from boards import rules
from boards.columns import COLUMNS
from boards.models import (
    TRACK_SIDE,
    AkutSeen,
    Cell,
    Episode,
    EpisodeCriterion,
    Intervention,
    LevelChange,
    Observation,
    State,
    Track,
)
from botilbud.lib import weeks
from botilbud.lib.text import danish_key, genitive
from botilbud.organisation.models import Home, Side, User
from criteria.models import Level
from residents.models import Situation
from residents.selectors import SeenStay, seen_stays
from residents.sharing import Audience

GROUPS = {
    "akut": "Akut",
    "subakut": "Subakut",
    "indlagt": "Indlagt",
    "opfoelgning": "Opfølgning efter 14 dage",
    "ikke-delt": "Ikke delt",
}


@dataclass(frozen=True)
class CellView:
    """One text as shown. `version` 0 means nobody wrote it yet."""

    stay: int
    column: str
    side: str
    title: str
    empty: str
    limit: int
    text: str = ""
    version: int = 0
    author: str = ""
    written_for: str = ""
    when: str = ""
    changed_on: date | None = None
    stale_days: int | None = None
    new: bool = False
    confirmed: str = ""

    @property
    def key(self) -> str:
        """'12-status-home': the fragment's and the draft's name."""
        return f"{self.stay}-{self.column}-{self.side}"

    @property
    def authors(self) -> str:
        """'Mettes', 'Jonas’'; 'den andens' where nobody's name stands."""
        return genitive(self.author) if self.author else "den andens"

    @property
    def age(self) -> str:
        return f"{weeks.days_label(self.stale_days)} gammel" if self.stale_days else ""


@dataclass(frozen=True)
class InterventionView:
    """One intervention as shown in a lane."""

    id: int
    stay: int
    track: str
    what: str
    day: str
    owner: str
    deputy: str
    with_whom: str
    joint: bool
    state: str
    state_label: str
    why: str
    moves: int
    overdue: bool
    missing_owner: bool
    missing_day: bool
    new: bool
    written_for: str
    author: str
    version: int
    due_on: date | None
    owner_id: int | None

    @property
    def settled(self) -> bool:
        return self.state != State.PLANNED


@dataclass(frozen=True)
class LevelView:
    """Why a resident is on the board, since when, and when to discuss again."""

    episode: int
    version: int
    level: str
    label: str
    since: date
    days: str
    opened_on: date
    criteria: list[str]
    exits: list[str]
    reason: str
    review_by: date | None
    review_label: str
    review_late: bool
    change: int | None
    seen_by: list[str]
    seen_ids: list[int]
    follow_up_on: date | None = None


@dataclass
class Row:
    """A resident's row."""

    stay: SeenStay
    group: str
    level: LevelView | None = None
    cells: dict[str, CellView] = field(default_factory=dict)
    lanes: dict[str, list[InterventionView]] = field(default_factory=dict)
    signs: list[Observation] = field(default_factory=list)

    @property
    def id(self) -> int:
        return self.stay.id

    @property
    def situation_label(self) -> str:
        """'' at home; else 'Indlagt siden 9.11.'."""
        if self.stay.situation == Situation.HOME:
            return ""
        label = Situation(self.stay.situation).label
        since = self.stay.situation_since
        return f"{label} siden {weeks.short_day(since)}" if since else label


@dataclass(frozen=True)
class Board:
    """All a board shows. `others` live here and are not on the board."""

    groups: list[tuple[str, str, list[Row]]]
    others: list[Row]
    counts: dict[str, int]

    @property
    def rows(self) -> list[Row]:
        return [row for _, _, rows in self.groups for row in rows]

    def row(self, stay: int) -> Row | None:
        """The row of a stay, on the board or not."""
        return next((row for row in [*self.rows, *self.others] if row.id == stay), None)


def board(home: Home, audience: Audience, today: date, only: int | None = None) -> Board:
    """The home's board on the day. Eleven queries, whatever the number of residents.

    With `only`, just that resident's row (for one cell or one spotlight).
    """
    stays = seen_stays(home, audience, today, only)
    ids = [stay.id for stay in stays if stay.sight.shared]
    cells = _cells(home, ids)
    episodes = _episodes(home, ids, today)
    lanes = _interventions(home, stays, ids, today)
    signs: dict[int, list[Observation]] = defaultdict(list)
    sight = {stay.id: stay.sight for stay in stays}
    for sign in (
        Observation.objects.for_home(home).filter(stay__in=ids, handled_on=None).select_related("by").order_by("at")
    ):
        if Side(sign.side) in sight[sign.stay_id].sides:
            signs[sign.stay_id].append(sign)

    grouped: dict[str, list[Row]] = {key: [] for key in GROUPS}
    others: list[Row] = []
    for stay in stays:
        level = episodes.get(stay.id)
        group = _group(stay, level)
        row = Row(stay, group, level)
        if stay.sight.shared:
            row.cells = _row_cells(stay, cells, today)
            row.lanes = lanes[stay.id]
            row.signs = signs[stay.id]
        grouped.get(group, others).append(row)
    for rows in grouped.values():
        rows.sort(key=_by_review)
    counts = {
        "akut": len(grouped["akut"]),
        "subakut": len(grouped["subakut"]),
        "indlagt": sum(1 for stay in stays if stay.sight.shared and stay.situation == Situation.ADMITTED),
        "alle": sum(1 for stay in stays if stay.sight.shared),
    }
    return Board([(key, title, grouped[key]) for key, title in GROUPS.items()], others, counts)


def one_row(home: Home, audience: Audience, today: date, stay_id: int) -> Row | None:
    """One resident's row, on the board or off; None where the audience must not know of the resident."""
    return board(home, audience, today, only=stay_id).row(stay_id)


def _by_review(row: Row) -> tuple[date, str]:
    day = (row.level.review_by or row.level.follow_up_on) if row.level else None
    return (day or date.max, danish_key(row.stay.name))


def _group(stay: SeenStay, level: LevelView | None) -> str:
    if not stay.sight.shared:
        return "ikke-delt"
    if level and level.level != Level.NONE:
        return level.level
    if stay.situation == Situation.ADMITTED:
        return "indlagt"
    if level:
        return "opfoelgning"
    return "andre"


def _cells(home: Home, ids: list[int]) -> dict[tuple[int, str, str], Cell]:
    rows = Cell.objects.for_home(home).filter(stay__in=ids).select_related("changed_by", "confirmed_by")
    return {(cell.stay_id, cell.column, cell.side): cell for cell in rows}


def _row_cells(stay: SeenStay, cells: dict[tuple[int, str, str], Cell], today: date) -> dict[str, CellView]:
    seen = {}
    for column in COLUMNS.values():
        for side in column.sides:
            if side in stay.sight.sides:
                cell = cells.get((stay.id, column.key, side))
                seen[f"{column.key}-{side}"] = cell_view(stay.id, column.key, side, cell, today)
    return seen


def cell_view(stay: int, column_key: str, side: str, cell: Cell | None, today: date) -> CellView:
    """A text as it is shown on the day, or the empty place for one."""
    column = COLUMNS[column_key]
    base: dict[str, Any] = {
        "stay": stay,
        "column": column.key,
        "side": side,
        "title": column.title,
        "empty": column.empty if side != Side.TEAM else "Teamets status",
        "limit": column.limit,
    }
    if cell is None:
        return CellView(**base)
    confirmed = cell.confirmed_at and cell.confirmed_by and cell.confirmed_at > cell.changed_at
    return CellView(
        **base,
        text=cell.text,
        version=cell.version,
        author=cell.changed_by.name,
        written_for={"home": "botilbuddet", "team": "teamet"}.get(cell.written_for, ""),
        when=weeks.when(cell.changed_at, today),
        changed_on=timezone.localtime(cell.changed_at).date(),
        stale_days=rules.is_stale(cell.changed_at, cell.confirmed_at, column.stale_days, today) if cell.text else None,
        new=bool(cell.text) and rules.is_new(cell.changed_at, today),
        confirmed=f"gælder stadig, {cell.confirmed_by.name} {weeks.when(cell.confirmed_at, today)}"
        if confirmed and cell.confirmed_by and cell.confirmed_at
        else "",
    )


def _episodes(home: Home, ids: list[int], today: date) -> dict[int, LevelView]:
    """The open episode of each stay, else the closed one that awaits its follow-up. Four queries."""
    waiting = Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None)
    episodes = list(Episode.objects.for_home(home).filter(waiting, stay__in=ids).order_by("opened_on", "pk"))
    keys = [episode.pk for episode in episodes]
    criteria: dict[int, list[EpisodeCriterion]] = defaultdict(list)
    current = Q(to_day=None) | Q(episode__closed_on__isnull=False, to_day__gte=today - timedelta(days=60))
    for link in (
        EpisodeCriterion.objects.for_home(home)
        .filter(current, episode__in=keys)
        .select_related("version")
        .order_by("version__criterion__order")
    ):
        criteria[link.episode_id].append(link)
    last: dict[int, LevelChange] = {}
    for change in LevelChange.objects.for_home(home).filter(episode__in=keys).order_by("at", "pk"):
        last[change.episode_id] = change
    seen: dict[int, list[User]] = defaultdict(list)
    for mark in AkutSeen.objects.for_home(home).filter(change__in=last.values()).select_related("user").order_by("at"):
        seen[mark.change_id].append(mark.user)
    views: dict[int, LevelView] = {}
    for episode in sorted(episodes, key=lambda e: e.closed_on is None):
        open_now = episode.closed_on is None
        latest = last.get(episode.pk)
        day = episode.review_by if open_now else episode.follow_up_on
        assert day is not None
        views[episode.stay_id] = LevelView(
            episode=episode.pk,
            version=episode.version,
            level=episode.level if open_now else Level.NONE,
            label=Level(episode.level).label if open_now else "Almindelig",
            since=episode.level_since if open_now else episode.closed_on or today,
            days=weeks.days_label(max(1, (today - episode.opened_on).days + 1)),
            opened_on=episode.opened_on,
            criteria=[_criterion_label(link) for link in criteria[episode.pk]],
            exits=[link.version.exit_question for link in criteria[episode.pk]],
            reason=latest.reason if latest else "",
            review_by=episode.review_by if open_now else None,
            review_label=_review_label(day, today),
            review_late=day < today,
            change=latest.pk if latest and latest.after == Level.AKUT else None,
            seen_by=[user.name for user in seen[latest.pk]] if latest else [],
            seen_ids=[user.pk for user in seen[latest.pk]] if latest else [],
            follow_up_on=None if open_now else episode.follow_up_on,
        )
    return views


def _criterion_label(link: EpisodeCriterion) -> str:
    return link.text or link.version.name


def _review_label(day: date, today: date) -> str:
    late = (today - day).days
    if late == 1:
        return "Skulle være drøftet i går"
    if late > 1:
        return f"Skulle være drøftet for {late} dage siden"
    if late == 0:
        return "Drøftes igen i dag"
    return f"Drøftes igen senest {weeks.due_label(day, today)}"


def _interventions(
    home: Home, stays: list[SeenStay], ids: list[int], today: date
) -> dict[int, dict[str, list[InterventionView]]]:
    """Each stay's lanes: what is planned, and what was settled within a week. One query."""
    sights = {stay.id: stay.sight.sides for stay in stays}
    found: dict[int, dict[str, list[InterventionView]]] = {
        stay.id: {track: [] for track in Track.values} for stay in stays
    }
    recent = Q(state=State.PLANNED) | Q(settled_on__gt=today - timedelta(days=7))
    rows = (
        Intervention.objects.for_home(home)
        .filter(recent, stay__in=ids)
        .exclude(state=State.DROPPED)
        .select_related("owner", "deputy", "created_by")
    )
    for row in sorted(rows, key=_by_day):
        side = TRACK_SIDE[Track(row.track)]
        if side not in sights[row.stay_id]:
            continue
        view = intervention_view(row, today)
        for lane in rules.lanes(row.track, row.joint):
            found[row.stay_id][lane].append(view)
    return found


def _by_day(row: Intervention) -> tuple[bool, date, bool, Any, int]:
    """Daily ones first, then by day and hour; those without a day last."""
    return (not row.daily, row.due_on or date.max, row.due_time is None, str(row.due_time), row.pk)


def intervention_view(row: Intervention, today: date) -> InterventionView:
    """An intervention as shown on the day."""
    state = rules.state_on(row.state, row.daily, row.settled_on, row.settled_why, today)
    planned = state == State.PLANNED
    day = "dagl." if row.daily else weeks.lane_day(row.due_on, today) if row.due_on else ""
    at = (
        f" kl. {row.due_time.hour}" + (f".{row.due_time.minute:02}" if row.due_time.minute else "")
        if row.due_time
        else ""
    )
    return InterventionView(
        id=row.pk,
        stay=row.stay_id,
        track=row.track,
        what=row.what + at,
        day=day,
        owner=row.owner.name if row.owner else "",
        deputy=row.deputy.name if row.deputy else "",
        with_whom=row.with_whom,
        joint=row.joint,
        state=state,
        state_label=state.label,
        why=row.settled_why if not planned else "",
        moves=row.moves,
        overdue=planned and not row.daily and row.due_on is not None and row.due_on < today,
        missing_owner=planned and row.owner_id is None,
        missing_day=planned and not row.daily and row.due_on is None,
        new=planned and rules.is_new(row.created_at, today),
        written_for={"home": "botilbuddet", "team": "teamet"}.get(row.written_for, ""),
        author=row.created_by.name,
        version=row.version,
        due_on=row.due_on,
        owner_id=row.owner_id,
    )
