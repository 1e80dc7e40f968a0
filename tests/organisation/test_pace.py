"""How much one person can look up and take out in a short time: counted in the log, so that no cache is asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit import trail
from audit.models import Entry, EntryDetail
from meetings import services as meeting_services
from organisation import acts
from organisation.models import User
from tests.conftest import TODAY, Cast, text_in

pytestmark = pytest.mark.both

EXPORTED = "Du har taget meget ud på kort tid. Vent lidt, eller spørg din leder."
SEARCHED = "Du har søgt meget på kort tid. Vent et minut, og søg igen."
HX = {"HX-Request": "true"}


@pytest.fixture
def few(settings) -> None:
    """Three of each, so that the boundary is near."""
    settings.SEARCHES_A_MINUTE = settings.EXPORTS_AN_HOUR = 3


def search(cast: Cast, user: User, words: str = "Rune") -> Any:
    return cast.client(user).post(reverse("find"), {"q": words}, headers=HX)


def take_out(cast: Cast, user: User) -> Any:
    return cast.client(user).get(reverse("my-week", args=[cast.home.slug, cast.rune.pk]))


def test_the_limits_are_sixty(settings) -> None:
    assert (settings.SEARCHES_A_MINUTE, settings.EXPORTS_AN_HOUR) == (60, 60)


def test_sixty_searches_a_minute_and_no_more(cast: Cast, clock) -> None:
    for _ in range(59):
        acts.searched(cast.mette, "Rune")
    assert "<b>Rune</b>" in text_in(search(cast, cast.mette))
    answer = search(cast, cast.mette)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    clock.shift(timedelta(seconds=59))
    assert search(cast, cast.mette).status_code == 429
    clock.shift(timedelta(seconds=1))
    assert "<b>Rune</b>" in text_in(search(cast, cast.mette))


def test_sixty_taken_out_an_hour_and_no_more(cast: Cast, clock) -> None:
    for _ in range(59):
        acts.exported(cast.home, cast.mette, "min-uge", [cast.rune.pk])
    assert "Min uge" in text_in(take_out(cast, cast.mette))
    answer = take_out(cast, cast.mette)
    assert answer.status_code == 429
    assert EXPORTED in answer.content.decode()
    assert "Rune" not in answer.content.decode()
    assert answer.headers["Retry-After"] == "3600"
    clock.shift(timedelta(minutes=59, seconds=59))
    assert take_out(cast, cast.mette).status_code == 429
    clock.shift(timedelta(seconds=1))
    assert "Min uge" in text_in(take_out(cast, cast.mette))


def test_refused_search_says_so_in_the_line_of_messages_and_leaves_the_field(cast: Cast, few: None) -> None:
    """page.js shows text/plain of 400 and above, and the answer swaps nothing: what was typed stands."""
    for _ in range(3):
        search(cast, cast.mette)
    answer = search(cast, cast.mette)
    assert (answer.status_code, answer.content.decode()) == (429, SEARCHED)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["HX-Reswap"] == "none"
    assert len(SEARCHED) < 300


def test_everything_taken_out_counts_together(cast: Cast, few: None) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Tekst")
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    client, slug = cast.client(cast.lis), cast.home.slug
    ways = [
        reverse("minutes-pdf", args=[slug, meeting.number]),
        reverse("record-copy", args=[slug, meeting.number, cast.rune.pk]),
        reverse("who-looked", args=[slug, cast.rune.pk]),
    ]
    assert [client.get(url).status_code for url in ways] == [200, 200, 200]
    for url in [*ways, reverse("my-week", args=[slug, cast.rune.pk])]:
        assert client.get(url).status_code == 429
    text = client.get(ways[1], headers=HX)
    assert (text.status_code, text.content.decode()) == (429, EXPORTED)


def test_refused_insight_keeps_what_was_typed(cast: Cast, few: None) -> None:
    for _ in range(3):
        acts.exported(cast.home, cast.lis, "min-uge", [cast.rune.pk])
    url = reverse("insight", args=[cast.home.slug, cast.rune.pk])
    answer = cast.client(cast.lis).post(url, {"format": "pdf", "why": "Runes søster"})
    text = answer.content.decode()
    assert answer.status_code == 429
    assert EXPORTED in text
    assert 'value="Runes søster"' in text


def test_one_persons_pace_is_no_others(cast: Cast, few: None) -> None:
    for _ in range(3):
        assert "<b>Rune</b>" in text_in(search(cast, cast.mette))
        assert "Min uge" in text_in(take_out(cast, cast.mette))
    assert (search(cast, cast.mette).status_code, take_out(cast, cast.mette).status_code) == (429, 429)
    assert "<b>Rune</b>" in text_in(search(cast, cast.jonas))
    assert "Min uge" in text_in(take_out(cast, cast.jonas))


def test_refusal_is_noted_once_an_hour_and_moves_no_board(cast: Cast, few: None, clock) -> None:
    for _ in range(3):
        take_out(cast, cast.mette)
        search(cast, cast.mette)
    version = trail.version_of(cast.home.scope)
    for _ in range(4):
        assert (take_out(cast, cast.mette).status_code, search(cast, cast.mette).status_code) == (429, 429)
    noted = Entry.objects.filter(action="slowed").order_by("seq")
    assert [(one.scope, one.actor, one.subject) for one in noted] == [
        (cast.mette.scope, cast.mette.pk, "limit:exported"), (cast.mette.scope, cast.mette.pk, "limit:searched"),
    ]  # fmt: skip
    assert trail.version_of(cast.home.scope) == version
    assert Entry.objects.filter(action__in=["exported", "searched"]).count() == 6, "what was refused is no export"
    clock.shift(timedelta(minutes=45))
    assert take_out(cast, cast.mette).status_code == 429
    assert noted.filter(subject="limit:exported").count() == 2, "a new hour by the clock"


def test_nothing_typed_is_no_search(cast: Cast, few: None) -> None:
    for _ in range(6):
        assert text_in(search(cast, cast.mette, " ")).strip() == ""
    assert not Entry.objects.filter(action="searched").exists()
    assert "<b>Rune</b>" in text_in(search(cast, cast.mette))


def test_pace_costs_one_query_by_an_index(cast: Cast) -> None:
    """Beside ten thousand entries of others and of the person's own."""
    now, scope = timezone.now(), cast.mette.scope
    acts.searched(cast.mette, "a")
    with CaptureQueriesContext(connection) as before:
        trail.note(scope, "searched", cast.mette, by=cast.mette.pk, words="a", length=1)
    with CaptureQueriesContext(connection) as after:
        acts.searched(cast.mette, "a")
    assert len(after) == len(before) + 1
    Entry.objects.bulk_create(
        Entry(
            scope="person:0", seq=turn + 1, action="searched", subject="x", actor=turn % 50, previous="", hash="",
            at=now - timedelta(minutes=turn),
        )
        for turn in range(10000)
    )  # fmt: skip
    lately = Entry.objects.filter(actor=7, action="searched", at__gt=now - timedelta(minutes=1))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE audit_entry")
    assert "entry_actor_action_at" in lately.explain()


def test_count_that_cannot_be_made_shows_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr("django.db.models.query.QuerySet.count", broken)
    assert search(cast, cast.mette).status_code == 503


def test_who_asked_for_insight_stands_in_the_erasable_part_alone(cast: Cast) -> None:
    acts.exported(cast.home, cast.lis, "indsigt-pdf", [cast.rune.pk], why="Runes søster")
    entry = Entry.objects.get(action="exported")
    assert "søster" not in str(entry.data)
    assert EntryDetail.objects.get(entry=entry).data == {"why": "Runes søster"}
