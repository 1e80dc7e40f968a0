"""Every URL × every kind of person × own, other and unknown home × shared, withdrawn and unlinked resident.

A URL that stands in no table below fails the test, so a new page cannot come without an answer to 'who'.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from meetings.models import ParkedTopic
from tests.conftest import Cast

# Pages and fragments of a home without a resident in their address.
HOME_GET = [
    "board", "board-changes", "meeting-now", "meeting-line", "meetings", "residents", "criteria", "raise-resident",
    "sign-note", "topic",
]  # fmt: skip
HOME_POST = ["board-here", "draft", "sign-note", "topic"]
# About one resident: (name, further arguments)
STAY_GET: list[tuple[str, tuple[str, ...]]] = [
    ("cell", ("status", "home")), ("cell-edit", ("status", "home")), ("cell-history", ("status", "home")),
    ("level-change", ()), ("level-close", ()), ("intervention-add", ()),
    ("resident", ()),
]  # fmt: skip
STAY_POST: list[tuple[str, tuple[str, ...]]] = [
    ("cell", ("goals", "joint")), ("cell-confirm", ("goals", "joint")), ("level-change", ()), ("level-close", ()),
    ("level-review", ()), ("akut-see", ()), ("intervention-add", ()),
    ("resident-situation", ()), ("resident-contact", ()), ("basis-record", ()), ("basis-withdraw", ()),
]  # fmt: skip
# About one intervention of a resident.
ITEM_GET = ["intervention"]
ITEM_POST = ["intervention", "intervention-settle", "intervention-move"]
# About one meeting, by its number.
MEETING_GET = ["meeting", "meeting-changes", "attendance", "recap", "minutes", "minutes-pdf"]
MEETING_POST = [
    "meeting-start", "meeting-go", "meeting-recap", "chair-take", "referent-take", "attendance", "meeting-close",
    "meeting-reopen",
]  # fmt: skip
AGENDA_GET = ["agenda-item", "agenda-since", "agenda-decide"]
TOPIC_POST = ["topic-settle"]
# An endless answer: its door is tried where it refuses, and its inside in the browser tests.
STREAMS = ["board-stream", "meeting-stream"]
# Of a person, not of a home.
PERSON_GET = ["token", "my-day", "my-day-list", "find", "demo-mails"]
OPEN = ["home", "demo-people", "demo-sign-in"]


def project_names() -> set[str]:
    """The names of every URL of the project itself (allauth's own are allauth's to test)."""
    found: set[str] = set()

    def walk(patterns: list[Any]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if str(pattern.pattern).startswith("konto/"):
                    continue
                walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern):
                found.add(pattern.name or str(pattern.pattern))

    walk(get_resolver().url_patterns)
    return found


def test_every_url_stands_in_the_matrix() -> None:
    listed = {
        *HOME_GET, *HOME_POST, *(n for n, _ in STAY_GET), *(n for n, _ in STAY_POST), *ITEM_GET, *ITEM_POST,
        *MEETING_GET, *MEETING_POST, *AGENDA_GET, *TOPIC_POST, *STREAMS, *PERSON_GET, *OPEN,
    }  # fmt: skip
    assert project_names() == listed


def hx(client: Client, method: str, url: str, data: dict[str, Any] | None = None) -> int:
    return int(getattr(client, method)(url, data or {}, headers={"HX-Request": "true"}).status_code)


def outsiders(cast: Cast) -> list[Any]:
    """People of another home, another team, a central role, and one whose job ended."""
    return [cast.stranger, cast.other_nurse, cast.karla, cast.gone]


@pytest.mark.parametrize("name", HOME_GET)
def test_home_page_opens_for_both_sides_and_for_nobody_else(cast: Cast, name: str) -> None:
    cast.meeting()
    url = reverse(name, args=[cast.home.slug])
    for user in (cast.mette, cast.lis, cast.amina):
        assert hx(cast.client(user), "get", url) in (200, 204, 302), user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404, user.name
    assert hx(cast.client(None), "get", url) == 401
    assert cast.client(None).get(url).status_code == 302
    assert hx(cast.client(cast.mette), "get", reverse(name, args=["findes-ikke"])) == 404


@pytest.mark.parametrize("name", HOME_POST)
def test_home_post_is_refused_outside(cast: Cast, name: str) -> None:
    url = reverse(name, args=[cast.home.slug])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "post", url, {"felt": "", "text": ""}) in (200, 204, 422), user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url) == 404, user.name
    assert hx(cast.client(None), "post", url) == 401


@pytest.mark.parametrize(
    ("method", "name", "rest"), [("get", *s) for s in STAY_GET] + [("post", *s) for s in STAY_POST]
)
def test_stay_is_seen_by_those_it_is_shared_with(cast: Cast, method: str, name: str, rest: tuple[str, ...]) -> None:
    def url(stay: int, slug: str = cast.home.slug) -> str:
        return reverse(name, args=[slug, stay, *rest])

    cast.put_on_board(cast.rune, key="tidlige-tegn")
    cast.write("Tekst")
    cast.write("Mål", column_key="goals", side="joint")
    seen = {200, 204, 403, 409, 422}
    assert hx(cast.client(cast.amina), method, url(cast.rune.pk)) in seen
    assert hx(cast.client(cast.mette), method, url(cast.rune.pk)) in seen
    assert hx(cast.client(cast.mette), method, url(cast.aksel.pk)) in seen | {404}
    assert hx(cast.client(cast.amina), method, url(cast.aksel.pk)) == 404, "withdrawn"
    assert hx(cast.client(cast.amina), method, url(cast.vibeke.pk)) == 404, "not linked to the team"
    assert hx(cast.client(cast.mette), method, url(cast.elsewhere.pk)) == 404, "another home's resident"
    assert hx(cast.client(cast.mette), method, url(99999)) == 404
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url(cast.rune.pk)) == 404, user.name
    assert hx(cast.client(None), method, url(cast.rune.pk)) == 401


@pytest.mark.parametrize(("method", "name"), [("get", n) for n in ITEM_GET] + [("post", n) for n in ITEM_POST])
def test_intervention_follows_its_resident(cast: Cast, method: str, name: str) -> None:
    shared, hidden = cast.agree(), cast.agree(stay=cast.aksel)
    data = {"state": "done", "seen": "99", "due_on": "2026-11-20"}
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, reverse(name, args=[cast.home.slug, shared.pk]), data) in {
            200,
            204,
            409,
            422,
        }
    assert hx(cast.client(cast.amina), method, reverse(name, args=[cast.home.slug, hidden.pk]), data) == 404
    for user in outsiders(cast):
        assert hx(cast.client(user), method, reverse(name, args=[cast.home.slug, shared.pk]), data) == 404, user.name
    # A foreign id under one's own home is a home's door, not a row's.
    assert hx(cast.client(cast.stranger), method, reverse(name, args=[cast.other_home.slug, shared.pk]), data) == 404
    assert hx(cast.client(None), method, reverse(name, args=[cast.home.slug, shared.pk]), data) == 401


@pytest.mark.parametrize(("method", "name"), [("get", n) for n in MEETING_GET] + [("post", n) for n in MEETING_POST])
def test_meeting_is_for_the_home_and_its_team(cast: Cast, method: str, name: str) -> None:
    cast.put_on_board(cast.rune)
    number = cast.start().number
    url = reverse(name, args=[cast.home.slug, number])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url) in {200, 204, 302, 404, 422}, user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url) == 404, user.name
    assert hx(cast.client(cast.mette), method, reverse(name, args=[cast.home.slug, 999])) == 404
    assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize("name", AGENDA_GET)
def test_agenda_item_is_for_the_home_and_its_team(cast: Cast, name: str) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    url = reverse(name, args=[cast.home.slug, meeting.number, meeting.spotlight_id])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "get", url) == 200
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404
    assert hx(cast.client(cast.mette), "get", reverse(name, args=[cast.home.slug, meeting.number, 99999])) == 404


def test_topic_of_another_home_cannot_be_settled(cast: Cast) -> None:
    cast.client(cast.mette).post(reverse("topic", args=[cast.home.slug]), {"text": "Nøgler", "noegle": "n"})
    topic = ParkedTopic.objects.for_home(cast.home).get()
    assert hx(cast.client(cast.stranger), "post", reverse("topic-settle", args=[cast.other_home.slug, topic.pk])) == 404
    assert hx(cast.client(cast.mette), "post", reverse("topic-settle", args=[cast.home.slug, topic.pk])) == 204


@pytest.mark.parametrize("name", STREAMS)
def test_stream_is_closed_to_outsiders(cast: Cast, name: str) -> None:
    number = cast.start().number
    url = reverse(name, args=[cast.home.slug, number] if name == "meeting-stream" else [cast.home.slug])
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404
    assert hx(cast.client(None), "get", url) == 401


@pytest.mark.parametrize("name", PERSON_GET)
def test_personal_page_needs_a_person(cast: Cast, name: str) -> None:
    assert cast.client(cast.amina).get(reverse(name)).status_code == 200
    assert hx(cast.client(None), "get", reverse(name)) == 401


def test_reading_never_changes_and_posting_is_never_reading(cast: Cast) -> None:
    client = cast.client(cast.mette)
    assert client.get(reverse("akut-see", args=[cast.home.slug, cast.rune.pk])).status_code == 405
    assert client.post(reverse("board", args=[cast.home.slug])).status_code == 405
