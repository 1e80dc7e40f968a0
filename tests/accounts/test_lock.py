"""A screen left alone locks on the server, a shared tablet opens by PIN, and nobody gets another's screen."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import browsers, devices, screens
from accounts.idle import Left, State, pin_fault, state_of
from accounts.models import Device, DeviceSignIn, Pin, Screen
from audit.models import Entry
from botilbud import settings as real
from core.errors import Denied
from organisation.models import Draft, Home, Membership, Team, User
from tests.accounts.test_sign_in import PASSWORD, sign_in
from tests.conftest import Cast, required, text_in

pytestmark = pytest.mark.both

BOARD = "/havtornen/tavle/"
CHANGES = "/havtornen/tavle/aendringer/"
LIVE = {"X-Requested-With": "board"}
PIN = "482915"
BEGAN = datetime(2026, 11, 17, 9, 30, tzinfo=timezone.get_fixed_timezone(60))


@pytest.fixture(autouse=True)
def _real_times(settings) -> None:
    for name in ("LOCK_OWN_SECONDS", "LOCK_SHARED_SECONDS", "IDLE_END_SECONDS"):
        setattr(settings, name, getattr(real, name))
    cache.clear()


def after(seconds: float, *, shared: bool = True, locked: bool = False, touched: float = 0) -> State:
    left = Left(shared, BEGAN, BEGAN + timedelta(seconds=touched), BEGAN if locked else None)
    return state_of(left, BEGAN + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "shared", "state"),
    [
        (119, True, State.OPEN), (120, True, State.LOCKED), (899, True, State.LOCKED), (900, True, State.OVER),
        (599, False, State.OPEN), (600, False, State.LOCKED), (899, False, State.LOCKED), (900, False, State.OVER),
    ],
)  # fmt: skip
def test_screen_locks_and_ends_at_the_second(seconds: int, shared: bool, state: State) -> None:
    assert after(seconds, shared=shared) is state


def test_session_ends_after_twelve_hours_however_busy() -> None:
    most = 12 * 3600
    assert after(most - 1, touched=most - 2) is State.OPEN
    assert after(most, touched=most - 1) is State.OVER


def test_locked_by_hand_is_locked_at_once() -> None:
    assert after(1, locked=True) is State.LOCKED


@pytest.mark.parametrize(
    "pin", ["111111", "123456", "987654", "121212", "445445", "12345", "1234567", "12345a", "１２３４５９"]
)
def test_pin_easily_guessed_is_refused(pin: str) -> None:
    assert pin_fault(pin)


def test_ordinary_pin_is_taken() -> None:
    assert not pin_fault(PIN)


# --- the server's lock ----------------------------------------------------------------------------------------------


def test_locked_screen_gets_nothing_of_residents_on_any_kind_of_answer(cast: Cast, clock) -> None:
    cast.write("Tekst om beboeren")
    client = cast.client(cast.mette)
    assert "Rune" in text_in(client.get(BOARD))
    clock.shift(600)
    page = client.get(BOARD)
    assert page.status_code == 423
    assert "Rune" not in page.content.decode()
    assert "Mette" in page.content.decode()
    for path in (CHANGES, "/havtornen/tavle/stroem/", "/min-dag/liste/", "/noegle/"):
        answer = client.get(path, headers=LIVE)
        assert (answer.status_code, answer.content.decode()) == (423, "Skærmen er låst.")
    assert client.post("/find/", {"q": "Rune"}, headers={"HX-Request": "true"}).status_code == 423
    for path in ("/konto/2fa/", "/kode/", "/styring/fravaer/"):
        assert client.get(path).status_code == 423, path


def test_write_on_a_locked_screen_changes_nothing(cast: Cast, clock) -> None:
    client = cast.client(cast.mette)
    clock.shift(600)
    answer = client.post(
        f"/havtornen/felt/{cast.rune.pk}/status/home/",
        {"text": "Skrevet efter", "seen": 0},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 423
    assert not Entry.objects.filter(action="cell.written").exists()


def test_draft_of_what_was_typed_before_is_kept_for_its_owner_and_shown_to_nobody_else(cast: Cast, clock) -> None:
    client = cast.client(cast.mette)
    assert client.post("/laas/", headers=LIVE).status_code == 204
    kept = client.post(
        reverse("draft", args=["havtornen"]),
        {"field": f"{cast.rune.pk}-status-home", "text": "Halv sætning", "seen": 0},
        headers=LIVE,
    )
    assert kept.status_code == 204
    assert kept.content == b""
    assert Draft.objects.get().user == cast.mette


def test_polling_and_streams_do_not_keep_a_screen_open(cast: Cast, clock) -> None:
    client = cast.client(cast.mette)
    for _ in range(5):
        clock.shift(119)
        assert "Rune" in text_in(client.get(CHANGES, {"since": 0}, headers=LIVE))
    clock.shift(5)
    assert client.get(CHANGES, headers=LIVE).status_code == 423


def test_touch_keeps_the_screen_open_and_opens_no_locked_one(cast: Cast, clock) -> None:
    client = cast.client(cast.mette)
    clock.shift(590)
    assert client.post("/laas/aktiv/", {"idle": "0"}, headers=LIVE).status_code == 204
    clock.shift(590)
    assert "Rune" in text_in(client.get(CHANGES, headers=LIVE))
    clock.shift(10)
    assert client.post("/laas/aktiv/", {"idle": "0"}, headers=LIVE).status_code == 423
    assert client.get(CHANGES, headers=LIVE).status_code == 423


@pytest.mark.parametrize("ago", ["5", "-900", "1e400", "nan", "x", ""])
def test_touch_says_how_long_ago_and_lies_gain_nothing(cast: Cast, clock, ago: str) -> None:
    client = cast.client(cast.mette)
    clock.shift(500)
    assert client.post("/laas/aktiv/", {"idle": ago}, headers=LIVE).status_code == 204
    screen = Screen.objects.get(user=cast.mette)
    assert screen.active_at <= timezone.now()
    if ago == "5":
        assert screen.active_at == timezone.now() - timedelta(seconds=5)


def test_own_screen_opens_by_password_and_only_its_own_persons(member: User, cast: Cast, clock) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    client.post("/laas/", headers=LIVE)
    wrong = client.post("/laas/aabn/", {"who": member.pk, "password": "forkert", "next": BOARD})
    assert (wrong.status_code, client.get(BOARD).status_code) == (422, 423)
    assert "passer ikke" in wrong.content.decode()
    right = client.post("/laas/aabn/", {"who": member.pk, "password": PASSWORD, "next": BOARD})
    assert (right.status_code, right["Location"]) == (302, BOARD)
    assert "Mette · Havtornen" in text_in(client.get(BOARD))


@pytest.fixture
def member(cast: Cast) -> User:
    cast.mette.set_password(PASSWORD)
    cast.mette.save()
    return cast.mette


def test_after_a_quarter_of_an_hour_one_signs_in_anew(member: User, cast: Cast, clock) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    clock.shift(900)
    assert client.get(CHANGES, headers=LIVE).status_code == 401
    opened = client.post("/laas/aabn/", {"who": member.pk, "password": PASSWORD})
    assert opened.status_code == 422
    page = client.get(BOARD)
    assert (page.status_code, page["Location"]) == (302, f"/konto/login/?next={BOARD}")


def test_stream_that_asks_when_the_time_is_up_is_told_in_a_status_and_the_draft_is_still_kept(
    member: User, cast: Cast, clock
) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    clock.shift(900)
    # As EventSource asks: it cannot send a header of ours, and must not be led to a page.
    assert client.get("/havtornen/tavle/stroem/", headers={"Accept": "text/event-stream"}).status_code == 401
    kept = client.post(
        reverse("draft", args=["havtornen"]),
        {"field": f"{cast.rune.pk}-status-home", "text": "Halv sætning", "seen": 0},
        headers=LIVE,
    )
    assert kept.status_code == 204
    assert Draft.objects.get().text == "Halv sætning"


def test_session_without_a_screen_is_over(cast: Cast) -> None:
    client = cast.client(cast.mette)
    Screen.objects.all().delete()
    assert client.get(CHANGES, headers=LIVE).status_code == 401


@pytest.mark.parametrize("onward", ["https://ond.invalid/", "//ond.invalid/", "/\\ond.invalid", "javascript:x", ""])
def test_way_on_after_the_lock_leads_nowhere_else(member: User, cast: Cast, onward: str) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    client.post("/laas/", headers=LIVE)
    answer = client.post("/laas/aabn/", {"who": member.pk, "password": PASSWORD, "next": onward})
    assert answer["Location"] == "/"


def test_password_change_does_not_end_the_screen(member: User, cast: Cast) -> None:
    client = Client()
    sign_in(client, member.email, PASSWORD)
    fresh = "en helt anden rolig adgangskode"
    sent = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    assert client.post("/konto/password/change/", sent).status_code == 302
    assert "Mette · Havtornen" in text_in(client.get(BOARD))


# --- shared tablets ---------------------------------------------------------------------------------------------------


def tablet(cast: Cast, unit: Home | Team | None = None) -> Client:
    """A browser that is the shared tablet, with nobody signed in on it."""
    _, code = devices.device_add(unit=unit or cast.home, name="Tablet på kontoret", key="", by=cast.lis)
    client = Client()
    assert client.post(f"/tablet/{code}/").status_code == 302
    return client


def full(client: Client, user: User) -> None:
    """The person signs in on the tablet with all they have."""
    user.set_password(PASSWORD)
    user.save()
    client.post("/laas/", {"somebody_else": "1"})
    assert sign_in(client, user.email, PASSWORD).status_code == 302
    screens.pin_set(user=user, pin=PIN, again=PIN, password=PASSWORD, now=timezone.now())


def by_pin(client: Client, user: User, pin: str = PIN):
    return client.post("/laas/aabn/", {"who": user.pk, "pin": pin, "next": BOARD})


def test_tablet_locks_after_two_minutes_and_opens_by_pin(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    assert "Rune" in text_in(client.get(BOARD))
    clock.shift(120)
    locked = client.get(BOARD)
    assert locked.status_code == 423
    assert "Rune" not in locked.content.decode()
    assert by_pin(client, cast.mette).status_code == 302
    assert "Mette · Havtornen" in text_in(client.get(BOARD))


def test_two_taps_change_the_person_and_what_is_written_is_theirs(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.amina)
    full(client, cast.mette)
    client.post("/laas/", headers=LIVE)
    names = client.get("/laas/").content.decode()
    assert "Amina" in names
    assert "Mette" in names
    assert by_pin(client, cast.amina).status_code == 302
    assert client.get("/noegle/", headers=LIVE).json()["user"] == cast.amina.pk
    client.post(
        f"/havtornen/felt/{cast.rune.pk}/status/team/", {"text": "Fra teamet", "seen": 0, "key": "a"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert Entry.objects.get(action="cell.written").actor == cast.amina.pk


def test_after_a_quarter_of_an_hour_the_pin_still_opens_but_what_was_open_has_ended(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    first = Screen.objects.get()
    clock.shift(3600)
    page = client.get(BOARD)
    assert (page.status_code, page["Location"]) == (302, f"/laas/?videre={BOARD}")
    assert by_pin(client, cast.mette)["Location"] == BOARD
    assert "Mette · Havtornen" in text_in(client.get(BOARD))
    assert screens.state(first, timezone.now()) is State.OVER


def test_pin_is_good_for_twelve_hours_after_the_full_sign_in_and_is_not_renewed_by_itself(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    for hour in range(11):
        clock.shift(3600)
        assert by_pin(client, cast.mette).status_code == 302, hour
    clock.shift(3600)
    refused = by_pin(client, cast.mette)
    assert refused.status_code == 422
    assert "Mette" not in client.get("/laas/").content.decode()


def test_five_wrong_pins_and_the_sixth_is_refused_though_right(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    client.post("/laas/", headers=LIVE)
    said = [by_pin(client, cast.mette, "999991").content.decode() for _ in range(5)]
    assert "Du kan prøve 4 gange til" in said[0]
    assert "Du kan prøve 1 gang til" in said[3]
    assert "Log ind med adgangskode" in said[4]
    assert by_pin(client, cast.mette).status_code == 422
    assert client.get(BOARD).status_code == 423
    assert Entry.objects.filter(action="screen.refused", scope=cast.mette.scope).count() == 1
    full(client, cast.mette)
    assert "Mette · Havtornen" in text_in(client.get(BOARD))


def test_wrong_pin_of_one_says_nothing_of_another(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    for who in (cast.jonas.pk, 99999, 0):
        answer = client.post("/laas/aabn/", {"who": who, "pin": PIN})
        assert "Log ind med adgangskode" in answer.content.decode()
    assert by_pin(client, cast.mette).status_code == 302


def test_pin_opens_no_browser_that_is_not_the_tablet(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    other = Client()
    assert by_pin(other, cast.mette).status_code == 422
    other.cookies[devices.COOKIE] = "gættet"
    assert by_pin(other, cast.mette).status_code == 422
    second = tablet(cast)
    assert by_pin(second, cast.mette).status_code == 422, "signed in on one tablet is not signed in on another"


def test_whoever_has_left_the_home_cannot_open_its_tablet(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    client.post("/laas/", headers=LIVE)
    Membership.objects.filter(user=cast.mette).update(to_day=timezone.localdate() - timedelta(days=1))
    answer = by_pin(client, cast.mette)
    assert answer.status_code == 422
    assert "ikke længere adgang" in answer.content.decode()


@pytest.mark.parametrize("unit", ["home", "team"])
def test_tablet_of_a_team_is_for_the_team_and_of_a_home_for_both(cast: Cast, unit: str) -> None:
    device, _ = devices.device_add(unit=getattr(cast, unit), name="Bilen", key="", by=cast.lis)
    assert devices.works_at(cast.amina, device)
    assert devices.works_at(cast.mette, device) == (unit == "home")
    assert not devices.works_at(cast.stranger, device)
    assert not devices.works_at(cast.gone, device)


def test_link_works_once_and_within_a_day(cast: Cast, clock) -> None:
    _, code = devices.device_add(unit=cast.home, name="Tablet", key="", by=cast.lis)
    _, late = devices.device_add(unit=cast.home, name="Senere", key="", by=cast.lis)
    assert "Brug denne tablet" in text_in(Client().get(f"/tablet/{code}/"))
    first = Client().post(f"/tablet/{code}/")
    assert first.status_code == 302
    assert first.cookies[devices.COOKIE]["httponly"]
    assert Client().post(f"/tablet/{code}/").status_code == 410
    clock.shift(24 * 3600)
    assert Client().post(f"/tablet/{late}/").status_code == 410
    assert Client().post("/tablet/findes-ikke/").status_code == 410


def test_tablet_taken_out_of_use_ends_every_session_on_it(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    own = cast.client(cast.mette)
    device = Device.objects.get()
    answer = cast.client(cast.lis).post(f"/styring/tablets/{device.pk}/ud/")
    assert answer.status_code == 302
    assert client.get(CHANGES, headers=LIVE).status_code == 401
    assert by_pin(client, cast.mette).status_code == 422
    assert "Rune" in text_in(own.get(CHANGES, headers=LIVE)), "her own computer goes on"


def test_only_the_units_own_leader_enrols(cast: Cast) -> None:
    lis = cast.client(cast.lis)
    empty = lis.post("/styring/tablets/", {"name": "  ", "key": "k0"})
    assert empty.status_code == 422
    made = lis.post("/styring/tablets/", {"name": "Tablet på kontoret", "key": "k1"})
    assert "/tablet/" in made.content.decode()
    again = lis.post("/styring/tablets/", {"name": "Tablet på kontoret", "key": "k1"})
    assert "Linket er lavet. Det vises kun én gang" in text_in(again)
    assert "/tablet/" not in again.content.decode().partition("<main")[2].partition("</main>")[0]
    assert Device.objects.count() == 1
    for user in (cast.mette, cast.amina, cast.stranger, cast.karla):
        client = cast.client(user)
        assert client.get("/styring/tablets/").status_code == 404
        assert client.post(f"/styring/tablets/{Device.objects.get().pk}/ud/").status_code == 404
    assert Device.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"pin": "111111", "again": "111111"}, "let at gætte"),
        ({"pin": PIN, "again": "482916"}, "ikke ens"),
        ({"pin": "", "again": ""}, ""),
        ({"pin": "x" * 5000, "again": "x"}, ""),
        ({"pin": PIN, "again": PIN, "password": "forkert"}, "Adgangskoden passer ikke"),
    ],
)
def test_pin_form_says_what_is_wrong(member: User, cast: Cast, sent: dict[str, str], words: str) -> None:
    client = cast.client(member)
    answer = client.post("/kode/", {"password": PASSWORD, **sent})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert client.post("/kode/", {"password": PASSWORD, "pin": PIN, "again": PIN}).status_code == 302
    kept = User.objects.get(pk=member.pk).pin.hash
    assert PIN not in kept


def test_copy_of_the_table_is_not_tried_out_without_the_servers_secret(cast: Cast, settings) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    settings.SECRET_KEY = "another" + "y" * 50
    with pytest.raises(Denied):
        screens.check_pin(Device.objects.get(), cast.mette.pk, PIN, timezone.now())


def test_guesses_sent_at_once_are_all_counted(cast: Cast) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    device = Device.objects.get()
    DeviceSignIn.objects.update(tries=4)
    with pytest.raises(Denied):
        screens.check_pin(device, cast.mette.pk, "999991", timezone.now())
    with pytest.raises(Denied):
        screens.check_pin(device, cast.mette.pk, PIN, timezone.now())


# --- the meeting keeps the screen awake -----------------------------------------------------------------------------


def test_whoever_is_noted_as_there_keeps_the_screen_through_the_meeting(cast: Cast, clock) -> None:
    number = cast.start().number
    mette, jonas = cast.client(cast.mette), cast.client(cast.jonas)
    awake = f"/havtornen/moede/{number}/vaagen/"
    for _ in range(11):
        clock.shift(590)
        assert mette.post(awake, headers=LIVE).status_code == 204
    assert jonas.post(awake, headers=LIVE).status_code == 401, "left alone all the while"
    assert cast.client(cast.jonas).post(awake, headers=LIVE).json() == {"awake": False}, "not noted as there"
    clock.shift(590)
    assert mette.post(awake, headers=LIVE).status_code == 204
    clock.shift(590)
    assert mette.post(awake, headers=LIVE).json() == {"awake": False}, "two hours at most"
    clock.shift(15)
    assert mette.get(CHANGES, headers=LIVE).status_code == 423


def test_closed_meeting_keeps_no_screen_awake(cast: Cast, clock) -> None:
    meeting = cast.start()
    mette = cast.client(cast.mette)
    type(meeting).objects.for_home(cast.home).filter(pk=meeting.pk).update(state="closed")
    assert mette.post(f"/havtornen/moede/{meeting.number}/vaagen/", headers=LIVE).json() == {"awake": False}


def changed(client: Client, user: User) -> None:
    fresh = "en helt anden rolig adgangskode"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})


def chosen_anew(client: Client, user: User) -> None:
    Client().post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    page = Client()
    fresh = "en helt anden rolig adgangskode"
    where = page.get(required(link)[1], follow=True).request["PATH_INFO"]
    page.post(where, {"password1": fresh, "password2": fresh})


def ended_elsewhere(client: Client, user: User) -> None:
    client.post(reverse("own-sessions"), {"others": "1"})


@pytest.mark.parametrize("ends", [changed, chosen_anew, ended_elsewhere])
def test_pin_goes_with_the_password_and_with_log_out_everywhere(
    cast: Cast, clock, ends: Callable[[Client, User], None]
) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    full(client, cast.amina)
    own = Client()
    assert sign_in(own, cast.mette.email, PASSWORD).status_code == 302
    ends(own, cast.mette)
    assert by_pin(client, cast.mette).status_code == 422
    assert not Pin.objects.filter(user=cast.mette).exists()
    assert Entry.objects.filter(action="pin.forgotten", subject=f"organisation.user:{cast.mette.pk}").count() == 1
    assert by_pin(client, cast.amina).status_code == 302, "another's stands"


def test_end_of_a_shift_leaves_the_pin(cast: Cast, clock) -> None:
    client = tablet(cast)
    full(client, cast.mette)
    browsers.all_ended(cast.mette.pk)
    assert by_pin(client, cast.mette).status_code == 302
