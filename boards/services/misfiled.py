"""Written on the wrong resident: gone from the other side at once, history included; the own side sees the mark."""

from datetime import date

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    TRACK_SIDE,
    Cell,
    CellRevision,
    Intervention,
    InterventionEvent,
    Observation,
    Outcome,
    State,
    Track,
)
from boards.services.cells import cell_write
from boards.services.common import may_write, seen_stay
from boards.services.interventions import intervention_of
from core.errors import Conflict, Denied
from organisation.models import Side
from residents.texts import COLUMNS

trail.register("cell.misfiled", "markerede en tekst som skrevet på forkert beboer")
trail.register("intervention.misfiled", "markerede en indsats som skrevet på forkert beboer")
trail.register("observation.misfiled", "markerede et tidligt tegn som skrevet på forkert beboer")


def cell_misfile(
    *, access: Access, stay_id: int, column_key: str, side: Side, seen: int, move_to: int | None, today: date
) -> Cell:
    """Takes the text away and puts back what stood there before; with `move_to`, it is written on that resident.

    Raises LookupError, Conflict (somebody wrote since), Denied (nothing to take away, the other side's text).
    """
    column = COLUMNS.get(column_key)
    stay = seen_stay(access, stay_id, today)
    if column is None or not stay.sight.covers(side, column_key):
        raise LookupError("cell")
    if not may_write(access, side):
        raise Denied(f"Teksten er {Side(side).label.lower()}s. Bed dem om at rette den.")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        cells = Cell.objects.for_home(access.home)
        cell: Cell | None = cells.filter(stay=stay_id, column=column_key, side=side).first()
        if cell is None or not cell.text:
            raise Denied("Der står ingen tekst.")
        if cell.version != seen:
            raise Conflict(cell)
        text = cell.text
        revisions = CellRevision.objects.for_home(access.home).filter(cell=cell)
        revisions.filter(text=text, misfiled_at=None).update(misfiled_at=log.at, misfiled_by=access.user)
        steps = list(revisions.order_by("version").values_list("version", "undoes"))
        kept = revisions.filter(misfiled_at=None, version__in=rules.still_standing(steps))
        before = kept.order_by("-version").first()
        cell.text = before.text if before else ""
        cell.changed_by = before.by if before else access.user
        cell.changed_at = before.at if before else log.at
        cell.confirmed_at = cell.confirmed_by = None
        cell.version += 1
        cell.save()
        CellRevision(cell=cell, version=cell.version, text=cell.text, by=access.user, at=log.at, undoes=seen).insert()
        log("cell.misfiled", cell, column=column_key, side=side, version=seen)
        if move_to is not None:
            _write_on(access, move_to, column_key, side, text, today)
    return cell


def _write_on(access: Access, stay_id: int, column_key: str, side: Side, text: str, today: date) -> None:
    there = Cell.objects.for_home(access.home).filter(stay=stay_id, column=column_key, side=side).first()
    cell_write(
        access=access,
        stay_id=stay_id,
        column_key=column_key,
        side=side,
        text=f"{there.text}\n{text}" if there and there.text else text,
        seen=there.version if there else 0,
        key="",
        today=today,
    )


def intervention_misfile(*, access: Access, pk: int, seen: int, today: date) -> Intervention:
    """The intervention was meant for somebody else; saying so again is no change.

    Raises LookupError, Conflict, Denied (the other side's lane).
    """
    row = intervention_of(access, pk, today)
    if not may_write(access, TRACK_SIDE[Track(row.track)]):
        raise Denied("Indsatsen er den anden sides. Bed dem om at rette den.")
    if row.state == State.MISFILED:
        return row
    with trail.change(access.home.scope, by=access.user.pk) as log:
        row.refresh_from_db(from_queryset=Intervention.objects.for_home(access.home))
        if row.version != seen:
            raise Conflict(row)
        row.state, row.settled_on, row.settled_why = State.MISFILED, today, State.MISFILED.label
        row.version += 1
        row.save()
        InterventionEvent(intervention=row, kind=State.MISFILED, by=access.user, at=log.at).insert()
        log("intervention.misfiled", row)
    return row


def observation_misfile(*, access: Access, sign: Observation, today: date) -> None:
    """The sign was somebody else's. Raises Denied when the other side noted it, or it has been taken away."""
    if sign.side != access.side:
        raise Denied("Tegnet er noteret af den anden side. Bed dem om at rette det.")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        rows = Observation.objects.for_home(access.home).filter(pk=sign.pk).exclude(outcome=Outcome.MISFILED)
        if not rows.update(handled_on=today, handled_by=access.user, outcome=Outcome.MISFILED):
            raise Denied("Tegnet er allerede fjernet.")
        log("observation.misfiled", sign)
