"""Sign-ins on their way through an organisation's own provider, remembered in the session of the browser that asked."""

import time
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from accounts.providers import Provider
from accounts.rules import Refused

WAITING = "own_provider_waiting"
WAIT, AT_ONCE = 600, 5


@dataclass(frozen=True)
class WaitingSignIn:
    """A sign-in on its way. By SAML there is no nonce and no verifier: the answer names the request itself."""

    nonce: str
    verifier: str
    next: str


def remember(session: SessionBase, provider: Provider, state: str, waiting: WaitingSignIn) -> None:
    """Keeps what the answer with this state is held against."""
    rest = [waits for waits in session.get(WAITING, []) if waits["at"] > time.time() - WAIT]
    kept = {
        "state": state,
        "nonce": waiting.nonce,
        "verifier": waiting.verifier,
        "next": waiting.next,
        "for": provider.id,
        "at": time.time(),
    }
    session[WAITING] = [*rest, kept][-AT_ONCE:]


def take(session: SessionBase, provider: Provider, state: str) -> WaitingSignIn:
    """What the session remembers for this state, once. Raises Refused for a state it did not send, or sent long ago."""
    ours = None
    rest = []
    for waits in session.get(WAITING, []):
        if ours is None and waits["for"] == provider.id and constant_time_compare(waits["state"], state):
            ours = waits
        else:
            rest.append(waits)
    session[WAITING] = rest
    if ours is None or ours["at"] < time.time() - WAIT:
        raise Refused("state", "Log ind var begyndt i en anden fane eller for længe siden. Begynd forfra her.")
    return WaitingSignIn(ours["nonce"], ours["verifier"], ours["next"])
