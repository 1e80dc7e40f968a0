"""A meeting that goes to another day is told to those who would be there."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from core.period import wall_clock
from meetings import services as meetings
from meetings.models import Meeting
from organisation.models import Side
from reminders import services
from reminders.models import Digest, Reminder
from residents import services as residents
from residents.models import TeamLink
from tests.conftest import TODAY, Cast, seen_of


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def told(cast: Cast) -> list[tuple[str, date]]:
    services.tick(timezone.now())
    rows = Reminder.objects.for_home(cast.home).filter(kind="meeting-moved").order_by("due", "recipient__name")
    return list(rows.values_list("recipient__name", "due"))


def move(cast: Cast, meeting: Meeting, day: date, at: time = time(13)) -> Meeting:
    now = meetings.meeting_of(cast.access(cast.mette), meeting.number)
    return meetings.meeting_move(
        access=cast.access(cast.mette), number=meeting.number, day=day, at=at, why="Lægen er væk",
        seen=seen_of(now), key="", now=wall_clock(),
    )  # fmt: skip


def listed(cast: Cast, who: Any) -> str:
    return str(cast.client(who).get(reverse("reminders")).content.decode())


def test_moved_meeting_is_told_once_for_each_day_it_is_moved_to(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.meeting()
    assert told(cast) == []
    thursday, friday = TODAY + timedelta(days=2), TODAY + timedelta(days=3)
    move(cast, meeting, thursday)
    assert told(cast) == [("Amina", thursday), ("Mette", thursday)]
    assert told(cast) == [("Amina", thursday), ("Mette", thursday)], "once"
    words = "Mødet er flyttet fra tirsdag 17. november til torsdag 19. november kl. 13.00: Lægen er væk"
    assert words in listed(cast, cast.amina)
    move(cast, meeting, friday)
    assert told(cast)[2:] == [("Amina", friday), ("Mette", friday)]
    page = listed(cast, cast.amina)
    assert ("fredag 20. november kl. 13.00" in page, "torsdag 19. november" in page) == (True, False)


def test_meeting_at_another_hour_of_its_day_is_told(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    move(cast, cast.meeting(), TODAY)
    assert told(cast) == [("Amina", TODAY), ("Mette", TODAY)]
    assert "Mødet er flyttet til tirsdag 17. november kl. 13.00: Lægen er væk" in listed(cast, cast.amina)


def test_meeting_that_is_moved_back_is_told_again(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting, thursday = cast.meeting(), TODAY + timedelta(days=2)
    move(cast, meeting, thursday)
    told(cast)
    move(cast, meeting, TODAY)
    assert sorted(told(cast)) == [("Amina", TODAY), ("Amina", thursday), ("Mette", TODAY), ("Mette", thursday)]
    page = listed(cast, cast.amina)
    assert ("flyttet til tirsdag 17. november" in page, "torsdag 19. november" in page) == (True, False)


def test_cancelled_meeting_is_told_and_not_when_it_is_held_after_all(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting, access = cast.meeting(), cast.access(cast.mette)
    meetings.meeting_cancel(
        access=access, number=meeting.number, why="Alle er på kursus", seen=seen_of(meeting), key="", today=TODAY
    )
    assert told(cast) == [("Amina", TODAY), ("Mette", TODAY)]
    assert "Mødet tirsdag 17. november kl. 9.30 er aflyst: Alle er på kursus" in listed(cast, cast.amina)
    meetings.meeting_uncancel(access=access, number=meeting.number, today=TODAY)
    assert "er aflyst" not in listed(cast, cast.amina)


def test_nobody_is_told_who_would_take_up_nobody_there(cast: Cast) -> None:
    cast.put_on_board(cast.aksel)
    move(cast, cast.meeting(), TODAY + timedelta(days=2))
    assert [name for name, _ in told(cast)] == ["Mette"], "Aksel is not shared with the team"
    residents.contact_set(stay=cast.aksel, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    assert sorted(name for name, _ in told(cast)) == ["Jonas", "Mette"]


def test_other_team_is_not_told_of_a_meeting_that_is_not_theirs(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.meeting()
    TeamLink.objects.for_home(cast.home).filter(stay=cast.rune).update(team=cast.other_team)
    move(cast, meeting, TODAY + timedelta(days=2))
    assert told(cast) == []


def test_meeting_begun_by_mistake_was_never_called_and_is_not_told(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = meetings.meeting_hold(access=cast.access(cast.mette), series_id=0, key="", now=wall_clock())
    meetings.meeting_unstart(access=cast.access(cast.mette), number=meeting.number)
    assert told(cast) == []


def hide(cast: Cast, who: Any) -> None:
    row = Reminder.objects.for_home(cast.home).get(kind="meeting-moved", recipient=who)
    assert cast.client(who).post(reverse("reminder-hide", args=[row.pk])).status_code == 204
    assert "Lægen er væk" not in listed(cast, who)


def mails(cast: Cast, who: Any) -> int:
    return Digest.objects.filter(recipient=who).count()


def test_meeting_moved_and_then_cancelled_is_told_again_to_who_took_it_off_their_list(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    meeting, thursday = cast.meeting(), TODAY + timedelta(days=2)
    move(cast, meeting, thursday)
    told(cast)
    assert mails(cast, cast.amina) == 1
    hide(cast, cast.amina)
    meeting = meetings.meeting_of(cast.access(cast.mette), meeting.number)
    meetings.meeting_cancel(
        access=cast.access(cast.mette), number=meeting.number, why="Alle er syge", seen=seen_of(meeting), key="",
        today=TODAY,
    )  # fmt: skip
    told(cast)
    assert "er aflyst: Alle er syge" in listed(cast, cast.amina)
    clock.shift(timedelta(days=1))
    told(cast)
    told(cast)
    assert mails(cast, cast.amina) == 2, "one a day, and each change once"


def test_second_change_of_hour_on_one_day_is_mailed(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    meeting, thursday = cast.meeting(), TODAY + timedelta(days=2)
    move(cast, meeting, thursday)
    told(cast)
    move(cast, meeting, thursday, at=time(14))
    clock.shift(timedelta(days=1))
    told(cast)
    assert mails(cast, cast.amina) == 2
    assert "kl. 14.00" in listed(cast, cast.amina)
