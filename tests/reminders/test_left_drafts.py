"""Words typed when the access ended are not gone: the leader of the unit gets them, and nobody else."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import accesses
from audit.models import Entry, ReadEntry
from boards.models import Track
from organisation.drafts import keep_draft
from organisation.models import Absence, Draft, Membership, Side, TeamHome, User
from privacy.retention import services
from reminders.left_drafts import led_now, left_drafts
from residents import services as resident_services
from residents.models import Stay
from tests.conftest import TODAY, Cast, text_in
from tests.page import carried
from tests.reminders.test_left import WAYS, by_date, leads_team, min_dag, shut_out, waits

WORDS = "Sov ikke før klokken fire"


def typed(cast: Cast, user: User, stay: Stay | None = None, words: str = WORDS, seen: int = 0) -> Draft:
    about = (stay or cast.rune).pk
    keep_draft(cast.access(user), f"{about}-status-home", words, seen, about)
    return Draft.objects.get(user=user)


def press(cast: Cast, user: User, draft: Draft, act: str = "take") -> int:
    return cast.client(user).post(reverse("left-draft", args=[draft.pk]), {"act": act}).status_code


def field_of(cast: Cast, user: User) -> str:
    """What stands in the field when the person opens it."""
    address = reverse("cell-edit", args=[cast.home.slug, cast.rune.pk, "status", "home"])
    return text_in(cast.client(user).get(address))


@WAYS
def test_leader_gets_the_words_with_whom_they_are_about_and_nobody_else_does(
    cast: Cast, leave: Callable[[User], None]
) -> None:
    typed(cast, cast.jonas)
    leads_team(cast.amina)
    assert WORDS not in waits(cast, cast.lis), "Jonas still works here"
    leave(cast.jonas)
    page = waits(cast, cast.lis)
    assert all(said in page for said in (WORDS, "Rune", "Status", "skrevet af Jonas")), page
    for other in (cast.mette, cast.amina, cast.stranger):
        assert WORDS not in text_in(cast.client(other).get(reverse("my-day")))
    looks = ReadEntry.objects.filter(viewer=cast.lis.pk, screen="min-dag").order_by("seq")
    assert [cast.rune.pk in look.stays for look in looks] == [False, True]


def test_words_of_a_shift_that_ended_at_four_are_the_leaders_at_four(cast: Cast, clock) -> None:
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(16))
    typed(cast, cast.jonas)
    found = {}
    for hour in ("15:59", "16:00"):
        clock.move_to(timezone.make_aware(datetime.fromisoformat(f"2026-11-17T{hour}")))
        found[hour] = WORDS in waits(cast, cast.lis)
    assert found == {"15:59": False, "16:00": True}


def test_draft_taken_over_stands_in_its_field_and_is_no_longer_the_writers(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    assert press(cast, cast.lis, draft) == 204
    assert WORDS in field_of(cast, cast.lis)
    assert WORDS not in waits(cast, cast.lis)
    assert press(cast, cast.lis, draft) == 404, "it is the leader's already"
    Membership.objects.filter(user=cast.jonas).update(to_day=None)
    assert WORDS not in field_of(cast, cast.jonas)
    entry = Entry.objects.get(action="draft.taken")
    assert (entry.scope, entry.actor, entry.data) == (cast.home.log_scope, cast.lis.pk, {"writer": cast.jonas.pk})


def test_writer_who_is_back_first_has_the_words_again(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    Membership.objects.filter(user=cast.jonas).update(to_day=None)
    assert press(cast, cast.lis, draft) == 404
    assert WORDS in field_of(cast, cast.jonas)


def test_leaders_own_draft_in_the_same_field_is_not_written_over(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    typed(cast, cast.lis, words="Mit eget")
    by_date(cast.jonas)
    assert press(cast, cast.lis, draft) == 422
    assert "Mit eget" in field_of(cast, cast.lis)
    assert WORDS in waits(cast, cast.lis)


def test_draft_the_leader_deletes_is_gone_and_noted(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    assert press(cast, cast.mette, draft, "drop") == 404, "no leader"
    assert press(cast, cast.lis, draft, "drop") == 204
    assert not Draft.objects.exists()
    assert Entry.objects.get(action="draft.dropped").data == {"writer": cast.jonas.pk}


def test_teams_words_go_to_the_teams_leader_without_a_name_once_nothing_is_shared(cast: Cast) -> None:
    leads_team(cast.amina)
    typed(cast, cast.soeren, cast.tove)
    by_date(cast.soeren)
    assert WORDS not in waits(cast, cast.lis)
    page = waits(cast, cast.amina)
    assert (WORDS in page, "Tove" in page) == (True, True)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.tove.pk, acting_side=Side.HOME, by=cast.mette)
    page = waits(cast, cast.amina)
    assert (WORDS in page, "Tove" in page, "En kladde" in page) == (True, False, True)


def test_words_typed_for_a_team_are_that_teams_whatever_else_their_writer_was_or_becomes(cast: Cast) -> None:
    """Søren worked at the home last year, and begins there again; Lis never gets what he typed as of the team."""
    leads_team(cast.amina)
    Membership.objects.create(
        user=cast.soeren, role="staff", home=cast.home, from_day=date(2025, 1, 1), to_day=date(2025, 12, 31)
    )
    typed(cast, cast.soeren, cast.tove)
    Membership.objects.filter(user=cast.soeren, team=cast.team).update(to_day=TODAY - timedelta(days=1))
    assert [WORDS in waits(cast, leader) for leader in (cast.lis, cast.amina)] == [False, True]
    Membership.objects.create(user=cast.soeren, role="staff", home=cast.home, from_day=TODAY)
    assert [WORDS in waits(cast, leader) for leader in (cast.lis, cast.amina)] == [False, True]


def test_draft_over_a_text_is_not_read_by_its_writer_without_access(cast: Cast) -> None:
    """It begins with what colleagues wrote. The leader, who may read that, gets it."""
    cast.write("Rune fik ny medicin mandag")
    typed(cast, cast.jonas, words="Rune fik ny medicin mandag, og ros", seen=1)
    client = cast.client(cast.jonas)
    by_date(cast.jonas)
    assert "medicin" not in client.get("/", follow=True).content.decode()
    assert "Rune fik ny medicin mandag, og ros" in waits(cast, cast.lis)


def test_what_cannot_be_opened_is_not_taken_over_and_shows_no_text_of_the_other_sides(cast: Cast) -> None:
    leads_team(cast.amina)
    over = typed(cast, cast.soeren, cast.tove, "Botilbuddets ord, og lidt til", seen=1)
    by_date(cast.soeren)
    assert "Botilbuddets ord" in waits(cast, cast.amina)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.tove.pk, acting_side=Side.HOME, by=cast.mette)
    page = waits(cast, cast.amina)
    assert ("Botilbuddets ord" in page, "Overtag" in page, "Slet" in page) == (False, False, True)
    assert press(cast, cast.amina, over) == 422
    assert Draft.objects.get().user == cast.soeren


def test_shifts_with_a_day_between_do_not_lose_what_was_typed_in_the_first(cast: Cast, clock) -> None:
    """A shift that ended on Tuesday at 16, and the next on Thursday at 15: the night before it deletes nothing."""
    Membership.objects.filter(user=cast.jonas).update(to_day=TODAY, to_time=time(16))
    Membership.objects.create(
        user=cast.jonas, role="staff", home=cast.home, from_day=date(2026, 11, 19), from_time=time(15)
    )
    typed(cast, cast.jonas)
    clock.move_to(timezone.make_aware(datetime(2026, 11, 19, 2)))
    services.nightly(timezone.now())
    assert WORDS in waits(cast, cast.lis)
    clock.move_to(timezone.make_aware(datetime(2026, 11, 19, 15)))
    assert WORDS in field_of(cast, cast.jonas)


def test_many_drafts_take_the_queries_of_one(cast: Cast) -> None:
    accesses, led = [cast.access(cast.lis)], led_now(cast.lis, TODAY)
    counts = []
    for number in range(1, 6):
        stay = cast.rune.pk
        keep_draft(cast.access(cast.jonas), f"{stay}-{number}-home", WORDS, 0, stay)
        by_date(cast.jonas)
        with CaptureQueriesContext(connection) as asked:
            assert len(left_drafts(accesses, led, TODAY)) == number
        counts.append(len(asked))
        Membership.objects.filter(user=cast.jonas).update(to_day=None)
    assert len(set(counts)) == 1, counts


def test_leader_of_another_home_gets_nothing(cast: Cast) -> None:
    typed(cast, cast.jonas)
    shut_out(cast.jonas)
    Membership.objects.filter(user=cast.stranger).update(role="leader")
    assert WORDS not in text_in(cast.client(cast.stranger).get(reverse("my-day")))


def test_of_a_form_the_sentences_are_shown_and_not_what_was_chosen(cast: Cast) -> None:
    address = reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])
    sent = {"what": "Ringe til hans bror", "track": "coordination", "owner": cast.jonas.pk, "due_on": "2026-11-20"}
    client = cast.client(cast.jonas)
    carried_along = carried(text_in(client.get(address)), address)
    assert client.post(address, {**carried_along, **sent}, headers={"X-Draft": "keep"}).status_code == 204
    by_date(cast.jonas)
    page = waits(cast, cast.lis)
    assert ("Ringe til hans bror" in page, "coordination" in page, "2026-11-20" in page) == (True, False, False)
    assert press(cast, cast.lis, Draft.objects.get()) == 204
    dialog = text_in(cast.client(cast.lis).get(reverse("intervention-add", args=[cast.home.slug, cast.rune.pk])))
    assert "Ringe til hans bror" in dialog


@pytest.mark.parametrize(("leave", "days"), [(by_date, 7), (shut_out, 7), (None, 1)])
def test_left_draft_is_kept_a_week_and_others_a_day(
    cast: Cast, clock, leave: Callable[[User], None] | None, days: int
) -> None:
    typed(cast, cast.jonas)
    if leave:
        leave(cast.jonas)
    kept = 0
    for day in range(1, 10):
        clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 9, 29)) + timedelta(days=day))
        services.nightly(timezone.now())
        kept += Draft.objects.exists()
    assert kept == days


@WAYS
def test_who_has_no_access_sees_their_own_words_and_nothing_else(cast: Cast, leave: Callable[[User], None]) -> None:
    typed(cast, cast.jonas)
    typed(cast, cast.mette, words="Mettes egne")
    client = cast.client(cast.jonas)
    leave(cast.jonas)
    answer = client.get("/", follow=True)
    page = answer.content.decode()
    found = [said in page for said in (WORDS, "Mettes egne", "Rune", "bolig")]
    assert found == [leave is by_date, False, False, False], "who is shut out does not come in at all"


def test_who_stands_in_for_the_leader_gets_the_draft_as_long_as_the_leader_is_away(cast: Cast, clock) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    assert WORDS not in waits(cast, cast.mette)
    assert press(cast, cast.mette, draft) == 404
    Absence.objects.create(user=cast.lis, deputy=cast.mette, from_day=TODAY, to_day=TODAY)
    assert WORDS in waits(cast, cast.mette)
    assert WORDS not in text_in(cast.client(cast.amina).get(reverse("my-day")))
    clock.shift(timedelta(days=1))
    assert WORDS not in waits(cast, cast.mette)
    assert press(cast, cast.mette, draft) == 404


def test_deputy_of_another_units_leader_gets_nothing(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    leads_team(cast.amina)
    Absence.objects.create(user=cast.amina, deputy=cast.mette, from_day=TODAY, to_day=TODAY)
    assert WORDS not in waits(cast, cast.mette), "she is the team's leader's deputy, and it was the home's"
    assert press(cast, cast.mette, draft) == 404


def test_words_for_a_home_the_team_comes_to_no_more_go_to_the_teams_leader_without_a_name(cast: Cast) -> None:
    leads_team(cast.amina)
    draft = typed(cast, cast.soeren, cast.tove)
    assert WORDS not in min_dag(cast, cast.soeren)
    TeamHome.objects.filter(team=cast.team).update(to_day=TODAY - timedelta(days=1))
    page = waits(cast, cast.amina)
    assert [said in page for said in (WORDS, "skrevet af Søren", "Slet", "Tove", "Overtag")] == [True] * 3 + [False] * 2
    assert WORDS not in waits(cast, cast.lis)
    assert WORDS in min_dag(cast, cast.soeren)
    assert press(cast, cast.amina, draft) == 422
    assert press(cast, cast.amina, draft, "drop") == 204
    entry = Entry.objects.get(action="draft.dropped")
    assert (entry.scope, entry.actor) == (cast.home.log_scope, cast.amina.pk)


def test_substitute_at_two_homes_sees_what_they_typed_where_the_role_ended_and_no_leader_is(cast: Cast) -> None:
    there = Membership.objects.create(user=cast.jonas, role="staff", home=cast.other_home, from_day=TODAY)
    at = next(access for access in accesses(cast.jonas, TODAY) if access.home == cast.other_home)
    keep_draft(at, f"{cast.elsewhere.pk}-status-home", WORDS, 0, cast.elsewhere.pk)
    # Over a text that stood it holds what colleagues wrote.
    keep_draft(at, f"{cast.elsewhere.pk}-next-home", "Kollegers ord", 1, cast.elsewhere.pk)
    cast.jonas.refresh_from_db()
    pages = [min_dag(cast, cast.jonas)]
    Membership.objects.filter(pk=there.pk).update(from_day=date(2026, 1, 1), to_day=TODAY - timedelta(days=1))
    pages.append(min_dag(cast, cast.jonas))
    assert [[words in page for words in (WORDS, "Kollegers ord", "Frede")] for page in pages] == [
        [False, False, False], [True, False, False],
    ]  # fmt: skip


def test_leader_of_a_home_and_its_team_gets_the_teams_words_and_its_tasks_without_anybody(cast: Cast) -> None:
    Membership.objects.create(user=cast.lis, role="leader", team=cast.team, from_day=date(2026, 1, 1))
    cast.put_on_board(cast.rune)
    draft = typed(cast, cast.soeren, cast.tove)
    cast.agree("Tage blodprøve", track=Track.PSYCHIATRIC, owner=cast.soeren, by=cast.amina, due_on=TODAY)
    by_date(cast.soeren)
    page = waits(cast, cast.lis)
    # She comes in from the home's side, and could not open a field of the team's.
    assert [said in page for said in (WORDS, "Tage blodprøve", "Overtag")] == [True, True, False]
    assert press(cast, cast.lis, draft) == 422


def test_stand_in_who_does_not_work_in_the_unit_gets_nothing_and_deletes_nothing(cast: Cast) -> None:
    """A leader may name somebody of the team, or of another home: they would read of residents they may not see."""
    draft = typed(cast, cast.jonas, cast.vibeke)
    by_date(cast.jonas)
    for deputy in (cast.amina, cast.stranger):
        Absence.objects.filter(user=cast.lis).delete()
        Absence.objects.create(user=cast.lis, deputy=deputy, from_day=TODAY, to_day=TODAY)
        page = min_dag(cast, deputy)
        assert [words in page for words in (WORDS, "Vibeke", "skrevet af Jonas")] == [False, False, False]
        assert [press(cast, deputy, draft, act) for act in ("take", "drop")] == [404, 404]


def test_stand_in_whose_own_role_ended_gets_nothing(cast: Cast) -> None:
    draft = typed(cast, cast.jonas)
    by_date(cast.jonas)
    Absence.objects.create(user=cast.lis, deputy=cast.mette, from_day=TODAY, to_day=TODAY)
    by_date(cast.mette)
    assert WORDS not in min_dag(cast, cast.mette)
    assert press(cast, cast.mette, draft, "drop") == 404


def keeps(cast: Cast, user: User, address: str, **typed: str) -> None:
    """Types in the form at the address, and does not send it."""
    client = cast.client(user)
    values = {**carried(text_in(client.get(address)), address), **typed}
    assert client.post(address, values, headers={"X-Draft": "keep"}).status_code == 204


def test_reason_typed_in_a_form_over_what_stands_is_its_writers_and_what_stood_is_not(cast: Cast) -> None:
    cast.put_on_board(cast.rune, reason="Kollegers ord")
    row = cast.agree("Kollegers indsats", owner=cast.jonas, due_on=TODAY)
    keeps(cast, cast.jonas, reverse("level-change", args=[cast.home.slug, cast.rune.pk]), level="akut", reason=WORDS)
    keeps(cast, cast.jonas, reverse("intervention", args=[cast.home.slug, row.pk]), what="Kollegers indsats, og mere")
    client = cast.client(cast.jonas)
    by_date(cast.jonas)
    page = client.get("/", follow=True).content.decode()
    assert [words in page for words in (WORDS, "Kollegers")] == [True, False]


def test_draft_typed_for_the_team_is_not_the_homes_though_the_same_person_now_works_there(cast: Cast) -> None:
    leads_team(cast.amina)
    address = reverse("intervention-add", args=[cast.home.slug, cast.tove.pk])
    keeps(cast, cast.soeren, address, what=WORDS)
    Membership.objects.filter(user=cast.soeren, team=cast.team).update(to_day=TODAY - timedelta(days=1))
    Membership.objects.create(user=cast.soeren, role="staff", home=cast.home, from_day=TODAY)
    assert WORDS not in text_in(cast.client(cast.soeren).get(address))
    keeps(cast, cast.soeren, address, what="For botilbuddet")
    assert "For botilbuddet" in text_in(cast.client(cast.soeren).get(address))
    assert WORDS in waits(cast, cast.amina), "both are kept"
    cast.client(cast.soeren).post(address, {}, headers={"X-Draft": "drop"})
    assert Draft.objects.get(user=cast.soeren).team == cast.team
    running = cast.start()
    recap = reverse("recap", args=[cast.home.slug, running.number])
    assert WORDS not in text_in(cast.client(cast.soeren).get(recap))


def test_draft_of_a_team_that_comes_no_more_is_kept_a_week_though_its_writer_works_at_the_home(
    cast: Cast, clock
) -> None:
    typed(cast, cast.soeren, cast.tove)
    Membership.objects.create(user=cast.soeren, role="staff", home=cast.home, from_day=date(2026, 1, 1))
    TeamHome.objects.filter(team=cast.team).update(to_day=TODAY - timedelta(days=1))
    kept = 0
    for day in range(1, 10):
        clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 9, 29)) + timedelta(days=day))
        services.nightly(timezone.now())
        kept += Draft.objects.exists()
    assert kept == 7
