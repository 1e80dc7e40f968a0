"""Erasing a stay: nothing of the person is left anywhere in the database, and the chain is whole."""

import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from audit import anchors, trail
from audit.models import Entry, ReadEntry
from boards import services as board_services
from boards.live import snapshots
from boards.models import AkutReview, CellRevision, State, Urgency
from core.errors import Denied, Repeated
from core.period import wall_clock
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import Meeting, Series
from organisation.models import Side
from privacy.models import Cause, Erasure, Sample, SampleLine
from privacy.retention import rows, stays
from reminders import services as reminder_services
from reminders.kinds import KINDS
from reminders.models import Digest, Reminder
from residents import services as resident_services
from residents.models import Agreed, BasisKind, Given, Giver, PartnerKind, Resident, Situation, Stay, StayEnd
from residents.partners import Agreement, partner_add
from residents.sharing import Audience, AudienceKind
from tests.conftest import TODAY, Cast, required, text_in
from tests.privacy.retention.conftest import dump, erase, hits, whole
from tests.reminders.conftest import every_kind

pytestmark = pytest.mark.both

NAME, TEXT = "Zebulonæ", "Kvidrende"
# Everything that hangs on a resident today. A new table fails here first: does its erasing do what it should?
HANGING = {
    "boards.akutreview", "boards.akutread", "boards.cell", "boards.cellrevision", "boards.episode",
    "boards.episodecriterion", "boards.intervention", "boards.interventionevent", "boards.levelchange",
    "boards.earlysign", "boards.signread", "boards.unagreedread",
    "meetings.agendaitem", "meetings.carryover", "meetings.journalnote",
    "meetings.minutessection", "meetings.parkedtopic", "residents.admission", "residents.contact",
    "residents.partner", "residents.resident", "residents.sharingbasis", "residents.stay", "residents.teamlink",
    "residents.visit",
}  # fmt: skip


def text(more: str = "") -> str:
    return f"{TEXT} {NAME} {more}".strip()


@pytest.fixture
def laid(cast: Cast) -> Cast:
    """Rune is Zebulonæ, and every text there can be about a resident says so."""
    Resident.objects.system("the canary's name").filter(stay=cast.rune.pk).update(name=NAME, search=NAME.lower())
    # As if the resident had moved in under that name.
    with trail.change(cast.home.scope, by=cast.mette.pk) as log:
        log("stay.began", cast.rune, name=NAME)
    write(cast)
    held(cast)
    # What was done after the meeting, and seen, told and answered.
    cast.client(cast.mette).post(
        reverse("draft", args=[cast.home.slug]),
        {"field": f"{cast.rune.pk}-status-home", "text": text("kladde"), "seen": 1},
    )
    cast.client(cast.mette).post(
        reverse("sign-note", args=[cast.home.slug]),
        {"stay": cast.rune.pk, "text": text("kladde"), "urgency": "meeting"},
        headers={"X-Draft": "keep"},
    )
    for words in (NAME, NAME[:4].upper(), "Tove"):
        cast.client(cast.mette).get(reverse("find"), {"q": words})
    answered(cast)
    reminder_services.tick(timezone.now(), day=TODAY)
    return cast


def write(cast: Cast) -> None:
    """Every text of the board and the resident."""
    mette, amina, rune = cast.access(cast.mette), cast.access(cast.amina), cast.rune
    Stay.objects.for_home(cast.home).filter(pk=rune.pk).update(flat=f"{TEXT[:8]}")
    for column, side, by in (
        ("goals", Side.JOINT, cast.mette), ("status", Side.HOME, cast.mette), ("status", Side.TEAM, cast.amina),
        ("safety", Side.JOINT, cast.mette), ("words", Side.JOINT, cast.mette), ("told", Side.JOINT, cast.mette),
        ("own", Side.HOME, cast.mette), ("own", Side.TEAM, cast.amina),
    ):  # fmt: skip
        cast.write(text(), by=by, column_key=column, side=side)
    cast.write(text("igen"), column_key="status", side=Side.HOME, seen=1)
    board_services.cell_misfile(
        access=mette, where=board_services.CellKey(rune.pk, "words", Side.JOINT), seen=1, move_to=None, today=TODAY
    )
    episode = cast.put_on_board(rune, Level.AKUT, "andet", other=text(), reason=text())
    board_services.akut_review(
        access=mette,
        stay_id=rune.pk,
        done=board_services.ReviewDone(
            home_person=cast.mette, team_person=None, outcome=AkutReview.Outcome.SAME, note=text()
        ),
        team_open=False,
        seen=episode.version,
        key="",
        today=TODAY,
    )
    board_services.akut_read(access=amina, stay_id=rune.pk, today=TODAY)
    plan: dict[str, Any] = {"owner": cast.mette, "with_whom": text(), "due_on": TODAY}
    cast.agree(text(), **plan)
    cast.agree(text("siges"), tells=True, **plan)
    done = cast.agree(text("gjort"), **plan)
    board_services.intervention_settle(
        access=mette, pk=done.pk, state=State.NOT_DONE, why=text(), seen=done.version, today=TODAY
    )
    sign = board_services.sign_note(
        access=amina, stay_id=rune.pk, text=text(), urgency=Urgency.TODAY, key="", today=TODAY
    )
    board_services.sign_read(access=mette, pk=sign.pk, today=TODAY)
    resident_services.situation_change(
        stay=rune, situation=Situation.ADMITTED, since=TODAY, place=text(), by=cast.mette
    )
    resident_services.visit_note(
        home=cast.home, stay_id=rune.pk, on=TODAY, text=text(), side=Side.HOME, key="", by=cast.mette, today=TODAY
    )
    resident_services.basis_withdraw(home=cast.home, stay_id=rune.pk, acting_side=Side.HOME, by=cast.mette)
    resident_services.basis_open(
        stay=rune, side=Side.HOME, acting_side=Side.HOME, reason=text(), key="", by=cast.mette, now=timezone.now()
    )
    resident_services.basis_record(
        stay=rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.OTHER,
            covers=text(),
            reason=text(),
            given_by=Giver.RESIDENT,
            from_day=TODAY,
            to_day=TODAY + timedelta(days=20),
        ),
        by=cast.mette,
    )
    partner_add(
        home=cast.home, stay_id=rune.pk, name=text(), kind=PartnerKind.KIN,
        new=Agreement(Agreed.NO, Given.SPOKEN, TODAY), key="", by=cast.mette, today=TODAY,
    )  # fmt: skip
    called = cast.agree(
        text("ringer"),
        track="coordination",
        with_whom=text(),
        unagreed=text("uden aftale"),
        owner=cast.mette,
        due_on=TODAY,
    )
    board_services.unagreed_read(access=cast.access(cast.lis), pk=called.pk, today=TODAY)
    meeting_services.topic_park(access=mette, stay_id=rune.pk, team=None, text=text(), key="")


def held(cast: Cast) -> None:
    """A meeting about the resident with two editions of its minutes, written in the record."""
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    meeting_services.meeting_reopen(access=cast.access(cast.mette), number=meeting.number, why="Glemt", today=TODAY)
    again = meeting_services.meeting_of(cast.access(cast.mette), meeting.number)
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=again, why="Nåede det", today=TODAY)
    client = cast.client(cast.mette)
    address = reverse("journal-note", args=[cast.home.slug, meeting.number, cast.rune.pk])
    assert "1 af 1 skrevet i dagbogen" in text_in(client.post(address, {"written": "yes"}))
    series = Series.objects.for_home(cast.home).get()
    meeting_services.meeting_hold(access=cast.access(cast.mette), series_id=series.pk, key="", now=wall_clock())


def answered(cast: Cast) -> None:
    """A look at the resident was drawn, and the leader wrote about it."""
    read = ReadEntry.objects.filter(scope=cast.home.scope).first()
    if read is None:
        trail.record_read(cast.home.scope, viewer=cast.jonas.pk, screen="tavle", stays=[cast.rune.pk])
        read = ReadEntry.objects.get(scope=cast.home.scope)
    sample = Sample.objects.create(week=TODAY - timedelta(days=8), home=cast.home, drawn_at=timezone.now(), looks=1)
    line = SampleLine.objects.create(
        sample=sample, read=read, home=cast.home, stays=[cast.rune.pk], answer="look", note=text(),
        answered_by=cast.lis, answered_at=timezone.now(),
    )  # fmt: skip
    with trail.change(cast.home.log_scope, by=cast.lis.pk) as log:
        log("sample.answered", line, answer="look", note=text())


def moved_out(cast: Cast) -> Stay:
    """The meeting ended and the resident has moved."""
    running = Meeting.objects.for_home(cast.home).filter(state=Meeting.State.RUNNING).first()
    if running is not None:
        meeting_services.meeting_close(
            access=cast.access(cast.mette), meeting=running, why="Færdig", today=TODAY, without_recap=True
        )
    return resident_services.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=TODAY, by=cast.mette)


def test_nothing_of_the_person_is_left_in_any_table(laid: Cast, capsys: Any) -> None:
    stay = moved_out(laid)
    anchors.make(timezone.now())
    before = {word: hits(word) for word in (NAME, TEXT)}
    tables = {name for found in before.values() for name in found}
    assert len(tables) > 15, tables
    searches = Entry.objects.filter(action="searched", detail__isnull=False).count()
    erase(stay)
    after = {word: hits(word) for word in (NAME, TEXT)}
    with capsys.disabled():
        sys.stdout.write(
            f"\nsletning: {sum(sum(f.values()) for f in before.values())} kanarieord i {len(tables)} tabeller før,"
            f" {sum(sum(f.values()) for f in after.values())} i {len(dump())} tabeller efter\n"
        )
    assert after == {NAME: {}, TEXT: {}}
    assert Entry.objects.filter(action="searched", detail__isnull=False).count() == searches - 2, "Tove's stands"
    assert all(shelf.latest is None for shelf in snapshots._shelves.values())
    whole()


def test_every_table_that_hangs_on_a_resident_is_one_somebody_looked_at() -> None:
    """A new table comes along by itself; here one is asked to look whether that is right, and to lay a canary in it."""
    assert {table.model._meta.label_lower for table in rows.hanging(Resident)} == HANGING
    pointing = {
        (model._meta.label_lower, one.name)
        for model in apps.get_models()
        for one in model._meta.get_fields()
        if isinstance(one, models.ForeignKey) and one.related_model is Stay
    }
    assert {name for name, _ in pointing} <= HANGING


def test_canary_stands_in_every_table_with_words_of_the_resident(laid: Cast) -> None:
    """The test above would find nothing where nothing was laid."""
    moved_out(laid)
    found = dump()
    silent = set()
    for table in rows.hanging(Resident):
        texts = [
            one for one in table.model._meta.fields
            if isinstance(one, models.CharField | models.TextField | models.JSONField) and not one.choices
        ]  # fmt: skip
        if texts and not any(word in found[table.model._meta.db_table] for word in (TEXT, "Zebulon")):
            silent.add(table.model._meta.label_lower)
    assert silent == {"meetings.agendaitem"}, "its one text is the word of a decision"


def test_what_is_about_others_stays(laid: Cast) -> None:
    laid.write("Tove sover godt", stay=laid.tove)
    laid.agree("Tove går tur", stay=laid.tove)
    stay = moved_out(laid)
    words = Entry.objects.filter(detail__isnull=False, action="cell.written").count()
    minutes = hits("Tove")["meetings_minutessection"]
    erase(stay)
    found = hits("Tove")
    assert {"boards_cell", "boards_cellrevision", "boards_intervention", "residents_resident"} <= set(found)
    assert found["meetings_minutessection"] == minutes
    assert 0 < Entry.objects.filter(detail__isnull=False, action="cell.written").count() < words
    assert "Tove" in text_in(laid.client(laid.mette).get(reverse("board", args=[laid.home.slug])))


def test_pages_hold_after_a_stay_is_erased(laid: Cast) -> None:
    number = required(Meeting.objects.for_home(laid.home).filter(state=Meeting.State.CLOSED).first()).number
    laid.put_on_board(laid.tove)
    erase(moved_out(laid))
    client, slug = laid.client(laid.mette), laid.home.slug
    leader = laid.client(laid.lis)
    for who, name, args, words in (
        (client, "board", [slug], "Tove"), (client, "residents", [slug], "Tove"), (client, "undo", [slug], "Tove"),
        (client, "meetings", [slug], "tirsdag 17. november 2026"), (client, "minutes", [slug, number], "Tove"),
        (client, "board-then", [slug, number], "Ingen stod på tavlen ved mødet"),
        (client, "compare-meetings", [slug], "Tove"), (client, "meeting-now", [slug], "Tove"),
        (client, "my-day", [], "Intet venter på dig i dag"), (client, "reminders", [], "Ingen påmindelser"),
        (leader, "administration-samples", [], "bolig ukendt"),
    ):  # fmt: skip
        page = text_in(who.get(reverse(name, args=args), follow=True))
        assert words in page, name
        assert NAME not in page, name


def test_entry_and_journal_hold_numbers_and_no_name(laid: Cast) -> None:
    stay = moved_out(laid)
    erase(stay, cause=Cause.ASKED, why="Beboeren har bedt om det", by=laid.lis)
    entry = Entry.objects.get(action="stay.erased")
    assert (entry.subject, entry.actor) == (f"residents.stay:{stay.pk}", laid.lis.pk)
    assert entry.data["left"] == 0
    assert entry.data["tables"]["boards.cell"] == 8
    assert entry.detail.data == {"why": "Beboeren har bedt om det"}
    row = Erasure.objects.get()
    assert (row.stay, row.resident, row.home, row.cause) == (stay.pk, stay.resident_id, laid.home, "asked")
    assert not Reminder.objects.for_home(laid.home).filter(subject__startswith="change:").exists()
    assert not Digest.objects.exclude(about="").exists()


def test_reminder_of_every_kind_goes_with_the_stay(cast: Cast, clock: Any) -> None:
    for _ in every_kind(cast, clock):
        pass
    hanging = {table.model for table in rows.hanging(Stay)}
    others = {kind.code for kind in KINDS.values() if kind.erased_with not in hanging}
    assert others == {"prepare", "meeting-moved"}, "of a meeting, by number alone"
    assert Digest.objects.exclude(about="").exists()
    erase(resident_services.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=today(), by=cast.mette))
    assert set(Reminder.objects.for_home(cast.home).values_list("kind", flat=True)) == others
    assert not Digest.objects.exclude(about="").exists()


def test_reminder_of_every_kind_goes_with_the_row_it_is_about(cast: Cast, clock: Any) -> None:
    for _ in every_kind(cast, clock):
        pass
    for kind in KINDS.values():
        with transaction.atomic():
            own = Reminder.objects.for_home(cast.home).filter(kind=kind.code)
            pks = {int(subject.removeprefix(f"{kind.sort}:")) for subject in own.values_list("subject", flat=True)}
            assert pks, kind.code
            rows.remove(rows.collect(kind.erased_with, pks))
            assert not own.exists(), kind.code
            transaction.set_rollback(True)


def test_person_stays_while_there_is_another_stay(cast: Cast) -> None:
    resident_services.stay_end(
        stay=cast.vibeke, end=StayEnd.OTHER_HOME, on=TODAY, by=cast.mette, moved_to=cast.other_home
    )
    new = resident_services.stay_arrive(
        home=cast.other_home, resident_id=cast.vibeke.resident_id, name="", flat="2", from_day=TODAY, by=cast.stranger
    )
    cast.vibeke.refresh_from_db(from_queryset=Stay.objects.for_home(cast.home))
    erase(cast.vibeke)
    assert Resident.objects.system("test").filter(pk=new.resident_id, name="Vibeke").exists()
    assert Stay.objects.for_home(cast.other_home).filter(pk=new.pk).exists()
    assert not Stay.objects.for_home(cast.home).filter(pk=cast.vibeke.pk).exists()
    whole()


def test_stay_that_has_not_ended_is_refused(cast: Cast) -> None:
    with pytest.raises(Denied, match="ikke slut"):
        erase(cast.rune)
    later = resident_services.stay_end(stay=cast.rune, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    Stay.objects.for_home(cast.home).filter(pk=later.pk).update(to_day=TODAY + timedelta(days=1))
    with pytest.raises(Denied, match="ikke slut"):
        erase(later)
    assert Stay.objects.for_home(cast.home).filter(pk=cast.rune.pk).exists()
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("why", ["", " \u200b", "x" * 301])
def test_leader_says_why(cast: Cast, why: str) -> None:
    stay = moved_out(cast)
    with pytest.raises(Denied, match="Skriv hvorfor") as refused:
        erase(stay, cause=Cause.ASKED, why=why, by=cast.lis)
    assert refused.value.field == "why"


def test_twice_is_once(cast: Cast) -> None:
    stay = moved_out(cast)
    erase(stay, cause=Cause.ASKED, why="Bedt om", by=cast.lis, key="k")
    with pytest.raises(Repeated):
        erase(stay, cause=Cause.ASKED, why="Bedt om", by=cast.lis, key="k")
    with pytest.raises(LookupError):
        erase(stay)
    assert Entry.objects.filter(action="stay.erased").count() == 1


@pytest.mark.parametrize("after", [1, 4, 9, 15])
def test_crash_in_the_middle_erases_nothing(laid: Cast, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    stay = moved_out(laid)
    before, real, calls = dump(), rows.delete, []

    def dies(found: Any) -> int:
        calls.append(found)
        if len(calls) > after:
            raise RuntimeError("the power went")
        return real(found)

    monkeypatch.setattr(rows, "delete", dies)
    with pytest.raises(RuntimeError):
        erase(stay)
    assert len(calls) == after + 1
    assert dump() == before
    whole()


def test_what_stands_after_all_puts_everything_back(laid: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stay = moved_out(laid)
    before, real = dump(), rows.delete
    monkeypatch.setattr(rows, "delete", lambda found: 0 if found.model is CellRevision else real(found))
    with pytest.raises(stays.Incomplete):
        erase(stay)
    assert dump() == before


def copies(stay: Stay) -> list[list[Any]]:
    """The rows of the stay as a backup has them, the outermost last."""
    found = rows.collect(Resident, [stay.resident_id])
    return [list(rows.every(table.model).filter(pk__in=pks)) for table, pks in reversed(found.rows)]


def test_database_restored_from_before_is_told_again(laid: Cast, tmp_path: Path) -> None:
    stay = moved_out(laid)
    backup = copies(stay)
    erase(stay)
    kept = StringIO()
    call_command("erasures", stdout=kept)
    assert NAME not in kept.getvalue()
    path = tmp_path / "journal.txt"
    path.write_text(kept.getvalue(), encoding="utf-8")
    # The older database knows nothing of the erasure.
    Erasure.objects.all().delete()
    for some in backup:
        models.QuerySet(type(some[0])).bulk_create(some)
    assert hits(NAME)
    out = StringIO()
    call_command("erase_again", stdout=out)
    assert "Slettet igen: 0 ophold." in out.getvalue()
    call_command("erase_again", journal=str(path), stdout=out)
    assert "Hentet fra journalen: 1." in out.getvalue()
    assert "Slettet igen: 1 ophold." in out.getvalue()
    assert (hits(NAME), hits(TEXT)) == ({}, {})
    assert Erasure.objects.get().stay == stay.pk
    whole()


def test_stay_with_the_same_number_that_is_another_is_left(cast: Cast) -> None:
    """A restored database gives out the numbers of what came after the backup anew."""
    for other in (
        {"resident": cast.tove.resident_id}, {"from_day": TODAY}, {"home": cast.other_home}, {"stay": cast.tove.pk},
    ):  # fmt: skip
        values: dict[str, Any] = {
            "home": cast.home, "stay": cast.rune.pk, "resident": cast.rune.resident_id,
            "from_day": cast.rune.from_day, **other,
        }  # fmt: skip
        Erasure.objects.create(cause=Cause.TERM, at=timezone.now(), **values)
    assert stays.erase_again(timezone.now()) == 0


@pytest.mark.parametrize("wrong", ["ikke json", "[]", "{}", '{"home": 1}', '{"home": "x", "stay": 1, "resident": 1}'])
def test_file_that_is_no_journal_is_told_in_a_sentence(cast: Cast, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "journal.txt"
    path.write_text(wrong)
    with pytest.raises(CommandError, match="er ikke en journal"):
        call_command("erase_again", journal=str(path))
    with pytest.raises(CommandError, match="Kan ikke læse"):
        call_command("erase_again", journal=str(tmp_path / "ingen"))


def test_board_in_memory_is_let_go(cast: Cast, clock: Any) -> None:
    cast.write("Kvidrende")
    cast.put_on_board(cast.rune)
    home, team = Audience(AudienceKind.HOME), Audience(AudienceKind.TEAM, cast.team.pk)
    for audience in (home, team):
        snapshots.snapshot(cast.home, audience)
    snapshots.drop(TODAY)
    assert all(shelf.latest for shelf in snapshots._shelves.values())
    clock.shift(timedelta(days=1))
    fresh = snapshots.snapshot(cast.home, home)
    assert snapshots._shelves[cast.home.pk, team.key].latest is None, "nobody on the team has looked today"
    assert snapshots.snapshot(cast.home, home) is fresh
    snapshots.drop(TODAY, cast.home.pk)
    assert all(shelf.latest is None for shelf in snapshots._shelves.values())
