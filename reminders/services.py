"""The outbox: plan what is due, gather a digest a person, claim it, send it, mark it.

A digest that was claimed and never marked (the worker died) goes to 'skal ses på'; it is not sent again blindly.
"""

import logging
from collections import defaultdict
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone

from boards.models import AkutSeen, Episode, Intervention, LevelChange, State
from botilbud.organisation.models import Home, User
from criteria.models import Level
from reminders import rules
from reminders.models import Digest, Reminder
from residents.models import Contact, TeamLink
from residents.selectors import seen_stays
from residents.sharing import Audience, AudienceKind

logger = logging.getLogger(__name__)
CLAIM_MINUTES = 10


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
    teams: dict[int, set[int]] = defaultdict(set)
    for link in TeamLink.objects.for_home(home).filter(to_day=None):
        teams[link.stay_id].add(link.team_id)
    tasks = [
        rules.Task(row.pk, row.owner_id, row.due_on)
        for row in Intervention.objects.for_home(home).filter(
            state=State.PLANNED, owner__isnull=False, owner__is_active=True, due_on__range=near
        )
    ]
    people: dict[int, list[int]] = defaultdict(list)
    visible = _visible(home, day)
    for contact in Contact.objects.for_home(home):
        if contact.side == "home" or contact.stay_id in visible:
            people[contact.stay_id].append(contact.person_id)
    reviews, alarms = [], []
    for episode in Episode.objects.for_home(home).filter(closed_on=None):
        who = tuple(people[episode.stay_id])
        reviews.append(rules.Review(episode.pk, episode.review_by, who))
    changes = LevelChange.objects.for_home(home).filter(episode__closed_on=None, after=Level.AKUT, at__date=day)
    for change in changes.select_related("episode"):
        seen = set(AkutSeen.objects.for_home(home).filter(change=change).values_list("user_id", flat=True))
        who = tuple(person for person in people[change.episode.stay_id] if person not in seen)
        alarms.append(rules.Alarm(change.pk, day, who))
    return rules.due(day, tasks=tasks, reviews=reviews, alarms=alarms)


def _visible(home: Home, day: date) -> set[int]:
    """The stays some team may see today; the team is not reminded of a resident who is not shared."""
    found: set[int] = set()
    teams = TeamLink.objects.for_home(home).filter(to_day=None).values_list("team_id", flat=True).distinct()
    for team in teams:
        stays = seen_stays(home, Audience(AudienceKind.TEAM, team), day)
        found |= {stay.id for stay in stays if stay.sight.shared}
    return found


def gather(day: date) -> int:
    """One digest for each person with waiting reminders up to the day. Returns how many are new."""
    counts: dict[int, int] = defaultdict(int)
    waiting = Reminder.objects.system("gather digests").filter(state=Reminder.State.WAITING, on__lte=day)
    for reminder in list(waiting):
        if _still_open(reminder):
            counts[reminder.recipient_id] += 1
        else:
            waiting.filter(pk=reminder.pk).update(state=Reminder.State.GONE)
    made = 0
    for recipient, count in counts.items():
        try:
            with transaction.atomic():
                Digest(recipient_id=recipient, date=day, count=count).save(force_insert=True)
            made += 1
        except IntegrityError:
            continue
    return made


def _still_open(reminder: Reminder) -> bool:
    kind, _, pk = reminder.subject.partition(":")
    if kind == "intervention":
        rows = Intervention.objects.for_home(reminder.home).filter(pk=pk, state=State.PLANNED, due_on=reminder.due)
        return bool(rows.filter(owner=reminder.recipient_id).exists())
    if kind == "episode":
        return bool(
            Episode.objects.for_home(reminder.home).filter(pk=pk, closed_on=None, review_by=reminder.due).exists()
        )
    seen = AkutSeen.objects.for_home(reminder.home).filter(change=pk, user=reminder.recipient_id)
    return not seen.exists()


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
            _mail(digest.recipient, digest.count, day).send()
        except OSError:
            # Nothing left the house, so it may be tried again at the next tick.
            Digest.objects.filter(pk=pk).update(state=Digest.State.WAITING, claimed_at=None)
            logger.warning("the mail server cannot be reached; digest %s waits", pk)
            continue
        Digest.objects.filter(pk=pk).update(state=Digest.State.SENT, sent_at=now)
        Reminder.objects.system("mark as sent").filter(
            recipient=digest.recipient, state=Reminder.State.WAITING, on__lte=day
        ).update(state=Reminder.State.SENT)
        sent += 1
    return sent


def _mail(person: User, count: int, day: date) -> EmailMessage:
    """A number and a link, and nothing else: no resident, no home, no text."""
    things = "1 ting" if count == 1 else f"{count} ting"
    return EmailMessage(
        subject=f"{things} på Min dag",
        body=f"Du har {things} på Min dag.\n\n{settings.PUBLIC_URL}/min-dag/\n",
        to=[person.email],
        # The same digest always has the same id, so that a mail sent twice is shown once.
        headers={"Message-ID": f"<digest-{person.pk}-{day.isoformat()}@botilbud.invalid>"},
    )


def tick(now: datetime, *, day: date | None = None) -> tuple[int, int]:
    """All of it, for now (or as for another day). Returns (new reminders, mails sent)."""
    the_day = day or timezone.localtime(now).date()
    planned = plan(the_day)
    if day is None and not rules.may_send(now):
        return planned, 0
    gather(the_day)
    return planned, send(the_day, now)
