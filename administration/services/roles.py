"""Roles: who may give what to whom, and whose yes they wait for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.access import staff_changed
from accounts.offices import Office, office_of
from administration import rules
from audit import trail
from core.errors import Denied
from core.period import span
from organisation.models import Home, Membership, Organisation, Role, RoleOffer, RolePeriod, RoleYes, Team, User
from organisation.services import once

trail.register("membership.given", "gav en person en rolle")
trail.register("membership.changed", "ændrede, hvor længe en person har en rolle")
trail.register("membership.ended", "registrerede, at en person stopper")
trail.register("role_offer.made", "spurgte, om en person må få en rolle")
trail.register("role_offer.agreed", "sagde ja til en persons rolle")
trail.register("role_offer.refused", "sagde nej til en persons rolle")
trail.register("role_offer.withdrawn", "trak spørgsmålet om en persons rolle tilbage")

Unit = Home | Team | Organisation
Part = RoleYes.Part


@dataclass(frozen=True)
class RoleFacts:
    """A role in a unit, from–to."""

    unit: Unit
    role: str
    from_day: date
    to_day: date | None
    substitute: bool = False
    from_time: time | None = None
    to_time: time | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The two moments, as those of a role that stands."""
        return span(self.from_day, self.from_time, self.to_day, self.to_time)


def organisation_of(unit: Unit) -> Organisation:
    """The organisation whose scope the unit's people are audited in."""
    return unit if isinstance(unit, Organisation) else unit.organisation


def membership_give(*, office: Office, person: User, role: RoleFacts, key: str, today: date) -> Membership | RoleOffer:
    """One more role for a person, or the offer of it where others must say yes first. Raises Denied, LookupError,
    Repeated.
    """
    check_may_give(office, role)
    with trail.change(organisation_of(role.unit).scope, by=office.user.pk) as log:
        once(office.user, key, person.pk, role)
        return give(office, person, role, log, today)


def give(office: Office, person: User, role: RoleFacts, log: trail.Change, today: date) -> Membership | RoleOffer:
    """The role, or the offer of it, in the caller's change. The first role that begins says who employs the person."""
    refuse_self(office, person)
    check_role(person, role, today)
    parts = yeses(office, person, role, today)
    return _ask(office, person, role, parts, log) if parts else _begin(person, role, log, today)


def yeses(office: Office, person: User | None, role: RoleFacts, today: date) -> list[Part]:
    """Whose yes the role waits for; none where who gives it says enough. `person` is None for a new one.

    In another organisation's unit than the person's own, or on the other side than they work on: the person's and
    their own organisation's. From somebody who does not speak for the unit's organisation: that organisation's. Its
    first administrator says yes for it. Four queries at most.
    """
    unit, parts = role.unit, set[Part]()
    employer = employer_of(person) if person else None
    elsewhere = employer not in (None, organisation_of(unit))
    if person is not None and (elsewhere or _other_side(person, unit, today)):
        parts = {Part.PERSON} if speaks_for(office, person, today) else {Part.PERSON, Part.EMPLOYER}
    if not office.speaks_for(unit):
        parts.add(Part.PERSON if _is_first(role) else Part.UNIT)
    return [part for part in Part if part in parts]


def employer_of(person: User) -> Organisation | None:
    """Who employs the person; for one who got a role while an old process ran, whose that role is that ends last."""
    if person.organisation is not None:
        return person.organisation
    roles = person.memberships.select_related("home__organisation", "team__organisation", "organisation")
    last = roles.order_by(F("to_day").desc(nulls_first=True), "from_day", "pk").first()
    return organisation_of(unit_of(last)) if last else None


def _is_first(role: RoleFacts) -> bool:
    # There has never been one: whoever may end the last one's role does not become the first by it.
    return role.role == Role.SYSTEM and not Membership.objects.filter(role=Role.SYSTEM, **place(role.unit)).exists()


def _other_side(person: User, unit: Unit, today: date) -> bool:
    if isinstance(unit, Organisation):
        return False
    on_the_other = Q(team__isnull=False) if isinstance(unit, Home) else Q(home__isnull=False)
    return Membership.objects.filter(on_the_other, _lasting(today), user=person).exists()


def _lasting(today: date) -> Q:
    """Roles that hold or are to come."""
    return Q(to_day=None) | Q(to_day__gte=today)


def speaks_for(office: Office, person: User, today: date) -> bool:
    """Whether their yes is that of the person's own organisation: its administrator, or the leader of a unit of it
    where the person works. One query at most.
    """
    if person.organisation_id in office.own:
        return True
    return Membership.objects.filter(_led(office, F("user__organisation")), _lasting(today), user=person).exists()


def _led(office: Office, employer: F | OuterRef) -> Q:
    """Roles in units of the employer that the office leads."""
    homes = Q(home__in=office.homes, home__organisation=employer)
    return homes | Q(team__in=office.teams, team__organisation=employer)


def _begin(person: User, role: RoleFacts, log: trail.Change, today: date) -> Membership:
    if person.organisation is None:
        person.organisation = employer_of(person) or organisation_of(role.unit)
        person.save(update_fields=["organisation"])
    member = Membership(user=person, **_columns(role))
    member.full_clean()
    member.save()
    staff_changed(member, today)
    log("membership.given", member, person=person.pk, role=role.role, to_day=last_of(member))
    return member


def _columns(role: RoleFacts) -> dict[str, Any]:
    """The role as the columns of a RolePeriod."""
    days = {"from_day": role.from_day, "from_time": role.from_time, "to_day": role.to_day, "to_time": role.to_time}
    return {"role": role.role, **days, **place(role.unit)}


# --- what others must say yes to ---


def check_not_asked(person: User, role: RoleFacts, now: datetime) -> None:
    """Raises Denied where the same role is waited for in the period."""
    same = RoleOffer.objects.waiting(now).filter(user=person, role=role.role, **place(role.unit))
    if any(role.span[0] < offer.span[1] and offer.span[0] < role.span[1] for offer in same):
        raise Denied("Der er allerede spurgt om den rolle i den periode.", "from_day")


def _ask(office: Office, person: User, role: RoleFacts, parts: list[Part], log: trail.Change) -> RoleOffer:
    check_not_asked(person, role, log.at)
    offer = RoleOffer(user=person, by=office.user, at=log.at, **_columns(role))
    offer.full_clean()
    offer.save()
    RoleYes.objects.bulk_create([RoleYes(offer=offer, part=part) for part in parts])
    log("role_offer.made", offer, person=person.pk, role=role.role, parts=[str(part) for part in parts])
    return offer


def offers_of(office: Office, offers: QuerySet[RoleOffer], today: date) -> QuerySet[RoleOffer]:
    """Those of the offers the person may see: made to them, about people they speak for, or for a unit of theirs."""
    theirs = Membership.objects.filter(
        _led(office, OuterRef("user__organisation")), _lasting(today), user=OuterRef("user")
    )
    return offers.filter(Q(user=office.user) | Q(user__organisation__in=office.own) | Exists(theirs) | _there(office))


def _there(office: Office) -> Q:
    ours = Q(home__in=office.homes) | Q(team__in=office.teams) | Q(organisation__in=office.leading_in)
    for unit in ("organisation", "home__organisation", "team__organisation"):
        ours |= Q(**{f"{unit}__in": office.system})
    return ours


def parts_of(office: Office, offer: RoleOffer, today: date) -> list[Part]:
    """What of it the person may say yes or no to. Four queries at most."""
    unit, oneself = unit_of(offer), offer.user_id == office.user.pk
    mine = {Part.PERSON} if oneself else set()
    if not oneself and speaks_for(office, offer.user, today):
        mine.add(Part.EMPLOYER)
    if _answers_for(office, unit, today) and (not oneself or _alone(office, unit, today)):
        mine.add(Part.UNIT)
    return [Part(row.part) for row in offer.yeses.all() if row.at is None and row.part in mine]


def _answers_for(office: Office, unit: Unit, today: date) -> bool:
    """Whether a yes of theirs is the unit's organisation's. A leader it employs speaks for an organisation that has no
    administrator, unless they are the region's as well.
    """
    if office.speaks_for(unit):
        return True
    if not isinstance(unit, Organisation) or office.system:
        return False
    return (
        unit.pk in office.leading_in and office.user.organisation == unit and not administrators(unit, today).exists()
    )


def administrators(organisation: Organisation, today: date) -> QuerySet[Membership]:
    """The roles of the organisation's own system administrators today."""
    active = Membership.objects.active(today).filter(role=Role.SYSTEM, organisation=organisation)
    return active.filter(user__is_active=True)


def _alone(office: Office, unit: Unit, today: date) -> bool:
    """Whether nobody else could say yes: the only administrator there is, of a unit without another leader. Somebody
    else has asked, so there are two.
    """
    if isinstance(unit, Organisation):
        return False
    others = administrators(unit.organisation, today).exclude(user=office.user)
    leaders = Membership.objects.active(today).filter(role=Role.LEADER, **place(unit)).exclude(user=office.user)
    return not others.exists() and not leaders.exists()


def offer_answer(*, office: Office, pk: int, part: str, yes: bool, now: datetime) -> RoleOffer:
    """One yes, or a no, which ends it. With the last yes the role begins, today at the earliest. Said twice it is one.

    Raises LookupError (not theirs to answer), Denied (it has ended, or can be given no more).
    """
    offer = _offer(office, pk, now)
    today = timezone.localdate(now)
    if yes and offer.yeses.filter(part=part, by=office.user).exists():
        return offer
    with _both_held(offer), trail.change(organisation_of(unit_of(offer)).scope, by=office.user.pk) as log:
        _check_waits(offer, now)
        if part not in parts_of(office, offer, today):
            raise LookupError("part")
        if not yes:
            _end(offer, office, log, "role_offer.refused", part=part)
            return offer
        offer.yeses.filter(part=part).update(by=office.user, at=log.at)
        log("role_offer.agreed", offer, person=offer.user_id, part=part)
        if not offer.yeses.filter(at=None).exists():
            _take_effect(offer, office, log, today)
    return offer


@contextmanager
def _both_held(offer: RoleOffer) -> Iterator[None]:
    """Both organisations' clocks, always in one order, so that two last yeses never wait for each other."""
    both = {organisation_of(unit_of(offer)), offer.user.organisation}
    with transaction.atomic():
        for organisation in sorted(filter(None, both), key=lambda one: one.pk):
            trail.hold(organisation.scope)
        yield


def offer_withdraw(*, office: Office, pk: int, now: datetime) -> RoleOffer:
    """Nobody is asked any more. By who may give the role. Raises LookupError, Denied where it has ended."""
    offer = _offer(office, pk, now)
    with trail.change(organisation_of(unit_of(offer)).scope, by=office.user.pk) as log:
        _check_waits(offer, now)
        if not may_withdraw(office, offer):
            raise LookupError("offer")
        _end(offer, office, log, "role_offer.withdrawn")
    return offer


def may_withdraw(office: Office, offer: RoleOffer) -> bool:
    """Whether the person staffs the unit it is for."""
    unit = unit_of(offer)
    return unit.pk in office.system if isinstance(unit, Organisation) else office.may_staff(unit)


def _offer(office: Office, pk: int, now: datetime) -> RoleOffer:
    rows = offers_of(office, RoleOffer.objects.filter(pk=pk), timezone.localdate(now))
    offer = rows.select_related(
        "user__organisation", "by", "home__organisation", "team__organisation", "organisation"
    ).first()
    if offer is None:
        raise LookupError("offer")
    return offer


def _check_waits(offer: RoleOffer, now: datetime) -> None:
    if not RoleOffer.objects.waiting(now).filter(pk=offer.pk).exists():
        raise Denied("Der er svaret, eller det er for længe siden. Der kan spørges igen.")


def _end(offer: RoleOffer, office: Office, log: trail.Change, code: str, **said: str) -> None:
    offer.ended_at, offer.ended_by = log.at, office.user
    offer.save(update_fields=["ended_at", "ended_by"])
    log(code, offer, person=offer.user_id, **said)


def _take_effect(offer: RoleOffer, office: Office, log: trail.Change, today: date) -> None:
    role = RoleFacts(
        unit_of(offer), offer.role, offer.from_day, offer.to_day, from_time=offer.from_time, to_time=offer.to_time
    )
    if role.from_day < today:
        role = replace(role, from_day=today, from_time=None)
    try:
        # Whoever asked must still be one who may, the role one that can be, and nobody else one who must say yes.
        asker = office_of(offer.by)
        check_may_give(asker, role)
        check_role(offer.user, role, today)
        if {*yeses(asker, offer.user, role, today)} - {row.part for row in offer.yeses.all()}:
            raise LookupError("part")
    except (LookupError, Denied):
        raise Denied("Rollen kan ikke gives mere, som der blev spurgt om. Sig nej, og lad dem spørge igen.") from None
    offer.member = _begin(offer.user, role, log, today)
    offer.ended_at, offer.ended_by = log.at, office.user
    offer.save(update_fields=["member", "ended_at", "ended_by"])
    employer = offer.user.organisation
    if employer and employer != organisation_of(role.unit):
        # Their own organisation's log says so too.
        trail.note(employer.scope, "membership.given", offer.member, by=office.user.pk, person=offer.user_id)


def check_may_give(office: Office, role: RoleFacts) -> None:
    """Raises LookupError for a unit that is not theirs to staff, Denied for a role they may not give."""
    unit = role.unit
    if isinstance(unit, Organisation):
        if unit.pk not in office.system:
            raise LookupError("unit")
        if role.role not in rules.CENTRAL:
            raise Denied("Vælg en rolle, der findes i en organisation.", "role")
        if role.role == Role.CRITERIA and unit.region_id is not None:
            raise Denied("Kriterieadministratoren hører til regionen.", "role")
        return
    if not office.may_staff(unit):
        raise LookupError("unit")
    if role.role not in rules.IN_UNITS:
        raise Denied("Vælg medarbejder eller leder. Andre roller hører til organisationen.", "role")
    if role.role != Role.STAFF and unit.organisation_id not in office.system:
        raise Denied("En leder gives rollen af systemadministratoren.", "role")
    if isinstance(unit, Home) and unit.left_on is not None:
        raise Denied("Botilbuddet har forladt samarbejdet.", "unit")


def check_role(person: User | None, role: RoleFacts, today: date) -> None:
    """Raises Denied for a period that cannot be, or a role the person has already in it."""
    rules.check_period(role.from_day, role.to_day, today)
    rules.check_hours(role.role, role.from_day, role.from_time, role.to_day, role.to_time)
    if role.span[1] <= role.span[0]:
        raise Denied("Adgangen slutter, før den begynder.", "to_time")
    if role.substitute:
        if role.role != Role.STAFF:
            raise Denied("En vikar er medarbejder.", "role")
        rules.check_substitute(role.from_day, role.to_day)
    if person is None:
        return
    same = Membership.objects.filter(user=person, role=role.role, **place(role.unit))
    if any(role.span[0] < member.span[1] and member.span[0] < role.span[1] for member in same):
        raise Denied(f"{person.name} har allerede rollen i den periode.", "from_day")


def may_end(office: Office, member: Membership) -> bool:
    """Whether the administrator decides how long the role lasts. Never over one's own."""
    unit = unit_of(member)
    if member.user_id == office.user.pk:
        return False
    if organisation_of(unit).pk in office.system:
        return True
    return not isinstance(unit, Organisation) and member.role == Role.STAFF and office.may_staff(unit)


def unit_of(member: RolePeriod) -> Unit:
    """The home, team or organisation of a role."""
    unit = member.home or member.team or member.organisation
    assert unit is not None
    return unit


def last_of(member: RolePeriod) -> str:
    """When the role ends, for the log: '2026-12-01', '2026-12-01 16:00', or 'None' for good."""
    return str(member.to_day) if member.to_time is None else f"{member.to_day} {member.to_time:%H:%M}"


def place(unit: Unit) -> dict[str, Unit]:
    """The unit as the column of a role it stands in."""
    if isinstance(unit, Home):
        return {"home": unit}
    return {"team": unit} if isinstance(unit, Team) else {"organisation": unit}


def refuse_self(office: Office, person: User) -> None:
    """Raises Denied for a role of one's own."""
    if person.pk == office.user.pk:
        raise Denied("Du kan ikke give dig selv en rolle. Bed en anden administrator om det.", "email")
