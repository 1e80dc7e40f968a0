"""What waits for a leader's yes or answer stands on Min dag, each for who must give it."""

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.access import roles_of
from audit import trail
from criteria import own
from criteria import services as criteria_services
from criteria.models import Criterion
from criteria.rules import Wording, wording_of
from organisation.models import Membership, Role, Side, User
from privacy import samples
from reminders.waiting import questions
from residents.selectors import region_of
from tests.conftest import TODAY, Cast, text_in
from tests.reminders.test_left import leads_team, waits


def wording() -> Wording:
    standing = Criterion.objects.get(key="tidlige-tegn", home=None).versions.latest("number")
    return Wording(**{**wording_of(standing).values(), "name": "Kun her"})  # type: ignore[arg-type]


def propose(cast: Cast, side: Side, by: User) -> Criterion:
    return own.own_criterion_propose(
        home=cast.home, region_id=region_of(cast.home, TODAY), side=side, wording=wording(),
        ends_on=TODAY + timedelta(days=90), key="", by=by, today=TODAY,
    )  # fmt: skip


def test_own_criterion_waits_for_the_other_sides_leader_until_it_is_answered(cast: Cast) -> None:
    leads_team(cast.amina)
    criterion = propose(cast, Side.HOME, cast.lis)
    asked = "Et kriterium, der kun skal gælde her"
    assert [asked in waits(cast, user) for user in (cast.lis, cast.amina, cast.mette)] == [False, True, False]
    assert reverse("criteria", args=[cast.home.slug]) in waits(cast, cast.amina)
    own.own_criterion_approve(
        home=cast.home, region_id=region_of(cast.home, TODAY), pk=criterion.pk, side=Side.TEAM, by=cast.amina,
        today=TODAY,
    )  # fmt: skip
    assert asked not in waits(cast, cast.amina)


def test_own_criterion_whose_end_has_come_or_that_was_withdrawn_waits_for_nobody(cast: Cast) -> None:
    leads_team(cast.amina)
    for act in ("end", "withdraw"):
        criterion = propose(cast, Side.HOME, cast.lis)
        assert "kun skal gælde her" in waits(cast, cast.amina), act
        if act == "end":
            Criterion.objects.filter(pk=criterion.pk).update(ends_on=TODAY - timedelta(days=1))
        else:
            region = region_of(cast.home, TODAY)
            own.own_criterion_end(home=cast.home, region_id=region, pk=criterion.pk, by=cast.lis, today=TODAY)
        assert "kun skal gælde her" not in waits(cast, cast.amina), act


def test_weeks_sample_waits_for_the_leader_and_says_what_is_late(cast: Cast, clock: Any) -> None:
    with trail.as_of(timezone.now() - timedelta(days=7)):
        trail.record_read(cast.home.scope, viewer=cast.jonas.pk, screen="tavle", stays=[cast.rune.pk])
    samples.draw(timezone.now())
    found = waits(cast, cast.lis)
    assert ("1 opslag i ugens stikprøve" in found, "over fristen" in found) == (True, False)
    assert reverse("administration-samples") in found
    assert "stikprøve" not in waits(cast, cast.mette)
    clock.shift(timedelta(days=40))
    assert "1 over fristen" in waits(cast, cast.lis)


def test_criterion_of_the_region_waits_for_its_approver(cast: Cast) -> None:
    Membership.objects.create(
        user=cast.lis, role=Role.APPROVER, organisation=cast.home.organisation, from_day=date(2026, 1, 1)
    )
    assert "til godkendelse" not in waits(cast, cast.lis)
    criterion = Criterion.objects.get(key="tidlige-tegn", home=None)
    standing = criterion.versions.latest("number")
    criteria_services.criterion_propose(
        criterion=criterion, wording=wording(), seen=standing.number, key="", by=cast.karla, today=TODAY
    )
    assert "1 kriterium til godkendelse" in waits(cast, cast.lis)
    assert "til godkendelse" not in waits(cast, cast.mette)


def test_nothing_to_answer_is_said_as_before(cast: Cast) -> None:
    Membership.objects.filter(user=cast.stranger).update(role=Role.LEADER)
    page = text_in(cast.client(cast.stranger).get(reverse("my-day")))
    assert "Dit svar" not in page


def test_staff_are_asked_nothing_and_pay_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    access = cast.access(cast.jonas)
    cast.jonas.known_roles = {}
    roles_of(cast.jonas, TODAY)  # a page has asked that already
    with django_assert_num_queries(1):
        assert questions(cast.jonas, [access], TODAY) == []
