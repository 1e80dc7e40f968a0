"""What the meeting's pages share: where it is, who is there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.access import Access, today
from boards import selectors
from boards.fragments import Changes
from boards.live import snapshots
from boards.views.common import log_read
from core import weeks
from core.errors import Denied, Repeated
from core.web import fragment_trigger, number_in, sentence
from meetings import rules, services
from meetings.forms import Group, groups_of
from meetings.models import GUEST, AgendaItem, Attendance, Meeting
from meetings.selectors import moved_label
from organisation.models import Side


def before_page(access: Access, meeting: Meeting) -> dict[str, Any]:
    entries, home_board = services.agenda_entries(meeting, today())
    rows = {row.id: row for row in home_board.all_rows}
    topics = {topic.pk: topic for topic in services.waiting_topics(meeting.series)}
    missed = services.missed_last(meeting)
    lines = [
        {
            "kind": entry.kind,
            "label": rules.kind_label(entry.kind, home_board.rules),
            "row": rows.get(entry.stay or 0),
            "topic": topics.get(entry.topic or 0),
            "missed": entry.stay in missed,
        }
        for entry in entries
    ]
    return {
        "lines": lines,
        "groups": groups_of(
            services.meeting_people(meeting, today()), lambda user: "here" if user == access.user else ""
        ),
        "last": services.present_last(meeting),
        "late": meeting.date < today(),
        "moved": moved_label(meeting),
        "mine": _own_rows(access, [rows[entry.stay] for entry in entries if entry.stay]),
    }


def _own_rows(access: Access, rows: list[selectors.Row]) -> list[dict[str, Any]]:
    """The viewer's own residents on the agenda that lack something: a fresh status, or the resident's own words."""
    own = []
    for row in rows:
        people = (row.stay.contacts.get(access.side), row.stay.deputies.get(access.side))
        if access.user not in people:
            continue
        status, words = row.cells.get(f"status-{access.side}"), row.cells.get("words-joint")
        line = {
            "row": row,
            "status": _fresh(status),
            "asked": _fresh(words),
            "at": status.fragment_id if status else "",
        }
        if not (line["status"] and line["asked"]):
            own.append(line)
    return own


def _fresh(cell: selectors.CellView | None) -> bool:
    # Nobody needs to fill in a field for the meeting that the two sides do not share.
    return cell is None or bool(cell.text and cell.stale_days is None)


def log_look(access: Access, number: int) -> None:
    """Logs that the person sees the meeting's residents, or only the one who is in the room. Raises Unwritable."""
    meeting = services.meeting_of(access, number)
    home_board = snapshots.snapshot(access.home, services.joint(meeting)).board
    shared = {row.id for row in home_board.all_rows if row.stay.sight.shared}
    items = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, stay__in=shared)
    shown = {row.id for row in home_board.rows if row.id in shared} | set(items.values_list("stay_id", flat=True))
    if meeting.resident_present:
        shown &= set(items.filter(pk=meeting.spotlight_id).values_list("stay_id", flat=True))
    log_read(access, "moede", sorted(shown))


def readiness(access: Access, meeting: Meeting) -> dict[str, Any]:
    """What is ready for the meeting, in numbers alone."""
    entries, home_board = services.agenda_entries(meeting, today())
    missing = {
        item.id
        for row in home_board.all_rows
        if row.stay.sight.shared
        for lane in row.lanes.values()
        for item in rules.gaps(lane)
    }
    groups = people_there(access, meeting)
    return {
        "agenda": len(entries),
        "gaps": len(missing),
        "absent": [title for title, members in groups if not any(where for _, where in members)],
        "day": weeks.long_day(meeting.date),
    }


def people_there(access: Access, meeting: Meeting) -> list[Group]:
    """The people of the home and the meeting's team, each as present last time (or now, once the meeting runs)."""
    rows = list(Attendance.objects.for_home(access.home).filter(meeting=meeting, user__isnull=False))
    if rows:
        there = {row.user_id or 0: ("online" if row.online else "here") for row in rows if row.present}
    else:
        there = services.present_last(meeting)
    return groups_of(services.meeting_people(meeting, today()), lambda user: there.get(user.pk, ""))


def meeting_state(home: Any, number: int) -> dict[str, Any]:
    """Where the meeting is, the same for everybody: for the stream and for the page's first drawing."""
    meeting = (
        Meeting.objects.for_home(home)
        .filter(number=number)
        .select_related("chair", "referent", "spotlight", "series__team", "home")
        .get()
    )
    lines = _agenda_lines(home, meeting)
    spot = meeting.spotlight
    region_rules = snapshots.snapshot(home, services.joint(meeting)).board.rules
    at = next((place for place, line in enumerate(lines) if spot and line["item"].pk == spot.pk), None)
    if meeting.resident_present:
        lines = [_veiled(line, place) if place != at else line for place, line in enumerate(lines)]
    here = Attendance.objects.for_home(home).filter(meeting=meeting, present=True, user__isnull=False)
    there = sorted(here.values_list("user_id", flat=True))
    return {
        "state": meeting.state,
        "item": spot.pk if spot else None,
        "chair": meeting.chair_id,
        "chair_name": meeting.chair.name if meeting.chair else "",
        "referent": meeting.referent_id,
        "referent_name": meeting.referent.name if meeting.referent else "",
        "seconds": int((timezone.now() - meeting.spotlight_since).total_seconds())
        if spot and meeting.spotlight_since
        else 0,
        "budget": rules.budget_seconds(spot.kind, region_rules.item_minutes) if spot else 0,
        "ends": _planned_end(meeting),
        "resident_present": meeting.resident_present,
        "there": there,
        "may_undo_start": services.start_can_be_undone(meeting),
        "previous": _link(lines[:at][::-1]) if at is not None else None,
        "next": _link(lines[at + 1 :]) if at is not None else None,
        "closed": [line["item"].pk for line in lines if line["closed"] and not line.get("veiled")],
        "agenda": render_to_string("meetings/_agenda.html", _agenda_context(meeting, lines)),
        "url": reverse("agenda-item", args=[meeting.home.slug, number, spot.pk])
        if spot
        else reverse("recap", args=[meeting.home.slug, number]),
    }


def for_the_room(home: Any, number: int, answer: Changes) -> Changes:
    """The board's changes for the meeting's screens. While a resident is in the room, only that resident's."""
    meeting = Meeting.objects.for_home(home).filter(number=number).select_related("spotlight").get()
    if not meeting.resident_present:
        return answer
    return snapshots.about(answer, meeting.spotlight.stay_id if meeting.spotlight else None)


def _agenda_lines(home: Any, meeting: Meeting) -> list[dict[str, Any]]:
    items = AgendaItem.objects.for_home(home).filter(meeting=meeting).select_related("topic").order_by("order")
    home_board = snapshots.snapshot(home, services.joint(meeting)).board
    rows = {row.id: row for row in home_board.all_rows}
    lines: list[dict[str, Any]] = []
    for item in items:
        row = rows.get(item.stay_id or 0)
        if item.stay_id and (row is None or not row.stay.sight.shared):
            label = f"Bolig {row.stay.flat} · ikke delt" if row else "Ikke delt"
            lines.append({"item": item, "label": label, "closed": True, "level": ""})
            continue
        if item.topic and item.topic.stay_id and not _shared(rows, item.topic.stay_id):
            lines.append({"item": item, "label": "Emne · ikke delt", "closed": True, "level": ""})
            continue
        label = row.stay.label if row else item.topic.text if item.topic else ""
        level = row.level.level if row and row.level else "none" if row else ""
        lines.append({"item": item, "label": label, "closed": False, "level": level})
    return lines


def veiled(meeting: Meeting, item: AgendaItem | None) -> bool:
    """Whether the item must be hidden: it is another's, and the resident in the spotlight is in the room."""
    return meeting.resident_present and (item is None or item.pk != meeting.spotlight_id)


def _veiled(line: dict[str, Any], place: int) -> dict[str, Any]:
    """Another's line while the resident is in the room: only its number."""
    return {"item": line["item"], "label": f"Punkt {place + 1}", "closed": True, "level": "", "veiled": True}


def _agenda_context(meeting: Meeting, lines: list[dict[str, Any]]) -> dict[str, Any]:
    there = Attendance.objects.for_home(meeting.home).filter(meeting=meeting, present=True).order_by("name")
    attendance = [row for row in there if row.left_at is None]
    return {
        "home": meeting.home,
        "meeting": meeting,
        "lines": lines,
        "home_count": sum(1 for row in attendance if row.side == Side.HOME),
        "team_count": sum(1 for row in attendance if row.side == Side.TEAM),
        "guest_count": sum(1 for row in attendance if row.side == GUEST),
        "online": [row.name for row in attendance if row.online],
        "ends": ends(meeting),
    }


def _planned_end(meeting: Meeting) -> int:
    """When the planned time is up, in seconds since 1970; 0 while a meeting is being corrected."""
    if meeting.started_at is None or meeting.reopened_on:
        return 0
    return int((meeting.started_at + timedelta(minutes=meeting.planned_minutes)).timestamp())


def _shared(rows: dict[int, selectors.Row], stay: int) -> bool:
    return stay in rows and rows[stay].stay.sight.covers(Side.JOINT, "topics")


def _link(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first line one can go to."""
    for line in lines:
        if not line["closed"]:
            return {"item": line["item"].pk, "name": line["label"].split(" · ")[0]}
    return None


def ends(meeting: Meeting) -> str:
    start = datetime.combine(meeting.date, meeting.time)
    end = start + timedelta(minutes=meeting.planned_minutes)
    return f"{start.hour}.{start.minute:02}–{end.hour}.{end.minute:02}"


def present_in(request: HttpRequest) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for key, value in request.POST.items():
        if key.startswith("p-") and value in ("here", "online"):
            chosen[number_in(key[2:])] = str(value)
    return chosen


def acts(act: Callable[[], object], *events: str) -> HttpResponse:
    """Runs a service; the page hears `events`. A refusal is one Danish sentence for the message line."""
    try:
        act()
    except Denied as denied:
        return sentence(denied.message, 422)
    except Repeated:
        pass
    return fragment_trigger(*(events or ("board-changed", "close-dialog")))
