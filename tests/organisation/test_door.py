import os
import subprocess
import sys
from typing import Any

import pytest
from django.shortcuts import get_object_or_404

from accounts.access import accesses, enter
from boards.models import Cell
from organisation.door import UnscopedQuery
from organisation.models import Membership, Side
from residents.models import Stay
from tests.conftest import TODAY, Cast
from tests.rooms import ROOT

pytestmark = pytest.mark.both


@pytest.mark.parametrize("act", [
    lambda: Stay.objects.all(), lambda: Stay.objects.filter(pk=1), lambda: Stay.objects.get(pk=1),
    lambda: Cell.objects.count(), lambda: Stay.objects.create(flat="1"), lambda: get_object_or_404(Stay, pk=1),
])  # fmt: skip
def test_query_that_names_no_home_is_refused(db: None, act) -> None:
    with pytest.raises(UnscopedQuery):
        act()


def test_door_shows_only_its_home(cast: Cast) -> None:
    assert cast.elsewhere.pk not in Stay.objects.for_home(cast.home).values_list("pk", flat=True)
    both = Stay.objects.for_homes([cast.home, cast.other_home]).count()
    assert both == Stay.objects.for_home(cast.home).count() + 1


def test_everyone_enters_from_their_own_side(cast: Cast) -> None:
    assert enter(cast.mette, "havtornen").side == Side.HOME
    assert enter(cast.amina, "havtornen").side == Side.TEAM
    assert [access.home.slug for access in accesses(cast.amina, TODAY)] == ["havtornen"]
    assert accesses(cast.karla, TODAY) == []


def test_membership_ends_by_itself(cast: Cast) -> None:
    assert accesses(cast.gone, TODAY) == []
    Membership.objects.filter(user=cast.mette).update(to_day=TODAY)
    assert len(accesses(cast.mette, TODAY)) == 1, "the last day counts"


def test_system_door_says_why_once_in_a_process_and_without_a_word_of_anybody(cast: Cast, caplog: Any) -> None:
    caplog.set_level("INFO", logger="organisation.door")
    for _ in range(2):
        assert Stay.objects.system("counted by this test alone").count() == 5
    assert [record.getMessage() for record in caplog.records] == ["system door to Stay: counted by this test alone"]


def test_system_door_s_lines_reach_production_s_log() -> None:
    code = "from botilbud import settings; print(settings.LOGGING['loggers']['organisation.door'])"
    env = {"PATH": os.environ["PATH"], "BOTILBUD_SECRET_KEY": "x" * 50, "BOTILBUD_HOSTS": "x.invalid"}
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "{'level': 'INFO'}"
