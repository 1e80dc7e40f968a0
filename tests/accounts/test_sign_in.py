"""Signing in by password, in Danish, and what a stranger is told."""

import re
import socket
from typing import Any

import pytest
from django.conf import settings as conf
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from organisation.models import User
from tests.conftest import Cast, text_in

PASSWORD = "en lang og rolig adgangskode"


@pytest.fixture
def member(cast: Cast) -> User:
    # The library counts attempts in the cache, which outlives a test.
    cache.clear()
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    return cast.mette


def sign_in(client: Client, mail: str, password: str):
    """Posts the sign-in form."""
    return client.post("/konto/login/", {"login": mail, "password": password})


def test_member_signs_in_and_lands_on_the_board(member: User) -> None:
    client = Client()
    assert sign_in(client, member.email.upper(), PASSWORD).status_code == 302
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/havtornen/tavle/"


def test_wrong_password_and_unknown_mail_are_told_the_same_in_danish(member: User) -> None:
    pages = [sign_in(Client(), mail, "forkert").content.decode() for mail in (member.email, "ingen@x.invalid")]
    for page in pages:
        assert 'lang="da"' in page
        assert 'role="alert"' in page
    alerts = [page.split('role="alert">')[1].split("<")[0] for page in pages]
    assert alerts[0] == alerts[1]
    assert "adgangskode" in alerts[0].lower()


def test_a_mail_server_that_is_away_does_not_tell_who_is_known(member: User, settings: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_PORT = nobody.getsockname()[1]
        client = Client(raise_request_exception=False)
        answers = [client.post("/konto/password/reset/", {"email": m}) for m in (member.email, "ingen@x.invalid")]
    told = [(answer.status_code, "Mailen kunne ikke sendes" in answer.content.decode()) for answer in answers]
    assert told == [(503, True), (503, True)]


def test_many_wrong_passwords_lock_the_door_for_a_while(member: User) -> None:
    for _ in range(6):
        sign_in(Client(), member.email, "forkert")
    assert sign_in(Client(), member.email, PASSWORD).status_code != 302


def test_wrong_passwords_from_elsewhere_keep_nobody_out(member: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(20):
        sign_in(Client(headers={"X-Forwarded-For": f"203.0.113.{number}"}), member.email, "forkert")
    assert sign_in(Client(headers={"X-Forwarded-For": "198.51.100.1"}), member.email, PASSWORD).status_code == 302


def test_wrong_passwords_on_ones_own_network_do_not_keep_out_a_browser_one_has_used(member: User) -> None:
    own = Client()
    assert sign_in(own, member.email, PASSWORD).status_code == 302
    own.post("/konto/logout/")
    for _ in range(6):
        sign_in(Client(), member.email, "forkert")
    assert sign_in(Client(), member.email, PASSWORD).status_code != 302, "a new browser on that network waits"
    assert sign_in(own, member.email.upper(), PASSWORD).status_code == 302


def test_browser_one_has_used_is_locked_by_its_own_wrong_passwords_alone(member: User) -> None:
    own, other = Client(), Client()
    for client in (own, other):
        assert sign_in(client, member.email, PASSWORD).status_code == 302
        client.post("/konto/logout/")
    for _ in range(6):
        sign_in(own, member.email, "forkert")
    assert sign_in(own, member.email, PASSWORD).status_code != 302
    assert sign_in(other, member.email, PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/konto/login/", 'name="password"'),
        ("/konto/password/reset/", 'name="email"'),
        ("/", "<h1>Log ind som"),
        ("/havtornen/tavle/", 'name="password"'),
    ],
)
def test_who_only_looks_gets_no_session(member: User, path: str, shown: str) -> None:
    clients = [Client(), Client()]
    for client in clients:
        assert shown in text_in(client.get(path, follow=True))
        assert conf.SESSION_COOKIE_NAME not in client.cookies
    assert not Session.objects.exists()


def test_token_of_the_sign_in_page_signs_in_and_anothers_does_not(member: User) -> None:
    client, other = (Client(enforce_csrf_checks=True) for _ in range(2))
    tokens = [page_token(one) for one in (client, other)]
    data = {"login": member.email, "password": PASSWORD}
    for wrong in (data, {**data, "csrfmiddlewaretoken": tokens[1]}):
        assert client.post("/konto/login/", wrong)["Location"] == "/konto/login/?next=/"
        assert not Session.objects.exists()
    assert client.post("/konto/login/", {**data, "csrfmiddlewaretoken": tokens[0]})["Location"] == "/"
    kept = Session.objects.get().get_decoded()["_csrftoken"]
    assert kept != client.cookies[conf.CSRF_COOKIE_NAME].value, "a new one, in the session"
    # Whoever is signed in is asked for the session's, whatever cookie they bring.
    planted = {**data, "csrfmiddlewaretoken": client.cookies[conf.CSRF_COOKIE_NAME].value}
    assert client.post("/konto/logout/", planted).status_code == 403


def page_token(client: Client) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/konto/login/").content.decode())
    assert found is not None
    return found[1]


def test_nobody_signs_up(db: None) -> None:
    page = Client().get("/konto/signup/")
    assert b"password1" not in page.content


def test_way_in_comes_back_to_the_page_asked_for(member: User) -> None:
    client = Client()
    asked = client.get("/havtornen/beboere/")
    assert asked.status_code == 302
    answer = client.post(
        asked["Location"], {"login": member.email, "password": PASSWORD, "next": "/havtornen/beboere/"}
    )
    assert answer["Location"] == "/havtornen/beboere/"


@pytest.mark.parametrize(
    "path", ["/konto/password/reset/", "/konto/2fa/", "/konto/2fa/webauthn/", "/konto/2fa/totp/activate/"]
)
def test_pages_of_the_sign_in_library_stand_in_our_frame(member: User, path: str) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    page = client.get(path, follow=True)
    assert page.status_code == 200
    assert "Beboeroverblik" in page.content.decode()


def test_signing_out_ends_the_session(member: User) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    client.post("/konto/logout/")
    assert client.get("/havtornen/tavle/").status_code == 302


def test_addresses_a_machine_chooses_for_itself_are_one_caller(member: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(6):
        sign_in(Client(headers={"X-Forwarded-For": f"2001:db8:1:2::{number}"}), member.email, "forkert")
    assert sign_in(Client(headers={"X-Forwarded-For": "2001:db8:1:2::ff"}), member.email, PASSWORD).status_code != 302
    assert sign_in(Client(headers={"X-Forwarded-For": "2001:db8:1:3::1"}), member.email, PASSWORD).status_code == 302
