import re
import smtplib
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import enter
from boards import services as board_services
from boards.forms import move_days
from boards.models import TRACK_SIDE, Intervention, State, Track
from criteria.models import Level
from organisation.models import Home, Membership, Role, Side, TeamHome, User
from reminders import rules, services
from reminders.kinds import KINDS
from reminders.kinds.of_intervention import OwnedTask
from reminders.kinds.review import Reviewed
from reminders.models import DemoMail, Digest, Reminder
from reminders.services import outbox as sending
from reminders.services import planning
from residents import services as resident_services
from residents.models import BasisKind, Giver
from tests.conftest import TODAY, Cast
from tests.reminders.conftest import owed

pytestmark = pytest.mark.both

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


@pytest.mark.parametrize(("due", "day", "kinds"), [
    (MONDAY, FRIDAY, ["before"]),  # the working day before
    (MONDAY, MONDAY, ["on"]),
    (MONDAY, date(2026, 11, 24), ["after"]),
    (MONDAY, date(2026, 11, 25), []),
    (date(2026, 12, 28), date(2026, 12, 23), ["before"]),  # over Christmas
    (FRIDAY, MONDAY, ["after"]),
])  # fmt: skip
def test_task_is_remembered_before_on_and_after_its_day(due, day, kinds) -> None:
    assert [reminder.kind for reminder in owed(day, OwnedTask(1, 2, due), "before", "on", "told", "after")] == kinds


def test_review_is_remembered_the_working_day_before_on_both_sides() -> None:
    found = owed(FRIDAY, Reviewed(5, MONDAY, (1, 2)), "review")
    assert [(reminder.recipient, reminder.kind) for reminder in found] == [(1, "review"), (2, "review")]


@pytest.mark.parametrize(("now", "expected"), [
    (datetime(2026, 11, 17, 6, 59), False), (datetime(2026, 11, 17, 7, 0), True), (datetime(2026, 11, 21, 9, 0), False),
    (datetime(2026, 12, 25, 9, 0), False),
])  # fmt: skip
def test_mail_goes_out_on_working_mornings(now, expected) -> None:
    assert rules.may_send(timezone.make_aware(now)) is expected


def tick(day: date | None = None) -> tuple[int, int]:
    return services.tick(timezone.now(), day=day)


def test_digest_is_a_number_and_a_link_and_nothing_else(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    for what in ("Hemmelig samtale", "Hemmelig tur"):
        cast.agree(what, owner=cast.jonas, due_on=TODAY)
    assert tick()[1] == 1
    mail = DemoMail.objects.get()
    assert mail.subject == "2 ting på Min dag"
    assert "/min-dag/" in mail.body
    for word in ("Rune", "Hemmelig", "Havtornen", "bolig", "Akut", "Jonas"):
        assert word not in mail.subject + mail.body


def test_planning_and_sending_twice_sends_once(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    assert tick() == (1, 1)
    assert tick() == (0, 0)
    assert DemoMail.objects.count() == 1


def test_what_was_done_meanwhile_is_not_remembered(cast: Cast) -> None:
    row = cast.agree(owner=cast.jonas, due_on=TODAY)
    services.plan(TODAY)
    board_services.intervention_settle(
        access=cast.access(cast.jonas), pk=row.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    assert tick() == (0, 0)
    assert Reminder.objects.for_home(cast.home).get().state == Reminder.State.GONE


def test_new_day_arms_the_reminder_again(cast: Cast, clock) -> None:
    row = cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    board_services.intervention_move(
        access=cast.access(cast.jonas), pk=row.pk, to_day=TODAY + timedelta(days=1), seen=1, today=TODAY
    )
    clock.shift(timedelta(days=1))
    assert tick() == (1, 1)


def test_akut_is_told_the_same_day_to_contacts_who_have_not_seen_it(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    tick()
    assert [mail.to for mail in DemoMail.objects.all()] == [cast.amina.email], "Mette raised it and has seen it"


def test_team_is_not_reminded_of_a_resident_who_is_not_shared(cast: Cast) -> None:
    cast.put_on_board(cast.aksel, Level.AKUT, "akut-krise")
    tick()
    assert not DemoMail.objects.filter(to=cast.amina.email).exists()


def _claimed(cast: Cast, ago: timedelta, tries: int = 1) -> Digest:
    return Digest.objects.create(
        recipient=cast.jonas, date=TODAY, count=1, state=Digest.State.SENDING, tries=tries,
        claimed_at=timezone.now() - ago,
    )  # fmt: skip


def test_claim_that_died_is_sent_again_when_its_lease_is_over(cast: Cast, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    lease = timedelta(seconds=settings.MAIL_LEASE_SECONDS)
    digest = _claimed(cast, lease - timedelta(seconds=1))
    assert services.send(TODAY, timezone.now()) == 0, "somebody may be sending it just now"
    assert services.send(TODAY, timezone.now() + timedelta(seconds=2)) == 1
    digest.refresh_from_db()
    assert (digest.state, digest.tries) == (Digest.State.SENT, 2)
    assert outbox.outbox[0].extra_headers["Message-ID"] == f"<digest-{digest.pk}-2026-11-17@botilbud.invalid>"


def test_claim_that_died_five_times_is_looked_at(cast: Cast, caplog) -> None:
    digest = _claimed(cast, timedelta(hours=1), tries=5)
    assert services.send(TODAY, timezone.now()) == 0
    digest.refresh_from_db()
    assert digest.state == Digest.State.LOOK
    assert "need a look" in caplog.text


def test_claim_counts_from_its_own_moment_however_long_the_tick_takes(cast: Cast, clock, monkeypatch) -> None:
    """Else a second worker would take what the first is just sending, late in a long round."""
    began = timezone.now()
    cast.agree(owner=cast.jonas, due_on=TODAY)
    clock.shift(timedelta(minutes=30))
    seen: list[datetime | None] = []
    monkeypatch.setattr(outbox.EmailMessage, "send", lambda self: seen.append(Digest.objects.get().claimed_at))
    assert services.tick(began)[1] == 1
    assert seen == [timezone.now()]


def test_mail_server_that_is_away_loses_nothing(cast: Cast, settings, monkeypatch) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)

    def away(self) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(outbox.EmailMessage, "send", away)
        assert tick()[1] == 0
    assert tick()[1] == 1


def test_home_is_at_work_on_a_sunday_and_gets_its_mail_and_a_team_is_not(cast: Cast, clock) -> None:
    clock.move_to("2026-11-22T10:00:00+01:00")
    cast.agree(owner=cast.jonas, due_on=date(2026, 11, 22))
    cast.agree(by=cast.amina, track="psychiatric", owner=cast.soeren, due_on=date(2026, 11, 22))
    assert tick()[1] == 1
    assert [mail.to for mail in DemoMail.objects.all()] == [cast.jonas.email]
    clock.move_to("2026-11-23T08:00:00+01:00")
    tick()
    assert cast.soeren.email in DemoMail.objects.values_list("to", flat=True)


@pytest.mark.parametrize(
    ("track", "before", "after"),
    [("social", date(2026, 11, 21), date(2026, 11, 23)), ("psychiatric", date(2026, 11, 20), date(2026, 11, 23))],
)
def test_day_before_and_after_a_sunday_are_those_at_work(track: str, before: date, after: date) -> None:
    task = OwnedTask(1, 1, date(2026, 11, 22), side=TRACK_SIDE[Track(track)])
    days = [next(iter(KINDS[code].due(task, before))).on for code in ("before", "after")]
    assert days == [before, after]


@pytest.mark.parametrize(
    ("every_day", "days"), [(True, [22, 23, 24, 28]), (False, [23, 24, 25, 27])], ids=["home", "team"]
)
def test_days_to_move_to_on_a_saturday_are_those_at_work(every_day: bool, days: list[int]) -> None:
    assert [day.day for day, _ in move_days(date(2026, 11, 21), every_day=every_day)] == days


def test_my_day_opens_with_overdue_then_today_and_one_tap_is_enough(cast: Cast, clock) -> None:
    late = cast.agree("Sen samtale", owner=cast.amina, due_on=TODAY)
    clock.shift(timedelta(days=1))
    board_services.intervention_add(
        access=cast.access(cast.amina), stay_id=cast.tove.pk, today=timezone.localdate(), key="",
        plan=board_services.Plan(
            what="Besøg i dag", track="psychiatric", owner=cast.amina, due_on=timezone.localdate()
        ),
    )  # fmt: skip
    client = cast.client(cast.amina)
    page = client.get("/min-dag/").content.decode()
    assert page.index("Over fristen") < page.index("Sen samtale") < page.index("Besøg i dag")
    answer = client.post(f"/havtornen/indsats/{late.pk}/afslut/", {"state": "done", "seen": "1"})
    assert answer.status_code == 204
    assert "Udført" in client.get("/min-dag/liste/").content.decode()


def test_my_day_shows_nothing_of_a_resident_no_longer_shared(cast: Cast) -> None:
    cast.agree("Hemmelig tur", owner=cast.amina, due_on=TODAY, stay=cast.aksel)
    assert "Hemmelig tur" not in cast.client(cast.amina).get("/min-dag/").content.decode()


def test_my_day_takes_the_same_queries_for_one_task_and_for_twenty(cast: Cast, django_assert_max_num_queries) -> None:
    client = cast.client(cast.amina)
    cast.agree(owner=cast.amina, due_on=TODAY)
    client.get("/min-dag/")
    for _ in range(20):
        cast.agree(owner=cast.amina, due_on=TODAY)
    with django_assert_max_num_queries(26):
        client.get("/min-dag/")


def test_my_day_has_what_has_an_hour_first_and_then_the_rest(cast: Cast) -> None:
    """On both databases alike, which put what is empty at different ends."""
    cast.agree("Uden tid", owner=cast.jonas, due_on=TODAY)
    cast.agree("Klokken tolv", owner=cast.jonas, due_on=TODAY, due_time=time(12))
    cast.agree("Klokken ni", owner=cast.jonas, due_on=TODAY, due_time=time(9))
    page = cast.client(cast.jonas).get("/min-dag/").content.decode()
    assert page.index("Klokken ni") < page.index("Klokken tolv") < page.index("Uden tid")


def test_central_role_sees_no_residents(cast: Cast) -> None:
    page = cast.client(cast.karla).get("/", follow=True).content.decode()
    assert "<h1>Styring</h1>" in page
    assert "Find beboer" not in page
    assert "Ingen tavler her" in cast.client(cast.gone).get("/", follow=True).content.decode()


def test_akut_does_not_wait_for_the_morning(cast: Cast, clock) -> None:
    clock.move_to("2026-11-21T22:00:00+01:00")  # a Saturday night
    saturday = date(2026, 11, 21)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=saturday)
    cast.agree(by=cast.amina, track="psychiatric", owner=cast.soeren, due_on=saturday)
    assert tick()[1] == 1
    assert [mail.subject for mail in DemoMail.objects.all()] == ["1 akut, du ikke har set"]


def test_owner_who_may_no_longer_see_the_resident_is_not_reminded(cast: Cast) -> None:
    cast.agree(by=cast.amina, track="psychiatric", owner=cast.soeren, due_on=TODAY)
    services.plan(TODAY)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert tick()[1] == 0
    assert services.plan(TODAY) == 0


@pytest.mark.parametrize(("fault", "tries"), [
    (smtplib.SMTPServerDisconnected(), 1), (ConnectionResetError(), 1),
    (smtplib.SMTPRecipientsRefused({"x": (451, b"later")}), 0), (smtplib.SMTPDataError(550, b"no"), 0),
    (smtplib.SMTPAuthenticationError(535, b"no"), 0),
])  # fmt: skip
def test_mail_that_did_not_go_well_is_tried_again_after_its_lease(cast: Cast, clock, monkeypatch, fault, tries) -> None:
    """Only what may have left counts as a try: a server may say no all morning."""
    cast.agree(owner=cast.jonas, due_on=TODAY)

    def fail(self) -> int:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(outbox.EmailMessage, "send", fail)
        assert tick()[1] == 0
        assert (Digest.objects.get().state, Digest.objects.get().tries) == (Digest.State.SENDING, tries)
    assert tick()[1] == 0, "not at once"
    assert Reminder.objects.for_home(cast.home).get().state == Reminder.State.WAITING
    clock.shift(timedelta(minutes=4))
    assert tick()[1] == 1
    assert DemoMail.objects.count() == 1


def test_server_that_is_away_is_asked_once_a_tick(cast: Cast, monkeypatch) -> None:
    """Each try may take ten seconds; a hundred of them would hold the worker for a quarter of an hour."""
    for who in (cast.jonas, cast.mette):
        cast.agree(owner=who, due_on=TODAY)
    asked = []

    def away(self) -> int:
        asked.append(self.to)
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(outbox.EmailMessage, "send", away)
        assert tick()[1] == 0
    assert len(asked) == 1
    assert set(Digest.objects.values_list("state", "tries")) == {(Digest.State.WAITING, 0)}
    assert tick()[1] == 2


def test_akut_does_not_wait_behind_a_morning_of_mails(cast: Cast, clock, monkeypatch) -> None:
    """A tick sends for so long and no longer; what is left comes with the next, and the urgent before it."""
    monkeypatch.setattr(sending, "SENDING_SECONDS", -1)
    for who in (cast.jonas, cast.mette, cast.lis):
        cast.agree(owner=who, due_on=TODAY)
    assert tick()[1] == 1, "one at least"
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    subjects = []
    while tick()[1]:
        subjects.append(DemoMail.objects.latest("pk").subject)
    urgent = subjects.count("1 akut, du ikke har set")
    assert urgent
    assert subjects[:urgent] == ["1 akut, du ikke har set"] * urgent
    assert len(subjects) == urgent + 2
    assert DemoMail.objects.count() == urgent + 3
    assert not Digest.objects.exclude(state=Digest.State.SENT).exists()


def test_what_another_worker_makes_meanwhile_is_made_once(cast: Cast, monkeypatch) -> None:
    """Both have looked before either writes."""
    for who in (cast.jonas, cast.mette):
        cast.agree(owner=who, due_on=TODAY)
    make = QuerySet.bulk_create
    first = []

    def another(rows: QuerySet, *args: Any, **options: Any) -> Any:
        if rows.model not in first:
            first.append(rows.model)
            make(rows, *args, **options)
        return make(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "bulk_create", another)
    assert tick()[1] == 2
    assert first == [Reminder, Digest]
    rows = Reminder.objects.for_home(cast.home).values_list("recipient", "kind")
    assert sorted(rows) == sorted([(cast.jonas.pk, "on"), (cast.mette.pk, "on")])
    assert DemoMail.objects.count() == 2


def test_what_was_sent_and_who_was_told_are_marked_together(cast: Cast, monkeypatch) -> None:
    """A worker that dies between the two would tell of the same again tomorrow, in another mail."""
    cast.agree(owner=cast.jonas, due_on=TODAY)
    whole = QuerySet.update

    def die(rows: QuerySet, **values: object) -> int:
        if rows.model is Reminder and values == {"state": Reminder.State.SENT}:
            raise RuntimeError
        return whole(rows, **values)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "update", die)
        with pytest.raises(RuntimeError):
            tick()
    assert Digest.objects.get().state == Digest.State.SENDING


def test_reminder_comes_back_when_the_resident_is_shared_again(cast: Cast) -> None:
    cast.agree("Ringe", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    services.plan(TODAY)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    services.gather(TODAY)
    mine = Reminder.objects.for_home(cast.home).filter(recipient=cast.amina, subject__startswith="intervention")
    assert mine.get().state == Reminder.State.GONE
    resident_services.basis_record(
        stay=cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.SOCIAL, covers="Alt", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        by=cast.mette,
    )
    services.plan(TODAY)
    assert mine.get().state == Reminder.State.WAITING


def _more_homes(cast: Cast, *numbers: int) -> None:
    """Homes the team comes to, each with something to be done today."""
    for number in numbers:
        home = Home.objects.create(organisation=cast.home.organisation, name=f"Hjem {number}", slug=f"hjem-{number}")
        TeamHome.objects.create(team=cast.team, home=home, weekdays=[1], from_day=date(2026, 1, 1))
        leader = User.objects.create_user(f"leder-{number}@x.invalid", name=f"Leder {number}")
        Membership.objects.create(user=leader, home=home, role=Role.LEADER, from_day=date(2026, 1, 1))
        stay = resident_services.stay_begin(
            home=home, name=f"Beboer {number}", flat="1", from_day=date(2026, 1, 1), by=leader
        )
        resident_services.team_link(stay=stay, team=cast.team, from_day=date(2026, 1, 1), by=cast.amina)
        resident_services.contact_set(stay=stay, side=Side.HOME, person=leader, deputy=None, by=leader)
        board_services.intervention_add(
            access=enter(leader, home.slug), stay_id=stay.pk, key="", today=TODAY,
            plan=board_services.Plan(what="Går en tur", track="social", owner=leader, due_on=TODAY),
        )  # fmt: skip


def test_minute_takes_the_same_queries_for_few_homes_and_for_many(
    cast: Cast, clock, django_assert_max_num_queries
) -> None:
    _more_homes(cast, 1, 2)
    assert services.plan(TODAY) == 2
    with CaptureQueriesContext(connection) as few:
        assert services.plan(TODAY) == 0
    _more_homes(cast, *range(3, 13))
    assert services.plan(TODAY) == 10
    with django_assert_max_num_queries(len(few)):
        assert services.plan(TODAY) == 0
    assert Reminder.objects.system("a test").values("home").distinct().count() == 12


def test_more_homes_than_are_asked_about_together_all_get_theirs(
    cast: Cast, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "TOGETHER", 2)
    _more_homes(cast, 1, 2, 3, 4, 5)
    assert services.plan(TODAY) == 5
    assert services.plan(TODAY) == 0
    assert tick()[1] == 5
    told = Reminder.objects.system("a test").values_list("recipient__name", "home__name", "state")
    assert sorted(told) == [(f"Leder {n}", f"Hjem {n}", Reminder.State.SENT) for n in range(1, 6)]


def test_what_was_done_today_keeps_its_place_on_my_day(cast: Cast) -> None:
    late = cast.agree("Ringer til lægen", owner=cast.mette, due_on=TODAY)
    Intervention.objects.for_home(cast.home).filter(pk=late.pk).update(due_on=TODAY - timedelta(days=1))
    first = cast.agree("Går en tur", owner=cast.mette, due_on=TODAY)
    second = cast.agree("Køber ind", owner=cast.mette, due_on=TODAY)
    client = cast.client(cast.mette)

    def order() -> list[int]:
        page = client.get("/min-dag/").content.decode()
        return [int(pk) for pk in re.findall(r'<li class="day-line[^"]*" id="i(\d+)"', page)]

    before = order()
    assert before == [late.pk, first.pk, second.pk]
    for row in (first, late):
        client.post(f"/havtornen/indsats/{row.pk}/afslut/", {"state": "done", "seen": "1"})
    assert order() == before
    assert client.get("/min-dag/").content.decode().count("✓ Udført") == 3, "two said, and one button"
