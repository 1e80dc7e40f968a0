"""Insight: all that one side keeps of one stay, as its controller hands it to the resident.

There are two controllers, the home's organisation and the team's region, and each answers for its own. So a side's
account holds its own texts and, where the sharing policy lets it see them now, what the two decided in common; the
other side's texts are never in it. `tests/privacy/test_insight.py` fails for a table of a stay that is neither read
here nor named in LEFT_OUT.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.access import Access
from boards.columns import lane_seen, text_seen
from boards.models import (
    AkutReview,
    AkutSeen,
    Cell,
    CellRevision,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LevelChange,
    Observation,
    Outcome,
    SignSeen,
    State,
    Track,
    UnagreedSeen,
)
from meetings import minutes as papers
from meetings.models import (
    AgendaItem,
    Attendance,
    CarryOver,
    JournalNote,
    Meeting,
    Minutes,
    MinutesSection,
    ParkedTopic,
    WallScreen,
)
from organisation.models import Home, Side, Team, User
from organisation.region import Rules, rules_of
from privacy.selectors import called, changed, looked
from residents.models import Admission, Contact, Partner, SharingBasis, Stay, TeamLink, Visit
from residents.selectors import seen_stays
from residents.sharing import OWN_HOME, OWN_TEAM, Sight, audience_of
from residents.texts import COLUMNS, in_words

FORMAT = "botilbud-indsigt-1"

# What hangs on a stay by its keys and is not about the one resident.
LEFT_OUT: tuple[tuple[type[Model], str], ...] = (
    (Meeting, "the meeting itself; what it was to the resident is the agenda item and the section of the minutes"),
    (Attendance, "who was at a meeting: about staff and guests"),
    (Minutes, "the head of the minutes: about the meeting; the resident's sections are read"),
    (WallScreen, "a screen on a wall: about no resident"),
)


@dataclass(frozen=True)
class Reach:
    """A stay of which a leader may hand out their side's account, and what is in it: own, and what is joint."""

    stay: Stay
    sight: Sight

    @property
    def joint(self) -> bool:
        """Whether what was decided in common is in it, and so the name and the situation."""
        return Side.JOINT in self.sight.sides

    @property
    def label(self) -> str:
        """'Rune · bolig 4', or the flat alone where the name is not shared."""
        return f"{self.stay.resident.name} · bolig {self.stay.flat}" if self.joint else f"bolig {self.stay.flat}"


def reaches(access: Access, today: date, only: int | None = None) -> list[Reach]:
    """The stays of which the person's side keeps something: all of the home's, or those the team was linked to.

    A team's own texts stay its own when sharing is withdrawn or the stay has ended; what is joint is then the home's
    to hand out. One query for a home, five for a team.
    """
    stays = Stay.objects.for_home(access.home).select_related("resident", "moved_to").order_by("flat", "pk")
    if only is not None:
        stays = stays.filter(pk=only)
    if access.team is None:
        return [Reach(stay, OWN_HOME) for stay in stays]
    linked = TeamLink.objects.for_home(access.home).filter(team=access.team).values("stay")
    seen = {
        one.id: Sight(frozenset(part for part in one.sight.parts if part[0] != Side.HOME))
        for one in seen_stays(access.home, audience_of(access), today, only)
        if one.sight.shared
    }
    return [Reach(stay, seen.get(stay.pk, OWN_TEAM)) for stay in stays.filter(pk__in=linked)]


def reach(access: Access, stay: int, today: date) -> Reach:
    """One of them. Raises LookupError for any other."""
    found = reaches(access, today, only=stay)
    if not found:
        raise LookupError("stay")
    return found[0]


@dataclass(frozen=True)
class Whom:
    """Whom it is about. Only the flat, where the other side does not share the rest."""

    flat: str
    name: str = ""
    from_day: date | None = None
    to_day: date | None = None
    end: str = ""
    moved_to: str = ""
    situation: str = ""
    situation_since: date | None = None
    situation_place: str = ""
    situation_until: date | None = None
    discharge_to_be_answered: bool = False
    last_discussed: date | None = None


@dataclass(frozen=True)
class Linked:
    """A team that treats or treated the resident."""

    team: str
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class ContactPerson:
    """The side's contact person, and who stands in."""

    person: str
    deputy: str


@dataclass(frozen=True)
class Basis:
    """A yes to sharing that the side recorded."""

    kind: str
    what: str
    covers: str
    reason: str
    given_by: str
    given_how: str
    given_on: date
    from_day: date
    to_day: date | None
    open_until: datetime | None
    withdrawn_at: datetime | None
    recorded_by: str


@dataclass(frozen=True)
class Version:
    """What a text said once. Without words where it was written on the wrong resident."""

    version: int
    at: datetime
    by: str
    text: str
    takes_back: int | None
    wrong_resident: bool


@dataclass(frozen=True)
class Text:
    """One text of the board as it stands, and all it has said."""

    column: str
    title: str
    side: str
    text: str
    changed_at: datetime
    changed_by: str
    written_for: str
    confirmed_at: datetime | None
    confirmed_by: str
    history: list[Version]


@dataclass(frozen=True)
class Met:
    """A criterion the resident met."""

    name: str
    text: str
    deadline: date | None
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class Review:
    """A review of an akut between meetings."""

    at: datetime
    people: list[str]
    outcome: str
    note: str
    by: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class TimeOnBoard:
    """From going on the board to coming off."""

    number: int
    level: str
    level_since: date
    opened_on: date
    closed_on: date | None
    review_by: date
    reviewed_on: date | None
    follow_up_on: date | None
    followed_up_on: date | None
    follow_on_by: str
    criteria: list[Met]
    reviews: list[Review]


@dataclass(frozen=True)
class Change:
    """A change of level. `reason` is '' where the other side wrote it; `episode` is the number of the time."""

    episode: int
    at: datetime
    before: str
    after: str
    reason: str
    criteria_before: list[str]
    told: str
    crisis_plan_seen: bool
    by: str
    side: str
    takes_back: bool
    seen_by: list[str]


@dataclass(frozen=True)
class Event:
    """What happened to an intervention; `said` is how it was worded until then."""

    kind: str
    at: datetime
    by: str
    why: str
    from_day: date | None
    to_day: date | None
    said: str
    takes_back: bool


@dataclass(frozen=True)
class Effort:
    """One intervention. `carried` are the days of the meetings it was still open after."""

    track: str
    joint: bool
    to_be_told: bool
    what: str
    with_whom: str
    unagreed: str
    unagreed_seen_by: list[str]
    owner: str
    deputy: str
    due_on: date | None
    due_time: time | None
    daily: bool
    state: str
    settled_on: date | None
    settled_why: str
    moves: int
    created_at: datetime
    created_by: str
    written_for: str
    events: list[Event]
    carried: list[date]


@dataclass(frozen=True)
class Sign:
    """An early sign the side noted."""

    at: datetime
    by: str
    text: str
    urgency: str
    handled_on: date | None
    outcome: str
    handled_by: str
    seen_by: list[str]


@dataclass(frozen=True)
class Visited:
    """A visit on the ward, told by the side."""

    on: date
    by: str
    text: str
    admission_from: date | None


@dataclass(frozen=True)
class InHospital:
    """A stay in hospital."""

    place: str
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class OtherParty:
    """Somebody outside the two teams."""

    name: str
    kind: str
    without_resident: str
    agreed_how: str
    agreed_on: date | None
    recorded_by: str
    recorded_on: date
    ended_on: date | None


@dataclass(frozen=True)
class Item:
    """The resident on a meeting's agenda."""

    meeting: date
    kind: str
    state: str
    seconds: int
    decision: str


@dataclass(frozen=True)
class Said:
    """What the minutes of a meeting say of the resident."""

    meeting: date
    edition: int
    locked_at: datetime
    audience: str
    situation: str
    contact: str
    level: str
    criteria: list[str]
    decision: str
    review: str
    reached: bool
    texts: list[dict[str, str]]
    interventions: list[dict[str, str]]


@dataclass(frozen=True)
class Topic:
    """'Tages op senere'."""

    text: str
    by: str
    at: datetime
    settled_on: date | None


@dataclass(frozen=True)
class Recorded:
    """The side noted that a meeting's agreements stand in its own record."""

    meeting: date
    by: str
    at: datetime


@dataclass(frozen=True)
class Seen:
    """Who looked on a day."""

    day: date
    who: str
    where: str
    screens: list[str]


@dataclass(frozen=True)
class Did:
    """Who changed something."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True)
class Insight:
    """The whole account. The names of the fields are the keys of the file others read: they do not change."""

    format: str
    made_at: datetime
    controller: str
    side: str
    unit: str
    home: str
    notes: list[str]
    resident: Whom
    teams: list[Linked]
    contacts: list[ContactPerson]
    bases: list[Basis]
    texts: list[Text]
    episodes: list[TimeOnBoard]
    levels: list[Change]
    interventions: list[Effort]
    signs: list[Sign]
    admissions: list[InHospital]
    visits: list[Visited]
    partners: list[OtherParty]
    agenda: list[Item]
    minutes: list[Said]
    topics: list[Topic]
    journal: list[Recorded]
    looks: list[Seen]
    changes: list[Did]


class _Rows:
    """The rows of one stay at a home."""

    def __init__(self, home: Home, stay: int) -> None:
        self.home, self.stay = home, stay

    def of(self, model: Any, way: str = "stay", **where: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.for_home(self.home).filter(**{way: self.stay}, **where)
        return found


def gather(access: Access, found: Reach, today: date, now: datetime) -> Insight:
    """The account of the person's side. A fixed number of queries (at most 50), however much is kept."""
    rows, settled = _Rows(access.home, found.stay.pk), rules_of(access.home, today)
    teams = list(rows.of(TeamLink).select_related("team__organisation").order_by("from_day", "pk"))
    unit: Home | Team = access.team or access.home
    numbers = _numbers(rows) if found.joint else {}
    wrong: list[str] = []
    return Insight(
        format=FORMAT,
        made_at=now,
        controller=unit.organisation.name,
        side=access.side,
        unit=unit.name,
        home=access.home.name,
        resident=_whom(found),
        teams=[Linked(link.team.name, link.from_day, link.to_day) for link in teams],
        contacts=_contacts(rows, access.side),
        bases=_bases(rows, access.side),
        texts=_texts(rows, found.sight, settled, wrong),
        episodes=_episodes(rows, found.sight, settled, numbers) if found.joint else [],
        levels=_levels(rows, found, settled, numbers),
        interventions=_efforts(rows, found.sight, wrong),
        signs=_signs(rows, access.side, wrong),
        admissions=_admissions(rows) if found.sight.covers(Side.JOINT, "situation") else [],
        visits=_visits(rows, found, access.side),
        partners=_partners(rows) if found.sight.covers(Side.JOINT, "partners") else [],
        agenda=_agenda(rows) if found.joint else [],
        minutes=_minutes(rows, found, access.side, wrong),
        topics=_topics(rows) if found.sight.covers(Side.JOINT, "topics") else [],
        journal=_journal(rows, access.side),
        looks=[
            Seen(one.day, one.who, one.unit, one.screens)
            for one in looked(access.home, found.stay.pk, today)
            if found.joint or one.unit == unit.name
        ],
        changes=[Did(one.at, one.who, one.sentence) for one in changed(access.home, found.stay.pk, found.sight, today)],
        notes=_notes(access, found, [link.team for link in teams], bool(wrong)),
    )


def _notes(access: Access, found: Reach, teams: list[Team], wrong: bool) -> list[str]:
    """What a reader should know of what is not here."""
    said = []
    if access.team is None:
        other = sorted({team.organisation.name for team in teams})
        said += [f"Teamets egne tekster er ikke med. De udleveres af {name}." for name in other]
    else:
        owner = access.home.organisation.name
        said.append(f"Botilbuddets egne tekster er ikke med. De udleveres af {owner}.")
        if not found.joint:
            said.append(
                "Navnet, og det de to sider har skrevet og besluttet sammen, er heller ikke med, fordi det ikke deles "
                f"med teamet nu. Det udleveres også af {owner}."
            )
    if wrong:
        said.append("Det, der er skrevet på en forkert beboer, handler om en anden og er ikke med.")
    said.append("Af hvert referat er den nyeste udgave med. Kladder, der ikke er gemt på tavlen, er ikke med.")
    said.append("Listerne over, hvem der har set og ændret noget, går et år tilbage.")
    return said


def _name(user: User | None) -> str:
    return called(user, user.pk) if user else ""


def _side_name(written_for: str) -> str:
    return {"home": "botilbuddet", "team": "teamet"}.get(written_for, "")


def _whom(found: Reach) -> Whom:
    stay = found.stay
    if not found.joint:
        return Whom(stay.flat)
    where = found.sight.covers(Side.JOINT, "situation")
    return Whom(
        flat=stay.flat,
        name=stay.resident.name,
        from_day=stay.from_day,
        to_day=stay.to_day,
        end=stay.get_end_display() if stay.end else "",
        moved_to=stay.moved_to.name if stay.moved_to else "",
        situation=stay.get_situation_display(),
        situation_since=stay.situation_since,
        situation_place=stay.situation_place if where else "",
        situation_until=stay.situation_until if where else None,
        discharge_to_be_answered=stay.discharge_open,
        last_discussed=stay.last_discussed,
    )


def _contacts(rows: _Rows, side: Side) -> list[ContactPerson]:
    found = rows.of(Contact, side=side).select_related("person", "deputy")
    return [ContactPerson(_name(one.person), _name(one.deputy)) for one in found]


def _bases(rows: _Rows, side: Side) -> list[Basis]:
    return [
        Basis(
            kind=one.get_kind_display(),
            what=in_words(one.from_side, one.kind, one.what),
            covers=one.covers,
            reason=one.reason,
            given_by=one.get_given_by_display(),
            given_how=one.get_given_how_display() if one.given_how else "",
            given_on=one.given_on,
            from_day=one.from_day,
            to_day=one.to_day,
            open_until=one.open_until,
            withdrawn_at=one.withdrawn_at,
            recorded_by=_name(one.recorded_by),
        )
        for one in rows.of(SharingBasis, from_side=side).select_related("recorded_by").order_by("from_day", "pk")
    ]


def _texts(rows: _Rows, sight: Sight, settled: Rules, wrong: list[str]) -> list[Text]:
    order = {key: place for place, key in enumerate(COLUMNS)}
    kept = rows.of(Cell, side__in=sight.sides).select_related("changed_by", "confirmed_by")
    cells = [cell for cell in kept if text_seen(sight, cell.column, cell.side)]
    cells.sort(key=lambda cell: (order.get(cell.column, len(order)), cell.side))
    history: dict[int, list[Version]] = defaultdict(list)
    said = rows.of(CellRevision, "cell__stay", cell__in=[cell.pk for cell in cells]).select_related("by")
    said = said.order_by("cell", "version")
    for one in said:
        misfiled = one.misfiled_at is not None
        words = "" if misfiled else one.text
        history[one.cell_id].append(Version(one.version, one.at, _name(one.by), words, one.undoes, misfiled))
        wrong += ["text"] * misfiled
    return [
        Text(
            column=cell.column,
            title=_title(cell, settled),
            side=cell.side,
            text=cell.text,
            changed_at=cell.changed_at,
            changed_by=_name(cell.changed_by),
            written_for=_side_name(cell.written_for),
            confirmed_at=cell.confirmed_at,
            confirmed_by=_name(cell.confirmed_by),
            history=history[cell.pk],
        )
        for cell in cells
    ]


def _title(cell: Cell, settled: Rules) -> str:
    column = COLUMNS.get(cell.column)
    # A text in a column that is there no more is kept all the same.
    return settled.title(cell.column, column.heading(cell.side)) if column else cell.column


def _numbers(rows: _Rows) -> dict[int, int]:
    """{episode: the number of the time}, in the order they began."""
    found = rows.of(Episode).order_by("opened_on", "pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(found, start=1)}


def _episodes(rows: _Rows, sight: Sight, settled: Rules, numbers: dict[int, int]) -> list[TimeOnBoard]:
    why = sight.covers(Side.JOINT, "grounds")
    met: dict[int, list[Met]] = defaultdict(list)
    criteria = rows.of(EpisodeCriterion, "episode__stay").select_related("version").order_by("from_day", "pk")
    for link in criteria:
        met[link.episode_id].append(Met(link.version.name, link.text, link.deadline, link.from_day, link.to_day))
    reviews: dict[int, list[Review]] = defaultdict(list)
    for one in rows.of(AkutReview, "episode__stay").select_related("home_person", "team_person", "by").order_by("at"):
        people = [_name(person) for person in (one.home_person, one.team_person) if person]
        reviews[one.episode_id].append(
            Review(one.at, people, one.get_outcome_display(), one.note, _name(one.by), one.confirmed_at)
        )
    return [
        TimeOnBoard(
            number=numbers[one.pk],
            level=settled.level(one.level),
            level_since=one.level_since,
            opened_on=one.opened_on,
            closed_on=one.closed_on,
            review_by=one.review_by,
            reviewed_on=one.reviewed_on,
            follow_up_on=one.follow_up_on,
            followed_up_on=one.followed_up_on,
            follow_on_by=_name(one.follow_on_by),
            criteria=met[one.pk] if why else [],
            reviews=reviews[one.pk] if why else [],
        )
        for one in rows.of(Episode).select_related("follow_on_by").order_by("opened_on", "pk")
    ]


def _levels(rows: _Rows, found: Reach, settled: Rules, numbers: dict[int, int]) -> list[Change]:
    """That the level was changed is joint; why is the side's that wrote it."""
    changes = rows.of(LevelChange, "episode__stay").select_related("by").order_by("at", "pk")
    if not found.joint:
        changes = changes.filter(side__in=found.sight.sides)
    seen: dict[int, list[str]] = defaultdict(list)
    if found.joint:
        for mark in rows.of(AkutSeen, "change__episode__stay").select_related("user").order_by("at", "pk"):
            seen[mark.change_id].append(_name(mark.user))
    return [
        Change(
            episode=numbers.get(one.episode_id, 0),
            at=one.at,
            before=settled.level(one.before),
            after=settled.level(one.after),
            reason=one.reason if found.sight.covers(one.side, "grounds") else "",
            criteria_before=_criteria_before(one) if found.sight.covers(Side.JOINT, "grounds") else [],
            told=one.get_told_display(),
            crisis_plan_seen=one.crisis_plan_seen,
            by=_name(one.by),
            side=one.side,
            takes_back=one.undoes_id is not None,
            seen_by=seen[one.pk],
        )
        for one in changes
    ]


def _criteria_before(change: LevelChange) -> list[str]:
    """The own words of criteria, as they stood before the change."""
    return [str(criterion[1]) for criterion in (change.stood or {}).get("criteria", []) if criterion[1]]


def _efforts(rows: _Rows, sight: Sight, wrong: list[str]) -> list[Effort]:
    tracks = [track for track in Track if lane_seen(sight, track)]
    events: dict[int, list[Event]] = defaultdict(list)
    told = rows.of(InterventionEvent, "intervention__stay", intervention__track__in=tracks).select_related("by")
    for one in told.order_by("at", "pk"):
        events[one.intervention_id].append(
            Event(
                kind=EVENTS.get(one.kind, one.kind),
                at=one.at,
                by=_name(one.by),
                why=one.why,
                from_day=one.from_day,
                to_day=one.to_day,
                said=_said(one),
                takes_back=one.undoes_id is not None,
            )
        )
    carried: dict[int, list[date]] = defaultdict(list)
    over = rows.of(CarryOver, "intervention__stay", intervention__track__in=tracks)
    for pk, day in over.order_by("meeting__date", "pk").values_list("intervention_id", "meeting__date"):
        carried[pk].append(day)
    leaders: dict[int, list[str]] = defaultdict(list)
    for mark in rows.of(UnagreedSeen, "intervention__stay", intervention__track__in=tracks).select_related("user"):
        leaders[mark.intervention_id].append(_name(mark.user))
    found = []
    people = ("owner", "deputy", "created_by")
    for row in rows.of(Intervention, track__in=tracks).select_related(*people).order_by("created_at", "pk"):
        if row.state == State.MISFILED:
            wrong.append("intervention")
            continue
        found.append(
            Effort(
                track=Track(row.track).label,
                joint=row.joint,
                to_be_told=row.tells,
                what=row.what,
                with_whom=row.with_whom,
                unagreed=row.unagreed,
                unagreed_seen_by=leaders[row.pk],
                owner=_name(row.owner),
                deputy=_name(row.deputy),
                due_on=row.due_on,
                due_time=row.due_time,
                daily=row.daily,
                state=State(row.state).label,
                settled_on=row.settled_on,
                settled_why=row.settled_why,
                moves=row.moves,
                created_at=row.created_at,
                created_by=_name(row.created_by),
                written_for=_side_name(row.written_for),
                events=events[row.pk],
                carried=carried[row.pk],
            )
        )
    return found


EVENTS: dict[str, str] = {
    "added": "Aftalt",
    "changed": "Rettet",
    "moved": "Flyttet",
    "handed": "Overtaget af en anden",
    "reopened": "Planlagt igen",
    "undone": "Fortrudt",
    **{str(state): str(state.label) for state in State},
}


def _said(event: InterventionEvent) -> str:
    """How the intervention was worded until the event: 'Går en tur · med søsteren · regn'."""
    stood = event.stood or {}
    return " · ".join(str(stood[name]) for name in ("what", "with_whom", "settled_why") if stood.get(name))


def _signs(rows: _Rows, side: Side, wrong: list[str]) -> list[Sign]:
    seen: dict[int, list[str]] = defaultdict(list)
    for mark in rows.of(SignSeen, "sign__stay", sign__side=side).select_related("user").order_by("at", "pk"):
        seen[mark.sign_id].append(_name(mark.user))
    found = []
    for one in rows.of(Observation, side=side).select_related("by", "handled_by").order_by("at", "pk"):
        if one.outcome == Outcome.MISFILED:
            wrong.append("sign")
            continue
        outcome = Outcome(one.outcome).label if one.outcome else ""
        found.append(
            Sign(
                at=one.at,
                by=_name(one.by),
                text=one.text,
                urgency=one.get_urgency_display(),
                handled_on=one.handled_on,
                outcome=outcome,
                handled_by=_name(one.handled_by),
                seen_by=seen[one.pk],
            )
        )
    return found


def _admissions(rows: _Rows) -> list[InHospital]:
    return [InHospital(one.place, one.from_day, one.to_day) for one in rows.of(Admission).order_by("from_day", "pk")]


def _visits(rows: _Rows, found: Reach, side: Side) -> list[Visited]:
    there = found.sight.covers(Side.JOINT, "situation")
    made = rows.of(Visit, "admission__stay", side=side).select_related("by", "admission").order_by("on", "pk")
    return [Visited(one.on, _name(one.by), one.text, one.admission.from_day if there else None) for one in made]


def _agenda(rows: _Rows) -> list[Item]:
    about = Q(stay=rows.stay) | Q(topic__stay=rows.stay)
    items = AgendaItem.objects.for_home(rows.home).filter(about).select_related("meeting")
    return [
        Item(one.meeting.date, one.get_kind_display(), one.get_state_display(), one.seconds, one.decision)
        for one in items.order_by("meeting__date", "meeting__number", "order")
    ]


def _minutes(rows: _Rows, found: Reach, side: Side, wrong: list[str]) -> list[Said]:
    """The last edition the resident stands in, of each meeting and audience; only these sides' words of it."""
    audiences = [str(side), *([str(Side.JOINT)] if found.joint else [])]
    said = rows.of(MinutesSection, audience__in=audiences).select_related("minutes__meeting")
    last: dict[tuple[int, str], MinutesSection] = {}
    for section in said.order_by("minutes__meeting__date", "minutes__meeting__number", "minutes__edition", "pk"):
        last[section.minutes.meeting_id, section.audience] = section
    misfiled = papers.misfiled(rows.home, [section.content for section in last.values()])
    made = []
    for section in last.values():
        content = papers.lesser(section.content, found.sight)
        texts = [one for one in content["texts"] if papers.readable(one, found.sight)]
        kept = [one for one in texts if (one.get("cell"), one.get("version")) not in misfiled.texts]
        agreed = [one for one in content["interventions"] if lane_seen(found.sight, one["track"])]
        done = [one for one in agreed if one.get("id") not in misfiled.interventions]
        wrong += ["minutes"] * (len(texts) - len(kept) + len(agreed) - len(done))
        joint = found.joint
        made.append(
            Said(
                meeting=section.minutes.meeting.date,
                edition=section.minutes.edition,
                locked_at=section.minutes.at,
                audience=papers.AUDIENCES[section.audience],
                situation=content.get("situation", "") if joint else "",
                contact=content.get("contacts", {}).get(side, ""),
                level=content["level_label"] if joint else "",
                criteria=list(content["criteria"]) if joint else [],
                decision=content["decision"] if joint else "",
                review=content["review"] if joint else "",
                reached=content["reached"],
                texts=[{key: one[key] or "" for key in ("title", "text", "author", "when")} for one in kept],
                interventions=[
                    {key: one[key] or "" for key in ("day", "what", "owner", "with_whom", "state")} for one in done
                ],
            )
        )
    return made


def _partners(rows: _Rows) -> list[OtherParty]:
    return [
        OtherParty(
            name=one.name,
            kind=one.get_kind_display(),
            without_resident=one.get_without_resident_display(),
            agreed_how=one.get_agreed_how_display() if one.agreed_how else "",
            agreed_on=one.agreed_on,
            recorded_by=_name(one.recorded_by),
            recorded_on=one.recorded_on,
            ended_on=one.ended_on,
        )
        for one in rows.of(Partner).select_related("recorded_by").order_by("pk")
    ]


def _topics(rows: _Rows) -> list[Topic]:
    found = rows.of(ParkedTopic).select_related("by").order_by("at", "pk")
    return [Topic(one.text, _name(one.by), one.at, one.settled_on) for one in found]


def _journal(rows: _Rows, side: Side) -> list[Recorded]:
    found = rows.of(JournalNote, side=side).select_related("by", "meeting").order_by("at", "pk")
    return [Recorded(one.meeting.date, _name(one.by), one.at) for one in found]
