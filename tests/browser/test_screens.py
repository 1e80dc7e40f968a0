"""Every screen at every size: axe finds nothing, nothing runs out of the screen, and a picture is kept to be looked at.

The pictures go to var/screens/ when SCREENS=1.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, SIZES, Person

pytestmark = pytest.mark.browser
Come = Callable[..., Person]

PAGES = {
    "tavle": "/havtornen/tavle/",
    "moede-foer": "/havtornen/moede/",
    "min-dag": "/min-dag/",
    "beboere": "/havtornen/beboere/",
    "referater": "/havtornen/moeder/",
    "referat": "/havtornen/moede/10/referat/",
    "kriterier": "/havtornen/kriterier/",
    "log-ind-som": "/demo/",
    "mails": "/demo/mails/",
    "log-ind": "/konto/login/",
    "ikke-fundet": "/findes-ikke/tavle/",
}
DIALOGS = {
    "tidligt-tegn": "button:visible:text-is('Nyt tidligt tegn')",
    "saet-paa-tavlen": "button:visible:text-is('Sæt en beboer på tavlen')",
    "niveau": ".niveau-knap >> nth=0",
    "indsats": ".bane .felt >> nth=0",
    "beboer": ".navn-knap >> nth=0",
}


def look(who: Person, name: str, size: str) -> None:
    """Keeps the picture, and fails on an axe violation or a page wider than the screen."""
    if os.environ.get("SCREENS") == "1":
        folder = Path(ROOT / "var" / "screens")
        folder.mkdir(parents=True, exist_ok=True)
        who.page.screenshot(path=folder / f"{name}-{size}.png")
    who.axe(f"{name} {size}")
    width = who.page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size][0], f"{name} is {width} wide at {size}"


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_clean_and_fits(person: Come, size: str) -> None:
    amina = person("Amina", size)
    for name, path in PAGES.items():
        amina.open(path)
        if name == "tavle":
            amina.connected()
            expect(amina.page.locator("#her")).to_contain_text("Amina")
        look(amina, name, size)


@pytest.mark.parametrize("size", SIZES)
def test_every_dialog_is_clean_and_fits(person: Come, size: str) -> None:
    mette = person("Mette", size)
    mette.open(PAGES["tavle"])
    mette.connected()
    for name, button in DIALOGS.items():
        mette.page.locator(button).first.click()
        expect(mette.page.locator("#dialog-titel")).to_be_visible()
        look(mette, name, size)
        mette.page.keyboard.press("Escape")
        expect(mette.page.locator("#dialog")).not_to_be_visible()
    mette.page.locator(".tekst button.felt").first.click()
    expect(mette.page.locator(".ret textarea")).to_be_focused()
    look(mette, "rediger", size)
    mette.page.keyboard.press("Escape")


@pytest.mark.parametrize("size", SIZES)
def test_meeting_and_recap_are_clean_and_fit(person: Come, size: str) -> None:
    mette = person("Mette", size)
    mette.open("/havtornen/moede/")
    if mette.page.get_by_role("button", name="Start mødet").count():
        mette.page.get_by_role("button", name="Start mødet").click()
    mette.connected()
    expect(mette.page.locator("#punkt-navn")).to_be_visible()
    if mette.page.locator("#naeste").is_hidden():
        mette.page.locator("#dagsorden [data-punkt]").first.click()
    expect(mette.page.locator("#panel textarea")).to_be_visible()
    look(mette, "moede", size)
    mette.page.locator("#dagsorden [data-opsamling-knap]").click()
    expect(mette.page.get_by_role("heading", name="Opsamling")).to_be_visible()
    look(mette, "opsamling", size)


def test_keyboard_alone_holds_a_meeting(person: Come) -> None:
    """No pointer from the board to the minutes."""
    mette = person("Mette")
    page, press, keys = mette.page, mette.page.keyboard.press, mette.page.keyboard.type
    mette.open("/havtornen/moede/")

    def tab_to(selector: str, limit: int = 120) -> None:
        for _ in range(limit):
            if page.evaluate("s => !!document.activeElement && document.activeElement.matches(s)", selector):
                return
            press("Tab")
        raise AssertionError(f"Tab never reached {selector}")

    if page.get_by_role("button", name="Start mødet").count():
        tab_to("form .knap.primaer")
        press("Enter")
    mette.connected()
    expect(page.locator("#punkt-navn")).to_be_visible()
    if page.locator("#naeste").is_hidden():
        tab_to("#dagsorden [data-punkt]")
        press("Enter")
    expect(page.locator("#naeste")).to_be_visible()

    # Own words (1), an intervention (i), up or down (4), on to the next (→).
    page.locator("#punkt-navn").focus()
    press("1")
    press("Enter")
    expect(page.locator(".ret textarea")).to_be_focused()
    keys("»Jeg vil gerne sove.«")
    press("Enter")
    expect(page.locator("#sp-1")).to_contain_text("»Jeg vil gerne sove.«")
    page.locator("#punkt-navn").focus()
    press("i")
    expect(page.locator("#panel textarea")).to_be_focused()
    keys("Ringe til natvagten")
    press("Enter")
    expect(page.locator("#sp-3")).to_contain_text("Ringe til natvagten")
    page.locator("#punkt-navn").focus()
    press("4")
    press("Enter")
    expect(page.locator("#dialog-titel")).to_be_visible()
    press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    first = page.locator("#punkt-navn").inner_text()
    page.locator("#punkt-navn").focus()
    press("ArrowRight")
    expect(page.locator("#punkt-navn")).not_to_have_text(first)
    press("?")
    expect(page.locator("#taster")).to_be_visible()
    mette.axe("taster")
    press("Escape")

    # Recap and close, with a typed reason.
    tab_to("[data-opsamling-knap]")
    press("Enter")
    expect(page.get_by_role("heading", name="Opsamling")).to_be_visible()
    tab_to("#afslut-hvorfor")
    keys("Natvagten er ikke her")
    press("Enter")
    expect(page).to_have_url(re.compile("/referat/$"))
    expect(page.locator(".referat")).to_contain_text("Natvagten er ikke her")
