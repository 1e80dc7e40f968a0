"""The file of a backup: a zip with a manifest and a member for each table, sealed by a SHA-256 over all before it."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
# The zip's own comment, and so the last bytes of the file.
SEAL = b"sha256 "
HEX = 64
BLOCK = 1 << 20


class Damaged(Exception):
    """The file is no whole backup, in a Danish sentence."""


@dataclass(frozen=True)
class Contents:
    """A table about to be written: its rows as one line each, in blocks of bytes."""

    name: str
    columns: list[str]
    last: int | None
    blocks: Iterable[bytes]


@dataclass(frozen=True)
class Table:
    """A table as the manifest has it. `last` is the last number the database gave out for it."""

    name: str
    columns: list[str]
    rows: int
    sha256: str
    last: int | None

    @property
    def member(self) -> str:
        """The name of its rows in the file."""
        return f"tables/{self.name}"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: of which moment, from which kind of database, at which migrations, and which tables not."""

    made_at: datetime
    vendor: str
    migrations: list[tuple[str, str]]
    left_out: dict[str, str]
    tables: list[Table]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def write(
    path: Path,
    contents: Iterable[Contents],
    *,
    made_at: datetime,
    vendor: str,
    migrations: list[tuple[str, str]],
    left_out: dict[str, str],
) -> tuple[Manifest, str]:
    """Writes the whole file or nothing. Returns what it holds and its seal.

    Until it is whole and on the disk it has another name. Raises OSError and FileExistsError.
    """
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            tables = []
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                for contents_of_table in contents:
                    tables.append(_add(archive, contents_of_table))
                manifest = Manifest(made_at, vendor, migrations, left_out, tables)
                archive.writestr(MANIFEST, _dump(manifest))
                archive.comment = SEAL + b"0" * HEX
            seal = _sum(file, file.seek(0, os.SEEK_END) - HEX)
            file.seek(-HEX, os.SEEK_END)
            file.write(seal.encode())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise FileExistsError(path)
        draft.rename(path)
        sync(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return manifest, seal


def sync(folder: Path) -> None:
    """Makes sure that the folder's new names are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _add(archive: zipfile.ZipFile, contents: Contents) -> Table:
    digest, rows = hashlib.sha256(), 0
    with archive.open(f"tables/{contents.name}", "w", force_zip64=True) as member:
        for block in contents.blocks:
            digest.update(block)
            rows += block.count(b"\n")
            member.write(block)
    return Table(contents.name, contents.columns, rows, digest.hexdigest(), contents.last)


def _dump(manifest: Manifest) -> str:
    return json.dumps(
        {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}, ensure_ascii=False, indent=1
    )


@dataclass(frozen=True)
class Backup:
    """A file that is open and was found whole."""

    manifest: Manifest
    seal: str
    archive: zipfile.ZipFile

    def rows_of(self, table: Table) -> IO[bytes]:
        """The table's rows, a line each."""
        return self.archive.open(table.member)


@contextmanager
def whole(path: Path) -> Iterator[Backup]:
    """Opens the file after checking each hash in it. Raises Damaged, OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        said = ""
        if size > HEX:
            file.seek(-HEX, os.SEEK_END)
            said = file.read().decode("ascii", "replace")
        if said != (seal := _sum(file, max(0, size - HEX))):
            raise Damaged(f"{path} er ikke en hel sikkerhedskopi: den er kortet af, ændret eller noget andet.")
        try:
            archive = zipfile.ZipFile(file)
            manifest = _load(archive.read(MANIFEST))
            fault = _fault(archive, manifest)
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError) as error:
            fault = f"den kan ikke læses ({type(error).__name__})."
        if fault:
            raise Damaged(f"{path} er ikke en sikkerhedskopi, der kan bruges: {fault}")
        yield Backup(manifest, seal, archive)


def _load(text: bytes) -> Manifest:
    said: dict[str, Any] = json.loads(text)
    if said["format"] != FORMAT:
        raise ValueError("another format")
    return Manifest(
        datetime.fromisoformat(said["made_at"]),
        said["vendor"],
        [(app, name) for app, name in said["migrations"]],
        said["left_out"],
        [Table(**table) for table in said["tables"]],
    )


def _fault(archive: zipfile.ZipFile, manifest: Manifest) -> str:
    """What in the file differs from the manifest, in Danish; empty when nothing does."""
    names = sorted(archive.namelist())
    if names != sorted([MANIFEST, *(table.member for table in manifest.tables)]):
        return "der er andre tabeller i filen, end dens fortegnelse siger."
    for table in manifest.tables:
        digest, rows = hashlib.sha256(), 0
        with archive.open(table.member) as member:
            while block := member.read(BLOCK):
                digest.update(block)
                rows += block.count(b"\n")
        if (rows, digest.hexdigest()) != (table.rows, table.sha256):
            return f"tabellen {table.name} er ikke, som filens fortegnelse siger."
    return ""


def _sum(file: IO[bytes], size: int) -> str:
    """The SHA-256 of so many of the file's first bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while size and (block := file.read(min(BLOCK, size))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()
