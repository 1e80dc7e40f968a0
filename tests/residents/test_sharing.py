"""The one policy: every audience × every set of bases."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Denied
from organisation.models import Home, Side
from residents import services
from residents.models import BasisKind, Contact, Giver, SharingBasis, StayEnd
from residents.selectors import bases_in_force, contacts_at, visible_stays
from residents.sharing import Audience, AudienceKind, sight
from tests.conftest import ALL_OF, TODAY, Cast, text_in
from tests.page import send

HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
TEAM_ID = 7


@pytest.mark.parametrize(("kind", "given", "sides"), [
    (AudienceKind.HOME, [], {HOME, JOINT}),
    (AudienceKind.HOME, [TEAM], {HOME, JOINT, TEAM}),
    (AudienceKind.TEAM, [], set()),
    (AudienceKind.TEAM, [TEAM], set()),
    (AudienceKind.TEAM, [HOME], {HOME, JOINT, TEAM}),
    (AudienceKind.JOINT, [], set()),
    (AudienceKind.JOINT, [HOME], {HOME, JOINT}),
    (AudienceKind.JOINT, [HOME, TEAM], {HOME, JOINT, TEAM}),
    (AudienceKind.JOINT, [TEAM], set()),
    (AudienceKind.WALL, [], set()),
    (AudienceKind.WALL, [HOME, TEAM], {HOME, JOINT, TEAM}),
])  # fmt: skip
def test_audience_sees_what_is_shared(kind, given, sides) -> None:
    audience = Audience(kind, None if kind == AudienceKind.HOME else TEAM_ID)
    found = sight(audience, teams={TEAM_ID}, given={side: ALL_OF[side] for side in given})
    assert found is not None
    assert found.sides == sides


@given(
    kind=st.sampled_from([AudienceKind.TEAM, AudienceKind.JOINT, AudienceKind.WALL]),
    given=st.sets(st.sampled_from([HOME, TEAM])),
    teams=st.sets(st.integers(1, 9)),
)
def test_no_other_audience_sees_a_home_text_without_the_homes_basis(kind, given, teams) -> None:
    found = sight(Audience(kind, TEAM_ID), teams=teams, given={side: ALL_OF[side] for side in given})
    if TEAM_ID not in teams:
        assert found is None
    elif HOME not in given:
        assert found is not None
        assert not found.shared
        assert not found.free_text
    if found is not None and kind == AudienceKind.WALL:
        assert not found.free_text
        assert not found.full_name


@pytest.mark.parametrize(("start", "end", "withdrawn", "expected"), [
    (date(2026, 11, 17), None, False, True),
    (date(2026, 11, 18), None, False, False),
    (date(2026, 1, 1), date(2026, 11, 17), False, True),
    (date(2026, 1, 1), date(2026, 11, 16), False, False),
    (date(2026, 1, 1), None, True, False),
])  # fmt: skip
def test_basis_holds_from_first_to_last_day(cast: Cast, start, end, withdrawn, expected) -> None:
    services.team_link(stay=cast.vibeke, team=cast.team, from_day=date(2026, 1, 1), by=cast.mette)
    basis = services.basis_record(
        stay=cast.vibeke,
        side=HOME,
        acting_side=HOME,
        new=services.NewBasis(kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=start, to_day=end),
        by=cast.mette,
    )
    if withdrawn:
        services.basis_withdraw(home=cast.home, stay_id=cast.vibeke.pk, acting_side=HOME, by=cast.mette)
    assert bases_in_force(cast.home, TODAY).filter(pk=basis.pk).exists() is expected


def test_team_sees_a_withdrawn_resident_as_a_flat_only(cast: Cast) -> None:
    seen = {stay.id: stay for stay in visible_stays(cast.home, Audience(AudienceKind.TEAM, cast.team.pk), TODAY)}
    assert seen[cast.rune.pk].name == "Rune"
    assert (seen[cast.aksel.pk].name, seen[cast.aksel.pk].flat, seen[cast.aksel.pk].contacts) == ("", "10", {})
    assert cast.vibeke.pk not in seen


def test_only_the_sharing_side_records_and_withdraws(cast: Cast) -> None:
    with pytest.raises(Denied):
        services.basis_record(
            stay=cast.rune,
            side=Side.HOME,
            acting_side=Side.TEAM,
            new=services.NewBasis(
                kind=BasisKind.CONSENT, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
            ),
            by=cast.amina,
        )


def test_basis_that_lapses_hides_the_resident_by_itself(cast: Cast, clock) -> None:
    assert "Rune" in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()
    clock.move_to("2027-01-01T10:00:00+01:00")
    assert "Rune" not in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()


def test_withdrawal_hides_every_word_at_once_everywhere(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Hemmeligt om natten")
    cast.agree("Hemmelig tur")
    client = cast.client(cast.amina)
    board = client.get("/havtornen/tavle/").content.decode()
    assert "Hemmeligt om natten" in board
    since = f"since={_version(board)}"
    services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    answer = client.get(f"/havtornen/tavle/aendringer/?{since}").json()
    assert set(dict(answer["groups"])["ikke-delt"]) == {cast.aksel.pk, cast.rune.pk}
    assert f"f{cast.rune.pk}-status-home" not in answer["fragments"]
    for url in ("tavle/", "beboere/"):
        page = client.get(f"/havtornen/{url}").content.decode()
        assert "Hemmelig" not in page
        assert "Rune" not in page
    assert "Rune" not in client.get("/find/?q=rune").content.decode()
    assert "Hemmeligt om natten" in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()


def _version(page: str) -> str:
    return page.split('data-version="')[1].split('"')[0]


def basis(cast: Cast, user, **change):
    data = {
        "kind": "social", "scope": "all", "given_by": "resident", "given_how": "spoken",
        "given_on": "2026-11-16", "to_day": "2027-05-01", **change,
    }  # fmt: skip
    return send(cast.client(user), f"/havtornen/beboer/{cast.aksel.pk}/deling/", data)


def test_home_records_its_basis_and_the_team_sees_the_resident_again(cast: Cast) -> None:
    assert "Aksel" not in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()
    assert basis(cast, cast.mette).status_code == 200
    assert "Aksel" in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()
    url = f"/havtornen/beboer/{cast.aksel.pk}/deling/slut/"
    for _ in range(2):
        assert cast.client(cast.mette).post(url).status_code == 200
    assert "Aksel" not in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()


@pytest.mark.parametrize(("change", "words"), [
    # Nothing is chosen beforehand: one press records no consent nobody gave.
    ({"kind": ""}, "Vælg et grundlag."),
    ({"given_by": ""}, "Vælg, hvem der har sagt ja."),
    ({"given_how": ""}, "Vælg, hvordan det blev sagt."),
    ({"given_on": ""}, "Vælg en dag."),
    ({"kind": "consent"}, "Vælg en af de nævnte."),  # a kind of the team's
    ({"kind": "health"}, "Vælg en af de nævnte."),  # everybody at the home reads the board
    ({"kind": "other"}, "Vælg en af de nævnte."),  # a leader's
    ({"scope": ""}, "Vælg, hvad der må deles."),
    ({"scope": "lidt"}, "Vælg en af de nævnte."),
    ({"scope": "chosen"}, "Vælg mindst én ting, I deler."),
    ({"scope": "chosen", "parts": ["psychiatric"]}, "Noget af det kan ikke vælges."),  # the team's to give
    ({"scope": "chosen", "parts": ["own"]}, "Noget af det kan ikke vælges."),
    ({"to_day": "2026-11-01"}, "Dagen er gået."),
    ({"to_day": "2028-01-01"}, "højst et år"),
    ({"to_day": ""}, "Vælg en dag."),
    ({"given_on": "2026-11-18"}, "Dagen ligger frem i tiden."),
    ({"given_on": "2026-01-01"}, "højst et år fra den dag"),
    ({"given_by": "law"}, "Vælg, hvem der har givet samtykket."),
    ({"given_by": "x" * 90}, "Vælg en af de nævnte."),
])  # fmt: skip
def test_basis_that_cannot_stand_is_refused_at_its_field(cast: Cast, change, words) -> None:
    answer = basis(cast, cast.mette, **change)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert "Aksel" not in cast.client(cast.amina).get("/havtornen/beboere/").content.decode()


def test_leader_records_another_kind(cast: Cast) -> None:
    assert "Skriv, hvad grundlaget er." in basis(cast, cast.lis, kind="other").content.decode()
    answer = basis(cast, cast.lis, kind="other", reason="Aftalt med værgen i retten")
    assert answer.status_code == 200
    assert "Aftalt med værgen i retten" in answer.content.decode()


def test_situation_and_contact_are_changed_from_the_board(cast: Cast) -> None:
    client, root = cast.client(cast.mette), f"/havtornen/beboer/{cast.rune.pk}/"
    saved = text_in(send(client, root + "situation/", {"situation": "admitted", "since": "2026-11-16"}))
    assert '<option value="admitted" selected>' in saved
    assert send(client, root + "situation/", {"situation": "rejst", "since": "2026-11-16"}).status_code == 422
    assert send(client, root + "situation/", {"situation": "home", "since": "2026-11-30"}).status_code == 422
    assert "Indlagt siden 16.11." in client.get("/havtornen/tavle/").content.decode()
    assert send(client, root + "kontakt/", {"person": cast.jonas.pk, "deputy": cast.jonas.pk}).status_code == 422
    assert send(client, root + "kontakt/", {"person": cast.amina.pk}).status_code == 422, "not the home's to name"
    saved = text_in(send(client, root + "kontakt/", {"person": cast.jonas.pk, "deputy": cast.lis.pk}))
    assert all(f'<option value="{user.pk}" selected>' in saved for user in (cast.jonas, cast.lis))
    contact = Contact.objects.for_home(cast.home).get(stay=cast.rune, side=Side.HOME)
    assert (contact.person, contact.deputy) == (cast.jonas, cast.lis)


def test_contacts_of_those_who_have_left_are_not_read(cast: Cast) -> None:
    """They grow in number with the years, and nobody on a board of today needs them."""
    every = Contact.objects.for_home(cast.home).filter(stay=cast.rune)
    assert every.exists()
    assert contacts_at([cast.home], TODAY).filter(stay=cast.rune).count() == every.count()
    services.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    assert every.exists()
    assert not contacts_at([cast.home], TODAY).filter(stay=cast.rune).exists()
    assert contacts_at([cast.home], TODAY).exists()


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("mette", ["social", "discharge"]),
        ("lis", ["social", "discharge", "other"]),
        ("amina", ["consent", "discharge"]),
    ],
)
def test_each_side_is_offered_its_own_kinds_and_none_is_chosen(cast: Cast, who: str, kinds: list[str]) -> None:
    page = cast.client(getattr(cast, who)).get(f"/havtornen/beboer/{cast.rune.pk}/").content.decode()
    form = page.split(f'hx-post="/havtornen/beboer/{cast.rune.pk}/deling/"')[1].split("</form>")[0]
    choices = re.findall(r'<option value="([a-z]*)"( selected)?', form.split('name="kind"')[1].split("</select>")[0])
    assert [value for value, _ in choices if value] == kinds
    assert [value for value, chosen in choices if chosen] == [""]
    assert "checked" not in form.split('name="covers"')[0]
    assert re.search(r'name="given_on"[^>]*value=', form) is None


def test_basis_between_health_professionals_covers_nothing_all_at_a_home_read(cast: Cast) -> None:
    """It may stand from before: § 41 is between health professionals, and everybody at the home reads the board."""
    cast.write("Teamets ord", by=cast.amina, side=Side.TEAM)
    SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune, from_side=Side.TEAM).update(kind=BasisKind.HEALTH)
    assert "Teamets ord" not in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert "Rune" in cast.client(cast.mette).get("/havtornen/tavle/").content.decode()


def test_only_a_written_consent_is_recorded_after_43(cast: Cast) -> None:
    services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    data = {
        "kind": "consent", "scope": "all", "given_by": "resident", "given_how": "spoken",
        "given_on": "2026-11-16", "to_day": "2027-05-01",
    }  # fmt: skip
    answer = send(cast.client(cast.amina), f"/havtornen/beboer/{cast.rune.pk}/deling/", data)
    assert answer.status_code == 422
    assert "Her registreres kun skriftlige samtykker efter § 43." in answer.content.decode()
    assert not SharingBasis.objects.for_home(cast.home).filter(given_how="spoken", from_side=Side.TEAM).exists()


def test_dialog_says_why_a_basis_is_asked_for_where_home_and_team_have_one_owner(cast: Cast) -> None:
    page = reverse("resident", args=[cast.home.slug, cast.rune.pk])
    why = "Botilbuddet og teamet hører til samme organisation."
    assert why not in cast.client(cast.mette).get(page).content.decode()
    Home.objects.filter(pk=cast.home.pk).update(organisation=cast.team.organisation)
    for user in (cast.mette, cast.amina):
        assert why in cast.client(user).get(page).content.decode()
    # It is asked for all the same: without one the team is shown the flat alone.
    services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    board = cast.client(cast.amina).get(reverse("board", args=[cast.home.slug])).content.decode()
    assert "Rune" not in board


def test_form_says_that_a_basis_opens_what_was_written_before_and_it_does(cast: Cast, clock: Any) -> None:
    cast.write("Skrevet før delingen", by=cast.mette, side=Side.HOME)
    services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    cast.write("Skrevet uden deling", by=cast.mette, side=Side.HOME, seen=1)
    clock.shift(86400)
    page = cast.client(cast.mette).get(reverse("resident", args=[cast.home.slug, cast.rune.pk])).content.decode()
    assert "Det åbner også det, der er skrevet før i dag" in " ".join(page.split())
    new = services.NewBasis(
        kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=TODAY + timedelta(days=90)
    )
    services.basis_record(stay=cast.rune, side=HOME, acting_side=HOME, new=new, by=cast.mette)
    history = reverse("cell-history", args=[cast.home.slug, cast.rune.pk, "status", "home"])
    found = cast.client(cast.amina).get(history).content.decode()
    assert "Skrevet før delingen" in found
    assert "Skrevet uden deling" in found
