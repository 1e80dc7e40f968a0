"""What a meeting did about each resident: only what somebody wrote or pressed is a decision."""

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Q
from django.utils import timezone

from audit import trail
from boards.models import AkutReview, Cell, EarlySign, Episode, InterventionEvent, LevelChange
from boards.selectors import Row
from core import weeks
from criteria.models import Level
from meetings.models import AgendaItem, Meeting, ParkedTopic
from organisation.models import Home
from residents.models import Stay

# From–to; without an end where it goes on.
Span = tuple[datetime, datetime | None]
REVIEWED = "level.reviewed"
# What is pressed about a resident and leaves no words of its own.
PRESSED = (REVIEWED, "level.followed_up", "discharge.answered", "sign.handled")


def acted_upon(meeting: Meeting, item: AgendaItem, began: datetime) -> bool:
    """Whether anything was written or pressed about the item since the moment it was shown. Nine queries at most.

    What was written of the resident elsewhere in the home before that is no part of the meeting.
    """
    home = meeting.home
    if item.topic_id is not None:
        return ParkedTopic.objects.for_home(home).filter(pk=item.topic_id, settled_on__isnull=False).exists()
    stay = item.stay_id
    written = (
        Cell.objects.for_home(home).filter(Q(changed_at__gte=began) | Q(confirmed_at__gte=began), stay=stay),
        InterventionEvent.objects.for_home(home).filter(intervention__stay=stay, at__gte=began),
        LevelChange.objects.for_home(home).filter(episode__stay=stay, at__gte=began),
        EarlySign.objects.for_home(home).filter(stay=stay, at__gte=began),
        ParkedTopic.objects.for_home(home).filter(stay=stay, at__gte=began),
        AkutReview.objects.for_home(home).filter(episode__stay=stay, at__gte=began),
    )
    return any(rows.exists() for rows in written) or _pressed(home, stay, began)


def _pressed(home: Home, stay: int | None, since: datetime) -> bool:
    rows = (model.objects.for_home(home).filter(stay=stay).only("pk") for model in (Episode, EarlySign))
    subjects = [*chain.from_iterable(rows), f"{Stay._meta.label_lower}:{stay}"]
    return bool(trail.acted_on(home.scope, PRESSED, subjects, since))


def _kept(home: Home, episodes: Collection[int], held: list[Span]) -> set[int]:
    """The episodes on which »Uændret« was pressed then, or whose akut was reviewed and kept. Two queries a span."""
    keys = {f"{Episode._meta.label_lower}:{pk}": pk for pk in episodes}
    pressed = {keys[key] for first, last in held for key in trail.acted_on(home.scope, (REVIEWED,), keys, first, last)}
    reviews = AkutReview.objects.for_home(home).filter(episode__in=episodes, at__gte=held[0][0])
    kept = reviews.exclude(outcome=AkutReview.Outcome.DOWN).values_list("episode_id", "at")
    return pressed | {episode for episode, at in kept if _within(held, at)}


def decisions(meeting: Meeting, rows: Collection[Row]) -> dict[int, str]:
    """What the meeting decided on each level, by stay: 'Op til akut', 'Ned til subakut', 'Af tavlen', 'Uændret akut'.

    'Opfølgning drøftet' where that was pressed. '' where nothing was decided: that a resident was on the agenda, or
    even discussed, is no decision. Five queries.
    """
    began, home = meeting.started_at, meeting.home
    if began is None:
        return {row.id: "" for row in rows}
    held = _held(meeting, began)
    changes: dict[int, list[LevelChange]] = {}
    written = LevelChange.objects.for_home(home).filter(episode__stay__in=[row.id for row in rows], at__gte=began)
    for change in written.select_related("episode").order_by("at", "pk"):
        if _within(held, change.at):
            changes.setdefault(change.episode.stay_id, []).append(change)
    kept = _kept(home, [row.level.episode for row in rows if row.level], held)
    found = {row.id: _decision(row, changes.get(row.id, []), kept) for row in rows}
    undecided = [stay for stay, decided in found.items() if not decided]
    return found | dict.fromkeys(_followed_up(home, undecided, held), "Opfølgning drøftet")


def _followed_up(home: Home, stays: Collection[int], held: list[Span]) -> set[int]:
    """Those of the stays whose follow-up was discussed then. One query, and one a span where there is any."""
    rows = Episode.objects.for_home(home).filter(stay__in=stays, followed_up_on__isnull=False)
    keys = {f"{Episode._meta.label_lower}:{pk}": stay for pk, stay in rows.values_list("pk", "stay_id")}
    acts = ("level.followed_up",)
    spans = held if keys else []
    return {keys[key] for first, last in spans for key in trail.acted_on(home.scope, acts, keys, first, last)}


def _held(meeting: Meeting, began: datetime) -> list[Span]:
    """When the meeting was held: until it was closed, and again from each time it was opened. One query.

    What was decided on the board between a close and a correction days later is not the meeting's.
    """
    if meeting.paper_at is not None:
        # Written on the board after it, the same day.
        day_after = timezone.localtime(began).date() + timedelta(days=1)
        return [(began, weeks.midnight(day_after))]
    spans: list[Span] = [(began, None)]
    for action, at in trail.moments(("meeting.closed", "meeting.reopened"), meeting):
        if action == "meeting.closed":
            spans[-1] = (spans[-1][0], at)
        else:
            spans.append((at, None))
    return spans


def _within(held: list[Span], at: datetime) -> bool:
    return any(first <= at and (last is None or at <= last) for first, last in held)


def _decision(row: Row, changes: list[LevelChange], kept: Collection[int]) -> str:
    if changes and changes[0].before != changes[-1].after:
        before, after = changes[0].before, changes[-1].after
        if after == Level.NONE:
            return "Af tavlen"
        up = after == Level.AKUT or before == Level.NONE
        return f"{'Op' if up else 'Ned'} til {row.rules.level(after).lower()}"
    level = row.level
    if level and level.level != Level.NONE and (changes or level.episode in kept):
        return f"Uændret {level.label.lower()}"
    return ""
