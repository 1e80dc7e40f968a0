"""What is agreed, in its lanes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from accounts.access import Staff, went_over, works_at
from boards import rules
from boards.columns import lane_visible
from boards.models import TRACK_SIDE, Intervention, State, Track
from boards.selectors.names import tell_apart
from core import weeks
from core.prepared import prepared
from organisation.models import Home, Side
from residents.sharing import Sight

# How an intervention that is something to say to the resident begins in a lane.
TELLS = "Sig til beboeren: "


@dataclass(frozen=True)
class InterventionView:
    """One intervention as shown in a lane."""

    id: int
    stay: int
    track: str
    what: str
    day: str
    owner: str
    deputy: str
    with_whom: str
    joint: bool
    state: str
    state_label: str
    why: str
    moves: int
    overdue: bool
    missing_owner: bool
    missing_day: bool
    new: bool
    written_for: str
    author: str
    version: int
    due_on: date | None
    owner_id: int | None
    tells: bool = False
    # With somebody the resident has not agreed to.
    unagreed: bool = False
    # Who had it and works here no more: nobody answers for it now.
    left: str = ""

    @property
    def settled(self) -> bool:
        return self.state != State.PLANNED


def interventions(
    home: Home,
    sights: dict[int, Sight],
    ids: list[int],
    today: date,
    met: datetime | None,
    names: dict[int, str],
    staff: Staff,
) -> dict[int, dict[str, list[InterventionView]]]:
    """Each stay's lanes: what is planned, and what was settled within a week. One query."""
    lanes: dict[int, dict[str, list[InterventionView]]] = {
        stay: {track: [] for track in Track.values} for stay in sights
    }
    for row in sorted(_shown(home.pk, ids, today - timedelta(days=7)), key=_by_day):
        tell_apart(names, row.owner, row.deputy, row.created_by)
        if not lane_visible(sights[row.stay_id], row.track):
            continue
        view = intervention_view(row, today, staff, met)
        for lane in rules.lanes(row.track, row.joint):
            lanes[row.stay_id][lane].append(view)
    return lanes


@prepared
def _shown(home: int, stays: list[int], since: date) -> QuerySet[Intervention]:
    recent = Q(state=State.PLANNED) | Q(settled_on__gt=since)
    of_stays: QuerySet[Intervention] = Intervention.objects.for_home(home).filter(recent, stay__pk__in=stays)
    gone = [State.DROPPED, State.MISFILED]
    return of_stays.exclude(state__in=gone).select_related("owner", "deputy", "created_by")


def with_holders(rows: QuerySet[Intervention], day: date, *people: str) -> QuerySet[Any]:
    """The interventions with `owner_here`, `deputy_here`: whether the person in the column still stands for it, as
    `Staff.holds` says.
    """
    held: QuerySet[Any] = rows.annotate(taken_on=Coalesce("people_since", TruncDate("created_at")))
    for who in people:
        stands = Q(works_at(who, "stay__home", day))
        for side in (Side.HOME, Side.TEAM):
            own = Q(joint=False, track__in=[track for track in Track if TRACK_SIDE[track] == side])
            stands &= ~(own & went_over(who, "stay__home", day, side, "taken_on"))
        held = held.annotate(**{f"{who}_here": ExpressionWrapper(stands, BooleanField())})
    return held


def _by_day(row: Intervention) -> tuple[bool, date, bool, Any, int]:
    """Daily ones first, then by day and hour; those without a day last."""
    return (not row.daily, row.due_on or date.max, row.due_time is None, str(row.due_time), row.pk)


def stands_for(row: Intervention, who: int | None, staff: Staff) -> bool:
    """Whether the person still stands for the intervention, as its owner or deputy (`Staff.holds`)."""
    side = Side.JOINT if row.joint else TRACK_SIDE[Track(row.track)]
    return staff.holds(who, side, row.people_since or timezone.localdate(row.created_at))


def intervention_view(row: Intervention, today: date, staff: Staff, met: datetime | None = None) -> InterventionView:
    """An intervention as shown on the day. Nobody answers for it when its owner left the home, or its side."""
    state = rules.state_on(row.state, row.daily, row.settled_on, row.settled_why, today)
    planned = state == State.PLANNED
    left = row.owner.name if planned and row.owner and not stands_for(row, row.owner_id, staff) else ""
    owner = None if left else row.owner
    deputy = row.deputy if not planned or stands_for(row, row.deputy_id, staff) else None
    day = "dagl." if row.daily else weeks.lane_day(row.due_on, today) if row.due_on else ""
    at = f" kl. {weeks.time_of_day(row.due_time)}" if row.due_time else ""
    return InterventionView(
        id=row.pk,
        stay=row.stay_id,
        track=row.track,
        what=(TELLS if row.tells else "") + row.what + at,
        day=day,
        owner=owner.name if owner else "",
        deputy=deputy.name if deputy else "",
        with_whom=row.with_whom,
        joint=row.joint,
        state=state,
        state_label=state.label,
        why=row.settled_why if not planned else "",
        moves=row.moves,
        overdue=planned and not row.daily and row.due_on is not None and row.due_on < today,
        missing_owner=planned and owner is None,
        missing_day=planned and not row.daily and row.due_on is None,
        new=planned and rules.is_new(row.created_at, today, met),
        written_for={"home": "botilbuddet", "team": "teamet"}.get(row.written_for, ""),
        author=row.created_by.name,
        version=row.version,
        due_on=row.due_on,
        owner_id=owner.pk if owner else None,
        tells=row.tells,
        unagreed=bool(row.unagreed),
        left=left,
    )
