"""The way in: who sees 'Styring', the first administrator, and the øvebotilbud."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from audit import anchors, trail
from audit.models import Entry
from boards.models import Episode, Intervention
from criteria.models import Criterion
from meetings.models import Meeting
from organisation.models import Home, Membership, Organisation, Role, User
from privacy.retention import services as retention
from reminders import services as reminder_services
from reminders.models import Reminder
from residents.models import Stay
from tests.administration.conftest import Offices
from tests.conftest import TODAY, text_in

WAITS = "Roller, der venter på et ja"


@pytest.mark.parametrize(
    ("who", "titles"),
    [
        ("sanne", ["Organisationer", "Team", "Botilbud", "Personer", WAITS, "Mange personer på én gang", "Opbevaring"]),
        ("bo", ["Organisationer", "Team", "Botilbud", "Personer", WAITS, "Mange personer på én gang", "Opbevaring"]),
        (
            "peter",
            [
                "Team",
                "Personer",
                WAITS,
                "Mange personer på én gang",
                "Stikprøver",
                "Delte tablets",
                "Opbevaring",
                "Loggens ankre",
            ],
        ),
    ],
)
def test_start_shows_what_one_can_do(offices: Offices, who: str, titles: list[str]) -> None:
    page = offices.text(getattr(offices, who), "/styring/")
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<th")[1:]
    assert [row.split('">')[2].split("<")[0] for row in rows] == titles


def test_criteria_administrator_finds_the_criteria_and_no_people(offices: Offices) -> None:
    page = offices.text(offices.cast.karla, "/styring/")
    assert reverse("administration-criteria-set") in page
    assert reverse("administration-settings-change", args=[offices.region.pk]) in page
    assert reverse("administration-people") not in page


def test_styring_stands_in_the_menu_of_those_who_set_up(offices: Offices, django_assert_num_queries) -> None:
    cast = offices.cast
    for user, shown in ((cast.lis, True), (offices.bo, True), (cast.mette, False), (cast.amina, False)):
        page = offices.text(user, "/styring/fravaer/")
        assert ('href="/styring/"' in page) == shown, user.name
        assert 'href="/styring/fravaer/"' in page


def test_first_administrator_is_made_once_and_chooses_a_password(db: None, client) -> None:
    out = StringIO()
    given = {"region": "Region Ny", "name": "Ida", "email": "Ida@x.invalid"}
    call_command("create_administrator", **given, stdout=out)
    call_command("create_administrator", **given, stdout=StringIO())
    region, ida = Organisation.objects.get(), User.objects.get()
    assert Membership.objects.get().role == Role.SYSTEM
    assert Criterion.objects.filter(organisation=region).count() == 16
    assert trail.broken_links(region.scope) == []
    link = next(line.strip() for line in out.getvalue().splitlines() if "/key/" in line)
    page = client.get(link.removeprefix("http://127.0.0.1:8000"), follow=True)
    password = "en lang og rolig adgangskode"
    client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password})
    ida.refresh_from_db()
    assert ida.check_password(password)
    client.post("/konto/login/", {"login": "ida@x.invalid", "password": password})
    page = text_in(client.get("/styring/"))
    assert "<summary>Ida" in page
    assert reverse("administration-people") in page


@pytest.mark.parametrize("wrong", [{"email": "ikke en mail"}, {"name": " "}, {"name": "x" * 41}])
def test_administrator_who_cannot_be_is_refused(db: None, wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_administrator", **{"region": "R", "name": "Ida", "email": "i@x.dk", **wrong})
    assert not Organisation.objects.exists()


def test_municipality_is_no_region(offices: Offices) -> None:
    with pytest.raises(CommandError, match="ikke en region"):
        call_command("create_administrator", region="Sundbæk Kommune", name="Ida", email="i@x.dk")


def test_practice_home_is_invented_marked_and_sends_nothing(offices: Offices) -> None:
    cast = offices.cast
    path = f"/styring/team/{cast.team.pk}/oevebotilbud/"
    for _ in range(2):
        assert cast.client(offices.sanne).post(path).status_code == 302
    home = Home.objects.get(practice=True)
    assert (home.name, home.slug, home.organisation) == (
        "Øvebotilbud Team Nord",
        "oevebotilbud-team-nord",
        offices.region,
    )
    assert Stay.objects.for_home(home).count() == 6
    assert set(Episode.objects.for_home(home).values_list("level", flat=True)) == {"akut", "subakut"}
    assert Intervention.objects.for_home(home).count() >= 4
    assert Meeting.objects.for_home(home).count() == 1
    page = cast.client(cast.amina).get(f"/{home.slug}/tavle/").content.decode()
    assert "alt her er opdigtet" in page
    assert "Solvej" in page
    assert "Asta" not in page, "not shared with the team"
    assert "alt her er opdigtet" not in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()
    reminder_services.plan(TODAY)
    assert not Reminder.objects.for_home(home).exists()
    assert trail.broken_links(home.scope) == []
    assert cast.client(offices.sanne).get(f"/{home.slug}/tavle/").status_code == 404, "who made it enters no home"


def test_practice_home_is_the_regions_administrators_to_make(offices: Offices) -> None:
    cast = offices.cast
    for user in (offices.bo, offices.peter, cast.lis, offices.outside, cast.mette):
        assert cast.client(user).post(f"/styring/team/{cast.team.pk}/oevebotilbud/").status_code == 404, user.name
    assert cast.client(offices.sanne).get(f"/styring/team/{cast.team.pk}/oevebotilbud/").status_code == 405


def test_administrator_is_told_and_says_that_it_is_right_for_a_day(offices: Offices, clock: Any, settings: Any) -> None:
    settings.DEMO = False
    cast = offices.cast
    now = timezone.now
    assert (anchors.make(now()) is None, retention.nightly(now()) is None) == (False, False)
    clock.shift(timedelta(days=31))
    assert (anchors.make(now()), retention.nightly(now())) == (None, None)
    page = text_in(cast.client(offices.sanne).get("/styring/"))
    assert "Serverens ur siger 18.12.2026, men sidste gang var det 17.11.2026." in page
    assert "Går serverens ur rigtigt?" not in text_in(cast.client(cast.lis).get("/styring/"))
    assert cast.client(cast.lis).post("/styring/ur/").status_code == 404
    assert cast.client(offices.sanne).post("/styring/ur/")["Location"] == "/styring/"
    said = Entry.objects.get(action="clock.confirmed")
    assert (said.actor, said.data) == (offices.sanne.pk, {"day": "2026-12-18"})
    assert "Går serverens ur rigtigt?" not in text_in(cast.client(offices.sanne).get("/styring/"))
    assert (anchors.make(now()) is None, retention.nightly(now()) is None) == (False, False)
    clock.shift(timedelta(days=30))
    assert (anchors.make(now()), retention.nightly(now())) == (None, None), "the yes was of that day"


def test_member_nobody_speaks_for_gets_an_administrator_from_the_server(offices: Offices) -> None:
    words = ["--region", offices.region.name, "--name", "Kim", "--email", "kim@x.invalid"]
    with pytest.raises(CommandError, match="har en systemadministrator, som giver rollen i Styring"):
        call_command("create_administrator", *words, "--organisation", offices.town.name, stdout=StringIO())
    with pytest.raises(CommandError, match="ingen organisation, der hedder »Langbortistan«"):
        call_command("create_administrator", *words, "--organisation", "Langbortistan", stdout=StringIO())
    assert not User.objects.filter(name="Kim").exists()
    Membership.objects.filter(user=offices.bo).delete()
    said = StringIO()
    call_command("create_administrator", *words, "--organisation", offices.town.name, stdout=said)
    assert "Kim (kim@x.invalid) er systemadministrator for Sundbæk Kommune." in said.getvalue()
    kim = User.objects.get(name="Kim")
    assert (kim.organisation, kim.memberships.get().organisation) == (offices.town, offices.town)
