"""Siden din sidste vagt: what others did about one's own residents, and nothing one may not see."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Screen
from audit.models import ReadEntry
from boards import services as boards
from boards.models import Urgency
from core import weeks
from criteria.models import Level
from organisation.models import Absence, Side, User
from reminders.since import LONGEST, last_here
from residents import services as residents
from residents.models import Contact, Situation
from tests.conftest import NOW, TODAY, Cast, text_in

PAGE = reverse("since-last")
YESTERDAY = timezone.make_aware(NOW) - timedelta(days=1)


def screen(user: User, began: str, active: str) -> None:
    began_at, active_at = (timezone.make_aware(datetime.fromisoformat(at)) for at in (began, active))
    Screen.objects.create(user=user, began_at=began_at, active_at=active_at)


def page(cast: Cast, user: User) -> str:
    return text_in(cast.client(user).get(PAGE)).partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    ("screens", "expected"),
    [
        ([], None),
        ([("2026-11-17T08:00", "2026-11-17T09:29")], None),
        ([("2026-11-16T07:00", "2026-11-16T15:10"), ("2026-11-17T08:00", "2026-11-17T09:29")], "2026-11-16T15:10"),
        # A tablet used in the morning and left is of the same shift, since the computer was used on from then.
        (
            [
                ("2026-11-16T07:00", "2026-11-16T15:10"), ("2026-11-17T01:00", "2026-11-17T01:20"),
                ("2026-11-17T03:00", "2026-11-17T09:29"),
            ],
            "2026-11-16T15:10",
        ),
        # A night shift that ended at seven, and one comes again in the evening, is another one.
        ([("2026-11-16T22:00", "2026-11-17T05:00")], "2026-11-17T05:00"),
        ([("2026-11-01T08:00", "2026-11-01T15:00")], None),
    ],
)  # fmt: skip
def test_shift_before_this_one_ended_with_the_last_touch(
    cast: Cast, screens: list[tuple[str, str]], expected: str | None
) -> None:
    now = timezone.make_aware(NOW)
    for began, active in screens:
        screen(cast.mette, began, active)
    wanted = timezone.make_aware(datetime.fromisoformat(expected)) if expected else now - LONGEST
    assert last_here(cast.mette, now) == wanted


def test_what_others_did_stands_by_resident_and_ones_own_does_not(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", access=cast.access(cast.jonas), reason="Sover ikke")
    cast.write("Sov fire timer", by=cast.jonas)
    cast.write("Skrevet af mig selv", column_key="goals", side=Side.JOINT)
    row = cast.agree("Ringe til søster", by=cast.amina, track="coordination", owner=cast.mette, due_on=TODAY)
    boards.sign_note(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, text="Går om natten", urgency=Urgency.MEETING, key="",
        today=TODAY,
    )  # fmt: skip
    residents.situation_change(
        stay=cast.rune, situation=Situation.ADMITTED, since=TODAY, place="Afsnit 4", by=cast.jonas
    )
    shown = page(cast, cast.mette)
    for words in (
        "Rune · bolig 4", "På tavlen som akut", "Sover ikke", "Status siden sidst", "Sov fire timer", "Tidligt tegn",
        "Går om natten", "Indlagt", "Afsnit 4", "Ringe til søster", "Jonas", "Amina",
    ):  # fmt: skip
        assert words in shown, words
    assert "Skrevet af mig selv" not in shown
    assert row.owner == cast.mette


def test_text_written_over_or_on_the_wrong_resident_is_not_told_again(cast: Cast) -> None:
    cast.write("Første udgave", by=cast.jonas)
    cast.write("Anden udgave", by=cast.jonas, seen=1)
    where = boards.CellKey(cast.tove.pk, "status", Side.HOME)
    cast.write("Om en anden", by=cast.jonas, stay=cast.tove)
    boards.cell_misfile(access=cast.access(cast.jonas), where=where, seen=1, move_to=None, today=TODAY)
    shown = page(cast, cast.mette)
    assert ("Anden udgave" in shown, "Første udgave" in shown, "Om en anden" in shown) == (True, False, False)


def test_only_what_came_since_the_last_shift(cast: Cast, clock: Any) -> None:
    clock.move_to(YESTERDAY)
    cast.write("Før vagten sluttede", by=cast.jonas)
    screen(cast.mette, "2026-11-16T07:00", "2026-11-16T15:10")
    clock.move_to(timezone.make_aware(NOW))
    cast.write("Siden da", by=cast.jonas, column_key="goals", side=Side.JOINT)
    shown = page(cast, cast.mette)
    assert ("Siden da" in shown, "Før vagten sluttede" in shown) == (True, False)
    assert "i går kl. 15.10" in shown
    assert "i går kl. 15.10" in cast.client(cast.mette).get(reverse("my-day")).content.decode()


def test_who_is_back_from_an_absence_reads_from_its_first_day_at_most_four_weeks(cast: Cast, clock: Any) -> None:
    now = timezone.now()
    for first, expected in (
        (-20, weeks.midnight(TODAY - timedelta(days=20))),
        (-90, weeks.midnight(TODAY - timedelta(days=28))),
    ):
        Absence.objects.all().delete()
        Absence.objects.create(
            user=cast.jonas, deputy=cast.mette, from_day=TODAY + timedelta(days=first), to_day=TODAY - timedelta(days=1)
        )
        assert last_here(cast.jonas, now) == expected
    Absence.objects.all().update(to_day=TODAY - timedelta(days=8))
    assert last_here(cast.jonas, now) == now - timedelta(days=7)


def test_only_ones_own_residents_as_contact_deputy_or_owner(cast: Cast) -> None:
    cast.write("Om Rune", by=cast.mette)
    assert "Om Rune" not in page(cast, cast.jonas)
    Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.HOME).update(deputy=cast.jonas)
    assert "Om Rune" in page(cast, cast.jonas)
    Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.HOME).update(deputy=None)
    cast.agree(owner=cast.jonas, due_on=TODAY)
    assert "Om Rune" in page(cast, cast.jonas)


def test_residents_of_who_is_away_are_told_to_who_stands_in(cast: Cast, clock: Any) -> None:
    """Jonas is nobody's contact, and has nothing planned with anybody."""
    cast.write("Sov fire timer", by=cast.lis)
    assert "Sov fire timer" not in page(cast, cast.jonas)
    Absence.objects.create(user=cast.mette, deputy=cast.jonas, from_day=TODAY, to_day=TODAY)
    assert "Sov fire timer" in page(cast, cast.jonas)
    clock.shift(timedelta(days=1))
    assert "Sov fire timer" not in page(cast, cast.jonas), "Mette is back"


def test_residents_the_absent_one_is_deputy_for_are_told_too(cast: Cast) -> None:
    Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.HOME).update(
        person=cast.lis, deputy=cast.mette
    )
    cast.write("Sov fire timer", by=cast.lis)
    assert "Sov fire timer" not in page(cast, cast.jonas)
    Absence.objects.create(user=cast.mette, deputy=cast.jonas, from_day=TODAY, to_day=TODAY)
    assert "Sov fire timer" in page(cast, cast.jonas)


def test_interventions_of_who_is_away_count_too(cast: Cast) -> None:
    Contact.objects.for_home(cast.home).filter(stay=cast.rune).delete()
    cast.agree("Gå en tur", owner=cast.mette, due_on=TODAY)
    cast.write("Sov fire timer", by=cast.lis)
    assert "Sov fire timer" not in page(cast, cast.jonas)
    Absence.objects.create(user=cast.mette, deputy=cast.jonas, from_day=TODAY, to_day=TODAY)
    assert "Sov fire timer" in page(cast, cast.jonas)


def test_other_side_is_told_what_it_may_see_today(cast: Cast) -> None:
    cast.write("Om Rune", by=cast.mette)
    cast.write("Om Aksel", by=cast.mette, stay=cast.aksel)
    cast.write("Kun for botilbuddet", by=cast.jonas, column_key="own", side=Side.HOME)
    shown = page(cast, cast.amina)
    assert ("Om Rune" in shown, "Om Aksel" in shown, "Aksel" in shown, "Kun for" in shown) == (
        True,
        False,
        False,
        False,
    )
    assert "Kun for botilbuddet" in page(cast, cast.mette)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert "Rune" not in page(cast, cast.amina)
    assert "Om Rune" not in page(cast, cast.stranger)


def test_look_is_in_the_log_and_an_empty_page_says_what_comes_there(cast: Cast) -> None:
    assert "Intet nyt om dine beboere" in page(cast, cast.mette)
    assert not ReadEntry.objects.filter(screen="siden-sidst").exists()
    cast.write("Sov fire timer", by=cast.jonas)
    page(cast, cast.mette)
    assert ReadEntry.objects.get(screen="siden-sidst").viewer == cast.mette.pk


def test_page_takes_the_same_queries_for_one_change_and_for_twenty(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        cast.write(f"Udgave {number}", by=cast.jonas, seen=number)
        cast.agree(f"Aftale {number}", by=cast.jonas, owner=cast.mette, due_on=TODAY)
    client = cast.client(cast.mette)
    client.get(PAGE)
    with django_assert_max_num_queries(21):
        assert "Aftale 19" in client.get(PAGE).content.decode()


def test_admission_one_noted_oneself_is_not_told_and_anothers_is(cast: Cast) -> None:
    for stay, by in ((cast.rune, cast.mette), (cast.tove, cast.jonas)):
        residents.contact_set(stay=stay, side=Side.HOME, person=cast.mette, deputy=None, by=cast.mette)
        residents.situation_change(
            stay=stay, situation=Situation.ADMITTED, since=TODAY, place=f"Afsnit {by.name}", by=by
        )
    shown = page(cast, cast.mette)
    assert ("Afsnit Jonas" in shown, "Afsnit Mette" in shown) == (True, False)


def test_admission_one_noted_on_the_shift_before_is_not_news(cast: Cast, clock: Any) -> None:
    residents.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=None, by=cast.mette)
    clock.move_to(timezone.make_aware(NOW).replace(hour=10))
    residents.situation_change(
        stay=cast.rune, situation=Situation.ADMITTED, since=TODAY, place="Afsnit 4", by=cast.mette
    )
    screen(cast.mette, "2026-11-17T08:00", "2026-11-17T15:00")
    clock.move_to(timezone.make_aware(NOW) + timedelta(days=1))
    shown = page(cast, cast.mette)
    assert ("i går kl. 15.00" in shown, "Afsnit 4" in shown) == (True, False)
