"""The outbox: gather a digest for each person, claim it, send it, mark it.

A digest that was claimed and not marked (the worker died) is sent again when its lease is over, under the same
Message-ID: one mail too many, shown as one, and never one too few (docs/decisions/0019).
"""

import logging
import smtplib
import socket
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from organisation.models import Membership
from reminders import kinds, rules
from reminders.models import Digest, LastTick, Preference, Reminder
from reminders.people import Sees, away_on
from reminders.services.planning import batches, homes_reminded, open_keys, plan, still_open

logger = logging.getLogger(__name__)
# How often we try a mail that may have been sent at each try. After that a person must look.
TRIES = 5
# How long one tick sends, in seconds.
SENDING_SECONDS = 30
# We never reached the mail server.
AWAY = (ConnectionRefusedError, TimeoutError, socket.gaierror, smtplib.SMTPConnectError)
# The server refused, so nothing was sent.
REFUSED = (
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
)


def gather(day: date, now: datetime | None = None) -> int:
    """One digest for each person with waiting reminders up to the day, and one for each akut. Returns how many are new.

    At `now` only for those whose hour has come (an akut does not wait for it); without it, for everyone. What is no
    longer to be done is marked as gone; what belongs to somebody who is away waits until they are back.
    """
    waiting = Reminder.objects.system("gather digests").filter(state=Reminder.State.WAITING, on__lte=day)
    urgent = kinds.urgent()
    told = Digest.objects.filter(date=day, about="").values("recipient")
    waiting = waiting.filter(Q(kind__in=urgent) | ~Q(recipient__in=told))
    if now is not None and not rules.may_send(now, rules.EARLIEST, every_day=True):
        waiting = waiting.filter(kind__in=urgent)
    rows = _open_rows(waiting, day)
    preferences = _preferences(row.recipient_id for row in rows)
    at_homes = _at_homes({row.recipient_id for row in rows}, day)
    things: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in rules.awake(rows, day, urgent):
        preference = preferences.get(row.recipient_id) or Preference()
        if row.kind in urgent:
            things[row.recipient_id, kinds.mail_of(row.kind, row.subject)].add(row.subject)
        elif row.kind not in preference.muted and (
            now is None or rules.may_send(now, preference.mail_from, every_day=row.recipient_id in at_homes)
        ):
            things[row.recipient_id, ""].add(row.subject)
    new = [
        Digest(recipient_id=recipient, date=day, about=about, count=len(subjects))
        for (recipient, about), subjects in things.items()
    ]
    Digest.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _open_rows(waiting: QuerySet[Reminder], day: date) -> list[Reminder]:
    """Those still to be done, by a person who is here today; the others are marked as gone."""
    by_home: dict[int, list[Reminder]] = defaultdict(list)
    for row in waiting:
        by_home[row.home_id].append(row)
    away = away_on(day) if by_home else {}
    still: list[Reminder] = []
    homes = [home for home in homes_reminded(day) if home.pk in by_home]
    gone = [row.pk for home_id in by_home.keys() - {home.pk for home in homes} for row in by_home[home_id]]
    for some in batches(homes):
        rows = [row for home in some for row in by_home[home.pk]]
        keys = open_keys(some, day, rows)
        sees = Sees.at(some, day)
        for row in rows:
            if not still_open(row, keys, sees[row.home_id], away):
                gone.append(row.pk)
            elif row.recipient_id not in away:
                still.append(row)
    waiting.filter(pk__in=gone).update(state=Reminder.State.GONE)
    return still


def _at_homes(people: Collection[int], day: date) -> set[int]:
    """Those who work in a home. One query, none for nobody."""
    here = Membership.objects.active(day).filter(user__in=people, home__isnull=False)
    return set(here.values_list("user_id", flat=True)) if people else set()


def _preferences(people: Iterable[int]) -> dict[int, Preference]:
    return {row.user_id: row for row in Preference.objects.filter(user__in=set(people))}


def send(day: date, now: datetime) -> int:
    """Claims and sends the day's digests. Returns how many were sent. Two workers never hold the same at once.

    Those about one urgent thing come first. What is not sent after SENDING_SECONDS waits for the next tick, so that
    what turned urgent meanwhile does not wait for a morning's mails to all. Nothing is claimed, or nothing more, while
    the mail server cannot be reached: the rest waits as well.
    """
    _lapse(now)
    waiting = Digest.objects.filter(date=day, state=Digest.State.WAITING).order_by("-about", "pk")
    # One connection for all mails. So there is little time between the server's yes and our mark, when a worker that is
    # killed would leave the mail in doubt.
    post, sent = get_connection(), 0
    due = list(waiting.values_list("pk", flat=True))
    if due and not _reached(post):
        return 0
    until = time.monotonic() + SENDING_SECONDS
    try:
        for pk in due:
            sent += _claim_and_send(pk, day, post)
            if time.monotonic() > until:
                break
    except AWAY:
        logger.warning("the mail server went away; what is not sent waits")
    finally:
        _let_go(post)
    return sent


def _reached(post: BaseEmailBackend) -> bool:
    try:
        post.open()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("the mail server cannot be reached or lets nobody in (%s); the mails wait", type(error).__name__)
        return False
    return True


def _let_go(post: BaseEmailBackend) -> None:
    with suppress(OSError, smtplib.SMTPException):
        post.close()


def _claim_and_send(pk: int, day: date, post: BaseEmailBackend) -> bool:
    """Sends one digest unless another worker holds it. Raises what AWAY names; the digest is then free again."""
    claim = Digest.objects.filter(pk=pk, state=Digest.State.WAITING)
    # The lease counts from now, not from the start of the tick: sending many takes longer than a lease.
    if not claim.update(state=Digest.State.SENDING, claimed_at=timezone.now(), tries=F("tries") + 1):
        return False
    row = Digest.objects.filter(pk=pk)
    digest = row.select_related("recipient").get()
    told = Reminder.objects.system("mark as sent").filter(pk__in=_tells_of(digest, day))
    try:
        _mail(digest, day, post).send()
    except AWAY:
        row.update(state=Digest.State.WAITING, claimed_at=None, tries=F("tries") - 1)
        raise
    except REFUSED as error:
        # Nothing was sent, so it does not count as a try, however long the server refuses. The claim stands until its
        # lease is over.
        row.update(tries=F("tries") - 1)
        logger.warning("the mail server says no (%s); digest %s is tried again", type(error).__name__, pk)
        _let_go(post)
        return False
    except (OSError, smtplib.SMTPException):
        logger.exception("digest %s may or may not have left; it is tried again with the same id", pk)
        _let_go(post)
        return False
    with transaction.atomic():
        row.update(state=Digest.State.SENT, sent_at=timezone.now())
        told.filter(state=Reminder.State.WAITING).update(state=Reminder.State.SENT)
    return True


def _lapse(now: datetime) -> None:
    """Leases that ran out: sent again under the same id. When that did not help, a person must look."""
    over = now - timedelta(seconds=settings.MAIL_LEASE_SECONDS)
    lapsed = Digest.objects.filter(state=Digest.State.SENDING, claimed_at__lt=over)
    if tired := lapsed.filter(tries__gte=TRIES).update(state=Digest.State.LOOK):
        logger.error("%s digests may have been sent %s times and never went well; they need a look", tired, TRIES)
    if again := lapsed.update(state=Digest.State.WAITING):
        logger.warning("%s digests were claimed and not marked as sent; they are sent again with the same id", again)


def _tells_of(digest: Digest, day: date) -> list[int]:
    """The reminders the mail is about."""
    told = Reminder.objects.system("what a mail tells of").filter(
        recipient=digest.recipient, state=Reminder.State.WAITING, on__lte=day
    )
    if digest.about:
        kind, _, subject = digest.about.partition(":")
        return list(told.filter(kind=kind, subject=subject).values_list("pk", flat=True))
    preference = Preference.objects.filter(user=digest.recipient).first() or Preference()
    told = told.exclude(kind__in=[*kinds.urgent(), *preference.muted])
    return [row.pk for row in rules.awake(told, day, kinds.urgent())]


def _mail(digest: Digest, day: date, post: BaseEmailBackend) -> EmailMessage:
    """A number and a link, and nothing else: no resident, no home, no text."""
    kind = kinds.urgent().get(digest.about.partition(":")[0])
    if kind is not None:
        words, path = kind.mail, kind.mail_leads_to
    else:
        words, path = ("1 ting" if digest.count == 1 else f"{digest.count} ting") + " på Min dag", "/min-dag/"
    return EmailMessage(
        subject=words,
        body=f"Du har {words}.\n\n{settings.PUBLIC_URL}{path}\n",
        to=[digest.recipient.email],
        connection=post,
        # The same digest always has the same id, so that a mail sent twice is shown once.
        headers={"Message-ID": f"<digest-{digest.pk}-{day.isoformat()}@botilbud.invalid>"},
    )


def ticked() -> None:
    """Notes that the work of this minute came to its end."""
    LastTick.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


def tick(now: datetime, *, day: date | None = None) -> tuple[int, int]:
    """Plans, gathers and sends, for now or as for another day. Returns (new reminders, mails sent)."""
    the_day = day or timezone.localtime(now).date()
    planned = plan(the_day, now)
    gather(the_day, None if day else now)
    return planned, send(the_day, now)
