"""In need: the owning side opens for an hour with a reason, both are told, and it closes by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry, EntryDetail
from boards.live import snapshots
from core.errors import Denied
from organisation.models import Side, User
from reminders.services import tick
from residents import services
from residents.models import BasisKind, SharingBasis, Stay
from residents.sharing import audience_of
from tests.conftest import Cast

WHY = "Fundet forvirret på gaden, teamet er på vej"


def url(cast: Cast, name: str, stay: Stay) -> str:
    return reverse(name, args=[cast.home.slug, stay.pk])


def open_now(cast: Cast, user: User | None = None, reason: str = WHY, key: str = "n") -> Any:
    data = {"reason": reason, "key": key}
    return cast.client(user or cast.mette).post(url(cast, "basis-open", cast.aksel), data)


def sees(cast: Cast, user: User, what: str = "Aksel") -> bool:
    client = cast.client(user)
    pages = [client.get(reverse(name, args=[cast.home.slug])).content.decode() for name in ("board", "residents")]
    return what in "".join(pages)


def test_home_opens_and_an_hour_later_it_is_closed_on_every_page(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.aksel)
    assert not sees(cast, cast.amina)
    answer = open_now(cast)
    assert answer.status_code == 200
    assert "I nød, i 60 minutter" in answer.content.decode()
    assert sees(cast, cast.amina)
    clock.shift(timedelta(minutes=59))
    assert sees(cast, cast.amina)
    clock.shift(timedelta(minutes=1))
    assert not sees(cast, cast.amina), "the page rendered before the hour was over is not shown after it"
    basis = SharingBasis.objects.for_home(cast.home).get(kind=BasisKind.NEED)
    assert basis.withdrawn_at == basis.open_until
    assert services.openings_end(timezone.now()) == 0


def test_open_screens_hear_that_it_closed(cast: Cast, clock: Any) -> None:
    cast.put_on_board(cast.aksel)
    open_now(cast)
    audience = audience_of(cast.access(cast.amina))
    seen = snapshots.snapshot(cast.home, audience).seen
    assert snapshots.changes(cast.home, audience, seen) is None
    clock.shift(timedelta(minutes=60))
    assert services.openings_end(timezone.now()) == 1
    answer = snapshots.changes(cast.home, audience, seen)
    assert answer is not None
    assert f"f{cast.aksel.pk}-level" in answer["gone"]


def test_receiving_side_never_helps_itself(cast: Cast) -> None:
    assert open_now(cast, cast.amina).status_code == 404, "to the team the resident is a flat"
    with pytest.raises(Denied, match="Kun den side"):
        services.basis_open(
            stay=cast.aksel, side=Side.HOME, acting_side=Side.TEAM, reason=WHY, key="", by=cast.amina,
            now=timezone.now(),
        )  # fmt: skip
    assert not sees(cast, cast.amina)


@pytest.mark.parametrize("reason", ["", "   ", "\n\n"])
def test_reason_is_asked_for_and_what_was_typed_stays(cast: Cast, reason: str) -> None:
    answer = open_now(cast, reason=reason)
    assert (answer.status_code, "Skriv, hvorfor det er nødvendigt nu." in answer.content.decode()) == (422, True)
    assert not sees(cast, cast.amina)


def test_second_click_opens_once_and_what_is_shared_is_not_opened(cast: Cast) -> None:
    assert [open_now(cast).status_code for _ in range(2)] == [200, 200]
    assert SharingBasis.objects.for_home(cast.home).filter(kind=BasisKind.NEED).count() == 1
    data = {"reason": WHY, "key": "x"}
    answer = cast.client(cast.mette).post(url(cast, "basis-open", cast.rune), data)
    assert answer.status_code == 422
    answer = cast.client(cast.mette).post(url(cast, "basis-open", cast.vibeke), data)
    assert answer.status_code == 422
    assert not SharingBasis.objects.for_home(cast.home).filter(stay=cast.vibeke).exists()


def test_kind_cannot_be_chosen_from_the_list(cast: Cast) -> None:
    form = {
        "kind": "need", "scope": "all", "given_by": "resident", "given_how": "spoken", "given_on": "2026-11-17",
        "to_day": "2026-12-01",
    }  # fmt: skip
    for user in (cast.mette, cast.lis):
        assert cast.client(user).post(url(cast, "basis-record", cast.aksel), form).status_code == 422


def test_it_can_be_closed_before_the_hour_is_over(cast: Cast) -> None:
    open_now(cast)
    assert cast.client(cast.mette).post(url(cast, "basis-withdraw", cast.aksel)).status_code == 200
    assert not sees(cast, cast.amina)


def test_both_sides_contacts_and_leaders_are_told_at_once_without_a_name(cast: Cast) -> None:
    open_now(cast)
    tick(timezone.now())
    told = {message.to[0] for message in mail.outbox if "nød" in message.subject}
    assert told == {"mette@x.invalid", "amina@x.invalid", "lis@x.invalid"}
    for message in mail.outbox:
        assert "Aksel" not in f"{message.subject}{message.body}"
        assert "gaden" not in f"{message.subject}{message.body}"
    page = cast.client(cast.lis).get(reverse("reminders")).content.decode()
    assert "Oplysninger åbnet i nød i 60 minutter" in page
    mail.outbox.clear()
    tick(timezone.now())
    assert mail.outbox == []


def test_opening_and_closing_stand_in_the_log_with_the_reason_apart(cast: Cast, clock: Any) -> None:
    open_now(cast)
    clock.shift(timedelta(minutes=61))
    services.openings_end(timezone.now())
    codes = list(
        Entry.objects.filter(action__in=["basis.opened", "basis.closed"]).order_by("pk").values_list("action", "actor")
    )
    assert codes == [("basis.opened", cast.mette.pk), ("basis.closed", None)]
    detail = EntryDetail.objects.get(entry__action="basis.opened")
    assert detail.data == {"reason": WHY}
