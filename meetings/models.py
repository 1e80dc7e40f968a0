from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from boards.models import Intervention
from organisation.door import HomeModel
from organisation.models import Home, Side, Team, User
from residents.models import Stay


class HolidayRule(models.TextChoices):
    """What happens to a meeting that falls on a public holiday."""

    NEXT = "next", "Næste hverdag"
    SKIP = "skip", "Aflyses"


class Series(HomeModel):
    """A home's weekly meeting with its team, in local Danish time (wall time, so that it stays 9.30 across DST)."""

    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    weekday = models.PositiveSmallIntegerField()
    time = models.TimeField()
    minutes = models.PositiveSmallIntegerField(default=60)
    holiday_rule = models.CharField(max_length=5, choices=HolidayRule.choices, default=HolidayRule.NEXT)
    # The last day of the series, when another replaces it or the home leaves the cooperation.
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["home", "team"], condition=Q(ended_on=None), name="one_series_a_team"),
        ]


class Meeting(HomeModel):
    """One meeting. planlagt → åben (between meetings) → i gang → afsluttet."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planlagt"
        OPEN = "open", "Åben"
        RUNNING = "running", "I gang"
        CLOSED = "closed", "Afsluttet"
        CANCELLED = "cancelled", "Aflyst"

    class Kind(models.TextChoices):
        WEEKLY = "weekly", "Ugentligt"
        EXTRA = "extra", "Ekstra"

    home_path: ClassVar[str] = "home"
    series = models.ForeignKey(Series, on_delete=models.PROTECT)
    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    number = models.PositiveIntegerField()
    date = models.DateField()
    time = models.TimeField()
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.WEEKLY)
    # Where a moved meeting stood before, and why it was moved or cancelled.
    moved_from = models.DateField(null=True, blank=True)
    why = models.CharField(max_length=200, blank=True)
    # People have given it a day or an hour of its own: it stays there when the series changes.
    day_chosen = models.BooleanField(default=False, db_default=False)
    planned_minutes = models.PositiveSmallIntegerField(default=60)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    chair = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    referent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    spotlight = models.ForeignKey("AgendaItem", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    spotlight_since = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_on = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # Why the meeting was closed although an intervention lacked owner or day.
    gap_reason = models.CharField(max_length=200, blank=True)
    without_recap = models.BooleanField(default=False)
    # While the resident is in the room, the screens show nobody else.
    resident_present = models.BooleanField(default=False)
    # What the wall screens show: nothing while blanked, and one text for a moment ('12-status-home').
    wall_blank = models.BooleanField(default=False)
    wall_cell = models.CharField(max_length=40, blank=True)
    wall_until = models.DateTimeField(null=True, blank=True)
    # Held on paper and entered afterwards, by whom.
    paper_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    paper_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "date"], condition=Q(kind="weekly") & ~Q(state="cancelled"), name="one_meeting_a_date"
            ),
            models.UniqueConstraint(fields=["home", "number"], name="meeting_number"),
            models.UniqueConstraint(fields=["home"], condition=Q(state="running"), name="one_running_meeting"),
        ]

    @property
    def is_correction(self) -> bool:
        """Whether it is open again on a later day than it was closed: its minutes are corrected, and nobody meets."""
        again, closed = self.reopened_on, self.closed_at
        running = self.state == self.State.RUNNING
        return bool(running and again and closed and again > timezone.localdate(closed))


class ParkedTopic(HomeModel):
    """'Tages op senere': about a resident, or about the cooperation with one team."""

    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    # Whose meeting it is for; a topic about a resident is for the resident's team.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, null=True, blank=True)
    text = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="topic_about_something", condition=Q(stay__isnull=False) | Q(team__isnull=False)
            )
        ]


class AgendaItem(HomeModel):
    """One resident (or one parked topic) at one meeting."""

    class Kind(models.TextChoices):
        AKUT = "akut", "Akut"
        SUBAKUT = "subakut", "Subakut"
        ADMITTED = "indlagt", "Indlagt"
        DISCHARGED = "udskrevet", "Netop udskrevet"
        FOLLOW_UP = "opfoelgning", "Opfølgning"
        SIGN = "tegn", "Nyt tegn"
        ROTATION = "rotation", "På skift"
        TOPIC = "emne", "Tages op senere"

    class State(models.TextChoices):
        WAITING = "waiting", "Venter"
        DONE = "done", "Drøftet"
        # Shown for some seconds, and nothing written.
        PASSED = "passed", "Sprunget over"
        NOT_REACHED = "missed", "Ikke nået"

    home_path: ClassVar[str] = "meeting__home"
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, null=True, blank=True)
    topic = models.ForeignKey(ParkedTopic, on_delete=models.PROTECT, null=True, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    order = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    seconds = models.PositiveIntegerField(default=0)
    decision = models.CharField(max_length=12, blank=True)

    @property
    def says_kind(self) -> bool:
        """Whether the agenda says in a word why the resident stands there. The others have a mark."""
        return self.kind in (self.Kind.DISCHARGED, self.Kind.FOLLOW_UP, self.Kind.SIGN, self.Kind.ROTATION)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "stay", "kind"], condition=Q(stay__isnull=False), name="one_item_a_kind"
            ),
            models.CheckConstraint(
                name="item_about_something", condition=Q(stay__isnull=False) | Q(topic__isnull=False)
            ),
        ]


# The third side of an attendance: a guest is counted with neither organisation.
GUEST = "guest"


class Attendance(HomeModel):
    """Who was there, for which organisation. Somebody without an account is a guest, noted by name."""

    home_path: ClassVar[str] = "meeting__home"
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=60)
    side = models.CharField(
        max_length=5, choices=[(Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet"), (GUEST, "Gæster")]
    )
    present = models.BooleanField(default=False)
    online = models.BooleanField(default=False)
    came_at = models.TimeField(null=True, blank=True)
    left_at = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "user"], condition=Q(user__isnull=False), name="one_attendance_a_person"
            )
        ]


class CarryOver(HomeModel):
    """An intervention that was still open when a meeting closed. Their number is 'udskudt N gange'."""

    home_path: ClassVar[str] = "meeting__home"
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT)
    intervention = models.ForeignKey(Intervention, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "intervention"], name="carried_once")]


class Minutes(HomeModel):
    """The locked snapshot of a meeting. A correction is a new edition."""

    home_path: ClassVar[str] = "meeting__home"
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT)
    edition = models.PositiveSmallIntegerField(default=1)
    head = models.JSONField()
    # What it said when it was locked: a digest of the head and of each section. It stays when a section is erased.
    digests = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "edition"], name="one_edition")]


class MinutesSection(HomeModel):
    """What the minutes say of one resident to one audience. Shown, withdrawn and erased section by section."""

    home_path: ClassVar[str] = "minutes__meeting__home"
    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, null=True, blank=True)
    audience = models.CharField(max_length=8)
    order = models.PositiveSmallIntegerField()
    content = models.JSONField()
    # Goes with the words, so that nobody can try out what an erased section may have said.
    salt = models.CharField(max_length=32, default="", blank=True)
    hash = models.CharField(max_length=64)


class JournalNote(HomeModel):
    """One side has written what was decided in its own record; the board is not a record."""

    home_path: ClassVar[str] = "meeting__home"
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT)
    side = models.CharField(max_length=5, choices=[(Side.HOME, "Botilbuddet"), (Side.TEAM, "Teamet")])
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "stay", "side"], name="one_journal_note")]


class WallScreen(HomeModel):
    """A screen on the wall of the meeting room, shown by a link that is used once and can be revoked."""

    home = models.ForeignKey(Home, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    # SHA-256 of the link's code until it is used, and of the screen's own key after that.
    code_hash = models.CharField(max_length=64, blank=True)
    key_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The meeting it shows or showed last.
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
