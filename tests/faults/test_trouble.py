"""A full disk, a slow database, a mail server that says no: a Danish sentence, and nothing acknowledged is lost."""

import contextlib
import http.client
import os
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.conftest import Figure, Install
from tests.faults.page import BOARD, Ledger, Page, faults_of, hidden
from tests.faults.post import Post
from tests.faults.test_reminders_killed import LAY, to_ten_in_the_morning
from tests.faults.viewers import WATCHDOG
from tests.stack import Part, Stack, Visitor, below, wait_for

SENTENCE = "Databasen svarer ikke lige nu. Det, du har skrevet, står her stadig. Prøv igen om lidt."
LOG = "Loggen kan ikke skrives lige nu, så siden vises ikke. Prøv igen om lidt."


def one_field(page: Visitor) -> str:
    """A text of the home's own side."""
    found = re.search(r'data-field="(\d+-status-home)"', page.get(BOARD)[1])
    assert found is not None
    return found[1].replace("-", "/")


def form_of(page: Visitor, field: str, text: str) -> dict[str, str]:
    """The form of the text as it was opened while all was well, filled in."""
    status, form = page.get(f"/havtornen/felt/{field}/rediger/")
    assert status == 200
    return {"text": text, "seen": hidden(form, "seen"), "key": hidden(form, "key")}


def written(stack: Stack, text: str) -> int:
    return int(stack.query("SELECT COUNT(*) FROM boards_cellrevision WHERE text = ?", text)[0][0])


def test_full_disk_is_told_and_takes_nothing_that_was_saved(install: Install, figure: Figure, tmp_path: Path) -> None:
    stack = install(webs=1)
    mette, ledger = Page(stack.url, "Mette"), Ledger(tmp_path / "acknowledged")
    field = one_field(mette)
    mette.write(field, "Gemt, før disken blev fuld", ledger)
    sent = form_of(mette, field, "Skrevet, mens disken var fuld")
    path = f"/havtornen/felt/{field}/"
    keeper = stack.parts["postgres" if stack.on_postgres else "web-1"]
    assert keeper.process is not None
    # No file of those who keep the data may grow past its first page: what a full disk does to a log of changes.
    _limit(keeper, "4096")
    refused = []
    for _ in range(3):
        with contextlib.suppress(OSError):
            refused.append(mette.post(path, sent))
        time.sleep(0.3)
    assert refused
    assert set(refused) <= {(503, SENTENCE), (503, LOG)}, refused
    _limit(keeper, "unlimited")
    # PostgreSQL ends itself where it cannot write; a supervisor starts it again. Nobody else is touched.
    if wait_for(lambda: not keeper.alive, 2):
        stack.start("postgres")
    began = time.monotonic()
    status, answer = mette.persist(lambda: mette.post(path, sent))
    assert status == 200, answer
    took = time.monotonic() - began
    assert [written(stack, text) for text in ("Gemt, før disken blev fuld", sent["text"])] == [1, 1]
    assert faults_of(stack) == []
    stack.manage("audit_verify")
    figure(
        f"full disk: {len(refused)} saves answered with a sentence, 0 acknowledged lost, saved once {took:.1f} s after"
    )


def _limit(part: Part, size: str) -> None:
    """How long a file the part and all below it may write."""
    if part.alive and part.process is not None:
        for pid in [part.process.pid, *below(part.process.pid)]:
            # As its own user: root of a container may not do so to others. One that ended meanwhile needs none.
            subprocess.run(
                ["prlimit", "--pid", str(pid), f"--fsize={size}:"], capture_output=True, check=False, user=part.user,
                group=part.user, extra_groups=[] if part.user else None,
            )  # fmt: skip


@contextlib.contextmanager
def held_database(stack: Stack) -> Iterator[None]:
    """Somebody holds what every change needs: the home's clock, or the whole file."""
    if stack.on_postgres:
        with psycopg.connect(stack.direct_url) as connection:
            connection.execute("SELECT * FROM audit_clock WHERE scope LIKE 'home:%' FOR UPDATE")
            yield
            connection.rollback()
        return
    with contextlib.closing(sqlite3.connect(stack.var / "botilbud.sqlite3", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_database_that_is_held_is_told_and_the_text_saved_once_after(install: Install, figure: Figure) -> None:
    stack = install(webs=1)
    mette = Visitor(stack.url, "Mette", timeout=60)
    reader = Visitor(stack.url, "Mette")
    field = one_field(mette)
    sent = form_of(mette, field, "Skrevet, mens databasen var holdt")
    path = f"/havtornen/felt/{field}/"
    with held_database(stack):
        began = time.monotonic()
        answers: list[tuple[int, str]] = []
        saving = threading.Thread(target=lambda: answers.append(mette.post(path, sent)))
        saving.start()
        time.sleep(0.5)
        # Who only looks does not wait for it.
        looked = time.monotonic()
        status, page = reader.get(BOARD)
        looked = time.monotonic() - looked
        assert (status, "<h1>Havtornen</h1>" in page) == (200, True)
        saving.join(60)
        waited = time.monotonic() - began
    assert answers == [(503, SENTENCE)]
    assert written(stack, sent["text"]) == 0
    status, answer = mette.post(path, sent)
    assert status == 200, answer
    assert mette.post(path, sent)[0] == 200, "the same form again is the same save"
    assert written(stack, sent["text"]) == 1
    assert faults_of(stack) == []
    figure(
        f"held database: the sentence after {waited:.1f} s, a page meanwhile after {looked:.2f} s, "
        f"saved once when let go"
    )
    assert waited < 40


def test_slow_and_silent_database_loses_nothing_and_is_not_called_connected(install: Install, figure: Figure) -> None:
    if not os.environ.get("DATABASE_URL"):
        pytest.skip("SQLite er en fil: den kan ikke blive væk undervejs")
    stack = install(webs=1, chaos_db=True)
    mette = Visitor(stack.url, "Mette", timeout=60)
    field = one_field(mette)
    slow = form_of(mette, field, "Skrevet, mens databasen var langsom")
    stack.db_proxy.delay = 0.2
    began = time.monotonic()
    status, answer = mette.post(f"/havtornen/felt/{field}/", slow)
    took = time.monotonic() - began
    stack.db_proxy.mend()
    assert status == 200, answer

    still = form_of(mette, field, "Skrevet, mens databasen tav")
    stream = Stream(stack, mette)
    # Each sixth heartbeat asks the database by itself; the five after it do not.
    assert wait_for(lambda: stream.beats > 6, 60)
    stack.db_proxy.freeze()
    answers: list[tuple[int, str]] = []
    saving = threading.Thread(target=lambda: answers.append(mette.post(f"/havtornen/felt/{field}/", still)))
    saving.start()
    silent = time.monotonic()
    assert wait_for(lambda: stream.dead, 30)
    silent = time.monotonic() - silent
    stack.db_proxy.mend()
    saving.join(60)
    # Five seconds, a heartbeat, and those after which the page itself takes a stream that says nothing for dead.
    assert silent <= 18, "a heartbeat goes on although nobody knows what is new"
    assert [status for status, _ in answers] == [200]
    assert [written(stack, form["text"]) for form in (slow, still)] == [1, 1]
    assert faults_of(stack) == []
    figure(
        f"slow database (0.2 s an answer): saved after {took:.1f} s; silent database: the page says so after "
        f"{silent:.0f} s, what was on its way is saved once"
    )


class Stream:
    """One event stream, read by a thread of its own."""

    def __init__(self, stack: Stack, who: Visitor) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", stack.proxy.port, timeout=60)
        self._connection.request("GET", f"{BOARD}stroem/?since=0&fane=x", headers=who.headers)
        answer = self._connection.getresponse()
        assert answer.status == 200
        self.beats, self._last = 0, time.monotonic()
        self._thread = threading.Thread(target=self._read, args=(answer,), daemon=True)
        self._thread.start()

    def _read(self, answer: http.client.HTTPResponse) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            while line := answer.readline():
                self._last = time.monotonic()
                self.beats += line == b"event: pulse\n"

    @property
    def dead(self) -> bool:
        """Ended, or without a word for so long that the page says it is not connected."""
        return not self._thread.is_alive() or time.monotonic() - self._last > WATCHDOG


def test_mail_server_that_says_no_gets_every_mail_when_it_says_yes(install: Install, figure: Figure) -> None:
    post, count = Post(), 5
    env = {
        "FAULTS_SHIFT": str(to_ten_in_the_morning()), "FAULTS_SMTP": "1", "BOTILBUD_SMTP_HOST": "127.0.0.1",
        "BOTILBUD_SMTP_PORT": str(post.port), "BOTILBUD_SMTP_TLS": "0",
    }  # fmt: skip
    try:
        stack = install(webs=1, settings="tests.faults.settings", env={**env, "FAULTS_LEASE": "1"})
        stack.shell(LAY.format(count=count))
        for mood in ("451", "550", "cut"):
            post.says = mood
            stack.manage("send_reminders")
            assert post.total == 0
            time.sleep(1.5)
        # Somebody who asks for a new password meanwhile is told that it did not go well.
        post.says = "451"
        status, answer = Visitor(stack.url, "Mette").post("/konto/password/reset/", {"email": "mette@demo.invalid"})
        assert (status, answer) == (503, "Mailen kunne ikke sendes lige nu. Prøv igen om lidt.")
        post.says = "ok"
        stack.manage("send_reminders")
    finally:
        post.close()
    ours = {key: times for key, times in post.kept.items() if any("@faults.invalid" in to for to in post.bodies[key])}
    assert len(ours) == count
    assert set(ours.values()) == {1}
    figure(
        f"mail server that says 451, 550 and hangs up: {post.refused} refusals, {len(ours)} of {count} mails "
        f"came, once each"
    )
