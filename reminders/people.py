"""Who is away, who stands in, and who may see which resident: nobody is reminded of what they must not know."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from botilbud.lib.period import holds
from botilbud.organisation.access import Access
from botilbud.organisation.models import Absence, Home, Membership, Role, Side, TeamHome
from reminders import rules
from residents.models import Contact
from residents.selectors import SeenStay, seen_stays
from residents.sharing import Audience, AudienceKind, audience_of


def away_on(day: date, people: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Those away on the day with their deputies, the latest said first. One query."""
    found: dict[int, list[int]] = defaultdict(list)
    absences = Absence.objects.filter(holds(day), deputy__is_active=True)
    if people is not None:
        absences = absences.filter(user__in=set(people))
    for user, deputy in absences.order_by("-pk").values_list("user_id", "deputy_id"):
        found[user].append(deputy)
    return dict(found)


@dataclass(frozen=True)
class Member:
    """Somebody who works at a home, as its sharing policy sees them."""

    side: Side
    audience: Audience
    leader: bool


@dataclass
class Sees:
    """What people of one home may see on a day. Two queries for the people, four for each audience asked about."""

    home: Home
    day: date
    members: dict[int, Member] = field(default_factory=dict)
    _stays: dict[str, dict[int, SeenStay]] = field(default_factory=dict)

    @classmethod
    def everyone(cls, home: Home, day: date) -> "Sees":
        """Everyone who works at the home on the day; a person with a role on both sides enters by the home's."""
        members: dict[int, Member] = {}
        active = Membership.objects.active(day).filter(role__in=[Role.STAFF, Role.LEADER], user__is_active=True)
        at_home = Audience(AudienceKind.HOME)
        # "leader" sorts before "staff"
        for user, role in active.filter(home=home).order_by("role").values_list("user_id", "role"):
            members.setdefault(user, Member(Side.HOME, at_home, role == Role.LEADER))
        serving = TeamHome.objects.filter(holds(day), home=home).values("team")
        from_team = active.filter(team__in=serving).order_by("role").values_list("user_id", "role", "team_id")
        for user, role, team in from_team:
            members.setdefault(user, Member(Side.TEAM, Audience(AudienceKind.TEAM, team), role == Role.LEADER))
        return cls(home, day, members)

    @classmethod
    def one(cls, access: Access, day: date) -> "Sees":
        """Only the person whose access it is, without a query for people."""
        member = Member(access.side, audience_of(access), access.is_leader)
        return cls(access.home, day, {access.user.pk: member})

    def stay(self, user: int, stay: int) -> SeenStay | None:
        """The stay as the person sees it; None where they may not, or it is not shared with their side."""
        return self.stays(user).get(stay)

    def stays(self, user: int) -> dict[int, SeenStay]:
        """Every stay shared with the person's side; none for somebody who does not work here."""
        member = self.members.get(user)
        if member is None:
            return {}
        key = member.audience.key
        if key not in self._stays:
            seen = seen_stays(self.home, member.audience, self.day)
            self._stays[key] = {found.id: found for found in seen if found.sight.shared}
        return self._stays[key]

    def may(self, user: int, stay: int, side: str = Side.JOINT) -> bool:
        """True when the person works at the home and sees that side's texts of the stay."""
        found = self.stay(user, stay)
        return found is not None and Side(side) in found.sight.sides

    def leaders(self, side: str) -> list[int]:
        """The leaders of one side's unit."""
        return [user for user, member in self.members.items() if member.leader and member.side == side]

    def side_of(self, user: int) -> str:
        """The side the person works on here, '' for somebody who does not."""
        member = self.members.get(user)
        return member.side if member else ""


@dataclass(frozen=True)
class Deputies:
    """The contact persons' deputies at a home, by stay and side."""

    by_stay: dict[tuple[int, str], int]

    @classmethod
    def at(cls, home: Home) -> "Deputies":
        """One query."""
        rows = Contact.objects.for_home(home).filter(deputy__is_active=True)
        return cls({(row.stay_id, row.side): row.deputy_id for row in rows})

    def of(self, stay: int, side: str) -> int | None:
        """The deputy of the stay's contact on the side."""
        return self.by_stay.get((stay, side))


def recipients(one: rules.Due, sees: Sees, deputies: Deputies, away: dict[int, list[int]]) -> list[int]:
    """The person themself, who keeps it for when they are back, and whoever stands in while they are away."""

    def may(user: int) -> bool:
        return sees.may(user, one.stay, one.side)

    side = sees.side_of(one.recipient)
    found = rules.stand_ins(
        one,
        away=away,
        may=may,
        contact_deputy=deputies.of(one.stay, side),
        leaders=sees.leaders(side),
    )
    return [user for user in (one.recipient, *found) if user not in one.not_for and may(user)]


def escalated_to(
    alarm: rules.Alarm, sees: Sees, deputies: Deputies, away: dict[int, list[int]], told: set[int]
) -> list[int]:
    """Who is told of an akut nobody on the receiving side has seen: the contact's deputy there, else the leaders.

    Those `told` of it already (a deputy who stands in) are passed over.
    """

    def fit(who: int) -> bool:
        return who not in away and who not in told and sees.may(who, alarm.stay)

    deputy = deputies.of(alarm.stay, alarm.to)
    if deputy is not None and fit(deputy):
        return [deputy]
    return [who for who in sees.leaders(alarm.to) if fit(who)]
