"""Who works where: giving, ending, finding, and what nobody may do."""

import re
from datetime import date, datetime

import pytest
from django.core import mail
from django.utils import timezone

from administration import rules
from administration.services.people import PersonFacts, check_person
from audit.models import Entry
from core.errors import Denied
from organisation.models import Membership, Organisation, Role, User
from tests.administration.conftest import Offices
from tests.conftest import text_in

NEW = "/styring/personer/ny/"


def data(unit: str, role: str = "staff", **more: object) -> dict[str, object]:
    return {
        "name": "Åse", "title": "pædagog", "email": "Aase@X.invalid", "phone": "70 00 00 05", "unit": unit,
        "role": role, "from_day": "2026-11-17", "to_day": "", **more,
    }  # fmt: skip


def havtornen(offices: Offices) -> str:
    return f"botilbud-{offices.cast.home.pk}"


def test_administrator_creates_a_person_who_then_gets_in(offices: Offices) -> None:
    sent = data(havtornen(offices), key="a")
    for _ in range(2):
        assert offices.post(offices.bo, NEW, sent).status_code == 302
    aase = User.objects.get(email="aase@x.invalid")
    assert not aase.has_usable_password()
    assert "Glemt adgangskode" in offices.text(offices.bo, f"/styring/personer/{aase.pk}/")
    assert Membership.objects.filter(user=aase).count() == 1
    assert "Rune" in text_in(offices.cast.client(aase).get("/havtornen/beboere/"))
    actions = list(Entry.objects.filter(scope=offices.town.scope).order_by("seq").values_list("action", flat=True))
    assert actions == ["person.created", "membership.given"]


def test_new_person_chooses_a_password_by_mail(offices: Offices, client, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    offices.post(offices.bo, NEW, data(havtornen(offices)))
    client.post("/konto/password/reset/", {"email": "aase@x.invalid"})
    assert [message.to for message in mail.outbox] == [["aase@x.invalid"]]
    assert "/konto/password/reset/key/" in mail.outbox[0].body


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "x" * 41}, {"name": "=HYPERLINK(1)"}, {"name": "M\u0435tte"}, {"title": "@sum"},
        {"email": "ikke en mail"},
        {"email": "a" * 260 + "@x.dk"}, {"phone": "ring til mig"}, {"unit": "botilbud-99999"}, {"unit": ""},
        {"role": "konge"}, {"role": "system"}, {"from_day": "32.13.2026"}, {"from_day": "2029-01-01"},
        {"from_day": "1900-01-01"}, {"to_day": "2026-11-16"}, {"to_day": "2045-01-01"},
        {"from_day": "2026-12-01", "to_day": "2026-11-30"}, {"role": "vikar"},
        {"role": "vikar", "to_day": "2027-02-18"},
    ],
)  # fmt: skip
def test_person_who_cannot_be_is_refused_with_what_was_typed(offices: Offices, wrong: dict[str, object]) -> None:
    answer = offices.post(offices.bo, NEW, {**data(havtornen(offices)), **wrong})
    assert answer.status_code == 422
    assert 'class="error' in answer.content.decode()
    assert not User.objects.filter(email="aase@x.invalid").exists()


@pytest.mark.parametrize(("wrong", "words"), [
    ({"email": f"aase@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.dk"}, "Mailadressen er for lang."),
    ({"email": "a" * 500 + "@x.dk"}, "Mailadressen er for lang. Der er plads til 254 tegn."),
    ({"phone": "70 00 00 05 lok. 3"}, "Skriv telefonnummeret med tal"),
    ({"phone": "+"}, "Skriv telefonnummeret med tal"),
    ({"phone": "1" * 21}, "Der er plads til 20 tegn."),
])  # fmt: skip
def test_phone_and_mail_that_cannot_be_are_told_in_short_danish(offices: Offices, wrong, words: str) -> None:
    answer = offices.post(offices.bo, NEW, {**data(havtornen(offices)), **wrong})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    facts = PersonFacts("Åse", "", str(wrong.get("email", "aase@x.dk")), wrong.get("phone", ""))
    with pytest.raises(Denied):
        check_person(facts)


@pytest.mark.parametrize("phone", ["", "+45 70 00 00 05", "0045 70000005", "112"])
def test_phone_is_digits_spaces_and_plus(offices: Offices, phone: str) -> None:
    assert offices.post(offices.bo, NEW, {**data(havtornen(offices)), "phone": phone}).status_code == 302
    assert User.objects.get(email="aase@x.invalid").phone == phone


def test_leader_gives_staff_in_the_own_home_and_nothing_else(offices: Offices) -> None:
    cast = offices.cast
    assert offices.post(cast.lis, NEW, data(havtornen(offices))).status_code == 302
    assert offices.post(cast.lis, NEW, data(havtornen(offices), "leader", email="b@x.dk")).status_code == 422
    assert offices.post(cast.lis, NEW, data(f"botilbud-{cast.other_home.pk}", email="c@x.dk")).status_code == 422
    assert offices.post(cast.lis, NEW, data(f"team-{cast.team.pk}", email="d@x.dk")).status_code == 422
    assert offices.post(offices.peter, NEW, data(f"team-{cast.team.pk}", email="e@x.dk")).status_code == 302
    assert not User.objects.filter(email__in=["b@x.dk", "c@x.dk", "d@x.dk"]).exists()


def test_substitutes_access_ends_by_itself(offices: Offices, clock) -> None:
    sent = data(havtornen(offices), "vikar", to_day="2026-12-01", title="vikar")
    assert offices.post(offices.cast.lis, NEW, sent).status_code == 302
    aase = User.objects.get(email="aase@x.invalid")
    assert "vikar til og med 1.12.2026" in offices.text(offices.cast.lis, f"/styring/personer/{aase.pk}/")
    clock.move_to(timezone.make_aware(datetime(2026, 12, 1, 23, 50)))
    assert "Rune" in text_in(offices.cast.client(aase).get("/havtornen/beboere/"))
    clock.move_to(timezone.make_aware(datetime(2026, 12, 2, 0, 10)))
    assert offices.cast.client(aase).get("/havtornen/beboere/").status_code == 404


@pytest.mark.parametrize(
    ("begin", "last"),
    [
        (date(2026, 11, 17), date(2027, 2, 17)), (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2026, 12, 31), date(2027, 3, 31)), (date(2026, 7, 25), date(2026, 10, 25)),
        (date(2026, 12, 28), date(2027, 3, 28)), (date(2027, 1, 3), date(2027, 4, 3)),
        (date(2027, 11, 29), date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_three_months_of_a_substitute(begin: date, last: date) -> None:
    rules.check_substitute(begin, last)
    with pytest.raises(Denied):
        rules.check_substitute(begin, date.fromordinal(last.toordinal() + 1))


def test_known_mail_is_asked_about_and_adds_a_role_without_telling_more(offices: Offices) -> None:
    cast = offices.cast
    sent = data(havtornen(offices), email="TINE@x.invalid", name="Noget andet", title="chef")
    answer = offices.post(offices.cast.lis, NEW, sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Mailadressen findes allerede. Tilføj rollen til Tine?" in page
    assert "Sandkrogen" not in page
    assert Membership.objects.filter(user=cast.stranger).count() == 1
    wrong = {**sent, "confirmed": cast.mette.pk}
    assert offices.post(cast.lis, NEW, wrong).status_code == 422, "confirmed somebody else"
    assert offices.post(cast.lis, NEW, {**sent, "confirmed": cast.stranger.pk}).status_code == 302
    assert Membership.objects.filter(user=cast.stranger, home=cast.home).exists()
    tine = User.objects.get(pk=cast.stranger.pk)
    assert (tine.name, tine.title) == ("Tine", "")
    assert "Sandkrogen" not in offices.text(cast.lis, f"/styring/personer/{tine.pk}/")


def test_nobody_gives_themselves_anything(offices: Offices) -> None:
    sanne = offices.sanne
    role = {"unit": havtornen(offices), "role": "staff", "from_day": "2026-11-17"}
    answer = offices.post(sanne, NEW, data(havtornen(offices), email=sanne.email, confirmed=sanne.pk))
    assert "Du kan ikke give dig selv en rolle" in answer.content.decode()
    assert offices.post(sanne, f"/styring/personer/{sanne.pk}/rolle/", role).status_code == 422
    own = offices.member(sanne)
    assert offices.post(sanne, f"/styring/roller/{own.pk}/", {"to_day": "2027-01-01"}).status_code == 422
    assert Membership.objects.filter(user=sanne).count() == 1
    assert Membership.objects.get(pk=own.pk).to_day is None


@pytest.mark.parametrize("role", ["system", "criteria", "approver", "support"])
def test_central_roles_belong_to_organisations(offices: Offices, role: str) -> None:
    sent = data(f"organisation-{offices.region.pk}", role)
    assert offices.post(offices.sanne, NEW, sent).status_code == 302
    assert offices.post(offices.sanne, NEW, data(havtornen(offices), role, email="x@x.dk")).status_code == 422
    assert offices.post(offices.bo, NEW, {**sent, "email": "y@x.dk"}).status_code == 422, "not Bo's"
    answer = offices.post(offices.bo, NEW, data(f"organisation-{offices.town.pk}", role, email="z@x.dk"))
    assert answer.status_code == (422 if role == "criteria" else 302), "the criteria are the region's"


def test_same_role_twice_in_a_period_is_refused(offices: Offices) -> None:
    path = f"/styring/personer/{offices.cast.mette.pk}/rolle/"
    role = {"unit": havtornen(offices), "role": "staff", "from_day": "2026-11-17"}
    answer = offices.post(offices.bo, path, role)
    assert answer.status_code == 422
    assert "har allerede rollen" in answer.content.decode()
    assert offices.post(offices.bo, path, {**role, "role": "leader"}).status_code == 302


def test_people_are_found_and_only_in_ones_own_units(offices: Offices) -> None:
    cast = offices.cast
    offices.person("Søs", home=cast.home)
    twin = User.objects.create_user("mette2@x.invalid", name="Mette", title="natvagt")
    Membership.objects.create(user=twin, role=Role.STAFF, home=cast.home, from_day=date(2026, 1, 1))
    page = offices.text(offices.bo, "/styring/personer/?q=METTE")
    assert "natvagt" in page
    assert "mette@x.invalid" in page
    assert "2 personer" in page
    assert "Søs" in offices.text(offices.bo, "/styring/personer/?q=soes")
    assert "1 person" in offices.text(offices.bo, "/styring/personer/?q=mette2@x")
    mine = offices.text(cast.lis, "/styring/personer/")
    assert "Jonas" in mine
    assert "Amina" not in mine
    assert "Tine" not in mine
    assert "Amina" in offices.text(offices.sanne, f"/styring/personer/?enhed=team-{cast.team.pk}")
    assert "Ingen personer passer" in offices.text(cast.lis, f"/styring/personer/?enhed=team-{cast.team.pk}")
    assert cast.client(cast.lis).get(f"/styring/personer/{cast.stranger.pk}/").status_code == 404
    assert cast.client(offices.outside).get(f"/styring/personer/{cast.mette.pk}/").status_code == 404


def test_list_of_people_costs_the_same_for_three_hundred(offices: Offices, django_assert_max_num_queries) -> None:
    users = User.objects.bulk_create(
        [User(email=f"p{n}@x.invalid", name=f"Person {n}", password="!") for n in range(300)]
    )
    Membership.objects.bulk_create(
        [Membership(user=u, role=Role.STAFF, home=offices.cast.home, from_day=date(2026, 1, 1)) for u in users]
    )
    client = offices.cast.client(offices.bo)
    client.get("/styring/")
    with django_assert_max_num_queries(12):
        page = client.get("/styring/personer/").content.decode()
    assert page.count('<th scope="row">') == 100
    assert page.count(">Person ") > 80


def test_people_come_a_hundred_at_a_time_and_the_pages_keep_what_was_looked_for(offices: Offices) -> None:
    users = User.objects.bulk_create(
        [User(email=f"p{n}@x.invalid", name=f"Åge {n:03}", password="!") for n in range(250)]
    )
    roles = [Membership(user=u, role=Role.STAFF, home=offices.cast.home, from_day=date(2026, 1, 1)) for u in users]
    roles[7].to_day = date(2026, 2, 1)
    Membership.objects.bulk_create(roles)
    unit = f"botilbud-{offices.cast.home.pk}"
    path = f"/styring/personer/?q=aage&enhed={unit}"
    seen: list[str] = []
    for side, words in ((1, "1–100 af 250"), (2, "101–200 af 250"), (3, "201–250 af 250")):
        page = offices.text(offices.bo, f"{path}&side={side}")
        assert words in page
        assert "250 personer passer" in page
        seen += re.findall(r">(Åge \d+)<", page)
        assert (f"?q=aage&amp;enhed={unit}&amp;side={side + 1}" in page) == (side < 3)
    # Everybody once, by name; who has stopped comes last.
    assert seen == [f"Åge {n:03}" for n in range(250) if n != 7] + ["Åge 007"]
    assert "201–250" in offices.text(offices.bo, f"{path}&side=99")
    assert "1–100" in offices.text(offices.bo, f"{path}&side=x")
    assert "Ingen personer passer" in offices.text(offices.bo, "/styring/personer/?enhed=team-99999999999999999999")
    assert "Ingen personer passer" in offices.text(offices.bo, "/styring/personer/?enhed=alt-1")


def test_details_are_corrected_and_the_mail_never(offices: Offices) -> None:
    mette = offices.cast.mette
    path = f"/styring/personer/{mette.pk}/ret/"
    sent = {"name": "Mette Bo", "title": "pædagog", "phone": "70 00 00 44", "email": "tyv@x.invalid"}
    client = offices.cast.client(offices.bo)
    stale = offices.seen(client, path)
    assert offices.post(offices.bo, path, sent).status_code == 302
    mette.refresh_from_db()
    assert (mette.name, mette.phone, mette.email) == ("Mette Bo", "70 00 00 44", "mette@x.invalid")
    answer = client.post(path, {**sent, "name": "Gammel", "seen": stale})
    assert answer.status_code == 409
    assert "Mette Bo" in answer.content.decode()
    assert offices.post(offices.bo, path, {**sent, "name": ""}).status_code == 422


def test_private_owner_sees_no_other_owners_people(offices: Offices) -> None:
    private = Organisation.objects.create(name="Privat ApS", region=offices.region)
    pia = offices.person("Pia", Role.SYSTEM, organisation=private)
    assert offices.cast.client(pia).get(f"/styring/personer/{offices.cast.mette.pk}/").status_code == 404
    assert "Mette" not in offices.text(pia, "/styring/personer/")
