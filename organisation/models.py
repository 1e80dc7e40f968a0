from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from core.period import holds, span


class Side(models.TextChoices):
    """The two organisations around a resident, and what a meeting decided in common."""

    HOME = "home", "Botilbuddet"
    TEAM = "team", "Teamet"
    JOINT = "joint", "Fælles"


class Role(models.TextChoices):
    STAFF = "staff", "Medarbejder"
    LEADER = "leader", "Leder"
    CRITERIA = "criteria", "Kriterieadministrator"
    APPROVER = "approver", "Godkender af kriterier"
    SUPPORT = "support", "Implementeringsstøtte"
    SYSTEM = "system", "Systemadministrator"


class Organisation(models.Model):
    """A data controller: a municipality, a region or a private owner."""

    name = models.CharField(max_length=80, unique=True)
    # The region whose cooperation it takes part in; None for a region itself.
    region = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="members")
    # Who gets the log's anchor each day, to keep it out of reach of the other party (audit.anchors).
    anchor_mail = models.EmailField(blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The organisation's clock and audit chain: who works where, the criteria, the settings."""
        return f"organisation:{self.pk}"


class Ownership(models.TextChoices):
    """Who runs a home, and so which law it works under and who is its controller."""

    MUNICIPAL = "municipal", "Kommunalt"
    REGIONAL = "regional", "Regionalt"
    PRIVATE = "private", "Privat"


class Home(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    ownership = models.CharField(max_length=10, choices=Ownership.choices, default=Ownership.MUNICIPAL)
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=40, unique=True)
    duty_title = models.CharField(max_length=40, default="Vagthavende")
    duty_phone = models.CharField(max_length=20, blank=True)
    # A home for training: invented residents only, and no mail leaves it.
    practice = models.BooleanField(default=False)
    # The last day in the cooperation, once a home leaves it.
    left_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The home's clock and audit chain."""
        return f"home:{self.pk}"

    @property
    def log_scope(self) -> str:
        """The chain of what changes nothing at the home: exports, refusals, the weekly sample."""
        return f"log:home:{self.pk}"


class Team(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    name = models.CharField(max_length=60, unique=True)
    duty_title = models.CharField(max_length=40, default="Teamets vagt")
    phone = models.CharField(max_length=20, blank=True)
    opens = models.TimeField()
    closes = models.TimeField()
    out_of_hours = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def log_scope(self) -> str:
        """The chain of what changes nothing in the team: the weekly sample."""
        return f"log:team:{self.pk}"


class TeamHome(models.Model):
    """A team serves a home, from–to, on these weekdays (0 is Monday)."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    weekdays = models.JSONField(default=list, blank=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)


class PersonManager(UserManager["User"]):
    """Users are known by their mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        """A new user, with an unusable password when none is given."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in. `name` is what colleagues call them; told apart by title where two share it."""

    # The roles of a request's own person, by day, once they are asked for (access.roles_of); None outside a request.
    known_roles: dict[date, Any] | None = None

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=40)
    title = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    # Who employs the person, and alone changes name, phone and sign-in; None until the first role is given.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()  # type: ignore[misc]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The person's own chain: sign-ins, searches, and the reminders they put off."""
        return f"person:{self.pk}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self, today: date) -> "MembershipQuerySet":
        """Those in force on the day; both ends count."""
        return self.filter(holds(today))


class RolePeriod(models.Model):
    """A role in exactly one home, team or organisation, from–to, also between hours."""

    role = models.CharField(max_length=10, choices=Role.choices)
    home = models.ForeignKey(Home, on_delete=models.PROTECT, null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True)
    from_day = models.DateField()
    from_time = models.TimeField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)
    to_time = models.TimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_one_scope",
                condition=Q(home__isnull=False, team=None, organisation=None)
                | Q(home=None, team__isnull=False, organisation=None)
                | Q(home=None, team=None, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="%(class)s_hour_needs_a_day", condition=Q(to_time=None) | Q(to_day__isnull=False)
            ),
        ]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When it opens and closes the pages."""
        return span(self.from_day, self.from_time, self.to_day, self.to_time)


class Membership(RolePeriod):
    """A role somebody has. A substitute's ends by itself, also at an hour.

    The hours open and close the pages (`open_at`). Who works where is a matter of days: a substitute until four is one
    of those who work here today.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    # The provider whose claims gave it, which alone ends it again; empty for one an administrator gave.
    source = models.CharField(max_length=40, blank=True, default="")

    objects = MembershipQuerySet.as_manager()

    def open_at(self, moment: datetime) -> bool:
        """Whether it opens the pages at the moment."""
        begins, ends = self.span
        return begins <= moment < ends


class RoleOfferQuerySet(models.QuerySet["RoleOffer"]):
    def waiting(self, now: datetime) -> "RoleOfferQuerySet":
        """Those somebody still has to answer."""
        return self.filter(ended_at=None, at__gt=now - timedelta(days=RoleOffer.DAYS))


class RoleOffer(RolePeriod):
    """A role that begins once all have said yes who must: nobody's sight is given by one side alone."""

    # So long it waits. Then it is asked about anew.
    DAYS: ClassVar[int] = 30

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_default=Now())
    # Begun (`member` is the role), refused or taken back.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    member = models.OneToOneField(Membership, on_delete=models.PROTECT, related_name="offer", null=True, blank=True)

    objects = RoleOfferQuerySet.as_manager()


class RoleYes(models.Model):
    """One yes a role waits for: the person's, their own organisation's or that of the unit's organisation."""

    class Part(models.TextChoices):
        PERSON = "person", "personen selv"
        EMPLOYER = "employer", "personens egen organisation"
        UNIT = "unit", "stedets egen organisation"

    offer = models.ForeignKey(RoleOffer, on_delete=models.CASCADE, related_name="yeses")
    part = models.CharField(max_length=8, choices=Part.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "part"], name="one_yes_of_each")]


class Absence(models.Model):
    """A person is away from–to, and the deputy gets everything that would have come to them."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_day = models.DateField()
    to_day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_ends_after_it_began", condition=Q(to_day__gte=models.F("from_day"))),
            models.CheckConstraint(name="absence_deputy_is_another", condition=~Q(user=models.F("deputy"))),
        ]


class RegionSettings(models.Model):
    """What a region has chosen instead of the defaults (organisation.region)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT)
    values = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)


class IdempotencyKey(models.Model):
    """A form that was already acted upon; the second of a double click finds its key here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=40)
    content = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_once")]


class Draft(models.Model):
    """What a person typed and has not sent: a text of the board, or a form's fields (organisation/drafts.py)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    # None for a form of Styring, which is about no one home.
    home = models.ForeignKey(Home, on_delete=models.CASCADE, null=True)
    field = models.CharField(max_length=80)
    # The team it was typed for; None for the home's side, and in Styring.
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True)
    seen = models.CharField(max_length=32, blank=True)
    text = models.TextField()
    # The stay it is about: erased with it.
    stay = models.BigIntegerField(null=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        # Two, since no team is not equal to no team.
        constraints = [
            models.UniqueConstraint(fields=["user", "field"], condition=Q(team=None), name="draft_one_per_field"),
            models.UniqueConstraint(fields=["user", "field", "team"], name="draft_one_per_field_and_team"),
        ]
