"""The key that makes a double click one act, and drafts."""

import hashlib

from core.errors import Denied, Repeated
from core.prepared import insert
from organisation.models import IdempotencyKey, User


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
