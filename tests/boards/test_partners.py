"""Samarbejdspartnere: who is on the list, what is agreed, and what happens where nothing is."""

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from boards.models import Intervention, UnagreedRead
from core.errors import Denied
from organisation.models import Membership, Role, Side, User
from reminders.models import Reminder
from reminders.services import plan
from residents import partners
from residents import services as residents
from residents.models import Agreed, BasisKind, Giver, Partner, PartnerKind
from tests.conftest import TODAY, Cast, text_in
from tests.page import send

WHY = "Kommunen skal have svar i dag. Samtykke til ansøgningen ligger i sagen."
FORM = {"name": "Lægehuset", "kind": "doctor", "agreed": "yes", "agreed_how": "spoken", "agreed_on": "2026-11-16"}


def url(cast: Cast, name: str, *rest: Any) -> str:
    return reverse(name, args=[cast.home.slug, *rest])


def partner(cast: Cast, name: str = "Lægehuset", agreed: Agreed = Agreed.YES, **kwargs: Any) -> Partner:
    how, on = ("spoken", TODAY) if agreed != Agreed.UNASKED else ("", None)
    values: dict[str, Any] = {"stay_id": cast.rune.pk, "kind": PartnerKind.DOCTOR, **kwargs}
    return partners.partner_add(
        home=cast.home, name=name, new=partners.Agreement(agreed, how, on), key="", by=cast.mette, today=TODAY, **values
    )


def coordinate(cast: Cast, by: User | None = None, **plan: Any) -> Intervention:
    found: Intervention = cast.agree("Ringer om tid", by=by, track="coordination", **plan)
    return found


@pytest.fixture
def noor(cast: Cast) -> User:
    """The team's leader."""
    user = User.objects.create_user("noor@x.invalid", name="Noor", phone="70 00 00 01")
    Membership.objects.create(user=user, role=Role.LEADER, from_day=cast.rune.from_day, team=cast.team)
    return user


def test_either_side_puts_somebody_on_the_list_and_it_says_who_noted_it(cast: Cast) -> None:
    post = cast.client(cast.amina).post(url(cast, "partner-add", cast.rune.pk), {**FORM, "key": "p"})
    assert post.status_code == 200
    page = cast.client(cast.mette).get(url(cast, "resident", cast.rune.pk)).content.decode()
    for words in ("Lægehuset", "Egen læge", "mundtligt, og noteret 16.11.2026", "noteret af Amina 17.11.2026"):
        assert words in page
    again = cast.client(cast.amina).post(url(cast, "partner-add", cast.rune.pk), {**FORM, "key": "p"})
    assert (again.status_code, "Lægehuset" in again.content.decode()) == (200, True)
    assert Partner.objects.for_home(cast.home).count() == 1, "a double click is one"


@pytest.mark.parametrize(("change", "words"), [
    ({"name": "  "}, "Skriv noget her."),
    ({"kind": "bank"}, "Vælg en af de nævnte."),
    ({"agreed_how": ""}, "Vælg, hvordan det er aftalt."),
    ({"agreed_on": ""}, "Vælg, hvornår det er aftalt."),
    ({"agreed_on": "2026-11-18"}, "Dagen ligger frem i tiden."),
    ({"agreed": "måske"}, "Vælg en af de nævnte."),
    ({"name": "x" * 81}, "Der er plads til 80 tegn."),
])  # fmt: skip
def test_partner_that_cannot_stand_is_refused_at_its_field(cast: Cast, change, words) -> None:
    answer = cast.client(cast.mette).post(url(cast, "partner-add", cast.rune.pk), {**FORM, **change})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not Partner.objects.for_home(cast.home).exists()


def test_agreement_is_changed_and_a_partner_taken_off(cast: Cast) -> None:
    one = partner(cast, agreed=Agreed.UNASKED)
    client, address = cast.client(cast.mette), url(cast, "partner-change", cast.rune.pk, one.pk)
    refused = send(client, address, {f"p{one.pk}-agreed": "no"})
    assert (refused.status_code, "Vælg, hvordan det er aftalt." in refused.content.decode()) == (422, True)
    sent = {f"p{one.pk}-agreed": "no", f"p{one.pk}-agreed_how": "written", f"p{one.pk}-agreed_on": "2026-11-17"}
    assert "<b>Nej</b>" in text_in(send(client, address, sent))
    assert partners.partners_of(cast.home, cast.rune.pk)[0].without_resident == Agreed.NO
    assert [client.post(address, {"remove": "1"}).status_code for _ in range(2)] == [200, 200]
    assert partners.partners_of(cast.home, cast.rune.pk) == []
    assert [entry.action for entry in Entry.objects.filter(action__startswith="partner.").order_by("pk")] == [
        "partner.added", "partner.agreed", "partner.ended",
    ]  # fmt: skip


def test_list_is_not_the_teams_where_the_home_does_not_share_it(cast: Cast) -> None:
    one = partner(cast, "Hemmeligt Hus")
    residents.basis_record(
        stay=cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="", what="coordination", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        instead=True,
        by=cast.mette,
    )
    client = cast.client(cast.amina)
    for name in ("resident", "intervention-add"):
        assert "Hemmeligt Hus" not in client.get(url(cast, name, cast.rune.pk)).content.decode()
    assert client.post(url(cast, "partner-add", cast.rune.pk), FORM).status_code == 404
    assert client.post(url(cast, "partner-change", cast.rune.pk, one.pk), {"remove": "1"}).status_code == 404
    sent = {"track": "coordination", "what": "Ringer", "partner": str(one.pk), "unagreed": ""}
    answer = client.post(url(cast, "intervention-add", cast.rune.pk), sent)
    assert (answer.status_code, "Hemmeligt Hus" in answer.content.decode()) == (422, False)


def test_coordination_with_somebody_agreed_to_asks_nothing_more(cast: Cast) -> None:
    row = coordinate(cast, partner=partner(cast))
    assert (row.with_whom, row.unagreed) == ("Lægehuset", "")
    assert not Entry.objects.filter(action="intervention.unagreed").exists()
    cast.put_on_board(cast.rune)
    page = cast.client(cast.amina).get(url(cast, "board")).content.decode()
    assert "med Lægehuset" in page
    assert "Uden aftale" not in page


@pytest.mark.parametrize("agreed", [Agreed.NO, Agreed.UNASKED, None])
def test_without_an_agreement_a_reason_is_typed_logged_and_said(cast: Cast, agreed: Agreed | None) -> None:
    chosen = partner(cast, agreed=agreed) if agreed else None
    sent = {
        "track": "coordination", "what": "Ringer om tid", "partner": str(chosen.pk) if chosen else "other",
        "with_whom": "" if chosen else "Naboen",
    }  # fmt: skip
    client, address = cast.client(cast.amina), url(cast, "intervention-add", cast.rune.pk)
    refused = client.post(address, {**sent, "unagreed": " "})
    assert refused.status_code == 422
    assert f"Hvorfor må der tales med {'Lægehuset' if chosen else 'Naboen'}" in refused.content.decode()
    assert not Intervention.objects.for_home(cast.home).exists()
    assert client.post(address, {**sent, "unagreed": WHY}).status_code == 204
    row = Intervention.objects.for_home(cast.home).get()
    entry = Entry.objects.select_related("detail").get(action="intervention.unagreed")
    assert (row.unagreed, entry.detail.data["reason"], WHY in str(entry.data)) == (WHY, WHY, False)
    cast.put_on_board(cast.rune)
    assert (
        "Uden aftale – begrundelse står i dialogen" in cast.client(cast.mette).get(url(cast, "board")).content.decode()
    )
    assert WHY in cast.client(cast.mette).get(url(cast, "intervention", row.pk)).content.decode()


def test_somebody_else_has_a_name(cast: Cast) -> None:
    sent = {"track": "coordination", "what": "Ringer", "partner": "other", "with_whom": "", "unagreed": WHY}
    answer = cast.client(cast.mette).post(url(cast, "intervention-add", cast.rune.pk), sent)
    assert (answer.status_code, "Skriv, hvem det er." in answer.content.decode()) == (422, True)


def test_partner_of_another_resident_cannot_be_chosen(cast: Cast) -> None:
    with pytest.raises(Denied, match="beboerens liste"):
        coordinate(cast, partner=partner(cast, stay_id=cast.tove.pk))


def test_correcting_asks_again_only_where_somebody_else_is_chosen(cast: Cast) -> None:
    row = coordinate(cast, with_whom="Naboen", unagreed=WHY)
    client, address = cast.client(cast.mette), url(cast, "intervention", row.pk)
    page = client.get(address).content.decode()
    assert '<option value="other" data-unagreed selected>' in page.replace(
        "selected data-unagreed", "data-unagreed selected"
    )
    sent = {"track": "coordination", "what": "Ringer igen", "partner": "other", "with_whom": "Naboen", "seen": 1}
    assert client.post(address, sent).status_code == 204
    row.refresh_from_db(from_queryset=Intervention.objects.for_home(cast.home))
    assert (row.what, row.unagreed) == ("Ringer igen", WHY)
    assert client.post(address, {**sent, "with_whom": "Banken", "seen": 2}).status_code == 422
    one = partner(cast)
    assert client.post(address, {**sent, "partner": str(one.pk), "seen": 2}).status_code == 204
    row.refresh_from_db(from_queryset=Intervention.objects.for_home(cast.home))
    assert (row.with_whom, row.unagreed, row.partner_id) == ("Lægehuset", "", one.pk)


def told(cast: Cast) -> set[str]:
    plan(TODAY, timezone.now())
    rows = Reminder.objects.for_home(cast.home).filter(kind="unagreed").select_related("recipient")
    return {row.recipient.name for row in rows}


def listed(cast: Cast, user: User) -> bool:
    page = cast.client(user).get(reverse("reminders")).content.decode()
    return "Koordination uden beboerens ja" in page


def test_leaders_of_both_sides_are_told_until_each_has_seen_it(cast: Cast, noor: User) -> None:
    row = coordinate(cast, with_whom="Naboen", unagreed=WHY)
    assert told(cast) == {"Lis", "Noor"}
    assert listed(cast, cast.lis)
    assert not listed(cast, cast.mette)
    reminder = Reminder.objects.for_home(cast.home).get(recipient=cast.lis, kind="unagreed")
    assert cast.client(cast.lis).post(reverse("reminder-hide", args=[reminder.pk])).status_code == 422
    assert cast.client(cast.mette).post(url(cast, "unagreed-read", row.pk)).status_code == 422
    for _ in range(2):
        assert cast.client(cast.lis).post(url(cast, "unagreed-read", row.pk)).status_code == 204
    assert UnagreedRead.objects.for_home(cast.home).count() == 1
    assert (listed(cast, cast.lis), listed(cast, noor)) == (False, True)
    assert WHY not in "".join(str(message.body) for message in mail.outbox)


def test_leader_who_may_not_see_the_coordination_is_not_told(cast: Cast, noor: User) -> None:
    coordinate(cast, with_whom="Naboen", unagreed=WHY)
    residents.basis_record(
        stay=cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="", what="status", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        instead=True,
        by=cast.mette,
    )
    assert told(cast) == {"Lis"}


def test_nobody_writes_in_a_lane_they_may_not_read(cast: Cast) -> None:
    residents.basis_record(
        stay=cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=residents.NewBasis(
            kind=BasisKind.SOCIAL, covers="", what="status", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        instead=True,
        by=cast.mette,
    )
    with pytest.raises(Denied, match="er ikke delt"):
        coordinate(cast, by=cast.amina)
    coordinate(cast)
