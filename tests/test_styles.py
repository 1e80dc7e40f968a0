"""The stylesheets: lines one can read, each rule in a layer, and on each page the sheets its classes need."""

import re
from pathlib import Path

import pytest

from tests.rooms import ROOT, STYLES, TEMPLATES, short

WIDEST = 160
LAYERS = ["reset", "base", "parts", "board", "meeting", "print"]
SHEETS = {path.stem: re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S) for path in STYLES}
TEXTS = {path.relative_to(ROOT / "templates").as_posix(): path.read_text(encoding="utf-8") for path in TEMPLATES}
STYLED = {name: set(re.findall(r"\.([a-z][\w-]*)", text)) for name, text in SHEETS.items()}


def loaded(page: str) -> set[str]:
    """The sheets a page loads, with those of the page it extends."""
    above = re.search(r'\{% extends "([^"]+)"', TEXTS[page])
    return set(re.findall(r"css/(\w+)\.css", TEXTS[page])) | (loaded(above[1]) if above else set())


def classes(page: str) -> set[str]:
    """The classes in a template and in what it includes and extends."""
    own = re.findall(r'\sclass="((?:\{[%{].*?[%}]\}|[^"])*)"', TEXTS[page], re.S)
    found = {word for value in own for word in re.sub(r"\{%.*?%\}|[{}',|]", " ", value).split()}
    return found.union(*(classes(other) for other in re.findall(r'\{% (?:include|extends) "([^"]+)"', TEXTS[page])))


PAGES = [page for page in TEXTS if loaded(page)]


@pytest.mark.parametrize("path", STYLES, ids=short)
def test_no_line_of_a_sheet_is_too_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > WIDEST] == []


def test_each_rule_stands_in_a_layer_of_the_list() -> None:
    """What stands outside the layers would beat them all."""
    assert f"@layer {', '.join(LAYERS)};" in SHEETS["base"]
    for name, text in SHEETS.items():
        outside = re.findall(r"^([^\s}][^{;]*)\{", text, re.M)
        assert {rule.strip() for rule in outside} <= {f"@layer {layer}" for layer in LAYERS} | {
            "@font-face",
            "@page ark",
        }, name


@pytest.mark.parametrize("page", PAGES)
def test_page_loads_the_sheets_its_classes_need_and_no_more_than_three(page: str) -> None:
    sheets = loaded(page)
    assert "base" in sheets
    assert len(sheets) <= 3
    styled = set().union(*(STYLED[sheet] for sheet in sheets))
    assert {one for one in classes(page) - styled if any(one in names for names in STYLED.values())} == set()
