"""One world for all that is tried in a file; every try is taken back."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from boards.live import snapshots
from tests.conftest import NOW
from tests.fuzz.world import World, lay_world, shown_forms


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """The world of the file, in a transaction of its own."""
    still = time_machine.travel(timezone.make_aware(NOW), tick=False)
    with django_db_blocker.unblock(), still, transaction.atomic():  # type: ignore[attr-defined]
        yield lay_world()
        transaction.set_rollback(True)
    snapshots.forget()


@pytest.fixture(scope="module")
def shown(world: World) -> dict[str, list[dict[str, list[str]]]]:
    """What the pages of the world send, taken from the pages; looking leaves nothing behind."""
    with transaction.atomic():
        found = shown_forms(world)
        transaction.set_rollback(True)
    snapshots.forget()
    return found
