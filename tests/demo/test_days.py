"""The demo world can be laid whatever day it is, and has something to show on each page."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from demo import build
from privacy.models import SampleLine


# A holiday, a Sunday in ISO week 53, Easter Monday, a leap day.
@pytest.mark.parametrize("day", [date(2026, 12, 25), date(2027, 1, 3), date(2027, 3, 29), date(2028, 2, 29)])
def test_world_can_be_laid_on_any_day(db: None, day: date) -> None:
    with time_machine.travel(datetime(day.year, day.month, day.day, 11, tzinfo=UTC), tick=False):
        assert build.lay(day)
    assert SampleLine.objects.filter(sample__home__slug="havtornen", answer="").exists()
    assert SampleLine.objects.filter(sample__team__name="Team Nord", answer="").exists()
