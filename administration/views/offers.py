"""Roles that wait for a yes: seen and answered by the person, their organisation and the unit's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.access import person_view
from accounts.offices import office_of
from administration import offers
from administration.services import roles
from core.errors import Denied
from core.web import missing_is_404
from organisation.models import User


@person_view()
def role_offers(request: HttpRequest, user: User) -> HttpResponse:
    """What the person may answer, what others are asked, and what has lately begun."""
    return _page(request, user)


@person_view(methods=("POST",))
@missing_is_404
def role_offer_answer(request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """A yes, a no, or the question taken back."""
    office, now, answer = office_of(user), timezone.now(), request.POST.get("answer", "")
    try:
        if answer == "withdraw":
            roles.offer_withdraw(office=office, pk=pk, now=now)
        else:
            part = request.POST.get("part", "")
            roles.offer_answer(office=office, pk=pk, part=part, yes=answer == "yes", now=now)
    except Denied as denied:
        return _page(request, user, denied.message, 422)
    return redirect("administration-role-offers")


def _page(request: HttpRequest, user: User, error: str = "", status: int = 200) -> HttpResponse:
    lines = offers.offer_lines(office_of(user), timezone.now())
    return render(request, "administration/role_offers.html", {"lines": lines, "error": error}, status=status)
