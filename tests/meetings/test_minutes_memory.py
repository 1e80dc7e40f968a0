"""The board as it stood, and what changed between two meetings."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import ReadEntry
from boards import services as board_services
from boards.models import CellRevision, Intervention, State
from criteria.models import Level
from meetings import history, services
from meetings.minutes import Section
from meetings.models import Meeting
from organisation.models import Side
from residents import services as resident_services
from tests.conftest import TODAY, Cast


def section(stay: int = 1, **changed: Any) -> Section:
    content = {
        "name": f"Beboer {stay}", "flat": str(stay), "group": "akut", "level": "akut", "level_label": "Akut",
        "criteria": ["Akut krise"], "review": "", "texts": [], "interventions": [],
    }  # fmt: skip
    return Section(stay, {**content, **changed})


def text(words: str, side: str = "home") -> dict[str, Any]:
    return {"column": "status", "title": "Status siden sidst", "side": side, "text": words}


def item(pk: int, day: str = "tirs. 17.11.", state: str = "Planlagt") -> dict[str, Any]:
    return {"id": pk, "track": "social", "what": f"Indsats {pk}", "day": day, "state": state}


OFF = {"group": "andre", "level": "none", "level_label": "Almindelig", "criteria": []}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, None),
        ({}, {"level_label": "Subakut", "group": "subakut"}, {"words": [("Niveau", "Akut", "Subakut")]}),
        ({}, {"criteria": ["A", "B"]}, {"words": [("Kriterier", "Akut krise", "A · B")]}),
        (
            {"texts": [text("Før")]},
            {"texts": [text("Nu"), text("Ny", "team")]},
            {"words": [("Status siden sidst", "Før", "Nu"), ("Status siden sidst (teamet)", "", "Ny")]},
        ),
        ({"texts": [text("Før")]}, {}, {"words": [("Status siden sidst", "Før", "")]}),
        ({}, {"interventions": [item(1)]}, {"added": ["Indsats 1"]}),
        (
            {"interventions": [item(1)]},
            {"interventions": [item(1, state="Udført")]},
            {"settled": [("Indsats 1", "Udført")]},
        ),
        ({"interventions": [item(1)]}, {}, {"settled": [("Indsats 1", "Afsluttet")]}),
        ({"interventions": [item(1, state="Udført")]}, {}, None),
        (
            {"interventions": [item(1)]},
            {"interventions": [item(1, "ons. 18.11.")]},
            {"moved": [("Indsats 1", "tirs. 17.11.", "ons. 18.11.")]},
        ),
        (
            {},
            OFF,
            {"board": "Gik af tavlen", "words": [("Niveau", "Akut", "Almindelig"), ("Kriterier", "Akut krise", "")]},
        ),
        (
            OFF,
            {},
            {"board": "Kom på tavlen", "words": [("Niveau", "Almindelig", "Akut"), ("Kriterier", "", "Akut krise")]},
        ),
        ({}, None, {"board": "Gik af tavlen"}),
        (None, {"criteria": []}, {"board": "Kom på tavlen", "words": [("Niveau", "", "Akut")]}),
        (OFF, None, None),
        # Nobody put on the board who only stood there until a question or a sign was answered.
        (OFF, {**OFF, "group": "nye-tegn"}, None),
        ({**OFF, "group": "udskrevet"}, OFF, None),
    ],
)  # fmt: skip
def test_difference_of_one_resident(old, new, expected) -> None:
    before = [] if old is None else [section(**old)]
    after = [] if new is None else [section(**new)]
    found = history.differences(before, after)
    if expected is None:
        assert found == []
        return
    (one,) = found
    got = {
        "board": one.board,
        "words": [(word.title, word.before, word.after) for word in one.words],
        "added": [added["what"] for added in one.added],
        "settled": [(settled["what"], how) for settled, how in one.settled],
        "moved": [(moved["what"], start, end) for moved, start, end in one.moved],
    }
    assert got == {"board": "", "words": [], "added": [], "settled": [], "moved": [], **expected}


def test_differences_of_minutes_without_ids_are_told_by_the_words() -> None:
    bare = {key: value for key, value in item(1).items() if key != "id"}
    assert history.differences([section(interventions=[bare])], [section(interventions=[item(1)])]) == []


def test_differences_stand_in_danish_order() -> None:
    names = ["Åse", "Zara", "Ærø", "Anna"]
    after = [section(pk, name=name, criteria=["x"]) for pk, name in enumerate(names, start=1)]
    found = history.differences([section(pk) for pk in range(1, 5)], after)
    assert [one.name for one in found] == ["Anna", "Zara", "Ærø", "Åse"]


def held(cast: Cast) -> Meeting:
    """Holds the next meeting on its day."""
    meeting = services.home_meeting(cast.home) or cast.meeting()
    day = timezone.localdate()
    services.meeting_start(access=cast.access(cast.mette), number=meeting.number, present={}, today=day)
    meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
    services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Sådan er det", today=day)
    return meeting


def shown(cast: Cast, user, name: str, *args: int, query: str = "") -> str:
    answer = cast.client(user).get(reverse(name, args=[cast.home.slug, *args]) + query)
    return str(answer.content.decode()) if answer.status_code == 200 else str(answer.status_code)


@pytest.fixture
def two(cast: Cast, clock) -> tuple[Meeting, Meeting]:
    """Two meetings a week apart; Rune changed, Tove came off, Vibeke is the home's alone."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.vibeke)
    cast.write("Går rundt om natten")
    cast.write("Teamets vurdering", by=cast.amina, side=Side.TEAM)
    row = cast.agree("Gå en tur", owner=cast.mette, due_on=TODAY + timedelta(days=7))
    first = held(cast)
    cast.write("Sover igen", seen=1)
    board_services.intervention_settle(
        access=cast.access(cast.mette), pk=row.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    cast.agree("Købe sko", owner=cast.mette, due_on=TODAY)
    clock.shift(timedelta(days=7))
    return first, held(cast)


def test_board_is_shown_as_it_stood_when_the_meeting_closed(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    first, second = two
    page = shown(cast, cast.mette, "board-then", first.number)
    for words in ("Går rundt om natten", "Akut krise", "Gå en tur", "Vibeke", "Teamets vurdering", "bolig 4"):
        assert words in page, words
    for later in ("Sover igen", "Købe sko"):
        assert later not in page, later
    assert reverse("board-then", args=[cast.home.slug, second.number]) in page
    later = shown(cast, cast.mette, "board-then", second.number)
    assert "Sover igen" in later
    assert reverse("board-then", args=[cast.home.slug, first.number]) in later
    assert "data-hx-post" not in page[page.index("<table") : page.index("</table>")], "read only"
    assert ReadEntry.objects.filter(viewer=cast.mette.pk, screen="tavlen-som-den-stod").exists()


def test_board_then_is_filtered_by_todays_sharing(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    first, _ = two
    assert "Vibeke" not in shown(cast, cast.amina, "board-then", first.number)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    assert "Teamets vurdering" not in shown(cast, cast.mette, "board-then", first.number)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    page = shown(cast, cast.amina, "board-then", first.number)
    assert "Rune" not in page
    assert "natten" not in page
    assert "Går rundt om natten" in shown(cast, cast.mette, "board-then", first.number)


def test_resident_on_the_board_and_not_on_the_agenda_is_in_memory_and_not_in_the_minutes(
    cast: Cast, two: tuple[Meeting, Meeting]
) -> None:
    assert "Vibeke" in shown(cast, cast.mette, "board-then", two[0].number)
    assert "Vibeke" not in shown(cast, cast.mette, "minutes", two[0].number, query="?til=home")


def test_comparison_shows_what_changed_and_only_that(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    first, second = two
    for query in ("", f"?fra={first.number}&til={second.number}", f"?fra={second.number}&til={first.number}"):
        page = shown(cast, cast.amina, "compare-meetings", query=query)
        for words in ("Går rundt om natten", "Sover igen", "Ny indsats:</b> Købe sko", "Gå en tur"):
            assert words in page, (query, words)
        assert page.index("Går rundt om natten") < page.index("Sover igen")
        assert "Teamets vurdering" not in page, "unchanged"
        assert "Vibeke" not in page
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert "Sover igen" not in shown(cast, cast.amina, "compare-meetings")


def test_misfiled_words_are_in_neither_memory(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    CellRevision.objects.for_home(cast.home).filter(text="Går rundt om natten").update(misfiled_at=timezone.now())
    Intervention.objects.for_home(cast.home).filter(what="Købe sko").update(state=State.MISFILED)
    for user in (cast.mette, cast.amina):
        for page in (shown(cast, user, "board-then", two[0].number), shown(cast, user, "compare-meetings")):
            assert "natten" not in page
            assert "Købe sko" not in page
    assert "Skrevet på forkert beboer" in shown(cast, cast.mette, "board-then", two[0].number)


@pytest.mark.parametrize("query", ["?fra=x", "?fra=", "?til=999&fra=1", "?fra=99999999999", "?til=-1", "?fra=²"])
def test_comparison_with_a_meeting_that_is_not_there_is_not_found(
    cast: Cast, two: tuple[Meeting, Meeting], query: str
) -> None:
    assert shown(cast, cast.mette, "compare-meetings", query=query) == "404"


def test_comparison_of_a_meeting_with_itself_asks_for_two(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    number = two[0].number
    assert "Vælg to forskellige møder" in shown(
        cast, cast.mette, "compare-meetings", query=f"?fra={number}&til={number}"
    )


def test_fewer_than_two_meetings_say_so(cast: Cast) -> None:
    assert "Når der er holdt to møder" in shown(cast, cast.mette, "compare-meetings")


def test_memory_costs_a_fixed_number_of_queries(
    cast: Cast, two: tuple[Meeting, Meeting], django_assert_max_num_queries
) -> None:
    client = cast.client(cast.mette)
    for name, args in (("board-then", [two[0].number]), ("compare-meetings", [])):
        client.get(reverse(name, args=[cast.home.slug, *args]))
        with django_assert_max_num_queries(30):
            client.get(reverse(name, args=[cast.home.slug, *args]))


def test_meeting_opened_again_still_has_its_board(cast: Cast, two: tuple[Meeting, Meeting]) -> None:
    day = timezone.localdate()
    services.meeting_reopen(access=cast.access(cast.mette), number=two[1].number, why="Rettelse", today=day)
    assert "Sover igen" in shown(cast, cast.mette, "board-then", two[1].number)
