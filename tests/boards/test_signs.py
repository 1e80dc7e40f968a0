"""Early signs: who has seen one, what became of it, and the receipts of every raise."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import Access, enter
from boards import rules, services
from boards.models import AkutRead, EarlySign, Episode, Intervention, LastMet, Outcome, SignRead, Urgency
from core.errors import Denied
from criteria.models import Level
from meetings.models import Meeting
from organisation.models import Absence, Membership, Side, Team, User
from residents import services as residents
from residents.models import BasisKind, SharingBasis, Stay
from tests.conftest import NOW, TODAY, Cast, text_in
from tests.page import carried


def note(cast: Cast, text: str = "Går om natten", *, by: User | None = None, **change) -> EarlySign:
    values = {
        "access": cast.access(by or cast.mette), "stay_id": cast.rune.pk, "text": text, "urgency": Urgency.MEETING,
        "key": "", "today": TODAY,
    }  # fmt: skip
    return services.sign_note(**{**values, **change})


def url(cast: Cast, name: str, *args: int) -> str:
    return reverse(name, args=[cast.home.slug, *args])


def board_of(cast: Cast, user: User) -> str:
    return cast.client(user).get(url(cast, "board")).content.decode()


def test_sign_is_seen_by_its_author_and_by_those_who_say_so_once(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    sign = note(cast)
    assert "set af" not in board_of(cast, cast.mette)
    client = cast.client(cast.amina)
    for _ in range(2):
        assert client.post(url(cast, "sign-read", sign.pk)).status_code == 204
    seen = SignRead.objects.for_home(cast.home).order_by("pk").values_list("user__name", flat=True)
    assert list(seen) == ["Mette", "Amina"]
    assert "set af Amina" in board_of(cast, cast.jonas)
    assert EarlySign.objects.for_home(cast.home).get().handled_on is None, "seeing is no answer"


def test_dialog_offers_to_see_it_until_one_has_and_to_take_it_back_on_the_own_side_only(cast: Cast) -> None:
    sign = note(cast)
    own = cast.client(cast.jonas).get(url(cast, "sign", sign.pk)).content.decode()
    assert "Jeg har set det" in own
    assert "Skrevet på forkert beboer" in own
    author = cast.client(cast.mette).get(url(cast, "sign", sign.pk)).content.decode()
    assert "Jeg har set det" not in author
    other = cast.client(cast.amina).get(url(cast, "sign", sign.pk)).content.decode()
    assert "Går om natten" in other
    assert "Skrevet på forkert beboer" not in other


def test_seen_without_change_ends_the_sign_and_the_second_answer_is_told(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    sign = note(cast)
    answer = cast.client(cast.amina).post(url(cast, "sign-handle", sign.pk), {"outcome": "no-change"})
    assert answer.status_code == 204
    again = cast.client(cast.mette).post(url(cast, "sign-handle", sign.pk), {"outcome": "no-change"})
    assert (again.status_code, "allerede svaret" in again.content.decode()) == (422, True)
    row = EarlySign.objects.for_home(cast.home).get()
    assert (row.outcome, row.handled_by, row.handled_on) == (Outcome.NO_CHANGE, cast.amina, TODAY)
    assert "Går om natten" not in board_of(cast, cast.mette)
    assert cast.client(cast.mette).get(url(cast, "sign", sign.pk)).status_code == 404


@pytest.mark.parametrize("outcome", ["", "level", "discussed", "findes-ikke", "x" * 5000])
def test_answer_nobody_can_give_by_hand_is_a_bad_request_and_changes_nothing(cast: Cast, outcome: str) -> None:
    sign = note(cast)
    assert cast.client(cast.mette).post(url(cast, "sign-handle", sign.pk), {"outcome": outcome}).status_code == 400
    assert EarlySign.objects.for_home(cast.home).get().handled_on is None


def test_level_change_from_a_sign_answers_it(cast: Cast) -> None:
    sign = note(cast)
    data = {
        "level": "subakut", "criteria": [cast.criterion("tidlige-tegn").pk], "reason": "Sover ikke", "told": "yes",
        "seen": "0", "key": "k",
    }  # fmt: skip
    link = f"{url(cast, 'level-change', cast.rune.pk)}?tegn={sign.pk}"
    assert link.replace("&", "&amp;") in cast.client(cast.amina).get(url(cast, "sign", sign.pk)).content.decode()
    assert cast.client(cast.amina).post(link, data).status_code == 204
    assert EarlySign.objects.for_home(cast.home).get().outcome == Outcome.LEVEL


def test_intervention_agreed_from_a_sign_answers_it_and_a_refused_one_does_not(cast: Cast) -> None:
    sign = note(cast)
    link = f"{url(cast, 'intervention-add', cast.rune.pk)}?tegn={sign.pk}"
    client = cast.client(cast.mette)
    assert client.post(link, {"what": "  ", "track": "social", "key": "a"}).status_code == 422
    assert EarlySign.objects.for_home(cast.home).get().handled_on is None
    assert client.post(link, {"what": "Går tur", "track": "social", "key": "b"}).status_code == 204
    assert EarlySign.objects.for_home(cast.home).get().outcome == Outcome.INTERVENTION


def test_sign_answered_meanwhile_does_not_stop_the_intervention(cast: Cast) -> None:
    sign = note(cast)
    services.sign_handle(access=cast.access(cast.jonas), pk=sign.pk, outcome=Outcome.NO_CHANGE, today=TODAY)
    link = f"{url(cast, 'intervention-add', cast.rune.pk)}?tegn={sign.pk}"
    assert cast.client(cast.mette).post(link, {"what": "Går tur", "track": "social"}).status_code == 204
    assert Intervention.objects.for_home(cast.home).count() == 1
    assert EarlySign.objects.for_home(cast.home).get().outcome == Outcome.NO_CHANGE


@pytest.mark.parametrize("name", ["sign", "sign-read", "sign-handle"])
def test_sign_of_the_team_is_unknown_to_the_home_once_the_team_stops_sharing(cast: Cast, name: str) -> None:
    sign = note(cast, "Teamets iagttagelse", by=cast.amina)
    cast.put_on_board(cast.rune)
    assert "Teamets iagttagelse" in board_of(cast, cast.mette)
    residents.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.TEAM, by=cast.amina)
    client = cast.client(cast.mette)
    call = client.get if name == "sign" else client.post
    assert call(url(cast, name, sign.pk), {"outcome": "no-change"}).status_code == 404
    assert "Teamets iagttagelse" not in board_of(cast, cast.mette)
    assert "Teamets iagttagelse" in board_of(cast, cast.amina), "it is the team's own"


@pytest.mark.parametrize("name", ["sign", "sign-read", "sign-handle"])
def test_foreign_and_unknown_signs_do_not_exist(cast: Cast, name: str) -> None:
    elsewhere = services.sign_note(
        access=_elsewhere(cast), stay_id=cast.elsewhere.pk, text="Et andet sted", urgency=Urgency.SOON, key="",
        today=TODAY,
    )  # fmt: skip
    hidden = note(cast, stay_id=cast.aksel.pk)

    def call(client: Client, pk: int) -> int:
        return (client.get if name == "sign" else client.post)(
            url(cast, name, pk), {"outcome": "no-change"}
        ).status_code

    for pk in (elsewhere.pk, 99999):
        assert call(cast.client(cast.mette), pk) == 404
    assert call(cast.client(cast.amina), hidden.pk) == 404, "withdrawn"
    assert call(cast.client(cast.stranger), hidden.pk) == 404


def _elsewhere(cast: Cast) -> Access:
    return enter(cast.stranger, cast.other_home.slug)


def test_every_raise_asks_to_be_seen_akut_or_not(cast: Cast) -> None:
    cast.put_on_board(cast.rune)
    assert "Set af Mette" in board_of(cast, cast.amina)
    assert cast.client(cast.amina).post(url(cast, "akut-read", cast.rune.pk)).status_code == 204
    assert "Set af Mette, Amina" in board_of(cast, cast.jonas)
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", seen=1)
    page = board_of(cast, cast.jonas)
    assert "Set af Mette " in page.replace("</p>", " ")
    assert "Set af Mette, Amina" not in page, "going higher is to be seen anew"


def test_step_down_asks_nobody_to_see_it(cast: Cast) -> None:
    cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    cast.put_on_board(cast.rune, seen=1)
    assert "Jeg har set det" not in board_of(cast, cast.amina)
    answer = cast.client(cast.amina).post(url(cast, "akut-read", cast.rune.pk))
    assert (answer.status_code, "ændret siden" in answer.content.decode()) == (422, True)
    assert AkutRead.objects.for_home(cast.home).count() == 1


def test_resident_not_on_the_board_cannot_be_seen_as_raised(cast: Cast) -> None:
    assert cast.client(cast.amina).post(url(cast, "akut-read", cast.rune.pk)).status_code == 422
    assert not Episode.objects.for_home(cast.home).exists()


def test_receipt_of_an_urgent_sign_says_when_the_team_sees_it(cast: Cast, clock) -> None:
    data = {"stay": cast.rune.pk, "text": "Går om natten", "urgency": "today", "key": "a"}
    page = cast.client(cast.mette).post(url(cast, "sign-note"), data).content.decode()
    assert "70 00 00 01" in page
    clock.move_to("2026-11-20T17:00:00+01:00")
    data = {"stay": cast.rune.pk, "text": "Stadig oppe", "urgency": "today", "key": "b"}
    page = cast.client(cast.mette).post(url(cast, "sign-note"), data).content.decode()
    assert "mandag kl. 8" in page
    assert "psykiatrisk akutmodtagelse" in page


def test_nothing_written_is_refused_by_the_service_too(cast: Cast) -> None:
    with pytest.raises(Denied):
        note(cast, " \n ")


MET = datetime(2026, 11, 10, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(("changed", "met", "new"), [
    (MET + timedelta(minutes=1), MET, True),
    (MET, MET, False),
    (MET - timedelta(minutes=1), MET, False),
    (datetime(2026, 11, 16, 0, 1), None, True),  # yesterday, and no meeting has been held
    (datetime(2026, 11, 15, 23, 59), None, False),
])  # fmt: skip
def test_new_is_what_changed_since_the_last_meeting(changed, met, new) -> None:
    moment = changed if timezone.is_aware(changed) else timezone.make_aware(changed)
    assert rules.is_new(moment, TODAY, met) is new


def test_board_marks_what_changed_since_the_meeting_closed(cast: Cast, clock) -> None:
    cast.put_on_board(cast.rune)
    cast.write("Før mødet")
    cast.agree("Aftalt før", owner=cast.mette, due_on=TODAY)
    LastMet.objects.create(home=cast.home, at=timezone.make_aware(NOW + timedelta(minutes=1)))
    clock.shift(timedelta(minutes=2))
    cast.write("Noget andet sted", stay=cast.tove)
    mark = '<b class="new-mark'
    assert mark not in board_of(cast, cast.amina)
    cast.write("Efter mødet", seen=1)
    assert board_of(cast, cast.amina).count(mark) == 1


def receipt(cast: Cast, user: User, stay: Stay, urgency: Urgency) -> str:
    data = {"stay": stay.pk, "text": "Går om natten", "urgency": urgency, "key": f"k{stay.pk}{urgency}"}
    return text_in(cast.client(user).post(reverse("sign-note", args=[cast.home.slug]), data))


@pytest.mark.parametrize("urgency", [Urgency.TODAY, Urgency.MEETING])
def test_receipt_promises_the_other_side_nothing_it_cannot_see(cast: Cast, urgency: Urgency) -> None:
    """Rune is shared; Aksel's sharing is withdrawn; no team treats Vibeke."""
    cast.meeting()
    blind = "Team Nord kan ikke se det, fordi det ikke er delt."
    found = {}
    for stay in (cast.rune, cast.aksel, cast.vibeke):
        page = receipt(cast, cast.mette, stay, urgency)
        found[stay.resident.name] = ("kommer på næste dagsorden" in page, blind in page, "Team Nord er på" in page)
    urgent = urgency == Urgency.TODAY
    assert found == {
        "Rune": (True, False, urgent), "Aksel": (False, True, False), "Vibeke": (False, False, False),
    }  # fmt: skip


@pytest.mark.parametrize("shared", [True, False])
def test_akut_receipt_and_dialog_say_who_cannot_see_it(cast: Cast, shared: bool) -> None:
    stay = cast.rune if shared else cast.aksel
    address = reverse("level-change", args=[cast.home.slug, stay.pk])
    client = cast.client(cast.mette)
    blind = "Team Nord kan ikke se det, fordi det ikke er delt."
    page = text_in(client.get(address))
    assert (blind in page, "Team Nord ser det på tavlen nu." in page) == (not shared, shared)
    data = {
        "level": "akut", "criteria": [cast.criterion().pk], "reason": "Sover ikke", "told": "no", "key": "k",
        "seen": carried(text_in(client.get(address)), address)["seen"],
    }  # fmt: skip
    page = text_in(client.post(address, data))
    assert f"{stay.resident.name} er sat som akut" in page
    assert (blind in page, "Team Nord er på arbejde" in page) == (not shared, shared)


def of_home(cast: Cast) -> Any:
    """Why the home shares Rune with the team."""
    return SharingBasis.objects.for_home(cast.home).filter(stay=cast.rune, from_side=Side.HOME)


@pytest.mark.parametrize(("last", "expected"), [
    (date(2026, 11, 22), (False, True, False)),  # over before the team is back
    (date(2026, 11, 23), (True, False, True)),
])  # fmt: skip
def test_receipt_on_a_friday_evening_asks_whether_it_is_shared_when_the_team_is_back(
    cast: Cast, clock, last: date, expected: tuple[bool, bool, bool]
) -> None:
    Meeting.objects.for_home(cast.home).filter(pk=cast.meeting().pk).update(date=date(2026, 11, 23))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 20, 17, 0)))
    of_home(cast).update(to_day=last)
    page = receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    assert (
        "Team Nord ser det mandag kl. 8." in page,
        "Team Nord ser det først mandag kl. 8, og da er det ikke længere delt." in page,
        "Rune kommer på næste dagsorden" in page,
    ) == expected


def test_receipt_promises_nothing_on_monday_of_what_is_open_in_need_for_an_hour(cast: Cast, clock) -> None:
    clock.move_to(timezone.make_aware(datetime(2026, 11, 20, 17, 0)))
    of_home(cast).update(
        kind=BasisKind.NEED, open_until=timezone.now() + timedelta(hours=1), from_day=date(2026, 11, 20), to_day=None
    )
    page = receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    assert "Team Nord ser det først mandag kl. 8, og da er det ikke længere delt." in page


def test_receipt_before_the_team_opens_asks_about_the_hour_and_not_the_day(cast: Cast, clock) -> None:
    """Open in need from half past six to half past seven."""
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 6, 30)))
    need = {
        "kind": BasisKind.NEED,
        "open_until": timezone.now() + timedelta(hours=1),
        "from_day": TODAY,
        "to_day": None,
    }
    of_home(cast).update(**need)
    page = receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    assert "Team Nord ser det først i dag kl. 8, og da er det ikke længere delt." in page


@pytest.mark.parametrize(("last", "expected"), [(date(2026, 11, 18), False), (date(2026, 11, 19), True)])
def test_receipt_promises_the_next_agenda_only_where_it_is_shared_at_the_meeting(
    cast: Cast, last: date, expected: bool
) -> None:
    Meeting.objects.for_home(cast.home).filter(pk=cast.meeting().pk).update(date=date(2026, 11, 19))
    of_home(cast).update(to_day=last)
    assert ("Rune kommer på næste dagsorden" in receipt(cast, cast.mette, cast.rune, Urgency.MEETING)) == expected


def test_receipt_promises_no_agenda_where_no_meeting_is_planned(cast: Cast) -> None:
    page = receipt(cast, cast.mette, cast.rune, Urgency.MEETING)
    assert "på næste dagsorden" not in page
    assert "Tegnet står på tavlen nu. Rune kommer ikke på en dagsorden" in page
    assert "jeres egen tavle" not in page
    assert "Tegnet står på jeres egen tavle nu." in receipt(cast, cast.mette, cast.aksel, Urgency.MEETING)


@pytest.mark.parametrize("last", [date(2026, 11, 22), date(2026, 11, 23)])
def test_way_to_somebody_while_the_team_is_closed_stands_also_where_the_sharing_ends_before_it_opens(
    cast: Cast, clock, last: date
) -> None:
    Team.objects.filter(pk=cast.team.pk).update(phone="70 00 11 22", out_of_hours="Akuttelefonen 18 13")
    clock.move_to(timezone.make_aware(datetime(2026, 11, 20, 17, 0)))
    of_home(cast).update(to_day=last)
    address = reverse("level-change", args=[cast.home.slug, cast.rune.pk])
    said = receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    for page in (said, text_in(cast.client(cast.mette).get(address))):
        assert [words in page for words in ("Akuttelefonen 18 13", "70 00 11 22")] == [True, True]
    advice = "I nød kan I dele i 60 minutter"
    assert (advice in said, advice in receipt(cast, cast.mette, cast.aksel, Urgency.TODAY)) == (False, True)


def test_receipt_after_the_hours_of_the_only_one_in_the_team_says_tomorrow(cast: Cast, clock) -> None:
    Membership.objects.filter(user=cast.amina).update(to_day=TODAY, to_time=time(12))
    Membership.objects.filter(user=cast.soeren).update(from_day=TODAY + timedelta(days=1))
    clock.move_to(timezone.make_aware(datetime(2026, 11, 17, 13)))
    assert "Team Nord ser det onsdag kl. 8." in receipt(cast, cast.mette, cast.rune, Urgency.TODAY)


def test_receipt_asks_for_the_end_of_three_weeks_where_the_whole_team_is_away(cast: Cast) -> None:
    for who in (cast.amina, cast.soeren):
        Absence.objects.create(user=who, deputy=cast.mette, from_day=TODAY, to_day=date(2026, 12, 31))
    of_home(cast).update(to_day=date(2026, 11, 20))
    page = receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    assert "Team Nord ser det først, når nogen er tilbage, og da er det ikke længere delt." in page


def test_receipt_offers_the_board_only_for_who_is_not_on_it(cast: Cast) -> None:
    offer = "Sæt Rune på tavlen"
    assert offer in receipt(cast, cast.mette, cast.rune, Urgency.TODAY)
    cast.put_on_board(cast.rune)
    assert offer not in receipt(cast, cast.mette, cast.rune, Urgency.MEETING)
