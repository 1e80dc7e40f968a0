"""The interventions, what happened to each, and the early signs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time

from boards.columns import lane_visible
from boards.models import (
    EarlySign,
    Intervention,
    InterventionEvent,
    Outcome,
    SignRead,
    State,
    Track,
    UnagreedRead,
)
from meetings.models import CarryOver
from privacy.insight.source import Source, for_whom, name_of


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
class NotedSign:
    """An early sign the side noted."""

    at: datetime
    by: str
    text: str
    urgency: str
    handled_on: date | None
    outcome: str
    handled_by: str
    seen_by: list[str]


def interventions(source: Source) -> list[Effort]:
    """Those of the lanes the side may see now, the oldest first. Four queries."""
    tracks = [track for track in Track if lane_visible(source.sight, track)]
    events, carried, leaders = _events(source, tracks), _carried(source, tracks), _leaders(source, tracks)
    efforts = []
    kept = source.rows(Intervention, track__in=tracks).select_related("owner", "deputy", "created_by")
    for row in kept.order_by("created_at", "pk"):
        if row.state == State.MISFILED:
            source.wrong = True
            continue
        efforts.append(
            Effort(
                track=Track(row.track).label,
                joint=row.joint,
                to_be_told=row.tells,
                what=row.what,
                with_whom=row.with_whom,
                unagreed=row.unagreed,
                unagreed_seen_by=leaders[row.pk],
                owner=name_of(row.owner),
                deputy=name_of(row.deputy),
                due_on=row.due_on,
                due_time=row.due_time,
                daily=row.daily,
                state=State(row.state).label,
                settled_on=row.settled_on,
                settled_why=row.settled_why,
                moves=row.moves,
                created_at=row.created_at,
                created_by=name_of(row.created_by),
                written_for=for_whom(row.written_for),
                events=events[row.pk],
                carried=carried[row.pk],
            )
        )
    return efforts


def _events(source: Source, tracks: list[Track]) -> dict[int, list[Event]]:
    events: dict[int, list[Event]] = defaultdict(list)
    told = source.rows(InterventionEvent, "intervention__stay", intervention__track__in=tracks).select_related("by")
    for event in told.order_by("at", "pk"):
        events[event.intervention_id].append(
            Event(
                kind=event.words,
                at=event.at,
                by=name_of(event.by),
                why=event.why,
                from_day=event.from_day,
                to_day=event.to_day,
                said=_said(event),
                takes_back=event.undoes_id is not None,
            )
        )
    return events


def _said(event: InterventionEvent) -> str:
    """How the intervention was worded until the event: 'Går en tur · med søsteren · regn'."""
    stood = event.stood or {}
    return " · ".join(str(stood[name]) for name in ("what", "with_whom", "settled_why") if stood.get(name))


def _carried(source: Source, tracks: list[Track]) -> dict[int, list[date]]:
    carried: dict[int, list[date]] = defaultdict(list)
    over = source.rows(CarryOver, "intervention__stay", intervention__track__in=tracks)
    for pk, day in over.order_by("meeting__date", "pk").values_list("intervention_id", "meeting__date"):
        carried[pk].append(day)
    return carried


def _leaders(source: Source, tracks: list[Track]) -> dict[int, list[str]]:
    leaders: dict[int, list[str]] = defaultdict(list)
    marks = source.rows(UnagreedRead, "intervention__stay", intervention__track__in=tracks)
    for mark in marks.select_related("user"):
        leaders[mark.intervention_id].append(name_of(mark.user))
    return leaders


def signs(source: Source) -> list[NotedSign]:
    """The early signs the side noted. Two queries."""
    readers: dict[int, list[str]] = defaultdict(list)
    for mark in source.rows(SignRead, "sign__stay", sign__side=source.side).select_related("user").order_by("at", "pk"):
        readers[mark.sign_id].append(name_of(mark.user))
    signs_noted = []
    noted = source.rows(EarlySign, side=source.side).select_related("by", "handled_by")
    for sign in noted.order_by("at", "pk"):
        if sign.outcome == Outcome.MISFILED:
            source.wrong = True
            continue
        signs_noted.append(
            NotedSign(
                at=sign.at,
                by=name_of(sign.by),
                text=sign.text,
                urgency=sign.get_urgency_display(),
                handled_on=sign.handled_on,
                outcome=Outcome(sign.outcome).label if sign.outcome else "",
                handled_by=name_of(sign.handled_by),
                seen_by=readers[sign.pk],
            )
        )
    return signs_noted
