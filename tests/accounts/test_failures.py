"""What a person reads when the database or the mail server fails: a Danish sentence, and nothing of the inside."""

import smtplib

import pytest
from django.core import mail
from django.db import InterfaceError, OperationalError

from accounts import access
from tests.conftest import Cast

BOARD = "/havtornen/tavle/"
FRAGMENT = {"HX-Request": "true"}


def failing(cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception):
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    client = cast.client(cast.mette)
    client.get(BOARD)
    client.raise_request_exception = False
    monkeypatch.setattr(access, "enter", fail)
    return client


@pytest.mark.parametrize("error", [OperationalError("canceling statement: Rune"), InterfaceError("closed: Rune")])
def test_database_that_does_not_answer_is_told_in_a_sentence(cast: Cast, monkeypatch, error) -> None:
    client = failing(cast, monkeypatch, error)
    page = client.get(BOARD)
    assert page.status_code == 503
    assert "Databasen svarer ikke lige nu. Prøv igen om lidt." in page.content.decode()
    assert "Rune" not in page.content.decode()
    piece = client.post(f"/havtornen/felt/{cast.rune.pk}/status/home/", {"text": "Ord"}, headers=FRAGMENT)
    assert (piece.status_code, piece.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert piece.content.decode() == (
        "Databasen svarer ikke lige nu. Det, du har skrevet, står her stadig. Prøv igen om lidt."
    )
    assert piece.headers["Retry-After"] == "5"


def test_any_other_failure_is_the_page_of_failures(cast: Cast, monkeypatch) -> None:
    page = failing(cast, monkeypatch, RuntimeError("Rune")).get(BOARD)
    assert page.status_code == 500
    assert "Det gik galt hos os" in page.content.decode()
    assert "Rune" not in page.content.decode()


@pytest.mark.parametrize("fault", [smtplib.SMTPRecipientsRefused({}), ConnectionRefusedError(), TimeoutError()])
def test_mail_that_cannot_be_sent_is_told_in_a_sentence(cast: Cast, monkeypatch, fault) -> None:
    def fail(self) -> int:
        raise fault

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", fail)
    client = cast.client(None)
    client.raise_request_exception = False
    answer = client.post("/konto/password/reset/", {"email": cast.mette.email})
    assert answer.status_code == 503
    assert "Mailen kunne ikke sendes lige nu. Prøv igen om lidt." in answer.content.decode()
