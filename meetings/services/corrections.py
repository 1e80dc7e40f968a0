"""A meeting opened again: its new edition says what the one before said, and what was changed while it was open."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from audit import trail
from boards.models import Cell, Episode, InterventionEvent
from meetings.models import Meeting, Minutes, MinutesSection
from residents.models import Stay

# What is said of a resident beside the texts and what is agreed, and the acts that change it.
STANDING = (
    "group",
    "situation",
    "contacts",
    "level",
    "level_label",
    "since",
    "days",
    "criteria",
    "set",
    "review",
    "place",
)
ACTS = (
    "level.opened", "level.changed", "level.closed", "level.reviewed", "level.followed_up", "level.undone",
    "akut.reviewed", "situation.changed", "contact.set",
)  # fmt: skip


@dataclass(frozen=True)
class Before:
    """What the last edition said, {(stay, audience): section}, and what was changed since it was opened again: ids of
    stays, texts and interventions.
    """

    sections: dict[tuple[int, str], MinutesSection] = field(default_factory=dict)
    stays: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, str, str]] = frozenset()
    interventions: frozenset[int] = frozenset()

    def leaves_out(self, stay: int, audience: str) -> bool:
        """Whether the resident, who is not on the agenda, came on the board after the meeting and not by it."""
        return bool(self.sections) and (stay, audience) not in self.sections and stay not in self.stays

    def corrected(self, stay: int, audience: str, now: dict[str, Any]) -> dict[str, Any]:
        """`now`, what would be said today, with what was not changed as it was said before."""
        known = self.sections.get((stay, audience))
        if known is None:
            return now
        said = known.content
        standing = {} if stay in self.stays else {name: said[name] for name in STANDING if name in said}
        return {
            **now,
            **standing,
            "texts": [
                *_merged(
                    said["texts"], now["texts"], lambda text: (stay, text["column"], text["side"]) in self.cells, _place
                )
            ],
            "interventions": [
                *_merged(
                    said["interventions"], now["interventions"], lambda row: row.get("id") in self.interventions, _id
                )
            ],
        }


def _place(text: dict[str, Any]) -> Any:
    return text["column"], text["side"]


def _id(row: dict[str, Any]) -> Any:
    return row.get("id")


def _merged(said: list[Any], now: list[Any], changed: Any, key: Any) -> Iterable[Any]:
    """What was changed as it is now, the rest as it was said, in today's order and then in that of before."""
    before = {key(one): one for one in said}
    for one in now:
        was = before.pop(key(one), None)
        if changed(one):
            yield one
        elif was is not None:
            yield was
    yield from (one for one in before.values() if not changed(one))


def before_of(meeting: Meeting) -> Before:
    """Nothing for a meeting closed the first time. Seven queries for one that was opened again."""
    last = Minutes.objects.for_home(meeting.home).filter(meeting=meeting).order_by("edition").last()
    opened = [at for _, at in trail.moments(("meeting.reopened",), meeting)]
    if last is None or not opened:
        return Before()
    sections = MinutesSection.objects.for_home(meeting.home).filter(minutes=last, stay__isnull=False)
    known = {(row.stay_id or 0, row.audience): row for row in sections}
    return Before(known, *_changed(meeting, opened[-1]))


def _changed(meeting: Meeting, since: datetime) -> tuple[frozenset[int], frozenset[Any], frozenset[int]]:
    home, day = meeting.home, timezone.localdate(since)
    levels = Episode.objects.for_home(home).filter(Q(closed_on=None) | Q(closed_on__gte=day))
    lives = Stay.objects.for_home(home).filter(Q(to_day=None) | Q(to_day__gte=day))
    about = {f"{Episode._meta.label_lower}:{pk}": stay for pk, stay in levels.values_list("pk", "stay_id")}
    about |= {f"{Stay._meta.label_lower}:{pk}": pk for pk in lives.values_list("pk", flat=True)}
    written = Cell.objects.for_home(home).filter(Q(changed_at__gte=since) | Q(confirmed_at__gte=since))
    planned = InterventionEvent.objects.for_home(home).filter(at__gte=since)
    return (
        frozenset(about[key] for key in trail.acted_on(home.scope, ACTS, about, since)),
        frozenset(written.values_list("stay_id", "column", "side")),
        frozenset(planned.values_list("intervention_id", flat=True)),
    )
