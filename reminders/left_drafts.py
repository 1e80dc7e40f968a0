"""Words somebody typed and did not send before their access ended.

The leader of their unit gets them, or whoever stands in for that leader.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError
from django.utils import timezone

from accounts.access import Access, accesses_of_many
from audit import trail
from core.errors import Denied
from core.period import holds
from organisation.drafts import OVER_NOTHING, words_of
from organisation.models import Absence, Draft, Home, Membership, Role, User
from organisation.region import Rules, rules_of
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import audience_of
from residents.texts import COLUMNS

trail.register("draft.taken", "overtog en kladde fra en, der ikke længere har adgang")
trail.register("draft.dropped", "slettede en kladde fra en, der ikke længere har adgang")
NOT_SHARED = "Beboeren er ikke delt med jer, så kladden kan ikke åbnes."


@dataclass(frozen=True)
class LeftDraft:
    """One draft: who typed it, where it was to stand, and the words.

    Without `stay` where it is about nobody, or about a resident who may not be shown: then it cannot be opened either.
    """

    pk: int
    home: Home
    writer: User
    at: datetime
    place: str
    words: list[str]
    stay: VisibleStay | None
    opens: bool


def led_now(accesses: list[Access], day: date) -> list[Access]:
    """Where the person leads, or stands in for a leader of the unit who is away. One query."""
    if not accesses:
        return []
    leaders = Membership.objects.active(day).filter(role=Role.LEADER)
    away = Absence.objects.filter(holds(day), deputy=accesses[0].user).values("user")
    led = list(leaders.filter(user__in=away))
    homes, teams = {role.home_id for role in led}, {role.team_id for role in led}
    return [
        access
        for access in accesses
        if access.is_leader or (access.team.pk in teams if access.team else access.home.pk in homes)
    ]


def left_drafts(leading: list[Access], day: date) -> list[LeftDraft]:
    """What people of the leader's own units had typed when their access ended, the newest last.

    One query where nobody has a draft, three where those who do have access; else the stays of those homes too.
    """
    found = _left(leading, day)
    homes = {access.home.pk: access for _, access in found}
    shown = {home: _shown(access, day) for home, access in homes.items()}
    rules = {home: rules_of(access.home, day) for home, access in homes.items()}
    lines = []
    for draft, access in found:
        home = access.home.pk
        opens = draft.stay is None or draft.stay in shown[home]
        # Over a text that stood it may hold what the other side wrote, which is shared no more.
        words = words_of(draft) if opens or draft.seen in OVER_NOTHING else []
        stay = shown[home].get(draft.stay or 0)
        place = _place(draft, rules[home])
        lines.append(LeftDraft(draft.pk, access.home, draft.user, draft.at, place, words, stay, opens))
    return lines


def draft_take(*, leading: list[Access], pk: int, today: date) -> None:
    """The draft is the leader's own from now on, and stands where it was typed.

    Raises LookupError, and Denied: the leader has one there, or may not see the resident and so could not open it.
    """
    draft, access = _one(leading, pk, today)
    if draft.stay is not None and draft.stay not in _shown(access, today):
        raise Denied(NOT_SHARED)
    try:
        with trail.change(access.home.log_scope, by=access.user.pk) as log:
            if not Draft.objects.filter(pk=pk, user=draft.user).update(user=access.user, at=timezone.now()):
                raise LookupError("draft")
            log("draft.taken", access.home, writer=draft.user_id)
    except IntegrityError:
        raise Denied("Du har selv en kladde samme sted. Gem den, eller slet den først.") from None


def draft_drop(*, leading: list[Access], pk: int, today: date) -> None:
    """The draft is gone. Raises LookupError."""
    draft, access = _one(leading, pk, today)
    with trail.change(access.home.log_scope, by=access.user.pk) as log:
        if not Draft.objects.filter(pk=pk, user=draft.user).delete()[0]:
            raise LookupError("draft")
        log("draft.dropped", access.home, writer=draft.user_id)


def _shown(access: Access, day: date) -> dict[int, VisibleStay]:
    """The residents the leader may see there, by stay."""
    return {stay.id: stay for stay in visible_stays(access.home, audience_of(access), day) if stay.sight.shared}


def _one(leading: list[Access], pk: int, today: date) -> tuple[Draft, Access]:
    one = next((found for found in _left(leading, today) if found[0].pk == pk), None)
    if one is None:
        raise LookupError("draft")
    return one


def _left(leading: list[Access], day: date) -> list[tuple[Draft, Access]]:
    """The drafts of those who cannot enter the home from that side now, with the leader's access they come to."""
    own = {_seat(access): access for access in leading}
    drafts = Draft.objects.filter(home__in=[access.home for access in leading]).select_related("user").order_by("at")
    found = [(draft, own[draft.home_id, draft.team_id]) for draft in drafts if (draft.home_id, draft.team_id) in own]
    writers = {draft.user for draft, access in found if draft.user_id != access.user.pk and draft.user.is_active}
    inside = {(access.user.pk, *_seat(access)) for access in accesses_of_many(writers, day)} if writers else set()
    return [
        (draft, access)
        for draft, access in found
        if draft.user_id != access.user.pk and (draft.user_id, draft.home_id, draft.team_id) not in inside
    ]


def _seat(access: Access) -> tuple[int | None, int | None]:
    """From which side somebody is at a home: (home, team), without a team on the home's own."""
    return access.home.pk, access.team.pk if access.team else None


def _place(draft: Draft, rules: Rules) -> str:
    """'Status' for a text of the board; '' for a form."""
    _, _, name = draft.field.partition("-")
    key, _, side = name.rpartition("-")
    return COLUMNS[key].heading_in(rules, side) if key in COLUMNS else ""
