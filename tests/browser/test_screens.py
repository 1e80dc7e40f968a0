"""Every screen at every size: axe finds nothing, nothing runs out of the screen, and a picture is kept to be looked at.

The pictures go to var/screens/ when SCREENS=1.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENS, SIZES, Person

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
# Whose page it is -> what it is called -> where. Ids are those of a world just laid.
WEEK_PAGES = {
    "Mette": {
        "beboere-mine": "/havtornen/beboere/?mine=1&sorter=droeftet",
        "forloeb": "/havtornen/beboer/1/forloeb/",
        "min-uge": "/havtornen/beboer/1/min-uge/",
        "moede-flyt": "/havtornen/moede/11/flyt/",
        "moede-aflys": "/havtornen/moede/11/aflys/",
        "moede-ekstra": "/havtornen/moede/ekstra/",
        "moede-papir": "/havtornen/moede/papir/",
        "moede-saadan": "/havtornen/moede/saadan/",
        "tavlen-som-den-stod": "/havtornen/moede/10/tavle/",
        "sammenlign": "/havtornen/moeder/sammenlign/",
        "referat-uden-navne": "/havtornen/moede/10/referat/?til=uden-navne",
        "paamindelser": "/min-dag/paamindelser/",
        "paamindelser-valg": "/min-dag/paamindelser/indstillinger/",
        "dagens-moeder": "/moeder-i-dag/",
        "fravaer": "/styring/fravaer/",
    },
    "Lis": {
        "styring": "/styring/",
        "personer": "/styring/personer/",
        "person-ny": "/styring/personer/ny/",
        "personer-mange": "/styring/personer/mange/",
        "stopper": "/styring/roller/1/",
        "godkend": "/styring/godkend/",
        "storskaerme": "/havtornen/storskaerme/",
        "kriterier-leder": "/havtornen/kriterier/",
        "stikproever": "/styring/stikproever/",
        "ankre": "/styring/ankre/",
        "opbevaring": "/styring/opbevaring/",
        "tablets": "/styring/tablets/",
        "kode": "/kode/",
        "browsere": "/konto/browsere/",
        "set-af": "/havtornen/beboer/1/set-af/",
        "indsigt": "/havtornen/beboer/1/indsigt/",
        "indsigt-liste": "/havtornen/indsigt/",
    },
    "Karla": {
        "styring-kriterier": "/styring/kriterier/",
        "kriterium": "/styring/kriterier/1/",
        "indstillinger": "/styring/indstillinger/1/",
    },
    "Sanne": {
        "organisationer": "/styring/organisationer/",
        "organisation": "/styring/organisationer/1/",
        "team": "/styring/team/1/",
        "botilbud-alle": "/styring/botilbud/",
        "botilbud": "/styring/botilbud/1/",
        "botilbud-nyt": "/styring/botilbud/nyt/",
        "moeder-ny": "/styring/botilbud/1/moeder/",
    },
}
DIALOGS = {
    "tidligt-tegn": "button:visible:text-is('Nyt tidligt tegn')",
    "saet-paa-tavlen": "button:visible:text-is('Sæt en beboer på tavlen')",
    "niveau": ".level-button >> nth=0",
    "indsats": ".lane .cell-text >> nth=0",
    "beboer": ".name-button >> nth=0",
    "gennemgang": "button:visible:text-is('Gennemgå nu') >> nth=0",
    "vagt": ".foot button:visible:text-is('Vagt')",
    "fortryd": ".foot button:visible:text-is('Fortryd')",
}


def look(who: Person, name: str, size: str) -> None:
    """Keeps the picture, and fails on an axe violation or a page wider than the screen."""
    if SCREENS:
        SCREENS.mkdir(parents=True, exist_ok=True)
        who.page.screenshot(path=SCREENS / f"{name}-{size}.png")
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
            expect(amina.page.locator("#present")).to_contain_text("Amina")
        look(amina, name, size)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_week_is_clean_and_fits(person: Come, size: str) -> None:
    for name, pages in WEEK_PAGES.items():
        one = person(name, size)
        for title, path in pages.items():
            answer = one.page.goto(one.server.url + path)
            assert answer is not None, path
            assert answer.status == 200, path
            look(one, title, size)


@pytest.mark.parametrize("size", SIZES)
def test_every_dialog_is_clean_and_fits(person: Come, size: str) -> None:
    mette = person("Mette", size)
    mette.open(PAGES["tavle"])
    mette.connected()
    for name, button in DIALOGS.items():
        mette.page.locator(button).first.click()
        expect(mette.page.locator("#dialog-title")).to_be_visible()
        look(mette, name, size)
        mette.page.keyboard.press("Escape")
        expect(mette.page.locator("#dialog")).not_to_be_visible()
    mette.page.locator(".cell button.cell-text").first.click()
    expect(mette.page.locator(".cell-edit textarea")).to_be_focused()
    look(mette, "rediger", size)
    mette.page.keyboard.press("Escape")


@pytest.mark.parametrize("size", SIZES)
def test_meeting_and_recap_are_clean_and_fit(person: Come, size: str) -> None:
    mette = person("Mette", size)
    mette.open("/havtornen/moede/")
    if mette.page.get_by_role("button", name="Start mødet").count():
        mette.page.get_by_role("button", name="Start mødet").click()
    mette.connected()
    expect(mette.page.locator("#item-name")).to_be_visible()
    if mette.page.locator("#next").is_hidden():
        mette.page.locator("#agenda [data-item]").first.click()
    expect(mette.page.locator("#panel [name=what]")).to_be_visible()
    look(mette, "moede", size)
    mette.page.locator("#agenda [data-recap-button]").click()
    expect(mette.page.get_by_role("heading", name="Opsamling")).to_be_visible()
    look(mette, "opsamling", size)


def test_keyboard_alone_holds_a_meeting(person: Come) -> None:
    """No pointer from the board to the minutes."""
    mette = person("Mette")
    page, press, keys, tab_to = mette.page, mette.page.keyboard.press, mette.page.keyboard.type, mette.tab_to
    mette.open("/havtornen/moede/")

    if page.get_by_role("button", name="Start mødet").count():
        tab_to("form .button.primary")
        press("Enter")
    mette.connected()
    expect(page.locator("#item-name")).to_be_visible()
    if page.locator("#next").is_hidden():
        tab_to("#agenda [data-item]")
        press("Enter")
    expect(page.locator("#next")).to_be_visible()

    # Own words (1), an intervention (i), up or down (4), on to the next (→).
    page.locator("#item-name").focus()
    press("1")
    press("Enter")
    expect(page.locator(".cell-edit textarea")).to_be_focused()
    keys("»Jeg vil gerne sove.«")
    press("Enter")
    expect(page.locator("#question-1")).to_contain_text("»Jeg vil gerne sove.«")
    page.locator("#item-name").focus()
    press("i")
    expect(page.locator("#panel [name=what]")).to_be_focused()
    keys("Ringe til natvagten")
    press("Enter")
    expect(page.locator("#question-3")).to_contain_text("Ringe til natvagten")
    page.locator("#item-name").focus()
    press("4")
    press("Enter")
    expect(page.locator("#dialog-title")).to_be_visible()
    press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    first = page.locator("#item-name").inner_text()
    page.locator("#item-name").focus()
    press("ArrowRight")
    expect(page.locator("#item-name")).not_to_have_text(first)
    press("?")
    expect(page.locator("#keys")).to_be_visible()
    mette.axe("taster")
    press("Escape")

    # Recap and close, with a typed reason.
    tab_to("[data-recap-button]")
    press("Enter")
    expect(page.get_by_role("heading", name="Opsamling")).to_be_visible()
    tab_to("#close-why")
    keys("Natvagten er ikke her")
    press("Enter")
    expect(page).to_have_url(re.compile("/referat/$"))
    expect(page.locator(".minutes")).to_contain_text("Natvagten er ikke her")
