"""The whole installation on this machine, to be tried and broken: PostgreSQL, Redis, web, worker and beat of its own.

Everything listens on free ports of 127.0.0.1, lives in one folder and in process groups of its own, and ends with the
stack. On SQLite there is no PostgreSQL and no Redis, as with ./run. Only what was started here is ever ended.
"""

import asyncio
import atexit
import contextlib
import fcntl
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# Nothing started here goes on for longer than this, whatever becomes of the tests.
LIMIT_SECONDS = 3600
# Reads the ids of what was started, and ends it when whoever runs the tests is gone without a word.
HEIR = """
while read -r word; do [ "$word" = done ] && exit; pids="$pids $word"; done
for pid in $pids; do case $(tr '\\0' ' ' < /proc/$pid/cmdline) in timeout*) kill -s KILL -- -$pid;; esac; done
sleep 1; rm -rf "$1"
"""


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """True as soon as it is so; False when the seconds have passed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(every)
    return False


def day_that_lasts(seconds: float) -> date:
    """Today, once that much is left of it: a run must not begin on one day and end on the next."""
    while (datetime.now() + timedelta(seconds=seconds)).date() != date.today():
        time.sleep(1)
    return date.today()


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's own programs, the newest there is; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


def missing(*, postgres: bool) -> str:
    """What this machine lacks for a stack, in Danish; '' when it lacks nothing."""
    if postgres and (postgres_programs() is None or (os.getuid() == 0 and _server_user() is None)):
        return "PostgreSQLs programmer er her ikke"
    if postgres and shutil.which("redis-server") is None:
        return "redis-server er her ikke"
    return ""


def _server_user() -> str | None:
    """Whom PostgreSQL runs as: it refuses to be root."""
    if os.getuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return None


def below(pid: int) -> list[int]:
    """Every living process under the one, nearest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, next_ones = [], [pid]
    while next_ones:
        next_ones = [child for one in next_ones for child in children.get(one, [])]
        found += next_ones
    return found


class Part:
    """One process of the stack, with what it started itself."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        folder: Path,
        env: dict[str, str],
        ready: Callable[[], bool] = lambda: True,
        user: str | None = None,
        quiet_end: signal.Signals = signal.SIGTERM,
        started: Callable[[int], None] = lambda pid: None,
    ) -> None:
        self.name, self.command, self.env, self.ready, self.user = name, command, env, ready, user
        self.log = folder / f"{name}.log"
        self.quiet_end, self.started = quiet_end, started
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, within: float = 60) -> float:
        """Starts it and waits until it answers. Returns the seconds; fails with its log when it does not."""
        assert not self.alive, f"{self.name} runs already"
        began = time.monotonic()
        while True:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    ["timeout", "--foreground", "-k", "5", str(LIMIT_SECONDS), *self.command],
                    cwd=ROOT,
                    env=self.env,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    user=self.user,
                    group=self.user,
                    extra_groups=[] if self.user else None,
                )
            self.started(self.process.pid)
            left = began + within - time.monotonic()
            if wait_for(lambda: not self.alive or self.ready(), left) and self.alive:
                return time.monotonic() - began
            # After a kill what it left behind may need a moment to go (PostgreSQL's shared memory): once more.
            given_up = self.alive or time.monotonic() > began + within
            assert not given_up, f"{self.name} did not start\n{self.tail()}"
            time.sleep(0.2)

    def kill(self) -> None:
        """kill -9 of it and of all it started; nobody is asked, nothing is put away."""
        if self.process is None:
            return
        if self.alive:
            pids = [self.process.pid, *below(self.process.pid)]
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, within: float = 15) -> None:
        """Asks it to end, as a restart or an upgrade does; what does not is killed."""
        if self.process is None or not self.alive:
            return
        children = below(self.process.pid)
        self.process.send_signal(self.quiet_end)
        try:
            self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill()
        for pid in children:
            # What a supervisor left behind.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) == self.process.pid:
                    os.kill(pid, signal.SIGKILL)

    def tail(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


class Proxy:
    """TCP from a free port to a living one of the targets, each connection to the next; it can be made to fail.

    `away` refuses and breaks every connection, `still` lets nothing through and breaks nothing (a cable pulled out),
    `delay` holds each piece of an answer back for some seconds.
    """

    def __init__(self, targets: list[int]) -> None:
        self.targets = targets
        self.port = free_port()
        self.delay = 0.0
        self.away = False
        self._turn = 0
        self._open: set[asyncio.WriteTransport] = set()
        self._loop = asyncio.new_event_loop()
        self._flow = asyncio.Event()
        self._flow.set()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer.transport)
        far = None
        try:
            await self._flow.wait()
            if self.away or (far := await self._connect()) is None:
                return
            self._open.add(far[1].transport)
            pumps = [
                asyncio.create_task(self._pump(reader, far[1], answers=False)),
                asyncio.create_task(self._pump(far[0], writer, answers=True)),
            ]
            _, others = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                other.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except asyncio.CancelledError:
            # The proxy ends, and asyncio's own server would print a trace of it.
            pass
        finally:
            for end in (writer, far[1] if far else None):
                if end is not None:
                    self._open.discard(end.transport)
                    end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self.targets:
            self._turn += 1
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self.targets[self._turn % len(self.targets)])
        return None

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                await self._flow.wait()
                if answers and self.delay:
                    await asyncio.sleep(self.delay)
                sink.write(piece)
                await sink.drain()

    def _do(self, act: Callable[[], None]) -> None:
        async def inside() -> None:
            act()

        asyncio.run_coroutine_threadsafe(inside(), self._loop).result(10)

    def cut(self) -> None:
        """Every connection breaks, and new ones are refused, until `mend`."""
        self.away = True
        self._do(self._abort)
        self._do(self._flow.set)

    def _abort(self) -> None:
        for one in list(self._open):
            one.abort()

    def freeze(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._do(self._flow.clear)

    def mend(self) -> None:
        """All is well again; what waited goes on."""
        self.away, self.delay = False, 0.0
        self._do(self._flow.set)

    def close(self) -> None:
        """Ends it."""
        if not self._loop.is_running():
            return

        async def end() -> None:
            self._server.close()
            for one in list(self._open):
                one.abort()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Started(ABC):
    """Parts that are started together: all of them, or none is left."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def _start(self) -> None:
        """Starts them."""

    @abstractmethod
    def close(self) -> None:
        """Ends what was started, also half; safe to do twice."""


class Stack(Started):
    """One installation with the demo world, from nothing to nothing. Use it with `with`.

    Parts are named `postgres`, `redis`, `web-1` …, `worker` and `beat-1` …; `url` is the address of the proxy in front
    of the web processes. `chaos_db` puts a proxy between web and PostgreSQL as well. `settings` and `env` are the
    app's.
    """

    def __init__(
        self,
        *,
        postgres: bool | None = None,
        webs: int = 1,
        worker: bool = False,
        beats: int = 0,
        chaos_db: bool = False,
        settings: str = "botilbud.settings",
        env: dict[str, str] | None = None,
        template: Path | None = None,
    ) -> None:
        self.on_postgres = bool(os.environ.get("DATABASE_URL")) if postgres is None else postgres
        # Not in pytest's folder: PostgreSQL's own user may not look into it.
        self.folder = Path(tempfile.mkdtemp(prefix="botilbud-stack-"))
        self.folder.chmod(0o755)
        self.var = self.folder / "var"
        self.parts: dict[str, Part] = {}
        self.proxies: list[Proxy] = []
        self._template = template
        self._plan = (webs, worker, beats, chaos_db)
        self._extra = {"DJANGO_SETTINGS_MODULE": settings, **(env or {})}
        self._closed = False
        atexit.register(self.close)
        self._heir = subprocess.Popen(
            ["sh", "-c", HEIR, "sh", str(self.folder)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, text=True,
        )  # fmt: skip

    # --- starting ---

    def _start(self) -> None:
        webs, worker, beats, chaos_db = self._plan
        if self._template:
            shutil.copytree(self._template / "var", self.var)
        else:
            self.var.mkdir()
        self.env = {
            key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL", "TEST_COUNTS"}
        }
        web_ports = [free_port() for _ in range(webs)]
        self.proxy = Proxy(web_ports)
        self.proxies.append(self.proxy)
        self.url = f"http://127.0.0.1:{self.proxy.port}"
        self.env |= {
            "PYTHONUNBUFFERED": "1",
            "BOTILBUD_VAR": str(self.var),
            # The tests' own: what a page is told is read with it (tests/faults/page.py).
            "BOTILBUD_SECRET_KEY": os.environ["BOTILBUD_SECRET_KEY"],
            "BOTILBUD_DEMO": "1",
            "BOTILBUD_TLS": "0",
            "BOTILBUD_URL": self.url,
            **self._extra,
        }
        if self.on_postgres:
            self._start_postgres(chaos_db)
            self._start_redis()
        if not self._template:
            self.manage("prepare", "--demo")
        for number, port in enumerate(web_ports, 1):
            self._add(f"web-{number}", self.web_command(port), partial(answers, port))
        if worker:
            self.add_worker()
        for number in range(1, beats + 1):
            self.add_beat(number)

    def add_worker(self) -> None:
        """Starts the worker, where the stack began without."""
        self._add("worker", self.worker_command())

    def add_beat(self, number: int) -> None:
        """Starts a beat; more than one is a mistake, and is tried."""
        self._add(f"beat-{number}", self.beat_command(number))

    def _add(self, name: str, command: list[str], ready: Callable[[], bool] = lambda: True) -> None:
        part = Part(name, command, folder=self.folder, env=self.env, ready=ready, started=self._tell_heir)
        self.parts[name] = part
        part.start()

    def _tell_heir(self, word: object) -> None:
        assert self._heir.stdin is not None
        with contextlib.suppress(OSError):
            self._heir.stdin.write(f"{word}\n")
            self._heir.stdin.flush()

    @staticmethod
    def web_command(port: int) -> list[str]:
        """A web process, as ./run and the Dockerfile start it."""
        return [
            sys.executable, "-m", "uvicorn", "botilbud.asgi:application", "--host", "127.0.0.1", "--port", str(port),
            "--timeout-graceful-shutdown", "3", "--log-level", "warning", "--no-server-header", "--no-proxy-headers",
            "--no-access-log", "--lifespan", "off",
        ]  # fmt: skip

    def worker_command(self) -> list[str]:
        """The worker: processes, as docker-compose.yml starts it, and threads on SQLite, as ./run does."""
        pool = [] if self.on_postgres else ["-P", "threads"]
        return [
            sys.executable, "-m", "celery", "--quiet", "-A", "botilbud", "worker", *pool, "--concurrency", "2",
            "--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat",
        ]  # fmt: skip

    def beat_command(self, number: int = 1) -> list[str]:
        """A beat with a schedule file of its own."""
        schedule = str(self.folder / f"beat-schedule-{number}")
        return [
            sys.executable, "-m", "celery", "--quiet", "-A", "botilbud", "beat", "--loglevel", "warning",
            "--schedule", schedule, "--pidfile", "",
        ]  # fmt: skip

    def _start_postgres(self, chaos: bool) -> None:
        programs, user = postgres_programs(), _server_user()
        assert programs is not None
        data, port = self.folder / "pg", free_port()
        if self._template:
            shutil.copytree(self._template / "pg", data)
        else:
            data.mkdir()
        if user:
            owner = pwd.getpwnam(user)
            for path in [data, *data.rglob("*")]:
                os.chown(path, owner.pw_uid, owner.pw_gid)
        data.chmod(0o700)
        as_server: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
        if not self._template:
            subprocess.run(
                [programs / "initdb", "-D", data, "-U", "botilbud", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"],
                check=True, capture_output=True, cwd="/", timeout=120, **as_server,
            )  # fmt: skip
        log = self.folder / "postgres.log"
        log.touch()
        command = [
            str(programs / "postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "synchronous_commit=on",
            "-c", "full_page_writes=on", "-c", "max_connections=100", "-c", "shared_buffers=64MB",
        ]  # fmt: skip
        self.pg_port = port
        admin = f"postgresql://botilbud@127.0.0.1:{port}/postgres"

        def ready() -> bool:
            try:
                psycopg.connect(admin, connect_timeout=2).close()
            except psycopg.Error:
                return False
            return True

        part = Part(
            "postgres", command, folder=self.folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            ready=ready, user=user, quiet_end=signal.SIGINT, started=self._tell_heir,
        )  # fmt: skip
        self.parts["postgres"] = part
        part.start()
        with psycopg.connect(admin, autocommit=True) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"SHOW {name}").fetchone()
                assert row is not None
                assert row[0] == "on", f"{name} is {row[0]}: what is measured would prove nothing"
            if not self._template:
                connection.execute("CREATE DATABASE botilbud")
        self.direct_url = f"postgresql://botilbud@127.0.0.1:{port}/botilbud"
        self.env["DATABASE_URL"] = self.direct_url
        if chaos:
            self.db_proxy = Proxy([port])
            self.proxies.append(self.db_proxy)
            self.env["DATABASE_URL"] = self.direct_url.replace(f":{port}/", f":{self.db_proxy.port}/")

    def _start_redis(self) -> None:
        port = free_port()
        self.env["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        command = [
            "redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no",
            "--dir", str(self.folder), "--daemonize", "no", "--logfile", "",
        ]  # fmt: skip

        def ready() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"PING\r\n")
                return probe.recv(16).startswith(b"+PONG")
            return False

        self._add("redis", command, ready)

    # --- while it runs ---

    def manage(self, *words: str, timeout: float = 300) -> str:
        """What a manage.py command prints; fails with what it complained of."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True,
            check=False, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        """What a piece of Python prints inside the app."""
        return self.manage("shell", "-v", "0", "-c", code)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database, whatever the app thinks. `?` stands for a value."""
        if self.on_postgres:
            with psycopg.connect(self.direct_url) as connection:
                return connection.execute(sql.replace("%", "%%").replace("?", "%s"), values).fetchall()
        with contextlib.closing(sqlite3.connect(self.var / "botilbud.sqlite3", timeout=20)) as connection:
            return connection.execute(sql, values).fetchall()

    @property
    def webs(self) -> list[Part]:
        return [part for name, part in self.parts.items() if name.startswith("web-")]

    def kill(self, name: str) -> None:
        """kill -9 of one part, which must be running: what ends by itself is a fault."""
        assert self.parts[name].alive, f"{name} had ended by itself\n{self.parts[name].tail()}"
        self.parts[name].kill()

    def start(self, name: str, within: float = 60) -> float:
        """Starts a part that was killed or stopped, and waits until it answers."""
        return self.parts[name].start(within)

    def kills(self) -> dict[str, int]:
        """How many times each kind of part was killed."""
        counted: dict[str, int] = {}
        for name, part in self.parts.items():
            kind = name.partition("-")[0]
            counted[kind] = counted.get(kind, 0) + part.kills
        return counted

    def close(self) -> None:
        """Ends all of it and takes its folder away. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        for part in reversed(list(self.parts.values())):
            part.kill()
        for proxy in self.proxies:
            proxy.close()
        self._tell_heir("done")
        assert self._heir.stdin is not None
        self._heir.stdin.close()
        self._heir.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def answers(port: int) -> bool:
    """True when a web process on the port answers at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/noegle/", headers={"X-Requested-With": "board"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def postgres_template(shared: Path) -> Path:
    """A folder with a PostgreSQL of its own and the demo world in it, laid once for all stacks of a test run."""
    place = shared / "template-postgres"
    with (shared / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            with Stack(postgres=True, webs=0) as stack:
                stack.parts["postgres"].stop()
                made = shared / f"{place.name}-new"
                shutil.copytree(stack.var, made / "var")
                shutil.copytree(stack.folder / "pg", made / "pg")
                made.rename(place)
    return place


class Visitor:
    """A person's browser as far as HTTP goes: signed in by the demo's page, with its cookies and its token.

    A request that gets no answer raises OSError. One thread at a time.
    """

    def __init__(self, url: str, name: str, timeout: float = 30) -> None:
        self.name = name
        self.timeout = timeout
        self.host = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self._connection: http.client.HTTPConnection | None = None
        self._used = False
        self._asked = 0.0
        self.sign_in()

    def sign_in(self) -> None:
        """As the person of that name on the demo's page."""
        status, page = self.get("/demo/")
        assert status == 200, page
        form = re.search(rf'action="([^"]+)">(?:(?!</form>).)*?<b>{re.escape(self.name)}</b>', page, re.S)
        assert form is not None, f"{self.name} is not of the cast"
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        self.csrf = token[1]
        status, answer = self.post(form[1], {"csrfmiddlewaretoken": token[1]})
        assert status == 302, answer
        self.renew()

    def renew(self) -> None:
        """Fetches the token of the session, as the page does."""
        status, answer = self.get("/noegle/")
        assert status == 200, answer
        found = json.loads(answer)
        self.csrf, self.me = found["csrf"], found["user"]

    def get(self, path: str) -> tuple[int, str]:
        """The answer's status and text."""
        return self._ask("GET", path, None)

    def post(self, path: str, data: dict[str, Any]) -> tuple[int, str]:
        """The answer's status and text."""
        return self._ask("POST", path, urlencode(data))

    @property
    def headers(self) -> dict[str, str]:
        """What the page sends with every request."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "X-Requested-With": "board", "X-CSRFToken": self.csrf}

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        headers = self.headers
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        if time.monotonic() - self._asked > 3:
            # The server lets an idle connection go after five seconds, perhaps just as we write.
            self.hang_up()
        self._asked = time.monotonic()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode()
            self._used = True
        except (OSError, http.client.HTTPException) as error:
            used = self._used
            self.hang_up()
            if used and method == "GET" and isinstance(error, http.client.RemoteDisconnected):
                # The server let an idle connection go just then: a browser asks again, and so do we.
                return self._ask(method, path, body)
            raise OSError(f"no answer: {error!r}") from error
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return answer.status, unescape(text) if method == "POST" else text

    def hang_up(self) -> None:
        """Lets the connection go; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._used = None, False
