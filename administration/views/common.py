"""What the pages of setting up share: a form, an act, and a redirect to where the result stands."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from administration import rules
from administration.access import Office
from boards.views.common import new_key, refuse
from botilbud.organisation.models import User
from botilbud.organisation.services import Conflict, Denied, Repeated

STALE = "En anden har rettet det imens. Her står det nu, som det blev. Ret det igen, hvis det stadig er nødvendigt."


def any_office(office: Office) -> bool:
    """Everybody who sets something up."""
    return office.any


def system_office(office: Office) -> bool:
    """System administrators."""
    return bool(office.system)


def staffing_office(office: Office) -> bool:
    """Those who decide who works somewhere: system administrators and leaders."""
    return bool(office.system or office.homes or office.teams)


def keeping_homes(office: Office) -> bool:
    """Those with a home to set up: system administrators and leaders of homes."""
    return bool(office.system or office.homes)


def form_page(
    request: HttpRequest,
    form: Form,
    act: Callable[[], str],
    *,
    title: str,
    button: str,
    back: str,
    afresh: Callable[[], Form] | None = None,
    stands: Callable[[], object] | None = None,
    template: str = "administration/form.html",
    **context: Any,
) -> HttpResponse:
    """A page with one form. `act` does what was asked and says where the result stands; `back` is the way out.

    `tab` among the rest stands in the browser's title, where a `title` with somebody's name must not.
    A refusal stands at its field with what was typed (422); a form over something changed meanwhile is shown `afresh`
    (409), and `stands` says what the person saw; a double click lands where the first one did.
    """
    note, status, seen = "", 200, request.POST.get("set", "")
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return redirect(act())
            except Repeated:
                return redirect(back)
            except Denied as denied:
                refuse(form, denied)
            except ValidationError as error:
                form.add_error(None, " ".join(error.messages))
            except Conflict:
                note, status = STALE, 409
                form = afresh() if afresh else form
    if stands is not None and status in (200, 409):
        seen = rules.print_of(stands())
    page = {"title": title, "button": button, "back": back, "form": form, "note": note, "seen": seen, **context}
    return render(request, template, {"place": "styring", "key": new_key(), **page}, status=status)


def key_in(request: HttpRequest) -> str:
    """The form's own key."""
    return request.POST.get("noegle", "")


def seen_in(request: HttpRequest) -> str:
    """The mark of what the person saw when the form was shown."""
    return request.POST.get("set", "")


def label_of(user: User, among: list[User]) -> str:
    """The name, with title or mail where another has the same."""
    same = [other.name for other in among].count(user.name) > 1
    return f"{user.name} ({user.title or user.email})" if same else user.name
