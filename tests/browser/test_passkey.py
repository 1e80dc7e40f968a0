"""A passkey is added and signed in with, in Chromium with its virtual authenticator, under the strict policy."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import AXE, Server

pytestmark = pytest.mark.browser
PASSWORD = "en lang og rolig adgangskode"
CHOOSE = f"""
from organisation.models import User
mette = User.objects.get(name="Mette")
mette.set_password("{PASSWORD}")
mette.save()
print(mette.email)
"""

# The code of the newest mail.
CODE = """
import re
from reminders.models import DemoMail
print(re.match(r"Koden er (.{9})", DemoMail.objects.latest("pk").body)[1])
"""


class Visitor:
    """Somebody at a browser that can hold a passkey. What the browser refuses to run or draw is collected."""

    def __init__(self, server: Server, page: Page) -> None:
        # A passkey belongs to a name; an address of numbers can have none.
        self.page, self.root = page, f"http://localhost:{urlsplit(server.url).port}"
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.blockedURI))"
        )
        self.keys = page.context.new_cdp_session(page)
        self.keys.send("WebAuthn.enable")
        self.authenticator = self.keys.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }},
        )["authenticatorId"]  # fmt: skip

    def _console(self, line: Any) -> None:
        # A locked screen is answered 423, which the browser remarks upon.
        if line.type == "error" and "status of 423" not in line.text:
            self.errors.append(line.text)

    def open(self, path: str) -> None:
        self.page.goto(self.root + path)

    def sign_in(self, mail: str) -> None:
        self.open("/konto/login/")
        self.page.get_by_label("Mailadresse").fill(mail)
        self.page.get_by_label("Adgangskode").fill(PASSWORD)
        self.page.get_by_role("button", name="Log ind", exact=True).click()

    def sign_out(self) -> None:
        self.open("/konto/logout/")
        self.page.get_by_role("main").get_by_role("button", name="Log ud").click()
        self.page.wait_for_url(lambda url: "/konto/logout/" not in url)

    def confirm(self) -> None:
        self.page.get_by_label("Adgangskode").fill(PASSWORD)
        self.page.get_by_role("button", name="Bekræft").click()

    def axe(self) -> None:
        self.page.wait_for_load_state()
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a','wcag2aa','wcag21a',"
            "'wcag21aa','wcag22aa','best-practice']})).violations.map(v => v.id + ': ' + v.nodes.map("
            "n => n.target.join(' ')).join(' | '))"
        )
        assert found == [], f"{self.page.url}: {found}"


@pytest.fixture
def visitor(server: Server, browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context(locale="da-DK", viewport={"width": 390, "height": 844})
    made = Visitor(server, context.new_page())
    yield made
    context.close()
    assert made.errors == []


def test_passkey_is_added_used_and_removed_with_nothing_blocked(server: Server, visitor: Visitor) -> None:
    mail = server.manage("shell", "-v", "0", "-c", CHOOSE).strip()
    page = visitor.page
    visitor.sign_in(mail)
    page.wait_for_url("**/tavle/")
    visitor.open("/konto/2fa/")
    visitor.axe()
    page.get_by_role("link", name="Tilføj en adgangsnøgle").click()
    # It is the first: a code by mail comes before it.
    visitor.axe()
    page.get_by_role("button", name="Send koden").click()
    field = page.get_by_label("Koden fra mailen (otte tegn)")
    expect(field).to_be_focused()
    visitor.axe()
    field.fill(server.manage("shell", "-v", "0", "-c", CODE).strip())
    page.get_by_role("button", name="Bekræft").click()
    expect(page.get_by_label("Adgangskode")).to_be_visible()
    visitor.axe()
    visitor.confirm()
    page.get_by_label("Nøglens navn").fill("Min telefon")
    visitor.axe()
    page.get_by_role("button", name="Tilføj nøglen").click()
    expect(page.get_by_role("heading", name="Engangskoder")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    visitor.axe()

    # The picture for a code app is drawn under the policy too.
    visitor.open("/konto/2fa/totp/activate/")
    expect(page.locator(".qr svg path")).to_be_visible()
    visitor.axe()

    # By the key alone.
    visitor.sign_out()
    visitor.open("/konto/login/")
    visitor.axe()
    page.get_by_role("button", name="Log ind med adgangsnøgle").click()
    page.wait_for_url("**/tavle/")

    # A locked screen, by the key again.
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Lås skærmen").click()
    expect(page.get_by_role("heading", name="Skærmen er låst")).to_be_visible()
    assert page.locator(".board").count() == 0
    visitor.axe()
    page.get_by_role("button", name="Brug adgangsnøgle").click()
    expect(page.locator(".board")).to_be_visible()

    # After the password, as the second step.
    visitor.sign_out()
    visitor.sign_in(mail)
    expect(page.get_by_role("heading", name="Et trin mere")).to_be_visible()
    visitor.axe()
    page.get_by_role("button", name="Brug en adgangsnøgle").click()
    page.wait_for_url("**/tavle/")

    # Before a change, in place of the password; then renamed, and removed.
    visitor.open("/konto/2fa/webauthn/reauthenticate/?next=/konto/2fa/webauthn/")
    page.get_by_role("button", name="Brug adgangsnøglen").click()
    expect(page.get_by_role("link", name="Ret navnet")).to_be_visible()
    visitor.axe()
    page.get_by_role("link", name="Ret navnet").click()
    page.get_by_label("Nøglens navn").fill("Den gamle telefon")
    page.get_by_role("button", name="Gem").click()
    expect(page.get_by_text("Den gamle telefon").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Fjern")).click()
    expect(page.get_by_role("button", name="Fjern nøglen")).to_be_visible()
    visitor.axe()
    page.get_by_role("button", name="Fjern nøglen").click()
    expect(page.get_by_text("Du har ingen adgangsnøgler endnu.")).to_be_visible()

    # A key nobody knows any more lets nobody in, and says so.
    visitor.sign_out()
    visitor.open("/konto/login/")
    page.get_by_role("button", name="Log ind med adgangsnøgle").click()
    expect(page.get_by_role("alert").filter(has_text="passer ikke")).to_be_visible()
    visitor.axe()


def test_browser_without_the_key_says_so_and_stays_on_the_page(visitor: Visitor) -> None:
    visitor.keys.send("WebAuthn.setUserVerified", {"authenticatorId": visitor.authenticator, "isUserVerified": False})
    visitor.open("/konto/login/")
    visitor.page.get_by_role("button", name="Log ind med adgangsnøgle").click()
    expect(visitor.page.get_by_role("alert").filter(has_text="Prøv igen")).to_be_visible(timeout=70_000)


def test_screen_left_open_elsewhere_is_emptied_from_here(person: Any) -> None:
    left, mette = person("Jonas"), person("Jonas")
    left.open("/havtornen/tavle/")
    left.connected()
    mette.open("/konto/browsere/")
    mette.axe("her er du logget ind")
    mette.page.get_by_role("button", name="Log ud alle andre steder").click()
    # The hub asks every third second who may still look (tests/accounts/test_browsers.py); the rest is the machine.
    expect(left.page.get_by_text("Du er logget ud.").first).to_be_visible(timeout=10_000)
    expect(left.page.locator("#live-words")).to_have_count(0)
    expect(mette.page.get_by_role("button", name="Log ud alle andre steder")).to_have_count(0)
    assert mette.page.reload().status == 200
