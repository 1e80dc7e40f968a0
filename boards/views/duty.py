"""Who is on duty."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards import selectors


@home_view()
def duty(request: HttpRequest, access: Access) -> HttpResponse:
    """Who is on duty on each side, and where to call outside the team's hours. Shows no resident.

    While a team is closed the way that is open stands first, with its number large.
    """
    now = timezone.now()
    links = teams_of(access.home, today())
    when = selectors.seen_when([link.team for link in links], now)
    lines = [(link.team, selectors.hours(link), when[link.team_id][1] == "nu") for link in links]
    return render(request, "boards/_duty_dialog.html", {"home": access.home, "lines": lines})
