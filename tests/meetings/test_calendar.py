"""Cancelled, moved, extra and forgotten meetings, holidays and the clock."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from boards.models import Pen
from core import weeks
from core.errors import Denied, Repeated
from core.period import wall_clock
from meetings import rules, services
from meetings.models import AgendaItem, Attendance, CarryOver, HolidayRule, Meeting, Minutes, Series
from meetings.services.minutes import since_last
from organisation.models import Home, Side, TeamHome
from residents import services as resident_services
from residents.models import BasisKind, Giver
from tests.conftest import EVERY_PART, NOW, TODAY, Cast, required, seen_of
from tests.page import send

NEXT, SKIP = HolidayRule.NEXT, HolidayRule.SKIP
ALL = EVERY_PART
WALL = NOW


def series_of(cast: Cast) -> Series:
    return Series.objects.for_home(cast.home).select_related("home", "team").get(team=cast.team)


def reload(meeting: Meeting) -> Meeting:
    return Meeting.objects.for_home(meeting.home).select_related("home", "series__team").get(pk=meeting.pk)


def next_meeting(cast: Cast) -> Meeting:
    return required(services.home_meeting(cast.home))


def plan(series: Series, after: date) -> Meeting:
    return required(services.meeting_plan(series=series, after=after, by=None))


def waiting(cast: Cast) -> list[date]:
    return [meeting.date for meeting in services.coming(cast.home)]


def cancel(cast: Cast, meeting: Meeting, why: str = "Ferie", today: date = TODAY) -> Meeting:
    seen = seen_of(services.meeting_of(cast.access(cast.mette), meeting.number))
    return services.meeting_cancel(
        access=cast.access(cast.mette), number=meeting.number, why=why, seen=seen, key="", today=today
    )


def move(cast: Cast, meeting: Meeting, day: date, at: time = time(9, 30), why: str = "Teamdag") -> Meeting:
    seen = seen_of(services.meeting_of(cast.access(cast.mette), meeting.number))
    return services.meeting_move(
        access=cast.access(cast.mette), number=meeting.number, day=day, at=at, why=why, seen=seen, key="",
        now=wall_clock(),
    )  # fmt: skip


def start(cast: Cast, meeting: Meeting, today: date = TODAY) -> Meeting:
    return services.meeting_start(
        access=cast.access(cast.mette), number=meeting.number, present={cast.mette.pk: "here"}, today=today
    )


def close(cast: Cast, meeting: Meeting, today: date = TODAY) -> Meeting:
    return services.meeting_close(
        access=cast.access(cast.mette), meeting=reload(meeting), why="Prøves igen", today=today
    )


# --- days ---


@pytest.mark.parametrize(("weekday", "after", "rule", "expected"), [
    # Easter 2027: Thursday 25 March, Friday 26 March, Monday 29 March.
    (3, date(2027, 3, 18), NEXT, date(2027, 4, 1)),
    (3, date(2027, 3, 18), SKIP, date(2027, 4, 1)),
    (4, date(2027, 3, 19), NEXT, date(2027, 4, 2)),
    (0, date(2027, 3, 22), NEXT, date(2027, 3, 30)),
    (0, date(2027, 3, 22), SKIP, date(2027, 4, 5)),
    (0, date(2027, 3, 30), NEXT, date(2027, 4, 5)),
    (1, date(2027, 3, 23), NEXT, date(2027, 3, 30)),
    # Ascension Day 6 May and Whit Monday 17 May 2027.
    (3, date(2027, 4, 29), NEXT, date(2027, 5, 7)),
    (0, date(2027, 5, 10), NEXT, date(2027, 5, 18)),
    # Christmas and New Year: 24 December is a Thursday, 25 December and 1 January Fridays. Never two in a week: what
    # would move into the week of the next is not held; where the next is moved on, it is.
    (3, date(2026, 12, 17), NEXT, date(2026, 12, 31)),
    (3, date(2026, 12, 17), SKIP, date(2026, 12, 31)),
    (3, date(2026, 12, 28), NEXT, date(2026, 12, 31)),
    (4, date(2026, 12, 18), NEXT, date(2026, 12, 28)),
    (4, date(2026, 12, 28), NEXT, date(2027, 1, 8)),
    (4, date(2026, 12, 18), SKIP, date(2027, 1, 8)),
    # Planned on the holiday itself, or on the days it was moved over, the meeting is not lost.
    (3, date(2027, 5, 6), NEXT, date(2027, 5, 7)),
    (0, date(2027, 5, 17), NEXT, date(2027, 5, 18)),
    (4, date(2026, 12, 27), NEXT, date(2026, 12, 28)),
    # ISO week 53 of 2026 and the first days of 2027.
    (1, date(2026, 12, 22), NEXT, date(2026, 12, 29)),
    (1, date(2026, 12, 29), NEXT, date(2027, 1, 5)),
    (0, date(2027, 1, 1), NEXT, date(2027, 1, 4)),
    (0, date(2027, 1, 3), NEXT, date(2027, 1, 4)),
    # Both changes of the clock fall on a Sunday.
    (0, date(2026, 10, 25), NEXT, date(2026, 10, 26)),
    (6, date(2026, 10, 19), NEXT, date(2026, 10, 26)),
    (0, date(2027, 3, 27), NEXT, date(2027, 3, 30)),
])  # fmt: skip
def test_meetings_follow_the_danish_calendar(weekday: int, after: date, rule: str, expected: date) -> None:
    assert rules.next_date(weekday, after, rule) == expected


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("rule", [NEXT, SKIP])
def test_no_week_has_two_of_the_fixed_meetings(weekday: int, rule: str) -> None:
    day, held = date(2026, 1, 1), []
    # A series on a Saturday or Sunday is always moved; skipped it would never be held.
    while day < date(2036, 1, 1) and (weekday < 5 or rule == NEXT):
        day = rules.next_date(weekday, day, rule)
        held.append(day.isocalendar()[:2])
    assert len(held) == len(set(held))


def test_meeting_a_holiday_takes_away_is_said_to_be_cancelled(cast: Cast, clock) -> None:
    series = series_of(cast)
    Series.objects.for_home(cast.home).filter(pk=series.pk).update(weekday=3)
    series.refresh_from_db(from_queryset=Series.objects.for_home(cast.home))
    clock.move_to(timezone.make_aware(datetime(2026, 12, 18, 12)))
    planned = plan(series, date(2026, 12, 17))
    assert planned.date == date(2026, 12, 31)
    gone = Meeting.objects.for_home(cast.home).get(state=Meeting.State.CANCELLED)
    assert (gone.date, gone.why) == (date(2026, 12, 24), "Helligdag. Mødet holdes ikke")
    page = cast.client(cast.mette).get(reverse("meetings", args=[cast.home.slug])).content.decode()
    assert "Helligdag. Mødet holdes ikke" in page
    assert plan(series, date(2026, 12, 17)).pk == planned.pk
    assert Meeting.objects.for_home(cast.home).filter(state=Meeting.State.CANCELLED).count() == 1


@pytest.mark.parametrize("weekday", range(5))
@pytest.mark.parametrize("rule", [NEXT, SKIP])
def test_chain_of_meetings_goes_on_over_two_years_without_a_step_back(weekday: int, rule: str) -> None:
    day = date(2026, 1, 1)
    while day < date(2028, 1, 1):
        following = rules.next_date(weekday, day, rule)
        assert 0 < (following - day).days <= 21
        assert weeks.is_working_day(following)
        day = following


@pytest.mark.parametrize(("start_at", "date_of_next"), [
    (datetime(2026, 10, 20, 9, 30), date(2026, 10, 27)),
    (datetime(2027, 3, 23, 9, 30), date(2027, 3, 30)),
])  # fmt: skip
def test_half_past_nine_stays_half_past_nine_over_the_change_of_time(cast: Cast, clock, start_at, date_of_next) -> None:
    clock.move_to(timezone.make_aware(start_at))
    first = plan(series_of(cast), start_at.date() - timedelta(days=1))
    start(cast, first, start_at.date())
    close(cast, first, start_at.date())
    following = next_meeting(cast)
    assert (following.date, following.time) == (date_of_next, time(9, 30))
    begins = timezone.make_aware(datetime.combine(following.date, following.time))
    assert timezone.localtime(begins).hour == 9
    assert begins.utcoffset() != timezone.make_aware(start_at).utcoffset()


# --- cancelling ---


def test_cancelled_meeting_keeps_its_reason_and_the_next_takes_the_agenda(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.meeting()
    client = cast.client(cast.amina)
    url = reverse("meeting-cancel", args=[cast.home.slug, meeting.number])
    assert send(client, url, {"why": "Sygdom i teamet"}).status_code == 302
    assert "Aflyst: Sygdom i teamet" in client.get(reverse("meetings", args=[cast.home.slug])).content.decode()
    following = next_meeting(cast)
    assert (following.date, following.number) == (TODAY + timedelta(days=7), meeting.number + 1)
    page = client.get(reverse("meeting", args=[cast.home.slug, following.number])).content.decode()
    assert "<b>Rune</b>" in page
    page = client.get(reverse("meeting", args=[cast.home.slug, meeting.number])).content.decode()
    assert "Sygdom i teamet" in page
    assert "Hold mødet alligevel" in page


@pytest.mark.parametrize(
    ("why", "words"), [("", "Skriv, hvorfor"), ("   ", "Skriv, hvorfor"), ("x" * 201, "plads til 200")]
)
def test_cancelling_needs_a_reason_of_a_readable_length(cast: Cast, why: str, words: str) -> None:
    meeting = cast.meeting()
    url = reverse("meeting-cancel", args=[cast.home.slug, meeting.number])
    answer = cast.client(cast.mette).post(url, {"why": why})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert reload(meeting).state == Meeting.State.OPEN


def test_running_closed_and_cancelled_meetings_are_neither_cancelled_nor_moved(cast: Cast) -> None:
    meeting = cast.start()
    for words in ("er i gang", "er afsluttet"):
        with pytest.raises(Denied, match=words):
            cancel(cast, meeting)
        with pytest.raises(Denied, match=words):
            move(cast, meeting, TODAY + timedelta(days=1))
        if reload(meeting).state == Meeting.State.RUNNING:
            close(cast, meeting)
    following = next_meeting(cast)
    cancel(cast, following)
    with pytest.raises(Denied, match="allerede aflyst"):
        cancel(cast, following)
    with pytest.raises(Denied, match="Mødet er aflyst"):
        start(cast, following)


def test_cancellation_is_undone_while_the_day_has_not_passed(cast: Cast, clock) -> None:
    meeting = cancel(cast, cast.meeting())
    client = cast.client(cast.mette)
    url = reverse("meeting-uncancel", args=[cast.home.slug, meeting.number])
    assert client.post(url).status_code == 302
    assert (reload(meeting).state, reload(meeting).why) == (Meeting.State.OPEN, "")
    assert next_meeting(cast).number == meeting.number
    start(cast, meeting)
    close(cast, meeting)
    assert waiting(cast) == [TODAY + timedelta(days=7)], "the one planned meanwhile is the next, and the only one"
    following = cancel(cast, next_meeting(cast))
    clock.shift(timedelta(days=8))
    answer = cast.client(cast.mette).post(reverse("meeting-uncancel", args=[cast.home.slug, following.number]))
    assert answer.status_code == 422
    assert "Dagen er gået" in answer.content.decode()


def test_cancellation_cannot_be_undone_when_another_meeting_took_the_day(cast: Cast) -> None:
    meeting = cancel(cast, cast.meeting())
    move(cast, next_meeting(cast), TODAY, time(11, 0))
    with pytest.raises(Denied, match="allerede et møde"):
        services.meeting_uncancel(access=cast.access(cast.mette), number=meeting.number, today=TODAY)


# --- moving ---


def test_moved_meeting_says_where_from_and_the_next_is_back_on_its_weekday(cast: Cast) -> None:
    meeting = cast.meeting()
    client = cast.client(cast.amina)
    url = reverse("meeting-move", args=[cast.home.slug, meeting.number])
    answer = send(client, url, {"day": "2026-11-19", "time": "13:00", "why": "Teamdag tirsdag"})
    assert answer.status_code == 302
    page = client.get(reverse("meeting", args=[cast.home.slug, meeting.number])).content.decode()
    assert "flyttet fra tirsdag 17.11." in page
    assert "torsdag 19. november kl. 13.00" in page
    start(cast, meeting)
    close(cast, meeting)
    assert waiting(cast) == [date(2026, 11, 24)]


def test_meeting_moved_twice_remembers_where_it_first_stood_and_home_again_is_not_moved(cast: Cast) -> None:
    meeting = cast.meeting()
    move(cast, meeting, date(2026, 11, 19))
    move(cast, meeting, date(2026, 11, 20))
    assert reload(meeting).moved_from == TODAY
    move(cast, meeting, TODAY, time(14, 0))
    assert reload(meeting).moved_from is None


def test_meeting_moved_past_the_next_week_takes_that_weeks_place(cast: Cast) -> None:
    meeting = move(cast, cast.meeting(), date(2026, 11, 25))
    start(cast, meeting)
    close(cast, meeting)
    assert waiting(cast) == [date(2026, 12, 1)]


@pytest.mark.parametrize(("day", "at", "why", "field", "words"), [
    (date(2026, 11, 16), time(9), "x", "day", "Dagen er gået"),
    (date(2026, 11, 17), time(9, 29), "x", "time", "Tidspunktet er gået"),
    (date(2027, 1, 17), time(9), "x", "day", "inden for 60 dage"),
    (date(2026, 11, 17), time(9, 30), "x", "day", "ligger der allerede"),
    (date(2026, 11, 18), time(9, 30), " ", "why", "Skriv, hvorfor mødet flyttes"),
])  # fmt: skip
def test_meeting_is_not_moved_there(cast: Cast, day, at, why, field, words) -> None:
    meeting = cast.meeting()
    with pytest.raises(Denied, match=words) as caught:
        move(cast, meeting, day, at, why)
    assert caught.value.field == field
    assert reload(meeting).date == TODAY


def test_last_day_a_meeting_can_be_moved_to_is_sixty_days_ahead(cast: Cast) -> None:
    assert move(cast, cast.meeting(), TODAY + timedelta(days=60)).date == date(2027, 1, 16)


def test_unreadable_day_and_time_are_answered_at_their_fields_and_kept(cast: Cast) -> None:
    url = reverse("meeting-move", args=[cast.home.slug, cast.meeting().number])
    answer = cast.client(cast.mette).post(url, {"day": "i morgen", "time": "halv ti", "why": "Min grund"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Skriv dagen som", "Skriv tiden som", "i morgen", "halv ti", "Min grund"):
        assert words in page


def test_two_weekly_meetings_on_one_day_are_refused_and_an_extra_one_is_not(cast: Cast) -> None:
    meeting = cast.meeting()
    close(cast, start(cast, meeting))
    following = next_meeting(cast)
    with pytest.raises(Denied, match=r"allerede et møde tirsdag 17\. november"):
        move(cast, following, TODAY, time(14))
    extra(cast, day=TODAY, at=time(14))
    assert waiting(cast) == [TODAY, TODAY + timedelta(days=7)]


# --- extra ---


def extra(
    cast: Cast, day: date = TODAY, at: time = time(14), minutes: int = 30, why: str = "Krise", key: str = ""
) -> Meeting:
    return services.meeting_extra(
        access=cast.access(cast.mette), series_id=0, day=day, at=at, minutes=minutes, why=why, key=key, now=WALL
    )


def test_extra_meeting_leaves_the_weekly_one_standing(cast: Cast) -> None:
    weekly = cast.meeting()
    made = extra(cast, TODAY + timedelta(days=1))
    assert waiting(cast) == [TODAY, TODAY + timedelta(days=1)]
    close(cast, start(cast, made))
    assert waiting(cast) == [TODAY], "no second weekly meeting is planned while one waits"
    close(cast, start(cast, weekly))
    assert waiting(cast) == [TODAY + timedelta(days=7)]


@pytest.mark.parametrize("minutes", [0, 4, 241, -1, 10**9])
def test_extra_meeting_lasts_from_five_minutes_to_four_hours(cast: Cast, minutes: int) -> None:
    with pytest.raises(Denied, match="5 til 240"):
        extra(cast, minutes=minutes)


def test_extra_meeting_twice_is_once(cast: Cast) -> None:
    extra(cast, key="k")
    with pytest.raises(Repeated):
        extra(cast, key="k")
    url = reverse("meeting-extra", args=[cast.home.slug])
    form = {"day": "2026-11-18", "time": "10.00", "minutes": "20", "why": "Nyt", "key": "z"}
    for _ in range(2):
        assert cast.client(cast.mette).post(url, form).status_code == 302
    assert Meeting.objects.for_home(cast.home).filter(kind=Meeting.Kind.EXTRA).count() == 2


def test_two_people_lay_the_same_extra_meeting_once(cast: Cast) -> None:
    extra(cast)
    with pytest.raises(Denied, match="allerede et møde med teamet på det tidspunkt"):
        extra(cast)
    extra(cast, at=time(15))


def test_meeting_held_at_once_runs_and_only_one_runs(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.meeting()
    client = cast.client(cast.amina)
    url = reverse("meeting-hold", args=[cast.home.slug])
    assert client.post(url, {"key": "a"}).status_code == 302
    running = Meeting.objects.for_home(cast.home).get(state=Meeting.State.RUNNING)
    assert (running.kind, running.date, running.time, running.chair) == (
        Meeting.Kind.EXTRA,
        TODAY,
        time(9, 30),
        cast.amina,
    )
    assert client.post(url, {"key": "a"}).status_code == 302
    answer = client.post(url, {"key": "b"})
    assert answer.status_code == 422
    assert "stadig i gang" in answer.content.decode()
    assert Meeting.objects.for_home(cast.home).filter(kind=Meeting.Kind.EXTRA).count() == 1, "the refused one is undone"


# --- the series changes ---


def change(cast: Cast, *, first: date = TODAY, **facts: Any) -> list[Meeting]:
    """The fixed meetings get other facts, and what is planned follows."""
    before, series = series_of(cast), series_of(cast)
    for name, value in facts.items():
        setattr(series, name, value)
    series.save()
    return services.series_changed(series=series, before=before, by=cast.lis, first=first)


@pytest.mark.parametrize(("weekday", "today", "expected"), [
    (3, date(2026, 11, 16), date(2026, 11, 19)),
    (0, date(2026, 11, 16), date(2026, 11, 16)),
    (0, date(2026, 11, 17), date(2026, 11, 23)),
    (4, date(2026, 11, 17), date(2026, 11, 20)),
])  # fmt: skip
def test_changed_series_takes_its_planned_meeting_along(cast: Cast, weekday, today, expected) -> None:
    meeting = cast.meeting()
    change(cast, first=today, weekday=weekday, time=time(13, 15), minutes=45)
    found = reload(meeting)
    assert (found.date, found.time, found.planned_minutes) == (expected, time(13, 15), 45)
    assert waiting(cast) == [expected]


def test_another_hour_leaves_the_day(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, time=time(13, 15))
    assert (reload(meeting).date, reload(meeting).time, reload(meeting).moved_from) == (TODAY, time(13, 15), None)


def test_holiday_rule_changed_while_people_wait_to_begin_leaves_todays_meeting_alone(cast: Cast) -> None:
    meeting = cast.meeting()
    assert change(cast, first=TODAY + timedelta(days=1), holiday_rule=HolidayRule.SKIP) == []
    assert (reload(meeting).date, reload(meeting).moved_from, reload(meeting).why) == (TODAY, None, "")


def test_another_length_alone_says_nothing_of_a_move(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, minutes=45)
    assert (reload(meeting).planned_minutes, reload(meeting).why) == (45, "")


def test_hour_that_has_passed_today_leaves_todays_meeting_alone(cast: Cast) -> None:
    meeting = cast.meeting()
    assert change(cast, first=TODAY + timedelta(days=1), time=time(8, 15), minutes=30) == []
    assert (reload(meeting).date, reload(meeting).time, reload(meeting).why) == (TODAY, meeting.time, "")


def test_changed_series_leaves_moved_running_and_held_meetings_alone(cast: Cast) -> None:
    held = close(cast, start(cast, cast.meeting()))
    moved = move(cast, next_meeting(cast), date(2026, 11, 27))
    assert change(cast, weekday=0) == []
    assert (reload(held).date, reload(moved).date) == (TODAY, date(2026, 11, 27))


def test_hour_people_moved_is_not_moved_back(cast: Cast) -> None:
    meeting = cast.meeting()
    move(cast, meeting, meeting.date, at=time(14))
    change(cast, weekday=3, time=time(13, 15))
    assert (reload(meeting).date, reload(meeting).time) == (TODAY, time(14))


def test_series_changed_twice_moves_the_meeting_twice_and_says_where_it_stood_first(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, weekday=3)
    change(cast, weekday=4)
    assert (reload(meeting).date, reload(meeting).moved_from) == (date(2026, 11, 20), TODAY)
    change(cast, weekday=1)
    assert (reload(meeting).date, reload(meeting).moved_from) == (TODAY, None)


@pytest.mark.parametrize(("day", "wrong"), [
    (date(2026, 11, 17), 0),  # today's, to next Monday and back
    (date(2026, 11, 20), 1),
    (date(2026, 12, 22), 3),  # Christmas Eve moves it to the 31st
])  # fmt: skip
def test_wrong_weekday_put_right_at_once_brings_the_meeting_back(cast: Cast, clock, day: date, wrong: int) -> None:
    change(cast, weekday=day.weekday())
    meeting = next_meeting(cast)
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=day, moved_from=None, why="")
    first = min(day, date(2026, 12, 21))
    change(cast, first=first, weekday=wrong)
    assert reload(meeting).date != day
    change(cast, first=first, weekday=day.weekday())
    assert (reload(meeting).date, reload(meeting).moved_from) == (day, None)


def test_week_whose_meeting_runs_gets_no_second_one_and_the_new_day_is_told(cast: Cast) -> None:
    running = start(cast, cast.meeting())
    [planned] = change(cast, first=TODAY + timedelta(days=1), weekday=3, time=time(13))
    assert (planned.date, planned.time) == (date(2026, 11, 26), time(13))
    assert (planned.moved_from, planned.why) == (date(2026, 11, 24), rules.SERIES_CHANGED)
    close(cast, running)
    assert waiting(cast) == [date(2026, 11, 26)]


def test_meeting_called_off_by_a_day_past_the_last_one_comes_back_with_the_right_day(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, weekday=3, ended_on=TODAY + timedelta(days=1))
    change(cast, weekday=1)
    assert (reload(meeting).state, reload(meeting).date) == (Meeting.State.OPEN, TODAY)
    assert Meeting.objects.for_home(cast.home).count() == 1


def test_changed_series_moves_nothing_past_its_last_day(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, weekday=3, ended_on=TODAY + timedelta(days=1))
    assert (reload(meeting).state, waiting(cast)) == (Meeting.State.CANCELLED, [])


@pytest.mark.parametrize(("weekday", "off"), [(3, [date(2026, 12, 24)]), (4, [date(2026, 12, 25), date(2027, 1, 1)])])
def test_weekday_changed_before_christmas_says_which_meeting_the_holiday_takes(
    cast: Cast, clock, weekday: int, off: list[date]
) -> None:
    clock.move_to(timezone.make_aware(datetime(2026, 12, 18, 12)))
    change(cast, holiday_rule=HolidayRule.SKIP)
    Meeting.objects.for_home(cast.home).update(state=Meeting.State.CANCELLED)
    plan(series_of(cast), date(2026, 12, 17))
    change(cast, first=date(2026, 12, 19), weekday=weekday)
    rows = Meeting.objects.for_home(cast.home).filter(why=rules.HOLIDAY).order_by("date")
    assert list(rows.values_list("date", flat=True)) == off


# --- nobody closed, nobody came ---


def test_meeting_past_midnight_goes_on_until_six_hours_after_its_last_act(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    meeting = cast.meeting()
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 23, 50)))
    start(cast, meeting)
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 0, 30)))
    assert services.close_forgotten(timezone.now()) == 0
    second = AgendaItem.objects.for_home(cast.home).filter(meeting=meeting).order_by("order")[1]
    services.spotlight_move(
        access=cast.access(cast.mette), number=meeting.number, item_id=second.pk, today=timezone.localdate()
    )
    assert Pen.objects.filter(home=cast.home).exists(), "the referent keeps the pen"
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 6, 29)))
    assert (services.close_forgotten(timezone.now()), reload(meeting).state) == (0, Meeting.State.RUNNING)
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 6, 30)))
    assert (services.close_forgotten(timezone.now()), reload(meeting).state) == (1, Meeting.State.CLOSED)


def test_meeting_left_past_midnight_is_closed_without_recap_with_what_was_agreed(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    meeting = cast.meeting()
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 23, 50)))
    start(cast, meeting)
    assert services.close_forgotten(timezone.now()) == 0
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 5, 50)))
    assert services.close_forgotten(timezone.now()) == 1
    assert reload(meeting).without_recap
    assert CarryOver.objects.for_home(cast.home).get().intervention_id == row.pk
    assert waiting(cast) == [date(2026, 11, 24)]
    assert services.close_forgotten(timezone.now()) == 0


def test_meeting_begun_before_its_day_is_closed_the_night_it_ran(cast: Cast, clock) -> None:
    cancel(cast, cast.meeting())
    meeting = start(cast, next_meeting(cast))
    clock.shift(timedelta(days=1))
    services.close_forgotten(timezone.now())
    assert reload(meeting).state == Meeting.State.CLOSED
    assert waiting(cast) == [date(2026, 12, 1)]


def test_meeting_nobody_held_is_given_up_after_three_days_and_the_next_is_planned(cast: Cast, clock) -> None:
    meeting = cast.meeting()
    for days in (1, 1):
        clock.shift(timedelta(days=days))
        services.close_forgotten(timezone.now())
        assert reload(meeting).state == Meeting.State.OPEN
    clock.shift(timedelta(days=1))
    services.close_forgotten(timezone.now())
    assert (reload(meeting).state, reload(meeting).why) == (Meeting.State.CANCELLED, "Mødet blev ikke holdt")
    assert waiting(cast) == [date(2026, 11, 24)]


def test_after_a_week_without_the_clockwork_the_next_meeting_is_not_in_the_past(cast: Cast, clock) -> None:
    start(cast, cast.meeting())
    clock.move_to(timezone.make_aware(datetime(2026, 12, 1, 7, 0)))
    services.close_forgotten(timezone.now())
    assert waiting(cast) == [date(2026, 12, 1)], "today's is still to be held"


def test_five_weeks_of_cancelled_moved_forgotten_and_missed_meetings_lose_nothing(cast: Cast, clock) -> None:
    """17.11 held, 24.11 cancelled, 1.12 moved to 3.12 and held, 8.12 left running, 15.12 never held, 22.12 held."""
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    row = cast.agree("Ringe til kommunen", owner=cast.mette, due_on=TODAY)
    held = [close(cast, start(cast, cast.meeting()))]
    assert waiting(cast) == [date(2026, 11, 24)]

    def at(day: date) -> date:
        clock.move_to(timezone.make_aware(datetime.combine(day, time(9, 30))))
        services.close_forgotten(timezone.now())
        assert len(waiting(cast)) == 1, day
        return day

    day = at(date(2026, 11, 24))
    assert services.missed_last(next_meeting(cast)) == {cast.tove.pk}
    cancel(cast, next_meeting(cast), today=day)
    assert waiting(cast) == [date(2026, 12, 1)]
    assert services.missed_last(next_meeting(cast)) == {cast.tove.pk}, "not reached is remembered"

    day = at(date(2026, 12, 1))
    move(cast, next_meeting(cast), date(2026, 12, 3))
    day = at(date(2026, 12, 3))
    held.append(close(cast, start(cast, next_meeting(cast), day), day))
    assert waiting(cast) == [date(2026, 12, 8)]

    day = at(date(2026, 12, 8))
    held.append(start(cast, next_meeting(cast), day))
    at(date(2026, 12, 9))
    assert reload(held[-1]).without_recap

    assert waiting(cast) == [date(2026, 12, 15)]
    at(date(2026, 12, 15))
    at(date(2026, 12, 18))
    assert waiting(cast) == [date(2026, 12, 22)]

    day = at(date(2026, 12, 22))
    last = start(cast, next_meeting(cast), day)
    assert since_last(last, cast.rune.pk, ALL)[0] == [(row, 2)], "carried by the three held, none by the others"
    numbers = list(Meeting.objects.for_home(cast.home).order_by("date").values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4, 5, 6]
    close(cast, last, day)
    assert waiting(cast) == [date(2026, 12, 29)]


def test_carry_over_follows_the_days_and_not_the_numbers(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    weekly = cast.meeting()
    move(cast, weekly, date(2026, 11, 19))
    between = extra(cast)
    assert between.number > weekly.number
    close(cast, start(cast, between))
    clock.shift(timedelta(days=2))
    assert services.previous(reload(weekly)) == between
    assert since_last(reload(weekly), cast.rune.pk, ALL)[0] == [(row, 0)]


# --- corrections until midnight ---


@pytest.mark.parametrize(("closed_at", "late", "too_late"), [
    (datetime(2026, 11, 17, 10, 30), datetime(2026, 11, 17, 23, 59), datetime(2026, 11, 18, 0, 0)),
    # The night the clocks go back and the night they go forward; UTC is on another day.
    (datetime(2026, 10, 24, 10, 30), datetime(2026, 10, 24, 23, 59), datetime(2026, 10, 25, 0, 0)),
    (datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 23, 59), datetime(2026, 10, 26, 0, 0)),
    (datetime(2027, 3, 27, 22, 30), datetime(2027, 3, 27, 23, 59), datetime(2027, 3, 28, 0, 0)),
    (datetime(2027, 3, 28, 0, 30), datetime(2027, 3, 28, 23, 59), datetime(2027, 3, 29, 0, 0)),
])  # fmt: skip
def test_chair_corrects_until_midnight_in_denmark_and_a_leader_after_that(
    cast: Cast, clock, closed_at, late, too_late
) -> None:
    clock.move_to(timezone.make_aware(closed_at))
    day = closed_at.date()
    meeting = plan(series_of(cast), day - timedelta(days=1))
    close(cast, start(cast, meeting, day), day)

    def reopen(user, why: str = "") -> None:
        services.meeting_reopen(access=cast.access(user), number=meeting.number, why=why, today=timezone.localdate())

    clock.move_to(timezone.make_aware(late))
    reopen(cast.mette)
    close(cast, meeting, timezone.localdate())
    clock.move_to(timezone.make_aware(too_late))
    with pytest.raises(Denied, match="indtil midnat"):
        reopen(cast.mette, "Glemte noget")
    with pytest.raises(Denied, match="Skriv, hvorfor"):
        reopen(cast.lis)
    reopen(cast.lis, "Glemte noget")
    close_by = services.meeting_of(cast.access(cast.lis), meeting.number)
    services.meeting_close(access=cast.access(cast.lis), meeting=close_by, why="", today=timezone.localdate())
    assert list(Minutes.objects.for_home(cast.home).order_by("edition").values_list("edition", flat=True)) == [1, 2, 3]


# --- two teams ---


@pytest.fixture
def second(cast: Cast) -> Series:
    """Team Fjord serves Havtornen too, on Thursdays, and treats Vibeke."""
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[3], from_day=date(2026, 1, 1))
    resident_services.team_link(stay=cast.vibeke, team=cast.other_team, from_day=date(2026, 1, 1), by=cast.other_nurse)
    resident_services.basis_record(
        stay=cast.vibeke,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.CONSENT, covers="x", given_by=Giver.RESIDENT, from_day=date(2026, 1, 1), to_day=None
        ),
        by=cast.mette,
    )
    series = Series(home=cast.home, team=cast.other_team, weekday=3, time=time(13, 0))
    series.insert()
    return series


def test_team_sees_its_own_meetings_only_and_the_home_chooses(cast: Cast, second: Series) -> None:
    own = plan(series_of(cast), TODAY - timedelta(days=1))
    other = plan(second, TODAY)
    assert services.home_meeting(cast.home, cast.other_team) == other
    assert services.home_meeting(cast.home, cast.team) == own
    now = reverse("meeting-now", args=[cast.home.slug])
    urls = {n: reverse("meeting", args=[cast.home.slug, n]) for n in (own.number, other.number)}
    assert cast.client(cast.amina).get(now)["Location"] == urls[own.number]
    assert cast.client(cast.other_nurse).get(now)["Location"] == urls[other.number]
    assert cast.client(cast.mette).get(now)["Location"] == reverse("meetings", args=[cast.home.slug])
    assert cast.client(cast.amina).get(urls[other.number]).status_code == 404
    page = cast.client(cast.mette).get(reverse("meetings", args=[cast.home.slug])).content.decode()
    assert "Team Nord" in page
    assert "Team Fjord" in page
    assert "Team Fjord" not in cast.client(cast.amina).get(reverse("meetings", args=[cast.home.slug])).content.decode()
    line = cast.client(cast.other_nurse).get(reverse("meeting-line", args=[cast.home.slug])).content.decode()
    assert "kl. 13.00" in line
    start(cast, own)
    assert cast.client(cast.mette).get(now)["Location"] == urls[own.number]


def test_meeting_with_one_team_shows_that_teams_residents_and_people_only(cast: Cast, second: Series) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.vibeke)
    own = plan(series_of(cast), TODAY - timedelta(days=1))
    other = plan(second, TODAY)
    client = cast.client(cast.mette)
    pages = {
        one.number: client.get(reverse("meeting", args=[cast.home.slug, one.number])).content.decode()
        for one in (own, other)
    }
    assert "Rune" in pages[own.number]
    assert "Vibeke" not in pages[own.number]
    assert "Malik" not in pages[own.number]
    assert "Vibeke" in pages[other.number]
    assert "Rune" not in pages[other.number]
    assert "Amina" not in pages[other.number]
    running = start(cast, other)
    stays = AgendaItem.objects.for_home(cast.home).filter(meeting=running).values_list("stay_id", flat=True)
    assert list(stays) == [cast.vibeke.pk]
    noted = Attendance.objects.for_home(cast.home).filter(meeting=running).values_list("name", flat=True)
    assert "Amina" not in noted
    close(cast, running)
    assert services.previous(reload(own)) is None, "the other team's meeting is not this team's last"
    assert services.close_forgotten(timezone.now()) == 0
    assert sorted(waiting(cast)) == [TODAY, date(2026, 11, 26)]


def test_extra_meeting_asks_which_team_and_refuses_anothers(cast: Cast, second: Series) -> None:
    with pytest.raises(Denied, match="Vælg, hvilket team") as caught:
        extra(cast)
    assert caught.value.field == "series"
    own = series_of(cast)
    with pytest.raises(LookupError):
        services.meeting_extra(
            access=cast.access(cast.amina),
            series_id=second.pk,
            day=TODAY,
            at=time(14),
            minutes=30,
            why="x",
            key="",
            now=WALL,
        )
    url = reverse("meeting-hold", args=[cast.home.slug])
    assert cast.client(cast.mette).post(url, {"series": second.pk}).status_code == 302
    assert Meeting.objects.for_home(cast.home).get(state=Meeting.State.RUNNING).series_id == second.pk
    assert cast.client(cast.amina).post(url, {"series": second.pk}).status_code == 404
    assert own.pk != second.pk


# --- the day's meetings ---


@pytest.fixture
def amina_serves_two(cast: Cast) -> tuple[Meeting, Meeting]:
    """Team Nord serves Mosekanten as well, an hour later the same day."""
    home = Home.objects.create(
        organisation=cast.home.organisation, name="Mosekanten", slug="mosekanten", duty_phone="70 00 00 09"
    )
    TeamHome.objects.create(team=cast.team, home=home, weekdays=[1], from_day=date(2026, 1, 1))
    series = Series(home=home, team=cast.team, weekday=1, time=time(10, 30))
    series.insert()
    second = services.meeting_plan(series=series, after=TODAY - timedelta(days=1), by=None)
    assert second is not None
    return cast.meeting(), second


def test_todays_meetings_stand_in_order_of_time_for_those_who_may_enter(cast: Cast, amina_serves_two) -> None:
    cast.put_on_board(cast.rune)
    url = reverse("meetings-today")
    page = cast.client(cast.amina).get(url).content.decode()
    assert page.index("Havtornen") < page.index("Mosekanten")
    assert "kl. 10.30" in page
    assert "60 min." in page
    assert "Rune" not in page
    own = cast.client(cast.mette).get(url).content.decode()
    assert "Havtornen" in own
    assert "Mosekanten" not in own
    for user in (cast.stranger, cast.karla, cast.gone):
        page = cast.client(user).get(url).content.decode()
        assert "Havtornen" not in page
        assert "Mosekanten" not in page


def test_tomorrow_on_a_friday_is_monday(cast: Cast, clock) -> None:
    meeting = cast.meeting()
    move(cast, meeting, date(2026, 11, 23))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 20, 8, 0)))
    page = cast.client(cast.mette).get(reverse("meetings-today")).content.decode()
    assert "Næste hverdag, mandag 23. november" in page
    assert "Havtornen" in page


def test_closed_meeting_leads_on_to_the_next_and_shows_no_other_home_to_the_homes_own(
    cast: Cast, amina_serves_two
) -> None:
    first, _ = amina_serves_two
    url = reverse("meeting-next", args=[cast.home.slug, first.number])
    assert cast.client(cast.amina).get(url).status_code == 204, "not closed yet"
    close(cast, start(cast, first))
    assert "Videre til Mosekanten kl. 10.30" in cast.client(cast.amina).get(url).content.decode()
    assert cast.client(cast.mette).get(url).status_code == 204
    assert cast.client(cast.stranger).get(url).status_code == 404


def test_todays_meetings_cost_the_same_for_one_home_and_ten(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(10):
        home = Home.objects.create(
            organisation=cast.home.organisation, name=f"Hus {number}", slug=f"hus-{number}", duty_phone="70 00 00 09"
        )
        TeamHome.objects.create(team=cast.team, home=home, weekdays=[1], from_day=date(2026, 1, 1))
        series = Series(home=home, team=cast.team, weekday=1, time=time(10, number))
        series.insert()
        services.meeting_plan(series=series, after=TODAY - timedelta(days=1), by=None)
    client = cast.client(cast.amina)
    with django_assert_max_num_queries(11):
        assert "Hus 9" in client.get(reverse("meetings-today")).content.decode()


def test_list_of_meetings_costs_the_same_for_one_and_for_many(cast: Cast, django_assert_max_num_queries) -> None:
    for number in range(12):
        extra(cast, at=time(14, number))
    client = cast.client(cast.mette)
    with django_assert_max_num_queries(16):
        client.get(reverse("meetings", args=[cast.home.slug]))


def test_no_meeting_is_moved_or_called_past_the_last_day_of_the_series(cast: Cast) -> None:
    meeting = cast.meeting()
    Series.objects.for_home(cast.home).update(ended_on=TODAY + timedelta(days=7))
    after = {"day": "2026-11-25", "time": "10.00", "why": "Teamdag", "minutes": "30"}
    client = cast.client(cast.mette)
    for path in (f"{meeting.number}/flyt/", "ekstra/"):
        answer = send(client, f"/havtornen/moede/{path}", after)
        assert answer.status_code == 422
        assert "De faste møders sidste dag er tirsdag 24. november." in answer.content.decode()
        last = {**after, "day": "2026-11-24", "time": "13.00" if path == "ekstra/" else "10.00"}
        assert send(client, f"/havtornen/moede/{path}", last).status_code == 302
    assert waiting(cast) == [TODAY + timedelta(days=7)] * 2


def test_meeting_is_not_moved_to_a_time_the_clocks_skip() -> None:
    with pytest.raises(Denied, match="stilles frem") as denied:
        rules.check_when(date(2027, 3, 28), time(2, 30), datetime(2027, 3, 16, 9, 30))
    assert denied.value.field == "time"
    rules.check_when(date(2027, 3, 28), time(3), datetime(2027, 3, 16, 9, 30))


@pytest.mark.parametrize(("at", "now", "expected"), [
    (time(23, 55), datetime(2026, 11, 17, 23, 58), datetime(2026, 11, 17, 23, 55)),
    (time(23, 58), datetime(2026, 11, 18, 0, 10), datetime(2026, 11, 17, 23, 58)),
    (time(0, 10), datetime(2026, 11, 18, 0, 10), datetime(2026, 11, 18, 0, 10)),
    # Before it began, on the same day: somebody was early.
    (time(23, 40), datetime(2026, 11, 17, 23, 58), datetime(2026, 11, 17, 23, 40)),
])  # fmt: skip
def test_time_of_day_at_a_meeting_past_midnight(at: time, now: datetime, expected: datetime) -> None:
    assert rules.moment_of(datetime(2026, 11, 17, 23, 50), at, now) == expected


def test_holiday_said_of_a_weekday_that_is_no_longer_the_meetings_goes(cast: Cast, clock) -> None:
    change(cast, weekday=3)
    Meeting.objects.for_home(cast.home).update(state=Meeting.State.CANCELLED)
    clock.move_to(timezone.make_aware(datetime(2026, 12, 18, 12)))
    plan(series_of(cast), date(2026, 12, 17))
    change(cast, first=date(2026, 12, 19), weekday=1)
    rows = Meeting.objects.for_home(cast.home).filter(date__gte=date(2026, 12, 18)).order_by("date")
    assert not rows.filter(date=date(2026, 12, 24)).exists()
    assert waiting(cast) == [date(2026, 12, 29)]


# --- two at one minute ---


def uncancel(cast: Cast, meeting: Meeting) -> Meeting:
    return services.meeting_uncancel(access=cast.access(cast.mette), number=meeting.number, today=TODAY)


def test_meeting_held_after_all_once_the_series_changed_follows_the_next_change(cast: Cast) -> None:
    meeting = cast.meeting()
    change(cast, weekday=3)
    cancel(cast, meeting)
    uncancel(cast, meeting)
    Meeting.objects.for_home(cast.home).exclude(pk=meeting.pk).delete()
    change(cast, weekday=4)
    assert (reload(meeting).date, reload(meeting).moved_from) == (date(2026, 11, 20), TODAY)


def test_hour_people_chose_stays_theirs_when_the_series_has_come_to_it_and_goes_on(cast: Cast) -> None:
    meeting = cast.meeting()
    move(cast, meeting, meeting.date, at=time(14))
    change(cast, time=time(14))
    change(cast, time=time(15))
    assert reload(meeting).time == time(14)


def test_fixed_meetings_are_not_given_the_minute_of_an_extra_one(cast: Cast) -> None:
    """Neither the one that is planned nor one that is planned later."""
    meeting = cast.meeting()
    for day in (date(2026, 11, 19), date(2026, 11, 26)):
        extra_one = extra(cast, day, time(13))
        with pytest.raises(Denied, match="Der er et ekstra møde torsdag") as refused:
            change(cast, weekday=3, time=time(13))
        assert refused.value.field == "time"
        assert (reload(meeting).date, reload(meeting).time) == (TODAY, time(9, 30))
        change(cast, weekday=3, time=time(13, 30))
        change(cast, weekday=1, time=time(9, 30))
        cancel(cast, extra_one)
    change(cast, weekday=3, time=time(13))
    assert reload(meeting).date == date(2026, 11, 19)


def test_extra_meeting_is_not_put_where_the_fixed_one_will_be(cast: Cast) -> None:
    later = date(2026, 12, 8)
    with pytest.raises(Denied, match="på det tidspunkt"):
        extra(cast, later, time(9, 30))
    assert extra(cast, later, time(10, 30)).date == later


def test_extra_meeting_may_be_where_no_fixed_one_will_be(cast: Cast) -> None:
    """In the week of one that was moved on, and in one whose meeting was held before the series changed."""
    meeting = cast.meeting()
    move(cast, meeting, date(2026, 11, 25))
    assert extra(cast, date(2026, 11, 24), time(9, 30)).date == date(2026, 11, 24)
    move(cast, meeting, TODAY)
    close(cast, start(cast, meeting))
    change(cast, first=TODAY + timedelta(days=1), weekday=3)
    assert extra(cast, date(2026, 11, 19), time(9, 30)).date == date(2026, 11, 19)


def test_length_alone_is_changed_though_two_meetings_stand_at_one_minute_from_before(cast: Cast) -> None:
    meeting, made = cast.meeting(), extra(cast, TODAY, time(14))
    Meeting.objects.for_home(cast.home).filter(pk=made.pk).update(time=meeting.time)
    change(cast, minutes=45)
    assert reload(meeting).planned_minutes == 45


def test_meeting_moved_and_moved_back_follows_the_series_again(cast: Cast) -> None:
    meeting = cast.meeting()
    move(cast, meeting, TODAY + timedelta(days=1), at=time(14))
    move(cast, meeting, TODAY)
    change(cast, weekday=3)
    assert reload(meeting).date == date(2026, 11, 19)


def test_extra_meeting_may_take_the_minute_the_fixed_one_was_moved_from(cast: Cast) -> None:
    meeting = cast.meeting()
    move(cast, meeting, TODAY + timedelta(days=1))
    assert extra(cast, TODAY, time(9, 30)).date == TODAY


def test_no_meeting_is_moved_or_held_after_all_at_the_minute_of_another(cast: Cast) -> None:
    meeting, made = cast.meeting(), extra(cast, TODAY + timedelta(days=1), time(14))
    with pytest.raises(Denied, match="på det tidspunkt"):
        move(cast, meeting, made.date, at=time(14))
    with pytest.raises(Denied, match="på det tidspunkt"):
        move(cast, made, TODAY)
    cancel(cast, made)
    move(cast, meeting, made.date, at=time(14))
    with pytest.raises(Denied, match="på det tidspunkt"):
        uncancel(cast, made)
