"""In the room: the resident who is present, who came and went, what is ready, and the time used."""

from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import services as board_services
from criteria.models import Level
from meetings import rules, services
from meetings.models import GUEST, AgendaItem, Attendance, Meeting, Minutes
from tests.conftest import NOW, TODAY, Cast, required, text_in

ALONE = "Beboeren er stadig med. Afslut det først."


@pytest.fixture
def running(cast: Cast) -> Meeting:
    """Rune akut and Tove subakut, the meeting begun by Mette at Rune."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove)
    return cast.start()


def url(cast: Cast, name: str, meeting: Meeting, *rest: int) -> str:
    return reverse(name, args=[cast.home.slug, meeting.number, *rest])


def item_of(cast: Cast, meeting: Meeting, stay) -> AgendaItem:
    return AgendaItem.objects.for_home(cast.home).get(meeting=meeting, stay=stay)


def come(cast: Cast, meeting: Meeting, here: str = "1", user=None) -> int:
    return cast.client(user or cast.mette).post(url(cast, "resident-here", meeting), {"here": here}).status_code


# --- the resident in the room ---


def test_no_other_resident_stands_in_any_fragment_while_one_is_in_the_room(cast: Cast, running: Meeting) -> None:
    services.topic_park(
        access=cast.access(cast.mette), stay_id=cast.tove.pk, team=cast.team, text="Om Toves nøgle", key=""
    )
    assert come(cast, running) == 204
    for user in (cast.mette, cast.amina):
        client = cast.client(user)
        state = client.get(url(cast, "meeting-changes", running) + "?since=0").json()["meeting"]
        page = client.get(url(cast, "meeting", running)).content.decode()
        at = required(running.spotlight_id)
        item = client.get(url(cast, "agenda-item", running, at)).content.decode()
        since = client.get(url(cast, "agenda-since", running, at)).content.decode()
        for shown in (str(state), page, item, since):
            assert "Tove" not in shown
            assert "bolig 9" not in shown.lower()
        assert "Rune · bolig 4" in state["agenda"]
        assert "Punkt 2" in state["agenda"]
        assert (state["resident_present"], state["previous"], state["next"]) == (True, None, None)
        assert "Opsamling" not in state["agenda"]
        recap = client.get(url(cast, "recap", running))
        other = item_of(cast, running, cast.tove).pk
        answers = [
            recap,
            *(client.get(url(cast, n, running, other)) for n in ("agenda-item", "agenda-since", "agenda-decide")),
        ]
        assert [(answer.status_code, answer.content.decode()) for answer in answers] == [(422, ALONE)] * 4


def test_changes_of_others_do_not_leave_the_server_while_one_is_in_the_room(cast: Cast, running: Meeting) -> None:
    address = url(cast, "meeting-changes", running)
    client = cast.client(cast.amina)
    come(cast, running)
    before = client.get(address + "?since=0").json()
    assert before["whole"]
    cast.write("Toves hemmelighed", stay=cast.tove)
    cast.write("Runes egen")
    since = f"?since={before['to']}"
    for answer in (before, client.get(address + since).json()):
        assert {key.split("-")[0] for key in answer["fragments"]} == {f"f{cast.rune.pk}"}
        assert [pk for _, ids in answer["groups"] for pk in ids] == [cast.rune.pk]
        assert "Tove" not in str(answer)
    assert "Runes egen" in str(client.get(address + since).json())
    come(cast, running, "0")
    assert "Toves hemmelighed" in str(client.get(address + since).json())


def test_no_absence_is_shown_to_the_resident(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting = services.meeting_start(
        access=cast.access(cast.mette), number=cast.meeting().number, present={cast.mette.pk: "here"}, today=TODAY
    )
    address = url(cast, "meeting-changes", meeting) + "?since=0"
    assert "Ingen fra teamet" in str(cast.client(cast.mette).get(address).json())
    come(cast, meeting)
    assert "Ingen fra teamet" not in str(cast.client(cast.mette).get(address).json())


def test_chair_ends_the_residents_part_before_going_on(cast: Cast, running: Meeting) -> None:
    come(cast, running)
    client = cast.client(cast.mette)
    other = item_of(cast, running, cast.tove).pk
    for name, data in (("spotlight-move", {"item": other}), ("meeting-recap", {}), ("meeting-close", {})):
        answer = client.post(url(cast, name, running), data)
        assert (answer.status_code, answer.content.decode()) == (422, ALONE), name
    assert client.post(url(cast, "spotlight-move", running), {"item": running.spotlight_id}).status_code == 204
    assert come(cast, running, "0") == 204
    assert client.post(url(cast, "spotlight-move", running), {"item": other}).status_code == 204
    state = client.get(url(cast, "meeting-changes", running) + "?since=0").json()["meeting"]
    assert "Tove · bolig 9" in state["agenda"]
    assert state["resident_present"] is False


def test_only_the_chair_says_that_the_resident_is_here_and_only_at_a_resident(cast: Cast, running: Meeting) -> None:
    assert come(cast, running, user=cast.amina) == 422
    assert come(cast, running, user=cast.stranger) == 404
    services.meeting_recap(access=cast.access(cast.mette), number=running.number, today=TODAY)
    answer = cast.client(cast.mette).post(url(cast, "resident-here", running), {"here": "1"})
    assert (answer.status_code, answer.content.decode()) == (422, "Gå til beboeren på dagsordenen først.")


def test_meeting_left_with_the_resident_in_the_room_is_closed_at_night_and_reopens_without(
    cast: Cast, running: Meeting, clock
) -> None:
    come(cast, running)
    clock.shift(timedelta(days=1))
    assert services.close_forgotten(timezone.now()) == 1
    services.meeting_reopen(
        access=cast.access(cast.lis), number=running.number, why="Rettes", today=timezone.localdate()
    )
    assert not Meeting.objects.for_home(cast.home).get(pk=running.pk).resident_present


def test_topic_is_no_resident_to_be_in_the_room(cast: Cast) -> None:
    services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Nøgler", key="")
    meeting = cast.start()
    topic = AgendaItem.objects.for_home(cast.home).get(meeting=meeting, topic__isnull=False)
    services.spotlight_move(access=cast.access(cast.mette), number=meeting.number, item_id=topic.pk, today=TODAY)
    assert come(cast, meeting) == 422


# --- who came and went ---


def row_of(cast: Cast, meeting: Meeting, name: str) -> Attendance:
    return Attendance.objects.for_home(cast.home).get(meeting=meeting, name=name)


def stamp(cast: Cast, meeting: Meeting, row: Attendance, what: str, at: str, **more: str):
    data = {"who": row.pk, "event": what, "at": at, **more}
    return cast.client(cast.mette).post(url(cast, "attendance-time", meeting), data)


def test_coming_late_and_leaving_early_stand_in_the_dialog_and_the_minutes(cast: Cast, running: Meeting) -> None:
    amina = row_of(cast, running, "Amina")
    assert stamp(cast, running, amina, "came", "09:20").status_code == 200
    page = stamp(cast, running, amina, "left", "09.25").content.decode()
    assert "kom kl. 9.20" in page
    assert "gik kl. 9.25" in page
    services.meeting_close(access=cast.access(cast.mette), meeting=running, why="", today=TODAY)
    present = Minutes.objects.for_home(cast.home).get().head["present"]
    assert [(one["name"], one["came"], one["left"]) for one in present] == [
        ("Mette", "", ""),
        ("Amina", "9.20", "9.25"),
    ]


def test_time_noted_by_mistake_is_taken_back(cast: Cast, running: Meeting) -> None:
    amina = row_of(cast, running, "Amina")
    stamp(cast, running, amina, "left", "09:25")
    assert stamp(cast, running, amina, "left", "", undo="1").status_code == 200
    assert row_of(cast, running, "Amina").left_at is None


@pytest.mark.parametrize(
    ("at", "words"), [("", "Skriv et tidspunkt"), ("halv ti", "Skriv tiden som"), ("25:00", "Skriv tiden som")]
)
def test_time_that_is_none_is_refused(cast: Cast, running: Meeting, at: str, words: str) -> None:
    answer = stamp(cast, running, row_of(cast, running, "Amina"), "came", at)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_nobody_leaves_before_coming_and_the_absent_do_neither(cast: Cast, running: Meeting) -> None:
    amina = row_of(cast, running, "Amina")
    stamp(cast, running, amina, "came", "09:20")
    answer = stamp(cast, running, amina, "left", "09:10")
    assert (answer.status_code, "kan ikke gå, før" in answer.content.decode()) == (422, True)
    answer = stamp(cast, running, row_of(cast, running, "Jonas"), "came", "10:00")
    assert "ikke noteret som til stede" in answer.content.decode()
    assert stamp(cast, running, Attendance(pk=999999), "came", "10:00").status_code == 404


def test_time_that_is_not_here_yet_is_refused(cast: Cast, running: Meeting, clock) -> None:
    amina = row_of(cast, running, "Amina")
    for what in ("came", "left"):
        answer = stamp(cast, running, amina, what, "09:31")
        assert (answer.status_code, answer.content.decode()) == (422, "Tidspunktet er ikke kommet endnu.")
    assert "kom kl. 9.30" in text_in(stamp(cast, running, amina, "came", "09:30"))
    services.meeting_close(access=cast.access(cast.mette), meeting=running, why="", today=TODAY)
    services.meeting_reopen(access=cast.access(cast.lis), number=running.number, why="Fremmøde", today=TODAY)
    clock.move_to("2026-11-18T08:00:00+01:00")
    assert "gik kl. 10.15" in text_in(stamp(cast, running, amina, "left", "10:15")), "of the day before"


def test_one_who_left_is_no_longer_counted_as_there(cast: Cast, running: Meeting) -> None:
    address = url(cast, "meeting-changes", running) + "?since=0"
    client = cast.client(cast.mette)
    assert "Teamet 1" in client.get(address).json()["meeting"]["agenda"]
    stamp(cast, running, row_of(cast, running, "Amina"), "left", "09:25")
    assert "Teamet 0" in client.get(address).json()["meeting"]["agenda"]


def test_guest_has_name_title_and_place_and_is_removed_when_noted_by_mistake(cast: Cast, running: Meeting) -> None:
    client = cast.client(cast.mette)
    guest, add = {"name": "Bo Holm", "title": "læge", "organisation": "Lægehuset"}, url(cast, "guest-add", running)
    assert "Bo Holm, læge, Lægehuset" in text_in(client.post(add, guest))
    twice = client.post(add, guest)
    assert (twice.status_code, "er allerede noteret" in twice.content.decode()) == (422, True)
    row = row_of(cast, running, "Bo Holm, læge, Lægehuset")
    assert (row.side, row.present) == (GUEST, True)
    assert client.post(url(cast, "guest-remove", running, row_of(cast, running, "Mette").pk)).status_code == 404
    assert "Bo Holm, læge" not in client.post(url(cast, "guest-remove", running, row.pk)).content.decode()
    answer = client.post(add, {"name": "jonas"})
    assert (answer.status_code, "jonas står allerede på listen" in answer.content.decode()) == (422, True)
    assert "Jonas, pårørende" in text_in(client.post(add, {"name": "Jonas", "title": "pårørende"}))
    answer = client.post(add, {"title": "læge"})
    assert (answer.status_code, "Skriv gæstens navn." in answer.content.decode()) == (422, True)
    answer = client.post(add, {"name": "x" * 50, "organisation": "y" * 40})
    assert (answer.status_code, "plads til 60" in answer.content.decode()) == (422, True)


def test_attendance_is_locked_with_the_meeting(cast: Cast, running: Meeting) -> None:
    row = row_of(cast, running, "Amina")
    services.meeting_close(access=cast.access(cast.mette), meeting=running, why="", today=TODAY)
    assert stamp(cast, running, row, "came", "09:20").status_code == 422
    assert cast.client(cast.mette).post(url(cast, "guest-remove", running, row.pk)).status_code == 422


# --- time ---


def test_planned_and_used_minutes_stand_in_list_recap_and_minutes_and_a_correction_does_not_count(
    cast: Cast, running: Meeting, clock
) -> None:
    clock.shift(timedelta(minutes=7))
    services.meeting_recap(access=cast.access(cast.mette), number=running.number, today=TODAY)
    client = cast.client(cast.mette)
    recap = client.get(url(cast, "recap", running)).content.decode()
    assert "· 7 min." in recap
    assert "Planlagt 60 min., brugt 7 min." in recap
    clock.shift(timedelta(minutes=45))
    services.meeting_close(access=cast.access(cast.mette), meeting=running, why="", today=TODAY)
    clock.shift(timedelta(hours=3))
    services.meeting_reopen(access=cast.access(cast.mette), number=running.number, why="", today=TODAY)
    again = Meeting.objects.for_home(cast.home).select_related("home", "series__team").get(pk=running.pk)
    services.meeting_close(access=cast.access(cast.mette), meeting=again, why="", today=TODAY)
    heads = [minutes.head for minutes in Minutes.objects.for_home(cast.home).order_by("edition")]
    assert [(head["planned"], head["used"]) for head in heads] == [(60, 52), (60, 52)]
    assert "planlagt 60, brugt 52 min." in client.get(reverse("meetings", args=[cast.home.slug])).content.decode()


def test_screens_know_when_the_planned_time_is_up(cast: Cast, running: Meeting) -> None:
    state = cast.client(cast.amina).get(url(cast, "meeting-changes", running) + "?since=0").json()["meeting"]
    assert state["ends"] == int(timezone.make_aware(NOW + timedelta(minutes=60)).timestamp())


@pytest.mark.parametrize(("start", "end", "minutes"), [
    (datetime(2026, 11, 17, 9, 30), datetime(2026, 11, 17, 10, 22), 52),
    # The clock goes back at 3 on 25 October and forward at 2 on 28 March.
    (datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 3, 30), 180),
    (datetime(2027, 3, 28, 1, 30), datetime(2027, 3, 28, 3, 30), 60),
])  # fmt: skip
def test_used_minutes_are_real_minutes_over_the_change_of_time(start, end, minutes) -> None:
    assert rules.used_minutes(timezone.make_aware(start), timezone.make_aware(end)) == minutes


# --- before ---


def test_before_the_meeting_each_is_told_what_is_missing_of_their_own(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove)
    address = url(cast, "meeting", cast.meeting())

    def own(user) -> str:
        page = cast.client(user).get(address).content.decode()
        return page.partition("Gør klar til mødet")[2].partition("Dagsorden lige nu")[0]

    assert own(cast.mette).count("Mangler status") == 2
    assert own(cast.mette).count("Spørg, og skriv svaret") == 2
    assert own(cast.jonas) == "", "Jonas is nobody's contact person"
    cast.write("Sover bedre")
    cast.write("Vil hjem", column_key="words", side="joint")
    assert "Rune" not in own(cast.mette)
    assert own(cast.mette).count("Mangler status") == 1
    assert "Rune" in own(cast.amina), "the team's status is another"


def test_status_that_has_grown_old_is_missing(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Sover bedre")
    clock.shift(timedelta(days=20))
    meeting = required(services.meeting_plan(series=cast.meeting().series, after=timezone.localdate(), by=None))
    page = cast.client(cast.mette).get(url(cast, "meeting", meeting)).content.decode()
    assert "Mangler status" in page


def test_how_to_page_counts_what_is_ready_and_names_nobody(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Aftale uden dag")
    cast.meeting()
    page = cast.client(cast.amina).get(reverse("meeting-how-to", args=[cast.home.slug])).content.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    for words in (
        "2 punkter på dagsordenen",
        "1 indsats mangler ansvarlig eller dag",
        "Ingen fra teamet er noteret endnu",
    ):
        assert words in main
    for prompt in ("Hvad siger beboeren selv?", "Hvad siger vi til beboeren"):
        assert prompt in main
    for name in ("Rune", "Tove", "Mette", "Aftale uden dag"):
        assert name not in main


def test_how_to_page_opens_without_a_meeting(cast: Cast) -> None:
    page = text_in(cast.client(cast.mette).get(reverse("meeting-how-to", args=[cast.home.slug])))
    assert "Hvad siger beboeren selv?" in page
    assert "Klar nu" not in page


def test_referents_pen_is_not_taken_by_entering_a_paper_meeting_while_one_runs(cast: Cast, running: Meeting) -> None:
    entry = services.PaperEntry(
        series=0, day=TODAY - timedelta(days=1), began=time(9), ended=time(10), chair=cast.amina.pk,
        referent=cast.amina.pk, present={}, stays=frozenset(), topics=frozenset(),
    )  # fmt: skip
    services.paper_enter(access=cast.access(cast.amina), entry=entry, key="", today=TODAY)
    assert board_services.holds_pen(cast.access(cast.mette))


def test_what_is_told_and_copied_of_others_is_veiled_while_a_resident_is_in_the_room(
    cast: Cast, running: Meeting
) -> None:
    other = item_of(cast, running, cast.tove).pk
    places = [("tell-list", other), ("tell-add", other), ("record-copy", cast.tove.pk)]
    assert come(cast, running) == 204
    client = cast.client(cast.mette)
    assert [client.get(url(cast, name, running, pk)).status_code for name, pk in places] == [422] * 3
    assert "Rune, bolig 4" in text_in(client.get(url(cast, "record-copy", running, cast.rune.pk)))
