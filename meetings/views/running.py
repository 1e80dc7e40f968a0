"""What all screens follow, and the acts of those who lead."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import screens
from accounts.access import Access, home_view, staff_at, teams_of, today
from boards import fragments, selectors
from boards.forms import move_days
from boards.live import snapshots, stream
from boards.live.beside import beside
from boards.models import Track
from boards.selectors import intervention_view
from boards.views.common import dialog, log_read
from boards.views.interventions import plan_draft, plan_of
from boards.views.page import head, seen_in
from core import weeks
from core.errors import Denied
from core.forms import Data, begun
from core.web import missing_is_404, new_key, number_in, sentence
from meetings import rules, services
from meetings.forms import TopicForm, groups_of
from meetings.models import AgendaItem, Meeting, ParkedTopic
from meetings.views.common import acts, before_page, for_the_room, log_look, meeting_state, present_in, veiled
from organisation.drafts import FormDraft
from organisation.models import Side
from organisation.region import Rules
from residents.selectors import visible_stays
from residents.sharing import audience_of
from residents.texts import COLUMNS, Place, lane


@home_view()
@missing_is_404
def meeting_changes(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """What changed on the joint board, and where the meeting is now."""
    meeting = services.meeting_of(access, number)
    log_look(access, number)
    audience, since = services.joint(meeting), seen_in(request)
    shot = snapshots.snapshot(access.home, audience)
    answer = snapshots.changes_to(shot, access.home, audience, since) or beside(shot, access.home, since)
    narrowed = for_the_room(access.home, number, answer) if answer else None
    return JsonResponse({**(narrowed or {}), "meeting": meeting_state(access.home, number)})


@home_view()
@missing_is_404
def meeting_stream(request: HttpRequest, access: Access, number: int) -> HttpResponseBase:
    """The same as it happens, with the spotlight."""
    meeting = services.meeting_of(access, number)
    home = access.home
    return stream.stream(
        request,
        access,
        services.joint(meeting),
        seen_in(request),
        stream.Room(number, lambda: meeting_state(home, number), lambda answer: for_the_room(home, number, answer)),
        look=lambda: log_look(access, number),
    )


def _item(access: Access, number: int, pk: int) -> tuple[Meeting, AgendaItem, selectors.Row | None]:
    meeting = services.meeting_of(access, number)
    item = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, pk=pk).select_related("topic").first()
    if item is None:
        raise LookupError("item")
    if item.stay_id is None:
        about = item.topic.stay_id if item.topic else None
        if about and not _joint_sees(access, meeting, about):
            raise LookupError("topic")
        return meeting, item, None
    row = snapshots.snapshot(access.home, services.joint(meeting)).board.row(item.stay_id)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    return meeting, item, row


def _joint_sees(access: Access, meeting: Meeting, stay: int) -> bool:
    stays = visible_stays(access.home, services.joint(meeting), today(), only=stay)
    return bool(stays and stays[0].sight.covers(Side.JOINT, "topics"))


@home_view()
@missing_is_404
def agenda_item(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """One resident (or topic), large, with the five prompts."""
    meeting, item, row = _item(access, number, pk)
    if veiled(meeting, item):
        return sentence(rules.ALONE, 422)
    if row is None:
        log_read(access, "moede", [item.topic.stay_id] if item.topic and item.topic.stay_id else [])
        return render(request, "meetings/_topic_item.html", {"home": access.home, "meeting": meeting, "item": item})
    log_read(access, "moede", [row.id])
    made = snapshots.row_fragments(access.home, services.joint(meeting), row)
    # By the name a template can say; what says that a part is not shared stands where the part would.
    parts = {of.part.replace("-", "_"): html for name, html in made.items() if (of := fragments.read(name))}
    waiting = ParkedTopic.objects.for_home(access.home).filter(stay=row.id, settled_on=None)
    topics = waiting if row.stay.sight.covers(Side.JOINT, "topics") else waiting.none()
    return render(
        request,
        "meetings/_item.html",
        {
            "home": access.home,
            "meeting": meeting,
            "item": item,
            "row": row,
            "parts": parts,
            "heads": _heads(row.rules),
            "more": _more(row, parts),
            "wall_cells": [cell for cell in row.cells.values() if cell.text and COLUMNS[cell.column].wall],
            "form": begun(lambda data: plan_of(access, row, data), plan_draft(access, row.id)),
            "topics": topics,
            "wall": services.wall_in_use(meeting),
            **_since(access, meeting, row),
        },
    )


def _heads(region_rules: Rules) -> dict[str, str]:
    """Headings of the parts under a question, in the region's words. Over a side's own lane: who acts."""
    heads = {text.key: text.heading_in(region_rules) for text in COLUMNS.values()}
    for part in map(lane, Track.values):
        heads[part.key] = region_rules.title(part.key, part.title if Side.JOINT in part.sides else part.brief)
    return heads


# The texts _item.html lays under the questions. Any other of the table stands under the second.
LAID = ("words", "goals", "status", "told")


def _more(row: selectors.Row, parts: dict[str, str]) -> list[tuple[str, list[str]]]:
    """(heading, a fragment for each side) of the other texts of the spotlight."""
    return [
        (
            text.heading_in(row.rules),
            [parts.get(f"{text.key}_{side}", "") for side in text.sides],
        )
        for text in COLUMNS.values()
        if Place.SPOTLIGHT in text.places and text.key not in LAID
    ]


def _since(access: Access, meeting: Meeting, row: selectors.Row) -> dict[str, Any]:
    open_rows, settled = services.since_last(meeting, row.id, row.stay.sight)
    staff = staff_at(meeting.home, today())
    return {
        "open_rows": [(intervention_view(row, today(), staff), row.version, count) for row, count in open_rows],
        "settled": settled,
        "days": move_days(today(), every_day=access.side == Side.HOME),
    }


@home_view()
@missing_is_404
def agenda_since(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """'Siden sidst' for the resident, fetched anew when something changed."""
    meeting, item, row = _item(access, number, pk)
    if veiled(meeting, item):
        return sentence(rules.ALONE, 422)
    if row is None:
        raise LookupError("topic")
    log_read(access, "moede", [row.id])
    context = {"home": access.home, "meeting": meeting, "item": item, "row": row, **_since(access, meeting, row)}
    return render(request, "meetings/_since.html", context)


@home_view()
@missing_is_404
def agenda_decide(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """Up, down or the same, as it stands now."""
    meeting, item, row = _item(access, number, pk)
    if veiled(meeting, item):
        return sentence(rules.ALONE, 422)
    log_read(access, "moede", [row.id] if row else [])
    # The heading says the level too, and follows it.
    return render(request, "meetings/_decide_answer.html", {"home": access.home, "meeting": meeting, "row": row})


@home_view(methods=("POST",))
@missing_is_404
def meeting_start(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Begins the meeting with those ticked as present. The meeting of another day is begun once that is confirmed."""
    meeting, present = services.meeting_of(access, number), present_in(request)
    if request.POST.get("same"):
        present = {**services.present_last(meeting), **present}
    asks = meeting.date != today() and not request.POST.get("now")
    refused = ""
    if not asks:
        try:
            services.meeting_start(access=access, number=number, present=present, today=today())
        except Denied as denied:
            meeting, refused = services.meeting_of(access, number), denied.message
    if meeting.state == Meeting.State.RUNNING or not (asks or refused):
        return redirect("meeting", access.home.slug, number)
    page = {"meeting": meeting, "day": weeks.long_day(meeting.date), **head(access, "moede")}
    page |= {**before_page(access, meeting), "refused": refused, "asks": asks, "key": new_key()}
    page["groups"] = groups_of(services.meeting_people(meeting, today()), lambda user: present.get(user.pk, ""))
    return render(request, "meetings/before.html", page, status=422)


@home_view(methods=("POST",))
@missing_is_404
def meeting_unstart(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Fortryd start', while nothing has been written."""
    return acts(lambda: services.meeting_unstart(access=access, number=number), "meeting-unstarted")


@home_view(methods=("POST",))
@missing_is_404
def spotlight_move(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The chair goes to an item."""
    item = number_in(request.POST.get("item"))
    return acts(
        lambda: services.spotlight_move(access=access, number=number, item_id=item, today=today()),
    )


@home_view(methods=("POST",))
@missing_is_404
def meeting_recap(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The chair goes to the recap."""
    return acts(lambda: services.meeting_recap(access=access, number=number, today=today()))


@home_view(methods=("POST",))
@missing_is_404
def chair_take(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Overtag'."""
    return acts(lambda: services.chair_take(access=access, number=number, today=today()))


@home_view(methods=("POST",))
@missing_is_404
def referent_take(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Bliv referent'."""
    return acts(lambda: services.referent_take(access=access, number=number, today=today()))


@home_view(methods=("POST",))
@missing_is_404
def resident_here(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """'Beboeren er med' and 'Beboeren er gået'."""
    here = request.POST.get("here") == "1"
    return acts(
        lambda: services.resident_here(access=access, number=number, here=here, today=today()),
    )


@home_view(methods=("POST",))
@missing_is_404
def meeting_awake(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """204 where the meeting keeps this screen from locking, since the person is noted as there; else 200."""
    if not services.keeps_awake(access=access, number=number, now=timezone.now()):
        return JsonResponse({"awake": False})
    screens.touch(request.screen, timezone.now())  # type: ignore[attr-defined]
    return HttpResponse(status=204)


@home_view(methods=("GET", "POST"))
@missing_is_404
def topic_park(request: HttpRequest, access: Access) -> HttpResponse:
    """'Tages op senere': a topic, about a resident or the cooperation."""
    stay = number_in(request.GET.get("beboer")) or None
    if stay is not None and not _may_see(access, stay):
        raise LookupError("stay")
    teams = [access.team] if access.team else [link.team for link in teams_of(access.home, today())]
    running = Meeting.objects.for_home(access.home).filter(state=Meeting.State.RUNNING).select_related("series").first()
    offered = teams if stay is None else []

    def make(data: Data) -> TopicForm:
        return TopicForm(data, teams=offered, initial={"team": running.series.team_id if running else None})

    def act(form: TopicForm) -> None:
        wanted = form.cleaned_data.get("team")
        team = next((team for team in teams if team.pk == wanted), teams[0] if len(teams) == 1 else None)
        services.topic_park(access=access, stay_id=stay, team=team, text=form.cleaned_data["text"], key=form.key)

    return dialog(
        request, "meetings/_topic.html", make, act, context=lambda form: {"home": access.home, "stay": stay},
        drafts=FormDraft.at(access, f"topic-park:{stay or 0}", stay),
        events=("close-dialog", "board-changed"),
    )  # fmt: skip


def _may_see(access: Access, stay: int) -> bool:
    from_here = visible_stays(access.home, audience_of(access), today(), only=stay)
    return bool(from_here and from_here[0].sight.covers(Side.JOINT, "topics"))


@home_view(methods=("POST",))
@missing_is_404
def topic_settle(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The topic is done."""
    topic = ParkedTopic.objects.for_home(access.home).filter(pk=pk).first()
    if topic is None or (topic.stay_id and not _may_see(access, topic.stay_id)):
        raise LookupError("topic")
    if access.team is not None and topic.team_id not in (None, access.team.pk):
        raise LookupError("topic")
    return acts(lambda: services.topic_settle(access=access, pk=pk, today=today()))
