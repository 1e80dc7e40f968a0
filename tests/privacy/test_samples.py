"""The weekly sample: what is drawn, who answers, and what they see."""

import ast
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from audit import trail
from audit.models import Entry, ReadEntry
from operations.tasks import minute
from organisation.models import Home, Membership, Role, TeamHome, User
from privacy import rules, samples
from privacy.models import Answer, Sample, SampleLine
from tests import page
from tests.conftest import TODAY, Cast, text_in
from tests.privacy.conftest import Looks
from tests.rooms import FILES

pytestmark = pytest.mark.both

PAGE = "/styring/stikproever/"
WEEK = date(2026, 11, 9)


# --- rules ---


@pytest.mark.parametrize(
    ("looks", "drawn"), [(0, 0), (1, 1), (19, 19), (20, 20), (21, 20), (2000, 20), (2001, 21), (3000, 30), (3001, 31)]
)
def test_at_least_twenty_or_one_in_a_hundred_and_all_where_there_are_fewer(looks: int, drawn: int) -> None:
    assert rules.size(looks) == drawn
    chosen = rules.drawn(range(looks))
    assert len(set(chosen)) == drawn


def test_draw_is_not_the_same_twice() -> None:
    assert len({tuple(rules.drawn(range(1000))) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 11, 16), WEEK), (date(2026, 11, 22), WEEK), (date(2026, 11, 15), date(2026, 11, 2)),
        (date(2027, 1, 3), date(2026, 12, 21)), (date(2027, 1, 4), date(2026, 12, 28)),
    ],
)  # fmt: skip
def test_sample_is_of_the_last_whole_iso_week(day: date, week: date) -> None:
    assert rules.week_before(day) == week


def test_every_screen_that_is_logged_has_a_name() -> None:
    """Looked for where the code notes a look, so that a new page cannot stand in the list as a code."""
    nodes = [node for path in FILES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    said = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg == "screen"]
    # log_read(access, "…", stays), visible_row(access, stay, "…"), exported(home, user, "…", stays).
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = {"log_read": 1, "visible_row": 2, "exported": 2}
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said += call.args[called[name] : called[name] + 1] if name in called else []
    found = {str(node.value) for node in said if isinstance(node, ast.Constant)}
    assert {"alle-beboere", "beboer", "saet-paa-tavlen", "beboerens-forloeb", "set-af"} <= found
    assert found - set(rules.SCREENS) == set()
    for screen in ("referat-joint", "referat-pdf-home", "referat-uden-navne"):
        assert rules.screen_label(screen).startswith("Referat")
    assert rules.screen_label("referat-pdf-home") == "Referat som PDF"


# --- drawing ---


def test_looks_at_others_residents_are_drawn_and_ones_own_are_not(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.mette, cast.rune.pk, cast.tove.pk)  # her own
    looks.at(cast.mette, cast.rune.pk, cast.vibeke.pk, hour=10)
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    home = looks.lines(sample__home=cast.home)
    assert [(line.read.viewer, line.stays) for line in home] == [
        (cast.jonas.pk, [cast.rune.pk]), (cast.mette.pk, [cast.vibeke.pk]),
    ]  # fmt: skip
    sample = Sample.objects.get(home=cast.home)
    assert (sample.week, sample.looks) == (WEEK, 2)


def test_deputy_is_no_outsider(looks: Looks) -> None:
    cast = looks.cast
    named = {"person": cast.mette.pk, "deputy": cast.jonas.pk}
    saved = text_in(page.send(cast.client(cast.mette), f"/havtornen/beboer/{cast.rune.pk}/kontakt/", named))
    assert f'<option value="{cast.jonas.pk}" selected>' in saved
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    assert looks.lines() == []


def test_week_is_whole_days_in_denmark(looks: Looks) -> None:
    cast = looks.cast
    for day, hour in ((8, 23), (9, 0), (15, 23), (16, 0)):
        looks.at(cast.jonas, cast.rune.pk, day=day, hour=hour)
    looks.draw()
    hours = [timezone.localtime(line.read.slot) for line in looks.lines()]
    assert [(hour.day, hour.hour) for hour in hours] == [(9, 0), (15, 23)]


def test_home_and_team_each_answer_for_their_own_people(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.soeren, cast.rune.pk)
    looks.at(cast.stranger, cast.elsewhere.pk, 99, home=cast.other_home)
    looks.draw()
    units = {(line.sample.home_id, line.sample.team_id, line.read.viewer) for line in looks.lines()}
    assert units == {
        (cast.home.pk, None, cast.jonas.pk), (None, cast.team.pk, cast.soeren.pk),
        (cast.other_home.pk, None, cast.stranger.pk),
    }  # fmt: skip


def test_one_who_works_on_both_sides_enters_by_the_home(looks: Looks) -> None:
    cast = looks.cast
    Membership.objects.create(user=cast.soeren, home=cast.home, role=Role.STAFF, from_day=date(2026, 11, 12))
    looks.at(cast.soeren, cast.rune.pk, day=11)
    looks.at(cast.soeren, cast.rune.pk, day=12)
    looks.draw()
    assert [line.read.slot.day for line in looks.lines(sample__team=cast.team)] == [11]
    assert [line.read.slot.day for line in looks.lines(sample__home=cast.home)] == [12]


def test_one_who_stopped_in_the_week_counts_until_then(looks: Looks) -> None:
    cast = looks.cast
    Membership.objects.filter(user=cast.jonas).update(to_day=date(2026, 11, 11))
    looks.at(cast.jonas, cast.rune.pk, day=11)
    looks.at(cast.jonas, cast.rune.pk, day=12)
    looks.draw()
    assert [line.read.slot.day for line in looks.lines()] == [11]


def test_twenty_of_many_are_drawn_once_and_kept(looks: Looks) -> None:
    cast = looks.cast
    looks.many(cast.jonas, 60, cast.rune.pk)
    assert looks.draw() == 4, "two homes and two teams"
    kept = [line.read_id for line in looks.lines()]
    assert len(kept) == 20
    assert looks.draw() == 0
    minute()
    assert [line.read_id for line in looks.lines()] == kept
    entry = Entry.objects.get(action="sample.drawn", scope=cast.home.log_scope)
    assert entry.data["looks"] == 60
    assert sorted(entry.data["reads"]) == sorted(kept)
    assert trail.broken_links(cast.home.log_scope) == []


def test_the_minute_task_draws_when_the_week_has_turned(looks: Looks, clock, django_assert_num_queries) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    minute()
    assert len(looks.lines()) == 1
    clock.move_to("2026-11-22T23:59:00+01:00")
    looks.at(cast.jonas, cast.rune.pk, day=18)
    minute()
    assert len(looks.lines()) == 1
    clock.move_to("2026-11-23T00:00:30+01:00")
    minute()
    assert len(looks.lines()) == 2
    with django_assert_num_queries(2):
        looks.draw()


def test_home_for_training_has_no_sample(looks: Looks) -> None:
    cast = looks.cast
    Home.objects.filter(pk=cast.home.pk).update(practice=True)
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.soeren, cast.rune.pk)
    looks.draw()
    assert looks.lines() == []


def test_draw_costs_the_same_for_few_looks_and_for_many(looks: Looks, django_assert_max_num_queries) -> None:
    looks.many(looks.cast.jonas, 100, looks.cast.rune.pk)
    with django_assert_max_num_queries(76):  # four units
        assert looks.draw() == 4


# --- the page ---


def form_of(line: SampleLine, answer: str = "", note: str = "", seen: int | None = None) -> dict[str, Any]:
    at = f"l{line.pk}"
    version = line.version if seen is None else seen
    return {f"{at}-answer": answer, f"{at}-note": note, f"{at}-seen": version}


def send(cast: Cast, user: User, *lines: SampleLine, answer: str = "fine", note: str = "", **more: Any) -> Any:
    data: dict[str, Any] = {"key": more.pop("key", "")}
    for line in lines:
        data |= form_of(line, answer, note, **more)
    return cast.client(user).post(f"{PAGE}{lines[0].sample_id}/", data)


def text(cast: Cast, user: User) -> str:
    answer = cast.client(user).get(PAGE)
    assert answer.status_code == 200
    return " ".join(str(answer.content.decode()).split())


def test_leader_sees_who_when_where_and_whom(looks: Looks) -> None:
    cast = looks.cast
    cast.jonas.title = "pædagog"
    cast.jonas.save()
    looks.at(cast.jonas, cast.rune.pk, cast.tove.pk, day=10, hour=14, screen="referat-pdf-joint")
    looks.draw()
    page = text(cast, cast.lis)
    for words in (
        "Uge 46 · 9.–15. november 2026", "Jonas, pædagog", "tirsdag 10. november kl. 14.20",
        "Referat som PDF i Havtornen", "2 beboere: Rune · bolig 4, Tove · bolig 9", "1 opslag venter på svar.",
        "Trukket blandt 1 opslag. Svar senest 1.12.2026.",
    ):  # fmt: skip
        assert words in page, words
    read = ReadEntry.objects.get(viewer=cast.lis.pk, screen="stikproever")
    assert (read.scope, read.stays) == (cast.home.scope, [cast.rune.pk, cast.tove.pk])


def test_resident_the_leader_may_not_see_today_is_unknown(looks: Looks) -> None:
    cast = looks.cast
    nina = looks.leader("Nina", team=cast.team)
    looks.at(cast.soeren, cast.rune.pk, cast.aksel.pk, cast.vibeke.pk)
    looks.draw()
    page = text(cast, nina)
    assert "3 beboere: Rune · bolig 4, bolig ukendt, bolig ukendt" in page
    for words in ("Aksel", "Vibeke", "bolig 10", "bolig 8"):
        assert words not in page
    assert ReadEntry.objects.get(viewer=nina.pk, screen="stikproever").stays == [cast.rune.pk]


def test_leader_answers_line_by_line_and_it_is_kept(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.jonas, cast.tove.pk)
    looks.draw()
    fine, look = looks.lines()
    data = {**form_of(fine, "fine"), **form_of(look, "look", "Hvorfor om natten?")}
    answer = cast.client(cast.lis).post(f"{PAGE}{fine.sample_id}/", data)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#s{fine.sample_id}")
    fine.refresh_from_db()
    look.refresh_from_db()
    assert (fine.answer, fine.answered_by, fine.version) == ("fine", cast.lis, 1)
    assert (look.answer, look.note) == ("look", "Hvorfor om natten?")
    entries = Entry.objects.filter(action="sample.answered", scope=cast.home.log_scope, actor=cast.lis.pk)
    assert [entry.data["answer"] for entry in entries.order_by("seq")] == ["fine", "look"]
    assert "natten" not in str([entry.data for entry in entries])
    assert entries.latest("seq").detail.data == {"note": "Hvorfor om natten?"}
    page = text(cast, cast.lis)
    assert "Ingen opslag venter på svar." in page
    assert "Besvaret (2)" in page


def test_some_can_be_answered_now_and_the_rest_later(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.jonas, cast.tove.pk)
    looks.draw()
    first, second = looks.lines()
    data = {**form_of(first, "fine"), **form_of(second)}
    assert cast.client(cast.lis).post(f"{PAGE}{first.sample_id}/", data).status_code == 302
    assert [line.answer for line in looks.lines()] == ["fine", ""]


def test_what_shall_be_looked_into_needs_a_note_and_nothing_typed_is_lost(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.jonas, cast.tove.pk)
    looks.draw()
    first, second = looks.lines()
    data = {**form_of(first, "fine", "Vagt den nat"), **form_of(second, "look", " ")}
    answer = cast.client(cast.lis).post(f"{PAGE}{first.sample_id}/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Skriv, hvad der skal undersøges." in page
    assert 'value="Vagt den nat"' in page
    assert not SampleLine.objects.exclude(answer="").exists(), "all or none"


@pytest.mark.parametrize("given", [{}, {"answer": ""}, {"answer": "maaske"}, {"note": "x" * 301}, {"seen": "x"}])
def test_answer_that_cannot_be_read_is_told(looks: Looks, given: dict[str, Any]) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    (line,) = looks.lines()
    values = {"answer": "", "note": "", **given}
    answer = send(cast, cast.lis, line, **values)
    assert answer.status_code == 422
    assert 'class="error' in answer.content.decode()
    assert not SampleLine.objects.exclude(answer="").exists()


def test_nobody_answers_for_themselves(looks: Looks) -> None:
    cast = looks.cast
    other = looks.leader("Nina", home=cast.home)
    looks.at(cast.lis, cast.rune.pk)
    looks.draw()
    (line,) = looks.lines()
    page = text(cast, cast.lis)
    assert "Det er dit eget opslag. En anden leder svarer." in page
    assert f"l{line.pk}-answer" not in page
    assert "Ingen opslag venter på svar." in page
    refused = send(cast, cast.lis, line)
    assert refused.status_code == 422
    assert "Du svarer ikke for dit eget opslag." in refused.content.decode()
    assert send(cast, other, line).status_code == 302
    line.refresh_from_db()
    assert line.answered_by == other


def test_lone_leader_is_answered_for_by_another_leader_of_the_organisation(looks: Looks) -> None:
    cast = looks.cast
    other = looks.leader("Nina", home=cast.other_home)
    looks.at(cast.lis, cast.rune.pk)
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    jonas, lis = sorted(looks.lines(sample__home=cast.home), key=lambda line: line.read.viewer != cast.jonas.pk)
    page = text(cast, other)
    assert "Lis" in page
    assert "Jonas" not in page, "his own leader answers for him"
    assert "1 beboer: bolig ukendt" in page
    assert "Rune" not in page
    assert send(cast, other, lis).status_code == 302
    assert send(cast, other, jonas).status_code == 422
    jonas.refresh_from_db()
    assert jonas.answer == ""


def test_lone_leader_of_an_organisation_is_not_drawn(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.lis, cast.rune.pk)
    looks.draw()
    assert looks.lines() == []


def test_other_leaders_do_not_see_the_unit_s_sample(looks: Looks) -> None:
    cast = looks.cast
    theirs = looks.leader("Nina", team=cast.team)
    elsewhere = looks.leader("Olga", home=cast.other_home)
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    (line,) = looks.lines()
    for user in (theirs, elsewhere):
        assert "Jonas" not in text(cast, user)
        assert send(cast, user, line).status_code == 404
    for user in (cast.mette, cast.jonas, cast.karla, cast.stranger):
        assert cast.client(user).get(PAGE).status_code == 404
        assert send(cast, user, line).status_code == 404


def test_older_than_fourteen_days_is_marked(looks: Looks, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    clock.shift(timedelta(days=14))
    assert "Svar senest 1.12.2026." in text(cast, cast.lis)
    clock.shift(timedelta(days=1))
    page = text(cast, cast.lis)
    assert "Skulle være besvaret senest 1.12.2026." in page
    assert "1 opslag venter på svar, 1 er over fristen." in page
    start = cast.client(cast.lis).get("/styring/").content.decode()
    assert "Ugens opslag: 1 venter på svar, 1 over fristen" in start


def test_two_leaders_at_once_are_told_apart(looks: Looks) -> None:
    cast = looks.cast
    other = looks.leader("Nina", home=cast.home)
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    (line,) = looks.lines()
    assert send(cast, cast.lis, line).status_code == 302
    late = send(cast, other, line, answer="look", note="Spørg ham")
    page = late.content.decode()
    assert late.status_code == 409
    assert "Lis svarede imens" in page
    assert 'value="Spørg ham"' in page
    line.refresh_from_db()
    assert line.answer == "fine"
    assert send(cast, other, line, answer="look", note="Spørg ham").status_code == 302, "over what stands now"
    assert Entry.objects.filter(action="sample.answered").count() == 2


def test_double_click_is_one_answer(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.draw()
    (line,) = looks.lines()
    for _ in range(2):
        assert send(cast, cast.lis, line, key="k").status_code == 302
    assert Entry.objects.filter(action="sample.answered").count() == 1


def test_unit_without_a_leader_is_answered_for_in_its_organisation(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.stranger, 99, home=cast.other_home)
    looks.draw()
    (line,) = looks.lines()
    assert "Tine" in text(cast, cast.lis)
    assert send(cast, cast.lis, line).status_code == 302


def test_page_costs_the_same_for_few_lines_and_for_many(looks: Looks, django_assert_max_num_queries) -> None:
    cast = looks.cast
    looks.many(cast.jonas, 30, cast.rune.pk, cast.tove.pk)
    for number in range(5):
        home = Home.objects.create(organisation=cast.home.organisation, name=f"Hus {number}", slug=f"hus-{number}")
        TeamHome.objects.create(team=cast.team, home=home, from_day=TODAY)
        Membership.objects.create(user=cast.lis, home=home, role=Role.LEADER, from_day=TODAY)
    looks.draw()
    client = cast.client(cast.lis)
    client.get(PAGE)
    with django_assert_max_num_queries(26):
        client.get(PAGE)


def test_old_answered_weeks_leave_the_page_and_unanswered_stay(looks: Looks, clock) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.jonas, cast.tove.pk)
    looks.draw()
    first, second = looks.lines()
    assert send(cast, cast.lis, first).status_code == 302
    clock.shift(timedelta(weeks=20))
    page = text(cast, cast.lis)
    assert f"l{second.pk}-answer" in page
    assert f"l{first.pk}-answer" not in page


def test_service_refuses_a_line_that_is_not_the_sample_s(looks: Looks) -> None:
    cast = looks.cast
    looks.at(cast.jonas, cast.rune.pk)
    looks.at(cast.soeren, cast.rune.pk)
    looks.draw()
    ours, theirs = looks.lines(sample__home=cast.home)[0], looks.lines(sample__team=cast.team)[0]
    data = {**form_of(ours, "fine"), **form_of(theirs, "fine")}
    assert cast.client(cast.lis).post(f"{PAGE}{ours.sample_id}/", data).status_code == 302
    theirs.refresh_from_db()
    assert theirs.answer == ""
    with pytest.raises(LookupError):
        samples.sample_answer(
            user=cast.lis, sample=ours.sample, mine=Q(),
            given=[samples.GivenAnswer(theirs.pk, Answer.FINE, "", 0)], key="", now=timezone.now(),
        )  # fmt: skip
