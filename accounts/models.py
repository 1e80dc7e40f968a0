"""Signing in: shared tablets and their codes, screens, sessions, and what providers say of people."""

from django.db import models
from django.db.models import Q

from organisation.models import Home, Team, User


class Device(models.Model):
    """A tablet several people share, enrolled by a leader to a home or to a team that comes to several."""

    name = models.CharField(max_length=40)
    home = models.ForeignKey(Home, on_delete=models.PROTECT, null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True)
    # SHA-256 of the link's code until it is used, and of the tablet's own key after that.
    code_hash = models.CharField(max_length=64, blank=True)
    key_hash = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="device_one_unit",
                condition=Q(home__isnull=False, team=None) | Q(home=None, team__isnull=False),
            )
        ]

    @property
    def unit(self) -> Home | Team:
        unit = self.home or self.team
        assert unit is not None
        return unit

    @property
    def log_scope(self) -> str:
        """The chain of what happens with the tablet: its home's or its team's."""
        return self.unit.log_scope


class DeviceSignIn(models.Model):
    """A person signed in fully on a shared tablet. For some hours they may open it with their PIN."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # Wrong PINs since then. Counted before the PIN is checked, so that guesses sent at the same time count too.
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "user"], name="one_sign_in_a_device")]


class Pin(models.Model):
    """Six digits that open a shared tablet after a full sign-in there. Kept as a peppered password hash."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="pin")
    hash = models.CharField(max_length=160)
    set_at = models.DateTimeField()


class Screen(models.Model):
    """One sign-in on one browser, and whether it is locked. The session carries its id (accounts.screens)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, null=True, blank=True)
    began_at = models.DateTimeField()
    # When the person last touched the screen: never a poll, never a stream.
    active_at = models.DateTimeField()
    locked_at = models.DateTimeField(null=True, blank=True)


class ProviderIdentity(models.Model):
    """Whom an organisation's own provider means by a subject. A person has one at each provider, for good."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    provider = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="identity_one_person"),
            models.UniqueConstraint(fields=["provider", "user"], name="identity_one_subject"),
        ]


class ProviderAnswer(models.Model):
    """A SAML assertion we have received, so that it counts only once. What it says is sealed until it is fetched."""

    provider = models.CharField(max_length=40)
    assertion = models.CharField(max_length=64)
    at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    # The SHA-256 of what opens it; '' once it is fetched.
    code = models.CharField(max_length=64, blank=True)
    sealed = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "assertion"], name="answer_once")]


class OpenSession(models.Model):
    """Where a person is signed in, in words they know it by. No address is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=60)
    since = models.DateTimeField()
    last_used = models.DateTimeField()


class Remembered(models.Model):
    """Django's cache, for what every process must know for some minutes: codes already used, tries counted."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "cache"


class KnownBrowser(models.Model):
    """A browser the person has signed in from, by the hash of what its cookie holds."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    mark = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "mark"], name="known_browser_once")]
