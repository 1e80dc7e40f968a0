"""docker-compose.yml against the official schema, and what an installation must not get wrong."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from jsonschema import Draft202012Validator

from core.web import BUSY, TOO_BIG
from tests.fuzz.world import NAMES, PLACES
from tests.production import compose
from tests.production.compose import ROOT

SCHEMA = json.loads((ROOT / "tests/vendor/compose/compose-spec.json").read_text())
NGINX = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")


def faults(file: dict[str, Any]) -> list[str]:
    """Where the file breaks the schema."""
    return ["/".join(map(str, error.absolute_path)) for error in Draft202012Validator(SCHEMA).iter_errors(file)]


def test_file_keeps_to_the_official_schema() -> None:
    assert faults(compose.load()) == []


@pytest.mark.parametrize(("service", "key", "value", "where"), [
    ("worker", "comand", ["celery"], "services/worker"),
    ("proxy", "ports", ["443:8443", ["80"]], "services/proxy/ports/1"),
    ("proxy", "ports", [{"target": "8443", "publish": 443}], "services/proxy/ports/0"),
    ("web", "healthcheck", {"tets": ["CMD", "true"]}, "services/web/healthcheck"),
    ("db", "depends_on", {"redis": {"condition": "service_running"}}, "services/db/depends_on"),
])  # fmt: skip
def test_fault_is_found(service: str, key: str, value: Any, where: str) -> None:
    file = copy.deepcopy(compose.load())
    file["services"][service][key] = value
    assert any(fault.startswith(where) for fault in faults(file)), faults(file)


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert {name for name, one in compose.services().items() if "ports" in one} == {"proxy"}
    inside = [port.partition(":")[2] for port in compose.services()["proxy"]["ports"]]
    assert inside == re.findall(r"(?m)^\s+listen (\d+)", NGINX)
    file = compose.load()
    assert file["networks"]["inside"] == {"internal": True}
    for name in ("db", "redis"):
        assert file["services"][name]["networks"] == ["inside"]
    assert not any(one.get("network_mode") or one.get("privileged") for one in file["services"].values())


def test_there_is_one_beat_and_no_other_ticks() -> None:
    beats = [name for name in compose.services() if {"beat", "-B", "--beat"} & set(command_of(name))]
    assert beats == ["beat"]
    assert compose.services()["beat"].get("deploy", {}).get("replicas", 1) == 1


def command_of(name: str) -> list[str]:
    one = compose.services()[name]
    return compose.command(name) if "command" in one or "build" in one else []


def test_every_service_is_looked_after_or_ends_by_itself() -> None:
    for name, one in compose.services().items():
        once = one["restart"] == "no"
        assert once != ("healthcheck" in one), name
        assert once or one["restart"] == "unless-stopped", name
        waits = [wait["condition"] for wait in one.get("depends_on", {}).values()]
        assert not any(wait == "service_started" for wait in waits), name


def test_no_service_may_more_than_it_must() -> None:
    for name, one in compose.services().items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
    stages = re.split(r"(?m)^FROM ", (ROOT / "Dockerfile").read_text())[1:]
    assert len(stages) == 2
    assert all(re.search(r"(?m)^USER (?!root|0)", stage) for stage in stages)
    assert {compose.services()[name]["user"] for name in ("db", "redis")} == {"postgres", "redis"}


def test_every_service_has_a_limit_of_memory() -> None:
    """What grows without end is ended and begun again, instead of taking the machine from the others."""
    for name, one in compose.services().items():
        assert re.fullmatch(r"\d+[mg]", str(one.get("mem_limit"))), name


def test_secrets_stand_in_files_alone() -> None:
    file = compose.load()
    for name, one in compose.services().items():
        for variable, value in one.get("environment", {}).items():
            if SECRET.search(variable):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert str(value).removeprefix(compose.SECRETS) in one["secrets"], f"{name}: {variable}"
            assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), f"{name}: a password in {variable}"
    for name, secret in file["secrets"].items():
        assert set(secret) == {"file"}, name
        assert secret["file"].startswith("secrets/"), name
    for kept_out in (".gitignore", ".dockerignore"):
        lines = (ROOT / kept_out).read_text().split()
        assert {"secrets", ".env"} <= {line.rstrip("/") for line in lines}, kept_out


def test_every_variable_is_one_the_app_reads() -> None:
    known = (ROOT / "botilbud/settings.py").read_text()
    for variable in compose.environment("web"):
        plain = variable.removesuffix("_FILE")
        # The password beside the database's address is read with it (tests/core/test_env.py).
        assert f'"{plain}"' in known or plain == "DATABASE_PASSWORD", variable


def test_settings_as_composed_have_nothing_to_be_warned_of(tmp_path: Path) -> None:
    for name in compose.services()["web"]["secrets"]:
        (tmp_path / name).write_text("en-noegle-af-en-fornuftig-laengde-" + "k9" * 20)
    given = {name: value.replace(compose.SECRETS, f"{tmp_path}/") for name, value in compose.environment("web").items()}
    place = {"PATH": os.environ["PATH"], "BOTILBUD_VAR": str(tmp_path / "var")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env={**place, **given}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


# --- the proxy's configuration ---------------------------------------------------------------------------------------


def test_every_stream_passes_unheld() -> None:
    block = re.search(r"location ~ (\S+) \{([^}]*)\}", NGINX)
    assert block is not None
    assert "proxy_buffering off" in block[2]
    some = {"slug": "havtornen", "code": "x", "day": "2026-11-17", "column": "goals", "side": "joint"}
    streams = [name for name in NAMES if name.endswith("-stream")]
    assert len(streams) >= 2
    for name in NAMES:
        address = reverse(name, kwargs={place: some.get(place, 1) for place in PLACES[name]})
        assert bool(re.search(block[1], address)) == (name in streams), address


def test_what_is_too_much_is_told_as_the_app_tells_it() -> None:
    assert f'return 413 "{TOO_BIG}";' in NGINX
    assert f'return 429 "{BUSY}";' in NGINX
    assert "client_max_body_size 1m;" in NGINX
