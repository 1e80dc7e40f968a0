"""Each kind goes on its day, not the day before; the run counts again, says so, and can be run again at any time."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, models
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from audit import trail
from audit.models import Entry, EntryDetail
from boards import services as board_services
from boards.models import (
    Cell,
    CellRevision,
    EarlySign,
    Episode,
    Intervention,
    Outcome,
    Presence,
    State,
    Told,
    Urgency,
)
from core.errors import Denied
from meetings import minutes as papers
from meetings import services as meeting_services
from meetings.models import Attendance, Meeting, Minutes, MinutesSection, ParkedTopic
from operations.tasks import nightly
from organisation.models import Draft, Home, IdempotencyKey, Membership, RegionSettings, Side, User
from organisation.region import KEEP, RANGES, Rules, check, strictest
from privacy.models import Receipt, Run, Sample
from privacy.retention import rows, services, sweeps
from privacy.retention.kinds import KINDS
from reminders.models import DemoMail, Digest, Reminder
from residents import services as resident_services
from residents.models import SharingBasis, Stay, StayEnd
from residents.texts import PARTS
from tests.conftest import TODAY, Cast, required, text_in
from tests.privacy.retention.conftest import hits, whole

pytestmark = pytest.mark.both


def count(model: type[models.Model]) -> int:
    return rows.every(model).count()


# --- one of each kind; each returns how many of it stand now ---


def draft(cast: Cast) -> Callable[[], int]:
    Draft.objects.create(user=cast.mette, home=cast.home, field="1-goals-home", text="Halv")
    return lambda: count(Draft)


def history(cast: Cast) -> Callable[[], int]:
    cast.write("Det gamle")
    cast.write("Det nye", seen=1)
    return lambda: hits("Det gamle").get("boards_cellrevision", 0)


def left(cast: Cast) -> Callable[[], int]:
    resident_services.stay_end(stay=cast.vibeke, end=StayEnd.MOVED, on=TODAY, by=cast.mette)
    return lambda: Stay.objects.for_home(cast.home).filter(pk=cast.vibeke.pk).count()


def episode(cast: Cast) -> Callable[[], int]:
    made = cast.put_on_board(cast.rune)
    board_services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.rune.pk,
        off=board_services.OffBoard(reason="Det går", told=Told.YES, crisis_plan_seen=True),
        seen=made.version,
        key="",
        today=TODAY,
    )
    return lambda: count(Episode)


def settled(cast: Cast) -> Callable[[], int]:
    item = cast.agree("Går en tur")
    board_services.intervention_settle(
        access=cast.access(cast.mette), pk=item.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    return lambda: count(Intervention)


def sign(cast: Cast) -> Callable[[], int]:
    access = cast.access(cast.mette)
    made = board_services.sign_note(
        access=access, stay_id=cast.rune.pk, text="Går om natten", urgency=Urgency.SOON, key="", today=TODAY
    )
    EarlySign.objects.for_home(cast.home).filter(pk=made.pk).update(handled_on=TODAY, outcome=Outcome.NO_CHANGE)
    return lambda: count(EarlySign)


def minutes(cast: Cast) -> Callable[[], int]:
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    return lambda: count(MinutesSection)


def topic(cast: Cast) -> Callable[[], int]:
    made = meeting_services.topic_park(
        access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Nøgler", key=""
    )
    ParkedTopic.objects.for_home(cast.home).filter(pk=made.pk).update(settled_on=TODAY)
    return lambda: count(ParkedTopic)


def notice(cast: Cast) -> Callable[[], int]:
    for number, state in enumerate(Reminder.State):
        Reminder(
            home=cast.home, recipient=cast.mette, kind="on", subject=f"intervention:{number}", due=TODAY, on=TODAY,
            state=state,
        ).insert()  # fmt: skip
    return lambda: count(Reminder) - 1


def digest(cast: Cast) -> Callable[[], int]:
    Digest.objects.create(recipient=cast.mette, date=TODAY, count=1, state=Digest.State.SENT)
    return lambda: count(Digest)


def mail(cast: Cast) -> Callable[[], int]:
    DemoMail.objects.create(to="a@x.invalid", subject="1 ting", body="1 ting")
    return lambda: count(DemoMail)


def key(cast: Cast) -> Callable[[], int]:
    IdempotencyKey.objects.create(user=cast.mette, key="k")
    return lambda: count(IdempotencyKey)


def tries(cast: Cast) -> Callable[[], int]:
    at = {"attempt_time": timezone.now(), "username": "a@x.invalid", "ip_address": "127.0.0.1"}
    AccessAttempt.objects.create(failures_since_start=1, get_data="", post_data="", **at)
    for model in (AccessLog, AccessFailureLog):
        model.objects.create(**at)
    for model in (AccessAttempt, AccessLog, AccessFailureLog):
        model.objects.update(attempt_time=timezone.now())
    Presence.objects.create(home=cast.home, user=cast.mette, tab="t", heard_at=timezone.now())
    return lambda: sum(count(model) for model in (AccessAttempt, AccessLog, AccessFailureLog, Presence))


def sample(cast: Cast) -> Callable[[], int]:
    for place in ({"home": cast.home}, {"team": cast.team}):
        Sample.objects.create(week=TODAY, drawn_at=timezone.now(), looks=0, **place)
    return lambda: Sample.objects.filter(week=TODAY).count()


def word(cast: Cast) -> Callable[[], int]:
    cast.write("Ord")
    now = timezone.now()
    return lambda: EntryDetail.objects.filter(entry__at__lte=now).count()


def search(cast: Cast) -> Callable[[], int]:
    cast.client(cast.mette).post(reverse("find"), {"q": "Rune"})
    return lambda: EntryDetail.objects.filter(entry__action="searched").count()


def leaver(cast: Cast) -> Callable[[], int]:
    User.objects.filter(pk=cast.gone.pk).update(date_joined=timezone.now() - timedelta(days=900))
    Membership.objects.filter(user=cast.gone).update(to_day=TODAY)
    return lambda: User.objects.filter(pk=cast.gone.pk, email=cast.gone.email).count()


EACH: list[tuple[str, Callable[[Cast], Callable[[], int]]]] = [
    ("drafts", draft), ("cell_history", history), ("left", left), ("episodes", episode), ("episodes", settled),
    ("episodes", sign), ("minutes", minutes), ("minutes", topic), ("notices", notice), ("notices", digest),
    ("notices", mail), ("keys", key), ("keys", tries), ("samples", sample), ("log_detail", word),
    ("searches", search), ("staff", leaver),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "lay"), EACH, ids=lambda one: getattr(one, "__name__", one))
def test_goes_on_its_day_and_not_the_day_before(cast: Cast, clock: Any, kind: str, lay: Any) -> None:
    standing = lay(cast)
    there = standing()
    assert there > 0
    clock.shift(timedelta(days=KEEP[kind][0] - 1))
    services.nightly(timezone.now())
    assert standing() == there, "the day before"
    clock.shift(timedelta(days=1))
    outcome = services.nightly(timezone.now())
    assert standing() == 0, "the day"
    assert outcome is not None
    assert outcome.erased[kind] > 0
    assert outcome.failed == []
    clock.shift(timedelta(days=1))
    again = services.nightly(timezone.now())
    assert again is not None
    assert again.failed == []
    assert Receipt.objects.filter(kind=kind, failed=False, left=0).exists()
    whole()


def test_session_that_ran_out_goes_the_next_night(cast: Cast, clock: Any) -> None:
    cast.client(cast.mette)
    assert Session.objects.count() == 1
    clock.shift(timedelta(hours=11))
    services.nightly(timezone.now())
    assert Session.objects.count() == 1
    clock.shift(timedelta(hours=2))
    services.nightly(timezone.now())
    assert Session.objects.count() == 0


def test_what_the_table_of_parts_says_of_keeping_is_a_kind() -> None:
    assert {part.kept for part in PARTS.values()} <= set(KINDS)


def test_every_kind_is_tried_has_a_term_and_is_swept() -> None:
    """The log's chains are tried in tests/audit/test_pruning.py."""
    assert set(KINDS) == set(KEEP) == {*(kind for kind, _ in EACH), "log"} == {*sweeps.HOME, *sweeps.COMMON, "left"}
    for kind, (days, low, high) in KEEP.items():
        assert low <= days <= high
        assert Rules().keeps(kind) == days
        assert RANGES[KINDS[kind].field] == (low, high)
        for wrong in (low - 1, high + 1, "x"):
            with pytest.raises(Denied, match=f"fra {low} til {high}"):
                check({f"keep_{kind}": wrong})
        check({f"keep_{kind}": low})
        check({f"keep_{kind}": high})


def test_terms_are_the_regions_own(cast: Cast, clock: Any) -> None:
    RegionSettings.objects.create(
        organisation=cast.team.organisation, values={"keep_left": 7, "keep_keys": 3, "keep_notices": 60}
    )
    assert [strictest(kind) for kind in ("keys", "notices", "samples")] == [3, 60, 730]
    standing = [left(cast), key(cast), notice(cast)]
    for days, there in ((2, [1, 1, 3]), (1, [1, 0, 3]), (4, [0, 0, 3]), (53, [0, 0, 0])):
        clock.shift(timedelta(days=days))
        services.nightly(timezone.now())
        assert [one() for one in standing] == there, days


# --- what must go on working ---


def texts(cast: Cast) -> list[str]:
    return list(CellRevision.objects.for_home(cast.home).order_by("version").values_list("text", flat=True))


def test_step_taken_back_after_the_sweep_puts_back_what_stood(cast: Cast, clock: Any) -> None:
    cast.write("Ældst")
    clock.shift(timedelta(days=1))
    cast.write("Før", seen=1)
    clock.shift(timedelta(days=200))
    cast.write("Nyt", seen=2, today=today())
    services.nightly(timezone.now())
    assert texts(cast) == ["Før", "Nyt"]
    step = CellRevision.objects.for_home(cast.home).get(text="Nyt")
    board_services.undo(access=cast.access(cast.mette), kind="text", pk=step.pk, today=today())
    assert Cell.objects.for_home(cast.home).get().text == "Før"
    clock.shift(timedelta(days=29))
    services.nightly(timezone.now())
    assert texts(cast) == ["Nyt", "Før"], "nothing can be taken back to the old one any more"
    assert hits("Ældst") == {}


def test_words_of_an_old_version_go_from_the_log_too_and_the_newest_stays(cast: Cast, clock: Any) -> None:
    cast.write("Kvidrende")
    cast.write("Fløjtende", seen=1)
    clock.shift(timedelta(days=181))
    services.nightly(timezone.now())
    assert hits("Kvidrende") == {}
    assert set(hits("Fløjtende")) == {"boards_cell", "boards_cellrevision", "audit_entrydetail"}
    page = cast.client(cast.mette).get(reverse("cell-history", args=[cast.home.slug, cast.rune.pk, "status", "home"]))
    assert page.status_code == 200
    assert "Fløjtende" in page.content.decode()
    whole()


def test_text_written_on_the_wrong_resident_stays_out_of_the_minutes(cast: Cast, clock: Any) -> None:
    """Its words are erased with the history; the mark that hides it stands as long as the minutes."""
    cast.put_on_board(cast.rune)
    cast.write("Toves sag")
    meeting = cast.start()
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="Nåede det", today=TODAY)
    board_services.cell_misfile(
        access=cast.access(cast.mette),
        where=board_services.CellKey(cast.rune.pk, "status", Side.HOME),
        seen=1,
        move_to=None,
        today=TODAY,
    )
    clock.shift(timedelta(days=729))
    services.nightly(timezone.now())
    assert set(hits("Toves sag")) == {"meetings_minutessection"}
    # The consent has run out since; here it holds, so that the minutes show what is not hidden.
    SharingBasis.objects.for_home(cast.home).update(to_day=today() + timedelta(days=9))
    for user in (cast.mette, cast.amina):
        paper = papers.read(cast.access(user), meeting, "joint")
        assert paper is not None
        assert paper.sections, "the section is there"
        assert "Toves sag" not in str(paper.sections)
    clock.shift(timedelta(days=1))
    services.nightly(timezone.now())
    assert hits("Toves sag") == {}


def test_open_work_is_left(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Går en tur")
    board_services.sign_note(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, text="Natten", urgency=Urgency.SOON, key="", today=TODAY
    )
    meeting_services.topic_park(access=cast.access(cast.mette), stay_id=None, team=cast.team, text="Nøgler", key="")
    cast.start()
    clock.shift(timedelta(days=800))
    services.nightly(timezone.now())
    for model in (Episode, Intervention, EarlySign, ParkedTopic, Stay, Meeting):
        assert count(model) > 0, model
    assert Attendance.objects.for_home(cast.home).exists()


def test_meeting_that_is_emptied_keeps_its_day_and_number(cast: Cast, clock: Any) -> None:
    minutes(cast)
    held = Meeting.objects.for_home(cast.home).get(state=Meeting.State.CLOSED)
    Meeting.objects.for_home(cast.home).filter(pk=held.pk).update(why="Rune", gap_reason="Rune")
    clock.shift(timedelta(days=730))
    services.nightly(timezone.now())
    found = Meeting.objects.for_home(cast.home).get(pk=held.pk)
    assert (found.number, found.date, found.why, found.gap_reason, found.chair) == (1, held.date, "", "", None)
    assert not Minutes.objects.for_home(cast.home).exists()
    assert not Attendance.objects.for_home(cast.home).filter(meeting=held).exists()
    client = cast.client(cast.mette)
    assert "tirsdag 17. november 2026" in text_in(client.get(reverse("meetings", args=[cast.home.slug])))
    assert client.get(reverse("minutes", args=[cast.home.slug, 1])).status_code == 404
    assert required(services.nightly(timezone.now())).erased == {}


# --- the run itself ---


class Died(BaseException):
    """The process is gone: nothing catches it."""


def everything(cast: Cast) -> None:
    for _, lay in EACH:
        if lay is not word:
            lay(cast)


def test_second_run_finds_nothing_and_says_little(cast: Cast, clock: Any) -> None:
    everything(cast)
    clock.shift(timedelta(days=2000))
    versions = trail.version_of(cast.other_home.scope)
    first = nightly_outcome()
    assert set(first.erased) == set(KINDS) - {"log"}, "no anchor was made"
    entries, receipts = Entry.objects.count(), Receipt.objects.count()
    second = nightly_outcome()
    assert (second.erased, second.failed) == ({}, [])
    assert (Entry.objects.count(), Receipt.objects.count()) == (entries, receipts)
    assert Run.objects.count() == 1
    assert trail.version_of(cast.other_home.scope) == versions
    whole()


def nightly_outcome() -> services.RunOutcome:
    found = services.nightly(timezone.now())
    assert found is not None
    return found


def test_open_boards_fetch_nothing_for_a_sweep(cast: Cast, clock: Any) -> None:
    history(cast)
    clock.shift(timedelta(days=181))
    version = trail.version_of(cast.home.scope)
    assert nightly_outcome().erased["cell_history"] == 2
    assert trail.version_of(cast.home.scope) == version
    entry = Entry.objects.get(scope=cast.home.log_scope, action="retention.erased")
    assert entry.data == {
        "kind": "cell_history", "tables": {"audit.entrydetail": 1, "boards.cellrevision": 1}, "left": 0,
    }  # fmt: skip
    assert entry.actor is None


def test_big_pile_goes_in_batches_each_with_its_count(cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        Draft.objects.create(user=cast.mette, home=cast.home, field=f"{number}-status-home", text="Halv")
    clock.shift(timedelta(days=1))
    monkeypatch.setattr(sweeps, "BATCH", 3)
    assert nightly_outcome().erased == {"drafts": 7}
    assert list(Receipt.objects.filter(kind="drafts").order_by("pk").values_list("rows", "left")) == [
        (3, 4), (3, 1), (1, 0),
    ]  # fmt: skip


def test_one_worker_at_a_time_and_a_dead_one_is_followed(cast: Cast, clock: Any) -> None:
    Run.objects.create(day=TODAY, started_at=timezone.now())
    assert services.nightly(timezone.now()) is None
    with pytest.raises(CommandError, match="En anden er i gang"):
        call_command("retention_run")
    clock.shift(timedelta(hours=3))
    assert services.nightly(timezone.now()) is not None
    assert Run.objects.get().ended_at is not None


def test_crash_between_two_batches_leaves_the_rest_for_the_next_run(
    cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        Draft.objects.create(user=cast.mette, home=cast.home, field=f"{number}-status-home", text="Halv")
    clock.shift(timedelta(days=1))
    monkeypatch.setattr(sweeps, "BATCH", 2)
    real, calls = Receipt.save, []

    def dies(receipt: Receipt, **kwargs: Any) -> None:
        calls.append(receipt)
        if len(calls) == 2:
            raise Died
        real(receipt, **kwargs)

    monkeypatch.setattr(Receipt, "save", dies)
    with pytest.raises(Died):
        services.nightly(timezone.now())
    assert Draft.objects.count() == 3, "the batch that was not receipted is back"
    clock.shift(timedelta(hours=3))
    assert nightly_outcome().erased == {"drafts": 3}
    whole()


def test_what_stands_after_all_is_told(
    cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    draft(cast)
    left(cast)
    clock.shift(timedelta(days=31))
    monkeypatch.setattr(rows, "delete", lambda found: 0)
    with caplog.at_level(logging.ERROR):
        outcome = nightly_outcome()
    assert f"Kladder, botilbud nr. {cast.home.pk}" in outcome.failed
    assert f"Afsluttede ophold, botilbud nr. {cast.home.pk}" in outcome.failed
    failed = {entry.data["kind"]: entry.data["left"] for entry in Entry.objects.filter(action="retention.failed")}
    assert failed["drafts"] == 1
    assert failed["left"] == 1
    assert "Vibeke" not in caplog.text
    assert "Halv" not in caplog.text
    assert Stay.objects.for_home(cast.home).filter(pk=cast.vibeke.pk).exists()
    page = cast.client(cast.lis).get(reverse("administration-retention")).content.decode()
    assert "Havtornen: 1 række stod der endnu" in page


def test_one_that_fails_stops_no_other(cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    draft(cast)
    left(cast)
    clock.shift(timedelta(days=31))

    def broken(home: Home, term: Any) -> dict[str, int]:
        raise DatabaseError("Key (text)=(Halv) is wrong")

    monkeypatch.setitem(sweeps.HOME, "drafts", sweeps.Sweep(broken, sweeps.HOME["drafts"].due))
    outcome = nightly_outcome()
    assert outcome.failed == [f"Kladder, botilbud nr. {cast.home.pk}"]
    assert outcome.erased["left"] == 1
    assert hits("Key (text)") == {}
    with pytest.raises(CommandError, match="Ikke alt kunne slettes: Kladder"):
        call_command("retention_run", stdout=StringIO())


def test_command_and_task_do_the_same(cast: Cast, clock: Any) -> None:
    draft(cast)
    clock.shift(timedelta(days=1))
    out = StringIO()
    call_command("retention_run", stdout=out)
    assert "Kladder: 1 slettet." in out.getvalue()
    clock.shift(timedelta(hours=1))
    call_command("retention_run", stdout=out)
    assert "Der var intet at slette." in out.getvalue()
    draft(cast)
    clock.shift(timedelta(days=1))
    nightly()
    assert Draft.objects.count() == 0


def test_term_counts_danish_days() -> None:
    at = timezone.make_aware(datetime(2026, 3, 29, 2, 30) + timedelta(days=30))
    term = sweeps.Term(30, at, Rules())
    assert term.day == date(2026, 3, 29)
