"""What a person saw when a form was shown: a mark the form carries, compared where the change is made."""

import hashlib

from core.errors import Conflict

# A mark, or a version as a number.
Seen = str | int


def mark_of(stands: object) -> str:
    """A mark of what stands, at most 32 characters. A version is its own mark; of anything else it is a hash."""
    if isinstance(stands, int):
        return str(stands)
    return hashlib.sha256(repr(stands).encode()).hexdigest()[:32]


def check_seen(seen: Seen, stands: object, current: object) -> None:
    """Raises Conflict with `current`, where what stands is not what the person saw. Call it once the clock is taken."""
    if mark_of(stands) != str(seen):
        raise Conflict(current)
