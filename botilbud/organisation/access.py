"""Who may come in. `home` reaches a view only through `@home_view`; a stranger is told the page does not exist.

Whoever is refused at a home or in Styring is noted in the log.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from botilbud.lib.period import holds
from botilbud.organisation import acts
from botilbud.organisation.models import Home, Membership, Role, Side, Team, TeamHome, User


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


def today() -> date:
    """The date in Denmark now."""
    return timezone.localdate()


def accesses(user: User, day: date, slug: str | None = None) -> list[Access]:
    """Every home the person may enter on the day (or the one named), by name; one query for own homes, one for teams'.

    A person with a role on both sides enters by the home's. Leaders come before staff. Central roles enter no home.
    """
    found: dict[int, Access] = {}
    memberships = Membership.objects.active(day).filter(user=user, role__in=[Role.STAFF, Role.LEADER])
    own = memberships.filter(home__isnull=False).select_related("home")
    if slug is not None:
        own = own.filter(home__slug=slug)
    for membership in own.order_by("role"):  # "leader" sorts before "staff"
        assert membership.home is not None
        found.setdefault(membership.home_id or 0, Access(user, membership.home, Side.HOME, Role(membership.role), None))
    if slug is None or not found:
        roles = dict(memberships.filter(team__isnull=False).order_by("-role").values_list("team_id", "role"))
        served = TeamHome.objects.filter(holds(day), team__in=roles)
        if slug is not None:
            served = served.filter(home__slug=slug)
        for link in served.select_related("home", "team"):
            access = Access(user, link.home, Side.TEAM, Role(roles[link.team_id]), link.team)
            found.setdefault(link.home_id, access)
    return sorted(found.values(), key=lambda access: access.home.name)


def enter(user: User, slug: str) -> Access:
    """The person's access to the home. Raises Http404 where there is none, as for a home that does not exist."""
    found = accesses(user, today(), slug)
    if not found:
        raise Http404("Siden findes ikke.")
    return found[0]


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx or our own client asked, who must be told in a status and not by a redirect."""
    return request.headers.get("HX-Request") == "true" or request.headers.get("X-Requested-With") == "tavle"


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """401 for a fragment, the sign-in page for a page."""
    if wants_fragment(request):
        return HttpResponse("Du er logget ud. Log ind igen for at fortsætte.", status=401)
    return redirect_to_login(request.get_full_path())


View = Callable[..., HttpResponseBase]


def gate(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse | None:
    """The answer to a request no view should see: a wrong method, no session, or text no database can hold."""
    if request.method == "HEAD":
        # Asked for the head of a page, a view must read and never write.
        request.method = "GET"
    if request.method not in methods:
        return HttpResponse("Den handling findes ikke her.", status=405, headers={"Allow": ", ".join(methods)})
    if not request.user.is_authenticated:
        return sign_in_again(request)
    sent = [*request.GET.lists(), *request.POST.lists()]
    if any("\x00" in text or _has_surrogate(text) for name, texts in sent for text in (name, *texts)):
        return plain("Teksten rummer tegn, der ikke kan gemmes. Skriv den igen.", 400)
    return None


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def plain(message: str, status: int) -> HttpResponse:
    """A refusal as one sentence, for the page's message line."""
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8", headers={"HX-Reswap": "none"})


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
    page = request.resolver_match.view_name if request.resolver_match else ""
    try:
        response = answer()
    except (Http404, PermissionDenied) as refusal:
        acts.refused(where(), user, page, 403 if isinstance(refusal, PermissionDenied) else 404)
        raise
    if response.status_code in (403, 404):
        acts.refused(where(), user, page, response.status_code)
    return response


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
                return view(request, access, *args, **kwargs)

            def where() -> str:
                home = Home.objects.filter(slug=slug).first()
                return home.log_scope if home else user.scope

            return refusal_logged(request, user, where, answer)

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


def people_at(home: Home, day: date) -> list[tuple[User, Side]]:
    """Everyone who works at the home on the day, the home's own first, with their side. One query for each side."""
    from_home = Membership.objects.active(day).filter(home=home, user__is_active=True).select_related("user")
    serving = TeamHome.objects.filter(holds(day), home=home).values("team")
    from_team = Membership.objects.active(day).filter(team__in=serving, user__is_active=True).select_related("user")
    people: dict[int, tuple[User, Side]] = {}
    for side, rows in ((Side.HOME, from_home), (Side.TEAM, from_team)):
        for membership in rows.order_by("user__name", "user_id"):
            people.setdefault(membership.user_id, (membership.user, side))
    return list(people.values())


def names_apart(home: Home, day: date) -> dict[int, str]:
    """{user id: 'Jonas (sygeplejerske)'} for those who share a name at the home; mostly empty. Two queries."""
    people = [user for user, _ in people_at(home, day)]
    counts = Counter(user.name.casefold() for user in people)
    return {
        user.pk: f"{user.name} ({user.title})" for user in people if user.title and counts[user.name.casefold()] > 1
    }


def teams_of(home: Home, day: date) -> list[TeamHome]:
    """The teams that serve the home on the day, with their weekdays there, the longest here first. One query."""
    return list(TeamHome.objects.filter(holds(day), home=home).select_related("team").order_by("from_day", "pk"))


def team_of(home: Home, day: date) -> TeamHome | None:
    """The team that serves the home on the day, with its weekdays there."""
    serving = TeamHome.objects.filter(holds(day), home=home)
    return serving.select_related("team").order_by("-from_day").first()
