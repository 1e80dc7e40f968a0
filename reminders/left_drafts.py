"""Words somebody typed and did not send before their access ended: the leader of their unit gets them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from accounts.access import Access, accesses_of_many
from audit import trail
from core.errors import Denied
from organisation.drafts import words_of
from organisation.models import Draft, Home, Membership, User
from organisation.region import rules_of
from residents.selectors import VisibleStay, visible_everywhere
from residents.texts import COLUMNS

trail.register("draft.taken", "overtog en kladde fra en, der ikke længere har adgang")
trail.register("draft.dropped", "slettede en kladde fra en, der ikke længere har adgang")


@dataclass(frozen=True)
class LeftDraft:
    """One draft: who typed it, where it was to stand, and the words. Without `stay` where that may not be shown."""

    pk: int
    home: Home
    writer: User
    at: datetime
    place: str
    words: list[str]
    stay: VisibleStay | None


def left_drafts(leading: list[Access], day: date) -> list[LeftDraft]:
    """What people of the leader's own units had typed when their access ended, the newest last.

    Three queries where nobody has a draft; else the stays of the leader's homes too.
    """
    found = _left(leading, day)
    if not found:
        return []
    shown = visible_everywhere([access for _, access in found], day)
    by_home = {home: {stay.id: stay for stay in stays if stay.sight.shared} for home, stays in shown.items()}
    return [
        LeftDraft(
            draft.pk,
            access.home,
            draft.user,
            draft.at,
            _place(draft, access, day),
            words_of(draft),
            by_home[access.home.pk].get(draft.stay or 0),
        )
        for draft, access in found
    ]


def draft_take(*, leading: list[Access], pk: int, today: date) -> None:
    """The draft is the leader's own from now on, and stands where it was typed. Raises LookupError, Denied."""
    draft, access = _one(leading, pk, today)
    with trail.change(access.home.log_scope, by=access.user.pk) as log:
        if Draft.objects.filter(user=access.user, field=draft.field).exists():
            raise Denied("Du har selv en kladde samme sted. Gem den, eller slet den først.")
        if not Draft.objects.filter(pk=pk, user=draft.user).update(user=access.user, at=timezone.now()):
            raise LookupError("draft")
        log("draft.taken", access.home, writer=draft.user_id)


def draft_drop(*, leading: list[Access], pk: int, today: date) -> None:
    """The draft is gone. Raises LookupError."""
    draft, access = _one(leading, pk, today)
    with trail.change(access.home.log_scope, by=access.user.pk) as log:
        if not Draft.objects.filter(pk=pk, user=draft.user).delete()[0]:
            raise LookupError("draft")
        log("draft.dropped", access.home, writer=draft.user_id)


def _one(leading: list[Access], pk: int, today: date) -> tuple[Draft, Access]:
    one = next((found for found in _left(leading, today) if found[0].pk == pk), None)
    if one is None:
        raise LookupError("draft")
    return one


def _left(leading: list[Access], day: date) -> list[tuple[Draft, Access]]:
    """The drafts of those who have no access to the home now, with the leader's access they come to."""
    homes = [access.home for access in leading]
    drafts = list(Draft.objects.filter(home__in=homes).exclude(user=leading[0].user).select_related("user", "home"))
    if not drafts:
        return []
    open_now = {(access.user.pk, access.home.pk) for access in accesses_of_many({draft.user for draft in drafts}, day)}
    drafts = [draft for draft in drafts if (draft.user_id, draft.home_id) not in open_now or not draft.user.is_active]
    worked = set(_units(draft.user_id for draft in drafts)) if drafts else set()
    found = []
    for draft in sorted(drafts, key=lambda one: one.at):
        for access in leading:
            unit = ("home", access.home.pk) if access.team is None else ("team", access.team.pk)
            if access.home.pk == draft.home_id and (draft.user_id, *unit) in worked:
                found.append((draft, access))
    return found


def _units(users: Iterable[int]) -> Iterable[tuple[int, str, int]]:
    """(user, 'home' or 'team', id) of every unit they have or had a role in. One query."""
    rows = Membership.objects.filter(Q(home__isnull=False) | Q(team__isnull=False), user__in=set(users))
    for user, home, team in rows.values_list("user", "home", "team"):
        yield (user, "home", home) if home else (user, "team", team)


def _place(draft: Draft, access: Access, day: date) -> str:
    """'Status' for a text of the board; '' for a form."""
    _, _, name = draft.field.partition("-")
    key, _, side = name.rpartition("-")
    return COLUMNS[key].heading_in(rules_of(access.home, day), side) if key in COLUMNS else ""
