"""Screens: who is signed in where, whether the screen is locked, and how it is opened again.

The lock is kept on the server: a locked screen gets no resident's data, whatever its page does. Only what a person does
keeps a screen open (`touch`), never a stream or a poll.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import browsers, devices
from accounts.idle import Left, State, lock_after, pin_fault, state_of
from accounts.models import Device, DeviceSignIn, Pin, Screen
from audit import trail
from core.errors import Denied
from core.prepared import prepared
from organisation.models import Membership, User

KEY = "skaerm"
trail.register("screen.locked", "låste skærmen")
trail.register("screen.unlocked", "låste skærmen op")
trail.register("screen.refused", "skrev en forkert kode på en delt tablet")
trail.register("pin.set", "valgte en kode til delte tablets")
trail.register("pin.forgotten", "fik sin kode til delte tablets slettet")


def begin(request: HttpRequest, user: User, *, full: bool) -> None:
    """A sign-in begins and its screen is noted. After a full sign-in on a shared tablet, a PIN opens it for a while."""
    now = timezone.now()
    device = devices.of(request)
    screen = Screen.objects.create(user=user, device=device, began_at=now, active_at=now)
    request.session[KEY] = screen.pk
    if full:
        signed_in_fully(request, user)


def signed_in_fully(request: HttpRequest, user: User) -> None:
    """The person has shown all that is asked for: on a shared tablet their PIN opens it from now on, for some hours."""
    device = devices.of(request)
    if device is not None:
        DeviceSignIn.objects.update_or_create(device=device, user=user, defaults={"at": timezone.now(), "tries": 0})


def of(request: HttpRequest, user: User) -> Screen | None:
    """The screen the person's session stands on; None for a session without one. One query, two on a shared tablet."""
    pk = request.session.get(KEY)
    return _screen.first(pk, user.pk) if pk else None


@prepared
def _screen(pk: int, user: int) -> QuerySet[Screen]:
    return Screen.objects.filter(pk=pk, user=user)


def state(screen: Screen | None, now: datetime) -> State:
    """Open, locked or over; over where there is no screen, its tablet was taken out of use, or a job ended at midnight.

    One query for a screen from before midnight, none for others.
    """
    if screen is None or (screen.device is not None and screen.device.revoked_at is not None):
        return State.OVER
    began, day = timezone.localdate(screen.began_at), timezone.localdate(now)
    if began < day and _left(screen.user_id, began, day):
        return State.OVER
    left = Left(screen.device_id is not None, screen.began_at, screen.active_at, screen.locked_at)
    return state_of(left, now)


def role_ended(member: Membership, day: date) -> None:
    """The last day of the role has passed: the person's sessions end, and their streams within seconds.

    They stand where another role of theirs is at the same place. One that ends by its date is found by `state`.
    """
    if member.to_day is not None and _left(member.user_id, member.to_day, day):
        browsers.all_ended(member.user_id)


def _left(user_id: int, since: date, day: date) -> bool:
    """Whether the person left a place between the days: a role ended there, and they have no other role there now."""
    lasting = Membership.objects.filter(Q(to_day=None) | Q(to_day__gte=since), user=user_id)
    roles = list(lasting.values_list("home", "team", "organisation", "from_day", "to_day"))
    here = {tuple(place) for *place, first, last in roles if first <= day and (last is None or last >= day)}
    return any(tuple(place) not in here for *place, _, last in roles if last is not None and last < day)


def open_among(screens: Collection[int], now: datetime) -> set[int]:
    """Those of the screens (ids) that are open. One query, and one for each from before midnight."""
    asked = Screen.objects.filter(pk__in=screens).select_related("device")
    return {screen.pk for screen in asked if state(screen, now) is State.OPEN}


def touch(screen: Screen, now: datetime, ago: float = 0) -> None:
    """The person touched the screen `ago` seconds ago. It keeps an open screen open and opens no locked one."""
    limit = lock_after(screen.device_id is not None)
    moment = now - timedelta(seconds=min(max(ago, 0), limit.total_seconds()))
    left = Screen.objects.filter(pk=screen.pk, locked_at=None, active_at__gt=now - limit, active_at__lt=moment)
    left.update(active_at=moment)


def lock(screen: Screen, now: datetime) -> None:
    """Locks the screen: by its button, or because it was left alone."""
    if Screen.objects.filter(pk=screen.pk, locked_at=None).update(locked_at=now):
        trail.note(screen.user.scope, "screen.locked", f"screen:{screen.pk}", by=screen.user_id)


def unlock(screen: Screen, now: datetime) -> None:
    """Opens the person's own screen again; the caller checked who they are. Raises Denied if the session is over."""
    if state(screen, now) is State.OVER:
        raise Denied("Det er for længe siden. Log ind igen.")
    trail.note(screen.user.scope, "screen.unlocked", f"screen:{screen.pk}", by=screen.user_id)
    Screen.objects.filter(pk=screen.pk).update(locked_at=None, active_at=now)


def people_on(device: Device, now: datetime) -> list[DeviceSignIn]:
    """Those who may open the tablet by PIN or passkey now, by name: signed in fully there within some hours.

    One query. Whoever no longer works where the tablet belongs is told so when they try (`check_pin`).
    """
    recent = DeviceSignIn.objects.filter(
        device=device, at__gt=now - timedelta(hours=settings.PIN_HOURS), tries__lt=settings.PIN_TRIES
    )
    return list(recent.filter(user__is_active=True).select_related("user__pin").order_by("user__name", "user_id"))


def check_pin(device: Device, user_id: int, pin: str, now: datetime) -> User:
    """The person whose PIN it is. Raises Denied, the same for a wrong PIN and for a person who has none.

    Every try counts before the PIN is looked at. After five the person signs in fully.
    """
    recent = DeviceSignIn.objects.filter(
        device=device,
        user=user_id,
        user__is_active=True,
        at__gt=now - timedelta(hours=settings.PIN_HOURS),
        tries__lt=settings.PIN_TRIES,
    )
    if not recent.update(tries=F("tries") + 1):
        raise Denied("Log ind med adgangskode. Koden kan bruges igen bagefter.")
    user = User.objects.get(pk=user_id)
    kept = Pin.objects.filter(user=user).first()
    if not check_password(_peppered(pin), kept.hash if kept else ""):
        trail.note(user.scope, "screen.refused", device, by=None, hourly=True)
        left = settings.PIN_TRIES - DeviceSignIn.objects.get(device=device, user=user).tries
        if left <= 0:
            raise Denied("Koden er skrevet forkert for mange gange. Log ind med adgangskode.")
        raise Denied(f"Koden passer ikke. Du kan prøve {left} {'gang' if left == 1 else 'gange'} til.")
    if not devices.works_at(user, device):
        raise Denied(f"Du har ikke længere adgang til {device.unit.name}.")
    DeviceSignIn.objects.filter(device=device, user=user).update(tries=0)
    return user


def pin_set(*, user: User, pin: str, again: str, password: str, now: datetime) -> None:
    """Chooses the person's PIN. Raises Denied, with the field: a wrong password, six digits easily guessed, a slip."""
    if user.has_usable_password() and not user.check_password(password):
        raise Denied("Adgangskoden passer ikke.", "password")
    if fault := pin_fault(pin):
        raise Denied(fault, "pin")
    if pin != again:
        raise Denied("De to koder er ikke ens.", "again")
    trail.note(user.scope, "pin.set", user, by=user.pk)
    Pin.objects.update_or_create(user=user, defaults={"hash": make_password(_peppered(pin)), "set_at": now})


def pin_forget(user: User, *, by: int | None = None) -> None:
    """The PIN is gone, and the person signs in fully on every shared tablet: whoever knew the password may know it."""
    had = Pin.objects.filter(user=user).delete()[0] + DeviceSignIn.objects.filter(user=user).delete()[0]
    if had:
        trail.note(user.scope, "pin.forgotten", user, by=by or user.pk)


def _peppered(pin: str) -> str:
    """Mixes in the server's secret: somebody who copies the table could soon try out all six-digit codes."""
    return salted_hmac(f"{__name__}.pin", pin, algorithm="sha256").hexdigest()
