"""Forty hostile texts in everything people write, and every page and dialog opened on them in real Chromium.

Nothing may run, nothing may be asked of another host, the policy may have nothing to report, and the pages may hold no
element, attribute or address the templates did not make. The texts themselves must be there to be read, as text.
"""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, SIZES, Server
from tests.browser.xss_world import ALL, COUNT, NULL, PAYLOADS, numbers, packed, payload
from tests.worlds import python

pytestmark = pytest.mark.browser
LAID_AT, SERVED_AT = "2026-11-17T08:30:00+01:00", "2026-11-17T09:05:00+01:00"
CONNECTED = "#live[data-state=connected]"

LISTEN = (Path(__file__).parent / "xss.js").read_text(encoding="utf-8")


@dataclass
class Report:
    """What all windows saw together."""

    outputs: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    requests: int = 0

    def add(self, where: str, found: dict[str, Any]) -> None:
        """One output looked at."""
        self.outputs[where.split("?")[0]] += 1
        self.seen |= set(found["seen"])
        for name, into in (("wrong", self.wrong), ("ran", self.ran), ("policy", self.policy)):
            into += [f"{where}: {line}" for line in found[name]]


class Window:
    """One person's window, listened to."""

    def __init__(self, browser: Browser, server: Server, report: Report, session: str = "") -> None:
        width, height = SIZES["laptop"]
        self.context = browser.new_context(viewport={"width": width, "height": height}, locale="da-DK")
        self.context.add_init_script(LISTEN)
        if session:
            self.context.add_cookies([{"name": "session", "value": session, "url": server.url}])
        self.server, self.report = server, report
        self.page: Page = self.context.new_page()
        self.going = ""
        self.context.on("page", lambda page: report.ran.append(f"a new window: {page.url}"))
        self.page.on("request", self._asked)
        self.page.on("dialog", self._asks)
        self.page.on("console", self._said)
        self.page.on("framenavigated", self._went)

    def _asks(self, dialog: Any) -> None:
        self.report.ran.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Any) -> None:
        self.report.requests += 1
        to = urlsplit(request.url)
        if to.netloc != urlsplit(self.server.url).netloc:
            self.report.elsewhere.append(request.url)
        elif "pwn" in request.url and "pwn" not in self.going:
            self.report.elsewhere.append(f"a text became an address: {request.url}")

    def _said(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.report.policy.append(f"console: {message.text}")

    def _went(self, frame: Any) -> None:
        if frame.parent_frame is not None:
            self.report.ran.append(f"a frame: {frame.url}")

    def open(self, path: str, status: int = 200, wait: str = "") -> "Window":
        """A whole page, looked at."""
        self.going = path
        answer = self.page.goto(self.server.url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        self.report.statuses[answer.status] += 1
        if wait:
            expect(self.page.locator(wait).first).to_be_attached()
        self.look(path)
        return self

    def look(self, where: str) -> None:
        self.report.add(where, self.page.evaluate("() => window.__look(document)"))

    def dialogs(self, paths: list[str], method: str = "GET", **values: Callable[[int], str]) -> Counter[int]:
        """Fragments, each into the dialog and looked at. `values` are made from the place in the list."""
        asked = [[path, {name: make(place) for name, make in values.items()}] for place, path in enumerate(paths)]
        statuses: Counter[int] = Counter()
        for url, status, found in self.page.evaluate("asked => window.__ask(asked)", [method, asked]):
            self.report.add(url, found)
            statuses[status] += 1
        self.report.statuses += statuses
        return statuses

    def send(self, asked: list[tuple[str, dict[str, Any]]]) -> Counter[int]:
        """Forms sent in the background."""
        return Counter(self.page.evaluate("asked => window.__send(asked)", asked))

    def submit(self, path: str, kind: str = "refused", **fixed: str) -> None:
        """A page's own form with payloads in every field for words."""
        self.page.goto(self.server.url + path)
        texts = [payload(kind, place) for place in range(COUNT)]
        with self.page.expect_navigation():
            self.page.evaluate("what => window.__submit(what)", [texts, fixed])
        self.look(f"POST {path}")


@dataclass
class World:
    server: Server
    found: dict[str, Any]
    report: Report
    windows: dict[str, Window]
    browser: Browser
    took: dict[str, float] = field(default_factory=dict)

    def window(self, who: str) -> Window:
        if who not in self.windows:
            self.windows[who] = Window(self.browser, self.server, self.report, self.found["sessions"].get(who, ""))
        return self.windows[who]

    def some(self, path: str) -> list[str]:
        """The address for some of the residents: the same template shows the others."""
        return [f"/havtornen/{path.format(stay=stay)}" for stay in self.found["stays"][1::9]]


@pytest.fixture
def world(browser: Browser, tmp_path: Path) -> Iterator[World]:
    server = Server(tmp_path, SERVED_AT)
    report = Report()
    made = World(server, {}, report, {}, browser)
    try:
        server.manage("prepare")
        laid = subprocess.run(
            python(LAID_AT, "tests.browser.xss_world"),
            cwd=ROOT,
            env=server.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert laid.returncode == 0, laid.stderr[-3000:]
        made.found.update(json.loads(laid.stdout))
        server.start()
        yield made
        assert "Traceback" not in server.log.read_text(), server.log.read_text()[-3000:]
    finally:
        for window in made.windows.values():
            window.context.close()
        server.stop()
        server.drop()


def board_and_what_opens_from_it(world: World) -> None:
    found, mette = world.found, world.window("mette")
    mette.open("/havtornen/tavle/", wait=CONNECTED)
    once = ["vagt/", "saet-paa-tavlen/", "tidligt-tegn/", "fortryd/", "emne/", "beboere/ny/"]
    mette.dialogs([f"/havtornen/{path}" for path in once])
    forms = [
        "beboer/{stay}/",
        "niveau/{stay}/",
        "niveau/{stay}/af/",
        "niveau/{stay}/gennemgang/",
        "indsats/ny/{stay}/",
        "beboer/{stay}/slut/",
        "felt/{stay}/goals/joint/forkert/",
        "felt/{stay}/status/home/rediger/",
        "emne/?beboer={stay}",
    ]
    for form in forms:
        mette.dialogs(world.some(form))
    mette.dialogs([f"/havtornen/felt/{stay}/status/home/rediger/" for stay in found["drafts"]])
    mette.dialogs([f"/havtornen/indsats/{pk}/" for pk in found["items"]])
    mette.dialogs([f"/havtornen/tidligt-tegn/{pk}/" for pk in found["signs"][::9]])
    rune = found["rune"]
    mette.dialogs([f"/havtornen/felt/{rune}/{place}/historik/" for place in ("status/home", "goals/joint")])
    mette.dialogs(
        [f"/havtornen/{path}" for path in (f"niveau/{rune}/uenig/", f"beboer/{rune}/", f"beboer/{found['aksel']}/")]
    )
    # What is searched for, and what is found: names, flats, and words from the texts.
    assert mette.dialogs(["/find/"] * 5, "POST", q=lambda place: payload("sought", place)) == {200: 5}
    mette.dialogs(["/find/"] * 3, "POST", q=lambda place: ("pwn", "onerror", "script")[place])
    for who, path in (("amina", "/havtornen/tavle/"), ("tine", "/sandkrogen/tavle/"), ("crew", "/havtornen/tavle/")):
        world.window(who).open(path, wait=CONNECTED)
    amina = world.window("amina")
    amina.dialogs(world.some("beboer/{stay}/"))
    amina.dialogs(["/havtornen/vagt/", "/havtornen/fortryd/"])
    tine = world.window("tine")
    tine.dialogs(["/sandkrogen/vagt/", *(f"/hjem-{place}/vagt/" for place in range(COUNT))])


def residents_courses_and_weeks(world: World) -> None:
    mette = world.window("mette")
    for path in ("beboere/", "beboere/?sorter=niveau", "kriterier/", f"beboer/{world.found['rune']}/forloeb/"):
        mette.open(f"/havtornen/{path}")
    for path in [*world.some("beboer/{stay}/forloeb/")[:2], *world.some("beboer/{stay}/min-uge/")]:
        mette.open(path)
    lis = world.window("lis")
    stay = f"beboer/{world.found['stays'][2]}/"
    for path in ("kriterier/", "kriterier/nyt/", "storskaerme/", "indsigt/", f"{stay}set-af/", f"{stay}indsigt/"):
        lis.open(f"/havtornen/{path}")
    world.window("amina").open("/havtornen/beboere/")


def meeting_that_runs(world: World) -> None:
    found = world.found
    number = found["meetings"][2]
    here = f"/havtornen/moede/{number}"
    for who in ("mette", "amina"):
        world.window(who).open(f"{here}/", wait="#item-name")
    mette = world.window("mette")
    residents, topics = found["residents"], found["topics"]
    # The texts of the prompts stand nowhere but here.
    assert mette.dialogs([f"{here}/punkt/{pk}/" for pk in [*residents, *topics[:3]]])[200] == len(residents) + 3
    for path in ("siden/", "beslut/", "sig/liste/", "sig/"):
        mette.dialogs([f"{here}/punkt/{pk}/{path}" for pk in residents[:3]])
    mette.dialogs([f"{here}/opsamling/", f"{here}/fremmoede/"])
    mette.dialogs(world.some(f"moede/{number}/tekst/{{stay}}/"))
    for path in ("moede/saadan/", "moede/ekstra/", "moede/papir/"):
        mette.open(f"/havtornen/{path}")
    # Going on moves every screen, with the names of the one before and the one after on the buttons.
    mette.open(f"{here}/", wait="#item-name")
    for _ in range(3):
        name = mette.page.locator("#item-name").inner_text()
        mette.page.locator("#next").click()
        expect(mette.page.locator("#item-name")).not_to_have_text(name)
        mette.look(f"{here}/ naeste")
    mette.page.locator("[data-recap-button]").click()
    expect(mette.page.locator("#item")).to_contain_text("Opsamling")
    mette.look(f"{here}/ opsamling")


def minutes_and_what_they_remember(world: World) -> None:
    first, second, _ = world.found["meetings"]
    for who, audiences in (("mette", ("joint", "home", "uden-navne")), ("amina", ("joint", "team"))):
        window = world.window(who)
        for audience in audiences:
            window.open(f"/havtornen/moede/{first}/referat/?til={audience}", status=_any(audience))
        window.open(f"/havtornen/moede/{second}/tavle/")
        window.open(f"/havtornen/moeder/sammenlign/?fra={first}&til={second}")
        window.open("/havtornen/moeder/")
    mette = world.window("mette")
    mette.dialogs(world.some(f"moede/{first}/tekst/{{stay}}/"))
    tine, again = world.window("tine"), world.found["again"]
    for edition in range(1, world.found["editions"] + 1):
        tine.open(f"/sandkrogen/moede/{again}/referat/?udgave={edition}")
    tine.open("/sandkrogen/moeder/")
    extra, cancelled, moved = world.found["calendar"]
    for path in (f"{cancelled}/", f"{moved}/", f"{moved}/flyt/", f"{extra}/aflys/", f"{extra}/"):
        tine.open(f"/sandkrogen/moede/{path}")
    for number in world.found["planned"]:
        tine.open(f"/sandkrogen/moede/{number}/")


def _any(audience: str) -> int:
    return 200


def own_pages_and_setting_up(world: World) -> None:
    found = world.found
    for who in ("staff", "mette", "crew", "tine"):
        for path in ("/min-dag/", "/min-dag/paamindelser/", "/moeder-i-dag/", "/styring/fravaer/"):
            world.window(who).open(path)
    world.window("mette").open("/min-dag/paamindelser/indstillinger/").open("/demo/mails/").open("/demo/")
    sanne = world.window("sanne")
    person, member, home, team = found["person"], found["member"], found["home"], found["team"]
    for path in (
        "",
        "organisationer/",
        f"organisationer/{found['town']}/",
        "team/",
        f"team/{team}/",
        "botilbud/",
        f"botilbud/{home}/",
        f"botilbud/{home}/ret/",
        f"botilbud/{home}/team/",
        f"botilbud/{home}/team/{found['link']}/",
        f"botilbud/{home}/moeder/",
        f"botilbud/{home}/moeder/{found['series']}/",
        f"botilbud/{home}/forlader/",
        "personer/",
        "personer/ny/",
        "personer/mange/",
        f"personer/{person}/",
        f"personer/{person}/rolle/",
        f"roller/{member}/",
    ):
        sanne.open(f"/styring/{path}")
    karla = world.window("karla")
    criterion = found["criteria"][-1]
    for path in (
        "kriterier/",
        f"kriterier/{criterion}/",
        f"kriterier/nyt/{found['region']}/",
        f"indstillinger/{found['region']}/",
    ):
        karla.open(f"/styring/{path}")
    for who in ("lis", "peter"):
        world.window(who).open("/styring/godkend/").open("/styring/personer/").open("/styring/")
    lis = world.window("lis").open(f"/styring/roller/{member}/").open(f"/styring/fravaer/{person}/")
    lis.open(f"/styring/personer/{person}/ret/").open("/styring/roller/svar/")


def wall(world: World) -> None:
    lis = world.window("lis")
    lis.open("/havtornen/storskaerme/")
    lis.page.locator("main form input[name=name]").fill(payload("screen", 3))
    lis.page.locator("main form .primary").click()
    address = lis.page.locator("input[value*='/vaeg/']").input_value()
    lis.look("/havtornen/storskaerme/ link")
    wall = world.window("")
    wall.going = address
    wall.page.goto(world.server.url + "/vaeg/" + address.split("/vaeg/")[1])
    wall.look("/vaeg/link/")
    wall.page.locator("main button").click()
    wall.page.wait_for_url("**/vaeg/")
    wall.look("/vaeg/")


def texts_that_arrive_on_open_screens(world: World) -> None:
    """Written while a board and a meeting are open: the stream puts them in."""
    number = world.found["meetings"][2]
    amina, jonas, mette = world.window("amina"), world.window("jonas"), world.window("mette")
    amina.open("/havtornen/tavle/", wait=CONNECTED)
    jonas.open(f"/havtornen/moede/{number}/", wait=CONNECTED)
    mette.open("/havtornen/tavle/", wait=CONNECTED)
    stays = world.found["stays"]
    forms: list[tuple[str, dict[str, Any]]] = [
        (f"/havtornen/felt/{stay}/status/home/", {"text": payload("live-status", place), "seen": 1})
        for place, stay in enumerate(stays)
    ]
    for place, text in enumerate(packed("live-what")):
        forms.append((f"/havtornen/indsats/ny/{stays[place]}/", {"what": text, "track": "social"}))
    for place, text in enumerate(packed("live-sign")):
        forms.append(("/havtornen/tidligt-tegn/", {"stay": stays[place], "text": text, "urgency": "meeting"}))
    for place, text in enumerate(packed("live-topic")):
        forms.append((f"/havtornen/emne/?beboer={stays[place]}", {"text": text}))
    asked = [(url, {**values, "key": f"live-{turn}"}) for turn, (url, values) in enumerate(forms)]
    statuses = mette.send(asked)
    assert statuses[200] + statuses[204] == len(forms), statuses
    wanted = sorted(numbers("live-status") | numbers("live-what") | numbers("live-sign"))
    for window in (amina, mette):
        window.page.wait_for_function(
            "wanted => wanted.every((number) => document.querySelector('.board').textContent.includes(number))",
            arg=wanted,
        )
        window.look("stream: /havtornen/tavle/")
    jonas.look("stream: /havtornen/moede/")
    # Somebody with such a name writes, and the others are told who.
    mette.page.locator(f"#f{stays[1]}-goals-joint button.cell-text").click()
    mette.page.locator(".cell-edit textarea").fill(payload("mine", 1))
    expect(amina.page.locator("[data-writing]").first).to_be_attached()
    amina.look("stream: skriver")
    mette.page.keyboard.press("Escape")
    # The meeting's own prompts and topics, as they stand now.
    jonas.dialogs([f"/havtornen/moede/{number}/punkt/{pk}/" for pk in world.found["residents"]])


def conflicts_and_answers_that_refuse(world: World) -> None:
    found, jonas = world.found, world.window("jonas")
    jonas.open("/havtornen/tavle/", wait=CONNECTED)
    stays, everything = found["stays"], " ".join(payload("refused", place) for place in range(COUNT))
    cells = [f"/havtornen/felt/{stay}/goals/joint/" for stay in stays]
    mine = packed("mine")
    clash = jonas.dialogs(cells[: len(mine)], "POST", text=lambda place: mine[place], seen=lambda _: "0")
    assert clash == {409: len(mine)}
    assert jonas.dialogs(cells[:1], "POST", text=lambda _: everything, seen=lambda _: "1") == {422: 1}
    one = stays[1]
    refused = [
        f"/havtornen/indsats/ny/{one}/",
        f"/havtornen/indsats/{found['items'][0]}/",
        f"/havtornen/niveau/{one}/",
        f"/havtornen/niveau/{one}/af/",
        f"/havtornen/niveau/{one}/gennemgang/",
        f"/havtornen/niveau/{found['rune']}/uenig/",
        "/havtornen/tidligt-tegn/",
        "/havtornen/emne/",
        "/havtornen/beboere/ny/",
        f"/havtornen/beboer/{one}/slut/",
        *(f"/havtornen/beboer/{one}/{what}/" for what in ("situation", "besoeg", "deling", "kontakt", "deling/noed")),
        f"/havtornen/moede/{found['meetings'][2]}/punkt/{found['residents'][0]}/sig/",
    ]
    words = (
        "text",
        "what",
        "with_whom",
        "reason",
        "other",
        "place",
        "covers",
        "why",
        "note",
        "name",
        "flat",
        "level",
        "track",
        "told",
        "urgency",
        "situation",
        "kind",
        "end",
        "outcome",
        "given_by",
        "due_on",
        "due_time",
        "since",
        "on",
        "to_day",
        "from_day",
        "criteria",
        "owner",
        "person",
        "deputy",
        "stay",
        "review_by",
        "deadline",
        "given_on",
    )
    typed = dict.fromkeys(words, lambda _: everything)
    answers = jonas.dialogs(refused, "POST", **typed, seen=lambda _: "1", key=lambda place: f"r{place}")
    assert answers[422] >= 10, answers
    # No text with a null byte is kept at all.
    null = jonas.dialogs(cells[:1], "POST", text=lambda _: NULL, seen=lambda _: "1")
    assert null == {400: 1}
    # In place on the board: the panel with both texts, and the two put together.
    jonas.open("/havtornen/tavle/", wait=CONNECTED)
    place, stay = 5, stays[5]
    cell = f"/havtornen/felt/{stay}/safety/joint/"
    jonas.page.locator(f"#f{stay}-safety-joint button.cell-text").click()
    jonas.page.locator(".cell-edit textarea").fill(payload("mine", place))
    world.window("mette").open("/havtornen/tavle/").send(
        [(cell, {"text": payload("refused", place), "seen": 1, "key": "m"})]
    )
    jonas.page.keyboard.press("Enter")
    expect(jonas.page.locator(".conflict")).to_be_visible()
    jonas.look("conflict panel")
    jonas.page.locator(".conflict [data-join]").click()
    expect(jonas.page.locator(".cell-edit textarea")).to_have_value(
        f"{payload('refused', place)}\n{payload('mine', place)}"
    )
    jonas.look("the two together")
    jonas.page.keyboard.press("Escape")


def pages_with_forms_that_are_refused(world: World) -> None:
    found = world.found
    for who, path, fixed in (
        ("lis", "/havtornen/kriterier/nyt/", {}),
        ("lis", "/havtornen/storskaerme/", {}),
        ("mette", "/havtornen/moede/ekstra/", {}),
        ("tine", f"/sandkrogen/moede/{found['calendar'][0]}/aflys/", {"why": payload("refused", 4) + "x" * 300}),
        ("tine", f"/sandkrogen/moede/{found['calendar'][0]}/flyt/", {}),
        ("mette", "/havtornen/moede/papir/", {}),
        ("karla", f"/styring/kriterier/nyt/{found['region']}/", {}),
        ("karla", f"/styring/kriterier/{found['criteria'][0]}/", {}),
        ("karla", f"/styring/indstillinger/{found['region']}/", {}),
        ("sanne", "/styring/organisationer/ny/", {"name": payload("organisation", 3)}),
        ("sanne", "/styring/team/nyt/", {}),
        ("sanne", f"/styring/team/{found['team']}/", {}),
        ("sanne", "/styring/botilbud/nyt/", {"name": payload("home", 7)}),
        ("sanne", f"/styring/botilbud/{found['home']}/ret/", {}),
        ("sanne", "/styring/personer/ny/", {}),
        ("lis", f"/styring/personer/{found['person']}/ret/", {}),
        ("sanne", f"/styring/personer/{found['person']}/rolle/", {}),
        (
            "sanne",
            "/styring/personer/mange/",
            {"text": "\n".join(f"{payload('refused', n)};x;x;x" for n in range(COUNT))},
        ),
        ("mette", "/styring/fravaer/", {}),
    ):
        world.window(who).submit(path, **fixed)
    nobody = Window(world.browser, world.server, world.report)
    world.windows["nobody"] = nobody
    nobody.submit("/konto/login/", login=payload("refused", 4))
    nobody.submit("/konto/password/reset/", email=payload("refused", 6))
    for place in (1, 4, 15, 29):
        nobody.open(f"/{quote(PAYLOADS[place].format(n='8199'), safe='')}", status=404)
    world.window("mette").open(f"/havtornen/{quote('<img src=x onerror=pwn(8199)>', safe='')}/", status=404)
    world.window("mette").open(f"/styring/personer/?q={quote('<svg onload=pwn(8199)>')}", status=404)
    for place in range(COUNT):
        world.window("sanne").open(f"/styring/personer/?q={quote(payload('sought', place))}")
    world.window("mette").open(f"/havtornen/tavle/aendringer/?since={quote('<svg onload=pwn(8199)>')}", status=400)


def test_nothing_people_write_runs_anywhere(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for part in (
        board_and_what_opens_from_it,
        residents_courses_and_weeks,
        meeting_that_runs,
        minutes_and_what_they_remember,
        own_pages_and_setting_up,
        wall,
        texts_that_arrive_on_open_screens,
        conflicts_and_answers_that_refuse,
        pages_with_forms_that_are_refused,
    ):
        began = time.monotonic()
        part(world)
        world.took[part.__name__] = round(time.monotonic() - began, 1)
    for window in world.windows.values():
        # What was put off with a timer would have run by now.
        if not window.page.is_closed():
            window.page.wait_for_timeout(50)
            window.look("at the end")
    report = world.report
    unseen = {kind: sorted(expected(world, kind) - report.seen) for kind in ALL if expected(world, kind) - report.seen}
    pairs = sum(len(expected(world, kind)) for kind in ALL)
    with capsys.disabled():
        print(  # noqa: T201
            f"\nxss: {COUNT} payloads in {len(ALL)} kinds of text ({pairs} texts) on"
            f" {sum(report.outputs.values())} outputs of {len(report.outputs)} addresses, {report.requests} requests,"
            f" answers {dict(sorted(report.statuses.items()))}; ran {len(report.ran)}, policy {len(report.policy)},"
            f" elsewhere {len(report.elsewhere)}, wrong {len(report.wrong)}"
        )
    assert report.ran == []
    assert report.policy == []
    assert report.elsewhere == []
    assert report.wrong == [], "\n".join(report.wrong[:20])
    assert unseen == {}, "these were written and never seen, so nothing is known of them"


def expected(world: World, kind: str) -> set[str]:
    """The numbers of a kind that were written: of some there are not as many places as payloads."""
    few = {"team-person": 8, "settings": world.found["settings"], "need": 1}
    return set(sorted(numbers(kind))[: few.get(kind, COUNT)])
