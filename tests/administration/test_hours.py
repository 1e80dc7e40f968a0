"""A role can begin and end at an hour: a night is from 23 to 7, and not two whole days."""

from datetime import date, datetime, time

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.access import accesses_of_many, working_at
from accounts.own_provider import arrive
from accounts.providers import GivenRole, Provider
from accounts.rules import ProviderPerson
from administration import rules
from audit.models import Entry
from criteria.models import Level
from organisation.models import Membership, Role, Side, User
from reminders import services as reminders
from reminders.models import Reminder
from residents import services as resident_services
from tests.administration.conftest import Offices
from tests.conftest import TODAY, Cast, text_in

BOARD, LIST = "/havtornen/tavle/", "/havtornen/beboere/"
NEW = "/styring/personer/ny/"
NIGHT = {
    "role": "vikar", "from_day": "2026-11-17", "from_time": "23:00", "to_day": "2026-11-18", "to_time": "07:00",
}  # fmt: skip


def new(offices: Offices, **more: str) -> dict[str, str]:
    unit = f"botilbud-{offices.cast.home.pk}"
    return {"name": "Aase", "title": "", "email": "aase@x.invalid", "phone": "", "unit": unit, **NIGHT, **more}


def at(clock, moment: str) -> None:
    clock.move_to(timezone.make_aware(datetime.fromisoformat(moment)))


def test_night_substitute_comes_in_at_eleven_and_is_out_at_seven(offices: Offices, clock) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, NEW, new(offices)).status_code == 302
    aase = User.objects.get(email="aase@x.invalid")
    stands = offices.text(cast.lis, f"/styring/personer/{aase.pk}/")
    assert "fra 17.11.2026 kl. 23, vikar til 18.11.2026 kl. 7" in stands
    page = text_in(cast.client(aase).get("/"))
    assert "Din adgang begynder tirsdag 17. november kl. 23." in page
    opened = {}
    for moment in ("2026-11-17T22:59:59", "2026-11-17T23:00", "2026-11-18T06:59:59", "2026-11-18T07:00"):
        at(clock, moment)
        status = cast.client(aase).get(BOARD).status_code
        streams = bool(accesses_of_many([aase], timezone.localdate()))
        assert streams == (status == 200), "an open board is asked the same"
        opened[moment[8:]] = status
    assert opened == {"17T22:59:59": 404, "17T23:00": 200, "18T06:59:59": 200, "18T07:00": 404}
    assert "stoppede 18.11.2026 kl. 7" in offices.text(cast.lis, f"/styring/personer/{aase.pk}/")
    assert "adgang begynder" not in text_in(cast.client(aase).get("/")), "nothing is to come"
    given = Entry.objects.filter(action="membership.given").latest("pk")
    assert given.data["to_day"] == "2026-11-18 07:00"


def test_hours_open_the_pages_and_days_say_who_works_here(cast: Cast, clock) -> None:
    """A substitute until four is still named as of the home at five; what they hold has nobody from midnight on."""
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(16))
    at(clock, "2026-11-17T17:00")
    assert cast.client(cast.jonas).get(BOARD).status_code == 404
    assert cast.jonas.pk in working_at(cast.home, TODAY)


def test_two_shifts_on_one_day_are_two_roles(offices: Offices) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, NEW, new(offices)).status_code == 302
    aase = User.objects.get(email="aase@x.invalid")
    give = f"/styring/personer/{aase.pk}/rolle/"
    unit = new(offices)["unit"]
    evening = {**NIGHT, "unit": unit, "from_day": "2026-11-18", "from_time": "15", "to_time": "23.00"}
    assert offices.post(cast.lis, give, evening).status_code == 302
    touching = {**evening, "from_time": "22:59", "to_day": "2026-11-19", "to_time": "07:00"}
    assert offices.post(cast.lis, give, touching).status_code == 422
    assert Membership.objects.filter(user=aase).count() == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"to_day": "2026-11-17", "to_time": "22:00"}, "Adgangen slutter, før den begynder."),
        ({"to_day": "2026-11-17", "to_time": "23:00"}, "Adgangen slutter, før den begynder."),
        ({"role": "staff", "to_day": ""}, "Skriv også den sidste dag."),
        ({"to_time": "25:00"}, "Skriv tiden som 14.30."),
    ],
)
def test_hours_that_cannot_be_are_refused(offices: Offices, more: dict[str, str], said: str) -> None:
    answer = offices.post(offices.cast.lis, NEW, new(offices, **more))
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not User.objects.filter(email="aase@x.invalid").exists()


def test_leader_has_no_hours(offices: Offices) -> None:
    answer = offices.post(offices.sanne, NEW, new(offices, role="leader"))
    assert answer.status_code == 422
    assert "Kun medarbejdere og vikarer kan have klokkeslæt." in answer.content.decode()


def test_shift_is_made_longer_by_the_hour_and_two_who_do_it_see_both(offices: Offices, clock) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, NEW, new(offices)).status_code == 302
    member = Membership.objects.get(user__email="aase@x.invalid")
    here = f"/styring/roller/{member.pk}/"
    client = cast.client(cast.lis)
    stale = offices.seen(client, here)
    for sent in ({"to_day": "2026-11-17", "to_time": "22:00"}, {"to_day": "", "to_time": "08:00"}):
        assert offices.post(cast.lis, here, sent).status_code == 422
    assert offices.post(cast.lis, here, {"to_day": "2026-11-18", "to_time": "09:30"}).status_code == 302
    answer = client.post(here, {"to_day": "2026-11-18", "to_time": "08:00", "seen": stale})
    assert (answer.status_code, "9.30" in answer.content.decode()) == (409, True)
    at(clock, "2026-11-18T09:29")
    assert "Rune" in text_in(cast.client(member.user).get(LIST))


@pytest.mark.parametrize(
    ("period", "now", "said"),
    [
        ((None, date(2026, 12, 1), time(16, 30)), "2026-11-17T09:00", "vikar til 1.12.2026 kl. 16.30"),
        ((time(8), date(2026, 12, 1), None), "2026-11-01T07:59", "fra 1.11.2026 kl. 8, vikar til og med 1.12.2026"),
        ((time(8), None, None), "2026-11-01T08:00", ""),
        ((None, date(2026, 11, 17), time(16)), "2026-11-17T16:00", "stoppede 17.11.2026 kl. 16"),
    ],
)
def test_period_says_the_hours_it_has(period: tuple, now: str, said: str) -> None:
    from_time, to_day, to_time = period
    member = Membership(
        role=Role.STAFF, from_day=date(2026, 11, 1), from_time=from_time, to_day=to_day, to_time=to_time
    )
    assert rules.period_label(member, timezone.make_aware(datetime.fromisoformat(now))) == said


@pytest.mark.parametrize(
    ("period", "opened"),
    [
        # The clocks go back at 3 on 25 October: 2.15 comes at 0.15 and at 1.15 UTC.
        ((None, time(2, 30)), {"00:15": True, "00:45": False, "01:15": False, "01:45": False}),
        ((time(2, 30), None), {"00:15": False, "00:45": True, "01:15": True, "01:45": True}),
    ],
)
def test_night_the_clocks_go_back_access_ends_once_and_begins_once(
    cast: Cast, clock, period: tuple[time | None, time | None], opened: dict[str, bool]
) -> None:
    night = date(2026, 10, 25)
    from_time, to_time = period
    Membership.objects.filter(user=cast.jonas).update(
        from_day=night, from_time=from_time, to_day=night, to_time=to_time
    )
    found = {}
    for moment in opened:
        clock.move_to(datetime.fromisoformat(f"2026-10-25T{moment}:00+00:00"))
        found[moment] = cast.client(cast.jonas).get(BOARD).status_code == 200
    assert found == opened


def test_session_ends_with_the_hours_also_on_a_page_that_hears_of_nothing(cast: Cast, clock) -> None:
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(16))
    client, touch = cast.client(cast.jonas), reverse("screen-touch")
    answers = {}
    for moment in ("15:59", "16:00"):
        at(clock, f"2026-11-17T{moment}")
        answers[moment] = client.post(touch, headers={"X-Requested-With": "board"}).status_code
    assert answers == {"15:59": 204, "16:00": 401}
    # Who signs in after it reads what they wrote in peace.
    again = cast.client(cast.jonas)
    assert again.post(touch, headers={"X-Requested-With": "board"}).status_code == 204


@pytest.mark.parametrize("hour", ["", "23:00"])
def test_shift_given_by_mistake_is_taken_back_at_once(offices: Offices, hour: str) -> None:
    cast = offices.cast
    given = Membership.objects.create(
        user=cast.stranger, role=Role.STAFF, home=cast.home, from_day=TODAY, from_time=time(8), to_day=TODAY,
        to_time=time(23),
    )  # fmt: skip
    assert "Rune" in text_in(cast.client(cast.stranger).get(LIST))
    sent = {"to_day": "2026-11-16", "to_time": hour}
    assert offices.post(cast.lis, f"/styring/roller/{given.pk}/", sent).status_code == 302
    assert cast.client(cast.stranger).get(BOARD).status_code == 404


def test_shift_that_is_over_hides_no_role_the_claims_give(cast: Cast, clock) -> None:
    shift = Membership.objects.create(
        user=cast.other_nurse, role=Role.STAFF, team=cast.team, from_day=TODAY, to_day=TODAY, to_time=time(7)
    )
    Membership.objects.filter(user=cast.other_nurse).exclude(pk=shift.pk).delete()
    region = Provider(
        id="regionen", name="Regionen", issuer="", client_id="", client_secret="", acr=(), password=True, scopes=(),
        organisations=frozenset([cast.team.organisation_id]), subject="sub", email="email", verified="email_verified",
        person="name", roles="groups", given=(GivenRole("nord", Role.STAFF, "team", cast.team.name),),
    )  # fmt: skip
    arrive(region, ProviderPerson("malik", cast.other_nurse.email, "Malik", frozenset(["nord"])), TODAY)
    assert "Rune" in text_in(cast.client(cast.other_nurse).get(LIST))


def test_shift_taken_back_before_it_began_is_said_to_be_and_is_announced_to_nobody(offices: Offices) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, NEW, new(offices, from_day="2026-11-20", to_day="2026-11-21")).status_code == 302
    member = Membership.objects.get(user__email="aase@x.invalid")
    sent = {"to_day": "2026-11-19", "to_time": ""}
    assert offices.post(cast.lis, f"/styring/roller/{member.pk}/", sent).status_code == 302
    assert "trukket tilbage" in offices.text(cast.lis, f"/styring/personer/{member.user_id}/")
    assert "adgang begynder" not in text_in(cast.client(member.user).get("/"))


def test_end_made_earlier_by_hours_asks_who_takes_over(offices: Offices) -> None:
    cast = offices.cast
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(23))
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    here = f"/styring/roller/{Membership.objects.get(user=cast.jonas).pk}/"
    refused = offices.post(cast.lis, here, {"to_day": "2026-11-17", "to_time": "10:00"})
    assert (refused.status_code, "står stadig for 1 ting" in refused.content.decode()) == (422, True)
    assert offices.post(cast.lis, here, {"to_day": "2026-11-17", "to_time": "23:30"}).status_code == 302


def test_nobody_is_rung_whose_shift_is_over(cast: Cast, clock) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=cast.mette, by=cast.lis)
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(16))
    User.objects.filter(pk=cast.mette.pk).update(phone="70 00 00 77")
    dialog = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    found = {}
    for hour in ("15:59", "16:00"):
        at(clock, f"2026-11-17T{hour}")
        page = text_in(cast.client(cast.mette).get(dialog)).partition("Ring også")[2].partition("</p>")[0]
        found[hour] = ("Jonas <" in page, "Mette for Jonas, som har fri" in page)
    assert found == {"15:59": (True, False), "16:00": (False, True)}


def test_akut_at_half_past_nine_goes_to_who_can_read_it_and_not_to_whose_shift_ended_at_nine(cast: Cast, clock) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.TEAM, person=cast.amina, deputy=cast.soeren, by=cast.amina)
    Membership.objects.filter(user=cast.amina).update(to_day=TODAY, to_time=time(9))
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    reminders.tick(timezone.now())
    told = Reminder.objects.for_home(cast.home).filter(kind="akut").values_list("recipient__name", flat=True)
    assert list(told) == ["Søren"]
