"""Early signs: noting one, reading one, and what becomes of it."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from boards import services
from boards.forms import SignForm
from boards.models import Outcome, Urgency
from boards.views.common import CHANGED, log_read, visible_row, who_sees, who_to_ring
from core.errors import Denied
from core.forms import Data, changing
from core.web import fragment_trigger, missing_is_404, number_in, sentence, triggering
from organisation.drafts import FormDraft
from residents.selectors import visible_stays
from residents.sharing import audience_of


@home_view(methods=("GET", "POST"))
@missing_is_404
def sign_note(request: HttpRequest, access: Access) -> HttpResponse:
    """'Nyt tidligt tegn'."""
    stays = [stay for stay in visible_stays(access.home, audience_of(access), today()) if stay.sight.shared]
    log_read(access, "tidligt-tegn", [stay.id for stay in stays])
    shown = number_in(request.GET.get("beboer")) or None

    def make(data: Data) -> SignForm:
        return SignForm(data, stays=stays, initial={"stay": shown})

    def act(form: SignForm) -> None:
        data = form.cleaned_data
        services.sign_note(
            access=access,
            stay_id=data["stay"],
            text=data["text"],
            urgency=Urgency(data["urgency"]),
            key=form.key,
            today=today(),
        )

    def show(form: SignForm, status: int) -> HttpResponse:
        return render(request, "boards/_sign_dialog.html", {"home": access.home, "form": form}, status=status)

    def receipt(form: SignForm) -> HttpResponse:
        stay = next(stay for stay in stays if stay.id == form.cleaned_data["stay"])
        return _sign_receipt(request, access, stay, Urgency(form.cleaned_data["urgency"]))

    about = request.POST.get("stay", "")
    stay = int(about) if about in {str(stay.id) for stay in stays} else None
    drafts = FormDraft.at(access, "sign-note", stay)
    return changing(request, make, act, show=show, done=receipt, drafts=drafts)


def _sign_receipt(request: HttpRequest, access: Access, stay: Any, urgency: Urgency) -> HttpResponse:
    row = visible_row(access, stay.id)
    context = {
        "on_board": row.on_board,
        "home": access.home,
        "stay": stay,
        "urgent": urgency == Urgency.TODAY,
        "phones": who_to_ring(access.home, stay),
        "access": access,
        **who_sees(access, stay, "signs"),
    }
    return triggering(render(request, "boards/_sign_receipt.html", context), "board-changed")


@home_view()
@missing_is_404
def sign(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """One early sign: who has read it, and what to do about it."""
    noted = services.sign_of(access, pk, today())
    row = visible_row(access, noted.stay_id)
    view = next((shown for shown in row.signs if shown.id == pk), None)
    if view is None:
        raise LookupError("sign")
    own = noted.side == access.side
    return render(request, "boards/_sign.html", {"home": access.home, "row": row, "sign": view, "own": own})


@home_view(methods=("POST",))
@missing_is_404
def sign_read(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """'Jeg har set det'."""
    services.sign_read(access=access, pk=pk, today=today())
    return fragment_trigger(*CHANGED)


@home_view(methods=("POST",))
@missing_is_404
def sign_handle(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """'Set, ingen ændring', or written on the wrong resident."""
    outcome = request.POST.get("outcome", "")
    try:
        if outcome == Outcome.MISFILED:
            services.sign_misfile(access=access, sign=services.sign_of(access, pk, today()), today=today())
        elif outcome == Outcome.NO_CHANGE:
            services.sign_handle(access=access, pk=pk, outcome=Outcome.NO_CHANGE, today=today())
        else:
            raise BadRequest("Kender ikke det svar.")
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger(*CHANGED)
