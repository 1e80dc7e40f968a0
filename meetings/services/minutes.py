"""What the locked minutes say, and what happened since the last meeting."""

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from boards.columns import lane_visible
from boards.models import Cell, EpisodeCriterion, InterventionEvent, State
from boards.selectors import CellView, InterventionView, Row, board
from core import weeks
from criteria.models import Level
from meetings.models import AgendaItem, Attendance, CarryOver, Meeting, Minutes, MinutesSection
from meetings.services.agenda import held_before, joint, previous
from meetings.services.corrections import before_of
from meetings.services.decisions import decisions
from meetings.services.times import attended, head_times, held_on
from organisation.models import Home, User
from residents.sharing import Audience, AudienceKind, Sight
from residents.texts import COLUMNS, Place

# What a criterion in somebody's own words is called where no free text may stand.
OTHER = "Andet"


def discussed(meeting: Meeting) -> list[int]:
    """The stays on the meeting's agenda that were discussed, in order."""
    items = AgendaItem.objects.for_home(meeting.home).filter(
        meeting=meeting, stay__isnull=False, state=AgendaItem.State.DONE
    )
    return list(items.order_by("order").values_list("stay_id", flat=True))


def lock_minutes(meeting: Meeting, by: User | None, at: datetime, today: date) -> Minutes:
    """The snapshot: a head and, per resident and audience, what was said and agreed."""
    editions = Minutes.objects.for_home(meeting.home).filter(meeting=meeting)
    edition = (editions.order_by("-edition").values_list("edition", flat=True).first() or 0) + 1
    before = before_of(meeting)
    minutes = Minutes(meeting=meeting, edition=edition, head=before.head(_head(meeting)), by=by, at=at)
    minutes.insert()
    digests: dict[str, dict[str, Any]] = {}
    order = {stay: place for place, stay in enumerate(_agenda_stays(meeting))}
    team = meeting.series.team_id
    for audience in (
        joint(meeting),
        Audience(AudienceKind.HOME),
        Audience(AudienceKind.TEAM, team),
    ):
        home_board = board(meeting.home, audience, today)
        places = {row.id: place for place, row in enumerate(home_board.rows)}
        # Residents on the board but not on the agenda are kept too, so that the board can be shown as it was.
        kept = {stay for stay, whose in before.sections if whose == audience.kind} | {
            stay for stay in places if not before.leaves_out(stay, audience.kind)
        }
        rows = [row for row in home_board.all_rows if row.stay.sight.shared and (row.id in order or row.id in kept)]
        known, decided = marks_of(meeting.home, rows), decisions(meeting, rows)
        # Who has moved since, or is not shared now, stands as before; whoever reads it is asked again.
        said = {stay: row.content for (stay, whose), row in before.sections.items() if whose == audience.kind}
        for row in rows:
            on_agenda = row.id in order
            content = {
                **section(meeting, row, today, known, decided[row.id]),
                "agenda": on_agenda,
                "place": places.get(row.id, len(places)),
            }
            said[row.id] = before.section(row.id, audience.kind, content)
        for stay, content in said.items():
            made = MinutesSection(
                minutes=minutes,
                stay_id=stay,
                audience=audience.kind,
                order=order[stay] if stay in order else len(order) + content.get("place", 0),
                content=content,
                salt=secrets.token_hex(16),
            )
            made.hash = section_hash(made)
            made.insert()
            digests[str(made.pk)] = {"stay": stay, "hash": made.hash}
    minutes.digests = {"head": content_hash(minutes.head, ""), "sections": digests}
    minutes.save(update_fields=["digests"])
    return minutes


@dataclass(frozen=True)
class Marks:
    """What a section keeps so that it can be checked and compared later."""

    cells: dict[tuple[int, str, str], int] = field(default_factory=dict)
    criteria: dict[int, list[str]] = field(default_factory=dict)


def marks_of(home: Home, rows: Collection[Row]) -> Marks:
    """The ids of the rows' texts, and their criteria as the set names them. Two queries."""
    stays = [row.id for row in rows]
    episodes = [row.level.episode for row in rows if row.level]
    cells = Cell.objects.for_home(home).filter(stay__in=stays).values_list("stay_id", "column", "side", "pk")
    links = EpisodeCriterion.objects.for_home(home).filter(episode__in=episodes, to_day=None)
    names: dict[int, list[str]] = {}
    for link in links.select_related("version__criterion").order_by("version__criterion__order"):
        name = OTHER if link.version.criterion.needs_text else link.version.name
        names.setdefault(link.episode_id, []).append(name)
    return Marks({(stay, column, side): pk for stay, column, side, pk in cells}, names)


def content_hash(content: dict[str, Any], salt: str) -> str:
    """What proves that something says what it said when it was locked."""
    return hashlib.sha256((salt + json.dumps(content, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


def section_hash(row: MinutesSection) -> str:
    """What proves a section: its words, about whom, for whom and in which place."""
    said = {"stay": row.stay_id, "audience": row.audience, "order": row.order, "content": row.content}
    return content_hash(said, row.salt)


def _agenda_stays(meeting: Meeting) -> list[int]:
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, stay__isnull=False).order_by("order")
    return list(dict.fromkeys(items.values_list("stay_id", flat=True)))


def _head(meeting: Meeting) -> dict[str, Any]:
    present = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, present=True).order_by("side", "name")
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting)
    about_all = items.filter(topic__isnull=False, topic__stay=None).select_related("topic").order_by("order")
    topics = [item.topic for item in about_all]
    return {
        "home": meeting.home.name,
        "team": meeting.series.team.name,
        "date": held_on(meeting).isoformat(),
        "planned_for": meeting.date.isoformat(),
        "chair": meeting.chair.name if meeting.chair else "",
        "referent": meeting.referent.name if meeting.referent else "",
        "present": [attended(row) for row in present],
        **head_times(meeting),
        "topics": [topic.text for topic in topics if topic.settled_on is None],
        "topics_done": [topic.text for topic in topics if topic.settled_on is not None],
        "not_reached": items.filter(state=AgendaItem.State.NOT_REACHED).count(),
        "gap_reason": meeting.gap_reason,
        "without_recap": meeting.without_recap,
    }


def section(meeting: Meeting, row: Row, today: date, known: Marks, decided: str) -> dict[str, Any]:
    """What is said of one resident as it stands now, as the row's audience sees it."""
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, stay=row.id)
    states = set(items.values_list("state", flat=True))
    level = row.level
    return {
        "name": row.stay.name,
        "flat": row.stay.flat,
        "group": row.group,
        "situation": row.situation_label,
        "contacts": {side: person.name for side, person in row.stay.contacts.items()},
        "level": level.level if level else Level.NONE,
        "level_label": level.label if level else row.rules.level(Level.NONE),
        "since": level.opened_on.isoformat() if level and level.level != Level.NONE else "",
        "days": level.days if level and level.level != Level.NONE else "",
        "criteria": level.criteria if level else [],
        "set": known.criteria.get(level.episode, []) if level and level.grounds else [],
        "review": _review(row, today),
        "decision": decided,
        "reached": bool(states - {AgendaItem.State.NOT_REACHED, AgendaItem.State.PASSED}),
        "passed": AgendaItem.State.PASSED in states,
        "texts": [
            _text(cell, known)
            for cell in row.cells.values()
            if cell.text and Place.MINUTES in COLUMNS[cell.column].places
        ],
        "interventions": [
            _agreed(item)
            for lane, items in row.lanes.items()
            for item in items
            if item.state != State.MISFILED and not (item.joint and lane != item.track)
        ],
    }


def _text(cell: CellView, known: Marks) -> dict[str, Any]:
    return {
        "cell": known.cells.get((cell.stay, cell.column, cell.side)),
        "version": cell.version,
        "column": cell.column,
        "title": cell.title,
        "side": cell.side,
        "text": cell.text,
        "author": cell.author,
        "written_for": cell.written_for,
        "when": weeks.short_day(cell.changed_on) if cell.changed_on else "",
    }


def _agreed(item: InterventionView) -> dict[str, Any]:
    return {
        "id": item.id,
        "track": item.track,
        "joint": item.joint,
        "tells": item.tells,
        "day": _day(item),
        "what": item.what,
        "owner": item.owner or "Ingen ansvarlig",
        "with_whom": item.with_whom,
        "state": item.state_label,
    }


def _review(row: Row, today: date) -> str:
    """'drøftes igen senest tirsdag 24. november': minutes are read later, so the whole date is said.

    A day that has passed is no promise.
    """
    day = row.level.review_by if row.level else None
    if day is None:
        follow_up = row.level.follow_up_on if row.level else None
        if follow_up is None:
            return ""
        return f"drøftes igen omkring {weeks.long_day(follow_up)}" if follow_up > today else "skal drøftes igen"
    return f"skulle være drøftet {weeks.long_day(day)}" if day < today else f"drøftes igen senest {weeks.long_day(day)}"


def _day(item: InterventionView) -> str:
    if item.due_on is None:
        return "dagligt" if item.day else "Ingen dag"
    return f"{weeks.SHORT_DAYS[item.due_on.weekday()]} {weeks.short_day(item.due_on)}"


def since_last(meeting: Meeting, stay_id: int, sight: Sight) -> tuple[list[Any], list[InterventionEvent]]:
    """(the interventions planned before this meeting that are still open, with how often each was put off; what was
    settled since the last)."""
    before = previous(meeting)
    start = before.closed_at if before and before.closed_at else None
    events = InterventionEvent.objects.for_home(meeting.home).filter(
        intervention__stay=stay_id, kind__in=[State.DONE, State.NOT_DONE, State.DROPPED]
    )
    events = events.exclude(intervention__state=State.MISFILED)
    if start:
        events = events.filter(at__gt=start)
    settled = list(events.select_related("intervention__owner", "by").order_by("at"))
    settled = [
        event
        for event in settled
        if lane_visible(sight, event.intervention.track)
        and (event.intervention.state == event.kind or event.intervention.daily)
    ]
    carried = (
        CarryOver.objects.for_home(meeting.home)
        .filter(held_before(meeting, "meeting__"), intervention__stay=stay_id, intervention__state=State.PLANNED)
        .select_related("meeting", "intervention__owner", "intervention__deputy", "intervention__created_by")
    )
    counts: dict[int, int] = {}
    rows: dict[int, Any] = {}
    for link in carried:
        row = link.intervention
        if not lane_visible(sight, row.track):
            continue
        # Put off is what was due before that day. One without a day was due from the second meeting on.
        late = row.due_on is not None and row.due_on < link.meeting.date
        counts[row.pk] = counts.get(row.pk, 0) + (late or (row.due_on is None and row.pk in rows))
        rows[row.pk] = row
    return [(rows[pk], counts[pk]) for pk in sorted(rows)], settled
