"""The settings of a region, and that boards and meetings follow them."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from administration import settings_page
from audit import trail
from audit.models import Entry
from boards import services as board_services
from boards.fragments import HEAD
from boards.live import snapshots
from boards.models import Told
from boards.search import find
from core.errors import Denied
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import AgendaItem
from organisation.models import RegionSettings, Side
from organisation.region import Rules, check
from reminders import services as reminder_services
from residents.sharing import Audience, AudienceKind
from tests.administration.people import Office, office_of
from tests.conftest import TODAY, Cast, required, text_in


@pytest.fixture
def office(cast: Cast) -> Office:
    return office_of(cast)


def fields(**typed: Any) -> dict[str, Any]:
    """The whole form as the browser sends it, with some of it changed."""
    sent = {**settings_page.flat(Rules()), "step": "save", "seen": "0", **typed}
    return {name: value for name, value in sent.items() if value is not False}


def send(office: Office, user: Any = None, **typed: Any) -> Any:
    client = office.cast.client(user or office.cast.karla)
    return client.post(f"/styring/indstillinger/{office.region.pk}/", fields(**typed))


def page(office: Office, url: str = "/havtornen/tavle/") -> str:
    return office.cast.client(office.cast.mette).get(url).content.decode()


def test_words_titles_and_columns_reach_the_board(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.tove, key="akut-krise", level=Level.AKUT)
    assert send(office, word_akut="Rød", word_subakut="Gul", title_goals="Ønsker").status_code == 302
    board = page(office)
    assert 'aria-label="Rød"' in board
    assert "1 rød" in board
    assert "<b>Gul</b>" in board
    assert '<th scope="col" class="width-short">Ønsker</th>' in board
    assert 'data-title="Ønsker"' in board
    assert '<th scope="col" class="width-middle">Koordination med andre</th>' in board
    dialog = page(office, f"/havtornen/niveau/{cast.vibeke.pk}/")
    assert "<b>Rød</b>" in dialog


def test_headings_of_the_region_stand_wherever_texts_and_lanes_do(office: Office, django_assert_num_queries) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune)
    cast.write("Vil ud at sejle", column_key="goals", side=Side.JOINT)
    cast.agree("Ringer til lægen", track="coordination")
    assert send(office, title_goals="Ønsker", title_social="Vi gør", title_coordination="De andre").status_code == 302
    meeting = cast.start()
    item = AgendaItem.objects.for_home(cast.home).get(meeting=meeting, stay=cast.rune)
    spotlight = page(office, reverse("agenda-item", args=[cast.home.slug, meeting.number, item.pk]))
    for words in ("Ønsker", "Vi gør", "Teamet", "De andre"):
        assert f"<h3>{words}</h3>" in spotlight
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Det var det", today=TODAY)
    then = page(office, reverse("board-then", args=[cast.home.slug, meeting.number]))
    for words in ("Ønsker", "Vi gør", "Botilbudsteamets indsatser", "De andre"):
        assert f">{words}</th>" in then
        assert f'data-title="{words}"' in then
    assert "Ringer til lægen" in then
    assert "Ønsker: »Vil ud at sejle«" in page(office, reverse("undo", args=[cast.home.slug]))
    accesses = [cast.access(cast.mette)]
    with django_assert_num_queries(6):
        (hit,) = find(accesses, "sejle", TODAY)
    assert hit.where == "Ønsker"
    send(office, seen="1", show_coordination=False)
    then = page(office, reverse("board-then", args=[cast.home.slug, meeting.number]))
    assert "Koordination med andre" not in then
    assert "Ringer til lægen" not in then


def test_hidden_column_is_gone_from_head_and_rows_and_its_text_is_kept(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune)
    cast.agree("Ringer til lægen", track="coordination")
    assert "Ringer til lægen" in page(office)
    send(office, show_coordination=False)
    board = page(office)
    assert "Koordination med andre" not in board
    assert "Ringer til lægen" not in board
    assert board.count('<th scope="col" class="width-') == 7
    send(office, seen="1", step="standard")
    assert "Ringer til lægen" in page(office)


def test_meanings_stand_in_the_dialog(office: Office) -> None:
    send(office, meaning_akut="Vi ringer sammen inden en time.")
    assert "Vi ringer sammen inden en time." in page(office, f"/havtornen/niveau/{office.cast.rune.pk}/")


def test_open_board_gets_new_headings_and_every_row(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune)
    home = Audience(AudienceKind.HOME)
    before = snapshots.snapshot(cast.home, home).seen
    send(office, title_goals="Ønsker")
    got = snapshots.changes(cast.home, home, before)
    assert got is not None
    assert "Ønsker" in got["fragments"][HEAD]
    assert 'data-title="Ønsker"' in got["rows"][cast.rune.pk]


def test_stale_days_and_follow_up_days_follow_the_settings(office: Office, clock: Any) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune)
    cast.write("Sover godt")
    cast.write("Vil i gang igen", column_key="goals", side="joint")
    clock.shift(timedelta(days=4))
    assert "gammel</b>" not in page(office)
    send(office, stale_days="3")
    assert page(office).count('class="age"') == 1, "the goals are of the slow kind"
    send(office, seen="1", stale_days="3", stale_days_slow="2", follow_up_days="10")
    board = page(office)
    assert board.count('class="age"') == 2
    assert "Opfølgning efter 10 dage" in board
    closed = cast.client(cast.mette).post(
        f"/havtornen/niveau/{cast.rune.pk}/af/", {"reason": "Ro på", "told": "yes", "seen": "1"}
    )
    assert closed.status_code == 204
    assert "Af tavlen 21.11. · Drøftes igen omkring 1.12." in page(office)


def test_meeting_has_the_regions_minutes_and_prompts(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune, key="akut-krise", level=Level.AKUT)
    send(office, akut_minutes="12", prompt_1="Hvad vil du selv sige?")
    meeting = cast.start()
    client = cast.client(cast.mette)
    item = meeting.agendaitem_set.model.objects.for_home(cast.home).filter(meeting=meeting).order_by("order").first()
    client.post(f"/havtornen/moede/{meeting.number}/gaa/", {"item": required(item).pk})
    state = client.get(f"/havtornen/moede/{meeting.number}/aendringer/?since=0").json()["meeting"]
    assert state["budget"] == 12 * 60
    assert "Hvad vil du selv sige?" in client.get(state["url"]).content.decode()


def test_preview_shows_the_new_words_and_saves_nothing(office: Office) -> None:
    answer = send(office, step="show", word_akut="Rød", prompt_2="Hvorfor nu?", title_goals="Ønsker")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Sådan kommer det til at se ud" in text
    assert "Intet er gemt endnu." in text
    assert "</kbd> Hvorfor nu?" in text
    assert '<th scope="col">Ønsker</th>' in text
    assert not RegionSettings.objects.exists()


@pytest.mark.parametrize(("typed", "words"), [
    ({"stale_days": "0"}, "Skriv et tal fra 1 til 365."),
    ({"stale_days": "366"}, "Skriv et tal fra 1 til 365."),
    ({"rotation_weeks": "53"}, "Skriv et tal fra 1 til 52."),
    ({"akut_minutes": "mange"}, "Skriv et tal fra 1 til 120."),
    ({"title_goals": " "}, "Skriv noget her."),
    ({"title_goals": "x" * 41}, "Der er plads til 40 tegn."),
    ({"word_akut": "subakut"}, "To niveauer kan ikke hedde det samme."),
    ({"prompt_5": ""}, "Skriv noget her."),
    ({"meaning_none": "x" * 201}, "Der er plads til 200 tegn."),
    ({}, "Der er ikke ændret noget."),
])  # fmt: skip
def test_wrong_settings_are_told_at_the_field_and_kept(office: Office, typed, words) -> None:
    answer = send(office, prompt_1="Mine ord" if typed else "Hvad siger beboeren selv?", **typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert not typed or 'value="Mine ord"' in text
    assert not RegionSettings.objects.exists()


@pytest.mark.parametrize("values", [
    {"hidden_columns": ["goals"]}, {"hidden_columns": ["safety"]}, {"stale_days": "7"}, {"prompts": ["Et"]},
    {"column_titles": {"goals": ""}}, {"level_words": {"akut": "x" * 21}},
])  # fmt: skip
def test_values_that_cannot_be_are_refused_below_the_form_too(values) -> None:
    with pytest.raises(Denied):
        check(values)


def test_stale_save_answers_409_with_both(office: Office) -> None:
    send(office, word_akut="Rød")
    answer = send(office, word_akut="Orange")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert 'Nu står der: <span class="text-block">Rød</span>' in text
    assert 'value="Orange"' in text
    assert 'name="seen" value="1"' in text
    assert settings_page.stored(office.region).rules.level("akut") == "Rød"
    assert send(office, word_akut="Orange", seen="1").status_code == 302


def test_double_click_saves_once(office: Office) -> None:
    for _ in range(2):
        assert send(office, word_akut="Rød", key="k").status_code == 302
    assert settings_page.stored(office.region).version == 1


def test_back_to_standard_stores_nothing_of_its_own(office: Office) -> None:
    send(office, word_akut="Rød", stale_days="3")
    assert settings_page.stored(office.region).values == {"level_words": {"akut": "Rød"}, "stale_days": 3}
    assert send(office, seen="1", step="standard").status_code == 302
    assert settings_page.stored(office.region).values == {}


def test_change_is_audited_in_the_region_and_moves_every_home_of_it(office: Office) -> None:
    homes = (office.cast.home, office.cast.other_home, office.solbakken)
    before = [trail.version_of(home.scope) for home in homes]
    send(office, word_akut="Rød", stale_days="3")
    entry = Entry.objects.get(scope=office.region.scope, action="settings.changed")
    assert entry.actor == office.cast.karla.pk
    assert entry.data == {"changed": ["stale_days", "word_akut"]}
    assert [trail.version_of(home.scope) for home in homes] == [version + 1 for version in before]
    assert not trail.broken_links(office.cast.home.scope)


def test_settings_are_for_the_regions_criteria_administrator(office: Office) -> None:
    cast = office.cast
    for user in (cast.mette, cast.lis, office.peter, cast.stranger):
        assert cast.client(user).get(f"/styring/indstillinger/{office.region.pk}/").status_code == 404, user.name
        assert send(office, user, word_akut="Rød").status_code == 404, user.name
    assert cast.client(cast.karla).get(f"/styring/indstillinger/{office.town.pk}/").status_code == 404
    own = text_in(cast.client(cast.karla).get(f"/styring/indstillinger/{office.region.pk}/"))
    assert "Region Sundbæk" in own
    assert 'name="word_akut" value="Akut"' in own, "nobody else's words were taken"


def test_words_of_the_levels_and_days_to_the_follow_up_are_the_same_everywhere(office: Office, clock: Any) -> None:
    cast = office.cast
    episode = cast.put_on_board(cast.rune, key="akut-krise", level=Level.AKUT)
    cast.put_on_board(cast.tove, key="tidlige-tegn")
    cast.agree("Går en tur", owner=cast.mette, due_on=TODAY)
    send(office, word_akut="Rød", word_subakut="Gul", follow_up_days="21")
    meeting = cast.meeting()
    before = page(office, f"/havtornen/moede/{meeting.number}/")
    assert '<span class="meta">Rød</span>' in before
    assert '<span class="meta">Gul</span>' in before
    assert " Rød</span>" in page(office, "/min-dag/")
    reminder_services.plan(TODAY)
    alarm = cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()
    assert "Rød. Du har ikke set det endnu" in alarm
    assert "Akut" not in alarm.partition("<main")[2]
    meeting = cast.start()
    meeting_services.meeting_close(
        access=cast.access(cast.mette), meeting=meeting, why="Tages op igen", without_recap=True, today=TODAY
    )
    then = page(office, f"/havtornen/moede/{meeting.number}/tavle/")
    assert '<tbody data-group="akut" aria-label="Rød">' in then
    assert "Om 21 dage kommer Rune" in page(office, f"/havtornen/niveau/{cast.rune.pk}/af/")
    board_services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        off=board_services.OffBoard(reason="Ro på.", told=Told.YES, crisis_plan_seen=True),
        seen=episode.version,
        key="",
        today=TODAY,
    )
    clock.move_to(timezone.make_aware(datetime.combine(TODAY + timedelta(days=21), time(9))))
    reminder_services.plan(TODAY + timedelta(days=20))
    assert "Opfølgning efter 21 dage" in page(office, "/min-dag/paamindelser/")
    assert "14 dage" not in page(office, "/min-dag/paamindelser/indstillinger/")
