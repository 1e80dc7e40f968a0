"""Why a resident is on the board: the level, its criteria and the last review of an akut."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from boards import rules
from boards.models import AkutRead, AkutReview, Episode, EpisodeCriterion, LevelChange
from core import weeks
from core.prepared import prepared
from core.text import listing
from criteria.models import Level
from organisation.models import Home, Side, User
from organisation.region import Rules
from residents.selectors import visible_stays
from residents.sharing import Audience, Sight


@dataclass(frozen=True)
class ReviewView:
    """The last review of an akut between meetings."""

    id: int
    words: str
    note: str
    confirmed: bool


@dataclass(frozen=True)
class LevelView:
    """Why a resident is on the board, since when, and when to discuss again."""

    episode: int
    version: int
    level: str
    label: str
    since: date
    days: str
    opened_on: date
    criteria: list[str]
    exits: list[str]
    reason: str
    review_by: date | None
    review_label: str
    review_late: bool
    change: int | None
    read_by: list[str]
    read_ids: list[int]
    follow_up_on: date | None = None
    # How many times on the board this calendar year, this one counted.
    times: int = 1
    # Changed since the last meeting.
    new: bool = False
    # 'Ned fra akut i går kl. 22.10 af Sally', while it can still be disagreed with.
    lowered: str = ""
    review: ReviewView | None = None
    # False when the grounds are not shared: then there are no criteria and no reasons here.
    grounds: bool = True

    @property
    def why(self) -> str:
        """The reason of the last change and what must be so for the resident to go off the board, in one line."""
        said = [self.reason if self.reason.endswith((".", "!", "?")) else f"{self.reason}."] if self.reason else []
        ends = [f"Går af tavlen, når {listing(self.exits)}."] if self.exits else []
        return " ".join([*said, *ends])

    @property
    def again(self) -> str:
        """'3. gang i år'; '' the first time."""
        return f"{self.times}. gang i år" if self.times > 1 else ""


def levels(
    home: Home,
    sights: dict[int, Sight],
    ids: list[int],
    today: date,
    met: datetime | None,
    region_rules: Rules,
    gone: set[int],
) -> dict[int, LevelView]:
    """The open episode of each stay, else the closed one that awaits its follow-up. Four queries."""
    this_year = _episodes_of(home.pk, ids, date(today.year, 1, 1), date(today.year, 12, 31))
    times: dict[int, int] = defaultdict(int)
    for episode in this_year:
        # An episode that was taken back on its first day was a mistake and does not count.
        if episode.opened_on.year == today.year and not (episode.closed_on and episode.follow_up_on is None):
            times[episode.stay_id] += 1
    episodes = [e for e in this_year if e.closed_on is None or (e.follow_up_on and e.followed_up_on is None)]
    keys = [episode.pk for episode in episodes]
    reviews = {review.episode_id: review for review in _reviews(home.pk, keys)}
    criteria: dict[int, list[EpisodeCriterion]] = defaultdict(list)
    for link in _grounds(home.pk, keys, today - timedelta(days=60)):
        criteria[link.episode_id].append(link)
    # Changing only the grounds is no move: whoever has read the raise has still read it.
    moved: dict[int, LevelChange] = {}
    last: dict[int, LevelChange] = {}
    for change in _level_changes(home.pk, keys):
        last[change.episode_id] = change
        if change.before != change.after:
            moved[change.episode_id] = change
    readers: dict[int, list[User]] = defaultdict(list)
    for mark in _akut_read(home.pk, [change.pk for change in moved.values()]):
        readers[mark.change_id].append(mark.user)
    views: dict[int, LevelView] = {}
    for episode in sorted(episodes, key=lambda e: e.closed_on is None):
        open_now = episode.closed_on is None
        latest, move = last.get(episode.pk), moved.get(episode.pk)
        day = episode.review_by if open_now else episode.follow_up_on
        assert day is not None
        sight = sights[episode.stay_id]
        grounds = sight.covers(Side.JOINT, "grounds")
        review = _review(reviews.get(episode.pk), latest, today)
        views[episode.stay_id] = LevelView(
            episode=episode.pk,
            version=episode.version,
            level=episode.level if open_now else Level.NONE,
            label=region_rules.level(episode.level if open_now else Level.NONE),
            since=episode.level_since if open_now else episode.closed_on or today,
            days=weeks.days_label(max(1, (today - episode.opened_on).days + 1)),
            opened_on=episode.opened_on,
            criteria=[_criterion_label(link, gone) for link in criteria[episode.pk]] if grounds else [],
            exits=[link.version.exit_question for link in criteria[episode.pk]] if grounds else [],
            reason=latest.reason if latest and sight.covers(latest.side, "grounds") else "",
            review_by=episode.review_by if open_now else None,
            review_label=_review_label(day, today) if open_now else _follow_up_label(day, today),
            review_late=open_now and day < today,
            change=move.pk if move and _went_up(move) else None,
            read_by=[user.name for user in readers[move.pk]] if move else [],
            read_ids=[user.pk for user in readers[move.pk]] if move else [],
            follow_up_on=None if open_now else episode.follow_up_on,
            times=max(1, times[episode.stay_id]),
            new=bool(latest and met and latest.at > met),
            lowered=_lowered(move, today) if move else "",
            review=review if grounds or review is None else replace(review, note=""),
            grounds=grounds,
        )
    return views


@prepared
def _episodes_of(home: int, stays: list[int], first: date, last: date) -> QuerySet[Episode]:
    episodes: QuerySet[Episode] = Episode.objects.for_home(home).filter(stay__pk__in=stays)
    return episodes.filter(_waiting() | Q(opened_on__gte=first, opened_on__lte=last)).order_by("opened_on", "pk")


@prepared
def _reviews(home: int, episodes: list[int]) -> QuerySet[AkutReview]:
    reviews: QuerySet[AkutReview] = AkutReview.objects.for_home(home).filter(episode__pk__in=episodes)
    return reviews.select_related("home_person", "team_person").order_by("at")


@prepared
def _grounds(home: int, episodes: list[int], since: date) -> QuerySet[EpisodeCriterion]:
    grounds: QuerySet[EpisodeCriterion] = EpisodeCriterion.objects.for_home(home).filter(episode__pk__in=episodes)
    current = Q(to_day=None) | Q(episode__closed_on__isnull=False, to_day__gte=since)
    return grounds.filter(current).select_related("version").order_by("version__criterion__order")


@prepared
def _level_changes(home: int, episodes: list[int]) -> QuerySet[LevelChange]:
    changes: QuerySet[LevelChange] = LevelChange.objects.for_home(home).filter(episode__pk__in=episodes)
    return changes.select_related("by").order_by("at", "pk")


@prepared
def _akut_read(home: int, changes: list[int]) -> QuerySet[AkutRead]:
    receipts: QuerySet[AkutRead] = AkutRead.objects.for_home(home).filter(change__pk__in=changes)
    return receipts.select_related("user").order_by("at")


def _waiting() -> Q:
    return Q(closed_on=None) | Q(follow_up_on__isnull=False, followed_up_on=None)


def _went_up(change: LevelChange) -> bool:
    return rules.RANK[Level(change.after)] > rules.RANK[Level(change.before)]


def _lowered(change: LevelChange, today: date) -> str:
    """Who took akut off, and when; told for a week, so that the other side can disagree."""
    if change.before != Level.AKUT or change.after == Level.AKUT or change.undoes_id:
        return ""
    if (today - timezone.localtime(change.at).date()).days > 7:
        return ""
    return f"Akut taget af {weeks.when(change.at, today)} af {change.by.name}"


def _review(review: AkutReview | None, latest: LevelChange | None, today: date) -> ReviewView | None:
    """The last review, unless the level was changed after it for another reason."""
    if review is None or (latest is not None and latest.at > review.at):
        return None
    people = [review.home_person.name, *([review.team_person.name] if review.team_person else [])]
    words = f"Gennemgået {weeks.when(review.at, today)} af {listing(people)}: {review.get_outcome_display().lower()}"
    return ReviewView(review.pk, words, review.note, review.confirmed_at is not None)


def _criterion_label(link: EpisodeCriterion, gone: set[int]) -> str:
    """The criterion in the wording the resident got it in, its deadline, and whether it can no longer be chosen."""
    label = link.text or link.version.name
    if link.deadline:
        label += f", {weeks.short_day(link.deadline)}{link.deadline.year}"
    return f"{label} (udgået)" if link.version.criterion_id in gone else label


def _review_label(day: date, today: date) -> str:
    late = (today - day).days
    if late == 1:
        return "Skulle være drøftet i går"
    if late > 1:
        return f"Skulle være drøftet for {late} dage siden"
    if late == 0:
        return "Drøftes igen i dag"
    return f"Drøftes igen senest {weeks.due_label(day, today)}"


def _follow_up_label(day: date, today: date) -> str:
    """A follow-up is taken up at the meeting nearest its day, which may be some days before or after it."""
    return f"Drøftes igen omkring {day.day}.{day.month}." if day > today else "Skal drøftes igen"


def other_texts(home: Home, audience: Audience, today: date) -> list[EpisodeCriterion]:
    """What 'Andet' was used for, newest first, of the residents the audience sees today. Six queries at most."""
    stays = [
        stay.id
        for stay in visible_stays(home, audience, today)
        if stay.sight.covers(Side.JOINT, "grounds") and stay.sight.free_text
    ]
    links = EpisodeCriterion.objects.for_home(home).filter(version__criterion__needs_text=True, episode__stay__in=stays)
    return list(links.exclude(text="").select_related("version", "episode").order_by("-from_day", "-pk")[:40])
