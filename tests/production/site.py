"""The production shape on this machine: each service's very command, with addresses, ports and folders of its own.

Web processes listen on 127.0.0.2 and up, on one port, as containers do; a name server of the test's own tells nginx of
them, as Compose's does. Everything is in one folder and ends with the `with`.
"""

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests.production import compose
from tests.production.compose import HOST, ROOT
from tests.stack import Part, Started, free_port, postgres_programs, wait_for

SECRETS = {
    "postgres_password": "kodeord/med:tegn@og%20 mere",
    "secret_key": "en-noegle-af-en-fornuftig-laengde-" + "k9" * 20,
    "health_token": "en-lang-noegle-for-den-der-passer-paa",
    "smtp_password": "hemmeligt-mailkodeord",
}


def missing() -> str:
    """What this machine lacks, in Danish; '' when it lacks nothing."""
    wanted = ("nginx", "openssl", "redis-server", "redis-cli", "curl")
    programs = [name for name in wanted if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if postgres_programs() is None:
        programs.append("PostgreSQL")
    return f"{', '.join(programs)} er her ikke" if programs else ""


def server_user(name: str) -> str | None:
    """Whom a server runs as when the tests are root's, as its image says; None for oneself."""
    if os.getuid() != 0:
        return None
    return pwd.getpwnam(name).pw_name


class NameServer:
    """Answers every question for an address with those of the web services."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                asked, who = self._socket.recvfrom(512)
                if not asked:
                    return
                question = asked[12 : asked.index(b"\0", 12) + 5]
                found = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(a) for a in self.addresses]
                head = asked[:2] + struct.pack(">HHHHH", 0x8180, 1, len(found), 0, 0)
                self._socket.sendto(head + question + b"".join(found), who)

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Site(Started):
    """All services of docker-compose.yml. Parts are named as there; web services `web-1` and so on."""

    def __init__(self) -> None:
        # Not in pytest's folder: the servers' own users may not look into it.
        self.folder = Path(tempfile.mkdtemp(prefix="botilbud-site-"))
        self.folder.chmod(0o755)
        self.parts: dict[str, Part] = {}
        self.names = NameServer()
        self.ports = {name: free_port() for name in ("db", "redis", "http", "https")}
        self.web_port = free_port()
        programs = postgres_programs()
        assert programs is not None
        self.path = f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}:/usr/sbin"

    # --- as composed, but here ---

    def here(self, text: str, address: str = "127.0.0.1") -> str:
        """A word of the files with this installation's addresses, ports and folders."""
        for there, mine in (
            ("@db:5432", f"@127.0.0.1:{self.ports['db']}"),
            ("redis://redis:6379", f"redis://127.0.0.1:{self.ports['redis']}"),
            ("0.0.0.0", address),  # noqa: S104 - the word in the file
            ("127.0.0.1:8000", f"{address}:{self.web_port}"),
            (compose.SECRETS, f"{self.folder}/secrets/"),
            ("/srv/static", f"{self.folder}/srv/static"),
            ("/tmp/beat", f"{self.folder}/tmp/beat"),  # noqa: S108 - the word in the file
        ):
            text = text.replace(there, mine)
        return str(self.web_port) if text == "8000" else text

    def environment(self, service: str) -> dict[str, str]:
        """What the service is given, and what its image and its container give it."""
        image = {"PATH": self.path, "PYTHONUNBUFFERED": "1", "HOSTNAME": socket.gethostname(), "LC_ALL": "C.UTF-8"}
        image["BOTILBUD_STATIC_ROOT"] = f"{self.folder}/{'srv' if service == 'static' else 'image'}/static"
        image["BOTILBUD_VAR"] = f"{self.folder}/var"
        return image | {name: self.here(value) for name, value in compose.environment(service).items()}

    def once(self, service: str, *words: str, address: str = "127.0.0.1") -> str:
        """What the service's command (or the words instead) prints when run to its end; fails when it fails."""
        command = [self.here(word, address) for word in words or compose.command(service)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(service), capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{service}: {done.stdout}{done.stderr}"
        return done.stdout

    def well(self, service: str, *more: str, address: str = "127.0.0.1") -> bool:
        """Whether the service's health check says so."""
        command = [self.here(word, address) for word in compose.health_command(service)]
        done = subprocess.run(
            [*command[:1], *more, *command[1:]], cwd=ROOT, env=self.environment(service), capture_output=True,
            check=False, timeout=60,
        )  # fmt: skip
        return done.returncode == 0

    # --- starting ---

    def _start(self) -> None:
        for name in ("secrets", "tmp", "srv/static", "image/static"):
            (self.folder / name).mkdir(parents=True)
        for name, value in SECRETS.items():
            (self.folder / "secrets" / name).write_text(value + "\n")
        self._certificate()
        self._database()
        self._add("redis", [*compose.command("redis"), "--port", str(self.ports["redis"]), "--bind", "127.0.0.1"])
        assert wait_for(lambda: self.well("redis", "-p", str(self.ports["redis"])), 30), self.parts["redis"].tail()
        self.once("migrate")
        self.once("static")
        # The image's own files, which the proxy does not see.
        shutil.copytree(self.folder / "srv/static", self.folder / "image/static", dirs_exist_ok=True)
        for _ in range(compose.services()["web"]["deploy"]["replicas"]):
            self.add_web()
        self._add("worker", compose.command("worker"))
        self._add("beat", [self.here(word) for word in compose.command("beat")])
        self._proxy()

    def _add(self, name: str, command: list[str], **more: Any) -> Part:
        env = more.pop("env", None) or self.environment(name.partition("-")[0])
        part = Part(name, command, folder=self.folder, env=env, **more)
        if user := more.get("user"):
            # The process opens what it writes to by name, as a container's does.
            part.log.touch()
            shutil.chown(part.log, user)
        self.parts[name] = part
        part.start()
        return part

    def add_web(self) -> str:
        """One more web service, known to the name server once it is well. Returns its address."""
        address = f"127.0.0.{len(self.names.addresses) + 2}"
        command = [self.here(word, address) for word in compose.command("web")]
        ready = lambda: self.well("web", address=address)  # noqa: E731 - it is handed on
        self._add(f"web-{len(self.names.addresses) + 1}", command, ready=ready)
        self.names.addresses.append(address)
        return address

    def _certificate(self) -> None:
        names = f"subjectAltName=DNS:{HOST},IP:127.0.0.1"
        key, certificate = self.folder / "secrets/tls_key", self.folder / "secrets/tls_certificate"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
             "-addext", names, "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        key.chmod(0o644)

    def _database(self) -> None:
        user = server_user("postgres")
        as_server: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
        data, port = self.folder / "pg", str(self.ports["db"])
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user, user)
        env = {"PATH": self.path, "LC_ALL": "C.UTF-8"}
        # What the image does at its first start.
        password = self.folder / "secrets/postgres_password"
        subprocess.run(
            ["initdb", "-D", data, "-U", "botilbud", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8"],
            env=env, check=True, capture_output=True, cwd="/", timeout=120, **as_server,
        )  # fmt: skip
        command = [*compose.command("db"), "-D", str(data), "-p", port, "-c", "unix_socket_directories="]
        self._add("db", command, env=env, user=user, ready=lambda: self.well("db", "-p", port))
        with self.database("postgres") as connection:
            connection.execute("CREATE DATABASE botilbud")

    def database(self, name: str = "botilbud") -> psycopg.Connection[Any]:
        """A connection of one's own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.ports["db"], user="botilbud", dbname=name,
            password=SECRETS["postgres_password"], autocommit=True,
        )  # fmt: skip

    def _proxy(self) -> None:
        text = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
        for there, mine, times in (
            (" /tmp/", f" {self.folder}/tmp/", 6),  # noqa: S108 - the word in the file
            ("listen 8080", f"listen 127.0.0.1:{self.ports['http']}", 1),
            ("listen 8443", f"listen 127.0.0.1:{self.ports['https']}", 1),
            ("resolver 127.0.0.11", f"resolver 127.0.0.1:{self.names.port}", 1),
            ("http://web:8000", f"http://web:{self.web_port}", 1),
            (compose.SECRETS, f"{self.folder}/secrets/", 2),
            ("root /srv;", f"root {self.folder}/srv;", 1),
        ):
            assert text.count(there) == times, there
            text = text.replace(there, mine)
        (self.folder / "nginx.conf").write_text(text)
        user = server_user("www-data")
        if user:
            shutil.chown(self.folder / "tmp", user)
        command = [*compose.command("proxy"), "-c", str(self.folder / "nginx.conf")]

        def ready() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports["https"]), timeout=1):
                return True
            return False

        self._add("proxy", command, user=user, ready=ready)

    # --- while it runs ---

    def shell(self, code: str) -> str:
        """What a piece of Python prints inside the app."""
        return self.once("web", "python", "manage.py", "shell", "-v", "0", "-c", code)

    def lines(self, name: str) -> list[str]:
        """What a part has written."""
        return self.parts[name].log.read_text(errors="replace").splitlines()

    def close(self) -> None:
        """Ends all of it and takes its folder away."""
        for part in reversed(list(self.parts.values())):
            part.kill()
        self.names.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Browser:
    """HTTPS as a browser speaks it to the site: its name, its certificate, its cookies, its origin."""

    def __init__(self, site: Site) -> None:
        self._port = site.ports["https"]
        self._trust = ssl.create_default_context(cafile=str(site.folder / "secrets/tls_certificate"))
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.token = ""

    def _open(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> HTTPResponse:
        connection = HTTPSConnection("127.0.0.1", self._port, timeout=30, context=self._trust)
        sent = {"Host": HOST, "Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if method == "POST":
            sent |= {"Origin": f"https://{HOST}", "Content-Type": "application/x-www-form-urlencoded"}
            sent |= {"X-CSRFToken": self.token} if self.token else {}
        connection.request(method, path, body, {**sent, **headers})
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.set_cookies.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        return answer

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, str]:
        """The answer and its text."""
        answer = self._open("GET", path, None, _named(headers))
        return answer, _text(answer)

    def post(self, path: str, data: dict[str, Any] | str, **headers: str) -> tuple[HTTPResponse, str]:
        """The same for a form."""
        body = data if isinstance(data, str) else urlencode(data)
        answer = self._open("POST", path, body, _named(headers))
        return answer, _text(answer)

    def events(self, path: str) -> Iterator[tuple[str, Any]]:
        """The events of a stream as they come, until it ends."""
        answer = self._open("GET", path, None, {"Accept": "text/event-stream"})
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
        name = ""
        with contextlib.suppress(OSError, HTTPException):
            for raw in answer:
                word, _, rest = raw.decode().rstrip("\n").partition(": ")
                if word == "event":
                    name = rest
                elif word == "data":
                    yield name, json.loads(rest)

    def sign_in(self, mail: str, password: str, code: str) -> str:
        """Password, then the code of the second factor. Returns where it led."""
        _, page = self.get("/konto/login/")
        answer, _ = self.post("/konto/login/", {"login": mail, "password": password, **hidden(page)})
        assert (answer.status, answer.headers["Location"]) == (302, "/konto/2fa/authenticate/")
        _, page = self.get("/konto/2fa/authenticate/")
        answer, text = self.post(
            "/konto/2fa/authenticate/", {"code": code, "csrfmiddlewaretoken": hidden(page)["csrfmiddlewaretoken"]}
        )
        assert answer.status == 302, text
        _, found = self.get("/noegle/", X_Requested_With="board")
        self.token = json.loads(found)["csrf"]
        return str(answer.headers["Location"])


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _text(answer: HTTPResponse) -> str:
    return answer.read().decode("utf-8", "replace")


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
