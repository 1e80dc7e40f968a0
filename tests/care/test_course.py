"""How many times on the board this year, and the whole course of one resident."""

from datetime import date, datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit import trail
from boards import services
from boards.models import LevelChange, Told
from boards.selectors import one_row
from care.course import course, words
from criteria.models import Level
from organisation.models import Side, TeamHome, User
from organisation.region import Rules, rules_of
from residents import services as residents
from residents.models import Stay
from residents.sharing import Audience, AudienceKind
from tests.conftest import EVERY_PART, TODAY, Cast

HOME = Audience(AudienceKind.HOME)
ALL = EVERY_PART


def on(cast: Cast, day: date, level: Level = Level.SUBAKUT, **kwargs: Any) -> Any:
    with trail.as_of(timezone.make_aware(datetime(day.year, day.month, day.day, 10))):
        return cast.put_on_board(cast.rune, level, today=day, **kwargs)


def off(cast: Cast, day: date, seen: int = 1) -> None:
    with trail.as_of(timezone.make_aware(datetime(day.year, day.month, day.day, 10))):
        services.level_close(
            access=cast.access(cast.mette),
            stay_id=cast.rune.pk,
            off=services.OffBoard(reason="Tegnene er væk", told=Told.YES, crisis_plan_seen=True),
            seen=seen,
            key="",
            today=day,
        )


def again(cast: Cast, day: date) -> str:
    row = one_row(cast.home, HOME, day, cast.rune.pk)
    assert row is not None
    assert row.level is not None
    return row.level.again


def page(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(reverse("resident-course", args=[cast.home.slug, cast.rune.pk])).content.decode())


def test_third_time_this_year_is_said_on_the_row(cast: Cast) -> None:
    for month in (3, 6):
        on(cast, date(2026, month, 1))
        off(cast, date(2026, month, 10))
    on(cast, TODAY)
    assert again(cast, TODAY) == "3. gang i år"
    assert "3. gang i år" in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()


def test_first_time_says_nothing(cast: Cast) -> None:
    on(cast, TODAY)
    assert again(cast, TODAY) == ""
    assert "gang i år" not in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()


@pytest.mark.parametrize(("days", "today", "expected"), [
    # Off in December, on again on New Year's Eve: still week 53 and still the old year.
    ([(date(2026, 12, 1), date(2026, 12, 10)), (date(2026, 12, 31), None)], date(2026, 12, 31), "2. gang i år"),
    # The same two seen in the new year, in the same ISO week: neither began this year.
    ([(date(2026, 12, 1), date(2026, 12, 10)), (date(2026, 12, 31), None)], date(2027, 1, 1), ""),
    # On for New Year, off and on again: the first of the new year.
    ([(date(2026, 12, 28), date(2027, 1, 2)), (date(2027, 1, 3), None)], date(2027, 1, 3), ""),
    ([(date(2027, 1, 1), date(2027, 1, 2)), (date(2027, 1, 3), None)], date(2027, 1, 3), "2. gang i år"),
    # Both clock changes lie in between.
    ([(date(2027, 3, 27), date(2027, 3, 28)), (date(2027, 3, 29), None)], date(2027, 3, 29), "2. gang i år"),
    ([(date(2026, 10, 24), date(2026, 10, 25)), (date(2026, 10, 26), None)], date(2026, 10, 26), "2. gang i år"),
])  # fmt: skip
def test_count_begins_anew_with_the_calendar_year(cast: Cast, days, today: date, expected: str) -> None:
    for begins, ends in days:
        on(cast, begins)
        if ends:
            off(cast, ends)
    assert again(cast, today) == expected


def test_waiting_for_the_follow_up_is_the_same_time(cast: Cast) -> None:
    on(cast, date(2026, 6, 1))
    off(cast, date(2026, 6, 10))
    on(cast, date(2026, 11, 1))
    off(cast, TODAY)
    assert again(cast, TODAY) == "2. gang i år"


def test_other_homes_times_are_not_counted(cast: Cast) -> None:
    on(cast, date(2026, 3, 1))
    off(cast, date(2026, 3, 5))
    cast.put_on_board(cast.tove)
    row = one_row(cast.home, HOME, TODAY, cast.tove.pk)
    assert row is not None
    assert row.level is not None
    assert row.level.again == ""


def test_course_tells_every_time_the_latest_first(cast: Cast) -> None:
    Stay.objects.for_home(cast.home).update(from_day=date(2025, 1, 1))
    TeamHome.objects.update(from_day=date(2025, 1, 1))
    on(cast, date(2025, 12, 20))
    off(cast, date(2026, 1, 3))
    on(cast, date(2026, 11, 10))
    on(cast, date(2026, 11, 12), Level.AKUT, key="akut-krise", seen=1, reason="Værre")
    found = course(cast.home, cast.rune.pk, ALL, rules_of(cast.home, TODAY), TODAY)
    assert [(one.number, one.year, one.span, one.days, one.open) for one in found] == [
        (1, 2026, "10.11.2026 – nu", "8 dage", True),
        (1, 2025, "20.12.2025 – 3.1.2026", "15 dage", False),
    ]
    assert [(stop.day, stop.words, stop.reason) for stop in found[0].stops] == [
        ("10.11.2026", "På tavlen som subakut", "Sover næsten ikke."), ("12.11.2026", "Op til akut", "Værre"),
    ]  # fmt: skip
    assert found[0].criteria == ["Tidlige tegn på forværring", "Akut krise"]
    assert [stop.words for stop in found[1].stops] == ["På tavlen som subakut", "Af tavlen"]


def test_time_taken_back_is_told_and_not_counted(cast: Cast) -> None:
    on(cast, date(2026, 6, 1))
    off(cast, date(2026, 6, 10))
    cast.put_on_board(cast.rune)
    change = LevelChange.objects.for_home(cast.home).latest("pk")
    services.undo(access=cast.access(cast.mette), kind="level", pk=change.pk, today=TODAY)
    cast.put_on_board(cast.rune)
    assert [one.number for one in course(cast.home, cast.rune.pk, ALL, rules_of(cast.home, TODAY), TODAY)] == [2, 0, 1]
    assert again(cast, TODAY) == "2. gang i år"
    text = page(cast, cast.amina)
    assert "2. gang i 2026" in text
    assert "0. gang" not in text


def test_closing_taken_back_is_still_the_same_time(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    off(cast, TODAY)
    change = LevelChange.objects.for_home(cast.home).latest("pk")
    services.undo(access=cast.access(cast.mette), kind="level", pk=change.pk, today=TODAY)
    found = course(cast.home, cast.rune.pk, ALL, rules_of(cast.home, TODAY), TODAY)
    assert [(one.number, one.open) for one in found] == [(1, True)]


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("none", "subakut", "På tavlen som subakut"), ("none", "akut", "På tavlen som akut"),
    ("subakut", "akut", "Op til akut"), ("akut", "subakut", "Ned til subakut"), ("akut", "akut", "Stadig akut"),
    ("akut", "none", "Af tavlen"), ("subakut", "none", "Af tavlen"),
])  # fmt: skip
def test_each_change_has_its_words(before: str, after: str, expected: str) -> None:
    assert words(before, after, Rules()) == expected


def test_teams_reason_is_left_out_for_the_home_once_the_team_stops_sharing(cast: Cast) -> None:
    cast.put_on_board(cast.rune, access=cast.access(cast.amina), reason="Teamets grund")
    cast.write("Teamets ord", by=cast.amina, side=Side.TEAM)
    assert "Teamets grund" in page(cast, cast.mette)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    text = page(cast, cast.mette)
    assert "Teamets grund" not in text
    assert "Teamets ord" not in text
    assert "På tavlen som subakut" in text, "the level is what both decided"
    assert "Teamets grund" in page(cast, cast.amina)


def test_course_is_for_those_the_resident_is_shared_with(cast: Cast) -> None:
    def status(user: User, stay: int) -> int:
        return int(cast.client(user).get(reverse("resident-course", args=[cast.home.slug, stay])).status_code)

    for user in (cast.mette, cast.amina):
        assert "Rune har ikke været på tavlen." in page(cast, user)
    assert status(cast.amina, cast.aksel.pk) == 404
    assert status(cast.amina, cast.vibeke.pk) == 404
    assert status(cast.mette, cast.elsewhere.pk) == 404
    for user in (cast.stranger, cast.other_nurse, cast.karla, cast.gone):
        assert status(user, cast.rune.pk) == 404


def test_course_takes_the_same_queries_however_many_times(cast: Cast, django_assert_num_queries) -> None:
    for month in range(1, 10):
        on(cast, date(2026, month, 1))
        off(cast, date(2026, month, 10))
    with django_assert_num_queries(4):
        assert len(course(cast.home, cast.rune.pk, ALL, Rules(), TODAY)) == 9


def test_resident_never_on_the_board_has_an_empty_course(cast: Cast) -> None:
    assert course(cast.home, cast.tove.pk, ALL, rules_of(cast.home, TODAY), TODAY) == []
    assert "Rune har ikke været på tavlen." in page(cast, cast.mette)


def test_level_is_called_what_the_region_calls_it() -> None:
    own = Rules(level_words={"akut": "Rød", "subakut": "Gul", "none": "Grøn"})
    assert [words(*change, own) for change in (("none", "subakut"), ("subakut", "akut"), ("akut", "subakut"))] == [
        "På tavlen som gul", "Op til rød", "Ned til gul",
    ]  # fmt: skip
