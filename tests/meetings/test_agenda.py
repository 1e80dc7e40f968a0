from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from boards.selectors import LevelView, Row
from core.errors import Denied
from meetings import rules, services
from meetings.models import HolidayRule, Meeting, Series
from residents.selectors import VisibleStay
from residents.sharing import NOTHING, Sight
from tests.conftest import EVERY_PART as ALL
from tests.conftest import TODAY, Cast, required


def row(pk: int, level: str = "", *, review: date | None = None, follow_up: date | None = None, group: str = "andre",
        discussed: date | None = TODAY, sight: Sight = ALL, signs: int = 0) -> Row:  # fmt: skip
    stay = VisibleStay(pk, str(pk), sight, name=f"N{pk:03}", last_discussed=discussed)
    view = None
    if level or follow_up:
        view = LevelView(
            episode=pk, version=1, level=level or "none", label="", since=TODAY, days="", opened_on=TODAY, criteria=[],
            exits=[], reason="", review_by=review, review_label="", review_late=False, change=None, read_by=[],
            read_ids=[], follow_up_on=follow_up,
        )  # fmt: skip
    return Row(stay, level or group, view, signs=[None] * signs)  # type: ignore[list-item]


def order(
    rows: list[Row], missed: set[int] | None = None, topics: list[int] | None = None, day: date = TODAY
) -> list[tuple[str, int | None]]:
    following = rules.next_date(TODAY.weekday(), day, HolidayRule.SKIP)
    entries = rules.agenda(
        rows, topics=topics or [], missed=missed or set(), day=day, following=following, rotation_weeks=8
    )
    return [(str(entry.kind), entry.stay or entry.topic) for entry in entries]


def test_agenda_builds_itself_in_the_domains_order() -> None:
    rows = [
        row(1, discussed=TODAY - timedelta(weeks=9)),
        row(2, signs=1),
        row(3, follow_up=TODAY),
        row(4, group="indlagt"),
        row(5, "subakut", review=TODAY),
        row(6, "akut", review=TODAY),
        row(7),
    ]
    assert order(rows, topics=[90]) == [
        ("akut", 6), ("subakut", 5), ("indlagt", 4), ("opfoelgning", 3), ("tegn", 2), ("rotation", 1), ("emne", 90),
    ]  # fmt: skip


def test_missed_last_time_comes_first_in_its_group_and_then_by_review_date() -> None:
    rows = [
        row(1, "akut", review=TODAY),
        row(2, "akut", review=TODAY + timedelta(days=3)),
        row(3, "akut", review=TODAY),
    ]
    assert [pk for _, pk in order(rows, missed={2})] == [2, 1, 3]


def test_missed_resident_who_is_in_no_group_comes_again() -> None:
    assert order([row(1)], missed={1}) == [("rotation", 1)]


OFF = date(2026, 11, 30)  # a Monday; the meetings are on Tuesdays


@pytest.mark.parametrize(
    ("due", "meeting"),
    [
        # Tuesday 8, 15, 22 December.
        (date(2026, 12, 8), 8), (date(2026, 12, 9), 8), (date(2026, 12, 11), 8), (date(2026, 12, 12), 15),
        (date(2026, 12, 14), 15), (date(2026, 12, 15), 15), (date(2026, 12, 16), 15), (date(2026, 12, 18), 15),
        (date(2026, 12, 19), 22), (date(2026, 12, 20), 22),
    ],
)  # fmt: skip
def test_follow_up_is_taken_up_at_the_meeting_nearest_its_day(due: date, meeting: int) -> None:
    resident = row(1, follow_up=due)
    off = replace(resident, level=replace(required(resident.level), since=OFF))
    found = [day for day in (1, 8, 15, 22) if order([off], day=date(2026, 12, day))]
    assert found[0] == meeting
    assert found == [day for day in (8, 15, 22) if day >= meeting], "and stays until it was discussed"


def test_follow_up_the_day_after_is_not_taken_up_at_the_meeting_the_resident_came_off_at() -> None:
    """A region may choose one day; the resident came off at this very meeting."""
    assert order([row(1, follow_up=TODAY + timedelta(days=1))]) == []
    assert order([row(1, follow_up=TODAY)]) == [("opfoelgning", 1)]


def test_follow_up_before_a_week_without_a_meeting_is_taken_up_rather_early_than_two_weeks_late() -> None:
    """The meeting of Thursday 24 December is not held; the next one is on the 31st."""
    resident = row(1, follow_up=date(2026, 12, 20))
    off = replace(resident, level=replace(required(resident.level), since=OFF))
    following = rules.next_date(3, date(2026, 12, 17), HolidayRule.SKIP)
    entries = rules.agenda(
        [off], topics=[], missed=set(), day=date(2026, 12, 17), following=following, rotation_weeks=8
    )
    assert (following, [entry.stay for entry in entries]) == (date(2026, 12, 31), [1])


def test_longest_waiting_come_by_rotation_a_few_at_a_time() -> None:
    rows = [row(pk, discussed=TODAY - timedelta(weeks=8 + pk)) for pk in range(1, 6)] + [row(9, discussed=None)]
    assert [pk for _, pk in order(rows)] == [9, 5]


@pytest.mark.parametrize(("resting", "a_meeting"), [(6, 2), (16, 2), (17, 3), (40, 5)])
def test_everybody_comes_by_rotation_within_the_weeks_promised(resting: int, a_meeting: int) -> None:
    rows = [row(pk, discussed=TODAY - timedelta(weeks=9)) for pk in range(1, resting + 1)]
    assert len(order(rows)) == a_meeting
    assert a_meeting * 8 >= resting


def test_resident_who_is_not_shared_stands_on_no_agenda() -> None:
    assert order([row(1, sight=NOTHING), row(2, "akut", review=TODAY, sight=NOTHING)]) == []


@pytest.mark.parametrize(("after", "rule", "expected"), [
    (date(2026, 11, 17), HolidayRule.NEXT, date(2026, 11, 24)),
    (date(2026, 11, 16), HolidayRule.NEXT, date(2026, 11, 17)),
    (date(2026, 12, 18), HolidayRule.SKIP, date(2026, 12, 22)),
    # Tuesday 25 May 2027 is ordinary; Friday 25 December 2026 is not.
])  # fmt: skip
def test_next_meeting_day(after, rule, expected) -> None:
    assert rules.next_date(1, after, rule) == expected


@pytest.mark.parametrize(("rule", "expected"), [
    (HolidayRule.NEXT, date(2026, 12, 28)),
    (HolidayRule.SKIP, date(2027, 1, 8)),  # 25 December and 1 January are both holidays
])  # fmt: skip
def test_meeting_on_a_holiday_moves_or_is_skipped(rule, expected) -> None:
    assert rules.next_date(4, date(2026, 12, 20), rule) == expected


@pytest.mark.parametrize(
    ("missing", "why", "refused"), [(0, "", False), (1, "", True), (2, "ja", True), (2, "Afsnittet ringer", False)]
)
def test_meeting_closes_over_a_gap_only_with_a_reason(missing, why, refused) -> None:
    if refused:
        with pytest.raises(Denied):
            rules.check_close(missing, why)
    else:
        rules.check_close(missing, why)


@pytest.mark.parametrize(("own", "leader", "closed", "why", "allowed"), [
    (True, False, TODAY, "", True),
    (True, False, TODAY - timedelta(days=1), "Fejl", False),
    (False, True, TODAY - timedelta(days=1), "Fejl", True),
    (False, True, TODAY - timedelta(days=1), " ", False),
    (False, False, TODAY, "Fejl", False),
])  # fmt: skip
def test_who_may_reopen(own, leader, closed, why, allowed) -> None:
    values = {"is_chair_or_referent": own, "is_leader": leader, "closed_on": closed, "today": TODAY, "why": why}
    if allowed:
        rules.may_reopen(**values)
    else:
        with pytest.raises(Denied):
            rules.may_reopen(**values)


@pytest.mark.parametrize(
    ("state", "words"), [(Meeting.State.CLOSED, "afsluttet"), (Meeting.State.OPEN, "ikke begyndt")]
)
def test_only_a_running_meeting_is_worked_in(state, words) -> None:
    with pytest.raises(Denied, match=words):
        rules.check_running(state)


def test_follow_up_knows_which_meetings_there_are(cast: Cast) -> None:
    """Due on Saturday the 28th, nearest to the 1st of December, which is cancelled: so it is taken up on the 24th."""
    series = Series.objects.for_home(cast.home).get()
    assert services.fixed_after(series, date(2026, 11, 24)) == date(2026, 12, 1)
    off = Meeting(
        series=series, home=cast.home, number=90, date=date(2026, 12, 1), time=time(9, 30), planned_minutes=60,
        state=Meeting.State.CANCELLED, why="Kursus",
    )  # fmt: skip
    off.insert()
    assert services.fixed_after(series, date(2026, 11, 24)) == date(2026, 12, 8)
    moved = Meeting(
        series=series, home=cast.home, number=91, date=date(2026, 12, 3), time=time(9, 30), planned_minutes=60,
        state=Meeting.State.PLANNED, moved_from=date(2026, 12, 1), why="Kursus",
    )  # fmt: skip
    moved.insert()
    assert services.fixed_after(series, date(2026, 11, 24)) == date(2026, 12, 3)
