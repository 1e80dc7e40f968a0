"""The SSE stream of a home: changes of the board, who is here, and where the meeting is."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import date
from functools import partial
from typing import Any

from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from boards import live, presence
from boards.hub import Hub, Viewer, hub
from botilbud.audit import trail
from botilbud.organisation.access import Access, today
from botilbud.organisation.models import Home, User
from residents.sharing import Audience

HEARTBEAT = 2.5
Extra = Callable[[], dict[str, Any]]
Narrow = Callable[[dict[str, Any]], dict[str, Any]]
Look = Callable[[], object]


def spotlight_scope(home: Home) -> str:
    """The clock of the home's running meeting: spotlight, chair, attendance."""
    return f"meeting:{home.pk}"


def log_look(home: Home, audience: Audience, user: User) -> live.Snapshot:
    """The board as it stands, once it is noted that the person sees it. Raises Unwritable."""
    shot = live.snapshot(home, audience)
    seen = [row.id for row in [*shot.board.rows, *shot.board.others] if row.stay.sight.shared]
    trail.record_read(home.scope, viewer=user.pk, screen="tavle", stays=seen)
    return shot


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def stream(
    request: HttpRequest,
    access: Access,
    audience: Audience,
    since: live.Cursor,
    meeting_state: Extra | None = None,
    narrow: Narrow | None = None,
    look: Look | None = None,
) -> StreamingHttpResponse:
    """An endless answer of events `aendring`, `her`, `moede`, `puls` and, when the right is gone, `ud`.

    `narrow` takes out of the changes what must not go to this screen now; `look` notes whom the person sees, the board
    where nothing else is said.
    """
    tab = request.GET.get("fane", "")[:40] or "ukendt"
    team = access.team.pk if access.team else 0
    viewer = (access.user.pk, request.session.session_key or "", access.home.slug, access.side.value, team)
    presence.arrive(access.home, access.user, tab)
    look = look or partial(log_look, access.home, audience, access.user)
    body = _events(access.home, audience, since, viewer, tab, access.user, look, meeting_state, narrow)
    # A stream lives for hours; the request's own connection must not.
    connections.close_all()
    return StreamingHttpResponse(
        body,
        content_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _events(
    home: Home,
    audience: Audience,
    since: live.Cursor,
    viewer: Viewer,
    tab: str,
    user: User,
    look: Look,
    meeting_state: Extra | None,
    narrow: Narrow | None,
) -> AsyncIterator[str]:
    centre = hub()
    here, meeting = presence.scope(home), spotlight_scope(home)
    scopes = [home.scope, here, meeting]
    centre.join(viewer, scopes)
    cursor, sent = since, {here: -1, meeting: -1}
    beats, told, noted = 0, None, None
    try:
        while True:
            if viewer in centre.refused:
                yield _event("ud", {})
                return
            behind = centre.versions.get(home.scope, -1) != cursor.version or today() != cursor.day
            answer = await centre.run(partial(live.changes, home, audience, cursor)) if behind else None
            if answer is not None:
                cursor = live.Cursor(answer["til"], date.fromisoformat(answer["dag"]))
                # Noted when other residents stand there than last, or in another hour: not for every change.
                looked = (timezone.now().hour, [ids for _, ids in answer["grupper"]])
                if looked != noted or "tavle-fod" in answer["felter"]:
                    try:
                        await centre.run(look)
                    except trail.Unwritable:
                        return  # the page asks anew, and is told why it gets nothing
                    noted = looked
                yield _event("aendring", await centre.run(partial(narrow, answer)) if narrow else answer)
            versions = centre.versions
            if versions.get(here, 0) != sent[here]:
                sent[here] = versions.get(here, 0)
                now = await centre.run(lambda: presence.here(home))
                fields = await centre.run(lambda: live.visible_fields(live.snapshot(home, audience)))
                writing = {field: who for field, who in now.writing.items() if field in fields}
                yield _event("her", {"navne": now.names, "skriver": writing})
            if meeting_state is not None and (behind or versions.get(meeting, 0) != sent[meeting]):
                sent[meeting] = versions.get(meeting, 0)
                state = await centre.run(meeting_state)
                # The seconds pass by themselves; all else is news.
                news = {key: value for key, value in state.items() if key != "sekunder"}
                if news != told:
                    told = news
                    yield _event("moede", state)
            yield _event("puls", {"til": cursor.version})
            beats += 1
            if beats % 6 == 0:
                await centre.run(lambda: presence.arrive(home, user, tab))
            await _next(centre, cursor, home.scope, sent)
    finally:
        centre.leave(viewer, scopes)
        await centre.run(lambda: presence.leave(home.pk, tab))


async def _next(centre: Hub, cursor: live.Cursor, scope: str, sent: dict[str, int]) -> None:
    """Sleeps until one of this stream's own clocks has moved, or a heartbeat is due."""
    loop = asyncio.get_running_loop()
    until = loop.time() + HEARTBEAT
    while (left := until - loop.time()) > 0:
        await centre.wait(left)
        versions = centre.versions
        if versions.get(scope, 0) != cursor.version or any(versions.get(k, 0) != v for k, v in sent.items()):
            return
