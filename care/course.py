"""A resident's course in one home as a time line, as far as an audience may see it."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from boards.models import AkutReview, Episode, EpisodeCriterion, LevelChange
from core import weeks
from core.text import listing
from criteria.models import Level
from organisation.models import Home, Side
from organisation.region import Rules
from residents.sharing import Sight


@dataclass(frozen=True)
class Stop:
    """One change of level, 'Op til akut', or one review between meetings, 'Gennemgået: stadig akut'."""

    day: str
    words: str
    level: str
    reason: str
    by: str


@dataclass(frozen=True)
class Course:
    """One time on the board, from going on to coming off. `number` is 0 for a mistake that was taken back."""

    number: int
    year: int
    span: str
    days: str
    criteria: list[str]
    open: bool
    stops: list[Stop]


def course(home: Home, stay_id: int, sight: Sight, rules: Rules, today: date) -> list[Course]:
    """Every time on the board, the latest first. Four queries.

    A reason belongs to the side that wrote it and is left out if that side does not share grounds. Criteria and the
    notes of reviews belong to both sides.
    """
    episodes = list(Episode.objects.for_home(home).filter(stay=stay_id).order_by("opened_on", "pk"))
    changes: dict[int, list[LevelChange]] = {episode.pk: [] for episode in episodes}
    reviews: dict[int, list[AkutReview]] = {episode.pk: [] for episode in episodes}
    rows = LevelChange.objects.for_home(home).filter(episode__in=episodes).select_related("by").order_by("at", "pk")
    for change in rows:
        changes[change.episode_id].append(change)
    looked = AkutReview.objects.for_home(home).filter(episode__in=episodes)
    for review in looked.select_related("home_person", "team_person").order_by("at", "pk"):
        reviews[review.episode_id].append(review)
    names: dict[int, list[str]] = {episode.pk: [] for episode in episodes}
    links = EpisodeCriterion.objects.for_home(home).filter(episode__in=episodes).select_related("version")
    together = sight.covers(Side.JOINT, "grounds")
    for link in links.order_by("from_day", "pk") if together else ():
        name = link.text or link.version.name
        if name not in names[link.episode_id]:
            names[link.episode_id].append(name)
    courses = []
    numbers: dict[int, int] = {}
    for episode in episodes:
        year, end = episode.opened_on.year, episode.closed_on
        taken_back = any(change.undoes_id and change.after == Level.NONE for change in changes[episode.pk][-1:])
        numbers[year] = numbers.get(year, 0) + (not taken_back)
        length = ((end or today) - episode.opened_on).days + 1
        courses.append(
            Course(
                number=0 if taken_back else numbers[year],
                year=year,
                span=f"{_day(episode.opened_on)} – {_day(end) if end else 'nu'}",
                days=weeks.days_label(max(1, length)),
                criteria=names[episode.pk],
                open=end is None,
                stops=_stops(changes[episode.pk], reviews[episode.pk], sight, rules),
            )
        )
    return courses[::-1]


def _day(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


def _stops(changes: list[LevelChange], reviews: list[AkutReview], sight: Sight, rules: Rules) -> list[Stop]:
    stops = [(change.at, _stop(change, sight, rules)) for change in changes]
    stops += [(review.at, _looked(review, sight)) for review in reviews]
    return [stop for _, stop in sorted(stops, key=lambda stop: stop[0])]


def _looked(review: AkutReview, sight: Sight) -> Stop:
    people = [review.home_person.name, *([review.team_person.name] if review.team_person else [])]
    return Stop(
        day=_day(timezone.localtime(review.at).date()),
        words=f"Gennemgået: {review.get_outcome_display().lower()}",
        level=Level.AKUT if review.outcome == AkutReview.Outcome.SAME else Level.SUBAKUT,
        reason=review.note if sight.covers(Side.JOINT, "grounds") else "",
        by=listing(people),
    )


def _stop(change: LevelChange, sight: Sight, rules: Rules) -> Stop:
    return Stop(
        day=_day(timezone.localtime(change.at).date()),
        words=words(change.before, change.after, rules),
        level=change.after,
        reason=change.reason if sight.covers(change.side, "grounds") else "",
        by=change.by.name,
    )


def words(before: str, after: str, rules: Rules) -> str:
    """'På tavlen som akut', 'Op til akut', 'Ned til subakut', 'Af tavlen', 'Stadig akut'."""
    label = rules.level(after).lower()
    if after == Level.NONE:
        return "Af tavlen"
    if before == Level.NONE:
        return f"På tavlen som {label}"
    if before == after:
        return f"Stadig {label}"
    return f"{'Op' if after == Level.AKUT else 'Ned'} til {label}"
