"""What staff signed in with goes months after their last role, and their name when the log goes back no further."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from accounts.models import Device, DeviceSignIn, KnownBrowser, OpenSession, Pin, ProviderIdentity, Screen
from boards.models import Cell
from organisation.models import Absence, Draft, IdempotencyKey, Membership, User
from organisation.region import KEEP
from privacy.retention import services, staff
from reminders.models import Preference
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both
PASSWORD = "en lang og rolig adgangskode"


def lay(cast: Cast, user: User) -> None:
    """All that somebody signs in with, and what else is theirs alone."""
    user.set_password(PASSWORD)
    user.phone, user.title = "70 00 00 07", "sygeplejerske"
    user.date_joined = timezone.now() - timedelta(days=900)
    user.save()
    cast.client(user).get("/min-dag/")
    device = Device.objects.create(home=cast.home, name="Vagtstuen", created_by=cast.lis, created_at=timezone.now())
    DeviceSignIn.objects.create(device=device, user=user, at=timezone.now())
    Pin.objects.create(user=user, hash=make_password("482915"), set_at=timezone.now())
    KnownBrowser.objects.create(user=user, mark="m" * 64, at=timezone.now())
    ProviderIdentity.objects.create(user=user, provider="kommunen", subject=f"s{user.pk}")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    Preference.objects.create(user=user, muted=["on"])
    Draft.objects.create(user=user, home=cast.home, field=f"{cast.rune.pk}-status-home", text="Halvt")
    IdempotencyKey.objects.create(user=user, key="k")
    Absence.objects.create(user=user, deputy=cast.mette, from_day=TODAY, to_day=TODAY)


def leave(user: User) -> None:
    Membership.objects.filter(user=user).update(to_day=TODAY)


def rows_of(user: User) -> dict[str, int]:
    """How many rows of each table are the person's own."""
    counted = {}
    for table, name in staff.own():
        every: Any = table.objects.system("test") if hasattr(table.objects, "system") else table.objects  # type: ignore[attr-defined]
        if count := every.filter(**{name: user}).count():
            counted[table._meta.label_lower] = count
    return counted


def after(clock: Any, days: int) -> None:
    clock.move_to(f"{TODAY + timedelta(days=days)}T02:30:00+01:00")
    services.nightly(timezone.now())


def test_all_they_signed_in_with_goes_on_its_day_and_not_the_day_before(cast: Cast, clock: Any) -> None:
    lay(cast, cast.jonas)
    lay(cast, cast.amina)
    leave(cast.jonas)
    assert len(rows_of(cast.jonas)) >= 9
    days = KEEP["staff"][0]
    after(clock, days - 1)
    assert User.objects.get(pk=cast.jonas.pk).email == cast.jonas.email
    after(clock, days)
    assert rows_of(cast.jonas) == {}
    gone = User.objects.get(pk=cast.jonas.pk)
    assert (gone.email, gone.phone, gone.title, gone.is_active) == (f"{gone.pk}@forladt.invalid", "", "", False)
    assert not gone.check_password(PASSWORD)
    assert gone.name == "Jonas", "what he wrote is still by him"
    kept = User.objects.get(pk=cast.amina.pk)
    assert (kept.email, kept.phone, kept.check_password(PASSWORD)) == (cast.amina.email, "70 00 00 07", True)
    assert {"accounts.pin", "accounts.knownbrowser", "mfa.authenticator"} <= set(rows_of(cast.amina))


def test_sessions_of_who_left_are_gone_too(cast: Cast, clock: Any) -> None:
    lay(cast, cast.jonas)
    key = OpenSession.objects.get(user=cast.jonas).key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() + timedelta(days=4000))
    leave(cast.jonas)
    after(clock, KEEP["staff"][0])
    assert not Session.objects.filter(session_key=key).exists()
    assert not Screen.objects.filter(user=cast.jonas).exists()


def test_name_goes_when_the_log_goes_back_no_further(cast: Cast, clock: Any) -> None:
    lay(cast, cast.jonas)
    cast.write("Skrevet af Jonas", by=cast.jonas)
    leave(cast.jonas)
    after(clock, KEEP["log"][0] - 1)
    assert User.objects.get(pk=cast.jonas.pk).name == "Jonas"
    after(clock, 2500)
    assert User.objects.get(pk=cast.jonas.pk).name == "Tidligere medarbejder"
    assert Cell.objects.for_home(cast.home).get().changed_by.name == "Tidligere medarbejder"


@pytest.mark.parametrize("role", [{"to_day": None}, {"to_day": TODAY + timedelta(days=3000)}])
def test_whoever_has_a_role_or_will_have_one_loses_nothing(cast: Cast, clock: Any, role: dict[str, Any]) -> None:
    lay(cast, cast.jonas)
    leave(cast.jonas)
    Membership.objects.create(
        user=cast.jonas, home=cast.home, role="staff", from_day=TODAY + timedelta(days=800), **role
    )
    before = User.objects.filter(pk=cast.jonas.pk).values().get()
    after(clock, 700)
    assert User.objects.filter(pk=cast.jonas.pk).values().get() == before


def test_address_that_is_gone_can_be_somebodys_again(cast: Cast, clock: Any) -> None:
    lay(cast, cast.jonas)
    leave(cast.jonas)
    after(clock, KEEP["staff"][0])
    assert User.objects.create_user(cast.jonas.email, name="Jonas").pk != cast.jonas.pk


def test_what_goes_with_a_person_is_found_in_the_models(db: None) -> None:
    """A new table of somebody's own is among them as soon as its pointer says so."""
    tables = {table._meta.label_lower for table, _ in staff.own()}
    assert tables >= {
        "accounts.pin", "accounts.devicesignin", "accounts.screen", "accounts.knownbrowser", "accounts.opensession",
        "accounts.provideridentity", "mfa.authenticator", "account.emailaddress", "reminders.preference",
        "organisation.draft", "organisation.idempotencykey", "organisation.absence",
    }  # fmt: skip
    assert all(issubclass(table, models.Model) for table, _ in staff.own())
