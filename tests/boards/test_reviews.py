"""Between meetings: ten minutes about an akut, the team's confirmation, and disagreeing with one taken off."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from boards import services
from boards.models import AkutReview, EarlySign, Episode, LevelChange, Told, Urgency
from criteria.models import Level
from meetings import services as meeting_services
from meetings.rules import Kind
from organisation.models import Side, User
from residents import services as residents
from residents.models import BasisKind, Giver
from tests.conftest import TODAY, Cast


def url(cast: Cast, name: str, pk: int | None = None) -> str:
    return reverse(name, args=[cast.home.slug, pk or cast.rune.pk])


def akut(cast: Cast) -> Episode:
    found: Episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    return found


def episode(cast: Cast) -> Episode:
    found: Episode = Episode.objects.for_home(cast.home).latest("pk")
    return found


def review(cast: Cast, user: User | None = None, **change: Any) -> Any:
    data = {
        "home_person": cast.mette.pk, "team_person": cast.amina.pk, "outcome": "same", "note": "Aftalerne holder",
        "seen": "1", "key": "k", **change,
    }  # fmt: skip
    return cast.client(user or cast.mette).post(url(cast, "akut-review"), data)


def board_of(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(f"/{cast.home.slug}/tavle/").content.decode())


def lower(cast: Cast, by: User | None = None) -> None:
    cast.put_on_board(cast.rune, seen=1, access=cast.access(by or cast.mette), reason="Sover igen")


@pytest.mark.parametrize("who", ["mette", "amina"])
def test_review_by_one_from_each_side_starts_the_next_term(cast: Cast, clock, who: str) -> None:
    akut(cast)
    clock.shift(timedelta(days=1))
    assert review(cast, getattr(cast, who)).status_code == 204
    row = episode(cast)
    tomorrow = TODAY + timedelta(days=1)
    assert (row.level, row.reviewed_on, row.version) == (Level.AKUT, tomorrow, 2)
    assert row.review_by > tomorrow
    found = AkutReview.objects.for_home(cast.home).get()
    assert (found.home_person, found.team_person, found.confirmed_at is not None) == (cast.mette, cast.amina, True)
    page = board_of(cast, cast.jonas)
    assert "Gennemgået i dag kl. 9.30 af Mette og Amina: stadig akut" in page
    assert "teamet har ikke bekræftet" not in page


def test_review_can_take_the_level_down_and_keeps_its_criteria(cast: Cast) -> None:
    akut(cast)
    assert review(cast, outcome="down").status_code == 204
    assert episode(cast).level == Level.SUBAKUT
    change = LevelChange.objects.for_home(cast.home).latest("pk")
    assert (change.before, change.after, change.reason) == (Level.AKUT, Level.SUBAKUT, "Aftalerne holder")
    page = board_of(cast, cast.amina)
    assert "Akut krise" in page
    assert "Akut taget af i dag kl. 9.30 af Mette" in page
    assert "ned til subakut" in page


@pytest.mark.parametrize("who", ["mette", "amina"])
def test_what_was_noted_is_read_on_the_board_and_in_the_course(cast: Cast, who: str) -> None:
    akut(cast)
    review(cast, outcome="down", note="Søster flytter ind i weekenden")
    assert "Søster flytter ind i weekenden" in board_of(cast, getattr(cast, who))
    page = cast.client(getattr(cast, who)).get(url(cast, "resident-course")).content.decode()
    assert "Gennemgået: ned til subakut" in page
    assert "Søster flytter ind i weekenden" in page


def test_second_click_reviews_once(cast: Cast) -> None:
    akut(cast)
    for _ in range(2):
        assert review(cast).status_code == 204
    assert AkutReview.objects.for_home(cast.home).count() == 1
    assert episode(cast).version == 2


def test_review_of_a_level_changed_meanwhile_is_told_and_keeps_what_was_typed(cast: Cast) -> None:
    akut(cast)
    lower(cast, cast.amina)
    answer = review(cast)
    page = answer.content.decode()
    assert (answer.status_code, "ændret imens" in page, "Aftalerne holder" in page) == (409, True, True)
    again = review(cast, seen="2", key="ny")
    assert (again.status_code, "ikke længere som akut" in again.content.decode()) == (422, True)
    assert not AkutReview.objects.for_home(cast.home).exists()


def test_resident_off_the_board_is_not_reviewed(cast: Cast) -> None:
    assert review(cast, seen="0").status_code == 409
    assert not AkutReview.objects.for_home(cast.home).exists()


@pytest.mark.parametrize(("change", "words"), [
    ({"home_person": ""}, "hvem der er med fra botilbuddet"),
    ({"team_person": ""}, "Teamet er på arbejde"),
    ({"outcome": ""}, "om beboeren stadig er akut"),
    ({"outcome": "off"}, "Vælg en af de nævnte."),
    ({"note": "x" * 301}, "plads til 300"),
    ({"home_person": "amina"}, "arbejder ikke her"),
    ({"team_person": "mette"}, "arbejder ikke her"),
    ({"home_person": "stranger"}, "arbejder ikke her"),
    ({"team_person": "other_nurse"}, "arbejder ikke her"),
    ({"home_person": "gone"}, "arbejder ikke her"),
])  # fmt: skip
def test_review_that_lacks_its_parts_is_refused_at_its_field(cast: Cast, change, words: str) -> None:
    akut(cast)
    people = {k: getattr(cast, v).pk if k.endswith("person") and v else v for k, v in change.items()}
    answer = review(cast, **people)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not AkutReview.objects.for_home(cast.home).exists()
    assert episode(cast).version == 1


@pytest.mark.parametrize(("now", "works"), [
    ("2026-11-20T15:59:00+01:00", True),
    ("2026-11-20T17:00:00+01:00", False),  # Friday evening
    ("2026-11-21T10:00:00+01:00", False),
    ("2026-11-20T07:59:00+01:00", False),
    ("2026-12-24T10:00:00+01:00", False),
    ("2026-12-25T10:00:00+01:00", False),
    ("2026-12-28T10:00:00+01:00", True),  # week 53
    ("2027-01-01T10:00:00+01:00", False),
    ("2027-01-03T10:00:00+01:00", False),
    ("2026-10-26T08:00:00+01:00", True),  # the Monday after the clocks went back
    ("2027-03-29T10:00:00+02:00", False),  # Easter Monday, the day after the clocks went forward
    ("2027-03-30T08:00:00+02:00", True),
])  # fmt: skip
def test_home_reviews_alone_only_outside_the_teams_hours(cast: Cast, clock, now: str, works: bool) -> None:
    clock.move_to(now)
    if now > "2026-12-31":
        residents.basis_record(
            stay=cast.rune,
            side=Side.HOME,
            acting_side=Side.HOME,
            new=residents.NewBasis(
                kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
            ),
            by=cast.mette,
        )
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=date.fromisoformat(now[:10]))
    dialog = cast.client(cast.mette).get(url(cast, "akut-review")).content.decode()
    assert ("Teamet er ikke på arbejde nu" in dialog) is not works
    assert review(cast, team_person="").status_code == (422 if works else 204)


def alone(cast: Cast, clock) -> AkutReview:
    clock.move_to("2026-11-20T17:00:00+01:00")
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=TODAY + timedelta(days=3))
    assert review(cast, team_person="").status_code == 204
    found: AkutReview = AkutReview.objects.for_home(cast.home).get()
    return found


def test_team_confirms_what_the_home_decided_alone(cast: Cast, clock) -> None:
    found = alone(cast, clock)
    assert found.confirmed_at is None
    assert "teamet har ikke bekræftet" in board_of(cast, cast.mette)
    assert "Bekræft</button>" not in board_of(cast, cast.mette), "the team's button"
    clock.move_to("2026-11-23T08:05:00+01:00")
    assert "Bekræft</button>" in board_of(cast, cast.amina)
    confirm = url(cast, "akut-review-confirm", found.pk)
    answer = cast.client(cast.mette).post(confirm)
    assert (answer.status_code, "teamet, der bekræfter" in answer.content.decode()) == (422, True)
    assert cast.client(cast.amina).post(confirm).status_code == 204
    again = cast.client(cast.soeren).post(confirm)
    assert (again.status_code, "allerede bekræftet" in again.content.decode()) == (422, True)
    found = AkutReview.objects.for_home(cast.home).get()
    assert found.team_person == cast.amina
    assert "teamet har ikke bekræftet" not in board_of(cast, cast.mette)
    assert "af Mette og Amina" in board_of(cast, cast.mette)


def test_review_nobody_may_know_of_cannot_be_confirmed(cast: Cast, clock) -> None:
    found = alone(cast, clock)
    confirm = url(cast, "akut-review-confirm", found.pk)
    for user in (cast.stranger, cast.other_nurse, cast.karla, cast.gone):
        assert cast.client(user).post(confirm).status_code == 404
    assert cast.client(cast.amina).post(url(cast, "akut-review-confirm", 99999)).status_code == 404
    elsewhere = reverse("akut-review-confirm", args=[cast.other_home.slug, found.pk])
    assert cast.client(cast.other_nurse).post(elsewhere).status_code == 404
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert cast.client(cast.amina).post(confirm).status_code == 404
    assert AkutReview.objects.for_home(cast.home).get().confirmed_at is None


# Disagreeing


def dispute(cast: Cast, user: User, why: str = "Hun sover stadig ikke", key: str = "k") -> Any:
    return cast.client(user).post(url(cast, "level-dispute"), {"why": why, "key": key})


def test_disagreement_lands_on_the_next_agenda_and_changes_no_level(cast: Cast) -> None:
    akut(cast)
    services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        off=services.OffBoard(reason="Rolig", told=Told.YES, crisis_plan_seen=True),
        seen=1,
        key="",
        today=TODAY,
    )
    meeting = cast.meeting()
    before, _ = meeting_services.agenda_entries(meeting, TODAY)
    assert cast.rune.pk not in {entry.stay for entry in before if entry.kind == Kind.SIGN}
    assert dispute(cast, cast.amina).status_code == 204
    after, _ = meeting_services.agenda_entries(meeting, TODAY)
    assert cast.rune.pk in {entry.stay for entry in after if entry.kind == Kind.SIGN}
    assert episode(cast).closed_on == TODAY
    sign = EarlySign.objects.for_home(cast.home).get()
    assert (sign.side, sign.urgency) == (Side.TEAM, Urgency.MEETING)
    assert "Uenig i, at akut er taget af: Hun sover stadig ikke" in board_of(cast, cast.mette)


def test_second_click_disagrees_once(cast: Cast) -> None:
    akut(cast)
    lower(cast)
    for _ in range(2):
        assert dispute(cast, cast.amina).status_code == 204
    assert EarlySign.objects.for_home(cast.home).count() == 1


@pytest.mark.parametrize(("why", "words"), [
    ("", "hvorfor du er uenig"), (" \n ", "hvorfor du er uenig"), ("x" * 251, "plads til 250"),
])  # fmt: skip
def test_disagreement_without_a_reason_or_with_a_huge_one_is_refused(cast: Cast, why: str, words: str) -> None:
    akut(cast)
    lower(cast)
    answer = dispute(cast, cast.amina, why)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not EarlySign.objects.for_home(cast.home).exists()


@pytest.mark.parametrize("start", [None, Level.AKUT, Level.SUBAKUT])
def test_nothing_to_disagree_with_where_akut_was_not_taken_off(cast: Cast, start: Level | None) -> None:
    if start:
        cast.put_on_board(cast.rune, start)
    answer = dispute(cast, cast.amina)
    assert (answer.status_code, "Akut er ikke taget af" in answer.content.decode()) == (422, True)


def test_row_offers_to_disagree_for_a_week(cast: Cast, clock) -> None:
    akut(cast)
    lower(cast)
    assert "Uenig – tages op på mødet" in board_of(cast, cast.amina)
    clock.shift(timedelta(days=7))
    assert "Uenig – tages op på mødet" in board_of(cast, cast.amina)
    clock.shift(timedelta(days=1))
    assert "Uenig – tages op på mødet" not in board_of(cast, cast.amina)


def test_akut_taken_back_as_a_mistake_is_nothing_to_disagree_with(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", seen=1)
    change = LevelChange.objects.for_home(cast.home).latest("pk")
    services.undo(access=cast.access(cast.mette), kind="level", pk=change.pk, today=TODAY)
    assert "Uenig" not in board_of(cast, cast.amina)
    assert dispute(cast, cast.amina).status_code == 422
