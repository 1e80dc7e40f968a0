from datetime import time

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from audit.models import Anchor
from organisation.door import HomeModel
from organisation.models import Home, Organisation, User


class Reminder(HomeModel):
    """One thing one person is reminded of for one day. Unique, so that planning twice makes one."""

    class State(models.TextChoices):
        WAITING = "waiting", "Venter"
        SENT = "sent", "Sendt"
        GONE = "gone", "Ikke aktuel længere"
        HIDDEN = "hidden", "Fjernet af modtageren"

    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=60)
    due = models.DateField()
    # The day it is to be sent; 'before' and 'after' are kinds of their own.
    on = models.DateField()
    # Put off by the recipient until this day.
    snoozed_to = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # How often what it tells of had changed when it was told (reminders.rules.Due); not known of the oldest.
    edition = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "kind", "subject", "due"], name="one_reminder"),
        ]
        # Asked for each minute, among years of those that are done with (docs/scale.md).
        indexes = [models.Index(fields=["on"], name="reminders_waiting", condition=models.Q(state="waiting"))]


class Preference(models.Model):
    """What a person wants by mail, and from what hour. The list on the page shows all of it anyway."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    # Kinds (reminders.kinds) that come on the page only.
    muted = models.JSONField(default=list)
    mail_from = models.TimeField(default=time(7, 0))


class Digest(models.Model):
    """One mail to one person on one day: a number and a link. `about` is what a mail of its own tells of: a kind and
    a subject ('akut:change:5').
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Venter"
        SENDING = "sending", "Sendes"
        SENT = "sent", "Sendt"
        LOOK = "look", "Skal ses på"

    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    count = models.PositiveSmallIntegerField()
    about = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # The database has a default too: during an upgrade a worker of the version before still writes rows.
    made_at = models.DateTimeField(default=timezone.now, db_default=Now())
    claimed_at = models.DateTimeField(null=True, blank=True)
    # How many claims may have sent it.
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "date", "about"], name="one_digest_a_day")]
        indexes = [models.Index(fields=["date"], name="digests_unsent", condition=~models.Q(state="sent"))]


class AnchorMail(models.Model):
    """One day's anchor of the log, to one organisation. Unique, so that it is sent once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Venter"
        SENDING = "sending", "Sendes"
        SENT = "sent", "Sendt"
        LOOK = "look", "Skal ses på"

    anchor = models.ForeignKey(Anchor, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # Where it went, and the last time it was tried.
    address = models.EmailField(blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["anchor", "organisation"], name="one_anchor_mail")]


class LastTick(models.Model):
    """When the work of each minute was last finished. One row."""

    at = models.DateTimeField()


class DemoMail(models.Model):
    """In the demo, a mail that would have been sent."""

    to = models.CharField(max_length=120)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
