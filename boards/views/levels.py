"""Going on the board, up, down and off."""

from dataclasses import replace
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, team_of, teams_of, today
from boards import rules, selectors, services
from boards.forms import CloseForm, LevelForm, ReviewForm
from boards.models import Episode, EpisodeCriterion, Outcome, Track
from boards.views.common import CHANGED, answer_sign, log_read, visible_row
from core.errors import Conflict, Denied, Repeated
from core.web import fragment_trigger, missing_is_404, new_key, number_in, refuse, sentence, triggering
from criteria import catalogue
from criteria import rules as criteria_rules
from criteria.models import CriterionVersion, Level
from organisation.models import Side
from residents.sharing import audience_of


def _to_choose(access: Access, row: selectors.Row) -> tuple[list[CriterionVersion], set[int]]:
    """The criteria on offer, and the ids of those that are there only because the resident already has them.

    A resident keeps the version they got: it stands in the place of a newer one, and after the others once retired.
    """
    offered = services.offered_criteria(access, today())
    if row.level is None or row.level.level == Level.NONE or not row.level.grounds:
        return offered, set()
    links = EpisodeCriterion.objects.for_home(access.home).filter(episode=row.level.episode, to_day=None)
    has = {link.version.criterion_id: link.version for link in links.select_related("version__criterion")}
    known = {version.criterion_id for version in offered}
    kept = [version for pk, version in has.items() if pk not in known]
    return [*(has.get(version.criterion_id, version) for version in offered), *kept], {v.criterion_id for v in kept}


def _level_context(access: Access, row: selectors.Row) -> dict[str, Any]:
    day = today()
    offered, gone = _to_choose(access, row)
    team = team_of(access.home, day)
    first = row.level is None or row.level.level == Level.NONE
    terms = {version.pk: criteria_rules.term_of(version) for version in offered}
    proposals = {pk: criteria_rules.due(replace(term, lead_days=None), day, first=first) for pk, term in terms.items()}
    return {
        "home": access.home,
        "row": row,
        "offered": [(version, proposals[version.pk], version.criterion_id in gone) for version in offered],
        "notice": catalogue.NOTICE,
        "team": team.team if team else None,
        "team_sees": rules.team_sees(team.team.opens, team.team.closes, timezone.now()) if team else "",
        "contact_phones": [(person.name, person.phone) for person in row.stay.contacts.values() if person.phone],
        "key": new_key(),
        "today": day,
    }


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for going on the board, up or down."""
    row = visible_row(access, stay)
    day = today()
    offered, _ = _to_choose(access, row)
    on_board = row.level is not None and row.level.level != Level.NONE
    if request.method == "GET":
        wanted = request.GET.get("til", "")
        initial: dict[str, Any] = {
            "level": wanted or (row.level.level if on_board and row.level else None),
            "track": Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC,
        }
        if not on_board and request.GET.get("kriterie"):
            # From a question on the row ("netop udskrevet"): that criterion is ticked beforehand, and people decide.
            initial["criteria"] = [v.pk for v in offered if v.criterion.key == request.GET["kriterie"]]
            initial["level"] = wanted or next((v.level for v in offered if v.pk in initial["criteria"]), None)
        if on_board and row.level and row.level.grounds:
            links = EpisodeCriterion.objects.for_home(access.home).filter(episode=row.level.episode, to_day=None)
            initial["criteria"] = list(links.values_list("version_id", flat=True))
            initial["other"] = next((link.text for link in links if link.text), "")
            initial["deadline"] = next((link.deadline for link in links if link.deadline), None)
        form = LevelForm(initial=initial, home=access.home, today=day, offered=offered, words=row.rules.level_words)
        return _level_page(request, access, row, form, row.level.version if on_board and row.level else 0)
    seen = number_in(request.POST.get("seen"))
    words = row.rules.level_words
    form = LevelForm(request.POST, home=access.home, today=day, offered=offered, words=words)
    if form.is_valid():
        try:
            new = form.new_level(Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC)
            services.level_change(
                access=access, stay_id=stay, new=new, seen=seen, key=request.POST.get("noegle", ""), today=day
            )
            answer_sign(request, access, Outcome.LEVEL)
            if new.level == Level.AKUT and not (on_board and row.level and row.level.level == Level.AKUT):
                return _akut_receipt(request, access, visible_row(access, stay))
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Conflict as conflict:
            return _level_conflict(request, access, row, form, conflict)
        except Denied as denied:
            refuse(form, denied)
    return _level_page(request, access, row, form, seen, status=422)


def _akut_receipt(request: HttpRequest, access: Access, row: selectors.Row) -> HttpResponse:
    """Who will see it and when, and whom to call: said at once, since a board is no telephone."""
    teams = [link.team for link in teams_of(access.home, today()) if link.team_id in row.stay.teams]
    lines = [(team, rules.team_sees(team.opens, team.closes, timezone.now())) for team in teams]
    phones = [(person.name, person.phone) for person in row.stay.contacts.values() if person.phone]
    context = {"home": access.home, "row": row, "lines": lines, "phones": phones, "access": access}
    return triggering(render(request, "boards/_akut_receipt.html", context), "tavle-aendret")


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
        label = row.rules.level(current.level).lower()
        note, seen = (
            f"En anden har imens sat beboeren som {label}. Se efter, og gem igen, hvis det stadig gælder.",
            (current.version),
        )
    return _level_page(request, access, row, form, seen, status=409, note=note)


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_close(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for coming off the board."""
    row = visible_row(access, stay)
    on_board = row.level is not None and row.level.level != Level.NONE
    seen = number_in(request.POST.get("seen")) if request.method == "POST" else (row.level.version if row.level else 0)
    note = "" if on_board else "Beboeren står ikke på tavlen."
    form = CloseForm(request.POST or None, home=access.home, today=today())
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        try:
            key = request.POST.get("noegle", "")
            services.level_close(access=access, stay_id=stay, off=form.off(), seen=seen, key=key, today=today())
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
            refuse(form, denied)
    context = {"home": access.home, "row": row, "form": form, "seen": seen, "note": note, "key": new_key()}
    return render(request, "boards/_close_dialog.html", context, status=status)


@home_view(methods=("POST",))
@missing_is_404
def level_review(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Uændret', or the follow-up after 14 days is done."""
    try:
        if request.POST.get("opfoelgning"):
            services.level_followed_up(access=access, stay_id=stay, today=today())
        else:
            services.level_review(access=access, stay_id=stay, seen=number_in(request.POST.get("seen")), today=today())
    except Conflict:
        return sentence("En anden har ændret niveauet imens. Se efter, og vælg igen.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("tavle-aendret")


@home_view(methods=("POST",))
@missing_is_404
def akut_read(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Jeg har set det'."""
    try:
        services.akut_read(access=access, stay_id=stay, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("tavle-aendret")


@home_view()
def raise_resident(request: HttpRequest, access: Access) -> HttpResponse:
    """'Sæt en beboer på tavlen': whom?"""
    shot = selectors.board(access.home, audience_of(access), today())
    waiting = [row for row in shot.others if row.stay.sight.shared]
    waiting += [row for key, _, rows in shot.groups if key in {"opfoelgning", "indlagt"} for row in rows]
    log_read(access, "saet-paa-tavlen", [row.id for row in waiting])
    return render(request, "boards/_raise_dialog.html", {"home": access.home, "rows": waiting})


@home_view(methods=("GET", "POST"))
@missing_is_404
def akut_review(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Ten minutes between meetings: one person from each side, and what they agreed."""
    row, day = visible_row(access, stay), today()
    team_open = any(
        rules.team_sees(link.team.opens, link.team.closes, timezone.now()) == "nu"
        for link in teams_of(access.home, day)
        if link.team_id in row.stay.teams
    )
    me = "home_person" if access.side == Side.HOME else "team_person"
    data = request.POST if request.method == "POST" else None
    form = ReviewForm(data, home=access.home, today=day, initial={me: access.user.pk})
    seen = number_in(request.POST.get("seen")) if data is not None else (row.level.version if row.level else 0)
    note, status = "", 200 if data is None else 422
    if data is not None and form.is_valid():
        try:
            services.akut_review(
                access=access,
                stay_id=stay,
                done=form.done(),
                team_open=team_open,
                seen=seen,
                key=data.get("noegle", ""),
                today=day,
            )
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Conflict as conflict:
            status, seen = 409, conflict.current.version if conflict.current else 0
            note = "Niveauet er ændret imens. Se efter, og gem igen, hvis det stadig passer."
        except Denied as denied:
            refuse(form, denied)
    context = {"home": access.home, "row": row, "form": form, "seen": seen, "note": note, "key": new_key()}
    context |= {"team_open": team_open, "access": access}
    return render(request, "boards/_review_dialog.html", context, status=status)


@home_view(methods=("POST",))
@missing_is_404
def akut_review_confirm(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The team confirms what the home decided alone."""
    try:
        services.akut_review_confirm(access=access, pk=pk, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("tavle-aendret")


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_dispute(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Uenig – tages op på mødet'."""
    row, error, why = visible_row(access, stay), "", request.POST.get("why", "")
    if request.method == "POST":
        try:
            services.level_dispute(
                access=access, stay_id=stay, why=why, key=request.POST.get("noegle", ""), today=today()
            )
            return fragment_trigger(*CHANGED)
        except Repeated:
            return fragment_trigger(*CHANGED)
        except Denied as denied:
            error = denied.message
    context = {"home": access.home, "row": row, "why": why, "error": error, "key": new_key()}
    return render(request, "boards/_dispute_dialog.html", context, status=422 if error else 200)
