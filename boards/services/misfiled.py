"""Written on the wrong resident: gone from the other side at once, history included; the own side sees the mark."""

from dataclasses import replace
from datetime import date

from accounts.access import Access
from audit import trail
from boards import rules
from boards.models import (
    TRACK_SIDE,
    Cell,
    CellRevision,
    EarlySign,
    Intervention,
    InterventionEvent,
    Outcome,
    State,
    Track,
)
from boards.services.cells import CellKey, cell_at, cell_write, column_at
from boards.services.common import may_write
from boards.services.interventions import intervention_of
from core.errors import Conflict, Denied
from organisation.models import Side
from organisation.services import once

trail.register("cell.misfiled", "markerede en tekst som skrevet på forkert beboer", sight=True)
trail.register("intervention.misfiled", "markerede en indsats som skrevet på forkert beboer", sight=True)
trail.register("sign.misfiled", "markerede et tidligt tegn som skrevet på forkert beboer", sight=True)


def cell_misfile(*, access: Access, where: CellKey, seen: int, move_to: int | None, key: str = "", today: date) -> Cell:
    """Takes the text away and puts back what stood there before; with `move_to`, it is written on that resident.

    Raises LookupError, Conflict (somebody wrote since), Denied (nothing to take away, the other side's text), Repeated.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        column_at(access, where, today)
        once(access.user, key, where, seen, move_to)
        if not may_write(access, where.side):
            raise Denied(f"Teksten er {Side(where.side).label.lower()}s. Bed dem om at rette den.")
        cell = cell_at(access.home, where)
        if cell is None or not cell.text:
            raise Denied("Der står ingen tekst.")
        if cell.version != seen:
            raise Conflict(cell)
        text = cell.text
        before = _before(access, cell, log)
        cell.text = before.text if before else ""
        cell.changed_by = before.by if before else access.user
        cell.changed_at = before.at if before else log.at
        cell.confirmed_at = cell.confirmed_by = None
        cell.version += 1
        cell.save()
        CellRevision(cell=cell, version=cell.version, text=cell.text, by=access.user, at=log.at, undoes=seen).insert()
        log("cell.misfiled", cell, column=where.column, side=where.side, version=seen)
        if move_to is not None:
            _write_on(access, replace(where, stay_id=move_to), text, today)
    return cell


def _before(access: Access, cell: Cell, log: trail.Change) -> CellRevision | None:
    """Marks each version with the text as written on the wrong resident; returns the one that stands without them."""
    revisions = CellRevision.objects.for_home(access.home).filter(cell=cell)
    revisions.filter(text=cell.text, misfiled_at=None).update(misfiled_at=log.at, misfiled_by=access.user)
    steps = list(revisions.order_by("version").values_list("version", "undoes"))
    kept = revisions.filter(misfiled_at=None, version__in=rules.still_standing(steps))
    before: CellRevision | None = kept.order_by("-version").first()
    return before


def _write_on(access: Access, where: CellKey, text: str, today: date) -> None:
    there = cell_at(access.home, where)
    text, seen = (f"{there.text}\n{text}" if there and there.text else text), there.version if there else 0
    cell_write(access=access, where=where, text=text, seen=seen, key="", today=today)


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


def sign_misfile(*, access: Access, sign: EarlySign, today: date) -> None:
    """The sign was somebody else's. Raises Denied when the other side noted it, or it has been taken away."""
    if sign.side != access.side:
        raise Denied("Tegnet er noteret af den anden side. Bed dem om at rette det.")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        rows = EarlySign.objects.for_home(access.home).filter(pk=sign.pk).exclude(outcome=Outcome.MISFILED)
        if not rows.update(handled_on=today, handled_by=access.user, outcome=Outcome.MISFILED):
            raise Denied("Tegnet er allerede fjernet.")
        log("sign.misfiled", sign)
