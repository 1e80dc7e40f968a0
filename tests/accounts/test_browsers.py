"""Where a person is signed in: shown, ended from elsewhere, and told of when it is new."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import rules, screens
from accounts.models import KnownBrowser, OpenSession
from audit.models import Entry
from boards.live import hub
from organisation.models import User
from tests.conftest import Cast, text_in

PASSWORD = "en lang og rolig adgangskode"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"
PAGE = "/konto/browsere/"


@pytest.fixture
def mette(cast: Cast) -> User:
    cache.clear()
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    return cast.mette


def sign_in(user: User, client: Client | None = None, agent: str = CHROME, password: str = PASSWORD) -> Client:
    client = client or Client(headers={"User-Agent": agent})
    assert client.post("/konto/login/", {"login": user.email, "password": password}).status_code == 302
    return client


def viewer(cast: Cast, user: User, client: Client) -> Any:
    return (user.pk, client.session.session_key or "", cast.home.slug, "home", 0, client.session[screens.KEY])


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome på Windows"),
        (CHROME + " Edg/140.0", "Edge på Windows"),
        (IPHONE, "Safari på iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox på Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140.0 Mobile Safari/537", "Chrome på Android"),
        ("", "En ukendt browser"),
        ("<script>" * 500, "En ukendt browser"),
    ],
)
def test_browser_is_told_in_words(agent: str, words: str) -> None:
    assert rules.browser_words(agent) == words


def test_person_sees_where_they_are_signed_in_and_nobody_elses(cast: Cast, mette: User) -> None:
    here = sign_in(mette)
    sign_in(mette, agent=IPHONE)
    cast.client(cast.lis)
    page = here.get(PAGE)
    assert [(place.browser, place.here) for place in page.context["places"]] == [
        ("Chrome på Windows", True), ("Safari på iPhone", False),
    ]  # fmt: skip
    assert page.content.decode().count("<tr>") == 3
    assert Client().get(PAGE).status_code == 302


def test_ended_session_is_out_at_once_and_its_stream_is_refused(cast: Cast, mette: User) -> None:
    here, there = sign_in(mette), sign_in(mette, agent=IPHONE)
    watching = {viewer(cast, mette, here), viewer(cast, mette, there)}
    assert hub.allowed(watching) == watching
    other = next(place for place in here.get(PAGE).context["places"] if not place.here)
    for _ in range(2):
        assert here.post(PAGE, {"number": other.pk}).status_code == 302
    assert there.get("/havtornen/tavle/").status_code == 302
    assert "Mette · Havtornen" in text_in(here.get("/havtornen/tavle/"))
    assert hub.allowed(watching) == {viewer(cast, mette, here)}
    assert hub.CHECK_EVERY + hub.TICK < 5
    assert Entry.objects.filter(scope=mette.scope, action="session.ended").count() == 1


def test_all_other_sessions_end_together(cast: Cast, mette: User) -> None:
    here, others = sign_in(mette), [sign_in(mette, agent=IPHONE) for _ in range(3)]
    for _ in range(2):
        assert here.post(PAGE, {"others": "1"}).status_code == 302
    assert [place.here for place in here.get(PAGE).context["places"]] == [True]
    assert all(client.get("/havtornen/tavle/").status_code == 302 for client in others)


def test_another_persons_session_and_rubbish_end_nothing(cast: Cast, mette: User) -> None:
    here = sign_in(mette)
    lis = cast.client(cast.lis)
    theirs = OpenSession.objects.get(user=cast.lis)
    assert here.post(PAGE, {"number": theirs.pk}).status_code == 302
    assert "Lis · Havtornen" in text_in(lis.get("/havtornen/tavle/"))
    for rubbish in ("", "x", "-1", "1" * 40, "١"):
        assert here.post(PAGE, {"number": rubbish}).status_code == 404, rubbish


def test_new_password_ends_every_other_session_and_its_stream(cast: Cast, mette: User) -> None:
    here, there = sign_in(mette), sign_in(mette, agent=IPHONE)
    gone = viewer(cast, mette, there)
    fresh = "en helt anden rolig adgangskode"
    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert "Mette · Havtornen" in text_in(here.get("/havtornen/tavle/"))
    assert there.get("/havtornen/tavle/").status_code == 302
    assert [place.here for place in here.get(PAGE).context["places"]] == [True]
    assert hub.allowed({gone, viewer(cast, mette, here)}) == {viewer(cast, mette, here)}


def test_forgotten_password_chosen_anew_ends_every_session(cast: Cast, mette: User) -> None:
    there = sign_in(mette)
    watching = {viewer(cast, mette, there)}
    client = Client()
    client.post(reverse("account_reset_password"), {"email": mette.email})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert link
    page = client.get(link[1], follow=True)
    fresh = "en helt anden rolig adgangskode"
    client.post(page.request["PATH_INFO"], {"password1": fresh, "password2": fresh})
    assert there.get("/havtornen/tavle/").status_code == 302
    assert hub.allowed(watching) == set()


def test_signing_out_takes_the_place_off_the_list(mette: User) -> None:
    here, there = sign_in(mette), sign_in(mette, agent=IPHONE)
    there.post("/konto/logout/")
    assert len(here.get(PAGE).context["places"]) == 1
    assert OpenSession.objects.filter(user=mette).count() == 1


def test_last_use_is_told_coarsely_and_written_once_an_hour(
    mette: User, clock: Any, django_assert_num_queries: Any
) -> None:
    here, there = sign_in(mette), sign_in(mette, agent=IPHONE)
    began = OpenSession.objects.get(key=there.session.session_key).last_used
    there.get("/havtornen/beboere/")
    assert OpenSession.objects.get(key=there.session.session_key).last_used == began
    cache.clear()
    clock.shift(timedelta(hours=3))
    here.get("/havtornen/beboere/")
    assert [place.last_used for place in here.get(PAGE).context["places"]] == [
        "inden for de seneste timer",
        "tidligere i dag",
    ]
    there.get("/havtornen/beboere/")
    assert OpenSession.objects.get(key=there.session.session_key).last_used == timezone.now()


@pytest.fixture
def told(mette: User, django_capture_on_commit_callbacks: Any) -> Any:
    """Signs in and gives the mails that led to."""

    def sign(client: Client | None = None, agent: str = CHROME) -> tuple[Client, list[Any]]:
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            client = sign_in(mette, client, agent)
        return client, mail.outbox[before:]

    return sign


def test_new_browser_is_told_in_a_mail_without_names_and_a_known_one_is_not(mette: User, told: Any) -> None:
    first, mails = told()
    assert mails == [], "the very first is the one the password was chosen in"
    cookie = first.cookies["browser"]
    assert cookie["httponly"]
    assert int(cookie["max-age"]) == 365 * 24 * 60 * 60
    second, mails = told(agent=IPHONE)
    assert len(mails) == 1
    assert mails[0].to == [mette.email]
    assert PAGE in mails[0].body
    assert "17.11.2026 kl. 9.30" in mails[0].body.replace("09.30", "9.30")
    for secret in (mette.name, "Havtornen", "iPhone", cookie.value):
        assert secret not in mails[0].subject + mails[0].body
    for client in (first, second):
        client.post("/konto/logout/")
        assert told(client)[1] == []
    assert cookie.value not in str(list(KnownBrowser.objects.values_list("mark", flat=True)))
    assert Entry.objects.filter(scope=mette.scope, action="sign_in.new_browser").count() == 1


def test_browser_known_to_a_colleague_is_new_to_another(cast: Cast, mette: User, told: Any) -> None:
    told()
    shared = cast.client(None)
    cast.lis.set_password(PASSWORD)
    cast.lis.save()
    sign_in(cast.lis, shared).post("/konto/logout/")
    assert len(told(shared)[1]) == 1


def test_made_up_cookie_makes_no_browser_known(mette: User, told: Any) -> None:
    told()
    for made_up in ("", "x", "a" * 5000, "a" * 43):
        client = Client()
        client.cookies["browser"] = made_up
        assert len(told(client)[1]) == 1, made_up[:50]


def test_browser_unused_for_a_year_is_new_again(mette: User, told: Any, clock: Any) -> None:
    told()
    client, _ = told(agent=IPHONE)
    clock.shift(timedelta(days=200))
    told()
    clock.shift(timedelta(days=200))
    cookie = client.cookies["browser"].value
    fresh = Client()
    fresh.cookies["browser"] = cookie
    assert len(told(fresh)[1]) == 1


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise OSError(f"no such mailbox: {email_messages[0].to}")


def test_mail_server_that_refuses_stops_no_sign_in_and_leaves_no_address_in_the_log(
    mette: User, told: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told()
    settings.EMAIL_BACKEND = "tests.accounts.test_browsers.Refusing"
    client, _ = told(agent=IPHONE)
    assert "Mette · Havtornen" in text_in(client.get("/havtornen/tavle/"))
    assert "OSError" in caplog.text
    assert mette.email not in caplog.text
