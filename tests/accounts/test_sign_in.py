"""Signing in by password, in Danish, and what a stranger is told."""

import socket
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from organisation.models import User
from tests.conftest import Cast

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
