"""The outbox: plan what is due, gather a digest a person, claim it, send it, mark it.

A digest that was claimed and never marked (the worker died) goes to 'skal ses på'; it is not sent again blindly.
"""

import logging
import smtplib
import socket
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone

from boards.models import AkutSeen, Episode, Intervention, LevelChange, State
from botilbud.organisation.access import accesses
from botilbud.organisation.models import Home, User
from criteria.models import Level
from reminders import rules
from reminders.models import Digest, Reminder
from residents.models import Contact
from residents.selectors import seen_stays
from residents.sharing import Audience, audience_of

logger = logging.getLogger(__name__)
CLAIM_MINUTES = 10
AKUT = "akut"


def plan(day: date) -> int:
    """Creates the reminders of the day that are not there yet. Returns how many are new. Safe to run twice."""
    made = 0
    for home in Home.objects.order_by("pk"):
        for due in _due_at(home, day):
            try:
                with transaction.atomic():
                    Reminder(
                        home=home,
                        recipient_id=due.recipient,
                        kind=due.kind,
                        subject=due.subject,
                        due=due.due,
                        on=due.on,
                    ).save(force_insert=True)
                made += 1
            except IntegrityError:
                continue
    return made


def _due_at(home: Home, day: date) -> list[rules.Due]:
    near = (day - timedelta(days=14), day + timedelta(days=14))
    sees = _Sees(home, day)
    tasks = [
        rules.Task(row.pk, row.owner_id, row.due_on)
        for row in Intervention.objects.for_home(home).filter(
            state=State.PLANNED, owner__isnull=False, owner__is_active=True, due_on__range=near
        )
        if sees.may(row.owner_id, row.stay_id)
    ]
    people: dict[int, list[int]] = defaultdict(list)
    for contact in Contact.objects.for_home(home).filter(person__is_active=True):
        if sees.may(contact.person_id, contact.stay_id):
            people[contact.stay_id].append(contact.person_id)
    reviews, alarms = [], []
    for episode in Episode.objects.for_home(home).filter(closed_on=None):
        reviews.append(rules.Review(episode.pk, episode.review_by, tuple(people[episode.stay_id])))
    changes = LevelChange.objects.for_home(home).filter(episode__closed_on=None, after=Level.AKUT, at__date=day)
    for change in changes.select_related("episode"):
        seen = set(AkutSeen.objects.for_home(home).filter(change=change).values_list("user_id", flat=True))
        who = tuple(person for person in people[change.episode.stay_id] if person not in seen)
        alarms.append(rules.Alarm(change.pk, day, who))
    return rules.due(day, tasks=tasks, reviews=reviews, alarms=alarms)


class _Sees:
    """Who may see which resident of a home on a day: nobody is reminded of what they must not know."""

    def __init__(self, home: Home, day: date) -> None:
        self.home, self.day = home, day
        self.stays: dict[str, set[int]] = {}
        self.audiences: dict[int, Audience | None] = {}

    def may(self, user_id: int, stay_id: int) -> bool:
        """True when the person works at the home on the day and the stay is shared with their side."""
        if user_id not in self.audiences:
            found = accesses(User.objects.get(pk=user_id), self.day, self.home.slug)
            self.audiences[user_id] = audience_of(found[0]) if found else None
        audience = self.audiences[user_id]
        if audience is None:
            return False
        if audience.key not in self.stays:
            stays = seen_stays(self.home, audience, self.day)
            self.stays[audience.key] = {stay.id for stay in stays if stay.sight.shared}
        return stay_id in self.stays[audience.key]


def gather(day: date, *, kinds: Collection[str] | None = None) -> int:
    """One digest for each person with waiting reminders up to the day, and one for each akut. Returns how many are new.

    With `kinds`, only reminders of those kinds (an akut does not wait for the morning).
    """
    counts: dict[tuple[int, str], int] = defaultdict(int)
    waiting = Reminder.objects.system("gather digests").filter(state=Reminder.State.WAITING, on__lte=day)
    if kinds is not None:
        waiting = waiting.filter(kind__in=kinds)
    for reminder in list(waiting.select_related("home")):
        if _still_open(reminder, day):
            counts[reminder.recipient_id, reminder.subject if reminder.kind == AKUT else ""] += 1
        else:
            waiting.filter(pk=reminder.pk).update(state=Reminder.State.GONE)
    made = 0
    for (recipient, about), count in counts.items():
        try:
            with transaction.atomic():
                Digest(recipient_id=recipient, date=day, about=about, count=count).save(force_insert=True)
            made += 1
        except IntegrityError:
            continue
    return made


def _still_open(reminder: Reminder, day: date) -> bool:
    """Whether it is still to be done, by this person, who may still see it."""
    kind, _, pk = reminder.subject.partition(":")
    who, home = reminder.recipient_id, reminder.home
    stay: int | None
    if kind == "intervention":
        rows = Intervention.objects.for_home(home).filter(pk=pk, state=State.PLANNED, due_on=reminder.due, owner=who)
        stay = rows.values_list("stay_id", flat=True).first()
    elif kind == "episode":
        episodes = Episode.objects.for_home(home).filter(pk=pk, closed_on=None, review_by=reminder.due)
        stay = episodes.values_list("stay_id", flat=True).first()
    elif AkutSeen.objects.for_home(home).filter(change=pk, user=who).exists():
        stay = None
    else:
        open_now = LevelChange.objects.for_home(home).filter(pk=pk, episode__closed_on=None)
        stay = open_now.values_list("episode__stay_id", flat=True).first()
    return stay is not None and _Sees(home, day).may(who, stay)


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
        try:
            _mail(digest, day).send()
        except (ConnectionRefusedError, TimeoutError, socket.gaierror, smtplib.SMTPConnectError):
            # Nothing left the house, so it may be tried again at the next tick.
            Digest.objects.filter(pk=pk).update(state=Digest.State.WAITING, claimed_at=None)
            logger.warning("the mail server cannot be reached; digest %s waits", pk)
            continue
        except (OSError, smtplib.SMTPException):
            # It may or may not have left: a person looks, and nothing is sent twice.
            Digest.objects.filter(pk=pk).update(state=Digest.State.LOOK)
            logger.exception("digest %s needs a look", pk)
            continue
        Digest.objects.filter(pk=pk).update(state=Digest.State.SENT, sent_at=now)
        told = Reminder.objects.system("mark as sent").filter(
            recipient=digest.recipient, state=Reminder.State.WAITING, on__lte=day
        )
        told = told.filter(kind=AKUT, subject=digest.about) if digest.about else told.exclude(kind=AKUT)
        told.update(state=Reminder.State.SENT)
        sent += 1
    return sent


def _mail(digest: Digest, day: date) -> EmailMessage:
    """A number and a link, and nothing else: no resident, no home, no text."""
    if digest.about:
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
    planned = plan(the_day)
    # An akut is told the same day, whatever the hour; all else waits for a working morning.
    gather(the_day, kinds=None if day or rules.may_send(now) else [AKUT])
    return planned, send(the_day, now)
