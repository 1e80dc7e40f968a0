"""Words typed when the access ended are not gone: the leader of the unit gets them, and nobody else."""

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry, ReadEntry
from organisation.drafts import keep_draft
from organisation.models import Draft, Membership, Side, User
from privacy.retention import services
from residents import services as resident_services
from residents.models import Stay
from tests.conftest import TODAY, Cast, text_in
from tests.reminders.test_left import WAYS, by_date, leads_team, shut_out, waits

WORDS = "Sov ikke før klokken fire"


def typed(cast: Cast, user: User, stay: Stay | None = None, words: str = WORDS) -> Draft:
    about = (stay or cast.rune).pk
    keep_draft(user, cast.home, f"{about}-status-home", words, 0, about)
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


def test_leader_of_another_home_gets_nothing(cast: Cast) -> None:
    typed(cast, cast.jonas)
    shut_out(cast.jonas)
    Membership.objects.filter(user=cast.stranger).update(role="leader")
    assert WORDS not in text_in(cast.client(cast.stranger).get(reverse("my-day")))


def test_of_a_form_the_sentences_are_shown_and_not_what_was_chosen(cast: Cast) -> None:
    fields = {"what": ["Ringe til hans bror"], "track": ["social"], "owner": [str(cast.jonas.pk)]}
    field = f"form:{cast.home.pk}:intervention-add:{cast.rune.pk}"
    Draft.objects.create(
        user=cast.jonas, home=cast.home, field=field, text=json.dumps(fields), stay=cast.rune.pk, at=timezone.now()
    )
    by_date(cast.jonas)
    page = waits(cast, cast.lis)
    assert ("Ringe til hans bror" in page, "social" in page) == (True, False)
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
