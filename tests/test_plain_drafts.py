"""Forms that are not on the base (PLAIN in tests/fuzz/test_every_form.py) keep the words typed in them all the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit import trail
from boards.models import Intervention
from criteria import services as criteria_services
from criteria.models import Criterion
from criteria.rules import Wording, wording_of
from meetings import services as meeting_services
from organisation.drafts import LONGEST
from organisation.models import Draft, Membership, Role
from privacy import samples
from privacy.models import Sample, SampleLine
from tests.conftest import TODAY, Cast, text_in
from tests.fuzz.test_every_form import PLAIN

WORDS = "Skrevet halvt færdigt, da telefonen ringede"
# The names their drafts are kept under.
# "meeting-reopen" shows on closed minutes alone, where the world of that file has a meeting running.
APART = {
    "meeting-reopen",
    "approval-answer",
    "people-read-in",
    "sample-answer",
    "meeting-close",
    "intervention-settle",
    "insight",
}


@dataclass
class Place:
    """Where the form is shown and sent, what a person types, and what sends it."""

    page: str
    address: str
    typed: dict[str, str]
    sent: dict[str, str]


def approval(cast: Cast) -> Place:
    Membership.objects.create(
        user=cast.lis, role=Role.APPROVER, organisation=cast.home.organisation, from_day=date(2026, 1, 1)
    )
    criterion = Criterion.objects.get(key="tidlige-tegn", home=None)
    standing = criterion.versions.latest("number")
    changed = Wording(**{**wording_of(standing).values(), "name": "Andre ord"})  # type: ignore[arg-type]
    version = criteria_services.criterion_propose(
        criterion=criterion, wording=changed, seen=standing.number, key="", by=cast.karla, today=TODAY
    )
    about = {"organisation": str(cast.home.organisation_id), "side": "home"}
    address = reverse("administration-approval-answer", args=[version.pk])
    return Place(reverse("administration-approvals"), address, {**about, "reason": WORDS}, {"answer": "no"})


def read_in(cast: Cast) -> Place:
    address = reverse("administration-people-read-in")
    return Place(address, address, {"text": WORDS}, {"confirmed": "1"})


def sample(cast: Cast) -> Place:
    with trail.as_of(timezone.now() - timedelta(days=7)):
        trail.record_read(cast.home.scope, viewer=cast.jonas.pk, screen="tavle", stays=[cast.rune.pk])
    samples.draw(timezone.now())
    drawn = Sample.objects.get(home=cast.home)
    line = SampleLine.objects.get(sample=drawn)
    typed = {f"l{line.pk}-answer": "look", f"l{line.pk}-note": WORDS, f"l{line.pk}-seen": "0"}
    page = reverse("administration-samples")
    return Place(page, reverse("administration-sample-answer", args=[drawn.pk]), typed, {"key": "k"})


def close(cast: Cast) -> Place:
    cast.put_on_board(cast.rune)
    cast.agree("Ringe til bror")
    meeting = cast.start(cast.lis)
    args = [cast.home.slug, meeting.number]
    return Place(reverse("recap", args=args), reverse("meeting-close", args=args), {"why": WORDS}, {})


def settle(cast: Cast) -> Place:
    cast.put_on_board(cast.rune)
    row = cast.agree("Ringe til bror", owner=cast.lis, due_on=TODAY)
    args = [cast.home.slug, row.pk]
    typed = {"state": "not_done", "why": WORDS, "seen": str(row.version)}
    return Place(reverse("my-day"), reverse("intervention-settle", args=args), typed, {})


def settle_in_dialog(cast: Cast) -> Place:
    place = settle(cast)
    row = Intervention.objects.for_home(cast.home).get()
    dialog = reverse("intervention", args=[cast.home.slug, row.pk])
    return Place(dialog, place.address, {**place.typed, "state": "dropped"}, {})


def insight(cast: Cast) -> Place:
    address = reverse("insight", args=[cast.home.slug, cast.rune.pk])
    return Place(address, address, {"why": WORDS}, {"format": "json"})


def reopen(cast: Cast) -> Place:
    cast.put_on_board(cast.rune)
    meeting = cast.start(cast.lis)
    meeting_services.meeting_close(access=cast.access(cast.lis), meeting=meeting, why="", today=TODAY)
    args = [cast.home.slug, meeting.number]
    return Place(reverse("minutes", args=args), reverse("meeting-reopen", args=args), {"why": WORDS}, {})


EACH = pytest.mark.parametrize("lay", [approval, read_in, sample, close, settle, settle_in_dialog, insight, reopen])


def keep(cast: Cast, place: Place, how: str = "keep", **more: str) -> Any:
    client = cast.client(cast.lis)
    return client.post(place.address, {**place.typed, **more}, headers={"X-Draft": how, "HX-Request": "true"})


def shown(cast: Cast, place: Place) -> str:
    return text_in(cast.client(cast.lis).get(place.page))


@EACH
def test_words_come_back_to_their_writer_until_they_are_dropped(cast: Cast, lay: Callable[[Cast], Place]) -> None:
    place = lay(cast)
    assert WORDS not in shown(cast, place)
    assert keep(cast, place).status_code == 204
    assert Draft.objects.get().user == cast.lis
    page = shown(cast, place)
    assert (WORDS in page, "data-draft" in page) == (True, True)
    assert keep(cast, place, "drop").status_code == 204
    assert WORDS not in shown(cast, place)


@EACH
def test_draft_does_nothing_and_goes_when_the_form_is_sent(cast: Cast, lay: Callable[[Cast], Place]) -> None:
    place = lay(cast)
    before = trail.version_of(cast.home.scope)
    keep(cast, place)
    assert trail.version_of(cast.home.scope) == before, "nothing was done"
    typed = {**place.typed, **place.sent}
    if lay is read_in:
        page = "Navn;Titel;Mail;Telefon;Enhed;Rolle;Fra;Til\nAase;;aase@x.invalid;;Havtornen;medarbejder;;"
        client = cast.client(cast.lis)
        seen = text_in(client.post(place.address, {"text": page})).split('name="seen" value="')[1].split('"')[0]
        typed = {"text": page, "confirmed": "1", "seen": seen, "key": "k"}
    assert cast.client(cast.lis).post(place.address, typed).status_code < 400
    assert not Draft.objects.exists()


def test_what_keeps_words_without_the_base_is_all_that_has_any() -> None:
    """The others in PLAIN take choices, days and times alone, and a code, of which nothing is kept."""
    choices = {
        "administration-criterion-move", "administration-membership-hand-on", "attendance-time", "meeting-start", "pin",
        "reminder-prefer", "reminder-snooze",
    }  # fmt: skip
    named = {name.removeprefix("administration-") for name in set(PLAIN) - choices}
    assert named == APART - {"meeting-reopen"}


@EACH
def test_too_much_is_refused_and_said(cast: Cast, lay: Callable[[Cast], Place]) -> None:
    place = lay(cast)
    field = next(name for name, value in place.typed.items() if value == WORDS)
    answer = keep(cast, place, **{field: "a" * (LONGEST + 1)})
    assert (answer.status_code, "er for langt til en kladde" in answer.content.decode()) == (422, True)
    assert not Draft.objects.exists()


def test_reason_about_a_resident_goes_with_the_stay(cast: Cast) -> None:
    keep(cast, settle(cast))
    assert Draft.objects.get().stay == cast.rune.pk


def test_reason_for_one_end_is_not_shown_at_another(cast: Cast) -> None:
    place = settle(cast)
    keep(cast, place, state="dropped")
    assert WORDS not in shown(cast, place)


def test_answer_another_leader_gave_meanwhile_is_told_over_the_draft(cast: Cast) -> None:
    place = sample(cast)
    keep(cast, place)
    SampleLine.objects.update(answer="fine", version=1, answered_by=cast.mette, answered_at=timezone.now())
    page = shown(cast, place)
    assert WORDS in page
    answer = cast.client(cast.lis).post(place.address, {**place.typed, **place.sent})
    assert (answer.status_code, "En anden har svaret imens" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("lay", [settle, close])
def test_draft_that_arrives_after_it_was_done_is_none(cast: Cast, lay: Callable[[Cast], Place]) -> None:
    place = lay(cast)
    assert cast.client(cast.lis).post(place.address, place.typed).status_code < 400
    assert keep(cast, place).status_code == 204
    assert not Draft.objects.exists()


def test_no_draft_of_an_intervention_the_person_may_not_see(cast: Cast) -> None:
    place = settle(cast)
    for user in (cast.stranger, cast.karla):
        answer = cast.client(user).post(place.address, place.typed, headers={"X-Draft": "keep", "HX-Request": "true"})
        assert answer.status_code == 404
    assert not Draft.objects.exists()
