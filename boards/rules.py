"""Decisions of the board. Pure: today and now are arguments."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from boards.models import Episode, EpisodeCriterion, State, Track
from core import weeks
from core.errors import Denied
from core.text import blank
from criteria.models import Level
from organisation.models import Side
from residents.models import Agreed, Partner

RANK = {Level.NONE: 0, Level.SUBAKUT: 1, Level.AKUT: 2}


def may_write(viewer: Side, owner: Side, *, holds_pen: bool) -> bool:
    """A side writes its own and the joint texts; the referent writes for both while the meeting runs."""
    return owner in (viewer, Side.JOINT) or holds_pen


def written_for(viewer: Side, owner: Side) -> str:
    """The side a referent wrote for, '' where the writer stands on that side."""
    return owner if owner in (Side.HOME, Side.TEAM) and owner != viewer else ""


def is_stale(changed: datetime, confirmed: datetime | None, days: int, today: date) -> int | None:
    """The age in days of a text older than its column allows, counted from its last confirmation; None if fresh."""
    last = timezone.localtime(max(changed, confirmed) if confirmed else changed).date()
    age = (today - last).days
    return age if age > days else None


def is_new(changed: datetime, today: date, met: datetime | None = None) -> bool:
    """Changed since the last meeting closed; today or yesterday where none has been held."""
    if met is not None:
        return changed > met
    return (today - timezone.localtime(changed).date()).days <= 1


def check_due(due: date | None, today: date) -> None:
    """Raises Denied for a day that has passed or lies more than a year ahead."""
    if due is None:
        return
    if due < today:
        raise Denied("Dagen er gået. Vælg i dag eller en senere dag.", "due_on")
    if due > today + timedelta(days=366):
        raise Denied("Dagen ligger mere end et år frem. Er årstallet rigtigt?", "due_on")


def check_time(due: date | None, at: time | None) -> None:
    """Raises Denied for a time the clocks skip that day."""
    if due is not None and at is not None and weeks.skipped(due, at):
        raise Denied(weeks.SKIPPED, "due_time")


def check_review(review: date, proposed: date | None, today: date) -> None:
    """A resident may be discussed earlier than the criteria ask, not later."""
    if review < today:
        raise Denied("Dagen er gået. Vælg i dag eller en senere dag.", "review_by")
    if proposed is not None and review > proposed:
        raise Denied(
            f"Kriteriet siger senest {weeks.long_day(proposed)}. Vælg den dag eller en tidligere.", "review_by"
        )


def check_settle(state: State, new: State, why: str) -> None:
    """Only a planned intervention can be settled, and all but 'udført' says why."""
    if new not in (State.DONE, State.NOT_DONE, State.DROPPED):
        raise Denied("Vælg, hvordan indsatsen er endt.")
    if state != State.PLANNED:
        raise Denied(f"Indsatsen står allerede som »{State(state).label.lower()}«.")
    if new in (State.NOT_DONE, State.DROPPED) and blank(why):
        raise Denied("Skriv kort hvorfor.", "why")
    if len(why.strip()) > 200:
        raise Denied(f"Grunden fylder {len(why.strip())} tegn. Der er plads til 200.", "why")


def state_on(state: str, daily: bool, settled_on: date | None, why: str, today: date) -> State:
    """The state as it stands today: a daily intervention ticked off today is settled until tomorrow."""
    if daily and state == State.PLANNED and settled_on == today:
        return State.NOT_DONE if why else State.DONE
    return State(state)


# So many working days ahead somebody of a team is looked for.
LOOKED_FOR = 15


def team_sees(
    opens: time, closes: time, now: datetime, there: Callable[[date], bool] = lambda day: True
) -> tuple[datetime | None, str]:
    """The moment the team will see it, and when: 'nu' within its hours on a working day, else 'mandag kl. 8'.

    On a day somebody of it is `there`; None and 'først, når nogen er tilbage' where nobody is within three weeks.
    """
    local = timezone.localtime(now)
    today = local.date()
    days = [today, *(weeks.add_working_days(today, count) for count in range(1, LOOKED_FOR + 1))]
    open_on = [day for day in days if weeks.is_working_day(day) and there(day)]
    if today in open_on and opens <= local.time() < closes:
        return now, "nu"
    coming = next((day for day in open_on if day > today or local.time() < opens), None)
    if coming is None:
        return None, "først, når nogen er tilbage"
    hour = f"kl. {weeks.time_of_day(opens)}"
    if coming == today:
        return timezone.make_aware(datetime.combine(coming, opens)), f"i dag {hour}"
    name = weeks.DAYS[coming.weekday()] if (coming - today).days < 7 else weeks.long_day(coming)
    return timezone.make_aware(datetime.combine(coming, opens)), f"{name} {hour}"


def standing(episode: Episode, links: Iterable[EpisodeCriterion]) -> dict[str, Any]:
    """An episode as it stands, for taking a change of it back."""
    return {
        "level": episode.level,
        "level_since": episode.level_since.isoformat(),
        "review_by": episode.review_by.isoformat(),
        "reviewed_on": episode.reviewed_on.isoformat() if episode.reviewed_on else None,
        "criteria": [
            [
                link.version_id,
                link.text,
                link.from_day.isoformat(),
                link.deadline.isoformat() if link.deadline else None,
            ]
            for link in links
        ],
    }


def still_standing(steps: Iterable[tuple[int, int | None]]) -> list[int]:
    """The steps nobody has taken back, oldest first; each is (number, the number of the step it takes back or None)."""
    standing: list[int] = []
    for number, undoes in steps:
        if undoes is None:
            standing.append(number)
        elif undoes in standing:
            del standing[standing.index(undoes) :]
    return standing


def follow_up_day(closed: date, days: int) -> date:
    """The day a resident who came off is discussed once more."""
    return closed + timedelta(days=days)


def lanes(track: str, joint: bool) -> tuple[Track, ...]:
    """The columns an intervention stands in: a joint visit in both sides' lanes."""
    if joint and track != Track.COORDINATION:
        return (Track.SOCIAL, Track.PSYCHIATRIC)
    return (Track(track),)


def agreed(partner: Partner | None, with_whom: str) -> bool:
    """Whether nobody outside is talked to, or somebody the resident has said yes to, without the resident there."""
    return not with_whom if partner is None else partner.without_resident == Agreed.YES
