"""Organisations, teams and homes, and what a home works with."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.access import accesses
from administration import rules
from administration.services.units import reserved_words
from audit import trail
from audit.models import Entry
from boards.models import Episode, Intervention, State
from core.errors import Denied
from meetings.models import Meeting, Series
from meetings.services import meeting_uncancel
from organisation.models import Home, Membership, Organisation, Team, TeamHome
from reminders import services
from reminders.models import Reminder
from residents.models import Stay
from tests.administration.conftest import Offices
from tests.conftest import TODAY, text_in

HOME = {"name": "Æblegården", "ownership": "municipal", "duty_title": "Vagthavende", "duty_phone": "70 00 00 09"}
TEAM = {
    "name": "Team Syd", "phone": "70 00 00 08", "duty_title": "Teamets vagt", "opens": "8.00", "closes": "15:30",
    "out_of_hours": "akutmodtagelsen",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Æblegården", [], "aeblegaarden"),
        ("Øen", [], "oeen"),
        ("Havtornen", ["havtornen"], "havtornen-2"),
        ("Havtornen", ["havtornen", "havtornen-2"], "havtornen-3"),
        ("Styring", ["styring"], "styring-2"),
        ("Café Élan  &  Co.", [], "cafe-elan-co"),
        ("…", [], "botilbud"),
        ("a" * 60, [], "a" * 36),
    ],
)
def test_slug_is_plain_letters_and_free(name: str, taken: list[str], slug: str) -> None:
    assert rules.slug_for(name, taken) == slug


@pytest.mark.parametrize("name", ["\u200b", "A\nB", "\u202eyB", "…", "=1"])
def test_name_nobody_can_read_is_refused(offices: Offices, name: str) -> None:
    data = {**HOME, "name": name, "organisation": offices.town.pk}
    assert offices.post(offices.bo, "/styring/botilbud/nyt/", data).status_code == 422
    assert Home.objects.count() == 2


def test_words_of_the_sites_own_addresses_are_reserved() -> None:
    assert {"styring", "konto", "demo", "find", "noegle", "min-dag", "static"} <= reserved_words()


def test_home_named_as_a_page_of_the_site_gets_another_word(offices: Offices) -> None:
    data = {**HOME, "name": "Styring", "organisation": offices.town.pk}
    assert offices.post(offices.bo, "/styring/botilbud/nyt/", data).status_code == 302
    assert Home.objects.get(name="Styring").slug == "styring-2"


def test_region_administrator_creates_a_municipality_and_names_it_anew(offices: Offices) -> None:
    data = {"name": "Nordby Kommune", "region": offices.region.pk, "key": "n"}
    assert offices.post(offices.sanne, "/styring/organisationer/ny/", data).status_code == 302
    made = Organisation.objects.get(name="Nordby Kommune")
    assert made.region == offices.region
    assert offices.post(offices.sanne, "/styring/organisationer/ny/", data).status_code == 302, "double click"
    assert Organisation.objects.filter(name="Nordby Kommune").count() == 1
    path = f"/styring/organisationer/{made.pk}/"
    assert offices.post(offices.sanne, path, {"name": "nordby  kommune"}).status_code == 302, "its own name, respelt"
    assert offices.post(offices.sanne, path, {"name": "sundbæk kommune"}).status_code == 422, "taken"
    assert offices.post(offices.sanne, path, {"name": " "}).status_code == 422
    assert offices.post(offices.sanne, path, {"name": "x" * 81}).status_code == 422
    assert Entry.objects.filter(scope=offices.region.scope, action="organisation.created").exists()


def test_address_for_the_logs_anchor_is_set_with_the_organisation(offices: Offices) -> None:
    path = f"/styring/organisationer/{offices.town.pk}/"
    name = offices.town.name
    for wrong in ("ingen", "a@b", "x" * 250 + "@kommune.invalid", "a@kommune.invalid\nBcc: b@x.invalid"):
        answer = offices.post(offices.sanne, path, {"name": name, "anchor_mail": wrong})
        assert answer.status_code == 422, wrong
    client = offices.cast.client(offices.sanne)
    right = {"name": name, "anchor_mail": "anker@kommune.invalid"}
    seen = offices.seen(client, path)
    assert offices.post(offices.sanne, path, right).status_code == 302
    offices.town.refresh_from_db()
    assert offices.town.anchor_mail == "anker@kommune.invalid"
    entry = Entry.objects.select_related("detail").get(action="organisation.changed")
    assert entry.data == {"before": name, "after": name}
    assert entry.detail.data == {"anchor_mail": "anker@kommune.invalid"}
    stale = client.post(path, {"name": name, "anchor_mail": "b@x.invalid", "seen": seen})
    assert stale.status_code == 409
    assert "anker@kommune.invalid" in stale.content.decode()
    assert offices.post(offices.sanne, path, {"name": name, "anchor_mail": ""}).status_code == 302
    offices.town.refresh_from_db()
    assert offices.town.anchor_mail == ""


def test_municipal_administrator_creates_no_organisation_and_no_team(offices: Offices) -> None:
    client = offices.cast.client(offices.bo)
    assert client.get("/styring/organisationer/ny/").status_code == 404
    assert client.post("/styring/team/nyt/", TEAM).status_code == 404
    assert client.get(f"/styring/organisationer/{offices.region.pk}/").status_code == 404


def test_stale_name_is_shown_as_it_became(offices: Offices) -> None:
    path = f"/styring/organisationer/{offices.town.pk}/"
    client = offices.cast.client(offices.sanne)
    seen = offices.seen(client, path)
    Organisation.objects.filter(pk=offices.town.pk).update(name="Sundbæk Ny Kommune")
    answer = client.post(path, {"name": "Noget tredje", "seen": seen})
    assert answer.status_code == 409
    assert "Sundbæk Ny Kommune" in answer.content.decode()
    assert client.post(path, {"name": "Uden mærke"}).status_code == 409


def test_team_is_created_changed_and_its_hours_checked(offices: Offices) -> None:
    data = {**TEAM, "organisation": offices.region.pk}
    assert offices.post(offices.sanne, "/styring/team/nyt/", data).status_code == 302
    team = Team.objects.get(name="Team Syd")
    assert (team.opens, team.closes) == (time(8), time(15, 30))
    path = f"/styring/team/{team.pk}/"
    answer = offices.post(offices.sanne, path, {**TEAM, "closes": "7:00"})
    assert answer.status_code == 422
    assert "Teamet lukker, før det åbner." in answer.content.decode()
    assert offices.post(offices.sanne, path, {**TEAM, "name": "team nord"}).status_code == 422
    assert offices.post(offices.sanne, path, {**TEAM, "phone": "70 00 00 10"}).status_code == 302
    assert Team.objects.get(pk=team.pk).phone == "70 00 00 10"
    assert offices.cast.client(offices.outside).get(path).status_code == 404


def test_home_is_created_with_a_word_that_outlives_its_name(offices: Offices) -> None:
    data = {**HOME, "organisation": offices.town.pk, "key": "k"}
    for _ in range(2):
        assert offices.post(offices.bo, "/styring/botilbud/nyt/", data).status_code == 302
    home = Home.objects.get(slug="aeblegaarden")
    assert (
        offices.post(offices.bo, f"/styring/botilbud/{home.pk}/ret/", {**HOME, "name": "Pærehaven"}).status_code == 302
    )
    home.refresh_from_db()
    assert (home.name, home.slug) == ("Pærehaven", "aeblegaarden")
    data = {**HOME, "name": "havtornen", "organisation": offices.town.pk}
    assert offices.post(offices.bo, "/styring/botilbud/nyt/", data).status_code == 422, "two of a name in one owner"
    wrong = {**HOME, "organisation": offices.region.pk}
    assert offices.post(offices.bo, "/styring/botilbud/nyt/", wrong).status_code == 422, "not Bo's organisation"


def test_leader_corrects_the_own_home_but_not_another(offices: Offices) -> None:
    cast = offices.cast
    data = {"name": "Havtornen", "ownership": "municipal", "duty_title": "Vagten", "duty_phone": "70 00 00 77"}
    assert offices.post(cast.lis, f"/styring/botilbud/{cast.home.pk}/ret/", data).status_code == 302
    assert Home.objects.get(pk=cast.home.pk).duty_phone == "70 00 00 77"
    assert cast.client(cast.lis).get(f"/styring/botilbud/{cast.other_home.pk}/").status_code == 404
    assert cast.client(cast.lis).get(f"/styring/botilbud/{cast.home.pk}/team/").status_code == 404
    assert cast.client(cast.mette).get(f"/styring/botilbud/{cast.home.pk}/").status_code == 404


def test_home_is_municipal_private_or_a_regions_own(offices: Offices) -> None:
    new = "/styring/botilbud/nyt/"
    private = {**HOME, "ownership": "private", "organisation": offices.town.pk}
    assert offices.post(offices.bo, new, private).status_code == 302
    home = Home.objects.get(slug="aeblegaarden")
    assert home.ownership == "private"
    assert "Privat botilbud" in offices.text(offices.bo, f"/styring/botilbud/{home.pk}/")
    answer = offices.post(offices.bo, new, {**private, "name": "Byhuset", "ownership": "regional"})
    assert (answer.status_code, "Vælg en af de nævnte." in answer.content.decode()) == (422, True)
    regional = {**HOME, "name": "Kysten", "organisation": offices.region.pk}
    assert offices.post(offices.sanne, new, regional).status_code == 302
    coast = Home.objects.get(slug="kysten")
    assert coast.ownership == "regional"
    change = f"/styring/botilbud/{coast.pk}/ret/"
    assert "Ejerform" not in offices.text(offices.sanne, change)
    assert (
        offices.post(offices.sanne, change, {**HOME, "name": "Kysten", "duty_phone": "70 00 00 01"}).status_code == 302
    )
    coast.refresh_from_db()
    assert (coast.ownership, coast.duty_phone) == ("regional", "70 00 00 01")


@pytest.mark.parametrize(
    ("wanted", "hit"),
    [("aeble", True), ("ÆBLE", True), ("gården", True), ("gaarden", True), ("team nord", False), ("zzz", False)],
)
def test_homes_are_found_whatever_the_keyboard(offices: Offices, wanted: str, hit: bool) -> None:
    Home.objects.create(organisation=offices.town, name="Æblegården", slug="a")
    page = offices.text(offices.bo, f"/styring/botilbud/?q={wanted}")
    assert ("Æblegården" in page) == hit


def test_seventy_two_homes_stand_in_one_table(offices: Offices, django_assert_max_num_queries) -> None:
    for number in range(70):
        home = Home.objects.create(organisation=offices.town, name=f"Hus {number}", slug=f"hus-{number}")
        TeamHome.objects.create(team=offices.cast.team, home=home, from_day=date(2026, 1, 1))
        Series(home=home, team=offices.cast.team, weekday=number % 5, time=time(9)).insert()
    client = offices.cast.client(offices.sanne)
    client.get("/styring/")
    with django_assert_max_num_queries(11):
        page = client.get("/styring/botilbud/").content.decode()
    assert "72 botilbud" in page
    assert page.count("<tr") == 73


def test_second_team_comes_with_its_days_and_fixed_meetings(offices: Offices) -> None:
    cast = offices.cast
    base = f"/styring/botilbud/{cast.home.pk}/"
    link = {"team": cast.other_team.pk, "weekdays": ["0", "2"], "from_day": "2026-11-17"}
    assert offices.post(offices.bo, f"{base}team/", link).status_code == 302
    assert offices.post(offices.bo, f"{base}team/", link).status_code == 422, "already there"
    assert TeamHome.objects.get(home=cast.home, team=cast.other_team).weekdays == [0, 2]
    assert [a.home for a in accesses(cast.other_nurse, TODAY)] == [cast.home, cast.other_home]
    series = {"team": cast.other_team.pk, "weekday": "2", "time": "13.00", "minutes": "45", "holiday_rule": "next"}
    assert offices.post(cast.lis, f"{base}moeder/", series).status_code == 302
    assert offices.post(cast.lis, f"{base}moeder/", {**series, "key": "2"}).status_code == 422, "one a team"
    meeting = Meeting.objects.for_home(cast.home).get(series__team=cast.other_team)
    assert (meeting.date, meeting.time) == (date(2026, 11, 18), time(13))
    page = offices.text(cast.lis, base)
    assert "mandag og onsdag" in page
    assert "onsdag kl. 13.00" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"to_day": "2026-11-01"}, {"from_day": ""}, {"from_day": "2029-01-01"}, {"weekdays": ["9"]}, {"team": "99"},
        {"from_day": "i morgen"},
    ],
)  # fmt: skip
def test_link_that_cannot_be_is_refused_with_what_was_typed(offices: Offices, wrong: dict[str, object]) -> None:
    data = {"team": offices.cast.other_team.pk, "weekdays": ["0"], "from_day": "2026-11-17", **wrong}
    path = f"/styring/botilbud/{offices.cast.home.pk}/team/"
    assert offices.post(offices.bo, path, data).status_code == 422
    assert TeamHome.objects.filter(home=offices.cast.home).count() == 1


def test_teams_end_takes_its_sight_and_its_meetings(offices: Offices, clock) -> None:
    cast = offices.cast
    cast.meeting()
    found = TeamHome.objects.get(home=cast.home)
    path = f"/styring/botilbud/{cast.home.pk}/team/{found.pk}/"
    data = {"weekdays": ["1"], "from_day": "2026-01-01", "to_day": "2026-11-20"}
    assert offices.post(offices.bo, path, data).status_code == 302
    assert Series.objects.for_home(cast.home).get().ended_on == date(2026, 11, 20)
    assert "Rune" in text_in(cast.client(cast.amina).get(f"/{cast.home.slug}/beboere/"))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 21, 9)))
    assert cast.client(cast.amina).get(f"/{cast.home.slug}/beboere/").status_code == 404


def test_administrator_who_works_in_a_team_does_not_open_a_home_to_it(offices: Offices) -> None:
    cast = offices.cast
    offices.member(cast.other_nurse).__class__.objects.create(
        user=cast.other_nurse, role="system", organisation=offices.region, from_day=date(2026, 1, 1)
    )
    data = {"team": cast.other_team.pk, "from_day": "2026-11-17"}
    answer = offices.post(cast.other_nurse, f"/styring/botilbud/{cast.home.pk}/team/", data)
    assert answer.status_code == 422
    assert "Du arbejder selv i teamet" in answer.content.decode()


@pytest.mark.parametrize(("phone", "words"), [
    ("ring til mig", "Skriv telefonnummeret med tal"), ("70 00 00 0x", "Skriv telefonnummeret med tal"),
    ("7" * 21, "Der er plads til 20 tegn."), ("+ +", "Skriv telefonnummeret med tal"),
])  # fmt: skip
def test_phone_of_a_team_and_a_home_is_digits_spaces_and_plus(offices: Offices, phone: str, words: str) -> None:
    cast = offices.cast
    home, new = {**HOME, "duty_phone": phone}, {**TEAM, "phone": phone, "organisation": offices.region.pk}
    for path, data in (
        ("/styring/team/nyt/", new), (f"/styring/team/{cast.team.pk}/", {**TEAM, "phone": phone}),
        (f"/styring/botilbud/{cast.home.pk}/ret/", home),
    ):  # fmt: skip
        answer = offices.post(offices.sanne, path, data)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), path
    assert {cast.team.phone} == {Team.objects.get(pk=cast.team.pk).phone}
    assert Home.objects.get(pk=cast.home.pk).duty_phone == "70 00 00 02"


def test_fixed_meetings_end_and_later_ones_are_cancelled(offices: Offices) -> None:
    cast = offices.cast
    meeting = cast.meeting()
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=date(2026, 12, 1))
    series = Series.objects.for_home(cast.home).get()
    path = f"/styring/botilbud/{cast.home.pk}/moeder/{series.pk}/"
    assert offices.post(cast.lis, path, {"on": "2026-11-16"}).status_code == 422, "gone"
    for wrong in ("2036-11-24", "9999-12-31"):
        assert "Er årstallet rigtigt?" in offices.post(cast.lis, path, {"on": wrong}).content.decode()
    assert offices.post(cast.lis, path, {"on": "2026-11-24"}).status_code == 302
    assert cast.client(cast.lis).post(path, {"on": "2026-11-24"}).status_code == 302, "twice"
    assert cast.client(cast.lis).post(path, {"on": "2026-11-25"}).status_code == 409, "from a page of before"
    assert Series.objects.for_home(cast.home).get().ended_on == date(2026, 11, 24)
    assert Meeting.objects.for_home(cast.home).get(pk=meeting.pk).state == Meeting.State.CANCELLED
    foreign = Series.objects.for_home(cast.other_home).get()
    assert cast.client(cast.lis).post(f"/styring/botilbud/{cast.home.pk}/moeder/{foreign.pk}/").status_code == 422
    data = {"on": "2026-11-24"}
    assert cast.client(cast.lis).post(f"/styring/botilbud/{cast.home.pk}/moeder/{foreign.pk}/", data).status_code == 404


def test_last_day_of_the_fixed_meetings_can_be_corrected_while_it_is_ahead(offices: Offices, clock) -> None:
    cast = offices.cast
    meeting = cast.meeting()
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=date(2026, 12, 1))
    series = Series.objects.for_home(cast.home).get()
    path = f"/styring/botilbud/{cast.home.pk}/moeder/{series.pk}/"

    def last(day: str) -> int:
        return int(offices.post(cast.lis, path, {"on": day}).status_code)

    def stands() -> tuple[date | None, str]:
        found = Series.objects.for_home(cast.home).get(pk=series.pk)
        return found.ended_on, Meeting.objects.for_home(cast.home).get(pk=meeting.pk).state

    assert last("2026-11-24") == 302
    assert f'href="{path}"' in offices.text(cast.lis, f"/styring/botilbud/{cast.home.pk}/")
    assert 'value="2026-11-24"' in offices.text(cast.lis, path)
    assert last("2026-12-08") == 302
    assert stands() == (date(2026, 12, 8), Meeting.State.OPEN), "later: the meeting comes back"
    assert last("2026-11-20") == 302
    assert stands() == (date(2026, 11, 20), Meeting.State.CANCELLED), "earlier"
    assert last("2026-11-16") == 422
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(why="Ferie")
    assert last("2026-12-15") == 302
    assert stands() == (date(2026, 12, 15), Meeting.State.CANCELLED), "cancelled by people, it stays so"
    assert Meeting.objects.for_home(cast.home).filter(state=Meeting.State.OPEN).count() == 1, "the next one is planned"
    TeamHome.objects.filter(home=cast.home).update(to_day=date(2026, 12, 20))
    assert "Teamet kommer ikke" in offices.post(cast.lis, path, {"on": "2026-12-22"}).content.decode()
    Series(home=cast.home, team=cast.team, weekday=2, time=series.time).insert()
    assert "nye faste møder" in offices.post(cast.lis, path, {"on": "2026-12-16"}).content.decode()
    clock.move_to(timezone.make_aware(datetime(2026, 12, 16, 9)))
    answer = cast.client(cast.lis).post(path, {"on": "2026-12-18"})
    assert (answer.status_code, "De faste møder sluttede 15.12.2026." in answer.content.decode()) == (422, True)
    assert trail.broken_links(cast.home.scope) == []


def test_team_that_stops_ends_meetings_that_were_to_go_on_longer(offices: Offices) -> None:
    cast = offices.cast
    Series.objects.for_home(cast.home).update(ended_on=date(2026, 12, 15))
    link = TeamHome.objects.get(home=cast.home)
    path = f"/styring/botilbud/{cast.home.pk}/team/{link.pk}/"
    data = {"from_day": "2026-01-01", "weekdays": ["1", "3"], "to_day": "2026-11-30"}
    assert offices.post(offices.bo, path, data).status_code == 302
    assert Series.objects.for_home(cast.home).get().ended_on == date(2026, 11, 30)


def test_home_leaves_the_cooperation_once_the_day_is_here(offices: Offices, clock) -> None:
    cast = offices.cast
    cast.meeting()
    path = f"/styring/botilbud/{cast.home.pk}/forlader/"
    assert cast.client(cast.lis).get(path).status_code == 404
    assert offices.post(offices.bo, path, {"on": "2026-11-18"}).status_code == 422, "ahead"
    for wrong in ("0001-01-01", "2016-11-17"):
        assert "Er årstallet rigtigt?" in offices.post(offices.bo, path, {"on": wrong}).content.decode()
    assert Home.objects.get(pk=cast.home.pk).left_on is None
    assert offices.post(offices.bo, path, {"on": "2026-11-17"}).status_code == 302
    assert offices.cast.client(offices.bo).post(path, {"on": "2026-11-16"}).status_code == 302, "twice"
    home = Home.objects.get(pk=cast.home.pk)
    assert home.left_on == TODAY
    assert not Stay.objects.for_home(home).filter(to_day=None).exists()
    assert TeamHome.objects.get(home=home).to_day == TODAY
    assert Series.objects.for_home(home).get().ended_on == TODAY
    assert Stay.objects.for_home(cast.other_home).filter(to_day=None).exists(), "the neighbours stay"
    clock.move_to(timezone.make_aware(datetime(2026, 11, 18, 9)))
    assert accesses(cast.amina, date(2026, 11, 18)) == []
    assert trail.broken_links(home.scope) == []
    assert trail.broken_links(offices.town.scope) == []


def test_home_does_not_leave_in_the_middle_of_a_meeting(offices: Offices) -> None:
    offices.cast.start()
    answer = offices.post(offices.bo, f"/styring/botilbud/{offices.cast.home.pk}/forlader/", {"on": "2026-11-17"})
    assert answer.status_code == 422
    assert Stay.objects.for_home(offices.cast.home).filter(to_day=None).count() == 4


def test_home_that_leaves_closes_what_was_open_and_takes_nobody_in(offices: Offices) -> None:
    cast = offices.cast
    cast.put_on_board(cast.rune)
    cast.agree()
    assert (
        offices.post(offices.bo, f"/styring/botilbud/{cast.home.pk}/forlader/", {"on": "2026-11-17"}).status_code == 302
    )
    assert not Episode.objects.for_home(cast.home).filter(closed_on=None).exists()
    assert not Intervention.objects.for_home(cast.home).filter(state=State.PLANNED).exists()
    data = {"name": "Ny", "flat": "77", "from_day": "2026-11-17"}
    assert cast.client(cast.mette).post(f"/{cast.home.slug}/beboere/ny/", data).status_code == 422
    assert not Stay.objects.for_home(cast.home).filter(to_day=None).exists()


def test_administrator_does_not_prolong_their_own_teams_time_at_a_home(offices: Offices) -> None:
    cast = offices.cast
    Membership.objects.create(user=cast.amina, role="system", organisation=offices.town, from_day=date(2026, 1, 1))
    TeamHome.objects.filter(home=cast.home).update(to_day=date(2026, 11, 1))
    link = TeamHome.objects.get(home=cast.home)
    path = f"/styring/botilbud/{cast.home.pk}/team/{link.pk}/"
    answer = offices.post(cast.amina, path, {"from_day": "2026-01-01", "weekdays": ["1"]})
    assert (answer.status_code, "Du arbejder selv i teamet" in answer.content.decode()) == (422, True)
    assert accesses(cast.amina, TODAY) == []


def test_cancelled_meeting_is_not_held_after_all_once_the_series_ended(offices: Offices) -> None:
    cast = offices.cast
    meeting = cast.meeting()
    Meeting.objects.for_home(cast.home).filter(pk=meeting.pk).update(date=date(2026, 12, 1))
    series = Series.objects.for_home(cast.home).get()
    offices.post(cast.lis, f"/styring/botilbud/{cast.home.pk}/moeder/{series.pk}/", {"on": "2026-11-24"})
    with pytest.raises(Denied, match="De faste møder er afsluttet"):
        meeting_uncancel(access=cast.access(cast.mette), number=meeting.number, today=TODAY)


def fixed(offices: Offices, **change: str) -> tuple[str, dict[str, str]]:
    series = Series.objects.for_home(offices.cast.home).get()
    path = f"/styring/botilbud/{offices.cast.home.pk}/moeder/{series.pk}/ret/"
    return path, {"weekday": "1", "time": "9.30", "minutes": "60", "holiday_rule": series.holiday_rule, **change}


def test_leader_gives_the_fixed_meetings_another_day_and_the_contacts_are_told(offices: Offices, settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"
    cast = offices.cast
    cast.put_on_board(cast.rune)
    meeting = cast.meeting()
    path, data = fixed(offices, weekday="3", time="13.15")
    assert f'href="{path}"' in offices.text(cast.lis, f"/styring/botilbud/{cast.home.pk}/")
    assert offices.post(cast.lis, path, data).status_code == 302
    stands = Meeting.objects.for_home(cast.home).get(pk=meeting.pk)
    assert (stands.date, stands.time, stands.moved_from) == (date(2026, 11, 19), time(13, 15), TODAY)
    services.tick(timezone.now())
    told = Reminder.objects.for_home(cast.home).filter(kind="meeting-moved")
    assert sorted(told.values_list("recipient__name", flat=True)) == ["Amina", "Mette"]
    said = (
        "Mødet er flyttet fra tirsdag 17. november til torsdag 19. november kl. 13.15: Vi har fået en ny fast mødetid"
    )
    assert said in text_in(cast.client(cast.amina).get(reverse("reminders")))
    assert Entry.objects.filter(action="series.changed").count() == 1
    assert offices.post(cast.lis, path, data).status_code == 302, "the same again"
    assert Entry.objects.filter(action="series.changed").count() == 1


@pytest.mark.parametrize(("change", "words"), [
    ({"minutes": "10"}, "Mindst 15 minutter."),
    ({"time": "25.00"}, "Skriv tiden som 14.30."),
    ({"weekday": "8"}, "Vælg en af de nævnte."),
    ({"seen": "stale"}, "En anden har ændret det imens."),
])  # fmt: skip
def test_fixed_meetings_are_not_changed_by_what_is_wrong_or_old(
    offices: Offices, change: dict[str, str], words: str
) -> None:
    path, data = fixed(offices, weekday="4")
    answer = offices.post(offices.cast.lis, path, {**data, **change})
    assert answer.status_code == (409 if "seen" in change else 422)
    assert words in answer.content.decode()
    assert Series.objects.for_home(offices.cast.home).get().weekday == 1


def test_fixed_meetings_that_have_ended_and_another_homes_are_not_there_to_change(offices: Offices) -> None:
    cast = offices.cast
    path, data = fixed(offices, weekday="4")
    Series.objects.for_home(cast.home).update(ended_on=TODAY - timedelta(days=1))
    assert offices.post(cast.lis, path, data).status_code == 404
    Series.objects.for_home(cast.home).update(ended_on=None)
    theirs = path.replace(f"/botilbud/{cast.home.pk}/", f"/botilbud/{cast.other_home.pk}/")
    assert offices.post(cast.lis, theirs, data).status_code == 404
    assert Series.objects.for_home(cast.home).get().weekday == 1
