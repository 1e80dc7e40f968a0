"""Who does what, when."""

from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from accounts.access import Access, home_view, staff_at, today
from boards import selectors, services
from boards.forms import (
    ANOTHER,
    CorrectionForm,
    PlanForm,
    move_days,
)
from boards.models import TRACK_SIDE, Intervention, InterventionEvent, Outcome, State, Track
from boards.views.common import CHANGED, answer_sign, dialog, log_read, visible_partners, visible_row
from core import weeks
from core.errors import Conflict, Denied
from core.forms import DRAFT, Data
from core.web import fragment_trigger, missing_is_404, number_in, sentence
from organisation.drafts import FormDraft, drafts_about, kept_apart, typed_before
from organisation.models import Draft, Home, Side


def plan_of(access: Access, row: selectors.Row, data: Data = None, track: str = "") -> PlanForm:
    """The form of a new intervention, in the side's own lane unless another is named."""
    own = Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC
    initial = {"track": track if track in Track.values else own}
    partners = visible_partners(access, row.stay)
    return PlanForm(data, home=access.home, today=today(), partners=partners, initial=initial)


def plan_draft(access: Access, stay: int) -> FormDraft:
    """Where a new intervention is kept while it is typed."""
    return FormDraft.at(access, f"intervention-add:{stay}", stay)


@home_view(methods=("GET", "POST"))
@missing_is_404
def intervention_add(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """A new intervention for the resident."""
    row = visible_row(access, stay)

    def act(form: PlanForm) -> None:
        services.intervention_add(access=access, stay_id=stay, plan=form.plan(), key=form.key, today=today())
        answer_sign(request, access, Outcome.INTERVENTION)

    return dialog(
        request,
        "boards/_plan_panel.html" if request.GET.get("panel") else "boards/_plan_dialog.html",
        lambda data: plan_of(access, row, data, request.GET.get("spor", "")),
        act,
        context=lambda form: {"home": access.home, "row": row},
        drafts=plan_draft(access, stay),
        events=(*CHANGED, "intervention-added"),
    )


@home_view(methods=("GET", "POST"))
@missing_is_404
def intervention(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """One intervention: correct, tick off, move."""
    day = today()
    # Read before the form: a stay the person must not know of is 404.
    stay = services.visible_stay(access, services.intervention_of(access, pk, day).stay_id, day)
    partners = visible_partners(access, stay)

    def make(data: Data) -> CorrectionForm:
        row = services.intervention_of(access, pk, day)
        return CorrectionForm(
            data, over=row, home=access.home, today=day, partners=partners, stored=_stored(access.home, row)
        )

    def act(form: CorrectionForm) -> None:
        services.intervention_change(access=access, pk=pk, plan=form.plan(), seen=form.seen, key=form.key, today=day)

    return dialog(
        request,
        "boards/_intervention_dialog.html",
        make,
        act,
        context=lambda form: _intervention_context(access, form.over),
        says=lambda row: f"En anden har rettet indsatsen imens. Nu står der: »{row.what}«. Gem igen for at bruge din.",
        drafts=FormDraft.at(access, f"intervention:{pk}", stay.id),
    )


def _stored(home: Home, row: Intervention) -> dict[str, Any]:
    """What the form begins with. Who stands for it no more is not chosen there: whoever saves it says who does."""
    names = ("track", "what", "due_on", "due_time", "daily", "with_whom", "joint")
    chosen = row.partner_id or (ANOTHER if row.track == Track.COORDINATION and row.with_whom else "")
    view = selectors.intervention_view(row, today(), staff_at(home, today()))
    people = {"owner": view.owner_id, "deputy": row.deputy_id if view.deputy else None, "partner": chosen}
    return {**{name: getattr(row, name) for name in names}, **people}


def _intervention_context(access: Access, row: Intervention) -> dict[str, Any]:
    log_read(access, "beboer", [row.stay_id])
    events = InterventionEvent.objects.for_home(access.home).filter(intervention=row).select_related("by")
    known = drafts_about(access, row.stay_id)
    return {
        "whys": {
            state: typed_before(settle_draft(access, row.pk, state, row.stay_id, known), "why")
            for state in (State.NOT_DONE.value, State.DROPPED.value)
        },
        "home": access.home,
        "item": selectors.intervention_view(row, today(), staff_at(access.home, today())),
        "resident": row.stay.resident.name,
        "flat": row.stay.flat,
        "unagreed": row.unagreed,
        "leader": access.is_leader,
        "owner_side": TRACK_SIDE[Track(row.track)].label,
        "plans": services.may_plan(access, row),
        "rewrites": row.joint or services.may_write(access, TRACK_SIDE[Track(row.track)]),
        "reopens": services.may_reopen(access, row),
        "events": [(event, weeks.when(event.at, today())) for event in events.order_by("at", "pk")],
        "days": move_days(today(), every_day=access.side == Side.HOME),
    }


@home_view(methods=("POST",))
@missing_is_404
def intervention_settle(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """Udført, ikke udført (hvorfor), ikke længere nødvendig (hvorfor), or planned again."""
    state, seen = request.POST.get("state", ""), number_in(request.POST.get("seen"))
    if state not in State.values:
        raise BadRequest("Kender ikke den tilstand.")
    row = services.intervention_of(access, pk, today()) if DRAFT in request.headers else None
    drafts = settle_draft(access, pk, state, row.stay_id if row else None)
    # One that arrives after the reason was saved is none.
    if kept := kept_apart(request, drafts, ["why"] if row and row.state == State.PLANNED else []):
        return kept
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
    drafts.drop()
    return fragment_trigger(*CHANGED, "intervention-closed")


def settle_draft(
    access: Access, pk: int, state: str, stay: int | None = None, known: dict[str, Draft] | None = None
) -> FormDraft:
    """Where the reason an intervention was not done, or is no longer needed, is kept while it is typed."""
    return FormDraft.at(access, f"intervention-settle:{pk}-{state}", stay, known)


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
    return fragment_trigger(*CHANGED, "intervention-closed")


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
    return fragment_trigger(*CHANGED, "intervention-closed")
