"""Who is rung when: a team that is closed is not the big number."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from core.tags import phones
from organisation.models import Absence, Membership, Team, User
from tests.conftest import TODAY, Cast, text_in
from tests.page import send


def shown(cast: Cast) -> str:
    return str(cast.client(cast.mette).get(reverse("duty", args=[cast.home.slug])).content.decode())


def test_way_that_is_open_has_the_large_number(cast: Cast, clock: Any) -> None:
    Team.objects.filter(pk=cast.team.pk).update(
        phone="70 00 00 03", out_of_hours="Psykiatrisk akutmodtagelse 78 47 04 70"
    )
    large = '<a class="large-number" href="tel:{}">'
    day = shown(cast)
    assert large.format("70000003") in day
    assert re.search(r'<a +href="tel:78470470">78 47 04 70</a>', day)
    for night in ("2026-11-17T22:00:00+01:00", "2026-11-22T10:00:00+01:00"):
        clock.move_to(night)
        page = shown(cast)
        assert large.format("78470470") in page
        assert "Team Nord har lukket nu. Ring i stedet" in page
        assert re.search(r'<a +href="tel:70000003">70 00 00 03</a>', page)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Psykiatrisk akutmodtagelse", []),
        ("Ring 78470470", ["78470470"]),
        ("+45 78 47 04 70 eller 112", ["+45 78 47 04 70"]),
        ("Sag 123456789", []),
        ("<b>78 47 04 70</b>", ["78 47 04 70"]),
    ],
)
def test_numbers_in_a_sentence_are_to_tap_and_the_words_stand(words: str, numbers: list[str]) -> None:
    parts: Any = phones(words)["parts"]
    assert [part for part, number in parts if number] == numbers
    assert "".join(part for part, _ in parts) == words


def test_who_is_away_is_said_where_one_rings_and_where_one_agrees(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    for user, phone in ((cast.soeren, "70 44 55 66"), (cast.amina, "70 77 88 99")):
        User.objects.filter(pk=user.pk).update(phone=phone)
    level = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    agree = reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    client = cast.client(cast.mette)
    assert "væk til" not in client.get(level).content.decode() + client.get(agree).content.decode()
    Absence.objects.create(user=cast.amina, deputy=cast.soeren, from_day=TODAY, to_day=TODAY + timedelta(days=9))
    page = client.get(level).content.decode()
    assert "Søren for Amina, som er væk til 26.11." in page
    assert "tel:70445566" in page
    assert "tel:70778899" not in page
    assert "Amina – væk til 26.11." in client.get(agree).content.decode()
    sent = {"level": "akut", "criteria": [cast.criterion().pk], "reason": "Ude af sig selv", "told": "no"}
    assert "Søren for Amina, som er væk til 26.11." in send(client, level, sent).content.decode()


def test_deputy_who_has_left_is_not_the_one_to_ring(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    User.objects.filter(pk=cast.soeren.pk).update(phone="70 44 55 66")
    Absence.objects.create(user=cast.amina, deputy=cast.soeren, from_day=TODAY, to_day=TODAY + timedelta(days=9))
    level = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    assert "tel:70445566" in cast.client(cast.mette).get(level).content.decode()
    Membership.objects.filter(user=cast.soeren).update(to_day=TODAY - timedelta(days=1))
    page = cast.client(cast.mette).get(level).content.decode()
    assert ("Amina er væk til 26.11." in page, "tel:70445566" in page) == (True, False)


def test_deputy_who_is_away_too_is_not_the_one_to_ring(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    User.objects.filter(pk=cast.soeren.pk).update(phone="70 44 55 66")
    for user, deputy in ((cast.amina, cast.soeren), (cast.soeren, cast.amina)):
        Absence.objects.create(user=user, deputy=deputy, from_day=TODAY, to_day=TODAY + timedelta(days=9))
    page = cast.client(cast.mette).get(reverse("level-change", args=[cast.home.slug, cast.rune.pk])).content.decode()
    assert ("Amina er væk til 26.11." in page, "tel:70445566" in page) == (True, False)


def test_who_will_be_away_on_a_day_ahead_is_said_where_one_agrees_on_it(cast: Cast) -> None:
    for first, last in ((date(2026, 11, 20), date(2026, 11, 27)), (date(2027, 1, 4), date(2027, 1, 8))):
        Absence.objects.create(user=cast.jonas, deputy=cast.mette, from_day=first, to_day=last)
    page = text_in(cast.client(cast.mette).get(reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])))
    assert "Jonas – væk 20.11.–27.11." in page
    assert "4.1." not in page, "not what is more than a month ahead"
