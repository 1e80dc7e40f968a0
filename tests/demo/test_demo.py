"""The demo world: laid once, through the services, whole."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from audit import trail
from audit.models import Anchor, Clock, Entry
from boards.models import Cell, Episode, Intervention
from demo import build
from meetings.models import Meeting, Minutes
from organisation.models import Home, Membership, Organisation, Team, User
from privacy import selectors
from privacy.models import SampleLine

pytestmark = pytest.mark.both


@pytest.fixture(scope="module")
def laid(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The world, laid once: each test's own changes are undone to here, and in the end all of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        assert build.lay(date(2026, 11, 17))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(laid: None, db: None) -> None:
    """The world, and leave to change it."""


def test_world_is_whole_and_laying_it_again_changes_nothing(world: None) -> None:
    assert (Team.objects.count(), Home.objects.count()) == (2, 6)
    havtornen = Home.objects.get(slug="havtornen")
    assert Meeting.objects.for_home(havtornen).filter(state="closed").count() >= 9
    assert Minutes.objects.for_home(havtornen).count() >= 9
    assert Episode.objects.for_home(havtornen).filter(closed_on__isnull=False).exists()
    assert Intervention.objects.for_home(havtornen).filter(state="not_done").exists()
    assert Intervention.objects.for_home(havtornen).filter(moves__gte=2).exists()
    before = dict(Clock.objects.values_list("scope", "version"))
    assert not build.lay(date(2026, 11, 18))
    assert before == dict(Clock.objects.values_list("scope", "version"))


def test_every_audit_chain_of_the_world_holds(world: None) -> None:
    for scope in Clock.objects.values_list("scope", flat=True):
        assert trail.broken_links(scope) == [], scope
    call_command("audit_verify", verbosity=0)


def test_every_act_of_the_world_upon_a_stay_is_told_in_hvem_har_set(world: None) -> None:
    acts = Entry.objects.filter(scope__startswith="home:").values_list("subject", flat=True)
    about = {model._meta.label_lower for model, _, _ in selectors.ABOUT} | {"residents.stay"}
    assert {subject.split(":")[0] for subject in acts} - about == {"meetings.meeting"}


def test_world_has_a_sample_to_answer_and_an_anchor_to_fetch(world: None) -> None:
    assert SampleLine.objects.filter(sample__home__slug="havtornen").exists()
    assert SampleLine.objects.filter(sample__team__name="Team Nord").exists()
    assert Anchor.objects.count() == 1


def test_history_is_dated_as_it_happened(world: None) -> None:
    havtornen = Home.objects.get(slug="havtornen")
    days = {cell.changed_at.date() for cell in Cell.objects.for_home(havtornen)}
    assert min(days) < date(2026, 10, 1)
    assert max(days) <= date(2026, 11, 17)


def test_people_of_the_cast_sign_in_with_one_click_in_the_demo_only(world: None, client, settings) -> None:
    mette = User.objects.get(name="Mette")
    assert "Mette" in client.get("/demo/").content.decode()
    settings.DEMO = False
    assert client.get("/demo/").status_code == 404
    assert client.post(f"/demo/log-ind/{mette.pk}/").status_code == 404
    settings.DEMO = True
    assert client.post(f"/demo/log-ind/{mette.pk}/").status_code == 302
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/havtornen/tavle/"


def test_world_has_its_administrators_and_approvers(world: None) -> None:
    central = Membership.objects.filter(organisation__isnull=False)
    roles = central.values_list("user__name", "role", "organisation__name")
    assert set(roles) >= {
        ("Sanne", "system", "Region Sundbæk"), ("Bo", "system", "Sundbæk Kommune"),
        ("Lis", "approver", "Sundbæk Kommune"), ("Peter", "approver", "Region Sundbæk"),
    }  # fmt: skip
    assert Organisation.objects.get(name="Sundbæk Kommune").region == Organisation.objects.get(name="Region Sundbæk")
