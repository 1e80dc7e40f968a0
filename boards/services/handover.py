"""Handing on what one person answers for, when they stop."""

from datetime import date

from accounts.access import Access, enter, people_at
from audit import trail
from boards.models import Intervention, InterventionEvent, State
from boards.services.interventions import standing
from core.errors import Denied
from organisation.models import User
from residents.selectors import visible_stays
from residents.sharing import audience_of

trail.register("intervention.handed_on", "lod en anden overtage en indsats")


def intervention_hand_on(*, access: Access, pk: int, leaver: User, to: User, today: date) -> Intervention:
    """`to` takes the leaver's place in a planned intervention, as owner or as deputy.

    Interventions of a resident who is not shared right now are handed on too, without anybody reading them. Doing it
    twice changes nothing. Raises LookupError for a resident the person does not know of; Denied for a settled
    intervention, and for somebody who does not work there or whose team does not treat the resident.
    """
    if to.pk == leaver.pk or all(user.pk != to.pk for user, _ in people_at(access.home, today)):
        raise Denied("Personen arbejder ikke her. Vælg en anden.", "to")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row: Intervention | None = Intervention.objects.for_home(access.home).filter(pk=pk).first()
        if row is None or not visible_stays(access.home, audience_of(access), today, only=row.stay_id):
            raise LookupError("intervention")
        if not visible_stays(access.home, audience_of(enter(to, access.home.slug)), today, only=row.stay_id):
            raise Denied(f"{to.name} arbejder ikke med beboeren. Vælg en anden.", "to")
        if row.state != State.PLANNED:
            raise Denied(f"Indsatsen står allerede som »{State(row.state).label.lower()}«.")
        stood = standing(row)
        if row.owner_id == leaver.pk:
            row.owner = to
            row.deputy = None if row.deputy_id in (to.pk, leaver.pk) else row.deputy
        elif row.deputy_id == leaver.pk:
            row.deputy = None if row.owner_id == to.pk else to
        else:
            log("intervention.handed_on", row, from_=leaver.pk, to=to.pk, again=True)
            return row
        row.people_since = today
        row.version += 1
        row.full_clean()
        row.save()
        InterventionEvent(intervention=row, kind="handed", by=access.user, at=log.at, stood=stood).insert()
        log("intervention.handed_on", row, from_=leaver.pk, to=to.pk)
    return row
