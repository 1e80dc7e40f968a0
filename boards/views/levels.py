"""Going on the board, up, down and off."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards import selectors, services
from boards.forms import CloseForm, DisputeForm, LevelForm, ReviewForm
from boards.models import Episode, EpisodeCriterion, Outcome, Track
from boards.selectors import Row
from boards.views.common import CHANGED, answer_sign, dialog, log_read, visible_row, who_sees, who_to_ring
from core.errors import Conflict, Denied, Repeated
from core.forms import Data
from core.web import fragment_trigger, missing_is_404, sentence, triggering
from criteria import catalogue
from criteria import rules as criteria_rules
from criteria.models import CriterionVersion, Level
from organisation.drafts import FormDraft
from organisation.models import Side
from residents.sharing import audience_of


def _to_choose(access: Access, row: Row) -> tuple[list[CriterionVersion], set[int]]:
    """The criteria on offer, and the ids of those that are there only because the resident already has them.

    A resident keeps the version they got: it stands in the place of a newer one, and after the others once retired.
    """
    offered = services.offered_criteria(access, today())
    if not row.on_board or row.level is None or not row.level.grounds:
        return offered, set()
    links = EpisodeCriterion.objects.for_home(access.home).filter(episode=row.level.episode, to_day=None)
    has = {link.version.criterion_id: link.version for link in links.select_related("version__criterion")}
    known = {version.criterion_id for version in offered}
    kept = [version for pk, version in has.items() if pk not in known]
    return [*(has.get(version.criterion_id, version) for version in offered), *kept], {v.criterion_id for v in kept}


def _stored(access: Access, row: Row) -> dict[str, Any]:
    """The level and, where the person may know why, its reasons."""
    stored: dict[str, Any] = {"level": row.level.level if row.on_board and row.level else None}
    if row.on_board and row.level and row.level.grounds:
        links = EpisodeCriterion.objects.for_home(access.home).filter(episode=row.level.episode, to_day=None)
        stored["criteria"] = list(links.values_list("version_id", flat=True))
        stored["other"] = next((link.text for link in links if link.text), "")
        stored["deadline"] = next((link.deadline for link in links if link.deadline), None)
    return stored


def _wanted(request: HttpRequest, form: LevelForm, offered: list[CriterionVersion]) -> None:
    """A level or a criterion named in the address is chosen beforehand.

    From a question on the row ("netop udskrevet") comes a criterion: it is ticked, and people decide.
    """
    if request.GET.get("kriterie") and not form.row.on_board:
        named = [version for version in offered if version.criterion.key == request.GET["kriterie"]]
        form.initial["criteria"] = [version.pk for version in named]
        form.initial["level"] = next((version.level for version in named), None)
        form.asked |= {"level", "criteria"}
    if request.GET.get("til"):
        form.initial["level"] = request.GET["til"]
        form.asked.add("level")


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for going on the board, up or down."""
    day = today()
    own = Track.SOCIAL if access.side == Side.HOME else Track.PSYCHIATRIC

    def make(data: Data) -> LevelForm:
        row = visible_row(access, stay)
        offered, gone = _to_choose(access, row)
        form = LevelForm(
            data, row=row, home=access.home, today=day, offered=offered, gone=gone, stored=_stored(access, row),
            initial={"track": own},
        )  # fmt: skip
        _wanted(request, form, offered)
        return form

    def act(form: LevelForm) -> HttpResponse:
        new, row = form.new_level(own), form.row
        services.level_change(access=access, stay_id=stay, new=new, seen=form.seen, key=form.key, today=day)
        answer_sign(request, access, Outcome.LEVEL)
        if new.level == Level.AKUT and not (row.on_board and row.level and row.level.level == Level.AKUT):
            return _akut_receipt(request, access, visible_row(access, stay))
        return fragment_trigger(*CHANGED)

    def says(episode: Episode | None) -> str:
        if episode is None or episode.closed_on:
            return "Beboeren er gået af tavlen imens. Gem igen, hvis beboeren skal på tavlen på ny."
        label = visible_row(access, stay).rules.level(episode.level).lower()
        return f"Det er ændret imens, og beboeren står nu som {label}. Se efter, og gem igen, hvis det stadig gælder."

    return dialog(
        request, "boards/_level_dialog.html", make, act,
        context=lambda form: _level_context(access, form), says=says,
        drafts=FormDraft.at(access, f"level-change:{stay}", stay),
    )  # fmt: skip


def _level_context(access: Access, form: LevelForm) -> dict[str, Any]:
    day, row = today(), form.row
    terms = {version.pk: criteria_rules.term_of(version) for version in form.offered}
    first = not row.on_board
    proposals = {pk: criteria_rules.due(replace(term, lead_days=None), day, first=first) for pk, term in terms.items()}
    return {
        "home": access.home,
        "row": row,
        "offered": [(version, proposals[version.pk], version.criterion_id in form.gone) for version in form.offered],
        "checked": [str(value) for value in form["criteria"].value() or []],
        "notice": catalogue.NOTICE,
        **who_sees(access, row.stay, "level"),
        "contact_phones": who_to_ring(access.home, row.stay),
        "today": day,
        "acute": row.cells.get(f"acute-{Side.JOINT}"),
    }


def _akut_receipt(request: HttpRequest, access: Access, row: Row) -> HttpResponse:
    """Who will see it and when, and whom to call: said at once, since a board is no telephone."""
    phones = who_to_ring(access.home, row.stay)
    context = {
        "home": access.home, "row": row, "phones": phones, "access": access, **who_sees(access, row.stay, "level"),
    }  # fmt: skip
    return triggering(render(request, "boards/_akut_receipt.html", context), "board-changed")


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_close(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The dialog for coming off the board."""

    def make(data: Data) -> CloseForm:
        return CloseForm(data, row=visible_row(access, stay), home=access.home, today=today())

    def act(form: CloseForm) -> None:
        services.level_close(access=access, stay_id=stay, off=form.off(), seen=form.seen, key=form.key, today=today())

    def says(episode: Episode | None) -> str:
        if episode is None:
            return "Beboeren er allerede gået af tavlen."
        return "Niveauet er ændret imens. Se efter, og gem igen."

    return dialog(
        request, "boards/_close_dialog.html", make, act,
        context=lambda form: {"home": access.home, "row": form.row}, says=says,
        drafts=FormDraft.at(access, f"level-close:{stay}", stay),
    )  # fmt: skip


@home_view(methods=("POST",))
@missing_is_404
def level_review(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Uændret', or the follow-up after 14 days is done."""
    try:
        if request.POST.get("follow_up"):
            services.level_followed_up(access=access, stay_id=stay, today=today())
        else:
            services.level_review(access=access, stay_id=stay, seen=request.POST.get("seen", ""), today=today())
    except Repeated:
        pass
    except Conflict:
        return sentence("En anden har ændret niveauet imens. Se efter, og vælg igen.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed")


@home_view(methods=("POST",))
@missing_is_404
def akut_read(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Jeg har set det'."""
    try:
        services.akut_read(access=access, stay_id=stay, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed")


@home_view()
def raise_resident(request: HttpRequest, access: Access) -> HttpResponse:
    """'Sæt en beboer på tavlen': whom?"""
    shot = selectors.board(access.home, audience_of(access), today())
    shared = [row for row in [*shot.others, *shot.rows] if row.stay.sight.shared]
    waiting = [row for row in shared if not row.on_board]
    log_read(access, "saet-paa-tavlen", [row.id for row in waiting])
    return render(request, "boards/_raise_dialog.html", {"home": access.home, "rows": waiting})


@home_view(methods=("GET", "POST"))
@missing_is_404
def akut_review(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Ten minutes between meetings: one person from each side, and what they agreed."""
    day = today()
    me = "home_person" if access.side == Side.HOME else "team_person"

    def make(data: Data) -> ReviewForm:
        row = visible_row(access, stay)
        return ReviewForm(data, row=row, home=access.home, today=day, initial={me: access.user.pk})

    def team_open(row: Row) -> bool:
        teams = [link.team for link in teams_of(access.home, day) if link.team_id in row.stay.teams]
        return any(when == "nu" for _, when in selectors.seen_when(teams, timezone.now()).values())

    def act(form: ReviewForm) -> None:
        services.akut_review(
            access=access, stay_id=stay, done=form.done(), team_open=team_open(form.row), seen=form.seen,
            key=form.key, today=day,
        )  # fmt: skip

    def context(form: ReviewForm) -> dict[str, Any]:
        return {"home": access.home, "row": form.row, "team_open": team_open(form.row), "access": access}

    return dialog(
        request, "boards/_review_dialog.html", make, act, context=context,
        says=lambda episode: "Niveauet er ændret imens. Se efter, og gem igen, hvis det stadig passer.",
        drafts=FormDraft.at(access, f"akut-review:{stay}", stay),
    )  # fmt: skip


@home_view(methods=("POST",))
@missing_is_404
def akut_review_confirm(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The team confirms what the home decided alone."""
    try:
        services.akut_review_confirm(access=access, pk=pk, today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed")


@home_view(methods=("GET", "POST"))
@missing_is_404
def level_dispute(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Uenig – tages op på mødet'."""
    row = visible_row(access, stay)

    def act(form: DisputeForm) -> None:
        services.level_dispute(access=access, stay_id=stay, why=form.cleaned_data["why"], key=form.key, today=today())

    return dialog(
        request, "boards/_dispute_dialog.html", DisputeForm, act,
        context=lambda form: {"home": access.home, "row": row},
        drafts=FormDraft.at(access, f"level-dispute:{stay}", stay),
    )  # fmt: skip
