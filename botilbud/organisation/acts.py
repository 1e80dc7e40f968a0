"""Acts that change nothing and are noted all the same: refusals, searches, what is taken out of the board.

They stand in chains of their own ('log:home:3', 'person:7'), so that no open board fetches anything for them.
"""

from botilbud.audit import trail
from botilbud.organisation.models import Home, User

trail.register("refused", "blev afvist")
trail.register("searched", "søgte efter en beboer", personal=("words",))
trail.register("exported", "tog oplysninger ud af tavlen")


def refused(scope: str, user: User, page: str, status: int) -> None:
    """A signed-in person was told 403 or 404; once an hour for a page, by its name and no address."""
    trail.note(scope, "refused", f"page:{page}"[:60], by=user.pk, hourly=True, status=status)


def searched(user: User, words: str) -> None:
    """A search. The words are in the part that can be erased."""
    trail.note(user.scope, "searched", user, by=user.pk, words=words, length=len(words))


def exported(home: Home, user: User, what: str, stays: list[int]) -> None:
    """Something about these residents left the board: as a file, as text to copy, as a page to print."""
    trail.note(home.log_scope, "exported", home, by=user.pk, what=what, stays=sorted(stays))
