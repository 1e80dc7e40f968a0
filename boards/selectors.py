"""The board as one audience sees it: a fixed number of queries, dataclasses for the templates."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import names_apart
from boards import rules
from boards.columns import COLUMNS, lane_seen
from boards.models import (
    AkutReview,
    AkutSeen,
    Cell,
    Episode,
    EpisodeCriterion,
    Intervention,
    LastMet,
    LevelChange,
    Observation,
    SignSeen,
    State,
    Track,
)
from core import weeks
from core.prepared import prepared
from core.text import danish_key, genitive, listing
from criteria import selectors as criteria_selectors
from criteria.models import Level
from organisation.models import Home, Side, TeamHome, User
from organisation.region import Rules, rules_of
from residents.models import Situation, Stay, StayEnd
from residents.selectors import SeenStay, no_later_stay, region_of, seen_stays
from residents.sharing import Audience, Sight

GROUPS = {
    "akut": "Akut",
    "subakut": "Subakut",
    "indlagt": "Indlagt",
    "opfoelgning": "Opfølgning",
    "ikke-delt": "Ikke delt",
}
# How an intervention that is something to say to the resident begins in a lane.
TELLS = "Sig til beboeren: "


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
    tells: bool = False
    # With somebody the resident has not agreed to.
    unagreed: bool = False

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
    # How many times on the board this calendar year, this one counted.
    times: int = 1
    # Changed since the last meeting.
    new: bool = False
    # 'Ned fra akut i går kl. 22.10 af Sally', while it can still be disagreed with.
    lowered: str = ""
    review: "ReviewView | None" = None
    # False where why the resident is on the board is not shared: then neither criteria nor reasons are here.
    grounds: bool = True

    @property
    def again(self) -> str:
        """'3. gang i år'; '' the first time."""
        return f"{self.times}. gang i år" if self.times > 1 else ""


@dataclass(frozen=True)
class ReviewView:
    """The last review of an akut between meetings."""

    id: int
    words: str
    note: str
    confirmed: bool


@dataclass(frozen=True)
class SignView:
    """An open early sign, and who has seen it."""

    id: int
    text: str
    author: str
    when: str
    side: str
    urgency: str
    seen_by: list[str]
    seen_ids: list[int]


@dataclass
class Row:
    """A resident's row."""

    stay: SeenStay
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
    def people(self) -> frozenset[int]:
        """Who the row is 'mine' to: contact persons, their deputies, and owners of what is planned."""
        stay = self.stay
        own = {user.pk for user in [*stay.contacts.values(), *stay.deputies.values()]}
        planned = {item.owner_id for lane in self.lanes.values() for item in lane if not item.settled}
        return frozenset(own | {pk for pk in planned if pk})

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

    def row(self, stay: int) -> Row | None:
        """The row of a stay, on the board or not."""
        return next((row for row in self.everyone if row.id == stay), None)


def board(home: Home, audience: Audience, today: date, only: int | None = None, *, filled: bool = True) -> Board:
    """The home's board on the day. Nineteen queries, whatever the number of residents.

    With `only`, just that resident's row (for one cell or one spotlight). Not `filled`, the rows stand where they do,
    with neither texts nor interventions.
    """
    settled = rules_of(home, today)
    gone = criteria_selectors.retired(home, region_of(home, today), today)
    stays = seen_stays(home, audience, today, only)
    ids = [stay.id for stay in stays if stay.sight.shared]
    sights = {stay.id: stay.sight for stay in stays}
    names = names_apart(home, today)
    for stay in stays:
        _tell_apart(names, *stay.contacts.values(), *stay.deputies.values())
    met = _last_met.first(home.pk)
    episodes = _episodes(home, sights, ids, today, met, settled, gone)
    cells, lanes = {}, {}
    if filled:
        cells = {(cell.stay_id, cell.column, cell.side): cell for cell in _told_apart(_all_cells(home.pk, ids), names)}
        lanes = _interventions(home, sights, ids, today, met, names)
    signs = _signs(home, sights, ids, today)

    everyone = []
    for stay in stays:
        level = episodes.get(stay.id)
        row = Row(stay, _group(stay, level), level, rules=settled)
        if stay.sight.shared:
            row.signs = signs[stay.id]
        if stay.sight.shared and filled:
            row.cells = _row_cells(stay, cells, today, met, settled)
            row.lanes = lanes[stay.id]
        everyone.append(row)
    return _arrange(Board([], [], {}, settled, everyone, met, names))


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
    for cell in _told_apart(_some_cells(home.pk, pks), read.names):
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


def other_texts(home: Home, audience: Audience, today: date) -> list[EpisodeCriterion]:
    """What 'Andet' was used for, newest first, of the residents the audience sees today. Six queries at most."""
    stays = [
        stay.id
        for stay in seen_stays(home, audience, today)
        if stay.sight.covers(Side.JOINT, "grounds") and stay.sight.free_text
    ]
    links = EpisodeCriterion.objects.for_home(home).filter(version__criterion__needs_text=True, episode__stay__in=stays)
    return list(links.exclude(text="").select_related("version", "episode").order_by("-from_day", "-pk")[:40])


def group_titles(settled: Rules) -> dict[str, str]:
    """The headings of the board's groups in the region's own words."""
    own = {str(level): settled.level(level) for level in (Level.AKUT, Level.SUBAKUT)}
    return {**GROUPS, **own, "opfoelgning": f"Opfølgning efter {settled.follow_up}"}


def moves_open(home: Home) -> dict[int, str]:
    """The former stays that ended with a move and whose resident nobody has taken in since: {stay id: the home moved
    to, '' for none}. One query."""
    rows = Stay.objects.for_home(home).filter(no_later_stay(), end__in=[StayEnd.MOVED, StayEnd.OTHER_HOME])
    return {pk: name or "" for pk, name in rows.values_list("pk", "moved_to__name")}


def moved_stay(home: Home, stay_id: int) -> Stay:
    """A former stay that ended with a move. Raises LookupError for any other."""
    rows = Stay.objects.for_home(home).filter(pk=stay_id, end__in=[StayEnd.MOVED, StayEnd.OTHER_HOME])
    found: Stay | None = rows.select_related("resident").first()
    if found is None:
        raise LookupError("move")
    return found


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


def hours(link: TeamHome) -> str:
    """'hverdage kl. 8–16, her tirsdag og torsdag'."""
    team = link.team
    days = listing([weeks.DAYS[day] for day in link.weekdays])
    return f"hverdage kl. {_hour(team.opens)}–{_hour(team.closes)}" + (f", her {days}" if days else "")


def _hour(at: time) -> str:
    return f"{at.hour}.{at.minute:02}" if at.minute else str(at.hour)


def _signs(home: Home, sights: dict[int, Sight], ids: list[int], today: date) -> dict[int, list[SignView]]:
    """Each stay's open early signs with their read receipts. Two queries."""
    rows = _open_signs(home.pk, ids)
    shown = [sign for sign in rows if sights[sign.stay_id].covers(sign.side, "signs")]
    seen: dict[int, list[User]] = defaultdict(list)
    for mark in _signs_seen(home.pk, [sign.pk for sign in shown]):
        seen[mark.sign_id].append(mark.user)
    found: dict[int, list[SignView]] = defaultdict(list)
    for sign in shown:
        found[sign.stay_id].append(
            SignView(
                id=sign.pk,
                text=sign.text,
                author=sign.by.name,
                when=weeks.when(sign.at, today),
                side=sign.side,
                urgency=sign.urgency,
                seen_by=[user.name for user in seen[sign.pk]],
                seen_ids=[user.pk for user in seen[sign.pk]],
            )
        )
    return found


@prepared
def _open_signs(home: int, stays: list[int]) -> QuerySet[Observation]:
    found: QuerySet[Observation] = Observation.objects.for_home(home).filter(stay__pk__in=stays, handled_on=None)
    return found.select_related("by").order_by("at")


@prepared
def _signs_seen(home: int, signs: list[int]) -> QuerySet[SignSeen]:
    found: QuerySet[SignSeen] = SignSeen.objects.for_home(home).filter(sign__pk__in=signs)
    return found.select_related("user").order_by("at")


def _tell_apart(names: dict[int, str], *people: User | None) -> None:
    """Gives those who share a name the one they are told apart by, in what is about to be shown."""
    for user in people:
        if user is not None and user.pk in names:
            user.name = names[user.pk]


def _cells_of(home: int) -> QuerySet[Cell]:
    return Cell.objects.for_home(home).select_related("changed_by", "confirmed_by")


@prepared
def _all_cells(home: int, stays: list[int]) -> QuerySet[Cell]:
    return _cells_of(home).filter(stay__pk__in=stays)


@prepared
def _some_cells(home: int, pks: list[int]) -> QuerySet[Cell]:
    return _cells_of(home).filter(pk__in=pks)


def _told_apart(cells: Iterable[Cell], names: dict[int, str]) -> list[Cell]:
    found = list(cells)
    for cell in found:
        _tell_apart(names, cell.changed_by, cell.confirmed_by)
    return found


def _row_cells(
    stay: SeenStay,
    cells: dict[tuple[int, str, str], Cell],
    today: date,
    met: datetime | None,
    settled: Rules,
) -> dict[str, CellView]:
    seen = {}
    for column in COLUMNS.values():
        for side in column.sides:
            if column.seen_in(stay.sight, side):
                cell = cells.get((stay.id, column.key, side))
                seen[f"{column.key}-{side}"] = cell_view(stay.id, column.key, side, cell, today, met, settled)
    return seen


def cell_view(
    stay: int, column_key: str, side: str, cell: Cell | None, today: date, met: datetime | None, settled: Rules
) -> CellView:
    """A text as it is shown on the day, or the empty place for one."""
    column = COLUMNS[column_key]
    fresh_for = settled.stale_days_slow if column.slow else settled.stale_days
    base: dict[str, Any] = {
        "stay": stay,
        "column": column.key,
        "side": side,
        "title": settled.title(column.key, column.heading(side)),
        "empty": column.invites(side),
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
        stale_days=rules.is_stale(cell.changed_at, cell.confirmed_at, fresh_for, today) if cell.text else None,
        new=bool(cell.text) and rules.is_new(cell.changed_at, today, met),
        confirmed=f"gælder stadig, {cell.confirmed_by.name} {weeks.when(cell.confirmed_at, today)}"
        if confirmed and cell.confirmed_by and cell.confirmed_at
        else "",
    )


def _episodes(
    home: Home,
    sights: dict[int, Sight],
    ids: list[int],
    today: date,
    met: datetime | None,
    settled: Rules,
    gone: set[int],
) -> dict[int, LevelView]:
    """The open episode of each stay, else the closed one that awaits its follow-up. Four queries."""
    this_year = _episodes_of(home.pk, ids, date(today.year, 1, 1), date(today.year, 12, 31))
    times: dict[int, int] = defaultdict(int)
    for episode in this_year:
        # One that was taken back on its first day was a mistake and counts for nobody.
        if episode.opened_on.year == today.year and not (episode.closed_on and episode.follow_up_on is None):
            times[episode.stay_id] += 1
    episodes = [e for e in this_year if e.closed_on is None or (e.follow_up_on and e.followed_up_on is None)]
    keys = [episode.pk for episode in episodes]
    reviews = {review.episode_id: review for review in _reviews(home.pk, keys)}
    criteria: dict[int, list[EpisodeCriterion]] = defaultdict(list)
    for link in _grounds(home.pk, keys, today - timedelta(days=60)):
        criteria[link.episode_id].append(link)
    # A change of grounds alone is no move: who has seen the raise still has.
    moved: dict[int, LevelChange] = {}
    last: dict[int, LevelChange] = {}
    for change in _level_changes(home.pk, keys):
        last[change.episode_id] = change
        if change.before != change.after:
            moved[change.episode_id] = change
    seen: dict[int, list[User]] = defaultdict(list)
    for mark in _akut_seen(home.pk, [change.pk for change in moved.values()]):
        seen[mark.change_id].append(mark.user)
    views: dict[int, LevelView] = {}
    for episode in sorted(episodes, key=lambda e: e.closed_on is None):
        open_now = episode.closed_on is None
        latest, move = last.get(episode.pk), moved.get(episode.pk)
        day = episode.review_by if open_now else episode.follow_up_on
        assert day is not None
        sight = sights[episode.stay_id]
        grounds = sight.covers(Side.JOINT, "grounds")
        review = _review(reviews.get(episode.pk), latest, today)
        views[episode.stay_id] = LevelView(
            episode=episode.pk,
            version=episode.version,
            level=episode.level if open_now else Level.NONE,
            label=settled.level(episode.level if open_now else Level.NONE),
            since=episode.level_since if open_now else episode.closed_on or today,
            days=weeks.days_label(max(1, (today - episode.opened_on).days + 1)),
            opened_on=episode.opened_on,
            criteria=[_criterion_label(link, gone) for link in criteria[episode.pk]] if grounds else [],
            exits=[link.version.exit_question for link in criteria[episode.pk]] if grounds else [],
            reason=latest.reason if latest and sight.covers(latest.side, "grounds") else "",
            review_by=episode.review_by if open_now else None,
            review_label=_review_label(day, today),
            review_late=day < today,
            change=move.pk if move and _went_up(move) else None,
            seen_by=[user.name for user in seen[move.pk]] if move else [],
            seen_ids=[user.pk for user in seen[move.pk]] if move else [],
            follow_up_on=None if open_now else episode.follow_up_on,
            times=max(1, times[episode.stay_id]),
            new=bool(latest and met and latest.at > met),
            lowered=_lowered(move, today) if move else "",
            review=review if grounds or review is None else replace(review, note=""),
            grounds=grounds,
        )
    return views


@prepared
def _episodes_of(home: int, stays: list[int], first: date, last: date) -> QuerySet[Episode]:
    found: QuerySet[Episode] = Episode.objects.for_home(home).filter(stay__pk__in=stays)
    return found.filter(_waiting() | Q(opened_on__gte=first, opened_on__lte=last)).order_by("opened_on", "pk")


@prepared
def _reviews(home: int, episodes: list[int]) -> QuerySet[AkutReview]:
    found: QuerySet[AkutReview] = AkutReview.objects.for_home(home).filter(episode__pk__in=episodes)
    return found.select_related("home_person", "team_person").order_by("at")


@prepared
def _grounds(home: int, episodes: list[int], since: date) -> QuerySet[EpisodeCriterion]:
    found: QuerySet[EpisodeCriterion] = EpisodeCriterion.objects.for_home(home).filter(episode__pk__in=episodes)
    current = Q(to_day=None) | Q(episode__closed_on__isnull=False, to_day__gte=since)
    return found.filter(current).select_related("version").order_by("version__criterion__order")


@prepared
def _level_changes(home: int, episodes: list[int]) -> QuerySet[LevelChange]:
    found: QuerySet[LevelChange] = LevelChange.objects.for_home(home).filter(episode__pk__in=episodes)
    return found.select_related("by").order_by("at", "pk")


@prepared
def _akut_seen(home: int, changes: list[int]) -> QuerySet[AkutSeen]:
    found: QuerySet[AkutSeen] = AkutSeen.objects.for_home(home).filter(change__pk__in=changes)
    return found.select_related("user").order_by("at")


def _waiting() -> Q:
    return Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None)


def _went_up(change: LevelChange) -> bool:
    return rules.RANK[Level(change.after)] > rules.RANK[Level(change.before)]


def _lowered(change: LevelChange, today: date) -> str:
    """Who took akut off, and when; told for a week, so that the other side can disagree."""
    if change.before != Level.AKUT or change.after == Level.AKUT or change.undoes_id:
        return ""
    if (today - timezone.localtime(change.at).date()).days > 7:
        return ""
    return f"Akut taget af {weeks.when(change.at, today)} af {change.by.name}"


def _review(review: AkutReview | None, latest: LevelChange | None, today: date) -> ReviewView | None:
    """The last review, unless the level was changed after it for another reason."""
    if review is None or (latest is not None and latest.at > review.at):
        return None
    people = [review.home_person.name, *([review.team_person.name] if review.team_person else [])]
    words = f"Gennemgået {weeks.when(review.at, today)} af {listing(people)}: {review.get_outcome_display().lower()}"
    return ReviewView(review.pk, words, review.note, review.confirmed_at is not None)


def _criterion_label(link: EpisodeCriterion, gone: set[int]) -> str:
    """The criterion in the wording the resident got it in, its deadline, and whether it can no longer be chosen."""
    label = link.text or link.version.name
    if link.deadline:
        label += f", {weeks.short_day(link.deadline)}{link.deadline.year}"
    return f"{label} (udgået)" if link.version.criterion_id in gone else label


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
    home: Home, sights: dict[int, Sight], ids: list[int], today: date, met: datetime | None, names: dict[int, str]
) -> dict[int, dict[str, list[InterventionView]]]:
    """Each stay's lanes: what is planned, and what was settled within a week. One query."""
    found: dict[int, dict[str, list[InterventionView]]] = {
        stay: {track: [] for track in Track.values} for stay in sights
    }
    for row in sorted(_shown(home.pk, ids, today - timedelta(days=7)), key=_by_day):
        _tell_apart(names, row.owner, row.deputy, row.created_by)
        if not lane_seen(sights[row.stay_id], row.track):
            continue
        view = intervention_view(row, today, met)
        for lane in rules.lanes(row.track, row.joint):
            found[row.stay_id][lane].append(view)
    return found


@prepared
def _shown(home: int, stays: list[int], since: date) -> QuerySet[Intervention]:
    recent = Q(state=State.PLANNED) | Q(settled_on__gt=since)
    found: QuerySet[Intervention] = Intervention.objects.for_home(home).filter(recent, stay__pk__in=stays)
    gone = [State.DROPPED, State.MISFILED]
    return found.exclude(state__in=gone).select_related("owner", "deputy", "created_by")


def _by_day(row: Intervention) -> tuple[bool, date, bool, Any, int]:
    """Daily ones first, then by day and hour; those without a day last."""
    return (not row.daily, row.due_on or date.max, row.due_time is None, str(row.due_time), row.pk)


def intervention_view(row: Intervention, today: date, met: datetime | None = None) -> InterventionView:
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
        what=(TELLS if row.tells else "") + row.what + at,
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
        new=planned and rules.is_new(row.created_at, today, met),
        written_for={"home": "botilbuddet", "team": "teamet"}.get(row.written_for, ""),
        author=row.created_by.name,
        version=row.version,
        due_on=row.due_on,
        owner_id=row.owner_id,
        tells=row.tells,
        unagreed=bool(row.unagreed),
    )
