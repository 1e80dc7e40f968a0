"""Typed readers of the environment. A wrong value stops the start with a sentence, never later with a stack trace."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable's text, or that of the file NAME_FILE names; the default when both are unset or empty.

    Raises ImproperlyConfigured when both are set, or the file cannot be read or is empty.
    """
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if not path:
        return value or default
    if value:
        raise ImproperlyConfigured(f"Både {name} og {name}_FILE er sat. Behold kun den ene.")
    return read(path, f"{name}_FILE")


def read(path: str, name: str) -> str:
    """The text of a file that a setting names, without the line break at its end. Raises ImproperlyConfigured."""
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name} peger på {path}, som ikke findes eller ikke kan læses.") from None
    if not text:
        raise ImproperlyConfigured(f"{name} peger på {path}, som er tom.")
    return text


def flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off, in any case."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} skal være 1 eller 0, ikke {value!r}.")


def number(name: str, default: int, low: int = 1, high: int = 10**9) -> int:
    """A whole number from low to high; the default when it is unset. Raises ImproperlyConfigured for anything else."""
    value = text(name).strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise ImproperlyConfigured(f"{name} skal være et helt tal fra {low} til {high}, ikke {value!r}.")
    return int(value)


def choice(name: str, among: tuple[str, ...], default: str) -> str:
    """One of the words, in any case; the default when the variable is unset or empty."""
    value = os.environ.get(name, "").strip().lower() or default
    if value not in among:
        raise ImproperlyConfigured(f"{name} skal være {', '.join(among[:-1])} eller {among[-1]}, ikke {value!r}.")
    return value


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list without blanks."""
    value = os.environ.get(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else default


def database(name: str, sqlite_path: Path) -> dict[str, Any]:
    """Django's settings for the database the URL names, or for the SQLite file when it names none.

    A URL without a password takes DATABASE_PASSWORD, or the file DATABASE_PASSWORD_FILE names, which the database's own
    container can share. Raises ImproperlyConfigured for any scheme but postgres, postgresql and sqlite.
    """
    value = text(name)
    if not value:
        return sqlite(sqlite_path)
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name}: kender ikke {parts.scheme!r}; brug postgresql:// eller sqlite://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or text(name.replace("_URL", "_PASSWORD")),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # After five times, PostgreSQL keeps the plan of a connection's statement (docs/decisions/0023).
        "OPTIONS": {"connect_timeout": 5, "server_side_binding": True, "prepare_threshold": 5},
    }


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as this project needs it. A transaction takes the write lock first; taken later, it often fails."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        # The threads of a web process keep their connections. Opening the file again costs more than most answers.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # FULL: what we answered as saved is on the disk, even when the laptop in the meeting room loses its power.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        "TEST": {"NAME": text("BOTILBUD_TEST_SQLITE") or None},
    }
