"""What a person does about a resident's life in the home, over what that person saw.

Where somebody leaves or changes team, what is open on the board ends with the stay or follows to the new.
"""

from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from accounts.access import Access, people_at
from audit import trail
from boards.models import (
    TRACK_SIDE,
    Cell,
    EarlySign,
    Episode,
    EpisodeCriterion,
    Intervention,
    InterventionEvent,
    LevelChange,
    State,
    Told,
    Track,
)
from boards.models import Outcome as SignOutcome
from boards.services.common import stay_of, visible_stay
from core.errors import Denied
from core.seen import Seen, check_seen
from criteria.models import Level
from organisation.models import Home, Side, Team, User
from organisation.region import neighbours
from organisation.services import once
from residents import partners
from residents import services as residents
from residents.models import Contact, Partner, SharingBasis, Situation, Stay, StayEnd
from residents.selectors import bases_in_force

trail.register("level.carried", "tog niveauet med til det nye team")


def situation_change(
    *, access: Access, stay_id: int, to: residents.Whereabouts, seen: Seen, key: str, today: date
) -> None:
    """Where the resident is (residents.services). Raises LookupError, Conflict with what stands, Denied, Repeated."""
    with trail.change(access.home.scope, by=access.user.pk):
        visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, to)
        stay = stay_of(access, stay_id)
        stands = residents.Whereabouts.of(stay)
        check_seen(seen, stands, stands)
        residents.situation_change(
            stay=stay,
            situation=Situation(to.situation),
            since=to.since or today,
            place=to.place,
            until=to.until,
            by=access.user,
            asks=not Episode.objects.for_home(access.home).filter(stay=stay_id, closed_on=None).exists(),
        )


def situation_mistaken(*, access: Access, stay_id: int, seen: Seen, today: date) -> None:
    """The admission that stands was a mistake (residents.services). Raises LookupError, Denied, Conflict."""
    with trail.change(access.home.scope, by=access.user.pk):
        visible_stay(access, stay_id, today)
        stay = stay_of(access, stay_id)
        stands = residents.Whereabouts.of(stay)
        check_seen(seen, stands, stands)
        residents.situation_mistaken(stay=stay, by=access.user)


def contact_stands(home: Home, stay_id: int, side: Side) -> tuple[int | None, int | None]:
    """(contact person, deputy) by id, also of somebody who works there no more. One query."""
    rows = Contact.objects.for_home(home).filter(stay=stay_id, side=side)
    return rows.values_list("person_id", "deputy_id").first() or (None, None)


def contact_set(
    *, access: Access, stay_id: int, person: User, deputy: User | None, seen: Seen, key: str, today: date
) -> None:
    """The own side's contact person and deputy. Raises LookupError, Conflict with who stands there now, Repeated."""
    with trail.change(access.home.scope, by=access.user.pk):
        visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, person.pk, deputy and deputy.pk)
        stands = contact_stands(access.home, stay_id, access.side)
        check_seen(seen, stands, stands)
        residents.contact_set(
            stay=stay_of(access, stay_id), side=access.side, person=person, deputy=deputy, by=access.user
        )


def partner_agree(
    *, access: Access, stay_id: int, pk: int, new: partners.Agreement, seen: Seen, key: str, today: date
) -> None:
    """What the resident has agreed to about somebody on the list.

    Raises LookupError, Conflict with the partner as it stands, Denied (without how or when), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk):
        visible_stay(access, stay_id, today)
        once(access.user, key, stay_id, pk, new)
        stands = next((partner for partner in partners.partners_of(access.home, stay_id) if partner.pk == pk), None)
        if stands is None:
            raise LookupError("partner")
        check_seen(seen, partners.Agreement.of(stands), stands)
        partners.partner_agree(home=access.home, stay_id=stay_id, pk=pk, new=new, by=access.user, today=today)


def bases_stand(home: Home, stay_id: int, side: Side, now: datetime) -> list[int]:
    """The side's bases in force, as the form that adds to them or replaces them is compared."""
    bases = bases_in_force(home, timezone.localdate(now), now).filter(stay=stay_id, from_side=side)
    return sorted(bases.values_list("pk", flat=True))


def basis_record(
    *, access: Access, stay_id: int, new: residents.NewBasis, instead: bool, seen: Seen, key: str, now: datetime
) -> SharingBasis:
    """The own side records why it may share (residents.services).

    Raises LookupError, Conflict where the side has shared or withdrawn something since, Denied, Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk):
        visible_stay(access, stay_id, timezone.localdate(now))
        once(access.user, key, stay_id, new, instead)
        check_seen(seen, bases_stand(access.home, stay_id, access.side, now), None)
        return residents.basis_record(
            stay=stay_of(access, stay_id),
            side=access.side,
            acting_side=access.side,
            new=new,
            by=access.user,
            instead=instead,
        )


def move_out(
    *, access: Access, stay_id: int, end: StayEnd, on: date, moved_to: Home | None, key: str, today: date
) -> Stay:
    """Ends the stay and all that was open: episode, interventions, signs. The board forgets the row at once.

    Raises LookupError, Denied (the team's side, a day ahead, a move without a home or to one of another region),
    Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        # Before the stay is read: after the first of a double click it is no longer visible.
        once(access.user, key, stay_id, end, on, moved_to)
        visible_stay(access, stay_id, today)
        if access.side != Side.HOME:
            raise Denied("Det registrerer botilbuddet.")
        if on > today:
            raise Denied("Dagen ligger frem i tiden. Sæt situationen til »flytter« indtil da.", "on")
        if (end == StayEnd.OTHER_HOME) != (moved_to is not None):
            raise Denied("Vælg, hvilket botilbud beboeren flytter til.", "moved_to")
        _check_near(access.home, moved_to, today)
        close_open_work(stay_of(access, stay_id), why=end.label, by=access.user, side=access.side, log=log, today=today)
        return residents.stay_end(stay=stay_of(access, stay_id), end=end, on=on, by=access.user, moved_to=moved_to)


def move_correct(*, access: Access, stay_id: int, moved_to: Home | None, seen: Seen, key: str, today: date) -> Stay:
    """Corrects which home the resident moved to: another one, or none.

    Raises LookupError, Denied (the team's side, a home of another region, taken in already), Conflict, Repeated.
    """
    if access.side != Side.HOME:
        raise Denied("Det registrerer botilbuddet.")
    _check_near(access.home, moved_to, today)
    return residents.move_correct(
        home=access.home, stay_id=stay_id, moved_to=moved_to, seen=seen, key=key, by=access.user
    )


def _check_near(home: Home, moved_to: Home | None, today: date) -> None:
    if moved_to is not None and not neighbours(home, today).filter(pk=moved_to.pk).exists():
        raise Denied("Vælg et botilbud fra listen.", "moved_to")


def team_change(*, access: Access, stay_id: int, team: Team, key: str, today: date) -> Stay:
    """Another team treats the resident from today: a new stay, on which nothing is shared yet.

    These follow to the new stay, on the home's basis: the home's texts, what both agreed, open interventions of the
    home and with others, the level, and a follow-up still to come. The old team's texts, signs and interventions stay
    on the old stay, with the course so far. Raises LookupError, Denied, Repeated.
    """
    visible_stay(access, stay_id, today)
    if access.side != Side.HOME:
        raise Denied("Det registrerer botilbuddet.")
    home = access.home
    with trail.change(home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, team.pk)
        old = stay_of(access, stay_id)
        kept = Intervention.objects.for_home(home).filter(
            stay=old, state=State.PLANNED, track__in=[track for track in Track if TRACK_SIDE[track] != Side.TEAM]
        )
        follows = [row.pk for row in kept]
        signs = EarlySign.objects.for_home(home).filter(stay=old, side=Side.HOME, handled_on=None)
        home_signs = [row.pk for row in signs]
        episode: Episode | None = (
            Episode.objects.for_home(home)
            .filter(Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None), stay=old)
            .order_by("-pk")
            .first()
        )
        criteria = list(EpisodeCriterion.objects.for_home(home).filter(episode=episode, to_day=None)) if episode else []
        new = residents.stay_renew(stay=old, team=team, on=today, by=access.user)
        Cell.objects.for_home(home).filter(stay=old).exclude(side=Side.TEAM).update(stay=new)
        Intervention.objects.for_home(home).filter(pk__in=follows).update(stay=new)
        EarlySign.objects.for_home(home).filter(pk__in=home_signs).update(stay=new)
        Partner.objects.for_home(home).filter(stay=old).update(stay=new)
        _own_people_only(home, follows, today)
        if episode is not None:
            _go_on(episode, criteria, new, f"Fulgte med ved skiftet til {team.name}.", access.user, log)
        close_open_work(old, why=StayEnd.OTHER_TEAM.label, by=access.user, side=access.side, log=log, today=today)
    return new


def _own_people_only(home: Home, interventions: list[int], today: date) -> None:
    """Removes the old team's people as owners on the new stay: the work has no owner until somebody takes it."""
    own = [user.pk for user, side in people_at(home, today) if side == Side.HOME]
    rows = Intervention.objects.for_home(home).filter(pk__in=interventions)
    rows.filter(owner__isnull=False).exclude(owner__in=own).update(owner=None)
    rows.filter(deputy__isnull=False).exclude(deputy__in=own).update(deputy=None)


def _go_on(old: Episode, criteria: list[EpisodeCriterion], stay: Stay, why: str, by: User, log: trail.Change) -> None:
    """Begins the new stay's first episode with the level as it stands, or with the follow-up to come."""
    new = Episode(stay=stay)
    for name in (
        "level", "level_since", "opened_on", "closed_on", "review_by", "reviewed_on", "follow_up_on", "follow_on_by_id",
    ):  # fmt: skip
        setattr(new, name, getattr(old, name))
    new.insert()
    change = LevelChange(
        episode=new,
        before=Level.NONE,
        after=old.level,
        reason=why,
        told=Told.LATER,
        by=by,
        side=Side.HOME,
        at=log.at,
    )
    change.insert()
    for row in criteria:
        EpisodeCriterion(
            episode=new, version=row.version, text=row.text, deadline=row.deadline, from_day=row.from_day
        ).insert()
    log("level.carried", new, after=old.level)


def home_leaves(*, home: Home, on: date, by: User, today: date) -> int:
    """The home leaves the cooperation: all that was open on its board ends. Returns how many stays."""
    with trail.change(home.scope, by=by.pk) as log:
        for stay in Stay.objects.for_home(home).filter(to_day=None).select_related("home"):
            close_open_work(stay, why=StayEnd.HOME_LEFT.label, by=by, side=Side.HOME, log=log, today=today)
        return residents.home_leaves(home=home, on=on, by=by)


def close_open_work(stay: Stay, *, why: str, by: User, side: Side, log: trail.Change, today: date) -> None:
    """Ends what is open about the stay within the caller's change, each with its own line in the history."""
    home = stay.home
    episode: Episode | None = Episode.objects.for_home(home).filter(stay=stay, closed_on=None).first()
    if episode is not None:
        LevelChange(
            episode=episode,
            before=episode.level,
            after=Level.NONE,
            reason=why,
            told=Told.LATER,
            by=by,
            side=side,
            at=log.at,
        ).insert()
        episode.closed_on = today
        episode.version += 1
        episode.save()
        EpisodeCriterion.objects.for_home(home).filter(episode=episode, to_day=None).update(to_day=today)
        log("level.closed", episode, before=episode.level, told=Told.LATER, reason=why)
    Episode.objects.for_home(home).filter(stay=stay, follow_up_on__isnull=False, followed_up_on=None).update(
        followed_up_on=today
    )
    for row in Intervention.objects.for_home(home).filter(stay=stay, state=State.PLANNED):
        row.state, row.settled_on, row.settled_why = State.DROPPED, today, why
        row.version += 1
        row.save()
        InterventionEvent(intervention=row, kind=State.DROPPED, why=why, by=by, at=log.at).insert()
        log("intervention.settled", row, state=State.DROPPED, why=why)
    EarlySign.objects.for_home(home).filter(stay=stay, handled_on=None).update(
        handled_on=today, outcome=SignOutcome.NO_CHANGE, handled_by=by
    )
