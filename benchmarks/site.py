"""Starting what is measured: the app as in production, on a database of its own, and the bare fan-out beside it."""

import contextlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg

from tests.stack import ROOT, Part, Stack, answers, free_port

LAY_SECONDS = 3000


@dataclass(frozen=True)
class Size:
    """So many homes of so many residents with so many years behind them."""

    homes: int
    residents: int
    years: int

    @classmethod
    def of(cls, word: str) -> "Size":
        """From '72x25x10'. Raises ValueError."""
        homes, residents, years = map(int, word.split("x"))
        return cls(homes, residents, years)

    def slug(self, number: int) -> str:
        """The address of the number'th of these homes, from 1."""
        return f"h{self.residents}-{self.years}-{number}"


def many_files() -> None:
    """A thousand viewers are a thousand sockets, here and in what is started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def web_flags() -> list[str]:
    """uvicorn's flags as the Dockerfile gives them, without host and port."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    commands = [json.loads(found) for found in re.findall(r"^CMD (\[.*\])", text, re.M)]
    words: list[str] = next(command for command in commands if command[0] == "uvicorn")[2:]
    for name in ("--host", "--port"):
        if name in words:
            at = words.index(name)
            del words[at : at + 2]
    return words


def pss_kb(part: Part) -> list[int]:
    """The memory of each process of a part, the largest first; what they share is counted once over all."""
    assert part.process is not None
    waiting, found = [part.process.pid], []
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        with contextlib.suppress(OSError):
            for task in (place / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
            for line in (place / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    found.append(int(line.split()[1]))
    return sorted(found, reverse=True)


class Machine(Stack):
    """PostgreSQL and Redis where they are asked for, and the fan-out. Sites are put on it."""

    def _start(self) -> None:
        many_files()
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("BOTILBUD_", "DJANGO_"))}
        for name in ("DATABASE_URL", "REDIS_URL"):
            self.env.pop(name, None)
        self.env |= {
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "botilbud.settings",
            "BOTILBUD_SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
            "BOTILBUD_STATIC_ROOT": str(self.folder / "static"),
            "BOTILBUD_DEMO": "0",
            "BOTILBUD_DEBUG": "0",
            # There is no proxy with a certificate in front; all else is as behind one.
            "BOTILBUD_TLS": "0",
            "BOTILBUD_SECOND_FACTOR": "everybody",
            # One client asks as often as many people would.
            "BOTILBUD_SEARCHES_A_MINUTE": "1000000",
            "BOTILBUD_LOCK_OWN": "900",
            "BOTILBUD_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        }
        if self.on_postgres:
            self._start_postgres(False)
            self._start_redis()
        self.fan_port = self.serve("fan-out", "benchmarks.fanout:application", self.env)

    def serve(self, name: str, application: str, env: dict[str, str]) -> int:
        """uvicorn with the Dockerfile's flags; returns its port."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port)]
        self.put(name, [*command, *web_flags()], env, lambda: answers(port))
        return port

    def put(self, name: str, command: list[str], env: dict[str, str], ready: Callable[[], bool] = lambda: True) -> Part:
        """Starts a part with an environment of its own."""
        part = Part(name, command, folder=self.folder, env=env, ready=ready, started=self._tell_heir)
        self.parts[name] = part
        part.start()
        return part

    @property
    def database(self) -> str:
        return "PostgreSQL" if self.on_postgres else "SQLite"


class Site:
    """The app on one database of the machine's, laid with homes (`sizes`, as benchmarks.synthetic reads them)."""

    def __init__(self, machine: Machine, name: str, sizes: list[str], *, web: bool = True) -> None:
        self.machine, self.name, self.sizes = machine, name, sizes
        self.folder = machine.folder / name
        self.folder.mkdir()
        self.env = {**machine.env, "BOTILBUD_VAR": str(self.folder)}
        if machine.on_postgres:
            url = machine.direct_url
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            self.env["DATABASE_URL"] = url.rpartition("/")[0] + f"/{name}"
        self.python("manage", "prepare")
        self.python("manage", "collectstatic", "--noinput", "-v", "0")
        began = time.monotonic()
        self.python("benchmarks.synthetic", "lay", *sizes)
        self.laid_in = time.monotonic() - began
        self.webs: list[Part] = []
        self._ports: Iterator[int] = cycle([0])
        if web:
            # SQLite is for one machine, where ./run starts one web process.
            names = [f"web-{name}-{number}" for number in range(1, 3 if machine.on_postgres else 2)]
            self._ports = cycle([machine.serve(one, "botilbud.asgi:application", self.env) for one in names])
            self.webs = [machine.parts[one] for one in names]

    @property
    def port(self) -> int:
        """That of a web process, each in its turn, as a proxy shares out who comes."""
        return next(self._ports)

    def restart(self) -> None:
        """Fresh web processes on the same ports."""
        for web in self.webs:
            web.stop()
            web.start()

    def python(self, module: str, *words: str) -> str:
        """What a module prints that runs beside the app. Raises RuntimeError with what it complained of."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", module, *words], cwd=ROOT, env=self.env, capture_output=True, text=True,
            check=False, timeout=LAY_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{module} {words}: {done.stderr[-3000:]}")
        return done.stdout

    def sessions(self, slug: str, own: int, team: int = 0) -> list[dict[str, Any]]:
        """Signed-in sessions of a home's people and its team's; of one person's for '@ingen' and the like."""
        words = ("sessions", slug, str(own), str(team))
        found: list[dict[str, Any]] = json.loads(self.python("benchmarks.synthetic", *words))
        return found

    def places(self, slug: str) -> dict[str, Any]:
        """Where something can be written at a home."""
        found: dict[str, Any] = json.loads(self.python("benchmarks.synthetic", "places", slug))
        return found

    def megabytes(self) -> float:
        """How large the database is."""
        if not self.machine.on_postgres:
            return sum(path.stat().st_size for path in self.folder.glob("*.sqlite3*")) / 1e6
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return row[0] / 1e6 if row else 0.0
