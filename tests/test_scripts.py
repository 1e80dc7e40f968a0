"""The modules of a page: few, and asked for at once."""

import re

import pytest

from tests.conftest import Cast
from tests.rooms import ROOT, SCRIPTS

MOST = 9


def imports(module: str) -> set[str]:
    """What the module imports as it is read; not what it fetches later."""
    source = (ROOT / f"static/js/{module}.js").read_text(encoding="utf-8")
    return set(re.findall(r'^import [^"]*"\./(\w+)\.js";$', source, re.M))


def with_imports(modules: set[str]) -> set[str]:
    further = modules.union(*map(imports, modules))
    return modules if further == modules else with_imports(further)


@pytest.mark.parametrize("place", ["tavle/", "moede/1/", "beboere/"])
def test_page_names_every_module_it_uses_and_they_are_few(cast: Cast, place: str) -> None:
    cast.start()
    page = cast.client(cast.mette).get(f"/havtornen/{place}").content.decode()
    named = re.findall(r'(?:src|href)="/static/js/(\w+)\.js"', page)
    assert sorted(named) == sorted(with_imports(set(named)))
    assert 0 < len(named) <= MOST


def test_every_module_says_what_it_is_for() -> None:
    assert [path.name for path in SCRIPTS if not path.read_text(encoding="utf-8").startswith("// ")] == []
