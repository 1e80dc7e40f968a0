"""A page with one form: shown, refused with what was typed, shown afresh where somebody changed it, or done."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.errors import Conflict, Denied, Repeated
from core.web import new_key, refuse

STALE = "En anden har rettet det imens. Her står det nu, som det blev. Ret det igen, hvis det stadig er nødvendigt."


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
    template: str = "form.html",
    **context: Any,
) -> HttpResponse:
    """A page with one form. `act` does what was asked and says where the result stands; `back` is the way out.

    `tab`, among the rest, is the browser's title when `title` holds somebody's name: a name must not stand there.
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
        seen = print_of(stands())
    page = {"title": title, "button": button, "back": back, "form": form, "note": note, "seen": seen, **context}
    return render(request, template, {"place": "styring", "key": new_key(), **page}, status=status)


def key_in(request: HttpRequest) -> str:
    """The form's own key."""
    return request.POST.get("noegle", "")


def seen_in(request: HttpRequest) -> str:
    """The mark of what the person saw when the form was shown."""
    return request.POST.get("set", "")


def print_of(facts: object) -> str:
    """A mark of what stands, carried by the form. If the mark differs later, somebody changed it since."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
