"""Changes of who lives here, who knows them and what may be shared."""

from datetime import date

from botilbud.audit import trail
from botilbud.lib.text import search_form
from botilbud.organisation.models import Home, Side, Team, User
from botilbud.organisation.services import Denied
from residents.models import BasisKind, Contact, Resident, SharingBasis, Situation, Stay, TeamLink

trail.register("stay.began", "registrerede, at en beboer flyttede ind", personal=("name",))
trail.register("team.linked", "knyttede beboeren til teamet")
trail.register("contact.set", "satte kontaktperson")
trail.register("basis.recorded", "registrerede et delingsgrundlag", personal=("covers",))
trail.register("basis.withdrawn", "registrerede, at delingen er trukket tilbage")
trail.register("situation.changed", "ændrede beboerens situation")


def stay_begin(*, home: Home, name: str, flat: str, from_day: date, by: User) -> Stay:
    """A resident moves in. Raises ValidationError when the flat is taken."""
    with trail.change(home.scope, by=by.pk) as log:
        resident = Resident(name=name, search=search_form(name))
        resident.insert()
        stay = Stay(resident=resident, home=home, flat=flat, from_day=from_day)
        stay.insert()
        log("stay.began", stay, name=name)
    return stay


def team_link(*, stay: Stay, team: Team, from_day: date, by: User) -> TeamLink:
    """The team begins to treat the resident."""
    with trail.change(stay.home.scope, by=by.pk) as log:
        link = TeamLink(stay=stay, team=team, from_day=from_day)
        link.insert()
        log("team.linked", stay, team=team.pk)
    return link


def contact_set(*, stay: Stay, side: Side, person: User, deputy: User | None, by: User) -> Contact:
    """Names the side's contact person and their deputy."""
    with trail.change(stay.home.scope, by=by.pk) as log:
        contact = Contact.objects.for_home(stay.home).filter(stay=stay, side=side).first() or Contact(
            stay=stay, side=side
        )
        contact.person, contact.deputy = person, deputy
        contact.full_clean()
        contact.save()
        log("contact.set", stay, side=side, person=person.pk, deputy=deputy.pk if deputy else None)
    return contact


def basis_record(
    *,
    stay: Stay,
    side: Side,
    acting_side: Side,
    kind: BasisKind,
    covers: str,
    given_by: str,
    from_day: date,
    to_day: date | None,
    by: User,
) -> SharingBasis:
    """Records why the side may pass on what it knows. Raises Denied when the other side tries."""
    if side != acting_side:
        raise Denied("Kun den side, der deler, kan registrere grundlaget.")
    if to_day is not None and to_day < from_day:
        raise Denied("Slutdatoen ligger før startdatoen.", "to_day")
    with trail.change(stay.home.scope, by=by.pk) as log:
        basis = SharingBasis(
            stay=stay,
            from_side=side,
            kind=kind,
            covers=covers,
            given_by=given_by,
            recorded_by=by,
            from_day=from_day,
            to_day=to_day,
        )
        basis.insert()
        log("basis.recorded", basis, side=side, kind=kind, covers=covers)
    return basis


def basis_withdraw(*, home: Home, stay_id: int, acting_side: Side, by: User) -> int:
    """Ends the side's bases for the stay at once. Returns how many. Raises Denied where there was none."""
    with trail.change(home.scope, by=by.pk) as log:
        active = SharingBasis.objects.for_home(home).filter(stay_id=stay_id, from_side=acting_side, withdrawn_at=None)
        bases = list(active)
        if not bases:
            raise Denied("Der er intet delingsgrundlag at trække tilbage.")
        active.update(withdrawn_at=log.at)
        for basis in bases:
            log("basis.withdrawn", basis, side=acting_side)
    return len(bases)


def situation_change(*, stay: Stay, situation: Situation, since: date, by: User) -> None:
    """Hjemme, indlagt, netop udskrevet, flytter."""
    with trail.change(stay.home.scope, by=by.pk) as log:
        log("situation.changed", stay, before=stay.situation, after=situation)
        stay.situation, stay.situation_since = situation, since
        stay.full_clean()
        stay.save(update_fields=["situation", "situation_since"])
