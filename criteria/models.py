from django.db import models
from django.db.models import Q

from organisation.models import Home, Organisation, Side, User


class Level(models.TextChoices):
    """How intense the effort is right now. Words and meaning are agreed locally."""

    AKUT = "akut", "Akut"
    SUBAKUT = "subakut", "Subakut"
    NONE = "none", "Almindelig"


class Criterion(models.Model):
    """A reason for intensified effort, in a region's set. A home may add its own, with an end date."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    home = models.ForeignKey(Home, on_delete=models.PROTECT, null=True, blank=True)
    key = models.SlugField(max_length=60)
    order = models.PositiveSmallIntegerField()
    # "Andet – skriv hvad" needs words of its own.
    needs_text = models.BooleanField(default=False)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], condition=Q(home=None), name="criterion_key"),
            models.UniqueConstraint(fields=["home", "key"], name="own_criterion_key"),
            models.CheckConstraint(
                name="own_criterion_ends", condition=Q(home=None) | Q(home__isnull=False, ends_on__isnull=False)
            ),
        ]


class CriterionVersion(models.Model):
    """The wording and terms of a criterion. Never rewritten: a change is a new version.

    A version holds for a home once both sides approved it (criteria.selectors.standings); until then the one before.
    """

    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=100)
    definition = models.CharField(max_length=300)
    level = models.CharField(max_length=10, choices=Level.choices)
    first_days = models.PositiveSmallIntegerField()
    then_days = models.PositiveSmallIntegerField()
    # Set where the term counts back from a deadline ("14 dage før udløb"), instead of forward from today.
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    exit_question = models.CharField(max_length=200)
    # Asleep criteria are known but not offered; retiring one is a version that sleeps.
    awake = models.BooleanField(default=True)
    from_day = models.DateField()
    # None for the example set that is there from the start; it holds until a version is approved.
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["criterion", "number"], name="criterion_version")]

    def __str__(self) -> str:
        return self.name


class Approval(models.Model):
    """The named approver of a version for an organisation's homes or teams; the two sides' are different persons."""

    version = models.ForeignKey(CriterionVersion, on_delete=models.PROTECT, related_name="approvals")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=[(Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")])
    person = models.ForeignKey(User, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "organisation", "side"], name="one_approval_a_side"),
            models.UniqueConstraint(fields=["version", "person"], name="two_different_approvers"),
        ]
