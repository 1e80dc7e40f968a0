"""How a template is written: lines one can read."""

import re

from tests.rooms import FILES, ROOT, TEMPLATES, short

# As long as a line of Python; `djangofmt --check` (.ci/run) sees to the rest.
WIDEST = 120


def test_no_line_of_a_template_is_too_long() -> None:
    assert [
        f"{short(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > WIDEST
    ] == []


def test_every_template_a_view_names_is_there() -> None:
    named = [
        (short(path), name)
        for path in FILES
        for name in re.findall(r'"((?:[a-z_]+/)*[a-z_]+\.html)"', path.read_text(encoding="utf-8"))
    ]
    assert len(named) > 100
    assert [(path, name) for path, name in named if not (ROOT / "templates" / name).exists()] == []
