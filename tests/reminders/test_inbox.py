"""The list beside the mail, putting off and taking away, and what a person chooses."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from boards import services as board_services
from boards.models import State, Told
from criteria.models import Level
from meetings.models import Meeting
from organisation.models import Side
from reminders import services
from reminders.models import DemoMail, Preference, Reminder
from residents import services as resident_services
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both

LIST = "/min-dag/paamindelser/"
SETTINGS = f"{LIST}indstillinger/"


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def tick() -> tuple[int, int]:
    return services.tick(timezone.now())


def page(cast: Cast, user, path: str = LIST) -> str:
    return cast.client(user).get(path).content.decode()


def only(cast: Cast, **values) -> Reminder:
    return Reminder.objects.for_home(cast.home).get(**values)


def post(cast: Cast, user, row: Reminder, act: str, **data):
    return cast.client(user).post(f"{LIST}{row.pk}/{act}/", data, headers={"HX-Request": "true"})


def test_list_is_grouped_by_day_with_resident_words_and_link(cast: Cast) -> None:
    first = cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    cast.agree("Ringe til søsteren", owner=cast.jonas, due_on=TODAY + timedelta(days=1), stay=cast.tove)
    tick()
    shown = page(cast, cast.jonas)
    order = ["I dag, tirsdag 17. november", "Rune · bolig 4", "Tur i skoven", "Onsdag 18. november", "Tove · bolig 9"]
    assert sorted(order, key=shown.index) == order
    assert f'href="/min-dag/?hjem=havtornen#i{first.pk}"' in shown
    assert "<html" not in page(cast, cast.jonas, f"{LIST}liste/")


def test_row_on_the_board_is_where_a_review_leads(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune, review_by=TODAY + timedelta(days=1))
    tick()
    assert f'href="/havtornen/tavle/#r{cast.rune.pk}"' in page(cast, cast.mette)
    assert "Drøftes igen senest onsdag 18. november" in page(cast, cast.mette)


def test_list_shows_nothing_of_a_resident_no_longer_shared(cast: Cast) -> None:
    cast.agree("Hemmelig samtale", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    tick()
    assert "Hemmelig samtale" in page(cast, cast.amina)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    shown = page(cast, cast.amina)
    assert "Hemmelig samtale" not in shown
    assert "Rune" not in shown
    assert "Ingen påmindelser" in shown
    assert "påmindelse" not in page(cast, cast.amina, "/min-dag/liste/")


def test_stranger_and_central_role_have_an_empty_list(cast: Cast) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    for user in (cast.stranger, cast.karla, cast.gone):
        assert "Ingen påmindelser" in page(cast, user)


def test_what_was_done_or_got_a_new_day_leaves_the_list_at_once(cast: Cast) -> None:
    done, moved = (
        cast.agree("Gjort tur", owner=cast.jonas, due_on=TODAY),
        cast.agree("Flyttet tur", owner=cast.jonas, due_on=TODAY),
    )
    tick()
    board_services.intervention_settle(
        access=cast.access(cast.jonas), pk=done.pk, state=State.DONE, why="", seen=1, today=TODAY
    )
    board_services.intervention_move(
        access=cast.access(cast.jonas), pk=moved.pk, to_day=TODAY + timedelta(days=9), seen=1, today=TODAY
    )
    assert "Ingen påmindelser" in page(cast, cast.jonas)


def test_thing_with_two_reminders_stands_once(cast: Cast, clock) -> None:
    cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    tick()
    clock.shift(timedelta(days=1))
    tick()
    shown = page(cast, cast.jonas)
    assert Reminder.objects.for_home(cast.home).count() == 2
    assert shown.count("Tur i skoven") == 1
    assert "Skulle være gjort tirsdag 17. november" in shown


@pytest.mark.parametrize(("count", "words"), [(1, "1 påmindelse<"), (3, "3 påmindelser<")])
def test_min_dag_says_how_many_and_links_to_them(cast: Cast, count: int, words: str) -> None:
    for _ in range(count):
        cast.agree(owner=cast.jonas, due_on=TODAY)
    assert "påmindelser<" not in page(cast, cast.jonas, "/min-dag/liste/")
    tick()
    assert f'<a href="{LIST}">{words}' in page(cast, cast.jonas, "/min-dag/")


def test_reminder_put_off_comes_back_once_in_list_and_mail(cast: Cast, clock) -> None:
    cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    tick()
    row = only(cast)
    answer = post(cast, cast.jonas, row, "udskyd", day="2026-11-19")
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "reminders-changed")
    assert "Ingen påmindelser" in page(cast, cast.jonas)
    clock.shift(timedelta(days=1))  # the day after its day, another kind arises; the thing sleeps all the same
    assert tick() == (1, 0)
    assert "Ingen påmindelser" in page(cast, cast.jonas)
    clock.shift(timedelta(days=1))
    assert tick() == (0, 1)
    assert page(cast, cast.jonas).count("Tur i skoven") == 1
    clock.shift(timedelta(days=1))
    assert tick() == (0, 0)
    assert [mail.subject for mail in DemoMail.objects.order_by("pk")] == ["1 ting på Min dag"] * 2


@pytest.mark.parametrize(("day", "says"), [
    ("", "Vælg en dag."), ("på mandag", "Skriv dagen som 24.11.2026."), ("2026-11-17", "Vælg en dag efter i dag."),
    ("2026-12-02", "Vælg senest tirsdag 1. december."), ("9999-12-31", "Er årstallet rigtigt?"),
    ("x" * 5000, "Skriv dagen"),
])  # fmt: skip
def test_wrong_day_is_answered_at_the_field(cast: Cast, day: str, says: str) -> None:
    cast.agree(owner=cast.jonas, due_on=TODAY)
    tick()
    answer = post(cast, cast.jonas, only(cast), "udskyd", day=day)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert only(cast).snoozed_to is None


def test_reminder_taken_away_stays_away_and_only_once(cast: Cast) -> None:
    trip = cast.agree("Tur i skoven", owner=cast.jonas, due_on=TODAY)
    cast.agree("Vaske tøj", owner=cast.jonas, due_on=TODAY)
    tick()
    row = only(cast, subject__endswith=f":{trip.pk}")
    assert post(cast, cast.jonas, row, "fjern").status_code == 204
    assert post(cast, cast.jonas, row, "fjern").status_code == 404, "the second click finds nothing"
    tick()
    shown = page(cast, cast.jonas)
    assert "Tur i skoven" not in shown
    assert "Vaske tøj" in shown


@pytest.mark.parametrize(("act", "data"), [("udskyd", {"day": "2026-11-18"}), ("fjern", {})])
def test_akut_can_neither_be_put_off_nor_taken_away(cast: Cast, act: str, data: dict) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    tick()
    answer = post(cast, cast.amina, only(cast, kind="akut"), act, **data)
    assert answer.status_code == 422
    assert "En akut kan ikke" in answer.content.decode()
    shown = page(cast, cast.amina)
    assert "Akut. Du har ikke set det endnu" in shown
    assert "Påmind mig igen" not in shown
    cast.client(cast.amina).post(f"/havtornen/niveau/{cast.rune.pk}/set/", {})
    assert "Ingen påmindelser" in page(cast, cast.amina)


def test_settings_show_and_keep_what_was_chosen(cast: Cast) -> None:
    client = cast.client(cast.jonas)
    assert "Det, der haster, kan ikke slås fra" in client.get(SETTINGS).content.decode()
    answer = client.post(SETTINGS, {"by_mail": ["on", "after"], "mail_from": "09:00"})
    assert (answer.status_code, answer["Location"]) == (302, f"{SETTINGS}?gemt=1")
    chosen = Preference.objects.get(user=cast.jonas)
    assert chosen.mail_from == time(9)
    assert {"on", "after", "akut", "akut-late"}.isdisjoint(chosen.muted)
    assert {"before", "review", "consent"} <= set(chosen.muted)
    shown = client.get(f"{SETTINGS}?gemt=1").content.decode()
    assert "Gemt." in shown
    assert 'value="on" checked' in shown
    assert 'value="before" checked' not in shown
    assert client.post(SETTINGS, {"mail_from": "06:00"}).status_code == 302
    assert Preference.objects.get(user=cast.jonas).mail_from == time(6)


@pytest.mark.parametrize("data", [
    {"by_mail": ["on"], "mail_from": "05:00"}, {"by_mail": ["on"], "mail_from": "13:00"}, {"by_mail": ["on"]},
    {"by_mail": ["akut"], "mail_from": "07:00"}, {"by_mail": ["x" * 9000], "mail_from": "07:00"},
    {"by_mail": ["on"], "mail_from": "7.30"},
])  # fmt: skip
def test_wrong_settings_are_refused_and_what_was_ticked_is_kept(cast: Cast, data: dict) -> None:
    answer = cast.client(cast.jonas).post(SETTINGS, data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert ('value="on" checked' in answer.content.decode()) is ("on" in data["by_mail"])
    assert not Preference.objects.exists()


def fill(cast: Cast, count: int, today: date) -> None:
    """Interventions of the team's nurse, due on the day."""
    plan = board_services.Plan(what="Samtale", track="psychiatric", owner=cast.amina, due_on=today)
    for _ in range(count):
        board_services.intervention_add(
            access=cast.access(cast.amina), stay_id=cast.rune.pk, plan=plan, key="", today=today
        )


def test_list_and_min_dag_take_the_same_queries_for_few_and_for_many(
    cast: Cast, clock, django_assert_max_num_queries
) -> None:
    cast.put_on_board(cast.tove)
    board_services.level_close(
        access=cast.access(cast.mette),
        stay_id=cast.tove.pk,
        off=board_services.OffBoard(reason="Ro på.", told=Told.YES, crisis_plan_seen=True),
        seen=1,
        key="",
        today=TODAY,
    )
    clock.move_to("2026-12-07T08:00:00+01:00")
    monday = date(2026, 12, 7)
    Meeting.objects.for_home(cast.home).filter(number=cast.meeting().number).update(date=date(2026, 12, 8))
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", today=monday)
    fill(cast, 1, monday)
    services.plan(date(2026, 12, 1))
    tick()
    kinds = set(Reminder.objects.for_home(cast.home).filter(recipient=cast.amina).values_list("kind", flat=True))
    assert kinds == {"akut", "consent", "follow-up", "on", "prepare"}, "one of every sort of thing"
    client = cast.client(cast.amina)
    client.get(LIST)
    client.get("/min-dag/")
    fill(cast, 20, monday)
    tick()
    with django_assert_max_num_queries(35):
        client.get(LIST)
    with django_assert_max_num_queries(42):
        client.get("/min-dag/")
