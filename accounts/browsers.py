"""Where a person is signed in, the end of it, and a mail when it is somewhere new."""

import hashlib
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import rules
from accounts.models import KnownBrowser, OpenSession
from audit import trail
from organisation.models import User

logger = logging.getLogger(__name__)
trail.register("session.ended", "loggede sig selv ud et andet sted")
trail.register("sign_in.new_browser", "loggede ind fra en ny browser")

ROW = "open_session"
TOKEN = re.compile(r"[\w-]{43}")
KNOWN_FOR = timedelta(days=365)
SEEN_EVERY = 60 * 60
SUBJECT = "Der er logget ind på din konto fra en ny browser"
BODY = """Hej

Der er logget ind på din konto til tavlen fra en ny browser, {when}.

Var det dig, skal du ikke gøre noget. Var det ikke dig, så skift adgangskode, og sig det til din leder. Her kan du se, \
hvor du er logget ind, og logge ud der:

{link}
"""


@dataclass(frozen=True)
class SignedInPlace:
    """A place the person is signed in. `last_used` is coarse on purpose; `here` is the one that asks."""

    pk: int
    browser: str
    since: datetime
    last_used: str
    here: bool


def opened(request: HttpRequest, user: User) -> None:
    """A session began. Rows of the person whose sessions are gone are deleted."""
    if request.session.session_key is None:
        request.session.save()
    key = request.session.session_key
    now = timezone.now()
    OpenSession.objects.filter(user=user).exclude(key__in=_living()).delete()
    words = rules.browser_words(request.headers.get("User-Agent", ""))
    row, _ = OpenSession.objects.update_or_create(
        key=key, defaults={"user": user, "browser": words, "since": now, "last_used": now}
    )
    request.session[ROW] = row.pk
    _first_this_hour(key or "")


def used(request: HttpRequest) -> None:
    """The session is in use. Each process writes it once an hour, so that requests do not pay for it."""
    key = request.session.session_key or ""
    if _first_this_hour(key):
        OpenSession.objects.filter(key=key).update(last_used=timezone.now())


def closed(request: HttpRequest) -> None:
    """The session ended by the person's own hand."""
    OpenSession.objects.filter(key=request.session.session_key or "").delete()


def password_changed(request: HttpRequest, user: User) -> None:
    """All other sessions end at once, with their open streams. This one has a new key."""
    row = int(request.session.get(ROW, 0))
    OpenSession.objects.filter(pk=row, user=user).update(key=request.session.session_key)
    _end(OpenSession.objects.filter(user=user).exclude(pk=row).values_list("key", flat=True))


def all_ended(user_id: int) -> None:
    """Every session of the person ends, with its open streams: the password was reset, or they left a place."""
    _end(OpenSession.objects.filter(user=user_id).values_list("key", flat=True))


def own(user: User, key: str, today: date) -> list[SignedInPlace]:
    """Where the person is signed in now, here first and then the latest. One query."""
    rows = OpenSession.objects.filter(user=user, key__in=_living()).order_by("-last_used", "-pk")
    places = [
        SignedInPlace(row.pk, row.browser, row.since, _coarse(row.last_used, today), row.key == key) for row in rows
    ]
    return sorted(places, key=lambda place: not place.here)


def end(user: User, pk: int) -> None:
    """Ends one of the person's sessions. Raises LookupError for one that is over or somebody else's."""
    with transaction.atomic():
        key = OpenSession.objects.filter(user=user, pk=pk, key__in=_living()).values_list("key", flat=True).first()
        if key is None:
            raise LookupError("session")
        _end_noted(user, [key])


def end_others(user: User, key: str) -> None:
    """Ends all the person's sessions but this one. None at all is fine."""
    with transaction.atomic():
        others = list(OpenSession.objects.filter(user=user).exclude(key=key).values_list("key", flat=True))
        if others:
            _end_noted(user, others)


def tried_as(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The name wrong passwords are counted under: the mail address, and apart where its owner has used this browser.

    So nobody who shares their network keeps them out.
    """
    known = credentials or (request.POST if request is not None else {})
    name = str(known.get("username") or known.get("email") or known.get("login") or "").strip().lower()
    token = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "") if request is not None else ""
    if not TOKEN.fullmatch(token):
        return name
    mark = hashlib.sha256(token.encode()).hexdigest()
    own = KnownBrowser.objects.filter(user__email__iexact=name, mark=mark).exists()
    return f"{name} {mark[:12]}" if own else name


def arrived(request: HttpRequest, user: User, response: HttpResponse) -> None:
    """The person signed in. The browser is known from now on. If it was new, the person gets a mail about it.

    Nobody is told of their very first one: it is the one they chose their password in.
    """
    token = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    if not TOKEN.fullmatch(token):
        token = secrets.token_urlsafe(32)
    now = timezone.now()
    KnownBrowser.objects.filter(user=user, at__lt=now - KNOWN_FOR).delete()
    first = not KnownBrowser.objects.filter(user=user).exists()
    mark = hashlib.sha256(token.encode()).hexdigest()
    _, new = KnownBrowser.objects.update_or_create(user=user, mark=mark, defaults={"at": now})
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        token,
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    if new and not first:
        trail.note(user.scope, "sign_in.new_browser", user, by=user.pk)
        transaction.on_commit(lambda: _tell(user.email, now))


def _tell(to: str, moment: datetime) -> None:
    local = timezone.localtime(moment)
    when = f"{local.day}.{local.month}.{local.year} kl. {local:%H.%M}"
    try:
        link = settings.PUBLIC_URL + reverse("own-sessions")
        send_mail(SUBJECT, BODY.format(when=when, link=link), None, [to])
    except Exception as error:
        # The person is signed in whatever the mail server does. Its answer may hold the address, so we do not log it.
        logger.error("a mail about a new browser was not sent: %s", type(error).__name__)


def _living() -> QuerySet[Session, str]:
    return Session.objects.filter(expire_date__gt=timezone.now()).values_list("session_key", flat=True)


def _end_noted(user: User, keys: list[str]) -> None:
    with trail.change(user.scope, by=user.pk) as log:
        _end(keys)
        log("session.ended", user, count=len(keys))


def _end(keys: Iterable[str]) -> None:
    ended = list(keys)
    Session.objects.filter(session_key__in=ended).delete()
    OpenSession.objects.filter(key__in=ended).delete()


def _first_this_hour(key: str) -> bool:
    return bool(caches["process"].add(f"seen:{hashlib.sha256(key.encode()).hexdigest()}", 1, SEEN_EVERY))


def _coarse(moment: datetime, today: date) -> str:
    local = timezone.localtime(moment)
    if timezone.now() - moment < timedelta(hours=2):
        return "inden for de seneste timer"
    if local.date() == today:
        return "tidligere i dag"
    return "i går" if local.date() == today - timedelta(days=1) else "før i går"
