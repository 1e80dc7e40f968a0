from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from boards.forms import move_days
from botilbud.audit import trail
from botilbud.lib import weeks
from botilbud.organisation.access import accesses, person_view, today
from botilbud.organisation.models import User
from reminders.models import DemoMail
from reminders.selectors import MyDay
from reminders.selectors import my_day as day_of


def _day(request: HttpRequest, user: User) -> tuple[MyDay, dict[str, object]]:
    found = accesses(user, today())
    mine = day_of(found, today(), request.GET.get("hjem", ""))
    for part in mine.homes:
        stays = [line.stay.id for line in [*part.overdue, *part.today, *part.done]]
        trail.record_read(part.home.scope, viewer=user.pk, screen="min-dag", stays=stays)
    context = {
        "mine": mine,
        "day": weeks.long_day(today()),
        "week": weeks.week_label(today()),
        "days": move_days(today()),
        "place": "min-dag",
        "homes": [access.home for access in found],
        "home": next((access.home for access in found if access.home.slug == request.GET.get("hjem")), None)
        or (mine.homes[0].home if mine.homes else found[0].home if found else None),
        "reasons": ["Beboeren ville ikke", "Jeg nåede det ikke", "Aftalen blev aflyst", "Det gav ikke mening i dag"],
    }
    return mine, context


@person_view()
def my_day(request: HttpRequest, user: User) -> HttpResponse:
    """Min dag."""
    _, context = _day(request, user)
    return render(request, "reminders/my_day.html", context)


@person_view()
def my_day_list(request: HttpRequest, user: User) -> HttpResponse:
    """The list alone, after a tick."""
    _, context = _day(request, user)
    return render(request, "reminders/_my_day.html", context)


@person_view()
def demo_mails(request: HttpRequest, user: User) -> HttpResponse:
    """'Mails der ville være sendt', in the demo only."""
    if not settings.DEMO:
        raise Http404("Siden findes ikke.")
    mails = DemoMail.objects.order_by("-at", "-pk")[:100]
    return render(request, "reminders/demo_mails.html", {"mails": mails, "place": "mails"})
