"""Refusals every room shares, the key that makes a double click one act, and drafts."""

import hashlib
from typing import Any

from botilbud.lib.prepared import insert
from botilbud.organisation.models import Draft, Home, IdempotencyKey, User


class Denied(Exception):
    """A refusal with its reason in Danish. `field` names the form's field it belongs at, '' for the whole."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(Exception):
    """Somebody else changed it since. `current` is what stands there now."""

    def __init__(self, current: Any) -> None:
        super().__init__("changed since")
        self.current = current


class Repeated(Exception):
    """The same form came twice; the first was acted upon."""


def once(user: User, key: str, *content: object) -> None:
    """Takes the form's key within the service's transaction.

    Raises Repeated when the same form came before, Denied when another came under its key: the first answer was lost
    on the way and the person has corrected the form since.
    """
    if not key:
        return
    print_ = hashlib.sha256(repr(content).encode()).hexdigest()
    if insert(IdempotencyKey(user=user, key=key[:40], content=print_), unless_there=True):
        return
    if IdempotencyKey.objects.get(user=user, key=key[:40]).content == print_:
        raise Repeated
    raise Denied("Den første udgave nåede at blive gemt. Luk, se efter på tavlen, og ret den dér.")


def keep_draft(user: User, home: Home, field: str, text: str, seen: int) -> None:
    """Keeps what the person is typing in the field; an empty text drops it."""
    if not text.strip():
        drop_draft(user, field)
        return
    Draft.objects.update_or_create(
        user=user, field=field[:80], defaults={"home": home, "text": text[:4000], "seen": seen}
    )


def drop_draft(user: User, field: str) -> None:
    """Forgets the draft: saved, or given up with Esc."""
    Draft.objects.filter(user=user, field=field).delete()


def draft_for(user: User, home: Home, field: str) -> Draft | None:
    """The person's own draft of the field, if any."""
    return Draft.objects.filter(user=user, home=home, field=field).first()
