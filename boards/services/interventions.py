"""Who does what, when and with whom."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NoReturn

from accounts.access import Access
from audit import trail
from boards import rules
from boards.columns import lane_visible
from boards.models import (
    TRACK_SIDE,
    Intervention,
    InterventionEvent,
    State,
    Track,
    UnagreedRead,
)
from boards.services.common import may_write, visible_stay
from core.errors import Conflict, Denied, Repeated
from core.seen import Seen, check_seen
from core.text import blank
from organisation.models import Side, User
from organisation.services import once
from residents.models import Partner
from residents.selectors import VisibleStay
from residents.texts import PARTS

trail.register("intervention.added", "aftalte en indsats", personal=("what",))
trail.register("intervention.changed", "rettede en indsats", personal=("what",))
trail.register("intervention.settled", "afsluttede en indsats", personal=("why",))
trail.register("intervention.moved", "flyttede en indsats")
trail.register("intervention.unagreed", "aftalte noget med en, beboeren ikke har sagt ja til", personal=("reason",))
trail.register("unagreed.read", "har set, at der tales med en, beboeren ikke har sagt ja til")
trail.register("intervention.reopened", "fortrød afslutningen af en indsats")


DATED = ("due_on", "due_time", "settled_on", "people_since")


@dataclass(frozen=True)
class Plan:
    """What a person fills in when agreeing on an intervention."""

    what: str
    track: str
    owner: User | None = None
    deputy: User | None = None
    due_on: date | None = None
    due_time: time | None = None
    daily: bool = False
    with_whom: str = ""
    joint: bool = False
    tells: bool = False
    # Coordination: somebody on the resident's list, else `with_whom`; and why, where that is not agreed to.
    partner: Partner | None = None
    unagreed: str = ""


def intervention_add(*, access: Access, stay_id: int, plan: Plan, key: str, today: date) -> Intervention:
    """Agrees on an intervention. Owner and day may be missing for now; the board flags it.

    Raises LookupError, Denied (nothing to do, a day past, the other side's lane, somebody the resident has not agreed
    to without a reason), Repeated.
    """
    stay = visible_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, plan)
        return add_plan(access, stay, plan, log, today)


def add_plan(access: Access, stay: VisibleStay, plan: Plan, log: trail.Change, today: date) -> Intervention:
    """The intervention, in the caller's change."""
    side = TRACK_SIDE[Track(plan.track)]
    check_lane(stay, plan.track)
    _check_plan(access, plan, side, today)
    intervention = Intervention(
        stay_id=stay.id,
        track=plan.track,
        created_at=log.at,
        created_by=access.user,
        written_for=rules.written_for(access.side, side),
    )
    _fill(intervention, plan)
    _partner(intervention, plan, changed=True)
    intervention.insert()
    InterventionEvent(intervention=intervention, kind="added", to_day=plan.due_on, by=access.user, at=log.at).insert()
    log("intervention.added", intervention, what=plan.what, owner=plan.owner.pk if plan.owner else None)
    if intervention.unagreed:
        log("intervention.unagreed", intervention, partner=intervention.partner_id, reason=intervention.unagreed)
    return intervention


def check_lane(stay: VisibleStay, track: str) -> None:
    """Raises Denied where the person could not read what they write."""
    if not lane_visible(stay.sight, track):
        raise Denied(f"»{PARTS[track].shared_as}« er ikke delt. Vælg et andet spor.", "track")


def _check_plan(
    access: Access, plan: Plan, side: Side, today: date, before: date | None = None, *, was_joint: bool = False
) -> None:
    if blank(plan.what):
        raise Denied("Skriv, hvad I gør.", "what")
    if plan.due_on != before:
        rules.check_due(plan.due_on, today)
    rules.check_time(plan.due_on, plan.due_time)
    if plan.deputy is not None and plan.deputy == plan.owner:
        raise Denied("Stedfortræderen skal være en anden end den ansvarlige.", "deputy")
    if not (may_write(access, side) or was_joint):
        raise Denied(f"{side.label} aftaler selv sine indsatser. Under mødet kan referenten skrive dem.", "track")


def may_plan(access: Access, row: Intervention) -> bool:
    """Whether the person may move, drop or reopen it. One query where it is the other side's.

    The side whose lane it is in may, both where it is joint, the referent in the meeting, and who stands for it.
    """
    own = row.joint or access.user.pk in (row.owner_id, row.deputy_id)
    return own or may_write(access, TRACK_SIDE[Track(row.track)])


def may_reopen(access: Access, row: Intervention) -> bool:
    """Whether the person may set a settled one as planned again: who may plan it, and who settled it. Two queries."""
    if row.state == State.MISFILED:
        return False
    kinds = [State.DONE, State.NOT_DONE, State.DROPPED]
    settlements = InterventionEvent.objects.for_home(access.home).filter(intervention=row, kind__in=kinds)
    last = settlements.order_by("pk").last()
    return may_plan(access, row) or (last is not None and last.by_id == access.user.pk)


def _check_may_plan(access: Access, row: Intervention) -> None:
    if not may_plan(access, row):
        _refuse_planning(row)


def _refuse_planning(row: Intervention) -> NoReturn:
    label = TRACK_SIDE[Track(row.track)].label
    raise Denied(f"{label} planlægger selv sine indsatser. Du kan sætte den som udført eller ikke udført.")


def standing(row: Intervention) -> dict[str, Any]:
    """An intervention as it stands, for taking a change of it back."""
    names = ("track", "joint", "tells", "what", "with_whom", "unagreed", "daily", "state", "settled_why", "moves")
    days = {name: value.isoformat() if (value := getattr(row, name)) else None for name in DATED}
    return {
        **{name: getattr(row, name) for name in names},
        **days,
        "owner": row.owner_id,
        "deputy": row.deputy_id,
        "partner": row.partner_id,
    }


def _fill(row: Intervention, plan: Plan) -> None:
    row.what, row.owner, row.deputy = plan.what.strip(), plan.owner, plan.deputy
    row.due_on = None if plan.daily else plan.due_on
    row.due_time, row.daily = plan.due_time, plan.daily
    row.with_whom, row.joint = plan.with_whom.strip(), plan.joint
    # A correction keeps that this is to be said to the resident.
    row.tells = row.tells or plan.tells


def _partner(row: Intervention, plan: Plan, *, changed: bool) -> None:
    """Whom a coordination is with. Raises Denied where it is nobody agreed to and no reason is typed.

    What stood before is not asked about again (`changed` False).
    """
    if row.track != Track.COORDINATION:
        row.partner, row.unagreed = None, ""
        return
    if plan.partner is not None and plan.partner.stay_id != row.stay_id:
        raise Denied("Vælg en fra beboerens liste.", "partner")
    row.partner = plan.partner
    row.with_whom = plan.partner.name if plan.partner else plan.with_whom.strip()
    if rules.agreed(row.partner, row.with_whom):
        row.unagreed = ""
    elif not blank(plan.unagreed):
        row.unagreed = plan.unagreed.strip()
    elif changed:
        raise Denied(f"Hvorfor må der tales med {row.with_whom}, og på hvilket grundlag?", "unagreed")


def unagreed_read(*, access: Access, pk: int, today: date) -> None:
    """A leader has read it and is reminded no more. A second time changes nothing. Raises LookupError, Denied."""
    row = intervention_of(access, pk, today)
    if not row.unagreed:
        raise Denied("Indsatsen er aftalt med beboeren. Der er intet at se igennem.")
    if not access.is_leader:
        raise Denied("Det er en leder, der ser det igennem.")
    with suppress(Repeated), trail.change(access.home.scope, by=access.user.pk) as log:
        if UnagreedRead.objects.for_home(access.home).filter(intervention=row, user=access.user).exists():
            raise Repeated
        UnagreedRead(intervention=row, user=access.user).insert()
        log("unagreed.read", row)


def intervention_of(access: Access, pk: int, today: date) -> Intervention:
    """The intervention, if the person may see it. Raises LookupError."""
    row: Intervention | None = (
        Intervention.objects.for_home(access.home)
        .filter(pk=pk)
        .select_related("owner", "deputy", "created_by", "stay__resident", "stay__home")
        .first()
    )
    if row is None:
        raise LookupError("intervention")
    stay = visible_stay(access, row.stay_id, today)
    side = TRACK_SIDE[Track(row.track)]
    if not lane_visible(stay.sight, row.track):
        raise LookupError("intervention")
    if row.state == State.MISFILED and side != access.side:
        raise LookupError("intervention")
    return row


def intervention_change(*, access: Access, pk: int, plan: Plan, seen: Seen, key: str, today: date) -> Intervention:
    """Corrects an intervention over the version the person saw. A later day counts as a move.

    Raises LookupError, Conflict, Denied (as intervention_add, and for one that is settled), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row = intervention_of(access, pk, today)
        if plan.track != row.track:
            check_lane(visible_stay(access, row.stay_id, today), plan.track)
        once(access.user, key, pk, plan, seen)
        check_seen(seen, row.version, row)
        if row.state != State.PLANNED:
            raise Denied(f"Indsatsen står allerede som »{State(row.state).label.lower()}«.")
        before, unagreed, stood = row.due_on, row.unagreed, standing(row)
        for track in {row.track, plan.track}:
            _check_plan(access, plan, TRACK_SIDE[Track(track)], today, before, was_joint=row.joint)
        _correct(access, row, plan, today)
        row.version += 1
        row.full_clean()
        row.save()
        InterventionEvent(
            intervention=row,
            kind="changed",
            from_day=before,
            to_day=row.due_on,
            by=access.user,
            at=log.at,
            stood=stood,
        ).insert()
        log("intervention.changed", row, what=row.what, owner=row.owner_id)
        if row.unagreed and row.unagreed != unagreed:
            # Another reason, or another person: every leader sees it anew.
            UnagreedRead.objects.for_home(access.home).filter(intervention=row).delete()
            log("intervention.unagreed", row, partner=row.partner_id, reason=row.unagreed)
    return row


def _correct(access: Access, row: Intervention, plan: Plan, today: date) -> None:
    before, was = row.due_on, (row.track, row.partner_id, row.with_whom)
    row.track = plan.track
    row.written_for = rules.written_for(access.side, TRACK_SIDE[Track(plan.track)])
    row.created_by = access.user if row.written_for else row.created_by
    _fill(row, plan)
    row.people_since = today
    wanted = (plan.partner.pk, plan.partner.name) if plan.partner else (None, row.with_whom)
    _partner(row, plan, changed=was != (row.track, *wanted))
    if before and row.due_on and row.due_on > before:
        row.moves += 1


def intervention_settle(*, access: Access, pk: int, state: State, why: str, seen: int, today: date) -> Intervention:
    """Done, not done (why) or no longer needed (why). Repeating what already stands is no change.

    A daily one is done or not done for the day and stands planned again tomorrow; it ends as no longer needed.

    A ticked-off intervention is what happened, so anyone who sees it may tick it, whoever owns the lane. That it is no
    longer needed is planning.
    """
    row = intervention_of(access, pk, today)
    if rules.state_on(row.state, row.daily, row.settled_on, row.settled_why, today) == state:
        return row
    rules.check_settle(State(row.state), state, why)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        # Once more under the clock: what is shared may have been withdrawn meanwhile.
        row = intervention_of(access, pk, today)
        if state == State.DROPPED:
            _check_may_plan(access, row)
        if row.version != seen:
            raise Conflict(row)
        rules.check_settle(State(row.state), state, why)
        for_the_day, stood = row.daily and state != State.DROPPED, standing(row)
        row.state = State.PLANNED if for_the_day else state
        row.settled_on, row.settled_why = today, why.strip()
        row.version += 1
        row.full_clean()
        row.save()
        InterventionEvent(
            intervention=row, kind=state, why=row.settled_why, by=access.user, at=log.at, stood=stood
        ).insert()
        log("intervention.settled", row, state=state, why=row.settled_why)
    return row


def intervention_reopen(*, access: Access, pk: int, seen: int, today: date) -> Intervention:
    """Undo of a settlement: planned again, with its day.

    Raises Conflict when it changed since, Denied for one written on the wrong resident.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row = intervention_of(access, pk, today)
        if row.state == State.MISFILED:
            raise Denied("Indsatsen er skrevet på forkert beboer. Skriv den på den rigtige.")
        if not may_reopen(access, row):
            _refuse_planning(row)
        settled = rules.state_on(row.state, row.daily, row.settled_on, row.settled_why, today) != State.PLANNED
        if row.version != seen or not settled:
            raise Conflict(row)
        row.state, row.settled_on, row.settled_why = State.PLANNED, None, ""
        row.version += 1
        row.save()
        InterventionEvent(intervention=row, kind="reopened", by=access.user, at=log.at).insert()
        log("intervention.reopened", row)
    return row


def intervention_move(*, access: Access, pk: int, to_day: date, seen: int, today: date) -> Intervention:
    """A new day; counted, so that the third move is seen."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row = intervention_of(access, pk, today)
        _check_may_plan(access, row)
        rules.check_due(to_day, today)
        rules.check_time(to_day, row.due_time)
        if row.version != seen:
            raise Conflict(row)
        rules.check_settle(State(row.state), State.DONE, "")
        if row.daily:
            raise Denied("Indsatsen er hver dag og kan ikke flyttes. Ret den i stedet.", "due_on")
        before = row.due_on
        if before == to_day:
            raise Denied("Indsatsen ligger allerede den dag.", "due_on")
        stood = standing(row)
        row.due_on = to_day
        row.moves += 1
        row.version += 1
        row.save()
        InterventionEvent(
            intervention=row, kind="moved", from_day=before, to_day=to_day, by=access.user, at=log.at, stood=stood
        ).insert()
        log("intervention.moved", row, before=str(before), after=str(to_day), moves=row.moves)
    return row
