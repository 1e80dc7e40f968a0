"""The production shape, running: every service's own command, a real nginx in front, TLS, and parts that go away."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp

from core.web import BUSY, TOO_BIG
from tests.production import site as production
from tests.production.compose import HOST, health_command
from tests.production.site import SECRETS, Browser, Site, hidden
from tests.stack import wait_for
from tests.test_headers import EVERYWHERE

PASSWORD = "en lang og rolig adgangskode"
CODES = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TEXT, REFUSED = "Kvidrende", "Zebulon"
# The line over every board that says how many are on it.
COUNTS = 'id="board-counts"'
Figure = Callable[[str], None]

# Two of the staff of a home with a shared resident, each with a password and a code app.
PEOPLE = f"""
import json
from allauth.mfa.totp.internal.auth import TOTP
from organisation.models import Membership, Role
from residents.models import Stay
stay = Stay.objects.system("a test's own").filter(to_day=None).select_related("home").order_by("pk").first()
members = Membership.objects.filter(home=stay.home, role=Role.STAFF, to_day=None).select_related("user")
people = list({{one.user_id: one.user for one in members}}.values())[:2]
for person in people:
    person.set_password({PASSWORD!r})
    person.save()
    TOTP.activate(person, {CODES!r})
print(json.dumps({{"slug": stay.home.slug, "stay": stay.pk, "mails": [person.email for person in people]}}))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    if lacks := production.missing():
        assert os.environ.get("REQUIRE_ALL") != "1", lacks
        pytest.skip(lacks)
    with Site() as running:
        running.once("web", "python", "manage.py", "prepare", "--demo")
        yield running


@pytest.fixture(scope="module")
def world(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.shell(PEOPLE))
    return found


@pytest.fixture(scope="module")
def people(site: Site, world: dict[str, Any]) -> list[Browser]:
    """Two signed in, over TLS and with the second factor."""
    browsers = [Browser(site) for _ in world["mails"]]
    for browser, mail in zip(browsers, world["mails"], strict=True):
        assert browser.sign_in(mail, PASSWORD, lasting_code()) == "/"
    return browsers


def lasting_code() -> str:
    """A code that holds for another fifteen seconds, of its thirty."""
    while time.time() % 30 > 15:
        time.sleep(0.5)
    return str(totp.format_hotp_value(totp.hotp_value(CODES, next(iter(totp.yield_hotp_counters_from_time())))))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    return lambda said: record_property("counts", said)


def board(world: dict[str, Any]) -> str:
    return f"/{world['slug']}/tavle/"


def shows(browser: Browser, world: dict[str, Any], words: str) -> bool:
    """Whether the board is answered, with these words on it."""
    answer, page = browser.get(board(world))
    return answer.status == 200 and words in page


def health(site: Site) -> tuple[int, dict[str, Any]]:
    answer, text = Browser(site).get("/helbred/", Authorization=f"Bearer {SECRETS['health_token']}")
    return answer.status, json.loads(text)


def write(browser: Browser, world: dict[str, Any], text: str) -> int:
    """Edits the resident's status as the page does. Returns the answer's status."""
    cell = f"/{world['slug']}/felt/{world['stay']}/status/home/"
    answer, form = browser.get(f"{cell}rediger/", HX_Request="true")
    assert answer.status == 200
    answer, _ = browser.post(cell, {**hidden(form), "text": text}, HX_Request="true")
    return answer.status


# --- through the proxy -----------------------------------------------------------------------------------------------


def test_sign_in_over_tls(site: Site, people: list[Browser]) -> None:
    sessions = [line for line in people[0].set_cookies if line.startswith("__Host-session=")]
    assert sessions
    assert all({"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(line.split("; ")) for line in sessions)
    answer, _ = people[0].get(
        "/",
    )
    assert answer.status == 302
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["Server"] == "nginx", "neither its version nor whose answer it was"


def test_form_from_elsewhere_is_refused(people: list[Browser], world: dict[str, Any]) -> None:
    here = f"{board(world)}her/"
    form = {"field": "", "tab": "x"}
    assert people[0].post(here, form)[0].status == 204
    assert people[0].post(here, form, Origin="https://ond.x.invalid")[0].status == 403
    assert people[0].post(here, form, X_CSRFToken="x" * 64)[0].status == 403


def test_plain_http_leads_to_tls(site: Site) -> None:
    done = subprocess.run(
        ["curl", "-sS", "-i", "-H", f"Host: {HOST}", f"http://127.0.0.1:{site.ports['http']}/min-dag/?a=b"],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout.startswith("HTTP/1.1 301")
    assert f"Location: https://{HOST}/min-dag/?a=b" in done.stdout


def test_edit_is_seen_on_anothers_stream(people: list[Browser], world: dict[str, Any], figure: Figure) -> None:
    writer, viewer = people
    answer, page = viewer.get(board(world))
    assert answer.status == 200
    version = re.search(r'data-version="([^"]+)"', page)
    assert version is not None
    seen, ready = [], threading.Event()

    def watch() -> None:
        for name, data in viewer.events(f"{board(world)}stroem/?since={version[1]}&fane=b"):
            ready.set()
            if name == "change" and TEXT in json.dumps(data):
                seen.append(time.monotonic())
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    assert ready.wait(10), "the stream is held back"
    assert write(writer, world, f"{TEXT} {time.time()}") == 200
    written = time.monotonic()
    watching.join(15)
    assert seen, "the edit did not come"
    figure(
        f"Through the proxy: an edit was seen on another's stream {1000 * (seen[0] - written):.0f} ms after its answer"
    )
    assert seen[0] - written < 5


def test_files_are_served_by_the_proxy_compressed_and_for_good(site: Site, people: list[Browser]) -> None:
    _, page = Browser(site).get("/konto/login/")
    found = re.search(r'href="(/static/css/base\.[0-9a-f]{12}\.css)"', page)
    assert found is not None
    asked = ["curl", "-sS", "-k", "-D", "-", "-o", "/dev/null", "-H", f"Host: {HOST}"]

    def headers(path: str, *more: str) -> dict[str, str]:
        url = f"https://127.0.0.1:{site.ports['https']}{path}"
        done = subprocess.run([*asked, *more, url], capture_output=True, text=True, check=True, timeout=30)
        first, *lines = done.stdout.strip().splitlines()
        named = (line.split(": ", 1) for line in lines)
        return {"status": first.split()[1], **{name.lower(): value for name, value in named}}

    plain, small = headers(found[1]), headers(found[1], "-H", "Accept-Encoding: gzip")
    assert (plain["status"], plain["cache-control"]) == ("200", "public, max-age=31536000, immutable")
    assert (small["content-encoding"], small["vary"]) == ("gzip", "Accept-Encoding")
    assert int(small["content-length"]) < int(plain["content-length"]) / 2
    for name in ("Cross-Origin-Resource-Policy", "X-Content-Type-Options"):
        assert plain[name.lower()] == EVERYWHERE[name]
    assert "x-request-id" not in plain, "the proxy's own, no web process was asked"
    # A file of a version the proxy has not: whoever drew the page has it.
    (site.folder / f"srv{found[1]}").unlink()
    (site.folder / f"srv{found[1]}.gz").unlink()
    from_web = headers(found[1])
    assert from_web["status"] == "200"
    assert "immutable" in from_web["cache-control"]
    assert "x-request-id" in from_web
    assert headers("/static/../secrets/secret_key")["status"] in {"400", "404"}


def test_forged_address_is_not_believed(site: Site) -> None:
    browser = Browser(site)
    _, page = browser.get("/konto/login/")
    forged = {"X_Forwarded_For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X_Real_IP": "203.0.113.9"}
    tries = {"login": "ingen@x.invalid", "password": "forkert", **hidden(page)}
    answer, _ = browser.post("/konto/login/", tries, **forged, X_Forwarded_Host="ond.x.invalid")
    assert answer.status == 200
    with site.database() as connection:
        found = connection.execute("SELECT DISTINCT ip_address::text FROM axes_accessattempt").fetchall()
    assert [address.partition("/")[0] for (address,) in found] == ["127.0.0.1"]


def test_body_over_a_megabyte_is_refused(people: list[Browser], world: dict[str, Any]) -> None:
    answer, text = people[0].post(f"/{world['slug']}/emne/", "text=" + "x" * 1_100_000)
    assert (answer.status, text) == (413, TOO_BIG)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["HX-Reswap"] == "none"


def test_host_of_another_name_is_refused(site: Site) -> None:
    assert Browser(site).get("/konto/login/", Host="ond.x.invalid")[0].status == 400


# --- the parts -------------------------------------------------------------------------------------------------------


def test_worker_and_beat_tick_and_every_check_says_well(site: Site, figure: Figure) -> None:
    began = time.monotonic()
    assert wait_for(lambda: health(site)[1]["status"] == "ok", 150, every=1), health(site)
    status, told = health(site)
    assert (status, set(told) - {"figures"}) == (200, {"status", "database", "broker", "tick", "reminders", "live"})
    figure(f"/helbred/ through the proxy, ok {time.monotonic() - began:.0f} s after it was asked: {told['figures']}")
    assert site.well("db", "-p", str(site.ports["db"]))
    assert site.well("redis", "-p", str(site.ports["redis"]))
    assert site.well("web", address="127.0.0.2")
    assert site.well("worker")
    assert site.well("beat")
    proxy = [word.replace("8080", str(site.ports["http"])) for word in health_command("proxy")]
    assert subprocess.run(proxy, check=False, timeout=30).returncode == 0
    assert "figures" not in json.loads(Browser(site).get("/helbred/")[1])


def test_site_answers_while_web_processes_die(
    site: Site, people: list[Browser], world: dict[str, Any], figure: Figure
) -> None:
    # One is gone: the name server still tells of it, and nginx asks another.
    webs = [name for name in site.parts if name.startswith("web-")]
    site.parts[webs[0]].kill()
    slowest = 0.0
    for _ in range(40):
        began = time.monotonic()
        assert shows(people[0], world, COUNTS)
        slowest = max(slowest, time.monotonic() - began)
    assert write(people[0], world, f"{TEXT} uden den ene") == 200
    assert shows(people[0], world, f"{TEXT} uden den ene")
    figure(f"One of {len(webs)} web services killed: 40 pages answered 200, the slowest in {1000 * slowest:.0f} ms")

    # None at all: a sentence, and soon again a page.
    for name in webs[1:]:
        site.parts[name].kill()
    answer, text = people[0].get(board(world))
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert text == "Tavlen svarer ikke lige nu. Prøv igen om lidt."
    for name in webs:
        site.parts[name].start()
    assert shows(people[0], world, f"{TEXT} uden den ene")


def test_nobody_is_sent_away_while_each_web_service_is_renewed(
    site: Site, people: list[Browser], world: dict[str, Any], figure: Figure
) -> None:
    answers: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            answers.append(people[1].get(board(world))[0].status)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for name in [name for name in site.parts if name.startswith("web-")]:
            site.parts[name].stop()
            site.parts[name].start()
    finally:
        over.set()
        asking.join(60)
    figure(f"Each web service stopped and started in turn: {len(answers)} pages, all answered {set(answers)}")
    assert set(answers) == {200}


def test_one_more_web_service_is_used_at_once(
    site: Site, people: list[Browser], world: dict[str, Any], figure: Figure
) -> None:
    own = f"{site.add_web()}:{site.web_port}"
    began = time.monotonic()

    def is_asked() -> bool:
        assert shows(people[0], world, COUNTS)
        return own in {json.loads(line).get("web") for line in site.lines("proxy")[-12:]}

    assert wait_for(is_asked, 30)
    figure(f"One more web service: asked {time.monotonic() - began:.1f} s after it was up")


def test_redis_and_database_away_are_told_and_healed(site: Site, people: list[Browser], world: dict[str, Any]) -> None:
    site.parts["redis"].kill()
    # Each process keeps what it found for a second, so not all of them say it at once. A process that is not asked says
    # nothing: that four answers agree does not tell what the fifth will be.
    degraded = (200, "forringet", "ok", "nede")

    def all_say_so() -> bool:
        answers = [health(site) for _ in range(12)]
        return {(status, told["status"], told["database"], told["broker"]) for status, told in answers} == {degraded}

    assert wait_for(all_say_so, 30, every=0.5)
    assert shows(people[0], world, COUNTS)
    site.parts["redis"].start()
    site.parts["db"].kill()
    assert wait_for(lambda: (answer := health(site))[0] == 503 and answer[1]["status"] == "nede", 30, every=0.5)
    answer, page = people[0].get(board(world))
    assert answer.status in {500, 503}
    assert answer.headers["X-Request-Id"] in page
    site.parts["db"].start()
    assert wait_for(lambda: health(site)[1]["database"] == "ok", 60, every=0.5)
    assert wait_for(lambda: shows(people[0], world, COUNTS), 60, every=0.5)


def test_one_who_asks_without_end_is_held_back_and_nobody_else_with_them(
    site: Site, people: list[Browser], world: dict[str, Any], figure: Figure
) -> None:
    """By a cookie of one's own, whatever the machine manages: at a limit of 30 a second it is soon reached."""
    answers: list[tuple[int, str, str]] = []
    wild = {"Cookie": f"__Host-session={'w' * 32}"}

    def ask() -> None:
        browser = Browser(site)
        while len(answers) < 5000 and not any(status == 429 for status, _, _ in answers):
            answer, text = browser.get("/noegle/", **wild)
            answers.append((answer.status, text, answer.headers["Content-Type"]))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join(120)
    assert (429, BUSY, "text/plain; charset=utf-8") in answers
    assert shows(people[0], world, COUNTS)
    # Whoever has no cookie yet is counted apart, and so is a wall screen.
    assert Browser(site).get("/konto/login/")[0].status == 200
    assert Browser(site).get("/konto/login/", Cookie=f"__Host-storskaerm={'v' * 43}")[0].status == 200
    figure(f"One who asks without end through the proxy: held back after {len(answers)} requests")


def test_lines_are_json_and_hold_nobody(site: Site, world: dict[str, Any]) -> None:
    with site.database() as connection, pytest.raises(Exception, match="does not exist"):
        connection.execute(f"INSERT INTO findes_ikke VALUES ('{REFUSED}')")  # noqa: S608 - to be refused
    counted = {}
    for name in site.parts:
        lines = site.lines(name)
        counted[name] = len(lines)
        for word in (TEXT, REFUSED, PASSWORD, *SECRETS.values(), *world["mails"]):
            assert not any(word in line for line in lines), f"{name}: {word}"
        if name not in {"db", "redis"}:
            broken = [line for line in lines if not line.startswith("{") or not json.loads(line)]
            assert broken == [], name
    assert all(counted[name] for name in ("proxy", "web-1")), counted
    for name in ("worker", "web-1"):
        assert not any('"at"' in line and "psycopg" in line and "DETAIL" in line for line in site.lines(name))
