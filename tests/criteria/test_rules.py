from datetime import date

import pytest

from criteria import catalogue, rules
from criteria.models import Criterion, CriterionVersion, Level
from tests.conftest import Cast

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(("level", "first", "then", "is_first", "expected"), [
    (Level.AKUT, 2, 2, True, date(2026, 11, 22)),  # calendar days, over the week-end
    (Level.AKUT, 1, 1, True, date(2026, 11, 21)),
    (Level.SUBAKUT, 7, 7, True, date(2026, 11, 27)),  # a week is five working days
    (Level.SUBAKUT, 3, 14, True, date(2026, 11, 25)),  # 'Netop udskrevet' at first …
    (Level.SUBAKUT, 3, 14, False, date(2026, 12, 4)),  # … and from then on
])  # fmt: skip
def test_term_runs_out(level, first, then, is_first, expected) -> None:
    assert rules.due(rules.Term(level, first, then), FRIDAY, first=is_first) == expected


def test_working_days_step_over_danish_holidays() -> None:
    assert rules.due(rules.Term(Level.SUBAKUT, 3, 3), date(2026, 12, 23), first=True) == date(2026, 12, 30)


def test_earliest_term_wins() -> None:
    terms = [rules.Term(Level.SUBAKUT, 7, 7), rules.Term(Level.AKUT, 2, 2)]
    assert rules.review_by(terms, FRIDAY, first=True) == date(2026, 11, 22)
    assert rules.review_by([], FRIDAY, first=True) is None


def test_catalogue_holds_sixteen_of_which_eight_are_awake() -> None:
    entries = catalogue.read()["criterion"]
    assert len(entries) == 16
    assert sum(1 for entry in entries if entry.get("awake")) == 8
    assert all(entry["level"] in (Level.AKUT, Level.SUBAKUT) and entry["exit_question"] for entry in entries)


def test_catalogue_is_laid_down_once(cast: Cast) -> None:
    region = Criterion.objects.first().organisation
    assert catalogue.lay_down(region, date(2026, 1, 1)) == 0
    assert CriterionVersion.objects.filter(criterion__organisation=region).count() == 16


def test_criteria_page_shows_definitions_and_the_notice(cast: Cast) -> None:
    page = cast.client(cast.amina).get("/havtornen/kriterier/").content.decode()
    assert "skal godkendes lokalt" in page
    assert "tegnene er væk to møder i træk" in page
    assert "14 dage før udløb" in page
