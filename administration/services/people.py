"""Who works where, from–to. Nobody gives themselves anything, and a mail address is never changed: it is the key."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.access import NAMES, staff_changed
from accounts.offices import Office
from administration import rules
from audit import trail
from core.errors import Denied
from core.period import span
from core.seen import check_seen
from organisation.models import Home, Membership, Organisation, Role, Team, User
from organisation.services import once

trail.register("person.created", "oprettede en person", personal=("name", "email"))
trail.register("person.changed", "rettede en persons oplysninger", personal=("name",))
trail.register("membership.given", "gav en person en rolle")
trail.register("membership.changed", "ændrede, hvor længe en person har en rolle")
trail.register("membership.ended", "registrerede, at en person stopper")

Unit = Home | Team | Organisation


class Known(Exception):
    """The mail address belongs to somebody already. `person` must be confirmed before the role is added."""

    def __init__(self, person: User) -> None:
        super().__init__("known")
        self.person = person


@dataclass(frozen=True)
class PersonFacts:
    """What people fill in about a person."""

    name: str
    title: str
    email: str
    phone: str


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


def person_create(
    *, office: Office, facts: PersonFacts, role: RoleFacts, confirmed: int | None, key: str, today: date
) -> Membership:
    """A role for a new person, or for the one who has the mail address already, once `confirmed` names them.

    Raises Known where the address is known and not confirmed, Denied, LookupError (not the person's unit), Repeated.
    """
    check_may_give(office, role)
    with trail.change(organisation_of(role.unit).scope, by=office.user.pk) as log:
        once(office.user, key, facts, role, confirmed)
        trail.touch(NAMES)
        person = User.objects.filter(email__iexact=facts.email.strip()).first()
        if person is None:
            check_person(facts)
            person = User.objects.create_user(
                facts.email.strip(), name=facts.name.strip(), title=facts.title.strip(), phone=facts.phone.strip()
            )
            log("person.created", person, name=person.name, email=person.email)
        elif person.pk == office.user.pk:
            _refuse_self()
        elif confirmed != person.pk:
            raise Known(person)
        return _give(office, person, role, log, today)


def membership_give(*, office: Office, person: User, role: RoleFacts, key: str, today: date) -> Membership:
    """One more role for a person. Raises Denied, LookupError, Repeated."""
    check_may_give(office, role)
    with trail.change(organisation_of(role.unit).scope, by=office.user.pk) as log:
        once(office.user, key, person.pk, role)
        return _give(office, person, role, log, today)


def _give(office: Office, person: User, role: RoleFacts, log: trail.Change, today: date) -> Membership:
    if person.pk == office.user.pk:
        _refuse_self()
    check_role(person, role, today)
    days = {"from_day": role.from_day, "from_time": role.from_time, "to_day": role.to_day, "to_time": role.to_time}
    member = Membership(user=person, role=role.role, **days, **place(role.unit))
    member.full_clean()
    member.save()
    staff_changed(member, today)
    log("membership.given", member, person=person.pk, role=role.role, to_day=last_of(member))
    return member


def administrator_create(*, region: Organisation, facts: PersonFacts, today: date) -> User:
    """Creates the region's system administrator, for the command line. A second run changes nothing. Raises Denied."""
    check_person(facts)
    with transaction.atomic():
        person = User.objects.filter(email__iexact=facts.email.strip()).first()
        holds = Membership.objects.active(today).filter(user=person, role=Role.SYSTEM, organisation=region)
        if person is not None and holds.exists():
            return person
        with trail.change(region.scope, by=None) as log:
            if person is None:
                person = User.objects.create_user(
                    facts.email.strip(), name=facts.name.strip(), title=facts.title, phone=facts.phone
                )
                log("person.created", person, name=person.name, email=person.email)
            member = Membership(user=person, role=Role.SYSTEM, organisation=region, from_day=today)
            member.full_clean()
            member.save()
            log("membership.given", member, person=person.pk, role=Role.SYSTEM, to_day="None")
    return person


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


def check_person(facts: PersonFacts) -> None:
    """Raises Denied for a person without name or with an address no mail can reach."""
    name = facts.name.strip()
    if not name:
        raise Denied("Skriv navnet.", "name")
    for field, text in (("name", name), ("title", facts.title.strip())):
        if len(text) > 40:
            raise Denied("Der er plads til 40 tegn.", field)
    rules.check_word(name, "name")
    rules.check_word(facts.title.strip(), "title")
    rules.check_phone(facts.phone, "phone")
    if len(facts.email.strip()) > rules.MAIL_LENGTH:
        raise Denied(rules.LONG_MAIL, "email")
    try:
        validate_email(facts.email.strip())
    except ValidationError:
        raise Denied("Skriv mailadressen som navn@eksempel.dk.", "email") from None


def person_change(*, office: Office, person: User, facts: PersonFacts, seen: str, scope: str) -> User:
    """Corrects name, title and phone; the mail address stays. `scope` is the organisation's they are known from.

    Raises Denied, or Conflict when somebody corrected it since.
    """
    check_person(facts)
    with trail.change(scope, by=office.user.pk) as log:
        trail.touch(NAMES)
        person.refresh_from_db()
        check_seen(seen, person_facts(person), person)
        person.name, person.title, person.phone = facts.name.strip(), facts.title.strip(), facts.phone.strip()
        person.save(update_fields=["name", "title", "phone"])
        log("person.changed", person, name=person.name)
    return person


def person_facts(person: User) -> PersonFacts:
    """The person as they stand."""
    return PersonFacts(person.name, person.title, person.email, person.phone)


def may_end(office: Office, member: Membership) -> bool:
    """Whether the administrator decides how long the role lasts. Never over one's own."""
    unit = unit_of(member)
    if member.user_id == office.user.pk:
        return False
    if organisation_of(unit).pk in office.system:
        return True
    return not isinstance(unit, Organisation) and member.role == Role.STAFF and office.may_staff(unit)


def unit_of(member: Membership) -> Unit:
    """The home, team or organisation of a role."""
    unit = member.home or member.team or member.organisation
    assert unit is not None
    return unit


def last_of(member: Membership) -> str:
    """When the role ends, for the log: '2026-12-01', '2026-12-01 16:00', or 'None' for good."""
    return str(member.to_day) if member.to_time is None else f"{member.to_day} {member.to_time:%H:%M}"


def place(unit: Unit) -> dict[str, Unit]:
    """The unit as the column of a role it stands in."""
    if isinstance(unit, Home):
        return {"home": unit}
    return {"team": unit} if isinstance(unit, Team) else {"organisation": unit}


def _refuse_self() -> None:
    raise Denied("Du kan ikke give dig selv en rolle. Bed en anden administrator om det.", "email")
