from typing import ClassVar

from django.db import models
from django.db.models import Q

from organisation.door import HomeModel
from organisation.models import Home, Side, Team, User

SIDES = [(Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")]


class Situation(models.TextChoices):
    """Where the resident is, which decides who takes the initiative. Not a level."""

    HOME = "home", "Hjemme"
    ADMITTED = "admitted", "Indlagt"
    DISCHARGED = "discharged", "Netop udskrevet"
    MOVING = "moving", "Flytter"
    LEAVE = "leave", "På ferie"


class StayEnd(models.TextChoices):
    """Why a stay ended."""

    MOVED = "moved", "Flyttet fra botilbuddet"
    OTHER_HOME = "other_home", "Flyttet til et andet botilbud"
    OTHER_TEAM = "other_team", "Skiftet til et andet team"
    DIED = "died", "Død"
    OBJECTED = "objected", "Ønsker ikke at stå på tavlen"
    HOME_LEFT = "home_left", "Botilbuddet er ikke længere med"
    MISTAKE = "mistake", "Oprettet ved en fejl"


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
    # Where (the ward, the holiday), and when the resident is expected home.
    situation_place = models.CharField(max_length=60, blank=True)
    situation_until = models.DateField(null=True, blank=True)
    # Discharged, and nobody has answered yet whether the resident goes on the board.
    discharge_open = models.BooleanField(default=False)
    # The last meeting this resident was discussed at; set when a meeting moves on from the resident.
    last_discussed = models.DateField(null=True, blank=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=StayEnd.choices, blank=True)
    # The home the resident moves to, which takes the resident in with a stay of its own.
    moved_to = models.ForeignKey(Home, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resident"], condition=Q(to_day=None), name="one_open_stay"),
            models.UniqueConstraint(fields=["home", "flat"], condition=Q(to_day=None), name="one_stay_in_a_flat"),
        ]


class TeamLink(HomeModel):
    """This team treats this resident, from–to: what makes the resident 'fælles'.

    A stay has one team: whatever is shared on it is shared between the home and that team, and another team means
    another stay (docs/decisions/0010).
    """

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_query_name="teamlink")
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stay"], condition=Q(to_day=None), name="one_team_at_a_time"),
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
    # No longer offered, and covers nothing: everybody at the home reads the board (docs/decisions/0044).
    HEALTH = "health", "Mellem sundhedspersoner (sundhedsloven § 41)"
    DISCHARGE = "discharge", "Udskrivningsaftale eller koordinationsplan (psykiatriloven § 13 c)"
    SOCIAL = "social", "Samtykke til videregivelse"
    OTHER = "other", "Andet"
    # Opened by the owning side for an hour, with a reason; never chosen from a list.
    NEED = "need", "I nød, i 60 minutter"


class Giver(models.TextChoices):
    """Who said yes to sharing."""

    RESIDENT = "resident", "Beboeren"
    GUARDIAN = "guardian", "Værgen"
    ATTORNEY = "attorney", "Fremtidsfuldmægtigen"
    LAW = "law", "Ingen, det følger af loven"


class Given(models.TextChoices):
    """How it was said."""

    WRITTEN = "written", "Skriftligt"
    SPOKEN = "spoken", "Mundtligt, og noteret"


class SharingBasis(HomeModel):
    """Why the home may pass on what it knows to the stay's team, or the team to the home.

    Only the side that passes on can record or withdraw it.
    """

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_query_name="basis")
    from_side = models.CharField(max_length=5, choices=SIDES)
    kind = models.CharField(max_length=10, choices=BasisKind.choices)
    # What was agreed, in the side's own words; and the keys of what it covers (residents.texts), which hold. All there
    # was on the day it was given is written out: what is added to the table later is never covered by an older basis.
    covers = models.CharField(max_length=200, blank=True)
    what = models.TextField()
    # Why, where the kind asks for it: "andet" and in need.
    reason = models.CharField(max_length=200, blank=True)
    given_by = models.CharField(max_length=8, choices=Giver.choices)
    given_how = models.CharField(max_length=7, choices=Given.choices, blank=True)
    given_on = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)
    # In need: the moment the hour is over.
    open_until = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)


class PartnerKind(models.TextChoices):
    DOCTOR = "doctor", "Egen læge"
    CASEWORKER = "caseworker", "Kommunal sagsbehandler"
    WARD = "ward", "Døgnafsnit"
    SUBSTANCE = "substance", "Rusmiddelcenter"
    JOB = "job", "Jobcenter"
    PROBATION = "probation", "Kriminalforsorgen"
    KIN = "kin", "Pårørende"
    OTHER = "other", "Andet"


class Agreed(models.TextChoices):
    """Whether a partner may be talked to without the resident there."""

    YES = "yes", "Ja"
    NO = "no", "Nej"
    UNASKED = "unasked", "Ikke aftalt"


class Partner(HomeModel):
    """Somebody outside the two teams: egen læge, sagsbehandler, døgnafsnit, pårørende …"""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=PartnerKind.choices)
    without_resident = models.CharField(max_length=7, choices=Agreed.choices)
    agreed_how = models.CharField(max_length=7, choices=Given.choices, blank=True)
    agreed_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)


class Admission(HomeModel):
    """A stay in hospital, from–to."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    place = models.CharField(max_length=60, blank=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)
    # What stood before, for an admission that was a mistake.
    stood = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stay"], condition=Q(to_day=None), name="one_open_admission"),
        ]


class Visit(HomeModel):
    """Somebody visited the resident on the ward. The words belong to the visitor's side."""

    home_path: ClassVar[str] = "admission__stay__home"
    admission = models.ForeignKey(Admission, on_delete=models.PROTECT)
    on = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=SIDES)
    text = models.CharField(max_length=200, blank=True)


class TeamStart(HomeModel):
    """A team says it begins to treat somebody by this name, and the home says who that is.

    It names nobody the home has not named itself, so it hangs on no stay. A yes deletes it, a no empties the name.
    """

    home_path: ClassVar[str] = "home"
    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    name = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True, blank=True)
