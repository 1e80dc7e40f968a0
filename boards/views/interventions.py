"""Who does what, when."""

from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, today
from boards import selectors, services
from boards.forms import (
    ANOTHER,
    PlanForm,
    move_days,
)
from boards.models import InterventionEvent, Outcome, State, Track
from boards.views.common import CHANGED, answer_sign, log_read, visible_partners, visible_row
from core import weeks
from core.errors import Conflict, Denied, Repeated
from core.web import fragment_trigger, missing_is_404, new_key, number_in, refuse, sentence
from organisation.models import Side


@home_view(methods=("GET", "POST"))
@missing_is_404
def intervention_add(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """A new intervention for the resident."""
    row = visible_row(access, stay)
    day = today()
    partners = visible_partners(access, row.stay)
    own = Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC
    if request.method == "GET":
        track = request.GET.get("spor", "")
        initial = {"track": track if track in Track.values else own}
        form = PlanForm(initial=initial, home=access.home, today=day, partners=partners)
        return _plan_page(request, access, row, form)
    form = PlanForm(request.POST, home=access.home, today=day, partners=partners)
    if form.is_valid():
        try:
            services.intervention_add(
                access=access, stay_id=stay, plan=form.plan(), key=request.POST.get("noegle", ""), today=day
            )
            answer_sign(request, access, Outcome.INTERVENTION)
            return fragment_trigger(*CHANGED, "indsats-tilfoejet")
        except Repeated:
            return fragment_trigger(*CHANGED, "indsats-tilfoejet")
        except Denied as denied:
            refuse(form, denied)
    return _plan_page(request, access, row, form, status=422)


def _plan_page(
    request: HttpRequest, access: Access, row: selectors.Row, form: PlanForm, status: int = 200
) -> HttpResponse:
    panel = "boards/_plan_panel.html" if request.GET.get("panel") else "boards/_plan_dialog.html"
    return render(
        request,
        panel,
        {"home": access.home, "row": row, "form": form, "key": new_key(), "today": today()},
        status=status,
    )


@home_view(methods=("GET", "POST"))
@missing_is_404
def intervention(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """One intervention: correct, tick off, move."""
    day = today()
    intervention = services.intervention_of(access, pk, day)
    seen = intervention.version
    partners = visible_partners(access, services.visible_stay(access, intervention.stay_id, day))
    if request.method == "GET":
        form = PlanForm(initial=_plan_initial(intervention), home=access.home, today=day, partners=partners)
        return _intervention_page(request, access, intervention, form, seen)
    seen = number_in(request.POST.get("seen"))
    form = PlanForm(request.POST, home=access.home, today=day, partners=partners)
    note, status = "", 422
    if form.is_valid():
        try:
            services.intervention_change(
                access=access, pk=pk, plan=form.plan(), seen=seen, key=request.POST.get("noegle", ""), today=day
            )
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Conflict as conflict:
            intervention, seen, status = conflict.current, conflict.current.version, 409
            note = (
                f"En anden har rettet indsatsen imens. Nu står der: »{intervention.what}«. Gem igen for at bruge din."
            )
        except Denied as denied:
            refuse(form, denied)
    return _intervention_page(request, access, intervention, form, seen, note, status)


def _plan_initial(intervention: Any) -> dict[str, Any]:
    names = ("track", "what", "due_on", "due_time", "daily", "with_whom", "joint")
    chosen = intervention.partner_id or (
        ANOTHER if intervention.track == Track.COORDINATION and intervention.with_whom else ""
    )
    people = {"owner": intervention.owner_id, "deputy": intervention.deputy_id, "partner": chosen}
    return {**{name: getattr(intervention, name) for name in names}, **people}


def _intervention_page(
    request: HttpRequest,
    access: Access,
    intervention: Any,
    form: PlanForm,
    seen: int,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    log_read(access, "beboer", [intervention.stay_id])
    events = (
        InterventionEvent.objects.for_home(access.home)
        .filter(intervention=intervention)
        .select_related("by")
        .order_by("at", "pk")
    )
    context = {
        "home": access.home,
        "item": selectors.intervention_view(intervention, today()),
        "resident": intervention.stay.resident.name,
        "flat": intervention.stay.flat,
        "form": form,
        "seen": seen,
        "note": note,
        "unagreed": intervention.unagreed,
        "leader": access.is_leader,
        "events": [(event, weeks.when(event.at, today())) for event in events],
        "days": move_days(today()),
        "key": new_key(),
        "today": today(),
    }
    return render(request, "boards/_intervention_dialog.html", context, status=status)


@home_view(methods=("POST",))
@missing_is_404
def intervention_settle(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """Udført, ikke udført (hvorfor), ikke længere nødvendig (hvorfor), or planned again."""
    state, seen = request.POST.get("state", ""), number_in(request.POST.get("seen"))
    if state not in State.values:
        raise BadRequest("Kender ikke den tilstand.")
    try:
        if state == State.PLANNED:
            services.intervention_reopen(access=access, pk=pk, seen=seen, today=today())
        else:
            services.intervention_settle(
                access=access, pk=pk, state=State(state), why=request.POST.get("why", ""), seen=seen, today=today()
            )
    except Conflict as conflict:
        now = f"»{State(conflict.current.state).label.lower()}«"
        return sentence(f"En anden nåede det først. Indsatsen står nu som {now}.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger(*CHANGED, "indsats-afsluttet")


@home_view(methods=("POST",))
@missing_is_404
def unagreed_read(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """'Set': a leader has read why somebody is talked to whom the resident has not agreed to."""
    try:
        services.unagreed_read(access=access, pk=pk, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger(*CHANGED)


@home_view(methods=("POST",))
@missing_is_404
def intervention_move(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """Flyt to another day."""
    try:
        day = date.fromisoformat(request.POST.get("due_on", ""))
    except ValueError:
        return sentence("Vælg en dag.", 422)
    try:
        services.intervention_move(
            access=access, pk=pk, to_day=day, seen=number_in(request.POST.get("seen")), today=today()
        )
    except Conflict:
        return sentence("En anden har rettet indsatsen imens. Luk og se efter.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger(*CHANGED, "indsats-afsluttet")


@home_view(methods=("POST",))
@missing_is_404
def intervention_misfile(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """'Skrevet på forkert beboer'."""
    try:
        services.intervention_misfile(access=access, pk=pk, seen=number_in(request.POST.get("seen")), today=today())
    except Conflict:
        return sentence("En anden har rettet indsatsen imens. Luk og se efter.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger(*CHANGED, "indsats-afsluttet")
