from typing import ClassVar

from django.db import models
from django.db.models import Q

from botilbud.organisation.door import HomeModel
from botilbud.organisation.models import Home, Side, Team, User

SIDES = [(Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")]


class Situation(models.TextChoices):
    """Where the resident is, which decides who takes the initiative. Not a level."""

    HOME = "home", "Hjemme"
    ADMITTED = "admitted", "Indlagt"
    DISCHARGED = "discharged", "Netop udskrevet"
    MOVING = "moving", "Flytter"


class Resident(HomeModel):
    """A person. Everything written about the person hangs on a stay, so that a new home starts clean."""

    home_path: ClassVar[str] = "stay__home"
    name = models.CharField(max_length=60)
    search = models.CharField(max_length=60)

    class Meta:
        default_related_name = "+"

    def __str__(self) -> str:
        return self.name


class Stay(HomeModel):
    """One resident in one home, from–to. The home never changes; moving is a new stay."""

    home_path: ClassVar[str] = "home"
    resident = models.ForeignKey(Resident, on_delete=models.PROTECT, related_query_name="stay")
    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    flat = models.CharField(max_length=12)
    situation = models.CharField(max_length=12, choices=Situation.choices, default=Situation.HOME)
    situation_since = models.DateField(null=True, blank=True)
    # The last meeting this resident was discussed at; set when a meeting moves on from the resident.
    last_discussed = models.DateField(null=True, blank=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resident"], condition=Q(to_day=None), name="one_open_stay"),
            models.UniqueConstraint(fields=["home", "flat"], condition=Q(to_day=None), name="one_stay_in_a_flat"),
        ]


class TeamLink(HomeModel):
    """This team treats this resident, from–to: what makes the resident 'fælles'."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_query_name="teamlink")
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stay", "team"], condition=Q(to_day=None), name="one_open_team_link")
        ]


class Contact(HomeModel):
    """The resident's contact person on one side, and who stands in for them."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_query_name="contact")
    side = models.CharField(max_length=5, choices=SIDES)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stay", "side"], name="one_contact_a_side")]


class BasisKind(models.TextChoices):
    CONSENT = "consent", "Skriftligt samtykke (sundhedsloven § 43)"
    HEALTH = "health", "Mellem sundhedspersoner (sundhedsloven § 41)"
    DISCHARGE = "discharge", "Udskrivningsaftale eller koordinationsplan (psykiatriloven § 13 c)"
    SOCIAL = "social", "Samtykke efter social lov"
    OTHER = "other", "Andet"


class SharingBasis(HomeModel):
    """Why one side may pass on what it knows to the other. Only that side can record or withdraw it."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_query_name="basis")
    from_side = models.CharField(max_length=5, choices=SIDES)
    kind = models.CharField(max_length=10, choices=BasisKind.choices)
    covers = models.CharField(max_length=200)
    given_by = models.CharField(max_length=60)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)


class Partner(HomeModel):
    """Somebody outside the two teams: egen læge, sagsbehandler, døgnafsnit, pårørende …"""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    # Which partners may be talked to without the resident there is agreed with the resident (domain § 8).
    without_resident = models.BooleanField(default=False)
