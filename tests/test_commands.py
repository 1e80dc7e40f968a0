"""./run as a person uses it: one address, web and worker together, a task through the broker, Ctrl-C ends all of it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.stack import free_port, wait_for

pytestmark = pytest.mark.both

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database and a broker of its own, of the kind this test run uses."""
    env = {**os.environ, "BOTILBUD_VAR": str(tmp_path)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    env.pop("BOTILBUD_SECRET_KEY", None)
    base, name = os.environ.get("DATABASE_URL", ""), f"botilbud_run_{os.getpid()}"
    if base:
        with psycopg.connect(base, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        env["DATABASE_URL"] = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    yield env
    if base:
        with psycopg.connect(base, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_run_starts_everything_and_control_c_ends_everything(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "run.log"
    with log.open("wb") as out:
        # The test environment is the app's environment; preparing another is what .ci/run does from a bare clone.
        code = (
            "import sys, pathlib; sys.path.insert(0, 'tools'); import bootstrap;"
            "bootstrap.PYTHON = pathlib.Path(sys.executable);"
            f"bootstrap.ensure_environment = lambda lock: None; sys.exit(bootstrap.run(['--port', '{port}']))"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        assert wait_for(lambda: "kører på" in log.read_text() or process.poll() is not None, 120), log.read_text()
        assert process.poll() is None, log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/demo/") as page:
            assert "Log ind som" in page.read().decode()

        # A task through the broker reaches the worker, which plans today's reminders.
        env = {**environment, "DJANGO_SETTINGS_MODULE": "botilbud.settings", "BOTILBUD_DEMO": "1"}
        call = [sys.executable, "-m", "celery", "-A", "botilbud", "call", "operations.minute"]
        subprocess.run(call, cwd=ROOT, env=env, check=True, capture_output=True)
        count = [
            sys.executable, "manage.py", "shell", "-v", "0", "-c",
            "from reminders.models import Reminder; print(Reminder.objects.system('test').count())",
        ]  # fmt: skip

        def planned() -> bool:
            done = subprocess.run(count, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
            return int(done.stdout.strip().splitlines()[-1]) > 0

        assert wait_for(planned, 120), log.read_text()

        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        assert len(children) >= 2
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, log.read_text()
        assert "Stoppet." in log.read_text()
        assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 30)
        assert wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) != 0, 30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_run_refuses_a_port_in_use_with_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = (
            "import sys; sys.path.insert(0, 'tools'); import bootstrap;"
            f"bootstrap.ensure_environment = lambda lock: None; sys.exit(bootstrap.run(['--port', '{port}']))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {port} er optaget" in done.stderr
