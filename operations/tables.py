"""The tables of the database: which are left out of a backup, and a table's rows as lines of bytes, out and in.

The lines are the database's own form of each value, in the order of the primary key, so the same rows are the same
bytes, and a SHA-256 over them says whether two tables are equal. SQLite: a JSON list a row. PostgreSQL: COPY's text.
"""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from django.apps import apps
from django.db import connection, transaction

from operations.archive import BLOCK

# What lets somebody in, or says who is in, must not come back with a restore.
LEFT_OUT = {
    "account_emailconfirmation": "links that work once",
    "cache": "codes used once and tries counted, for some minutes",
    "django_session": "sessions: a restore signs everybody out",
    "accounts_devicesignin": "whom a PIN lets in on a shared tablet",
    "accounts_opensession": "the list of sessions, which are left out",
    "accounts_provideranswer": "what a provider said of somebody on the way in",
    "accounts_screen": "which screens are open and which are locked; their sessions are left out",
}
MIGRATIONS = "django_migrations"
# Filled by `prepare` in a database that holds nothing yet.
PREPARED = {MIGRATIONS, "django_content_type", "auth_permission"}
MANY = 500


@dataclass(frozen=True)
class Shape:
    """A table's columns in order, and the one it is sorted by."""

    columns: list[str]
    key: str


def known() -> set[str]:
    """Every table of this version of the code."""
    return {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {MIGRATIONS}


def there() -> set[str]:
    """Every table in the database."""
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def shape_of(table: str) -> Shape:
    """Raises ValueError for a table without a primary key of one column."""
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        keys = connection.introspection.get_primary_key_columns(cursor, table) or []
    if len(keys) != 1:
        raise ValueError(f"{table} has no primary key of one column")
    return Shape(columns, keys[0])


def filled() -> set[str]:
    """The tables with a row in them, but for those `prepare` fills."""
    with connection.cursor() as cursor:
        tables = set()
        for table in there() - PREPARED:
            cursor.execute(f"SELECT 1 FROM {_name(table)} LIMIT 1")  # noqa: S608 - the database's own names
            if cursor.fetchone():
                tables.add(table)
        return tables


class Rows(ABC):
    """Reads and writes the rows of the default database."""

    @abstractmethod
    def out(self, table: str, shape: Shape) -> Iterator[bytes]:
        """The table's rows as lines, in blocks of some."""

    @abstractmethod
    def into(self, table: str, columns: list[str], lines: IO[bytes]) -> None:
        """Adds the rows of the lines."""

    @abstractmethod
    def last(self, table: str, shape: Shape) -> int | None:
        """The last number given out for a new row; None where none was."""

    @abstractmethod
    def go_on_after(self, table: str, shape: Shape, last: int | None) -> None:
        """The next row gets the number after this one."""

    @abstractmethod
    def empty(self, tables: set[str]) -> None:
        """Takes every row of the tables."""

    @abstractmethod
    def loose(self) -> int:
        """How many rows point at one that is not there. PostgreSQL raises IntegrityError instead."""


class SqliteRows(Rows):
    """On a connection of its own, since Django's makes dates and truth values of what it reads."""

    def __init__(self, own: sqlite3.Connection) -> None:
        self.own = own

    def out(self, table: str, shape: Shape) -> Iterator[bytes]:
        rows = self.own.execute(_select(table, shape))
        while some := list(islice(rows, MANY)):
            yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in some).encode()

    def into(self, table: str, columns: list[str], lines: IO[bytes]) -> None:
        names, places = ", ".join(map(_name, columns)), ", ".join("?" * len(columns))
        self.own.executemany(
            f"INSERT INTO {_name(table)} ({names}) VALUES ({places})",  # noqa: S608 - the database's own names
            (json.loads(line) for line in lines),
        )

    def last(self, table: str, shape: Shape) -> int | None:
        row = self.own.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
        return int(row[0]) if row else None

    def go_on_after(self, table: str, shape: Shape, last: int | None) -> None:
        self.own.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table])
        if last is not None:
            self.own.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, last])

    def empty(self, tables: set[str]) -> None:
        for table in tables:
            self.own.execute(f"DELETE FROM {_name(table)}")  # noqa: S608 - the database's own names

    def loose(self) -> int:
        return len(self.own.execute("PRAGMA foreign_key_check").fetchall())


class PostgresRows(Rows):
    """On Django's connection, within the caller's transaction."""

    def out(self, table: str, shape: Shape) -> Iterator[bytes]:
        with self._copy(f"COPY ({_select(table, shape)}) TO STDOUT") as copy:
            for block in copy:
                yield bytes(block)

    def into(self, table: str, columns: list[str], lines: IO[bytes]) -> None:
        names = ", ".join(map(_name, columns))
        with self._copy(f"COPY {_name(table)} ({names}) FROM STDIN") as copy:
            while block := lines.read(BLOCK):
                copy.write(block)

    def last(self, table: str, shape: Shape) -> int | None:
        with connection.cursor() as cursor:
            sequence = self._sequence(cursor, table, shape)
            if sequence is None:
                return None
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - the database's own name
            last, called = cursor.fetchone()
        return int(last) if called else None

    def go_on_after(self, table: str, shape: Shape, last: int | None) -> None:
        with connection.cursor() as cursor:
            if sequence := self._sequence(cursor, table, shape):
                cursor.execute("SELECT setval(%s, %s, %s)", [sequence, last or 1, last is not None])

    def empty(self, tables: set[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(map(_name, sorted(tables)))}")
            # Migrations leave some at once; the rows come in the order of their tables' names.
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def loose(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return 0

    @contextmanager
    def _copy(self, command: str) -> Iterator[Any]:
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(command) as copy:
            yield copy

    def _sequence(self, cursor: Any, table: str, shape: Shape) -> str | None:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [_name(table), shape.key])
        name: str | None = cursor.fetchone()[0]
        return name


@contextmanager
def of_one_moment() -> Iterator[Rows]:
    """Reads the database as it stands now, whatever others write meanwhile, and keeps nobody waiting."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield plain_postgres()
        return
    with plain_sqlite() as rows:
        # A reader's snapshot begins with its first question, not with BEGIN.
        rows.own.execute("BEGIN")
        rows.own.execute("SELECT 1 FROM sqlite_master").fetchone()
        yield rows


@contextmanager
def to_write() -> Iterator[Rows]:
    """Writes in one transaction: the caller's on PostgreSQL."""
    if connection.vendor == "postgresql":
        yield plain_postgres()
        return
    with plain_sqlite() as rows:
        rows.own.execute("BEGIN")
        yield rows
        rows.own.execute("COMMIT")


def plain_postgres() -> PostgresRows:
    """Values are written alike whatever the server's or the user's settings are."""
    with connection.cursor() as cursor:
        for name, value in (
            ("datestyle", "ISO, YMD"), ("intervalstyle", "postgres"), ("timezone", "UTC"), ("bytea_output", "hex"),
            ("extra_float_digits", "1"), ("client_encoding", "UTF8"),
        ):  # fmt: skip
            cursor.execute(f"SET LOCAL {name} TO '{value}'")
    return PostgresRows()


@contextmanager
def plain_sqlite() -> Iterator[SqliteRows]:
    """A connection of its own to the file, in no transaction."""
    settings = connection.settings_dict
    with connection.wrap_database_errors:
        own = sqlite3.connect(settings["NAME"], timeout=settings["OPTIONS"]["timeout"], isolation_level=None)
        with closing(own):
            yield SqliteRows(own)


def _select(table: str, shape: Shape) -> str:
    columns = ", ".join(map(_name, shape.columns))
    return f"SELECT {columns} FROM {_name(table)} ORDER BY {_name(shape.key)}"  # noqa: S608 - the database's own names


def _name(word: str) -> str:
    return connection.ops.quote_name(word)
