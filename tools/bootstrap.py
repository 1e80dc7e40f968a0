"""Prepares the environment and runs the app or the tests. Standard library only; called by ./run and ./test."""

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STOP_WITHIN = 2.0


def say(text: str) -> None:
    print(text, flush=True)


# --- the environment -------------------------------------------------------------------------------------------------


def ensure_environment(lock: str) -> None:
    """A virtual environment with exactly what the lock file says. Takes no time when it is there already."""
    wanted = hashlib.sha256((ROOT / lock).read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / f"{lock}.stamp"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if lock == "requirements.lock" and (VENV / "requirements-dev.lock.stamp").exists() and PYTHON.exists():
        whole = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes() + sys.version.encode()).hexdigest()
        if (VENV / "requirements-dev.lock.stamp").read_text() == whole:
            return  # the development environment holds all that running needs
    say("Henter det, programmet bruger (kun første gang) …")
    if not PYTHON.exists():
        # Without pip: Debian's python3 comes without ensurepip unless python3-venv is installed.
        venv.EnvBuilder(with_pip=False, symlinks=True, clear=VENV.exists()).create(VENV)
    pip = next((ROOT / "tools").glob("pip-*.whl"))
    command = [
        sys.executable,
        f"{pip}/pip",
        "--python",
        str(PYTHON),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(ROOT / lock),
    ]
    if subprocess.run(command, cwd=ROOT).returncode:
        sys.exit("Pakkerne kunne ikke hentes. Er der forbindelse til nettet? Kør igen, når der er.")
    stamp.write_text(wanted)


# --- ./run -----------------------------------------------------------------------------------------------------------


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(asked: int | None) -> int:
    if asked is not None:
        if not 1 <= asked <= 65535:
            sys.exit(f"Port {asked} findes ikke. Vælg et tal mellem 1024 og 65535.")
        if not free(asked):
            sys.exit(f"Port {asked} er optaget. Vælg en anden: ./run --port {asked + 1}")
        return asked
    for port in range(8000, 8020):
        if free(port):
            return port
    sys.exit("Alle porte fra 8000 til 8019 er optaget. Vælg en: ./run --port 8100")


def run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run", description="Starter Botilbud på denne maskine.")
    parser.add_argument("--port", type=int, help="port på 127.0.0.1 (ellers den første ledige fra 8000)")
    parser.add_argument("--no-demo", action="store_true", help="uden prøveverdenen")
    parser.add_argument("--reset-demo", action="store_true", help="læg prøveverdenen på ny")
    options = parser.parse_args(arguments)
    if options.no_demo and options.reset_demo:
        parser.error("--no-demo og --reset-demo passer ikke sammen")
    ensure_environment("requirements.lock")
    port = choose_port(options.port)
    demo = not options.no_demo
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "botilbud.settings",
        "BOTILBUD_DEMO": "1" if demo else "0",
        "BOTILBUD_TLS": os.environ.get("BOTILBUD_TLS", "0"),
        "BOTILBUD_URL": os.environ.get("BOTILBUD_URL", f"http://127.0.0.1:{port}"),
    }
    prepare = [str(PYTHON), "manage.py", "prepare"]
    if demo:
        prepare.append("--demo")
    if options.reset_demo:
        prepare.append("--reset-demo")
    if not demo:
        collect = [str(PYTHON), "manage.py", "collectstatic", "--noinput", "-v", "0"]
        if subprocess.run(collect, cwd=ROOT, env=environment).returncode:
            return 1
    try:
        if subprocess.run(prepare, cwd=ROOT, env=environment).returncode:
            return 1
    except KeyboardInterrupt:
        return 130
    return serve(port, environment)


def serve(port: int, environment: dict[str, str]) -> int:
    """Web and worker, each in a process group of its own, until Ctrl-C or until one of them ends."""
    web = [
        str(PYTHON), "-m", "uvicorn", "botilbud.asgi:application", "--host", "127.0.0.1", "--port", str(port),
        "--timeout-graceful-shutdown", "1", "--log-level", "warning", "--no-server-header", "--no-proxy-headers",
        "--lifespan", "off",
    ]  # fmt: skip
    worker = [
        str(PYTHON), "-m", "celery", "--quiet", "-A", "botilbud", "worker", "-B", "-P", "threads", "--concurrency", "2",
        "--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat",
    ]  # fmt: skip
    children = [
        subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) for command in (web, worker)
    ]
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: stopping.append(got))
    told = False
    while not stopping:
        if any(child.poll() is not None for child in children):
            break
        if not told and answering(port):
            told = True
            say(f"\n  Botilbud kører på  http://127.0.0.1:{port}/\n  Ctrl-C stopper det.\n")
        time.sleep(0.1)
    return stop(children, asked=bool(stopping))


def answering(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stop(children: list["subprocess.Popen[bytes]"], *, asked: bool) -> int:
    """Asks all to end, and ends those that do not. What was agreed is in the database; nothing is lost."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + STOP_WITHIN
    while time.monotonic() < until and any(child.poll() is None for child in children):
        time.sleep(0.05)
    for child in children:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if not asked:
        say("En del af programmet stoppede af sig selv. Beskeden står ovenfor.")
        return 1
    say("Stoppet.")
    return 0


# --- ./test ----------------------------------------------------------------------------------------------------------


def reachable(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def postgres_url() -> str:
    """The server tests may use: TEST_POSTGRES_URL, or one on 127.0.0.1 that lets a user in without a password."""
    given = os.environ.get("TEST_POSTGRES_URL", "")
    if not given and not reachable("127.0.0.1", 5432):
        return ""
    tries = [given] if given else [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", "root")]
    probe = "import psycopg,sys; psycopg.connect(sys.argv[1], connect_timeout=3).close()"
    for url in tries:
        if subprocess.run([str(PYTHON), "-c", probe, url], capture_output=True).returncode == 0:
            return url
    return ""


def chromium() -> str:
    given = os.environ.get("TEST_CHROMIUM", "")
    if given:
        return given if Path(given).exists() else ""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
    )


LEFT_OUT = {
    "PostgreSQL": "det, der afhænger af databasen, på PostgreSQL",
    "Redis": "det, der går gennem Redis",
    "Chromium": "browsertestene i tests/browser",
}


# The suite and the demo world hold on every day. `--all` runs the second database at one of these, another each day.
MOMENTS = [
    "2026-11-30T08:00:00+01:00",  # Monday to Sunday
    "2026-12-01T09:00:00+01:00",
    "2026-12-02T12:00:00+01:00",
    "2026-12-03T15:00:00+01:00",
    "2026-12-04T17:00:00+01:00",
    "2026-12-05T10:00:00+01:00",
    "2026-12-06T20:00:00+01:00",
    "2026-11-26T23:58:00+01:00",  # two minutes before midnight
    "2026-12-31T14:00:00+01:00",  # the end of a month, of a year and of ISO week 53
    "2027-01-01T10:00:00+01:00",
    "2027-03-28T01:58:00+01:00",  # the clock skips an hour
    "2026-10-25T02:30:00+02:00",  # the clock repeats an hour
]


@dataclass
class Lane:
    """One run of pytest: on which database, which tests, and how they are spread."""

    name: str
    marks: str
    environment: dict[str, str]
    words: list[str]


def lanes(postgres: str, redis: str, *, everything: bool) -> list[Lane]:
    """What `./test` runs, in order: all of it once, then on the second database what depends on one, or everything."""
    workers = ["-n", os.environ.get("TEST_WORKERS", "auto")]
    # By file the slow ones first, in the order of tests/conftest.py.
    spread, by_file = [*workers, "--dist", "worksteal"], [*workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    made = [
        Lane("SQLite", "not by_file", {}, spread),
        Lane("SQLite, fil for fil", "by_file", {}, by_file),
    ]
    if postgres:
        name = "PostgreSQL" + (" og Redis" if redis else "")
        there = {"DATABASE_URL": postgres, "REDIS_URL": redis}
        if everything and "TEST_AT" not in os.environ:
            there["TEST_AT"] = MOMENTS[date.today().toordinal() % len(MOMENTS)]
            name += f", {there['TEST_AT'][:16]}"
        only = "" if everything else "both and "
        made += [
            Lane(name, f"{only}not by_file", there, spread),
            Lane(f"{name}, fil for fil", f"{only}by_file", there, by_file),
        ]
    return made


def test(arguments: list[str]) -> int:
    """Runs the lanes, and ends in one verdict: ./test [--all | --long] [pytest arguments].

    `--all` repeats everything on the second database, at another moment each day, and lets the scanner attack the app;
    `--long` runs the fault tests at full size.
    """
    ensure_environment("requirements-dev.lock")
    everything, long = "--all" in arguments, "--long" in arguments
    chosen = [word for word in arguments if word not in ("--all", "--long")]
    if long:
        everything, chosen = True, ["--long", *(chosen or ["tests/faults"])]
    redis = os.environ.get("TEST_REDIS_URL") or ("redis://127.0.0.1:6379/9" if reachable("127.0.0.1", 6379) else "")
    postgres, browser = postgres_url(), chromium()
    missing = [name for name, there in (("PostgreSQL", postgres), ("Redis", redis), ("Chromium", browser)) if not there]
    strict = os.environ.get("REQUIRE_ALL") == "1"
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"TEST_CHROMIUM": browser, "BOTILBUD_DEMO": "1", "BOTILBUD_SECRET_KEY": "test-" + "x" * 50}
    # Tests start some hundred processes, and each takes a third less time when the modules are compiled already.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    total = {"passed": 0, "failed": 0, "skipped": 0}
    failed = False
    took: list[str] = []
    slowest: list[tuple[str, float, str]] = []
    for lane in lanes(postgres, redis, everything=everything):
        say(f"\n=== {lane.name} ===")
        began = time.monotonic()
        code, counts = pytest([*lane.words, "-m", lane.marks, *chosen], {**environment, **lane.environment})
        took.append(f"{lane.name}: {time.monotonic() - began:.0f} s")
        failed = failed or code not in (0, 5)
        for key in total:
            total[key] += counts[key]
        slowest += [(lane.name, seconds, name) for name, seconds in counts["slowest"]]
    say("\nDe tyve langsomste:")
    for name, seconds, test_ in sorted(slowest, key=lambda one: -one[1])[:20]:
        say(f"{seconds:6.1f} s  {test_} ({name})")
    say("\n" + " · ".join(took))
    if missing:
        for name in missing:
            say(f"Udeladt, fordi {name} ikke er her: {LEFT_OUT[name]}.")
        if strict:
            say("REQUIRE_ALL=1: det tæller som en fejl.")
            failed = True
            total["failed"] += len(missing)
    if everything and not chosen and not long and subprocess.run([str(PYTHON), "tools/wapiti.py"], cwd=ROOT).returncode:
        failed = True
        total["failed"] += 1
    say(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    say("ALT BESTÅET" if not failed else "IKKE BESTÅET")
    return 1 if failed else 0


def pytest(arguments: list[str], environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Runs pytest; its exit code and what it counted."""
    report = ROOT / "var" / "test-counts.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pytest", "-q"]
    code = subprocess.run([*command, *arguments], cwd=ROOT, env={**environment, "TEST_COUNTS": str(report)}).returncode
    nothing = {"passed": 0, "failed": 1, "skipped": 0, "slowest": []}
    return code, json.loads(report.read_text()) if report.exists() else nothing


def prepare_dev(_: list[str]) -> int:
    """The environment with what lint, types and tests need."""
    ensure_environment("requirements-dev.lock")
    return 0


def tell_postgres(_: list[str]) -> int:
    """Prints the URL of the PostgreSQL server the tests would use; nothing when there is none."""
    ensure_environment("requirements-dev.lock")
    say(postgres_url())
    return 0


if __name__ == "__main__":
    acts = {"run": run, "test": test, "prepare-dev": prepare_dev, "postgres-url": tell_postgres}
    if len(sys.argv) < 2 or sys.argv[1] not in acts:
        sys.exit("Brug ./run eller ./test.")
    sys.exit(acts[sys.argv[1]](sys.argv[2:]))
