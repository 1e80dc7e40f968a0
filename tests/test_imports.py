"""The arrows of the house: rooms to the left know nothing of those to the right (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = [
    "botilbud.lib",
    "botilbud.audit",
    "botilbud.organisation",
    "criteria",
    "residents",
    "boards",
    "meetings",
    "control",
    "reminders",
    "retention",
    "backup",
    "administration",
    "botilbud.demo",
]
FILES = [
    path
    for room in ORDER
    for path in sorted((ROOT / room.replace(".", "/")).rglob("*.py"))
    if "migrations" not in path.parts
]


def room_of(module: str) -> str | None:
    return next((room for room in ORDER if module == room or module.startswith(f"{room}.")), None)


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, inside a function) of every import in the file."""
    found: list[tuple[str, bool]] = []

    def walk(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            deeper = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            if isinstance(child, ast.Import):
                found.extend((alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                found.append((child.module, inside))
                found.extend((f"{child.module}.{alias.name}", inside) for alias in child.names)
            walk(child, deeper)

    walk(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_room_imports_only_leftwards(path: Path) -> None:
    own = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert own is not None
    for module, inside in imports(path):
        assert not inside, f"import of {module} inside a function"
        other = room_of(module)
        if other is not None:
            assert ORDER.index(other) <= ORDER.index(own), f"{own} may not know {other}"


def test_no_type_checking_escape() -> None:
    for path in FILES:
        assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8"), path


def test_every_room_is_looked_at() -> None:
    assert len(FILES) > 50
