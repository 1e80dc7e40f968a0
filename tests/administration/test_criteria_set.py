"""Criteria in the hands of administrators: proposals, approvals by both sides, and what is seen before."""

from datetime import date

import pytest

from administration import criteria as figures
from audit import trail
from criteria.models import Approval, Criterion, CriterionVersion
from criteria.selectors import offered, whole_set
from tests.administration.people import Office, office_of
from tests.conftest import TODAY, Cast


@pytest.fixture
def office(cast: Cast) -> Office:
    return office_of(cast)


def names(office: Office, home=None) -> list[str]:
    return [version.name for version in offered(home or office.cast.home, office.region.pk, TODAY)]


def page(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_new_wording_holds_only_where_both_sides_have_said_yes(office: Office) -> None:
    cast = office.cast
    assert office.change(name="Akut krise nu").status_code == 302
    assert "Akut krise nu" not in names(office)
    assert office.answer(cast.lis, office.town, "home").status_code == 302
    assert "Akut krise nu" not in names(office), "one side is not enough"
    assert office.answer(office.peter, office.region, "team").status_code == 302
    dialog = page(cast.client(cast.mette), f"/havtornen/niveau/{cast.rune.pk}/")
    assert "Akut krise nu" in dialog
    other = names(office, office.solbakken)
    assert "Akut krise" in other
    assert "Akut krise nu" not in other, "the neighbours have not approved"
    assert office.answer(office.nils, office.neighbour, "home").status_code == 302
    assert "Akut krise nu" in names(office, office.solbakken)


def test_homes_clocks_move_when_a_version_begins_to_hold_there_and_nowhere_else(office: Office) -> None:
    office.change(name="Akut krise nu")
    before = {home: trail.version_of(home.scope) for home in (office.cast.home, office.solbakken)}
    office.answer(office.cast.lis, office.town, "home")
    assert trail.version_of(office.cast.home.scope) == before[office.cast.home]
    office.answer(office.peter, office.region, "team")
    assert trail.version_of(office.cast.home.scope) == before[office.cast.home] + 1
    assert trail.version_of(office.solbakken.scope) == before[office.solbakken]
    assert not trail.broken_links(office.region.scope)


def test_preview_shows_what_is_touched_and_saves_nothing(office: Office) -> None:
    office.cast.put_on_board(office.cast.rune, key="tidlige-tegn")
    answer = office.change(of="tidlige-tegn", step="show", first_days="2", then_days="2")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "3 botilbud" in text
    assert "under 5" in text, "one resident is never told to a central role"
    assert "Sættes en beboer på i dag, drøftes beboeren igen senest torsdag 19. november" in text
    assert "Nabo Kommune (for sine botilbud)" in text
    assert "Ændret" in text
    assert "Uændret" in text
    assert office.waiting("tidlige-tegn").number == 1


def test_going_back_from_the_preview_keeps_what_was_typed(office: Office) -> None:
    text = office.change(step="edit", name="Krisen er her").content.decode()
    assert 'value="Krisen er her"' in text
    assert office.waiting().number == 1


@pytest.mark.parametrize(("typed", "words"), [
    ({"name": "  "}, "Skriv noget her."),
    ({"name": "x" * 101}, "Der er plads til 100 tegn."),
    ({"definition": "x" * 301}, "Der er plads til 300 tegn."),
    ({"level": "none"}, "Vælg akut eller subakut."),
    ({"first_days": "0"}, "Skriv et tal fra 1 til 365."),
    ({"first_days": "366"}, "Skriv et tal fra 1 til 365."),
    ({"first_days": "to"}, "Skriv et helt tal."),
    ({"lead_days": "-1"}, "Skriv et tal fra 1 til 365."),
    ({"exit_question": ""}, "Skriv noget her."),
    ({}, "Forslaget siger det samme"),
])  # fmt: skip
def test_wrong_input_is_told_at_the_field_and_kept(office: Office, typed, words) -> None:
    answer = office.change(**{"definition": office.waiting().definition, **typed})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert office.waiting().number == 1


def test_stale_change_answers_409_with_both_and_keeps_what_was_typed(office: Office) -> None:
    office.change(name="Den første")
    answer = office.change(name="Den anden", seen="1")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Den første" in text
    assert "Den anden" in text
    assert office.waiting().name == "Den første"


def test_double_click_makes_one_proposal(office: Office) -> None:
    for _ in range(2):
        assert office.change(name="Akut krise nu", key="k1", seen="1").status_code == 302
    assert CriterionVersion.objects.filter(criterion__key="akut-krise").count() == 2


def test_new_proposal_withdraws_the_waiting_one_and_its_approval_counts_no_more(office: Office) -> None:
    office.change(name="Den første")
    first = office.waiting()
    office.answer(office.cast.lis, office.town, "home")
    office.change(name="Den anden")
    first.refresh_from_db()
    assert first.withdrawn_on == TODAY
    office.answer(office.peter, office.region, "team")
    assert "Akut krise" in names(office)
    assert office.answer(office.cast.lis, office.town, "home", version=first).status_code == 422
    office.answer(office.cast.lis, office.town, "home")
    assert "Den anden" in names(office)


def test_version_that_holds_somewhere_stays_there_when_a_newer_is_proposed(office: Office) -> None:
    office.change(name="Den første")
    office.answer(office.cast.lis, office.town, "home")
    office.answer(office.peter, office.region, "team")
    office.change(name="Den anden")
    assert "Den første" in names(office)
    assert "Akut krise" in names(office, office.solbakken)


def test_nobody_approves_for_both_sides_nor_their_own_proposal(office: Office) -> None:
    from_region = office.cast.karla.memberships.create(role="approver", organisation=office.region, from_day=TODAY)
    office.change(name="Akut krise nu")
    answer = office.answer(office.cast.karla, office.region, "team")
    assert (answer.status_code, "Du har selv stillet forslaget" in answer.content.decode()) == (422, True)
    from_region.delete()
    office.peter.memberships.create(role="approver", organisation=office.town, from_day=TODAY)
    assert office.answer(office.peter, office.town, "home").status_code == 302
    answer = office.answer(office.peter, office.region, "team")
    assert (answer.status_code, "De to sider godkender hver for sig" in answer.content.decode()) == (422, True)
    assert Approval.objects.count() == 1


def test_second_approval_of_the_same_organisation_says_so(office: Office) -> None:
    office.change(name="Akut krise nu")
    office.cast.jonas.memberships.create(role="approver", organisation=office.town, from_day=TODAY)
    office.answer(office.cast.lis, office.town, "home")
    answer = office.answer(office.cast.jonas, office.town, "home")
    assert (answer.status_code, "har allerede godkendt" in answer.content.decode()) == (422, True)


def test_no_is_given_with_a_reason_that_karla_reads(office: Office) -> None:
    cast = office.cast
    office.change(name="Akut krise nu")
    answer = office.answer(cast.lis, office.town, "home", answer="no", reason=" ")
    assert (answer.status_code, "hvorfor I siger nej" in answer.content.decode()) == (422, True)
    long = office.answer(cast.lis, office.town, "home", answer="no", reason="x" * 301)
    assert (long.status_code, "x" * 301 in long.content.decode()) == (422, True)
    assert office.answer(cast.lis, office.town, "home", answer="no", reason="For smalt.").status_code == 302
    karla = " ".join(page(cast.client(cast.karla), "/styring/kriterier/").split())
    assert "Sundbæk Kommune sagde nej:</b> For smalt." in karla
    assert "Akut krise" in names(office), "the former version holds"
    office.answer(cast.lis, office.town, "home")
    assert "sagde nej" not in page(cast.client(cast.karla), "/styring/kriterier/")


def test_approver_sees_old_and_new_with_the_differences_in_words(office: Office) -> None:
    office.change(name="Akut krise nu")
    lis = page(office.cast.client(office.cast.lis), "/styring/godkend/")
    assert "<td>Akut krise</td><td>Akut krise nu</td><td><b>Ændret</b></td>" in lis
    assert "Nabo Kommune</span>" not in lis, "others' answers are not hers"
    office.answer(office.cast.lis, office.town, "home")
    assert "Ingen forslag venter på jer." in page(office.cast.client(office.cast.lis), "/styring/godkend/")


def test_proposal_can_be_taken_back_until_it_holds_somewhere(office: Office) -> None:
    karla = office.cast.client(office.cast.karla)
    office.change(name="Akut krise nu")
    url = f"/styring/kriterier/forslag/{office.waiting().pk}/fortryd/"
    assert karla.post(url).status_code == 302
    assert office.waiting().number == 1
    assert karla.post(url).status_code == 422
    office.change(name="Akut krise igen")
    assert office.waiting().number == 3, "a number is never used twice"
    office.answer(office.cast.lis, office.town, "home")
    office.answer(office.peter, office.region, "team")
    assert karla.post(f"/styring/kriterier/forslag/{office.waiting().pk}/fortryd/").status_code == 422


def test_retiring_is_a_new_version_and_so_is_waking(office: Office) -> None:
    karla = office.cast.client(office.cast.karla)
    criterion = Criterion.objects.get(key="akut-krise")
    url = f"/styring/kriterier/{criterion.pk}/hvile/"
    assert "Læg til hvile" in page(karla, url)
    assert karla.post(url, {"step": "save", "seen": "1", "awake": ""}).status_code == 302
    assert "Akut krise" in names(office), "it can be chosen until both sides agree"
    office.approve_everywhere()
    assert "Akut krise" not in names(office)
    line = next(line for line in whole_set(office.region.pk, TODAY) if line.criterion == criterion)
    assert line.state == "udgaaet"
    assert karla.post(url, {"step": "save", "seen": "2", "awake": "1"}).status_code == 302
    assert office.waiting().awake


def test_second_who_puts_a_criterion_to_sleep_meant_what_stands(office: Office) -> None:
    karla = office.cast.client(office.cast.karla)
    criterion = Criterion.objects.get(key="akut-krise")
    url = f"/styring/kriterier/{criterion.pk}/hvile/"
    karla.post(url, {"step": "save", "seen": "1", "awake": ""})
    answer = karla.post(url, {"step": "save", "seen": "1", "awake": ""})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/styring/kriterier/")
    assert CriterionVersion.objects.filter(criterion=criterion).count() == 2


def test_other_is_always_there(office: Office) -> None:
    other = Criterion.objects.get(key="andet")
    url = f"/styring/kriterier/{other.pk}/hvile/"
    answer = office.cast.client(office.cast.karla).post(url, {"step": "save", "seen": "1", "awake": ""})
    assert (answer.status_code, "skal altid kunne vælges" in answer.content.decode()) == (422, True)


def test_new_criterion_comes_last_and_waits(office: Office) -> None:
    karla = office.cast.client(office.cast.karla)
    data = {
        "name": "Økonomi", "definition": "Pengene slipper op.", "level": "subakut", "first_days": "7",
        "exit_question": "der er en plan", "key": "n1",
    }  # fmt: skip
    url = f"/styring/kriterier/nyt/{office.region.pk}/"
    assert "Send til godkendelse" in karla.post(url, {**data, "step": "show"}).content.decode()
    assert not Criterion.objects.filter(key="oekonomi").exists()
    for _ in range(2):
        assert karla.post(url, {**data, "step": "save"}).status_code == 302
    created = Criterion.objects.get(key="oekonomi")
    assert (created.order, created.versions.get().then_days) == (17, 7)
    assert "Økonomi" not in names(office)
    office.approve_everywhere("oekonomi")
    assert names(office)[-1] == "Økonomi"


def test_order_is_changed_by_a_step_and_by_a_number(office: Office) -> None:
    karla = office.cast.client(office.cast.karla)

    def order() -> list[str]:
        return [line.criterion.key for line in whole_set(office.region.pk, TODAY)]

    first, second = order()[:2]
    url = f"/styring/kriterier/{Criterion.objects.get(key=second).pk}/plads/"
    karla.post(url, {"way": "up"})
    assert order()[:2] == [second, first]
    karla.post(url, {"way": "up"})
    assert order()[0] == second, "nothing is above the first"
    karla.post(url, {"to": "16"})
    assert order()[-1] == second
    for wrong in ("0", "17", "x", ""):
        assert karla.post(url, {"to": wrong}).status_code == 422
    assert order()[-1] == second


def test_administration_is_for_those_who_hold_the_role(office: Office) -> None:
    cast = office.cast
    office.change(name="Akut krise nu")
    criterion = Criterion.objects.get(key="akut-krise")
    for user in (cast.mette, cast.lis, office.peter, cast.stranger):
        assert cast.client(user).get("/styring/kriterier/").status_code == 404, user.name
        assert office.change(by=user, name="Mit").status_code == 404, user.name
        assert cast.client(user).post(f"/styring/kriterier/{criterion.pk}/plads/", {"to": "1"}).status_code == 404
    for user in (cast.mette, cast.karla, cast.stranger):
        assert cast.client(user).get("/styring/godkend/").status_code == 404, user.name
        assert office.answer(user, office.town, "home").status_code == 404, user.name
    assert office.answer(cast.lis, office.neighbour, "home").status_code == 404, "not hers to answer for"
    assert office.answer(cast.lis, office.town, "team").status_code == 404, "the region answers for the teams"
    assert cast.client(None).get("/styring/kriterier/").status_code == 302


def test_criterion_of_another_region_does_not_exist(office: Office) -> None:
    karla = office.cast.karla
    karla.memberships.update(organisation=office.neighbour)
    criterion = Criterion.objects.get(key="akut-krise")
    assert office.cast.client(karla).get(f"/styring/kriterier/{criterion.pk}/").status_code == 404
    assert office.cast.client(karla).get(f"/styring/kriterier/nyt/{office.region.pk}/").status_code == 404


def test_open_episode_keeps_the_version_it_got_and_a_retired_one_says_so(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune, key="tidlige-tegn")
    office.change(of="tidlige-tegn", name="Nye tegn")
    office.approve_everywhere("tidlige-tegn")
    board = page(cast.client(cast.mette), "/havtornen/tavle/")
    assert "Tidlige tegn på forværring" in board
    assert "udgået" not in board
    criterion = Criterion.objects.get(key="tidlige-tegn")
    cast.client(cast.karla).post(
        f"/styring/kriterier/{criterion.pk}/hvile/", {"step": "save", "seen": "2", "awake": ""}
    )
    office.approve_everywhere("tidlige-tegn")
    assert "Tidlige tegn på forværring (udgået)" in page(cast.client(cast.mette), "/havtornen/tavle/")


def test_use_of_other_is_counted_by_quarter_and_small_counts_are_hidden(office: Office) -> None:
    cast = office.cast
    cast.put_on_board(cast.rune, key="andet", other="Vaskemaskinen")
    text = page(cast.client(cast.karla), "/styring/kriterier/")
    assert "Vaskemaskinen" not in text
    use = figures.use_of_other(office.region.pk, TODAY)
    assert [(each.quarter, each.people, each.homes) for each in use] == [
        ("4. kvartal 2026", "under 5", "vises ikke"), ("3. kvartal 2026", "under 5", "vises ikke"),
        ("2. kvartal 2026", "under 5", "vises ikke"), ("1. kvartal 2026", "under 5", "vises ikke"),
    ]  # fmt: skip
    assert [each.quarter for each in figures.use_of_other(office.region.pk, date(2027, 1, 1), 2)] == [
        "1. kvartal 2027",
        "4. kvartal 2026",
    ]


def test_the_set_costs_the_same_for_one_proposal_and_for_many(office: Office, django_assert_max_num_queries) -> None:
    client = office.cast.client(office.cast.karla)
    for key in ("akut-krise", "tidlige-tegn", "rusmidler", "andet"):
        office.change(of=key, name=f"Ny {key}")
        office.answer(office.cast.lis, office.town, "home", version=office.waiting(key), answer="no", reason="Nej")
    with django_assert_max_num_queries(22):
        client.get("/styring/kriterier/")


def test_approvers_page_costs_the_same_for_one_proposal_and_for_many(
    office: Office, django_assert_max_num_queries
) -> None:
    client = office.cast.client(office.cast.lis)
    for key in ("akut-krise", "tidlige-tegn", "rusmidler", "andet", "netop-udskrevet"):
        office.change(of=key, name=f"Ny {key}")
    with django_assert_max_num_queries(24):
        assert client.get("/styring/godkend/").content.decode().count("for Sundbæk Kommune") == 5


def test_new_order_reaches_open_boards(office: Office) -> None:
    before = trail.version_of(office.cast.home.scope)
    criterion = Criterion.objects.get(key="rusmidler")
    office.cast.client(office.cast.karla).post(f"/styring/kriterier/{criterion.pk}/plads/", {"to": "1"})
    assert trail.version_of(office.cast.home.scope) == before + 1
