"""Siden din sidste vagt: what others did about one's own residents since one was last here."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.access import Access
from accounts.models import Screen
from audit import trail
from boards.columns import lane_visible, text_visible
from boards.models import CellRevision, EarlySign, Intervention, InterventionEvent, LevelChange, Outcome, State
from boards.selectors import TELLS
from care.course import words
from core import weeks
from core.period import holds
from core.text import danish_key
from organisation.models import Absence, Home, Side, User
from organisation.region import rules_of
from reminders import rules
from residents.models import Admission, Stay
from residents.selectors import VisibleStay, visible_everywhere
from residents.texts import COLUMNS

# Whoever has been away so long begins another shift.
SHIFT = timedelta(hours=4)
# As long as a sign-in is remembered, where no earlier shift is.
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class Change:
    """One thing that was done: 'Status siden sidst', the words, by whom, 'i går kl. 22.10'."""

    at: datetime
    what: str
    text: str
    by: str
    when: str


@dataclass(frozen=True)
class Changed:
    """A resident, and what was done, the latest first."""

    home: Home
    stay: VisibleStay
    lines: list[Change]


def last_here(user: User, now: datetime) -> datetime:
    """When the person's shift before this one ended: their last touch of a screen; a week ago for who has none, or
    when the absence began that they are back from.

    Two queries at most.
    """
    began = now
    for screen in Screen.objects.filter(user=user, active_at__gt=now - LONGEST).order_by("-active_at"):
        if screen.active_at < began - SHIFT:
            return screen.active_at
        began = min(began, screen.began_at)
    day = timezone.localdate(now)
    absences = Absence.objects.filter(user=user, from_day__lte=day, to_day__gte=day - timedelta(rules.ABSENCE_DAYS))
    first = rules.looked_back(day - LONGEST, absences.values_list("from_day", "to_day"), day)
    return weeks.midnight(first) if first < day - LONGEST else now - LONGEST


def changes_since(accesses: list[Access], since: datetime, day: date) -> list[Changed]:
    """What others did since the moment about one's own residents, as far as one may see it today.

    At most fourteen queries, however many homes and residents.

    One's own are those one is contact person or deputy for, or has an intervention planned with; and those of somebody
    who is away and whom one stands in for.
    """
    if not accesses:
        return []
    user = accesses[0].user
    visible = visible_everywhere(accesses, day)
    homes = [access.home for access in accesses]
    stands_for = {user.pk, *Absence.objects.filter(holds(day), deputy=user).values_list("user", flat=True)}
    ours = Q(owner__in=stands_for) | Q(deputy__in=stands_for)
    planned = Intervention.objects.for_homes(homes).filter(ours, state=State.PLANNED)
    own = set(planned.values_list("stay_id", flat=True))
    mine = {
        stay.id: (access.home, stay)
        for access in accesses
        for stay in visible[access.home.pk]
        if stay.sight.shared and (stay.id in own or _is_contact(stands_for, stay))
    }
    lines: dict[int, list[Change]] = defaultdict(list)
    for stay_id, change in _done(homes, mine, user, since, day):
        lines[stay_id].append(change)
    found = [
        Changed(home, stay, sorted(lines[pk], key=lambda line: line.at, reverse=True))
        for pk, (home, stay) in mine.items()
        if lines[pk]
    ]
    return sorted(found, key=lambda one: (danish_key(one.home.name), danish_key(one.stay.name)))


def _is_contact(stands_for: Collection[int], stay: VisibleStay) -> bool:
    return any(person.pk in stands_for for person in (*stay.contacts.values(), *stay.deputies.values()))


Mine = dict[int, tuple[Home, VisibleStay]]


def _done(homes: list[Home], mine: Mine, user: User, since: datetime, day: date) -> Iterator[tuple[int, Change]]:
    """(stay, what was done)"""
    sights = {pk: stay.sight for pk, (_, stay) in mine.items()}

    def change(at: datetime, what: str, text: str, by: User) -> Change:
        return Change(at, what, text, by.name, weeks.when(at, day))

    written = CellRevision.objects.for_homes(homes).filter(cell__stay__in=mine, at__gt=since, misfiled_at=None)
    for revision in written.exclude(by=user).select_related("cell", "by"):
        cell = revision.cell
        # What stands now; a text that was written over is in its history.
        stands = revision.version == cell.version and revision.text and cell.column in COLUMNS
        if stands and text_visible(sights[cell.stay_id], cell.column, cell.side):
            title = COLUMNS[cell.column].heading(cell.side)
            yield cell.stay_id, change(revision.at, title, revision.text, revision.by)
    moved = LevelChange.objects.for_homes(homes).filter(episode__stay__in=mine, at__gt=since).exclude(by=user)
    region_rules = {home.pk: rules_of(home, day) for home in homes}
    for move in moved.select_related("episode", "by"):
        stay = move.episode.stay_id
        reason = move.reason if sights[stay].covers(move.side, "grounds") else ""
        yield stay, change(move.at, words(move.before, move.after, region_rules[mine[stay][0].pk]), reason, move.by)
    signs = EarlySign.objects.for_homes(homes).filter(stay__in=mine, at__gt=since).exclude(by=user)
    for sign in signs.exclude(outcome=Outcome.MISFILED).select_related("by"):
        if sights[sign.stay_id].covers(sign.side, "signs"):
            yield sign.stay_id, change(sign.at, "Tidligt tegn", sign.text, sign.by)
    events = InterventionEvent.objects.for_homes(homes).filter(intervention__stay__in=mine, at__gt=since)
    for event in events.exclude(by=user).select_related("intervention", "by"):
        row = event.intervention
        if row.state != State.MISFILED and lane_visible(sights[row.stay_id], row.track):
            said = (TELLS if row.tells else "") + row.what + (f" ({event.why})" if event.why else "")
            yield row.stay_id, change(event.at, f"Indsats: {event.words.lower()}", said, event.by)
    yield from _away(homes, mine, user, since)


def _away(homes: list[Home], mine: Mine, user: User, since: datetime) -> Iterator[tuple[int, Change]]:
    """Into hospital and home again, of which only the day is known."""
    first = timezone.localdate(since)
    midnight = weeks.midnight(first)
    said = trail.actors("situation.changed", [home.scope for home in homes], midnight)
    rows = Admission.objects.for_homes(homes).filter(Q(from_day__gte=first) | Q(to_day__gte=first), stay__in=mine)
    for row in rows:
        if said.get(f"{Stay._meta.label_lower}:{row.stay_id}") == {user.pk}:
            continue
        place = row.place if mine[row.stay_id][1].sight.covers(Side.JOINT, "situation") else ""
        for day, what, text in ((row.from_day, "Indlagt", place), (row.to_day, "Kom hjem fra hospitalet", "")):
            if day is not None and day >= first:
                at = timezone.make_aware(datetime.combine(day, time(12)))
                yield row.stay_id, Change(at, what, text, "", weeks.short_day(day))
