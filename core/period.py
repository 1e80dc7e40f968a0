"""From–to, both days counted in."""

from datetime import date

from django.db.models import Q


def holds(day: date, at: str = "") -> Q:
    """What is in force on the day: begun, and not ended before it. `at` is the way to `from_day` ('teamlink__')."""
    return Q(**{f"{at}from_day__lte": day}) & (Q(**{f"{at}to_day": None}) | Q(**{f"{at}to_day__gte": day}))
