"""What one account has seen and done: for the administrator of the organisation that employs the person."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import today
from accounts.offices import Office, office_view
from core.web import missing_is_404
from organisation.acts import TooMany, account_read
from organisation.models import User
from privacy.account_use import file, homes_seen, uses
from privacy.forms import DaysForm
from privacy.names import called

SHOWN = 300


def answering_for_staff(office: Office) -> bool:
    """An organisation's own administrator."""
    return bool(office.own)


@office_view(answering_for_staff)
@missing_is_404
def account_use(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """The last week's, or the days asked for; with `fil` as a file. Noted in the log each time."""
    person = User.objects.filter(pk=pk, organisation__in=office.own).first()
    if person is None:
        raise LookupError("person")
    week = {"fra": today() - timedelta(days=6), "til": today()}
    form = DaysForm({name: request.GET.get(name, day) for name, day in week.items()})
    page = {"person": person, "form": form, "place": "styring"}
    if not form.is_valid():
        return render(request, "privacy/account_use.html", page, status=422)
    first, last = form.cleaned_data["fra"], form.cleaned_data["til"]
    filed = "fil" in request.GET
    try:
        account_read(office.user, person, first=first.isoformat(), last=last.isoformat(), file=filed)
    except TooMany as many:
        form.add_error(None, many.message)
        return render(request, "privacy/account_use.html", page, status=429)
    found = uses(person, first, last)
    if filed:
        name = f"brug-{person.pk}-{first.isoformat()}-{last.isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(file(found), content_type="text/csv; charset=utf-8", headers=headers)
    page["person_now"] = called(person, person.pk)
    page |= {"found": found[:SHOWN], "count": len(found), "seen": homes_seen(found), "first": first, "last": last}
    return render(request, "privacy/account_use.html", page)
