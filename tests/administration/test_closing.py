"""An account that may be misused is closed at once, by those it belongs to, and opened again."""

import re
from datetime import date
from io import StringIO

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import screens
from accounts.models import OpenSession, Pin
from audit.models import Entry
from organisation.models import Membership, Role, User
from privacy.retention.staff import GONE
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


def test_person_is_told_both_times(offices: Offices, mette: User) -> None:
    offices.post(offices.bo, page(mette), WHY)
    offices.post(offices.bo, page(mette), {"why": "Fundet"})
    told = [(one.to, one.subject) for one in mail.outbox]
    assert told == [
        (["mette@x.invalid"], "Din konto på tavlen er lukket"),
        (["mette@x.invalid"], "Din konto på tavlen er åbnet igen"),
    ]
    assert not any("stjålet" in str(one.body) for one in mail.outbox)


def test_leader_closes_no_account_of_who_holds_another_office(offices: Offices) -> None:
    cast = offices.cast
    # As staff of her own unit, which a leader may make of anybody their organisation employs.
    Membership.objects.create(user=offices.bo, role=Role.STAFF, home=cast.home, from_day=date(2026, 1, 1))
    assert cast.client(cast.lis).get(page(offices.bo)).status_code == 404
    assert cast.client(cast.lis).post(page(offices.bo), WHY).status_code == 404
    other = offices.person("Ole", Role.LEADER, home=cast.home)
    assert cast.client(cast.lis).get(page(other)).status_code == 404
    assert User.objects.filter(pk__in=[offices.bo.pk, other.pk], is_active=True).count() == 2
    # Their own organisation's administrator may.
    assert offices.post(offices.bo, page(other), WHY).status_code == 302


def test_password_chosen_in_the_same_moment_does_not_open_it(offices: Offices, mette: User) -> None:
    late = User.objects.get(pk=mette.pk)
    offices.post(offices.bo, page(mette), WHY)
    get_adapter().set_password(late, "en anden rolig adgangskode")
    mette.refresh_from_db()
    assert not mette.is_active
    Authenticator.objects.create(user=mette, type=Authenticator.Type.TOTP, data={})
    offices.post(offices.bo, page(mette), {"why": "Fundet"})
    mette.refresh_from_db()
    assert (mette.is_active, mette.has_usable_password()) == (True, False)
    assert not Authenticator.objects.filter(user=mette).exists()


def test_who_is_erased_is_opened_by_nobody(offices: Offices, mette: User) -> None:
    User.objects.filter(pk=mette.pk).update(email=f"{mette.pk}{GONE}", is_active=False)
    for address in (page(mette), reverse("administration-address-change", args=[mette.pk])):
        assert offices.cast.client(offices.bo).get(address).status_code == 404
        assert offices.cast.client(offices.bo).post(address, {**WHY, "email": "ny@x.invalid"}).status_code == 404
        assert address not in offices.text(offices.bo, reverse("administration-person", args=[mette.pk]))


def test_only_administrator_who_was_shut_out_is_let_in_from_the_command_line(offices: Offices) -> None:
    User.objects.filter(pk=offices.sanne.pk).update(is_active=False)
    said = StringIO()
    call_command(
        "create_administrator", region=offices.region.name, name="Sanne", email=offices.sanne.email, stdout=said
    )
    offices.sanne.refresh_from_db()
    assert offices.sanne.is_active
    link = re.search(r"http://[^/]+(/konto/password/reset/\S+)", said.getvalue())
    assert link
    assert "Vælg en ny adgangskode" in Client().get(link[1], follow=True).content.decode()


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
    answer = offices.post(offices.bo, page(offices.bo), WHY)
    assert (answer.status_code, "Din egen konto lukker en anden." in answer.content.decode()) == (422, True)
    assert page(offices.bo) not in offices.text(offices.bo, reverse("administration-person", args=[offices.bo.pk]))


def test_another_organisation_cannot(offices: Offices, mette: User) -> None:
    for user in (offices.sanne, offices.peter, offices.outside):
        assert offices.cast.client(user).get(page(mette)).status_code == 404
        assert offices.cast.client(user).post(page(mette), WHY).status_code == 404
    assert User.objects.get(pk=mette.pk).is_active
