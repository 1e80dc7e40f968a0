"""A resident moves in, is admitted and visited, changes team, moves out; and the whole course on one page."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards import selectors
from boards.services import stay_of
from boards.views.common import CHANGED, dialog, log_read, visible_row
from boards.views.page import head
from care import services, team_starts
from care.course import course
from care.forms import LeaveForm, MovedForm, MoveInForm, TeamAnswerForm, TeamStartForm, VisitForm
from care.views.resident import answer, resident_page
from core.errors import Denied, Repeated
from core.forms import Data, changing
from core.text import danish_key
from core.web import fragment_trigger, missing_is_404, number_in, sentence, triggering
from organisation.drafts import FormDraft
from organisation.models import Side
from organisation.region import neighbours
from residents import services as residents
from residents.models import StayEnd
from residents.selectors import arrivals, startable, treated_by, visits
from residents.selectors import team_starts as starts

MOVED = (*CHANGED, "residents-changed")


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_in(request: HttpRequest, access: Access) -> HttpResponse:
    """'Flyt ind': the home registers somebody who has come to live here."""
    if access.side != Side.HOME:
        return sentence("Botilbuddet registrerer, hvem der flytter ind.", 403)
    day = today()
    teams = [link.team for link in teams_of(access.home, day)]

    def make(data: Data) -> MoveInForm:
        return MoveInForm(data, arrivals=arrivals(access.home), teams=teams, today=day, initial={"from_day": day})

    def act(form: MoveInForm) -> None:
        try:
            residents.move_in(home=access.home, mover=form.mover(), key=form.key, by=access.user, today=day)
        except ValidationError:
            raise Denied("Der bor allerede en beboer i den bolig.", "flat") from None

    return dialog(
        request, "care/_move_in_dialog.html", make, act, context=lambda form: {"home": access.home}, events=MOVED,
        drafts=FormDraft.at(access, "move-in"),
    )  # fmt: skip


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_out(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Ophold slut': moved, to another home, died, objects to the board, or registered by mistake."""
    day = today()
    if access.side != Side.HOME:
        visible_row(access, stay)
        return sentence("Botilbuddet registrerer, hvem der flytter.", 403)

    def make(data: Data) -> LeaveForm:
        asked = request.GET.get("end")
        begins = {"on": day, "end": StayEnd.OBJECTED if asked == StayEnd.OBJECTED else ""}
        return LeaveForm(data, homes=neighbours(access.home, day), initial=begins)

    def act(form: LeaveForm) -> None:
        data = form.cleaned_data
        services.move_out(
            access=access,
            stay_id=stay,
            end=StayEnd(data["end"]),
            on=data["on"],
            moved_to=data["moved_to"],
            key=form.key,
            today=day,
        )

    def context(form: LeaveForm) -> dict[str, Any]:
        # Read after the act: a second click comes when the row is no longer visible.
        row = visible_row(access, stay)
        open_items = [item for lane in row.lanes.values() for item in lane if item.state == "planned"]
        objects = form["end"].value() == StayEnd.OBJECTED
        if objects:
            form.fields["on"].label = "Sidste dag på tavlen"
        return {"home": access.home, "row": row, "open_items": len(open_items), "objects": objects}

    return dialog(
        request, "care/_move_out_dialog.html", make, act, context=context, events=MOVED,
        drafts=FormDraft.at(access, f"move-out:{stay}", stay),
    )  # fmt: skip


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_correct(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Ret, hvor … er flyttet hen': the home chosen was the wrong one, and nobody has taken the resident in yet."""
    if access.side != Side.HOME:
        return sentence("Botilbuddet registrerer, hvem der flytter.", 403)

    def make(data: Data) -> MovedForm:
        moved_to = selectors.moved_stay(access.home, stay).moved_to_id
        stored = {"moved_to": moved_to}
        return MovedForm(data, stands=moved_to, stored=stored, homes=neighbours(access.home, today()))

    def act(form: MovedForm) -> None:
        services.move_correct(
            access=access,
            stay_id=stay,
            moved_to=form.cleaned_data["moved_to"],
            seen=form.seen,
            key=form.key,
            today=today(),
        )

    def show(form: MovedForm, status: int) -> HttpResponse:
        context = {"home": access.home, "moved": selectors.moved_stay(access.home, stay), "form": form}
        return render(request, "care/_move_correct_dialog.html", context, status=status)

    def done(form: MovedForm) -> HttpResponse:
        return _fresh_page()

    drafts = FormDraft.at(access, f"move-correct:{stay}", stay)
    return changing(request, make, act, show=show, done=done, drafts=drafts)


def _fresh_page() -> HttpResponse:
    """The list of former stays is drawn with its page."""
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@home_view(methods=("POST",))
@missing_is_404
def team_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Which team treats the resident: the home says so, and a team can end its own."""
    visible_row(access, stay)
    wanted = number_in(request.POST.get("team"))
    team = next((link.team for link in teams_of(access.home, today()) if link.team_id == wanted), None)
    if team is None:
        raise LookupError("team")
    asked = request.POST.get("link")
    if access.side == Side.TEAM and (asked != "0" or access.team != team):
        return sentence("Botilbuddet knytter teamet til beboeren.", 403)
    row = stay_of(access, stay)
    try:
        if asked == "switch":
            stay = services.team_change(
                access=access, stay_id=stay, team=team, key=request.POST.get("key", ""), today=today()
            ).pk
        elif asked == "1":
            residents.team_link(stay=row, team=team, from_day=today(), by=access.user)
        else:
            residents.team_unlink(stay=row, team=team, on=today(), by=access.user)
    except (Denied, ValidationError, Repeated):
        pass  # a second click: it stands so already
    if access.side == Side.TEAM:
        return fragment_trigger(*CHANGED)
    return resident_page(request, access, stay)


@home_view(methods=("GET", "POST"))
@missing_is_404
def team_start(request: HttpRequest, access: Access) -> HttpResponse:
    """The team asks to begin with somebody. It is answered the same whoever lives there."""
    if access.side != Side.TEAM:
        return sentence("Det spørger teamet om. Vælg »Teamet begynder« hos beboeren.", 403)

    def act(form: TeamStartForm) -> None:
        name, now = form.cleaned_data["name"], timezone.now()
        team_starts.team_start_ask(access=access, name=name, key=form.key, now=now)

    return dialog(
        request, "care/_team_start_dialog.html", TeamStartForm, act, context=lambda form: {"home": access.home},
        events=MOVED, drafts=FormDraft.at(access, "team-start"),
    )  # fmt: skip


@home_view(methods=("GET", "POST"))
@missing_is_404
def team_start_answer(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The home says who the team means. Then comes the resident's dialog, where sharing and contacts are recorded.

    The team takes its question back by the same address.
    """
    if access.side == Side.TEAM and "withdraw" in request.POST:
        team_starts.team_start_withdraw(access=access, pk=pk, now=timezone.now())
        return fragment_trigger(*MOVED)
    if access.side != Side.HOME:
        return sentence("Det svarer botilbuddet på.", 403)
    start = starts([access.home], None, timezone.now()).filter(pk=pk, refused_at=None).first()
    if start is None and request.method == "GET":
        return sentence(team_starts.ANSWERED, 409)
    able = list(startable(access.home, start.team, today())) if start else []
    here = sorted(able, key=lambda stay: danish_key(stay.resident.name))
    begun = treated_by(access.home, start.team) if start else set()

    def act(form: TeamAnswerForm) -> HttpResponse | None:
        stay = team_starts.team_start_answer(
            access=access, pk=pk, stay=form.stay(), key=form.key, now=timezone.now()
        )  # fmt: skip
        return triggering(resident_page(request, access, stay.pk), "residents-changed") if stay else None

    log_read(access, "alle-beboere", [stay.pk for stay in here])
    return dialog(
        request, "care/_team_answer_dialog.html", lambda data: TeamAnswerForm(data, residents=here, begun=begun), act,
        context=lambda form: {"home": access.home, "start": start}, events=MOVED,
        drafts=FormDraft.at(access, f"team-start-answer:{pk}"),
    )  # fmt: skip


@home_view(methods=("GET", "POST"))
@missing_is_404
def visit_note(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """A visit on the ward."""

    def act(form: VisitForm) -> None:
        residents.visit_note(
            home=access.home,
            stay_id=stay,
            on=form.cleaned_data["on"],
            text=form.cleaned_data["text"],
            side=access.side,
            key=form.key,
            by=access.user,
            today=today(),
        )

    return answer(request, access, stay, "visit-note", act)


@home_view(methods=("POST",))
@missing_is_404
def discharge_answer(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Ikke nu': after a discharge, the resident does not go on the board."""
    visible_row(access, stay)
    try:
        residents.discharge_answer(home=access.home, stay_id=stay, by=access.user)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed")


@home_view()
@missing_is_404
def resident_course(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The whole course of one resident here: on the board and off, admissions, and what each text says now."""
    row = visible_row(access, stay, "beboerens-forloeb")
    page = {
        "row": row,
        "lines": course(access.home, row.id, row.stay.sight, row.rules, today()),
        "admissions": visits(access.home, row.id, row.stay.sight.sides_of("situation")),
        "cells": [cell for cell in row.cells.values() if cell.text],
        **head(access, "beboere"),
    }
    return render(request, "care/course.html", page)
