"""Insight: all a side keeps of one stay, and nothing of the other's."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from audit.models import Entry, ReadEntry
from boards import services as board_services
from boards.models import AkutReview, Cell, CellRevision, Intervention, Urgency
from care import services as care
from criteria.models import CriterionVersion, Level
from meetings import services as meeting_services
from meetings.models import MinutesSection
from organisation.models import Membership, Role, Side, User
from privacy import insight
from privacy.insight import paper
from residents import services as resident_services
from residents.models import Agreed, BasisKind, Given, Giver, PartnerKind, Resident, Situation, Stay, StayEnd
from residents.partners import Agreement, partner_add
from tests.conftest import TODAY, Cast, text_in

HOME, TEAM, JOINT = Side.HOME, Side.TEAM, Side.JOINT
WORD = {HOME: "Kvidrende", TEAM: "Snurrende", JOINT: "Blinkende"}
# Fields that hold a word of the program's own, or what the program made of the others.
OWN_WORDS = {
    "column", "side", "from_side", "written_for", "kind", "track", "state", "audience", "hash", "salt", "search",
    "decision",
}  # fmt: skip
JSON_FIELDS = {"Admission.stood", "LevelChange.stood", "InterventionEvent.stood", "MinutesSection.content"}


@dataclass
class Desk:
    """The cast with a team's leader, and everything there is to keep written on Rune by each side."""

    cast: Cast
    nina: User
    meeting: Any = None

    def ask(self, user: User, stay: Stay | None = None, fil: str = "json", why: str = "Beboeren selv") -> Any:
        url = reverse("insight", args=[self.cast.home.slug, (stay or self.cast.rune).pk])
        return self.cast.client(user).post(url, {"format": fil, "why": why})

    def account(self, user: User, stay: Stay | None = None) -> dict[str, Any]:
        answer = self.ask(user, stay)
        assert answer.status_code == 200
        found: dict[str, Any] = json.loads(answer.content.decode())
        return found

    def paper(self, user: User, stay: Stay | None = None) -> str:
        return words(self.ask(user, stay, "pdf"))


def words(answer: HttpResponse) -> str:
    """What stands in a PDF, with the line breaks taken out."""
    assert answer.status_code == 200
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


@pytest.fixture
def desk(cast: Cast) -> Desk:
    nina = User.objects.create_user("nina@x.invalid", name="Nina", title="afsnitsleder")
    Membership.objects.create(user=nina, role=Role.LEADER, team=cast.team, from_day=TODAY - timedelta(days=90))
    return Desk(cast, nina)


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A row in every table, of each side where sides have rows of their own."""
    cast, rune = desk.cast, desk.cast.rune
    people = {HOME: cast.mette, TEAM: cast.amina}
    cast.write(WORD[JOINT], column_key="goals", side=JOINT)
    for side, who in people.items():
        word = WORD[side]
        cast.write(f"{word} først", by=who, side=side)
        cast.write(f"{word} nu", by=who, side=side, seen=1)
        cast.write(f"{word} kun os", by=who, column_key="own", side=side)
        board_services.sign_note(
            access=cast.access(who), stay_id=rune.pk, text=f"{word} tegn", urgency=Urgency.SOON, key="", today=TODAY
        )
    episode = cast.put_on_board(rune, Level.AKUT, "akut-krise", reason=f"{WORD[HOME]} op")
    board_services.akut_review(
        access=cast.access(cast.mette),
        stay_id=rune.pk,
        done=board_services.ReviewDone(
            home_person=cast.mette,
            team_person=cast.amina,
            outcome=AkutReview.Outcome.SAME,
            note=f"{WORD[JOINT]} set på",
        ),
        team_open=False,
        seen=episode.version,
        key="",
        today=TODAY,
    )
    cast.put_on_board(
        rune, Level.SUBAKUT, "tidlige-tegn", access=cast.access(cast.amina), reason=f"{WORD[TEAM]} ned", seen=2
    )
    for track, side in (("social", HOME), ("psychiatric", TEAM), ("coordination", JOINT)):
        by = people.get(side, cast.mette)
        row = cast.agree(f"{WORD[side]} aftale", by=by, track=track, owner=by, due_on=TODAY)
        board_services.intervention_move(
            access=cast.access(by), pk=row.pk, to_day=TODAY + timedelta(days=1), seen=1, today=TODAY
        )
    resident_services.situation_change(
        stay=rune, situation=Situation.ADMITTED, since=TODAY, place=f"{WORD[JOINT]} afsnit", by=cast.mette
    )
    for side, who in people.items():
        resident_services.visit_note(
            home=cast.home, stay_id=rune.pk, on=TODAY, text=f"{WORD[side]} besøg", side=side, key="", by=who,
            today=TODAY,
        )  # fmt: skip
        resident_services.basis_record(
            stay=rune,
            side=side,
            acting_side=side,
            new=resident_services.NewBasis(
                kind=BasisKind.OTHER,
                covers=f"{WORD[side]} deles",
                reason=f"{WORD[side]} grund",
                given_by=Giver.RESIDENT,
                from_day=TODAY,
                to_day=TODAY + timedelta(days=20),
            ),
            by=who,
        )
    partner_add(
        home=cast.home, stay_id=rune.pk, name=f"{WORD[JOINT]} sagsbehandler", kind=PartnerKind.CASEWORKER,
        new=Agreement(Agreed.YES, Given.SPOKEN, TODAY), key="", by=cast.mette, today=TODAY,
    )  # fmt: skip
    called = cast.agree(
        f"{WORD[JOINT]} ringer", track="coordination", with_whom=f"{WORD[JOINT]} søster",
        unagreed=f"{WORD[JOINT]} uden aftale", owner=cast.mette, due_on=TODAY,
    )  # fmt: skip
    board_services.unagreed_read(access=cast.access(cast.lis), pk=called.pk, today=TODAY)
    meeting_services.topic_park(
        access=cast.access(cast.mette), stay_id=rune.pk, team=None, text=f"{WORD[JOINT]} emne", key=""
    )
    desk.meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=desk.meeting, why="Nåede det", today=TODAY)
    for who in people.values():
        meeting_services.journal_note(
            access=cast.access(who), meeting=desk.meeting, stay_id=rune.pk, written=True, today=TODAY
        )
    cast.client(cast.jonas).get(reverse("resident-course", args=[cast.home.slug, rune.pk]))
    return desk


def hanging() -> list[type[models.Model]]:
    """Every table that hangs on a stay by its keys, however far."""
    found: list[type[models.Model]] = [Stay]
    for _ in range(8):
        for model in apps.get_models(include_auto_created=True):
            ways = [one for one in model._meta.get_fields() if one.is_relation and getattr(one, "concrete", False)]
            if model not in found and any(one.related_model in found for one in ways):
                found.append(model)
    return found


# --- all of it ---


@pytest.mark.parametrize("who", ["lis", "nina"])
def test_every_table_of_a_stay_is_read_or_named_with_a_reason(full: Desk, who: str) -> None:
    user = full.nina if who == "nina" else full.cast.lis
    with CaptureQueriesContext(connection) as asked:
        full.account(user)
    read = {name for query in asked.captured_queries for name in re.findall(r'FROM "(\w+)"', query["sql"])}
    left_out = {model for model, reason in insight.LEFT_OUT if reason}
    wanted = [model for model in hanging() if model not in left_out]
    assert len(wanted) > 20
    assert [model._meta.label for model in wanted if model._meta.db_table not in read] == []
    assert left_out <= set(hanging()), "an exception for a table that is not there"


def test_every_field_people_write_in_comes_along(full: Desk) -> None:
    """A mark of its own in each text field of each table; a field nobody thought of fails here."""
    left_out = {model for model, _ in insight.LEFT_OUT}
    marks: dict[str, str] = {}
    tables: list[Any] = [Resident, *(one for one in hanging() if one not in left_out)]
    for model in tables:
        manager = model.objects
        for one in model._meta.concrete_fields:
            name = f"{model.__name__}.{one.name}"
            if isinstance(one, models.JSONField):
                assert name in JSON_FIELDS, f"{name}: what of it is the resident's?"
            if not isinstance(one, models.CharField | models.TextField) or one.choices or one.name in OWN_WORDS:
                continue
            if name == "SharingBasis.what":
                continue  # keys of the table of parts, told in words
            marks[name] = f"mk{len(marks)}x"
            rows = manager.system("marks") if hasattr(manager, "system") else manager
            assert rows.exists(), f"{name}: the test lays no row"
            if name in ("Stay.flat", "Resident.name"):
                pk = full.cast.rune.pk if model is Stay else full.cast.rune.resident_id
                rows = rows.filter(pk=pk)
            rows.update(**{one.name: marks[name]})
    for text in (json.dumps(full.account(full.cast.lis)), full.paper(full.cast.lis)):
        assert [name for name, mark in marks.items() if mark not in text] == []
    assert len(marks) > 18


def test_earlier_words_of_an_intervention_and_of_a_criterion_come_along(desk: Desk) -> None:
    cast = desk.cast
    version = CriterionVersion.objects.filter(criterion__needs_text=True).first()
    assert version is not None
    for seen, words_ in enumerate(("Første ord", "Andre ord")):
        cast.put_on_board(cast.rune, Level(version.level), criteria=[version.pk], other=words_, seen=seen)
    row = cast.agree("Første aftale")
    board_services.intervention_change(
        access=cast.access(cast.mette), pk=row.pk, plan=board_services.Plan("Anden aftale", "social"), seen=1, key="",
        today=TODAY,
    )  # fmt: skip
    text = json.dumps(desk.account(cast.lis), ensure_ascii=False)
    for said in ("Første ord", "Andre ord", "Første aftale", "Anden aftale"):
        assert said in text, said


# --- whose ---


@pytest.mark.parametrize("fil", ["json", "pdf"])
def test_home_gets_its_own_and_the_joint_and_nothing_of_the_teams(full: Desk, fil: str) -> None:
    text = _text(full, full.cast.lis, fil)
    assert WORD[TEAM] not in text
    _stands(text, WORD[HOME], ("først", "nu", "kun os", "tegn", "op", "aftale", "besøg", "deles", "grund"))
    _stands(text, WORD[JOINT], ("set på", "aftale", "afsnit", "sagsbehandler", "emne"))
    assert "Teamets egne tekster er ikke med. De udleveres af Region Sundbæk." in text
    assert "Rune" in text


@pytest.mark.parametrize("fil", ["json", "pdf"])
def test_team_gets_its_own_and_the_joint_and_nothing_of_the_homes(full: Desk, fil: str) -> None:
    text = _text(full, full.nina, fil)
    assert WORD[HOME] not in text
    _stands(text, WORD[TEAM], ("først", "nu", "kun os", "tegn", "ned", "aftale", "besøg", "deles", "grund"))
    _stands(text, WORD[JOINT], ("set på", "aftale", "afsnit", "sagsbehandler", "emne"))
    assert "Botilbuddets egne tekster er ikke med. De udleveres af Sundbæk Kommune." in text


@pytest.mark.parametrize("fil", ["json", "pdf"])
def test_team_keeps_its_own_when_sharing_is_withdrawn_and_no_more(full: Desk, fil: str) -> None:
    cast = full.cast
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=HOME, by=cast.mette)
    text = _text(full, full.nina, fil)
    _stands(text, WORD[TEAM], ("først", "nu", "kun os", "tegn", "ned", "aftale", "besøg", "deles", "grund"))
    for theirs in (WORD[HOME], WORD[JOINT], "Rune", "Jonas"):
        at = text.find(theirs)
        assert at < 0, text[max(0, at - 200) : at + 100]
    assert "fordi det ikke deles med teamet nu" in text


def test_resident_who_moved_is_still_the_homes_and_the_teams_own(full: Desk) -> None:
    cast = full.cast
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.OTHER_HOME, on=TODAY,
        moved_to=cast.other_home, key="", today=TODAY,
    )  # fmt: skip
    ours = json.dumps(full.account(cast.lis), ensure_ascii=False)
    assert "Flyttet til et andet botilbud" in ours
    assert "Sandkrogen" in ours
    assert WORD[HOME] in ours
    theirs = json.dumps(full.account(full.nina), ensure_ascii=False)
    assert WORD[TEAM] in theirs
    assert WORD[JOINT] not in theirs
    page = cast.client(cast.lis).get(reverse("insight-list", args=[cast.home.slug])).content.decode()
    assert f"/beboer/{cast.rune.pk}/indsigt/" in page


def test_minutes_hold_the_sides_words_alone(full: Desk) -> None:
    rows = MinutesSection.objects.for_home(full.cast.home).filter(stay=full.cast.rune.pk, audience="home")
    assert WORD[TEAM] in json.dumps(rows.get().content), "the home's minutes showed what the team shared"
    said = full.account(full.cast.lis)["minutes"]
    assert {one["audience"] for one in said} == {"Fælles", "Botilbuddet"}
    assert {one["meeting"] for one in said} == {"2026-11-17"}
    assert WORD[HOME] in json.dumps(said)
    assert WORD[TEAM] not in json.dumps(said)


def test_newest_edition_of_the_minutes_is_the_one(full: Desk) -> None:
    cast = full.cast
    meeting_services.meeting_reopen(
        access=cast.access(cast.mette), number=full.meeting.number, why="Glemt", today=TODAY
    )
    cast.write("Rettet status", seen=2)
    found = meeting_services.meeting_of(cast.access(cast.mette), full.meeting.number)
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=found, why="Igen", today=TODAY)
    said = full.account(cast.lis)["minutes"]
    assert {one["edition"] for one in said} == {2}
    assert "Rettet status" in json.dumps(said)


def test_what_was_written_on_the_wrong_resident_is_left_out_and_said_so(desk: Desk) -> None:
    cast = desk.cast
    cast.write("Om Rune")
    cell: Cell = cast.write("Forkert om Tove", seen=1)
    item: Intervention = cast.agree("Forkert aftale")
    sign = board_services.sign_note(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, text="Forkert tegn", urgency=Urgency.SOON, key="",
        today=TODAY,
    )  # fmt: skip
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    before = json.dumps(desk.account(cast.lis), ensure_ascii=False)
    assert "Forkert om Tove" in before
    assert "skrevet på en forkert beboer" not in before
    mette = cast.access(cast.mette)
    board_services.cell_misfile(
        access=mette,
        where=board_services.CellKey(cast.rune.pk, "status", HOME),
        seen=cell.version,
        move_to=None,
        today=TODAY,
    )
    board_services.intervention_misfile(access=mette, pk=item.pk, seen=item.version, today=TODAY)
    board_services.sign_misfile(access=mette, sign=sign, today=TODAY)
    found = desk.account(cast.lis)
    text = json.dumps(found, ensure_ascii=False)
    assert "Forkert" not in text
    assert "Om Rune" in text
    assert "Det, der er skrevet på en forkert beboer, handler om en anden og er ikke med." in found["notes"]
    history = next(one for one in found["texts"] if one["column"] == "status")["history"]
    assert [(one["text"], one["wrong_resident"], one["takes_back"]) for one in history] == [
        ("Om Rune", False, None), ("", True, None), ("Om Rune", False, 2),
    ]  # fmt: skip
    assert "Forkert" not in desk.paper(cast.lis).replace("forkert", "")


# --- who may ---


def test_staff_are_told_that_it_is_a_leaders(desk: Desk) -> None:
    for user in (desk.cast.mette, desk.cast.amina):
        assert desk.ask(user).status_code == 403


def test_leaders_reach_their_own_residents_and_nobody_elses(desk: Desk) -> None:
    cast = desk.cast
    for leader, own, others in (
        (desk.nina, {"4": cast.rune, "10": cast.aksel}, [cast.vibeke, cast.elsewhere]),
        (cast.lis, {"4": cast.rune, "8": cast.vibeke}, [cast.elsewhere]),
    ):
        assert [desk.account(leader, stay)["resident"]["flat"] for stay in own.values()] == list(own)
        assert [desk.ask(leader, stay).status_code for stay in others] == [404] * len(others)
    other = User.objects.create_user("otto@x.invalid", name="Otto")
    Membership.objects.create(user=other, role=Role.LEADER, team=cast.other_team, from_day=TODAY)
    assert desk.ask(other).status_code == 404


def test_list_names_nobody_who_is_not_shared(desk: Desk) -> None:
    page = desk.cast.client(desk.nina).get(reverse("insight-list", args=["havtornen"])).content.decode()
    for there in ("Rune", "Tove", "bolig 10", "Ikke delt nu"):
        assert there in page
    for hidden in ("Aksel", "Vibeke", "bolig 8"):
        assert hidden not in page
    assert ReadEntry.objects.filter(viewer=desk.nina.pk, screen="indsigt-liste").exists()


@pytest.mark.parametrize("why", ["", "   ", "\u200b\u3164", "x" * 201])
def test_who_asked_is_required(desk: Desk, why: str) -> None:
    answer = desk.ask(desk.cast.lis, why=why)
    assert answer.status_code == 422
    assert "<h1>Indsigt" in answer.content.decode()
    assert not Entry.objects.filter(action="exported").exists()


def test_file_that_is_not_offered_is_refused(desk: Desk) -> None:
    assert desk.ask(desk.cast.lis, fil="csv").status_code == 400


@pytest.mark.parametrize("fil", ["json", "pdf"])
def test_it_is_noted_who_took_it_out_and_who_asked(desk: Desk, fil: str) -> None:
    answer = desk.ask(desk.cast.lis, fil=fil, why="Runes søster, med fuldmagt")
    entry = Entry.objects.select_related("detail").get(action="exported")
    assert (entry.scope, entry.actor, entry.data) == (
        desk.cast.home.log_scope, desk.cast.lis.pk, {"what": f"indsigt-{fil}", "stays": [desk.cast.rune.pk]},
    )  # fmt: skip
    assert entry.detail.data == {"why": "Runes søster, med fuldmagt"}
    assert ReadEntry.objects.filter(viewer=desk.cast.lis.pk, screen="indsigt", stays=[desk.cast.rune.pk]).exists()
    assert "Rune" not in str(answer.headers)
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="indsigt-havtornen-home-{desk.cast.rune.pk}-2026-11-17.{fil}"'
    )


def test_looking_at_the_page_takes_nothing_out(desk: Desk) -> None:
    url = reverse("insight", args=["havtornen", desk.cast.rune.pk])
    assert "Hvem har bedt om indsigt (beboeren, værgen, en anden med fuldmagt)?" in text_in(
        desk.cast.client(desk.cast.lis).get(url)
    )
    assert not Entry.objects.filter(action="exported").exists()


def test_leader_finds_it_from_the_resident_and_from_who_has_seen(desk: Desk) -> None:
    cast, url = desk.cast, reverse("insight", args=["havtornen", desk.cast.rune.pk])
    for name in ("resident", "who-looked"):
        page = reverse(name, args=["havtornen", cast.rune.pk])
        assert url in cast.client(cast.lis).get(page).content.decode()
    assert (
        url not in cast.client(cast.mette).get(reverse("resident", args=["havtornen", cast.rune.pk])).content.decode()
    )
    everybody = cast.client(cast.lis).get(reverse("residents", args=["havtornen"])).content.decode()
    assert reverse("insight-list", args=["havtornen"]) in everybody


# --- the file ---


def test_pdf_is_danish_and_its_title_names_nobody(full: Desk) -> None:
    reader = PdfReader(BytesIO(full.ask(full.cast.lis, fil="pdf").content))
    assert reader.metadata is not None
    assert reader.metadata.title == "Indsigt"
    assert str(reader.root_object["/Lang"]) == "da"
    text = full.paper(full.cast.lis)
    for heading in ("Indsigt", "Hvad der må deles", "Tekster på tavlen", "Hvem har set oplysningerne"):
        assert heading in text
    assert "None" not in text


def test_keys_of_the_file_do_not_change(full: Desk) -> None:
    found = full.account(full.cast.lis)
    assert list(found) == [
        "format", "made_at", "controller", "side", "unit", "home", "notes", "resident", "teams", "contacts", "bases",
        "texts", "episodes", "levels", "interventions", "signs", "admissions", "visits", "partners", "agenda",
        "minutes", "topics", "journal", "looks", "changes",
    ]  # fmt: skip
    assert found["format"] == "botilbud-indsigt-1"
    assert found["made_at"] == "2026-11-17T09:30:00+01:00"
    assert found["resident"]["from_day"] == "2026-01-01"
    assert list(found["texts"][0]) == [
        "column", "title", "side", "text", "changed_at", "changed_by", "written_for", "confirmed_at", "confirmed_by",
        "history",
    ]  # fmt: skip
    assert [one for one in found["looks"] if one["who"] == "Jonas"] == [
        {
            "day": "2026-11-17",
            "when": "kl. 9.30",
            "who": "Jonas",
            "where": "Havtornen",
            "screens": ["Hele forløbet"],
        }
    ]


def test_hostile_words_are_words(desk: Desk) -> None:
    hostile = '#panic("x") $x$ *b* = H <a> [x] \\ // "q" @ref'
    desk.cast.write(hostile)
    assert desk.account(desk.cast.lis)["texts"][0]["text"] == hostile
    assert '#panic("x") $x$ *b* = H <a> [x]' in desk.paper(desk.cast.lis)


def test_resident_nothing_is_written_about_gets_an_account_too(desk: Desk) -> None:
    assert desk.account(desk.cast.lis, desk.cast.vibeke)["texts"] == []
    assert "Vibeke" in desk.paper(desk.cast.lis, desk.cast.vibeke)


@pytest.mark.parametrize("who", ["lis", "nina"])
def test_much_costs_no_more_queries_than_little(full: Desk, who: str) -> None:
    cast = full.cast
    access = cast.access(full.nina if who == "nina" else cast.lis)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            insight.gather(access, insight.stay_account(access, cast.rune.pk, TODAY), TODAY, timezone.now())
        return len(queries)

    asked()  # whose home and team it is, is asked for once
    few = asked()
    for turn in range(15):
        cast.write(f"Tekst {turn}", seen=turn + 2)
        cast.agree(f"Aftale {turn}", by=cast.amina, track="psychiatric", owner=cast.soeren)
    assert asked() == few
    assert few <= 60


def test_amount_of_years_is_made_in_seconds(full: Desk) -> None:
    cast = full.cast
    cell = Cell.objects.for_home(cast.home).get(stay=cast.rune.pk, column="status", side=HOME)
    CellRevision.objects.system("years of it").bulk_create(
        CellRevision(
            cell=cell, version=turn + 10, text=f"{turn} {'Sover dårligt. ' * 20}", by=cast.mette, at=cell.changed_at
        )
        for turn in range(1000)
    )
    access = cast.access(cast.lis)
    began = timezone.now()
    found = insight.gather(access, insight.stay_account(access, cast.rune.pk, TODAY), TODAY, began)
    assert len(PdfReader(BytesIO(paper.pdf(found))).pages) > 50
    assert b"999 Sover" in paper.data(found)


def _text(full: Desk, user: User, fil: str) -> str:
    return full.paper(user) if fil == "pdf" else full.ask(user).content.decode()


def _stands(text: str, word: str, said: Iterable[str]) -> None:
    for one in said:
        assert f"{word} {one}" in text, f"{word} {one}"


def test_where_the_resident_was_before_an_admission_comes_along_while_it_lasts(full: Desk) -> None:
    cast = full.cast
    cast.rune.refresh_from_db(from_queryset=Stay.objects.for_home(cast.home))
    for situation, place in ((Situation.HOME, ""), (Situation.LEAVE, "Møn"), (Situation.ADMITTED, "afsnit 4")):
        resident_services.situation_change(stay=cast.rune, situation=situation, since=TODAY, place=place, by=cast.mette)
    assert "Møn" in json.dumps(full.account(cast.lis), ensure_ascii=False)
    assert "før: Møn" in full.paper(cast.lis)
    resident_services.situation_change(stay=cast.rune, situation=Situation.HOME, since=TODAY, by=cast.mette)
    assert "Møn" not in json.dumps(full.account(cast.lis), ensure_ascii=False)
