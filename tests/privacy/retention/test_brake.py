"""A night that would erase far more than usual erases nothing until an administrator has said yes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from organisation.models import Draft, Membership
from privacy.models import Receipt, Run
from privacy.retention import services as retention
from tests.conftest import TODAY, Cast, required

pytestmark = pytest.mark.both


@pytest.fixture(autouse=True)
def _real(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = False
    monkeypatch.setattr(retention, "ALWAYS", 3)


def left_behind(cast: Cast, count: int) -> None:
    """Drafts past their term."""
    old = timezone.now() - timedelta(days=400)
    for number in range(count):
        Draft.objects.create(user=cast.mette, home=cast.home, field=f"{cast.rune.pk}-x{number}", text="Gammel")
    Draft.objects.update(at=old)


def test_night_far_fuller_than_any_of_the_last_erases_nothing_and_says_so(cast: Cast, clock: Any) -> None:
    left_behind(cast, 4)
    assert retention.nightly(timezone.now()) is None
    assert Draft.objects.count() == 4
    assert not Receipt.objects.exists()
    assert Run.objects.get().held == 4
    assert retention.waits_for_yes(timezone.now()) == (
        "I nat ville 4 rækker være slettet. Det er langt mere end normalt, så intet er slettet."
    )
    with pytest.raises(CommandError, match=r"4 rækker.*En systemadministrator kan sige ja i Styring"):
        call_command("retention_run", stdout=StringIO())


def test_after_a_yes_the_next_night_erases_it_and_nothing_waits(cast: Cast, clock: Any) -> None:
    left_behind(cast, 4)
    retention.nightly(timezone.now())
    retention.allow(by=cast.karla.pk, now=timezone.now())
    assert retention.waits_for_yes(timezone.now()) == ""
    clock.shift(timedelta(days=1))
    outcome = retention.nightly(timezone.now())
    assert outcome is not None
    assert not Draft.objects.exists()
    assert Run.objects.latest("day").held is None
    assert Entry.objects.filter(action="retention.allowed", actor=cast.karla.pk).count() == 1


def test_yes_is_for_the_night_after_alone(cast: Cast, clock: Any) -> None:
    retention.allow(by=cast.karla.pk, now=timezone.now())
    for _ in range(3):
        clock.shift(timedelta(days=1))
        retention.nightly(timezone.now())
    left_behind(cast, 4)
    clock.shift(timedelta(days=1))
    assert retention.nightly(timezone.now()) is None
    assert Draft.objects.count() == 4


@pytest.mark.parametrize(("before", "now", "goes"), [(3, 15, True), (3, 16, False), (0, 3, True), (0, 4, False)])
def test_usual_is_five_times_the_fullest_of_sixty_nights(
    cast: Cast, clock: Any, before: int, now: int, goes: bool
) -> None:
    left_behind(cast, before)
    assert retention.nightly(timezone.now()) is not None
    clock.shift(timedelta(days=1))
    left_behind(cast, now)
    assert (retention.nightly(timezone.now()) is not None) is goes
    assert Draft.objects.count() == (0 if goes else now)


def test_night_of_long_ago_is_not_usual(cast: Cast, clock: Any) -> None:
    Receipt(kind="drafts", home=cast.home, at=timezone.now() - timedelta(days=61), rows=50).save()
    left_behind(cast, 4)
    assert retention.nightly(timezone.now()) is None


def test_stay_counts_as_the_hundreds_of_rows_it_is(cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ALWAYS", retention.STAY - 1)
    cast.rune.to_day = TODAY - timedelta(days=4000)
    cast.rune.from_day = TODAY - timedelta(days=4100)
    cast.rune.save()
    assert retention.nightly(timezone.now()) is None
    assert required(Run.objects.get().held) >= retention.STAY


def test_administrators_alone_see_it_and_say_yes(cast: Cast, clock: Any) -> None:
    Membership.objects.create(
        user=cast.karla, organisation=cast.team.organisation, role="system", from_day=TODAY - timedelta(days=9)
    )
    left_behind(cast, 4)
    retention.nightly(timezone.now())
    for user, sees in ((cast.karla, True), (cast.lis, False)):
        page = cast.client(user).get(reverse("administration")).content.decode()
        assert ("Skal så meget slettes?" in page) is sees, user.name
    assert cast.client(cast.lis).post(reverse("administration-erasing-allow")).status_code == 404
    client = cast.client(cast.karla)
    assert client.post(reverse("administration-erasing-allow")).status_code == 302
    assert "Skal så meget slettes?" not in client.get(reverse("administration")).content.decode()
