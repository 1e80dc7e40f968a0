"""What a person still answers for in the homes a role opens to them, as that role's side may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from boards.columns import lane_visible
from boards.models import TRACK_SIDE, Intervention, State, Track
from core.period import holds
from meetings.models import Meeting
from organisation.models import Home, Membership, Role, Side, TeamHome, User
from residents.models import Contact
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import Audience, AudienceKind

KINDS = {"intervention": "Indsats", "contact": "Kontaktperson", "meeting": "Møde, der er i gang"}


@dataclass(frozen=True)
class OpenThing:
    """One thing to hand on. `label` names the resident and is shown to the unit's own leader alone."""

    kind: str
    pk: int
    home: Home
    role: str
    label: str
    # The resident's stay where it may be shown, for the log of reads.
    stay: int | None = None
    # Whose meeting it is.
    team: int | None = None

    @property
    def key(self) -> str:
        """'intervention-12': the field's name."""
        return f"{self.kind}-{self.pk}"

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind]


def audience_of_role(member: Membership) -> Audience:
    """The audience the role belongs to at a home's board."""
    if member.team_id:
        return Audience(AudienceKind.TEAM, member.team_id)
    return Audience(AudienceKind.HOME)


def side_of(member: Membership) -> Side:
    """The side the role stands on."""
    return Side.TEAM if member.team_id else Side.HOME


def homes_lost(member: Membership, on: date, today: date) -> list[tuple[Home, bool]]:
    """The homes where the person is no longer on the role's side if it ends on the day, each with whether they are
    still there on the other. Three queries.
    """
    if member.role not in (Role.STAFF, Role.LEADER):
        return []
    if member.home_id:
        own = Home.objects.filter(pk=member.home_id)
    else:
        own = Home.objects.filter(holds(today, "teamhome__"), teamhome__team=member.team_id).distinct()
    others = (
        Membership.objects.filter(user=member.user_id, role__in=[Role.STAFF, Role.LEADER])
        .active(max(on, today) + timedelta(days=1))
        .exclude(pk=member.pk)
    )
    homes = {m.home_id for m in others if m.home_id}
    teams = {m.team_id for m in others if m.team_id}
    served = TeamHome.objects.filter(holds(today), team__in=teams).values_list("home_id", flat=True)
    same, other = (homes, set(served)) if member.home_id else (set(served), homes)
    return [(home, home.pk in other) for home in own.order_by("name") if home.pk not in same]


def open_things(member: Membership, on: date, today: date) -> list[OpenThing]:
    """Everything the person answers for in the homes they lose: interventions, contact roles, a running meeting.

    Residents the role's side does not know of are left out: neither the person nor their leader could hand them on.
    """
    things: list[OpenThing] = []
    for home, goes_over in homes_lost(member, on, today):
        stays = {stay.id: stay for stay in visible_stays(home, audience_of_role(member), today)}
        if not goes_over:
            things += _meetings(home, member.user_id)
        things += _interventions(home, member, stays, goes_over=goes_over)
        things += _contacts(home, member, stays)
    return things


def _interventions(
    home: Home, member: Membership, stays: dict[int, VisibleStay], *, goes_over: bool
) -> Iterable[OpenThing]:
    """Who goes over to the other side keeps what is joint."""
    user = member.user_id
    lanes = [track for track in Track if not goes_over or TRACK_SIDE[track] == side_of(member)]
    rows = Intervention.objects.for_home(home).filter(
        Q(owner=user) | Q(deputy=user),
        Q() if not goes_over else Q(joint=False),
        state=State.PLANNED,
        stay__in=list(stays),
        track__in=lanes,
    )
    for row in rows.order_by("stay_id", "due_on", "pk"):
        stay = stays[row.stay_id]
        shown = lane_visible(stay.sight, row.track)
        label = f"{stay.label}: {row.what}" if shown else f"bolig {stay.flat} (ikke delt)"
        yield OpenThing(
            "intervention",
            row.pk,
            home,
            "ansvarlig" if row.owner_id == user else "stedfortræder",
            label,
            stay.id if stay.sight.shared else None,
        )


def _contacts(home: Home, member: Membership, stays: dict[int, VisibleStay]) -> Iterable[OpenThing]:
    rows = Contact.objects.for_home(home).filter(
        Q(person=member.user_id) | Q(deputy=member.user_id), side=side_of(member), stay__in=list(stays)
    )
    for row in rows.order_by("stay_id"):
        stay = stays[row.stay_id]
        label = stay.label if stay.sight.shared else f"bolig {stay.flat} (ikke delt)"
        role = "kontaktperson" if row.person_id == member.user_id else "stedfortræder"
        yield OpenThing("contact", row.pk, home, role, label, stay.id if stay.sight.shared else None)


def _meetings(home: Home, user: int) -> Iterable[OpenThing]:
    running = Meeting.objects.for_home(home).filter(state=Meeting.State.RUNNING).select_related("series")
    for meeting in running.filter(Q(chair=user) | Q(referent=user)):
        roles = [
            name for name, who in (("mødeleder", meeting.chair_id), ("referent", meeting.referent_id)) if who == user
        ]
        said, team = f"møde nr. {meeting.number}", meeting.series.team_id
        yield OpenThing("meeting", meeting.pk, home, " og ".join(roles), said, team=team)


def takers(thing: OpenThing, member: Membership, people: list[tuple[User, Side]], today: date) -> list[User]:
    """Who may take the thing over: those who work there.

    For a contact role those of the same side, for a meeting the home's own and those of the team that holds it.
    """
    others = [(user, side) for user, side in people if user.pk != member.user_id]
    if thing.kind == "contact":
        return [user for user, side in others if side == side_of(member)]
    if thing.kind == "meeting":
        in_team = Membership.objects.active(today).filter(team=thing.team).values_list("user_id", flat=True)
        there = set(in_team)
        return [user for user, side in others if side == Side.HOME or user.pk in there]
    return [user for user, _ in others]
