"""The locked screen, opening it again, keeping it open, and taking a tablet into use."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts import browsers, devices, screens
from accounts.access import person_view, shift_over, sign_in_again, wants_fragment
from accounts.forms import PinForm
from accounts.idle import State
from accounts.models import Device, Screen
from core.errors import Denied
from core.web import sentence
from organisation.models import User

BACKEND = "accounts.sessions.Backend"


def page(request: HttpRequest, *, address: str, error: str = "", at: int = 0, status: int = 423) -> HttpResponse:
    """The locked screen: on a shared tablet a list of names, else the one person; never a resident's name.

    `error` stands at the person `at`; `address` is the address to go on to.
    """
    now = timezone.now()
    device = devices.of(request)
    user = request.user if request.user.is_authenticated else None
    known: list[User] = []
    if device is not None:
        known = [known_user.user for known_user in screens.people_on(device, now)]
    elif user is not None and screens.state(screens.of(request, user), now) is State.LOCKED:
        known = [user]
    with_passkey = set(
        Authenticator.objects.filter(user__in=known, type=Authenticator.Type.WEBAUTHN).values_list("user_id", flat=True)
    )
    people: list[dict[str, Any]] = [
        {
            "user": known_user,
            "pin": device is not None and hasattr(known_user, "pin"),
            "password": device is None and known_user.has_usable_password(),
            "passkey": known_user.pk in with_passkey,
        }
        for known_user in known
    ]
    # Somebody who is no longer on the list has no form where the error could stand.
    listed = {person["user"].pk for person in people}
    at = at if at in listed else 0
    if not error and user is not None and user.pk in listed:
        at = user.pk
    context = {"device": device, "people": people, "address": address, "error": error, "at": at}
    template = "accounts/_locked.html" if wants_fragment(request) else "accounts/locked.html"
    answer = render(request, template, context, status=status)
    # Clears what the page before held, also what the browser keeps for its Back button.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _address_in(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("videre", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if safe and not wanted.startswith("/laas/") else "/"


@require_http_methods(["GET", "HEAD", "POST"])
def screen_lock(request: HttpRequest) -> HttpResponse:
    """POST locks the screen, by its button or because it was left alone; GET is the locked screen.

    `anden` signs the person out instead, so that somebody else can sign in fully.
    """
    user = request.user
    screen = screens.of(request, user) if user.is_authenticated else None
    state = screens.state(screen, timezone.now())
    if request.method == "POST":
        if request.POST.get("somebody_else"):
            logout(request)
            return redirect("account_login")
        if screen is not None and state is not State.OVER:
            screens.lock(screen, timezone.now())
        if wants_fragment(request):
            return HttpResponse(status=204)
        return redirect(f"{request.path}?videre={_address_in(request)}")
    if state is State.OPEN:
        return redirect(_address_in(request))
    if devices.of(request) is None and (screen is None or state is State.OVER):
        return redirect("account_login")
    return page(request, address=_address_in(request), status=200)


@require_http_methods(["POST"])
def screen_unlock(request: HttpRequest) -> HttpResponse:
    """Opens the screen by PIN on a shared tablet, by password on one's own."""
    address, who = _address_in(request), _number(request.POST.get("who"))
    now = timezone.now()
    device = devices.of(request)
    try:
        user = _by_pin(request, device, who) if device is not None else _by_password(request)
        _open(request, user)
    except Denied as denied:
        if wants_fragment(request):
            return sentence(denied.message, 422)
        return page(request, address=address, error=denied.message, at=who, status=422)
    if wants_fragment(request):
        return JsonResponse({"user": user.pk, "at": now.isoformat()})
    return redirect(address)


def _by_pin(request: HttpRequest, device: Device, who: int) -> User:
    return screens.check_pin(device, who, request.POST.get("pin", "")[:20], timezone.now())


def _by_password(request: HttpRequest) -> User:
    user = request.user
    if not user.is_authenticated:
        raise Denied("Det er for længe siden. Log ind igen.")
    # The same function as at sign-in, so that wrong passwords are counted and noted.
    known = authenticate(request, email=user.email, password=request.POST.get("password", "")[:1000])
    if known is None or known.pk != user.pk:
        raise Denied("Adgangskoden passer ikke, eller der er prøvet for mange gange.")
    return user


def _open(request: HttpRequest, user: User) -> None:
    """The person's own locked session goes on; anybody else's ends, and a new one begins."""
    screen = screens.of(request, request.user) if request.user.is_authenticated else None
    now = timezone.now()
    if screen is not None and screen.user_id == user.pk and screens.state(screen, now) is not State.OVER:
        screens.unlock(screen, now)
        return
    if devices.of(request) is None:
        raise Denied("Det er for længe siden. Log ind igen.")
    logout(request)
    request.by_pin = True  # type: ignore[attr-defined]
    login(request, user, backend=BACKEND)


@require_http_methods(["GET", "POST"])
def screen_passkey(request: HttpRequest) -> HttpResponse:
    """GET asks the person's passkey a question (JSON); POST opens the screen with its answer."""
    now = timezone.now()
    device = devices.of(request)
    who = _number(request.POST.get("who") or request.GET.get("hvem"))
    user: User | None = None
    if device is not None:
        user = next((known.user for known in screens.people_on(device, now) if known.user_id == who), None)
        if user is not None and not devices.works_at(user, device):
            user = None
    elif request.user.is_authenticated and request.user.pk == who:
        user = request.user
    if user is None:
        return sentence("Log ind med adgangskode. Nøglen kan bruges igen bagefter.", 422)
    if request.method != "POST":
        return JsonResponse(passkeys.begin_authentication(user))
    try:
        answer = passkeys.parse_authentication_response(json.loads(request.POST.get("credential", "")))
        passkeys.complete_authentication(user, answer)
        _open(request, user)
    except (ValueError, ValidationError):
        return sentence("Nøglen blev ikke genkendt. Prøv igen.", 422)
    except Denied as denied:
        return sentence(denied.message, 422)
    return JsonResponse({"user": user.pk})


@person_view(methods=("POST",))
def screen_touch(request: HttpRequest, user: User) -> HttpResponse:
    """The person does something here: the screen stays open. `siden` is how many seconds ago."""
    screen: Screen = request.screen  # type: ignore[attr-defined]
    if shift_over(user, screen.began_at):
        # As at midnight: the session ends with the role, also on a page that hears of nothing.
        browsers.all_ended(user.pk)
        return sign_in_again(request)
    try:
        ago = float(request.POST.get("idle", "0")[:20])
    except ValueError:
        ago = 0.0
    screens.touch(screen, timezone.now(), ago if ago == ago else 0.0)
    return HttpResponse(status=204)


@person_view(methods=("GET", "POST"))
def pin(request: HttpRequest, user: User) -> HttpResponse:
    """The person chooses six digits for shared tablets."""
    asks = user.has_usable_password()
    form = PinForm(request.POST or None, asks_password=asks)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                screens.pin_set(
                    user=user,
                    pin=form.cleaned_data["pin"],
                    again=form.cleaned_data["again"],
                    password=form.cleaned_data.get("password", ""),
                    now=timezone.now(),
                )
                return redirect(f"{request.path}?valgt=1")
            except Denied as denied:
                form.add_error(denied.field or None, denied.message)
    chosen = hasattr(user, "pin")
    context = {"form": form, "chosen": chosen, "done": request.GET.get("valgt") == "1" and chosen}
    return render(request, "accounts/pin.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def device_link(request: HttpRequest, code: str) -> HttpResponse:
    """The link: a button that makes this browser the shared tablet, once."""
    if request.method != "POST":
        return render(request, "accounts/device_link.html", {"refused": False})
    own = devices.device_open(code, timezone.now())
    if own is None:
        return render(request, "accounts/device_link.html", {"refused": True}, status=410)
    # Opening the link does not sign anybody in. The person who opened it signs in on the tablet like everybody else.
    logout(request)
    answer = redirect("screen-lock")
    answer.set_cookie(
        devices.COOKIE,
        own,
        max_age=devices.COOKIE_DAYS * 86400,
        secure=settings.TLS,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0
