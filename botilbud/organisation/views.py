from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from botilbud.organisation.access import accesses, person_view, plain, today, wants_fragment
from botilbud.organisation.context import OFFICES
from botilbud.organisation.models import Membership, User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The way in: own home's board, Min dag for those with several homes, Styring for those who set up."""
    if not request.user.is_authenticated:
        return redirect("demo-people" if settings.DEMO else "account_login")
    found = accesses(request.user, today())
    if len(found) == 1:
        return redirect("board", found[0].home.slug)
    if found:
        return redirect("my-day")
    if Membership.objects.active(today()).filter(user=request.user, role__in=OFFICES).exists():
        return redirect("administration")
    return render(request, "organisation/no_home.html")


@person_view()
def token(request: HttpRequest, user: User) -> HttpResponse:
    """Who is signed in now and the token to send with: for a page whose session ended and began again."""
    return JsonResponse({"mig": user.pk, "csrf": get_token(request)})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the sentence itself for the page's message line, a page for a page."""
    if wants_fragment(request):
        return plain(str(exception) or "Det kunne ikke læses. Prøv igen.", 400)
    return render(request, "400.html", status=400)
