"""Every part of the board × whose it is × who looks × what the basis covers × every way out: generated from the table.

A word of its own stands in each part of each side (residents.texts). For every state of the giving side's basis each
output is drawn once, and what is found in it is compared with what the table says: all of it, and nothing else.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from boards import services as boards
from boards.live import snapshots
from boards.models import Cell, EarlySign, Intervention, Urgency
from boards.search import find
from core.period import wall_clock
from criteria.models import Level
from meetings import services as meetings
from meetings.models import AgendaItem, Meeting, Series
from organisation.models import Side, User
from privacy import insight
from residents import partners
from residents import services as residents
from residents.models import Admission, Agreed, BasisKind, PartnerKind, SharingBasis, Situation
from residents.texts import COLUMNS, PARTS, Place, everything, optional, stored
from tests.conftest import TODAY, Cast
from tests.meetings.test_wall import link

HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
Spot = tuple[str, str]
# All at the meeting, or before the wall.
ALL = "alle"
# Every part of every side that holds words, and its canary. The level is a word of the region's.
PLACES: list[Spot] = [(side, part.key) for part in PARTS.values() if not part.always for side in part.sides]
CANARY: dict[Spot, str] = {place: f"zqv{number:02}x" for number, place in enumerate(PLACES)}
AT = {word: place for place, word in CANARY.items()}
TEXTS = {place for place in PLACES if place[1] in COLUMNS}
OWN = {place for place in TEXTS if PARTS[place[1]].private}
LANES = {(HOME, "social"), (TEAM, "psychiatric"), (JOINT, "coordination")}
SIGNS = {(HOME, "signs"), (TEAM, "signs")}
CRITERIA, TOPIC = {(JOINT, "grounds")}, {(JOINT, "topics")}
WARD: set[Spot] = {(JOINT, "situation")}
PARTNERS = {(JOINT, "partners")}
REASONS = {(HOME, "grounds"), (TEAM, "grounds")}
# The reason of the last change of level, which the team made; and what stands in the dialog of a level.
REASON_NOW, ACUTE = {(TEAM, "grounds")}, {(JOINT, "acute")}
VISITS = {(HOME, "situation"), (TEAM, "situation")}


def texts_at(place: Place) -> set[Spot]:
    """The texts the table shows in a place."""
    return {spot for spot in TEXTS if place in COLUMNS[spot[1]].places}


def found_in(text: str) -> set[Spot]:
    return {AT[word] for word in re.findall(r"zqv\d\dx", text)}


# --- the world --------------------------------------------------------------------------------------------------------


@dataclass
class World:
    cast: Cast
    first: Meeting
    second: Meeting
    running: Meeting
    screen: Client
    clients: dict[str, Client] = field(default_factory=dict)
    # The part the state is about; '' where it is about all.
    part: str = ""

    @property
    def texts(self) -> list[Spot]:
        """The texts asked for one at a time: those of the part, and one beside it."""
        return sorted(place for place in TEXTS if not self.part or place[1] in (self.part, "goals"))

    def user(self, side: str) -> User:
        return self.cast.mette if side == HOME else self.cast.amina

    def get(self, side: str, name: str, *rest: Any, query: str = "") -> str:
        """The page, or '' where it is not this side's to see."""
        answer = self.clients[side].get(reverse(name, args=[self.cast.home.slug, *rest]) + query)
        assert answer.status_code in (200, 404), (name, answer.status_code)
        return answer.content.decode() if answer.status_code == 200 else ""


def meet(cast: Cast, clock: Any, number: int) -> Meeting:
    clock.shift(timedelta(minutes=5))
    series = Series.objects.for_home(cast.home).get()
    return meetings.meeting_hold(
        access=cast.access(cast.mette), series_id=series.pk, key=f"m{number}", now=wall_clock()
    )


def close(cast: Cast, meeting: Meeting) -> Meeting:
    return meetings.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Afsnittet ringer", today=TODAY)


def by_side(cast: Cast, side: str) -> User:
    return cast.mette if side == HOME else cast.amina


def note_sign(cast: Cast, side: str) -> None:
    boards.sign_note(
        access=cast.access(by_side(cast, side)), stay_id=cast.rune.pk, text=CANARY[side, "signs"],
        urgency=Urgency.MEETING, key="", today=TODAY,
    )  # fmt: skip


@pytest.fixture
def world(cast: Cast, clock: Any) -> World:
    """Rune with a canary everywhere; two meetings closed, before and after it all was written, and one running."""
    rune = cast.rune
    cast.put_on_board(rune)
    first = close(cast, meet(cast, clock, 1))
    screen = Client()
    assert screen.post(link(cast)).status_code == 302
    for side, key in sorted(TEXTS):
        # What both write, the team writes here, so that it has something of it to undo.
        who = by_side(cast, side)
        cast.write(CANARY[side, key], by=who, column_key=key, side=Side(side))
    owners = {"social": cast.amina, "psychiatric": cast.mette, "coordination": cast.jonas}
    for side, key in LANES:
        cast.agree(CANARY[side, key], by=by_side(cast, side), track=key, owner=owners[key], due_on=TODAY)
    partners.partner_add(
        home=cast.home, stay_id=rune.pk, name=CANARY[JOINT, "partners"], kind=PartnerKind.DOCTOR,
        new=partners.Agreement(Agreed.UNASKED), key="", by=cast.mette, today=TODAY,
    )  # fmt: skip
    residents.situation_change(
        stay=rune, situation=Situation.ADMITTED, since=TODAY, place=CANARY[JOINT, "situation"], by=cast.mette
    )
    for side in (HOME, TEAM):
        residents.visit_note(
            home=cast.home, stay_id=rune.pk, on=TODAY, text=CANARY[side, "situation"], side=side, key="",
            by=by_side(cast, side), today=TODAY,
        )  # fmt: skip
    cast.put_on_board(
        rune, Level.SUBAKUT, "andet", seen=1, other=CANARY[JOINT, "grounds"], reason=CANARY[HOME, "grounds"]
    )
    cast.put_on_board(
        rune, Level.AKUT, "andet", seen=2, other=CANARY[JOINT, "grounds"], reason=CANARY[TEAM, "grounds"],
        access=cast.access(cast.amina),
    )  # fmt: skip
    meetings.topic_park(
        access=cast.access(cast.mette), stay_id=rune.pk, team=None, text=CANARY[JOINT, "topics"], key=""
    )
    second = close(cast, meet(cast, clock, 2))
    running = meet(cast, clock, 3)
    for side in (HOME, TEAM):
        note_sign(cast, side)
    item = AgendaItem.objects.for_home(cast.home).get(meeting=running, stay=rune)
    meetings.spotlight_move(access=cast.access(cast.mette), number=running.number, item_id=item.pk, today=TODAY)
    clients: dict[str, Client] = {HOME: cast.client(cast.mette), TEAM: cast.client(cast.amina)}
    assert Admission.objects.for_home(cast.home).filter(stay=rune).exists()
    return World(cast, first, second, running, screen, clients)


# --- the ways out: what each draws, and what of the table it is made of -----------------------------------------------


def _changes(w: World, side: str) -> str:
    return w.get(side, "board-changes", query="?since=0").encode().decode("unicode_escape")


def _history(w: World, side: str) -> str:
    return "".join(w.get(side, "cell-history", w.cast.rune.pk, key, whose) for whose, key in w.texts)


def _dialogs(w: World, side: str) -> str:
    cast = w.cast
    signs = EarlySign.objects.for_home(cast.home).filter(stay=cast.rune, handled_on=None)
    agreed = Intervention.objects.for_home(cast.home).filter(stay=cast.rune)
    pages = [w.get(side, "sign", one.pk) for one in signs] + [w.get(side, "intervention", one.pk) for one in agreed]
    return "".join([*pages, w.get(side, "level-change", cast.rune.pk), w.get(side, "level-close", cast.rune.pk)])


def _edit(w: World, side: str) -> str:
    """The field to write in, and the conflict panel over what stands there."""
    pages = []
    for whose, key in w.texts:
        if whose in (side, JOINT):
            pages.append(w.get(side, "cell-edit", w.cast.rune.pk, key, whose))
            url = reverse("cell", args=[w.cast.home.slug, w.cast.rune.pk, key, whose])
            answer = w.clients[side].post(url, {"text": "Mit", "seen": "0", "key": "k"})
            assert answer.status_code in (409, 404)
            pages.append(answer.content.decode() if answer.status_code == 409 else "")
    return "".join(pages)


def _search(w: World, side: str) -> str:
    hits = find([w.cast.access(w.user(side))], "zqv", TODAY)
    return " ".join(hit.snippet for hit in hits if hit.stay.id == w.cast.rune.pk)


def _minutes(w: World, side: str) -> str:
    return w.get(side, "minutes", w.second.number, query=f"?til={side}")


def _pdf(w: World, side: str, audience: str | None = None) -> str:
    url = reverse("minutes-pdf", args=[w.cast.home.slug, w.second.number]) + f"?til={audience or side}"
    reader = PdfReader(BytesIO(w.clients[side].get(url).content))
    return "\n".join(one.extract_text() for one in reader.pages)


def _compare(w: World, side: str) -> str:
    return w.get(side, "compare-meetings", query=f"?fra={w.first.number}&til={w.second.number}")


def _copy(w: World, side: str) -> str:
    return w.get(side, "record-copy", w.second.number, w.cast.rune.pk, query=f"?til={side}")


def _my_day(w: World, side: str) -> str:
    return w.clients[side].get(reverse("my-day")).content.decode()


def _since_last(w: World, side: str) -> str:
    """What the other side did; here the team wrote what both write."""
    return w.clients[side].get(reverse("since-last")).content.decode()


def _spotlight(w: World, side: str) -> str:
    item = AgendaItem.objects.for_home(w.cast.home).get(meeting=w.running, stay=w.cast.rune)
    parts = ("agenda-item", "agenda-since", "agenda-decide", "tell-list")
    return "".join(w.get(side, name, w.running.number, item.pk) for name in parts)


def _meeting(w: World, side: str) -> str:
    """The meeting's page, its changes, and the recap."""
    changes = w.get(side, "meeting-changes", w.running.number, query="?since=0")
    pages = w.get(side, "meeting", w.running.number) + w.get(side, "recap", w.running.number)
    return pages + changes.encode().decode("unicode_escape")


def _wall(w: World, side: str) -> str:
    """What the screen shows, each text asked for in turn by the one who leads."""
    shown = []
    for whose, key in w.texts:
        url = reverse("wall-show", args=[w.cast.home.slug, w.running.number])
        answer = w.clients[HOME].post(url, {"field": f"{w.cast.rune.pk}-{key}-{whose}"})
        assert answer.status_code in (204, 404), answer.status_code
        if answer.status_code == 204:
            shown.append(w.screen.get(reverse("wall-now")).content.decode())
    return "".join([*shown, w.screen.get(reverse("wall-now")).content.decode()])


@dataclass(frozen=True)
class Way:
    """A way out. `to` is who looks: 'own' each side at its own screen, 'joint' all at the meeting, or the 'wall'."""

    to: str
    draw: Callable[[World, str], str]
    # What it is made of, for each side where that differs.
    shows: set[Spot] | dict[str, set[Spot]]
    slow: bool = False
    # Asked for text by text.
    each: bool = False

    def of(self, side: str) -> set[Spot]:
        return self.shows[side] if isinstance(self.shows, dict) else self.shows


SAID = texts_at(Place.MINUTES) | LANES | CRITERIA
STATUS = {(HOME, "status"), (TEAM, "status")}
JOINT_TEXTS = {place for place in TEXTS if place[0] == JOINT}
WAYS: dict[str, Way] = {
    "board": Way(
        "own", lambda w, s: w.get(s, "board"), texts_at(Place.BOARD) | LANES | CRITERIA | REASON_NOW | SIGNS | WARD
    ),
    "changes": Way("own", _changes, TEXTS | LANES | CRITERIA | REASON_NOW | SIGNS | WARD),
    "all residents": Way("own", lambda w, s: w.get(s, "residents"), WARD),
    "resident": Way(
        "own", lambda w, s: w.get(s, "resident", w.cast.rune.pk), texts_at(Place.RESIDENT) | WARD | VISITS | PARTNERS
    ),
    "course": Way(
        "own", lambda w, s: w.get(s, "resident-course", w.cast.rune.pk), TEXTS | CRITERIA | REASONS | WARD | VISITS
    ),
    "history": Way("own", _history, TEXTS, each=True),
    "dialogs": Way("own", _dialogs, LANES | SIGNS | CRITERIA | REASON_NOW | PARTNERS | ACUTE),
    "edit and conflict": Way("own", _edit, {
        HOME: {place for place in TEXTS if place[0] in (HOME, JOINT)},
        TEAM: {place for place in TEXTS if place[0] in (TEAM, JOINT)},
    }, each=True),
    "search": Way("own", _search, TEXTS | LANES),
    "since last": Way("own", _since_last, {
        HOME: {spot for spot in TEXTS | LANES | SIGNS | REASONS if spot[0] != HOME},
        TEAM: {spot for spot in TEXTS | LANES | SIGNS | REASONS if spot[0] == HOME} | WARD,
    }),
    "min dag": Way("own", _my_day, {HOME: {(TEAM, "psychiatric")}, TEAM: {(HOME, "social")}}),
    "my week": Way("own", lambda w, s: w.get(s, "my-week", w.cast.rune.pk), texts_at(Place.MY_WEEK) | LANES),
    "undo": Way("own", lambda w, s: w.get(s, "undo"), {
        HOME: {place for place in TEXTS if place[0] == HOME} | {(HOME, "social")},
        TEAM: {place for place in TEXTS if place[0] != HOME} | {(TEAM, "psychiatric"), (JOINT, "coordination")},
    }),
    "own minutes": Way("own", _minutes, SAID),
    "own PDF": Way("own", _pdf, SAID, slow=True),
    "copy": Way("own", _copy, STATUS | {(JOINT, "words")} | LANES | CRITERIA | WARD),
    "compare": Way("own", _compare, SAID),
    "board then": Way(
        "own", lambda w, s: w.get(s, "board-then", w.second.number),
        texts_at(Place.BOARD_THEN) | LANES | CRITERIA | WARD,
    ),
    "spotlight": Way(
        "joint", _spotlight,
        texts_at(Place.SPOTLIGHT) | LANES | CRITERIA | REASON_NOW | SIGNS | WARD | TOPIC | PARTNERS,
    ),
    "meeting": Way("joint", _meeting, (TEXTS - OWN) | LANES | CRITERIA | REASON_NOW | SIGNS | WARD | TOPIC),
    "minutes": Way("joint", lambda w, s: w.get(s, "minutes", w.second.number), SAID),
    "PDF": Way("joint", lambda w, s: _pdf(w, s, "joint"), SAID, slow=True),
    "wall": Way("wall", _wall, {spot for spot in TEXTS if COLUMNS[spot[1]].wall}, each=True),
}  # fmt: skip


# --- the states of a side's basis -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """A basis of one side, and the parts it opens; None where nothing is shared at all."""

    name: str
    opens: frozenset[str] | None
    lay: dict[str, Any] | None
    # A state of one part is tried on the ways that part is shown on; the others on every way and both sides' screens,
    # the PDF where the state differs in kind.
    part: str = ""
    every_way: bool = False


def states(side: Side) -> Iterator[State]:
    """Nothing, everything, each part alone, all but each part, and the kinds that settle it themselves."""
    all_of = [part.key for part in optional(side)]
    yield State("nothing", None, None, every_way=True)
    yield State("everything", frozenset(all_of), {"what": everything(side)}, every_way=True)
    for key in all_of:
        yield State(f"only {key}", frozenset({key}), {"what": stored(side, [key])}, key)
        rest = [other for other in all_of if other != key]
        yield State(f"all but {key}", frozenset(rest), {"what": stored(side, rest)}, key)
    settled = frozenset(part.key for part in optional(side) if BasisKind.DISCHARGE in part.bases)
    yield State("discharge", settled, {"kind": BasisKind.DISCHARGE, "what": everything(side)}, every_way=True)
    over = {"from_day": TODAY - timedelta(days=9), "to_day": TODAY - timedelta(days=1)}
    yield State("expired", None, {"what": everything(side), **over})
    yield State("withdrawn", None, {"what": everything(side), "withdrawn_at": timezone.now()})
    hour = {"kind": BasisKind.NEED, "given_by": "law"}
    yield State("in need", frozenset(all_of), {"what": everything(side), **hour, "open_until": 60})
    yield State("in need, and the hour is over", None, {"what": everything(side), **hour, "open_until": -1})


def lay(cast: Cast, side: Side, state: State) -> None:
    """The side's basis as the state says, whatever stood before. The boards in memory are forgotten."""
    SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune, from_side=side).delete()
    if state.lay is not None:
        values = {
            "kind": BasisKind.OTHER, "covers": "", "given_by": "resident", "given_on": TODAY, "from_day": TODAY,
            "recorded_by": by_side(cast, side), **state.lay,
        }  # fmt: skip
        if "open_until" in values:
            values["open_until"] = timezone.now() + timedelta(minutes=values["open_until"])
        SharingBasis(stay=cast.rune, from_side=side, **values).insert()
    snapshots.forget()


def seen(viewer: str, shared: dict[str, frozenset[str] | None]) -> set[Spot]:
    """What the table says the viewer sees: 'home', 'team', or all who are at the meeting or before the wall."""
    if viewer != HOME and shared[HOME] is None:
        return set()
    found = set()
    for side, key in PLACES:
        giver = TEAM if side == TEAM else HOME
        own = viewer == side or (viewer == HOME and side == JOINT)
        given = not PARTS[key].private and key in (shared[giver] or ())
        if own or given:
            found.add((side, key))
    return found


@pytest.mark.parametrize("side", [HOME, TEAM])
def test_every_way_out_shows_what_the_table_says_and_nothing_else(world: World, side: Side, capsys: Any) -> None:
    shared: dict[str, frozenset[str] | None] = {
        whose: frozenset(part.key for part in optional(whose)) for whose in (HOME, TEAM)
    }
    wrong, cases, drawn = [], 0, 0
    for state in states(side):
        lay(world.cast, side, state)
        world.part = state.part
        shared[side] = state.opens
        for name, way in WAYS.items():
            if way.slow and not state.every_way:
                continue
            # Each side's own screens; what all at the meeting see is seen from the side that receives.
            receives = TEAM if side == HOME else HOME
            if state.part and state.part not in {key for _, key in way.of(receives)}:
                continue
            for looker in (HOME, TEAM) if way.to == "own" and state.every_way else (receives,):
                may = seen(looker if way.to == "own" else ALL, shared)
                listed = way.of(looker) & set(world.texts) if way.each else way.of(looker)
                found = found_in(way.draw(world, looker))
                drawn, cases = drawn + 1, cases + len(PLACES)
                where = f"{state.name}, {name}, {looker}"
                wrong += [f"LEAK {where}: {place}" for place in sorted(found - may)]
                wrong += [f"missing {where}: {place}" for place in sorted((may & listed) - found)]
                wrong += [f"not listed {where}: {place}" for place in sorted((found & may) - listed)]
    leaks = sum(line.startswith("LEAK") for line in wrong)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{side}: {cases} cases on {drawn} pages, {leaks} leaks, {len(wrong) - leaks} otherwise wrong\n"
        )
    assert wrong == [], "\n".join(wrong[:60])


def test_what_was_written_on_the_wrong_resident_is_on_no_way_out_to_the_other_side(world: World) -> None:
    cast = world.cast
    for side, key in sorted(TEXTS):
        cell = Cell.objects.for_home(cast.home).get(stay=cast.rune, column=key, side=side)
        boards.cell_misfile(
            access=cast.access(by_side(cast, side)),
            where=boards.CellKey(cast.rune.pk, key, Side(side)),
            seen=cell.version,
            move_to=None,
            today=TODAY,
        )
    for row in Intervention.objects.for_home(cast.home).filter(stay=cast.rune):
        who = cast.amina if row.track == "psychiatric" else cast.mette
        boards.intervention_misfile(access=cast.access(who), pk=row.pk, seen=row.version, today=TODAY)
    for sign in EarlySign.objects.for_home(cast.home).filter(stay=cast.rune, handled_on=None):
        boards.sign_misfile(access=cast.access(by_side(cast, sign.side)), sign=sign, today=TODAY)
    leaks = []
    for name, way in WAYS.items():
        for looker, other in ((HOME, TEAM), (TEAM, HOME)):
            gone = {place for place in TEXTS | LANES | SIGNS if place[0] == other or way.to != "own"}
            leaks += [(name, looker, place) for place in found_in(way.draw(world, looker)) & gone]
    assert leaks == []


@pytest.mark.parametrize("side", [HOME, TEAM])
def test_account_of_each_side_holds_what_the_table_exports(world: World, side: Side) -> None:
    access = world.cast.access(by_side(world.cast, side))
    found = insight.gather(access, insight.stay_account(access, world.cast.rune.pk, TODAY), TODAY, timezone.now())
    exported = {(whose, key) for whose, key in PLACES if PARTS[key].export and whose in (side, JOINT)}
    assert found_in(json.dumps(asdict(found), default=str)) == exported


def test_table_names_every_text_column_and_every_lane() -> None:
    from_boards = set(COLUMNS) | {key for _, key in LANES}
    assert from_boards <= set(PARTS)
    assert {part.kept for part in PARTS.values()} == {"cell_history", "episodes", "left"}
    assert {key for key, part in PARTS.items() if part.always} == {"level"}
    for side in (HOME, TEAM):
        assert all(not part.private and not part.always for part in optional(side))
