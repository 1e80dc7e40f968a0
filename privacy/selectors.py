"""What the pages of control show: the samples a leader answers, and who has looked at or changed a resident."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.access import accesses
from audit import trail
from audit.models import Entry, ReadEntry
from boards.columns import lane_visible
from boards.models import AkutReview, Cell, EarlySign, Episode, Intervention, LevelChange
from core import weeks
from core.text import danish_key
from meetings.models import JournalNote, ParkedTopic
from organisation.models import Home, Membership, Role, Side, Team, User
from privacy import rules
from privacy.looks import Crew
from privacy.models import Answer, Sample, SampleLine
from privacy.names import Names
from residents.models import Admission, SharingBasis, Stay, Visit
from residents.selectors import VisibleStay, visible_everywhere
from residents.sharing import Sight

SHOWN_WEEKS = 8


@dataclass(frozen=True)
class Leads:
    """A leader, with the homes and teams they lead (ids)."""

    user: User
    homes: frozenset[int]
    teams: frozenset[int]


def answerable(leads: Leads, today: date) -> Q:
    """The lines a leader may see, and answer unless they are about the leader. Three queries.

    A unit's leaders answer for its lines. If the only leader is the one who looked, the organisation's other leaders
    answer. They are not told which residents, because they may not see them.
    """
    mine = Q(sample__home__in=leads.homes) | Q(sample__team__in=leads.teams)
    owners = {
        *Home.objects.filter(pk__in=leads.homes).values_list("organisation_id", flat=True),
        *Team.objects.filter(pk__in=leads.teams).values_list("organisation_id", flat=True),
    }
    inside = Q(home__organisation__in=owners) | Q(team__organisation__in=owners)
    rows = Membership.objects.active(today).filter(inside, role=Role.LEADER, user__is_active=True)
    leaders: dict[tuple[str, int], set[int]] = defaultdict(set)
    for home, team, user in rows.values_list("home_id", "team_id", "user_id"):
        leaders["home" if home else "team", home or team or 0].add(user)
    for kind in ("home", "team"):
        led = {unit for which, unit in leaders if which == kind}
        mine |= Q(**{f"sample__{kind}__organisation__in": owners}) & ~Q(**{f"sample__{kind}__in": led})
        for unit in led:
            if len(leaders[kind, unit]) == 1:
                mine |= Q(**{f"sample__{kind}": unit, "read__viewer__in": leaders[kind, unit]})
    return mine


@dataclass(frozen=True)
class WaitingSamples:
    """How many lines wait for a leader, and how many of them have waited too long."""

    open: int
    late: int


def waiting(leads: Leads, today: date) -> WaitingSamples:
    """What waits for the leader's answer. Four queries."""
    mine = SampleLine.objects.filter(answerable(leads, today), answer="").exclude(read__viewer=leads.user.pk)
    drawn = [timezone.localdate(at) for at in mine.values_list("sample__drawn_at", flat=True)]
    return WaitingSamples(len(drawn), sum(1 for day in drawn if rules.answer_by(day) < today))


@dataclass(frozen=True)
class LookUp:
    """One look-up of a sample as the leader sees it. `whom` names those the leader may see today."""

    row: SampleLine
    who: str
    when: str
    screen: str
    whom: list[str]
    # The stays of those named, for the log of looks.
    named: list[int]
    own: bool
    answer: str

    @property
    def count(self) -> int:
        return len(self.row.stays)


@dataclass
class SampleSheet:
    """A unit's sample of one week."""

    sample: Sample
    unit: str
    week: str
    answer_by: date
    late: bool
    open: list[LookUp] = field(default_factory=list)
    answered: list[LookUp] = field(default_factory=list)


def sheets(leads: Leads, today: date) -> list[SampleSheet]:
    """The leader's samples: those with a line that waits, and all of the last weeks, the newest first.

    Eleven queries, however many homes and lines.
    """
    recent = Q(sample__week__gte=today - timedelta(weeks=SHOWN_WEEKS)) | Q(answer="")
    rows = (
        SampleLine.objects.filter(answerable(leads, today))
        .filter(recent)
        .select_related("sample__home", "sample__team", "read", "home", "answered_by")
        .order_by("-sample__week", "sample_id", "read__slot", "pk")
    )
    lines = list(rows)
    visible = {
        stay.id: stay
        for stays in visible_everywhere(accesses(leads.user, today), today).values()
        for stay in stays
        if stay.sight.shared
    }
    names = Names({line.read.viewer for line in lines})
    by_sample: dict[int, SampleSheet] = {}
    for row in lines:
        sheet = by_sample.setdefault(row.sample_id, _sheet(row.sample, today))
        line = _line(row, names, visible, leads.user)
        (sheet.answered if row.answer else sheet.open).append(line)
    for sheet in by_sample.values():
        sheet.late = sheet.answer_by < today and any(not line.own for line in sheet.open)
    return list(by_sample.values())


def _sheet(sample: Sample, today: date) -> SampleSheet:
    week = f"{weeks.week_label(sample.week).capitalize()} · {weeks.week_span(sample.week)}"
    return SampleSheet(sample, sample.unit.name, week, rules.answer_by(timezone.localdate(sample.drawn_at)), False)


def _line(row: SampleLine, names: Names, visible: dict[int, VisibleStay], leader: User) -> LookUp:
    at = timezone.localtime(row.read.moment)
    known = [visible[stay] for stay in row.stays if stay in visible]
    residents = [stay.label for stay in sorted(known, key=lambda stay: (danish_key(stay.name), stay.flat))]
    return LookUp(
        row=row,
        who=names.at(row.read.viewer, row.read.moment),
        when=f"{weeks.long_day(at.date())} {weeks.clock(at)}",
        screen=rules.screen_label(row.read.screen),
        whom=residents + ["bolig ukendt"] * (len(row.stays) - len(known)),
        named=[stay.id for stay in known],
        own=row.read.viewer == leader.pk,
        answer=Answer(row.answer).label if row.answer else "",
    )


def shown_stays(shown: list[SampleSheet]) -> dict[str, list[int]]:
    """{scope: stays} of the residents named on the page."""
    named: dict[str, set[int]] = defaultdict(set)
    for sheet in shown:
        for line in [*sheet.open, *sheet.answered]:
            named[line.row.home.scope].update(line.named)
    return {scope: sorted(stays) for scope, stays in named.items() if stays}


# --- one resident ---


@dataclass(frozen=True)
class Looked:
    """Somebody who looked on a day: when ('kl. 9.20–11.05, 3 opslag'), and on which screens."""

    day: date
    when: str
    who: str
    unit: str
    screens: list[str]


def looked(home: Home, stay: int, today: date) -> list[Looked]:
    """Who has looked at the resident within a year, the newest first. Six queries."""
    begin = _begin(today)
    reads = (
        ReadEntry.objects.filter(scope=home.scope, slot__gte=begin)
        # There is no query into JSON that works on both databases. The digits narrow the search, and Python decides.
        .annotate(listed=Cast("stays", TextField()))
        .filter(listed__contains=str(stay))
        .values_list("viewer", "screen", "slot", "at", "stays")
    )
    screens: dict[tuple[date, int], set[str]] = defaultdict(set)
    moments: dict[tuple[date, int], list[datetime]] = defaultdict(list)
    for viewer, screen, slot, at, stays in reads:
        if stay in stays:
            moment = at or slot
            screens[timezone.localdate(moment), viewer].add(rules.screen_label(screen))
            moments[timezone.localdate(moment), viewer].append(moment)
    names = Names({viewer for _, viewer in screens})
    crew = Crew([home], [], timezone.localdate(begin), today)
    looks = []
    for (day, viewer), shown in screens.items():
        unit = crew.unit_of(viewer, home, day)
        times = sorted(moments[day, viewer])
        who, where = names.at(viewer, times[0]), unit.name if unit else ""
        looks.append(Looked(day, _span(times), who, where, sorted(shown, key=danish_key)))
    return sorted(sorted(looks, key=lambda look: danish_key(look.who)), key=lambda look: look.day, reverse=True)


def _span(times: list[datetime]) -> str:
    """'kl. 9.20', 'kl. 9.20–11.05, 3 opslag'."""
    first, last = (weeks.clock(moment) for moment in (times[0], times[-1]))
    span = first if first == last else f"{first}–{last.removeprefix('kl. ')}"
    return span if len(times) == 1 else f"{span}, {len(times)} opslag"


@dataclass(frozen=True)
class ChangeMade:
    """Somebody who changed something about the resident, as a sentence without what was written."""

    at: datetime
    who: str
    sentence: str


def _to_all(row: Any, sight: Sight) -> bool:
    """What both sides decided or did, told to everybody who sees the resident."""
    return Side.JOINT in sight.sides


# What an entry can be about that belongs to a stay: the model, the way to the stay, whether the sight lets it through.
ABOUT: list[tuple[Any, str, Callable[[Any, Sight], bool]]] = [
    (Cell, "stay", lambda row, sight: sight.covers(row.side, row.column)),
    (Episode, "stay", _to_all),
    (LevelChange, "episode__stay", _to_all),
    (AkutReview, "episode__stay", _to_all),
    (Intervention, "stay", lambda row, sight: lane_visible(sight, row.track)),
    (EarlySign, "stay", lambda row, sight: sight.covers(row.side, "signs")),
    (SharingBasis, "stay", _to_all),
    (Admission, "stay", _to_all),
    (Visit, "admission__stay", lambda row, sight: sight.covers(row.side, "situation")),
    (JournalNote, "stay", lambda row, sight: Side(row.side) in sight.sides),
    (ParkedTopic, "stay", lambda row, sight: sight.covers(Side.JOINT, "topics")),
]


def changed(home: Home, stay: int, sight: Sight, today: date) -> list[ChangeMade]:
    """Who changed what about the resident within a year, newest first, as far as the sight lets it through.

    Joint decisions are shown to whoever may see what both sides decided. Fourteen queries at most.
    """
    subjects = [f"{Stay._meta.label_lower}:{stay}"] if Side.JOINT in sight.sides else []
    for model, way, told in ABOUT:
        about = model.objects.for_home(home).filter(**{way: stay})
        subjects += [f"{model._meta.label_lower}:{row.pk}" for row in about if told(row, sight)]
    entries = Entry.objects.filter(scope=home.scope, subject__in=subjects, at__gte=_begin(today))
    rows = list(entries.order_by("-at", "-seq"))
    names = Names({entry.actor for entry in rows if entry.actor})
    return [
        ChangeMade(
            timezone.localtime(entry.at),
            names.at(entry.actor, entry.at) if entry.actor else "Tavlen selv",
            trail.sentence(entry.action),
        )
        for entry in rows
    ]


def _begin(today: date) -> datetime:
    return timezone.make_aware(datetime.combine(today - timedelta(days=rules.KEPT_DAYS), time()))
