"""Opbevaring: the terms are set with the settings, what went is told in figures, and a leader erases an ended stay."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Entry, ReadEntry
from organisation.models import Draft, Membership, RegionSettings, Role
from privacy.models import Erasure, Receipt, Run
from privacy.retention import services
from privacy.retention.kinds import KINDS
from residents import services as resident_services
from residents.models import Stay, StayEnd
from tests.administration.conftest import Offices
from tests.administration.test_settings_page import fields
from tests.conftest import TODAY, Cast

PAGE = "/styring/opbevaring/"


def address(offices: Offices, stay: Stay | None = None) -> str:
    base = f"/styring/botilbud/{offices.cast.home.pk}/fraflyttede/"
    return f"{base}{stay.pk}/" if stay else base


@pytest.fixture
def moved(cast: Cast) -> Stay:
    return resident_services.stay_end(stay=cast.vibeke, end=StayEnd.MOVED, on=TODAY, by=cast.mette)


def settings(offices: Offices, **typed: Any) -> Any:
    client = offices.cast.client(offices.cast.karla)
    return client.post(f"/styring/indstillinger/{offices.region.pk}/", fields(**typed))


def test_terms_are_set_with_the_other_settings(offices: Offices) -> None:
    assert settings(offices, keep_left="14").status_code == 302
    assert RegionSettings.objects.get().values == {"keep_left": 14}
    assert "14 dage" in offices.text(offices.cast.lis, PAGE)
    assert settings(offices, seen="1", step="standard").status_code == 302
    assert "14 dage" not in offices.text(offices.cast.lis, PAGE)


@pytest.mark.parametrize(("kind", "low", "high"), [("left", 7, 180), ("log_detail", 730, 3650), ("drafts", 1, 7)])
def test_term_outside_its_range_is_refused(offices: Offices, kind: str, low: int, high: int) -> None:
    for wrong in (low - 1, high + 1, "", "x", "1.5"):
        answer = settings(offices, **{f"keep_{kind}": wrong})
        assert answer.status_code == 422, wrong
        assert f"Skriv et tal fra {low} til {high}." in answer.content.decode()
    assert not RegionSettings.objects.exists()


def test_preview_says_which_terms_become_shorter(offices: Offices) -> None:
    page = settings(offices, step="show", keep_left="7", keep_minutes="800").content.decode()
    assert "Afsluttede ophold: 30 dage bliver til 7" in page
    assert "Referater: 730" not in page
    assert not RegionSettings.objects.exists()
    assert "bliver kortere" not in settings(offices, step="show", keep_left="40").content.decode()


def test_page_tells_each_kind_and_what_went(offices: Offices, clock: Any) -> None:
    assert "Der er ikke slettet endnu" in offices.text(offices.cast.lis, PAGE)
    for number in range(3):
        Draft.objects.create(user=offices.cast.mette, home=offices.cast.home, field=f"{number}-goals-joint", text="x")
    clock.shift(timedelta(days=1))
    services.nightly(timezone.now())
    page = offices.text(offices.cast.lis, PAGE)
    for kind in KINDS.values():
        assert kind.name in page
    assert '<td data-title="Slettet sidst">3</td><td data-title="Slettet i alt">3' in page
    clock.shift(timedelta(days=1))
    services.nightly(timezone.now())
    assert '<td data-title="Slettet sidst">0</td><td data-title="Slettet i alt">3' in offices.text(
        offices.cast.lis, PAGE
    )
    clock.shift(timedelta(days=2))
    assert "Der er ikke slettet siden 19.11.2026" in offices.text(offices.cast.lis, PAGE)
    for name in ("Rune", "Tove", "Vibeke"):
        assert name not in page


def test_figures_are_those_of_ones_own_homes(offices: Offices) -> None:
    now = timezone.now()
    Run.objects.create(day=TODAY, started_at=now, ended_at=now)
    for home, count in ((offices.cast.home, 5), (offices.cast.other_home, 700), (None, 1)):
        Receipt.objects.create(kind="drafts", home=home, at=now, rows=count)
    Receipt.objects.create(kind="minutes", home=offices.cast.other_home, at=now, left=4, failed=True)
    for user, total in ((offices.cast.lis, 6), (offices.peter, 6), (offices.sanne, 706), (offices.outside, 1)):
        assert f'<td data-title="Slettet i alt">{total}' in offices.text(user, PAGE), user.name
    assert "Sandkrogen" not in offices.text(offices.cast.lis, PAGE)
    assert "Sandkrogen: 4 rækker stod der endnu" in offices.text(offices.sanne, PAGE)


def test_ended_stays_stand_by_flat_and_day_without_a_name(offices: Offices, moved: Stay) -> None:
    page = offices.text(offices.cast.lis, address(offices))
    assert "Bolig 8" in page
    assert "natten til 17.12.2026" in page
    assert "Vibeke" not in page
    assert "Bolig 4" not in page
    assert ReadEntry.objects.filter(viewer=offices.cast.lis.pk, screen="fraflyttede").get().stays == [moved.pk]
    assert address(offices) in offices.text(offices.cast.lis, f"/styring/botilbud/{offices.cast.home.pk}/")
    assert address(offices) not in offices.text(offices.bo, f"/styring/botilbud/{offices.cast.home.pk}/")


def test_leader_erases_an_ended_stay_in_two_steps_with_a_reason(offices: Offices, moved: Stay) -> None:
    client = offices.cast.client(offices.cast.lis)
    url = address(offices, moved)
    asked = client.get(url).content.decode()
    assert "Det kan ikke fortrydes" in asked
    assert Stay.objects.for_home(offices.cast.home).filter(pk=moved.pk).exists(), "asking erases nothing"
    refused = client.post(url, {"why": " "})
    assert refused.status_code == 422
    assert client.post(url, {"why": "x" * 301}).status_code == 422
    assert Stay.objects.for_home(offices.cast.home).filter(pk=moved.pk).exists()
    answer = client.post(url, {"why": "Beboeren bad om det", "key": "n"}, follow=True)
    assert "Opholdet er slettet." in answer.content.decode()
    assert not Stay.objects.for_home(offices.cast.home).filter(pk=moved.pk).exists()
    assert Erasure.objects.get().cause == "asked"
    entry = Entry.objects.get(action="stay.erased")
    assert (entry.actor, entry.detail.data) == (offices.cast.lis.pk, {"why": "Beboeren bad om det"})
    again = client.post(url, {"why": "Beboeren bad om det", "key": "n"})
    assert (again.status_code, again["Location"]) == (302, f"{address(offices)}?slettet"), "a double click"
    assert client.get(url).status_code == 404
    assert Entry.objects.filter(action="stay.erased").count() == 1


def test_those_who_live_there_cannot_be_erased(offices: Offices) -> None:
    client = offices.cast.client(offices.cast.lis)
    assert client.post(address(offices, offices.cast.rune), {"why": "Bedt om"}).status_code == 404
    Membership.objects.create(user=offices.cast.lis, role=Role.SYSTEM, organisation=offices.town, from_day=TODAY)
    elsewhere = f"/styring/botilbud/{offices.cast.other_home.pk}/fraflyttede/"
    assert client.get(elsewhere).status_code == 404, "administering a home is not leading it"
