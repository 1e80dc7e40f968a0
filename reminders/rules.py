"""What a person is reminded of on a day. Pure: today is an argument, and nothing here knows of mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from botilbud.lib import weeks

SEND_FROM = time(7, 0)


@dataclass(frozen=True)
class Due:
    """One reminder: to whom, of what, for which day, to be sent on `on`."""

    recipient: int
    kind: str
    subject: str
    due: date
    on: date


@dataclass(frozen=True)
class Task:
    """An open intervention with an owner and a day."""

    id: int
    owner: int
    due_on: date


@dataclass(frozen=True)
class Review:
    """A resident on the board, when they are to be discussed again, and who answers for it on each side."""

    episode: int
    review_by: date
    people: tuple[int, ...]


@dataclass(frozen=True)
class Alarm:
    """A resident who became akut on the day, and those who should see it and have not."""

    change: int
    day: date
    people: tuple[int, ...]


def before(day: date) -> date:
    """The last working day before the day."""
    candidate = date.fromordinal(day.toordinal() - 1)
    while not weeks.is_working_day(candidate):
        candidate = date.fromordinal(candidate.toordinal() - 1)
    return candidate


def due(day: date, *, tasks: Iterable[Task], reviews: Iterable[Review], alarms: Iterable[Alarm]) -> list[Due]:
    """Every reminder that belongs to the day: the working day before a task's day, on it, and the working day after."""
    found: list[Due] = []
    for task in tasks:
        subject = f"intervention:{task.id}"
        after = weeks.add_working_days(task.due_on, 1)
        for kind, on in (("before", before(task.due_on)), ("on", task.due_on), ("after", after)):
            if on == day:
                found.append(Due(task.owner, kind, subject, task.due_on, on))
    for review in reviews:
        for person in review.people:
            if before(review.review_by) == day:
                found.append(Due(person, "review", f"episode:{review.episode}", review.review_by, day))
    for alarm in alarms:
        if alarm.day == day:
            found.extend(Due(person, "akut", f"change:{alarm.change}", alarm.day, day) for person in alarm.people)
    return found


def may_send(now: datetime) -> bool:
    """Digests go out on working days from 7 in the morning."""
    local = timezone.localtime(now)
    return weeks.is_working_day(local.date()) and local.time() >= SEND_FROM
