"""The demo world, laid once in a run for each moment that is asked for, and copied to every server and test."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
# The same for all workers of a run: the first process to read this says it, and those it starts inherit it.
RUN = os.environ.setdefault("TEST_RUN", str(os.getpid()))
# The moment a server and a demo world are at when a test names none: './test --all' takes another day each time.
AT = os.environ.get("TEST_AT", "")


def python(at: str, *words: str) -> list[str]:
    """The command that runs a module, now or at another moment (ISO, with its offset)."""
    if not at:
        return [sys.executable, "-m", *words]
    return [sys.executable, str(ROOT / "tests/at.py"), at, *words]


def on_server(base: str, database: str) -> str:
    """The server's URL with another database."""
    return urlunsplit(urlsplit(base)._replace(path=f"/{database}"))


@dataclass(frozen=True)
class Worlds:
    """Where the run keeps them. `server` is the PostgreSQL they are made on; '' keeps them in SQLite files."""

    shared: Path
    server: str

    def fill(self, folder: Path, database: str = "", at: str = "") -> None:
        """Puts a demo world laid at the moment into the folder, and on PostgreSQL into a new database of that name."""
        made = self._laid(at)
        shutil.copytree(made, folder, dirs_exist_ok=True)
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{self._name(at)}"')

    def _name(self, at: str) -> str:
        return f"botilbud_world_{RUN}_{hashlib.sha256(at.encode()).hexdigest()[:12]}"

    def _laid(self, at: str) -> Path:
        place = self.shared / self._name(at)
        with (self.shared / f"{place.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.exists():
                self._lay(place, at)
        return place

    def _lay(self, place: Path, at: str) -> None:
        new = place.with_name(f"{place.name}-new")
        new.mkdir()
        env = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "botilbud.settings", "BOTILBUD_VAR": str(new), "BOTILBUD_DEMO": "1",
            "BOTILBUD_TLS": "0",
        }  # fmt: skip
        env.pop("DATABASE_URL", None)
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{place.name}"')
            env["DATABASE_URL"] = on_server(self.server, place.name)
        done = subprocess.run(
            python(at, "manage", "prepare", "--demo"), cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        new.rename(place)


def drop_all() -> None:
    """Takes the run's worlds off the PostgreSQL server."""
    if not (server := os.environ.get("DATABASE_URL")):
        return
    with suppress(psycopg.Error), psycopg.connect(server, autocommit=True) as connection:
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"botilbud_world_{RUN}_"]
        ).fetchall()
        for (name,) in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
