"""Who is on duty."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards import rules, selectors


@home_view()
def duty(request: HttpRequest, access: Access) -> HttpResponse:
    """Who is on duty on each side, and where to call outside the team's hours. Shows no resident.

    While a team is closed the way that is open stands first, with its number large.
    """
    now = timezone.now()
    lines = [
        (link.team, selectors.hours(link), rules.team_sees(link.team.opens, link.team.closes, now) == "nu")
        for link in teams_of(access.home, today())
    ]
    return render(request, "boards/_duty_dialog.html", {"home": access.home, "lines": lines})
