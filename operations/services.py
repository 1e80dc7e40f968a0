"""Taking a backup, and a restore that is proved step by step before anything of it counts."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import F
from django.utils import timezone

from accounts import devices
from accounts.models import Device
from audit import trail
from audit.models import Clock
from meetings.services import walls_revoke
from operations import archive, tables
from operations.archive import Backup, Contents, Manifest
from organisation.models import User
from privacy.retention.stays import Journal, erase_again, take_over, unknown_to

SCOPE = "log:backup"
# More than a board's version can grow between a backup and its restore, so that no page from before meets a version it
# has seen.
VERSIONS = 1_000_000
LOCK_SECONDS = 10
trail.register("database.restored", "gendannede databasen fra en sikkerhedskopi")

Say = Callable[[str], None]
Migrations = list[tuple[str, str]]


class Refused(Exception):
    """It cannot be done, or a proof did not hold, in a Danish sentence. Nothing was changed."""


@dataclass(frozen=True)
class Taken:
    """A backup that was taken. `unknown` are tables in the database that are not the app's, and not in the file."""

    manifest: Manifest
    seal: str
    unknown: list[str]


def take(path: Path, now: datetime) -> Taken:
    """Writes a backup of the database as it stands now, while others work in it.

    Raises Refused where the database is newer than the code, FileExistsError, OSError.
    """
    with tables.of_one_moment() as rows:
        loader = MigrationLoader(connection)
        migrations = sorted(loader.applied_migrations)
        if strange := _strange(loader, migrations):
            raise Refused(f"Databasen er nyere end programmet ({strange}). Tag kopien med det program, der bruger den.")
        unknown = sorted(tables.there() - tables.known())
        names = sorted(tables.there() & tables.known() - set(tables.LEFT_OUT))
        manifest, seal = archive.write(
            path,
            (contents(rows, name) for name in names),
            made_at=now,
            vendor=connection.vendor,
            migrations=migrations,
            left_out=tables.LEFT_OUT | dict.fromkeys(unknown, "not a table of this app"),
        )
    return Taken(manifest, seal, unknown)


def contents(rows: tables.Rows, name: str) -> Contents:
    """A table for the backup. Its rows are read as they are written to the file."""
    shape = tables.shape_of(name)
    return Contents(name, shape.columns, rows.last(name, shape), rows.out(name, shape))


def _strange(loader: MigrationLoader, migrations: Migrations) -> str:
    """A migration this code does not know; '' where it knows all of them."""
    return next((f"{app}.{name}" for app, name in migrations if (app, name) not in loader.disk_migrations), "")


def restore(path: Path, *, journal: Journal | None, over: str, rehearse: bool, now: datetime, say: Say) -> None:
    """Replaces the database's rows with the backup's, and reports the proof of each step to `say`.

    A database with rows in it must be named in `over`. `rehearse` does all of it beside the database and then lets it
    go. Nothing counts before the last proof holds: on PostgreSQL it is one transaction, on SQLite a file that takes the
    other's place. Raises Refused, archive.Damaged, OSError, DatabaseError.
    """
    with archive.whole(path) as backup:
        kept = backup.manifest
        say(f"Filen er hel: sha256 {backup.seal}.")
        say(f"Kopien er fra {_moment(kept.made_at)}: {len(kept.tables)} tabeller, {kept.rows} rækker.")
        if kept.vendor != connection.vendor:
            raise Refused(f"Kopien er fra {kept.vendor}. Den kan ikke gendannes i {connection.vendor}.")
        if strange := _strange(MigrationLoader(None), kept.migrations):
            raise Refused(f"Kopien er fra en anden udgave af programmet ({strange}). Gendan den med den udgave.")
        if journal is not None and journal.at < kept.made_at:
            raise Refused(f"Journalen er fra {_moment(journal.at)}, altså fra før kopien. Find den nyeste.")
        with _beside() if rehearse else _in_place(over):
            _build(kept.migrations)
            _load(backup, say)
            call_command("migrate", verbosity=0, interactive=False)
            _afterwards(journal, now, say, seal=backup.seal, made_at=kept.made_at.isoformat())


def afterwards(*, journal: Journal | None, now: datetime, say: Say) -> None:
    """The last steps of a restore, for a database restored by other means. All or nothing. Raises Refused."""
    with transaction.atomic():
        _afterwards(journal, now, say)


def _afterwards(journal: Journal | None, now: datetime, say: Say, **data: str) -> None:
    """Checks the log, erases erased stays again, ends every way in that the backup held, and checks the log again."""
    say(f"Loggen: {_audited()}")
    if journal is not None:
        if missing := unknown_to(journal.lines):
            raise Refused(f"Journalen mangler {missing} sletninger, som databasen kender. Find den nyeste.")
        added, again = take_over(journal.lines), erase_again(now)
        if left := erase_again(now):
            raise Refused(f"{left} slettede ophold er der endnu.")
        said = f"{len(journal.lines)} linjer, {added} nye for databasen, {again} ophold slettet igen, 0 tilbage"
        say(f"Journalen fra {_moment(journal.at)}: {said}.")
    tablets, walls = shut_ways_in(now)
    say(f"Alle er logget ud. {tablets} delte tablets og {walls} storskærme skal have et nyt link.")
    with trail.change(SCOPE, by=None) as log:
        log("database.restored", "database", journal=len(journal.lines) if journal else None, **data)
    say(f"Loggen bagefter: {_audited()}")


def _audited() -> str:
    out = StringIO()
    try:
        call_command("audit_verify", stdout=out)
    except CommandError as error:
        raise Refused(f"Loggen holder ikke:\n{error}") from None
    return out.getvalue().splitlines()[0]


def shut_ways_in(now: datetime) -> tuple[int, int]:
    """Ends every way in that may have been closed since the backup. Returns how many tablets and wall screens."""
    with connection.cursor() as cursor:
        for table in tables.LEFT_OUT:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
    tablets = Device.objects.filter(revoked_at=None).select_related("home", "team")
    for device in tablets:
        devices.device_revoke(device=device, by=None)
    # A link to choose a password holds until the password or the last sign-in is another.
    for user in User.objects.filter(last_login=None):
        if not user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
    never = {"last_login": None, "password__startswith": UNUSABLE_PASSWORD_PREFIX}
    User.objects.exclude(**never).update(last_login=now)
    # Browsers and other processes remember boards by version, and after a restore a version could come again.
    Clock.objects.update(version=F("version") + VERSIONS)
    return len(tablets), walls_revoke()


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day}.{local.month}.{local.year} kl. {local:%H.%M}"


# --- rows and tables ---


def _build(migrations: Migrations) -> None:
    """Makes the tables as they were at the backup."""
    executor = MigrationExecutor(connection)
    last: Migrations = []
    graph = executor.loader.graph
    for app, name in migrations:
        later = {child.key for child in graph.node_map[app, name].children if child.key[0] == app}
        if later.isdisjoint(migrations):
            last.append((app, name))
    executor.migrate(last)


def _load(backup: Backup, say: Say) -> None:
    """Puts the rows in, and asks the database for them again."""
    kept = backup.manifest
    with tables.to_write() as rows:
        rows.empty(tables.there())
        for table in kept.tables:
            shape = tables.shape_of(table.name)
            if set(shape.columns) != set(table.columns):
                raise Refused(f"Tabellen {table.name} har andre kolonner end i kopien.")
            with backup.rows_of(table) as lines:
                rows.into(table.name, table.columns, lines)
            rows.go_on_after(table.name, shape, table.last)
    with tables.of_one_moment() if connection.vendor == "sqlite" else tables.to_write() as rows:
        for table in kept.tables:
            shape = tables.Shape(table.columns, tables.shape_of(table.name).key)
            digest, count = hashlib.sha256(), 0
            for block in rows.out(table.name, shape):
                digest.update(block)
                count += block.count(b"\n")
            if (count, digest.hexdigest(), rows.last(table.name, shape)) != (table.rows, table.sha256, table.last):
                raise Refused(f"Tabellen {table.name} blev ikke den samme som i kopien.")
        if loose := rows.loose():
            raise Refused(f"{loose} rækker henviser til en, der ikke er der.")
    say(f"Tabellerne er ens: {len(kept.tables)} af {len(kept.tables)} har samme antal rækker og samme SHA-256.")


# --- the place ---


def _empty_or_named(over: str, name: str) -> None:
    """Refuses a database with rows in it, unless it was named."""
    filled = [] if over else sorted(tables.filled())
    if filled:
        some = ", ".join(filled[:3])
        raise Refused(f"Databasen {name} er ikke tom ({some} …). Skal den væk, så skriv --overwrite {name}.")


@contextmanager
def _in_place(over: str) -> Iterator[None]:
    name = Path(connection.settings_dict["NAME"]).name
    if over and over != name:
        raise Refused(f"Databasen hedder {name} og ikke {over}.")
    if connection.vendor == "postgresql":
        with transaction.atomic():
            _take_down(over, name)
            yield
        return
    target = Path(connection.settings_dict["NAME"])
    in_use = "Nogen bruger databasen. Stop web, arbejder og beat, og prøv igen."
    if target.exists():
        _empty_or_named(over, name)
        connection.close()
        _close_file(target, in_use)
    with _new_file(target) as made:
        yield
        connection.close()
        _close_file(made, "Den nye database kan ikke lukkes.")
        if target.exists():
            _close_file(target, in_use)
            made.chmod(target.stat().st_mode & 0o777)
        # SQLite would read files left behind by a lost database into the new one.
        _without(target, "-wal", "-shm", "-journal")
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(target)
        archive.sync(target.parent)


@contextmanager
def _beside() -> Iterator[None]:
    """A place to try the restore that leaves nothing behind. On PostgreSQL a schema that is never committed."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("CREATE SCHEMA botilbud_rehearsal")
                cursor.execute("SET LOCAL search_path TO botilbud_rehearsal")
            yield
            transaction.set_rollback(True)
        return
    with _new_file(Path(connection.settings_dict["NAME"])):
        yield


def _take_down(over: str, name: str) -> None:
    """Drops the app's tables; a rollback brings them back. Refuses others' tables, and a database others use."""
    there = tables.there()
    if strange := sorted(there - tables.known()):
        raise Refused(f"Databasen {name} har tabeller, der ikke er Botilbuds: {', '.join(strange[:3])}.")
    _empty_or_named(over, name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
        if others := cursor.fetchone()[0]:
            raise Refused(f"{others} andre bruger databasen {name}. Stop web, arbejder og beat, og prøv igen.")
        cursor.execute(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'")
        for table in sorted(there):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """The default database is a new, empty file beside the old one. Gone afterwards, where it was not moved."""
    made = target.with_name(f".{target.name}.{os.getpid()}")
    os.close(os.open(made, os.O_CREAT | os.O_EXCL, 0o600))
    connection.close()
    connection.settings_dict["NAME"] = str(made)
    try:
        yield made
    finally:
        connection.close()
        connection.settings_dict["NAME"] = str(target)
        _without(made, "", "-wal", "-shm", "-journal")


def _without(path: Path, *ends: str) -> None:
    for end in ends:
        path.with_name(path.name + end).unlink(missing_ok=True)


def _close_file(path: Path, otherwise: str) -> None:
    """Leaves all of a database in its one file. Only who has it alone may do that."""
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as own:
            own.execute("PRAGMA locking_mode = EXCLUSIVE")
            mode = own.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        raise Refused(otherwise) from None
    if mode != "delete":
        raise Refused(otherwise)
