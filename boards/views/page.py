"""The board itself, its changes and its stream."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.access import Access, home_view, team_of, today
from accounts.access import accesses as accesses_of
from boards.fragments import COUNTS, FIELD, FOOT, HEAD, group_id
from boards.live import presence, snapshots, stream
from boards.live.stream import log_look
from core import weeks
from residents.sharing import audience_of


@home_view()
def board(request: HttpRequest, access: Access) -> HttpResponse:
    """The board itself."""
    shot = log_look(access.home, audience_of(access), access.user)
    groups = [(group_id(key), key, title, [shot.rows[pk] for pk in ids]) for key, title, ids in shot.groups]
    page = {
        "shot": shot,
        "groups": groups,
        "columns": shot.fragments[HEAD],
        "counts": shot.fragments[COUNTS],
        "foot": shot.fragments[FOOT],
    }
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
        "homes": [own.home for own in accesses_of(access.user, day)],
        "may_write": " ".join(sorted(snapshots.writable(audience_of(access)))),
    }


def seen_in(request: HttpRequest) -> snapshots.Seen:
    """What the page that asks has; 400 for what no page was told."""
    try:
        return snapshots.seen_in(request.GET.get("since", ""))
    except LookupError:
        raise BadRequest("Siden er fra før. Hent den igen.") from None


@home_view()
def board_changes(request: HttpRequest, access: Access) -> HttpResponse:
    """What changed since the viewer's version, or 204."""
    answer = snapshots.changes(access.home, audience_of(access), seen_in(request))
    if answer is None:
        return HttpResponse(status=204)
    log_look(access.home, audience_of(access), access.user)
    return JsonResponse(answer)


@home_view()
def board_stream(request: HttpRequest, access: Access) -> HttpResponseBase:
    """The same, as it happens."""
    return stream.stream(request, access, audience_of(access), seen_in(request))


@home_view(methods=("POST",))
def board_here(request: HttpRequest, access: Access) -> HttpResponse:
    """The tab says which field it writes in."""
    field = request.POST.get("field", "")
    if field and not FIELD.fullmatch(field):
        raise BadRequest("Feltet kendes ikke.")
    presence.arrive(access.home, access.user, request.POST.get("tab", "")[:40] or "ukendt", field)
    return HttpResponse(status=204)
