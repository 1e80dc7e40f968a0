from datetime import datetime

from django.db import models


class Clock(models.Model):
    """The version of a scope ('home:3'), moved by every change in it, and the end of its audit chain."""

    scope = models.CharField(max_length=60, unique=True)
    version = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")
    # The seq the last anchor of the scope stands at (anchors.py).
    anchored = models.BigIntegerField(default=0)


class Entry(models.Model):
    """One act. Never changed, never deleted: triggers refuse it. Holds no personal text; that is in EntryDetail."""

    scope = models.CharField(max_length=60)
    seq = models.BigIntegerField()
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    actor = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    detail_hash = models.CharField(max_length=64, default="")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "seq"], name="entry_scope_seq")]
        indexes = [
            models.Index(fields=["subject"], name="entry_subject"),
            # How often a person did something lately (organisation.acts).
            models.Index(fields=["actor", "action", "at"], name="entry_actor_action_at"),
        ]


class EntryDetail(models.Model):
    """The personal part of an entry. It alone can be erased; the chain still holds, since it only knows the hash."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="detail")
    salt = models.CharField(max_length=32)
    data = models.JSONField()


class ReadEntry(models.Model):
    """Who saw which residents on which screen, and when.

    Append-only as Entry is, in a chain of its own for each scope, so that a look never moves a home's version.
    """

    scope = models.CharField(max_length=60)
    seq = models.BigIntegerField()
    viewer = models.BigIntegerField()
    screen = models.CharField(max_length=40)
    # The ten minutes in which the same look is noted once; the hour on rows of before `at` was kept.
    slot = models.DateTimeField(db_column="hour")
    at = models.DateTimeField(null=True)
    stays = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["viewer", "scope", "screen", "slot", "fingerprint"], name="read_once_an_hour"
            ),
            models.UniqueConstraint(fields=["scope", "seq"], name="read_scope_seq"),
        ]
        indexes = [
            models.Index(fields=["scope", "slot"], name="read_scope_hour"),
            # What one person looked at in a period (privacy.account_use).
            models.Index(fields=["viewer", "slot"], name="read_viewer_hour"),
        ]

    @property
    def moment(self) -> datetime:
        """When it was, as exactly as it is known."""
        return self.at or self.slot


class Checkpoint(models.Model):
    """A chain was pruned up to here, where the anchor of the day says it stood (pruning.py). Append-only."""

    scope = models.CharField(max_length=60)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    anchored_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "seq"], name="checkpoint_scope_seq")]


class Anchor(models.Model):
    """Where every chain that moved stood on a day, in one text another can keep (anchors.py). Append-only."""

    day = models.DateField(unique=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
