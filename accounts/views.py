import re
import smtplib
import socket
import sys
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import browsers, devices, screens, second_factor, still
from accounts.access import accesses, next_opening, person_view, second_factor_first, today, wants_fragment
from accounts.context import OFFICES
from core.logs import request_id
from core.web import TOO_BIG, sentence
from organisation.drafts import all_drafts, words_left
from organisation.models import Membership, RoleOffer, User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The way in: own home's board, Min dag for those with several homes, Styring for those who set up."""
    if not request.user.is_authenticated:
        if devices.of(request) is not None:
            return redirect("screen-lock")
        return redirect("demo-people" if settings.DEMO else "account_login")
    if second_factor.held(request.session):
        return second_factor_first(request)
    own_accesses = accesses(request.user, today())
    if len(own_accesses) == 1:
        return redirect("board", own_accesses[0].home.slug)
    if own_accesses:
        return redirect("my-day")
    if Membership.objects.active(today()).filter(user=request.user, role__in=OFFICES).exists():
        return redirect("administration")
    if RoleOffer.objects.waiting(timezone.now()).filter(user=request.user).exists():
        return redirect("administration-role-offers")
    words = words_left(all_drafts(request.user))
    return render(request, "accounts/no_home.html", {"begins": next_opening(request.user), "words": words})


@person_view()
def token(request: HttpRequest, user: User) -> HttpResponse:
    """Who is signed in now and the token to send with: for a page whose session ended and began again."""
    return JsonResponse({"user": user.pk, "csrf": get_token(request)})


@person_view()
def still_shown(request: HttpRequest, user: User) -> HttpResponse:
    """A new mark where the page may still show what it shows; 409 where it must be drawn anew (accounts.still)."""
    if mark := still.renewed(user, request.headers.get("X-Still", "")):
        return HttpResponse(mark, content_type="text/plain; charset=utf-8")
    return sentence("Siden er fra før. Hent den igen.", 409)


@person_view(methods=("GET", "POST"))
def own_sessions(request: HttpRequest, user: User) -> HttpResponse:
    """Where the person is signed in. A POST ends one of them (`nr`), or all but this one (`andre`)."""
    key = request.session.session_key or ""
    if request.method == "POST":
        if "others" in request.POST:
            browsers.end_others(user, key)
            screens.pin_forget(user)
        elif not re.fullmatch(r"[0-9]{1,18}", chosen := request.POST.get("number", "")):
            raise Http404("Siden findes ikke.")
        else:
            # One that is over already is what was asked for.
            with suppress(LookupError):
                browsers.end(user, int(chosen))
        return redirect("own-sessions")
    return render(request, "accounts/own_sessions.html", {"places": browsers.own(user, key, today())})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for too much: the sentence itself for the page's message line, a page for a page.

    Only our own refusals are repeated; the framework's are in English and name its settings.
    """
    too_big = isinstance(exception, (RequestDataTooBig, TooManyFieldsSent))
    status = 413 if too_big else 400
    if wants_fragment(request):
        own = str(exception) if type(exception) is BadRequest else ""
        return sentence(TOO_BIG if too_big else own or "Det kunne ikke læses. Prøv igen.", status)
    return render(request, "400.html", {"words": TOO_BIG if too_big else ""}, status=status)


# What is raised when a page must send a mail now (a new password) and the mail server is away or refuses it.
NO_MAIL = (smtplib.SMTPException, ConnectionError, TimeoutError, socket.gaierror)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with the number the log has it under; 503 with a sentence where the database or the mail server failed.

    A database that is away, slow or full. It asks nothing of either.
    """
    error = sys.exception()
    fragment = wants_fragment(request)
    if isinstance(error, (OperationalError, InterfaceError)):
        stands = " Det, du har skrevet, står her stadig." if fragment else ""
        words = f"Databasen svarer ikke lige nu.{stands} Prøv igen om lidt."
    elif isinstance(error, NO_MAIL):
        words = "Mailen kunne ikke sendes lige nu. Prøv igen om lidt."
    else:
        return HttpResponse(render_to_string("500.html", {"reference": request_id.get()}), status=500)
    page = {"message": words, "reference": request_id.get()}
    answer = sentence(words, 503) if fragment else HttpResponse(render_to_string("503.html", page), status=503)
    answer.headers["Retry-After"] = "5"
    return answer
