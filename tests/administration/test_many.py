"""Many people from a list: every line judged, and all of it written or nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from administration import bulk
from audit import trail
from core.errors import Denied
from organisation.models import Membership, Role, RoleOffer, User
from tests.administration.conftest import Offices
from tests.conftest import text_in

PATH = "/styring/personer/mange/"
HEAD = "navn;mail;titel;telefon;enhed;rolle;fra;til\n"
GOOD = HEAD + (
    "Åse Ø;aase@x.dk;pædagog;70 00 00 05;Havtornen;medarbejder;1.12.2026;\n"
    "Bent;bent@x.dk;sygeplejerske;;team nord;leder;;\n"
    "\n"
    "Vera;vera@x.dk;vikar;;Havtornen;vikar;17.11.2026;1.12.2026\n"
    "Vera;vera@x.dk;vikar;;Sandkrogen;medarbejder;17.11.2026;\n"
)


def confirm(offices: Offices, user, text: str, **more: object):
    client = offices.cast.client(user)
    page = client.post(PATH, {"text": text}).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    return client.post(PATH, {"text": text, "seen": seen, "confirmed": "1", **more})


def test_list_is_shown_first_and_written_when_confirmed(offices: Offices) -> None:
    page = offices.cast.client(offices.sanne).post(PATH, {"text": GOOD}).content.decode()
    assert "Alle 4 linjer kan gemmes" in page
    assert page.count("medarbejder i Havtornen · begynder først, når de, der skal, har sagt ja") == 2
    assert "leder i Team Nord · begynder" not in page, "the region's own"
    assert not User.objects.filter(name="Bent").exists(), "nothing is written yet"
    for words in ("4 linjer er gemt.", "Listen blev gemt første gang"):
        assert words in text_in(confirm(offices, offices.sanne, GOOD, key="l"))
    assert RoleOffer.objects.filter(user__email="vera@x.dk").count() == 2
    assert Membership.objects.filter(user__email__in=["aase@x.dk", "bent@x.dk", "vera@x.dk"]).get().user.name == "Bent"
    assert User.objects.filter(email__in=["aase@x.dk", "bent@x.dk", "vera@x.dk"]).count() == 3
    assert trail.broken_links(offices.town.scope) == []
    assert trail.broken_links(offices.region.scope) == []


def test_double_click_on_the_same_form_writes_once(offices: Offices) -> None:
    client = offices.cast.client(offices.sanne)
    page = client.post(PATH, {"text": GOOD}).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    sent = {"text": GOOD, "seen": seen, "confirmed": "1", "key": "n"}
    assert "4 linjer er gemt" in client.post(PATH, sent).content.decode()
    assert "første gang" in client.post(PATH, sent).content.decode()
    assert RoleOffer.objects.filter(user__email="vera@x.dk").count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Åse;aase@x.dk;;;Ukendthus;medarbejder;;", "Kender ikke enheden »Ukendthus«"),
        ("Åse;ikke en mail;;;Havtornen;medarbejder;;", "Skriv mailadressen som"),
        ("Åse;aase@x.dk;;;Havtornen;konge;;", "Kender ikke rollen »konge«"),
        ("Åse;aase@x.dk;;;Havtornen;medarbejder;32.1.2026;", "Kan ikke læse dagen »32.1.2026«"),
        ("Åse;aase@x.dk;;;Havtornen;vikar;;", "vikarens sidste dag"),
        ("Åse;aase@x.dk;;;Havtornen;medarbejder;1.12.2026;1.11.2026", "Slutdagen ligger før startdagen"),
        (";aase@x.dk;;;Havtornen;medarbejder;;", "Skriv navnet"),
        ("=cmd|1;aase@x.dk;;;Havtornen;medarbejder;;", "Begynd med et bogstav"),
        ("Åse;aase@x.dk;;ring;Havtornen;medarbejder;;", "Skriv telefonnummeret"),
        ("Mette;mette@x.invalid;;;Havtornen;medarbejder;;", "har allerede rollen"),
        ("Bo;bo@x.invalid;;;Havtornen;medarbejder;;", "Du kan ikke give dig selv"),
        ("Åse;aase@x.dk;;;Team Nord;medarbejder;;", "Kender ikke enheden »Team Nord«"),
        ("Åse;aase@x.dk;;;Havtornen;systemadministrator;;", "Vælg medarbejder eller leder"),
        ("Åse;bent@x.dk;;;Havtornen;medarbejder;;", "står også i linje 2"),
    ],
)
def test_each_wrong_line_says_why_and_stops_all(offices: Offices, line: str, said: str) -> None:
    text = f"{HEAD}Bent;bent@x.dk;;;Havtornen;medarbejder;;\n{line}\n"
    client = offices.cast.client(offices.bo)
    page = client.post(PATH, {"text": text}).content.decode()
    assert said in page
    assert "1 af 2 linjer skal rettes" in page
    sent = {"text": text, "confirmed": "1", "seen": page.split('name="seen" value="')[1].split('"')[0]}
    assert client.post(PATH, sent).status_code == 422
    assert not User.objects.filter(email="bent@x.dk").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Listen er tom"), (HEAD, "ingen personer"), ("navn;mail\nA;b@x.dk", "Her mangler: titel"),
        (HEAD + "A;a@x.dk;;;H;m;;\n" * 501, "Der er plads til 500"), (HEAD + "x" * 200_001, "200 kB"),
        (HEAD + '"' + "y" * 140_000, "kan ikke læses"),
    ],
)  # fmt: skip
def test_list_that_cannot_be_read_says_why(offices: Offices, text: str, said: str) -> None:
    answer = offices.cast.client(offices.bo).post(PATH, {"text": text})
    assert answer.status_code == 422
    assert said in answer.content.decode()


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
@pytest.mark.parametrize("sign", [";", ","])
def test_file_is_read_as_a_spreadsheet_writes_it(offices: Offices, coding: str, sign: str) -> None:
    text = GOOD.replace(";", sign).replace("\n", "\r\n")
    file = SimpleUploadedFile("personer.csv", text.encode(coding))
    page = offices.cast.client(offices.sanne).post(PATH, {"file": file}).content.decode()
    assert "Åse Ø" in page
    assert "Alle 4 linjer" in page


def test_file_too_big_or_no_list_at_all_is_refused(offices: Offices) -> None:
    client = offices.cast.client(offices.sanne)
    assert client.post(PATH, {"file": SimpleUploadedFile("a.csv", b"x" * 200_001)}).status_code == 422
    assert client.post(PATH, {"file": SimpleUploadedFile("a.xlsx", b"PK\x00\x03")}).status_code == 422
    with pytest.raises(Denied):
        bulk.decode(b"x" * 200_001)


def test_line_that_became_about_somebody_else_is_shown_again(offices: Offices) -> None:
    client = offices.cast.client(offices.sanne)
    text = HEAD + "Åse;aase@x.dk;;;Havtornen;medarbejder;;\n"
    page = client.post(PATH, {"text": text}).content.decode()
    User.objects.create_user("aase@x.dk", name="Åse fra Nabo")
    sent = {"text": text, "seen": page.split('name="seen" value="')[1].split('"')[0], "confirmed": "1"}
    answer = client.post(PATH, sent)
    assert answer.status_code == 409
    assert "rollen gives til Åse fra Nabo" in answer.content.decode()
    assert not Membership.objects.filter(user__email="aase@x.dk").exists()


def test_leader_reads_in_staff_for_the_own_home_only(offices: Offices) -> None:
    cast = offices.cast
    text = HEAD + "Åse;aase@x.dk;;;Havtornen;medarbejder;;\n"
    assert "1 person har fået sin rolle." in text_in(confirm(offices, cast.lis, text))
    given = Membership.objects.get(user__email="aase@x.dk")
    assert (given.home, given.role) == (cast.home, Role.STAFF)
    page = cast.client(cast.lis).post(PATH, {"text": text.replace("Havtornen", "Sandkrogen")}).content.decode()
    assert "Kender ikke enheden »Sandkrogen«" in page
    assert cast.client(cast.mette).get(PATH).status_code == 404


def test_markup_in_a_list_is_shown_as_text(offices: Offices) -> None:
    text = HEAD + "<b>Åse</b>;aase@x.dk;;;Havtornen;medarbejder;;\n"
    page = offices.cast.client(offices.bo).post(PATH, {"text": text}).content.decode()
    assert "<b>Åse</b>" not in page
