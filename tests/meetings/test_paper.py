"""A meeting held on paper, entered afterwards with its true times."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import services as board_services
from boards.models import EarlySign, Urgency
from care import services as care
from meetings import services
from meetings.models import AgendaItem, Attendance, CarryOver, Meeting, Minutes, ParkedTopic
from residents.models import Stay, StayEnd
from tests.conftest import NOW, TODAY, Cast, text_in

THURSDAY = datetime(2026, 11, 19, 8, 0)


def form(cast: Cast, **changes: Any) -> dict[str, Any]:
    values = {
        "key": "papir", "day": "2026-11-17", "began": "09:35", "ended": "10:25", "chair": cast.amina.pk,
        "referent": cast.mette.pk, f"p-{cast.mette.pk}": "here", f"p-{cast.amina.pk}": "here",
        f"p-{cast.soeren.pk}": "online", "resident": [cast.rune.pk], "guests": "Bo Holm, læge\nPia Lund",
    }  # fmt: skip
    return {**values, **changes}


def enter(cast: Cast, user=None, **changes: Any):
    return cast.client(user or cast.mette).post(reverse("paper-enter", args=[cast.home.slug]), form(cast, **changes))


def meetings(cast: Cast) -> list[Meeting]:
    return list(Meeting.objects.for_home(cast.home).select_related("chair", "referent").order_by("number"))


@pytest.fixture
def held(cast: Cast, clock) -> Cast:
    """Rune and Tove are on the board, the meeting of Tuesday was planned; it is Thursday morning."""
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    cast.meeting()
    clock.move_to(timezone.make_aware(THURSDAY))
    return cast


def test_planned_meeting_of_the_day_is_locked_with_its_true_times_and_people(held: Cast) -> None:
    row = held.agree("Ringe til søsteren", owner=held.mette, due_on=date(2026, 11, 20))
    answer = enter(held)
    found, following = meetings(held)
    assert (answer.status_code, answer.url) == (302, reverse("minutes", args=[held.home.slug, found.number]))
    assert (found.state, found.kind, found.chair, found.referent) == ("closed", "weekly", held.amina, held.mette)
    assert timezone.localtime(found.started_at).replace(tzinfo=None) == datetime(2026, 11, 17, 9, 35)
    assert timezone.localtime(found.closed_at).replace(tzinfo=None) == datetime(2026, 11, 17, 10, 25)
    assert (found.paper_by_id, found.paper_at) == (held.mette.pk, timezone.now())
    there = Attendance.objects.for_home(held.home).filter(meeting=found, present=True).order_by("name")
    assert [(one.name, one.side, one.online) for one in there] == [
        ("Amina", "team", False), ("Bo Holm, læge", "guest", False), ("Mette", "home", False),
        ("Pia Lund", "guest", False), ("Søren", "team", True),
    ]  # fmt: skip
    assert (following.state, following.date) == ("open", date(2026, 11, 24))
    assert CarryOver.objects.for_home(held.home).get().intervention_id == row.pk
    head = Minutes.objects.for_home(held.home).get().head
    assert head["paper"] == "holdt på papir, indtastet 19.11. af Mette"
    assert (head["planned"], head["used"]) == (60, 50)
    page = held.client(held.amina).get(reverse("minutes", args=[held.home.slug, found.number])).content.decode()
    assert "oldt på papir, indtastet 19.11. af Mette" in page


def test_ticked_residents_were_discussed_that_day_and_the_rest_was_not_reached(held: Cast) -> None:
    enter(held)
    found, following = meetings(held)
    states = {item.stay_id: item.state for item in AgendaItem.objects.for_home(held.home).filter(meeting=found)}
    assert states == {held.rune.pk: "done", held.tove.pk: "missed"}
    assert Stay.objects.for_home(held.home).get(pk=held.rune.pk).last_discussed == TODAY
    assert Stay.objects.for_home(held.home).get(pk=held.tove.pk).last_discussed is None
    assert services.missed_last(following) == {held.tove.pk}


def test_later_discussion_is_not_dated_back(held: Cast) -> None:
    Stay.objects.for_home(held.home).filter(pk=held.rune.pk).update(last_discussed=date(2026, 11, 18))
    enter(held)
    assert Stay.objects.for_home(held.home).get(pk=held.rune.pk).last_discussed == date(2026, 11, 18)


def test_sign_noted_before_is_handled_and_one_noted_since_waits(held: Cast, clock) -> None:
    def note(stay: Stay) -> None:
        board_services.sign_note(
            access=held.access(held.mette), stay_id=stay.pk, text="Vågen", urgency=Urgency.MEETING, key="", today=TODAY
        )

    clock.move_to(timezone.make_aware(NOW))
    note(held.rune)
    clock.move_to(timezone.make_aware(THURSDAY))
    note(held.tove)
    enter(held, resident=[held.rune.pk, held.tove.pk])
    left = EarlySign.objects.for_home(held.home).filter(handled_on=None).values_list("stay_id", flat=True)
    assert list(left) == [held.tove.pk]


def test_topic_talked_through_is_settled_and_another_waits(held: Cast) -> None:
    first, second = (
        services.topic_park(access=held.access(held.mette), stay_id=None, team=held.team, text=text, key="")
        for text in ("Nøgler", "Kaffe")
    )
    enter(held, topic=[first.pk])
    assert ParkedTopic.objects.for_home(held.home).get(pk=first.pk).settled_on == TODAY
    assert ParkedTopic.objects.for_home(held.home).get(pk=second.pk).settled_on is None


def test_same_form_twice_is_one_meeting(held: Cast) -> None:
    assert enter(held).status_code == 302
    assert enter(held).status_code == 302
    assert len(meetings(held)) == 2
    assert Minutes.objects.for_home(held.home).count() == 1
    answer = enter(held, key="en anden", began="10:00", ended="11:00")
    assert answer.status_code == 422
    assert "allerede holdt et møde" in answer.content.decode()


def test_two_meetings_of_a_day_that_do_not_overlap_are_both_entered(held: Cast) -> None:
    enter(held)
    assert enter(held, key="2", began="10:25", ended="10:45").status_code == 302
    assert [found.kind for found in meetings(held)] == ["weekly", "weekly", "extra"]


def test_meeting_on_a_day_without_one_is_extra_and_the_planned_one_stays(held: Cast) -> None:
    assert enter(held, day="2026-11-18").status_code == 302
    planned, made = meetings(held)
    assert (made.kind, made.date, made.why) == ("extra", date(2026, 11, 18), "Holdt på papir")
    assert planned.state == "open"


def test_meeting_given_up_as_not_held_is_found_again(held: Cast, clock) -> None:
    clock.move_to(timezone.make_aware(datetime(2026, 11, 20, 8, 0)))
    services.close_forgotten(timezone.now())
    assert meetings(held)[0].state == "cancelled"
    enter(held)
    found, following = meetings(held)
    assert (found.state, found.kind, found.why) == ("closed", "weekly", "Holdt på papir")
    assert following.date == date(2026, 11, 24)


def test_meeting_from_last_month_leaves_the_next_one_as_it_stands(held: Cast) -> None:
    enter(held, day="2026-10-25", began="01:30", ended="03:30")
    planned, made = meetings(held)
    assert (planned.state, planned.date) == ("open", TODAY)
    assert Minutes.objects.for_home(held.home).get(meeting=made).head["used"] == 180, "the night had an hour more"


@pytest.mark.parametrize(("changes", "field", "words"), [
    ({"ended": "09:35"}, "ended", "efter at det begyndte"),
    ({"ended": "09:00"}, "ended", "efter at det begyndte"),
    ({"day": "2026-11-20"}, "day", "ikke kommet endnu"),
    ({"day": "2026-10-19"}, "day", "i 30 dage"),
    ({"day": "2026-11-19", "began": "07:30", "ended": "08:30"}, "ended", "ikke slut endnu"),
    ({"day": "i går"}, "day", "Skriv dagen som"),
    ({"began": "halv ti"}, "began", "Skriv tiden som"),
    ({"began": ""}, "began", "Skriv et tidspunkt"),
    ({"chair": ""}, "chair", "Vælg en person"),
    ({"referent": "999999"}, "referent", "Vælg en anden"),
])  # fmt: skip
def test_wrong_input_is_answered_at_its_field_and_what_was_typed_is_kept(held: Cast, changes, field, words) -> None:
    answer = enter(held, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    at_field = page.partition(f'id="id_{field}_error">')[2].partition("</p>")[0]
    assert words in at_field
    assert "Bo Holm, læge" in page
    assert page.count("checked") >= 4
    assert Minutes.objects.for_home(held.home).count() == 0


def test_guest_with_too_long_a_name_is_refused_and_nothing_is_saved(held: Cast) -> None:
    answer = enter(held, guests="x" * 61)
    assert answer.status_code == 422
    assert "plads til 60" in answer.content.decode()
    assert [found.state for found in meetings(held)] == ["open"]


def test_topic_talked_through_meanwhile_costs_nothing_of_what_was_typed(held: Cast) -> None:
    topic = services.topic_park(access=held.access(held.mette), stay_id=None, team=held.team, text="Nøgler", key="")
    services.topic_settle(access=held.access(held.amina), pk=topic.pk, today=THURSDAY.date())
    answer = enter(held, topic=[topic.pk])
    assert answer.status_code == 422
    assert "talt igennem imens" in answer.content.decode()
    assert "Bo Holm, læge" in answer.content.decode()


def test_one_side_missing_is_said_and_not_refused(held: Cast) -> None:
    changes = {f"p-{held.amina.pk}": "", f"p-{held.soeren.pk}": "", "guests": "", "chair": held.mette.pk}
    assert enter(held, **changes).status_code == 302
    found = meetings(held)[0]
    page = held.client(held.mette).get(reverse("minutes", args=[held.home.slug, found.number])).content.decode()
    assert "ingen noteret" in page


def test_resident_the_meeting_may_not_see_is_neither_offered_nor_taken(held: Cast) -> None:
    page = held.client(held.mette).get(reverse("paper-enter", args=[held.home.slug])).content.decode()
    assert "Rune · bolig 4" in page
    for name in ("Aksel", "Vibeke"):
        assert name not in page
    for stay in (held.aksel, held.vibeke, held.elsewhere):
        for user in (held.mette, held.amina):
            answer = enter(held, user, resident=[held.rune.pk, stay.pk])
            page = answer.content.decode()
            assert (answer.status_code, "står ikke på listen mere" in page) == (422, True)
            for name in ("Aksel", "Vibeke", "Frede"):
                assert name not in page
    assert enter(held, topic=[99999]).status_code == 422
    assert enter(held, resident=["x"]).status_code == 422
    assert Minutes.objects.for_home(held.home).count() == 0


def test_resident_who_moved_out_meanwhile_costs_nothing_of_what_was_typed(held: Cast) -> None:
    care.move_out(
        access=held.access(held.jonas), stay_id=held.tove.pk, end=StayEnd.MOVED, on=THURSDAY.date(), moved_to=None,
        key="", today=THURSDAY.date(),
    )  # fmt: skip
    answer = enter(held, resident=[held.rune.pk, held.tove.pk])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "En af dem, I satte kryds ved, er flyttet eller deles ikke længere" in page
    assert "Tove" not in page
    assert re.search(rf'name="resident" value="{held.rune.pk}"[^>]* checked', page)
    assert "Bo Holm, læge" in page
    assert 'value="10:25"' in page
    assert enter(held).status_code == 302, "with the same form, once the list is seen"


def test_page_begins_with_the_agenda_ticked_and_the_chair_is_whoever_types(held: Cast) -> None:
    page = held.client(held.amina).get(reverse("paper-enter", args=[held.home.slug])).content.decode()
    assert page.count('name="resident"') == 2
    assert page.count(" checked> ") >= 2
    assert f'<option value="{held.amina.pk}" selected>' in page


def test_chair_may_correct_until_midnight_of_the_day_it_was_entered(held: Cast, clock) -> None:
    enter(held)
    found = meetings(held)[0]
    day = timezone.localdate()
    services.meeting_reopen(access=held.access(held.amina), number=found.number, why="", today=day)
    again = services.meeting_of(held.access(held.amina), found.number)
    services.meeting_close(access=held.access(held.amina), meeting=again, why="", today=day)
    heads = [minutes.head for minutes in Minutes.objects.for_home(held.home).order_by("edition")]
    assert [(head["used"], head["paper"][:13]) for head in heads] == [(50, "holdt på papi")] * 2


def test_nobody_outside_enters_a_meeting(held: Cast) -> None:
    for user in (held.stranger, held.other_nurse, held.karla, held.gone):
        assert enter(held, user).status_code == 404
    assert [found.state for found in meetings(held)] == ["open"]


def test_form_opens_where_no_meeting_is_planned(cast: Cast) -> None:
    assert not meetings(cast)
    for user in (cast.mette, cast.amina):
        form = text_in(cast.client(user).get(f"/{cast.home.slug}/moede/papir/"))
        assert "Indtast et møde fra papir" in form
        assert 'name="day" value="2026-11-17"' in form
    assert not meetings(cast)
