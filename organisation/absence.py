"""Who is away, until when, and who stands in."""

from collections.abc import Collection
from datetime import date, timedelta

from core.period import holds
from organisation.models import Absence

# How long ahead one agrees on a day.
AHEAD = 30


def away(people: Collection[int], day: date) -> dict[int, Absence]:
    """{person: the absence with its deputy} of those who are away on the day. One query, none for nobody."""
    if not people:
        return {}
    rows = Absence.objects.filter(holds(day), user__in=people).select_related("deputy").order_by("pk")
    return {absence.user_id: absence for absence in rows}


def away_soon(people: Collection[int], day: date) -> dict[int, Absence]:
    """{person: the next absence with its deputy} of those who are away on the day or within a month. One query."""
    if not people:
        return {}
    rows = Absence.objects.filter(user__in=people, to_day__gte=day, from_day__lte=day + timedelta(days=AHEAD))
    return {absence.user_id: absence for absence in rows.select_related("deputy").order_by("-from_day", "-pk")}
