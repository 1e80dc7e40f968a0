"""Decisions of the meeting. Pure: today is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from boards.selectors import InterventionView, Row
from botilbud.lib import weeks
from botilbud.lib.text import danish_key
from botilbud.organisation.services import Denied
from criteria.models import Level
from meetings.models import AgendaItem, HolidayRule, Meeting

Kind = AgendaItem.Kind
ORDER = [Kind.AKUT, Kind.SUBAKUT, Kind.ADMITTED, Kind.FOLLOW_UP, Kind.SIGN, Kind.ROTATION, Kind.TOPIC]
ROTATION_A_MEETING = 2


@dataclass(frozen=True)
class Entry:
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
    rotation_weeks: int,
) -> list[Entry]:
    """The agenda of the meeting on the day, in the domain's order (§ 6).

    `rows` are the residents both sides may see, on the board and off; `missed` the stays 'ikke nået' last time, who
    come first in their group. Nobody stands twice.
    """
    found: list[tuple[Kind, tuple[bool, date, str], Entry]] = []
    resting: list[Row] = []
    for row in rows:
        if not row.stay.sight.shared:
            continue
        kind = _kind(row, day)
        if kind is None:
            resting.append(row)
            continue
        due = (row.level.review_by or row.level.follow_up_on or date.max) if row.level else date.max
        found.append((kind, (row.id not in missed, due, danish_key(row.stay.name)), Entry(kind, stay=row.id)))
    for row in resting:
        if row.id in missed:
            found.append((Kind.ROTATION, (False, date.min, row.stay.name), Entry(Kind.ROTATION, stay=row.id)))
    waiting = [
        row for row in resting if row.id not in missed and _long_ago(row.stay.last_discussed, day, rotation_weeks)
    ]
    waiting.sort(key=lambda row: (row.stay.last_discussed or date.min, row.stay.name))
    for row in waiting[:ROTATION_A_MEETING]:
        found.append(
            (
                Kind.ROTATION,
                (True, row.stay.last_discussed or date.min, row.stay.name),
                Entry(Kind.ROTATION, stay=row.id),
            )
        )
    found.sort(key=lambda line: (ORDER.index(line[0]), line[1]))
    return [entry for _, _, entry in found] + [Entry(Kind.TOPIC, topic=topic) for topic in topics]


def _kind(row: Row, day: date) -> Kind | None:
    if row.level and row.level.level == Level.AKUT:
        return Kind.AKUT
    if row.level and row.level.level == Level.SUBAKUT:
        return Kind.SUBAKUT
    if row.group == "indlagt":
        return Kind.ADMITTED
    if row.level and row.level.follow_up_on and row.level.follow_up_on <= day:
        return Kind.FOLLOW_UP
    if row.signs:
        return Kind.SIGN
    return None


def _long_ago(last: date | None, day: date, rotation_weeks: int) -> bool:
    return last is None or (day - last) >= timedelta(weeks=rotation_weeks)


def next_date(weekday: int, after: date, holiday_rule: str) -> date:
    """The first meeting day after the day. A holiday moves it to the next working day, or skips that week."""
    day = after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)
    while not weeks.is_working_day(day):
        if holiday_rule == HolidayRule.NEXT:
            return weeks.add_working_days(day, 1)
        day += timedelta(days=7)
    return day


def check_open(state: str) -> None:
    """Raises Denied when the meeting is closed."""
    if state == Meeting.State.CLOSED:
        raise Denied("Mødet er afsluttet. Genåbn det for at rette i det.")


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
    if missing and len(why.strip()) < 5:
        noun = "indsats mangler" if missing == 1 else "indsatser mangler"
        raise Denied(f"{missing} {noun} ansvarlig eller dag. Udfyld, eller skriv hvorfor I afslutter alligevel.", "why")


def may_reopen(*, is_chair_or_referent: bool, is_leader: bool, closed_on: date, today: date, why: str) -> None:
    """Chair or referent the same day; after that a leader, with a reason. Raises Denied."""
    check_why(why)
    if is_chair_or_referent and closed_on == today:
        return
    if not is_leader:
        raise Denied("Mødelederen og referenten kan rette indtil midnat. Derefter skal en leder genåbne mødet.")
    if not why.strip():
        raise Denied("Skriv, hvorfor mødet genåbnes.", "why")


def budget_seconds(kind: str, minutes: dict[str, int]) -> int:
    """How long an item is given: akut 10, subakut 4, others 1 minute (settings)."""
    return 60 * minutes.get(kind, minutes["other"])
