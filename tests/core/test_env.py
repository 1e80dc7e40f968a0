"""Secrets from files, numbers, and who is believed about the caller's address."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from core import env
from tests.conftest import Cast, text_in

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "en-noegle-af-en-fornuftig-laengde-" + "k9" * 20
PRODUCTION = {
    "PATH": os.environ["PATH"], "BOTILBUD_DEMO": "0", "BOTILBUD_TLS": "1", "BOTILBUD_HOSTS": "tavlen.x.invalid",
}  # fmt: skip


def manage(tmp_path: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """manage.py as it is started in production, with no settings but these."""
    environment = {**PRODUCTION, "BOTILBUD_VAR": str(tmp_path / "var"), **more}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["BOTILBUD_SECRET_KEY", "BOTILBUD_SMTP_PASSWORD", "REDIS_URL", "BOTILBUD_PROVIDERS"])
def test_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.delenv(name, raising=False)
    path = tmp_path / "secret"
    path.write_text("hemmelig æøå\n", encoding="utf-8")
    monkeypatch.setenv(f"{name}_FILE", str(path))
    assert env.text(name) == "hemmelig æøå"
    monkeypatch.setenv(name, "også her")
    with pytest.raises(ImproperlyConfigured, match="Behold kun den ene"):
        env.text(name)


def test_database_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgresql://tavlen:a%40b@db:5433/botilbud\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL_FILE", str(path))
    found = env.database("DATABASE_URL", tmp_path / "x")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("tavlen", "a@b", "db", "5433")


def test_databases_password_may_stand_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("a/b@c:d%20\n")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(path))
    for url, password in (("postgresql://tavlen@db:5433/b", "a/b@c:d%20"), ("postgresql://tavlen:kort@db/b", "kort")):
        monkeypatch.setenv("DATABASE_URL", url)
        assert env.database("DATABASE_URL", tmp_path / "x")["PASSWORD"] == password


@pytest.mark.parametrize("content", [None, b"", b"  \n", b"\xff\xfe"])
def test_file_that_is_missing_empty_or_unreadable_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("REDIS_URL_FILE", str(path))
    with pytest.raises(ImproperlyConfigured, match=r"REDIS_URL_FILE peger på .*, som (ikke findes|er tom)"):
        env.text("REDIS_URL")


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "99999", "²"])
def test_number_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BOTILBUD_SMTP_PORT", value)
    with pytest.raises(ImproperlyConfigured, match="helt tal"):
        env.number("BOTILBUD_SMTP_PORT", 25, 1, 65535)


def test_start_without_a_secrets_file_ends_in_danish(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", BOTILBUD_SECRET_KEY_FILE=str(tmp_path / "ingen"))
    assert done.returncode != 0
    assert "som ikke findes eller ikke kan læses" in done.stderr


def test_production_settings_have_nothing_to_be_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET)
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", BOTILBUD_SECRET_KEY_FILE=str(path))
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    asked = "from django.conf import settings as s; print(s.SECOND_FACTOR, s.PROXIES, s.SECURE_PROXY_SSL_HEADER)"
    assert manage(tmp_path, "shell", "-v", "0", "-c", asked, BOTILBUD_SECRET_KEY=SECRET).stdout.split() == [
        "everybody", "0", "None",
    ]  # fmt: skip
    behind = manage(tmp_path, "shell", "-v", "0", "-c", asked, BOTILBUD_SECRET_KEY=SECRET, BOTILBUD_PROXY="1")
    assert behind.stdout.split()[1:] == ["1", "('HTTP_X_FORWARDED_PROTO',", "'https')"]


def guess(number: int, forwarded: str, mail: str) -> Any:
    cache.clear()  # the sign-in library counts too, by address alone; here only the lock by caller is looked at
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    client = Client(headers=headers, REMOTE_ADDR="10.0.0.7")
    return client.post("/konto/login/", {"login": mail, "password": f"forkert {number}"})


@pytest.mark.parametrize(("proxies", "forwarded"), [(0, "203.0.113.{n}"), (1, "203.0.113.{n}, 198.51.100.4")])
def test_caller_cannot_escape_the_lock_by_naming_other_addresses(
    cast: Cast, settings: Any, proxies: int, forwarded: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    answers = [guess(n, forwarded.format(n=n), cast.mette.email) for n in range(7)]
    assert [answer.status_code for answer in answers[-2:]] == [429, 429]
    assert AccessAttempt.objects.count() == 1
    assert AccessAttempt.objects.get().ip_address == ("198.51.100.4" if proxies else "10.0.0.7")


def test_two_callers_behind_one_proxy_do_not_lock_each_other_out(cast: Cast, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(7):
        guess(n, "198.51.100.4", cast.mette.email)
    assert "Mailadressen og adgangskoden passer ikke sammen." in text_in(guess(8, "198.51.100.5", cast.mette.email))
