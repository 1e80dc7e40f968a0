"""A page is told of what it may see, and of nothing else: for another act no event comes and no letter moves."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.access import today
from audit import trail
from boards import services
from boards.live import hub, presence, snapshots, stream
from boards.services import CellKey
from core.sealed import seal
from meetings import services as meetings
from organisation.models import Side
from residents import services as residents
from residents.sharing import audience_of
from tests.conftest import TODAY, Cast
from tests.loops import Ask, on_a_loop

pytestmark = pytest.mark.both
BOARD = "/havtornen/tavle/"


def told(page: str) -> str:
    return page.split('data-version="')[1].split('"')[0]


def board(cast: Cast, user: Any) -> str:
    return str(cast.client(user).get(BOARD).content.decode())


def changes(cast: Cast, user: Any, since: str, path: str = BOARD) -> Any:
    answer = cast.client(user).get(f"{path}aendringer/?since={since}")
    return answer.json() if answer.status_code == 200 else answer.status_code


def own_text(cast: Cast, text: str, seen: int = 0, by: Any = None) -> None:
    services.cell_write(
        access=cast.access(by or cast.mette),
        where=CellKey(cast.rune.pk, "own", Side.HOME),
        text=text,
        seen=seen,
        key="",
        today=TODAY,
    )


def test_act_of_one_side_alone_moves_nothing_the_other_is_told(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    theirs = told(board(cast, cast.amina))
    for number in range(3):
        own_text(cast, f"Kun for os {number}", number)
        assert changes(cast, cast.amina, theirs) == 204
        assert told(board(cast, cast.amina)) == theirs
    cast.write("Deles")
    found = changes(cast, cast.amina, theirs)
    assert found["from"] == theirs[: snapshots.MARK]
    assert "Deles" in str(found)
    assert found["to"] == told(board(cast, cast.amina))


def test_text_that_is_not_shared_moves_nothing_for_the_other_side(cast: Cast) -> None:
    cast.put_on_board(cast.aksel)
    theirs, ours = (told(board(cast, user)) for user in (cast.amina, cast.mette))
    cast.write("Deles ikke", stay=cast.aksel)
    assert changes(cast, cast.amina, theirs) == 204
    assert told(board(cast, cast.amina)) == theirs
    assert "Deles ikke" in str(changes(cast, cast.mette, ours))


def test_what_a_page_is_told_holds_no_number_and_cannot_be_made_up(cast: Cast) -> None:
    theirs = told(board(cast, cast.amina))
    snapshots.forget()
    again = told(board(cast, cast.amina))
    assert again[: snapshots.MARK] == theirs[: snapshots.MARK]
    assert again != theirs, "the sealed rest says nothing, not even that it is the same"
    assert changes(cast, cast.amina, again) == changes(cast, cast.amina, theirs) == 204
    for wrong in ("x", theirs[:-5], "a" * 16, theirs[:16] + seal("still", [1, "2026-11-17", 1])):
        assert changes(cast, cast.amina, wrong) == 400, wrong


def test_mark_of_another_audience_gets_ones_own_board_whole(cast: Cast) -> None:
    cast.put_on_board(cast.aksel)
    cast.write("Deles ikke", stay=cast.aksel)
    found = changes(cast, cast.amina, told(board(cast, cast.mette)))
    assert found["whole"]
    assert "Deles ikke" not in str(found)


def test_new_day_is_told_though_nothing_was_done(cast: Cast, clock: Any) -> None:
    before = told(board(cast, cast.mette))
    clock.move_to("2026-11-18T08:00:00+01:00")
    found = changes(cast, cast.mette, before)
    assert found["day"] == "2026-11-18"


def test_meeting_hears_of_what_stands_beside_the_board_and_of_nothing_hidden(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.put_on_board(cast.aksel)
    meeting = cast.start()
    place = f"/havtornen/moede/{meeting.number}/"
    before = changes(cast, cast.amina, "0", place)["to"]
    own_text(cast, "Kun for os")
    cast.write("Deles ikke", stay=cast.aksel)
    cast.agree("Tur alene", stay=cast.aksel)
    assert set(changes(cast, cast.amina, before, place)) == {"meeting"}
    meetings.guest_add(
        access=cast.access(cast.mette), number=meeting.number, name="Bo", title="", organisation="", key="", today=TODAY
    )
    found = changes(cast, cast.amina, before, place)
    assert (found["fragments"], found["from"], found["whole"]) == ({}, before[: snapshots.MARK], False)
    assert found["to"][: snapshots.MARK] == before[: snapshots.MARK]
    assert set(changes(cast, cast.amina, found["to"], place)) == {"meeting"}, "told once"


def test_text_about_somebody_who_is_not_on_the_board_is_told_in_the_meeting(cast: Cast) -> None:
    """Whose turn it is has no row: their page is fetched anew when the meeting hears of an act."""
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    place = f"/havtornen/moede/{meeting.number}/"
    before = changes(cast, cast.amina, "0", place)["to"]
    cast.write("Om Tove", stay=cast.tove)
    assert changes(cast, cast.amina, before, place)["fragments"] == {}


def test_stream_says_nothing_of_hidden_acts_and_hidden_writers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.put_on_board(cast.rune)
    team = audience_of(cast.access(cast.amina))
    here = presence.scope(cast.home)
    presence.arrive(cast.home, cast.mette, "fane")

    async def main(ask: Ask) -> list[list[str]]:
        centre = hub.Hub()
        since = (await ask(lambda: snapshots.snapshot(cast.home, team))).seen
        feed = stream._Feed(centre, cast.home, team, since, lambda: None, None)

        async def news(act: Callable[[], Any] = lambda: None) -> list[str]:
            await ask(act)
            centre.versions, centre.day = await ask(lambda: hub.clocks([cast.home.scope, here])), today()
            return [event.decode().split("\n")[0] for event in await feed.news(here, "")]

        said = [
            await news(),
            await news(lambda: own_text(cast, "Kun for os")),
            await news(lambda: presence.arrive(cast.home, cast.mette, "fane", f"{cast.rune.pk}-own-home")),
            await news(lambda: presence.arrive(cast.home, cast.mette, "fane", f"{cast.rune.pk}-status-home")),
            await news(lambda: cast.write("Deles")),
        ]
        centre.pool.shutdown()
        return said

    said = on_a_loop(monkeypatch, main)
    assert said == [["event: present"], [], [], ["event: present"], ["event: change"]]


def test_basis_that_ends_is_told_as_before(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    before = told(board(cast, cast.amina))
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert f"f{cast.rune.pk}-level" in json.dumps(changes(cast, cast.amina, before)["gone"])


def test_meeting_hears_that_somebody_came_to_work_here(cast: Cast) -> None:
    """The clock moves without a line in the home's log."""
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    place = f"/havtornen/moede/{meeting.number}/"
    before = changes(cast, cast.amina, "0", place)["to"]
    trail.touch(cast.home.scope)
    assert changes(cast, cast.amina, before, place)["fragments"] == {}


@pytest.mark.parametrize("woken", [0.3, 0.8])
def test_hidden_act_does_not_move_the_pulse_of_a_stream(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, woken: float
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 1.0)
    monkeypatch.setattr(stream, "presence", SimpleNamespace(scope=presence.scope, leave=lambda *_: None))
    team = audience_of(cast.access(cast.amina))

    async def main(ask: Ask) -> list[float]:
        loop, centre = asyncio.get_running_loop(), hub.hub()
        since = (await ask(lambda: snapshots.snapshot(cast.home, team))).seen
        sleeping: list[asyncio.Event] = []

        def join(self: Any, viewer: Any, seat: Any, scopes: Any) -> asyncio.Event:
            sleeping.append(asyncio.Event())
            return sleeping[0]

        monkeypatch.setattr(hub.Hub, "join", join)
        monkeypatch.setattr(hub.Hub, "leave", lambda *_: None)
        monkeypatch.setattr(hub.Hub, "silent", False)

        async def news(self: Any, here: str, meeting: str) -> list[bytes]:
            return []

        monkeypatch.setattr(stream._Feed, "news", news)
        events: Any = stream._events(
            cast.home, team, since, (1, "s", "havtornen", "team", 1, 1), "fane", lambda: None, None
        )
        pulses = [loop.time()]
        await anext(events)
        pulses[0] = loop.time()
        loop.call_later(woken, lambda: sleeping[0].set())
        for _ in range(2):
            await anext(events)
            pulses.append(loop.time())
        await events.aclose()
        centre.pool.shutdown()
        return pulses

    first, second, third = on_a_loop(monkeypatch, main)
    assert (second - first, third - second) == (pytest.approx(1.0, abs=0.25), pytest.approx(1.0, abs=0.25))
