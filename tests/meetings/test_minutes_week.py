"""'Min uge': the resident's own sheet."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry, ReadEntry
from boards import services as board_services
from boards.models import CellRevision, State
from criteria.models import Level
from meetings import week
from organisation.models import Side
from residents import services as resident_services
from tests.conftest import TODAY, Cast


@pytest.mark.parametrize(
    ("monday", "title"),
    [
        (date(2026, 11, 16), "Uge 47 · 16.–22. november"),
        (date(2026, 10, 19), "Uge 43 · 19.–25. oktober"),
        (date(2026, 10, 26), "Uge 44 · 26. oktober – 1. november"),
        (date(2026, 12, 28), "Uge 53 · 28. december 2026 – 3. januar 2027"),
        (date(2027, 1, 4), "Uge 1 · 4.–10. januar"),
        (date(2027, 3, 22), "Uge 12 · 22.–28. marts"),
    ],
)
def test_week_is_called_as_danes_call_it(monday: date, title: str) -> None:
    assert week.week_title(monday) == title
    assert week.monday_of(week.week_key(monday), monday + timedelta(days=3)) == monday


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2027, 1, 1), date(2027, 1, 3)])
def test_new_years_days_are_in_week_53(day: date) -> None:
    assert week.week_key(week.monday_of("", day)) == "2026-W53"


def shown(cast: Cast, user, query: str = "", stay=None) -> str:
    answer = cast.client(user).get(reverse("my-week", args=[cast.home.slug, (stay or cast.rune).pk]) + query)
    return str(answer.content.decode()) if answer.status_code == 200 else str(answer.status_code)


def paper(html: str) -> str:
    """What is printed."""
    return html[html.index("<article") : html.index("</article>")]


@pytest.fixture
def planned(cast: Cast) -> Cast:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.tove)
    cast.write("Mine egne ord om fitness", column_key="goals", side=Side.JOINT)
    cast.write("Har været vred", column_key="safety", side=Side.JOINT)
    cast.write("Sover ikke")
    cast.agree("Morgenmad sammen", owner=cast.jonas, daily=True)
    cast.agree(
        "Gå til fitness",
        owner=cast.mette,
        due_on=TODAY + timedelta(days=1),
        due_time=time(14, 30),
        with_whom="din søster",
    )
    cast.agree("Samtale", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    cast.agree("Næste uges tur", owner=cast.mette, due_on=TODAY + timedelta(days=7))
    cast.agree("Vi har talt med din læge", owner=cast.mette, due_on=TODAY, tells=True)
    cast.agree("Toves ting", stay=cast.tove, owner=cast.mette, due_on=TODAY)
    cast.meeting()
    return cast


def test_sheet_says_the_week_in_plain_words(planned: Cast) -> None:
    text = paper(shown(planned, planned.mette))
    order = [
        "Uge 47 · 16.–22. november", "Mine egne ord om fitness", "Hver dag", "Morgenmad sammen", "med Jonas",
        "Tirsdag 17. november", "Samtale", "med Amina", "Onsdag 18. november", "Gå til fitness",
        "kl. 14.30 med Mette og din søster", "Det vil vi gerne tale med dig om", "Vi har talt med din læge",
        "tirsdag 17. november med Mette", "Vi holder møde tirsdag 17. november kl. 9.30.", "så sig det til Mette",
        "Ring til 70 00 00 02.",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    for left_out in (
        "Akut", "akut", "krise", "Tove", "vred", "Sover ikke", "Næste uges tur", "Sig til beboeren", "bolig",
        "Onsdag 25",
    ):  # fmt: skip
        assert left_out not in text, left_out


def test_what_is_left_out_is_chosen_in_the_address_and_changes_nothing(planned: Cast) -> None:
    entries = Entry.objects.filter(scope=planned.home.scope)
    before = entries.count()
    text = paper(shown(planned, planned.mette, "?valgt=1&linje=goals&linje=findes-ikke"))
    assert "Mine egne ord om fitness" in text
    for words in ("Morgenmad", "Samtale", "Ring til", "Hver dag"):
        assert words not in text, words
    assert "Der er ikke noget på arket" in paper(shown(planned, planned.mette, "?valgt=1"))
    form = shown(planned, planned.mette)
    assert form.count('name="linje"') == form.count(" checked> ") == 7
    assert entries.count() == before


def test_other_weeks_have_their_own_days_and_daily_ones_only_from_now_on(planned: Cast) -> None:
    following = paper(shown(planned, planned.mette, "?uge=2026-W48"))
    assert "Næste uges tur" in following
    assert "Morgenmad" in following
    assert "Gå til fitness" not in following
    assert "din læge" not in following
    past = paper(shown(planned, planned.mette, "?uge=2026-W46"))
    assert "Morgenmad" not in past
    assert "?uge=2026-W45" in shown(planned, planned.mette, "?uge=2026-W46")
    assert "?uge=2026-W53" in shown(planned, planned.mette, "?uge=2027-W01")


@pytest.mark.parametrize(
    "query", ["?uge=x", "?uge=2026-47", "?uge=2026-W54", "?uge=2026-W00", "?uge=0000-W01", "?uge=2099-W01"]
)
def test_week_that_is_not_there_is_not_found(planned: Cast, query: str) -> None:
    assert shown(planned, planned.mette, query) == "404"


def test_other_sides_plans_and_the_resident_follow_the_sharing(planned: Cast) -> None:
    resident_services.basis_withdraw(
        home=planned.home, stay_id=planned.rune.pk, acting_side=Side.TEAM, by=planned.amina
    )
    assert "Samtale" not in shown(planned, planned.mette)
    assert "Samtale" in shown(planned, planned.amina)
    resident_services.basis_withdraw(
        home=planned.home, stay_id=planned.rune.pk, acting_side=Side.HOME, by=planned.mette
    )
    assert shown(planned, planned.amina) == "404"
    assert "Vi holder møde" not in shown(planned, planned.mette), "the meeting does not talk about the resident now"
    assert shown(planned, planned.stranger) == "404"


def test_resident_without_a_team_is_told_of_no_meeting(planned: Cast) -> None:
    text = paper(shown(planned, planned.mette, stay=planned.vibeke))
    assert "Vi holder møde" not in text
    assert "Ring til 70 00 00 02." in text


def test_settled_and_misfiled_things_are_not_on_the_sheet(planned: Cast) -> None:
    row = planned.agree("Udført i går", owner=planned.mette, due_on=TODAY)
    board_services.intervention_settle(
        access=planned.access(planned.mette), pk=row.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    CellRevision.objects.for_home(planned.home).filter(cell__column="goals").update(misfiled_at=timezone.now())
    text = paper(shown(planned, planned.mette))
    assert "Udført i går" not in text
    assert "fitness" not in text.replace("Gå til fitness", "")


def test_reading_is_logged_and_the_resident_dialog_leads_there(planned: Cast) -> None:
    shown(planned, planned.amina)
    assert ReadEntry.objects.filter(viewer=planned.amina.pk, screen="min-uge", stays=[planned.rune.pk]).exists()
    dialog = planned.client(planned.mette).get(reverse("resident", args=[planned.home.slug, planned.rune.pk]))
    assert reverse("my-week", args=[planned.home.slug, planned.rune.pk]) in dialog.content.decode()


def test_no_letter_on_the_sheet_is_smaller_than_sixteen_points() -> None:
    css = Path("static/css/meeting.css").read_text(encoding="utf-8")
    # The rule with all that is nested in it.
    sheet = css.split("\n  .my-week {\n")[1].split("\n  }\n")[0]
    sizes = [float(size) for size in re.findall(r"font-size: ([0-9.]+)pt", sheet)]
    assert len(sizes) >= 4
    assert sheet.count("font-size") == len(sizes)
    assert min(sizes) >= 16
