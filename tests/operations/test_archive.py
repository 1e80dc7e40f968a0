"""The file itself: whole or not at all, and not a byte of it changes unseen."""

import errno
import hashlib
import json
import os
import random
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from operations import archive
from operations.archive import HEX, MANIFEST, Contents, Damaged
from tests.operations.conftest import Kept

HEAD: dict[str, Any] = {
    "made_at": datetime(2026, 11, 17, tzinfo=UTC), "vendor": "sqlite", "migrations": [("a", "0001")],
}  # fmt: skip


def small(path: Path) -> Path:
    tables = [
        Contents("b", ["id", "name"], 2, [b'[1, "Rune"]\n', b'[2, "Tove"]\n']),
        Contents("a", ["id"], None, []),
    ]
    archive.write(path, tables, left_out={"c": "why"}, **HEAD)
    return path


def sealed(path: Path) -> None:
    """Makes the seal fit what stands there now, as somebody who knows how would."""
    data = path.read_bytes()[:-HEX]
    path.write_bytes(data + hashlib.sha256(data).hexdigest().encode())


def refused(path: Path) -> None:
    with pytest.raises(Damaged), archive.whole(path):
        pass


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = small(tmp_path / "kopi.zip")
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["kopi.zip"]
    with archive.whole(path) as backup:
        manifest = backup.manifest
        assert (manifest.vendor, manifest.made_at, manifest.migrations) == ("sqlite", HEAD["made_at"], [("a", "0001")])
        assert [(table.name, table.rows, table.last) for table in manifest.tables] == [("b", 2, 2), ("a", 0, None)]
        assert backup.rows_of(manifest.tables[0]).read() == b'[1, "Rune"]\n[2, "Tove"]\n'
    with zipfile.ZipFile(path) as plain:
        assert plain.testzip() is None, "anybody's zip program reads it"


def test_every_single_byte_counts(tmp_path: Path) -> None:
    path = small(tmp_path / "kopi.zip")
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        refused(path)


@pytest.mark.parametrize("length", [0, 1, HEX - 1, HEX, HEX + 1, -1, -HEX, -HEX - 1])
def test_file_cut_short_or_longer_is_refused(tmp_path: Path, length: int) -> None:
    path = small(tmp_path / "kopi.zip")
    data = path.read_bytes()
    path.write_bytes(data[:length])
    refused(path)
    path.write_bytes(data + b"\n")
    refused(path)


def test_one_byte_in_each_member_of_a_whole_backup_is_found(kept: Kept, tmp_path: Path) -> None:
    data, rng = kept.file.read_bytes(), random.Random(5)  # noqa: S311 - the same bytes each time
    with zipfile.ZipFile(kept.file) as plain:
        members = plain.infolist()
    assert len(members) > 70
    path = tmp_path / "kopi.zip"
    for one in members:
        at = one.header_offset
        name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
        place = at + 30 + name + extra + rng.randrange(max(1, one.compress_size))
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        refused(path)
        # Also where somebody made the zip and its seal anew.
        with zipfile.ZipFile(kept.file) as plain:
            text = plain.read(one)
        if text and one.filename != MANIFEST:
            place = rng.randrange(len(text))
            rewritten(kept.file, path, one.filename, text[:place] + bytes([text[place] ^ 4]) + text[place + 1 :])
            refused(path)


def rewritten(source: Path, path: Path, change: str, to: bytes | None) -> None:
    """The backup with one member another, in a zip that is as whole as any."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = to if name == change else old.read(name)
            if text is not None:
                new.writestr(name, text)
        new.comment = archive.SEAL + b"0" * HEX
    sealed(path)


def test_another_row_another_table_or_one_less_is_not_what_the_manifest_says(tmp_path: Path) -> None:
    source, path = small(tmp_path / "kopi.zip"), tmp_path / "ny.zip"
    rewritten(source, path, "ingen", None)
    with archive.whole(path):
        pass
    for member, to in (("tables/b", b'[1, "Rune"]\n[2, "Tova"]\n'), ("tables/b", b'[1, "Rune"]\n'), ("tables/a", None)):
        rewritten(source, path, member, to)
        refused(path)
    for text in (b"{}", b"[]", b"ikke json", json.dumps({"format": 2}).encode()):
        rewritten(source, path, MANIFEST, text)
        refused(path)


def test_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kopi.zip"
    path.write_text("noget andet")
    with pytest.raises(FileExistsError):
        small(path)
    assert path.read_text() == "noget andet"
    assert os.listdir(tmp_path) == ["kopi.zip"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), RuntimeError("died"), KeyboardInterrupt()])
def test_whatever_stops_it_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def stops() -> Iterator[bytes]:
        yield b"1\n"
        raise error

    with pytest.raises(type(error)):
        archive.write(tmp_path / "kopi.zip", [Contents("b", ["id"], 1, stops())], left_out={}, **HEAD)
    assert os.listdir(tmp_path) == []
