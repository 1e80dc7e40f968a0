"""A tick made without a network, sent when there is one again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from boards.models import Intervention, State
from organisation.models import Side, User
from residents import services as resident_services
from tests.conftest import TODAY, Cast

pytestmark = pytest.mark.both

URL = "/min-dag/flueben/"


def send(cast: Cast, user: User, item: Intervention, ago: timedelta = timedelta(), seen: int | None = None):
    at = timezone.now() - ago
    data = {"intervention": item.pk, "seen": item.version if seen is None else seen, "at": int(at.timestamp())}
    return cast.client(user).post(URL, data, headers={"X-Requested-With": "board"})


def state(cast: Cast, item: Intervention) -> tuple[str, object]:
    row = Intervention.objects.for_home(cast.home).get(pk=item.pk)
    return row.state, row.settled_on


def test_late_tick_is_done_on_the_day_it_was_made_and_once(cast: Cast) -> None:
    item = cast.agree(owner=cast.mette, due_on=TODAY)
    for _ in range(2):
        assert send(cast, cast.mette, item, timedelta(days=1)).status_code == 204
    assert state(cast, item) == (State.DONE, TODAY - timedelta(days=1))


def test_tick_from_the_future_is_of_now(cast: Cast) -> None:
    item = cast.agree(owner=cast.mette, due_on=TODAY)
    assert send(cast, cast.mette, item, -timedelta(days=3)).status_code == 204
    assert state(cast, item) == (State.DONE, TODAY)


def test_what_changed_meanwhile_is_told_and_left(cast: Cast) -> None:
    item = cast.agree(owner=cast.mette, due_on=TODAY)
    answer = send(cast, cast.mette, item, seen=item.version - 1)
    assert answer.status_code == 409
    assert "ændret imens" in answer.content.decode()
    assert state(cast, item)[0] == State.PLANNED


def test_tick_older_than_a_week_is_refused(cast: Cast) -> None:
    item = cast.agree(owner=cast.mette, due_on=TODAY)
    assert send(cast, cast.mette, item, timedelta(days=7, seconds=1)).status_code == 422
    assert send(cast, cast.mette, item, timedelta(days=7)).status_code == 204


@pytest.mark.parametrize("who", ["stranger", "other_nurse", "karla", "gone"])
def test_stranger_ticks_nothing(cast: Cast, who: str) -> None:
    item = cast.agree(owner=cast.mette, due_on=TODAY)
    assert send(cast, getattr(cast, who), item).status_code == 404
    assert state(cast, item)[0] == State.PLANNED


def test_tick_of_before_the_withdrawal_is_not_let_in_after_it(cast: Cast) -> None:
    item = cast.agree(owner=cast.amina, by=cast.amina, track="psychiatric", due_on=TODAY)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert send(cast, cast.amina, item, timedelta(hours=3)).status_code == 404
    assert state(cast, item)[0] == State.PLANNED


@pytest.mark.parametrize(
    ("field", "value"), [("intervention", "x"), ("seen", "1e9"), ("at", "99999999999999"), ("at", "-x")]
)
def test_what_cannot_be_read_is_a_bad_request(cast: Cast, field: str, value: str) -> None:
    answer = cast.client(cast.mette).post(URL, {field: value}, headers={"X-Requested-With": "board"})
    assert answer.status_code == 400
