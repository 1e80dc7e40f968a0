"""Text for the own record, the tick that it was written there, and what is said to the resident."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Entry, ReadEntry
from boards import services as board_services
from boards.models import Intervention
from core.errors import Denied
from criteria.models import Level
from meetings import services
from meetings.copy import record_text
from meetings.models import JournalNote, Meeting, MinutesSection
from organisation.models import Side
from residents import services as resident_services
from residents.models import BasisKind, Giver
from tests.conftest import TODAY, Cast, text_in

SECTION: dict[str, Any] = {
    "name": "Rune", "flat": "4", "situation": "Indlagt siden 9.11.", "level": "akut", "level_label": "Akut",
    "since": "2026-12-31", "criteria": ["Akut krise", "Søsteren er syg"], "review": "drøftes igen senest i morgen",
    "decision": "Op til akut", "reached": True,
    "texts": [
        {"column": "status", "title": "Status", "side": "home", "text": "Sover lidt", "author": "Mette",
         "written_for": "", "when": "17.11."},
        {"column": "status", "title": "Status", "side": "team", "text": "Tager sin medicin", "author": "Mette",
         "written_for": "teamet", "when": "17.11."},
        {"column": "safety", "title": "Tryghed", "side": "joint", "text": "Ring til nabo", "author": "Mette",
         "written_for": "", "when": "17.11."},
    ],
    "interventions": [
        {"day": "tirs. 17.11.", "what": "Går en tur", "with_whom": "Bo", "owner": "Mette", "state": "Planlagt"},
    ],
}  # fmt: skip


def test_record_text_has_five_headings_in_order_and_says_where_it_is_from() -> None:
    text = record_text(SECTION, home="Havtornen", team="Team Nord", day=date(2027, 1, 2))
    assert text.startswith(
        "Fra beboeroverbliksmødet lørdag 2. januar 2027, Havtornen og Team Nord\nRune, bolig 4\n\nSituation\n"
    )
    blocks = dict(block.split("\n", 1) for block in text.split("\n\n")[1:])
    assert blocks == {
        "Situation": "Indlagt siden 9.11.\nNiveau: akut.",
        "Baggrund": "På tavlen siden torsdag 31. december 2026.\nKriterier: Akut krise, Søsteren er syg.",
        "Vurdering": "Botilbuddet: Sover lidt (Mette, 17.11.)\nTeamet: Tager sin medicin (Mette for teamet, 17.11.)",
        "Forslag": "- tirs. 17.11.: Går en tur med Bo. Mette. Planlagt.",
        "Beslutning": "Op til akut.\nDrøftes igen senest i morgen.",
    }


def test_record_text_of_a_section_without_words_says_so_and_knows_old_sections() -> None:
    bare = {**SECTION, "situation": "", "since": "", "criteria": [], "texts": [], "interventions": [], "decision": "",
            "review": "", "reached": False}  # fmt: skip
    text = record_text(bare, home="H", team="T", day=TODAY)
    assert text.count("Ikke oplyst.") == 3
    assert "Ikke nået på mødet." in text
    old = [{k: v for k, v in text.items() if k != "column"} for text in SECTION["texts"]]
    old[0]["title"] = "Status siden sidst"
    text = record_text({**SECTION, "texts": old}, home="H", team="T", day=TODAY)
    assert "Sover lidt" in text
    assert "Ring til nabo" not in text


OBJECTION = "Jeg vil ikke indlægges, og jeg har ikke lyst til at være her."


def test_what_the_resident_says_has_a_heading_of_its_own_and_is_no_part_of_what_staff_found() -> None:
    own = {"column": "words", "title": "Hvad siger beboeren selv?", "side": "joint", "text": OBJECTION,
           "author": "Mette", "written_for": "", "when": "17.11."}  # fmt: skip
    text = record_text({**SECTION, "texts": [own, *SECTION["texts"]]}, home="Havtornen", team="Team Nord", day=TODAY)
    blocks = dict(block.split("\n", 1) for block in text.split("\n\n")[1:])
    assert blocks["Hvad siger beboeren selv?"] == f"{OBJECTION} (skrevet af Mette, 17.11.)"
    assert list(blocks) == ["Situation", "Baggrund", "Hvad siger beboeren selv?", "Vurdering", "Forslag", "Beslutning"]
    assert [title for title, words in blocks.items() if OBJECTION in words] == ["Hvad siger beboeren selv?"]


def test_objection_stands_by_itself_in_minutes_paper_and_copied_text(cast: Cast, running: Meeting) -> None:
    cast.write(OBJECTION, column_key="words", side=Side.JOINT)
    closed = close(cast, running)
    sections = MinutesSection.objects.for_home(cast.home).filter(stay=cast.rune)
    texts = [text for section in sections for text in section.content["texts"]]
    assert {text["column"] for text in texts if OBJECTION in text["text"]} == {"words"}
    page = text_in(cast.client(cast.amina).get(reverse("minutes", args=[cast.home.slug, closed.number])))
    before, _, after = page.partition("Hvad siger beboeren selv?")
    assert (OBJECTION in before, OBJECTION in after.partition("</dl>")[0]) == (False, True)
    assert "Går rundt om natten" not in after.partition(OBJECTION)[0], "staff's text has a heading of its own"
    text = copied(cast, cast.amina, closed, cast.rune)
    assert text.partition("Hvad siger beboeren selv?\n")[2].startswith(OBJECTION)


@pytest.fixture
def running(cast: Cast) -> Meeting:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove)
    cast.write("Går rundt om natten")
    cast.write("Teamets vurdering", by=cast.amina, side=Side.TEAM)
    return cast.start()


def close(cast: Cast, meeting: Meeting) -> Meeting:
    return services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="", today=TODAY)


def copied(cast: Cast, user, meeting: Meeting, stay, query: str = "") -> str:
    answer = cast.client(user).get(reverse("record-copy", args=[cast.home.slug, meeting.number, stay.pk]) + query)
    return str(answer.content.decode()) if answer.status_code == 200 else str(answer.status_code)


def test_text_is_copied_while_the_meeting_runs_and_from_the_minutes_afterwards(cast: Cast, running: Meeting) -> None:
    for _ in range(2):
        for query in ("", "?til=team"):
            text = copied(cast, cast.amina, running, cast.rune, query)
            for words in ("Fra beboeroverbliksmødet tirsdag 17. november 2026", "Går rundt om natten", "readonly"):
                assert words in text, words
        assert copied(cast, cast.amina, running, cast.rune, "?til=home") == "404"
        assert copied(cast, cast.amina, running, cast.rune, "?til=uden-navne") == "404"
        assert copied(cast, cast.amina, running, cast.vibeke) == "404"
        running.refresh_from_db(from_queryset=Meeting.objects.for_home(cast.home))
        if running.state == Meeting.State.RUNNING:
            close(cast, running)
            cast.write("Skrevet efter mødet", seen=1)
    assert ReadEntry.objects.filter(viewer=cast.amina.pk, screen="referat-tekst", stays=[cast.rune.pk]).exists()


def test_copied_text_leaves_out_what_is_not_shared_today(cast: Cast, running: Meeting) -> None:
    for state in ("running", "closed"):
        if state == "closed":
            resident_services.basis_record(
                stay=cast.rune,
                side=Side.TEAM,
                acting_side=Side.TEAM,
                new=resident_services.NewBasis(
                    kind=BasisKind.CONSENT, covers="x", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
                ),
                by=cast.amina,
            )
            close(cast, running)
        resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
        for query in ("", "?til=home"):
            assert "Teamets vurdering" not in copied(cast, cast.mette, running, cast.rune, query), state
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert copied(cast, cast.amina, running, cast.rune) == "404"


def tick(cast: Cast, user, meeting: Meeting, stay, state: str = "yes"):
    url = reverse("journal-note", args=[cast.home.slug, meeting.number, stay.pk])
    return cast.client(user).post(url, {"written": state}, headers={"HX-Request": "true"})


def notes(cast: Cast) -> list[tuple[int, str, str]]:
    rows = JournalNote.objects.for_home(cast.home).select_related("by").order_by("side")
    return [(row.stay_id, row.side, row.by.name) for row in rows]


def test_each_side_ticks_its_own_record_once(cast: Cast, running: Meeting) -> None:
    close(cast, running)
    for _ in range(2):
        answer = tick(cast, cast.mette, running, cast.rune)
        assert answer.status_code == 200
        assert "1 af 1 skrevet i dagbogen" in answer.content.decode()
    assert tick(cast, cast.jonas, running, cast.rune).status_code == 200
    assert "Skrevet i journalen" in tick(cast, cast.amina, running, cast.rune).content.decode()
    assert notes(cast) == [(cast.rune.pk, "home", "Mette"), (cast.rune.pk, "team", "Amina")]
    assert Entry.objects.filter(action="journal.noted").count() == 2
    for user, words in ((cast.jonas, "1 af 1 skrevet i dagbogen"), (cast.amina, "1 af 1 skrevet i journalen")):
        page = cast.client(user).get(reverse("minutes", args=[cast.home.slug, running.number])).content.decode()
        assert words in page
    page = cast.client(cast.jonas).get(reverse("minutes", args=[cast.home.slug, running.number])).content.decode()
    assert "Mette, i dag kl. 9.30" in page
    assert "Fortryd<span" not in page, "somebody else's tick"


def test_tick_is_taken_back_the_same_day_by_the_same_person(cast: Cast, running: Meeting, clock) -> None:
    close(cast, running)
    nothing = text_in(tick(cast, cast.mette, running, cast.rune, "no"))
    assert "0 af 1 skrevet i dagbogen" in nothing, "nothing to take back"
    tick(cast, cast.mette, running, cast.rune)
    refused = tick(cast, cast.jonas, running, cast.rune, "no")
    assert refused.status_code == 422
    assert "Mette har sat krydset" in refused.content.decode()
    answer = tick(cast, cast.mette, running, cast.rune, "no")
    assert "0 af 1 skrevet i dagbogen" in answer.content.decode()
    assert tick(cast, cast.mette, running, cast.rune, "no").status_code == 200
    assert notes(cast) == []
    tick(cast, cast.mette, running, cast.rune)
    clock.shift(timedelta(days=1))
    assert tick(cast, cast.mette, running, cast.rune, "no").status_code == 422
    assert len(notes(cast)) == 1


def test_tick_needs_a_state_a_resident_discussed_and_minutes(cast: Cast, running: Meeting) -> None:
    assert tick(cast, cast.mette, running, cast.rune).status_code == 404, "no minutes yet"
    close(cast, running)
    assert tick(cast, cast.mette, running, cast.tove).status_code == 404, "not reached"
    for wrong in ("", "skift", "true", "x" * 5000):
        assert tick(cast, cast.mette, running, cast.rune, wrong).status_code == 422
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert tick(cast, cast.amina, running, cast.rune).status_code == 404
    assert notes(cast) == []


def said(cast: Cast, user, meeting: Meeting, data: dict[str, str]):
    url = reverse("tell-add", args=[cast.home.slug, meeting.number, meeting.spotlight_id])
    return cast.client(user).post(url, data, headers={"HX-Request": "true"})


def test_what_we_say_stands_in_the_lane_with_owner_and_day(cast: Cast, running: Meeting) -> None:
    for _ in range(2):
        answer = said(
            cast,
            cast.mette,
            running,
            {"what": "Vi ringer til din søster", "owner": str(cast.mette.pk), "due_on": "2026-11-18", "key": "k"},
        )
        assert (answer.status_code, answer["HX-Trigger"]) == (200, "board-changed")
        assert "Vi ringer" not in answer.content.decode(), "an empty form for the next"
    row = Intervention.objects.for_home(cast.home).get()
    assert (row.tells, row.track, row.stay_id) == (True, "social", cast.rune.pk)
    url = reverse("tell-list", args=[cast.home.slug, running.number, running.spotlight_id])
    listed = cast.client(cast.amina).get(url).content.decode()
    assert "Vi ringer til din søster" in listed
    assert "Mette, ons." in listed
    assert "Sig til beboeren" not in listed
    assert (
        "Sig til beboeren: Vi ringer til din søster"
        in cast.client(cast.amina).get("/havtornen/tavle/").content.decode()
    )


def test_gap_in_what_we_say_stops_the_closing_like_any_other(cast: Cast, running: Meeting) -> None:
    assert said(cast, cast.mette, running, {"what": "Husk tandlæge"}).status_code == 200
    url = reverse("tell-list", args=[cast.home.slug, running.number, running.spotlight_id])
    listed = cast.client(cast.mette).get(url).content.decode()
    assert "Ingen ansvarlig" in listed
    assert "Ingen dag" in listed
    with pytest.raises(Denied, match="1 indsats mangler"):
        close(cast, running)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"what": " "}, "Skriv, hvad I gør."),
        ({"what": "x" * 201}, "Der er plads til 200 tegn."),
        ({"what": "Noget", "due_on": "2026-11-16"}, "Dagen er gået."),
        ({"what": "Noget", "due_on": "i morgen"}, "Skriv dagen som"),
        ({"what": "Noget", "owner": "99999"}, "Personen arbejder ikke her."),
    ],
)
def test_wrong_words_to_say_are_answered_at_the_field_and_kept(
    cast: Cast, running: Meeting, data: dict[str, str], words: str
) -> None:
    answer = said(cast, cast.amina, running, data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert data["what"].strip() in answer.content.decode()
    assert not Intervention.objects.for_home(cast.home).exists()


def test_the_one_who_says_it_decides_the_lane_where_the_writer_may_write_it(cast: Cast, running: Meeting) -> None:
    said(cast, cast.mette, running, {"what": "Skrevet af referenten", "owner": str(cast.amina.pk)})
    said(cast, cast.soeren, running, {"what": "Uden pen", "owner": str(cast.mette.pk)})
    tracks = dict(Intervention.objects.for_home(cast.home).values_list("what", "track"))
    assert tracks == {"Skrevet af referenten": "psychiatric", "Uden pen": "psychiatric"}


def test_correcting_it_keeps_that_it_is_to_be_said(cast: Cast) -> None:
    row = cast.agree("Vi flytter mødet", tells=True)
    plan = board_services.Plan(what="Vi aflyser mødet", track="social")
    board_services.intervention_change(
        access=cast.access(cast.mette), pk=row.pk, plan=plan, seen=1, key="", today=TODAY
    )
    assert Intervention.objects.for_home(cast.home).get().tells is True


def test_prompt_five_asks_for_the_list_and_the_form(cast: Cast, running: Meeting) -> None:
    args = [cast.home.slug, running.number, running.spotlight_id]
    page = cast.client(cast.mette).get(reverse("agenda-item", args=args)).content.decode()
    for name in ("tell-list", "tell-add"):
        assert reverse(name, args=args) in page


def test_minutes_of_a_meeting_begun_on_another_day_say_the_day_it_was_held(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    clock.shift(timedelta(days=-1))
    meeting = services.meeting_start(
        access=cast.access(cast.mette), number=cast.meeting().number, present={}, today=TODAY - timedelta(days=1)
    )
    closed = services.meeting_close(
        access=cast.access(cast.mette), meeting=meeting, why="", today=TODAY - timedelta(days=1)
    )
    page = text_in(cast.client(cast.mette).get(reverse("minutes", args=[cast.home.slug, closed.number])))
    assert ("mandag 16. november 2026" in page, "Planlagt til" in page, "tirsdag 17. november" in page) == (
        True, True, True,
    )  # fmt: skip
    text = copied(cast, cast.mette, closed, cast.rune)
    assert "Fra beboeroverbliksmødet mandag 16. november 2026" in text


def test_minutes_of_a_meeting_held_on_its_day_say_nothing_of_another(cast: Cast, running: Meeting) -> None:
    closed = close(cast, running)
    page = text_in(cast.client(cast.mette).get(reverse("minutes", args=[cast.home.slug, closed.number])))
    assert ("tirsdag 17. november 2026" in page, "Planlagt til" in page) == (True, False)
