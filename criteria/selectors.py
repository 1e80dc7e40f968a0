from datetime import date

from django.db.models import Q

from botilbud.organisation.models import Home
from criteria.models import CriterionVersion


def offered(home: Home, region_id: int, today: date) -> list[CriterionVersion]:
    """The criteria a home can choose today, in order: the region's awake ones, then the home's own. One query."""
    return list(
        CriterionVersion.objects.filter(Q(to_day=None) | Q(to_day__gte=today), from_day__lte=today)
        .filter(criterion__organisation=region_id, criterion__awake=True)
        .filter(Q(criterion__home=None) | Q(criterion__home=home, criterion__ends_on__gte=today))
        .select_related("criterion")
        .order_by("criterion__home_id", "criterion__order")
    )


def whole_set(home: Home, region_id: int, today: date) -> list[CriterionVersion]:
    """Every criterion in force, asleep ones too, in order. One query."""
    return list(
        CriterionVersion.objects.filter(Q(to_day=None) | Q(to_day__gte=today), from_day__lte=today)
        .filter(criterion__organisation=region_id)
        .filter(Q(criterion__home=None) | Q(criterion__home=home))
        .select_related("criterion")
        .prefetch_related("approvals__person")
        .order_by("criterion__order")
    )
