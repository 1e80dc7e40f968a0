"""Who is away, who stands in, and who may see which resident: nobody is reminded of what they must not know."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from accounts.access import Access, out_of_hours, works_on_side
from core.period import holds
from organisation.models import Absence, Home, Membership, Role, Side, TeamHome
from reminders import rules
from reminders.facts import Round
from residents.selectors import VisibleStay, contacts_at, visible_at
from residents.sharing import Audience, AudienceKind, audience_of


def away_on(day: date, people: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Those away on the day with their deputies, the latest recorded first; without one whose account is shut. One
    query.
    """
    deputies: dict[int, list[int]] = defaultdict(list)
    absences = Absence.objects.filter(holds(day))
    if people is not None:
        absences = absences.filter(user__in=set(people))
    for user, deputy, there in absences.order_by("-pk").values_list("user_id", "deputy_id", "deputy__is_active"):
        deputies[user] += [deputy] if there else []
    return dict(deputies)


@dataclass(frozen=True)
class Member:
    """Somebody who works at a home, as its sharing policy sees them."""

    side: Side
    audience: Audience
    leader: bool


@dataclass
class Looks:
    """What each audience sees at homes. All its homes are asked at once: three queries for each audience."""

    day: date
    audiences: dict[int, set[Audience]]
    _visible: dict[Audience, dict[int, dict[int, VisibleStay]]] = field(default_factory=dict)

    def of(self, home: int, audience: Audience) -> dict[int, VisibleStay]:
        """Every stay of the home that is shared with the audience."""
        if audience not in self._visible:
            here = {home_id: audience for home_id, known in self.audiences.items() if audience in known}
            self._visible[audience] = {
                home_id: {stay.id: stay for stay in stays if stay.sight.shared}
                for home_id, stays in visible_at(here, self.day, people=False).items()
            }
        return self._visible[audience][home]


@dataclass
class Sees:
    """What people of one home may see on a day."""

    home: Home
    day: date
    members: dict[int, Member]
    look: Looks
    # (person, side) of every leader's role here: one person may lead the home and its team.
    leading: frozenset[tuple[int, str]] = frozenset()

    @classmethod
    def at(cls, homes: list[Home], day: date) -> "dict[int, Sees]":
        """Everyone who works at the homes on the day, by home; one with a role on both sides enters by the home's.

        Three queries, and three for each audience asked about, which are the homes' own people and each team.
        """
        active = Membership.objects.active(day).filter(role__in=[Role.STAFF, Role.LEADER], user__is_active=True)
        members: dict[int, dict[int, Member]] = {home.pk: {} for home in homes}
        at_home = Audience(AudienceKind.HOME)
        # "leader" sorts before "staff"
        own = active.filter(home__in=homes).order_by("role").values_list("home_id", "user_id", "role")
        leading: dict[int, set[tuple[int, str]]] = {home.pk: set() for home in homes}
        for home, user, role in own:
            members[home or 0].setdefault(user, Member(Side.HOME, at_home, role == Role.LEADER))
            if role == Role.LEADER:
                leading[home or 0].add((user, Side.HOME))
        served: dict[int, list[int]] = defaultdict(list)
        for team, home in TeamHome.objects.filter(holds(day), home__in=homes).values_list("team_id", "home_id"):
            served[team].append(home)
        from_team = active.filter(team__in=list(served)).order_by("role").values_list("user_id", "role", "team_id")
        for user, role, their in from_team:
            member = Member(Side.TEAM, Audience(AudienceKind.TEAM, their), role == Role.LEADER)
            for home in served[their or 0]:
                members[home].setdefault(user, member)
                if member.leader:
                    leading[home].add((user, Side.TEAM))
        look = Looks(day, {home: {member.audience for member in here.values()} for home, here in members.items()})
        return {home.pk: cls(home, day, members[home.pk], look, frozenset(leading[home.pk])) for home in homes}

    @classmethod
    def of_person(cls, access: Access, day: date) -> "Sees":
        """Only the person whose access it is, without a query for people."""
        member = Member(access.side, audience_of(access), access.is_leader)
        leading = frozenset({(access.user.pk, str(access.side))} if access.is_leader else ())
        return cls(access.home, day, {access.user.pk: member}, Looks(day, {access.home.pk: {member.audience}}), leading)

    def stay(self, user: int, stay: int) -> VisibleStay | None:
        """The stay as the person sees it; None where they may not, or it is not shared with their side."""
        return self.stays(user).get(stay)

    def stays(self, user: int) -> dict[int, VisibleStay]:
        """Every stay shared with the person's side; none for somebody who does not work here."""
        member = self.members.get(user)
        if member is None:
            return {}
        return self.look.of(self.home.pk, member.audience)

    def may(self, user: int, stay: int, side: str = Side.JOINT, part: str = "level") -> bool:
        """True when the person works at the home and sees what the side has in that part of the stay's board."""
        visible = self.stay(user, stay)
        return visible is not None and visible.sight.covers(side, part)

    def leaders(self, side: str) -> list[int]:
        """The leaders of one side's unit."""
        return [user for user in self.members if (user, side) in self.leading]

    def of_side(self, side: str) -> list[int]:
        """Everyone who works here on the side."""
        return [user for user, member in self.members.items() if member.side == side]

    def side_of(self, user: int) -> str:
        """The side the person works on here, '' for somebody who does not."""
        member = self.members.get(user)
        return member.side if member else ""


def everyone(here: Round) -> dict[int, Sees]:
    """What all who work at the homes may see, by home. Queries as `Sees.at`."""
    return Sees.at(here.homes, here.day)


def team_leaders(sees: Sees, stay: int, part: str) -> list[int]:
    """The leaders of teams who may see what the team has in that part of the stay's board. What a team leaves behind is
    the home's leader's where there is none.
    """
    return [who for who in sees.leaders(Side.TEAM) if sees.may(who, stay, Side.TEAM, part)]


@dataclass(frozen=True)
class Deputies:
    """The contact persons' deputies at homes, by stay and side."""

    by_stay: dict[tuple[int, str], int]

    @classmethod
    def at(cls, homes: list[Home], day: date) -> "Deputies":
        """One query."""
        rows = contacts_at(homes, day).filter(works_on_side("deputy", "stay__home", day, "side"))
        return cls({(stay, side): who for stay, side, who in rows.values_list("stay_id", "side", "deputy_id") if who})

    def of(self, stay: int, side: str) -> int | None:
        """The deputy of the stay's contact on the side."""
        return self.by_stay.get((stay, side))


# By (kind, subject).
AlreadyTold = dict[tuple[str, str], set[int]]


@dataclass(frozen=True)
class Recipients:
    """Whom the reminders of a home's residents go to."""

    sees: Sees
    deputies: Deputies
    away: dict[int, list[int]]
    # Who has been told of what is urgent. A query the first time it is asked.
    told: Callable[[], AlreadyTold]

    def named(self, due: rules.Due, *, at_once: bool = False) -> list[int]:
        """The person themself, who keeps it for when they are back, and whoever stands in while they are away."""

        def may(user: int) -> bool:
            return self.sees.may(user, due.stay, due.side, due.part)

        side = self.sees.side_of(due.recipient)
        closed = out_of_hours(self.away.get(due.recipient, ()), self.sees.day) if at_once else set()

        def fit(user: int) -> bool:
            # What must be seen at once goes to somebody of the side it is for, who can read it now.
            return may(user) and not (at_once and (user in closed or self.sees.side_of(user) != side))

        instead = rules.stand_ins(
            due,
            away=self.away,
            may=fit,
            contact_deputy=self.deputies.of(due.stay, side),
            leaders=self.sees.leaders(side),
        )
        return [user for user in (due.recipient, *instead) if user not in due.not_for and may(user)]

    def with_leaders(self, due: rules.Due) -> list[int]:
        """Those named, and the leaders of both sides."""
        named = self.named(due)
        leaders = {*self.sees.leaders(Side.HOME), *self.sees.leaders(Side.TEAM)} - {*due.not_for, *named}
        return named + [who for who in sorted(leaders) if self.sees.may(who, due.stay, due.side, due.part)]

    def next_in_line(self, due: rules.Due, side: str, told: Collection[int]) -> list[int]:
        """The first of these that has somebody who is here, may see it and is not among those `told` already: the
        deputy of the resident's contact on the side, its leaders, those who stand in for them, everyone on the side.
        """
        leaders = self.sees.leaders(side)
        deputies = [who for leader in leaders for who in self.away.get(leader, ())]
        return self.first_of(
            ([self.deputies.of(due.stay, side)], leaders, deputies, self.sees.of_side(side)), due, told
        )

    def first_of(self, line: Iterable[Iterable[int | None]], due: rules.Due, told: Collection[int]) -> list[int]:
        """Those who are here now, may see it and were not told, of the first step of the line that has any."""
        line = [list(step) for step in line]
        closed = out_of_hours({who for step in line for who in step if who is not None}, self.sees.day)
        unfit = {*self.away, *told, *closed}
        for step in line:
            here = dict.fromkeys(who for who in step if who is not None and who not in unfit)
            if fit := [who for who in here if self.sees.may(who, due.stay, due.side, due.part)]:
                return fit
        return []
