"""All residents, search, criteria."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, person_view, today
from accounts.access import accesses as accesses_of
from audit import trail
from boards import search, selectors
from boards.views.page import head
from core import weeks
from core.text import danish_key
from criteria import catalogue
from criteria import selectors as criteria_selectors
from organisation import acts
from organisation.models import Side, User
from organisation.region import rules_of
from residents.models import Situation
from residents.selectors import former_stays, region_of, team_starts
from residents.sharing import audience_of

SHOWN = 12
LEVELS = {"akut": "Akut", "subakut": "Subakut", "indlagt": "Indlagt", "almindelig": "Almindelig"}
# The region may have other words for these.
LEVEL_OF = {"akut": "akut", "subakut": "subakut", "almindelig": "none"}
ORDERS = {"navn": "Navn", "bolig": "Bolig", "niveau": "Niveau", "droeftet": "Længst siden drøftet"}


@home_view()
def residents(request: HttpRequest, access: Access) -> HttpResponse:
    """'Alle beboere' with when each was last discussed, filtered and sorted as the address says."""
    day = today()
    home_board = selectors.board(access.home, audience_of(access), day)
    level, order = request.GET.get("niveau", ""), request.GET.get("sorter", "navn")
    mine = request.GET.get("mine") == "1"
    rows = [
        row
        for row in home_board.all_rows
        if (level not in LEVELS or _level_of(row) == level) and (not mine or access.user.pk in row.people)
    ]
    rows.sort(key=_order(order))
    former = former_stays(access.home, day) if access.side == Side.HOME else []
    moves = selectors.moves_open(access.home) if former else {}
    shown = [row.id for row in rows if row.stay.sight.shared] + [stay.id for stay in former]
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="alle-beboere", stays=shown)
    page = {
        "lines": [(row, _discussed(row)) for row in rows],
        "levels": [
            (key, home_board.rules.level_words.get(LEVEL_OF.get(key, ""), word)) for key, word in LEVELS.items()
        ],
        "orders": ORDERS.items(),
        "level": level,
        "order": order if order in ORDERS else "navn",
        "mine": mine,
        "starts": team_starts([access.home], access.team, timezone.now()),
        "former": [(stay, moves.get(stay.id)) for stay in former],
        "access": access,
        **head(access, "beboere"),
    }
    return render(request, "boards/residents.html", page)


def _level_of(row: selectors.Row) -> str:
    if row.stay.situation == Situation.ADMITTED and row.stay.sight.shared:
        return "indlagt"
    return row.group if row.group in LEVELS else "almindelig" if row.stay.sight.shared else ""


def _order(order: str) -> Callable[[selectors.Row], tuple[Any, ...]]:
    """Those not shared stand last whatever the order."""

    def key(row: selectors.Row) -> tuple[Any, ...]:
        name = (danish_key(row.stay.name), _flat_key(row.stay.flat))
        first: Any = ""
        if order == "bolig":
            first = _flat_key(row.stay.flat)
        elif order == "niveau":
            first = list(selectors.GROUPS).index(row.group) if row.group in selectors.GROUPS else 99
        elif order == "droeftet":
            first = row.stay.last_discussed or date.min
        return (not row.stay.sight.shared, first, *name)

    return key


def _flat_key(flat: str) -> tuple[int, str]:
    """Flat 10 comes after flat 9."""
    digits = "".join(letter for letter in flat if letter.isdigit())
    return (int(digits[:6]) if digits else 0, flat.casefold())


def _discussed(row: selectors.Row) -> str:
    day = row.stay.last_discussed
    if day is None:
        return "Ikke drøftet endnu"
    return f"{weeks.week_label(day)}, {weeks.short_day(day)}"


@person_view(methods=("GET", "POST"))
def find(request: HttpRequest, user: User) -> HttpResponse:
    """Residents by name, flat or what is written, in the homes the person may enter.

    The page asks by POST: a name in an address would stand in the logs of every proxy on the way.
    """
    wanted = request.POST.get("q", request.GET.get("q", ""))[:60]
    if wanted.strip():
        acts.searched(user, wanted.strip())
    hits = search.find(accesses_of(user, today()), wanted, today())
    for home in {hit.home for hit in hits[:SHOWN]}:
        stays = [hit.stay.id for hit in hits[:SHOWN] if hit.home == home]
        trail.record_read(home.scope, viewer=user.pk, screen="soegning", stays=sorted(set(stays)))
    context = {"hits": hits[:SHOWN], "wanted": wanted.strip(), "many": len(hits) > SHOWN}
    return render(request, "boards/_found.html", context)


@home_view()
def criteria(request: HttpRequest, access: Access) -> HttpResponse:
    """The criteria with their definitions, terms and exit questions, and what leaders may do about them."""
    return criteria_page(request, access)


def criteria_page(request: HttpRequest, access: Access, refused: str = "", status: int = 200) -> HttpResponse:
    """The page of criteria; `refused` says why what a leader tried was not done."""
    day = today()
    lines = [
        (standing, standing.holds or standing.waiting, standing.awake(day), _own_state(standing, access, day))
        for standing in criteria_selectors.standings(access.home, region_of(access.home, day))
    ]
    texts = selectors.other_texts(access.home, audience_of(access), day) if access.is_leader else []
    if texts:
        stays = sorted({link.episode.stay_id for link in texts})
        trail.record_read(access.home.scope, viewer=access.user.pk, screen="kriterier", stays=stays)
    page = {
        "lines": lines,
        "notice": catalogue.NOTICE,
        "texts": texts,
        "leader": access.is_leader,
        "refused": refused,
        "words": rules_of(access.home, day).level_words,
        **head(access, "kriterier"),
    }
    return render(request, "boards/criteria.html", page, status=status)


def _own_state(standing: criteria_selectors.Standing, access: Access, day: date) -> str:
    """What a leader can do with a home's own criterion: 'svar' on the other side's, 'venter', 'gaelder', else ''."""
    ends = standing.criterion.ends_on
    if ends is None or ends < day:
        return ""
    if standing.waiting is None:
        return "gaelder"
    return "venter" if access.side in standing.approvals[standing.waiting.pk] else "svar"
