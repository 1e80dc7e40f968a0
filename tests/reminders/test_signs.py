"""An early sign reaches the other side the same day, and stays until it has been seen."""

import re
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from boards import services as board_services
from boards.models import EarlySign, Outcome, Urgency
from core.errors import Denied
from organisation.models import Membership, Role, Side, User
from reminders import services
from reminders.models import DemoMail, Reminder
from residents import services as resident_services
from tests.conftest import TODAY, Cast


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def note(cast: Cast, by: User, urgency: Urgency = Urgency.TODAY) -> EarlySign:
    return board_services.sign_note(
        access=cast.access(by), stay_id=cast.rune.pk, text="Går rastløst omkring.", urgency=urgency, key="",
        today=TODAY,
    )  # fmt: skip


def mails(to: User) -> list[str]:
    return list(DemoMail.objects.filter(to=to.email).order_by("pk").values_list("subject", flat=True))


def listed(cast: Cast, user: User) -> str:
    return cast.client(user).get("/min-dag/paamindelser/").content.decode()


@pytest.mark.parametrize(("by", "to"), [("mette", "amina"), ("amina", "mette")])
def test_sign_for_today_is_mailed_at_once_to_the_other_sides_contact_once_and_without_names(
    cast: Cast, by: str, to: str
) -> None:
    note(cast, getattr(cast, by))
    for _ in range(2):
        services.tick(timezone.now())
    assert mails(getattr(cast, to)) == ["1 tidligt tegn, du ikke har set"]
    assert "1 tidligt tegn, du ikke har set" not in mails(getattr(cast, by))
    assert "Rune" not in DemoMail.objects.get(to=getattr(cast, to).email).body
    assert "rastløst" not in DemoMail.objects.get(to=getattr(cast, to).email).body
    assert "der skal ses i dag" in listed(cast, getattr(cast, to))


def test_sign_that_can_wait_is_on_the_list_today_and_in_the_next_mornings_mail(cast: Cast) -> None:
    note(cast, cast.mette, Urgency.MEETING)
    services.tick(timezone.now())
    assert "Nyt tidligt tegn fra botilbuddet" in listed(cast, cast.amina)
    assert "1 tidligt tegn, du ikke har set" not in mails(cast.amina)
    services.tick(timezone.now(), day=TODAY + timedelta(days=1))
    assert any("på Min dag" in subject for subject in mails(cast.amina))


@pytest.mark.parametrize("end", ["seen", "answered", "withdrawn"])
def test_sign_seen_answered_or_no_longer_shared_is_not_told(cast: Cast, end: str) -> None:
    sign = note(cast, cast.mette)
    if end == "seen":
        board_services.sign_read(access=cast.access(cast.amina), pk=sign.pk, today=TODAY)
    elif end == "answered":
        board_services.sign_handle(access=cast.access(cast.jonas), pk=sign.pk, outcome=Outcome.NO_CHANGE, today=TODAY)
    else:
        resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    services.tick(timezone.now())
    assert mails(cast.amina) == []
    assert "egn fra botilbuddet" not in listed(cast, cast.amina)


def test_sign_planned_and_then_seen_leaves_the_list(cast: Cast) -> None:
    sign = note(cast, cast.mette)
    services.tick(timezone.now())
    board_services.sign_read(access=cast.access(cast.amina), pk=sign.pk, today=TODAY)
    assert "der skal ses i dag" not in listed(cast, cast.amina)


def test_sign_for_today_can_neither_be_put_off_nor_hidden(cast: Cast) -> None:
    note(cast, cast.mette)
    services.tick(timezone.now())
    row = Reminder.objects.for_home(cast.home).get(kind="sign-now", recipient=cast.amina)
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Denied, match="Tegnet kan ikke fjernes"):
        services.reminder_hide(user=cast.amina, pk=row.pk, today=TODAY)
    with pytest.raises(Denied, match="Tegnet kan ikke udskydes"):
        services.reminder_snooze(user=cast.amina, pk=row.pk, to=tomorrow, today=TODAY)


@pytest.mark.parametrize(("by", "readers"), [("mette", ("mette", "amina")), ("amina", ("amina", "mette"))])
def test_sign_on_somebody_off_the_board_can_be_read_at_once_by_both_sides(
    cast: Cast, by: str, readers: tuple[str, ...]
) -> None:
    sign = note(cast, getattr(cast, by))
    services.tick(timezone.now())
    for name in readers:
        board = cast.client(getattr(cast, name)).get("/havtornen/tavle/").content.decode()
        group = re.search(r'<tbody id="g-nye-tegn"[^>]*aria-label="Nye tegn"\s*>(.*?)</tbody>', board, re.S)
        assert group is not None
        assert "Går rastløst omkring." in group[1], name
    page = listed(cast, getattr(cast, readers[1]))
    assert ("Går rastløst omkring." in page, "Akut" in page) == (True, False), "its words, and no level"
    board_services.sign_handle(access=cast.access(cast.mette), pk=sign.pk, outcome=Outcome.NO_CHANGE, today=TODAY)
    board = cast.client(cast.amina).get("/havtornen/tavle/").content.decode()
    assert "Går rastløst omkring." not in board


def test_sign_the_other_side_does_not_share_is_in_no_group_and_no_reminder(cast: Cast) -> None:
    note(cast, cast.mette)
    services.tick(timezone.now())
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert "rastløst" not in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()
    assert "rastløst" not in listed(cast, cast.amina)


def test_sign_nobody_answered_by_the_next_working_day_goes_to_the_deputy(cast: Cast) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.TEAM, person=cast.amina, deputy=cast.soeren, by=cast.amina)
    sign = note(cast, cast.mette)
    board_services.sign_read(access=cast.access(cast.amina), pk=sign.pk, today=TODAY)

    def told() -> bool:
        return Reminder.objects.for_home(cast.home).filter(recipient=cast.soeren, kind="sign-now").exists()

    services.tick(timezone.now())
    assert not told(), "the contact has the day"
    midnight = timezone.make_aware(datetime.combine(TODAY + timedelta(days=1), time(0, 1)))
    for now, woken in ((midnight, False), (midnight + timedelta(hours=7), True)):
        services.tick(now, day=TODAY + timedelta(days=1))
        assert told() is woken, "in the morning, though the contact has read it: read is not answered"


def test_sign_of_a_contact_without_a_deputy_goes_to_the_sides_leader_the_next_working_day(
    cast: Cast, clock: Any
) -> None:
    Membership.objects.filter(user=cast.soeren).update(role=Role.LEADER)
    board_services.sign_note(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, text="Går om natten", urgency=Urgency.TODAY, key="",
        today=TODAY,
    )  # fmt: skip

    def told() -> list[str]:
        services.tick(timezone.now())
        rows = Reminder.objects.for_home(cast.home).filter(kind__startswith="sign")
        return sorted(rows.values_list("recipient__name", flat=True))

    assert told() == ["Amina"]
    clock.shift(timedelta(days=1))
    assert told() == ["Amina", "Søren"]
