"""What the views of every room share: answers in one sentence, numbers, keys and refusals."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_htmx.http import reswap

from core.errors import Denied

View = Callable[..., HttpResponseBase]
TOO_BIG = "Det er for meget på én gang. Del det op, og prøv igen."
BUSY = "Her er travlt lige nu. Prøv igen om et øjeblik."


def sentence(message: str, status: int) -> HttpResponse:
    """A refusal as one sentence, for the page's message line."""
    return reswap(HttpResponse(message, status=status, content_type="text/plain; charset=utf-8"), "none")


def fragment_trigger(*events: str, status: int = 204) -> HttpResponse:
    """An empty answer that tells the page what happened."""
    return triggering(HttpResponse(status=status), *events)


def triggering(response: HttpResponse, *events: str) -> HttpResponse:
    """Adds to the answer what happened, for the page: htmx's HX-Trigger with the names alone."""
    # django-htmx's trigger_client_event sends JSON with details. Our events have no details.
    response["HX-Trigger"] = ", ".join(events)
    return response


def missing_is_404(view: View) -> View:
    """A LookupError becomes 404: what a person must not know of answers like what does not exist."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except LookupError:
            raise Http404("Siden findes ikke.") from None
        except ValidationError as error:
            # The database's own limits, for what no form has checked.
            return sentence(" ".join(error.messages), 422)

    return inner


def number_in(value: str | None) -> int:
    """A number as sent by a page; 400 for anything no database id or version can be."""
    try:
        number = int(value or 0)
    except ValueError:
        raise BadRequest("Tallet kan ikke læses.") from None
    if not -(2**31) < number < 2**31:
        raise BadRequest("Tallet kan ikke læses.")
    return number


def new_key() -> str:
    """The key of a form about to be shown."""
    return uuid.uuid4().hex


def refuse(form: Form, denied: Denied) -> None:
    form.add_error(denied.field if denied.field in form.fields else None, denied.message)
