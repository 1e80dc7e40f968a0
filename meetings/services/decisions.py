"""What a meeting did about each resident: only what somebody wrote or pressed is a decision."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain

from django.db.models import Q

from audit import trail
from boards.models import AkutReview, Cell, EarlySign, Episode, InterventionEvent, LevelChange
from boards.selectors import Row
from criteria.models import Level
from meetings.models import AgendaItem, Meeting, ParkedTopic
from organisation.models import Home
from residents.models import Stay

REVIEWED = "level.reviewed"
# What is pressed about a resident and leaves no words of its own.
PRESSED = (REVIEWED, "level.followed_up", "discharge.answered", "sign.handled")


def acted_upon(meeting: Meeting, item: AgendaItem) -> bool:
    """Whether anything was written or pressed about the item since the meeting began. Nine queries at most."""
    began, home = meeting.started_at, meeting.home
    if began is None:
        return False
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


def _kept(home: Home, episodes: Collection[int], since: datetime) -> set[int]:
    """The episodes on which »Uændret« was pressed since, or whose akut was reviewed and kept. Two queries."""
    keys = {f"{Episode._meta.label_lower}:{pk}": pk for pk in episodes}
    pressed = {keys[key] for key in trail.acted_on(home.scope, (REVIEWED,), keys, since)}
    reviews = AkutReview.objects.for_home(home).filter(episode__in=episodes, at__gte=since)
    kept = reviews.exclude(outcome=AkutReview.Outcome.DOWN).values_list("episode_id", flat=True)
    return pressed | set(kept)


def decisions(meeting: Meeting, rows: Collection[Row]) -> dict[int, str]:
    """What the meeting decided on each level, by stay: 'Op til akut', 'Ned til subakut', 'Af tavlen', 'Uændret akut'.

    '' where nothing was decided: that a resident was on the agenda, or even discussed, is no decision. Three queries.
    """
    began, home = meeting.started_at, meeting.home
    if began is None:
        return {row.id: "" for row in rows}
    changes: dict[int, list[LevelChange]] = {}
    written = LevelChange.objects.for_home(home).filter(episode__stay__in=[row.id for row in rows], at__gte=began)
    for change in written.select_related("episode").order_by("at", "pk"):
        changes.setdefault(change.episode.stay_id, []).append(change)
    kept = _kept(home, [row.level.episode for row in rows if row.level], began)
    return {row.id: _decision(row, changes.get(row.id, []), kept) for row in rows}


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
