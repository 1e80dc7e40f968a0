"""Who outside the two teams is talked to about a resident, and whether that may be without the resident there.

That is agreed with the resident and stands with each. The list is both sides', and rests on the home's basis.
"""

from dataclasses import dataclass
from datetime import date
from typing import Self

from audit import trail
from core.errors import Denied
from core.text import blank
from organisation.models import Home, User
from organisation.services import once
from residents.models import Agreed, Partner, PartnerKind

trail.register("partner.added", "skrev en samarbejdspartner på", personal=("name",))
trail.register("partner.agreed", "noterede, hvad beboeren har aftalt om en samarbejdspartner")
trail.register("partner.ended", "tog en samarbejdspartner af listen")


@dataclass(frozen=True)
class Agreement:
    """Whether a partner may be talked to without the resident there; how and when that was agreed, where it was."""

    agreed: str
    agreed_how: str = ""
    agreed_on: date | None = None

    @classmethod
    def of(cls, partner: Partner) -> Self:
        """As it stands."""
        return cls(str(partner.without_resident), str(partner.agreed_how), partner.agreed_on)


def partners_of(home: Home, stay_id: int) -> list[Partner]:
    """Those on the resident's list today, in the order they were written. One query."""
    rows = Partner.objects.for_home(home).filter(stay=stay_id, ended_on=None)
    return list(rows.select_related("recorded_by").order_by("pk"))


def _check_agreement(new: Agreement, today: date) -> None:
    if new.agreed == Agreed.UNASKED:
        return
    if not new.agreed_how:
        raise Denied("Vælg, hvordan det er aftalt.", "agreed_how")
    if new.agreed_on is None:
        raise Denied("Vælg, hvornår det er aftalt.", "agreed_on")
    if new.agreed_on > today:
        raise Denied("Dagen ligger frem i tiden.", "agreed_on")


def partner_add(
    *, home: Home, stay_id: int, name: str, kind: PartnerKind, new: Agreement, key: str, by: User, today: date
) -> Partner:
    """Puts somebody on the list. Raises Denied (no name, on the list already, an agreement without how or when),
    Repeated for a double click."""
    if blank(name):
        raise Denied("Skriv, hvem det er.", "name")
    _check_agreement(new, today)
    with trail.change(home.scope, by=by.pk) as log:
        once(by, key, stay_id, name, kind)
        if any(partner.name.casefold() == name.strip().casefold() for partner in partners_of(home, stay_id)):
            raise Denied("Står allerede på listen. Ret aftalen dér.", "name")
        partner = Partner(stay_id=stay_id, name=name.strip(), kind=kind, recorded_by=by, recorded_on=today)
        _agree(partner, new)
        partner.insert()
        log("partner.added", partner, name=partner.name, agreed=new.agreed)
    return partner


def partner_agree(*, home: Home, stay_id: int, pk: int, new: Agreement, by: User, today: date) -> Partner:
    """What the resident has agreed to now. Raises LookupError, Denied (without how or when)."""
    _check_agreement(new, today)
    with trail.change(home.scope, by=by.pk) as log:
        partner = _listed(home, stay_id, pk)
        before = partner.without_resident
        _agree(partner, new)
        partner.recorded_by, partner.recorded_on = by, today
        partner.full_clean()
        partner.save()
        log("partner.agreed", partner, before=before, after=new.agreed)
    return partner


def partner_end(*, home: Home, stay_id: int, pk: int, by: User, today: date) -> None:
    """Off the list; what was agreed with them stands. Raises LookupError for one who is not on it."""
    with trail.change(home.scope, by=by.pk) as log:
        partner = _listed(home, stay_id, pk)
        partner.ended_on = today
        partner.save(update_fields=["ended_on"])
        log("partner.ended", partner)


def _agree(partner: Partner, new: Agreement) -> None:
    partner.without_resident = new.agreed
    asked = new.agreed != Agreed.UNASKED
    partner.agreed_how, partner.agreed_on = (new.agreed_how, new.agreed_on) if asked else ("", None)


def _listed(home: Home, stay_id: int, pk: int) -> Partner:
    partner: Partner | None = Partner.objects.for_home(home).filter(stay=stay_id, pk=pk, ended_on=None).first()
    if partner is None:
        raise LookupError("partner")
    return partner
