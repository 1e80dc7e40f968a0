"""The day rules as tables: weekends, Danish holidays, ISO week 53, the turn of the year and both clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from core.errors import Denied
from reminders import rules
from reminders.kinds import KINDS, urgent
from reminders.kinds.consent import Lapse
from reminders.kinds.follow_up import Closed
from reminders.kinds.of_change import Alarm, TakenOff, Unanswered
from reminders.kinds.of_intervention import OfIntervention, OwnedTask
from reminders.kinds.prepare import Missing
from tests.reminders.conftest import owed

DAY_HOURS = (time(8), time(16))
ABOUT_TASKS = [kind.code for kind in KINDS.values() if isinstance(kind, OfIntervention)]


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(("due", "before", "after"), [
    ("2026-11-18", "2026-11-17", "2026-11-19"),
    ("2026-11-23", "2026-11-20", "2026-11-24"),  # a Monday
    ("2026-12-28", "2026-12-23", "2026-12-29"),  # Christmas Eve counts as a holiday
    ("2026-12-31", "2026-12-30", "2027-01-04"),  # week 53, over New Year's Day and a weekend
    ("2027-01-02", "2026-12-31", "2027-01-04"),  # a Saturday in week 53
    ("2027-01-04", "2026-12-31", "2027-01-05"),
    ("2027-03-30", "2027-03-24", "2027-03-31"),  # after Easter: Thursday, Friday and Monday are holidays
    ("2027-03-24", "2027-03-23", "2027-03-30"),
    ("2026-10-26", "2026-10-23", "2026-10-27"),  # the clocks go back on Sunday
    ("2027-03-29", "2027-03-24", "2027-03-30"),  # they go forward on Easter Sunday
])  # fmt: skip
def test_task_is_told_on_the_working_days_around_its_day(due: str, before: str, after: str) -> None:
    for day, kind in ((before, "before"), (due, "on"), (after, "after")):
        assert [one.kind for one in owed(d(day), OwnedTask(1, 2, d(due)), *ABOUT_TASKS)] == [kind]


def test_what_is_to_be_told_to_the_resident_says_so_on_its_day() -> None:
    task = OwnedTask(1, 2, d("2026-11-18"), tells=True)
    assert [one.kind for one in owed(d("2026-11-18"), task, *ABOUT_TASKS)] == ["told"]


@pytest.mark.parametrize(("day", "due"), [
    ("2026-12-23", "2026-12-28"),  # the working day before
    ("2026-12-28", None),  # its own Monday was told of already
    ("2027-01-04", "2027-01-04"),  # the next Monday, in a new year
    ("2027-01-05", None),
    ("2027-03-29", "2027-03-29"),  # Easter Monday: on the list, by mail the next working day
])  # fmt: skip
def test_follow_up_stays_every_monday_until_discussed(day: str, due: str | None) -> None:
    found = owed(d(day), Closed(3, d("2026-12-28"), (1, 2)), "follow-up")
    assert [(one.recipient, one.due) for one in found] == ([(1, d(due)), (2, d(due))] if due else [])


@pytest.mark.parametrize(("meeting", "told"), [
    ("2026-11-24", "2026-11-23"), ("2026-11-23", "2026-11-20"), ("2027-01-04", "2026-12-31"),
    ("2027-03-30", "2027-03-24"), ("2026-12-29", "2026-12-28"),
])  # fmt: skip
def test_meeting_is_prepared_the_working_day_before(meeting: str, told: str) -> None:
    for row in (Missing(9, d(meeting), 1, 4), Missing(9, d(meeting), 1, 5)):
        found = owed(d(told), row, "prepare")
        assert [(one.kind, one.subject, one.stay) for one in found] == [("prepare", "meeting:9", row.stay)]
        assert owed(d(told) - timedelta(days=1), row, "prepare") == []


@pytest.mark.parametrize(("raised", "closes", "told"), [
    ("2026-11-17T10:00", time(16), "2026-11-18"),
    ("2026-11-17T16:00", time(16), "2026-11-19"),  # the team had closed
    ("2026-11-17T23:30", None, "2026-11-18"),  # a home is staffed round the clock
    ("2026-11-20T15:59", time(16), "2026-11-23"),
    ("2026-11-20T17:00", time(16), "2026-11-24"),
    ("2026-12-23T17:00", time(16), "2026-12-29"),
    ("2027-01-02T12:00", None, "2027-01-05"),
    ("2027-03-24T12:00", time(16), "2027-03-30"),
    ("2026-10-25T02:30", time(16), "2026-10-27"),
])  # fmt: skip
def test_unanswered_raise_is_told_after_one_working_day(raised: str, closes: time | None, told: str) -> None:
    row = Unanswered(3, rules.first_day(at(raised), closes), (2,))
    assert [one.kind for one in owed(d(told), row, "raise")] == ["raise"]
    assert owed(d(told) - timedelta(days=1), row, "raise") == []


@pytest.mark.parametrize(("off", "told"), [
    ("2026-11-17T12:00", None),  # within the team's hours both sides know
    ("2026-11-17T07:59", "2026-11-17"),
    ("2026-11-17T16:00", "2026-11-18"),
    ("2026-11-20T20:00", "2026-11-23"),
    ("2026-12-23T16:30", "2026-12-28"),
    ("2026-12-31T18:00", "2027-01-04"),
    ("2027-03-25T12:00", "2027-03-30"),
    ("2027-03-28T03:30", "2027-03-30"),
])  # fmt: skip
def test_akut_that_ended_out_of_hours_is_told_the_next_working_morning(off: str, told: str | None) -> None:
    row = TakenOff(7, at(off), DAY_HOURS, (1, 2))
    day = d(told or off[:10])
    assert [one.recipient for one in owed(day, row, "akut-off")] == ([1, 2] if told else [])


@pytest.mark.parametrize(("day", "told"), [
    ("2026-11-30", False), ("2026-12-01", True), ("2026-12-05", True), ("2026-12-31", True), ("2027-01-01", False),
])  # fmt: skip
def test_basis_is_told_30_days_before_it_lapses_and_caught_up_with(day: str, told: bool) -> None:
    assert bool(owed(d(day), Lapse(5, d("2026-12-31"), (1,)), "consent")) is told


@pytest.mark.parametrize(("start", "end", "minutes"), [
    ("2026-11-17T10:00", "2026-11-17T10:59", 59),
    ("2026-11-17T07:00", "2026-11-17T09:00", 60),  # before opening does not count
    ("2026-11-17T15:30", "2026-11-18T08:30", 60),
    ("2026-11-20T17:00", "2026-11-23T08:59", 59),  # a Friday evening
    ("2026-11-20T17:00", "2026-11-23T09:00", 60),
    ("2026-12-23T15:30", "2026-12-28T08:30", 60),  # over Christmas
    ("2026-12-31T15:00", "2027-01-04T08:00", 60),  # over New Year, week 53
    ("2027-01-01T00:00", "2027-01-03T23:59", 0),
    ("2027-03-24T15:00", "2027-03-30T08:00", 60),  # over Easter and the clocks going forward
    ("2026-10-23T15:30", "2026-10-26T08:30", 60),  # over the clocks going back
    ("2026-10-25T01:00", "2026-10-25T05:00", 0),
    ("2026-11-17T10:00", "2026-11-17T09:00", 0),
    ("2026-11-16T08:00", "2026-11-20T16:00", 5 * 8 * 60),
])  # fmt: skip
def test_minutes_of_the_teams_hours(start: str, end: str, minutes: int) -> None:
    assert rules.team_minutes(*DAY_HOURS, at(start), at(end)) == minutes


@pytest.mark.parametrize(("raised", "minutes", "expected"), [
    ("2026-10-25T01:30", 59, False), ("2026-10-25T01:30", 60, True), ("2027-03-28T01:30", 60, True),
    ("2026-11-21T23:30", 60, True),
])  # fmt: skip
def test_home_has_an_hour_of_real_time(raised: str, minutes: int, expected: bool) -> None:
    alarm = Alarm(1, d(raised[:10]), (), at=at(raised), to="home", answered=False)
    now = at(raised).astimezone(UTC) + timedelta(minutes=minutes)
    assert bool(KINDS["akut-late"].owed([alarm], d(raised[:10]), now)) is expected


def test_akut_that_was_seen_or_that_nobody_receives_does_not_go_on() -> None:
    alarm = Alarm(1, d("2026-11-17"), (), at=at("2026-11-17T08:00"), hours=DAY_HOURS, answered=True)
    assert owed(d("2026-11-18"), alarm, "akut-late") == []


def due_of(deputy: int | None = None) -> rules.Due:
    return rules.Due(1, "on", "intervention:1", d("2026-11-17"), d("2026-11-17"), deputy=deputy)


@pytest.mark.parametrize(("away", "may", "deputy", "contact", "expected"), [
    ({}, {2, 3, 4, 9}, 3, 4, ()),  # here: nobody stands in
    ({1: [2]}, {2, 3, 4, 9}, 3, 4, (2,)),
    ({1: [2]}, {3, 4, 9}, 3, 4, (3,)),  # the absence's deputy may not see the resident
    ({1: [2], 2: [1]}, {2, 3, 4, 9}, None, 4, (4,)),  # away as well, each the other's deputy
    ({1: [2], 2: [1], 4: [5]}, {2, 3, 4, 9}, None, 4, (9,)),
    ({1: [2]}, {9}, 3, 4, (9,)),
    ({1: [2]}, set(), 3, 4, ()),
    ({1: [2]}, {1, 9}, 1, 1, (9,)),  # named as one's own deputy
])  # fmt: skip
def test_who_stands_in(away, may, deputy, contact, expected) -> None:
    found = rules.stand_ins(
        due_of(deputy), away=away, may=lambda who: who in may, contact_deputy=contact, leaders=[9, 1]
    )
    assert found == expected


@pytest.mark.parametrize(("kind", "due", "to", "field"), [
    ("on", "2026-11-17", "2026-11-18", None),
    ("on", "2026-11-17", "2026-12-01", None),
    ("on", "2026-11-17", "2026-12-02", "day"),  # more than 14 days ahead
    ("before", "2026-11-20", "2026-11-20", None),
    ("before", "2026-11-20", "2026-11-21", "day"),  # past the thing's own day
    ("consent", "2026-12-31", "2026-12-02", "day"),
    ("on", "2026-11-17", "2026-11-17", "day"),
    ("on", "2026-11-17", "1999-01-01", "day"),
    ("akut", "2026-11-17", "2026-11-18", ""),
    ("akut-late", "2026-11-17", "2026-11-18", ""),
])  # fmt: skip
def test_how_far_a_reminder_can_be_put_off(kind: str, due: str, to: str, field: str | None) -> None:
    if field is None:
        rules.check_snooze(KINDS[kind].never_put_off, d(due), d(to), d("2026-11-17"))
        return
    with pytest.raises(Denied) as denied:
        rules.check_snooze(KINDS[kind].never_put_off, d(due), d(to), d("2026-11-17"))
    assert denied.value.field == field


def test_thing_put_off_sleeps_whatever_kinds_point_at_it() -> None:
    def row(kind: str, subject: str, to: date | None = None, who: int = 1) -> SimpleNamespace:
        return SimpleNamespace(recipient_id=who, kind=kind, subject=subject, snoozed_to=to)

    monday = d("2026-11-23")
    rows = [
        row("on", "intervention:1", monday), row("after", "intervention:1"), row("on", "intervention:2"),
        row("on", "intervention:1", who=2), row("akut", "intervention:1"),
    ]  # fmt: skip
    assert rules.awake(rows, d("2026-11-22"), urgent()) == rows[2:]
    assert rules.awake(rows, monday, urgent()) == rows


@pytest.mark.parametrize(("now", "mail_from", "expected"), [
    ("2026-11-17T06:00", time(6), True), ("2026-11-17T09:59", time(10), False), ("2026-12-24T12:00", time(7), False),
    ("2027-01-01T12:00", time(7), False), ("2026-10-26T07:00", time(7), True), ("2027-03-30T07:00", time(7), True),
])  # fmt: skip
def test_mail_waits_for_the_persons_own_hour(now: str, mail_from: time, expected: bool) -> None:
    assert rules.may_send(at(now), mail_from) is expected
