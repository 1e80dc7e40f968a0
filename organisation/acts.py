"""Acts that change nothing and are noted all the same: refusals, searches, what is taken out of the board.

They are in chains of their own ('log:home:3', 'person:7'), so that they make no open board fetch anything.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from audit import trail
from audit.models import Entry
from organisation.models import Home, User

trail.register("refused", "blev afvist")
trail.register("searched", "søgte efter en beboer", personal=("words",))
trail.register("exported", "tog oplysninger ud af tavlen", personal=("why",))
trail.register("account.read", "så, hvad en konto har set og gjort")
trail.register("slowed", "blev bedt om at vente, fordi meget blev slået op eller taget ud på kort tid")
# More than this by one person in an hour is somebody trying numbers: each would be a row.
REFUSALS_AN_HOUR = 100
SUBJECT_LENGTH = 60
MUCH = "Du har taget meget ud på kort tid. Vent lidt, eller spørg din leder."


class TooMany(Exception):
    """More was looked up or taken out in a short time than anybody's work asks for. Answered as 429."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.message = message
        self.seconds = seconds


def refused(scope: str, user: User, page: str, status: int, numbers: Mapping[str, int]) -> None:
    """A signed-in person was told 403 or 404: once an hour for a page and the numbers its address names.

    Its name and those numbers are kept, and no address. Who tries many numbers is noted by the page alone from then on.
    """
    lately = Entry.objects.filter(actor=user.pk, action="refused", at__gt=timezone.now() - timedelta(hours=1)).count()
    subject = f"page:{page}"
    if lately < REFUSALS_AN_HOUR:
        for name, number in sorted(numbers.items()):
            # A number that does not fit whole would read as another.
            named = f"{subject} {name} {number}"
            subject = named if len(named) <= SUBJECT_LENGTH else subject
    trail.note(scope, "refused", subject[:SUBJECT_LENGTH], by=user.pk, hourly=True, status=status)


def searched(user: User, words: str) -> None:
    """A search. The words are in the part that can be erased. Raises TooMany."""
    said = "Du har søgt meget på kort tid. Vent et minut, og søg igen."
    _check_pace(user, "searched", settings.SEARCHES_A_MINUTE, timedelta(minutes=1), said)
    trail.note(user.scope, "searched", user, by=user.pk, words=words, length=len(words))


def exported(home: Home, user: User, what: str, stays: list[int], why: str = "") -> None:
    """Something about these residents left the board: as a file, as text to copy, as a page to print.

    `why` is in the part that can be erased. Raises TooMany.
    """
    _check_pace(user, "exported", settings.EXPORTS_AN_HOUR, timedelta(hours=1), MUCH)
    given: dict[str, Any] = {"why": why} if why else {}
    trail.note(home.log_scope, "exported", home, by=user.pk, what=what, stays=sorted(stays), **given)


def account_read(by: User, person: User, **asked: Any) -> None:
    """An organisation's administrator asked what one of its people has seen and done. Raises TooMany."""
    _check_pace(by, "account.read", settings.EXPORTS_AN_HOUR, timedelta(hours=1), MUCH)
    trail.note(by.scope, "account.read", person, by=by.pk, **asked)


def _check_pace(user: User, code: str, most: int, within: timedelta, said: str) -> None:
    """Counted in the log itself, so that it works for all processes without a cache. One query.

    Raises TooMany, Unwritable.
    """
    lately = Entry.objects.filter(actor=user.pk, action=code, at__gt=timezone.now() - within)
    try:
        if lately.count() < most:
            return
    except DatabaseError as error:
        raise trail.Unwritable from error
    trail.note(user.scope, "slowed", f"limit:{code}", by=user.pk, hourly=True)
    raise TooMany(said, int(within.total_seconds()))
