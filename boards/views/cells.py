"""Texts: read, written, confirmed, their history and drafts."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from boards import selectors, services
from boards.live import snapshots
from boards.models import CellRevision
from boards.services import CellKey
from boards.views.common import CHANGED, log_read, side_in
from core import weeks
from core.errors import Conflict, Denied, Repeated
from core.web import fragment_trigger, missing_is_404, new_key, number_in, sentence
from organisation.models import Side
from organisation.services import draft_for, drop_draft, keep_draft
from residents.selectors import visible_stays
from residents.sharing import audience_of


def _cell(
    access: Access, stay: int, column: str, side: str, screen: str = "beboer"
) -> tuple[selectors.Row, selectors.CellView]:
    """The text as the person sees it, out of the board their screen shows, once it is noted that they see it."""
    row = snapshots.snapshot(access.home, audience_of(access)).board.row(stay)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    log_read(access, screen, [stay])
    cell = row.cells.get(f"{column}-{side}")
    if cell is None:
        raise LookupError("cell")
    return row, cell


def _show_cell(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    row, cell = _cell(access, stay, column, side)
    editable = services.may_write(access, side_in(side))
    return render(request, "boards/_cell.html", {"home": access.home, "cell": cell, "row": row, "editable": editable})


@home_view(methods=("GET", "POST"))
@missing_is_404
def cell(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """One text: read afresh, or written. 409 with both texts when somebody wrote since, 422 with the reason."""
    where = CellKey(stay, column, side_in(side))
    if request.method == "GET":
        if request.GET.get("opgiv"):
            drop_draft(access.user, str(where))
        return _show_cell(request, access, stay, column, side)
    text, seen = request.POST.get("text", ""), number_in(request.POST.get("seen"))
    try:
        services.cell_write(
            access=access,
            where=where,
            text=text,
            seen=seen,
            key=request.POST.get("noegle", ""),
            today=today(),
        )
    except Repeated:
        drop_draft(access.user, str(where))
    except Conflict:
        row, current = _cell(access, stay, column, side)
        context = {"home": access.home, "row": row, "cell": current, "mine": text, "key": new_key()}
        return render(request, "boards/_conflict.html", context, status=409)
    except Denied as denied:
        row, current = _cell(access, stay, column, side)
        return render(
            request,
            "boards/_cell_edit.html",
            {
                "home": access.home,
                "row": row,
                "cell": current,
                "text": text,
                "seen": seen,
                "error": denied.message,
                "key": new_key(),
            },
            status=422,
        )
    return _show_cell(request, access, stay, column, side)


@home_view()
@missing_is_404
def cell_edit(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """The text as a field, with the draft the person left there."""
    row, cell = _cell(access, stay, column, side)
    if not services.may_write(access, side_in(side)):
        message = f"Her skriver kun {Side(side).label.lower()}. Under mødet kan referenten skrive for begge."
        return sentence(message, 403)
    draft = draft_for(access.user, access.home, cell.key)
    text, seen = cell.text, cell.version
    if request.GET.get("saml") and draft and cell.text and draft.text != cell.text:
        text = f"{cell.text}\n{draft.text}"
    elif draft:
        text, seen = draft.text, draft.seen
    return render(
        request,
        "boards/_cell_edit.html",
        {"home": access.home, "row": row, "cell": cell, "text": text, "seen": seen, "draft": draft, "key": new_key()},
    )


@home_view(methods=("POST",))
@missing_is_404
def cell_confirm(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """'Gælder stadig'."""
    # After a conflict or a refusal the fresh text below is the answer: it is what stands there now.
    with suppress(Conflict, Denied):
        services.cell_confirm(
            access=access,
            where=CellKey(stay, column, side_in(side)),
            seen=number_in(request.POST.get("seen")),
            today=today(),
        )
    return _show_cell(request, access, stay, column, side)


@home_view()
@missing_is_404
def cell_history(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """What the text said before."""
    row, cell = _cell(access, stay, column, side, "historik")
    own = access.side if side == Side.JOINT else side
    revisions = (
        CellRevision.objects.for_home(access.home)
        .filter(cell__stay=stay, cell__column=column, cell__side=side)
        .select_related("by", "misfiled_by")
        .order_by("-version")
    )
    if side == Side.JOINT or own != access.side:
        # Written on the wrong resident: only the side that owns the text still sees that it stood here.
        revisions = revisions.filter(misfiled_at=None)
    lines = [(revision, weeks.when(revision.at, today())) for revision in revisions[:50]]
    editable = services.may_write(access, side_in(side))
    return render(
        request,
        "boards/_history.html",
        {"home": access.home, "row": row, "cell": cell, "lines": lines, "editable": editable, "key": new_key()},
    )


@home_view(methods=("GET", "POST"))
@missing_is_404
def cell_misfile(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """'Skrevet på forkert beboer': away from here, and, if chosen, over to the right resident."""
    row, cell = _cell(access, stay, column, side)
    others = [
        other
        for other in visible_stays(access.home, audience_of(access), today())
        if other.id != stay and other.sight.covers(side_in(side), column)
    ]
    log_read(access, "beboer", [other.id for other in others])
    error, status = "", 200
    if request.method == "POST":
        move_to = number_in(request.POST.get("til")) or None
        try:
            services.cell_misfile(
                access=access,
                where=CellKey(stay, column, side_in(side)),
                seen=number_in(request.POST.get("seen")),
                move_to=move_to,
                today=today(),
            )
            return fragment_trigger(*CHANGED)
        except Conflict:
            error, status = "En anden har skrevet her imens. Se efter, før du fjerner teksten.", 409
        except Denied as denied:
            error, status = denied.message, 422
    context = {"home": access.home, "row": row, "cell": cell, "others": others, "error": error}
    return render(request, "boards/_misfiled_dialog.html", context, status=status)


@home_view(methods=("POST",))
def draft(request: HttpRequest, access: Access) -> HttpResponse:
    """Keeps what is being typed."""
    keep_draft(
        access.user,
        access.home,
        request.POST.get("felt", "")[:80],
        request.POST.get("text", ""),
        number_in(request.POST.get("seen")),
    )
    return HttpResponse(status=204)
