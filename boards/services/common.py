"""Whom the services let write."""

from datetime import date

from accounts.access import Access
from boards import rules
from boards.models import (
    Pen,
)
from organisation.models import Side
from residents.models import Stay
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import audience_of


def visible_stay(access: Access, stay_id: int, today: date, *, people: bool = False) -> VisibleStay:
    """The stay through the person's eyes, without contact persons. Raises LookupError where it must not be known."""
    stays = visible_stays(access.home, audience_of(access), today, only=stay_id, people=people)
    if not stays or not stays[0].sight.shared:
        raise LookupError("stay")
    return stays[0]


def may_write(access: Access, owner: Side) -> bool:
    """Whether the person may write a text of this side's. One query where it is the other's."""
    return rules.may_write(access.side, owner, holds_pen=False) or holds_pen(access)


def holds_pen(access: Access) -> bool:
    """True for the referent of the home's running meeting."""
    return Pen.objects.filter(home=access.home, user=access.user).exists()


def stay_of(access: Access, stay_id: int) -> Stay:
    """The stay's row itself, for a service that needs it."""
    stay: Stay = Stay.objects.for_home(access.home).select_related("resident", "home").get(pk=stay_id)
    return stay
