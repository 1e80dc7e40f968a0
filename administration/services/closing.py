"""Closing somebody's account at once, where it may be misused, and opening it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from allauth.mfa.models import Authenticator

from accounts import browsers, screens
from accounts.offices import Office
from administration.services.people import may_change
from audit import trail
from audit.trail import Change
from core.errors import Denied
from core.seen import check_seen
from organisation.models import User
from organisation.services import once

trail.register("account.closed", "lukkede en persons konto", personal=("why",))
trail.register("account.opened", "åbnede en persons konto igen", personal=("why",))


def account_close(*, office: Office, person: User, why: str, seen: str, key: str, today: date) -> None:
    """Nobody is in by the account from now on: sessions, PIN, password and second factors go.

    Roles and what the person stands for stay; their leaders are told of the latter (reminders.kinds.of_left_behind).
    Raises LookupError where another organisation employs the person, Denied for oneself, Conflict where it was closed
    or opened since, Repeated.
    """
    with _changing(office, person, why, seen, key, today) as log:
        person.is_active = False
        # It may be known to others, and so may what stands as a second factor: both are chosen anew afterwards.
        person.set_unusable_password()
        person.save(update_fields=["is_active", "password"])
        Authenticator.objects.filter(user=person).delete()
        screens.pin_forget(person)
        browsers.all_ended(person.pk)
        log("account.closed", person, why=why.strip())


def account_open(*, office: Office, person: User, why: str, seen: str, key: str, today: date) -> None:
    """The person may sign in again, once they have chosen a new password by mail. Raises as account_close."""
    with _changing(office, person, why, seen, key, today) as log:
        person.is_active = True
        person.save(update_fields=["is_active"])
        log("account.opened", person, why=why.strip())


@contextmanager
def _changing(office: Office, person: User, why: str, seen: str, key: str, today: date) -> Iterator[Change]:
    if person.organisation is None or not may_change(office, person, today):
        raise LookupError("person")
    if person.pk == office.user.pk:
        raise Denied("Din egen konto lukker en anden.", "why")
    with trail.change(person.organisation.scope, by=office.user.pk) as log:
        once(office.user, key, person.pk, why)
        person.refresh_from_db()
        check_seen(seen, person.is_active, person)
        yield log
