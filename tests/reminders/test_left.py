"""Somebody has left: what they stood for has nobody, everywhere and from the same night, and the leader is told."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.access import staff_changed, working_at, works_at
from accounts.offices import office_of
from administration.leaving import open_things
from administration.services.leaving import membership_end
from audit import trail
from boards.live import snapshots
from boards.models import Intervention
from boards.services.handover import intervention_hand_on
from core.seen import mark_of
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import Meeting
from organisation.models import Absence, Membership, Role, Side, TeamHome, User
from reminders import services
from reminders.models import Reminder
from residents import services as resident_services
from residents.models import Contact
from residents.sharing import Audience, AudienceKind
from tests.conftest import TODAY, Cast
from tests.page import send

YESTERDAY = TODAY - timedelta(days=1)
LEFT = "Jonas er stoppet her"


@pytest.fixture(autouse=True)
def _mails_of_the_demo(settings) -> None:
    settings.EMAIL_BACKEND = "reminders.outbox.DemoMailBackend"


def by_date(user: User) -> None:
    Membership.objects.filter(user=user).update(to_day=YESTERDAY)


def shut_out(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


WAYS = pytest.mark.parametrize("leave", [by_date, shut_out])


def told(cast: Cast, kind: str) -> list[str]:
    services.tick(timezone.now())
    rows = Reminder.objects.for_home(cast.home).filter(kind=kind)
    return sorted(rows.values_list("recipient__name", flat=True))


def leads_team(user: User) -> None:
    Membership.objects.filter(user=user).update(role=Role.LEADER)


def board_of(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(reverse("board", args=[cast.home.slug])).content.decode())


def min_dag(cast: Cast, user: User) -> str:
    return str(cast.client(user).get(reverse("my-day")).content.decode())


def waits(cast: Cast, user: User) -> str:
    """What stands under »Venter på dig«."""
    return min_dag(cast, user).partition("<h2>Venter på dig</h2>")[2].partition("</section>")[0]


@WAYS
def test_what_a_leaver_holds_has_nobody_on_the_row_and_in_the_dialog(cast: Cast, leave: Callable[[User], None]) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    leave(cast.jonas)
    for user in (cast.mette, cast.amina):
        page = board_of(cast, user)
        assert ("Ingen ansvarlig" in page, LEFT in page, "– Jonas" in page) == (True, True, False)
    chosen = cast.client(cast.mette).get(reverse("intervention", args=[cast.home.slug, row.pk])).content.decode()
    assert f'value="{cast.jonas.pk}"' not in chosen, "and cannot be chosen again"


def test_last_day_counts(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY)
    assert LEFT not in board_of(cast, cast.mette)
    clock.shift(timedelta(days=1))
    assert LEFT in board_of(cast, cast.mette), "from that night"


def test_open_board_hears_of_it_at_once(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    member = Membership.objects.get(user=cast.jonas)
    audience = Audience(AudienceKind.JOINT, cast.team.pk)
    before = snapshots.snapshot(cast.home, audience).seen
    with (
        django_capture_on_commit_callbacks(execute=True),
        trail.change(cast.home.organisation.scope, by=cast.lis.pk) as log,
    ):
        member.to_day = YESTERDAY
        member.save()
        log("membership.ended", member)
        staff_changed(member, TODAY)
    assert LEFT in str(snapshots.changes(cast.home, audience, before))


@pytest.mark.parametrize("to_day", [YESTERDAY, TODAY, None])
def test_end_of_a_role_and_a_later_one_move_the_boards_of_its_homes(
    cast: Cast, to_day: date | None, django_capture_on_commit_callbacks: Any
) -> None:
    member = Membership.objects.get(user=cast.soeren)
    leads_team(cast.amina)
    before = trail.version_of(cast.home.scope)
    with django_capture_on_commit_callbacks(execute=True):
        seen = mark_of((None, None))
        membership_end(office=office_of(cast.amina), member=member, to_day=to_day, to_time=None, seen=seen, today=TODAY)
    assert trail.version_of(cast.home.scope) > before


def test_done_intervention_keeps_the_name_of_who_did_it(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    Intervention.objects.for_home(cast.home).filter(pk=row.pk).update(state="done", settled_on=TODAY)
    by_date(cast.jonas)
    page = board_of(cast, cast.mette)
    assert ("– Jonas" in page, "Ingen ansvarlig" in page) == (True, False)


@WAYS
def test_recap_counts_it_and_the_meeting_does_not_close_over_it_in_silence(
    cast: Cast, leave: Callable[[User], None]
) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    meeting = cast.start()
    meeting_services.meeting_recap(access=cast.access(cast.mette), number=meeting.number, today=TODAY)
    leave(cast.jonas)
    client = cast.client(cast.mette)
    recap = client.get(reverse("recap", args=[cast.home.slug, meeting.number])).content.decode()
    assert ("Alle indsatser har ansvarlig og dag" in recap, "Rune: Ringe til bror" in recap) == (False, True)
    close = reverse("meeting-close", args=[cast.home.slug, meeting.number])
    assert client.post(close, {}).status_code == 422
    assert Meeting.objects.for_home(cast.home).get(pk=meeting.pk).state == Meeting.State.RUNNING


@WAYS
def test_leader_sees_on_min_dag_what_nobody_holds(cast: Cast, leave: Callable[[User], None]) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    assert "Ringe til bror" not in waits(cast, cast.lis)
    leave(cast.jonas)
    page = waits(cast, cast.lis)
    assert "Ringe til bror" in page
    assert page.count(f"· {LEFT}") == 2, "the intervention and the resident's contact"
    assert "Vibeke" in page.partition("<h3>Ingen kontaktperson</h3>")[2], "who never had one"
    assert waits(cast, cast.mette) == "", "not for staff"


def test_leaders_min_dag_takes_the_same_queries_for_one_thing_and_for_twenty(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        cast.agree(owner=cast.jonas, due_on=TODAY)
    by_date(cast.jonas)
    client = cast.client(cast.lis)
    client.get(reverse("my-day"))
    with django_assert_max_num_queries(35):
        assert client.get(reverse("my-day")).content.decode().count("Vælg ansvarlig") == 20


def test_leader_hands_all_of_it_on_from_one_page(cast: Cast) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    by_date(cast.jonas)
    [address] = re.findall(r'<a href="(/styring/[^"]+)">Lad andre overtage', waits(cast, cast.lis))
    client = cast.client(cast.lis)
    assert "Ringe til bror" in client.get(address).content.decode()
    member = Membership.objects.get(user=cast.jonas)
    chosen = {"everything": cast.mette.pk}
    client.post(reverse("administration-membership-hand-on", args=[member.pk]), chosen)
    assert LEFT not in waits(cast, cast.lis)
    assert Intervention.objects.for_home(cast.home).get().owner == cast.mette


def test_leader_is_shown_their_own_sides_only(cast: Cast) -> None:
    leads_team(cast.soeren)
    cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY)
    cast.agree("Hente medicin", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    by_date(cast.jonas)
    by_date(cast.amina)
    home, team = waits(cast, cast.lis), waits(cast, cast.soeren)
    assert ("Ringe til bror" in home, "Hente medicin" in home) == (True, False)
    assert ("Ringe til bror" in team, "Hente medicin" in team) == (False, True)
    assert "Vibeke" not in team, "the team does not treat her"


@WAYS
def test_leader_is_reminded_until_somebody_else_has_it(cast: Cast, leave: Callable[[User], None]) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    row = cast.agree("Ringe til bror", owner=cast.jonas, due_on=TODAY + timedelta(days=30))
    assert (told(cast, "left-task"), told(cast, "left-contact")) == ([], [])
    leave(cast.jonas)
    assert (told(cast, "left-task"), told(cast, "left-contact")) == (["Lis"], ["Lis"])
    assert (told(cast, "left-task"), told(cast, "left-contact")) == (["Lis"], ["Lis"]), "once"
    listed = cast.client(cast.lis).get(reverse("reminders")).content.decode()
    assert f"Ingen ansvarlig. {LEFT}" in listed
    assert f"Ingen kontaktperson. {LEFT}" in listed
    intervention_hand_on(access=cast.access(cast.lis), pk=row.pk, leaver=cast.jonas, to=cast.mette, today=TODAY)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.mette, deputy=None, by=cast.lis)
    assert LEFT not in cast.client(cast.lis).get(reverse("reminders")).content.decode()


def test_deputy_of_an_intervention_has_it_on_min_dag_and_is_reminded(cast: Cast) -> None:
    cast.agree("Ringe til bror", owner=cast.jonas, deputy=cast.mette, due_on=TODAY)
    assert "Ringe til bror" not in min_dag(cast, cast.mette)
    by_date(cast.jonas)
    assert "Ringe til bror" in min_dag(cast, cast.mette)
    assert told(cast, "on") == ["Mette"]


def test_resident_is_promised_nobody_who_has_left(cast: Cast) -> None:
    cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    address = reverse("my-week", args=[cast.home.slug, cast.rune.pk])
    assert "med Jonas" in cast.client(cast.mette).get(address).content.decode()
    by_date(cast.jonas)
    page = cast.client(cast.mette).get(address).content.decode()
    assert ("Gå en tur" in page, "med Jonas" in page) == (True, False)


@WAYS
def test_gone_contact_is_none_on_the_row_and_no_number_to_ring(cast: Cast, leave: Callable[[User], None]) -> None:
    cast.put_on_board(cast.rune)
    User.objects.filter(pk=cast.amina.pk).update(phone="70 11 22 33")
    raised = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    assert "70 11 22 33" in cast.client(cast.mette).get(raised).content.decode()
    leave(cast.amina)
    page = board_of(cast, cast.mette)
    assert "Ingen i teamet" in page
    dialog = cast.client(cast.mette).get(reverse("resident", args=[cast.home.slug, cast.rune.pk])).content.decode()
    assert "Amina er stoppet her og er ikke kontaktperson mere" in dialog
    assert "70 11 22 33" not in cast.client(cast.mette).get(raised).content.decode()


def test_akut_with_a_contact_who_left_goes_to_the_leader_at_once(cast: Cast) -> None:
    leads_team(cast.soeren)
    by_date(cast.amina)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert told(cast, "akut") == ["Søren"]


def test_akut_with_a_contact_who_left_goes_to_the_deputy_before_the_leader(cast: Cast) -> None:
    leads_team(cast.soeren)
    nurse = User.objects.create_user("nora@x.invalid", name="Nora")
    Membership.objects.create(user=nurse, role=Role.STAFF, team=cast.team, from_day=date(2026, 1, 1))
    Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.TEAM).update(deputy=nurse)
    by_date(cast.amina)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert told(cast, "akut") == ["Nora"]


def test_akut_nobody_answers_goes_to_who_stands_in_for_the_leader(cast: Cast, clock: Any) -> None:
    leads_team(cast.soeren)
    deputy = User.objects.create_user("nora@x.invalid", name="Nora")
    Membership.objects.create(user=deputy, role=Role.STAFF, team=cast.team, from_day=date(2026, 1, 1))
    Absence.objects.create(user=cast.soeren, deputy=deputy, from_day=TODAY, to_day=TODAY + timedelta(days=7))
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert told(cast, "akut-late") == []
    clock.shift(timedelta(hours=1))
    assert told(cast, "akut-late") == ["Nora"]


def test_akut_ends_at_the_teams_own_list_when_there_is_no_leader_and_no_deputy(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert told(cast, "akut") == ["Amina"]
    clock.shift(timedelta(hours=1))
    assert told(cast, "akut-late") == ["Søren"], "everyone in the team who was not told already"


def test_akut_without_any_contact_in_the_team_is_told_to_its_leader_and_said_on_the_row(cast: Cast) -> None:
    leads_team(cast.soeren)
    Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.TEAM).delete()
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    assert "Ingen i teamet" in board_of(cast, cast.mette)
    assert told(cast, "akut") == ["Søren"]


def test_leader_of_a_team_that_does_not_treat_the_resident_is_told_nothing(cast: Cast) -> None:
    leads_team(cast.soeren)
    Contact.objects.for_home(cast.home).filter(stay=cast.vibeke).delete()
    cast.put_on_board(cast.vibeke, Level.AKUT, "akut-krise")
    assert told(cast, "akut") == ["Lis"]


def test_one_rule_says_who_works_at_a_home_in_python_and_in_a_query(cast: Cast) -> None:
    both = User.objects.create_user("nora@x.invalid", name="Nora")
    for where in ({"home": cast.home}, {"team": cast.other_team}):
        Membership.objects.create(user=both, role=Role.STAFF, from_day=TODAY, **where)
    coming = User.objects.create_user("bo@x.invalid", name="Bo")
    Membership.objects.create(user=coming, role=Role.STAFF, home=cast.home, from_day=TODAY + timedelta(days=1))
    shut_out(cast.jonas)
    TeamHome.objects.filter(team=cast.other_team).update(to_day=YESTERDAY)
    rows = Contact.objects.for_home(cast.home).filter(stay=cast.rune, side=Side.HOME)
    asked = {}
    for user in User.objects.all():
        rows.update(person=user)
        asked[user.pk] = rows.filter(works_at("person", "stay__home", TODAY)).exists()
    here = working_at(cast.home, TODAY)
    assert {pk for pk, works in asked.items() if works} == here
    assert {cast.mette.pk, cast.amina.pk, both.pk} <= here
    assert not {cast.jonas.pk, cast.gone.pk, coming.pk, cast.stranger.pk, cast.karla.pk} & here


def test_leader_gives_the_resident_a_new_contact_after_the_old_one_left(cast: Cast) -> None:
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    address = reverse("contact-set", args=[cast.home.slug, cast.rune.pk])
    old = cast.client(cast.mette).get(address).content.decode()
    assert ">Jonas" in old
    by_date(cast.jonas)
    client = cast.client(cast.mette)
    opened = client.get(address).content.decode()
    assert (">Jonas" in opened, LEFT in opened) == (False, True)
    dialog = send(client, address, {"person": cast.mette.pk, "deputy": ""}).content.decode()
    assert f'<option value="{cast.mette.pk}" selected>' in dialog
    assert LEFT not in dialog
    assert Contact.objects.for_home(cast.home).get(stay=cast.rune, side=Side.HOME).person == cast.mette


def goes_over(cast: Cast, user: User) -> None:
    """From the home to the team that comes there, last night."""
    Membership.objects.filter(user=user).update(to_day=YESTERDAY)
    Membership.objects.create(user=user, role=Role.STAFF, team=cast.team, from_day=TODAY)


def test_who_goes_from_the_home_to_its_team_leaves_what_was_the_homes(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    own = cast.agree("Gå tur", owner=cast.jonas, due_on=TODAY)
    both = cast.agree("Besøg sammen", owner=cast.jonas, due_on=TODAY, joint=True)
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=3))
    goes_over(cast, cast.jonas)
    page = board_of(cast, cast.mette)
    assert page.count(LEFT) == 1, "of the home's own"
    assert "– Jonas" in page, "what is joint is still theirs"
    assert "Gå tur" not in min_dag(cast, cast.jonas)
    assert "Besøg sammen" in min_dag(cast, cast.jonas)
    waiting = waits(cast, cast.lis)
    assert ("Gå tur" in waiting, "Besøg sammen" in waiting) == (True, False)
    assert told(cast, "left-task") == ["Lis"]
    assert told(cast, "left-contact") == ["Lis"]
    assert {own.pk, both.pk} == set(Intervention.objects.for_home(cast.home).values_list("pk", flat=True))


def test_who_works_on_both_sides_leaves_what_was_the_teams_when_the_team_comes_no_more(cast: Cast) -> None:
    """Their role in the team goes on elsewhere. What was never the team's stays."""
    cast.put_on_board(cast.rune)
    theirs = cast.agree("Tage blodprøve", track="psychiatric", owner=cast.amina, due_on=TODAY, by=cast.amina)
    cast.agree("Ringe til bror", track="coordination", owner=cast.amina, due_on=TODAY, by=cast.amina)
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=3))
    Membership.objects.create(user=cast.amina, role=Role.STAFF, home=cast.home, from_day=YESTERDAY)
    assert "Tage blodprøve" in min_dag(cast, cast.amina)
    TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=YESTERDAY)
    page = board_of(cast, cast.mette)
    assert page.count("Amina er stoppet her") == 1
    mine = min_dag(cast, cast.amina)
    assert ("Tage blodprøve" in mine, "Ringe til bror" in mine) == (False, True)
    assert mine.count("Dit team kommer der ikke længere") == 1
    Intervention.objects.for_home(cast.home).filter(pk=theirs.pk).update(people_since=TODAY)
    assert "Tage blodprøve" in min_dag(cast, cast.amina), "given to them once the team had gone"


@pytest.mark.parametrize("alone", [True, False])
def test_what_a_team_left_is_the_homes_leaders_where_it_comes_no_more_or_has_no_leader(
    cast: Cast, clock: Any, alone: bool
) -> None:
    row = cast.agree("Ringe til bror", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    if alone:
        TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=YESTERDAY)
    else:
        by_date(cast.amina)
    for _ in range(2):
        assert (told(cast, "left-task"), told(cast, "left-contact")) == (["Lis"], [])
        clock.shift(timedelta(days=1))
    assert "Ringe til bror" in waits(cast, cast.lis)
    assert "Ingen ansvarlig. Amina er stoppet her" in cast.client(cast.lis).get(reverse("reminders")).content.decode()
    intervention_hand_on(access=cast.access(cast.lis), pk=row.pk, leaver=cast.amina, to=cast.mette, today=TODAY)
    assert "Ringe til bror" not in waits(cast, cast.lis)


def test_leader_is_told_once_of_what_was_left_before_the_team_stopped_coming(cast: Cast, clock: Any) -> None:
    cast.agree("Ringe til bror", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    by_date(cast.amina)
    assert told(cast, "left-task") == ["Lis"]
    clock.shift(timedelta(days=3))
    TeamHome.objects.filter(home=cast.home, team=cast.team).update(to_day=TODAY + timedelta(days=2))
    assert told(cast, "left-task") == ["Lis"]


def test_what_a_team_left_that_its_leader_may_not_see_is_the_homes_leaders(cast: Cast) -> None:
    leads_team(cast.soeren)
    cast.agree("Ringe til bror", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    by_date(cast.amina)
    assert told(cast, "left-task") == ["Lis"]
    assert "Ringe til bror" in waits(cast, cast.lis)


def test_what_a_team_with_a_leader_left_is_not_the_homes_leaders(cast: Cast) -> None:
    leads_team(cast.soeren)
    cast.agree("Ringe til bror", by=cast.amina, track="psychiatric", owner=cast.amina, due_on=TODAY)
    by_date(cast.amina)
    assert told(cast, "left-task") == ["Søren"]
    assert ("Ringe til bror" in waits(cast, cast.lis), "Ringe til bror" in waits(cast, cast.soeren)) == (False, True)


def test_what_is_given_after_the_change_of_side_is_theirs(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    goes_over(cast, cast.jonas)
    cast.agree("Gå tur", owner=cast.jonas, due_on=TODAY)
    page = board_of(cast, cast.mette)
    assert (LEFT in page, "– Jonas" in page) == (False, True)
    assert told(cast, "left-task") == []


def test_role_of_who_goes_over_ends_once_what_is_the_homes_is_handed_on(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    cast.agree("Gå tur", owner=cast.jonas, due_on=TODAY)
    cast.agree("Besøg sammen", owner=cast.jonas, due_on=TODAY, joint=True)
    member = Membership.objects.get(user=cast.jonas)
    Membership.objects.create(user=cast.jonas, role=Role.STAFF, team=cast.team, from_day=TODAY)
    things = open_things(member, TODAY, TODAY)
    assert sorted(thing.kind for thing in things) == ["contact", "intervention"]
    assert [thing.label for thing in things if thing.kind == "intervention"] == ["Rune · bolig 4: Gå tur"]


def test_leader_is_told_once_of_who_went_over(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    resident_services.contact_set(stay=cast.rune, side=Side.HOME, person=cast.jonas, deputy=None, by=cast.mette)
    cast.agree("Gå tur", owner=cast.jonas, due_on=TODAY + timedelta(days=5))
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=3))
    goes_over(cast, cast.jonas)
    for _ in range(3):
        assert (told(cast, "left-task"), told(cast, "left-contact")) == (["Lis"], ["Lis"])
        clock.shift(timedelta(days=1))
    assert "Du er kontaktperson" not in min_dag(cast, cast.jonas)


def test_what_is_handed_to_them_after_the_change_of_side_is_theirs(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.rune)
    row = cast.agree("Gå tur", owner=cast.jonas, due_on=TODAY + timedelta(days=3))
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=3))
    goes_over(cast, cast.jonas)
    client = cast.client(cast.mette)
    address = reverse("intervention", args=[cast.home.slug, row.pk])
    form = client.get(address).content.decode()
    owner = form.partition('name="owner"')[2].partition("</select>")[0]
    assert "selected" not in owner.replace('<option value="" selected', ""), "nobody is chosen beforehand"
    due = (TODAY + timedelta(days=3)).isoformat()
    values = {"track": "social", "what": "Gå tur", "owner": cast.jonas.pk, "due_on": due}
    assert send(client, address, values).status_code == 204
    page = board_of(cast, cast.mette)
    assert (LEFT in page, "– Jonas" in page) == (False, True)
    assert "Gå tur" in min_dag(cast, cast.jonas)
    assert told(cast, "left-task") == []


def test_task_of_before_a_weeks_role_on_the_other_side_is_still_theirs(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Gå tur", owner=cast.amina, due_on=TODAY)
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=30))
    Membership.objects.create(
        user=cast.amina, role=Role.STAFF, home=cast.home, from_day=TODAY - timedelta(days=7), to_day=YESTERDAY
    )
    page = board_of(cast, cast.mette)
    assert (LEFT.replace("Jonas", "Amina") in page, "– Amina" in page) == (False, True)
    assert "Gå tur" in min_dag(cast, cast.amina)
    assert told(cast, "left-task") == []


def test_deputy_who_went_over_no_longer_has_the_homes_overdue_task(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    cast.agree("Gå tur", owner=cast.mette, deputy=cast.jonas, due_on=TODAY)
    late = {"created_at": timezone.now() - timedelta(days=3), "due_on": YESTERDAY}
    Intervention.objects.for_home(cast.home).update(**late)
    assert "Gå tur" in min_dag(cast, cast.jonas)
    goes_over(cast, cast.jonas)
    assert "Gå tur" not in min_dag(cast, cast.jonas)


def test_resident_is_promised_nobody_who_went_over_to_the_other_side(cast: Cast) -> None:
    cast.agree("Gå en tur", owner=cast.jonas, due_on=TODAY)
    Intervention.objects.for_home(cast.home).update(created_at=timezone.now() - timedelta(days=3))
    address = reverse("my-week", args=[cast.home.slug, cast.rune.pk])
    assert "med Jonas" in cast.client(cast.mette).get(address).content.decode()
    goes_over(cast, cast.jonas)
    page = cast.client(cast.mette).get(address).content.decode()
    assert ("Gå en tur" in page, "med Jonas" in page) == (True, False)
