"""Days and weeks as Danes say them. Weeks are ISO weeks, Monday first; today is always an argument."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays
from django.utils import timezone

DAYS = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]
SHORT_DAYS = ["man.", "tirs.", "ons.", "tors.", "fre.", "lør.", "søn."]
MONTHS = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
]


@lru_cache(maxsize=8)
def _holidays(year: int) -> frozenset[date]:
    # By law Christmas Eve is not a public holiday, but homes' offices and teams are closed.
    return frozenset(holidays.country_holidays("DK", years=year)) | {date(year, 12, 24)}


def is_working_day(day: date) -> bool:
    """Monday to Friday, and neither a Danish public holiday nor Christmas Eve."""
    return day.weekday() < 5 and day not in _holidays(day.year)


SKIPPED = "Det klokkeslæt findes ikke den nat: uret stilles frem fra 2 til 3. Vælg et andet."


def skipped(day: date, at: time) -> bool:
    """Whether the clocks skip the time on that day: 2.30 on the night summer time begins."""
    zone = timezone.get_current_timezone()
    there = datetime.combine(day, at, tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.time() != at


def add_working_days(day: date, count: int) -> date:
    """The working day that comes `count` working days after the day (0 gives the day itself)."""
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return day


def week_label(day: date) -> str:
    """'uge 47', by the ISO calendar: 1 January 2027 is in 'uge 53'."""
    return f"uge {day.isocalendar().week}"


def week_span(day: date) -> str:
    """'16.–22. november 2026', with both months where the week crosses one."""
    monday = day - timedelta(days=day.weekday())
    sunday = monday + timedelta(days=6)
    if monday.month == sunday.month:
        return f"{monday.day}.–{sunday.day}. {MONTHS[sunday.month - 1]} {sunday.year}"
    start = f"{monday.day}. {MONTHS[monday.month - 1]}"
    if monday.year != sunday.year:
        start += f" {monday.year}"
    return f"{start} – {sunday.day}. {MONTHS[sunday.month - 1]} {sunday.year}"


def long_day(day: date) -> str:
    """'tirsdag 17. november'."""
    return f"{DAYS[day.weekday()]} {day.day}. {MONTHS[day.month - 1]}"


def short_day(day: date) -> str:
    """'17.11.'."""
    return f"{day.day}.{day.month}."


def midnight(day: date) -> datetime:
    """When the day begins in Denmark."""
    return timezone.make_aware(datetime.combine(day, time.min))


def clock(moment: datetime) -> str:
    """'kl. 9.30' in Danish time."""
    local = timezone.localtime(moment)
    return f"kl. {local.hour}.{local.minute:02}"


def time_of_day(at: time | datetime) -> str:
    """'16' or '16.30'."""
    return f"{at.hour}.{at.minute:02}" if at.minute else str(at.hour)


def day_after(day: date, *, every_day: bool) -> date:
    """The next day one is at work: a home works every day of the week, a team on working days."""
    return day + timedelta(days=1) if every_day else add_working_days(day, 1)


def day_before(day: date, *, every_day: bool) -> date:
    """The last day before at which one is at work."""
    before = day - timedelta(days=1)
    while not (every_day or is_working_day(before)):
        before -= timedelta(days=1)
    return before


def due_label(day: date, today: date) -> str:
    """The shortest word for a day near today: 'i dag', 'i morgen', 'tors.' this coming week, else '4.12.'."""
    distance = (day - today).days
    if distance == 0:
        return "i dag"
    if distance == 1:
        return "i morgen"
    if 1 < distance < 7:
        return SHORT_DAYS[day.weekday()]
    return short_day(day)


def lane_day(day: date, today: date) -> str:
    """As due_label, but short, for the place before an intervention: tomorrow is named by its weekday."""
    return SHORT_DAYS[day.weekday()] if (day - today).days == 1 else due_label(day, today)


def when(moment: datetime, today: date) -> str:
    """'i dag kl. 7.50', 'i går kl. 20.10', 'i fredags' within the week, else '4.11.'."""
    day = timezone.localtime(moment).date()
    distance = (today - day).days
    if distance == 0:
        return f"i dag {clock(moment)}"
    if distance == 1:
        return f"i går {clock(moment)}"
    if 1 < distance < 7:
        return f"i {DAYS[day.weekday()]}s"
    return short_day(day)


def days_label(days: int) -> str:
    """'1 dag', '5 dage', and whole years from two on: '2 år'."""
    if days >= 730 and days % 365 == 0:
        return f"{days // 365} år"
    return "1 dag" if days == 1 else f"{days} dage"
