"""Who may come in. `home` reaches a view only through `@home_view`; a stranger is told the page does not exist.

Whoever is refused at a home or in Styring is noted in the log.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import browsers, devices, second_factor
from audit import trail
from core import weeks
from core.period import holds
from core.prepared import prepared
from core.web import sentence
from organisation import acts
from organisation.models import Home, Membership, Role, Side, Team, TeamHome, User


@dataclass(frozen=True)
class Access:
    """A person at a home, seen from one side. `team` is set on the team's side."""

    user: User
    home: Home
    side: Side
    role: Role
    team: Team | None

    @property
    def is_leader(self) -> bool:
        return self.role == Role.LEADER

    @property
    def seat(self) -> tuple[int | None, int | None]:
        """From which side the person comes in (organisation.drafts.Seat): (home, team), no team on the home's own."""
        return self.home.pk, self.team.pk if self.team else None


def today() -> date:
    """The date in Denmark now."""
    return timezone.localdate()


def _in_hours(roles: Iterable[Membership], day: date) -> list[Membership]:
    """Today's roles without those whose hours have not come or have passed. Of another day all."""
    now = timezone.now()
    return [role for role in roles if day != today() or role.open_at(now)]


Roles = tuple[list[Membership], list[TeamHome]]


@prepared
def _roles(user: int, day: date) -> QuerySet[Membership]:
    return Membership.objects.active(day).filter(user=user).select_related("home", "team")


@prepared
def _served(teams: list[int], day: date) -> QuerySet[TeamHome]:
    return TeamHome.objects.filter(holds(day), team__pk__in=teams).select_related("home", "team")


def _links(roles: Iterable[Membership], day: date) -> list[TeamHome]:
    """The homes the teams of the roles serve. One query, none where there is no team."""
    return _served(sorted({membership.team_id for membership in roles if membership.team_id}), day)


def roles_of(user: User, day: date) -> Roles:
    """The person's roles on the day, and the homes their teams serve. Asked for once in a request."""
    known: dict[date, Roles] = {} if user.known_roles is None else user.known_roles
    if day not in known:
        roles = _in_hours(_roles(user.pk, day), day)
        known[day] = (roles, _links(roles, day))
    return known[day]


def accesses(user: User, day: date) -> list[Access]:
    """Every home the person may enter on the day, by name. One query, two for somebody in a team.

    A person with a role on both sides enters by the home's. Leaders come before staff. Central roles enter no home.
    """
    return _accesses(user, roles_of(user, day))


def accesses_of_many(users: Iterable[User], day: date) -> list[Access]:
    """The same for many people, in as many queries."""
    people = {user.pk: user for user in users}
    held: dict[int, list[Membership]] = {pk: [] for pk in people}
    roles_of_all = Membership.objects.active(day).filter(user__in=people).select_related("home", "team")
    for membership in _in_hours(roles_of_all, day):
        held[membership.user_id].append(membership)
    links = _links((membership for roles in held.values() for membership in roles), day)
    return [access for pk, roles in held.items() for access in _accesses(people[pk], (roles, links))]


def _accesses(user: User, roles: Roles) -> list[Access]:
    memberships, links = roles
    # "leader" sorts before "staff".
    working = sorted((m for m in memberships if m.role in (Role.STAFF, Role.LEADER)), key=lambda m: m.role)
    by_home: dict[int, Access] = {}
    for membership in working:
        if membership.home is not None:
            access = Access(user, membership.home, Side.HOME, Role(membership.role), None)
            by_home.setdefault(membership.home.pk, access)
    for membership in working:
        for link in links:
            if membership.team_id == link.team_id:
                by_home.setdefault(link.home_id, Access(user, link.home, Side.TEAM, Role(membership.role), link.team))
    return sorted(by_home.values(), key=lambda access: access.home.name)


def enter(user: User, slug: str) -> Access:
    """The person's access to the home. Raises Http404 where there is none, as for a home that does not exist."""
    own = next((access for access in accesses(user, today()) if access.home.slug == slug), None)
    if own is None:
        raise Http404("Siden findes ikke.")
    return own


def next_opening(user: User) -> str:
    """When the person's next role at a home begins: 'mandag 1. december kl. 22'; '' where none does. One query."""
    now = timezone.now()
    working = Membership.objects.filter(user=user, role__in=[Role.STAFF, Role.LEADER])
    coming = [role for role in working if now < role.span[0] < role.span[1]]
    if not coming:
        return ""
    first = min(coming, key=lambda role: role.span[0])
    year = "" if first.from_day.year == today().year else f" {first.from_day.year}"
    hour = f" kl. {weeks.time_of_day(first.from_time)}" if first.from_time else ""
    return weeks.long_day(first.from_day) + year + hour


def shift_over(user: User, since: datetime) -> bool:
    """Whether a role's hours have ended today since the moment, and no role of the person's is open.

    One query where none is open.
    """
    if roles_of(user, today())[0]:
        return False
    now = timezone.now()
    return any(since < role.span[1] <= now for role in Membership.objects.active(today()).filter(user=user))


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx, our own client or a stream asked. They need a status; a redirect would mislead them."""
    if request.htmx:  # type: ignore[attr-defined]
        return True
    headers = request.headers
    return headers.get("X-Requested-With") == "board" or headers.get("Accept") == "text/event-stream"


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """401 for a fragment; for a page the sign-in page, or on a shared tablet the list of those who use it."""
    if wants_fragment(request):
        return HttpResponse("Du er logget ud. Log ind igen for at fortsætte.", status=401)
    if devices.of(request) is not None:
        return redirect_to_login(request.get_full_path(), reverse("screen-lock"), "videre")
    return redirect_to_login(request.get_full_path())


def second_factor_first(request: HttpRequest) -> HttpResponse:
    """401 for a fragment; a page goes to where a second factor is set up."""
    if wants_fragment(request):
        return HttpResponse(
            "Din rolle kræver et ekstra trin ved log ind. Åbn siden igen, og tag et i brug.", status=401
        )
    return redirect("mfa_index")


View = Callable[..., HttpResponseBase]


def gate(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse | None:
    """The answer to a request no view should see.

    A wrong method, no session, a second factor that is demanded and missing, or text no database can hold.
    """
    if request.method == "HEAD":
        # A HEAD request reads the page. The view must not write anything for it.
        request.method = "GET"
    if request.method not in methods:
        return HttpResponse("Den handling findes ikke her.", status=405, headers={"Allow": ", ".join(methods)})
    if not request.user.is_authenticated:
        return sign_in_again(request)
    if second_factor.held(request.session):
        return second_factor_first(request)
    if "X-Still" not in request.headers:
        # A tab nobody touches asks too (accounts.still).
        browsers.used(request)
    sent = [*request.GET.lists(), *request.POST.lists()]
    if any("\x00" in text or _has_surrogate(text) for name, texts in sent for text in (name, *texts)):
        return plain("Teksten rummer tegn, der ikke kan gemmes. Skriv den igen.", 400)
    return None


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def plain(message: str, status: int) -> HttpResponse:
    """A refusal as one sentence, for the page's message line."""
    return sentence(message, status)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A token from before: 401 when the session is gone, so that the page asks to sign in; else 403 with a sentence."""
    if not request.user.is_authenticated:
        return sign_in_again(request) if wants_fragment(request) else redirect_to_login("/")
    answer = plain("Siden er fra før, du loggede ind. Vent et øjeblik, og prøv igen.", 403)
    answer.headers["X-Token"] = "old"
    return answer


def refusal_logged(
    request: HttpRequest, user: User, where: Callable[[], str], answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The view's answer; a 403 or 404 is noted first, in the chain `where` names (asked only then)."""
    page, named = (
        (request.resolver_match.view_name, request.resolver_match.kwargs) if request.resolver_match else ("", {})
    )
    numbers = {name: value for name, value in named.items() if isinstance(value, int)}
    try:
        response = answer()
    except (Http404, PermissionDenied) as refusal:
        acts.refused(where(), user, page, 403 if isinstance(refusal, PermissionDenied) else 404, numbers)
        raise
    if response.status_code in (403, 404):
        acts.refused(where(), user, page, response.status_code, numbers)
    return response


def _as_it_was(access: Access, seq: int) -> bool:
    """Whether the person still comes in so, and nobody else has moved a sight at the home since its entry `seq`."""
    access.user.known_roles = {}
    as_before = access in accesses(access.user, today())
    return as_before and not trail.sight_moved({access.home.scope: seq}, besides=access.user.pk)


def home_view(*, methods: tuple[str, ...] = ("GET",), role: Role = Role.STAFF) -> Callable[[View], View]:
    """Makes a view of a home: `view(request, access, …)`. 401 or sign-in, 404 to a stranger, 403 by role."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            stopped = gate(request, methods)
            if stopped is not None:
                return stopped
            user = request.user
            assert user.is_authenticated

            def answer() -> HttpResponseBase:
                access = enter(user, slug)
                if role == Role.LEADER and not access.is_leader:
                    raise PermissionDenied("Det kan kun en leder.")
                request.access = access  # type: ignore[attr-defined]
                if request.method == "GET":
                    return view(request, access, *args, **kwargs)
                with trail.resting_on(access.home.scope, partial(_as_it_was, access)):
                    return view(request, access, *args, **kwargs)

            def again() -> HttpResponseBase:
                # What is shared, or the person's role, was changed between the question and the change: asked anew.
                for _ in range(3):
                    try:
                        return answer()
                    except trail.Moved:
                        user.known_roles = {}
                return sentence("Det ændrer sig lige nu, hvad du har adgang til. Prøv igen.", 409)

            def where() -> str:
                home = Home.objects.filter(slug=slug).first()
                return home.log_scope if home else user.scope

            return refusal_logged(request, user, where, again)

        inner.home_role = role  # type: ignore[attr-defined]
        return inner

    return decorate


def person_view(*, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Makes a view of a signed-in person that belongs to no one home: `view(request, user, …)`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            stopped = gate(request, methods)
            if stopped is not None:
                return stopped
            assert request.user.is_authenticated
            return view(request, request.user, *args, **kwargs)

        return inner

    return decorate


@dataclass(frozen=True)
class Staff:
    """Everyone who works at a home on a day, the home's own first: {user id: (user, side)}."""

    people: dict[int, tuple[User, Side]]
    # (user id, side) of each role that is held, and the first and last days of those held on the other side before.
    held: frozenset[tuple[int, str]]
    ended: dict[tuple[int, str], list[tuple[date, date]]]

    def holds(self, who: int | None, side: str, since: date) -> bool:
        """Whether the person still stands for what they took for the side on the day `since`.

        Whoever has left does not. Whoever was on that side then, and is only on the other now, does not either.
        """
        if who is None or who not in self.people:
            return False
        was_there = any(first <= since <= last for first, last in self.ended.get((who, side), []))
        return (who, side) in self.held or not was_there


def staff_at(home: Home, day: date) -> Staff:
    """One query for each side, and one more where somebody has gone over from one to the other."""
    people: dict[int, tuple[User, Side]] = {}
    held: set[tuple[int, str]] = set()
    went_over: set[tuple[int, str]] = set()
    sides = ((Side.HOME, Side.TEAM, _from_home(home.pk, day)), (Side.TEAM, Side.HOME, _from_team(home.pk, day)))
    for side, other, rows in sides:
        for membership in rows:
            people.setdefault(membership.user_id, (membership.user, side))
            held.add((membership.user_id, side))
            if membership.was_other:  # type: ignore[attr-defined]
                went_over.add((membership.user_id, other))
    return Staff(people, frozenset(held), _ended(home, day, went_over - held) if went_over - held else {})


def _ended(home: Home, day: date, went_over: set[tuple[int, str]]) -> dict[tuple[int, str], list[tuple[date, date]]]:
    """{(user, side): the days they were there}. Two queries."""
    links = list(TeamHome.objects.filter(home=home))
    roles = Membership.objects.filter(
        Q(home=home) | Q(team__in={link.team_id for link in links}), user__in={who for who, _ in went_over}
    )
    found: dict[tuple[int, str], list[tuple[date, date]]] = {}
    for role in roles:
        last = role.to_day or day
        if role.home_id:
            found.setdefault((role.user_id, Side.HOME), []).append((role.from_day, last))
            continue
        # Of a team for as long as it came here.
        found.setdefault((role.user_id, Side.TEAM), []).extend(
            (max(role.from_day, link.from_day), min(last, link.to_day or day))
            for link in links
            if link.team_id == role.team_id
        )
    return found


def people_at(home: Home, day: date) -> list[tuple[User, Side]]:
    """Everyone who works at the home on the day, the home's own first, with their side. One query for each side."""
    return list(staff_at(home, day).people.values())


def _working(day: date, other: Q) -> QuerySet[Membership]:
    """Each with `was_other`: whether the person has or had a role on the other side."""
    roles = Membership.objects.filter(other, user=OuterRef("user"))
    working = Membership.objects.active(day).filter(user__is_active=True).annotate(was_other=Exists(roles))
    return working.select_related("user").order_by("user__name", "user_id")


def _serving_teams(home: Any, day: date) -> QuerySet[Any]:
    return TeamHome.objects.filter(holds(day), home=home).values("team")


@prepared
def _from_home(home: int, day: date) -> QuerySet[Membership]:
    ever = TeamHome.objects.filter(home=home).values("team")
    return _working(day, Q(team__in=ever)).filter(home=home)


@prepared
def _from_team(home: int, day: date) -> QuerySet[Membership]:
    return _working(day, Q(home=home)).filter(team__in=_serving_teams(home, day))


# Everyone who names a person or a place takes this one clock, so two cannot take the same name at once.
NAMES = "names"


def working_at(home: Home, day: date) -> frozenset[int]:
    """The ids of everyone who works at the home on the day. Two queries."""
    return frozenset(staff_at(home, day).people)


def out_of_hours(people: Iterable[int], day: date) -> set[int]:
    """Those of the people (ids) who have roles today, and none that is open now. One query, none for nobody."""
    wanted = set(people)
    if not wanted or day != today():
        return set()
    roles = list(Membership.objects.active(day).filter(user__in=wanted))
    return {role.user_id for role in roles} - {role.user_id for role in _in_hours(roles, day)}


def works_at(who: str, home: str, day: date) -> Exists:
    """The same asked in a query: whether the person in the column `who` works at the home in the column `home`."""
    ours, theirs = _roles_at(home, day)
    return Exists(_roles_now(who, day).filter(ours | theirs))


def works_on_side(who: str, home: str, day: date, side: str) -> "ExpressionWrapper[Any]":
    """Whether the person in the column `who` works at the home on the side in the column `side`, for a query."""
    ours, theirs = _roles_at(home, day)
    roles = _roles_now(who, day)
    for_home, for_team = Q(**{side: Side.HOME}), Q(**{side: Side.TEAM})
    there = for_home & Q(Exists(roles.filter(ours))) | for_team & Q(Exists(roles.filter(theirs)))
    return ExpressionWrapper(there, BooleanField())


def _roles_now(who: str, day: date) -> QuerySet[Membership]:
    return Membership.objects.active(day).filter(user=OuterRef(who), user__is_active=True)


def went_over(who: str, home: str, day: date, side: Side, since: str) -> Q:
    """As `Staff.holds` asked in a query: whether the person was on the side on the day in the column `since`, and is
    not now.
    """
    ours, theirs = _roles_at(home, day)
    roles = Membership.objects.filter(user=OuterRef(who))
    held_then = roles.filter(holds(OuterRef(since)))
    if side == Side.HOME:
        was_there = held_then.filter(ours)
    else:
        came = TeamHome.objects.filter(holds(OuterRef(OuterRef(since))), home=OuterRef(OuterRef(home)))
        was_there = held_then.filter(team__in=came.values("team"))
    is_there = roles.filter(ours if side == Side.HOME else theirs, holds(day))
    return Q(Exists(was_there)) & ~Q(Exists(is_there))


def _roles_at(home: str, day: date) -> tuple[Q, Q]:
    """The roles at the home in the column, and those in the teams that come there."""
    return Q(home=OuterRef(home)), Q(team__in=_serving_teams(OuterRef(OuterRef(home)), day))


def staff_changed(member: Membership, day: date) -> None:
    """The boards of the homes the role opens are drawn anew: who answers for what may be another now.

    Once it is written: a change of the organisation's holds no home's clock meanwhile.
    """
    homes = [member.home] if member.home else [link.home for link in _links([member], day)]
    for home in homes:
        transaction.on_commit(partial(trail.touch, home.scope))


def names_apart(people: Collection[User]) -> dict[int, str]:
    """{user id: 'Jonas (sygeplejerske)'} for those of the people who share a name; mostly empty."""
    counts = Counter(user.name.casefold() for user in people)
    return {
        user.pk: f"{user.name} ({user.title})" for user in people if user.title and counts[user.name.casefold()] > 1
    }


def teams_of(home: Home, day: date) -> list[TeamHome]:
    """The teams that serve the home on the day, with their weekdays there, the longest here first. One query."""
    return list(TeamHome.objects.filter(holds(day), home=home).select_related("team").order_by("from_day", "pk"))


def team_of(home: Home, day: date) -> TeamHome | None:
    """The team that serves the home on the day, with its weekdays there."""
    return _serving.first(home.pk, day)


@prepared
def _serving(home: int, day: date) -> QuerySet[TeamHome]:
    return TeamHome.objects.filter(holds(day), home=home).select_related("team").order_by("-from_day", "pk")
