"""What may be sent to any form by people or a page tampered with: text nobody can see, and choices that are none."""

import importlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.urls import reverse

from boards import services
from boards.models import Cell, EarlySign, Episode, Intervention, LevelChange, State, Told, Urgency
from core.errors import Denied
from criteria import rules as criteria_rules
from criteria.models import Level
from meetings import rules as meeting_rules
from meetings import services as meeting_services
from meetings.models import Meeting, ParkedTopic
from tests.conftest import TODAY, Cast
from tests.rooms import FILES, short

# Zero-width space and joiner, word joiner, left-to-right mark, byte order mark, the Hangul filler and empty Braille.
UNSEEN = ["\u200b", "\u200d\u2060", "\u200e \ufeff", "\u3164", "\u2800", " \u00ad\n\t"]
CRAFTED = "opdigtet" * 40
BASIS = {
    "kind": "social", "scope": "all", "given_by": "resident", "given_how": "written", "given_on": "2026-11-17",
    "to_day": "2026-12-01",
}  # fmt: skip


def post(cast: Cast, name: str, args: list[Any], data: dict[str, Any]) -> Any:
    return cast.client(cast.mette).post(reverse(name, args=[cast.home.slug, *args]), data)


@pytest.mark.parametrize("text", UNSEEN)
def test_text_nobody_can_see_is_no_reason_and_no_word(cast: Cast, text: str) -> None:
    rune = cast.rune.pk
    criterion, other = cast.criterion("tidlige-tegn").pk, cast.criterion("andet").pk
    level = {"level": "subakut", "criteria": criterion, "reason": "Sover", "told": "yes", "seen": "0"}
    meeting = cast.meeting()
    number = meeting.number
    item = cast.agree()
    for name, args, data in (
        ("level-change", [rune], {**level, "reason": text}),
        ("level-change", [rune], {**level, "criteria": other, "other": text}),
        ("sign-note", [], {"stay": rune, "text": text, "urgency": "soon"}),
        ("intervention-add", [rune], {"track": "social", "what": text}),
        ("intervention", [item.pk], {"track": "social", "what": text, "seen": "1"}),
        ("intervention-settle", [item.pk], {"state": "not_done", "why": text, "seen": "1"}),
        ("intervention-settle", [item.pk], {"state": "dropped", "why": text, "seen": "1"}),
        ("topic-park", [], {"text": text}),
        ("meeting-cancel", [number], {"why": text}),
        ("meeting-move", [number], {"day": "2026-11-20", "time": "10:00", "why": text}),
        ("meeting-extra", [], {"day": "2026-11-20", "time": "10:00", "minutes": "30", "why": text}),
    ):  # fmt: skip
        assert post(cast, name, args, data).status_code == 422, name
    assert not Episode.objects.for_home(cast.home).exists()
    assert not EarlySign.objects.for_home(cast.home).exists()
    assert not ParkedTopic.objects.for_home(cast.home).exists()
    assert Intervention.objects.for_home(cast.home).get().state == State.PLANNED
    assert Meeting.objects.for_home(cast.home).get().why == ""


@pytest.mark.parametrize("text", UNSEEN)
def test_text_nobody_can_see_is_refused_below_the_forms_too(cast: Cast, text: str) -> None:
    access = cast.access(cast.mette)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    off = services.OffBoard(reason=text, told=Told.YES, crisis_plan_seen=True)
    wording = criteria_rules.Wording(
        name=text, definition="a", level="akut", first_days=1, then_days=1, lead_days=None, exit_question="b"
    )
    refused = (
        lambda: cast.put_on_board(cast.tove, reason=text),
        lambda: services.level_close(
            access=access, stay_id=cast.rune.pk, off=off, seen=1, key="", today=TODAY
        ),
        lambda: services.sign_note(
            access=access, stay_id=cast.rune.pk, text=text, urgency=Urgency.SOON, key="", today=TODAY
        ),
        lambda: services.level_dispute(access=access, stay_id=cast.rune.pk, why=text, key="", today=TODAY),
        lambda: cast.agree(text),
        lambda: meeting_rules.check_close(1, text * 5),
        lambda: meeting_rules.may_reopen(
            is_chair_or_referent=False, is_leader=True, closed_on=TODAY - timedelta(days=1), today=TODAY, why=text
        ),
        lambda: meeting_services.topic_park(access=access, stay_id=cast.rune.pk, team=None, text=text, key=""),
        lambda: criteria_rules.check_wording(wording),
    )  # fmt: skip
    for number, act in enumerate(refused):
        with pytest.raises(Denied):
            act()
        assert LevelChange.objects.for_home(cast.home).count() == 1, number
    assert cast.write(text).text == ""
    assert not Cell.objects.for_home(cast.home).exclude(text="").exists()


def project_forms() -> Iterator[type[forms.Form]]:
    """Every form of the rooms."""
    for path in FILES:
        if not re.search(r"^class \w+\((forms\.|\w*)Form\):", path.read_text(encoding="utf-8"), re.M):
            continue
        name = short(path).removesuffix(".py").replace("/", ".")
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, forms.Form) and value.__module__ == name:
                yield value


def test_no_choice_comes_back_in_its_refusal() -> None:
    assert {"PlanForm", "MoveInForm", "CriterionForm", "PinForm"} <= {form.__name__ for form in project_forms()}
    for form in project_forms():
        for name, field in form.base_fields.items():
            if isinstance(field, forms.ChoiceField):
                words = str(field.error_messages["invalid_choice"])
                assert "%(" not in words, (form.__name__, name)


def test_crafted_choice_is_not_echoed(cast: Cast) -> None:
    rune = cast.rune.pk
    meeting_services.meeting_plan(series=cast.meeting().series, after=TODAY, by=None)
    cast.put_on_board(cast.tove, Level.AKUT, "akut-krise")
    item = cast.agree()
    board = {"level": CRAFTED, "criteria": CRAFTED, "told": CRAFTED, "track": CRAFTED, "owner": CRAFTED}
    plan = {"track": CRAFTED, "owner": CRAFTED, "deputy": CRAFTED, "what": "Tur"}
    for name, args, data in (
        ("level-change", [rune], board),
        ("level-close", [cast.tove.pk], {"told": CRAFTED, "follow_on": CRAFTED, "seen": "1"}),
        ("sign-note", [], {"stay": CRAFTED, "urgency": CRAFTED, "text": "Sover"}),
        ("intervention-add", [rune], plan),
        ("intervention", [item.pk], {**plan, "seen": "1"}),
        ("akut-review", [cast.tove.pk], {"outcome": CRAFTED, "home_person": CRAFTED, "team_person": CRAFTED}),
        ("situation-change", [rune], {"situation": CRAFTED, "since": "2026-11-17"}),
        ("contact-set", [rune], {"person": CRAFTED, "deputy": CRAFTED}),
        ("basis-record", [rune], {"kind": CRAFTED, "given_by": CRAFTED, "given_how": CRAFTED, "covers": "Alt"}),
        ("move-in", [], {"arrival": CRAFTED, "team": CRAFTED, "name": "Liv", "flat": "21"}),
        ("move-out", [rune], {"end": CRAFTED, "moved_to": CRAFTED, "on": "2026-11-17"}),
        ("paper-enter", [], {"chair": CRAFTED, "referent": CRAFTED}),
    ):  # fmt: skip
        answer = post(cast, name, args, data)
        assert (answer.status_code, CRAFTED in answer.content.decode()) == (422, False), name
    for state in (CRAFTED, "misfiled"):
        answer = post(cast, "intervention-settle", [item.pk], {"state": state, "seen": "1"})
        assert (answer.status_code in (400, 422), CRAFTED in answer.content.decode()) == (True, False)
    assert Intervention.objects.for_home(cast.home).get().state == State.PLANNED
