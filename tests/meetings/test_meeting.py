import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from boards import services as board_services
from boards.models import Pen, State, Urgency
from core.errors import Denied
from criteria.models import Level
from meetings import services
from meetings.models import AgendaItem, Attendance, CarryOver, Meeting, Minutes, MinutesSection
from organisation.models import Side
from residents import services as resident_services
from residents.models import BasisKind, Giver, Stay
from tests.conftest import EVERY_PART, TODAY, Cast, required

ALL = EVERY_PART


@pytest.fixture
def running(cast: Cast) -> Meeting:
    """Rune akut and Tove subakut, the meeting begun by Mette."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove)
    return cast.start()


def items(cast: Cast, meeting: Meeting) -> list[AgendaItem]:
    return list(AgendaItem.objects.for_home(cast.home).filter(meeting=meeting).order_by("order"))


def go(cast: Cast, meeting: Meeting, item: AgendaItem, by=None) -> Meeting:
    return services.spotlight_move(
        access=cast.access(by or cast.mette), number=meeting.number, item_id=item.pk, today=TODAY
    )


def close(cast: Cast, meeting: Meeting, why: str = "", by=None) -> Meeting:
    return services.meeting_close(access=cast.access(by or cast.mette), meeting=meeting, why=why, today=TODAY)


def test_starter_chairs_and_everyones_screen_goes_to_the_first_resident(cast: Cast, running: Meeting) -> None:
    assert (running.state, running.chair, running.referent) == (Meeting.State.RUNNING, cast.mette, cast.mette)
    assert running.spotlight is not None
    assert running.spotlight.stay_id == cast.rune.pk
    assert Pen.objects.get(home=cast.home).user == cast.mette
    present = Attendance.objects.for_home(cast.home).filter(present=True).order_by("name")
    assert [(row.name, row.side, row.online) for row in present] == [("Amina", "team", True), ("Mette", "home", False)]


def test_second_start_and_second_running_meeting_are_refused(cast: Cast, running: Meeting) -> None:
    with pytest.raises(Denied, match="allerede i gang"):
        services.meeting_start(access=cast.access(cast.amina), number=running.number, present={}, today=TODAY)


def test_going_on_marks_the_last_as_discussed_with_its_time(cast: Cast, running: Meeting, clock) -> None:
    first, second = items(cast, running)[:2]
    clock.shift(timedelta(minutes=4))
    go(cast, running, second)
    first.refresh_from_db(from_queryset=AgendaItem.objects.for_home(cast.home))
    assert (first.state, first.seconds) == (AgendaItem.State.DONE, 240)
    assert Stay.objects.for_home(cast.home).get(pk=cast.rune.pk).last_discussed == TODAY


def test_only_the_chair_moves_the_spotlight_and_anyone_takes_the_chair_in_one_click(
    cast: Cast, running: Meeting
) -> None:
    second = items(cast, running)[1]
    with pytest.raises(Denied, match="Mette leder mødet"):
        go(cast, running, second, by=cast.amina)
    client = cast.client(cast.amina)
    assert client.post(reverse("chair-take", args=[cast.home.slug, running.number])).status_code == 204
    assert go(cast, running, second, by=cast.amina).spotlight_id == second.pk


def test_resident_raised_during_the_meeting_joins_the_agenda(cast: Cast, running: Meeting) -> None:
    cast.put_on_board(cast.vibeke)
    resident_services.team_link(stay=cast.vibeke, team=cast.team, from_day=TODAY, by=cast.amina)
    resident_services.basis_record(
        stay=cast.vibeke,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.CONSENT, covers="x", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.mette,
    )
    go(cast, running, items(cast, running)[1])
    assert cast.vibeke.pk in [item.stay_id for item in items(cast, running)]


def test_meeting_warns_when_one_side_is_missing(cast: Cast, running: Meeting) -> None:
    url = reverse("attendance", args=[cast.home.slug, running.number])
    client = cast.client(cast.mette)
    client.post(url, {"who": cast.amina.pk, f"p-{cast.amina.pk}": ""})
    client.post(reverse("guest-add", args=[cast.home.slug, running.number]), {"name": "Egen læge Bo"})
    page = cast.client(cast.amina).get(reverse("meeting", args=[cast.home.slug, running.number])).content.decode()
    assert "Ingen fra teamet er noteret" in page
    assert "Botilbuddet 1 · Teamet 0 · Gæster 1" in page, "a guest is no presence of the team"


def test_spotlight_shows_joint_texts_only(cast: Cast, running: Meeting) -> None:
    cast.write("Teamets ord", by=cast.amina, side=Side.TEAM)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    url = reverse("agenda-item", args=[cast.home.slug, running.number, running.spotlight_id])
    assert "Teamets ord" not in cast.client(cast.amina).get(url).content.decode(), "not even to the team itself"
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert cast.client(cast.mette).get(url).status_code == 404


def test_five_prompts_begin_and_end_with_the_resident(cast: Cast, running: Meeting) -> None:
    url = reverse("agenda-item", args=[cast.home.slug, running.number, running.spotlight_id])
    page = cast.client(cast.amina).get(url).content.decode()
    places = [page.index(words) for words in (
        "Hvad siger beboeren selv?", "Hvorfor på tavlen", "Hvad gør vi", "Op, ned eller uændret?",
        "Hvad siger vi til beboeren",
    )]  # fmt: skip
    assert places == sorted(places)


def test_close_over_a_gap_needs_a_reason_and_then_says_it(cast: Cast, running: Meeting) -> None:
    cast.agree("Aftale om udskrivning")
    url = reverse("meeting-close", args=[cast.home.slug, running.number])
    client = cast.client(cast.mette)
    answer = client.post(url)
    assert answer.status_code == 422
    assert "1 indsats mangler ansvarlig eller dag" in answer.content.decode()
    assert Meeting.objects.for_home(cast.home).get(pk=running.pk).state == Meeting.State.RUNNING
    assert client.post(url, {"why": "Afsnittet ringer i morgen"}).status_code == 204
    page = client.get(reverse("minutes", args=[cast.home.slug, running.number])).content.decode()
    assert "Afsnittet ringer i morgen" in page


def test_close_says_what_was_not_reached_carries_what_is_open_and_opens_the_next(cast: Cast, running: Meeting) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    close(cast, running)
    states = {item.stay_id: item.state for item in items(cast, running)}
    assert states[cast.rune.pk] == AgendaItem.State.DONE
    assert states[cast.tove.pk] == AgendaItem.State.NOT_REACHED
    assert CarryOver.objects.for_home(cast.home).get().intervention_id == row.pk
    following = services.home_meeting(cast.home)
    assert following is not None
    assert (following.state, following.date) == (Meeting.State.OPEN, TODAY + timedelta(days=7))
    assert services.missed_last(following) == {cast.tove.pk}
    assert not Pen.objects.exists()


def test_closed_meeting_refuses_with_the_reason(cast: Cast, running: Meeting) -> None:
    close(cast, running)
    client = cast.client(cast.mette)
    for name in ("spotlight-move", "meeting-recap", "chair-take", "referent-take", "meeting-close", "attendance"):
        answer = client.post(reverse(name, args=[cast.home.slug, running.number]), {"item": "1"})
        assert answer.status_code == 422, name
        assert "afsluttet" in answer.content.decode(), name


def test_minutes_are_locked_and_a_correction_is_a_new_edition(cast: Cast, running: Meeting) -> None:
    cast.write("Sover cirka 3 timer")
    close(cast, running)
    cast.write("Skrevet bagefter", seen=1)
    client = cast.client(cast.amina)
    url = reverse("minutes", args=[cast.home.slug, running.number])
    page = client.get(url).content.decode()
    assert "Sover cirka 3 timer" in page
    assert "Skrevet bagefter" not in page
    services.meeting_reopen(access=cast.access(cast.mette), number=running.number, why="", today=TODAY)
    close(cast, running)
    assert sorted(Minutes.objects.for_home(cast.home).values_list("edition", flat=True)) == [1, 2]
    assert "Skrevet bagefter" in client.get(url).content.decode()
    for section in MinutesSection.objects.for_home(cast.home):
        assert section.hash == services.section_hash(section)


def test_withdrawn_basis_hides_the_section_in_minutes_and_pdf(cast: Cast, running: Meeting) -> None:
    cast.write("Hemmeligt om natten")
    go(cast, running, items(cast, running)[1])
    close(cast, running)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    for user in (cast.mette, cast.amina):
        client = cast.client(user)
        page = client.get(reverse("minutes", args=[cast.home.slug, running.number])).content.decode()
        assert "Hemmeligt" not in page
        assert "1 beboer vises ikke" in page
        assert "Hemmeligt" not in pdf_text(client, cast, running)
    own = cast.client(cast.mette).get(reverse("minutes", args=[cast.home.slug, running.number]) + "?til=home")
    assert "Hemmeligt" in own.content.decode()
    other = cast.client(cast.amina).get(reverse("minutes", args=[cast.home.slug, running.number]) + "?til=home")
    assert other.status_code == 404


def pdf_text(client, cast: Cast, meeting: Meeting) -> str:
    answer = client.get(reverse("minutes-pdf", args=[cast.home.slug, meeting.number]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_pdf_holds_the_joint_minutes_and_reads_no_text_as_markup(cast: Cast, running: Meeting) -> None:
    cast.write('= Overskrift #panic("nej") $x$ *fed*')
    cast.agree("Ringe til søsteren", owner=cast.mette, due_on=TODAY)
    close(cast, running)
    text = pdf_text(cast.client(cast.amina), cast, running)
    for words in ("Rune", "Akut krise", "Ringe til søsteren", "Mette", '#panic("nej")', "Havtornen"):
        assert words in text, words


def test_what_was_ticked_off_meets_the_next_meetings_review(cast: Cast, running: Meeting, clock) -> None:
    done = cast.agree("Samtale om søvn", owner=cast.amina, due_on=TODAY)
    left = cast.agree("Tur til havnen", owner=cast.mette, due_on=TODAY)
    close(cast, running)
    clock.shift(timedelta(days=2))
    later = timezone.localdate()
    board_services.intervention_settle(
        access=cast.access(cast.amina), pk=done.pk, state=State.DONE, why="", seen=1, today=later
    )
    following = services.home_meeting(cast.home)
    assert following is not None
    open_rows, settled = services.since_last(following, cast.rune.pk, ALL)
    assert [(row.pk, times) for row, times in open_rows] == [(left.pk, 0)]
    assert [event.intervention.what for event in settled] == ["Samtale om søvn"]


def test_carry_over_is_counted_over_meetings(cast: Cast, running: Meeting, clock) -> None:
    row = cast.agree(owner=cast.mette, due_on=TODAY)
    close(cast, running)
    for _ in range(2):
        clock.shift(timedelta(days=7))
        day = timezone.localdate()
        following = services.home_meeting(cast.home)
        assert following is not None
        services.meeting_start(access=cast.access(cast.mette), number=following.number, present={}, today=day)
        following.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
        services.meeting_close(access=cast.access(cast.mette), meeting=following, why="", today=day)
    last = services.home_meeting(cast.home)
    assert last is not None
    assert services.since_last(last, cast.rune.pk, ALL)[0] == [(row, 2)]


def test_what_is_not_due_yet_is_not_put_off(cast: Cast, running: Meeting, clock) -> None:
    later = cast.agree("Om tre uger", owner=cast.mette, due_on=TODAY + timedelta(days=21))
    undated = cast.agree("Uden dag", owner=cast.mette)
    close(cast, running, why="Dagen aftales senere")
    clock.shift(timedelta(days=7))
    following = required(services.home_meeting(cast.home))
    carried = {row.pk: times for row, times in services.since_last(following, cast.rune.pk, ALL)[0]}
    assert carried == {later.pk: 0, undated.pk: 0}
    services.meeting_start(
        access=cast.access(cast.mette), number=following.number, present={}, today=timezone.localdate()
    )
    close(cast, services.meeting_of(cast.access(cast.mette), following.number), why="Stadig ikke aftalt")
    last = required(services.home_meeting(cast.home))
    carried = {row.pk: times for row, times in services.since_last(last, cast.rune.pk, ALL)[0]}
    assert carried == {later.pk: 0, undated.pk: 1}, "what has no day waits from one meeting to the next"


def test_contact_writes_what_the_resident_says_before_the_meeting(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    meeting, client = cast.meeting(), cast.client(cast.mette)
    page = client.get(reverse("meeting", args=[cast.home.slug, meeting.number])).content.decode()
    opens = reverse("resident", args=[cast.home.slug, cast.rune.pk])
    assert re.search(rf'data-hx-get="{opens}" data-dialog>\s*Spørg, og skriv svaret', page)
    edit = reverse("cell-edit", args=[cast.home.slug, cast.rune.pk, "words", "joint"])
    assert edit in client.get(opens).content.decode()
    cast.write("Jeg vil gerne sove igen.", column_key="words", side=Side.JOINT)
    cast.start()
    item = AgendaItem.objects.for_home(cast.home).get(stay=cast.rune)
    spotlight = client.get(reverse("agenda-item", args=[cast.home.slug, meeting.number, item.pk])).content.decode()
    assert "Jeg vil gerne sove igen." in spotlight


def test_reason_and_exit_question_stand_on_the_row_and_in_the_meeting(cast: Cast) -> None:
    cast.put_on_board(cast.rune, reason="Har ikke sovet i tre døgn")
    exit_question = cast.criterion("tidlige-tegn").exit_question
    board = cast.client(cast.amina).get(reverse("board", args=[cast.home.slug])).content.decode()
    meeting = cast.start()
    item = AgendaItem.objects.for_home(cast.home).get(stay=cast.rune)
    spotlight = reverse("agenda-item", args=[cast.home.slug, meeting.number, item.pk])
    for page in (board, cast.client(cast.amina).get(spotlight).content.decode()):
        assert "Har ikke sovet i tre døgn" in page
        assert f"Har ikke sovet i tre døgn. Går af tavlen, når {exit_question}." in page


def test_what_is_akut_for_the_resident_stands_where_a_level_is_set_and_in_the_meeting(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Når Rune holder op med at hilse", column_key="acute", side=Side.JOINT)
    meeting = cast.start()
    item = AgendaItem.objects.for_home(cast.home).get(stay=cast.rune)
    for name, rest in (
        ("level-change", [cast.rune.pk]), ("resident", [cast.rune.pk]), ("agenda-item", [meeting.number, item.pk]),
    ):  # fmt: skip
        page = cast.client(cast.amina).get(reverse(name, args=[cast.home.slug, *rest])).content.decode()
        assert "Når Rune holder op med at hilse" in page, name


def test_forgotten_meeting_is_closed_without_recap_the_day_after(cast: Cast, running: Meeting, clock) -> None:
    assert services.close_forgotten(timezone.now()) == 0
    clock.shift(timedelta(days=1))
    assert services.close_forgotten(timezone.now()) == 1
    found = Meeting.objects.for_home(cast.home).get(pk=running.pk)
    assert (found.state, found.without_recap) == (Meeting.State.CLOSED, True)


def test_topic_comes_on_the_next_agenda_until_it_is_talked_through(cast: Cast) -> None:
    client = cast.client(cast.mette)
    url = reverse("topic-park", args=[cast.home.slug])
    assert client.post(url, {"text": " ", "key": "a"}).status_code == 422
    for _ in range(2):
        assert client.post(url, {"text": "Nøgler til aftenvagten", "key": "b"}).status_code == 204
    number = cast.meeting().number
    page = client.get(reverse("meeting", args=[cast.home.slug, number])).content.decode()
    assert page.count("Nøgler til aftenvagten") == 1


def test_wall_clock_stays_at_half_past_nine_over_the_change_of_time(cast: Cast) -> None:
    meeting = cast.meeting()
    assert (meeting.time.hour, meeting.time.minute) == (9, 30)


def test_topic_about_a_resident_follows_the_residents_sharing(cast: Cast, running: Meeting) -> None:
    services.topic_park(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, team=cast.team, text="Hemmeligt om Rune", key=""
    )
    close(cast, running)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    following = services.home_meeting(cast.home)
    assert following is not None
    url = reverse("meeting", args=[cast.home.slug, following.number])
    for user in (cast.amina, cast.mette):
        assert "Hemmeligt" not in cast.client(user).get(url).content.decode()


def test_what_the_team_took_back_is_not_in_since_last_nor_in_the_minutes(cast: Cast, running: Meeting) -> None:
    cast.agree("Teamets hemmelige samtale", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    close(cast, running)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    client = cast.client(cast.mette)
    for suffix in ("", "?til=home"):
        page = client.get(reverse("minutes", args=[cast.home.slug, running.number]) + suffix).content.decode()
        assert "hemmelige" not in page
    number = required(services.home_meeting(cast.home)).number
    following = services.meeting_start(access=cast.access(cast.mette), number=number, present={}, today=TODAY)
    item = next(item for item in items(cast, following) if item.stay_id == cast.rune.pk)
    page = client.get(reverse("agenda-since", args=[cast.home.slug, following.number, item.pk])).content.decode()
    assert "hemmelige" not in page


def test_teams_sign_the_meeting_could_not_see_is_not_marked_as_discussed(cast: Cast, running: Meeting) -> None:
    board_services.sign_note(
        access=cast.access(cast.amina),
        stay_id=cast.rune.pk,
        text="Hos os",
        urgency=Urgency.MEETING,
        key="",
        today=TODAY,
    )
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    go(cast, running, items(cast, running)[1])
    assert "Hos os" in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()


def test_reopened_meeting_stands_open_the_day_it_was_reopened(cast: Cast, running: Meeting, clock) -> None:
    close(cast, running)
    clock.shift(timedelta(days=3))
    services.meeting_reopen(
        access=cast.access(cast.lis), number=running.number, why="Forkert dag", today=timezone.localdate()
    )
    assert services.close_forgotten(timezone.now()) == 0
    clock.shift(timedelta(days=1))
    assert services.close_forgotten(timezone.now()) == 1


def test_home_without_a_next_meeting_gets_one_at_night(cast: Cast) -> None:
    assert services.home_meeting(cast.home) is None
    services.close_forgotten(timezone.now())
    following = services.home_meeting(cast.home)
    assert following is not None
    assert following.date == TODAY


def test_polling_answers_where_the_meeting_is_too(cast: Cast, running: Meeting) -> None:
    answer = cast.client(cast.amina).get(f"/havtornen/moede/{running.number}/aendringer/?since=0").json()
    assert answer["meeting"]["item"] == running.spotlight_id
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    answer = cast.client(cast.amina).get(f"/havtornen/moede/{running.number}/aendringer/?since=0").json()
    assert answer["meeting"]["closed"] == [running.spotlight_id]
    assert answer["meeting"]["next"]["name"] == "Tove"
    assert "Rune" not in str(answer)


def test_early_sign_in_the_spotlight_says_who_saw_it(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    board_services.sign_note(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, text="Går om natten", urgency=Urgency.SOON, key="",
        today=TODAY,
    )  # fmt: skip
    meeting = cast.start()
    page = cast.client(cast.mette).get(f"/havtornen/moede/{meeting.number}/punkt/{meeting.spotlight_id}/")
    assert 'Går om natten <span class="meta">– Amina</span>' in page.content.decode()
