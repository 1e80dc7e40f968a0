"""Whether a screen is open, locked or over. Pure: the moment is an argument, limits are settings."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings


class State(StrEnum):
    OPEN = "open"
    # The person opens it again; nothing of residents leaves the server until then.
    LOCKED = "locked"
    # To be signed in anew.
    OVER = "over"


@dataclass(frozen=True)
class Left:
    """A screen as it was left: when its session began, when it was last touched, whether somebody locked it."""

    shared: bool
    began_at: datetime
    active_at: datetime
    locked_at: datetime | None


def lock_after(shared: bool) -> timedelta:
    """How long a screen may be left alone before it locks."""
    return timedelta(seconds=settings.LOCK_SHARED_SECONDS if shared else settings.LOCK_OWN_SECONDS)


def over_at(began_at: datetime) -> datetime:
    """When a session ends, whatever is done with it."""
    return began_at + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def state_of(left: Left, now: datetime) -> State:
    """What the screen is at the moment; each limit is reached at the second it names."""
    idle = now - left.active_at
    if now >= over_at(left.began_at) or idle >= timedelta(seconds=settings.IDLE_END_SECONDS):
        return State.OVER
    if left.locked_at is not None or idle >= lock_after(left.shared):
        return State.LOCKED
    return State.OPEN


MOST_GUESSED = {"123456", "654321", "123123", "121212", "112233", "123321", "159753", "147258", "789456", "696969"}


def pin_fault(pin: str) -> str:
    """Why the six digits cannot be a PIN; '' when they can. Those most guessed are refused."""
    if len(pin) != 6 or not (pin.isascii() and pin.isdigit()):
        return "Koden er seks tal."
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    if len(steps) == 1 or pin in MOST_GUESSED or pin[:3] == pin[3:] or len(set(pin)) == 2:
        return "Den kode er for let at gætte. Vælg en anden."
    return ""
