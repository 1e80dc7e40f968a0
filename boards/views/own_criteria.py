"""A home's own criteria, in the hands of the two sides' leaders."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import Access, home_view, today
from boards.selectors import other_texts
from boards.views.lists import criteria_page
from boards.views.page import head
from core.errors import Denied
from core.forms import Data, OnTheWay, changing
from core.web import missing_is_404, number_in
from criteria import own, rules
from criteria.forms import OwnCriterionForm
from criteria.rules import Wording
from organisation.drafts import FormDraft
from organisation.models import Role
from residents.selectors import region_of
from residents.sharing import audience_of


@home_view(methods=("GET", "POST"), role=Role.LEADER)
@missing_is_404
def own_criterion(request: HttpRequest, access: Access) -> HttpResponse:
    """A proposal: typed, seen with what it means, then made. It may begin from a text written under 'Andet'."""
    day = today()

    def make(data: Data) -> OwnCriterionForm:
        return OwnCriterionForm(data, initial=_begun(request, access), today=day)

    def act(form: OwnCriterionForm) -> OnTheWay | None:
        wording, ends_on, step = form.wording(), form.cleaned_data["ends_on"], request.POST.get("step")
        if step == "edit":
            return OnTheWay(show(form, 200))
        rules.check_wording(wording)
        rules.check_end(ends_on, day)
        if step != "save":
            return OnTheWay(_form(request, access, form, wording=wording))
        own.own_criterion_propose(
            home=access.home, region_id=region_of(access.home, day), side=access.side, wording=wording,
            ends_on=ends_on, key=form.key, by=access.user, today=day,
        )  # fmt: skip
        return None

    def show(form: OwnCriterionForm, status: int) -> HttpResponse:
        return _form(request, access, form, status=status)

    def done(form: OwnCriterionForm) -> HttpResponse:
        return redirect("criteria", access.home.slug)

    return changing(request, make, act, show=show, done=done, drafts=FormDraft.at(access, "own-criterion"))


def _begun(request: HttpRequest, access: Access) -> dict[str, Any]:
    """What the form begins with: the text of an 'Andet' the leader may see. Raises LookupError for any other."""
    if not request.GET.get("fra"):
        return {}
    wanted = number_in(request.GET["fra"])
    link = next((o for o in other_texts(access.home, audience_of(access), today()) if o.pk == wanted), None)
    if link is None:
        raise LookupError("text")
    return {"name": link.text[:100], "level": link.version.level, "days": link.version.first_days}


def _form(
    request: HttpRequest, access: Access, form: OwnCriterionForm, *, wording: Wording | None = None, status: int = 200
) -> HttpResponse:
    page = {
        "form": form,
        "wording": wording,
        "example": rules.example(wording, today()) if wording else "",
        **head(access, "kriterier"),
    }
    return render(request, "boards/own_criterion.html", page, status=status)


@home_view(methods=("POST",), role=Role.LEADER)
@missing_is_404
def own_criterion_answer(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The other side's leader says yes, or either ends it."""
    act = request.POST.get("answer")
    if act not in ("approve", "end"):
        raise BadRequest("Svaret kendes ikke.")
    day = today()
    home, region = access.home, region_of(access.home, day)
    try:
        if act == "approve":
            own.own_criterion_approve(home=home, region_id=region, pk=pk, side=access.side, by=access.user, today=day)
        else:
            own.own_criterion_end(home=home, region_id=region, pk=pk, by=access.user, today=day)
    except Denied as denied:
        return criteria_page(request, access, denied.message, 422)
    return redirect("criteria", access.home.slug)
