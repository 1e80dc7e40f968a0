from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from botilbud.organisation.access import accesses, today


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The way in: own home's board, or Min dag for those with several homes."""
    if not request.user.is_authenticated:
        return redirect("demo-people" if settings.DEMO else "account_login")
    found = accesses(request.user, today())
    if len(found) == 1:
        return redirect("board", found[0].home.slug)
    if found:
        return redirect("my-day")
    return render(request, "organisation/no_home.html")
