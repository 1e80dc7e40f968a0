"""Who has the board open, and in which field they write. Counts on a clock of its own; holds no text."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from audit import trail
from boards.models import Presence
from core.prepared import prepared
from organisation.models import Home, User

GONE_AFTER = timedelta(seconds=45)


@dataclass(frozen=True)
class PeopleHere:
    """`names` in order without doubles, `writing` maps a field to (tab, name)."""

    names: list[str]
    writing: dict[str, tuple[str, str]]


def scope(home: Home) -> str:
    """The clock of a home's presence."""
    return f"here:{home.pk}"


def arrive(home: Home, user: User, tab: str, field: str | None = None) -> None:
    """The tab is here and writes in the field ('' for none, None for the same as before). A change moves the clock."""
    now = timezone.now()
    stale = Presence.objects.filter(home=home, heard_at__lt=now - GONE_AFTER)
    gone = stale.delete()[0]
    known = Presence.objects.filter(home=home, user=user, tab=tab).first()
    writes = known.field if known and field is None else (field or "")
    Presence.objects.update_or_create(home=home, user=user, tab=tab, defaults={"field": writes[:60], "heard_at": now})
    if gone or known is None or known.field != writes:
        trail.touch(scope(home))


def still_here(seats: Collection[tuple[int, str, int]]) -> None:
    """These tabs (home id, name, user id) are still open. If one was thought gone, the clock moves. Two queries."""
    now = timezone.now()
    rows = Presence.objects.filter(
        home__in={home for home, _, _ in seats},
        tab__in={tab for _, tab, _ in seats},
        user__in={user for _, _, user in seats},
    )
    known = set(rows.values_list("home_id", "tab", "user_id"))
    rows.update(heard_at=now)
    for home, tab, user in seats:
        if (home, tab, user) not in known:
            Presence.objects.update_or_create(home_id=home, tab=tab, user_id=user, defaults={"heard_at": now})
            trail.touch(f"here:{home}")


def leave(home_id: int, tab: str, user_id: int) -> None:
    """The person's tab ended its stream."""
    if Presence.objects.filter(home=home_id, tab=tab, user=user_id).delete()[0]:
        trail.touch(f"here:{home_id}")


def here(home: Home) -> PeopleHere:
    """Who is here now. One query."""
    rows = _here(home.pk, timezone.now() - GONE_AFTER)
    return PeopleHere(
        list(dict.fromkeys(name for name, _, _ in rows)), {field: (tab, name) for name, tab, field in rows if field}
    )


@prepared
def _here(home: int, since: datetime) -> QuerySet[Presence, tuple[str, str, str]]:
    rows = Presence.objects.filter(home=home, heard_at__gte=since).order_by("user__name", "pk")
    return rows.values_list("user__name", "tab", "field")
