"""Texts: read, written, confirmed, their history and drafts."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from boards import selectors, services
from boards.forms import MisfiledForm
from boards.fragments import FIELD
from boards.live import snapshots
from boards.models import CellRevision
from boards.services import CellKey
from boards.views.common import dialog, log_read, side_in
from core import weeks
from core.errors import Conflict, Denied, Repeated
from core.forms import Data
from core.web import missing_is_404, new_key, number_in, sentence
from organisation.drafts import draft_for, drop_draft, keep_draft
from organisation.models import Side
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import audience_of


def _cell(
    access: Access, stay: int, column: str, side: str, screen: str = "beboer"
) -> tuple[selectors.Row, selectors.CellView]:
    """The text as the person sees it on their board. The log notes that they see it."""
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
            drop_draft(access, str(where))
        return _show_cell(request, access, stay, column, side)
    text, seen = request.POST.get("text", ""), number_in(request.POST.get("seen"))
    try:
        services.cell_write(
            access=access,
            where=where,
            text=text,
            seen=seen,
            key=request.POST.get("key", ""),
            today=today(),
        )
    except Repeated:
        drop_draft(access, str(where))
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
    draft = draft_for(access, cell.key)
    text, seen = cell.text, cell.version
    if request.GET.get("saml") and draft and cell.text and draft.text != cell.text:
        text = f"{cell.text}\n{draft.text}"
    elif draft:
        text, seen = draft.text, number_in(draft.seen)
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
    own = side_in(side)
    where = CellKey(stay, column, own)

    def others() -> list[VisibleStay]:
        stays = visible_stays(access.home, audience_of(access), today())
        others = [one for one in stays if one.id != stay and one.sight.covers(own, column)]
        log_read(access, "beboer", [one.id for one in others])
        return others

    def make(data: Data) -> MisfiledForm:
        row, cell = _cell(access, stay, column, side)
        return MisfiledForm(data, row=row, cell=cell, others=others())

    def act(form: MisfiledForm) -> None:
        services.cell_misfile(
            access=access,
            where=where,
            seen=number_in(form.seen),
            move_to=form.cleaned_data["move_to"],
            key=form.key,
            today=today(),
        )

    return dialog(
        request,
        "boards/_misfiled_dialog.html",
        make,
        act,
        context=lambda form: {"home": access.home, "row": form.row, "cell": form.cell},
        says=lambda current: "En anden har skrevet her imens. Se efter, før du fjerner teksten.",
    )


@home_view(methods=("POST",))
def draft(request: HttpRequest, access: Access) -> HttpResponse:
    """Keeps what is being typed in a text, also of a resident who was withdrawn while it was typed."""
    field, seen = request.POST.get("field", ""), number_in(request.POST.get("seen"))
    if not FIELD.fullmatch(field) or not services.is_text(access, field):
        return sentence("Feltet findes ikke.", 422)
    try:
        keep_draft(access, field, request.POST.get("text", ""), seen, int(field.split("-")[0]))
    except Denied as denied:
        return sentence(denied.message, 422)
    return HttpResponse(status=204)
