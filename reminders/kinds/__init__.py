"""Every kind of reminder, in the order a person chooses among them. A new one is a file here and a line below.

A room to the right of this one hands its kinds in with `register`, in its AppConfig.ready.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import Model

from reminders.kinds.after import After
from reminders.kinds.akut import Akut
from reminders.kinds.akut_alone import AkutAlone
from reminders.kinds.akut_late import AkutLate
from reminders.kinds.akut_off import AkutOff
from reminders.kinds.base import Kind, Listed, Urgent
from reminders.kinds.before import Before
from reminders.kinds.consent import Consent
from reminders.kinds.discharged import Discharged
from reminders.kinds.follow_up import FollowUp
from reminders.kinds.left_contact import LeftContact
from reminders.kinds.left_task import LeftTask
from reminders.kinds.meeting_moved import MeetingMoved
from reminders.kinds.need import Need
from reminders.kinds.on import On
from reminders.kinds.prepare import PrepareMeeting
from reminders.kinds.raised import Raised
from reminders.kinds.review import ReviewDue
from reminders.kinds.sign_later import SignLater
from reminders.kinds.sign_now import SignNow
from reminders.kinds.tells import Tells
from reminders.kinds.unagreed import Unagreed

__all__ = ["KINDS", "Kind", "Listed", "Urgent", "called", "mail_of", "mails_about", "mutable", "register", "urgent"]

# By code.
KINDS: dict[str, Kind[Any]] = {}


def register(*more: Kind[Any]) -> None:
    """Adds kinds. Raises ValueError for a code that is taken, and for a word that means another table already."""
    for kind in more:
        if kind.code in KINDS:
            raise ValueError(f"There is a reminder kind {kind.code!r} already.")
        if any(kind.sort == other.sort and kind.erased_with is not other.erased_with for other in KINDS.values()):
            raise ValueError(f"Other reminders call another table {kind.sort!r}.")
        KINDS[kind.code] = kind


register(
    Before(),
    On(),
    After(),
    Tells(),
    ReviewDue(),
    FollowUp(),
    PrepareMeeting(),
    MeetingMoved(),
    Raised(),
    SignLater(),
    Discharged(),
    AkutOff(),
    Consent(),
    LeftTask(),
    LeftContact(),
    Akut(),
    AkutLate(),
    AkutAlone(),
    SignNow(),
    Need(),
    Unagreed(),
)


def urgent() -> dict[str, Urgent[Any]]:
    """The kinds told at once, by code."""
    return {code: kind for code, kind in KINDS.items() if isinstance(kind, Urgent)}


def mutable() -> dict[str, Kind[Any]]:
    """The kinds a person chooses to have by mail or not, by code."""
    return {code: kind for code, kind in KINDS.items() if not kind.urgent}


def called(table: type[Model], pks: Collection[int]) -> list[str]:
    """The subjects of all reminders about rows of the table: 'intervention:5', 'partner:5'."""
    sorts = sorted({kind.sort for kind in KINDS.values() if kind.erased_with is table})
    return [f"{sort}:{pk}" for sort in sorts for pk in pks]


def mail_of(kind: str, subject: str) -> str:
    """The name of the mail of its own that an urgent reminder comes in."""
    return f"{kind}:{subject}"


def mails_about(subjects: Collection[str]) -> list[str]:
    """The names of all mails that may have told of the subjects alone."""
    return [
        mail_of(kind.code, subject)
        for kind in urgent().values()
        for subject in subjects
        if subject.startswith(f"{kind.sort}:")
    ]
