"""Somebody is away: nothing is lost, nobody is told of what they may not see, and it comes back with the person."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from criteria.models import Level
from organisation.models import Absence, Membership, Role, Side, User
from reminders import services
from reminders.models import DemoMail, Reminder
from residents import services as resident_services
from tests.conftest import TODAY, Cast

BACK = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def away(user: User, deputy: User) -> None:
    Absence.objects.create(user=user, deputy=deputy, from_day=TODAY, to_day=BACK - timedelta(days=1))


def mailed() -> list[str]:
    return sorted(DemoMail.objects.values_list("to", flat=True))


def tick() -> tuple[int, int]:
    return services.tick(timezone.now())


def test_deputy_of_the_absence_is_told_instead(cast: Cast) -> None:
    away(cast.jonas, cast.lis)
    cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    assert mailed() == [cast.lis.email]


def test_person_who_is_back_gets_what_still_waits_and_the_deputy_no_longer(cast: Cast, clock) -> None:
    away(cast.jonas, cast.lis)
    cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    tick()
    assert "Tur i skoven" in cast.client(cast.lis).get("/min-dag/paamindelser/").content.decode()
    clock.shift(timedelta(days=8))
    tick()
    assert mailed() == [cast.jonas.email, cast.lis.email]
    assert "Tur i skoven" in cast.client(cast.jonas).get("/min-dag/paamindelser/").content.decode()
    assert "Tur i skoven" not in cast.client(cast.lis).get("/min-dag/paamindelser/").content.decode()


def test_what_was_done_meanwhile_does_not_wait_for_the_person(cast: Cast, clock) -> None:
    away(cast.jonas, cast.lis)
    row = cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    cast.client(cast.lis).post(f"/havtornen/indsats/{row.pk}/afslut/", {"state": "done", "seen": "1"})
    clock.shift(timedelta(days=8))
    tick()
    assert mailed() == [cast.lis.email]


def test_deputy_who_may_not_see_the_resident_is_passed_over_for_the_contacts_deputy(cast: Cast) -> None:
    away(cast.mette, cast.stranger)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=cast.jonas, by=cast.mette)
    cast.agree(owner=cast.mette, due_on=TODAY)
    tick()
    assert mailed() == [cast.jonas.email]


def test_interventions_own_deputy_comes_before_the_contacts(cast: Cast) -> None:
    away(cast.mette, cast.stranger)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=cast.jonas, by=cast.mette)
    cast.agree(owner=cast.mette, deputy=cast.lis, due_on=TODAY)
    tick()
    assert mailed() == [cast.lis.email]


@pytest.mark.parametrize("side", [Side.HOME, Side.TEAM])
def test_leaders_of_the_persons_own_unit_come_last(cast: Cast, side: Side) -> None:
    chief = User.objects.create_user("peter@x.invalid", name="Peter")
    Membership.objects.create(user=chief, role=Role.LEADER, team=cast.team, from_day=date(2026, 1, 1))
    who, leader, track = (cast.mette, cast.lis, "social") if side == Side.HOME else (cast.amina, chief, "psychiatric")
    away(who, cast.stranger)
    cast.agree(by=who, track=track, owner=who, due_on=TODAY)
    tick()
    assert mailed() == [leader.email]


def test_nobody_is_told_of_a_resident_the_stand_in_may_not_see(cast: Cast) -> None:
    away(cast.mette, cast.amina)
    Membership.objects.filter(user=cast.lis).update(to_day=TODAY - timedelta(days=1))
    cast.agree("Hemmelig tur", owner=cast.mette, due_on=TODAY, stay=cast.vibeke)
    tick()
    assert mailed() == []
    for path in ("/min-dag/", "/min-dag/paamindelser/"):
        assert "Hemmelig tur" not in cast.client(cast.amina).get(path).content.decode()


@pytest.mark.parametrize(("from_day", "to_day", "gone"), [
    (TODAY, TODAY, True), (TODAY - timedelta(days=9), TODAY - timedelta(days=1), False),
    (TODAY + timedelta(days=1), TODAY + timedelta(days=9), False),
])  # fmt: skip
def test_both_ends_of_an_absence_count(cast: Cast, from_day: date, to_day: date, gone: bool) -> None:
    Absence.objects.create(user=cast.jonas, deputy=cast.lis, from_day=from_day, to_day=to_day)
    cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    assert mailed() == [cast.lis.email if gone else cast.jonas.email]


def test_min_dag_shows_the_absent_persons_lines_under_their_name(cast: Cast) -> None:
    away(cast.jonas, cast.mette)
    cast.agree("Jonas går tur", owner=cast.jonas, due_on=TODAY)
    cast.agree("Mette vasker tøj", owner=cast.mette, due_on=TODAY)
    page = cast.client(cast.mette).get("/min-dag/").content.decode()
    assert page.index("Mette vasker tøj") < page.index("For Jonas, som er væk til 24.11.") < page.index("Jonas går tur")
    assert "For Jonas" not in cast.client(cast.lis).get("/min-dag/").content.decode()


def test_min_dag_shows_them_no_more_when_the_person_is_back(cast: Cast, clock) -> None:
    away(cast.jonas, cast.mette)
    cast.agree("Jonas går tur", owner=cast.jonas, due_on=TODAY)
    clock.shift(timedelta(days=8))
    assert "Jonas går tur" not in cast.client(cast.mette).get("/min-dag/").content.decode()
    assert "Jonas går tur" in cast.client(cast.jonas).get("/min-dag/").content.decode()


def test_min_dag_shows_the_interventions_own_deputy_the_line_as_well(cast: Cast) -> None:
    away(cast.jonas, cast.stranger)
    cast.agree("Jonas går tur", owner=cast.jonas, deputy=cast.mette, due_on=TODAY)
    assert "For Jonas" in cast.client(cast.mette).get("/min-dag/").content.decode()


def test_stand_in_who_has_seen_the_akut_has_it_no_longer_on_the_list(cast: Cast) -> None:
    away(cast.amina, cast.soeren)
    cast.put_on_board(cast.rune, key="akut-krise", level=Level.AKUT)
    tick()
    client = cast.client(cast.soeren)
    assert "Akut. Du har ikke set det endnu" in client.get("/min-dag/paamindelser/").content.decode()
    client.post(f"/havtornen/niveau/{cast.rune.pk}/set/", {})
    assert "Akut." not in client.get("/min-dag/paamindelser/").content.decode()


def test_nothing_is_planned_twice_for_one_who_stands_in_for_two(cast: Cast) -> None:
    away(cast.mette, cast.lis)
    away(cast.jonas, cast.lis)
    cast.agree(owner=cast.jonas, due_on=TODAY)
    cast.agree(owner=cast.mette, due_on=TODAY)
    tick()
    assert [mail.subject for mail in DemoMail.objects.filter(to=cast.lis.email)] == ["2 ting på Min dag"]
    assert Reminder.objects.for_home(cast.home).filter(recipient=cast.lis).count() == 2
