"""The rooms of the house, from left to right, and their files (docs/architecture.md). Every test that needs them asks
here."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each may know those before it.
ROOMS = [
    "core",
    "audit",
    "organisation",
    "accounts",
    "criteria",
    "residents",
    "boards",
    "care",
    "meetings",
    "reminders",
    "privacy",
    "operations",
    "administration",
    "demo",
    "botilbud",
]


def files(room: str) -> list[Path]:
    """The room's Python files, without migrations."""
    return sorted(path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


FILES = [path for room in ROOMS for path in files(room)]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
STYLES = sorted((ROOT / "static/css").rglob("*.css"))


def short(path: Path) -> str:
    """The path from the project's root."""
    return path.relative_to(ROOT).as_posix()
