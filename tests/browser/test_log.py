"""What the log keeps of an open board, and the weekly sample answered by its leader."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, Server

pytestmark = pytest.mark.browser
Come = Callable[..., Person]

MOVE_IN = """
from django.utils import timezone
from organisation.models import Home, User
from residents.services import stay_begin
home = Home.objects.get(slug="havtornen")
jonas = User.objects.get(name="Jonas")
stay = stay_begin(home=home, name="Nyankomne", flat="77", from_day=timezone.localdate(), by=jonas)
print(stay.pk)
"""
LOOKS = """
from audit.models import ReadEntry
from organisation.models import User
mette = User.objects.get(name="Mette").pk
print([stay for read in ReadEntry.objects.filter(viewer=mette, screen="tavle") for stay in read.stays])
"""


def test_resident_who_comes_to_an_open_board_is_noted_as_seen(person: Come, server: Server) -> None:
    mette = person("Mette")
    mette.open("/havtornen/tavle/")
    mette.connected()
    stay = server.manage("shell", "-v", "0", "-c", MOVE_IN).strip()
    expect(mette.page.locator("#board-foot")).to_contain_text("Nyankomne")
    seen = server.manage("shell", "-v", "0", "-c", LOOKS)
    assert int(stay) in json.loads(seen)


def test_leader_answers_the_week_s_sample_by_keyboard(person: Come) -> None:
    lis = person("Lis")
    page = lis.page
    lis.open("/styring/")
    page.get_by_role("link", name="Stikprøver").click()
    waiting = page.get_by_role("status").filter(has_text="venter på svar")
    before = int(re.findall(r"\d+", waiting.inner_text())[0])
    lis.tab_to("input[name$='-answer']")
    page.keyboard.press("Space")
    lis.tab_to("form .button.primary")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Besvaret (1)")).to_be_visible()
    expect(waiting if before > 1 else page.get_by_text("Ingen opslag venter")).to_contain_text(
        f"{before - 1} opslag" if before > 1 else "Ingen"
    )
    page.get_by_text("Besvaret (1)").click()
    lis.axe("stikproever besvaret")
    page.get_by_text("Ret svaret").click()
    page.get_by_role("radio", name="Skal undersøges").first.check()
    page.get_by_role("button", name=re.compile("Gem svarene")).first.click()
    expect(page.get_by_text("Skriv, hvad der skal undersøges.")).to_be_visible()
    lis.axe("stikproever afvist")


def test_leader_fetches_an_anchor(person: Come) -> None:
    lis = person("Lis")
    lis.open("/styring/ankre/")
    with lis.page.expect_download() as fetched:
        lis.page.get_by_role("link", name=re.compile("Hent anker")).first.click()
    assert fetched.value.suggested_filename.startswith("botilbud-anker-")
