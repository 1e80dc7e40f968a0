"""A meeting begins: on its own day, with those somebody has said are there, and it can be taken back at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from boards.models import Pen
from core.period import wall_clock
from meetings import services
from meetings.models import AgendaItem, Attendance, Meeting
from organisation.models import Side, User
from tests.conftest import TODAY, Cast
from tests.page import carried, send


def url(cast: Cast, name: str, meeting: Meeting) -> str:
    return reverse(name, args=[cast.home.slug, meeting.number])


def again(cast: Cast, meeting: Meeting) -> Meeting:
    return services.meeting_of(cast.access(cast.mette), meeting.number)


def there(cast: Cast, meeting: Meeting) -> dict[str, str]:
    rows = Attendance.objects.for_home(cast.home).filter(meeting=meeting, present=True)
    return {row.name: "online" if row.online else "here" for row in rows}


def state_of(cast: Cast, meeting: Meeting) -> Any:
    return cast.client(cast.mette).get(url(cast, "meeting-changes", meeting) + "?since=0").json()["meeting"]


def note(cast: Cast, meeting: Meeting, by: User, who: User, where: str) -> int:
    answer = cast.client(by).post(url(cast, "attendance", meeting), {"who": who.pk, f"p-{who.pk}": where})
    return int(answer.status_code)


@pytest.fixture
def coming(cast: Cast) -> Meeting:
    """Tomorrow's meeting, with Rune and Tove on the board."""
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    meeting = cast.meeting()
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=TODAY + timedelta(days=1))
    return again(cast, meeting)


def test_meeting_of_another_day_begins_once_that_is_confirmed(cast: Cast, coming: Meeting) -> None:
    client, start = cast.client(cast.mette), url(cast, "meeting-start", coming)
    asked = client.post(start, {f"p-{cast.mette.pk}": "here", f"p-{cast.amina.pk}": "online"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "Mødet er onsdag 18. november." in page
    assert again(cast, coming).state == Meeting.State.OPEN
    assert page.count(" checked>") >= 2, "what was ticked stands"
    assert client.post(start, {f"p-{cast.mette.pk}": "here", "now": "1"}).status_code == 302
    assert again(cast, coming).state == Meeting.State.RUNNING


def test_meeting_of_the_day_begins_at_once_and_one_that_is_late_asks(cast: Cast, coming: Meeting) -> None:
    client, start = cast.client(cast.mette), url(cast, "meeting-start", coming)
    Meeting.objects.for_home(cast.home).filter(pk=coming.pk).update(date=TODAY - timedelta(days=1))
    assert "Mødet var mandag 16. november." in client.post(start, {}).content.decode()
    Meeting.objects.for_home(cast.home).filter(pk=coming.pk).update(date=TODAY)
    assert client.post(start, {}).status_code == 302
    assert there(cast, coming) == {"Mette": "here"}, "who begins it leads it, and is there"


def test_nobody_is_there_because_they_were_there_last_time(cast: Cast, clock: Any) -> None:
    first = cast.start()
    services.meeting_close(access=cast.access(cast.mette), meeting=first, why="", today=TODAY)
    following = services.home_meeting(cast.home)
    assert following is not None
    clock.shift(timedelta(days=7))
    client = cast.client(cast.jonas)
    page = client.get(url(cast, "meeting", following)).content.decode()
    assert page.count('value="here" checked') == 1, "the one who opens the page"
    assert 'value="online" checked' not in page
    assert "De samme som sidst er med" in page
    client.post(url(cast, "meeting-start", following), {f"p-{cast.jonas.pk}": "here", "same": "1"})
    assert there(cast, following) == {"Jonas": "here", "Mette": "here", "Amina": "online"}


def test_one_notes_oneself_in_one_tap_and_the_page_asks_no_more(cast: Cast) -> None:
    meeting = cast.start()
    assert cast.soeren.pk not in state_of(cast, meeting)["there"]
    assert note(cast, meeting, cast.soeren, cast.soeren, "online") == 204
    assert there(cast, meeting)["Søren"] == "online"
    assert cast.soeren.pk in state_of(cast, meeting)["there"]
    assert "Teamet 2" in state_of(cast, meeting)["agenda"]


def test_two_who_tick_at_once_are_both_right(cast: Cast) -> None:
    meeting = cast.start()
    assert note(cast, meeting, cast.mette, cast.jonas, "here") == 204
    assert note(cast, meeting, cast.amina, cast.soeren, "here") == 204
    assert note(cast, meeting, cast.mette, cast.amina, "") == 204
    assert there(cast, meeting) == {"Mette": "here", "Jonas": "here", "Søren": "here"}


def test_somebody_who_may_not_be_at_the_meeting_is_not_noted(cast: Cast) -> None:
    meeting = cast.start()
    for user in (cast.stranger, cast.other_nurse, cast.gone):
        assert note(cast, meeting, cast.mette, user, "here") == 404
    assert set(there(cast, meeting)) == {"Mette", "Amina"}


@pytest.mark.parametrize("name", ["chair-take", "referent-take"])
def test_who_takes_the_chair_or_the_pen_is_noted_and_who_is_online_stays_so(cast: Cast, name: str) -> None:
    meeting = cast.start()
    for user in (cast.soeren, cast.amina):
        assert cast.client(user).post(url(cast, name, meeting)).status_code == 204
    assert there(cast, meeting) == {"Mette": "here", "Amina": "online", "Søren": "here"}
    side = Attendance.objects.for_home(cast.home).get(meeting=meeting, user=cast.soeren).side
    assert side == Side.TEAM


def test_start_is_taken_back_while_nothing_is_written(cast: Cast, coming: Meeting) -> None:
    client = cast.client(cast.mette)
    client.post(url(cast, "meeting-start", coming), {"now": "1"})
    assert note(cast, coming, cast.amina, cast.amina, "online") == 204
    assert state_of(cast, coming)["may_undo_start"] is True
    assert client.post(url(cast, "meeting-unstart", coming)).status_code == 204
    meeting = again(cast, coming)
    assert (meeting.state, meeting.started_at, meeting.chair) == (Meeting.State.OPEN, None, None)
    assert not AgendaItem.objects.for_home(cast.home).filter(meeting=meeting).exists()
    assert not there(cast, coming)
    assert not Pen.objects.filter(home=cast.home).exists()
    assert "Start mødet" in client.get(url(cast, "meeting", coming)).content.decode()


def test_start_is_not_taken_back_by_others_than_the_chair(cast: Cast, coming: Meeting) -> None:
    cast.client(cast.mette).post(url(cast, "meeting-start", coming), {"now": "1"})
    refused = cast.client(cast.amina).post(url(cast, "meeting-unstart", coming))
    assert (refused.status_code, "Overtag for at styre" in refused.content.decode()) == (422, True)
    assert again(cast, coming).state == Meeting.State.RUNNING


def test_start_stands_once_something_is_written_or_somebody_was_discussed(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    meeting = cast.start()
    clock.shift(timedelta(minutes=1))
    items = AgendaItem.objects.for_home(cast.home).filter(meeting=meeting).order_by("order")
    second = items[1].pk
    services.spotlight_move(access=cast.access(cast.mette), number=meeting.number, item_id=second, today=TODAY)
    assert state_of(cast, meeting)["may_undo_start"] is False, "Rune was discussed for a minute"
    refused = cast.client(cast.mette).post(url(cast, "meeting-unstart", meeting))
    assert (refused.status_code, "Afslut mødet i stedet" in refused.content.decode()) == (422, True)


def test_start_stands_once_a_word_is_written(cast: Cast) -> None:
    meeting = cast.start()
    assert state_of(cast, meeting)["may_undo_start"] is True
    cast.write("Sov godt")
    assert state_of(cast, meeting)["may_undo_start"] is False


def test_meeting_begun_at_once_by_mistake_is_cancelled(cast: Cast) -> None:
    meeting = services.meeting_hold(access=cast.access(cast.mette), series_id=0, key="", now=wall_clock())
    cast.client(cast.mette).post(url(cast, "meeting-unstart", meeting))
    found = again(cast, meeting)
    assert (found.state, found.why) == (Meeting.State.CANCELLED, "Startet ved en fejl")


@pytest.mark.parametrize(
    ("name", "typed"),
    [("meeting-cancel", {"why": "Ferie"}), ("meeting-move", {"day": "2026-11-20", "time": "10.00", "why": "Ferie"})],
)
def test_older_page_moves_or_cancels_nothing_over_a_newer_day(cast: Cast, name: str, typed: dict[str, str]) -> None:
    meeting = cast.meeting()
    mette, jonas, address = cast.client(cast.mette), cast.client(cast.jonas), url(cast, name, meeting)
    opened = carried(mette.get(address).content.decode(), address)
    moved = {"day": "2026-11-19", "time": "13.00", "why": "Teamdag"}
    assert send(jonas, url(cast, "meeting-move", meeting), moved).status_code == 302
    answer = mette.post(address, {**opened, **typed})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nu ligger det torsdag 19. november kl. 13.00." in page
    assert 'value="Ferie"' in page, "what Mette typed stands"
    assert mette.post(address, {**carried(page, address), **typed}).status_code == 302


def test_page_typed_in_and_left_brings_it_again(cast: Cast) -> None:
    meeting = cast.meeting()
    address, client = url(cast, "meeting-cancel", meeting), cast.client(cast.mette)
    sent = {**carried(client.get(address).content.decode(), address), "why": "Sygdom i teamet"}
    assert client.post(address, sent, headers={"X-Draft": "keep"}).status_code == 204
    page = client.get(address).content.decode()
    assert ("Din kladde fra" in page, 'value="Sygdom i teamet"' in page) == (True, True)
    assert "Sygdom i teamet" not in cast.client(cast.jonas).get(address).content.decode()
    assert send(client, address, {"why": "Sygdom i teamet"}).status_code == 302
    assert again(cast, meeting).state == Meeting.State.CANCELLED


def test_who_was_not_reached_comes_first_at_the_extra_meeting_the_same_day(cast: Cast, clock: Any) -> None:
    """Also where the meeting before was another day's, begun early."""
    meeting = cast.meeting()
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=TODAY + timedelta(days=1))
    cast.client(cast.mette).post(url(cast, "meeting-start", meeting), {"now": "1"})
    clock.shift(timedelta(minutes=1))
    services.meeting_close(access=cast.access(cast.mette), meeting=again(cast, meeting), why="", today=TODAY)
    clock.shift(timedelta(minutes=30))
    extra = services.meeting_hold(access=cast.access(cast.mette), series_id=0, key="", now=wall_clock())
    assert services.missed_last(extra) == {cast.tove.pk}
    first = AgendaItem.objects.for_home(cast.home).filter(meeting=extra).order_by("order").first()
    assert first is not None
    assert first.stay_id == cast.tove.pk
