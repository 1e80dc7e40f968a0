"""Every screen at every size: axe finds nothing, nothing runs out of the screen, and a picture is kept to be looked at.

The pictures go to var/screens/ when SCREENS=1.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENS, SIZES, TOUCHED, Person

pytestmark = pytest.mark.browser
Come = Callable[..., Person]

PAGES = {
    "tavle": "/havtornen/tavle/",
    "moede-foer": "/havtornen/moede/",
    "min-dag": "/min-dag/",
    "beboere": "/havtornen/beboere/",
    "referater": "/havtornen/moeder/",
    "referat": "/havtornen/moede/{last}/referat/",
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
        "moede-flyt": "/havtornen/moede/{next}/flyt/",
        "moede-aflys": "/havtornen/moede/{next}/aflys/",
        "moede-ekstra": "/havtornen/moede/ekstra/",
        "moede-papir": "/havtornen/moede/papir/",
        "moede-saadan": "/havtornen/moede/saadan/",
        "tavlen-som-den-stod": "/havtornen/moede/{last}/tavle/",
        "sammenlign": "/havtornen/moeder/sammenlign/",
        "referat-uden-navne": "/havtornen/moede/{last}/referat/?til=uden-navne",
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
# The sizes of a screen one points at, and of one one touches: a window is the one or the other.
HANDS = {hand: [size for size in SIZES if (size in TOUCHED) is (hand == "touch")] for hand in ("mouse", "touch")}
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


# How every text on the page is painted: its own colour and letters, and all that lies under it.
PAINTED = """() => {
  const nothing = "rgba(0, 0, 0, 0) none 1";
  const under = (one) => {
    const layers = [];
    for (let each = one; each; each = each.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(each);
      const layer = `${backgroundColor} ${backgroundImage} ${opacity}`;
      if (layer !== nothing) layers.push(layer);
    }
    return layers.join(" / ");
  };
  const says = (one) => one.matches("input, select, textarea, button")
    || [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const texts = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && says(one));
  return texts.map((one) => {
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    return [color, fontSize, fontWeight, textShadow, under(one)].join(" | ");
  });
}"""
# What has been asked about its contrast, of each page: half of axe's time goes there.
asked: dict[str, set[str]] = {}


def look(who: Person, name: str, size: str) -> None:
    """Keeps the picture, and fails on an axe violation or a page wider than the screen.

    Contrast is asked again where a text is painted as at no size before.
    """
    if SCREENS:
        SCREENS.mkdir(parents=True, exist_ok=True)
        who.page.screenshot(path=SCREENS / f"{name}-{size}.png")
    painted = set(who.page.evaluate(PAINTED))
    known = asked.setdefault(name, set())
    who.axe(f"{name} {size}", contrast=not painted <= known)
    known |= painted
    width = who.page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size][0], f"{name} is {width} wide at {size}"


def look_at_every_size(who: Person, name: str, hand: str) -> None:
    """The page as it stands at each size, fetched once."""
    for size in HANDS[hand]:
        width, height = SIZES[size]
        who.page.set_viewport_size({"width": width, "height": height})
        look(who, name, size)


def meetings_of(who: Person) -> dict[str, int]:
    """The number of the last meeting held, and of the next one: they follow the day the world was laid on."""
    shown = who.context.request.get(who.server.url + "/havtornen/moeder/").text()
    coming = max(int(number) for number in re.findall(r"/havtornen/moede/(\d+)/", shown))
    return {"last": coming - 1, "next": coming}


@pytest.mark.parametrize("hand", HANDS)
def test_every_page_is_clean_and_fits(person: Come, hand: str) -> None:
    amina = person("Amina", HANDS[hand][0])
    numbers = meetings_of(amina)
    for name, path in PAGES.items():
        amina.open(path.format(**numbers))
        if name == "tavle":
            amina.connected()
            expect(amina.page.locator("#present")).to_contain_text("Amina")
        look_at_every_size(amina, name, hand)


@pytest.mark.parametrize("hand", HANDS)
def test_every_page_of_the_week_is_clean_and_fits(person: Come, hand: str) -> None:
    for name, pages in WEEK_PAGES.items():
        one = person(name, HANDS[hand][0])
        numbers = meetings_of(one) if name == "Mette" else {}
        for title, path in pages.items():
            answer = one.page.goto(one.server.url + path.format(**numbers))
            assert answer is not None, path
            assert answer.status == 200, path
            look_at_every_size(one, title, hand)


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
        mette.start_meeting()
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
        expect(page.locator("[name=now], #item-name")).to_be_visible()
        if page.locator("[name=now]").count():
            tab_to("[name=now]")
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
