"""Each kind through the board's own services, and the akut that nobody has seen."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from audit import trail
from boards import services as board_services
from boards.models import Told
from criteria.models import Level
from meetings.models import Meeting
from organisation.models import Absence, Side
from reminders import services
from reminders.models import DemoMail, Digest, Preference, Reminder
from residents import services as resident_services
from residents.models import BasisKind, Giver
from tests.conftest import TODAY, Cast


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def go_to(clock, text: str) -> date:
    moment = timezone.make_aware(datetime.fromisoformat(text))
    clock.move_to(moment)
    return moment.date()


def tick() -> tuple[int, int]:
    return services.tick(timezone.now())


def told(cast: Cast, kind: str) -> list[str]:
    rows = Reminder.objects.for_home(cast.home).filter(kind=kind).select_related("recipient")
    return sorted(row.recipient.name for row in rows)


def mails(user) -> list[str]:
    return [mail.subject for mail in DemoMail.objects.filter(to=user.email).order_by("pk")]


def close(cast: Cast, by, seen: int = 1) -> None:
    board_services.level_close(
        access=cast.access(by),
        stay_id=cast.rune.pk,
        off=board_services.OffBoard(reason="Faldet til ro.", told=Told.YES, crisis_plan_seen=True),
        seen=seen,
        key="",
        today=timezone.localdate(),
    )


def test_follow_up_is_told_the_working_day_before_and_on_mondays_until_discussed(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    close(cast, cast.mette)  # to be followed up on 1 December
    go_to(clock, "2026-11-30T08:00")
    tick()
    assert told(cast, "follow-up") == ["Amina", "Mette"]
    monday = go_to(clock, "2026-12-07T08:00")
    tick()
    assert Reminder.objects.for_home(cast.home).filter(kind="follow-up", due=monday).count() == 2
    board_services.level_followed_up(access=cast.access(cast.mette), stay_id=cast.rune.pk, today=monday)
    go_to(clock, "2026-12-14T08:00")
    tick()
    assert Reminder.objects.for_home(cast.home).filter(kind="follow-up").count() == 4


def test_prepare_is_told_the_day_before_with_a_count_that_a_fresh_status_ends(cast: Cast, clock) -> None:
    for stay in (cast.rune, cast.tove):
        cast.put_on_board(stay)
    cast.meeting()  # on the day itself, a Tuesday
    meeting = Meeting.objects.for_home(cast.home).get()
    monday = go_to(clock, "2026-11-16T08:00")
    tick()
    assert told(cast, "prepare") == ["Amina", "Mette"]
    assert "2 rækker mangler status" in cast.client(cast.mette).get("/min-dag/paamindelser/").content.decode()
    for stay in (cast.rune, cast.tove):
        cast.write("Sover bedre", stay=stay, today=monday)
    assert "mangler status" not in cast.client(cast.mette).get("/min-dag/paamindelser/").content.decode()
    assert "2 rækker mangler status" in cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()
    assert meeting.date == TODAY


@pytest.mark.parametrize(("values", "shown"), [
    ({}, True), ({"state": Meeting.State.CANCELLED}, False), ({"date": TODAY + timedelta(days=3)}, False),
])  # fmt: skip
def test_meeting_cancelled_or_moved_away_is_not_prepared(cast: Cast, clock, values, shown) -> None:
    cast.put_on_board(cast.rune)
    number = cast.meeting().number
    Meeting.objects.for_home(cast.home).filter(number=number).update(**values)
    go_to(clock, "2026-11-16T08:00")
    tick()
    assert bool(told(cast, "prepare")) is shown
    assert ("Forbered mødet" in cast.client(cast.mette).get("/min-dag/").content.decode()) is shown


def test_raise_nobody_answered_is_told_the_receiving_side_after_a_working_day(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    assert tick()[0] == 0
    go_to(clock, "2026-11-18T08:00")
    tick()
    assert told(cast, "raise") == ["Amina"]


@pytest.mark.parametrize("answer", ["write", "confirm", "agree", "level"])
def test_raise_is_answered_by_writing_confirming_agreeing_or_changing_the_level(cast: Cast, clock, answer) -> None:
    cell = cast.write("Skal hjem", column_key="goals", side=Side.JOINT)
    cast.put_on_board(cast.rune)
    clock.shift(timedelta(minutes=5))
    if answer == "write":
        cast.write("Ses i morgen", by=cast.soeren, side=Side.TEAM)
    elif answer == "confirm":
        board_services.cell_confirm(
            access=cast.access(cast.amina),
            where=board_services.CellKey(cast.rune.pk, "goals", Side.JOINT),
            seen=cell.version,
            today=TODAY,
        )
    elif answer == "agree":
        cast.agree(by=cast.amina, track="psychiatric")
    else:
        board_services.level_review(access=cast.access(cast.amina), stay_id=cast.rune.pk, seen=1, today=TODAY)
        cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", access=cast.access(cast.amina), seen=2)
        cast.put_on_board(cast.rune, access=cast.access(cast.amina), seen=3)
    go_to(clock, "2026-11-18T08:00")
    tick()
    assert "Amina" not in told(cast, "raise")


def test_what_the_raising_side_does_itself_is_no_answer(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Sover ikke")
    cast.agree()
    go_to(clock, "2026-11-18T08:00")
    tick()
    assert told(cast, "raise") == ["Amina"]


@pytest.mark.parametrize("answered", [True, False])
def test_akut_lowered_unseen_is_answered_by_writing(cast: Cast, clock, answered: bool) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, seen=1)
    clock.shift(timedelta(minutes=5))
    if answered:
        cast.write("Ses i morgen", by=cast.amina, side=Side.TEAM)
    go_to(clock, "2026-11-18T08:00")
    tick()
    assert told(cast, "raise") == ([] if answered else ["Amina"])


def test_writing_about_an_akut_is_not_the_same_as_having_seen_it(cast: Cast, clock) -> None:
    deputy(cast, Side.TEAM, cast.soeren)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.write("Ses i morgen", by=cast.amina, side=Side.TEAM)
    clock.shift(timedelta(minutes=60))
    tick()
    assert told(cast, "akut-late") == ["Søren"]


def test_akut_that_ended_at_night_is_told_both_contacts_in_the_morning(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    go_to(clock, "2026-11-20T21:00")
    close(cast, cast.jonas)
    tick()
    assert told(cast, "akut-off") == []
    go_to(clock, "2026-11-23T08:00")
    tick()
    assert told(cast, "akut-off") == ["Amina", "Mette"]


def test_basis_about_to_lapse_is_told_its_own_side_until_it_is_renewed(cast: Cast, clock) -> None:
    day = go_to(clock, "2026-12-01T08:00")  # all end on 31 December
    tick()
    rows = Reminder.objects.for_home(cast.home).filter(kind="consent")
    assert {(row.recipient_id, row.due) for row in rows} == {
        (cast.mette.pk, date(2026, 12, 31)), (cast.amina.pk, date(2026, 12, 31)),
    }  # fmt: skip
    assert rows.filter(recipient=cast.mette).count() == 2, "one for each resident whose basis stands"
    page = cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()
    assert "»Hvad må deles?« udløber torsdag 31. december" in page
    for stay in (cast.rune, cast.tove):
        resident_services.basis_record(
            stay=stay,
            side=Side.TEAM,
            acting_side=Side.TEAM,
            new=resident_services.NewBasis(
                kind=BasisKind.CONSENT,
                covers="Alt på tavlen",
                given_by=Giver.RESIDENT,
                from_day=day,
                to_day=date(2027, 11, 30),
            ),
            by=cast.amina,
        )
    assert "udløber" not in cast.client(cast.amina).get("/min-dag/paamindelser/").content.decode()


def test_what_is_to_be_said_to_the_resident_is_a_kind_of_its_own(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY, tells=True)
    tick()
    assert told(cast, "told") == ["Jonas"]
    assert told(cast, "on") == []


def test_thing_two_kinds_point_at_counts_once_in_the_mail(cast: Cast, clock) -> None:
    go_to(clock, "2026-11-21T10:00")  # a Saturday: planned, and not sent before Monday
    cast.agree(by=cast.amina, track="psychiatric", owner=cast.soeren, due_on=date(2026, 11, 21))
    assert tick() == (1, 0)
    go_to(clock, "2026-11-23T08:00")
    assert tick() == (1, 1)
    assert mails(cast.soeren) == ["1 ting på Min dag"]


def test_two_workers_send_one_digest(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    services.plan(TODAY)
    assert services.plan(TODAY) == 0
    assert services.gather(TODAY) == 1
    assert services.gather(TODAY) == 0
    assert services.send(TODAY, timezone.now()) == 1
    assert services.send(TODAY, timezone.now()) == 0


def test_home_for_training_and_home_that_left_plan_nothing(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    services.plan(TODAY)
    for values in ({"practice": True}, {"practice": False, "left_on": TODAY - timedelta(days=1)}):
        type(cast.home).objects.filter(pk=cast.home.pk).update(**values)
        assert services.plan(TODAY) == 0
        assert tick() == (0, 0)
        assert not DemoMail.objects.exists()
    assert set(Reminder.objects.for_home(cast.home).values_list("state", flat=True)) == {Reminder.State.GONE}


def test_home_is_reminded_on_its_last_day(cast: Cast) -> None:
    type(cast.home).objects.filter(pk=cast.home.pk).update(left_on=TODAY)
    cast.agree(owner=cast.jonas, due_on=TODAY)
    assert tick() == (1, 1)


# --- An akut nobody has seen ---


def deputy(cast: Cast, side: Side, person) -> None:
    who = cast.amina if side == Side.TEAM else cast.mette
    resident_services.contact_set(stay=cast.rune, side=side, person=who, deputy=person, by=who)


def test_akut_of_a_friday_evening_goes_on_monday_at_nine_exactly_once(cast: Cast, clock) -> None:
    deputy(cast, Side.TEAM, cast.soeren)
    friday = go_to(clock, "2026-11-20T17:00")
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=friday)
    tick()
    for moment in ("2026-11-21T12:00", "2026-11-23T08:59"):
        go_to(clock, moment)
        tick()
        assert "1 akut, som ingen hos jer har set" not in mails(cast.soeren)
    for moment in ("2026-11-23T09:00", "2026-11-23T09:01", "2026-11-24T09:00"):
        go_to(clock, moment)
        tick()
        assert mails(cast.soeren) == ["1 akut, som ingen hos jer har set"]
    assert "Akut. Ingen hos jer har set det" in cast.client(cast.soeren).get("/min-dag/paamindelser/").content.decode()


def test_anyone_of_the_receiving_side_stops_it(cast: Cast, clock) -> None:
    deputy(cast, Side.TEAM, cast.soeren)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    clock.shift(timedelta(minutes=59))
    board_services.akut_read(access=cast.access(cast.soeren), stay_id=cast.rune.pk, today=TODAY)
    clock.shift(timedelta(hours=3))
    tick()
    assert told(cast, "akut-late") == []


def test_a_colleague_of_the_one_who_raised_does_not_stop_it(cast: Cast, clock) -> None:
    deputy(cast, Side.TEAM, cast.soeren)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    board_services.akut_read(access=cast.access(cast.jonas), stay_id=cast.rune.pk, today=TODAY)
    clock.shift(timedelta(minutes=60))
    tick()
    assert told(cast, "akut-late") == ["Søren"]


def test_home_raised_by_the_team_has_an_hour_at_night_and_its_leader_is_told(cast: Cast, clock) -> None:
    saturday = go_to(clock, "2026-11-21T23:30")
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", access=cast.access(cast.amina), today=saturday)
    go_to(clock, "2026-11-22T00:29")
    tick()
    assert told(cast, "akut-late") == []
    go_to(clock, "2026-11-22T00:30")
    tick()
    assert told(cast, "akut-late") == ["Lis"], "Mette has no deputy"
    assert mails(cast.lis) == ["1 akut, som ingen hos jer har set"]


def test_deputy_who_stood_in_from_the_start_is_not_told_twice(cast: Cast, clock) -> None:
    deputy(cast, Side.HOME, cast.jonas)
    Absence.objects.create(user=cast.mette, deputy=cast.jonas, from_day=TODAY, to_day=TODAY)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", access=cast.access(cast.amina))
    tick()
    assert mails(cast.jonas) == ["1 akut, du ikke har set"]
    clock.shift(timedelta(minutes=60))
    tick()
    assert told(cast, "akut-late") == ["Lis"]


def test_akut_lowered_again_does_not_go_on(cast: Cast, clock) -> None:
    deputy(cast, Side.TEAM, cast.soeren)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, seen=1)
    clock.shift(timedelta(hours=2))
    tick()
    assert told(cast, "akut-late") == []


# --- Mail by preference ---


def test_kind_turned_off_comes_on_the_list_and_not_by_mail(cast: Cast) -> None:
    Preference.objects.create(user=cast.jonas, muted=["on"])
    cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    assert tick() == (1, 0)
    assert "Tur i skoven" in cast.client(cast.jonas).get("/min-dag/paamindelser/").content.decode()


def test_digest_waits_for_the_persons_hour_and_an_akut_does_not(cast: Cast, clock) -> None:
    Preference.objects.create(user=cast.amina, mail_from=time(10), muted=["akut", "akut-late"])
    cast.agree(by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    tick()
    assert mails(cast.amina) == ["1 akut, du ikke har set"]
    clock.shift(timedelta(minutes=30))
    tick()
    assert mails(cast.amina) == ["1 akut, du ikke har set", "1 ting på Min dag"]


def test_early_bird_is_mailed_at_six_and_the_others_at_seven(cast: Cast, clock) -> None:
    Preference.objects.create(user=cast.jonas, mail_from=time(6))
    for who in (cast.jonas, cast.mette):
        cast.agree(owner=who, due_on=TODAY)
    go_to(clock, "2026-11-17T06:00")
    assert tick()[1] == 1
    assert mails(cast.jonas) == ["1 ting på Min dag"]
    go_to(clock, "2026-11-17T07:00")
    assert tick()[1] == 1
    assert Digest.objects.count() == 2


def test_persons_own_choices_do_not_move_the_homes_clock(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    before = trail.version_of(cast.home.scope)
    row = Reminder.objects.for_home(cast.home).get()
    services.reminder_snooze(user=cast.jonas, pk=row.pk, to=TODAY + timedelta(days=1), today=TODAY)
    services.reminder_prefer(user=cast.jonas, by_mail=[], mail_from=time(8))
    assert trail.version_of(cast.home.scope) == before
    assert trail.broken_links(f"person:{cast.jonas.pk}") == []
