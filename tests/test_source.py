"""What may not stand in the source: ways for a text to become code, ways round the door, things fetched elsewhere."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django import forms

from administration import rules as administration_rules
from audit import anchors
from boards import fragments
from core import text as text_forms
from core.errors import Denied
from criteria import services as criteria_services
from meetings import week
from meetings.forms import ClockField
from tests.conftest import TODAY
from tests.rooms import FILES as OURS
from tests.rooms import ROOT, SCRIPTS, STYLES, TEMPLATES, short
from tests.test_typed import project_forms


def found(paths: list[Path], pattern: str) -> list[tuple[str, str]]:
    """(file, what matched) for each place."""
    wanted = re.compile(pattern, re.I)
    return [(short(path), hit[0]) for path in paths for hit in wanted.finditer(path.read_text(encoding="utf-8"))]


def test_there_is_source_to_look_at() -> None:
    assert min(len(OURS) // 10, len(TEMPLATES) // 10, len(SCRIPTS) // 5, len(STYLES)) > 0


@pytest.mark.parametrize(
    "pattern",
    [
        r"\|\s*safe\b", r"\|\s*safeseq\b", r"autoescape\s+off", r"\bhx-on", r"hx-vals\s*=\s*[\"']js:",
        r"\son[a-z]+\s*=\s*[\"']", r"\sstyle\s*=", r"<style\b", r"<script(?![^>]*\ssrc=)", r"javascript:", r"<iframe\b",
        r"<object\b", r"<embed\b", r"<base\b", r"\{%\s*debug\b", r"data-hx-ext\b",
        r"hx-trigger\s*=\s*[\"'][^\"']*\[", r"srcdoc", r"http-equiv",
    ],
)  # fmt: skip
def test_no_template_holds(pattern: str) -> None:
    assert [hit for hit in found(TEMPLATES, pattern) if hit not in DRAWN] == []


def test_form_that_htmx_sends_never_puts_words_in_an_address_without_it() -> None:
    """Where the scripts did not load, a browser sends a form by itself; by GET, what was typed would be an address."""
    tags = found(TEMPLATES, r"<form\b(?:[^>{]|\{[^}]*\})*data-hx-post(?:[^>{]|\{[^}]*\})*>")
    assert len(tags) > 30
    assert [hit for hit in tags if 'method="post"' not in hit[1]] == []


# The sign-in library draws the QR code from its own secret; nothing anybody typed is in it.
DRAWN = [("templates/mfa/totp/activate_form.html", "|safe")]


# Where HTML is parsed: only what the server drew and escaped, into an element not yet in the page, and the agenda.
PARSED = [
    ("static/js/live.js", "shell.innerHTML = html.trim"),
    ("static/js/lock.js", "inside.innerHTML = await"),
    ("static/js/meeting.js", "box.innerHTML = state.agenda"),
]


def test_scripts_parse_only_what_the_server_drew() -> None:
    assert found(SCRIPTS, r"[\w.]+\.(?:innerHTML|outerHTML)\s*\+?=\s*[\w.]+") == PARSED
    assert found(SCRIPTS, r"insertAdjacentHTML|document\.write|createContextualFragment|setHTMLUnsafe|DOMParser") == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\beval\s*\(", r"new\s+Function\b", r"set(?:Timeout|Interval)\s*\(\s*[\"'`]", r"javascript:",
        r"\bsessionStorage\b", r"\bdocument\.cookie\b", r"importScripts|serviceWorker",
        # To another window. To one's own tabs go a number (live.js), "locked" and "ended" (page.js).
        r"(?<!\bchannel\.)postMessage\s*\(",
    ],
)  # fmt: skip
def test_no_script_holds(pattern: str) -> None:
    assert found(SCRIPTS, pattern) == []


# {file: why it may keep something in the browser}. A tablet is handed on: what stays there is read by the next.
KEEPS: dict[str, str] = {
    "static/js/lock.js": "keeps nothing; looks whether such a tick waits",
    "static/js/ticks.js": "a tick without a network: a number, a version, a time and a user's number (0014)",
}


def test_nothing_is_kept_in_the_browser() -> None:
    kept = {path for path, _ in found(SCRIPTS, r"\b(?:localStorage|indexedDB|caches\.open)\b")}
    assert kept == set(KEEPS)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert found([*TEMPLATES, *STYLES, *SCRIPTS], r"(?:https?:)?//[a-z0-9][\w.-]+\.[a-z]{2,}[\w/.-]*") == []
    assert found(STYLES, r"@import|url\(\s*[\"']?(?:data|https?|//)[^)]*|expression\(") == []
    pictures = sorted((ROOT / "static/img").rglob("*"))
    assert found(pictures, r"<script|\son\w+=|href=") == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bmark_safe\b", r"\bformat_html\b", r"\bSafeString\b", r"__html__", r"\.extra\(",
        r"\bRawSQL\b", r"\beval\(", r"\bexec\(", r"\bpickle\b", r"\bmarshal\b", r"\bshelve\b", r"yaml\.load",
        r"\bos\.system\b", r"\bsubprocess\b", r"shell\s*=\s*True", r"\b__import__\b", r"\bxml\.",
        r"\bTemplate\(", r"from_string\(",
        r"\burlopen\b", r"\brequests\.", r"\bhttpx\b", r"xframe_options_exempt", r"DEBUG\s*=\s*True",
        r"HttpResponse\(f[\"']", r"request\.META\[",
    ],
)  # fmt: skip
def test_no_source_holds(pattern: str) -> None:
    assert found(OURS, pattern) == []


# {file: why a form may come to it without our token}
TAKES_ANY_FORM = {
    "accounts/entrance.py": "SAML: the provider's page posts the answer; nobody is let in before the "
    "browser's own session has been seen to hold the request",
}


def test_token_is_asked_for_everywhere_but_where_a_provider_posts() -> None:
    assert {path for path, _ in found(OURS, r"\bcsrf_exempt\b")} == set(TAKES_ANY_FORM)
    assert found(OURS, r"@csrf_exempt\s+def \w+") == [("accounts/entrance.py", "@csrf_exempt\ndef provider_answer")]


# {file: why it speaks to the database itself}
SPEAKS_SQL = {
    "audit/triggers.py": "triggers have no ORM; names come from the models",
    "demo/build.py": "the demo's tables are dropped; names come from the database",
    "core/prepared.py": "statements the ORM has written are asked again; values are parameters",
    "operations/services.py": "whole tables are emptied and schemas made; names come from the models and the database",
    "operations/tables.py": "whole tables are read and written as they stand; names come from the database",
}


def test_sql_is_written_by_hand_only_where_no_text_of_people_is() -> None:
    assert {path for path, _ in found(OURS, r"cursor\.execute|connection\.cursor|\.raw\(|executescript")} == set(
        SPEAKS_SQL
    )


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == name:
            yield node


def test_one_view_takes_a_file() -> None:
    takes = {short(path) for path in OURS for _ in _calls(ast.parse(path.read_text(encoding="utf-8")), "FILES")}
    assert takes == {"administration/views/people.py"}
    assert {path for path, _ in found(TEMPLATES, r"multipart/form-data")} <= {
        "templates/administration/people_read_in.html", "templates/form.html",
    }  # fmt: skip
    fields = [
        (form.__name__, name)
        for form in project_forms()
        for name, f in form.base_fields.items()
        if isinstance(f, forms.FileField)
    ]
    assert fields == [("ListForm", "file")]


# --- what people type meets a pattern --------------------------------------------------------------------------------


def _patterns() -> list[tuple[str, str]]:
    """(file, pattern) of every pattern that stands in the source as a text."""
    hits = []
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
                hits += [(short(path), part.value) for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
    return [(path, pattern) for path, pattern in hits if isinstance(pattern, str)]


def test_no_pattern_repeats_a_repetition() -> None:
    assert len(_patterns()) > 6
    nested = re.compile(r"[+*}]\)(?:[+*]|\{)|\([^()]*\|[^()]*\)[+*]")
    assert [(path, pattern) for path, pattern in _patterns() if nested.search(pattern)] == []


ADVERSARIAL = [
    letter * 100_000 + end
    for letter in ("a", " ", "9", "+", "-", "\u0301", "=", ";", '"', "0:", "1.", "\n", "æ", "W", "9-")
    for end in ("", "!")
]


@pytest.mark.parametrize("typed", ADVERSARIAL, ids=range(len(ADVERSARIAL)))
def test_hundred_thousand_letters_are_just_answered(typed: str) -> None:
    """No clock: a pattern that goes astray would never come back from these."""
    for field in (field for form in project_forms() for field in form.base_fields.values()):
        if isinstance(
            field, forms.CharField | forms.DateField | forms.TimeField | forms.IntegerField | forms.EmailField
        ):
            answered(field.clean, typed)
    for act in (
        lambda: week.monday_of(typed, TODAY), lambda: fragments.FIELD.fullmatch(typed),
        lambda: anchors._LINE.fullmatch(typed), lambda: anchors._HEAD.match(typed), lambda: anchors._END.search(typed),
        lambda: text_forms.search_form(typed), lambda: text_forms.initials(typed), lambda: text_forms.blank(typed),
        lambda: criteria_services.free_key(typed, []), lambda: ClockField().clean(typed),
        lambda: administration_rules.check_phone(typed, "phone"), lambda: administration_rules.slug_for(typed, []),
    ):  # fmt: skip
        answered(act)


def answered(act: Any, *given: Any) -> None:
    with suppress(forms.ValidationError, Denied, LookupError):
        act(*given)
