"""The arrows of the house: rooms to the left know nothing of those to the right (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from tests.rooms import FILES, ROOMS, ROOT, short


def room_of(module: str) -> str | None:
    """The room a module stands in; None for a library."""
    first = module.split(".")[0]
    return first if first in ROOMS else None


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


@pytest.mark.parametrize("path", FILES, ids=short)
def test_room_imports_only_leftwards(path: Path) -> None:
    own = room_of(short(path).split("/")[0])
    assert own is not None
    for module, inside in imports(path):
        assert not inside, f"import of {module} inside a function"
        other = room_of(module)
        if other is not None:
            assert ROOMS.index(other) <= ROOMS.index(own), f"{own} may not know {other}"


def test_no_type_checking_escape() -> None:
    for path in FILES:
        assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8"), path


def test_list_of_rooms_is_whole() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks", "tools"}
    assert packages == set(ROOMS)
    assert [app for app in settings.INSTALLED_APPS if app in ROOMS] == [
        room for room in ROOMS if room not in ("core", "botilbud")
    ]
    assert len(FILES) > 200
