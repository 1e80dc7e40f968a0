"""A shared tablet through a day: enrolled, locked when left, opened by PIN, handed over, without a network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import SCREENS, SIZES, Person, Server

NAMES = ("Kasper", "Rikke", "Yusuf", "Dagny")
LONG_AGO = """
from datetime import timedelta
from accounts.models import Screen
from django.db.models import F
Screen.objects.update(active_at=F("active_at") - timedelta(seconds=130))
"""
AMINA, METTE = "482915", "739104"


class Tablet(Person):
    """The tablet: nobody is signed in on it at first."""

    def __init__(self, server: Server, context: BrowserContext, link: str) -> None:
        self.link = link
        context.on("page", lambda page: page.clock.install())
        super().__init__(server, context, "tabletten")

    def sign_in(self) -> None:
        self.page.goto(self.link)
        self.page.get_by_role("button", name="Brug denne tablet").click()
        expect(self.page.get_by_role("heading", name="Tablet på kontoret")).to_be_visible()

    def full(self, name: str, pin: str) -> None:
        """Signs in fully and chooses a PIN."""
        self.page.get_by_role("link", name="Log ind som en fra prøveverdenen").click()
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_url(lambda url: "/demo/" not in url)
        self.open("/kode/")
        self.page.get_by_label("Ny kode").fill(pin)
        self.page.get_by_label("Koden igen").fill(pin)
        self.axe("kode")
        self.page.get_by_role("button", name="Gem koden").click()
        expect(self.page.get_by_role("status").filter(has_text="Koden er valgt")).to_be_visible()

    def lock(self) -> None:
        self.page.get_by_role("button", name="Lås · skift bruger").click()
        self.locked()

    def left_alone(self) -> None:
        """Two minutes pass in which nobody touches it, for the page and for the server."""
        self.server.manage("shell", "-v", "0", "-c", LONG_AGO)
        self.page.clock.fast_forward(121_000)

    def locked(self) -> None:
        expect(self.page.get_by_role("heading", name="Hvem er du?")).to_be_visible()
        held = self.page.content()
        assert not any(name in held for name in NAMES)

    def unlock(self, name: str, pin: str) -> None:
        """Two taps: the name, and the six digits."""
        field = self.page.locator(".locked-who", has_text=name)
        expect(field).to_be_visible()
        if not field.locator(".code").is_visible():
            field.locator("summary").click()
        field.locator(".code").press_sequentially(pin)


def picture(page: Page, name: str) -> None:
    if SCREENS:
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"tablet-{name}.png")


@pytest.fixture(scope="module")
def tablet(browser: Browser, server: Server) -> Iterator[Tablet]:
    width, height = SIZES["laptop"]
    desk = browser.new_context(viewport={"width": width, "height": height}, locale="da-DK")
    lis = Person(server, desk, "Lis")
    lis.open("/styring/tablets/")
    lis.axe("tablets")
    lis.page.get_by_label("Hvad kaldes den?").fill("Tablet på kontoret")
    lis.page.get_by_role("button", name="Lav et link").click()
    link = lis.page.get_by_label("Link til tabletten").input_value()
    picture(lis.page, "styring")
    width, height = SIZES["tablet"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="da-DK", timezone_id="Europe/Copenhagen", has_touch=True
    )
    made = Tablet(server, context, link)
    made.full("Amina", AMINA)
    made.lock()
    made.page.get_by_role("button", name="En anden").click()
    made.page.get_by_role("link", name="Log ind som en fra prøveverdenen").click()
    made.open("/laas/")
    made.full("Mette", METTE)
    made.lock()
    picture(made.page, "laast")
    made.axe("låst")
    yield made
    for one in (lis, made):
        assert one.errors == [], one.errors
        one.context.close()


def board(tablet: Tablet, name: str, pin: str) -> None:
    """The person on Havtornen's board, whoever was there before."""
    tablet.open("/min-dag/")
    if tablet.page.locator(".lock-button").count():
        tablet.lock()
    tablet.open("/havtornen/tavle/")
    tablet.unlock(name, pin)
    tablet.connected()


def field(page: Page, resident: str, column: str = "status-home"):
    return page.locator(f".board tbody tr:has-text('{resident}') [data-field$='-{column}'] .cell-text").first


def test_link_opens_nothing_twice(tablet: Tablet, browser: Browser) -> None:
    other = browser.new_context()
    page = other.new_page()
    page.goto(tablet.link)
    page.get_by_role("button", name="Brug denne tablet").click()
    expect(page.get_by_role("alert")).to_contain_text("brugt eller for gammelt")
    other.close()


def test_two_taps_hand_the_tablet_over(tablet: Tablet) -> None:
    board(tablet, "Amina", AMINA)
    expect(tablet.page.locator(".user-menu summary")).to_contain_text("Amina")
    tablet.lock()
    tablet.unlock("Mette", METTE)
    expect(tablet.page.locator(".user-menu summary")).to_contain_text("Mette")


def test_wrong_pin_is_told_and_opens_nothing(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    tablet.lock()
    tablet.unlock("Mette", "111119")
    expect(tablet.page.get_by_role("alert")).to_contain_text("Koden passer ikke")
    picture(tablet.page, "forkert-kode")
    tablet.axe("forkert kode")
    assert tablet.page.locator(".board").count() == 0


def test_tablet_left_alone_locks_and_keeps_the_draft_for_its_owner_only(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    field(tablet.page, "Kasper").click()
    tablet.page.locator(".cell-edit textarea").fill("Halvt skrevet af Mette")
    tablet.left_alone()
    tablet.locked()
    tablet.unlock("Amina", AMINA)
    tablet.connected()
    assert "Halvt skrevet af Mette" not in tablet.page.content()
    tablet.lock()
    tablet.unlock("Mette", METTE)
    tablet.connected()
    field(tablet.page, "Kasper").click()
    expect(tablet.page.locator(".cell-edit textarea")).to_have_value("Halvt skrevet af Mette")
    tablet.page.keyboard.press("Escape")


def test_whoever_works_is_not_locked_out(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    for _ in range(4):
        tablet.page.clock.fast_forward(100_000)
        tablet.page.keyboard.press("Shift")
    tablet.connected()
    assert (
        tablet.page.evaluate("() => fetch('/noegle/', {headers: {'X-Requested-With': 'board'}}).then(a => a.status)")
        == 200
    )


def test_page_nobody_touches_does_not_lock_who_works_in_another(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    other = tablet.context.new_page()
    other.goto(tablet.server.url + "/min-dag/")
    tablet.page.clock.fast_forward(121_000)
    expect(tablet.page.locator(".cover")).to_be_hidden()
    tablet.connected()
    other.reload()
    expect(other.get_by_role("heading", name="Min dag")).to_be_visible()
    other.close()


def test_without_a_network_the_page_hides_itself_and_the_text_is_there_for_its_writer(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    field(tablet.page, "Kasper").click()
    tablet.cut_off()
    tablet.page.locator(".cell-edit textarea").fill("Skrevet uden net")
    tablet.page.keyboard.press("Enter")
    tablet.left_alone()
    expect(tablet.page.locator(".cover h1")).to_contain_text("Skærmen er skjult")
    for name in NAMES:
        assert not tablet.page.get_by_text(name).first.is_visible()
    picture(tablet.page, "skjult")
    tablet.context.set_offline(False)
    expect(tablet.page.locator(".cover").get_by_role("heading", name="Hvem er du?")).to_be_visible()
    tablet.unlock("Mette", METTE)
    expect(field(tablet.page, "Kasper")).to_contain_text("Skrevet uden net")
    expect(tablet.page.locator(".cell-edit")).to_have_count(0)


def test_text_of_one_does_not_reach_the_next_who_opens_the_hidden_page(tablet: Tablet) -> None:
    board(tablet, "Mette", METTE)
    field(tablet.page, "Rikke").click()
    tablet.cut_off()
    tablet.page.locator(".cell-edit textarea").fill("Kun Mettes halve sætning")
    tablet.left_alone()
    expect(tablet.page.locator(".cover h1")).to_contain_text("Skærmen er skjult")
    tablet.context.set_offline(False)
    expect(tablet.page.locator(".cover").get_by_role("heading", name="Hvem er du?")).to_be_visible()
    tablet.unlock("Amina", AMINA)
    expect(tablet.page.locator(".user-menu summary")).to_contain_text("Amina")
    tablet.connected()
    assert "Kun Mettes halve sætning" not in tablet.page.content()
    tablet.lock()
    tablet.unlock("Mette", METTE)
    tablet.connected()
    field(tablet.page, "Rikke").click()
    expect(tablet.page.locator(".cell-edit textarea")).to_have_value("Kun Mettes halve sætning")
    tablet.page.keyboard.press("Escape")


def test_tick_without_a_network_waits_as_numbers_and_is_sent_once(tablet: Tablet) -> None:
    board(tablet, "Amina", AMINA)
    tablet.open("/min-dag/")
    button = tablet.page.locator("[data-tick]").first
    button.wait_for()
    item = button.get_attribute("data-tick")
    tablet.cut_off()
    button.tap()
    expect(tablet.page.locator("#waiting")).to_contain_text("1 venter på at blive sendt")
    picture(tablet.page, "flueben-venter")
    kept = tablet.page.evaluate("() => JSON.stringify({...localStorage})")
    assert not any(name in kept for name in (*NAMES, "Amina", "havtornen"))
    tablet.context.set_offline(False)
    expect(tablet.page.locator("#waiting")).to_be_hidden()
    expect(tablet.page.locator(f"#i{item}")).to_contain_text("Udført")
    assert tablet.page.evaluate("() => localStorage.length") == 0
