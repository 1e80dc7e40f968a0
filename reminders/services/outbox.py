"""The outbox: gather a digest a person, claim it, send it, mark it.

A digest that was claimed and never marked (the worker died) goes to 'skal ses på'; it is not sent again blindly.
"""

import logging
import smtplib
import socket
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from reminders import facts, rules
from reminders.models import Digest, Preference, Reminder
from reminders.people import Sees, away_on
from reminders.services.planning import homes_reminded, open_keys, plan, still_open

logger = logging.getLogger(__name__)
CLAIM_MINUTES = 10
LATE_MARK = "late:"


def gather(day: date, now: datetime | None = None) -> int:
    """One digest for each person with waiting reminders up to the day, and one for each akut. Returns how many are new.

    At `now` only for those whose hour has come (an akut does not wait for it); without it, for everyone. What is no
    longer to be done is marked as gone; what belongs to somebody who is away waits until they are back.
    """
    waiting = Reminder.objects.system("gather digests").filter(state=Reminder.State.WAITING, on__lte=day)
    told = Digest.objects.filter(date=day, about="").values("recipient")
    waiting = waiting.filter(Q(kind__in=rules.URGENT) | ~Q(recipient__in=told))
    if now is not None and not rules.may_send(now, rules.EARLIEST):
        waiting = waiting.filter(kind__in=rules.URGENT)
    rows = _open_rows(waiting, day)
    preferences = _preferences(row.recipient_id for row in rows)
    things: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in rules.awake(rows, day):
        preference = preferences.get(row.recipient_id) or Preference()
        if row.kind in rules.URGENT:
            things[row.recipient_id, _about(row)].add(row.subject)
        elif row.kind not in preference.muted and (now is None or rules.may_send(now, preference.mail_from)):
            things[row.recipient_id, ""].add(row.subject)
    made = 0
    for (recipient, about), subjects in things.items():
        try:
            with transaction.atomic():
                Digest(recipient_id=recipient, date=day, about=about, count=len(subjects)).save(force_insert=True)
            made += 1
        except IntegrityError:
            continue
    return made


def _open_rows(waiting: QuerySet[Reminder], day: date) -> list[Reminder]:
    """Those still to be done, by a person who is here today; the others are marked as gone."""
    by_home: dict[int, list[Reminder]] = defaultdict(list)
    for row in waiting:
        by_home[row.home_id].append(row)
    away = away_on(day) if by_home else {}
    found: list[Reminder] = []
    homes = [home for home in homes_reminded(day) if home.pk in by_home]
    gone = [row.pk for home_id in by_home.keys() - {home.pk for home in homes} for row in by_home[home_id]]
    for home in homes:
        rows = by_home[home.pk]
        keys = open_keys(day, facts.gather([home], day, facts.only_of(row.subject for row in rows)))
        sees = Sees.everyone(home, day)
        for row in rows:
            if not still_open(row, keys, sees, away):
                gone.append(row.pk)
            elif row.recipient_id not in away:
                found.append(row)
    waiting.filter(pk__in=gone).update(state=Reminder.State.GONE)
    return found


def _preferences(people: Iterable[int]) -> dict[int, Preference]:
    return {row.user_id: row for row in Preference.objects.filter(user__in=set(people))}


def _about(row: Reminder) -> str:
    """The name of the mail of its own an akut, or a sign to be seen today, is told in."""
    return row.subject if row.kind in (rules.AKUT, rules.SIGN_NOW, rules.NEED) else f"{LATE_MARK}{row.subject}"


def send(day: date, now: datetime) -> int:
    """Claims and sends the day's digests. Returns how many were sent. Two workers never send the same."""
    stuck = now - timedelta(minutes=CLAIM_MINUTES)
    lost = Digest.objects.filter(state=Digest.State.SENDING, claimed_at__lt=stuck).update(state=Digest.State.LOOK)
    if lost:
        logger.warning("%s digests were claimed and never marked as sent; they need a look", lost)
    sent = 0
    for pk in Digest.objects.filter(date=day, state=Digest.State.WAITING).order_by("pk").values_list("pk", flat=True):
        claim = Digest.objects.filter(pk=pk, state=Digest.State.WAITING)
        if not claim.update(state=Digest.State.SENDING, claimed_at=now):
            continue
        digest = Digest.objects.select_related("recipient").get(pk=pk)
        if not _leaves(digest, day):
            continue
        Digest.objects.filter(pk=pk).update(state=Digest.State.SENT, sent_at=now)
        _mark_told(digest, day)
        sent += 1
    return sent


def _leaves(digest: Digest, day: date) -> bool:
    """Sends the mail. False where it did not leave, or may not have."""
    row = Digest.objects.filter(pk=digest.pk)
    try:
        _mail(digest, day).send()
    except (ConnectionRefusedError, TimeoutError, socket.gaierror, smtplib.SMTPConnectError):
        # Nothing left the house, so it may be tried again at the next tick.
        row.update(state=Digest.State.WAITING, claimed_at=None)
        logger.warning("the mail server cannot be reached; digest %s waits", digest.pk)
        return False
    except (OSError, smtplib.SMTPException):
        # It may or may not have left: a person looks, and nothing is sent twice.
        row.update(state=Digest.State.LOOK)
        logger.exception("digest %s needs a look", digest.pk)
        return False
    return True


def _mark_told(digest: Digest, day: date) -> None:
    told = Reminder.objects.system("mark as sent").filter(
        recipient=digest.recipient, state=Reminder.State.WAITING, on__lte=day
    )
    if digest.about:
        kind = rules.AKUT_LATE if digest.about.startswith(LATE_MARK) else rules.AKUT
        own = {"sign": rules.SIGN_NOW, "basis": rules.NEED}
        kind = own.get(digest.about.partition(":")[0], kind)
        told = told.filter(kind=kind, subject=digest.about.removeprefix(LATE_MARK))
    else:
        preference = Preference.objects.filter(user=digest.recipient).first() or Preference()
        told = told.exclude(kind__in=[*rules.URGENT, *preference.muted])
        told = told.filter(pk__in=[row.pk for row in rules.awake(told, day)])
    told.update(state=Reminder.State.SENT)


def _mail(digest: Digest, day: date) -> EmailMessage:
    """A number and a link, and nothing else: no resident, no home, no text."""
    if digest.about.startswith(LATE_MARK):
        words, path = "1 akut, som ingen hos jer har set", "/min-dag/"
    elif digest.about.startswith("sign:"):
        words, path = "1 tidligt tegn, du ikke har set", "/"
    elif digest.about.startswith("basis:"):
        words, path = "1 åbning af oplysninger i nød", "/min-dag/paamindelser/"
    elif digest.about:
        words, path = "1 akut, du ikke har set", "/"
    else:
        words, path = ("1 ting" if digest.count == 1 else f"{digest.count} ting") + " på Min dag", "/min-dag/"
    return EmailMessage(
        subject=words,
        body=f"Du har {words}.\n\n{settings.PUBLIC_URL}{path}\n",
        to=[digest.recipient.email],
        # The same digest always has the same id, so that a mail sent twice is shown once.
        headers={"Message-ID": f"<digest-{digest.pk}-{day.isoformat()}@botilbud.invalid>"},
    )


def tick(now: datetime, *, day: date | None = None) -> tuple[int, int]:
    """All of it, for now (or as for another day). Returns (new reminders, mails sent)."""
    the_day = day or timezone.localtime(now).date()
    planned = plan(the_day, now)
    gather(the_day, None if day else now)
    return planned, send(the_day, now)
