"""Pages and fragments of the board. Deciding and changing is the services'."""

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from boards import live, presence, rules, selectors, services, stream
from boards.forms import (
    BasisForm,
    CloseForm,
    ContactForm,
    LevelForm,
    PlanForm,
    SignForm,
    SituationForm,
    move_days,
)
from boards.models import CellRevision, Episode, EpisodeCriterion, InterventionEvent, State, Told, Track, Urgency
from botilbud.audit import trail
from botilbud.lib import weeks
from botilbud.lib.text import danish_key, search_form
from botilbud.lib.web import fragment_trigger
from botilbud.organisation.access import Access, home_view, person_view, plain, team_of, today
from botilbud.organisation.access import accesses as accesses_of
from botilbud.organisation.models import Side, User
from botilbud.organisation.services import Conflict, Denied, Repeated, draft_for, drop_draft, keep_draft
from criteria import catalogue
from criteria import selectors as criteria_selectors
from criteria.models import Level
from residents import services as resident_services
from residents.models import BasisKind, Situation
from residents.selectors import active_bases, region_of, seen_stays
from residents.sharing import audience_of

FIELD = re.compile(r"[0-9]{1,9}-[a-z]{1,20}-[a-z]{1,10}")
CHANGED = ("tavle-aendret", "luk-dialog")
View = Callable[..., HttpResponseBase]


def told_apart(view: View) -> View:
    """A place the person must not know of answers 404, as one that does not exist."""

    @wraps(view)
    def inner(request: HttpRequest, access: Access, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, access, *args, **kwargs)
        except LookupError:
            raise Http404("Siden findes ikke.") from None
        except ValidationError as error:
            # The database's own limits, where no form stood in front of them.
            return plain(" ".join(error.messages), 422)

    return inner


def number_in(value: str | None) -> int:
    """A number as sent by a page; 400 for anything no database id or version can be."""
    try:
        number = int(value or 0)
    except ValueError:
        raise BadRequest("Tallet kan ikke læses.") from None
    if not -(2**31) < number < 2**31:
        raise BadRequest("Tallet kan ikke læses.")
    return number


def side_in(value: str) -> Side:
    """The side named in an address; LookupError for one that is not."""
    if value not in Side.values:
        raise LookupError("side")
    return Side(value)


def _row(access: Access, stay: int) -> selectors.Row:
    row = selectors.one_row(access.home, audience_of(access), today(), stay)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    return row


def _refuse(form: Form, denied: Denied) -> None:
    form.add_error(denied.field if denied.field in form.fields else None, denied.message)


def new_key() -> str:
    """The key of a form about to be shown."""
    return uuid.uuid4().hex


# --- the page and its stream -----------------------------------------------------------------------------------------


@home_view()
def board(request: HttpRequest, access: Access) -> HttpResponse:
    """The board itself."""
    shot = live.snapshot(access.home, audience_of(access))
    seen = [row.id for row in [*shot.board.rows, *shot.board.others] if row.stay.sight.shared]
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="tavle", stays=seen)
    groups = [(key, title, [shot.rows[pk] for pk in ids]) for key, title, ids in shot.groups]
    page = {"shot": shot, "groups": groups, "counts": shot.fragments["tavle-tal"], "foot": shot.fragments["tavle-fod"]}
    return render(request, "boards/board.html", {**page, **head(access, "tavle")})


def head(access: Access, place: str) -> dict[str, Any]:
    """What stands above the board and the meeting alike."""
    day = today()
    serving = team_of(access.home, day)
    return {
        "home": access.home,
        "place": place,
        "week": weeks.week_label(day),
        "span": weeks.week_span(day),
        "team": serving.team if serving else None,
        "team_days": [weeks.DAYS[d] for d in serving.weekdays] if serving else [],
        "homes": [found.home for found in accesses_of(access.user, day)],
        "may_write": " ".join(sorted(live.writable(audience_of(access)))),
    }


def cursor_in(request: HttpRequest) -> live.Cursor:
    try:
        day = date.fromisoformat(request.GET.get("dag", ""))
    except ValueError:
        day = date.min
    return live.Cursor(number_in(request.GET.get("since")), day)


@home_view()
def board_changes(request: HttpRequest, access: Access) -> HttpResponse:
    """What changed since the viewer's version, or 204."""
    answer = live.changes(access.home, audience_of(access), cursor_in(request))
    return HttpResponse(status=204) if answer is None else JsonResponse(answer)


@home_view()
def board_stream(request: HttpRequest, access: Access) -> HttpResponseBase:
    """The same, as it happens."""
    return stream.stream(request, access, audience_of(access), cursor_in(request))


@home_view(methods=("POST",))
def board_here(request: HttpRequest, access: Access) -> HttpResponse:
    """The tab says which field it writes in."""
    field = request.POST.get("felt", "")
    if field and not FIELD.fullmatch(field):
        raise BadRequest("Feltet kendes ikke.")
    presence.arrive(access.home, access.user, request.POST.get("fane", "")[:40] or "ukendt", field)
    return HttpResponse(status=204)


# --- texts -----------------------------------------------------------------------------------------------------------


def _cell(access: Access, stay: int, column: str, side: str) -> tuple[selectors.Row, selectors.CellView]:
    row = _row(access, stay)
    cell = row.cells.get(f"{column}-{side}")
    if cell is None:
        raise LookupError("cell")
    return row, cell


def _show_cell(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    row, cell = _cell(access, stay, column, side)
    editable = rules.may_write(access.side, side_in(side), holds_pen=services.holds_pen(access))
    return render(request, "boards/_cell.html", {"home": access.home, "cell": cell, "row": row, "editable": editable})


@home_view(methods=("GET", "POST"))
@told_apart
def cell(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """One text: read afresh, or written. 409 with both texts when somebody wrote since, 422 with the reason."""
    if request.method == "GET":
        if request.GET.get("opgiv"):
            drop_draft(access.user, f"{stay}-{column}-{side}")
        return _show_cell(request, access, stay, column, side)
    text, seen = request.POST.get("text", ""), number_in(request.POST.get("seen"))
    try:
        services.cell_write(
            access=access,
            stay_id=stay,
            column_key=column,
            side=side_in(side),
            text=text,
            seen=seen,
            key=request.POST.get("noegle", ""),
            today=today(),
        )
    except Repeated:
        pass
    except Conflict:
        row, current = _cell(access, stay, column, side)
        context = {"home": access.home, "row": row, "cell": current, "mine": text, "key": new_key()}
        return render(request, "boards/_conflict.html", context, status=409)
    except Denied as denied:
        row, current = _cell(access, stay, column, side)
        return render(
            request,
            "boards/_cell_edit.html",
            {
                "home": access.home,
                "row": row,
                "cell": current,
                "text": text,
                "seen": seen,
                "error": denied.message,
                "key": new_key(),
            },
            status=422,
        )
    drop_draft(access.user, f"{stay}-{column}-{side}")
    return _show_cell(request, access, stay, column, side)


@home_view()
@told_apart
def cell_edit(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """The text as a field, with the draft the person left there."""
    row, found = _cell(access, stay, column, side)
    if not rules.may_write(access.side, side_in(side), holds_pen=services.holds_pen(access)):
        message = f"Her skriver kun {Side(side).label.lower()}. Under mødet kan referenten skrive for begge."
        return plain(message, 403)
    draft = draft_for(access.user, access.home, found.key)
    text, seen = found.text, found.version
    if request.GET.get("saml") and draft and found.text and draft.text != found.text:
        text = f"{found.text}\n{draft.text}"
    elif draft:
        text, seen = draft.text, draft.seen
    return render(
        request,
        "boards/_cell_edit.html",
        {"home": access.home, "row": row, "cell": found, "text": text, "seen": seen, "draft": draft, "key": new_key()},
    )


@home_view(methods=("POST",))
@told_apart
def cell_confirm(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """'Gælder stadig'."""
    # After a conflict or a refusal the fresh text below is the answer: it is what stands there now.
    with suppress(Conflict, Denied):
        services.cell_confirm(
            access=access,
            stay_id=stay,
            column_key=column,
            side=side_in(side),
            seen=number_in(request.POST.get("seen")),
            today=today(),
        )
    return _show_cell(request, access, stay, column, side)


@home_view()
@told_apart
def cell_history(request: HttpRequest, access: Access, stay: int, column: str, side: str) -> HttpResponse:
    """What the text said before."""
    row, found = _cell(access, stay, column, side)
    revisions = (
        CellRevision.objects.for_home(access.home)
        .filter(cell__stay=stay, cell__column=column, cell__side=side)
        .select_related("by")
        .order_by("-version")[:50]
    )
    lines = [(revision, weeks.when(revision.at, today())) for revision in revisions]
    editable = rules.may_write(access.side, side_in(side), holds_pen=services.holds_pen(access))
    return render(
        request,
        "boards/_history.html",
        {"home": access.home, "row": row, "cell": found, "lines": lines, "editable": editable, "key": new_key()},
    )


@home_view(methods=("POST",))
def draft(request: HttpRequest, access: Access) -> HttpResponse:
    """Keeps what is being typed."""
    keep_draft(
        access.user,
        access.home,
        request.POST.get("felt", "")[:80],
        request.POST.get("text", ""),
        number_in(request.POST.get("seen")),
    )
    return HttpResponse(status=204)


# --- levels ----------------------------------------------------------------------------------------------------------


def _level_context(access: Access, row: selectors.Row) -> dict[str, Any]:
    day = today()
    offered = services.offered_criteria(access, day)
    team = team_of(access.home, day)
    proposals = {
        version.pk: services.proposed_review([version], day, first=row.level is None or row.level.level == Level.NONE)
        for version in offered
    }
    return {
        "home": access.home,
        "row": row,
        "offered": [(version, proposals[version.pk]) for version in offered],
        "notice": catalogue.NOTICE,
        "team": team.team if team else None,
        "team_sees": rules.team_sees(team.team.opens, team.team.closes, timezone.now()) if team else "",
        "contact_phones": [(person.name, person.phone) for person in row.stay.contacts.values() if person.phone],
        "key": new_key(),
        "today": day,
    }


@home_view(methods=("GET", "POST"))
@told_apart
def level_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for going on the board, up or down."""
    row = _row(access, stay)
    day = today()
    offered = services.offered_criteria(access, day)
    on_board = row.level is not None and row.level.level != Level.NONE
    if request.method == "GET":
        wanted = request.GET.get("til", "")
        initial: dict[str, Any] = {
            "level": wanted or (row.level.level if on_board and row.level else None),
            "track": Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC,
        }
        if on_board and row.level:
            links = EpisodeCriterion.objects.for_home(access.home).filter(episode=row.level.episode, to_day=None)
            initial["criteria"] = list(links.values_list("version_id", flat=True))
            initial["other"] = next((link.text for link in links if link.text), "")
        form = LevelForm(initial=initial, home=access.home, today=day, offered=offered)
        return _level_page(request, access, row, form, row.level.version if on_board and row.level else 0)
    seen = number_in(request.POST.get("seen"))
    form = LevelForm(request.POST, home=access.home, today=day, offered=offered)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.level_set(
                access=access,
                stay_id=stay,
                level=Level(data["level"]),
                criteria=data["criteria"],
                other=data["other"],
                reason=data["reason"],
                told=Told(data["told"]),
                review_by=data["review_by"],
                seen=seen,
                first=form.plan(Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC),
                key=request.POST.get("noegle", ""),
                today=day,
            )
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Conflict as conflict:
            return _level_conflict(request, access, row, form, conflict)
        except Denied as denied:
            _refuse(form, denied)
    return _level_page(request, access, row, form, seen, status=422)


def _level_page(
    request: HttpRequest, access: Access, row: selectors.Row, form: Form, seen: int, status: int = 200, note: str = ""
) -> HttpResponse:
    checked = [str(value) for value in form["criteria"].value() or []]
    context = {**_level_context(access, row), "form": form, "seen": seen, "note": note, "checked": checked}
    return render(request, "boards/_level_dialog.html", context, status=status)


def _level_conflict(
    request: HttpRequest, access: Access, row: selectors.Row, form: Form, conflict: Conflict
) -> HttpResponse:
    """Keeps what was typed, and says what happened meanwhile."""
    current: Episode | None = conflict.current
    if current is None or current.closed_on:
        note, seen = "Beboeren er gået af tavlen imens. Gem igen, hvis beboeren skal på tavlen på ny.", 0
    else:
        label = Level(current.level).label.lower()
        note, seen = (
            f"En anden har imens sat beboeren som {label}. Se efter, og gem igen, hvis det stadig gælder.",
            (current.version),
        )
    return _level_page(request, access, row, form, seen, status=409, note=note)


@home_view(methods=("GET", "POST"))
@told_apart
def level_close(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for coming off the board."""
    row = _row(access, stay)
    on_board = row.level is not None and row.level.level != Level.NONE
    seen = number_in(request.POST.get("seen")) if request.method == "POST" else (row.level.version if row.level else 0)
    note = "" if on_board else "Beboeren står ikke på tavlen."
    form = CloseForm(request.POST or None, home=access.home, today=today())
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.level_close(
                access=access,
                stay_id=stay,
                reason=data["reason"],
                told=Told(data["told"]),
                crisis_plan_seen=data["crisis_plan_seen"],
                follow_on=data["follow_on"],
                seen=seen,
                key=request.POST.get("noegle", ""),
                today=today(),
            )
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Conflict as conflict:
            gone = conflict.current is None
            note = (
                "Beboeren er allerede gået af tavlen." if gone else "Niveauet er ændret imens. Se efter, og gem igen."
            )
            seen = 0 if gone else conflict.current.version
            status = 409
        except Denied as denied:
            _refuse(form, denied)
    context = {"home": access.home, "row": row, "form": form, "seen": seen, "note": note, "key": new_key()}
    return render(request, "boards/_close_dialog.html", context, status=status)


@home_view(methods=("POST",))
@told_apart
def level_review(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Uændret', or the follow-up after 14 days is done."""
    try:
        if request.POST.get("opfoelgning"):
            services.level_followed_up(access=access, stay_id=stay, today=today())
        else:
            services.level_review(access=access, stay_id=stay, seen=number_in(request.POST.get("seen")), today=today())
    except Conflict:
        return plain("En anden har ændret niveauet imens. Se efter, og vælg igen.", 409)
    except Denied as denied:
        return plain(denied.message, 422)
    return fragment_trigger("tavle-aendret")


@home_view(methods=("POST",))
@told_apart
def akut_see(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Jeg har set det'."""
    try:
        services.akut_see(access=access, stay_id=stay, today=today())
    except Denied as denied:
        return plain(denied.message, 422)
    return fragment_trigger("tavle-aendret")


@home_view()
def raise_resident(request: HttpRequest, access: Access) -> HttpResponse:
    """'Sæt en beboer på tavlen': whom?"""
    shot = selectors.board(access.home, audience_of(access), today())
    waiting = [row for row in shot.others if row.stay.sight.shared]
    waiting += [row for key, _, rows in shot.groups if key in {"opfoelgning", "indlagt"} for row in rows]
    return render(request, "boards/_raise_dialog.html", {"home": access.home, "rows": waiting})


# --- interventions ---------------------------------------------------------------------------------------------------


@home_view(methods=("GET", "POST"))
@told_apart
def intervention_add(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """A new intervention for the resident."""
    row = _row(access, stay)
    day = today()
    own = Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC
    if request.method == "GET":
        track = request.GET.get("spor", "")
        form = PlanForm(initial={"track": track if track in Track.values else own}, home=access.home, today=day)
        return _plan_page(request, access, row, form)
    form = PlanForm(request.POST, home=access.home, today=day)
    if form.is_valid():
        try:
            services.intervention_add(
                access=access, stay_id=stay, plan=form.plan(), key=request.POST.get("noegle", ""), today=day
            )
            return fragment_trigger(*CHANGED, "indsats-tilfoejet")
        except Repeated:
            return fragment_trigger(*CHANGED, "indsats-tilfoejet")
        except Denied as denied:
            _refuse(form, denied)
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
@told_apart
def intervention(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """One intervention: correct, tick off, move."""
    day = today()
    found = services.intervention_of(access, pk, day)
    seen = found.version
    if request.method == "GET":
        form = PlanForm(initial=_plan_initial(found), home=access.home, today=day)
        return _intervention_page(request, access, found, form, seen)
    seen = number_in(request.POST.get("seen"))
    form = PlanForm(request.POST, home=access.home, today=day)
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
            found, seen, status = conflict.current, conflict.current.version, 409
            note = f"En anden har rettet indsatsen imens. Nu står der: »{found.what}«. Gem igen for at bruge din."
        except Denied as denied:
            _refuse(form, denied)
    return _intervention_page(request, access, found, form, seen, note, status)


def _plan_initial(found: Any) -> dict[str, Any]:
    names = ("track", "what", "due_on", "due_time", "daily", "with_whom", "joint")
    return {**{name: getattr(found, name) for name in names}, "owner": found.owner_id, "deputy": found.deputy_id}


def _intervention_page(
    request: HttpRequest,
    access: Access,
    found: Any,
    form: PlanForm,
    seen: int,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    events = (
        InterventionEvent.objects.for_home(access.home)
        .filter(intervention=found)
        .select_related("by")
        .order_by("at", "pk")
    )
    context = {
        "home": access.home,
        "item": selectors.intervention_view(found, today()),
        "resident": found.stay.resident.name,
        "flat": found.stay.flat,
        "form": form,
        "seen": seen,
        "note": note,
        "events": [(event, weeks.when(event.at, today())) for event in events],
        "days": move_days(today()),
        "key": new_key(),
        "today": today(),
    }
    return render(request, "boards/_intervention_dialog.html", context, status=status)


@home_view(methods=("POST",))
@told_apart
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
        return plain(f"En anden nåede det først. Indsatsen står nu som {now}.", 409)
    except Denied as denied:
        return plain(denied.message, 422)
    return fragment_trigger(*CHANGED, "indsats-afsluttet")


@home_view(methods=("POST",))
@told_apart
def intervention_move(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """Flyt to another day."""
    try:
        day = date.fromisoformat(request.POST.get("due_on", ""))
    except ValueError:
        return plain("Vælg en dag.", 422)
    try:
        services.intervention_move(
            access=access, pk=pk, to_day=day, seen=number_in(request.POST.get("seen")), today=today()
        )
    except Conflict:
        return plain("En anden har rettet indsatsen imens. Luk og se efter.", 409)
    except Denied as denied:
        return plain(denied.message, 422)
    return fragment_trigger(*CHANGED, "indsats-afsluttet")


# --- the resident: situation, contacts, sharing ----------------------------------------------------------------------


def _resident_page(
    request: HttpRequest, access: Access, stay: int, bound: Form | None = None, status: int = 200
) -> HttpResponse:
    row, day = _row(access, stay), today()
    bases = active_bases(access.home, stay, day)
    own = row.stay.contacts.get(access.side)
    deputy = row.stay.deputies.get(access.side)
    forms: dict[str, Form] = {
        "situation": SituationForm(initial={"situation": row.stay.situation, "since": row.stay.situation_since or day}),
        "contact": ContactForm(
            initial={"person": own.pk if own else None, "deputy": deputy.pk if deputy else None},
            home=access.home,
            side=access.side,
            today=day,
        ),
        "basis": BasisForm(side=access.side, leader=access.is_leader, today=day),
    }
    for name, form in forms.items():
        if type(form) is type(bound) and bound is not None:
            forms[name] = bound
    context = {
        "home": access.home,
        "row": row,
        "forms": forms,
        "own": [basis for basis in bases if basis.from_side == access.side],
        "theirs": [basis for basis in bases if basis.from_side != access.side],
        "access": access,
        "day": day,
    }
    response = render(request, "boards/_resident_dialog.html", context, status=status)
    if request.method == "POST" and status == 200:
        response["HX-Trigger"] = "tavle-aendret"
    return response


@home_view()
@told_apart
def resident(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """One resident's situation, contacts and what may be shared."""
    return _resident_page(request, access, stay)


@home_view(methods=("POST",))
@told_apart
def resident_situation(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Hjemme, indlagt, netop udskrevet, flytter."""
    _row(access, stay)
    form = SituationForm(request.POST)
    if form.is_valid():
        if form.cleaned_data["since"] > today():
            form.add_error("since", "Dagen ligger frem i tiden.")
        else:
            resident_services.situation_change(
                stay=services.stay_of(access, stay),
                situation=Situation(form.cleaned_data["situation"]),
                since=form.cleaned_data["since"],
                by=access.user,
            )
            return _resident_page(request, access, stay)
    return _resident_page(request, access, stay, form, 422)


@home_view(methods=("POST",))
@told_apart
def resident_contact(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's contact person and deputy."""
    _row(access, stay)
    form = ContactForm(request.POST, home=access.home, side=access.side, today=today())
    if not form.is_valid():
        return _resident_page(request, access, stay, form, 422)
    resident_services.contact_set(
        stay=services.stay_of(access, stay),
        side=access.side,
        person=form.cleaned_data["person"],
        deputy=form.cleaned_data["deputy"],
        by=access.user,
    )
    return _resident_page(request, access, stay)


@home_view(methods=("POST",))
@told_apart
def basis_record(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side records why it may share."""
    _row(access, stay)
    form = BasisForm(request.POST, side=access.side, leader=access.is_leader, today=today())
    if not form.is_valid():
        return _resident_page(request, access, stay, form, 422)
    data = form.cleaned_data
    resident_services.basis_record(
        stay=services.stay_of(access, stay),
        side=access.side,
        acting_side=access.side,
        kind=BasisKind(data["kind"]),
        covers=data["covers"],
        given_by=data["given_by"],
        from_day=today(),
        to_day=data["to_day"],
        by=access.user,
    )
    return _resident_page(request, access, stay)


@home_view(methods=("POST",))
@told_apart
def basis_withdraw(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's sharing ends now, everywhere."""
    _row(access, stay)
    with suppress(Denied):  # a second click: it is withdrawn already
        resident_services.basis_withdraw(home=access.home, stay_id=stay, acting_side=access.side, by=access.user)
    return _resident_page(request, access, stay)


# --- early signs, all residents, search, criteria --------------------------------------------------------------------


@home_view(methods=("GET", "POST"))
@told_apart
def sign_note(request: HttpRequest, access: Access) -> HttpResponse:
    """'Nyt tidligt tegn'."""
    stays = [stay for stay in seen_stays(access.home, audience_of(access), today()) if stay.sight.shared]
    if request.method == "POST":
        form = SignForm(request.POST, stays=stays)
        if form.is_valid():
            data = form.cleaned_data
            try:
                services.observation_note(
                    access=access,
                    stay_id=data["stay"],
                    text=data["text"],
                    urgency=Urgency(data["urgency"]),
                    key=request.POST.get("noegle", ""),
                    today=today(),
                )
            except Repeated:
                pass
            except Denied as denied:
                _refuse(form, denied)
        if form.is_valid():
            stay = next(stay for stay in stays if stay.id == form.cleaned_data["stay"])
            return _sign_receipt(request, access, stay, Urgency(form.cleaned_data["urgency"]))
        context = {"home": access.home, "form": form, "key": new_key()}
        return render(request, "boards/_sign_dialog.html", context, status=422)
    form = SignForm(initial={"stay": number_in(request.GET.get("beboer")) or None}, stays=stays)
    return render(request, "boards/_sign_dialog.html", {"home": access.home, "form": form, "key": new_key()})


def _sign_receipt(request: HttpRequest, access: Access, stay: Any, urgency: Urgency) -> HttpResponse:
    phones = [(person.name, person.phone) for person in stay.contacts.values() if person.phone]
    response = render(
        request,
        "boards/_sign_receipt.html",
        {"home": access.home, "stay": stay, "urgent": urgency == Urgency.TODAY, "phones": phones, "access": access},
    )
    response["HX-Trigger"] = "tavle-aendret"
    return response


@home_view()
def residents(request: HttpRequest, access: Access) -> HttpResponse:
    """'Alle beboere' with when each was last discussed."""
    seen = selectors.board(access.home, audience_of(access), today())
    rows = sorted(
        [*seen.rows, *seen.others],
        key=lambda row: (not row.stay.sight.shared, danish_key(row.stay.name), row.stay.flat),
    )
    trail.record_read(
        access.home.scope,
        viewer=access.user.pk,
        screen="alle-beboere",
        stays=[row.id for row in rows if row.stay.sight.shared],
    )
    lines = [(row, _discussed(row)) for row in rows]
    return render(request, "boards/residents.html", {"lines": lines, **head(access, "beboere")})


def _discussed(row: selectors.Row) -> str:
    day = row.stay.last_discussed
    if day is None:
        return "Ikke drøftet endnu"
    return f"{weeks.week_label(day)}, {weeks.short_day(day)}"


@person_view()
def find(request: HttpRequest, user: User) -> HttpResponse:
    """Residents by name or flat, in the homes the person may enter."""
    wanted = search_form(request.GET.get("q", ""))[:60]
    hits: list[tuple[Access, Any]] = []
    if wanted:
        for access in accesses_of(user, today()):
            for stay in seen_stays(access.home, audience_of(access), today()):
                label = search_form(f"{stay.name} bolig {stay.flat}") if stay.sight.shared else ""
                if wanted in label or (stay.sight.shared and wanted == stay.flat.casefold()):
                    hits.append((access, stay))
    return render(request, "boards/_found.html", {"hits": hits[:12], "wanted": wanted, "many": len(hits) > 12})


@home_view()
def criteria(request: HttpRequest, access: Access) -> HttpResponse:
    """The criteria with their definitions, terms and exit questions."""
    day = today()
    versions = criteria_selectors.whole_set(access.home, region_of(access.home, day), day)
    return render(
        request, "boards/criteria.html", {"versions": versions, "notice": catalogue.NOTICE, **head(access, "kriterier")}
    )
