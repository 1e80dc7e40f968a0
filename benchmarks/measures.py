"""The measuring. Each function yields lines; whatever is compared is asked for by turns in the same loop."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from benchmarks.client import Answer, Link, Race, Watcher, percentile, watch
from benchmarks.lines import Goal, Line
from benchmarks.site import Machine, Site, pss_kb

Act = Callable[[], Awaitable[float]]
TEXT = (
    "Har sovet bedre i denne uge og kommer til fællesspisning. Vil gerne tale med lægen om sin medicin. "
    "Vi banker på klokken ti og går en tur."
)


@dataclass(frozen=True)
class Pace:
    """How much is measured."""

    warm: int = 10
    times: int = 80
    edits: int = 40
    seconds: float = 3.0
    rounds: int = 3

    @classmethod
    def quick(cls) -> "Pace":
        return cls(warm=5, times=25, edits=12, seconds=1.5, rounds=2)


class Cpu:
    """How much of a core this process used between two moments."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.used, self.at = time.process_time(), time.perf_counter()

    def share(self) -> float:
        return (time.process_time() - self.used) / max(1e-9, time.perf_counter() - self.at)


class Wrong(RuntimeError):
    """The app answered otherwise than what is measured asks for."""


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer, when its status is one of these. Raises Wrong."""
    if answer.status not in statuses:
        raise Wrong(f"{answer.status} instead of {statuses}: {answer.body[:300]!r}")
    return answer


class Probes:
    """The app's smallest signed-in page, and an event through the bare fan-out to one viewer or several."""

    def __init__(self, machine: Machine, site: Site) -> None:
        self.machine, self.site = machine, site
        nobody = site.sessions("@ingen", 1)[0]
        self.page = Link(site.port, nobody["cookie"], nobody["token"])
        self.sender = Link(machine.fan_port)
        self.race = Race()
        self.viewers: list[Watcher] = []
        self.turn = 0

    async def open(self, viewers: int = 1) -> None:
        """So many viewers of the fan-out from now on."""
        self.close()
        self.viewers = [await watch(self.machine.fan_port, "/stroem", self.race) for _ in range(viewers)]

    def close(self) -> None:
        """No viewers."""
        for viewer in self.viewers:
            assert viewer.transport is not None
            viewer.transport.abort()
        self.viewers = []

    async def empty(self) -> float:
        """The milliseconds of the page of somebody who works nowhere."""
        return expect(await self.page.ask("GET", "/"), 200).ms

    async def fan(self) -> list[float]:
        """The milliseconds until each viewer had an event."""
        self.turn += 1
        mark = f"proeve-{self.turn}-"
        self.race.begin(mark, len(self.viewers))
        expect(await self.sender.ask("POST", "/send", {"m": mark}), 204)
        await asyncio.wait_for(self.race.done.wait(), 30)
        return self.race.arrived


class Seat:
    """A signed-in person at a home's board, who reads and writes."""

    def __init__(self, site: Site, slug: str, session: dict[str, Any], status: dict[int, int]) -> None:
        self.site, self.slug, self.session = site, slug, session
        self.link = Link(site.port, session["cookie"], session["token"])
        # The stays to write at, and the version each text has; shared by those who write by turns.
        self.status = status
        self.turn = 0
        self.version = ""

    async def board(self) -> float:
        """The page's milliseconds."""
        answer = expect(await self.link.ask("GET", f"/{self.slug}/tavle/"), 200)
        if not self.version:
            self.note(answer.body)
        return answer.ms

    def note(self, body: bytes) -> None:
        """Keeps the version the page shows."""
        found = re.search(rb'data-version="([^"]+)"', body)
        if found is None:
            raise Wrong("the board does not say its version")
        self.version = found[1].decode()

    async def save(self, mark: str = "", stay: int | None = None) -> float:
        """The milliseconds of saving a status text."""
        self.turn += 1
        chosen = stay if stay is not None else list(self.status)[self.turn % len(self.status)]
        key = f"{self.session['user']}-{time.time_ns()}"[:40]
        form = {"text": f"{mark} {TEXT} {self.turn}", "seen": self.status[chosen], "key": key}
        answer = expect(await self.link.ask("POST", f"/{self.slug}/felt/{chosen}/status/home/", form), 200)
        self.status[chosen] += 1
        return answer.ms

    async def changes(self) -> float:
        """The milliseconds of asking what changed; the version moves on when something has."""
        path = f"/{self.slug}/tavle/aendringer/?since={self.version}"
        answer = expect(await self.link.ask("GET", path, fragment=True), 200, 204)
        if answer.status == 200:
            self.version = json.loads(answer.body)["to"]
        return answer.ms

    async def ask(self, method: str, path: str, form: dict[str, Any] | None, *statuses: int) -> float:
        """The milliseconds of any request."""
        return expect(await self.link.ask(method, path, form), *statuses).ms

    def stream_path(self, tab: str) -> str:
        """The address of the board's stream from the version this seat has."""
        return f"/{self.slug}/tavle/stroem/?since={self.version}&fane={tab}"


def seats(site: Site, slug: str, count: int) -> list[Seat]:
    """So many of the home's people, each with an own session."""
    status = dict(site.places(slug)["status"])
    return [Seat(site, slug, session, status) for session in site.sessions(slug, count)]


async def by_turns(line: Line, probes: Probes, pace: Pace, act: Act, before: Act | None = None) -> Line:
    """Measures the act, an empty page and an event by turns, after warming up."""
    cpu = Cpu()
    for turn in range(pace.warm + pace.times):
        if turn == pace.warm:
            cpu.begin()
        if before is not None:
            await before()
        took, empty, fan = await act(), await probes.empty(), await probes.fan()
        if turn >= pace.warm:
            line.times.append(took)
            line.empty.append(empty)
            line.fan += fan
    line.client = cpu.share()
    return line


PAGES = ("board", "save", "changes", "meeting", "myday")


async def pages(
    site: Site, probes: Probes, pace: Pace, residents: int, only: set[str], slug: str = ""
) -> AsyncIterator[Line]:
    """A home's board page, save, changes, meeting step and Min dag, one client."""
    slug = slug or f"h{residents}-0-1"
    database, size = site.machine.database, f"{residents} res."
    await probes.open()
    reader, writer, chair = seats(site, slug, 3)
    writer.status = reader.status

    def line(name: str, *goals: Goal, note: str = "") -> Line:
        return Line(name, database, size, goals=list(goals) if residents == 25 else [], note=note)

    async def change() -> float:
        return await writer.save()

    await reader.board()
    if "board" in only:
        goals = (Goal("p50", "<", 8), Goal("p95", "<", 10), Goal("ratio", "<=", 3))
        yield await by_turns(line("board page", *goals), probes, pace, reader.board)
        yield await by_turns(line("board page after a change"), probes, pace, reader.board, change)
    if "save" in only:
        yield await by_turns(line("cell save", Goal("p95", "<=", 20)), probes, pace, writer.save)
    if "changes" in only:
        yield await by_turns(line("changes, nothing new"), probes, pace, reader.changes)
        yield await by_turns(line("changes after a save"), probes, pace, reader.changes, change)
    if "meeting" in only:
        yield await meeting_step(line("meeting step"), site, slug, chair, probes, pace)
    if "myday" in only:
        mine = line("Min dag")
        yield await by_turns(mine, probes, pace, lambda: writer.ask("GET", "/min-dag/", None, 200))


async def meeting_step(line: Line, site: Site, slug: str, chair: Seat, probes: Probes, pace: Pace) -> Line:
    """The chair goes on to the next item and has it on the screen: the press and the item itself."""
    number = site.places(slug)["meeting"]
    place = f"/{slug}/moede/{number}"
    await chair.ask("POST", f"{place}/start/", {f"p-{chair.session['user']}": "here", "now": "1"}, 302)
    items = site.places(slug)["items"]
    turn = 0

    async def step() -> float:
        nonlocal turn
        turn += 1
        item = items[turn % len(items)]
        pressed = await chair.ask("POST", f"{place}/gaa/", {"item": item}, 204)
        shown = expect(await chair.link.ask("GET", f"{place}/punkt/{item}/", fragment=True), 200)
        return pressed + shown.ms

    return await by_turns(line, probes, pace, step)


# --- many at once ----------------------------------------------------------------------------------------------------


async def closed_loop(acts: list[Act], seconds: float) -> tuple[list[float], float]:
    """Everybody acts again as soon as the last is answered. Returns the times, and how many there were a second."""
    times: list[float] = []
    until = time.perf_counter() + seconds

    async def one(act: Act) -> None:
        while time.perf_counter() < until:
            times.append(await act())

    began = time.perf_counter()
    await asyncio.gather(*(one(act) for act in acts))
    return times, len(times) / (time.perf_counter() - began)


async def crowd(site: Site, probes: Probes, pace: Pace, residents: int) -> Line:
    """Sixteen clients ask for the board page, by turns with sixteen who ask for the empty one."""
    slug, clients = f"h{residents}-0-1", 16
    goals = [Goal("per_second", ">", 250)] if residents == 25 else []
    line = Line("board page, 16 clients", site.machine.database, f"{residents} res.", goals=goals)
    await probes.open()
    boards = seats(site, slug, clients)
    empties = [Link(site.port, one["cookie"], one["token"]) for one in site.sessions("@ingen", clients)]

    def empty(link: Link) -> Act:
        async def ask() -> float:
            return expect(await link.ask("GET", "/"), 200).ms

        return ask

    rates: dict[str, list[float]] = {"board": [], "empty": []}
    cpu = Cpu()
    for turn in range(pace.rounds + 1):
        if turn == 1:
            cpu.begin()
        seconds = pace.seconds if turn else 1.0
        times, rate = await closed_loop([seat.board for seat in boards], seconds)
        others, other = await closed_loop([empty(link) for link in empties], seconds)
        if turn:
            line.times += times
            line.empty += others
            rates["board"].append(rate)
            rates["empty"].append(other)
            line.fan += await probes.fan()
    line.client = cpu.share()
    board, plain = percentile(rates["board"], 0.5), percentile(rates["empty"], 0.5)
    line.figures = {"per_second": board, "empty pages/s": plain, "ratio": plain / board}
    return line


async def writers(site: Site, probes: Probes, pace: Pace, viewers: int = 0) -> Line:
    """Eight people write on one board, each at a resident of their own, as fast as they are answered."""
    slug, count = "h25-0-1", 8
    goals = [Goal("refused", "<=", 0)]
    if site.machine.on_postgres:
        goals.insert(0, Goal("per_second", ">", 163 if viewers else 190))
    name = f"saves, 8 writers, {viewers} viewers" if viewers else "saves, 8 writers"
    line = Line(name, site.machine.database, "25 res.", goals=goals)
    await probes.open()
    people = seats(site, slug, count)
    refused = 0
    watching, _ = await audience(site, slug, viewers)

    def writing(seat: Seat, stay: int) -> Act:
        async def write() -> float:
            nonlocal refused
            began = time.perf_counter()
            try:
                return await seat.save(stay=stay)
            except (Wrong, OSError):
                refused += 1
                return 1000 * (time.perf_counter() - began)

        return write

    stays = list(people[0].status)
    cpu, rates = Cpu(), []
    for turn in range(pace.rounds + 1):
        if turn == 1:
            cpu.begin()
            refused = 0
        seconds = pace.seconds if turn else 1.0
        times, rate = await closed_loop(
            [writing(seat, stay) for seat, stay in zip(people, stays, strict=False)], seconds
        )
        if turn:
            line.times += times
            rates.append(rate)
            line.empty += [await probes.empty() for _ in range(10)]
            line.fan += [took for _ in range(10) for took in await probes.fan()]
    line.client = cpu.share()
    leave(watching)
    line.figures = {"per_second": percentile(rates, 0.5), "refused": refused}
    return line


# --- live ------------------------------------------------------------------------------------------------------------


async def audience(site: Site, slug: str, viewers: int, race: Race | None = None) -> tuple[list[Watcher], Race]:
    """So many open streams of the home's board, three of four on the home's side, each a session of its own."""
    race = race or Race()
    if not viewers:
        return [], race
    team = viewers // 4
    places = [Seat(site, slug, session, {}) for session in site.sessions(slug, viewers - team, team)]
    await places[0].board()
    found: list[Watcher] = []
    # Some at a time, as they come after a restart.
    for start in range(0, len(places), ARRIVING):
        coming = []
        for number, seat in enumerate(places[start : start + ARRIVING]):
            seat.version = places[0].version
            path = seat.stream_path(f"b{start + number}-{time.time_ns() % 10**9}")
            coming.append(watch(site.port, path, race, seat.session["cookie"], within=120))
        found += await asyncio.gather(*coming)
    places[0].link.close()
    return found, race


def leave(watching: list[Watcher]) -> None:
    """The viewers go."""
    for viewer in watching:
        if viewer.transport is not None:
            viewer.transport.abort()


ARRIVING = 50
SEEN = {1: 23, 50: 25, 200: 37, 500: 40}


async def _edits(
    line: Line, probes: Probes, pace: Pace, boards: list[tuple[Seat, Race, int]]
) -> tuple[list[float], int]:
    """Saves a text on one board after another, each seen by so many, with the probes by turns.

    Returns the time of each edit's last viewer in ms, and how many never saw theirs.
    """
    lasts, missed, cpu = [], 0, Cpu()
    for turn in range(pace.warm + pace.edits):
        if turn == pace.warm:
            cpu.begin()
        writer, race, viewers = boards[turn % len(boards)]
        mark = f"maaling-{viewers}-{turn}-"
        race.begin(mark, viewers)
        await writer.save(mark)
        try:
            await asyncio.wait_for(race.done.wait(), 15)
        except TimeoutError:
            missed += race.left
        empty, fan = await probes.empty(), await probes.fan()
        if turn >= pace.warm:
            line.times += race.arrived
            lasts.append(max(race.arrived, default=float("nan")))
            line.empty.append(empty)
            line.fan += fan
        # Not in step with the tailer's quarter of a second.
        await asyncio.sleep(0.05 + 0.013 * (turn % 7))
    line.client = cpu.share()
    return lasts, missed


async def edit_to_seen(site: Site, probes: Probes, pace: Pace, viewers: int) -> Line:
    """From the press of 'save' until each viewer of the board has the text, and the same through the bare fan-out."""
    goals = [Goal("p95", "<=", SEEN[viewers])] if viewers in SEEN else []
    line = Line(f"edit to seen, {viewers}", site.machine.database, "25 res.", against="fan")
    line.goals = [*goals, Goal("ratio", "<=", 4)]
    began = time.perf_counter()
    watching, race = await audience(site, "h25-0-1", viewers)
    opened = time.perf_counter() - began
    await probes.open(viewers)
    writer = seats(site, "h25-0-1", 1)[0]
    # They have told each other who is here before anybody writes.
    await asyncio.sleep(min(10, 3 + viewers / 100))
    lasts, missed = await _edits(line, probes, pace, [(writer, race, viewers)])
    lost = sum(viewer.lost for viewer in watching)
    line.figures = {"last p95": percentile(lasts, 0.95), "missed": missed, "lost": lost, "opened s": opened}
    leave(watching)
    probes.close()
    return line


async def many_boards(site: Site, probes: Probes, pace: Pace, homes: list[str], viewers: int) -> Line:
    """Viewers spread over many boards; each edit is on the next board."""
    line = Line(f"edit to seen, {viewers} on {len(homes)} boards", site.machine.database, "25 res.", against="fan")
    each = viewers // len(homes)
    rooms = []
    for number, slug in enumerate(homes):
        count = each + (number < viewers % len(homes))
        watching, race = await audience(site, slug, count)
        rooms.append((slug, watching, race, count))
    # The fan-out has one channel: as many viewers as one board has.
    await probes.open(each)
    pens = {slug: seats(site, slug, 1)[0] for slug in homes[: pace.edits]}
    await asyncio.sleep(8)
    boards = [(pens[slug], race, count) for slug, _, race, count in rooms if slug in pens]
    lasts, missed = await _edits(line, probes, pace, boards)
    lost = sum(viewer.lost for _, watching, _, _ in rooms for viewer in watching)
    line.figures = {"last p95": percentile(lasts, 0.95), "missed": missed, "lost": lost}
    for _, watching, _, _ in rooms:
        leave(watching)
    probes.close()
    return line


# --- memory ----------------------------------------------------------------------------------------------------------


async def memory(site: Site, counts: list[int]) -> AsyncIterator[Line]:
    """The web process's memory with more and more viewers of one board, and what each viewer adds."""
    site.restart()
    writer = seats(site, "h25-0-1", 1)[0]
    for _ in range(30):
        await writer.board()
    watching: list[Watcher] = []
    race = Race()
    found: dict[int | str, float] = {}
    for count in counts:
        more, _ = await audience(site, "h25-0-1", count - len(watching), race)
        watching += more
        await asyncio.sleep(3)
        for turn in range(10):
            await writer.save(f"hukommelse-{turn}")
            await asyncio.sleep(0.2)
        processes = [kb / 1024 for kb in chain(*map(pss_kb, site.webs))]
        found[count], found[f"MB of the largest process at {count}"] = sum(processes), max(processes)
    leave(watching)
    for name, command in (("worker", site.machine.worker_command()), ("beat", site.machine.beat_command())):
        part = site.machine.put(f"{name}-{site.name}", command, site.env)
        await asyncio.sleep(8)
        found[f"MB of the {name}"] = sum(pss_kb(part)) / 1024
        part.stop()
    line = Line("memory of the web process", site.machine.database, "25 res.", against="")
    line.figures = {f"MB at {key}" if isinstance(key, int) else key: value for key, value in found.items()}
    first, last = min(counts), max(counts)
    if last > first:
        line.figures["kB a viewer"] = 1024 * (found[last] - found[first]) / (last - first)
    yield line


# --- with years behind -----------------------------------------------------------------------------------------------


async def history(small: Site, grown: Site, slug: str, years: int, probes: Probes, pace: Pace) -> AsyncIterator[Line]:
    """A home without history in a database of few homes, by turns with one of the same size that has years behind it,
    in a database of many such homes. `years on none` is what the years cost: 1.1 is ten per cent."""
    await probes.open()
    pairs = []
    for site, where in ((small, "h25-0-1"), (grown, slug)):
        reader, writer = seats(site, where, 2)
        writer.status = reader.status
        await reader.board()
        pairs.append((reader, writer))

    def searching(seat: Seat) -> Act:
        return lambda: seat.ask("POST", "/find/", {"q": "tandlægen"}, 200)

    def my_day(seat: Seat) -> Act:
        return lambda: seat.ask("GET", "/min-dag/", None, 200)

    def saving(seat: Seat) -> Act:
        return lambda: seat.save()

    for name, act_of, changed in (
        ("board page", lambda reader, _: reader.board, False),
        ("board page after a change", lambda reader, _: reader.board, True),
        ("cell save", lambda _, writer: saving(writer), False),
        ("changes after a save", lambda reader, _: reader.changes, True),
        ("Min dag", lambda _, writer: my_day(writer), False),
        ("search", lambda _, writer: searching(writer), False),
    ):
        line = Line(
            f"{name}, {years} years", grown.machine.database, "25 res.", goals=[Goal("years on none", "<=", 1.1)]
        )
        found: list[list[float]] = [[], []]
        acts = [act_of(*pair) for pair in pairs]
        cpu = Cpu()
        for turn in range(pace.warm + pace.times):
            if turn == pace.warm:
                cpu.begin()
            for place in (0, 1) if turn % 2 else (1, 0):
                if changed:
                    await pairs[place][1].save()
                took = await acts[place]()
                if turn >= pace.warm:
                    found[place].append(took)
            empty, fan = await probes.empty(), await probes.fan()
            if turn >= pace.warm:
                line.empty.append(empty)
                line.fan += fan
        line.client = cpu.share()
        without, line.times = found
        none = percentile(without, 0.5)
        line.figures = {
            "none p50": none,
            "none p95": percentile(without, 0.95),
            "years on none": percentile(line.times, 0.5) / none,
        }
        yield line


# --- queries ---------------------------------------------------------------------------------------------------------


def queries(site: Site) -> Line:
    """How many queries each page asks, counted inside the app."""
    slug = "h25-0-1"
    site.sessions(slug, 1)
    found = json.loads(site.python("benchmarks.inside", slug, "--rounds", "1"))["acts"]
    line = Line("queries", site.machine.database, "25 res.", against="", goals=[Goal("board page", "<=", 12)])
    line.figures = {name: one["queries"] for name, one in found.items()}
    return line
