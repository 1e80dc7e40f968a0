"""A meeting that goes on while the site is upgraded under it, and a network that goes away: nobody loses a word."""

import re
import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, browser, person  # noqa: F401 - fixtures
from tests.faults.conftest import Figure, Install
from tests.faults.test_trouble import written
from tests.stack import Stack

pytestmark = pytest.mark.browser
Come = Callable[..., Person]
BOARD = "/havtornen/tavle/"
MEETING = "/havtornen/moede/"
# A network that says nothing is noticed by a heartbeat that does not come: 7 seconds, and the one before it.
NOTICED = 11.0
# Below what a status may fill.
LONGEST = 500


def stays_the_same(*people: Person) -> None:
    """Marks the pages as they stand; one that is loaded anew has no mark."""
    for one in people:
        one.page.evaluate("window.theSame = true")


def reloaded(*people: Person) -> list[str]:
    return [one.name for one in people if not one.page.evaluate("window.theSame === true")]


class Upgrade(threading.Thread):
    """Restarts one web process after the other, as an upgrade does, round and round until it is told to end."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self.stack, self.over, self.restarts = stack, threading.Event(), 0
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                for web in self.stack.webs:
                    web.stop()
                    web.start()
                    self.restarts += 1
        except BaseException as error:
            self.failed = error

    def end(self) -> None:
        self.over.set()
        self.join(120)
        assert self.failed is None, self.failed


def test_upgrade_in_the_middle_of_a_meeting_loses_no_word(
    install: Install,
    person: Come,  # noqa: F811
    figure: Figure,
    long: bool,
) -> None:
    stack, rounds = install(webs=2), 10 if long else 3
    mette, amina, jonas = person("Mette", at=stack), person("Amina", "tablet", at=stack), person("Jonas", at=stack)
    mette.open(MEETING)
    mette.start_meeting()
    mette.connected()
    for one in (amina, jonas):
        one.open(MEETING)
        one.connected()
    jonas.page.get_by_role("button", name="Bliv referent").click()
    expect(mette.page.locator("#referent-name")).to_have_text("Jonas")
    stays_the_same(mette, amina, jonas)
    upgrade, said, agreed = Upgrade(stack), [], []
    upgrade.start()
    name = "#item-name"
    try:
        for number in range(rounds):
            words, plan = f"Jonas skriver under opgradering {number}", f"Aminas indsats {number}"
            jonas.page.locator("#question-5 button.cell-text").click()
            area = jonas.page.locator(".cell-edit textarea")
            expect(area).to_be_focused()
            area.fill("")
            area.press_sequentially(words, delay=60)
            amina.page.locator("#panel [name=what]").press_sequentially(plan, delay=30)
            jonas.page.keyboard.press("Enter")
            try:
                expect(mette.page.locator("#question-5")).to_contain_text(words)
            except AssertionError as error:
                raise AssertionError(_where(stack, words, jonas, mette)) from error
            said.append(words)
            amina.page.locator("#panel").get_by_role("button", name="Tilføj").click()
            expect(amina.page.locator("#panel [name=what]")).to_have_value("")
            agreed.append(plan)
            before = mette.page.locator(name).inner_text()
            mette.page.locator("#next").click()
            expect(mette.page.locator(name)).not_to_have_text(before)
            for one in (amina, jonas):
                expect(one.page.locator(name)).to_have_text(mette.page.locator(name).inner_text())
    finally:
        upgrade.end()
    for one in (mette, amina, jonas):
        one.connected()
    assert reloaded(mette, amina, jonas) == []
    assert [written(stack, words) for words in said] == [1] * len(said)
    kept = [stack.query("SELECT COUNT(*) FROM boards_intervention WHERE what = ?", plan)[0][0] for plan in agreed]
    assert kept == [1] * len(agreed)
    figure(
        f"upgrade in a meeting: {upgrade.restarts} graceful restarts of 2 web processes, {len(said)} texts and "
        f"{len(agreed)} interventions typed meanwhile, each kept once, {rounds} steps followed by all, 0 pages reloaded"
    )


def _where(stack: Stack, words: str, writer: Person, reader: Person) -> str:
    """Where a text is that did not come through, for whoever reads of the failure."""
    forms = (
        "[...document.querySelectorAll('.cell-edit, .conflict')].map(f => f.className + ' ' + JSON.stringify(f.dataset)"
    )
    forms += " + ' ' + (f.querySelector('textarea')?.value ?? f.textContent))"
    looks = [
        (
            one.name,
            one.page.evaluate(forms),
            one.page.locator("#message").inner_text(),
            one.page.locator("#live").inner_text(),
            one.page.locator("#item-name").inner_text(),
            one.page.evaluate("document.body.dataset.version"),
        )
        for one in (writer, reader)
    ]
    return f"»{words}« is kept {written(stack, words)} times; {looks}"


def test_network_away_while_typing_keeps_the_text_and_says_so_all_the_while(
    install: Install,
    person: Come,  # noqa: F811
    figure: Figure,
    long: bool,
) -> None:
    stack, seconds = install(webs=1), 60.0 if long else 14.0
    mette = person("Mette", at=stack)
    # Jonas comes by another way, which is whole.
    jonas = person("Jonas", at=Way(f"http://127.0.0.1:{stack.proxy.targets[0]}"))
    for one in (mette, jonas):
        one.open(BOARD)
        one.connected()
    stays_the_same(mette)
    field = mette.page.locator(".cell[data-field$='-status-home']").first
    key = field.get_attribute("data-field") or ""
    field.locator("button.cell-text").click()
    area = mette.page.locator(".cell-edit textarea")
    expect(area).to_be_focused()
    area.fill("")
    noticed = {}
    # A cable pulled out somewhere: nothing comes, and nothing is said. Then one that is known to be broken.
    for how, cut in (("silent", stack.proxy.freeze), ("broken", stack.proxy.cut)):
        cut()
        noticed[how] = _types_on(mette.page, seconds)
    words = area.input_value()
    mette.page.keyboard.press("Enter")
    mette.page.wait_for_timeout(1500)
    expect(mette.page.locator("#live")).to_have_attribute("data-state", "lost")
    expect(area).to_have_value(words)
    stack.proxy.mend()
    began = time.monotonic()
    expect(jonas.page.locator(f"#f{key}")).to_contain_text(words.strip()[:60])
    took = time.monotonic() - began
    mette.connected()
    expect(mette.page.locator(f"#f{key}")).to_contain_text(words.strip()[:60])
    assert reloaded(mette) == []
    assert written(stack, words.strip()) == 1
    figure(
        f"network away for {2 * seconds:.0f} s while typing: said after {noticed['silent']:.1f} s (silent) and "
        f"{noticed['broken']:.1f} s (broken) and all the while after, {len(words)} characters kept, sent once, "
        f"{took:.1f} s after"
    )


class Way:
    """An address of the same site."""

    def __init__(self, url: str) -> None:
        self.url = url


def _types_on(page: Page, seconds: float) -> float:
    """Types for so long. Returns when the page said that there is no connection; it must say so from then on."""
    began, said = time.monotonic(), 0.0
    state = page.locator("#live")
    while time.monotonic() - began < seconds:
        if len(page.locator(".cell-edit textarea").input_value()) < LONGEST:
            page.keyboard.type("ord ", delay=40)
        page.wait_for_timeout(200)
        away = state.get_attribute("data-state") == "lost"
        if away and not said:
            said = time.monotonic() - began
        assert away or not said, "the page says that it is connected"
        assert away or time.monotonic() - began < NOTICED, "the page has not noticed"
    expect(state).to_contain_text(re.compile("Forbinder igen"))
    assert page.locator(".cell-edit textarea").input_value().endswith("ord ")
    return said
