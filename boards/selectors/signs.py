"""Early signs that are open, and who has read them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from boards.models import EarlySign, SignRead
from core import weeks
from core.prepared import prepared
from organisation.models import Home, User
from residents.sharing import Sight


@dataclass(frozen=True)
class SignView:
    """An open early sign, and who has read it."""

    id: int
    text: str
    author: str
    when: str
    side: str
    urgency: str
    read_by: list[str]
    read_ids: list[int]


def signs_of(home: Home, sights: dict[int, Sight], ids: list[int], today: date) -> dict[int, list[SignView]]:
    """Each stay's open early signs with their read receipts. Two queries."""
    rows = _open_signs(home.pk, ids)
    shown = [sign for sign in rows if sights[sign.stay_id].covers(sign.side, "signs")]
    readers: dict[int, list[User]] = defaultdict(list)
    for mark in _signs_read(home.pk, [sign.pk for sign in shown]):
        readers[mark.sign_id].append(mark.user)
    views: dict[int, list[SignView]] = defaultdict(list)
    for sign in shown:
        views[sign.stay_id].append(
            SignView(
                id=sign.pk,
                text=sign.text,
                author=sign.by.name,
                when=weeks.when(sign.at, today),
                side=sign.side,
                urgency=sign.urgency,
                read_by=[user.name for user in readers[sign.pk]],
                read_ids=[user.pk for user in readers[sign.pk]],
            )
        )
    return views


@prepared
def _open_signs(home: int, stays: list[int]) -> QuerySet[EarlySign]:
    open_signs: QuerySet[EarlySign] = EarlySign.objects.for_home(home).filter(stay__pk__in=stays, handled_on=None)
    return open_signs.select_related("by").order_by("at")


@prepared
def _signs_read(home: int, signs: list[int]) -> QuerySet[SignRead]:
    receipts: QuerySet[SignRead] = SignRead.objects.for_home(home).filter(sign__pk__in=signs)
    return receipts.select_related("user").order_by("at")
