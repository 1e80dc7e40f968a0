"""Closing somebody's account at once, where it may be misused, and opening it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from allauth.mfa.models import Authenticator
from django.db.models import Q

from accounts import browsers, screens
from accounts.letters import tell
from accounts.offices import Office
from administration.services.people import may_change
from audit import trail
from audit.trail import Change
from core.errors import Denied
from core.seen import check_seen
from organisation.models import Membership, Role, User
from organisation.services import once
from privacy.retention.staff import GONE

CLOSED = (
    "Din konto på tavlen er lukket",
    "Din arbejdsplads har lukket din konto. Du er logget ud alle steder. Spørg din leder, hvis du ikke ved hvorfor.\n",
)
OPENED = (
    "Din konto på tavlen er åbnet igen",
    "Vælg en ny adgangskode med »Glemt adgangskode«, eller log ind, som I plejer. Har ingen talt med dig om det, så "
    "sig det straks til din leder.\n",
)


def may_close(office: Office, person: User, today: date) -> bool:
    """Of anybody they employ, an organisation's administrator; of staff of their own unit who hold no other office, a
    leader. So no leader shuts out who looks over them. Two queries at most.
    """
    if person.organisation is None or person.email.endswith(GONE):
        return False
    if person.organisation_id in office.own:
        return True
    offices = Membership.objects.filter(Q(to_day=None) | Q(to_day__gte=today), user=person).exclude(role=Role.STAFF)
    return may_change(office, person, today) and not offices.exists()


def account_close(*, office: Office, person: User, why: str, seen: str, key: str, today: date) -> None:
    """Nobody is in by the account from now on: sessions, PIN, password and second factors go.

    Roles and what the person stands for stay; their leaders are told of the latter (reminders.kinds.of_left_behind).
    Raises LookupError where another organisation employs the person, Denied for oneself, Conflict where it was closed
    or opened since, Repeated.
    """
    with _changing(office, person, why, seen, key, today) as log:
        person.is_active = False
        _begin_again(office, person)
        log("account.closed", person, why=why.strip())
    tell(person.email, *CLOSED)


def _begin_again(office: Office, person: User) -> None:
    """What signs in is chosen anew afterwards: others may know the password, and what stands as a second factor."""
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    Authenticator.objects.filter(user=person).delete()
    screens.pin_forget(person, by=office.user.pk)
    browsers.all_ended(person.pk)


def account_open(*, office: Office, person: User, why: str, seen: str, key: str, today: date) -> None:
    """The person may sign in again, once they have chosen a new password by mail. Raises as account_close."""
    with _changing(office, person, why, seen, key, today) as log:
        person.is_active = True
        # Once more: what was on its way as it was closed may have come after.
        _begin_again(office, person)
        log("account.opened", person, why=why.strip())
    tell(person.email, *OPENED)


@contextmanager
def _changing(office: Office, person: User, why: str, seen: str, key: str, today: date) -> Iterator[Change]:
    if person.organisation is None or not may_close(office, person, today):
        raise LookupError("person")
    if person.pk == office.user.pk:
        raise Denied("Din egen konto lukker en anden.", "why")
    with trail.change(person.organisation.scope, by=office.user.pk) as log:
        once(office.user, key, person.pk, why)
        person.refresh_from_db()
        check_seen(seen, person.is_active, person)
        yield log
