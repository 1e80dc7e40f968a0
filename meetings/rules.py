"""Decisions of the meeting. Pure: today is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from boards.selectors import InterventionView, LevelView, Row
from core import weeks
from core.errors import Denied
from core.text import blank, danish_key
from criteria.models import Level
from meetings.models import AgendaItem, HolidayRule, Meeting
from organisation.region import Rules
from residents.texts import COLUMNS

Kind = AgendaItem.Kind
ORDER = [
    Kind.AKUT, Kind.SUBAKUT, Kind.ADMITTED, Kind.DISCHARGED, Kind.FOLLOW_UP, Kind.SIGN, Kind.ROTATION, Kind.TOPIC,
]  # fmt: skip
ROTATION_A_MEETING = 2
DAYS_AHEAD = 60
PAPER_DAYS = 30
NOT_HELD_AFTER_DAYS = 3
ALONE = "Beboeren er stadig med. Afslut det først."
AWAKE_HOURS = 2
LEFT_HOURS = 6
# Whoever is shown for less, with nothing written, was not discussed (docs/decisions/0031).
DISCUSSED_SECONDS = 15
NOT_HELD = "Mødet blev ikke holdt"
BY_MISTAKE = "Startet ved en fejl"
HOLIDAY = "Helligdag. Mødet holdes ikke"
SERIES_CHANGED = "Vi har fået en ny fast mødetid"


@dataclass(frozen=True)
class AgendaEntry:
    """One line of an agenda that builds itself: a resident or a parked topic."""

    kind: Kind
    stay: int | None = None
    topic: int | None = None


def agenda(
    rows: Iterable[Row],
    *,
    topics: Iterable[int],
    missed: set[int],
    day: date,
    following: date,
    rotation_weeks: int,
) -> list[AgendaEntry]:
    """The agenda of the meeting on the day, in the order the domain asks for (§ 6).

    `following` is the day of the fixed meeting after it. `rows` are the residents both sides may see, on the board and
    off. `missed` are the stays that were 'ikke nået' last time; they come first in their group. Nobody stands twice.
    """
    ranked: list[tuple[Kind, tuple[bool, date, str], AgendaEntry]] = []
    resting: list[Row] = []
    for row in rows:
        if not row.stay.sight.shared:
            continue
        kind = _kind(row, day, following)
        if kind is None:
            resting.append(row)
            continue
        due = (row.level.review_by or row.level.follow_up_on or date.max) if row.level else date.max
        ranked.append((kind, (row.id not in missed, due, danish_key(row.stay.name)), AgendaEntry(kind, stay=row.id)))
    for row in resting:
        if row.id in missed:
            ranked.append((Kind.ROTATION, (False, date.min, row.stay.name), AgendaEntry(Kind.ROTATION, stay=row.id)))
    waiting = [
        row for row in resting if row.id not in missed and _long_ago(row.stay.last_discussed, day, rotation_weeks)
    ]
    waiting.sort(key=lambda row: (row.stay.last_discussed or date.min, row.stay.name))
    # Two a meeting, and as many as it takes for each to come within the weeks promised.
    for row in waiting[: max(ROTATION_A_MEETING, ceil(len(resting) / rotation_weeks))]:
        ranked.append(
            (
                Kind.ROTATION,
                (True, row.stay.last_discussed or date.min, row.stay.name),
                AgendaEntry(Kind.ROTATION, stay=row.id),
            )
        )
    ranked.sort(key=lambda line: (ORDER.index(line[0]), line[1]))
    return [entry for _, _, entry in ranked] + [AgendaEntry(Kind.TOPIC, topic=topic) for topic in topics]


def _kind(row: Row, day: date, following: date) -> Kind | None:
    if row.level and row.level.level == Level.AKUT:
        return Kind.AKUT
    if row.level and row.level.level == Level.SUBAKUT:
        return Kind.SUBAKUT
    if row.group == "indlagt":
        return Kind.ADMITTED
    if row.stay.discharge_open:
        return Kind.DISCHARGED
    if row.level and row.level.follow_up_on and _nearest(row.level, row.level.follow_up_on, day, following):
        return Kind.FOLLOW_UP
    if row.signs:
        return Kind.SIGN
    return None


def _nearest(level: LevelView, due: date, day: date, following: date) -> bool:
    """Whether the meeting on the day is the one for a follow-up: no later meeting lies nearer to the day it is due.

    Never the meeting the resident came off at.
    """
    return due <= day or (level.since < day and due - day < following - due)


def _long_ago(last: date | None, day: date, rotation_weeks: int) -> bool:
    return last is None or (day - last) >= timedelta(weeks=rotation_weeks)


def next_date(weekday: int, after: date, holiday_rule: str) -> date:
    """The first meeting day after the day. A holiday moves it to the next working day, or skips that week."""
    # Begins with the week before: a holiday may have moved its meeting past the day.
    day = after - timedelta(days=(after.weekday() - weekday) % 7)
    while True:
        held = _held_on(day, holiday_rule)
        if held is not None and held > after:
            return held
        day += timedelta(days=7)


def _held_on(day: date, holiday_rule: str) -> date | None:
    """Where the meeting of the fixed day is held. None on a holiday that skips it, or that would move it into the week
    of the next one: two meetings in a week are one too many."""
    if weeks.is_working_day(day):
        return day
    moved, following = _moved(day), _moved(day + timedelta(days=7))
    same_week = moved.isocalendar()[:2] == following.isocalendar()[:2]
    return moved if holiday_rule == HolidayRule.NEXT and not same_week else None


def _moved(day: date) -> date:
    return day if weeks.is_working_day(day) else weeks.add_working_days(day, 1)


def called_off(weekday: int, after: date, upto: date, holiday_rule: str) -> list[date]:
    """The fixed days between the two on which no meeting is held because of a holiday."""
    days = [after + timedelta(days=number) for number in range(1, (upto - after).days)]
    return [day for day in days if day.weekday() == weekday and _held_on(day, holiday_rule) is None]


def changed_date(weekday: int, standing: date, today: date, holiday_rule: str) -> date:
    """Where a planned meeting goes when the series changes its weekday: within its own week, or else from today on."""
    monday = standing - timedelta(days=standing.weekday())
    return next_date(weekday, max(monday, today) - timedelta(days=1), holiday_rule)


def check_why_given(why: str, what: str) -> None:
    """A cancelled, moved or extra meeting says why. Raises Denied."""
    if blank(why):
        raise Denied(f"Skriv, hvorfor {what}.", "why")
    check_why(why)


def check_when(day: date, at: time, now: datetime) -> None:
    """A meeting lies ahead, at most 60 days. `now` is Danish wall time. Raises Denied."""
    if day < now.date():
        raise Denied("Dagen er gået. Vælg en dag fra i dag og frem.", "day")
    if day > now.date() + timedelta(days=DAYS_AHEAD):
        raise Denied(f"Vælg en dag inden for {DAYS_AHEAD} dage.", "day")
    if day == now.date() and at < now.time().replace(second=0, microsecond=0):
        raise Denied("Tidspunktet er gået. Vælg et senere.", "time")
    if weeks.skipped(day, at):
        raise Denied(weeks.SKIPPED, "time")


def check_minutes(minutes: int) -> None:
    """A meeting is planned to last from 5 minutes to 4 hours. Raises Denied."""
    if not 5 <= minutes <= 240:
        raise Denied("Skriv et antal minutter fra 5 til 240.", "minutes")


def check_waiting(state: str, act: str) -> None:
    """Only a meeting that has not begun is cancelled or moved. `act` is 'aflyses' or 'flyttes'. Raises Denied."""
    if state == Meeting.State.RUNNING:
        raise Denied(f"Mødet er i gang og kan ikke {act}.")
    if state == Meeting.State.CLOSED:
        raise Denied(f"Mødet er afsluttet og kan ikke {act}.")
    if state == Meeting.State.CANCELLED:
        raise Denied("Mødet er allerede aflyst.")


def check_paper_times(day: date, began: time, ended: time, now: datetime) -> None:
    """A meeting held on paper ended after it began, and lies within the last 30 days. Raises Denied."""
    if day > now.date():
        raise Denied("Dagen er ikke kommet endnu.", "day")
    if day < now.date() - timedelta(days=PAPER_DAYS):
        raise Denied(f"Et møde kan indtastes i {PAPER_DAYS} dage. Vælg en senere dag.", "day")
    if ended <= began:
        raise Denied("Mødet skal slutte, efter at det begyndte.", "ended")
    if day == now.date() and ended > now.time():
        raise Denied("Mødet er ikke slut endnu.", "ended")


def moment_of(began: datetime, at: time, now: datetime) -> datetime:
    """When a time of day was at a meeting, in Danish wall time: after midnight where the meeting went on so long."""
    next_day = now.date() > began.date() and at < began.time()
    return datetime.combine(began.date() + timedelta(days=next_day), at)


def check_not_ahead(at: datetime, now: datetime) -> None:
    """Nobody came or left in the future. Both are Danish wall time. Raises Denied."""
    if at > now:
        raise Denied("Tidspunktet er ikke kommet endnu.", "at")


def guest_name(name: str, title: str, organisation: str) -> str:
    """'Bo Holm, læge, Lægehuset': somebody without an account. Raises Denied when it is too long."""
    joined = ", ".join(" ".join(part.split()) for part in (name, title, organisation) if not blank(part))
    if len(joined) > 60:
        raise Denied(f"Navn, titel og arbejdssted fylder {len(joined)} tegn. Der er plads til 60.", "name")
    return joined


def check_guest(said: str, people: Iterable[str]) -> None:
    """Raises Denied for a guest who reads as one of the people's own names: who was there must be told apart."""
    if said.casefold() in {name.casefold() for name in people}:
        raise Denied(f"{said} står allerede på listen. Er gæsten en anden, så skriv også titel eller sted.", "name")


def column_of(text: dict[str, Any]) -> str:
    """The column a text of locked minutes stood in, found by its title where the key was not kept; '' for neither."""
    titles = {column.title: column.key for column in COLUMNS.values()}
    return str(text.get("column") or titles.get(text["title"], ""))


def used_minutes(started: datetime | None, closed: datetime | None) -> int | None:
    """How long the meeting lasted, in whole minutes; None when it has not been held."""
    if started is None or closed is None:
        return None
    # By timestamps. Subtracting two moments in Danish time would be wrong by an hour when summer time begins or ends.
    return max(0, round((closed.timestamp() - started.timestamp()) / 60))


def kind_label(kind: Kind, region_rules: Rules) -> str:
    """The name of a group of the agenda, in the region's own words where it is a level."""
    return region_rules.level(kind) if kind in (Kind.AKUT, Kind.SUBAKUT) else str(kind.label)


def kind_of(row: Row, day: date, following: date) -> Kind:
    """The group a resident belongs to at the meeting on the day, the fixed one after it; on rotation when no other."""
    return _kind(row, day, following) or Kind.ROTATION


def check_open(state: str) -> None:
    """Raises Denied when the meeting is closed or cancelled."""
    if state == Meeting.State.CLOSED:
        raise Denied("Mødet er afsluttet. Genåbn det for at rette i det.")
    if state == Meeting.State.CANCELLED:
        raise Denied("Mødet er aflyst. Fortryd aflysningen for at holde det.")


def check_running(state: str) -> None:
    """Raises Denied unless the meeting runs."""
    check_open(state)
    if state != Meeting.State.RUNNING:
        raise Denied("Mødet er ikke begyndt.")


def gaps(lanes: Iterable[InterventionView]) -> list[InterventionView]:
    """The planned interventions without an owner or a day."""
    return [item for item in lanes if item.missing_owner or item.missing_day]


def check_why(why: str) -> None:
    """Raises Denied for a reason longer than there is room for."""
    if len(why.strip()) > 200:
        raise Denied(f"Grunden fylder {len(why.strip())} tegn. Der er plads til 200.", "why")


def check_close(missing: int, why: str) -> None:
    """A meeting closes over a gap only with a typed reason."""
    check_why(why)
    if missing and (blank(why) or len(why.strip()) < 5):
        noun = "indsats mangler" if missing == 1 else "indsatser mangler"
        raise Denied(f"{missing} {noun} ansvarlig eller dag. Udfyld, eller skriv hvorfor I afslutter alligevel.", "why")


def may_reopen(*, is_chair_or_referent: bool, is_leader: bool, closed_on: date, today: date, why: str) -> None:
    """Chair or referent the same day; after that a leader, with a reason. Raises Denied."""
    check_why(why)
    if is_chair_or_referent and closed_on == today:
        return
    if not is_leader:
        raise Denied("Mødelederen og referenten kan rette indtil midnat. Derefter skal en leder genåbne mødet.")
    if blank(why):
        raise Denied("Skriv, hvorfor mødet genåbnes.", "why")


def passed_over(seconds: int, *, acted: bool) -> bool:
    """Whether an item was only shown on the way to another: for some seconds, and nothing was written or pressed."""
    return seconds < DISCUSSED_SECONDS and not acted


def forgotten(last_act: datetime, now: datetime) -> bool:
    """Whether a meeting that still runs after its day was left: nobody has done anything in it for hours.

    One that goes past midnight with people in it is not ended under their hands.
    """
    return now - last_act >= timedelta(hours=LEFT_HOURS)


def budget_seconds(kind: str, minutes: dict[str, int]) -> int:
    """How long an item is given: akut 10, subakut 4, others 1 minute (settings)."""
    return 60 * minutes.get(kind, minutes["other"])


def awake(state: str, started_at: datetime | None, *, present: bool, left: bool, now: datetime) -> bool:
    """Whether a meeting keeps the screen of somebody there from locking: while it runs, two hours at most."""
    if state != Meeting.State.RUNNING or started_at is None:
        return False
    return present and not left and now < started_at + timedelta(hours=AWAKE_HOURS)
