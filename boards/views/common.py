"""What the board's pages share."""

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from boards import selectors, services
from boards.models import Outcome
from botilbud.audit import trail
from botilbud.organisation.access import Access, plain, today
from botilbud.organisation.models import Side
from botilbud.organisation.services import Denied
from residents.models import Partner
from residents.partners import partners_of
from residents.selectors import SeenStay
from residents.sharing import audience_of

FIELD = re.compile(r"[0-9]{1,9}-[a-z]{1,20}-[a-z]{1,10}")
CHANGED = ("tavle-aendret", "luk-dialog")
View = Callable[..., HttpResponseBase]


def told_apart(view: View) -> View:
    """A place the person must not know of answers 404, as one that does not exist."""

    @wraps(view)
    def inner(request: HttpRequest, access: Access, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, access, *args, **kwargs)
        except LookupError:
            raise Http404("Siden findes ikke.") from None
        except ValidationError as error:
            # The database's own limits, where no form stood in front of them.
            return plain(" ".join(error.messages), 422)

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


def side_in(value: str) -> Side:
    """The side named in an address; LookupError for one that is not."""
    if value not in Side.values:
        raise LookupError("side")
    return Side(value)


def seen_row(access: Access, stay: int, screen: str = "beboer") -> selectors.Row:
    """The resident as the person sees them, once it is noted that they do. Raises LookupError, Unwritable."""
    row = selectors.one_row(access.home, audience_of(access), today(), stay)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    log_read(access, screen, [stay])
    return row


def partners_seen(access: Access, stay: SeenStay) -> list[Partner]:
    """The resident's partners, where the sight of the stay holds the list. One query."""
    return partners_of(access.home, stay.id) if stay.sight.covers(Side.JOINT, "partners") else []


def log_read(access: Access, screen: str, stays: list[int]) -> None:
    """Notes that the person sees these residents on the screen. Raises Unwritable."""
    if stays:
        trail.record_read(access.home.scope, viewer=access.user.pk, screen=screen, stays=stays)


def refuse(form: Form, denied: Denied) -> None:
    form.add_error(denied.field if denied.field in form.fields else None, denied.message)


def new_key() -> str:
    """The key of a form about to be shown."""
    return uuid.uuid4().hex


def answer_sign(request: HttpRequest, access: Access, outcome: Outcome) -> None:
    """The early sign the person came from has been answered; one answered meanwhile stays as it is."""
    sign = number_in(request.GET.get("tegn"))
    if sign:
        with suppress(LookupError, Denied):
            services.observation_handle(access=access, pk=sign, outcome=outcome, today=today())
