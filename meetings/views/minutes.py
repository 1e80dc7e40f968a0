"""The locked minutes: page, PDF, text for the record, and the tick that it was written there."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, today
from audit import trail
from boards.selectors import one_row
from boards.views.page import head
from core.errors import Denied
from core.web import missing_is_404, sentence
from meetings import layout, rules, services
from meetings import minutes as papers
from meetings.copy import record_text
from meetings.models import AgendaItem, Meeting
from meetings.views.common import veiled
from organisation import acts
from organisation.drafts import FormDraft, typed_before
from residents.sharing import Audience, AudienceKind, audience_of


@home_view()
@missing_is_404
def minutes(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The locked minutes, as far as the reader may see them today."""
    return minutes_page(request, access, number)


def _paper(request: HttpRequest, access: Access, meeting: Meeting) -> papers.Paper:
    """The edition for the audience the address names. Raises LookupError."""
    edition = request.GET.get("udgave")
    if edition is not None and not (edition.isascii() and edition.isdigit() and len(edition) < 5):
        raise LookupError("edition")
    wanted = int(edition) if edition is not None else None
    paper = papers.read(access, meeting, request.GET.get("til", AudienceKind.JOINT), wanted)
    if paper is None:
        raise LookupError("minutes")
    return paper


def _log_read(access: Access, screen: str, stays: list[int]) -> None:
    trail.record_read(access.home.scope, viewer=access.user.pk, screen=screen, stays=stays)


def reopen_draft(access: Access, number: int) -> FormDraft:
    """Where the reason to open the meeting again is kept while it is typed."""
    return FormDraft.at(access, f"meeting-reopen:{number}")


def minutes_page(
    request: HttpRequest, access: Access, number: int, error: str = "", status: int = 200, why: str = ""
) -> HttpResponse:
    """The page. `refused` says why the meeting could not be opened again."""
    meeting = services.meeting_of(access, number)
    try:
        paper = _paper(request, access, meeting)
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    _log_read(access, f"referat-{paper.audience}", paper.stays)
    said = layout.account(paper)
    notes = services.journal(access, meeting, today()) if _ticks(paper) else {}
    page = {
        "meeting": meeting,
        "paper": paper,
        "said": said,
        "sections": [
            (section.stay, shown, notes.get(section.stay))
            for section, shown in zip(paper.sections, said["sections"], strict=True)
        ],
        "notes": notes,
        "count": _count(notes),
        "record": services.RECORD[access.side],
        "audiences": [(key, title) for key, title in papers.AUDIENCES.items() if papers.may_read(access, key)],
        "later": _later(access, paper),
        "error": error,
        "why": why or typed_before(reopen_draft(access, number), "why"),
        **head(access, "referater"),
    }
    return render(request, "meetings/minutes.html", page, status=status)


def _ticks(paper: papers.Paper) -> bool:
    """The record is written from the edition that holds, about people with names."""
    return not paper.plain and paper.edition == paper.newest


# What leaves words or a level on the board; to have seen or confirmed something is not to write.
_WRITES = (
    "cell.written", "intervention.added", "intervention.changed", "intervention.moved", "intervention.settled",
    "level.opened", "level.changed", "level.closed", "sign.noted",
)  # fmt: skip


def _later(access: Access, paper: papers.Paper) -> bool:
    """Whether the reader has written on the board since these minutes were locked, the same day. Two queries."""
    closed = paper.meeting.state == Meeting.State.CLOSED
    if not closed or paper.edition != paper.newest or timezone.localdate(paper.stored.at) != today():
        return False
    return trail.did_since("meeting.closed", paper.meeting, access.home.scope, by=access.user.pk, of=_WRITES)


def _count(notes: dict[int, services.Written]) -> int:
    return sum(1 for note in notes.values() if note.by)


@home_view()
@missing_is_404
def minutes_pdf(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The same minutes as PDF."""
    paper = _paper(request, access, services.meeting_of(access, number))
    _log_read(access, f"referat-pdf-{paper.audience}", paper.stays)
    acts.exported(access.home, access.user, f"referat-pdf-{paper.audience}", paper.stays)
    name = layout.file_name(paper, access.home.slug)
    return HttpResponse(
        layout.pdf(paper),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@home_view()
@missing_is_404
def record_copy(request: HttpRequest, access: Access, number: int, stay: int) -> HttpResponse:
    """What the meeting said of one resident, as text to copy into one's own record."""
    meeting = services.meeting_of(access, number)
    audience = request.GET.get("til", AudienceKind.JOINT)
    if audience not in (AudienceKind.JOINT, access.side):
        raise LookupError("audience")
    if meeting.resident_present and veiled(meeting, _item_of(access, meeting, stay)):
        return sentence(rules.ALONE, 422)
    content = _section_of(access, meeting, stay, AudienceKind(audience))
    _log_read(access, "referat-tekst", [stay])
    acts.exported(access.home, access.user, "referat-tekst", [stay])
    text = record_text(content, home=access.home.name, team=meeting.series.team.name, day=services.held_on(meeting))
    context = {"stay": stay, "name": content["name"], "flat": content["flat"], "text": text}
    return render(request, "meetings/_record_text.html", context)


def _item_of(access: Access, meeting: Meeting, stay: int) -> AgendaItem | None:
    return AgendaItem.objects.for_home(access.home).filter(meeting=meeting, stay=stay).order_by("order").first()


def _section_of(access: Access, meeting: Meeting, stay: int, audience: AudienceKind) -> dict[str, Any]:
    """The resident's section: as it stands now while the meeting runs, else from the minutes. Raises LookupError."""
    if meeting.state != Meeting.State.RUNNING:
        paper = papers.read(access, meeting, audience)
        section = next((part for part in paper.sections if part.stay == stay), None) if paper else None
        if section is None:
            raise LookupError("section")
        return section.content
    items = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, stay=stay)
    viewer: Audience = services.joint(meeting) if audience == AudienceKind.JOINT else audience_of(access)
    row = one_row(access.home, viewer, today(), stay) if items.exists() else None
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    decided = services.decisions(meeting, [row])[row.id]
    return services.section(meeting, row, today(), services.marks_of(access.home, [row]), decided)


@home_view(methods=("POST",))
@missing_is_404
def journal_note(request: HttpRequest, access: Access, number: int, stay: int) -> HttpResponse:
    """'Skrevet i dagbogen' or 'Skrevet i journalen'. The wanted state is sent, so that a double click does no harm."""
    meeting = services.meeting_of(access, number)
    state = request.POST.get("written", "")
    if state not in ("yes", "no"):
        return sentence("Sæt eller fjern krydset igen.", 422)
    try:
        services.journal_note(access=access, meeting=meeting, stay_id=stay, written=state == "yes", today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    notes = services.journal(access, meeting, today())
    context = {
        "home": access.home,
        "meeting": meeting,
        "stay": stay,
        "note": notes[stay],
        "notes": notes,
        "count": _count(notes),
        "record": services.RECORD[access.side],
    }
    return render(request, "meetings/_journal_answer.html", context)
