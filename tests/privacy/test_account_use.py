"""What one account has seen and done: the question after a breach, and the line that it was asked."""

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Entry
from organisation.models import Membership, Role, User
from privacy import account_use
from residents import services as residents
from residents.models import Stay
from tests.conftest import TODAY, Cast, employed_where_they_work
from tests.privacy.conftest import Looks

pytestmark = pytest.mark.both
FIRST, LAST = date(2026, 11, 9), date(2026, 11, 15)
DAYS = {"fra": FIRST.isoformat(), "til": LAST.isoformat()}


@pytest.fixture
def bo(cast: Cast) -> User:
    """The administrator of the organisation that has the home."""
    user = User.objects.create_user("bo@x.invalid", name="Bo")
    Membership.objects.create(
        user=user, role=Role.SYSTEM, organisation=cast.home.organisation, from_day=date(2026, 1, 1)
    )
    employed_where_they_work()
    return user


def asked(cast: Cast, by: User, person: User, **given: Any) -> Any:
    return cast.client(by).get(reverse("administration-account-use", args=[person.pk]), {**DAYS, **given})


def test_looks_and_acts_stand_with_minute_place_and_flats_and_no_name(looks: Looks, bo: User, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk, day=10, hour=9)
    looks.at(cast.jonas, cast.rune.pk, cast.tove.pk, day=12, hour=23, screen="historik")
    looks.at(cast.mette, cast.vibeke.pk, day=12)
    looks.at(cast.jonas, cast.vibeke.pk, day=16)
    clock.move_to("2026-11-13T14:05:00+01:00")
    cast.write("Hemmelig tekst", by=cast.jonas)
    clock.move_to("2026-11-17T09:30:00+01:00")
    found = account_use.uses(cast.jonas, FIRST, LAST)
    said = [(f"{one.at:%d.%m. %H:%M}", one.what, one.where, one.unit, one.flats) for one in found]
    assert said == [
        ("13.11. 14:05", "Skrev på tavlen", "Havtornen", "Havtornen", []),
        ("12.11. 23:20", "Så Historik for et felt", "Havtornen", "Havtornen", ["bolig 4", "bolig 9"]),
        ("10.11. 09:20", "Så Tavlen", "Havtornen", "Havtornen", ["bolig 4"]),
    ]  # fmt: skip
    assert account_use.homes_seen(found) == [("Havtornen", ["bolig 4", "bolig 9"])]
    page = asked(cast, bo, cast.jonas).content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", page.split("<h1>")[1]).split())
    assert "Hvem det berører 9.11.2026–15.11.2026 Havtornen: bolig 4, bolig 9 Alt, hvad der er sket" in words
    assert "12.11.2026 kl. 23.20 Så Historik for et felt Havtornen bolig 4, bolig 9" in words
    for name in ("Rune", "Tove", "Vibeke", "Hemmelig"):
        assert name not in page


def test_same_look_within_ten_minutes_is_one_and_later_is_another(looks: Looks, clock) -> None:
    cast = looks.cast
    client = cast.client(cast.jonas)
    for moment in ("09:30:00", "09:34:10", "09:41:59"):
        clock.move_to(f"2026-11-17T{moment}+01:00")
        client.get("/havtornen/tavle/")
    found = account_use.uses(cast.jonas, TODAY, TODAY)
    assert [f"{one.at:%H:%M}" for one in found if one.what == "Så Tavlen"] == ["09:41", "09:30"]


def test_stay_that_is_erased_is_a_number(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, 4711)
    assert [one.flats for one in account_use.uses(cast.jonas, FIRST, LAST)] == [["slettet (nr. 4711)"]]


def test_two_who_lived_in_one_flat_are_told_apart(looks: Looks, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk, day=10)
    stay = Stay.objects.for_home(cast.home).get(pk=cast.rune.pk)
    Stay.objects.for_home(cast.home).filter(pk=stay.pk).update(to_day=date(2026, 11, 11))
    new = residents.stay_begin(home=cast.home, name="Aya", flat=stay.flat, from_day=date(2026, 11, 12), by=cast.mette)
    looks.at(cast.jonas, new.pk, day=13)
    found = account_use.uses(cast.jonas, FIRST, LAST)
    assert account_use.homes_seen(found) == [
        ("Havtornen", ["bolig 4 (1.1.2026–11.11.2026)", "bolig 4 (12.11.2026–)"]),
    ]  # fmt: skip


def test_file_has_all_of_it_and_nothing_a_spreadsheet_would_reckon(looks: Looks, bo: User) -> None:
    cast = looks.cast
    User.objects.filter(pk=cast.jonas.pk).update(name="=1+1")
    looks.many(cast.jonas, 320, cast.rune.pk)
    answer = asked(cast, bo, cast.jonas, fil="csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="brug-{cast.jonas.pk}-2026-11-09-2026-11-15.csv"'
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert tuple(rows[0]) == account_use.COLUMNS
    assert len(rows) == 321
    assert rows[-1] == ["09.11.2026 00:20", "'=1+1", "Havtornen", "Så Tavlen", "Havtornen", "bolig 4", "1"]
    page = asked(cast, bo, cast.jonas).content.decode()
    assert "De nyeste 300 af 320. Filen har dem alle." in page
    assert page.count("Så Tavlen") == 300


def test_that_somebody_asked_is_in_the_log_and_has_a_pace(cast: Cast, bo: User, settings: Any) -> None:
    settings.EXPORTS_AN_HOUR = 2
    asked(cast, bo, cast.jonas)
    asked(cast, bo, cast.jonas, fil="csv")
    noted = Entry.objects.filter(action="account.read").order_by("seq")
    assert [(row.scope, row.subject, row.actor, row.data) for row in noted] == [
        (bo.scope, f"organisation.user:{cast.jonas.pk}", bo.pk,
         {"first": "2026-11-09", "last": "2026-11-15", "file": filed})
        for filed in (False, True)
    ]  # fmt: skip
    answer = asked(cast, bo, cast.jonas)
    assert answer.status_code == 429
    assert "Du har taget meget ud på kort tid." in answer.content.decode()
    assert noted.count() == 2


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"fra": "i går"}, "Skriv dagen som 24.11.2026."),
        ({"fra": ""}, "Vælg en dag."),
        ({"fra": "2026-11-16"}, "Den sidste dag kan ikke ligge før den første."),
        ({"fra": "2025-11-14"}, "Vælg højst et år ad gangen."),
        ({"til": "9999-01-01"}, "Er årstallet rigtigt?"),
    ],
)
def test_days_that_cannot_be_are_told_and_nothing_is_noted(
    cast: Cast, bo: User, days: dict[str, str], words: str
) -> None:
    answer = asked(cast, bo, cast.jonas, **days)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Entry.objects.filter(action="account.read").exists()


def test_without_days_it_is_the_last_week(looks: Looks, bo: User) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk, day=10)
    looks.at(cast.jonas, cast.rune.pk, day=11)
    page = cast.client(bo).get(reverse("administration-account-use", args=[cast.jonas.pk])).content.decode()
    assert "11.11.2026–17.11.2026" in page
    assert page.count("Så Tavlen") == 1


def test_link_stands_with_the_persons_own_organisation_alone(cast: Cast, bo: User) -> None:
    page = reverse("administration-person", args=[cast.jonas.pk])
    assert "Hvad kontoen har set og gjort" in cast.client(bo).get(page).content.decode()
    assert "Hvad kontoen har set og gjort" not in cast.client(cast.lis).get(page).content.decode()


def test_page_costs_the_same_for_few_and_for_many(looks: Looks, bo: User, django_assert_max_num_queries) -> None:
    looks.many(looks.cast.jonas, 200, looks.cast.rune.pk)
    client = looks.cast.client(bo)
    client.get("/styring/")
    with django_assert_max_num_queries(40):
        client.get(reverse("administration-account-use", args=[looks.cast.jonas.pk]), DAYS)
