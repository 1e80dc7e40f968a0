"""What a template loses on its way to the browser, and what its tags draw."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, Template

TYPED = "Sover\n   ikke\n\n- går   om natten"


def sent(folder: Path, source: str, **values: Any) -> str:
    """The source as a page of ours is sent."""
    (folder / "page.html").write_text(source, encoding="utf-8")
    engine = Engine(dirs=[str(folder)], loaders=settings.TEMPLATES[0]["OPTIONS"]["loaders"])
    return engine.get_template("page.html").render(Context(values))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("<div>\n    <p>\n      Ord\n    </p>\n</div>", "<div><p>\n Ord</p></div>"),
        ("<b>Rune</b>\n    <span>bolig 4</span>", "<b>Rune</b>\n <span>bolig 4</span>"),
        ("<b>Rune</b><span>4</span>", "<b>Rune</b><span>4</span>"),
        (
            '<input\n  name="a"\n  {% if yes %}checked{% endif %}\n  required\n>',
            '<input\n name="a"\n checked\n required\n>',
        ),
        ("en\n  {% if yes %}\n    to\n  {% endif %}\n  tre", "en\n to\n tre"),
        ("en\n  {% if no %}\n    to\n  {% endif %}\n  tre", "en\n tre"),
        ("<template>en\nto</template>", "<template>en\nto</template>"),
    ],
)
def test_break_that_shows_nowhere_goes_and_one_that_shows_stays(tmp_path: Path, source: str, wanted: str) -> None:
    assert sent(tmp_path, source, yes=True, no=False) == wanted


def test_what_somebody_typed_is_sent_as_it_was_typed(tmp_path: Path) -> None:
    assert sent(tmp_path, "<p>\n  {{ text }}\n</p>", text=TYPED) == f"<p>\n {TYPED}</p>"


@pytest.mark.parametrize(
    ("number", "drawn"),
    [
        ("70 00 00 03", '<a href="tel:70000003">70 00 00 03</a>'),
        ("+45 70 00 00 03", '<a href="tel:+4570000003">+45 70 00 00 03</a>'),
        ("", ""),
    ],
)
def test_number_is_tapped_by_an_address_without_spaces(number: str, drawn: str) -> None:
    page = Template("{% phone number %}").render(Context({"number": number}))
    assert " ".join(page.split()).replace("<a  ", "<a ") == drawn


def test_no_template_writes_a_phone_address_itself() -> None:
    own = [
        path.name
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if "tel:" in path.read_text(encoding="utf-8")
    ]
    assert own == ["_phone.html"]
