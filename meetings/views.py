"""The meeting's pages and fragments."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from boards import live, selectors, stream
from boards.forms import PlanForm, move_days
from boards.models import State, Track
from boards.selectors import intervention_view
from boards.services import holds_pen
from boards.views import cursor_in, head, new_key, number_in, told_apart
from botilbud.audit import trail
from botilbud.lib import weeks
from botilbud.lib.web import fragment_trigger
from botilbud.organisation.access import Access, home_view, people_at, plain, today
from botilbud.organisation.models import Side
from botilbud.organisation.services import Denied, Repeated
from meetings import minutes as papers
from meetings import rules, services
from meetings.models import AgendaItem, Attendance, Meeting, ParkedTopic
from residents.selectors import seen_stays
from residents.sharing import audience_of


def _meeting(access: Access, number: int) -> Meeting:
    return services.meeting_of(access, number)


@home_view()
def meeting_now(request: HttpRequest, access: Access) -> HttpResponse:
    """To the meeting that runs, or the next one."""
    meeting = services.home_meeting(access.home)
    if meeting is None or (access.team and meeting.series.team_id != access.team.pk):
        return redirect("meetings", access.home.slug)
    return redirect("meeting", access.home.slug, meeting.number)


@home_view()
def meeting_line(request: HttpRequest, access: Access) -> HttpResponse:
    """When the next meeting is, for the board's head."""
    found = services.home_meeting(access.home)
    if found is not None and access.team and found.series.team_id != access.team.pk:
        found = None
    day = weeks.due_label(found.date, today()) if found else ""
    return render(request, "meetings/_line.html", {"home": access.home, "meeting": found, "day": day})


@home_view()
def meetings(request: HttpRequest, access: Access) -> HttpResponse:
    """Møder og referater."""
    found = Meeting.objects.for_home(access.home).select_related("series__team", "chair").order_by("-date", "-number")
    if access.team:
        found = found.filter(series__team=access.team)
    lines = [(meeting, weeks.long_day(meeting.date), weeks.week_label(meeting.date)) for meeting in found[:60]]
    return render(request, "meetings/meetings.html", {"lines": lines, **head(access, "referater")})


@home_view()
@told_apart
def meeting(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The meeting: before it begins, while it runs, or its minutes."""
    found = _meeting(access, number)
    if found.state == Meeting.State.CLOSED:
        return redirect("minutes", access.home.slug, number)
    context = {"meeting": found, "day": weeks.long_day(found.date), **head(access, "moede")}
    if found.state != Meeting.State.RUNNING:
        return render(request, "meetings/before.html", {**context, **_before(access, found)})
    shot = live.snapshot(access.home, services.joint(found))
    trail.record_read(
        access.home.scope, viewer=access.user.pk, screen="moede", stays=[row.id for row in shot.board.rows]
    )
    return render(
        request,
        "meetings/meeting.html",
        {**context, "shot": shot, "state": meeting_state(access.home, number), "pen": holds_pen(access)},
    )


def _before(access: Access, found: Meeting) -> dict[str, Any]:
    entries, seen = services.agenda_entries(found, today())
    rows = {row.id: row for row in [*seen.rows, *seen.others]}
    topics = {topic.pk: topic for topic in ParkedTopic.objects.for_home(access.home).filter(settled_on=None)}
    missed = services.missed_last(found)
    lines = [
        {
            "kind": entry.kind,
            "label": rules.Kind(entry.kind).label,
            "row": rows.get(entry.stay or 0),
            "topic": topics.get(entry.topic or 0),
            "missed": entry.stay in missed,
        }
        for entry in entries
    ]
    return {"lines": lines, "groups": _people(access, found), "late": found.date < today()}


def _people(access: Access, found: Meeting) -> list[tuple[str, list[dict[str, Any]], list[str]]]:
    """The home's people by side, each as present last time (or now, once the meeting runs)."""
    rows = list(Attendance.objects.for_home(access.home).filter(meeting=found))
    if not rows:
        before = services.previous(found)
        rows = list(Attendance.objects.for_home(access.home).filter(meeting=before)) if before else []
    there = {row.user_id: ("online" if row.online else "her") for row in rows if row.present and row.user_id}
    people = people_at(access.home, today())
    groups = []
    for side, title in ((Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")):
        members = [
            {"user": user, "where": there.get(user.pk, ""), "me": user == access.user}
            for user, which in people
            if which == side
        ]
        guests = [row.name for row in rows if row.user_id is None and row.side == side and row.meeting_id == found.pk]
        groups.append((title, members, guests))
    return groups


# --- what all screens follow -----------------------------------------------------------------------------------------


def meeting_state(home: Any, number: int) -> dict[str, Any]:
    """Where the meeting is, the same for everybody: for the stream and for the page's first drawing."""
    found = (
        Meeting.objects.for_home(home)
        .filter(number=number)
        .select_related("chair", "referent", "spotlight", "series__team", "home")
        .get()
    )
    items = list(AgendaItem.objects.for_home(home).filter(meeting=found).select_related("topic").order_by("order"))
    seen = live.snapshot(home, services.joint(found)).board
    rows = {row.id: row for row in [*seen.rows, *seen.others]}
    lines = []
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
    attendance = list(Attendance.objects.for_home(home).filter(meeting=found, present=True).order_by("name"))
    counts = {side: [row for row in attendance if row.side == side] for side in (Side.HOME, Side.TEAM)}
    spot = found.spotlight
    at = next((place for place, line in enumerate(lines) if spot and line["item"].pk == spot.pk), None)
    context = {
        "home": found.home,
        "meeting": found,
        "lines": lines,
        "at": at,
        "home_count": len(counts[Side.HOME]),
        "team_count": len(counts[Side.TEAM]),
        "online": [row.name for row in attendance if row.online],
        "ends": _ends(found),
    }
    return {
        "tilstand": found.state,
        "punkt": spot.pk if spot else None,
        "leder": found.chair_id,
        "leder_navn": found.chair.name if found.chair else "",
        "referent": found.referent_id,
        "referent_navn": found.referent.name if found.referent else "",
        "sekunder": int((timezone.now() - found.spotlight_since).total_seconds())
        if spot and found.spotlight_since
        else 0,
        "budget": rules.budget_seconds(spot.kind, settings.ITEM_MINUTES) if spot else 0,
        "forrige": _link(lines[:at][::-1]) if at is not None else None,
        "naeste": _link(lines[at + 1 :]) if at is not None else None,
        "lukkede": [line["item"].pk for line in lines if line["closed"]],
        "dagsorden": render_to_string("meetings/_agenda.html", context),
        "adresse": reverse("agenda-item", args=[found.home.slug, number, spot.pk])
        if spot
        else reverse("recap", args=[found.home.slug, number]),
    }


def _shared(rows: dict[int, selectors.Row], stay: int) -> bool:
    return stay in rows and rows[stay].stay.sight.shared


def _link(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first line that can be gone to."""
    for line in lines:
        if not line["closed"]:
            return {"punkt": line["item"].pk, "navn": line["label"].split(" · ")[0]}
    return None


def _ends(found: Meeting) -> str:
    start = datetime.combine(found.date, found.time)
    end = start + timedelta(minutes=found.series.minutes)
    return f"{start.hour}.{start.minute:02}–{end.hour}.{end.minute:02}"


@home_view()
@told_apart
def meeting_changes(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """What changed on the joint board, and where the meeting is now."""
    found = _meeting(access, number)
    answer = live.changes(access.home, services.joint(found), cursor_in(request)) or {}
    return JsonResponse({**answer, "moede": meeting_state(access.home, number)})


@home_view()
@told_apart
def meeting_stream(request: HttpRequest, access: Access, number: int) -> HttpResponseBase:
    """The same as it happens, with the spotlight."""
    found = _meeting(access, number)
    home = access.home
    return stream.stream(
        request, access, services.joint(found), cursor_in(request), lambda: meeting_state(home, number)
    )


def _item(access: Access, number: int, pk: int) -> tuple[Meeting, AgendaItem, selectors.Row | None]:
    found = _meeting(access, number)
    item = AgendaItem.objects.for_home(access.home).filter(meeting=found, pk=pk).select_related("topic").first()
    if item is None:
        raise LookupError("item")
    if item.stay_id is None:
        about = item.topic.stay_id if item.topic else None
        if about and not _joint_sees(access, found, about):
            raise LookupError("topic")
        return found, item, None
    row = selectors.one_row(access.home, services.joint(found), today(), item.stay_id)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    return found, item, row


def _joint_sees(access: Access, found: Meeting, stay: int) -> bool:
    stays = seen_stays(access.home, services.joint(found), today(), only=stay)
    return bool(stays and stays[0].sight.shared)


@home_view()
@told_apart
def agenda_item(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """One resident (or topic), large, with the five prompts."""
    found, item, row = _item(access, number, pk)
    if row is None:
        return render(request, "meetings/_topic_item.html", {"home": access.home, "meeting": found, "item": item})
    made = live.row_fragments(access.home, services.joint(found), row)
    parts = {key.split("-", 1)[1].replace("-", "_"): html for key, html in made.items()}
    own = Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC
    topics = ParkedTopic.objects.for_home(access.home).filter(stay=row.id, settled_on=None)
    return render(
        request,
        "meetings/_item.html",
        {
            "home": access.home,
            "meeting": found,
            "item": item,
            "row": row,
            "parts": parts,
            "form": PlanForm(initial={"track": own}, home=access.home, today=today()),
            "key": new_key(),
            "topics": topics,
            **_since(found, row),
        },
    )


def _since(found: Meeting, row: selectors.Row) -> dict[str, Any]:
    open_rows, settled = services.since_last(found, row.id, row.stay.sight.sides)
    return {
        "open_rows": [(intervention_view(row, today()), row.version, count) for row, count in open_rows],
        "settled": settled,
        "days": move_days(today()),
    }


@home_view()
@told_apart
def agenda_since(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """'Siden sidst' for the resident, fetched anew when something changed."""
    found, item, row = _item(access, number, pk)
    if row is None:
        raise LookupError("topic")
    context = {"home": access.home, "meeting": found, "item": item, "row": row, **_since(found, row)}
    return render(request, "meetings/_since.html", context)


@home_view()
@told_apart
def agenda_decide(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """Up, down or the same, as it stands now."""
    found, item, row = _item(access, number, pk)
    return render(request, "meetings/_decide.html", {"home": access.home, "meeting": found, "item": item, "row": row})


# --- acting ----------------------------------------------------------------------------------------------------------


def _present(request: HttpRequest) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for key, value in request.POST.items():
        if key.startswith("p-") and value in ("her", "online"):
            chosen[number_in(key[2:])] = str(value)
    return chosen


def _acts(request: HttpRequest, access: Access, number: int, act: Any) -> HttpResponse:
    """Runs a service; a refusal is one Danish sentence for the message line."""
    try:
        act()
    except Denied as denied:
        return plain(denied.message, 422)
    except Repeated:
        pass
    return fragment_trigger("tavle-aendret", "luk-dialog")


@home_view(methods=("POST",))
@told_apart
def meeting_start(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Begins the meeting with those ticked as present."""
    try:
        services.meeting_start(access=access, number=number, present=_present(request), today=today())
    except Denied as denied:
        found = _meeting(access, number)
        if found.state == Meeting.State.RUNNING:
            return redirect("meeting", access.home.slug, number)
        context = {"meeting": found, "day": weeks.long_day(found.date), "refused": denied.message}
        page = {**context, **head(access, "moede"), **_before(access, found)}
        return render(request, "meetings/before.html", page, status=422)
    return redirect("meeting", access.home.slug, number)


@home_view(methods=("POST",))
@told_apart
def meeting_go(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The chair goes to an item."""
    item = number_in(request.POST.get("punkt"))
    return _acts(
        request,
        access,
        number,
        lambda: services.meeting_go(access=access, number=number, item_id=item, today=today()),
    )


@home_view(methods=("POST",))
@told_apart
def meeting_recap(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The chair goes to the recap."""
    return _acts(request, access, number, lambda: services.meeting_recap(access=access, number=number, today=today()))


@home_view(methods=("POST",))
@told_apart
def chair_take(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Overtag'."""
    return _acts(request, access, number, lambda: services.chair_take(access=access, number=number))


@home_view(methods=("POST",))
@told_apart
def referent_take(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Bliv referent'."""
    return _acts(request, access, number, lambda: services.referent_take(access=access, number=number))


@home_view(methods=("GET", "POST"))
@told_apart
def attendance(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Who is there."""
    found = _meeting(access, number)
    if request.method == "POST":
        return _acts(
            request,
            access,
            number,
            lambda: services.attendance_set(
                access=access,
                number=number,
                present=_present(request),
                guest=request.POST.get("gaest", "")[:60],
                guest_side=request.POST.get("gaest_side", ""),
                today=today(),
            ),
        )
    context = {"home": access.home, "meeting": found, "groups": _people(access, found)}
    return render(request, "meetings/_attendance.html", context)


@home_view(methods=("GET", "POST"))
@told_apart
def topic(request: HttpRequest, access: Access) -> HttpResponse:
    """'Tages op senere': a topic, about a resident or the cooperation."""
    stay = number_in(request.GET.get("beboer") or request.POST.get("beboer")) or None
    if stay is not None and not _may_see(access, stay):
        raise LookupError("stay")
    error, text = "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.topic_park(access=access, stay_id=stay, text=text, key=request.POST.get("noegle", ""))
        except Repeated:
            pass
        except Denied as denied:
            error = denied.message
        if not error:
            return fragment_trigger("luk-dialog", "tavle-aendret")
    context = {"home": access.home, "stay": stay, "text": text, "error": error, "key": new_key()}
    return render(request, "meetings/_topic.html", context, status=422 if error else 200)


def _may_see(access: Access, stay: int) -> bool:
    from_here = seen_stays(access.home, audience_of(access), today(), only=stay)
    return bool(from_here and from_here[0].sight.shared)


@home_view(methods=("POST",))
@told_apart
def topic_settle(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The topic is done."""
    found = ParkedTopic.objects.for_home(access.home).filter(pk=pk).first()
    if found is None or (found.stay_id and not _may_see(access, found.stay_id)):
        raise LookupError("topic")
    return _acts(request, access, 0, lambda: services.topic_settle(access=access, pk=pk, today=today()))


# --- recap, close, minutes -------------------------------------------------------------------------------------------


@home_view()
@told_apart
def recap(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The recap, read aloud: who does what and when, and what lacks owner or day."""
    return render(request, "meetings/_recap.html", _recap(access, _meeting(access, number)))


def _recap(access: Access, found: Meeting, error: str = "", why: str = "") -> dict[str, Any]:
    seen = selectors.board(access.home, services.joint(found), today())
    rows = {row.id: row for row in [*seen.rows, *seen.others] if row.stay.sight.shared}
    items = list(AgendaItem.objects.for_home(access.home).filter(meeting=found).order_by("order"))
    stays = list(dict.fromkeys(item.stay_id for item in items if item.stay_id in rows))
    lines = []
    for stay in stays:
        row = rows[stay or 0]
        planned = {item.id: item for lane in row.lanes.values() for item in lane if item.state == State.PLANNED}
        lines.append((row, services.decision(found, row, today()), list(planned.values())))
    missing: dict[int, Any] = {}
    for row in rows.values():
        for lane in row.lanes.values():
            for item in rules.gaps(lane):
                missing[item.id] = (item, row)
    attendees = list(Attendance.objects.for_home(access.home).filter(meeting=found, present=True))
    next_day = rules.next_date(found.series.weekday, max(today(), found.date), found.series.holiday_rule)
    return {
        "home": access.home,
        "meeting": found,
        "lines": lines,
        "missing": list(missing.values()),
        "people": people_at(access.home, today()),
        "home_names": [row.name for row in attendees if row.side == Side.HOME],
        "team_names": [row.name + (" (online)" if row.online else "") for row in attendees if row.side == Side.TEAM],
        "waiting": [item for item in items if item.state == AgendaItem.State.WAITING],
        "next_day": weeks.long_day(next_day),
        "next_time": found.series.time,
        "today": today(),
        "error": error,
        "why": why,
    }


@home_view(methods=("POST",))
@told_apart
def meeting_close(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Afslut mødet'."""
    found = _meeting(access, number)
    why = request.POST.get("why", "")
    try:
        services.meeting_close(access=access, meeting=found, why=why, today=today())
    except Denied as denied:
        if found.state == Meeting.State.CLOSED:
            return plain(denied.message, 422)
        return render(request, "meetings/_recap.html", _recap(access, found, denied.message, why), status=422)
    return fragment_trigger("moede-slut")


@home_view(methods=("POST",))
@told_apart
def meeting_reopen(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Opens a closed meeting again."""
    if _meeting(access, number).state != Meeting.State.CLOSED:
        return plain("Mødet er ikke afsluttet.", 422)
    why = request.POST.get("why", "")
    try:
        services.meeting_reopen(access=access, number=number, why=why, today=today())
    except Denied as denied:
        return _minutes_page(request, access, number, denied.message, 422, why)
    return redirect("meeting", access.home.slug, number)


@home_view()
@told_apart
def minutes(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The locked minutes, as far as the reader may see them today."""
    return _minutes_page(request, access, number)


def _minutes_page(
    request: HttpRequest, access: Access, number: int, error: str = "", status: int = 200, why: str = ""
) -> HttpResponse:
    found = _meeting(access, number)
    paper = papers.read(access, found, request.GET.get("til", "joint"))
    if paper is None:
        raise Http404("Siden findes ikke.")
    trail.record_read(
        access.home.scope,
        viewer=access.user.pk,
        screen="referat",
        stays=[s.stay_id for s in paper.sections if s.stay_id],
    )
    page = {"meeting": found, "paper": paper, "error": error, "why": why, **head(access, "referater")}
    return render(request, "meetings/minutes.html", page, status=status)


@home_view()
@told_apart
def minutes_pdf(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The joint minutes as PDF."""
    found = _meeting(access, number)
    paper = papers.read(access, found, "joint")
    if paper is None:
        raise Http404("Siden findes ikke.")
    trail.record_read(
        access.home.scope,
        viewer=access.user.pk,
        screen="referat-pdf",
        stays=[s.stay_id for s in paper.sections if s.stay_id],
    )
    name = f"referat-{access.home.slug}-{found.date:%Y-%m-%d}.pdf"
    return HttpResponse(
        papers.pdf(paper),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
