"""Who may set up what. An administrator enters no home: these pages show no resident."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.access import gate, refusal_logged, today
from organisation.models import Home, Membership, Organisation, Role, Team, User

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Office:
    """What a person administers today. Lists hold ids."""

    user: User
    # Organisations whose teams, homes and people they set up: their own, and for a region its members.
    system: frozenset[int]
    # Those of them whose own administrator they are.
    own: frozenset[int]
    # Regions whose criteria and settings they keep.
    criteria: frozenset[int]
    # Organisations for which they may approve criteria.
    approves: frozenset[int]
    # Homes and teams they lead.
    homes: frozenset[int]
    teams: frozenset[int]
    # The organisations those are of.
    leading_in: frozenset[int] = frozenset()

    @property
    def any(self) -> bool:
        return bool(self.system or self.criteria or self.approves or self.homes or self.teams)

    def may_staff(self, unit: Home | Team) -> bool:
        """Whether they decide who works there: the unit's leader, or its system administrator."""
        return self.leads(unit) or unit.organisation_id in self.system

    def leads(self, unit: Home | Team) -> bool:
        """Whether they lead the unit."""
        return unit.pk in (self.homes if isinstance(unit, Home) else self.teams)

    def speaks_for(self, unit: Home | Team | Organisation) -> bool:
        """Whether their yes is the unit's own organisation's: its own administrator, or the unit's leader. A region's
        administrator sets its members up, and does not speak for them.
        """
        if isinstance(unit, Organisation):
            return unit.pk in self.own
        return unit.organisation_id in self.own or self.leads(unit)


def office_of(user: User) -> Office:
    """What the person administers today. Two queries."""
    memberships = list(Membership.objects.active(today()).filter(user=user).select_related("home", "team"))

    def ids(role: Role, field: str) -> frozenset[int]:
        return frozenset(getattr(m, field) for m in memberships if m.role == role and getattr(m, field))

    system = ids(Role.SYSTEM, "organisation_id")
    members = Organisation.objects.filter(region__in=system).values_list("pk", flat=True) if system else []
    return Office(
        user=user,
        system=system | frozenset(members),
        own=system,
        criteria=ids(Role.CRITERIA, "organisation_id"),
        approves=ids(Role.APPROVER, "organisation_id"),
        homes=ids(Role.LEADER, "home_id"),
        teams=ids(Role.LEADER, "team_id"),
        leading_in=frozenset(
            unit.organisation_id for m in memberships if m.role == Role.LEADER and (unit := m.home or m.team)
        ),
    )


def homes_of(office: Office) -> QuerySet[Home]:
    """The homes the person sets up or leads."""
    mine = Q(organisation__in=office.system) | Q(pk__in=office.homes)
    return Home.objects.filter(mine).select_related("organisation")


def office_view(may: Callable[[Office], bool], *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Makes a view of an administrator: `view(request, office, …)`. 404 to anybody `may` refuses."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            stopped = gate(request, methods)
            if stopped is not None:
                return stopped
            user = request.user
            assert user.is_authenticated

            def answer() -> HttpResponseBase:
                office = office_of(user)
                if not may(office):
                    raise Http404("Siden findes ikke.")
                return view(request, office, *args, **kwargs)

            return refusal_logged(request, user, lambda: user.scope, answer)

        return inner

    return decorate
