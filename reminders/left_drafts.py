"""Words somebody typed and did not send before their access ended.

The leader of their unit gets them, or whoever stands in for that leader.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from accounts.access import Access, accesses_of_many, roles_of
from audit import trail
from core.errors import Denied
from core.period import holds
from organisation.drafts import words_of
from organisation.models import Absence, Draft, Home, Membership, Role, Side, User
from organisation.region import Rules, rules_of
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import Audience, AudienceKind
from residents.texts import COLUMNS

trail.register("draft.taken", "overtog en kladde fra en, der ikke længere har adgang")
trail.register("draft.dropped", "slettede en kladde fra en, der ikke længere har adgang")
CLOSED = "Beboeren er ikke delt med dig dér, så kladden kan ikke åbnes."


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


@dataclass(frozen=True)
class Led:
    """The units somebody leads on a day, or whose leader they stand in for; by id."""

    user: User
    homes: frozenset[int]
    teams: frozenset[int]

    def sides(self, home: int, teams: Collection[int]) -> set[str]:
        """The sides they answer for, of a stay at the home with the teams."""
        return ({Side.HOME} if home in self.homes else set()) | ({Side.TEAM} if self.teams & {*teams} else set())


def led_now(user: User, day: date) -> Led:
    """Where the person leads, or stands in for a leader of the unit who is away, and works there too. One query."""
    here = roles_of(user, day)[0]
    led = {(role.home_id, role.team_id) for role in here if role.role == Role.LEADER}
    own = {(role.home_id, role.team_id) for role in here}
    away = Absence.objects.filter(holds(day), deputy=user).values("user")
    leaders = Membership.objects.active(day).filter(user__in=away, role=Role.LEADER)
    led |= own & set(leaders.values_list("home", "team"))
    return Led(user, frozenset(home for home, _ in led if home), frozenset(team for _, team in led if team))


def left_drafts(accesses: list[Access], led: Led, day: date) -> list[LeftDraft]:
    """What people of the units a leader leads had typed when their access ended, the newest last.

    One query where nobody has a draft, three where those who do have access; else the stays of those homes too.
    """
    rules = cache(lambda home: rules_of(home, day))
    shown = cache(lambda home, seat: _shown(home, seat, day))
    lines = []
    for draft in _left(led, day):
        assert draft.home is not None
        there = shown(draft.home, draft.team_id)
        opens = _opens(accesses, draft, there)
        # Over a text that stood it may hold what the other side wrote, which is shared no more.
        words = words_of(draft, own=not (opens or draft.stay in there))
        place = _place(draft, rules(draft.home))
        stay = there.get(draft.stay or 0)
        lines.append(LeftDraft(draft.pk, draft.home, draft.user, draft.at, place, words, stay, opens))
    return lines


def draft_take(*, accesses: list[Access], led: Led, pk: int, today: date) -> None:
    """The draft is the leader's own from now on, and stands where it was typed.

    Raises LookupError, and Denied: the leader has one there, or may not see the resident and so could not open it.
    """
    draft = _one(led, pk, today)
    assert draft.home is not None
    if not _opens(accesses, draft, _shown(draft.home, draft.team_id, today)):
        raise Denied(CLOSED)
    try:
        with trail.change(draft.home.log_scope, by=led.user.pk) as log:
            if not Draft.objects.filter(pk=pk, user=draft.user).update(user=led.user, at=timezone.now()):
                raise LookupError("draft")
            log("draft.taken", draft.home, writer=draft.user_id)
    except IntegrityError:
        raise Denied("Du har selv en kladde samme sted. Gem den, eller slet den først.") from None


def draft_drop(*, led: Led, pk: int, today: date) -> None:
    """The draft is gone. Raises LookupError."""
    draft = _one(led, pk, today)
    assert draft.home is not None
    with trail.change(draft.home.log_scope, by=led.user.pk) as log:
        if not Draft.objects.filter(pk=pk, user=draft.user).delete()[0]:
            raise LookupError("draft")
        log("draft.dropped", draft.home, writer=draft.user_id)


def _shown(home: Home, team: int | None, day: date) -> dict[int, VisibleStay]:
    """The residents one side may see there, by stay."""
    audience = Audience(AudienceKind.HOME) if team is None else Audience(AudienceKind.TEAM, team)
    return {stay.id: stay for stay in visible_stays(home, audience, day) if stay.sight.shared}


def _opens(accesses: list[Access], draft: Draft, shown: Collection[int]) -> bool:
    """Whether the leader comes in there from the side it was typed on, and may see whom it is about."""
    seats = {access.seat for access in accesses}
    return (draft.home_id, draft.team_id) in seats and (draft.stay is None or draft.stay in shown)


def _one(led: Led, pk: int, today: date) -> Draft:
    one = next((draft for draft in _left(led, today) if draft.pk == pk), None)
    if one is None:
        raise LookupError("draft")
    return one


def _left(led: Led, day: date) -> list[Draft]:
    """The drafts of the units led whose writers do not come in there from that side now.

    Of a team also where it comes no more.
    """
    own = Q(home__in=led.homes, team=None) | Q(home__isnull=False, team__in=led.teams)
    drafts = list(Draft.objects.filter(own).exclude(user=led.user).select_related("user", "home").order_by("at"))
    writers = {draft.user for draft in drafts if draft.user.is_active}
    inside = {(access.user.pk, *access.seat) for access in accesses_of_many(writers, day)} if writers else set()
    return [draft for draft in drafts if (draft.user_id, draft.home_id, draft.team_id) not in inside]


def _place(draft: Draft, rules: Rules) -> str:
    """'Status' for a text of the board; '' for a form."""
    _, _, name = draft.field.partition("-")
    key, _, side = name.rpartition("-")
    return COLUMNS[key].heading_in(rules, side) if key in COLUMNS else ""
