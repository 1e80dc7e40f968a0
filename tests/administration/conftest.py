"""The cast with its administrators: Sanne for the region, Bo for the municipality, Lis and Peter leading."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.test import Client

from organisation.models import Home, Membership, Organisation, Role, Team, User
from tests.conftest import Cast, employed_where_they_work

START = date(2026, 1, 1)


@dataclass
class Offices:
    """The cast, and who sets it up. `outside` administers another region altogether."""

    cast: Cast
    region: Organisation
    town: Organisation
    sanne: User
    bo: User
    peter: User
    outside: User

    def post(self, user: User | None, path: str, data: dict[str, Any] | None = None) -> Any:
        """Posts a form as the page has it: with the mark of what stands there now."""
        client = self.cast.client(user)
        seen = self.seen(client, path)
        return client.post(path, {"seen": seen, **(data or {})})

    @staticmethod
    def seen(client: Client, path: str) -> str:
        page = client.get(path)
        found = page.content.decode().split('name="seen" value="')
        return found[1].split('"')[0] if len(found) > 1 else ""

    def text(self, user: User, path: str) -> str:
        answer = self.cast.client(user).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def person(self, name: str, role: str = Role.STAFF, **place: Any) -> User:
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name)
        Membership.objects.create(user=user, role=role, **{"from_day": START, **place})
        employed_where_they_work()
        return user

    def member(self, user: User, **place: Home | Team) -> Membership:
        return Membership.objects.get(user=user, **place)


@pytest.fixture
def offices(cast: Cast) -> Offices:
    region = Organisation.objects.get(name="Region Sundbæk")
    town = Organisation.objects.get(name="Sundbæk Kommune")
    town.region = region
    town.save()
    elsewhere = Organisation.objects.create(name="Region Langt Væk")

    def person(name: str, role: str, **place: Any) -> User:
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name)
        Membership.objects.create(user=user, role=role, from_day=START, **place)
        employed_where_they_work()
        return user

    return Offices(
        cast,
        region,
        town,
        sanne=person("Sanne", Role.SYSTEM, organisation=region),
        bo=person("Bo", Role.SYSTEM, organisation=town),
        peter=person("Peter", Role.LEADER, team=cast.team),
        outside=person("Ude", Role.SYSTEM, organisation=elsewhere),
    )
