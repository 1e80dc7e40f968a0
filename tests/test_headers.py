"""The headers of every sort of answer, byte for byte, and what no address answers to."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import AsyncClient, Client
from django.urls import reverse

from botilbud import asgi
from core.middleware import PERMISSIONS
from core.web import TOO_BIG
from meetings import services as meeting_services
from tests.conftest import TODAY, Cast, text_in
from tests.fuzz.world import NAMES, PLACES

ROOT = Path(__file__).parent.parent
CSP = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self'; script-src 'self'; style-src 'self'"
)
EVERYWHERE = {
    "Content-Security-Policy": "; ".join(sorted(CSP.split("; "))),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), "
        "encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), "
        "local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
        "screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=(), publickey-credentials-create=(self), "
        "publickey-credentials-get=(self)"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
PDF = 'inline; filename="referat-havtornen-joint-2026-11-17-udgave-1.pdf"'
HTML, PLAIN = "text/html; charset=utf-8", "text/plain; charset=utf-8"
STATIC = {"Cache-Control": "max-age=60, public", "Access-Control-Allow-Origin": "*"}
# What a page may use is said by the page, and not by the pieces it is made of.
PIECES = ("stylesheet", "script", "font")
# {what is asked: (who asks, the address, headers sent, status, what the answer carries beside EVERYWHERE)}
ASKED: dict[str, tuple[str, str, dict[str, str], int, dict[str, str]]] = {
    "page": ("mette", "/havtornen/tavle/", {}, 200, {"Content-Type": HTML}),
    "fragment": ("mette", "/havtornen/felt/{rune}/status/home/", {"HX-Request": "true"}, 200, {"Content-Type": HTML}),
    "redirect": ("mette", "/", {}, 302, {"Content-Type": HTML, "Location": "/havtornen/tavle/"}),
    "sent to sign in": ("", "/havtornen/tavle/", {}, 302,
        {"Content-Type": HTML, "Location": "/konto/login/?next=/havtornen/tavle/"}),
    "signed out, fragment": ("", "/havtornen/tavle/", {"HX-Request": "true"}, 401, {"Content-Type": HTML}),
    "sign-in page": ("", "/konto/login/", {}, 200,
        {"Content-Type": HTML, "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private"}),
    "demo's people": ("", "/demo/", {}, 200, {"Content-Type": HTML}),
    "PDF": ("mette", "/havtornen/moede/1/referat.pdf", {}, 200,
        {"Content-Type": "application/pdf", "Content-Disposition": PDF}),
    "stream, refused": ("stranger", "/havtornen/tavle/stroem/", {}, 404, {"Content-Type": HTML}),
    "stream, signed out": ("", "/havtornen/tavle/stroem/", {"X-Requested-With": "board"}, 401, {"Content-Type": HTML}),
    "JSON": ("mette", "/noegle/", {}, 200, {"Content-Type": "application/json"}),
    "changes": ("mette", "/havtornen/tavle/aendringer/", {}, 200, {"Content-Type": "application/json"}),
    "wall": ("", "/vaeg/", {}, 200, {"Content-Type": HTML}),
    "unknown address": ("mette", "/findes/ikke/", {}, 404, {"Content-Type": HTML}),
    "unreadable": ("mette", "/havtornen/tavle/aendringer/?since=x", {}, 400, {"Content-Type": HTML}),
    "unreadable, fragment": ("mette", "/havtornen/tavle/aendringer/?since=x", {"HX-Request": "true"}, 400,
        {"Content-Type": PLAIN, "HX-Reswap": "none"}),
    "other charset": ("", "/konto/login/", {"Content-Type": "text/plain; charset=latin-1"}, 400,
        {"Content-Type": PLAIN, "HX-Reswap": "none"}),
    "refused by role": ("mette", "/havtornen/storskaerme/", {}, 403, {"Content-Type": PLAIN, "HX-Reswap": "none"}),
    "wrong method": ("mette", "/havtornen/tavle/her/", {}, 405, {"Content-Type": HTML, "Allow": "POST"}),
    "stylesheet": ("", "/static/css/base.css", {}, 200, {"Content-Type": 'text/css; charset="utf-8"', **STATIC}),
    "script": ("", "/static/js/page.js", {}, 200, {"Content-Type": 'text/javascript; charset="utf-8"', **STATIC}),
    "font": ("", "/static/vendor/ibm-plex-sans/IBMPlexSans-Regular-Latin1.woff2", {}, 200,
        {"Content-Type": "font/woff2", **STATIC}),
    "picture": ("", "/static/img/icon.svg", {}, 200, {"Content-Type": "image/svg+xml", **STATIC}),
}  # fmt: skip
# Different at each run, or by the answer's own length.
OWN = {
    "X-Request-Id",
    "Content-Length",
    "Set-Cookie",
    "Vary",
    "ETag",
    "Last-Modified",
    "Date",
    "Content-Language",
    "Expires",
}


def carried(answer: Any) -> dict[str, str]:
    found = {name: value for name, value in answer.headers.items() if name not in OWN}
    # The library writes its directives in another order in each process.
    found["Content-Security-Policy"] = "; ".join(sorted(found["Content-Security-Policy"].split("; ")))
    return found


@pytest.mark.parametrize("what", ASKED)
def test_answer_carries_exactly_these_headers(cast: Cast, what: str) -> None:
    who, address, headers, status, more = ASKED[what]
    if what == "PDF":
        meeting_services.meeting_close(
            access=cast.access(cast.mette), meeting=cast.start(), why="Vi nåede det", today=TODAY
        )
    client = cast.client(getattr(cast, who) if who else None)
    answer: Any = client.get(address.format(rune=cast.rune.pk), headers=headers)
    if answer.streaming:
        b"".join(answer.streaming_content)  # a file closes itself at its end
    assert answer.status_code == status
    expected = {**EVERYWHERE, **more}
    if what in PIECES:
        del expected["Permissions-Policy"]
    assert carried(answer) == expected


def test_refused_token_carries_them_too(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.mette, backend="accounts.sessions.Backend")
    answer = client.post("/havtornen/tavle/her/", {})
    assert answer.status_code == 403
    assert carried(answer) == {**EVERYWHERE, "Content-Type": PLAIN, "HX-Reswap": "none", "X-Token": "old"}


def test_policy_allows_nothing_inline_evaluated_or_from_elsewhere() -> None:
    assert not any(word in CSP for word in ("unsafe", "*", "http", "data:", "blob:", "nonce", "//", "."))
    assert EVERYWHERE["Permissions-Policy"] == PERMISSIONS


@pytest.fixture(scope="module")
def behind_tls() -> dict[str, Any]:
    """The settings as they are behind TLS, from a process of their own."""
    wanted = [
        name
        for name in dir(settings)
        if name.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "BROWSER_COOKIE_"))
    ]
    code = (
        "import json, django; from django.conf import settings; django.setup(); from meetings.views import wall; "
        f"print(json.dumps({{n: getattr(settings, n) for n in {wanted!r} if n != 'SECURE_PROXY_SSL_HEADER'}}"
        " | {'WALL': wall.COOKIE}))"
    )
    environment = {
        **os.environ,
        "BOTILBUD_TLS": "1",
        "BOTILBUD_DEMO": "0",
        "DJANGO_SETTINGS_MODULE": "botilbud.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_behind_tls_the_cookies_are_locked_and_browsers_keep_to_it(
    cast: Cast, behind_tls: dict[str, Any], settings: Any
) -> None:
    assert behind_tls.pop("WALL") == "__Host-storskaerm"
    for name, value in behind_tls.items():
        setattr(settings, name, value)
    client = Client()
    plain = client.get("/konto/login/")
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://testserver/konto/login/")
    assert carried(plain).items() >= EVERYWHERE.items()
    answer = client.get("/konto/login/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert list(answer.cookies) == ["__Host-csrf"], "who only looks has no session"
    cast.mette.set_password("en lang og rolig adgangskode")
    cast.mette.save()
    signed_in = client.post(
        "/konto/login/", {"login": cast.mette.email, "password": "en lang og rolig adgangskode"}, secure=True
    )
    assert set(signed_in.cookies) == {"__Host-session", "__Host-browser"}
    for cookie in (*answer.cookies.values(), *signed_in.cookies.values()):
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), cookie.key
        assert (cookie["path"], cookie["domain"]) == ("/", ""), cookie.key


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "PROPFIND"])
def test_methods_no_page_uses_are_refused_everywhere(cast: Cast, method: str) -> None:
    some = {"slug": cast.home.slug, "code": "x", "day": "2026-11-17", "column": "goals", "side": "joint"}
    for who in (cast.mette, None):
        client = cast.client(who)
        for name in NAMES:
            address = reverse(name, kwargs={place: some.get(place, 1) for place in PLACES[name]})
            assert client.generic(method, address).status_code == 405, name
        assert client.generic(method, "/static/css/base.css").status_code == 405
        for address in ("/konto/login/", "/findes/ikke/"):
            answer = client.generic(method, address)
            assert answer.status_code == 405
            assert carried(answer) == {
                **EVERYWHERE, "Content-Type": PLAIN, "HX-Reswap": "none", "Allow": "GET, HEAD, POST",
            }  # fmt: skip


def test_piece_of_a_page_opened_as_a_page_leads_to_the_board(cast: Cast) -> None:
    opened = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    client = cast.client(cast.mette)
    for name, args, words in (
        ("cell", [cast.rune.pk, "status", "home"], "Skriv status"), ("sign-note", [], "Nyt tidligt tegn"),
        ("move-in", [], "Flyt en beboer ind"), ("duty", [], "Hvem ringer jeg til?"),
    ):  # fmt: skip
        address = reverse(name, args=[cast.home.slug, *args])
        alone = client.get(address, headers=opened)
        assert (alone.status_code, alone.headers.get("Location")) == (302, "/havtornen/tavle/"), name
        assert words in text_in(client.get(address, headers={"HX-Request": "true", "Sec-Fetch-Mode": "cors"})), name
    assert client.get(reverse("my-day-list"), headers=opened).headers["Location"] == "/"


def test_every_whole_page_is_shown_when_opened(cast: Cast) -> None:
    client = cast.client(cast.mette)
    home, rune = [cast.home.slug], [cast.home.slug, cast.rune.pk]
    for address, heading in (
        (reverse("board", args=home), "Havtornen"),
        (reverse("residents", args=home), "Alle beboere"),
        (reverse("meetings", args=home), "Møder og referater"),
        (reverse("criteria", args=home), "Kriterier"),
        (reverse("paper-enter", args=home), "Indtast et møde fra papir"),
        (reverse("meeting-extra", args=home), "Ekstra møde"),
        (reverse("meeting-how-to", args=home), "Sådan holder I mødet"),
        (reverse("resident-course", args=rune), "Rune"),
        (reverse("my-week", args=rune), "Min uge"),
        (reverse("my-day"), "Min dag"),
        (reverse("reminders"), "Påmindelser"),
        (reverse("reminder-prefer"), "Påmindelser på mail"),
        ("/vaeg/", "Storskærm"),
        ("/konto/2fa/", "Sikkerhed ved log ind"),
        ("/demo/mails/", "Mails der ville være sendt"),
    ):
        page = text_in(client.get(address, headers={"Sec-Fetch-Mode": "navigate"}))
        assert re.search(rf"<h1[^>]*>{heading}\b", page), address


# --- too much --------------------------------------------------------------------------------------------------------


def test_too_much_is_told_in_danish_and_writes_nothing(cast: Cast) -> None:
    client = cast.client(cast.mette)
    address = reverse("topic-park", args=[cast.home.slug])
    big, many = {"text": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}, "&".join(["a=1"] * 1001)
    form = "application/x-www-form-urlencoded"
    for body in (f"text={big['text']}", many):
        for headers in ({"HX-Request": "true"}, {}):
            answer = client.post(address, body, content_type=form, headers=headers)
            assert (answer.status_code, TOO_BIG in answer.content.decode()) == (413, True)
            assert "DATA_UPLOAD" not in answer.content.decode()
    answer = client.post(address, big, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content.decode()) == (413, TOO_BIG)


def test_framework_s_own_words_are_not_shown(cast: Cast) -> None:
    client = cast.client(cast.mette)
    address = reverse("topic-park", args=[cast.home.slug])
    for kind in ("multipart/form-data", "multipart/form-data; boundary=" + "a" * 300):
        answer = client.generic("POST", address, b"x", kind, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.content.decode()) == (400, "Det kunne ikke læses. Prøv igen.")


async def sent(address: str, body: bytes, kind: str) -> Any:
    """As uvicorn hands it on; over WSGI the framework fails before any code of ours."""
    return await AsyncClient().generic("POST", address, body, kind)


@pytest.mark.parametrize("charset", ["base64", "hex", "rot13", "utf-7", "utf-16", "idna", "latin-1", "nonsense"])
def test_form_in_another_charset_is_told_so(cast: Cast, charset: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nOrd\r\n--x--\r\n'
    for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain"):
        for address in ("/konto/login/?next=%ff", reverse("topic-park", args=[cast.home.slug])):
            answer = async_to_sync(sent)(address, body, f"{kind}; charset={charset}")
            assert (answer.status_code, "kan ikke læses" in answer.content.decode()) == (400, True)


def test_endless_body_is_cut_off_before_it_is_kept() -> None:
    sent: list[Any] = []
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/konto/login/", "raw_path": b"/konto/login/", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", b"multipart/form-data; boundary=x")], "root_path": "",
        "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(asyncio.wait_for(asgi.application(scope, receive, send), 60))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert sent[1]["body"].decode() == TOO_BIG
    assert taken < 25
