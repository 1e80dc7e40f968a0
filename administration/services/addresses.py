"""Another mail address for a person, asked for by the administrator of the organisation that employs them."""

from smtplib import SMTPException

from accounts import new_address
from accounts.letters import tell
from accounts.offices import Office
from administration.services.people import check_address
from audit import trail
from core.errors import Denied
from core.seen import check_seen
from organisation.models import User
from organisation.services import once
from privacy.retention.staff import GONE

trail.register("person.address_asked", "bad om en ny mailadresse for en person", personal=("email",))


def address_ask(*, office: Office, person: User, new: str, seen: str, key: str) -> None:
    """Mails the new address a link, and tells the old one. The address is changed when the link is used.

    Raises LookupError where another organisation employs the person, Denied (oneself, no address, somebody has it, the
    mail server is away), Conflict, Repeated.
    """
    if person.organisation is None or person.organisation_id not in office.own or person.email.endswith(GONE):
        raise LookupError("person")
    if person.pk == office.user.pk:
        raise Denied("Din egen adresse skifter en anden administrator.", "email")
    new = new.strip().lower()
    check_address(new)
    with trail.change(person.organisation.scope, by=office.user.pk) as log:
        once(office.user, key, person.pk, new)
        person.refresh_from_db()
        check_seen(seen, person.email, person)
        if User.objects.filter(email__iexact=new).exists():
            raise Denied("Den adresse har en konto allerede.", "email")
        log("person.address_asked", person, email=new)
        try:
            new_address.ask(person, new)
        except (OSError, SMTPException):
            # Nothing is noted as asked for, and the same form may be sent again.
            raise Denied("Mailserveren svarer ikke. Prøv igen om lidt.", "email") from None
    tell(person.email, *new_address.ASKED)
