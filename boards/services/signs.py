"""Early signs between meetings: noted, read, and what became of them."""

from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime

from accounts.access import Access
from audit import trail
from boards.models import EarlySign, Outcome, SignRead, Urgency
from boards.services.common import visible_stay
from core.errors import Denied, Repeated
from core.text import blank
from organisation.models import Side
from organisation.services import once

trail.register("sign.noted", "noterede et tidligt tegn", personal=("text",))
trail.register("sign.read", "har set et tidligt tegn")
trail.register("sign.handled", "svarede på et tidligt tegn")
trail.register("sign.reopened", "tog et svar på et tidligt tegn tilbage")


def sign_note(*, access: Access, stay_id: int, text: str, urgency: Urgency, key: str, today: date) -> EarlySign:
    """An early sign: lands on the next agenda. Raises LookupError, Denied (nothing written), Repeated."""
    visible_stay(access, stay_id, today)
    if blank(text):
        raise Denied("Skriv, hvad du har set.", "text")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, stay_id, text, urgency)
        sign = EarlySign(
            stay_id=stay_id, side=access.side, text=text.strip(), urgency=urgency, by=access.user, at=log.at
        )
        sign.insert()
        SignRead(sign=sign, user=access.user).insert()
        log("sign.noted", sign, urgency=urgency, text=text)
    return sign


def sign_of(access: Access, pk: int, today: date) -> EarlySign:
    """The sign, if the person may read it. Raises LookupError."""
    sign: EarlySign | None = (
        EarlySign.objects.for_home(access.home).filter(pk=pk).select_related("by", "stay__resident").first()
    )
    if sign is None:
        raise LookupError("sign")
    stay = visible_stay(access, sign.stay_id, today)
    if not stay.sight.covers(sign.side, "signs"):
        raise LookupError("sign")
    if sign.outcome == Outcome.MISFILED and sign.side != access.side:
        raise LookupError("sign")
    return sign


def sign_read(*, access: Access, pk: int, today: date) -> None:
    """The read receipt: the person has read the sign. A second time changes nothing."""
    sign = sign_of(access, pk, today)
    with suppress(Repeated), trail.change(access.home.scope, by=access.user.pk) as log:
        if SignRead.objects.for_home(access.home).filter(sign=sign, user=access.user).exists():
            raise Repeated
        SignRead(sign=sign, user=access.user).insert()
        log("sign.read", sign)


def sign_handle(*, access: Access, pk: int, outcome: Outcome, today: date) -> EarlySign:
    """What became of the sign: a level, an intervention, 'set, ingen ændring'. Raises Denied when answered before."""
    sign = sign_of(access, pk, today)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        open_now = EarlySign.objects.for_home(access.home).filter(pk=pk, handled_on=None)
        if not open_now.update(handled_on=today, outcome=outcome, handled_by=access.user):
            raise Denied("En anden har allerede svaret på tegnet.")
        log("sign.handled", sign, outcome=outcome)
    return sign


def signs_handle(*, access: Access, stay_id: int, sides: Collection[Side], before: datetime, today: date) -> int:
    """The open signs the meeting could see (those of the sides) have been discussed. Returns how many.

    One that was noted while the resident was shown may have been read by nobody: it stays.
    """
    signs = list(
        EarlySign.objects.for_home(access.home).filter(stay=stay_id, handled_on=None, side__in=sides, at__lte=before)
    )
    if not signs:
        return 0
    with trail.change(access.home.scope, by=access.user.pk) as log:
        EarlySign.objects.for_home(access.home).filter(pk__in=[sign.pk for sign in signs]).update(
            handled_on=today, outcome=Outcome.DISCUSSED, handled_by=access.user
        )
        for sign in signs:
            log("sign.handled", sign, outcome=Outcome.DISCUSSED)
    return len(signs)
