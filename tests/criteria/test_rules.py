from datetime import date

import pytest

from core.errors import Denied
from criteria import catalogue, rules
from criteria.models import Criterion, CriterionVersion, Level
from tests.conftest import Cast, required

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


@pytest.mark.parametrize(("level", "days", "from_day", "expected"), [
    # Week-ends
    (Level.SUBAKUT, 1, date(2026, 11, 20), date(2026, 11, 23)),
    (Level.SUBAKUT, 1, date(2026, 11, 21), date(2026, 11, 23)),
    (Level.AKUT, 1, date(2026, 11, 21), date(2026, 11, 22)),
    # Christmas Eve, both Christmas days, and the week-end after
    (Level.SUBAKUT, 3, date(2026, 12, 23), date(2026, 12, 30)),
    (Level.SUBAKUT, 1, date(2026, 12, 23), date(2026, 12, 28)),
    (Level.AKUT, 2, date(2026, 12, 23), date(2026, 12, 25)),
    # ISO week 53 of 2026 and 1-3 January 2027
    (Level.SUBAKUT, 7, date(2026, 12, 28), date(2027, 1, 5)),
    (Level.SUBAKUT, 1, date(2026, 12, 31), date(2027, 1, 4)),
    (Level.SUBAKUT, 1, date(2027, 1, 1), date(2027, 1, 4)),
    (Level.SUBAKUT, 7, date(2027, 1, 3), date(2027, 1, 8)),
    (Level.AKUT, 2, date(2026, 12, 31), date(2027, 1, 2)),
    # Easter 2027: 25, 26, 28 and 29 March
    (Level.SUBAKUT, 1, date(2027, 3, 24), date(2027, 3, 30)),
    (Level.SUBAKUT, 7, date(2027, 3, 22), date(2027, 4, 1)),
    # Great Prayer Day (23 April 2027) is a working day since 2024
    (Level.SUBAKUT, 1, date(2027, 4, 22), date(2027, 4, 23)),
    # Ascension and Whit Monday 2027
    (Level.SUBAKUT, 1, date(2027, 5, 5), date(2027, 5, 7)),
    (Level.SUBAKUT, 1, date(2027, 5, 14), date(2027, 5, 18)),
    # Both clock changes take no day away
    (Level.AKUT, 2, date(2026, 10, 24), date(2026, 10, 26)),
    (Level.SUBAKUT, 1, date(2026, 10, 23), date(2026, 10, 26)),
    (Level.AKUT, 1, date(2027, 3, 27), date(2027, 3, 28)),
    (Level.AKUT, 1, date(2027, 3, 28), date(2027, 3, 29)),
])  # fmt: skip
def test_subakut_counts_working_days_and_akut_calendar_days(level, days, from_day, expected) -> None:
    assert rules.due(rules.Term(level, days, days), from_day, first=True) == expected


@pytest.mark.parametrize(("deadline", "from_day", "is_first", "expected"), [
    (date(2027, 1, 12), date(2026, 11, 17), True, date(2026, 12, 29)),  # in week 53
    (date(2027, 1, 15), date(2026, 11, 17), True, date(2027, 1, 1)),  # calendar days, holidays too
    (date(2027, 4, 11), date(2027, 3, 1), True, date(2027, 3, 28)),  # Easter Sunday, and the clock changes
    (date(2026, 11, 8), date(2026, 10, 1), False, date(2026, 10, 25)),  # the other clock change
    (date(2026, 12, 1), date(2026, 11, 17), True, date(2026, 12, 1)),  # the lead day is today: then forward
    (date(2026, 11, 20), date(2026, 11, 17), True, date(2026, 11, 20)),  # too late to lead: by the deadline itself
    (date(2026, 11, 17), date(2026, 11, 17), True, date(2026, 12, 1)),  # on the day: the ordinary term
    (date(2026, 11, 10), date(2026, 11, 17), False, date(2026, 12, 1)),  # passed and not yet handled
])  # fmt: skip
def test_term_with_lead_time_counts_back_from_the_deadline(deadline, from_day, is_first, expected) -> None:
    term = rules.Term(Level.SUBAKUT, 14, 14, lead_days=14, deadline=deadline)
    assert rules.due(term, from_day, first=is_first) == expected


def test_term_without_its_deadline_asks_for_no_day() -> None:
    term = rules.Term(Level.SUBAKUT, 14, 14, lead_days=14)
    assert rules.due(term, FRIDAY, first=True) is None
    assert rules.review_by([term], FRIDAY, first=True) is None
    assert rules.review_by([term, rules.Term(Level.AKUT, 2, 2)], FRIDAY, first=True) == date(2026, 11, 22)


def test_earliest_term_wins() -> None:
    terms = [rules.Term(Level.SUBAKUT, 7, 7), rules.Term(Level.AKUT, 2, 2)]
    assert rules.review_by(terms, FRIDAY, first=True) == date(2026, 11, 22)
    lead = rules.Term(Level.SUBAKUT, 14, 14, lead_days=14, deadline=date(2026, 12, 5))
    assert rules.review_by([*terms, lead], FRIDAY, first=True) == date(2026, 11, 21)
    assert rules.review_by([], FRIDAY, first=True) is None


@pytest.mark.parametrize(("ends_on", "allowed"), [
    (date(2026, 11, 19), False), (FRIDAY, False), (date(2026, 11, 21), True),
    (date(2027, 11, 20), True), (date(2027, 11, 21), False),
])  # fmt: skip
def test_own_criterion_ends_within_a_year(ends_on, allowed) -> None:
    if allowed:
        rules.check_end(ends_on, FRIDAY)
    else:
        with pytest.raises(Denied):
            rules.check_end(ends_on, FRIDAY)


def test_catalogue_holds_sixteen_of_which_eight_are_awake() -> None:
    entries = catalogue.read()["criterion"]
    assert len(entries) == 16
    assert sum(1 for entry in entries if entry.get("awake")) == 8
    assert all(entry["level"] in (Level.AKUT, Level.SUBAKUT) and entry["exit_question"] for entry in entries)


def test_catalogue_is_laid_down_once(cast: Cast) -> None:
    region = required(Criterion.objects.first()).organisation
    assert catalogue.lay_down(region, date(2026, 1, 1)) == 0
    assert CriterionVersion.objects.filter(criterion__organisation=region).count() == 16


def test_criteria_page_shows_definitions_and_the_notice(cast: Cast) -> None:
    page = cast.client(cast.amina).get("/havtornen/kriterier/").content.decode()
    assert "skal godkendes lokalt" in page
    assert "tegnene er væk to møder i træk" in page
    assert "14 dage før udløb" in page
