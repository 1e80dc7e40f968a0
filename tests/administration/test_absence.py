"""'Fravær': who is away and who stands in."""

from datetime import date

import pytest

from organisation.models import Absence, Membership
from tests.administration.conftest import Offices

OWN = "/styring/fravaer/"


def away(deputy, begin: str = "2026-11-18", end: str = "2026-11-20", **more: object) -> dict[str, object]:
    return {"from_day": begin, "to_day": end, "deputy": deputy.pk, **more}


def test_everybody_tells_of_their_own_absence(offices: Offices) -> None:
    cast = offices.cast
    sent = away(cast.jonas, key="f")
    for _ in range(2):
        assert offices.post(cast.mette, OWN, sent).status_code == 302
    assert Absence.objects.get(user=cast.mette).deputy == cast.jonas
    page = offices.text(cast.mette, OWN)
    assert "Kommende fravær" in page
    assert "18.11.2026–20.11.2026" in page
    assert "Stedfortræder for" in offices.text(cast.jonas, OWN)
    assert offices.post(cast.mette, OWN, away(cast.jonas, "2026-11-20", "2026-11-24")).status_code == 422, "overlaps"
    assert offices.post(cast.mette, OWN, away(cast.jonas, "2026-11-21", "2026-11-24")).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_day": ""}, {"to_day": "2026-11-17"}, {"from_day": "2026-11-01", "to_day": "2026-11-02"},
        {"from_day": "2025-01-01"}, {"to_day": "2028-01-01"}, {"deputy": ""}, {"deputy": "99999"}, {"deputy": "x"},
        {"to_day": "aldrig"},
    ],
)  # fmt: skip
def test_absence_that_cannot_be_is_refused(offices: Offices, wrong: dict[str, object]) -> None:
    assert offices.post(offices.cast.mette, OWN, {**away(offices.cast.jonas), **wrong}).status_code == 422
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("jonas", 302), ("amina", 302), ("mette", 422), ("stranger", 422), ("gone", 422)]
)
def test_deputy_is_another_who_can_enter_the_same_home(offices: Offices, who: str, status: int) -> None:
    cast = offices.cast
    assert offices.post(cast.mette, OWN, away(getattr(cast, who))).status_code == status


def test_deputy_can_enter_through_all_of_the_days(offices: Offices) -> None:
    cast = offices.cast
    Membership.objects.filter(user=cast.jonas).update(to_day=date(2026, 11, 19))
    answer = offices.post(cast.mette, OWN, away(cast.jonas))
    assert answer.status_code == 422
    assert "i hele perioden" in answer.content.decode()
    assert offices.post(cast.mette, OWN, away(cast.jonas, end="2026-11-19")).status_code == 302


def test_deputy_who_is_away_and_one_who_stands_in_are_refused(offices: Offices) -> None:
    cast = offices.cast
    assert offices.post(cast.jonas, OWN, away(cast.lis, "2026-11-20", "2026-11-25")).status_code == 302
    answer = offices.post(cast.mette, OWN, away(cast.jonas))
    assert "Jonas er selv væk fra fredag 20. november til onsdag 25. november" in answer.content.decode()
    answer = offices.post(cast.lis, OWN, away(cast.mette, "2026-11-25", "2026-11-26"))
    assert "Lis er stedfortræder for Jonas" in answer.content.decode()
    assert Absence.objects.count() == 1


def test_leader_records_it_for_their_people_and_for_nobody_else(offices: Offices) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, f"{OWN}{cast.mette.pk}/", away(cast.jonas)).status_code == 302
    assert "Fravær: Mette" in offices.text(cast.lis, f"{OWN}{cast.mette.pk}/")
    for user, person in ((cast.lis, cast.stranger), (cast.mette, cast.jonas), (offices.bo, cast.mette)):
        assert cast.client(user).get(f"{OWN}{person.pk}/").status_code == 404
        assert cast.client(user).post(f"{OWN}{person.pk}/", away(cast.jonas)).status_code == 404


def test_absence_is_shortened_or_deleted_before_it_began(offices: Offices) -> None:
    cast = offices.cast
    running = Absence.objects.create(
        user=cast.mette, deputy=cast.jonas, from_day=date(2026, 11, 10), to_day=date(2026, 11, 30)
    )
    future = Absence.objects.create(
        user=cast.mette, deputy=cast.jonas, from_day=date(2026, 12, 10), to_day=date(2026, 12, 30)
    )
    here = f"{OWN}ret/{running.pk}/"
    client = cast.client(cast.mette)
    stale = offices.seen(client, here)
    assert cast.client(cast.jonas).get(here).status_code == 404
    assert offices.post(cast.mette, here, {"to_day": "2026-12-05"}).status_code == 422, "longer"
    assert offices.post(cast.mette, here, {"to_day": "2026-11-12"}).status_code == 422, "long gone"
    assert offices.post(cast.lis, here, {"to_day": "2026-11-20"}).status_code == 302, "the leader"
    assert client.post(here, {"to_day": "2026-11-18", "seen": stale}).status_code == 409
    assert offices.post(cast.mette, here, {"to_day": ""}).status_code == 302
    running.refresh_from_db()
    assert running.to_day == date(2026, 11, 16)
    assert offices.post(cast.mette, here, {"to_day": "2026-11-16"}).status_code == 422, "over"
    assert offices.post(cast.mette, f"{OWN}ret/{future.pk}/", {"to_day": ""}).status_code == 302
    assert not Absence.objects.filter(pk=future.pk).exists()
    assert client.post(f"{OWN}ret/{future.pk}/", {"to_day": ""}).status_code == 404, "twice"


def test_person_without_a_home_has_nobody_to_stand_in(offices: Offices) -> None:
    answer = offices.post(offices.cast.karla, OWN, away(offices.cast.jonas))
    assert answer.status_code == 422
