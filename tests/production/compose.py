"""docker-compose.yml, Dockerfile and the proxy's configuration as the tests read them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = "/run/secrets/"
# What an installation must say of itself.
HOST = "tavlen.x.invalid"
SAID = {"BOTILBUD_HOST": HOST, "BOTILBUD_SMTP_HOST": "127.0.0.1", "BOTILBUD_MAIL_FROM": f"tavlen@{HOST}"}


def load() -> dict[str, Any]:
    """The file, its anchors merged."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    """Each service by its name."""
    found: dict[str, dict[str, Any]] = load()["services"]
    return found


def filled(text: str, said: Mapping[str, str] = SAID) -> str:
    """The text with ${NAME:?} and ${NAME:-else} put in, and $$ made one. Raises KeyError for what is not said."""

    def value(found: re.Match[str]) -> str:
        name, otherwise = found["name"], found["otherwise"]
        return said[name] if otherwise is None else said.get(name) or otherwise

    text = re.sub(r"(?<!\$)\$\{(?P<name>\w+):(?:\?|-(?P<otherwise>[^}]*))\}", value, text)
    return text.replace("$$", "$")


def environment(service: str) -> dict[str, str]:
    """The variables a service is given."""
    return {name: filled(str(value)) for name, value in services()[service].get("environment", {}).items()}


def command(service: str) -> list[str]:
    """What a service runs: its own command, else that of the image built for it."""
    one = services()[service]
    if "command" in one:
        return [filled(word) for word in one["command"]]
    return image_command(one["build"]["target"])


def health_command(service: str) -> list[str]:
    """What is run to see whether a service is well."""
    kind, *words = services()[service]["healthcheck"]["test"]
    words = [filled(word) for word in words]
    return ["sh", "-c", *words] if kind == "CMD-SHELL" else words


def image_command(target: str) -> list[str]:
    """CMD of an image in the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    stage = next(part for part in re.split(r"(?m)^FROM ", text) if re.match(rf"\S+ AS {target}\b", part))
    found = re.search(r"(?m)^CMD (\[.*\])", stage)
    assert found is not None
    words: list[str] = json.loads(found[1])
    return words
