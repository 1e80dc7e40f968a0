"""The times on the board and the changes of level. A change is joint; its reason belongs to the side that wrote it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from boards.models import AkutRead, AkutReview, Episode, EpisodeCriterion, LevelChange
from organisation.models import Side
from privacy.insight.source import Source, name_of


@dataclass(frozen=True)
class Met:
    """A criterion the resident met."""

    name: str
    text: str
    deadline: date | None
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class HeldReview:
    """A review of an akut between meetings."""

    at: datetime
    people: list[str]
    outcome: str
    note: str
    by: str
    confirmed_at: datetime | None


@dataclass(frozen=True)
class TimeOnBoard:
    """From going on the board to coming off."""

    number: int
    level: str
    level_since: date
    opened_on: date
    closed_on: date | None
    review_by: date
    reviewed_on: date | None
    follow_up_on: date | None
    followed_up_on: date | None
    follow_on_by: str
    criteria: list[Met]
    reviews: list[HeldReview]


@dataclass(frozen=True)
class MovedLevel:
    """A change of level. `reason` is '' where the other side wrote it; `episode` is the number of the time."""

    episode: int
    at: datetime
    before: str
    after: str
    reason: str
    criteria_before: list[str]
    told: str
    crisis_plan_seen: bool
    by: str
    side: str
    takes_back: bool
    seen_by: list[str]


def times(source: Source) -> list[TimeOnBoard]:
    """The times on the board, the first first. Three queries, none where they are not shared."""
    if not source.joint:
        return []
    why = source.sight.covers(Side.JOINT, "grounds")
    met, reviews = _criteria(source), _reviews(source)
    kept = source.rows(Episode).select_related("follow_on_by").order_by("opened_on", "pk")
    return [
        TimeOnBoard(
            number=number,
            level=source.rules.level(episode.level),
            level_since=episode.level_since,
            opened_on=episode.opened_on,
            closed_on=episode.closed_on,
            review_by=episode.review_by,
            reviewed_on=episode.reviewed_on,
            follow_up_on=episode.follow_up_on,
            followed_up_on=episode.followed_up_on,
            follow_on_by=name_of(episode.follow_on_by),
            criteria=met[episode.pk] if why else [],
            reviews=reviews[episode.pk] if why else [],
        )
        for number, episode in enumerate(kept, start=1)
    ]


def _criteria(source: Source) -> dict[int, list[Met]]:
    met: dict[int, list[Met]] = defaultdict(list)
    links = source.rows(EpisodeCriterion, "episode__stay").select_related("version")
    for link in links.order_by("from_day", "pk"):
        met[link.episode_id].append(Met(link.version.name, link.text, link.deadline, link.from_day, link.to_day))
    return met


def _reviews(source: Source) -> dict[int, list[HeldReview]]:
    reviews: dict[int, list[HeldReview]] = defaultdict(list)
    held = source.rows(AkutReview, "episode__stay").select_related("home_person", "team_person", "by")
    for review in held.order_by("at"):
        people = [name_of(person) for person in (review.home_person, review.team_person) if person]
        outcome = review.get_outcome_display()
        reviews[review.episode_id].append(
            HeldReview(review.at, people, outcome, review.note, name_of(review.by), review.confirmed_at)
        )
    return reviews


def changes(source: Source) -> list[MovedLevel]:
    """The changes of level the side may see, the first first. Three queries, one where they are not shared."""
    made = source.rows(LevelChange, "episode__stay").select_related("by").order_by("at", "pk")
    if not source.joint:
        made = made.filter(side__in=source.sight.sides)
    numbers, readers = _numbers(source), _seen(source)
    return [
        MovedLevel(
            episode=numbers.get(change.episode_id, 0),
            at=change.at,
            before=source.rules.level(change.before),
            after=source.rules.level(change.after),
            reason=change.reason if source.sight.covers(change.side, "grounds") else "",
            criteria_before=_criteria_before(change) if source.sight.covers(Side.JOINT, "grounds") else [],
            told=change.get_told_display(),
            crisis_plan_seen=change.crisis_plan_seen,
            by=name_of(change.by),
            side=change.side,
            takes_back=change.undoes_id is not None,
            seen_by=readers[change.pk],
        )
        for change in made
    ]


def _numbers(source: Source) -> dict[int, int]:
    """{episode: the number of the time}, in the order they began; empty where they are not shared."""
    if not source.joint:
        return {}
    episodes = source.rows(Episode).order_by("opened_on", "pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(episodes, start=1)}


def _seen(source: Source) -> dict[int, list[str]]:
    readers: dict[int, list[str]] = defaultdict(list)
    if source.joint:
        for mark in source.rows(AkutRead, "change__episode__stay").select_related("user").order_by("at", "pk"):
            readers[mark.change_id].append(name_of(mark.user))
    return readers


def _criteria_before(change: LevelChange) -> list[str]:
    """The own words of criteria, as they stood before the change."""
    return [str(criterion[1]) for criterion in (change.stood or {}).get("criteria", []) if criterion[1]]
