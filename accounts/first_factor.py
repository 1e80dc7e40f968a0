"""A first second factor is taken in use by who reads the person's mail: a stolen password alone enrols none."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from audit import trail
from audit.models import Entry
from organisation.models import User

trail.register("first_factor.sent", "fik en mail med en kode for at tage et ekstra trin i brug")
trail.register("first_factor.wrong", "skrev en forkert kode fra mailen")
trail.register("first_factor.proved", "viste med koden fra mailen, at det var rette person")

PROVED, WAITING = "mail_proved", "mail_code"
FOR = 15 * 60
# No 0 O 1 I: read from a mail and typed.
LETTERS, LENGTH = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 8
TRIES, BETWEEN = 5, 60
# Mails to one person in a day.
MOST = 20
SUBJECT = "Din kode til et ekstra trin ved log ind"
BODY = """Koden er {code}

Skriv den på siden, hvor du tager et ekstra trin ved log ind i brug. Den gælder i et kvarter.

Har du ikke bedt om den, er en anden måske logget ind som dig. Så vælg en ny adgangskode her, og sig det til din leder:
{link}
"""
View = Callable[..., HttpResponseBase]


def prove(request: HttpRequest, user: User) -> None:
    """The person has just shown that they read their mail, or came through their organisation's own provider."""
    request.session[PROVED] = {"user": user.pk, "until": timezone.now().timestamp() + FOR}


def has_proved(request: HttpRequest, user: User) -> bool:
    """Whether they did so in this session, a quarter of an hour ago at most."""
    proof = request.session.get(PROVED) or {}
    return proof.get("user") == user.pk and timezone.now().timestamp() < proof["until"]


def used(request: HttpRequest) -> None:
    """A factor was taken in use: the next one is asked for by that."""
    request.session.pop(PROVED, None)


def proved(view: View) -> View:
    """The library's view where a factor is taken in use: after a code by mail, where the person has no factor yet."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not is_mfa_enabled(user) and not has_proved(request, user):
            going = request.resolver_match.view_name if request.resolver_match else ""
            return redirect(f"{reverse('first-factor')}?{urlencode({'videre': going})}")
        return view(request, *args, **kwargs)

    return inner


# Where one goes on to, by the name in the address.
NEXT = ("mfa_add_webauthn", "mfa_activate_totp")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def first_factor(request: HttpRequest) -> HttpResponse:
    """Sends a code to the person's mail (`send`), and takes it (`code`)."""
    user = request.user
    assert isinstance(user, User)
    going = request.GET.get("videre", "")
    going = going if going in NEXT else "mfa_index"
    if is_mfa_enabled(user) or has_proved(request, user):
        return redirect(going)
    error = ""
    if request.method == "POST":
        error = _send(request, user) if "send" in request.POST else _take(request, user)
        if has_proved(request, user):
            return redirect(going)
    page = {"waits": WAITING in request.session, "error": error, "address": user.email}
    return render(request, "accounts/first_factor.html", page, status=422 if error else 200)


def _send(request: HttpRequest, user: User) -> str:
    """Mails a new code. Returns what is wrong, '' for nothing. Raises what the mail server does."""
    now = timezone.now().timestamp()
    waiting = request.session.get(WAITING)
    if waiting and now < waiting["sent"] + BETWEEN:
        return "Koden er lige sendt. Vent et minut, før du beder om en ny."
    lately = Entry.objects.filter(actor=user.pk, action="first_factor.sent", at__gt=timezone.now() - timedelta(days=1))
    if lately.count() >= MOST:
        return "Der er sendt mange koder i dag. Spørg din leder, om nogen prøver at komme ind som dig."
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    link = settings.PUBLIC_URL + reverse("account_reset_password")
    send_mail(SUBJECT, BODY.format(code=f"{code[:4]} {code[4:]}", link=link), None, [user.email])
    trail.note(user.scope, "first_factor.sent", user, by=user.pk)
    request.session[WAITING] = {"code": _digest(code), "sent": now, "until": now + FOR, "tries": TRIES}
    return ""


def _take(request: HttpRequest, user: User) -> str:
    """Compares what was typed. Returns what is wrong, '' where it is the code."""
    waiting = request.session.get(WAITING)
    if not waiting or timezone.now().timestamp() > waiting["until"] or waiting["tries"] < 1:
        request.session.pop(WAITING, None)
        return "Koden gælder ikke mere. Bed om en ny."
    typed = "".join(request.POST.get("code", "").split()).replace("-", "").upper()
    if not constant_time_compare(_digest(typed), waiting["code"]):
        request.session[WAITING] = {**waiting, "tries": waiting["tries"] - 1}
        trail.note(user.scope, "first_factor.wrong", user, by=user.pk)
        return "Koden passer ikke. Skriv den, som den står i den nyeste mail."
    request.session.pop(WAITING)
    prove(request, user)
    trail.note(user.scope, "first_factor.proved", user, by=user.pk)
    return ""


def _digest(code: str) -> str:
    return salted_hmac(__name__, code).hexdigest()
