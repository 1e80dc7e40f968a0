"""A meeting opened again: its new edition says what the one before said, and what was changed while it was open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from audit import trail
from boards.models import AkutReview, Cell, CellRevision, Episode, Intervention, InterventionEvent, State
from meetings import rules
from meetings.models import AgendaItem, Meeting, Minutes, MinutesSection
from organisation.models import Home
from residents.models import Stay

# What is said of a resident beside the texts and what is agreed.
LEVEL = (
    "group", "place", "level", "level_label", "since", "days", "criteria", "set", "review", "decision",
)  # fmt: skip
LEVEL_ACTS = (
    "level.opened", "level.changed", "level.closed", "level.reviewed", "level.followed_up", "level.undone",
    "akut.reviewed",
)  # fmt: skip
Said = dict[str, Any]


@dataclass(frozen=True)
class Before:
    """The last edition with its sections, {(stay, audience): section}; and what was changed since it was opened again.

    `levels`, `situations` and `contacts` are ids of stays, `texts` are (stay, column, side), `agreed` ids of
    interventions. `wrong` is what was written on the wrong resident: (text, version) and ids of interventions.
    `settled_topics` are the words of those talked through.
    """

    last: Minutes | None = None
    sections: dict[tuple[int, str], MinutesSection] = field(default_factory=dict)
    levels: frozenset[int] = frozenset()
    situations: frozenset[int] = frozenset()
    contacts: frozenset[int] = frozenset()
    texts: frozenset[tuple[int, str, str]] = frozenset()
    agreed: frozenset[int] = frozenset()
    wrong: frozenset[Any] = frozenset()
    settled_topics: frozenset[str] = frozenset()

    def leaves_out(self, stay: int, audience: str) -> bool:
        """Whether the resident, who is not on the agenda, came on the board after the meeting and not by it."""
        return self.last is not None and (stay, audience) not in self.sections and stay not in self.levels

    def head(self, now: Said) -> Said:
        """The head of the new edition. Who opened it again to correct it did not chair it."""
        if self.last is None:
            return now
        said = self.last.head
        # An edition from before the two were told apart keeps them together.
        topics, done = said.get("topics", []), said.get("topics_done", [])
        settled = [topic for topic in topics if topic in self.settled_topics]
        kept = {name: said[name] for name in ("chair", "referent") if name in said}
        left = [topic for topic in topics if topic not in settled]
        return {**now, **kept, "topics": left, "topics_done": [*done, *settled]}

    def section(self, stay: int, audience: str, now: Said) -> Said:
        """`now`, what would be said of the resident today, with what was not changed as it was said before."""
        known = self.sections.get((stay, audience))
        if known is None:
            return now
        said = known.content
        keeps: tuple[str, ...] = () if stay in self.levels else LEVEL
        keeps += () if stay in self.situations else ("situation",)
        keeps += () if stay in self.contacts else ("contacts",)
        texts = [text for text in said["texts"] if (text.get("cell"), text.get("version")) not in self.wrong]
        agreed = [row for row in said["interventions"] if row.get("id") not in self.wrong]
        return {
            **now,
            **{name: said[name] for name in keeps if name in said},
            "texts": merged(texts, now["texts"], _place, lambda place: (stay, *place) in self.texts),
            "interventions": merged(agreed, now["interventions"], _id, lambda pk: pk in self.agreed),
        }


def _place(text: Said) -> Any:
    column = rules.column_of(text)
    return (column, text["side"]) if column else None


def _id(row: Said) -> Any:
    return row.get("id")


def merged(said: list[Said], now: list[Said], key: Callable[[Said], Any], changed: Callable[[Any], bool]) -> list[Said]:
    """What was changed as it is now, the rest as it was said; in today's order, then in that of before."""
    before = {key(one): one for one in said if key(one) is not None}
    found = [one if changed(key(one)) else before[key(one)] for one in now if changed(key(one)) or key(one) in before]
    placed = {key(one) for one in now}
    # What has no key stands as it was said.
    return found + [one for one in said if key(one) is None or not (key(one) in placed or changed(key(one)))]


def before_of(meeting: Meeting) -> Before:
    """Nothing for a meeting closed the first time, two queries; eleven for one that was opened again."""
    last = Minutes.objects.for_home(meeting.home).filter(meeting=meeting).order_by("edition").last()
    opened = [at for _, at in trail.moments(("meeting.reopened",), meeting)]
    if last is None or not opened:
        return Before()
    home, since = meeting.home, opened[-1]
    rows = MinutesSection.objects.for_home(home).filter(minutes=last, stay__isnull=False)
    sections = {(row.stay_id or 0, row.audience): row for row in rows}
    revised = CellRevision.objects.for_home(home).filter(at__gte=since).values("cell")
    texts = Cell.objects.for_home(home).filter(Q(pk__in=revised) | Q(confirmed_at__gte=since))
    agreed = InterventionEvent.objects.for_home(home).filter(at__gte=since)
    lives = Stay.objects.for_home(home).filter(Q(to_day=None) | Q(to_day__gte=timezone.localdate(since)))
    stays = _named(Stay, lives.values_list("pk", "pk"))
    return Before(
        last,
        sections,
        _acted(home, LEVEL_ACTS, _levels(home, since), since),
        _acted(home, ("situation.changed",), stays, since),
        _acted(home, ("contact.set",), stays, since),
        frozenset(texts.values_list("stay_id", "column", "side")),
        frozenset(agreed.values_list("intervention_id", flat=True)),
        _wrong(home, sections.values()),
        _settled(meeting, since),
    )


def _named(model: type[Model], rows: Iterable[tuple[int, int]]) -> dict[str, int]:
    return {f"{model._meta.label_lower}:{pk}": stay for pk, stay in rows}


def _levels(home: Home, since: datetime) -> dict[str, int]:
    """{what a level's acts are noted on: the stay}"""
    episodes = Episode.objects.for_home(home).filter(Q(closed_on=None) | Q(closed_on__gte=timezone.localdate(since)))
    reviews = AkutReview.objects.for_home(home).filter(at__gte=since)
    named = _named(Episode, episodes.values_list("pk", "stay_id"))
    return named | _named(AkutReview, reviews.values_list("pk", "episode__stay_id"))


def _acted(home: Home, acts: tuple[str, ...], about: dict[str, int], since: datetime) -> frozenset[int]:
    return frozenset(about[key] for key in trail.acted_on(home.scope, acts, about, since))


def _wrong(home: Home, sections: Iterable[MinutesSection]) -> frozenset[Any]:
    contents = [section.content for section in sections]
    cells = {text.get("cell") for content in contents for text in content["texts"]} - {None}
    agreed = {row.get("id") for content in contents for row in content["interventions"]} - {None}
    texts = CellRevision.objects.for_home(home).filter(cell__in=cells, misfiled_at__isnull=False)
    rows = Intervention.objects.for_home(home).filter(pk__in=agreed, state=State.MISFILED)
    return frozenset(texts.values_list("cell_id", "version")) | frozenset(rows.values_list("pk", flat=True))


def _settled(meeting: Meeting, since: datetime) -> frozenset[str]:
    items = AgendaItem.objects.for_home(meeting.home).filter(meeting=meeting, topic__stay=None, topic__isnull=False)
    topics = {trail.subject_key(item.topic): item.topic.text for item in items.select_related("topic") if item.topic}
    done = trail.acted_on(meeting.home.scope, ("topic.settled",), topics, since)
    return frozenset(topics[key] for key in done)
