"""Criteria that count back from a date: asked for in the dialog, shown on the board, kept through a review."""

from datetime import date
from typing import Any

import pytest

from boards import services
from boards.models import Episode, EpisodeCriterion
from criteria.models import Criterion, CriterionVersion
from tests.conftest import TODAY, Cast


@pytest.fixture
def version(cast: Cast) -> CriterionVersion:
    found = Criterion.objects.get(key="frist-fra-retten").versions.get()
    CriterionVersion.objects.filter(pk=found.pk).update(awake=True)
    return found


def send(cast: Cast, version: CriterionVersion, **typed: Any) -> Any:
    data = {
        "level": "subakut", "criteria": [version.pk], "reason": "Retten har skrevet.", "told": "yes", "seen": "0",
        "deadline": "2027-01-12",
    }  # fmt: skip
    return cast.client(cast.mette).post(f"/havtornen/niveau/{cast.rune.pk}/", {**data, **typed})


def test_review_is_the_lead_time_before_the_date_and_the_board_shows_the_date(cast: Cast, version: Any) -> None:
    assert send(cast, version).status_code == 204
    assert Episode.objects.for_home(cast.home).get().review_by == date(2026, 12, 29)
    board = cast.client(cast.mette).get("/havtornen/tavle/").content.decode()
    assert "Frist eller vilkår fra retten, 12.1.2027" in board


@pytest.mark.parametrize(("typed", "words"), [
    ({"deadline": ""}, "Skriv datoen for fristen."),
    ({"deadline": "2026-11-16"}, "Fristen er gået."),
    ({"deadline": "2031-01-01"}, "Er årstallet rigtigt?"),
    ({"deadline": "snart"}, "Skriv dagen som"),
    ({"review_by": "2026-12-30"}, "Kriteriet siger senest tirsdag 29. december"),
])  # fmt: skip
def test_date_is_asked_for_and_checked(cast: Cast, version: Any, typed, words) -> None:
    answer = send(cast, version, **typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Episode.objects.for_home(cast.home).exists()


def test_date_is_not_asked_for_by_other_criteria(cast: Cast) -> None:
    assert send(cast, cast.criterion("tidlige-tegn"), deadline="").status_code == 204
    assert EpisodeCriterion.objects.for_home(cast.home).get().deadline is None


def test_dialog_shows_the_date_again_and_a_review_follows_it(cast: Cast, version: Any) -> None:
    send(cast, version)
    dialog = cast.client(cast.mette).get(f"/havtornen/niveau/{cast.rune.pk}/").content.decode()
    assert 'value="2027-01-12"' in dialog
    assert 'data-lead="14"' in dialog
    reviewed = services.level_review(access=cast.access(cast.mette), stay_id=cast.rune.pk, seen=1, today=TODAY)
    assert reviewed.review_by == date(2026, 12, 29)
    later = services.level_review(access=cast.access(cast.mette), stay_id=cast.rune.pk, seen=2, today=date(2027, 1, 4))
    assert later.review_by == date(2027, 1, 12), "never past the deadline"


def test_resident_keeps_a_retired_criterion_when_the_dialog_is_saved_again(cast: Cast) -> None:
    kept = cast.criterion("tidlige-tegn")
    cast.put_on_board(cast.rune, key="tidlige-tegn")
    CriterionVersion.objects.filter(pk=kept.pk).update(awake=False)
    dialog = cast.client(cast.mette).get(f"/havtornen/niveau/{cast.rune.pk}/").content.decode()
    assert "Tidlige tegn på forværring (udgået)" in dialog
    assert send(cast, kept, deadline="", seen="1").status_code == 204
    other = cast.client(cast.mette).get(f"/havtornen/niveau/{cast.tove.pk}/").content.decode()
    assert "Tidlige tegn på forværring" not in other
