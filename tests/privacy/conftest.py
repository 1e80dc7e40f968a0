"""The cast, with what they looked at in the week before (9.–15. november 2026)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from audit import trail
from organisation.models import Home, Membership, Role, Team, User
from privacy import samples
from privacy.models import SampleLine
from tests.conftest import TODAY, Cast


@dataclass
class Looks:
    """The cast, and a hand to look with."""

    cast: Cast

    def at(
        self, user: User, *stays: int, day: int = 10, hour: int = 9, screen: str = "tavle", home: Home | None = None
    ) -> None:
        with trail.as_of(timezone.make_aware(datetime(2026, 11, day, hour, 20))):
            place = home or self.cast.home
            trail.record_read(place.scope, viewer=user.pk, screen=screen, stays=list(stays))

    def many(self, user: User, count: int, *stays: int) -> None:
        for turn in range(count):
            self.at(user, *stays, day=9 + turn % 7, hour=turn // 7 % 24, screen=f"tavle-{turn // 168}")

    def draw(self) -> int:
        return samples.draw(timezone.now())

    def lines(self, **where: Any) -> list[SampleLine]:
        return list(SampleLine.objects.filter(**where).select_related("read", "sample").order_by("read__slot", "pk"))

    def leader(self, name: str, **place: Home | Team) -> User:
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name, title="afdelingsleder")
        Membership.objects.create(user=user, role=Role.LEADER, from_day=TODAY.replace(month=1), **place)
        return user


@pytest.fixture
def looks(cast: Cast) -> Looks:
    return Looks(cast)
