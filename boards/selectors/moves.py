"""Where former residents moved to."""

from organisation.models import Home
from residents.models import Stay, StayEnd
from residents.selectors import no_later_stay


def moves_open(home: Home) -> dict[int, str]:
    """The former stays that ended with a move and whose resident nobody has taken in since: {stay id: the home moved
    to, '' for none}. One query."""
    rows = Stay.objects.for_home(home).filter(no_later_stay(), end__in=[StayEnd.MOVED, StayEnd.OTHER_HOME])
    return {pk: name or "" for pk, name in rows.values_list("pk", "moved_to__name")}


def moved_stay(home: Home, stay_id: int) -> Stay:
    """A former stay that ended with a move. Raises LookupError for any other."""
    rows = Stay.objects.for_home(home).filter(pk=stay_id, end__in=[StayEnd.MOVED, StayEnd.OTHER_HOME])
    stay: Stay | None = rows.select_related("resident").first()
    if stay is None:
        raise LookupError("move")
    return stay
