"""The screen on the wall: a link used once, on only while a meeting runs, and no more than it may show."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from criteria.models import Level
from meetings import services
from meetings.models import AgendaItem, Meeting, Series, WallScreen
from meetings.views.wall import COOKIE
from organisation.models import Side, TeamHome, User
from residents import services as residents
from tests.conftest import TODAY, Cast, text_in

NO_MEETING = "Skærmen tænder, når mødet begynder."


def url(cast: Cast, name: str, *rest: Any) -> str:
    return reverse(name, args=[cast.home.slug, *rest])


def link(cast: Cast, user: User | None = None, **data: Any) -> str:
    """The address of a new screen's link."""
    values = {"name": "Mødelokalet", "key": "s", **data}
    page = cast.client(user or cast.lis).post(url(cast, "wall-screens"), values).content.decode()
    return "/vaeg/" + page.split("/vaeg/")[1].split('"')[0]


@pytest.fixture
def screen(cast: Cast) -> Client:
    """A screen taken into use, nobody signed in at it."""
    client = Client()
    assert client.post(link(cast)).status_code == 302
    return client


@pytest.fixture
def running(cast: Cast) -> Meeting:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", reason="Hemmelig grund")
    cast.put_on_board(cast.tove)
    cast.write("Hemmelig status")
    cast.agree("Hemmelig tur", owner=cast.amina, due_on=TODAY)
    return cast.start()


def shown(client: Client) -> str:
    answer = client.get("/vaeg/nu/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_screen_shows_initials_flat_level_who_and_when_and_nothing_else(screen: Client, running: Meeting) -> None:
    for page in (shown(screen), screen.get("/vaeg/").content.decode()):
        for text in ("<b>R</b> · bolig 4", "<b>T</b> · bolig 9", "Akut", "<b>Amina</b> i dag"):
            assert text in page, text
        for text in ("Rune", "Tove", "Hemmelig", "Aksel", "bolig 10", "Vibeke"):
            assert text not in page, text


def test_screen_is_dark_outside_the_meeting(cast: Cast, screen: Client) -> None:
    cast.put_on_board(cast.rune)
    cast.meeting()
    assert NO_MEETING in shown(screen)
    assert "bolig" not in shown(screen)
    meeting = cast.start()
    assert "bolig 4" in shown(screen)
    services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Prøve", today=TODAY)
    assert NO_MEETING in shown(screen)
    actions = Entry.objects.filter(action__startswith="wall.s").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["wall.started", "wall.stopped"]


def test_link_works_once_and_for_a_day(cast: Cast, clock: Any) -> None:
    address = link(cast)
    first, second = Client(), Client()
    assert "Brug denne skærm" in text_in(first.get(address))
    assert NO_MEETING not in shown(first), "looking at the link does not use it"
    assert first.post(address).status_code == 302
    assert NO_MEETING in shown(first)
    assert second.post(address).status_code == 410
    assert "Skærmen er ikke tilsluttet" in shown(second)
    late = link(cast, key="t")
    clock.shift(timedelta(hours=24))
    assert second.post(late).status_code == 410


def test_neither_the_code_nor_the_key_is_kept(cast: Cast) -> None:
    address = link(cast)
    client = Client()
    client.post(address)
    kept = " ".join(str(value) for row in WallScreen.objects.for_home(cast.home).values_list() for value in row)
    assert address.split("/")[2] not in kept
    assert client.cookies[COOKIE].value not in kept
    assert client.cookies[COOKIE]["httponly"]


@pytest.mark.parametrize("value", ["", "x", "a" * 4000])
def test_somebody_elses_browser_sees_nothing(running: Meeting, value: str) -> None:
    client = Client()
    client.cookies[COOKIE] = value
    assert "Skærmen er ikke tilsluttet" in shown(client)
    assert client.post("/vaeg/findes-ikke/").status_code == 410


def test_leader_closes_a_screen_at_once(cast: Cast, screen: Client, running: Meeting) -> None:
    pk = WallScreen.objects.for_home(cast.home).get().pk
    assert cast.client(cast.mette).post(url(cast, "wall-revoke", pk)).status_code == 403
    for _ in range(2):
        assert cast.client(cast.lis).post(url(cast, "wall-revoke", pk)).status_code == 302
    assert "Skærmen er ikke tilsluttet" in shown(screen)
    assert "Mødelokalet" not in cast.client(cast.lis).get(url(cast, "wall-screens")).content.decode()


@pytest.mark.parametrize(("name", "words"), [("", "hænger"), ("   ", "hænger"), ("x" * 60, "plads til 40 tegn")])
def test_screen_without_a_place_is_refused(cast: Cast, name: str, words: str) -> None:
    answer = cast.client(cast.lis).post(url(cast, "wall-screens"), {"name": name, "key": "s"})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not WallScreen.objects.for_home(cast.home).exists()


def test_second_click_makes_one_screen_and_shows_no_link_twice(cast: Cast) -> None:
    data = {"name": "Mødelokalet", "key": "s"}
    answers = [cast.client(cast.lis).post(url(cast, "wall-screens"), data) for _ in range(2)]
    assert ["/vaeg/" in answer.content.decode() for answer in answers] == [True, False]
    assert WallScreen.objects.for_home(cast.home).count() == 1


def test_withdrawn_sharing_goes_from_the_wall(cast: Cast, screen: Client, running: Meeting) -> None:
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert "bolig 4" not in shown(screen)
    assert "bolig 9" in shown(screen)


def test_screen_of_one_team_shows_nothing_of_anothers_meeting(cast: Cast, running: Meeting) -> None:
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[2], from_day=date(2026, 1, 1))
    Series(home=cast.home, team=cast.other_team, weekday=2, time=running.time).insert()
    client = Client()
    client.post(link(cast, team=cast.other_team.pk))
    assert NO_MEETING in shown(client)
    assert "bolig" not in shown(client)


def test_resident_in_the_room_stands_alone_on_the_wall(cast: Cast, screen: Client, running: Meeting) -> None:
    cast.client(cast.mette).post(url(cast, "resident-here", running.number), {"here": "1"})
    assert "bolig 4" in shown(screen)
    assert "bolig 9" not in shown(screen)


def test_anyone_blanks_and_the_chair_lights(cast: Cast, screen: Client, running: Meeting) -> None:
    address = url(cast, "wall-blank", running.number)
    assert cast.client(cast.amina).post(address, {"blank": "1"}).status_code == 204
    assert "bolig" not in shown(screen)
    assert cast.client(cast.amina).post(address, {"blank": "0"}).status_code == 422
    assert cast.client(cast.mette).post(address, {"blank": "0"}).status_code == 204
    assert "bolig 4" in shown(screen)


def test_chair_shows_one_text_for_twenty_seconds(cast: Cast, screen: Client, running: Meeting, clock: Any) -> None:
    address = url(cast, "wall-show", running.number)
    cell = {"field": f"{cast.rune.pk}-status-home"}
    assert cast.client(cast.amina).post(address, cell).status_code == 422
    assert cast.client(cast.mette).post(address, cell).status_code == 204
    assert "Hemmelig status" in shown(screen)
    clock.shift(timedelta(seconds=20))
    assert "Hemmelig" not in shown(screen)
    assert Entry.objects.filter(action="wall.showed", actor=cast.mette.pk).count() == 1


def test_text_on_the_wall_goes_when_the_chair_moves_on(cast: Cast, screen: Client, running: Meeting) -> None:
    client = cast.client(cast.mette)
    client.post(url(cast, "wall-show", running.number), {"field": f"{cast.rune.pk}-status-home"})
    other = AgendaItem.objects.for_home(cast.home).get(meeting=running, stay=cast.tove)
    client.post(url(cast, "spotlight-move", running.number), {"item": other.pk})
    assert "Hemmelig" not in shown(screen)


@pytest.mark.parametrize(
    "cell", ["", "x", "{tove}-status-home", "{rune}-status-team-x", "{rune}-", "99999-status-home"]
)
def test_no_other_text_can_be_shown(cast: Cast, screen: Client, running: Meeting, cell: str) -> None:
    cast.write("Toves hemmelighed", stay=cast.tove)
    cell = cell.format(tove=cast.tove.pk, rune=cast.rune.pk)
    assert cast.client(cast.mette).post(url(cast, "wall-show", running.number), {"field": cell}).status_code == 404
    assert "emmelig" not in shown(screen)


def test_side_that_does_not_share_is_not_shown(cast: Cast, screen: Client, running: Meeting) -> None:
    cast.write("Teamets hemmelighed", by=cast.amina, side=Side.TEAM)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    address = url(cast, "wall-show", running.number)
    assert cast.client(cast.mette).post(address, {"field": f"{cast.rune.pk}-status-team"}).status_code == 404


def test_wall_asks_few_questions(screen: Client, running: Meeting, django_assert_max_num_queries: Any) -> None:
    shown(screen)
    with django_assert_max_num_queries(5):
        shown(screen)
