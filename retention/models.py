from django.db import models

from botilbud.organisation.models import Home


class Run(models.Model):
    """One night's run. Without an end it is still at work, or died."""

    day = models.DateField(unique=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)


class Receipt(models.Model):
    """What one transaction of a run erased of one kind, and what stood when it was counted again. Counts only."""

    kind = models.CharField(max_length=20)
    # None where the kind belongs to no home.
    home = models.ForeignKey(Home, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField()
    tables = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    # Still there though past its term: more batches to come, or a failure.
    left = models.PositiveIntegerField(default=0)
    failed = models.BooleanField(default=False)


class Cause(models.TextChoices):
    """Why a stay was erased."""

    TERM = "term", "Fristen var gået"
    ASKED = "asked", "Lederen slettede det efter ønske"
    AGAIN = "again", "Slettet igen efter en gendannelse"


class Erasure(models.Model):
    """The journal of erased stays: numbers and no names, so that a database restored from before can be told.

    A stay is known by all four: a restored database gives out numbers anew.
    """

    home = models.ForeignKey(Home, on_delete=models.PROTECT, related_name="+")
    stay = models.BigIntegerField()
    resident = models.BigIntegerField()
    from_day = models.DateField()
    cause = models.CharField(max_length=5, choices=Cause.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "stay", "resident", "from_day"], name="erased_once")]
