"""The cast's approvers, and a second municipality in the region."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from criteria.models import Criterion, CriterionVersion
from organisation.models import Home, Membership, Organisation, Role, TeamHome, User
from tests.conftest import Cast, employed_where_they_work


@dataclass
class Office:
    """Lis answers for Sundbæk Kommune, Nils for Nabo Kommune with the home Solbakken, Peter for the region."""

    cast: Cast
    region: Organisation
    town: Organisation
    neighbour: Organisation
    solbakken: Home
    peter: User
    nils: User
    dorte: User

    def change(self, of: str = "akut-krise", by: User | None = None, step: str = "save", **typed: Any) -> Any:
        """Karla's form of a change, sent."""
        criterion = Criterion.objects.get(key=of, home=None)
        latest = criterion.versions.filter(withdrawn_on=None).order_by("-number").first()
        assert latest is not None
        data = {
            "name": latest.name, "definition": latest.definition, "level": latest.level,
            "first_days": latest.first_days, "then_days": latest.then_days, "lead_days": latest.lead_days or "",
            "exit_question": latest.exit_question, "seen": latest.number, "step": step,
        }  # fmt: skip
        return self.cast.client(by or self.cast.karla).post(f"/styring/kriterier/{criterion.pk}/", {**data, **typed})

    def waiting(self, key: str = "akut-krise") -> CriterionVersion:
        return CriterionVersion.objects.filter(criterion__key=key, withdrawn_on=None).latest("number")

    def answer(self, user: User, organisation: Organisation, side: str, **more: Any) -> Any:
        data = {"organisation": organisation.pk, "side": side, "answer": "yes"}
        version = more.pop("version", None) or self.waiting()
        return self.cast.client(user).post(f"/styring/godkend/{version.pk}/", {**data, **more})

    def approve_everywhere(self, key: str = "akut-krise") -> None:
        version = self.waiting(key)
        for user, organisation, side in (
            (self.cast.lis, self.town, "home"), (self.nils, self.neighbour, "home"), (self.peter, self.region, "team"),
        ):  # fmt: skip
            assert self.answer(user, organisation, side, version=version).status_code == 302


def office_of(cast: Cast) -> Office:
    """Adds the approvers and the neighbours to the cast."""
    region = Organisation.objects.get(name="Region Sundbæk")
    town = Organisation.objects.get(name="Sundbæk Kommune")
    neighbour = Organisation.objects.create(name="Nabo Kommune", region=region)
    Organisation.objects.filter(pk=town.pk).update(region=region)
    start = date(2026, 1, 1)
    solbakken = Home.objects.create(organisation=neighbour, name="Solbakken", slug="solbakken")
    TeamHome.objects.create(team=cast.team, home=solbakken, weekdays=[2], from_day=start)

    def person(name: str) -> User:
        return User.objects.create_user(f"{name.lower()}@x.invalid", name=name)

    peter, nils, dorte = person("Peter"), person("Nils"), person("Dorte")
    for user, role, scope in (
        (peter, Role.APPROVER, {"organisation": region}),
        (peter, Role.LEADER, {"team": cast.team}),
        (nils, Role.APPROVER, {"organisation": neighbour}),
        (cast.lis, Role.APPROVER, {"organisation": town}),
        (dorte, Role.STAFF, {"home": solbakken}),
    ):
        Membership.objects.create(user=user, role=role, from_day=start, **scope)
    employed_where_they_work()
    return Office(cast, region, town, neighbour, solbakken, peter, nils, dorte)
