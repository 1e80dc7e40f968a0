"""How a template is written: lines one can read."""

import re

import pytest
from django import forms
from django.core.exceptions import ValidationError

from core.fields import text
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


def test_no_field_cuts_what_is_pasted_in_it() -> None:
    """What is too long is refused with a word. A search may be cut; a code and a password have their own length."""
    cut = [
        (short(path), line.strip())
        for path in TEMPLATES
        for line in re.findall(r"<(?:input|textarea)[^>]*maxlength[^>]*>", path.read_text(encoding="utf-8"))
        if 'type="search"' not in line
    ]
    assert [path for path, _ in cut] == ["templates/accounts/_locked.html"] * 2
    field = text(5, "Navn")
    assert "maxlength" not in str(field.get_bound_field(forms.Form(), "name"))
    with pytest.raises(ValidationError, match=r"Der er plads til 5 tegn\."):
        field.clean("Sekstegn")
