"""Who may give what role to whom: nobody's people are taken by the other side, and no sight is given by one alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.offices import office_of
from administration.services import people, roles
from administration.services.people import person_facts
from administration.services.roles import Part, RoleFacts
from audit import trail
from audit.models import Entry
from core.errors import Denied
from core.seen import mark_of
from organisation.models import Membership, Organisation, Role, RoleOffer, RoleYes, TeamHome, User
from privacy.retention.services import nightly
from tests.administration.conftest import Offices
from tests.conftest import TODAY, text_in

PAGE = reverse("administration-role-offers")
P, E, U = Part.PERSON, Part.EMPLOYER, Part.UNIT


def unit(offices: Offices, name: str) -> Any:
    cast = offices.cast
    return {
        "Havtornen": cast.home, "Sandkrogen": cast.other_home, "Team Nord": cast.team, "kommunen": offices.town,
        "regionen": offices.region,
    }[name]  # fmt: skip


def one(offices: Offices, name: str) -> User:
    return User.objects.get(name=name)


def give(offices: Offices, by: str, whom: str, role: str, where: str, **more: Any) -> Membership | RoleOffer:
    facts = RoleFacts(unit(offices, where), role, more.pop("from_day", TODAY), more.pop("to_day", None))
    office = office_of(one(offices, by))
    if whom == "ny":
        made = people.PersonFacts("Åse", "", "aase@x.invalid", "")
        return people.person_create(office=office, facts=made, role=facts, confirmed=None, key="", today=TODAY)
    return roles.membership_give(office=office, person=one(offices, whom), role=facts, key="", today=TODAY)


def answer(offices: Offices, by: str, offer: Membership | RoleOffer, part: str, yes: bool = True) -> RoleOffer:
    return roles.offer_answer(office=office_of(one(offices, by)), pk=offer.pk, part=part, yes=yes, now=timezone.now())


# Sanne is the region's administrator, Bo the municipality's, Lis leads Havtornen, Peter Team Nord. Jonas works at
# Havtornen and Tine at Sandkrogen, both the municipality's; Amina in Team Nord, the region's.
# by, whom, role, where: the yeses it waits for, () where it begins at once, or the words it is refused with
CELLS: list[tuple[str, str, str, str, tuple[Part, ...] | str]] = [
    # Somebody new is of the unit's organisation.
    ("Bo", "ny", "staff", "Havtornen", ()),
    ("Bo", "ny", "leader", "Havtornen", ()),
    ("Bo", "ny", "system", "kommunen", ()),
    ("Lis", "ny", "staff", "Havtornen", ()),
    ("Lis", "ny", "leader", "Havtornen", "En leder gives rollen af systemadministratoren."),
    ("Peter", "ny", "staff", "Team Nord", ()),
    ("Sanne", "ny", "staff", "Team Nord", ()),
    ("Sanne", "ny", "leader", "Team Nord", ()),
    ("Sanne", "ny", "system", "regionen", ()),
    ("Sanne", "ny", "criteria", "regionen", ()),
    # The region sets its members up, and does not speak for them.
    ("Sanne", "ny", "staff", "Havtornen", (U,)),
    ("Sanne", "ny", "leader", "Havtornen", (U,)),
    ("Sanne", "ny", "system", "kommunen", (U,)),
    ("Sanne", "ny", "approver", "kommunen", (U,)),
    ("Sanne", "Tine", "leader", "Sandkrogen", (U,)),
    # One's own organisation's other unit.
    ("Lis", "Tine", "staff", "Havtornen", ()),
    ("Bo", "Jonas", "leader", "Sandkrogen", ()),
    ("Bo", "Jonas", "support", "kommunen", ()),
    # Another organisation's people: theirs to say yes to.
    ("Lis", "Amina", "staff", "Havtornen", (P, E)),
    ("Bo", "Amina", "staff", "Sandkrogen", (P, E)),
    ("Lis", "Peter", "staff", "Havtornen", (P, E)),
    ("Peter", "Jonas", "staff", "Team Nord", (P, E)),
    ("Peter", "Lis", "staff", "Team Nord", (P, E)),
    ("Sanne", "Jonas", "leader", "Team Nord", (P, E)),
    ("Sanne", "Lis", "criteria", "regionen", (P, E)),
    ("Sanne", "Amina", "staff", "Havtornen", (P, U)),
    ("Sanne", "Peter", "leader", "Havtornen", (P, U)),
    # Nobody gives themselves anything, and nobody elsewhere.
    ("Sanne", "Sanne", "staff", "Team Nord", "Du kan ikke give dig selv en rolle."),
    ("Lis", "Lis", "staff", "Havtornen", "Du kan ikke give dig selv en rolle."),
    ("Bo", "ny", "staff", "Team Nord", "404"),
    ("Lis", "ny", "staff", "Sandkrogen", "404"),
    ("Bo", "ny", "system", "regionen", "404"),
    ("Ude", "Jonas", "staff", "Havtornen", "404"),
]


@pytest.mark.parametrize(("by", "whom", "role", "where", "expected"), CELLS)
def test_who_may_give_what_to_whom(
    offices: Offices, by: str, whom: str, role: str, where: str, expected: tuple[Part, ...] | str
) -> None:
    if isinstance(expected, str):
        with pytest.raises((Denied, LookupError)) as refused:
            give(offices, by, whom, role, where)
        said = refused.value.message if isinstance(refused.value, Denied) else "404"
        assert said.startswith(expected)
        return
    before = Membership.objects.count()
    made = give(offices, by, whom, role, where)
    assert Membership.objects.count() == before + (0 if expected else 1)
    waits = RoleYes.objects.filter(offer__user=made.user).order_by("pk").values_list("part", flat=True)
    assert tuple(waits) == expected
    organisation = roles.organisation_of(unit(offices, where))
    last = Entry.objects.filter(scope=organisation.scope).order_by("seq").last()
    assert last is not None
    assert (last.action, last.actor, last.data["person"], last.data["role"]) == (
        "role_offer.made" if expected else "membership.given", one(offices, by).pk, made.user_id, role
    )  # fmt: skip


# For each part of an offer: who may say yes, of all these.
ANSWERERS = [
    ("Lis", "Amina", "Havtornen", P, {"Amina"}),
    ("Lis", "Amina", "Havtornen", E, {"Peter", "Sanne"}),
    ("Peter", "Jonas", "Team Nord", E, {"Lis", "Bo"}),
    ("Sanne", "ny", "Havtornen", U, {"Lis", "Bo"}),
    ("Sanne", "Amina", "Sandkrogen", U, {"Bo"}),
    ("Bo", "Sanne", "Havtornen", E, set()),  # she is the only one who speaks for the region
]


@pytest.mark.parametrize(("by", "whom", "where", "part", "expected"), ANSWERERS)
def test_yes_is_only_theirs_to_give(
    offices: Offices, by: str, whom: str, where: str, part: str, expected: set[str]
) -> None:
    offer, last = give(offices, by, whom, "staff", where), Membership.objects.latest("pk").pk
    everybody = ["Sanne", "Bo", "Lis", "Peter", "Jonas", "Mette", "Amina", "Tine", "Ude", "Karla", offer.user.name]
    said = set()
    for name in everybody:
        RoleYes.objects.filter(offer=offer.pk).update(by=None, at=None)
        RoleOffer.objects.filter(pk=offer.pk).update(ended_at=None, ended_by=None, member=None)
        Membership.objects.filter(pk__gt=last).delete()
        try:
            answer(offices, name, offer, part)
        except LookupError:
            continue
        said.add(name)
    assert said == expected


def test_role_begins_with_the_last_yes_and_all_it_concerns_read_it(offices: Offices) -> None:
    cast = offices.cast
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    assert cast.client(cast.jonas).get("/sandkrogen/tavle/").status_code == 404
    TeamHome.objects.create(team=cast.team, home=cast.other_home, from_day=TODAY)
    assert "Peter fra Region Sundbæk spørger, om du vil være medarbejder i Team Nord" in text_in(
        cast.client(cast.jonas).get(PAGE)
    )
    assert "Du: medarbejder i Team Nord" in text_in(cast.client(cast.jonas).get(reverse("my-day")))
    assert "Jonas arbejder hos jer. Er det i orden?" in text_in(cast.client(cast.lis).get(PAGE))
    answer(offices, "Jonas", offer, P)
    assert cast.client(cast.jonas).get("/sandkrogen/tavle/").status_code == 404, "his organisation has not said yes"
    for _ in range(2):
        answer(offices, "Lis", offer, E)
    assert Membership.objects.filter(user=cast.jonas, team=cast.team).count() == 1, "a double press is one yes"
    assert "Jonas · Team Nord" in text_in(cast.client(cast.jonas).get("/sandkrogen/tavle/"))
    for user in (cast.jonas, cast.lis, offices.peter):
        assert "Rollen er givet" in text_in(cast.client(user).get(reverse("my-day"))), user.name
    town, region = (
        [entry.action for entry in Entry.objects.filter(scope=organisation.scope).order_by("seq")]
        for organisation in (offices.town, offices.region)
    )
    assert town == ["membership.given"]
    assert region == ["role_offer.made", "role_offer.agreed", "role_offer.agreed", "membership.given"]
    for organisation in (offices.town, offices.region):
        assert trail.broken_links(organisation.scope) == []


def test_no_ends_it_and_gives_nothing(offices: Offices) -> None:
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    answer(offices, "Lis", offer, E, yes=False)
    with pytest.raises(Denied, match="Der er svaret"):
        answer(offices, "Jonas", offer, P)
    assert not Membership.objects.filter(user=offices.cast.jonas, team=offices.cast.team).exists()
    assert "Ingen roller venter" in text_in(offices.cast.client(offices.cast.jonas).get(PAGE))
    assert give(offices, "Peter", "Jonas", "staff", "Team Nord").pk != offer.pk, "and may be asked anew"


def test_question_is_taken_back_by_who_staffs_the_unit_and_lapses_by_itself(offices: Offices, clock: Any) -> None:
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    for name in ("Jonas", "Lis", "Amina"):
        with pytest.raises(LookupError):
            roles.offer_withdraw(office=office_of(one(offices, name)), pk=offer.pk, now=timezone.now())
    roles.offer_withdraw(office=office_of(offices.sanne), pk=offer.pk, now=timezone.now())
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    clock.shift(timedelta(days=31))
    with pytest.raises(Denied, match="for længe siden"):
        answer(offices, "Jonas", offer, P)
    assert "Ingen roller venter" in text_in(offices.cast.client(offices.cast.jonas).get(PAGE))


def test_same_question_is_not_asked_twice(offices: Offices) -> None:
    give(offices, "Peter", "Jonas", "staff", "Team Nord")
    with pytest.raises(Denied, match="allerede spurgt"):
        give(offices, "Sanne", "Jonas", "staff", "Team Nord")


def test_late_yes_gives_the_role_from_today(offices: Offices, clock: Any) -> None:
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    clock.shift(timedelta(days=9))
    answer(offices, "Jonas", offer, P)
    member = answer(offices, "Bo", offer, E).member
    assert member is not None
    assert (member.from_day, member.to_day) == (TODAY + timedelta(days=9), None)


@pytest.mark.parametrize("why", ["over", "no office", "given meanwhile"])
def test_role_that_can_be_given_no_more_is_told_and_not_given(offices: Offices, clock: Any, why: str) -> None:
    cast = offices.cast
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord", to_day=TODAY + timedelta(days=5))
    answer(offices, "Jonas", offer, P)
    if why == "over":
        clock.shift(timedelta(days=6))
    elif why == "no office":
        Membership.objects.filter(user=offices.peter).update(to_day=TODAY - timedelta(days=1))
    else:
        Membership.objects.create(user=cast.jonas, role=Role.STAFF, team=cast.team, from_day=TODAY)
    count = Membership.objects.count()
    with pytest.raises(Denied, match="kan ikke gives mere"):
        answer(offices, "Lis", offer, E)
    assert Membership.objects.count() == count
    assert RoleYes.objects.get(offer=offer.pk, part=E).at is None


def test_first_administrator_of_a_member_comes_in_by_their_own_yes_and_speaks_for_it(offices: Offices) -> None:
    """Until then the region gives nobody sight there."""
    cast = offices.cast
    Membership.objects.filter(user=offices.bo).delete()
    waiting = give(offices, "Sanne", "ny", "staff", "Sandkrogen")
    first = roles.membership_give(
        office=office_of(offices.sanne), person=User.objects.create_user("kim@x.invalid", name="Kim"),
        role=RoleFacts(offices.town, Role.SYSTEM, TODAY, None), key="", today=TODAY,
    )  # fmt: skip
    assert list(RoleYes.objects.filter(offer=first.pk).values_list("part", flat=True)) == [P]
    for part in (P, U):
        with pytest.raises(LookupError):
            answer(offices, "Sanne", first, part)
    told = text_in(cast.client(offices.sanne).get(PAGE))
    assert "Kim har ikke logget ind endnu" in told
    assert ("kim@x.invalid" in told, "virker én gang" in told) == (True, True)
    client = cast.client(first.user)
    assert client.get("/")["Location"] == PAGE
    assert "Vil du det?" in text_in(client.get(PAGE))
    send = reverse("administration-role-offer-answer", args=[first.pk])
    assert client.post(send, {"part": P, "answer": "yes"}).status_code == 302
    assert answer(offices, "Kim", waiting, U).member is not None
    second = give(offices, "Sanne", "Jonas", "system", "kommunen")
    assert list(RoleYes.objects.filter(offer=second.pk).values_list("part", flat=True)) == [U]


def test_region_that_ends_the_last_administrators_role_does_not_choose_the_next_alone(offices: Offices) -> None:
    Membership.objects.filter(user=offices.bo).update(to_day=TODAY - timedelta(days=1))
    offer = give(offices, "Sanne", "ny", "system", "kommunen")
    assert list(RoleYes.objects.filter(offer=offer.pk).values_list("part", flat=True)) == [U]
    for name, part in (("Åse", P), ("Sanne", U), ("Peter", U), ("Jonas", U)):
        with pytest.raises(LookupError):
            answer(offices, name, offer, part)
    kim = offices.person("Kim", Role.SYSTEM, organisation=offices.town)
    with pytest.raises(LookupError):
        answer(offices, "Lis", offer, U)
    Membership.objects.filter(user=kim).delete()
    assert answer(offices, "Lis", offer, U).member is not None, "a leader of theirs, where there is nobody else"


def test_second_first_administrator_does_not_begin_once_there_is_one(offices: Offices) -> None:
    Membership.objects.filter(user=offices.bo).delete()
    first, second = (
        roles.membership_give(
            office=office_of(offices.sanne), person=User.objects.create_user(f"{name}@x.invalid", name=name),
            role=RoleFacts(offices.town, Role.SYSTEM, TODAY, None), key="", today=TODAY,
        )
        for name in ("Kim", "Falsk")
    )  # fmt: skip
    assert answer(offices, "Kim", first, P).member is not None
    with pytest.raises(Denied, match="kan ikke gives mere"):
        answer(offices, "Falsk", second, P)
    assert not Membership.objects.filter(user=second.user).exists()


def test_offer_of_before_a_role_on_the_other_side_does_not_begin_without_the_persons_yes(offices: Offices) -> None:
    offer = give(offices, "Sanne", "Jonas", "leader", "Sandkrogen")
    Membership.objects.create(user=offices.cast.jonas, role=Role.STAFF, team=offices.cast.team, from_day=TODAY)
    with pytest.raises(Denied, match="kan ikke gives mere"):
        answer(offices, "Bo", offer, U)


def test_only_administrator_of_a_member_says_yes_to_what_another_asks_of_them(offices: Offices) -> None:
    """To lead the only home: nobody else could. Where somebody else can, they do."""
    offer = give(offices, "Sanne", "Bo", "leader", "Sandkrogen")
    assert answer(offices, "Bo", offer, U).member is not None
    offices.person("Kim", Role.SYSTEM, organisation=offices.town)
    other = give(offices, "Sanne", "Kim", "leader", "Sandkrogen")
    with pytest.raises(LookupError):
        answer(offices, "Kim", other, U)
    assert answer(offices, "Bo", other, U).member is not None


def test_employer_is_where_the_first_role_begins_and_not_where_one_was_asked_for(offices: Offices) -> None:
    offer = give(offices, "Sanne", "ny", "staff", "Havtornen")
    assert User.objects.get(name="Åse").organisation is None
    answer(offices, "Bo", offer, U, yes=False)
    member = give(offices, "Peter", "Åse", "staff", "Team Nord")
    assert (type(member), User.objects.get(name="Åse").organisation) == (Membership, offices.region)


def test_who_has_a_role_and_no_employer_yet_is_where_that_role_is(offices: Offices) -> None:
    """Given by an old process while the new one was put in."""
    User.objects.filter(name="Jonas").update(organisation=None)
    offer = give(offices, "Peter", "Jonas", "staff", "Team Nord")
    assert set(RoleYes.objects.filter(offer=offer.pk).values_list("part", flat=True)) == {P, E}


def test_form_tells_no_name_of_who_has_an_address_at_another_organisation(offices: Offices) -> None:
    cast = offices.cast
    sent = {"name": "Noget", "email": "amina@x.invalid", "unit": f"botilbud-{cast.home.pk}", "role": "staff",
            "from_day": "2026-11-17", "title": "", "phone": "", "to_day": ""}  # fmt: skip
    new = reverse("administration-person-create")
    page = offices.post(cast.lis, new, sent)
    assert (page.status_code, "Amina" in page.content.decode()) == (422, False)
    assert "Spørg personen og dennes organisation" in page.content.decode()
    sent |= {"confirmed": str(cast.amina.pk)}
    assert offices.post(cast.lis, new, sent)["Location"].startswith(PAGE)
    asked = text_in(cast.client(cast.lis).get(PAGE))
    assert ("amina@x.invalid" in asked, "Amina" in asked, "har ikke logget ind endnu" in asked) == (True, False, False)
    assert "Venter på ja fra personen selv og personens egen organisation" in asked
    answer(offices, "Amina", RoleOffer.objects.get(), P)
    assert "Amina" in text_in(cast.client(cast.lis).get(PAGE)), "she has said who she is"


@pytest.mark.parametrize(("by", "whom", "expected"), [
    ("Lis", "Jonas", True), ("Bo", "Jonas", True), ("Peter", "Amina", True), ("Sanne", "Amina", True),
    ("Sanne", "Jonas", False), ("Lis", "Amina", False), ("Peter", "Jonas", False), ("Bo", "Amina", False),
])  # fmt: skip
def test_name_and_phone_are_their_own_organisations_to_correct(
    offices: Offices, by: str, whom: str, expected: bool
) -> None:
    """Also where both have a role in the other's unit."""
    cast = offices.cast
    Membership.objects.create(user=cast.amina, role=Role.STAFF, home=cast.home, from_day=TODAY)
    Membership.objects.create(user=cast.jonas, role=Role.STAFF, team=cast.team, from_day=TODAY)
    person, user = one(offices, whom), one(offices, by)
    path = reverse("administration-person-change", args=[person.pk])
    seen = mark_of(person_facts(person))
    answered = cast.client(user).post(path, {"name": "Nyt navn", "title": "", "phone": "", "seen": seen})
    person.refresh_from_db()
    assert (answered.status_code, person.name == "Nyt navn") == ((302, True) if expected else (404, False))
    shown = text_in(cast.client(user).get(reverse("administration-person", args=[person.pk])))
    assert ("Ret navn, titel og telefon" in shown) == expected


def test_role_that_others_said_yes_to_is_not_prolonged_past_them(offices: Offices) -> None:
    cast = offices.cast
    member = Membership.objects.create(
        user=cast.jonas, role=Role.STAFF, team=cast.team, from_day=TODAY, to_day=TODAY + timedelta(days=9)
    )
    path = reverse("administration-membership-end", args=[member.pk])
    answered = offices.post(offices.peter, path, {"to_day": str(TODAY + timedelta(days=20))})
    assert (answered.status_code, "Længere tid skal andre også sige ja til" in answered.content.decode()) == (422, True)
    assert offices.post(offices.peter, path, {"to_day": str(TODAY + timedelta(days=5))}).status_code == 302
    own = Membership.objects.create(
        user=cast.mette, role=Role.STAFF, home=cast.other_home, from_day=TODAY, to_day=TODAY + timedelta(days=9)
    )
    path = reverse("administration-membership-end", args=[own.pk])
    assert offices.post(offices.bo, path, {"to_day": str(TODAY + timedelta(days=20))}).status_code == 302


def test_offers_go_two_months_after_they_were_made(offices: Offices, clock: Any) -> None:
    give(offices, "Peter", "Jonas", "staff", "Team Nord")
    clock.shift(timedelta(days=59))
    nightly(timezone.now())
    assert (RoleOffer.objects.count(), RoleYes.objects.count()) == (1, 2)
    clock.shift(timedelta(days=1))
    nightly(timezone.now())
    assert (RoleOffer.objects.count(), RoleYes.objects.count()) == (0, 0)


def test_page_asks_the_same_number_of_queries_whoever_looks(
    offices: Offices, django_assert_max_num_queries: Any
) -> None:
    for name in ("Jonas", "Mette"):
        give(offices, "Peter", name, "staff", "Team Nord")
    client = offices.cast.client(offices.cast.mette)
    client.get(PAGE)
    with django_assert_max_num_queries(9):
        assert text_in(client.get(PAGE)).count("Vil du det?") == 1


def test_employers_of_before_are_where_the_role_is_that_lasts_longest(offices: Offices) -> None:
    from importlib import import_module

    from django.apps import apps

    cast = offices.cast
    Membership.objects.create(user=cast.jonas, role=Role.STAFF, team=cast.team, from_day=TODAY)
    kim = User.objects.create_user("kim@x.invalid", name="Kim")
    vera = User.objects.create_user("vera@x.invalid", name="Vera")
    for who, to_day, place in (
        (kim, TODAY, {"home": cast.home}), (kim, None, {"team": cast.team}),
        (vera, TODAY - timedelta(days=9), {"team": cast.team}), (vera, TODAY + timedelta(days=9), {"home": cast.home}),
    ):  # fmt: skip
        Membership.objects.create(
            user=who, role=Role.STAFF, from_day=TODAY - timedelta(days=20), to_day=to_day, **place
        )
    User.objects.update(organisation=None)
    import_module("organisation.migrations.0006_employer_and_offers").employers(apps, None)
    found = dict(
        User.objects.filter(name__in=["Jonas", "Amina", "Kim", "Vera", "Bo"]).values_list("name", "organisation__name")
    )
    town, region = offices.town.name, offices.region.name
    assert found == {"Jonas": town, "Amina": region, "Kim": region, "Vera": town, "Bo": town}
    assert Organisation.objects.count() == 3
