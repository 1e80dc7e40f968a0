from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import Q

from criteria.models import CriterionVersion, Level
from organisation.door import HomeModel
from organisation.models import Home, Side, User
from residents.models import Partner, Stay
from residents.texts import lane


class Cell(HomeModel):
    """One text of one side in one column, with its version, author and age."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    column = models.CharField(max_length=20)
    side = models.CharField(max_length=5, choices=Side.choices)
    text = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The referent may write for the other side; the text then says so until that side touches it.
    written_for = models.CharField(max_length=5, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stay", "column", "side"], name="one_cell")]


class CellRevision(HomeModel):
    """What a cell said in a version. Append-only."""

    home_path: ClassVar[str] = "cell__stay__home"
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT)
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The version this one took back ("Fortryd").
    undoes = models.PositiveIntegerField(null=True, blank=True)
    # Written on the wrong resident: hidden from the other side, history included.
    misfiled_at = models.DateTimeField(null=True, blank=True)
    misfiled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cell", "version"], name="one_revision")]


class Told(models.TextChoices):
    """Whether the resident has been told; 'not now' is a real answer."""

    YES = "yes", "Ja"
    NO = "no", "Nej"
    LATER = "later", "Ikke nu"


class Episode(HomeModel):
    """From going on the board to coming off, and the follow-up after that."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    level = models.CharField(max_length=10, choices=[(Level.AKUT, "Akut"), (Level.SUBAKUT, "Subakut")])
    level_since = models.DateField()
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    review_by = models.DateField()
    reviewed_on = models.DateField(null=True, blank=True)
    follow_up_on = models.DateField(null=True, blank=True)
    followed_up_on = models.DateField(null=True, blank=True)
    follow_on_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stay"], condition=Q(closed_on=None), name="one_open_episode"),
        ]


class LevelChange(HomeModel):
    """Up, down or off, with the reason. Append-only."""

    home_path: ClassVar[str] = "episode__stay__home"
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT)
    before = models.CharField(max_length=10, choices=Level.choices)
    after = models.CharField(max_length=10, choices=Level.choices)
    reason = models.CharField(max_length=300)
    told = models.CharField(max_length=5, choices=Told.choices)
    crisis_plan_seen = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=5, choices=Side.choices)
    at = models.DateTimeField()
    # The episode as it stood before, for "Fortryd"; and the change this one took back.
    stood = models.JSONField(null=True, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)


class EpisodeCriterion(HomeModel):
    """A criterion the resident meets, in the wording it had then."""

    home_path: ClassVar[str] = "episode__stay__home"
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT)
    version = models.ForeignKey(CriterionVersion, on_delete=models.PROTECT)
    text = models.CharField(max_length=120, blank=True)
    # The date a term with lead time counts back from.
    deadline = models.DateField(null=True, blank=True)
    from_day = models.DateField()
    to_day = models.DateField(null=True, blank=True)


class AkutRead(HomeModel):
    """Who has read that the resident went up: the read receipt of a raise, akut or not."""

    home_path: ClassVar[str] = "change__episode__stay__home"
    change = models.ForeignKey(LevelChange, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "user"], name="akut_read_once")]


class AkutReview(HomeModel):
    """Ten minutes between meetings: one named person from each side looks at an akut again.

    Outside the team's hours the home's person on duty reviews alone, and the team confirms on the next working day.
    """

    class Outcome(models.TextChoices):
        SAME = "same", "Stadig akut"
        DOWN = "down", "Ned til subakut"

    home_path: ClassVar[str] = "episode__stay__home"
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT)
    home_person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team_person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    outcome = models.CharField(max_length=5, choices=Outcome.choices)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)


class Track(models.TextChoices):
    """The lanes of the table of what can cross."""

    SOCIAL = "social", lane("social").brief
    PSYCHIATRIC = "psychiatric", lane("psychiatric").brief
    COORDINATION = "coordination", lane("coordination").brief


# Whose a lane is: it has one side.
TRACK_SIDE = {track: lane(track).sides[0] for track in Track}


class State(models.TextChoices):
    PLANNED = "planned", "Planlagt"
    DONE = "done", "Udført"
    NOT_DONE = "not_done", "Ikke udført"
    DROPPED = "dropped", "Ikke længere nødvendig"
    MISFILED = "misfiled", "Skrevet på forkert beboer"


class Intervention(HomeModel):
    """What, who, when, with whom. Without an owner or a day it may stand, flagged, until the meeting closes."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    track = models.CharField(max_length=12, choices=Track.choices)
    # A joint visit stands in both lanes.
    joint = models.BooleanField(default=False)
    # "Det siger vi til beboeren": with an owner and a day like all else.
    tells = models.BooleanField(default=False)
    what = models.CharField(max_length=200)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    with_whom = models.CharField(max_length=80, blank=True)
    # Coordination with somebody on the resident's list; with_whom then holds their name.
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # Why, and on what basis, somebody is talked to whom the resident has not agreed to.
    unagreed = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True, blank=True)
    due_time = models.TimeField(null=True, blank=True)
    daily = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    settled_on = models.DateField(null=True, blank=True)
    settled_why = models.CharField(max_length=200, blank=True)
    moves = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The day owner and deputy were last chosen, where that was after it was written.
    people_since = models.DateField(null=True, blank=True)
    written_for = models.CharField(max_length=5, blank=True)

    class Meta:
        # The few that are planned, or were settled of late, among all a stay has ever had.
        indexes = [models.Index(fields=["stay", "state", "settled_on"], name="interventions_of_a_stay")]


class UnagreedRead(HomeModel):
    """Which leader has read that somebody the resident has not agreed to is talked to."""

    home_path: ClassVar[str] = "intervention__stay__home"
    intervention = models.ForeignKey(Intervention, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["intervention", "user"], name="unagreed_read_once")]


class EventWords(NamedTuple):
    """What happened to an intervention, and what the person did; '' where they cannot take it back by themselves."""

    happened: str
    did: str = ""


# By kind. A settlement is named by the state it led to.
EVENTS: dict[str, EventWords] = {
    "added": EventWords("Aftalt", "Aftalte"),
    "changed": EventWords("Rettet", "Rettede"),
    "moved": EventWords("Flyttet", "Flyttede"),
    "handed": EventWords("Overtaget af en anden"),
    "reopened": EventWords("Planlagt igen"),
    "undone": EventWords("Fortrudt"),
    **{
        str(state): EventWords(str(state.label), f"{state.label}:")
        for state in (State.DONE, State.NOT_DONE, State.DROPPED)
    },
    **{str(state): EventWords(str(state.label)) for state in (State.PLANNED, State.MISFILED)},
}


class InterventionEvent(HomeModel):
    """What happened to an intervention. Append-only."""

    home_path: ClassVar[str] = "intervention__stay__home"
    intervention = models.ForeignKey(Intervention, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)
    why = models.CharField(max_length=200, blank=True)
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # The intervention as it stood before, for "Fortryd"; and the event this one took back.
    stood = models.JSONField(null=True, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    @property
    def words(self) -> str:
        """What happened: 'Flyttet'."""
        return EVENTS[self.kind].happened if self.kind in EVENTS else self.kind


class Urgency(models.TextChoices):
    TODAY = "today", "I dag – jeg ringer også"
    SOON = "soon", "Inden for et par dage"
    MEETING = "meeting", "På næste møde"


class Outcome(models.TextChoices):
    """What became of an early sign."""

    LEVEL = "level", "Niveau ændret"
    INTERVENTION = "intervention", "Indsats aftalt"
    NO_CHANGE = "no-change", "Set, ingen ændring"
    DISCUSSED = "discussed", "Drøftet på mødet"
    MISFILED = "misfiled", "Skrevet på forkert beboer"


class EarlySign(HomeModel):
    """An early sign noticed between meetings. It comes on the next agenda and never changes a level by itself."""

    home_path: ClassVar[str] = "stay__home"
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    side = models.CharField(max_length=5, choices=Side.choices)
    text = models.CharField(max_length=300)
    urgency = models.CharField(max_length=8, choices=Urgency.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    handled_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    handled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)


class SignRead(HomeModel):
    """Who has read an early sign: its read receipt."""

    home_path: ClassVar[str] = "sign__stay__home"
    sign = models.ForeignKey(EarlySign, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sign", "user"], name="sign_read_once")]


class Pen(models.Model):
    """Who writes for both sides at a home now: the referent of its running meeting."""

    home = models.OneToOneField(Home, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)


class Presence(models.Model):
    """A tab that has the home's board open, and the field it is writing in."""

    home = models.ForeignKey(Home, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    tab = models.CharField(max_length=40)
    field = models.CharField(max_length=60, blank=True)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "user", "tab"], name="one_presence_a_tab")]


class LastMet(models.Model):
    """When a home's last meeting closed: what changed since is marked on the board. Set by the meetings."""

    home = models.OneToOneField(Home, on_delete=models.CASCADE)
    at = models.DateTimeField()
