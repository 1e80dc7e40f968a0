"""A wrong clock: no anchor, nothing erased, until somebody has looked; and the log's proof holds all the same."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit import anchors
from audit.models import Anchor, Entry
from organisation.models import Organisation
from privacy.models import Run
from privacy.retention import services as retention
from reminders.models import AnchorMail
from reminders.services import anchors_out
from tests.conftest import TODAY, Cast


@pytest.fixture(autouse=True)
def _real(settings: Any) -> None:
    """The demo trusts every clock."""
    settings.DEMO = False


def night(clock: Any) -> None:
    """A day on, with its anchor and its run."""
    clock.shift(timedelta(days=1))
    assert anchors.make(timezone.now()) is not None
    assert retention.nightly(timezone.now()) is not None


def refused() -> bool:
    made, ran = Anchor.objects.count(), Run.objects.count()
    assert anchors.make(timezone.now()) is None
    assert retention.nightly(timezone.now()) is None
    return (Anchor.objects.count(), Run.objects.count()) == (made, ran)


@pytest.mark.parametrize("days", [3, 400, 1200, -1, -2])
def test_day_far_from_the_last_makes_no_anchor_and_erases_nothing(cast: Cast, clock: Any, days: int) -> None:
    night(clock)
    drafts = Entry.objects.count()
    clock.shift(timedelta(days=days))
    assert refused()
    assert Entry.objects.count() == drafts
    clock.shift(timedelta(days=-days))
    night(clock)


@pytest.mark.parametrize("days", [1, 2])
def test_worker_that_was_away_for_a_night_goes_on_by_itself(cast: Cast, clock: Any, days: int) -> None:
    night(clock)
    clock.shift(timedelta(days=days - 1))
    night(clock)


def test_clock_that_is_behind_the_log_is_not_trusted(cast: Cast, clock: Any) -> None:
    clock.shift(timedelta(days=3))
    cast.put_on_board(cast.rune)
    clock.shift(timedelta(days=-3))
    assert "men det seneste i loggen er fra 20.11.2026" in anchors.clock_doubt(timezone.now())
    assert refused()


def test_log_holds_after_anchors_of_a_wrong_day(cast: Cast, clock: Any, settings: Any) -> None:
    """Made before there was a brake, or where somebody said yes to a wrong clock."""
    night(clock)
    settings.DEMO = True
    clock.shift(timedelta(days=400))
    assert anchors.make(timezone.now()) is not None
    clock.shift(timedelta(days=-399))
    assert anchors.make(timezone.now()) is not None
    settings.DEMO = False
    call_command("audit_verify", stdout=StringIO())
    night(clock)
    call_command("audit_verify", stdout=StringIO())
    days = list(Anchor.objects.order_by("pk").values_list("day", flat=True))
    assert days == [TODAY + timedelta(days=on) for on in (1, 401, 2, 3)]


def test_anchors_after_one_of_a_wrong_day_are_sent(cast: Cast, clock: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"
    Organisation.objects.update(anchor_mail="")
    Organisation.objects.filter(pk=cast.home.organisation_id).update(anchor_mail="anker@x.invalid")
    settings.DEMO = True
    for days in (400, -399):
        clock.shift(timedelta(days=days))
        anchors.make(timezone.now())
        anchors_out(timezone.now())
    sent = AnchorMail.objects.order_by("pk").values_list("anchor__day", flat=True)
    assert list(sent) == [TODAY + timedelta(days=400), TODAY + timedelta(days=1)]


def test_first_anchor_and_first_night_of_an_installation_ask_nobody(cast: Cast, clock: Any) -> None:
    assert (anchors.clock_doubt(timezone.now()), retention.clock_doubt(timezone.now())) == ("", "")
    night(clock)
