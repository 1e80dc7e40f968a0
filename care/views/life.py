"""A resident moves in, is admitted and visited, changes team, moves out; and the whole course on one page."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, teams_of, today
from boards import selectors
from boards.services import stay_of
from boards.views.common import CHANGED, visible_row
from boards.views.page import head
from care import services
from care.course import course
from care.forms import LeaveForm, MovedForm, MoveInForm, VisitForm
from care.views.resident import resident_page
from core.errors import Denied, Repeated
from core.web import fragment_trigger, missing_is_404, new_key, number_in, refuse, sentence
from organisation.models import Side
from organisation.region import neighbours
from residents import services as residents
from residents.models import StayEnd
from residents.selectors import arrivals, visits


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_in(request: HttpRequest, access: Access) -> HttpResponse:
    """'Flyt ind': the home registers somebody who has come to live here."""
    if access.side != Side.HOME:
        return sentence("Botilbuddet registrerer, hvem der flytter ind.", 403)
    day = today()
    teams = [link.team for link in teams_of(access.home, day)]
    form = MoveInForm(
        request.POST if request.method == "POST" else None,
        arrivals=arrivals(access.home),
        teams=teams,
        today=day,
        initial={"from_day": day},
    )
    if request.method == "POST" and form.is_valid():
        try:
            key = request.POST.get("key", "")
            residents.move_in(home=access.home, mover=form.mover(), key=key, by=access.user, today=day)
            return fragment_trigger(*CHANGED, "residents-changed")
        except Repeated:
            return fragment_trigger(*CHANGED, "residents-changed")
        except ValidationError:
            form.add_error("flat", "Der bor allerede en beboer i den bolig.")
        except Denied as denied:
            refuse(form, denied)
    status = 422 if request.method == "POST" else 200
    context = {"home": access.home, "form": form, "key": new_key()}
    return render(request, "care/_move_in_dialog.html", context, status=status)


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_out(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Ophold slut': moved, to another home, died, objects to the board, or registered by mistake."""
    day = today()
    if access.side != Side.HOME:
        visible_row(access, stay)
        return sentence("Botilbuddet registrerer, hvem der flytter.", 403)
    homes = neighbours(access.home, day)
    form = LeaveForm(request.POST if request.method == "POST" else None, homes=homes, initial={"on": day})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.move_out(
                access=access,
                stay_id=stay,
                end=StayEnd(data["end"]),
                on=data["on"],
                moved_to=data["moved_to"],
                key=request.POST.get("key", ""),
                today=day,
            )
            return fragment_trigger(*CHANGED, "residents-changed")
        except Repeated:
            return fragment_trigger(*CHANGED, "residents-changed")
        except Denied as denied:
            refuse(form, denied)
    # Read after the act: a second click comes when the row is no longer visible.
    row = visible_row(access, stay)
    open_items = [item for lane in row.lanes.values() for item in lane if item.state == "planned"]
    context = {"home": access.home, "row": row, "form": form, "key": new_key(), "open_items": len(open_items)}
    return render(request, "care/_move_out_dialog.html", context, status=422 if request.method == "POST" else 200)


@home_view(methods=("GET", "POST"))
@missing_is_404
def move_correct(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Ret, hvor … er flyttet hen': the home chosen was the wrong one, and nobody has taken the resident in yet."""
    if access.side != Side.HOME:
        return sentence("Botilbuddet registrerer, hvem der flytter.", 403)
    moved = selectors.moved_stay(access.home, stay)
    homes = neighbours(access.home, today())
    initial = {"moved_to": moved.moved_to_id}
    form = MovedForm(request.POST if request.method == "POST" else None, homes=homes, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.move_correct(
                access=access,
                stay_id=stay,
                moved_to=form.cleaned_data["moved_to"],
                key=request.POST.get("key", ""),
                today=today(),
            )
            return _fresh_page()
        except Repeated:
            return _fresh_page()
        except Denied as denied:
            refuse(form, denied)
    context = {"home": access.home, "moved": moved, "form": form, "key": new_key()}
    return render(request, "care/_move_correct_dialog.html", context, status=422 if form.errors else 200)


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


@home_view(methods=("POST",))
@missing_is_404
def visit_note(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """A visit on the ward."""
    visible_row(access, stay)
    form = VisitForm(request.POST)
    if form.is_valid():
        try:
            residents.visit_note(
                home=access.home,
                stay_id=stay,
                on=form.cleaned_data["on"],
                text=form.cleaned_data["text"],
                side=access.side,
                key=request.POST.get("key", ""),
                by=access.user,
                today=today(),
            )
            return resident_page(request, access, stay)
        except Repeated:
            return resident_page(request, access, stay)
        except Denied as denied:
            refuse(form, denied)
    return resident_page(request, access, stay, form, 422)


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
