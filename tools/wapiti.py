"""Lets wapiti attack the running app as four of the demo, and as nobody. Standard library only; needs .venv.

python3 tools/wapiti.py [--deep]        some minutes; deep: all the modules, some hours
python3 tools/wapiti.py --self-check    only whether the scanner sees the holes of tools/wapiti_bait.py

Ends in 1 on a finding of level medium or above, on an answer of 500 or above, and where the scanner cannot be believed:
it missed a hole of the bait (tried each time), reached too little, or was signed out on the way. Reports stand in
var/wapiti/. The scanner has an environment of its own, var/wapiti-venv, as tools/wapiti.lock says; the network once.
"""

import argparse
import hashlib
import html
import http.cookiejar
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
VENV = ROOT / "var" / "wapiti-venv"
REPORTS = ROOT / "var" / "wapiti"
LOCK = ROOT / "tools" / "wapiti.lock"

# The way in of the demo, by name: staff of a home, a nurse of a team, a leader, the system administrator. Each begins
# somewhere else, for what is found first is attacked most.
NOBODY = "nobody"
BEGINNINGS = {
    "Mette": ("/havtornen/tavle/", "/min-dag/", "/havtornen/beboere/"),
    "Amina": ("/havtornen/moeder/", "/havtornen/moede/", "/havtornen/tavle/", "/min-dag/paamindelser/"),
    "Lis": ("/havtornen/kriterier/", "/havtornen/indsigt/", "/havtornen/storskaerme/", "/styring/", "/kode/"),
    "Sanne": ("/styring/", "/styring/personer/", "/styring/botilbud/", "/styring/team/", "/styring/tablets/"),
    NOBODY: ("/konto/login/", "/konto/password/reset/", "/konto/gennem/", "/vaeg/", "/laas/", "/havtornen/tavle/"),
}
# What would end the attack: the way out, the lock, another's way in, one's own role, a home that leaves; answers
# without end. Nobody tries the account's pages, too.
ENDLESS = ("/static/*", "*/stroem/*")
ENDS_IT = ("/konto/*", "/laas/*", "/demo/*", "/tablet/*", "/styring/roller/*", "*/forlader/*")
SIGNS_IN = ("/demo/log-ind/*", "/konto/logout/*", "/laas/*")

# Those that ask nobody outside. In a short scan those whose holes this app could have; tests/test_source.py sees that
# nothing reaches a shell or a file. Left out also of a deep one: ssrf, xxe and log4shell wait for a call to a server on
# the internet; cms, wapp, htp, nikto, wp_enum, takeover and network_device look for products this is not; ssl and
# https_redirect for TLS, which tests/test_headers.py tries; brute_login_form, for five wrong passwords lock the door.
MODULES = ("cookieflags", "csp", "http_headers", "csrf", "redirect", "upload", "xss", "sql", "permanentxss")
DEEP = (
    "exec", "file", "crlf", "methods", "ldap", "shellshock", "htaccess", "backup", "timesql", "buster", "spring4shell",
)  # fmt: skip
# Told at the end: how many forms and queries each of these got through.
WITH_VALUES = ("csrf", "xss", "sql")
MEDIUM = 2
# The scanner calls it low. Here it is not.
ALWAYS = {"Open Redirect"}
LEVELS = {0: "info", 1: "low", 2: "medium", 3: "high", 4: "critical"}

# {(category, part of what is said): why it stands}. Each is a finding of medium or above that is none here.
ACCEPTED: dict[tuple[str, str], str] = {}

# What must be found in tools/wapiti_bait.py.
BAIT = {
    "Reflected Cross Site Scripting", "Stored Cross Site Scripting", "SQL Injection", "Path Traversal", "Open Redirect",
    "Cross Site Request Forgery",
}  # fmt: skip
BAIT_MODULES = ("csrf", "redirect", "xss", "sql", "file", "permanentxss")

# The scanner now and then breaks off by itself, when its own book is locked for it, and is then run again.
TRIES = 3

SECRET_KEY = secrets.token_urlsafe(50)
STARTED: list["subprocess.Popen[bytes]"] = []
OVER = threading.Event()
BROWSER = urllib.request.ProxyHandler({})


@dataclass
class Person:
    """A session, and the secret that stands for it. Nobody's is one in which nobody has signed in."""

    name: str
    secret: str = ""
    cookie: str = ""
    token: str = ""

    @property
    def signed_in(self) -> bool:
        return self.name != NOBODY


@dataclass
class Limits:
    """Seconds for the crawl and for each module."""

    crawl: int
    module: int
    modules: tuple[str, ...]


@dataclass
class Place:
    """A site served to one person alone: none waits for another, and none is signed out by what another does."""

    person: Person
    starts: tuple[str, ...]
    folder: Path
    alike: int = 2  # how many dialogs and buttons of a sort the scanner is shown of a page
    base: str = ""
    log: Path = Path()

    @property
    def session(self) -> Path:
        return self.folder / "scanner"

    def book(self) -> Path:
        """Where the scanner keeps what it found."""
        return next(self.session.glob("*.db"))


def begin(command: list[str], log: Path, cwd: Path, environ: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Starts it in a process group of its own, to be ended with this tool."""
    with log.open("wb") as out:
        started = subprocess.Popen(
            command, cwd=cwd, env=environ, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    STARTED.append(started)
    return started


def end_all() -> None:
    """Ends what this tool started, and nothing else; what is not begun yet is not begun."""
    OVER.set()
    for started in STARTED:
        if started.poll() is None:
            started.terminate()
    until = time.monotonic() + 3
    for started in STARTED:
        try:
            started.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def environment() -> Path:
    """The scanner in its own environment, exactly as the lock says. Takes no time when it is there."""
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / "stamp"
    if not (stamp.exists() and stamp.read_text() == wanted):
        print("Henter wapiti (kun første gang) …", flush=True)
        venv.EnvBuilder(with_pip=False, symlinks=True, clear=VENV.exists()).create(VENV)
        pip = next((ROOT / "tools").glob("pip-*.whl"))
        command = [
            sys.executable, f"{pip}/pip", "--python", str(VENV / "bin" / "python"), "install", "--quiet",
            "--disable-pip-version-check", "--require-hashes", "-r", str(LOCK),
        ]  # fmt: skip
        if subprocess.run(command, cwd=ROOT).returncode:
            sys.exit("Wapiti kunne ikke hentes. Er der forbindelse til nettet? Kør igen, når der er.")
        stamp.write_text(wanted)
    return VENV / "bin" / "wapiti"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, port: int, alike: int) -> dict[str, str]:
    """The app's environment: a demo of its own in the folder, and the limits on a person's pace out of the way."""
    own = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    return own | {
        "BOTILBUD_DEMO": "1", "BOTILBUD_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "botilbud.settings",
        "BOTILBUD_URL": f"http://127.0.0.1:{port}", "BOTILBUD_SECRET_KEY": SECRET_KEY,
        "BOTILBUD_LOCK_OWN": "900", "BOTILBUD_SEARCHES_A_MINUTE": "1000000", "BOTILBUD_EXPORTS_AN_HOUR": "1000000",
        "BOTILBUD_SCAN_ALIKE": str(alike), "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def serve(module: str, place: Place) -> None:
    """Serves the module's application from the place's folder. Ends the tool when it does not answer."""
    port = free_port()
    place.base, place.log = f"http://127.0.0.1:{port}", place.folder / f"{module}.log"
    command = [
        str(PYTHON), "-m", "uvicorn", f"{module}:application", "--app-dir", "tools", "--host", "127.0.0.1",
        "--port", str(port), "--lifespan", "off", "--no-server-header", "--no-access-log",
        "--timeout-graceful-shutdown", "1",
    ]  # fmt: skip
    server = begin(command, place.log, ROOT, settings(place.folder, port, place.alike))
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"{module} did not answer:\n{place.log.read_text()}")


def ask(base: str, person: Person, path: str, data: dict[str, str] | None = None) -> int:
    """The status of one request as the person, sent as their browser would."""
    headers = {"Cookie": person.cookie, "X-CSRFToken": person.token}
    body = None if data is None else urllib.parse.urlencode(data).encode()
    request = urllib.request.Request(base + path, body, headers)  # noqa: S310 - the tool's own server
    try:
        with urllib.request.build_opener(BROWSER).open(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def sign_in(place: Place) -> None:
    """Begins a session: through the demo's own page, or nobody's on the page to sign in."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), BROWSER)

    def read(address: str, data: bytes | None = None) -> str:
        return str(browser.open(place.base + address, data, timeout=60).read().decode())

    def cookies() -> str:
        return "; ".join(f"{one.name}={one.value}" for one in jar)

    def token_in(page: str) -> str:
        return html.unescape(re.findall(r'data-csrf="([^"]+)"', page)[0])

    people, name = read("/demo/"), place.person.name
    if not place.person.signed_in:
        page = read("/konto/login/")
        # Nobody has no session: the form's token is in a cookie of its own.
        place.person = Person(name, secrets.token_urlsafe(24), cookies(), token_in(page))
        return
    number = re.findall(rf"/demo/log-ind/(\d+)/(?:(?!/demo/log-ind/).)*?<b>{name}</b>", people, re.S)[0]
    read(f"/demo/log-ind/{number}/", urllib.parse.urlencode({"csrfmiddlewaretoken": token_in(people)}).encode())
    page = read("/min-dag/paamindelser/")
    place.person = Person(name, secrets.token_urlsafe(24), cookies(), token_in(page))


def tell(place: Place) -> None:
    """Tells tools/wapiti_site.py whose the secret is."""
    one = place.person
    told = {one.secret: {"name": one.name, "cookie": one.cookie, "token": one.token}}
    (place.folder / "scan.json").write_text(json.dumps(told))


def run_scanner(wapiti: Path, place: Place, options: list[str], seconds: int, log: str) -> bool:
    """Runs the scanner as the person; False, and a word, when it did not end, or ended badly."""
    person, base = place.person, place.base
    command = [
        str(wapiti), "-u", f"{base}/", "--scope", "folder", *options,
        "--max-links-per-page", "80", "--max-files-per-dir", "20", "--max-parameters", "25", "-d", "6", "-t", "20",
        "--tasks", "4", "--skip", "csrfmiddlewaretoken", "--store-session", str(place.session),
        "--store-config", str(place.session / "config"), "--no-bugreport", "-v", "1", "-f", "json",
    ]  # fmt: skip
    # It does not send a cookie it is given to a host that is a number.
    command += ["-H", f"X-Scan: {person.secret}", "--drop-set-cookie"]
    for address in (*ENDLESS, *(ENDS_IT if person.signed_in else SIGNS_IN)):
        command += ["-x", base + (address if address.startswith("/") else f"/{address}")]
    scanner = begin(command, REPORTS / f"{person.name.lower()}-{log}.log", place.folder, dict(os.environ))
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            if scanner.wait(min(60.0, left)) == 0:
                return True
            break
        except subprocess.TimeoutExpired:
            # A person at work touches the screen; without it the session locks after a quarter of an hour.
            if person.signed_in:
                ask(base, person, "/laas/aktiv/", {"idle": "0"})
    if scanner.poll() is None:
        os.killpg(scanner.pid, signal.SIGKILL)
    print(f"{person.name}: the scanner broke off its {log}", flush=True)
    return False


def crawl(wapiti: Path, place: Place, limits: Limits) -> bool:
    """Lets the scanner find pages and forms; False when it did not end as it should, though tried again from the start.

    Half a crawl would be half an attack.
    """
    options = ["-m", "", "--max-scan-time", str(limits.crawl), "-o", str(place.folder / "crawl.json")]
    for address in place.starts:
        options += ["-s", place.base + address]
    for turn in range(1, TRIES + 1):
        if OVER.is_set():
            break
        shutil.rmtree(place.session, ignore_errors=True)
        if run_scanner(wapiti, place, options, limits.crawl + 60, f"crawl-{turn}"):
            return True
    return False


def attack(wapiti: Path, place: Place, limits: Limits) -> Path | None:
    """Lets the scanner attack what it found, and hands back its report; None when it did not end as it should.

    Where it broke off it goes on from its book, which holds what it has tried and found.
    """
    report = REPORTS / f"{place.person.name.lower()}.json"
    options = ["-m", ",".join(limits.modules), "--skip-crawl", "--max-attack-time", str(limits.module)]
    options += ["-o", str(report)]
    for turn in range(1, TRIES + 1):
        if OVER.is_set():
            break
        if run_scanner(wapiti, place, options, limits.module * len(limits.modules) + 60, f"attack-{turn}"):
            return report if report.exists() else None
    return None


def alike(path: str) -> str:
    """The same for the same form in another home, of another resident, and in another column of the board."""
    path = re.sub(r"\d+", "n", path)
    path = re.sub(r"^/(?!styring/|min-dag/|konto/|vaeg/)[a-z]+/(?=.)", "/h/", path)
    return re.sub(r"^/h/felt/n/[^/]+/[^/]+/", "/h/felt/n/c/s/", path)


def share_out(places: list[Place]) -> None:
    """Strikes from what was found what is like something else: a form or query stays with one person, for one resident.

    Time is short, and the tenth resident's form is the first's. It stays with whoever it is open to, the least loaded
    first. A page without a query stays with each, once: what is stored shows there.
    """
    found: dict[tuple[str, ...], list[tuple[int, int, int]]] = defaultdict(list)
    books = [sqlite3.connect(place.book()) for place in places]
    for at, book in enumerate(books):
        rows = book.execute(
            "SELECT p.path_id, p.path, p.method, coalesce(r.status_code, 0), coalesce(group_concat(q.name, '&'), '')"
            " FROM paths p LEFT JOIN responses r USING (response_id) LEFT JOIN params q USING (path_id)"
            " WHERE p.evil = 0 GROUP BY p.path_id"
        )
        for number, path, method, status, names in rows:
            sort = (method, alike(urllib.parse.urlsplit(path).path), names)
            open_to = 0 if status < 400 else 1 if status in {409, 422} else 2
            if names or method != "GET":
                found[sort].append((open_to, at, number))
            elif status < 400:
                found[(*sort, str(at))].append((open_to, at, number))
    kept: list[list[int]] = [[] for _ in places]
    load = [0] * len(places)
    for sort, ones in sorted(found.items()):
        best = min(ones, key=lambda one: (one[0], load[one[1]], one[2]))
        kept[best[1]].append(best[2])
        load[best[1]] += sort[0] != "GET"
    for book, numbers in zip(books, kept, strict=True):
        marks = ",".join(map(str, numbers))
        with closing(book), book:
            book.execute(f"DELETE FROM params WHERE path_id NOT IN ({marks})")  # noqa: S608 - numbers
            book.execute(f"DELETE FROM paths WHERE path_id NOT IN ({marks})")  # noqa: S608 - numbers


def findings(report: Path) -> list[tuple[int, str, str]]:
    """(level, category, what is said) of each."""
    found = json.loads(report.read_text())
    return [
        (int(one["level"]), category, f"{one['method']} {one['path']}: {one['info']}")
        for part in ("vulnerabilities", "anomalies", "additionals")
        for category, ones in found[part].items()
        for one in ones
    ]


def counts(level: int, category: str) -> bool:
    """Whether a finding ends the tool in 1."""
    return level >= MEDIUM or category in ALWAYS


def attacked(place: Place) -> tuple[int, Counter[str]]:
    """(forms and queries there were, how many of them each module got through), from the scanner's own book."""
    with closing(sqlite3.connect(place.book())) as book:
        there = {
            number
            for (number,) in book.execute(
                "SELECT path_id FROM paths WHERE evil = 0 AND path_id IN (SELECT path_id FROM params)"
            )
        }
        tried = Counter(
            module
            for number, module in book.execute("SELECT DISTINCT path_id, module FROM attack_logs")
            if number in there
        )
    return len(there), tried


def answers(place: Place) -> list[tuple[str, int, str]]:
    """(method, status, path) of each answer to the scanner, as the app gave them."""
    found: list[tuple[str, int, str]] = []
    for hit in re.finditer(r"^scan (\S+) (\S+) (\d+) ([0-9a-f]*)$", place.log.read_text(errors="replace"), re.M):
        if hit[1] == place.person.name:
            found.append((hit[2], int(hit[3]), bytes.fromhex(hit[4]).decode(errors="replace")))
    return found


def check_scanner(wapiti: Path, folder: Path) -> list[str]:
    """What the scanner did not see of the bait, which is nothing when it can be believed."""
    place = Place(Person("bait", secrets.token_urlsafe(24), "session=bait"), (), folder / "bait")
    place.folder.mkdir()
    tell(place)
    serve("wapiti_bait", place)
    limits = Limits(5, 8, BAIT_MODULES)
    report = attack(wapiti, place, limits) if crawl(wapiti, place, limits) else None
    seen = {category for level, category, _ in findings(report) if counts(level, category)} if report else set()
    missed = [f"self-check: the scanner did not see the bait's {what}" for what in sorted(BAIT - seen)]
    if not any(status >= 500 for _, status, _ in answers(place)):
        missed.append("self-check: the bait's server error was not counted")
    print(f"self-check: {len(BAIT & seen)} of {len(BAIT)} holes seen", flush=True)
    return missed


def judge(place: Place, report: Path | None) -> list[str]:
    """Says what was done and found as the person, and gives back what counts."""
    name, log = place.person.name, answers(place)
    bad, by_level = [], Counter[str]()
    for level, category, said in findings(report) if report else []:
        by_level[LEVELS[level]] += 1
        line = f"{name}: {LEVELS[level]}: {category}: {said}"
        if counts(level, category) and not any(category == kind and words in line for kind, words in ACCEPTED):
            bad.append(line)
    there, tried = attacked(place)
    statuses = Counter(status for _, status, _ in log)
    posts: dict[str, bool] = defaultdict(bool)
    for method, status, path in log:
        if method == "POST":
            posts[alike(path)] |= status < 400
    print(
        f"{name}: {len({path for method, _, path in log if method == 'GET'})} pages, "
        f"{there} forms and queries (through all of "
        + ", ".join(f"{module}: {tried[module]}" for module in WITH_VALUES)
        + f"); POST to {len(posts)} sorts of address, accepted at {sum(posts.values())}; {len(log)} requests: "
        + ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
        + "; findings: "
        + (", ".join(f"{count} {level}" for level, count in sorted(by_level.items())) or "none"),
        flush=True,
    )
    bad += sorted({f"{name}: {status}: {method} {path}" for method, status, path in log if status >= 500})
    if report is None:
        bad.append(f"{name}: the scanner did not end as it should: see var/wapiti/{name.lower()}-attack-*.log")
    # Else it never got in, and its silence says nothing.
    elif statuses[200] < 100 or sum(tried[module] for module in WITH_VALUES) < 10:
        bad.append(f"{name}: the scanner reached too little to say anything")
    if place.person.signed_in and ask(place.base, place.person, "/min-dag/paamindelser/liste/") != 200:
        bad.append(f"{name}: was signed out on the way")
    shutil.copy(place.log, REPORTS / f"{name.lower()}-app.log")
    return bad


def scan_site(wapiti: Path, folder: Path, limits: Limits, *, whole: bool) -> tuple[list[str], int]:
    """Scans as each; what counts, and how many requests were answered."""
    laid = folder / "laid"
    laid.mkdir()
    subprocess.run([str(PYTHON), "manage.py", "prepare", "--demo"], cwd=ROOT, env=settings(laid, 0, 0), check=True)
    places = []
    for name, starts in BEGINNINGS.items():
        places.append(Place(Person(name), starts, folder / name, 1000 if whole else 2))
        shutil.copytree(laid, places[-1].folder)
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(lambda place: serve("wapiti_site", place), places))
        for place in places:
            sign_in(place)
            tell(place)
        try:
            if not all(pool.map(lambda place: crawl(wapiti, place, limits), places)):
                return ["the scanner did not end its crawl: see var/wapiti/"], 0
            if not whole:
                share_out(places)
            reports = list(pool.map(lambda place: attack(wapiti, place, limits), places))
            bad = [one for place, report in zip(places, reports, strict=True) for one in judge(place, report)]
        except BaseException:
            end_all()  # else the pool waits for them
            raise
    return bad, sum(len(answers(place)) for place in places)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deep", action="store_true", help="all the modules, and hours if need be")
    parser.add_argument("--self-check", action="store_true", help="only try the scanner on the bait")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    wapiti = environment()
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    limits = Limits(1200, 600, (*MODULES, *DEEP)) if options.deep else Limits(35, 36, MODULES)
    requests = 0
    shm = "/dev/shm"  # noqa: S108 - a folder of its own within; no write waits for a disk
    memory = shm if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2**30 else None
    with tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        try:
            bad = check_scanner(wapiti, folder)
            if not bad and not options.self_check:
                bad, requests = scan_site(wapiti, folder, limits, whole=options.deep)
        finally:
            end_all()
    for one in bad:
        print(one)
    tried = "the scanner sees" if options.self_check else "nothing at medium or above, no 5xx"
    took = f"{requests} requests, {time.monotonic() - began:.0f} s"
    print(f"wapiti: {len(bad)} findings; {took}" if bad else f"wapiti: {tried}; {took}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
