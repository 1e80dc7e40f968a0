"""The key that makes a double click one act, and drafts."""

import hashlib

from core.errors import Denied, Repeated
from core.prepared import insert
from organisation.models import Draft, Home, IdempotencyKey, User


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
