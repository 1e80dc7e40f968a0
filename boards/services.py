"""Every change of the board. Each is one transaction with one audit entry, and moves the home's clock."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time

from django.conf import settings

from boards import rules
from boards.columns import COLUMNS
from boards.models import (
    TRACK_SIDE,
    AkutSeen,
    Cell,
    CellRevision,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LevelChange,
    Observation,
    Pen,
    State,
    Told,
    Track,
    Urgency,
)
from botilbud.audit import trail
from botilbud.organisation.access import Access
from botilbud.organisation.models import Side, User
from botilbud.organisation.services import Conflict, Denied, Repeated, once
from criteria import rules as criteria_rules
from criteria import selectors as criteria_selectors
from criteria.models import CriterionVersion, Level
from residents.models import Stay
from residents.selectors import SeenStay, region_of, seen_stays
from residents.sharing import audience_of

trail.register("cell.written", "skrev på tavlen", personal=("text",))
trail.register("cell.confirmed", "satte »gælder stadig«")
trail.register("level.opened", "satte beboeren på tavlen", personal=("reason",))
trail.register("level.changed", "ændrede niveauet", personal=("reason",))
trail.register("level.closed", "tog beboeren af tavlen", personal=("reason",))
trail.register("level.reviewed", "drøftede niveauet uden at ændre det")
trail.register("level.followed_up", "drøftede opfølgningen efter 14 dage")
trail.register("akut.seen", "har set, at beboeren er akut")
trail.register("intervention.added", "aftalte en indsats", personal=("what",))
trail.register("intervention.changed", "rettede en indsats", personal=("what",))
trail.register("intervention.settled", "afsluttede en indsats", personal=("why",))
trail.register("intervention.moved", "flyttede en indsats")
trail.register("intervention.reopened", "fortrød afslutningen af en indsats")
trail.register("observation.noted", "noterede et tidligt tegn", personal=("text",))
trail.register("observation.handled", "drøftede et tidligt tegn")


def seen_stay(access: Access, stay_id: int, today: date) -> SeenStay:
    """The stay through the person's eyes. Raises LookupError where it must not be known."""
    stays = seen_stays(access.home, audience_of(access), today, only=stay_id)
    if not stays or not stays[0].sight.shared:
        raise LookupError("stay")
    return stays[0]


def holds_pen(access: Access) -> bool:
    """True for the referent of the home's running meeting."""
    return Pen.objects.filter(home=access.home, user=access.user).exists()


# --- texts -----------------------------------------------------------------------------------------------------------


def cell_write(
    *, access: Access, stay_id: int, column_key: str, side: Side, text: str, seen: int, key: str, today: date
) -> Cell:
    """Writes a text over the version the person saw (0 for an empty place).

    Raises LookupError for a place the person must not know, Denied for one that is not theirs to write or too long a
    text, Conflict with the cell that stands there now when somebody wrote since, Repeated for a double click.
    """
    column = COLUMNS.get(column_key)
    stay = seen_stay(access, stay_id, today)
    if column is None or side not in column.sides or side not in stay.sight.sides:
        raise LookupError("cell")
    if not rules.may_write(access.side, side, holds_pen=holds_pen(access)):
        raise Denied(
            f"Her skriver kun {Side(side).label.lower()}. Referenten kan skrive for begge under mødet.", "text"
        )
    text = text.strip().replace("\r\n", "\n")
    if len(text) > column.limit:
        raise Denied(f"Teksten fylder {len(text)} tegn. Der er plads til {column.limit}.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        # A corrected text under an old key meets the version check below, and so both texts are shown.
        with suppress(Denied):
            once(access.user, key, text, seen)
        cell: Cell | None = (
            Cell.objects.for_home(access.home).filter(stay=stay_id, column=column_key, side=side).first()
        )
        if (cell.version if cell else 0) != seen:
            raise Conflict(cell)
        if cell is None:
            cell = Cell(stay_id=stay_id, column=column_key, side=side, version=0)
        cell.text = text
        cell.version += 1
        cell.changed_at, cell.changed_by = log.at, access.user
        cell.written_for = rules.written_for(access.side, side)
        cell.confirmed_at = cell.confirmed_by = None
        cell.full_clean()
        if cell.version == 1:
            cell.save(force_insert=True)
        else:
            # The clock's lock already keeps others out; the condition holds even where a caller forgets it.
            stood = Cell.objects.for_home(access.home).filter(pk=cell.pk, version=seen)
            if not stood.update(
                text=cell.text,
                version=cell.version,
                changed_at=cell.changed_at,
                changed_by=access.user,
                written_for=cell.written_for,
                confirmed_at=None,
                confirmed_by=None,
            ):
                raise Conflict(Cell.objects.for_home(access.home).get(pk=cell.pk))
        CellRevision(cell=cell, version=cell.version, text=text, by=access.user, at=log.at).insert()
        log("cell.written", cell, column=column_key, side=side, version=cell.version, text=text)
    return cell


def cell_confirm(*, access: Access, stay_id: int, column_key: str, side: Side, seen: int, today: date) -> Cell:
    """'Gælder stadig': the text is as true as the day it was written. Does not move its version."""
    stay = seen_stay(access, stay_id, today)
    if side not in stay.sight.sides:
        raise LookupError("cell")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        cell: Cell | None = (
            Cell.objects.for_home(access.home).filter(stay=stay_id, column=column_key, side=side).first()
        )
        if cell is None:
            raise LookupError("cell")
        if cell.version != seen:
            raise Conflict(cell)
        if not rules.may_write(access.side, side, holds_pen=holds_pen(access)):
            raise Denied(f"Det siger {Side(side).label.lower()} selv til.")
        cell.confirmed_at, cell.confirmed_by = log.at, access.user
        cell.save(update_fields=["confirmed_at", "confirmed_by"])
        log("cell.confirmed", cell, column=column_key, side=side)
    return cell


# --- levels ----------------------------------------------------------------------------------------------------------


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


def offered_criteria(access: Access, today: date) -> list[CriterionVersion]:
    """The criteria this home can choose today."""
    return criteria_selectors.offered(access.home, region_of(access.home, today), today)


def proposed_review(versions: list[CriterionVersion], from_day: date, *, first: bool) -> date | None:
    """The day the chosen criteria ask for at the latest."""
    terms = [criteria_rules.Term(v.level, v.first_days, v.then_days) for v in versions if v.lead_days is None]
    return criteria_rules.review_by(terms, from_day, first=first)


def level_set(
    *,
    access: Access,
    stay_id: int,
    level: Level,
    criteria: list[int],
    other: str,
    reason: str,
    told: Told,
    review_by: date | None,
    seen: int,
    first: Plan | None,
    key: str,
    today: date,
) -> Episode:
    """Puts a resident on the board, or moves one up or down, with criteria, reason and, if given, an intervention.

    Raises LookupError, Conflict (the episode changed since), Denied (a criterion that is not offered, no criterion,
    no reason, a review date past or later than the criteria ask), Repeated.
    """
    seen_stay(access, stay_id, today)
    offered = {version.pk: version for version in offered_criteria(access, today)}
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, level, criteria, other, reason, told, review_by, first)
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if (episode.version if episode else 0) != seen:
            raise Conflict(episode)
        standing = (
            {
                link.version_id: link.version
                for link in EpisodeCriterion.objects.for_home(access.home)
                .filter(episode=episode, to_day=None)
                .select_related("version")
            }
            if episode
            else {}
        )
        # A criterion retired since may stay on this episode, but cannot be chosen anew.
        chosen = [offered.get(pk) or standing.get(pk) for pk in dict.fromkeys(criteria)]
        if None in chosen:
            raise Denied("Et af kriterierne bruges ikke mere. Vælg et andet.", "criteria")
        versions = [version for version in chosen if version is not None]
        if not versions:
            raise Denied("Vælg mindst ét kriterium.", "criteria")
        if any(version.criterion.needs_text for version in versions) and not other.strip():
            raise Denied("Skriv, hvad grunden er.", "other")
        if not reason.strip():
            raise Denied("Skriv kort, hvad I har set.", "reason")
        proposed = proposed_review(versions, today, first=episode is None)
        day = review_by or proposed
        if day is None:
            raise Denied("Vælg, hvornår beboeren drøftes igen.", "review_by")
        rules.check_review(day, proposed, today)
        before = Level(episode.level) if episode else Level.NONE
        if episode is None:
            _end_follow_up(access, stay_id, today)
            episode = Episode(
                stay_id=stay_id, level=level, level_since=today, opened_on=today, review_by=day, version=0
            )
        if before != level:
            episode.level, episode.level_since = level, today
        episode.review_by = day
        episode.reviewed_on = today
        episode.version += 1
        episode.full_clean()
        episode.save()
        _set_criteria(access, episode, versions, other, today)
        change = LevelChange(
            episode=episode,
            before=before,
            after=level,
            reason=reason.strip(),
            told=told,
            by=access.user,
            side=access.side,
            at=log.at,
        )
        change.insert()
        if level == Level.AKUT:
            AkutSeen(change=change, user=access.user).insert()
        code = "level.opened" if before == Level.NONE else "level.changed"
        log(code, episode, before=before, after=level, told=told, reason=reason)
        if first is not None and first.what.strip():
            _add(access, stay_id, first, log, today)
    return episode


def level_close(
    *,
    access: Access,
    stay_id: int,
    reason: str,
    told: Told,
    crisis_plan_seen: bool,
    follow_on: User | None,
    seen: int,
    key: str,
    today: date,
) -> Episode:
    """Takes a resident off the board; a follow-up comes by itself after 14 days.

    Raises LookupError, Conflict, Denied (no reason), Repeated.
    """
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, reason, told, crisis_plan_seen, follow_on)
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if episode is None or episode.version != seen:
            raise Conflict(episode)
        if not reason.strip():
            raise Denied("Skriv kort, hvorfor beboeren går af tavlen.", "reason")
        change = LevelChange(
            episode=episode,
            before=episode.level,
            after=Level.NONE,
            reason=reason.strip(),
            told=told,
            crisis_plan_seen=crisis_plan_seen,
            by=access.user,
            side=access.side,
            at=log.at,
        )
        change.insert()
        episode.closed_on = today
        episode.follow_up_on = rules.follow_up_day(today, settings.FOLLOW_UP_DAYS)
        episode.follow_on_by = follow_on
        episode.version += 1
        episode.full_clean()
        episode.save()
        EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None).update(to_day=today)
        log("level.closed", episode, before=change.before, told=told, reason=reason)
    return episode


def level_review(*, access: Access, stay_id: int, seen: int, today: date) -> Episode:
    """'Uændret': discussed, and the criteria's next term begins."""
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        episode: Episode | None = Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).first()
        if episode is None or episode.version != seen:
            raise Conflict(episode)
        links = EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None)
        versions = [link.version for link in links.select_related("version")]
        episode.review_by = proposed_review(versions, today, first=False) or episode.review_by
        episode.reviewed_on = today
        episode.version += 1
        episode.save()
        log("level.reviewed", episode, review_by=str(episode.review_by))
    return episode


def level_followed_up(*, access: Access, stay_id: int, today: date) -> None:
    """The follow-up after 14 days has been discussed; the resident leaves the board."""
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        waiting = Episode.objects.for_home(access.home).filter(
            stay=stay_id, closed_on__isnull=False, follow_up_on__isnull=False, followed_up_on=None
        )
        episodes = list(waiting)
        if not episodes:
            raise Denied("Opfølgningen er allerede drøftet.")
        waiting.update(followed_up_on=today)
        for episode in episodes:
            log("level.followed_up", episode)


def akut_see(*, access: Access, stay_id: int, today: date) -> None:
    """Notes that the person has seen that the resident is akut. Again is no change."""
    seen_stay(access, stay_id, today)
    change = (
        LevelChange.objects.for_home(access.home)
        .filter(episode__stay=stay_id, episode__closed_on=None)
        .order_by("at", "pk")
        .last()
    )
    if change is None or change.after != Level.AKUT:
        raise Denied("Beboeren står ikke længere som akut.")
    with suppress(Repeated), trail.change(access.home.scope, by=access.user.pk) as log:
        if AkutSeen.objects.for_home(access.home).filter(change=change, user=access.user).exists():
            raise Repeated
        AkutSeen(change=change, user=access.user).insert()
        log("akut.seen", change)


def _end_follow_up(access: Access, stay_id: int, today: date) -> None:
    Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on__isnull=False, followed_up_on=None).update(
        followed_up_on=today
    )


def _set_criteria(access: Access, episode: Episode, versions: list[CriterionVersion], other: str, today: date) -> None:
    """Ends the criteria no longer met and adds the new; those that stand keep their first day."""
    current = EpisodeCriterion.objects.for_home(access.home).filter(episode=episode, to_day=None)
    standing = {link.version_id: link for link in current}
    wanted = {version.pk for version in versions}
    current.exclude(version__in=wanted).update(to_day=today)
    for version in versions:
        text = other.strip() if version.criterion.needs_text else ""
        link = standing.get(version.pk)
        if link is None:
            EpisodeCriterion(episode=episode, version=version, text=text, from_day=today).insert()
        elif link.text != text:
            EpisodeCriterion.objects.for_home(access.home).filter(pk=link.pk).update(text=text)


# --- interventions ---------------------------------------------------------------------------------------------------


def intervention_add(*, access: Access, stay_id: int, plan: Plan, key: str, today: date) -> Intervention:
    """Agrees on an intervention. Owner and day may be missing for now; the board flags it.

    Raises LookupError, Denied (nothing to do, a day past, the other side's lane), Repeated.
    """
    seen_stay(access, stay_id, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, plan)
        return _add(access, stay_id, plan, log, today)


def _add(access: Access, stay_id: int, plan: Plan, log: trail.Change, today: date) -> Intervention:
    side = TRACK_SIDE[Track(plan.track)]
    _check_plan(access, plan, side, today)
    intervention = Intervention(
        stay_id=stay_id,
        track=plan.track,
        created_at=log.at,
        created_by=access.user,
        written_for=rules.written_for(access.side, side),
    )
    _fill(intervention, plan)
    intervention.insert()
    InterventionEvent(intervention=intervention, kind="added", to_day=plan.due_on, by=access.user, at=log.at).insert()
    log("intervention.added", intervention, what=plan.what, owner=plan.owner.pk if plan.owner else None)
    return intervention


def _check_plan(
    access: Access, plan: Plan, side: Side, today: date, before: date | None = None, *, was_joint: bool = False
) -> None:
    if not plan.what.strip():
        raise Denied("Skriv, hvad I gør.", "what")
    if plan.due_on != before:
        rules.check_due(plan.due_on, today)
    if plan.deputy is not None and plan.deputy == plan.owner:
        raise Denied("Stedfortræderen skal være en anden end den ansvarlige.", "deputy")
    if not (rules.may_write(access.side, side, holds_pen=holds_pen(access)) or was_joint):
        raise Denied(f"{side.label} aftaler selv sine indsatser. Under mødet kan referenten skrive dem.", "track")


def _fill(row: Intervention, plan: Plan) -> None:
    row.what, row.owner, row.deputy = plan.what.strip(), plan.owner, plan.deputy
    row.due_on = None if plan.daily else plan.due_on
    row.due_time, row.daily = plan.due_time, plan.daily
    row.with_whom, row.joint = plan.with_whom.strip(), plan.joint


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
    stay = seen_stay(access, row.stay_id, today)
    if TRACK_SIDE[Track(row.track)] not in stay.sight.sides:
        raise LookupError("intervention")
    return row


def intervention_change(*, access: Access, pk: int, plan: Plan, seen: int, key: str, today: date) -> Intervention:
    """Corrects an intervention over the version the person saw. A new day counts as a move."""
    row = intervention_of(access, pk, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, pk, plan, seen)
        row.refresh_from_db(from_queryset=Intervention.objects.for_home(access.home))
        if row.version != seen:
            raise Conflict(row)
        if row.state != State.PLANNED:
            raise Denied(f"Indsatsen står allerede som »{State(row.state).label.lower()}«.")
        before = row.due_on
        for track in {row.track, plan.track}:
            _check_plan(access, plan, TRACK_SIDE[Track(track)], today, before, was_joint=row.joint)
        row.track = plan.track
        row.written_for = rules.written_for(access.side, TRACK_SIDE[Track(plan.track)])
        row.created_by = access.user if row.written_for else row.created_by
        _fill(row, plan)
        if before and row.due_on and row.due_on > before:
            row.moves += 1
        row.version += 1
        row.full_clean()
        row.save()
        InterventionEvent(
            intervention=row, kind="changed", from_day=before, to_day=row.due_on, by=access.user, at=log.at
        ).insert()
        log("intervention.changed", row, what=row.what, owner=row.owner_id)
    return row


def intervention_settle(*, access: Access, pk: int, state: State, why: str, seen: int, today: date) -> Intervention:
    """Done, not done (why) or no longer needed (why). Repeating what already stands is no change.

    A daily one is done or not done for the day and stands planned again tomorrow; it ends as no longer needed.

    A ticked-off intervention is what happened, so anyone who sees it may tick it, whoever owns the lane.
    """
    row = intervention_of(access, pk, today)
    if rules.state_on(row.state, row.daily, row.settled_on, row.settled_why, today) == state:
        return row
    rules.check_settle(State(row.state), state, why)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row.refresh_from_db(from_queryset=Intervention.objects.for_home(access.home))
        if row.version != seen:
            raise Conflict(row)
        rules.check_settle(State(row.state), state, why)
        for_the_day = row.daily and state != State.DROPPED
        row.state = State.PLANNED if for_the_day else state
        row.settled_on, row.settled_why = today, why.strip()
        row.version += 1
        row.full_clean()
        row.save()
        InterventionEvent(intervention=row, kind=state, why=row.settled_why, by=access.user, at=log.at).insert()
        log("intervention.settled", row, state=state, why=row.settled_why)
    return row


def intervention_reopen(*, access: Access, pk: int, seen: int, today: date) -> Intervention:
    """Undo of a settlement: planned again, with its day. Raises Conflict when it changed since."""
    row = intervention_of(access, pk, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row.refresh_from_db(from_queryset=Intervention.objects.for_home(access.home))
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
    row = intervention_of(access, pk, today)
    rules.check_due(to_day, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row.refresh_from_db(from_queryset=Intervention.objects.for_home(access.home))
        if row.version != seen:
            raise Conflict(row)
        rules.check_settle(State(row.state), State.DONE, "")
        if row.daily:
            raise Denied("Indsatsen er hver dag og kan ikke flyttes. Ret den i stedet.", "due_on")
        before = row.due_on
        if before == to_day:
            raise Denied("Indsatsen ligger allerede den dag.", "due_on")
        row.due_on = to_day
        row.moves += 1
        row.version += 1
        row.save()
        InterventionEvent(
            intervention=row, kind="moved", from_day=before, to_day=to_day, by=access.user, at=log.at
        ).insert()
        log("intervention.moved", row, before=str(before), after=str(to_day), moves=row.moves)
    return row


# --- early signs -----------------------------------------------------------------------------------------------------


def observation_note(
    *, access: Access, stay_id: int, text: str, urgency: Urgency, key: str, today: date
) -> Observation:
    """An early sign: lands on the next agenda. Raises LookupError, Denied (nothing written), Repeated."""
    seen_stay(access, stay_id, today)
    if not text.strip():
        raise Denied("Skriv, hvad du har set.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, text, urgency)
        sign = Observation(
            stay_id=stay_id, side=access.side, text=text.strip(), urgency=urgency, by=access.user, at=log.at
        )
        sign.insert()
        log("observation.noted", sign, urgency=urgency, text=text)
    return sign


def observations_handle(*, access: Access, stay_id: int, sides: Collection[Side], today: date) -> int:
    """The open signs the meeting could see (those of the sides) have been discussed. Returns how many."""
    signs = list(Observation.objects.for_home(access.home).filter(stay=stay_id, handled_on=None, side__in=sides))
    if not signs:
        return 0
    with trail.change(access.home.scope, by=access.user.pk) as log:
        Observation.objects.for_home(access.home).filter(pk__in=[sign.pk for sign in signs]).update(handled_on=today)
        for sign in signs:
            log("observation.handled", sign)
    return len(signs)


def stay_of(access: Access, stay_id: int) -> Stay:
    """The stay's row itself, for a service that needs it."""
    stay: Stay = Stay.objects.for_home(access.home).select_related("resident", "home").get(pk=stay_id)
    return stay
