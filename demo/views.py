from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from demo import build


@require_GET
def demo_people(request: HttpRequest) -> HttpResponse:
    """'Log ind som …' with the cast. Only in the demo."""
    if not settings.DEMO:
        raise Http404("Siden findes ikke.")
    return render(request, "demo/people.html", {"people": build.cast()})


@require_POST
def demo_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Signs in as one of the cast. Only in the demo."""
    if not settings.DEMO:
        raise Http404("Siden findes ikke.")
    user = next((user for user in build.cast() if user.pk == pk), None)
    if user is None:
        raise Http404("Siden findes ikke.")
    logout(request)
    login(request, user, backend="accounts.sessions.Backend")
    return redirect("home")
