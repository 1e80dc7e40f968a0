"""Samples of look-ups with their answers, and what the nightly run and erasing leave behind."""

from django.db import models
from django.db.models import Q

from audit.models import ReadEntry
from organisation.models import Home, Team, User


class Sample(models.Model):
    """A unit's look-ups drawn for one ISO week (its Monday). `looks` is how many they were drawn from."""

    week = models.DateField()
    home = models.ForeignKey(Home, on_delete=models.PROTECT, null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True)
    drawn_at = models.DateTimeField()
    looks = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sample_one_unit",
                condition=Q(home__isnull=False, team=None) | Q(home=None, team__isnull=False),
            ),
            models.UniqueConstraint(fields=["week", "home"], name="one_sample_a_home"),
            models.UniqueConstraint(fields=["week", "team"], name="one_sample_a_team"),
        ]

    @property
    def unit(self) -> Home | Team:
        unit = self.home or self.team
        assert unit is not None
        return unit


class Answer(models.TextChoices):
    FINE = "fine", "I orden"
    LOOK = "look", "Skal undersøges"


class SampleLine(models.Model):
    """One look-up of a sample, and what the leader answered."""

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="lines")
    read = models.ForeignKey(ReadEntry, on_delete=models.PROTECT, related_name="+")
    # Where it was, and the residents shown for whom the viewer was neither contact person nor deputy.
    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    stays = models.JSONField()
    answer = models.CharField(max_length=4, choices=Answer.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample", "read"], name="drawn_once"),
            models.CheckConstraint(
                name="answer_is_somebodys",
                condition=Q(answer="", answered_by=None) | (~Q(answer="") & Q(answered_by__isnull=False)),
            ),
        ]


class Run(models.Model):
    """One night's run. Without an end it is still at work, or died."""

    day = models.DateField(unique=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # What it would have erased, where that was far more than usual and it erased nothing: it waits for a yes.
    held = models.PositiveIntegerField(null=True, blank=True)


class Receipt(models.Model):
    """What one transaction of a run erased of one kind, and what was left when it counted again. Counts only."""

    kind = models.CharField(max_length=20)
    # None where the kind belongs to no home.
    home = models.ForeignKey(Home, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField()
    tables = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    # Left although past its term: there are more batches to come, or something failed.
    left = models.PositiveIntegerField(default=0)
    failed = models.BooleanField(default=False)


class Cause(models.TextChoices):
    """Why a stay was erased."""

    TERM = "term", "Fristen var gået"
    ASKED = "asked", "Lederen slettede det efter ønske"
    AGAIN = "again", "Slettet igen efter en gendannelse"


class Erasure(models.Model):
    """The journal of erased stays: numbers, no names. It tells a database restored from before what to erase again.

    All four numbers together identify a stay, because a restored database gives out numbers again.
    """

    home = models.ForeignKey(Home, on_delete=models.PROTECT, related_name="+")
    stay = models.BigIntegerField()
    resident = models.BigIntegerField()
    from_day = models.DateField()
    cause = models.CharField(max_length=5, choices=Cause.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "stay", "resident", "from_day"], name="erased_once")]
