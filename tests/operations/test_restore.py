"""Backup and restore as an operator runs them, on databases of their own, with the app's people in them."""

import hashlib
import json
import re
import resource
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.operations.conftest import POSTGRES, Database, Kept, backup_of, journal_of, pg
from tests.operations.test_archive import rewritten

New = Callable[..., Database]
# What a restore itself writes in: its own entry and clock, the versions, and that links to a password are dead.
TOUCHED = {"audit_clock", "audit_entry", "organisation_user", "sqlite_sequence"}
NAME, TEXT = "Zebulonæ", "Kvidrende"
# A resident of the demo with a canary's name and words, on the board and in the log, who has moved out.
LAY = f"""
from datetime import timedelta
from accounts.access import enter, today
from organisation.models import Home, Side, User
from boards import services as boards
from boards.models import Cell
from residents import services as residents
from residents.models import Resident, Stay, StayEnd
home = Home.objects.get(slug="havtornen")
mette = User.objects.get(email="mette@demo.invalid")
stay = Stay.objects.for_home(home).filter(to_day=None).select_related("home", "resident").order_by("pk")[1]
Resident.objects.system("the canary's name").filter(pk=stay.resident_id).update(name="{NAME}", search="{NAME.lower()}")
access = enter(mette, home.slug)
cells = Cell.objects.for_home(home).filter(stay=stay.pk, column="status", side="home")
seen = next(iter(cells.values_list("version", flat=True)), 0)
boards.cell_write(
    access=access, where=boards.CellKey(stay.pk, "status", Side.HOME), text="{TEXT} {NAME}", seen=seen, key="",
    today=today(),
)
boards.intervention_add(
    access=access, stay_id=stay.pk, plan=boards.Plan(what="{TEXT}", track="social"), key="", today=today()
)
stay = Stay.objects.for_home(home).select_related("home", "resident").get(pk=stay.pk)
residents.stay_end(stay=stay, end=StayEnd.MOVED, on=today(), by=mette)
print(stay.pk)
"""
ERASE = """
from django.utils import timezone
from residents.models import Stay
from privacy.models import Cause
from privacy.retention.stays import stay_erase
stay = Stay.objects.system("test").select_related("home").get(pk={})
stay_erase(stay=stay, cause=Cause.TERM, why="", by=None, now=timezone.now())
"""
NEXT = "from residents.models import Resident; print(Resident.objects.system('test').create(name='Ida').pk)"
BOARD = """
from django.test import Client
from organisation.models import User
client = Client(HTTP_HOST="localhost")
client.post(f'/demo/log-ind/{User.objects.get(email="mette@demo.invalid").pk}/')
answer = client.get("/havtornen/tavle/")
assert answer.status_code == 200, answer.status_code
print(answer.content.decode().count("/havtornen/beboer"))
"""


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nsikkerhedskopi: {words}\n")


def hits(database: Database, word: str) -> dict[str, int]:
    """In which tables a word stands, as written and as JSON escapes it."""
    ways = {word.casefold(), json.dumps(word)[1:-1].casefold(), repr(json.dumps(word)[1:-1])[1:-1].casefold()}
    counts = {
        table: sum(any(way in row.casefold() for way in ways) for row in rows)
        for table, rows in database.rows().items()
    }
    return {table: count for table, count in counts.items() if count}


def nothing_changed(database: Database, before: dict[str, list[Any]], done: Any) -> None:
    assert "Intet er ændret" in done.stderr
    assert database.rows() == before
    assert database.left_behind() == []


def left_by(lost: Database) -> dict[str, bytes]:
    """The log beside a SQLite file in which every name was just changed."""
    own = sqlite3.connect(lost.file, isolation_level=None)
    own.execute("PRAGMA journal_mode = WAL")
    own.execute("UPDATE residents_resident SET name = 'fra en anden tid'")
    left = {end: lost.file.with_name(lost.name + end).read_bytes() for end in ("-wal", "-shm")}
    own.close()
    assert len(left["-wal"]) > 1000
    return left


@pytest.mark.both
def test_whole_world_comes_back_row_for_row(demo: Database, kept: Kept, new: New, capsys: Any) -> None:
    back, before = new(), demo.rows()
    if not POSTGRES:
        # What a lost file left behind must not be read into the new one.
        for end, data in left_by(new(demo)).items():
            back.file.with_name(back.name + end).write_bytes(data)
    assert before["django_session"], "somebody is signed in"
    assert before["accounts_screen"]
    began = time.monotonic()
    done = back.run("restore", kept.file, "--journal", kept.journal)
    seconds = time.monotonic() - began
    after = back.rows()
    with zipfile.ZipFile(kept.file) as file:
        left_out = set(json.loads(file.read("manifest.json"))["left_out"])
    assert before.keys() == after.keys()
    same = before.keys() - left_out - TOUCHED
    assert len(same) > 70
    for table in same:
        assert after[table] == before[table], table
    assert {table: after[table] for table in left_out} == {table: [] for table in left_out}
    assert set(before["audit_entry"]) < set(after["audit_entry"])
    assert len(after["audit_entry"]) == len(before["audit_entry"]) + 1
    assert back.schema() == demo.schema()
    assert len(re.findall(r"samme SHA-256|Kæden holder", done.stdout)) == 3
    back.run("audit_verify")
    assert back.python(BOARD) == new(demo).python(BOARD) != "0"
    assert back.left_behind() == []
    rows, size = sum(map(len, before.values())), kept.file.stat().st_size
    say(capsys, f"{rows} rækker, {size} byte, taget på {kept.seconds:.1f} s, gendannet på {seconds:.1f} s")


def test_person_erased_after_the_backup_does_not_come_back(demo: Database, new: New, tmp_path: Path) -> None:
    source = new(demo)
    number = source.python(LAY)
    # The last resident is gone: the next must not get that number, by which the journal may know somebody.
    last = int(source.python(NEXT))
    source.do(f"DELETE FROM residents_resident WHERE id = {last}")  # noqa: S608 - a number
    kept = backup_of(source, tmp_path)
    by_other_means = new(source)
    before = {word: hits(source, word) for word in (NAME, TEXT)}
    assert {"residents_resident", "boards_cell", "boards_intervention", "audit_entrydetail"} <= {
        table for found in before.values() for table in found
    }
    source.python(ERASE.format(number))
    assert (hits(source, NAME), hits(source, TEXT)) == ({}, {})
    with zipfile.ZipFile(kept.file) as file:
        assert NAME.encode() in file.read("tables/residents_resident"), "the backup still has the person"
    newest = journal_of(source, tmp_path / "nyeste.txt")

    # The journal also has a home, and a stay, that this database never had.
    lines = newest.read_text().splitlines()
    strange = json.dumps(
        {"home": 999, "stay": 1, "resident": 1, "from_day": "2026-01-01", "at": "2026-01-01T00:00:00Z"}
    )
    newest.write_text("\n".join([strange, lines[0], json.dumps({**json.loads(lines[-1]), "lines": 2})]))
    back = new()
    done = back.run("restore", kept.file, "--journal", newest)
    assert "2 linjer, 1 nye for databasen, 1 ophold slettet igen, 0 tilbage" in done.stdout
    assert (hits(back, NAME), hits(back, TEXT)) == ({}, {})
    back.run("audit_verify")
    assert back.python(BOARD) != "0"
    assert int(back.python(NEXT)) > last

    # By other means: the person is there, and the same proofs end it.
    assert hits(by_other_means, NAME)
    done = by_other_means.run("restore", "--after-other-restore", "--journal", newest)
    assert "1 ophold slettet igen, 0 tilbage" in done.stdout
    assert (hits(by_other_means, NAME), hits(by_other_means, TEXT)) == ({}, {})


def test_journal_that_cannot_be_the_newest_is_refused(demo: Database, new: New, tmp_path: Path) -> None:
    source = new(demo)
    older = journal_of(source, tmp_path / "gammel.txt")
    number = source.python(LAY)
    source.python(ERASE.format(number))
    kept, back = backup_of(source, tmp_path), new()
    before = back.rows()
    whole = kept.journal.read_text().splitlines()
    assert len(whole) == 2
    cut, empty = tmp_path / "kort.txt", tmp_path / "tom.txt"
    cut.write_text(whole[0])
    empty.write_text("")
    for journal, words in (
        (older, "fra før kopien"), (cut, "ikke hel"), (empty, "ikke hel"), (tmp_path / "ingen.txt", "Kan ikke læse"),
    ):  # fmt: skip
        done = back.run("restore", kept.file, "--journal", journal, ok=False)
        assert words in done.stderr, done.stderr
        assert back.rows() == before
    for both_or_none in ([], ["--without-journal", "--journal", kept.journal]):
        done = back.run("restore", kept.file, *both_or_none, ok=False)
        assert "--journal" in done.stderr
        assert back.rows() == before


def test_damaged_backup_is_refused_before_anything_is_touched(demo: Database, kept: Kept, new: New) -> None:
    there = new(demo)
    before, data = there.rows(), kept.file.read_bytes()
    bad = there.folder / "kopi.zip"
    for text in (data[:-1], data[: len(data) // 2], b"", data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]):
        bad.write_bytes(text)
        done = there.run("restore", bad, "--without-journal", "--overwrite", there.name, ok=False)
        assert "er ikke en hel sikkerhedskopi" in done.stderr
        nothing_changed(there, before, done)
    done = there.run("restore", there.folder / "ingen.zip", "--without-journal", ok=False)
    nothing_changed(there, before, done)


def changed(kept: Kept, path: Path, **more: Any) -> Path:
    """The backup with another manifest, as whole as any."""
    with zipfile.ZipFile(kept.file) as file:
        manifest = json.loads(file.read("manifest.json"))
    rewritten(kept.file, path, "manifest.json", json.dumps({**manifest, **more}).encode())
    return path


def test_another_kind_of_database_or_a_newer_program_is_refused(kept: Kept, new: New, tmp_path: Path) -> None:
    back = new()
    before = back.rows()
    other = changed(kept, tmp_path / "andet.zip", vendor="sqlite" if POSTGRES else "postgresql")
    done = back.run("restore", other, "--without-journal", ok=False)
    assert "kan ikke gendannes i" in done.stderr
    nothing_changed(back, before, done)
    newer = changed(kept, tmp_path / "nyere.zip", migrations=[["boards", "9999_from_tomorrow"]])
    done = back.run("restore", newer, "--without-journal", ok=False)
    assert "boards.9999_from_tomorrow" in done.stderr
    nothing_changed(back, before, done)


def test_rows_that_do_not_come_back_the_same_put_everything_back(kept: Kept, new: New, tmp_path: Path) -> None:
    """Whole as a file, and yet not what the database says when it is asked again."""
    back = new()
    before = back.rows()
    with zipfile.ZipFile(kept.file) as file:
        tables = json.loads(file.read("manifest.json"))["tables"]
        turned = b"".join(sorted(file.read("tables/residents_contact").splitlines(keepends=True), reverse=True))
    for table in tables:
        if table["name"] == "residents_contact":
            table["sha256"] = hashlib.sha256(turned).hexdigest()
    rewritten(changed(kept, tmp_path / "a.zip", tables=tables), tmp_path / "b.zip", "tables/residents_contact", turned)
    done = back.run("restore", tmp_path / "b.zip", "--without-journal", ok=False)
    assert "Tabellen residents_contact blev ikke den samme" in done.stderr
    nothing_changed(back, before, done)


def test_database_with_anything_in_it_is_not_written_over(demo: Database, kept: Kept, new: New) -> None:
    there = new(demo)
    before = there.rows()
    for words, told in (([], f"--overwrite {there.name}"), (["--overwrite", "en-anden"], f"hedder {there.name}")):
        done = there.run("restore", kept.file, "--without-journal", *words, ok=False)
        assert told in done.stderr
        nothing_changed(there, before, done)
    there.do("DELETE FROM boards_lastmet")
    there.run("restore", kept.file, "--without-journal", "--overwrite", there.name)
    assert there.rows()["boards_lastmet"] == before["boards_lastmet"] != []
    done = there.run("restore", "--without-journal", ok=False)
    assert "Skriv filen" in done.stderr


def test_database_in_use_is_not_written_over(demo: Database, kept: Kept, new: New) -> None:
    there = new(demo)
    before = there.rows()
    own: Any = psycopg.connect(there.url) if POSTGRES else sqlite3.connect(there.file)
    try:
        if not POSTGRES:
            own.execute("PRAGMA journal_mode = WAL")
        own.execute("SELECT count(*) FROM residents_stay").fetchone()
        done = there.run("restore", kept.file, "--without-journal", "--overwrite", there.name, ok=False)
    finally:
        own.close()
    assert "Stop web, arbejder og beat" in done.stderr
    nothing_changed(there, before, done)


@pytest.mark.skipif(not POSTGRES, reason="others' tables in the same database")
@pytest.mark.both
def test_others_tables_are_not_dropped_and_not_in_the_backup(
    demo: Database, kept: Kept, new: New, tmp_path: Path
) -> None:
    there = new(demo)
    there.do("CREATE TABLE someone_elses (id bigint)")
    before = there.rows()
    done = there.run("restore", kept.file, "--without-journal", "--overwrite", there.name, ok=False)
    assert "ikke er Botilbuds: someone_elses" in done.stderr
    nothing_changed(there, before, done)
    done = there.run("backup", tmp_path / "kopi.zip")
    assert "someone_elses" in done.stderr
    with zipfile.ZipFile(tmp_path / "kopi.zip") as file:
        manifest = json.loads(file.read("manifest.json"))
    assert "someone_elses" in manifest["left_out"]
    assert "someone_elses" not in [table["name"] for table in manifest["tables"]]


def test_broken_log_in_the_backup_is_told_and_nothing_is_restored(demo: Database, new: New, tmp_path: Path) -> None:
    source = new(demo)
    on = " ON audit_entry" if POSTGRES else ""
    source.do(f"DROP TRIGGER audit_entry_no_update{on}", "UPDATE audit_entry SET actor = 1 WHERE id = 40")
    kept, back = backup_of(source, tmp_path), new()
    before = back.rows()
    done = back.run("restore", kept.file, "--journal", kept.journal, ok=False)
    assert "Loggen holder ikke" in done.stderr
    assert "brud ved nr." in done.stderr
    nothing_changed(back, before, done)


def test_rehearsal_proves_all_of_it_and_leaves_the_database_alone(demo: Database, new: New, tmp_path: Path) -> None:
    source = new(demo)
    number = source.python(LAY)
    kept = backup_of(source, tmp_path)
    source.python(ERASE.format(number))
    newest, before = journal_of(source, tmp_path / "nyeste.txt"), source.rows()
    done = source.run("restore", kept.file, "--journal", newest, "--rehearse")
    assert "1 ophold slettet igen, 0 tilbage" in done.stdout
    assert "Prøven er bestået. Intet er ændret." in done.stdout
    assert source.rows() == before
    assert source.left_behind() == []


def test_backup_of_an_older_version_is_compared_and_then_brought_up_to_date(
    demo: Database, new: New, tmp_path: Path
) -> None:
    source = new(demo)
    source.run("migrate", "-v", "0", "privacy", "zero")
    older = source.rows()
    assert "privacy_run" not in older
    done = source.run("backup", tmp_path / "kopi.zip")
    back = new()
    done = back.run("restore", tmp_path / "kopi.zip", "--without-journal")
    assert "samme SHA-256" in done.stdout
    assert back.schema() == demo.schema()
    assert back.rows()["meetings_minutes"] == older["meetings_minutes"] != []


def test_database_newer_than_the_program_is_not_half_copied(demo: Database, new: New, tmp_path: Path) -> None:
    source = new(demo)
    source.do(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('boards', '9999_from_tomorrow', '2026-11-17')"
    )
    done = source.run("backup", tmp_path / "kopi.zip", ok=False)
    assert "nyere end programmet (boards.9999_from_tomorrow)" in done.stderr
    assert list(tmp_path.glob("*.zip")) == []


def test_full_disk_leaves_no_half_backup_and_no_half_database(demo: Database, kept: Kept, new: New) -> None:
    there = new(demo)
    folder = there.folder / "kopier"
    folder.mkdir()

    def little(size: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    for size in (0, 1000, kept.file.stat().st_size - 10):
        done = there.run("backup", folder / "kopi.zip", ok=False, preexec_fn=little(size))
        assert "Der er ingen kopi." in done.stderr
        assert list(folder.iterdir()) == []
    if not POSTGRES:
        before, back = there.rows(), new()
        there.do("PRAGMA wal_checkpoint(TRUNCATE)")
        over = ["restore", kept.file, "--without-journal", "--overwrite", there.name]
        nothing_changed(there, before, there.run(*over, ok=False, preexec_fn=little(there.file.stat().st_size // 2)))
        back.run("restore", kept.file, "--without-journal", ok=False, preexec_fn=little(100_000))
        assert not back.file.exists()
        assert back.left_behind() == []


def test_backup_takes_a_name_in_a_folder_and_writes_over_nothing(demo: Database, kept: Kept, tmp_path: Path) -> None:
    demo.run("backup", tmp_path)
    (made,) = tmp_path.iterdir()
    assert re.fullmatch(r"botilbud-\d{4}-\d\d-\d\d-\d{6}\.zip", made.name)
    assert made.stat().st_mode & 0o777 == 0o600
    before = made.read_bytes()
    done = demo.run("backup", made, ok=False)
    assert "overskrives ikke" in done.stderr
    done = demo.run("backup", tmp_path / "ingen" / "kopi.zip", ok=False)
    assert "Der er ingen kopi." in done.stderr
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


# Before each of the first tables, the log's among them, somebody writes and is answered.
WRITES = 20
MEANWHILE = """
import sys, threading
from contextlib import contextmanager
from pathlib import Path
from django.db import connection, transaction
from django.utils import timezone
from operations import services, tables
from audit import trail
from audit.models import Entry
from organisation.models import Home, User
home, mette = Home.objects.get(slug="havtornen"), User.objects.get(email="mette@demo.invalid")
trail.register("test.said", "sagde noget", personal=("words",))
real, written = services.contents, []
def write():
    try:
        with trail.change(home.scope, by=mette.pk) as log:
            log("test.said", mette, words="imens")
        trail.record_read(home.scope, viewer=mette.pk, screen="tavle", stays=[len(written) + 1])
        written.append(1)
    finally:
        connection.close()
def contents(rows, name):
    if len(written) < {writes}:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(60)
    return real(rows, name)
services.contents = contents
@contextmanager
def torn():
    with transaction.atomic() if connection.vendor == "postgresql" else tables.plain_sqlite() as rows:
        yield tables.plain_postgres() if rows is None else rows
if {torn}:
    tables.of_one_moment = torn
before = Entry.objects.count()
taken = services.take(Path({path!r}), timezone.now())
held = next(table.rows for table in taken.manifest.tables if table.name == "audit_entry")
print(before, held, Entry.objects.count(), len(written))
"""


@pytest.mark.both
def test_backup_is_of_one_moment_while_others_write(demo: Database, new: New, tmp_path: Path, capsys: Any) -> None:
    source = new(demo)
    before, held, after, written = meanwhile(source, tmp_path / "kopi.zip", torn=False)
    assert written == WRITES, "nobody waited for the backup"
    assert before == held == after - written
    new().run("restore", tmp_path / "kopi.zip", "--without-journal")
    say(capsys, f"{written} ændringer under kopien, {held - before} af dem i den, kæden hel")


def test_without_one_moment_the_backup_would_be_torn(demo: Database, new: New, tmp_path: Path) -> None:
    """The test above can fail."""
    before, held, _, _ = meanwhile(new(demo), tmp_path / "kopi.zip", torn=True)
    assert before < held


def meanwhile(source: Database, path: Path, *, torn: bool) -> list[int]:
    """Takes a backup while others write: entries before, in the backup and after, and how many were written."""
    return [int(word) for word in source.python(MEANWHILE.format(path=str(path), torn=torn, writes=WRITES)).split()]


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own programs")
@pytest.mark.both
def test_postgresqls_own_dump_and_ours_hold_the_same(demo: Database, kept: Kept, new: New, tmp_path: Path) -> None:
    """An oracle that knows nothing of us: what pg_dump carries over has the same hash in each table."""
    pg("pg_dump", "--format=custom", "--no-owner", f"--file={tmp_path / 'dump'}", demo.url)
    back = new()
    pg("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={back.url}", tmp_path / "dump")
    other = backup_of(back, tmp_path)
    found = []
    for path in (kept.file, other.file):
        with zipfile.ZipFile(path) as file:
            manifest = json.loads(file.read("manifest.json"))
        found.append({table["name"]: table for table in manifest["tables"]} | {"": manifest["migrations"]})
    assert found[0] == found[1]
    assert len(found[0]) > 70
