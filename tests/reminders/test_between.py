"""Nobody falls between in the week after the meeting: cases people tried."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from boards import services as boards
from boards.models import EarlySign, Episode, LevelChange, Told, Urgency
from boards.views.common import who_to_ring
from care import services as care
from core.period import wall_clock
from core.seen import mark_of
from criteria.models import Level
from meetings import services as meetings
from organisation.models import Absence, Membership, Role, Side, TeamHome, User
from reminders import services
from reminders.models import Reminder
from residents import services as residents
from residents.models import BasisKind, Giver, Situation, Stay
from residents.selectors import visible_stays
from residents.sharing import audience_of
from tests.conftest import TODAY, Cast, seen_of
from tests.page import send

YESTERDAY, FRIDAY = TODAY - timedelta(days=1), date(2026, 11, 20)
LONG_AGO = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def at(clock, moment):
    clock.move_to(timezone.make_aware(datetime.fromisoformat(moment)))


def told(cast, kind):
    services.tick(timezone.now())
    rows = Reminder.objects.for_home(cast.home).filter(kind=kind).order_by("pk")
    return list(rows.values_list("recipient__name", flat=True))


def user(name, phone="70 99 99 99", role=Role.STAFF, from_day=LONG_AGO, **scope):
    made = User.objects.create_user(f"{name.lower()}@x.invalid", name=name, phone=phone)
    Membership.objects.create(user=made, role=role, from_day=from_day, **scope)
    return made


def go(cast, situation, since):
    """As the form does."""
    stay = Stay.objects.for_home(cast.home).select_related("home").get(pk=cast.rune.pk)
    care.situation_change(
        access=cast.access(cast.mette), stay_id=stay.pk, to=residents.Whereabouts(situation, since, "", None),
        seen=mark_of(residents.Whereabouts.of(stay)), key="", today=timezone.localdate(),
    )  # fmt: skip


def sign(cast, by, day=TODAY, stay=None):
    return boards.sign_note(
        access=cast.access(by), stay_id=(stay or cast.rune).pk, text="Går rastløst", urgency=Urgency.TODAY, key="",
        today=day,
    )  # fmt: skip


def akut(cast, by):
    new = boards.NewLevel(level=Level.AKUT, criteria=[cast.criterion().pk], reason="Råber", told=Told.YES)
    boards.level_change(
        access=cast.access(by), stay_id=cast.rune.pk, seen=0, key="", today=timezone.localdate(), new=new
    )


def page(cast, who, name, *args):
    return cast.client(who).get(reverse(name, args=args)).content.decode()


def ring(cast):
    seen = visible_stays(cast.home, audience_of(cast.access(cast.jonas)), timezone.localdate())
    return dict(who_to_ring(cast.home, next(one for one in seen if one.id == cast.rune.pk)))


@pytest.mark.parametrize("kind", ["akut", "sign-now"])
def test_akut_or_sign_in_the_last_minute_before_midnight_reaches_the_contact(cast: Cast, clock, kind):
    at(clock, "2026-11-17T23:59:40")
    akut(cast, cast.amina) if kind == "akut" else sign(cast, cast.amina)
    at(clock, "2026-11-18T00:00:10")
    assert "Mette" in told(cast, kind)


def test_sign_answered_by_a_level_that_is_undone_is_open_again(cast: Cast):
    noted = sign(cast, cast.amina)
    url = reverse("level-change", args=[cast.home.slug, cast.rune.pk]) + f"?tegn={noted.pk}"
    sent = {"level": "subakut", "criteria": [cast.criterion("tidlige-tegn").pk], "reason": "r", "told": "yes",
            "key": "a", "seen": "0"}  # fmt: skip
    assert cast.client(cast.mette).post(url, sent, headers={"X-Requested-With": "board"}).status_code == 204
    step = {"step": LevelChange.objects.for_home(cast.home).latest("pk").pk, "step_kind": "level"}
    cast.client(cast.mette).post(reverse("undo", args=[cast.home.slug]), step)
    assert not Episode.objects.for_home(cast.home).filter(closed_on=None).exists(), "the level is taken back"
    assert EarlySign.objects.for_home(cast.home).get(pk=noted.pk).handled_on is None
    assert "Går rastløst" in page(cast, cast.mette, "board", cast.home.slug)


def test_akut_nobody_saw_goes_past_a_deputy_whose_hours_have_ended(cast: Cast, clock):
    nora = user("Nora", home=cast.home, from_day=TODAY, from_time=time(7), to_day=TODAY, to_time=time(15))
    residents.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=nora, by=cast.mette)
    at(clock, "2026-11-17T15:30")
    akut(cast, cast.amina)
    told(cast, "akut")
    clock.shift(timedelta(hours=1, minutes=1))
    late = told(cast, "akut-late")
    clock.shift(timedelta(days=2))
    assert (late, told(cast, "akut-late")) == (["Lis"], ["Lis"])


def test_sign_of_friday_evening_reaches_who_stands_in_from_saturday(cast: Cast, clock):
    Absence.objects.create(user=cast.amina, deputy=cast.soeren, from_day=date(2026, 11, 21), to_day=date(2026, 11, 30))
    at(clock, "2026-11-20T19:00")
    sign(cast, cast.mette, FRIDAY)
    told(cast, "sign-now")
    at(clock, "2026-11-23T08:00")
    assert "Søren" in told(cast, "sign-now")


def test_discharge_question_after_a_change_of_team_is_told_once_and_with_its_day(cast: Cast, clock):
    TeamHome.objects.create(team=cast.other_team, home=cast.home, weekdays=[1], from_day=LONG_AGO)
    go(cast, Situation.ADMITTED, TODAY - timedelta(days=5))
    go(cast, Situation.HOME, TODAY)
    access = cast.access(cast.mette)
    care.team_change(access=access, stay_id=cast.rune.pk, team=cast.other_team, key="", today=TODAY)
    first = told(cast, "discharged")
    for _ in range(3):
        clock.shift(timedelta(days=1))
        assert told(cast, "discharged") == first
    assert "Mette" in first
    assert "Kom hjem fra hospitalet tirsdag 17. november" in page(cast, cast.mette, "reminders")


def test_who_came_home_while_put_on_the_board_by_mistake_is_asked_about_when_it_is_undone(cast: Cast):
    cast.put_on_board(cast.rune)
    step = LevelChange.objects.for_home(cast.home).latest("pk").pk
    go(cast, Situation.ADMITTED, TODAY - timedelta(days=3))
    go(cast, Situation.HOME, TODAY)
    boards.undo(access=cast.access(cast.mette), kind="level", pk=step, today=TODAY)
    assert told(cast, "discharged") == ["Mette", "Amina"]


def test_cancelled_meeting_held_after_all_is_told_to_who_was_told_it_was_off(cast: Cast):
    cast.put_on_board(cast.rune)
    meeting, access = cast.meeting(), cast.access(cast.mette)
    meetings.meeting_cancel(
        access=access, number=meeting.number, why="Kursus", seen=seen_of(meeting), key="", today=TODAY
    )
    told(cast, "meeting-moved")
    assert "er aflyst: Kursus" in page(cast, cast.amina, "reminders")
    meetings.meeting_uncancel(access=access, number=meeting.number, today=TODAY)
    told(cast, "meeting-moved")
    assert "Mødet tirsdag 17. november kl. 9.30 holdes alligevel" in page(cast, cast.amina, "reminders")


def test_akut_of_a_team_led_by_the_homes_leader_reaches_that_leader(cast: Cast, clock):
    Membership.objects.create(user=cast.lis, role=Role.LEADER, team=cast.team, from_day=LONG_AGO)
    Membership.objects.filter(user=cast.soeren).delete()
    Absence.objects.create(user=cast.amina, deputy=cast.other_nurse, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    akut(cast, cast.mette)
    first = told(cast, "akut")
    clock.shift(timedelta(days=1))
    assert "Lis" in [*first, *told(cast, "akut-late")]


def test_who_stands_in_for_the_leader_sees_what_the_reminder_leads_to(cast: Cast):
    Absence.objects.create(user=cast.lis, deputy=cast.mette, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    cast.agree("Ringe til bror", by=cast.mette, owner=cast.jonas, due_on=TODAY)
    Membership.objects.filter(user=cast.jonas).update(to_day=YESTERDAY)
    assert "Mette" in told(cast, "left-task")
    assert "#venter" in page(cast, cast.mette, "reminders")
    assert 'id="venter"' in page(cast, cast.mette, "my-day")


def test_deputy_of_a_contact_who_has_left_is_rung(cast: Cast):
    nora = user("Nora", team=cast.team)
    residents.contact_set(stay=cast.rune, side=Side.TEAM, person=cast.amina, deputy=nora, by=cast.amina)
    Membership.objects.filter(user=cast.amina).update(to_day=YESTERDAY)
    akut(cast, cast.mette)
    assert told(cast, "akut")[-1] == "Nora"
    assert "70 99 99 99" in ring(cast).values()


def test_absence_deputy_whose_shift_is_over_is_neither_rung_nor_told_of_an_akut(cast: Cast, clock):
    nora = user("Nora", home=cast.home, from_day=TODAY, from_time=time(7), to_day=TODAY, to_time=time(15))
    Absence.objects.create(user=cast.mette, deputy=nora, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    at(clock, "2026-11-17T19:00")
    akut(cast, cast.amina)
    assert "70 99 99 99" not in ring(cast).values()
    assert "Lis" in told(cast, "akut")


def test_sign_for_today_goes_past_a_contact_whose_shift_is_over(cast: Cast, clock):
    Membership.objects.filter(user=cast.mette).update(to_day=TODAY, to_time=time(15))
    residents.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=cast.jonas, by=cast.mette)
    at(clock, "2026-11-17T15:30")
    sign(cast, cast.amina)
    assert told(cast, "sign-now") == ["Jonas"]


def test_absence_with_a_deputy_whose_account_was_shut_still_counts(cast: Cast):
    Membership.objects.filter(user=cast.soeren).update(role=Role.LEADER)
    nora = user("Nora", team=cast.team)
    Absence.objects.create(user=cast.amina, deputy=nora, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    User.objects.filter(pk=nora.pk).update(is_active=False)
    sign(cast, cast.mette)
    assert told(cast, "sign-now") == ["Amina", "Søren"]


def test_role_until_an_hour_the_clocks_skip_is_refused(cast: Cast, clock):
    at(clock, "2027-03-27T12:00")
    new = {
        "name": "Aase", "title": "", "email": "aase@x.invalid", "phone": "", "unit": f"botilbud-{cast.home.pk}",
        "role": "vikar", "from_day": "2027-03-27", "from_time": "23:00", "to_day": "2027-03-28", "to_time": "02:30",
    }  # fmt: skip
    refused = send(cast.client(cast.lis), "/styring/personer/ny/", new)
    assert (refused.status_code, "Det klokkeslæt findes ikke den nat" in refused.content.decode()) == (422, True)
    assert not User.objects.filter(email="aase@x.invalid").exists()


def test_review_told_on_friday_reaches_who_stands_in_on_the_day(cast: Cast, clock):
    Absence.objects.create(user=cast.amina, deputy=cast.soeren, from_day=date(2026, 11, 21), to_day=date(2026, 11, 30))
    cast.put_on_board(cast.rune, review_by=date(2026, 11, 23))
    at(clock, "2026-11-20T07:30")
    told(cast, "review")
    at(clock, "2026-11-23T07:30")
    assert "Søren" in told(cast, "review")


def test_meeting_moved_cancelled_and_held_after_all_is_told_to_who_took_it_off_their_list(cast: Cast):
    cast.put_on_board(cast.rune)
    meeting, access = cast.meeting(), cast.access(cast.mette)
    thursday = TODAY + timedelta(days=2)
    meetings.meeting_move(
        access=access, number=meeting.number, day=thursday, at=time(13), why="Lægen er væk", seen=seen_of(meeting),
        key="", now=wall_clock(),
    )  # fmt: skip
    seen = seen_of(meetings.meeting_of(access, meeting.number))
    meetings.meeting_cancel(access=access, number=meeting.number, why="Kursus", seen=seen, key="", today=TODAY)
    told(cast, "meeting-moved")
    row = Reminder.objects.for_home(cast.home).get(kind="meeting-moved", recipient=cast.amina)
    assert cast.client(cast.amina).post(reverse("reminder-hide", args=[row.pk])).status_code == 204
    meetings.meeting_uncancel(access=access, number=meeting.number, today=TODAY)
    told(cast, "meeting-moved")
    assert "Mødet torsdag 19. november kl. 13.00 holdes alligevel" in page(cast, cast.amina, "reminders")


def test_akut_goes_to_somebody_of_the_side_it_is_for_though_the_other_side_stands_in(cast: Cast):
    """Amina named Mette, who is the home's: an akut of Mette's must reach the team."""
    Membership.objects.filter(user=cast.soeren).update(role=Role.LEADER)
    Absence.objects.create(user=cast.amina, deputy=cast.mette, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    akut(cast, cast.mette)
    assert told(cast, "akut") == ["Amina", "Søren"]


def test_akut_whose_team_no_longer_comes_says_so_on_the_row(cast: Cast):
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=YESTERDAY)
    row = page(cast, cast.mette, "board", cast.home.slug).partition('id="g-akut"')[2].partition("</tbody>")[0]
    assert "Intet team" in row


@pytest.mark.parametrize("gone", [True, False])
def test_akut_that_no_other_side_will_see_is_told_to_the_homes_leader(cast: Cast, clock, gone: bool):
    """Where the team comes no more. Else the team's contact is told, and the leader of the home is not."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    if gone:
        TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=YESTERDAY)
    assert told(cast, "akut") == ([] if gone else ["Amina"])
    assert told(cast, "akut-alone") == (["Lis"] if gone else [])
    clock.shift(timedelta(hours=2))
    assert told(cast, "akut-late") == ([] if gone else ["Søren"])
    assert ("Akut. Ingen i teamet kunne se det" in page(cast, cast.lis, "reminders")) == gone


def withdraw(cast, stay):
    residents.basis_withdraw(home=cast.home, stay_id=stay.pk, acting_side=Side.HOME, by=cast.mette)


def give_again(cast, stay):
    new = residents.NewBasis(BasisKind.CONSENT, "Alt på tavlen", Giver.RESIDENT, TODAY, TODAY + timedelta(days=90))
    residents.basis_record(stay=stay, side=Side.HOME, acting_side=Side.HOME, new=new, by=cast.mette)


def test_akut_of_who_is_not_shared_or_no_more_is_told_to_the_homes_leader_until_a_team_has_seen_it(cast: Cast, clock):
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert (told(cast, "akut"), told(cast, "akut-alone")) == (["Amina"], [])
    clock.shift(timedelta(days=3))
    withdraw(cast, cast.rune)
    assert told(cast, "akut-alone") == ["Lis"]
    read = reverse("akut-read", args=[cast.home.slug, cast.rune.pk])
    cast.client(cast.lis).post(read)
    assert "Ingen i teamet kunne se det" not in page(cast, cast.lis, "reminders")
    assert told(cast, "akut-alone") == ["Lis"], "the leader has seen it: nobody else is woken"


def test_akut_shared_with_the_team_again_goes_from_the_leaders_list_and_to_the_contact(cast: Cast, clock):
    """Rune's sharing is withdrawn and given again while he is akut."""
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    withdraw(cast, cast.rune)
    assert (told(cast, "akut"), told(cast, "akut-alone")) == ([], ["Lis"])
    assert "Ingen i teamet kunne se det" in page(cast, cast.lis, "reminders")
    give_again(cast, cast.rune)
    assert (told(cast, "akut"), told(cast, "akut-alone")) == (["Amina"], ["Lis"])
    assert "Ingen i teamet kunne se det" not in page(cast, cast.lis, "reminders")


def test_akut_nobody_else_sees_in_a_home_without_a_leader_is_everyones_there(cast: Cast):
    Membership.objects.filter(user=cast.lis).update(to_day=YESTERDAY)
    cast.put_on_board(cast.aksel, Level.AKUT, "akut-krise")  # not shared
    assert told(cast, "akut-alone") == ["Jonas"], "Mette set it"


def test_akut_a_team_has_seen_is_not_told_again_when_the_sharing_ends(cast: Cast):
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.client(cast.amina).post(reverse("akut-read", args=[cast.home.slug, cast.rune.pk]))
    withdraw(cast, cast.rune)
    assert told(cast, "akut-alone") == []


@pytest.mark.parametrize(("deputy", "expected"), [("jonas", ["Jonas"]), ("amina", ["Jonas"])])
def test_akut_nobody_else_sees_reaches_somebody_while_the_leader_is_away(cast: Cast, deputy: str, expected: list[str]):
    """Also where the one who stands in is the team's, and may not see it."""
    Absence.objects.create(
        user=cast.lis, deputy=getattr(cast, deputy), from_day=TODAY, to_day=TODAY + timedelta(days=14)
    )
    cast.put_on_board(cast.aksel, Level.AKUT, "akut-krise")
    assert told(cast, "akut-alone") == expected


def test_akut_nobody_else_sees_is_told_once_and_to_nobody_whose_shift_is_over(cast: Cast, clock):
    Membership.objects.filter(user=cast.lis).update(to_day=YESTERDAY)
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(8))
    later = user("Signe", home=cast.home)
    cast.put_on_board(cast.aksel, Level.AKUT, "akut-krise")
    assert told(cast, "akut-alone") == ["Signe"]
    clock.shift(timedelta(days=1))
    user("Bent", home=cast.home)
    assert told(cast, "akut-alone") == [later.name]


def test_leader_who_is_the_contact_is_told_of_an_akut_once(cast: Cast):
    residents.contact_set(stay=cast.aksel, side=Side.HOME, person=cast.lis, deputy=None, by=cast.mette)
    cast.put_on_board(cast.aksel, Level.AKUT, "akut-krise")
    assert (told(cast, "akut"), told(cast, "akut-alone")) == (["Lis"], [])
