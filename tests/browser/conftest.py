"""The app as people meet it: uvicorn on a free port with the demo world, and people in real Chromium windows."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.stack import free_port
from tests.worlds import AT, Worlds, on_server, python

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = (ROOT / "tests/vendor/axe/axe-4.14.min.js").read_text(encoding="utf-8")
# Where pictures are kept to be looked at, when SCREENS=1.
SCREENS = ROOT / "var" / "screens" if os.environ.get("SCREENS") == "1" else None
SIZES = {
    "wall": (1920, 1080),
    "laptop": (1366, 768),
    "tablet": (1180, 820),
    "portrait": (820, 1180),
    "phone": (390, 844),
}
# What Chromium leaves out. Of two such lists the last counts, so Playwright's own stands here as well.
UNUSED = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter",
    "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints",
    "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
)  # fmt: skip
TOUCHED = ("tablet", "portrait", "phone")
# When the world is laid for the stories that go on at other moments: the week before has its meeting, this one not yet.
MONDAY = "2026-11-30T10:00:00+01:00"
# The machine is shared and slow at times; waiting longer costs nothing when it is not.
expect.set_options(timeout=20_000)


class Server:
    """One running web process on a database of its own, now or `at` another moment (ISO, with its offset).

    With `worlds` the demo world is in it, laid at the same moment or the one given; without, it is empty.
    """

    def __init__(self, folder: Path, at: str = AT, worlds: Worlds | None = None, laid: str = "") -> None:
        self.at = at
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "botilbud.settings",
            "BOTILBUD_VAR": str(folder),
            "BOTILBUD_DEMO": "1",
            "BOTILBUD_TLS": "0",
            "BOTILBUD_URL": self.url,
        }
        self.admin = ""
        self.database = f"botilbud_browser_{os.getpid()}_{self.port}"
        if base := os.environ.get("DATABASE_URL"):
            self.admin = base
            self.env["DATABASE_URL"] = on_server(base, self.database)
        if worlds:
            worlds.fill(folder, self.database, laid or at)
        elif base:
            with psycopg.connect(base, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{self.database}"')
        self.process: subprocess.Popen[bytes] | None = None

    def _python(self, *words: str) -> list[str]:
        return python(self.at, *words)

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            self._python("manage", *command), cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        command = self._python("uvicorn", "botilbud.asgi:application", "--host", "127.0.0.1", "--port")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, str(self.port), "--timeout-graceful-shutdown", "1", "--log-level", "warning"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def go_to(self, at: str) -> None:
        """The same database at another moment: stops, and starts there."""
        self.stop()
        self.at = at
        self.start()

    def drop(self) -> None:
        if self.admin:
            with psycopg.connect(self.admin, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, worlds: Worlds) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server"), worlds=worlds)
    try:
        made.start()
        yield made
        assert "Traceback" not in made.log.read_text(), made.log.read_text()[-3000:]
    finally:
        made.stop()
        made.drop()


@pytest.fixture
def time_server(tmp_path: Path, worlds: Worlds) -> Iterator[Callable[[str], Server]]:
    """A server with a demo world of its own, laid on that Monday and running at the moment asked for."""
    made: list[Server] = []

    def start(at: str) -> Server:
        one = Server(tmp_path, at, worlds, laid=MONDAY)
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.stop()
        one.drop()
    for one in made:
        assert "Traceback" not in one.log.read_text(), one.log.read_text()[-3000:]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("TEST_CHROMIUM", "/usr/bin/chromium")
    if not path or not Path(path).exists():
        pytest.skip("Chromium er her ikke")
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
                # Nothing is drawn by a graphics processor's stand-in, and no window prepares what its address bar folds
                # out: a window costs a third of what it did.
                "--disable-software-rasterizer", "--in-process-gpu", "--disable-extensions",
                f"--disable-features={','.join(UNUSED)}",
            ],
        )  # fmt: skip
        yield window
        window.close()


class Person:
    """Somebody in a window of their own. Page errors are collected and fail the test in the end."""

    # What the browser says by itself when a server answers 409 or 422, or when we cut the connection.
    HARMLESS = (
        "htmx:",
        "Response Status Error Code 401",
        "Response Status Error Code 423",
        "the server responded with a status of 4",
        "net::ERR_INTERNET_DISCONNECTED",
        "net::ERR_CONNECTION",
        "net::ERR_EMPTY_RESPONSE",
        "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
        "net::ERR_NETWORK",
        "net::ERR_SOCKET_NOT_CONNECTED",
    )

    def __init__(self, server: Server, context: BrowserContext, name: str) -> None:
        self.server, self.context, self.name = server, context, name
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", self._failed)
        self.page.on("console", self._console)
        self.sign_in()

    def sign_in(self) -> None:
        """As this person of the cast, without a page; again, when the server's clock went past the session."""
        request = self.context.request
        page = request.get(self.server.url + "/demo/").text()
        form = re.search(rf'action="([^"]+)">(?:(?!</form>).)*?<b>{re.escape(self.name)}</b>', page, re.S)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert form is not None, f"{self.name} is not of the cast"
        assert token is not None
        answer = request.post(self.server.url + form[1], form={"csrfmiddlewaretoken": token[1]}, max_redirects=0)
        assert answer.status == 302, answer.text()

    def choose_self(self) -> None:
        """The same by hand, on the demo's page."""
        self.open("/demo/")
        self.page.get_by_role("button", name=self.name).click()
        self.page.wait_for_url(lambda url: "/demo/" not in url)

    def _failed(self, error: Any) -> None:
        # htmx rejects a promise with nothing when a request meets a dead server, as the stories let it.
        if str(error) != "undefined":
            self.errors.append(str(error))

    def _console(self, message: Any) -> None:
        if message.type == "error" and not any(words in message.text for words in self.HARMLESS):
            self.errors.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(self.server.url + path)

    def cut_off(self) -> None:
        """No network from here on. Chromium takes a moment to do so, in which a request may still slip through."""
        self.context.set_offline(True)
        self.page.wait_for_function("() => fetch('/noegle/').then(() => false, () => true)")

    def tab_to(self, selector: str, limit: int = 150) -> None:
        """Presses Tab until the focus stands on what the selector names."""
        for _ in range(limit):
            here = "s => !!document.activeElement && document.activeElement.matches(s)"
            if self.page.evaluate(here, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {selector}")

    def start_meeting(self) -> None:
        """Begins the meeting whose page is open; the demo's may be another day's, and is then confirmed."""
        self.page.get_by_role("button", name="Start mødet").click()
        expect(self.page.locator("[name=now], #item-name").first).to_be_visible()
        confirm = self.page.get_by_role("button", name="Start mødet nu")
        if confirm.is_visible():
            confirm.click()

    def connected(self) -> None:
        expect(self.page.locator("#live-words")).to_have_text("Forbundet")

    def axe(self, where: str, *, contrast: bool = True) -> None:
        """No violation of WCAG 2.2 A or AA on what stands on the screen now."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate(
            "async contrast => (await axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a','wcag2aa',"
            "'wcag21a','wcag21aa','wcag22aa','best-practice'], rules: {'color-contrast': {enabled: contrast}}}))"
            ".violations.map(v => v.id + ': ' + v.nodes.map("
            "n => n.target.join(' ') + ' — ' + n.failureSummary).join(' | '))",
            contrast,
        )
        assert found == [], f"{where}: {found}"


@pytest.fixture
def person(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Opens a window for somebody of the cast, at the module's server or the one given."""
    made: list[Person] = []

    def come(name: str, size: str = "laptop", at: Server | None = None, **options: Any) -> Person:
        server = at or request.getfixturevalue("server")
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="da-DK",
            timezone_id="Europe/Copenhagen",
            has_touch=size in TOUCHED,
            **options,
        )
        made.append(Person(server, context, name))
        return made[-1]

    yield come
    for one in made:
        one.context.close()
    for one in made:
        assert one.errors == [], f"{one.name}: {one.errors}"
