"""Another mail address: asked for by one's own organisation, confirmed from the new one, told to the old one."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from audit.models import Entry, EntryDetail
from organisation.models import User
from tests.administration.conftest import Offices
from tests.conftest import text_in
from tests.page import read

pytestmark = pytest.mark.both
PASSWORD = "en lang og rolig adgangskode"
NEW = "mette.holm@x.invalid"


def page(person: User) -> str:
    return reverse("administration-address-change", args=[person.pk])


def link() -> str:
    """The address in the mail to the new one."""
    (letter,) = [one for one in mail.outbox if one.to == [NEW]]
    found = re.search(r"http://[^/]+(/konto/ny-mail/\S+)", str(letter.body))
    assert found, letter.body
    return found[1]


def opens(address: str) -> bool:
    cache.clear()
    client = Client()
    client.post("/konto/login/", {"login": address, "password": PASSWORD})
    return "Mette · Havtornen" in read(client.get("/havtornen/tavle/").content.decode())


@pytest.fixture
def mette(offices: Offices) -> User:
    person: User = offices.cast.mette
    person.set_password(PASSWORD)
    person.save()
    return person


def test_it_holds_once_it_is_confirmed_from_the_new_address(offices: Offices, mette: User) -> None:
    answer = offices.post(offices.bo, page(mette), {"email": " Mette.Holm@x.invalid "})
    assert answer.status_code == 302
    assert "Linket er sendt til den nye adresse." in offices.text(offices.bo, answer.headers["Location"])
    assert [one.to for one in mail.outbox] == [[NEW], ["mette@x.invalid"]]
    assert all("Mette" not in f"{one.subject}{one.body}".replace(NEW, "") for one in mail.outbox)
    assert "x.invalid" not in link()
    assert (opens("mette@x.invalid"), opens(NEW)) == (True, False)
    # Looking changes nothing: a mail server that follows links would else confirm it.
    seen = Client().get(link())
    assert (seen.status_code, NEW in seen.content.decode()) == (200, True)
    assert User.objects.get(pk=mette.pk).email == "mette@x.invalid"
    assert Client().post(link()).headers["Location"] == reverse("account_login")
    assert (opens("mette@x.invalid"), opens(NEW)) == (False, True)
    assert [one.to for one in mail.outbox if one.subject == "Din mailadresse på tavlen er skiftet"] == [
        ["mette@x.invalid"]
    ]
    for again in (Client().get(link()), Client().post(link())):
        assert (again.status_code, "Linket er brugt eller for gammelt." in again.content.decode()) == (410, True)
    entry = Entry.objects.get(action="person.address_changed")
    assert (entry.scope, entry.actor, "x.invalid" in str(entry.data)) == (offices.town.scope, None, False)
    assert EntryDetail.objects.get(entry=entry).data == {"email": NEW, "was": "mette@x.invalid"}


def test_link_is_too_old_after_a_week_and_a_changed_one_opens_nothing(offices: Offices, mette: User, clock) -> None:
    offices.post(offices.bo, page(mette), {"email": NEW})
    address = link()
    # Not its end: of the last letter some bits say nothing.
    changed = address[:60] + ("A" if address[60] != "A" else "B") + address[61:]
    assert Client().post(changed).status_code == 410
    clock.shift(7 * 86400 + 1)
    assert Client().post(address).status_code == 410
    assert User.objects.get(pk=mette.pk).email == "mette@x.invalid"


def test_address_somebody_has_is_refused_and_one_taken_meanwhile_too(offices: Offices, mette: User) -> None:
    answer = offices.post(offices.bo, page(mette), {"email": "JONAS@x.invalid"})
    assert (answer.status_code, "Den adresse har en konto allerede." in answer.content.decode()) == (422, True)
    assert mail.outbox == []
    offices.post(offices.bo, page(mette), {"email": NEW})
    User.objects.create_user(NEW, name="En anden")
    assert Client().post(link()).status_code == 410
    assert User.objects.get(pk=mette.pk).email == "mette@x.invalid"


def test_newer_request_another_password_and_a_closing_make_a_link_void(offices: Offices, mette: User) -> None:
    offices.post(offices.bo, page(mette), {"email": NEW})
    first = link()
    mail.outbox.clear()
    offices.post(offices.bo, page(mette), {"email": NEW})
    second = link()
    assert Client().get(first).status_code == 410
    assert f"logge ind med <b>{NEW}</b>" in text_in(Client().get(second))
    mette.set_password("en anden rolig adgangskode")
    mette.save()
    assert Client().post(second).status_code == 410
    mail.outbox.clear()
    offices.post(offices.bo, page(mette), {"email": NEW})
    for why in ("Stjålet", "Fundet"):
        offices.post(offices.bo, reverse("administration-account", args=[mette.pk]), {"why": why})
    assert User.objects.get(pk=mette.pk).is_active
    assert Client().post(link()).status_code == 410
    assert User.objects.get(pk=mette.pk).email == "mette@x.invalid"


def test_ones_own_is_changed_by_another(offices: Offices) -> None:
    answer = offices.post(offices.bo, page(offices.bo), {"email": NEW})
    assert (answer.status_code, "Din egen adresse skifter en anden" in answer.content.decode()) == (422, True)
    assert mail.outbox == []


def test_mail_server_that_is_away_is_told_and_the_same_form_is_sent_again(
    offices: Offices, mette: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = offices.cast.client(offices.bo)
    given = {"email": NEW, "key": "k1", "seen": offices.seen(client, page(mette))}
    with monkeypatch.context() as away:

        def refused(*_: object) -> int:
            raise ConnectionRefusedError

        away.setattr("accounts.new_address.send_mail", refused)
        answer = client.post(page(mette), given)
    assert (answer.status_code, "Mailserveren svarer ikke." in answer.content.decode()) == (422, True)
    assert not Entry.objects.filter(action="person.address_asked").exists()
    assert client.post(page(mette), given).status_code == 302
    assert Client().post(link()).status_code == 302


def test_closed_account_is_changed_by_no_link(offices: Offices, mette: User) -> None:
    offices.post(offices.bo, page(mette), {"email": NEW})
    User.objects.filter(pk=mette.pk).update(is_active=False)
    assert Client().post(link()).status_code == 410


def test_old_address_that_takes_no_mail_stops_nothing(
    offices: Offices, mette: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(subject: str, body: str, sender: None, to: list[str]) -> int:
        if to == ["mette@x.invalid"]:
            raise ConnectionRefusedError
        return mail.send_mail(subject, body, sender, to)

    monkeypatch.setattr("accounts.letters.send_mail", send)
    assert offices.post(offices.bo, page(mette), {"email": NEW}).status_code == 302
    assert Client().post(link()).status_code == 302
    assert User.objects.get(pk=mette.pk).email == NEW
