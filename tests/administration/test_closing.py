"""An account that may be misused is closed at once, by those it belongs to, and opened again."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import screens
from accounts.models import OpenSession, Pin
from audit.models import Entry
from organisation.models import Membership, User
from tests.administration.conftest import Offices
from tests.conftest import text_in

pytestmark = pytest.mark.both
BOARD = "/havtornen/tavle/"
PASSWORD = "en lang og rolig adgangskode"
WHY = {"why": "Telefonen er stjålet"}


def page(person: User) -> str:
    return reverse("administration-account", args=[person.pk])


def sign_in(person: User) -> Client:
    cache.clear()
    client = Client()
    client.post("/konto/login/", {"login": person.email, "password": PASSWORD})
    return client


@pytest.fixture
def mette(offices: Offices) -> User:
    person: User = offices.cast.mette
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.mark.parametrize("who", ["bo", "lis"])
def test_closing_ends_it_everywhere_at_once(offices: Offices, mette: User, who: str) -> None:
    by = getattr(offices, who, None) or getattr(offices.cast, who)
    client = sign_in(mette)
    assert "Mette · Havtornen" in text_in(client.get(BOARD))
    screens.pin_set(user=mette, pin="295173", again="295173", password=PASSWORD, now=timezone.now())
    TOTP.activate(mette, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert offices.post(by, page(mette), WHY).status_code == 302
    assert client.get(BOARD).status_code == 302
    assert client.get(BOARD, headers={"HX-Request": "true"}).status_code == 401
    assert not OpenSession.objects.filter(user=mette).exists()
    assert sign_in(mette).get(BOARD).status_code == 302
    mette.refresh_from_db()
    assert (mette.is_active, mette.has_usable_password()) == (False, False)
    assert not Authenticator.objects.filter(user=mette).exists()
    assert not Pin.objects.filter(user=mette).exists()
    assert Membership.objects.filter(user=mette, to_day=None).exists(), "the roles stand"
    entry = Entry.objects.get(action="account.closed")
    assert (entry.scope, entry.actor, entry.subject) == (
        offices.town.scope, by.pk, f"organisation.user:{mette.pk}",
    )  # fmt: skip
    assert "stjålet" not in str(entry.data)
    assert "Kontoen er lukket." in offices.text(by, reverse("administration-person", args=[mette.pk]))


def test_opened_again_it_begins_with_a_new_password(offices: Offices, mette: User) -> None:
    offices.post(offices.bo, page(mette), WHY)
    assert "Åbn kontoen for Mette" in offices.text(offices.bo, page(mette))
    assert offices.post(offices.bo, page(mette), {"why": "Telefonen er fundet"}).status_code == 302
    mette.refresh_from_db()
    assert mette.is_active
    assert sign_in(mette).get(BOARD).status_code == 302, "the old password opens nothing"
    mette.set_password(PASSWORD)
    mette.save()
    assert "Mette · Havtornen" in text_in(sign_in(mette).get(BOARD))
    assert Entry.objects.filter(action="account.opened").count() == 1


def test_why_must_be_said(offices: Offices, mette: User) -> None:
    answer = offices.post(offices.bo, page(mette), {"why": " "})
    assert (answer.status_code, "Skriv hvorfor." in answer.content.decode()) == (422, True)
    assert User.objects.get(pk=mette.pk).is_active


def test_second_of_two_is_told_and_does_not_open_what_the_first_closed(offices: Offices, mette: User) -> None:
    client = offices.cast.client(offices.bo)
    seen = offices.seen(client, page(mette))
    assert client.post(page(mette), {**WHY, "seen": seen}).status_code == 302
    assert client.post(page(mette), {**WHY, "seen": seen}).status_code == 409
    assert not User.objects.get(pk=mette.pk).is_active


def test_nobody_closes_their_own(offices: Offices) -> None:
    answer = offices.post(offices.cast.lis, page(offices.cast.lis), WHY)
    assert (answer.status_code, "Din egen konto lukker en anden." in answer.content.decode()) == (422, True)
    link = page(offices.cast.lis)
    assert link not in offices.text(offices.cast.lis, reverse("administration-person", args=[offices.cast.lis.pk]))


def test_another_organisation_cannot(offices: Offices, mette: User) -> None:
    for user in (offices.sanne, offices.peter, offices.outside):
        assert offices.cast.client(user).get(page(mette)).status_code == 404
        assert offices.cast.client(user).post(page(mette), WHY).status_code == 404
    assert User.objects.get(pk=mette.pk).is_active
