"""Who is away, until when, and who stands in."""

from collections.abc import Collection
from datetime import date

from core.period import holds
from organisation.models import Absence


def away(people: Collection[int], day: date) -> dict[int, Absence]:
    """{person: the absence with its deputy} of those who are away on the day. One query, none for nobody."""
    if not people:
        return {}
    rows = Absence.objects.filter(holds(day), user__in=people).select_related("deputy").order_by("pk")
    return {absence.user_id: absence for absence in rows}
