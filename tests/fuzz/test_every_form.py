"""Every form, found from the addresses of the site, filled as a person would, and tried for what the base promises.

A form nobody has thought of here is found all the same. One that cannot be filled by rule stands in FILLED, and one
that is not on the base (core/forms.py) in PLAIN with the reason; anything else fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import models, transaction
from django.urls import Resolver404, resolve, reverse
from lxml import html

from boards.live import snapshots
from core.seen import mark_of
from tests.fuzz.world import NAMES, PLACES, STREAMS, TYPED, World, who_may
from tests.rooms import ROOMS

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
WORDS = "Skrevet af en, der prøver"
PLAIN = {
    "administration-approval-answer": "yes or no to one version, which nobody can change: a new one is another",
    "administration-criterion-move": "a place in an order; the last one to say it is right",
    "administration-membership-hand-on": "who takes over each thing; one settled meanwhile is left alone",
    "administration-people-read-in": "a list that is checked and shown again before it counts, with a key of its own",
    "administration-sample-answer": "several answers at once, each with the version it was made over",
    "attendance-time": "one person's time, a state",
    "insight": "changes nothing: it makes a paper",
    "intervention-settle": "done or not, over the version that was seen",
    "meeting-close": "ends the meeting as it stands, once",
    "meeting-start": "begins the meeting, once",
    "pin": "a code, of which nothing is kept",
    "reminder-prefer": "one's own ticks",
    "reminder-snooze": "one's own day",
}
# What a person types where the first choice, or any words, will not do.
PHONE, SOON = "70 00 00 09", "2026-11-24"
FREE = {"from_day": "2026-11-30", "to_day": "2026-12-02"}
FILLED: dict[str, dict[str, Any]] = {
    "administration-absence-of": FREE,
    "administration-absence-own": FREE,
    "administration-home-create": {"duty_phone": PHONE},
    "administration-membership-end": {"to_day": "", "to_time": ""},
    "administration-membership-give": {"role": "leader", "from_time": "", "to_day": "", "to_time": ""},
    "administration-person-create": {"phone": PHONE},
    "administration-settings-change": {"stale_days": "6"},
    "administration-team-create": {"phone": PHONE},
    "basis-record": {"given_on": "2026-11-17"},
    "guest-add": {"title": "læge", "organisation": ""},
    "intervention-add": {"deputy": "", "partner": "", "unagreed": ""},
    "meeting-move": {"day": "2026-11-23"},
    "move-in": {"flat": "31", "arrival": ""},
    "move-out": {"end": "moved", "moved_to": ""},
    "move-correct": {"moved_to": ""},
    "paper-enter": {"day": "2026-11-16", "began": "09:30", "ended": "10:15"},
}
# Refused in this world, and why: a meeting runs, what is asked for stands already, no text is there.
REFUSED = {
    "administration-home-leave": "Der er et møde i gang.",
    "administration-series-create": "I har allerede faste møder med teamet.",
    "level-dispute": "Akut er ikke taget af.",
}
# Where the first page with the form is of something it no longer can be used for.
LAST = {"meeting-cancel", "meeting-move"}
# What a refused or repeated form may leave behind: the look at the page, and what was typed.
LEFT = {"audit.ReadEntry", "organisation.Draft", "audit.Clock", "audit.Entry", "boards.Presence"}


@dataclass
class Found:
    """A form on a page: who sees it, where the page is, where it sends, and its fields as a browser has them."""

    target: str
    who: str
    page: str
    address: str
    values: dict[str, list[str]]
    typed: dict[str, str]
    drafts: bool


def fields_of(form: Any) -> tuple[dict[str, list[str]], dict[str, str]]:
    """({name: what is sent}, {name of what a person fills in: its sort})."""
    values: dict[str, list[str]] = {}
    typed: dict[str, str] = {}
    for field in form.xpath(".//input | .//textarea | .//select"):
        name, sort = field.get("name"), field.get("type", "text") if field.tag == "input" else field.tag
        if not name or sort in ("submit", "button", "file"):
            continue
        if sort == "hidden":
            values.setdefault(name, []).append(field.get("value", ""))
            continue
        typed.setdefault(name, sort)
        if sort in ("radio", "checkbox"):
            if field.get("checked") is not None:
                values.setdefault(name, []).append(field.get("value", "on"))
        elif sort == "select":
            chosen = [option.get("value", "") for option in field.iter("option") if option.get("selected") is not None]
            offered = [option.get("value", "") for option in field.iter("option") if option.get("value")]
            values[name] = [value for value in chosen if value] or offered[:1]
        elif sort == "textarea":
            values[name] = [field.text or ""]
        else:
            values[name] = [field.get("value") or TYPED.get(sort, "")]
    for name, sort in typed.items():
        if sort == "radio" and name not in values:
            values[name] = [form.xpath(f'.//input[@type="radio"][@name="{name}"]')[0].get("value", "")]
        if sort in ("text", "textarea") and values.get(name) == [""]:
            values[name] = [WORDS]
    return values, typed


def forms_on(world: World, name: str, who: str, address: str) -> Iterator[Found]:
    answer = world.clients[who].get(address, headers=HX)
    if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", "") or not answer.content.strip():
        return
    for form in html.fromstring(answer.content.decode()).iter("form"):
        sends = form.get("data-hx-post") or (form.get("method") == "post" and (form.get("action") or address))
        values, typed = fields_of(form)
        if not sends or not typed:
            continue
        try:
            target = str(resolve(urlsplit(sends).path).url_name)
        except Resolver404:
            continue
        yield Found(target, who, address, sends, values, typed, bool(form.xpath(".//*[@data-draft]")))


@pytest.fixture(scope="module")
def found(world: World) -> dict[str, Found]:
    """{URL name: the first form that sends there}."""
    forms: dict[str, Found] = {}
    with taken_back():
        for name in NAMES:
            if name in STREAMS or name == "minutes-pdf":
                continue
            arguments = world.arguments(name)
            for who in who_may(name):
                for turn in range(3 if {"stay", "number"} & set(PLACES[name]) else 1):
                    places = {place: pool[min(turn, len(pool) - 1)] for place, pool in arguments.items()}
                    if "slug" in places:
                        places["slug"] = world.cast.home.slug
                    for form in forms_on(world, name, who, reverse(name, kwargs=places)):
                        if form.target in LAST or form.target not in forms:
                            forms[form.target] = form
    # The page offers no team more: the home meets with the only one.
    forms["administration-series-create"].values["team"] = [str(world.cast.team.pk)]
    return forms


@contextmanager
def taken_back() -> Iterator[None]:
    """What is tried leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    snapshots.forget()


def rows() -> dict[str, int]:
    """{table: how many rows}, of what a form may change."""
    tables = [table for app in apps.get_app_configs() if app.name in ROOMS for table in app.get_models()]
    counted = {table._meta.label: models.QuerySet(table).count() for table in tables}
    return {label: count for label, count in counted.items() if label not in LEFT}


def sent_by(form: Found) -> dict[str, Any]:
    return {**form.values, **FILLED.get(form.target, {})}


def another(form: Found) -> dict[str, str]:
    """One field as nobody has it stored: what stands already is no change."""
    texts = [name for name, sort in form.typed.items() if sort in ("text", "textarea", "tel")]
    days = [name for name, sort in form.typed.items() if sort == "date"]
    numbers = [name for name, sort in form.typed.items() if sort == "number"]
    if texts:
        return {texts[0]: "Noget andet"}
    return dict.fromkeys(days[-1:], "2026-11-16") or dict.fromkeys(numbers[:1], "45")


def test_every_form_is_on_the_base(found: dict[str, Found]) -> None:
    plain = {name: form.page for name, form in found.items() if not {"key", "seen"} <= set(form.values)}
    new = {name: page for name, page in plain.items() if name not in PLAIN}
    assert not new, "\n".join(f"FF {name} {said}" for name, said in sorted(new.items()))
    assert set(PLAIN) == set(plain), "what stands in PLAIN is no longer so"


def test_every_form_can_be_filled_and_is_done_once(world: World, found: dict[str, Found]) -> None:
    faults: dict[str, Any] = {}
    for name, form in found.items():
        if name in PLAIN:
            continue
        with taken_back():
            client, sent = world.clients[form.who], sent_by(form)
            first = client.post(form.address, sent, headers=HX)
            after = rows()
            second = client.post(form.address, sent, headers=HX)
            if name in REFUSED:
                assert first.status_code == 422, name
                assert REFUSED[name] in first.content.decode(), name
            elif first.status_code >= 400:
                errors = html.fromstring(first.content.decode() or "<p/>").xpath("//*[contains(@class, 'error')]")
                faults[name] = (first.status_code, sent, [error.text_content().strip() for error in errors])
            elif second.status_code >= 400 or rows() != after:
                changed = {label: (count, after[label]) for label, count in rows().items() if count != after[label]}
                faults[name] = (second.status_code, changed, second.content.decode()[:300])
    assert not faults, "\n".join(f"FF {name} {said}" for name, said in sorted(faults.items()))


def test_every_form_keeps_what_is_typed_for_its_writer(world: World, found: dict[str, Found]) -> None:
    faults: dict[str, Any] = {}
    for name, form in found.items():
        texts = [field for field, sort in form.typed.items() if sort in ("text", "textarea")]
        # A cell's text has a draft of its own (tests/boards/test_cells.py).
        if name in {*PLAIN, "cell"} or not texts:
            continue
        with taken_back():
            client, sent = world.clients[form.who], {**sent_by(form), texts[0]: WORDS}
            kept = client.post(form.address, sent, headers={**HX, "X-Draft": "keep"})
            page = client.get(form.page, headers=HX).content.decode()
            if (form.drafts, kept.status_code, WORDS in page) != (True, 204, True):
                faults[name] = (form.drafts, kept.status_code, WORDS in page, form.page)
    assert not faults, "\n".join(f"FF {name} {said}" for name, said in sorted(faults.items()))


def test_every_form_refuses_what_is_too_long_and_gives_it_back(world: World, found: dict[str, Found]) -> None:
    faults: dict[str, Any] = {}
    long = "Så mange ord, at ingen kan læse dem. " * 300
    for name, form in found.items():
        texts = [field for field, sort in form.typed.items() if sort in ("text", "textarea")]
        if name in PLAIN or not texts:
            continue
        with taken_back():
            before = rows()
            answer = world.clients[form.who].post(
                form.address, {**sent_by(form), **dict.fromkeys(texts, long)}, headers=HX
            )
            if answer.status_code != 422 or rows() != before or long.strip() not in answer.content.decode():
                faults[name] = (answer.status_code, long.strip() in answer.content.decode(), form.page)
    assert not faults, "\n".join(f"FF {name} {said}" for name, said in sorted(faults.items()))


def test_every_form_over_something_that_stands_answers_a_stale_one_with_what_stands_now(
    world: World, found: dict[str, Found]
) -> None:
    faults: dict[str, Any] = {}
    over = 0
    for name, form in found.items():
        if name in PLAIN or form.values.get("seen") in (None, [mark_of(None)]):
            continue
        over += 1
        with taken_back():
            before = rows()
            sent = {**sent_by(form), "seen": "999999", **another(form)}
            answer = world.clients[form.who].post(form.address, sent, headers=HX)
            if answer.status_code != 409 or rows() != before:
                faults[name] = (answer.status_code, form.page)
    assert not faults, "\n".join(f"FF {name} {said}" for name, said in sorted(faults.items()))
    assert over > 15
