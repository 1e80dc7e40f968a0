"""Databases of their own, of the kind this run uses, with the commands run on them as an operator does."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.worlds import Worlds, on_server

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("DATABASE_URL", "")
POSTGRES = SERVER.startswith("postgres")
BOUND = 240


@dataclass
class Database:
    """A database, its name as the commands know it, and a folder of its own."""

    name: str
    url: str
    folder: Path

    def run(self, *words: Any, ok: bool | None = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """`manage.py` on this database. `ok` says whether it must do well; None that either is fine."""
        done = subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=BOUND, check=False, **more,
        )  # fmt: skip
        if ok is not None:
            assert (done.returncode == 0) is ok, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def python(self, code: str) -> str:
        """What the code prints, run with the app and this database."""
        return self.run("shell", "-v", "0", "-c", code).stdout.strip()

    @property
    def env(self) -> dict[str, str]:
        env = {**os.environ, "BOTILBUD_VAR": str(self.folder), "DATABASE_URL": self.url, "BOTILBUD_DEMO": "1"}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        return {**env, "BOTILBUD_SECRET_KEY": "only-for-tests-" + "x" * 40}

    def rows(self) -> dict[str, list[Any]]:
        """Every table and its rows, read past the app."""
        if POSTGRES:
            with psycopg.connect(self.url) as own:
                names = own.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                return {name: sorted(map(repr, own.execute(f'SELECT * FROM "{name}"'))) for (name,) in names}  # noqa: S608
        with closing(sqlite3.connect(self.file)) as own:
            names = own.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: sorted(map(repr, own.execute(f'SELECT * FROM "{name}"'))) for (name,) in names}  # noqa: S608

    def schema(self) -> str:
        """Tables, indexes, constraints, triggers and functions, as the database tells them."""
        if POSTGRES:
            told = pg("pg_dump", "--schema-only", "--no-owner", self.url)
            return "\n".join(line for line in told.splitlines() if "restrict" not in line)
        with closing(sqlite3.connect(self.file)) as own:
            made = own.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
            return "\n".join(sorted(map(repr, made)))

    def do(self, *commands: str) -> None:
        """Statements past the app."""
        if POSTGRES:
            with psycopg.connect(self.url, autocommit=True) as own:
                for command in commands:
                    own.execute(command)
            return
        with closing(sqlite3.connect(self.file, isolation_level=None)) as own:
            for command in commands:
                own.execute(command)

    @property
    def file(self) -> Path:
        return self.folder / self.name

    def left_behind(self) -> list[str]:
        """Files the commands made beside the database and the test's own, and schemas."""
        own = {self.name, "static", "secret-key"}
        found = [path.name for path in self.folder.iterdir() if path.name.startswith(".") and path.name not in own]
        if POSTGRES:
            with psycopg.connect(self.url) as server:
                schemas = server.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'botilbud%'")
                found += [name for (name,) in schemas]
        return found


def pg(program: str, *words: Any) -> str:
    """What one of PostgreSQL's own programs prints."""
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Maker:
    """Makes databases and takes them away again."""

    folder: Path
    made: list[Database] = field(default_factory=list)

    def world(self, worlds: Worlds) -> Database:
        """A database with the demo world."""
        folder = self.folder / "world"
        name = f"botilbud_backup_{os.getpid()}_{self.folder.name}_world".replace("-", "_").lower()
        worlds.fill(folder, name)
        one = Database("botilbud.sqlite3", f"sqlite://{folder}/botilbud.sqlite3", folder)
        if POSTGRES:
            one = Database(name, on_server(SERVER, name), folder)
        self.made.append(one)
        return one

    def __call__(self, like: Database | None = None) -> Database:
        number = len(self.made)
        folder = self.folder / f"{number}"
        folder.mkdir()
        name = f"botilbud_backup_{os.getpid()}_{self.folder.name}_{number}".replace("-", "_").lower()
        if POSTGRES:
            url = on_server(SERVER, name)
            with psycopg.connect(SERVER, autocommit=True) as server:
                server.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{like.name}"' if like else ""))
            one = Database(name, url, folder)
        else:
            one = Database(f"{name}.sqlite3", f"sqlite://{folder / name}.sqlite3", folder)
            if like:
                shutil.copy(like.file, one.file)
        self.made.append(one)
        return one

    def away(self) -> None:
        if POSTGRES:
            with psycopg.connect(SERVER, autocommit=True) as server:
                for one in self.made:
                    with suppress(psycopg.Error):
                        server.execute(f'DROP DATABASE IF EXISTS "{one.name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worlds: Worlds) -> Iterator[Database]:
    """The demo world with a session in it. Tests clone it."""
    maker = Maker(tmp_path_factory.mktemp("world"))
    try:
        one = maker.world(worlds)
        one.python(
            "from django.test import Client\n"
            "from organisation.models import User\n"
            "mette = User.objects.get(email='mette@demo.invalid')\n"
            "Client().post(f'/demo/log-ind/{mette.pk}/', HTTP_HOST='localhost')\n"
        )
        if not POSTGRES:
            one.do("PRAGMA wal_checkpoint(TRUNCATE)")
        yield one
    finally:
        maker.away()


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Makes an empty database, or a clone of another."""
    maker = Maker(tmp_path)
    try:
        yield maker
    finally:
        maker.away()


@dataclass
class Kept:
    """A backup of the demo world, and the journal written out after it."""

    file: Path
    journal: Path
    said: str
    seconds: float


@pytest.fixture(scope="session")
def kept(demo: Database, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """One for all tests that do not change the world first."""
    return backup_of(demo, tmp_path_factory.mktemp("kept"))


def backup_of(database: Database, folder: Path) -> Kept:
    """A backup, and the journal as the night's job writes it after it."""
    began = time.monotonic()
    said = database.run("backup", folder / "kopi.zip").stdout
    seconds = time.monotonic() - began
    return Kept(folder / "kopi.zip", journal_of(database, folder / "journal.txt"), said, seconds)


def journal_of(database: Database, path: Path) -> Path:
    path.write_text(database.run("erasures").stdout, encoding="utf-8")
    return path
