"""Who works where, from–to. Nobody gives themselves anything; a mail address is changed by itself (addresses.py)."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.access import NAMES
from accounts.offices import Office
from administration import rules
from administration.services.roles import RoleFacts, check_may_give, give, organisation_of, refuse_self, speaks_for
from audit import trail
from core.errors import Denied
from core.seen import check_seen
from organisation.models import Membership, Organisation, Role, RoleOffer, User
from organisation.services import once

trail.register("person.created", "oprettede en person", personal=("name", "email"))
trail.register("account.closed", "lukkede en persons konto", personal=("why",))
trail.register("account.opened", "åbnede en persons konto igen", personal=("why",))
trail.register("person.changed", "rettede en persons oplysninger", personal=("name", "was"))


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


def person_create(
    *, office: Office, facts: PersonFacts, role: RoleFacts, confirmed: int | None, key: str, today: date
) -> Membership | RoleOffer:
    """A role, or the offer of it, for a new person, or for the one who has the mail address already, once `confirmed`
    names them.

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
        elif confirmed != person.pk:
            refuse_self(office, person)
            raise Known(person)
        return give(office, person, role, log, today)


def administrator_create(*, region: Organisation, facts: PersonFacts, today: date) -> User:
    """Creates the region's system administrator, for the command line. A second run changes nothing. Raises Denied."""
    check_person(facts)
    with transaction.atomic():
        person = User.objects.filter(email__iexact=facts.email.strip()).first()
        holds = Membership.objects.active(today).filter(user=person, role=Role.SYSTEM, organisation=region)
        if person is not None and person.is_active and holds.exists():
            return person
        with trail.change(region.scope, by=None) as log:
            if person is not None and not person.is_active:
                # The way back for who was shut out with nobody left to open: whoever has the command line.
                person.is_active = True
                person.set_unusable_password()
                person.save(update_fields=["is_active", "password"])
                log("account.opened", person, why="")
            if person is not None and holds.exists():
                return person
            if person is None:
                person = User.objects.create_user(
                    facts.email.strip(), name=facts.name.strip(), title=facts.title, phone=facts.phone,
                    organisation=region,
                )  # fmt: skip
                log("person.created", person, name=person.name, email=person.email)
            member = Membership(user=person, role=Role.SYSTEM, organisation=region, from_day=today)
            member.full_clean()
            member.save()
            log("membership.given", member, person=person.pk, role=Role.SYSTEM, to_day="None")
    return person


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
    check_address(facts.email.strip())


def check_address(address: str) -> None:
    """Raises Denied for an address no mail can reach."""
    if len(address) > rules.MAIL_LENGTH:
        raise Denied(rules.LONG_MAIL, "email")
    try:
        validate_email(address)
    except ValidationError:
        raise Denied("Skriv mailadressen som navn@eksempel.dk.", "email") from None


def may_change(office: Office, person: User, today: date) -> bool:
    """Whether name, title and phone are theirs to correct: the person's own organisation's alone. A query at most."""
    return person.organisation is not None and speaks_for(office, person, today)


def person_change(*, office: Office, person: User, facts: PersonFacts, seen: str, today: date) -> User:
    """Corrects name, title and phone; the mail address stays.

    Raises LookupError where another organisation employs the person, Denied, or Conflict when somebody corrected it
    since.
    """
    check_person(facts)
    if person.organisation is None or not may_change(office, person, today):
        raise LookupError("person")
    with trail.change(person.organisation.scope, by=office.user.pk) as log:
        trail.touch(NAMES)
        person.refresh_from_db()
        check_seen(seen, person_facts(person), person)
        was = person.name
        person.name, person.title, person.phone = facts.name.strip(), facts.title.strip(), facts.phone.strip()
        person.save(update_fields=["name", "title", "phone"])
        log("person.changed", person, name=person.name, was=was)
    return person


def person_facts(person: User) -> PersonFacts:
    """The person as they stand."""
    return PersonFacts(person.name, person.title, person.email, person.phone)
