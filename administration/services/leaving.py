"""A role's end. First the person's work is handed on, so that nothing is left without an owner."""

from datetime import date, time, timedelta

from accounts import screens
from accounts.access import Access, people_at, staff_changed
from accounts.offices import Office
from administration import rules
from administration.leaving import OpenThing, open_things, side_of, takers
from administration.rules import check_hours
from administration.services.roles import RoleFacts, last_of, may_end, organisation_of, unit_of, yeses
from audit import trail
from boards.live.stream import spotlight_scope
from boards.models import Pen
from boards.services.handover import intervention_hand_on
from core.errors import Denied
from core.period import span
from core.seen import check_seen
from meetings.models import Meeting
from organisation.models import Membership, Organisation, Role, User
from residents.models import Contact
from residents.services import contact_set

trail.register("membership.handed_on", "lod andre overtage, hvad en person stod for")
trail.register("meeting.handed_on", "lod en anden overtage en rolle på mødet")


def leads(office: Office, member: Membership) -> bool:
    """Whether the person leads the unit of the role, and so may see which residents it is about."""
    return member.home_id in office.homes or member.team_id in office.teams


def membership_hand_on(*, office: Office, member: Membership, chosen: dict[str, int], today: date) -> int:
    """Hands on the things named in `chosen` (key to user id), all or none. Returns how many.

    Only the unit's own leader may: the things are about residents. Raises LookupError, Denied.
    """
    if not leads(office, member):
        raise LookupError("member")
    waiting = {thing.key: thing for thing in open_things(member, today, today)}
    done = 0
    with trail.change(organisation_of(unit_of(member)).scope, by=office.user.pk) as log:
        for key, user_id in sorted(chosen.items()):
            thing = waiting.get(key)
            if thing is None:
                continue  # handed on or settled meanwhile
            people = takers(thing, member, people_at(thing.home, today), today)
            to = next((user for user in people if user.pk == user_id), None)
            if to is None:
                raise Denied("Personen arbejder ikke her. Vælg en anden.", key)
            _hand_on(office, member, thing, to, today)
            done += 1
        log("membership.handed_on", member, things=done)
    return done


def _hand_on(office: Office, member: Membership, thing: OpenThing, to: User, today: date) -> None:
    access = Access(office.user, thing.home, side_of(member), Role.LEADER, member.team)
    if thing.kind == "intervention":
        intervention_hand_on(access=access, pk=thing.pk, leaver=member.user, to=to, today=today)
    elif thing.kind == "contact":
        contact = Contact.objects.for_home(thing.home).select_related("stay__home", "person", "deputy").get(pk=thing.pk)
        person, deputy = contact.person, contact.deputy
        if contact.person_id == member.user_id:
            person = to
            deputy = None if contact.deputy_id in (to.pk, member.user_id) else deputy
        else:
            deputy = None if contact.person_id == to.pk else to
        contact_set(stay=contact.stay, side=side_of(member), person=person, deputy=deputy, by=office.user)
    else:
        _hand_on_meeting(office, member, thing, to)


def _hand_on_meeting(office: Office, member: Membership, thing: OpenThing, to: User) -> None:
    with trail.change(thing.home.scope, by=office.user.pk) as log:
        running = Meeting.objects.for_home(thing.home).filter(pk=thing.pk, state=Meeting.State.RUNNING)
        meeting: Meeting | None = running.first()
        if meeting is None:
            raise Denied("Mødet er afsluttet imens. Se siden igen.", thing.key)
        if meeting.chair_id == member.user_id:
            meeting.chair = to
        if meeting.referent_id == member.user_id:
            meeting.referent = to
            Pen.objects.update_or_create(home=thing.home, defaults={"user": to})
        meeting.save(update_fields=["chair", "referent"])
        log("meeting.handed_on", meeting, before=member.user_id, after=to.pk)
        trail.touch(spotlight_scope(thing.home))


def membership_end(
    *, office: Office, member: Membership, to_day: date | None, to_time: time | None, seen: str, today: date
) -> Membership:
    """Another last day of a role, or hour of it; None is until further notice.

    Raises LookupError (not theirs to decide), Conflict (changed since), Denied: one's own role, a day that has passed,
    a vikar beyond three months, or an earlier end while something is not handed on.
    """
    if member.user_id == office.user.pk:
        raise Denied("Du kan ikke ændre din egen rolle. Bed en anden administrator om det.")
    if not may_end(office, member):
        raise LookupError("member")
    with trail.change(organisation_of(unit_of(member)).scope, by=office.user.pk) as log:
        member.refresh_from_db(fields=["from_day", "from_time", "to_day", "to_time"])
        check_seen(seen, ends_at(member), member)
        before = member.span[1]
        _check_end(office, member, to_day, today)
        _check_longer(office, member, to_day, to_time, today)
        if to_day is not None and to_day < max(today, member.from_day):
            # It is over already: an hour of a day that has gone says nothing.
            to_time = None
        check_hours(member.role, None, None, to_day, to_time)
        earlier = to_day is not None and span(member.from_day, member.from_time, to_day, to_time)[1] < before
        if earlier and to_day is not None and member.from_day <= today:
            left = len(open_things(member, to_day, today))
            if left:
                things = "1 ting" if left == 1 else f"{left} ting"
                raise Denied(f"{member.user.name} står stadig for {things}. Lad andre overtage først.", "to_day")
        member.to_day, member.to_time = to_day, to_time
        if to_time and member.span[1] <= member.span[0]:
            raise Denied("Adgangen slutter, før den begynder.", "to_time")
        member.full_clean()
        member.save(update_fields=["to_day", "to_time"])
        log("membership.ended" if earlier else "membership.changed", member, to_day=last_of(member))
        screens.role_ended(member, today)
        staff_changed(member, today)
    return member


def ends_at(member: Membership) -> tuple[date | None, time | None]:
    """The last day and hour as they stand: what the form is over."""
    return member.to_day, member.to_time


def _check_longer(office: Office, member: Membership, to_day: date | None, to_time: time | None, today: date) -> None:
    """Longer than was said yes to is asked about as a role is."""
    role = RoleFacts(unit_of(member), member.role, member.from_day, to_day, False, member.from_time, to_time)
    if role.span[1] > member.span[1] and yeses(office, member.user, role, today):
        raise Denied("Længere tid skal andre også sige ja til. Giv rollen på ny, så bliver de spurgt.", "to_day")


def _check_end(office: Office, member: Membership, to_day: date | None, today: date) -> None:
    unit = unit_of(member)
    if to_day is None:
        return
    if to_day < today - timedelta(days=1):
        raise Denied("Dagen er gået. Vælg i går, i dag eller en senere dag.", "to_day")
    # A role that ends the day before it began was given by mistake and taken back at once.
    if to_day < member.from_day - timedelta(days=1):
        raise Denied("Slutdagen ligger før startdagen.", "to_day")
    if to_day > today + timedelta(days=366 * 5):
        raise Denied("Slutdagen ligger mere end fem år frem. Er årstallet rigtigt?", "to_day")
    substitute = rules.is_substitute(member.role, member.from_day, member.to_day)
    later = member.to_day is not None and to_day > member.to_day
    if substitute and later and not isinstance(unit, Organisation) and unit.organisation_id not in office.system:
        rules.check_substitute(today, to_day)
