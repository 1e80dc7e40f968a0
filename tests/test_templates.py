"""How a template is written: lines one can read."""

from tests.rooms import TEMPLATES, short

# As long as a line of Python; `djangofmt --check` (.ci/run) sees to the rest.
WIDEST = 120


def test_no_line_of_a_template_is_too_long() -> None:
    assert [
        f"{short(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > WIDEST
    ] == []
