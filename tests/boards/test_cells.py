import pytest
from django.test import Client
from django.urls import reverse

from boards import services
from boards.models import Cell, CellRevision, Pen
from core.errors import Conflict, Denied, Repeated
from organisation.models import Draft, Side
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both


def url(cast: Cast, name: str = "cell", column: str = "status", side: str = "home") -> str:
    return reverse(name, args=[cast.home.slug, cast.rune.pk, column, side])


def test_text_is_written_with_author_version_and_history(cast: Cast) -> None:
    cast.write("Første")
    cell = cast.write("Anden", by=cast.jonas, seen=1)
    assert (cell.text, cell.version, cell.changed_by) == ("Anden", 2, cast.jonas)
    revisions = CellRevision.objects.for_home(cast.home).order_by("version").values_list("text", flat=True)
    assert list(revisions) == ["Første", "Anden"]


def test_stale_write_changes_nothing_and_tells_what_stands_there(cast: Cast) -> None:
    cast.write("Første")
    cast.write("Jonas' ord", by=cast.jonas, seen=1)
    with pytest.raises(Conflict) as caught:
        cast.write("Mettes ord", seen=1)
    assert caught.value.current.text == "Jonas' ord"
    assert Cell.objects.for_home(cast.home).get().text == "Jonas' ord"


def test_two_who_both_saw_an_empty_place_do_not_overwrite_each_other(cast: Cast) -> None:
    cast.write("Først", seen=0)
    with pytest.raises(Conflict):
        cast.write("Også først", by=cast.jonas, seen=0)


def test_conflict_answers_409_with_both_texts_and_three_ways_on(cast: Cast) -> None:
    cast.write("Jonas skrev dette", by=cast.jonas)
    answer = cast.client(cast.mette).post(url(cast), {"text": "Mette skrev det her", "seen": "0", "key": "a"})
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("Jonas skrev dette", "Mette skrev det her", "Behold Jonas’", "Brug min", "Saml de to"):
        assert words in page


def test_double_click_writes_once(cast: Cast) -> None:
    client = cast.client(cast.mette)
    for _ in range(2):
        answer = client.post(url(cast), {"text": "Én gang", "seen": "0", "key": "samme"})
        assert (answer.status_code, "Én gang" in answer.content.decode()) == (200, True)
    assert Cell.objects.for_home(cast.home).get().version == 1
    with pytest.raises(Repeated):
        cast.write("Én gang", seen=0, key="samme")


def test_too_long_a_text_is_refused_and_kept_in_the_field(cast: Cast) -> None:
    answer = cast.client(cast.mette).post(url(cast), {"text": "x" * 601, "seen": "0"})
    assert answer.status_code == 422
    assert "Der er plads til 600" in answer.content.decode()
    assert "x" * 601 in answer.content.decode()
    assert not Cell.objects.for_home(cast.home).exists()


@pytest.mark.parametrize("seen", ["", "abc", "-1", "9" * 30])
def test_nonsense_for_a_version_is_never_a_server_error(cast: Cast, seen: str) -> None:
    cast.write("Står der")
    answer = cast.client(cast.mette).post(url(cast), {"text": "Ny", "seen": seen})
    assert answer.status_code in (400, 409)
    assert Cell.objects.for_home(cast.home).get().text == "Står der"


def test_each_side_writes_its_own_and_the_joint_texts(cast: Cast) -> None:
    with pytest.raises(Denied):
        cast.write("For jer", by=cast.amina, side=Side.HOME)
    assert cast.write("Vores", by=cast.amina, side=Side.TEAM).written_for == ""
    assert cast.write("»Hjem.«", by=cast.amina, column_key="goals", side=Side.JOINT).written_for == ""
    assert cast.client(cast.amina).get(url(cast, "cell-edit")).status_code == 403


def test_referent_writes_for_both_and_the_text_says_so(cast: Cast) -> None:
    Pen.objects.create(home=cast.home, user=cast.mette)
    assert cast.write("Teamet ringer", side=Side.TEAM).written_for == "team"
    page = cast.client(cast.amina).get(url(cast, side="team")).content.decode()
    assert "Mette for teamet" in page
    assert cast.write("Vi ringer i morgen", by=cast.amina, side=Side.TEAM, seen=1).written_for == ""


def test_unknown_column_or_side_does_not_exist(cast: Cast) -> None:
    client = cast.client(cast.mette)
    assert client.get(url(cast, column="findes-ikke")).status_code == 404
    assert client.get(url(cast, column="status", side="joint")).status_code == 404
    assert client.post(url(cast, column="goals", side="home"), {"text": "x", "seen": "0"}).status_code == 404


def test_old_text_says_its_age_until_somebody_says_it_still_holds(cast: Cast, clock) -> None:
    cell = cast.write("Stille uge")
    clock.move_to("2026-11-29T09:30:00+01:00")
    client = cast.client(cast.mette)
    page = client.get(url(cast)).content.decode()
    assert "12 dage gammel" in page
    assert "Gælder stadig" in page
    fresh = client.post(url(cast, "cell-confirm"), {"seen": cell.version}).content.decode()
    assert "gammel" not in fresh
    assert "gælder stadig, Mette" in fresh
    assert Cell.objects.for_home(cast.home).get().version == 1, "confirming is not writing"


def test_confirming_a_text_that_changed_meanwhile_confirms_nothing(cast: Cast) -> None:
    cast.write("Gammel")
    cast.write("Ny", by=cast.jonas, seen=1)
    answer = cast.client(cast.mette).post(url(cast, "cell-confirm"), {"seen": "1"})
    assert "Ny" in answer.content.decode()
    assert Cell.objects.for_home(cast.home).get().confirmed_at is None


def test_draft_survives_and_is_offered_until_saved_or_given_up(cast: Cast) -> None:
    client = cast.client(cast.mette)
    field = f"{cast.rune.pk}-status-home"
    client.post(reverse("draft", args=[cast.home.slug]), {"field": field, "text": "Halvt skrevet", "seen": "0"})
    assert "Halvt skrevet" in client.get(url(cast, "cell-edit")).content.decode()
    assert "Halvt skrevet" not in cast.client(cast.jonas).get(url(cast, "cell-edit")).content.decode()
    client.get(url(cast) + "?opgiv=1")
    assert not Draft.objects.exists()


def test_old_text_comes_back_as_a_new_version(cast: Cast) -> None:
    cast.write("Første")
    cast.write("Anden", seen=1)
    page = cast.client(cast.mette).get(url(cast, "cell-history")).content.decode()
    assert "Sæt denne tekst tilbage" in page
    assert cast.write("Første", seen=2).version == 3


def test_html_in_a_text_is_shown_as_text(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.write('<script>alert(1)</script> & "citat"')
    page = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_resident_of_another_home_cannot_be_written_through_ones_own(cast: Cast) -> None:
    with pytest.raises(LookupError):
        services.cell_write(
            access=cast.access(cast.mette),
            where=services.CellKey(cast.elsewhere.pk, "status", Side.HOME),
            text="x",
            seen=0,
            key="",
            today=TODAY,
        )


def test_head_of_a_page_never_writes(cast: Cast) -> None:
    client = cast.client(cast.mette)
    for name in ("cell", "cell-edit"):
        client.head(url(cast, name))
    client.head(reverse("intervention-add", args=[cast.home.slug, cast.rune.pk]))
    assert not Cell.objects.for_home(cast.home).exists()


def test_unknown_side_writes_nothing(cast: Cast) -> None:
    answer = cast.client(cast.mette).post(url(cast, column="goals", side="xyz"), {"text": "x", "seen": "0"})
    assert answer.status_code == 404
    assert not Cell.objects.for_home(cast.home).exists()


def test_corrected_text_under_an_old_key_is_a_conflict_and_keeps_the_draft(cast: Cast) -> None:
    """The first answer was lost on the way; the person corrected the text and saved again."""
    client, field = cast.client(cast.mette), f"{cast.rune.pk}-status-home"
    client.post(url(cast), {"text": "Første udgave", "seen": "0", "key": "k"})
    client.post(reverse("draft", args=[cast.home.slug]), {"field": field, "text": "Rettet udgave", "seen": "0"})
    answer = client.post(url(cast), {"text": "Rettet udgave", "seen": "0", "key": "k"})
    assert answer.status_code == 409
    assert "Første udgave" in answer.content.decode()
    assert "Rettet udgave" in answer.content.decode()
    assert Draft.objects.get().text == "Rettet udgave"


@pytest.mark.parametrize("data", [
    {"text": "a\x00b", "seen": "0"}, {"text": "a", "seen": "99999999999"}, {"text": "a", "seen": "0", "key": "\x00"},
])  # fmt: skip
def test_text_no_database_can_hold_is_refused_with_a_sentence(cast: Cast, data) -> None:
    answer = cast.client(cast.mette).post(url(cast), data, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode()
    assert not Cell.objects.for_home(cast.home).exists()


def test_old_token_is_told_apart_from_an_ended_session(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(url(cast), {"text": "a"}, headers={"HX-Request": "true"}).status_code == 401
    client.force_login(cast.mette, backend="accounts.sessions.Backend")
    answer = client.post(url(cast), {"text": "a"}, headers={"HX-Request": "true", "X-CSRFToken": "x" * 64})
    assert (answer.status_code, answer["X-Token"]) == (403, "old")
    token = client.get("/noegle/").json()
    assert token["user"] == cast.mette.pk
    headers = {"HX-Request": "true", "X-CSRFToken": token["csrf"]}
    client.post(url(cast), {"text": "a", "seen": "0"}, headers=headers)
    assert Cell.objects.for_home(cast.home).get().text == "a"
