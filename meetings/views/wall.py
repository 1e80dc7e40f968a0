"""The screen on the wall: its own page, and the leader's list of screens."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import still
from accounts.access import Access, home_view, teams_of, today
from boards.live import snapshots
from boards.selectors import Row
from core.errors import Denied
from core.forms import Data, changing
from core.web import missing_is_404, sentence
from meetings import services
from meetings.forms import ScreenForm
from meetings.models import AgendaItem, Meeting, WallScreen
from meetings.views.common import acts
from organisation.drafts import FormDraft
from residents.sharing import Audience, AudienceKind

COOKIE = "__Host-storskaerm" if settings.TLS else "storskaerm"
DAYS = 180
LOST = "Linket er lavet. Det vises kun én gang; luk skærmen nedenfor, og lav et nyt, hvis I mangler det."


@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The page the screen stands on."""
    return render(request, "meetings/wall.html", _now(request))


@require_safe
def wall_now(request: HttpRequest) -> HttpResponse:
    """What the screen shows now, asked for every other second."""
    return render(request, "meetings/_wall.html", _now(request))


@require_http_methods(["GET", "HEAD", "POST"])
def wall_link(request: HttpRequest, code: str) -> HttpResponse:
    """The link: a button that takes this browser into use as the screen, once."""
    if request.method != "POST":
        return render(request, "meetings/wall_link.html", {"refused": False})
    own = services.wall_open(code, timezone.now())
    if own is None:
        return render(request, "meetings/wall_link.html", {"refused": True}, status=410)
    answer = redirect("wall")
    answer.set_cookie(
        COOKIE, own, max_age=DAYS * 86400, secure=settings.TLS, httponly=True, samesite="Strict", path="/"
    )
    return answer


def _now(request: HttpRequest) -> dict[str, Any]:
    screen = services.wall_of(request.COOKIES.get(COOKIE, ""))
    if screen is None:
        return {"words": "Skærmen er ikke tilsluttet", "more": "Bed en leder om et nyt link."}
    running = services.running_for(screen)
    services.wall_note(screen, running)
    if running is None:
        return {"words": screen.home.name, "more": "Skærmen tænder, når mødet begynder."}
    if running.wall_blank:
        return {"words": "", "more": ""}
    return _shown(screen, running)


def _shown(screen: WallScreen, running: Meeting) -> dict[str, Any]:
    """Initials, flat, level, who and when; and one text while the chair shows it."""
    home_board = snapshots.snapshot(screen.home, Audience(AudienceKind.WALL, screen.team_id)).board
    rows = {row.id: row for row in home_board.all_rows if row.stay.sight.shared}
    items = AgendaItem.objects.for_home(screen.home).filter(meeting=running, stay__isnull=False).order_by("order")
    spot = running.spotlight
    lines = [
        {"row": rows[item.stay_id], "at": bool(spot and item.pk == spot.pk), "plans": _plans(rows[item.stay_id])}
        for item in items
        if item.stay_id in rows and (not running.resident_present or (spot and item.pk == spot.pk))
    ]
    return {"home": screen.home, "lines": lines, "cell": _cell(screen, running, rows)}


def _plans(row: Row) -> list[tuple[str, str]]:
    """Who and when of what is planned, without what."""
    return [(item.owner or "Ingen endnu", item.day) for lane in row.lanes.values() for item in lane if not item.settled]


def _cell(screen: WallScreen, running: Meeting, rows: dict[int, Row]) -> tuple[str, str] | None:
    """(heading, text) while the chair shows one, of the resident still in the spotlight."""
    if not running.wall_cell or running.wall_until is None or running.wall_until <= timezone.now():
        return None
    stay, _, key = running.wall_cell.partition("-")
    if running.spotlight is None or str(running.spotlight.stay_id) != stay or int(stay) not in rows:
        return None
    together = snapshots.snapshot(screen.home, services.joint(running)).board.row(int(stay))
    cell = together.cells.get(key) if together else None
    return (cell.title, cell.text) if cell and cell.text else None


@home_view(methods=("GET", "POST"))
@missing_is_404
def wall_screens(request: HttpRequest, access: Access) -> HttpResponse:
    """A leader's list of the home's screens, and a link to a new one."""
    if not access.is_leader:
        return sentence("Storskærme sættes op af en leder.", 403)
    teams = [access.team] if access.team else [link.team for link in teams_of(access.home, today())]

    def make(data: Data) -> ScreenForm:
        return ScreenForm(data, teams=teams)

    def page(form: ScreenForm, status: int, link: str = "") -> HttpResponse:
        context = {"home": access.home, "place": "referater", "form": form, "link": link}
        context["screens"] = services.screens(access.home)
        if link:
            still.forget(request)
        return render(request, "meetings/wall_screens.html", context, status=status)

    def act(form: ScreenForm) -> HttpResponse:
        wanted = form.cleaned_data.get("team")
        team = next((team for team in teams if team.pk == wanted), teams[0] if len(teams) == 1 else None)
        if team is None:
            raise Denied("Der er intet team at vise mødet med.")
        _, code = services.wall_add(access=access, team=team, name=form.cleaned_data["name"], key=form.key)
        return page(make(None), 200, f"{settings.PUBLIC_URL}/vaeg/{code}/")

    def done(form: ScreenForm) -> HttpResponse:
        again = make(None)
        again.said = LOST
        return page(again, 200)

    drafts = FormDraft.at(access, "wall-screens")
    return changing(request, make, act, show=page, done=done, drafts=drafts)


@home_view(methods=("POST",))
@missing_is_404
def wall_revoke(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """The screen is closed."""
    if not access.is_leader:
        return sentence("Storskærme lukkes af en leder.", 403)
    with suppress(Denied):  # a second click: it is closed already
        services.wall_revoke(access=access, pk=pk)
    return redirect("wall-screens", access.home.slug)


@home_view(methods=("POST",))
@missing_is_404
def wall_blank(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """Puts the screens out, or lights them again."""
    blank = request.POST.get("blank") == "1"
    return acts(lambda: services.wall_blank(access=access, number=number, blank=blank))


@home_view(methods=("POST",))
@missing_is_404
def wall_show(request: HttpRequest, access: Access, number: int) -> HttpResponse:
    """The chair shows one text for twenty seconds."""
    cell = request.POST.get("field", "")[:40]
    return acts(
        lambda: services.wall_show(access=access, number=number, cell=cell, now=timezone.localtime()),
    )
