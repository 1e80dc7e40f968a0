"""The settings of a region."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import today
from accounts.offices import Office, office_view
from administration import settings_page
from administration.forms_settings import SettingsForm
from administration.settings_page import Stored
from administration.views.criteria import keeps
from boards.columns import board_columns
from core.errors import Conflict, Denied, Repeated
from core.web import new_key, number_in, refuse
from organisation.models import Organisation
from organisation.region import Rules, check, of_values
from privacy.retention.kinds import KINDS


@office_view(keeps, methods=("GET", "POST"))
def settings_change(request: HttpRequest, office: Office, region: int) -> HttpResponse:
    """Words, columns, numbers and prompts: 'Vis' shows them without saving, 'Gem' saves, 'Tilbage til standard'."""
    owner = Organisation.objects.filter(pk=region, pk__in=office.criteria).first()
    if owner is None:
        raise Http404("Siden findes ikke.")
    now = settings_page.stored(owner)
    if request.method == "GET":
        form = SettingsForm(initial=settings_page.flat(now.rules))
        return _page(request, owner, form, now.version, saved="gemt" in request.GET)
    standard = request.POST.get("step") == "standard"
    form = SettingsForm(settings_page.flat(Rules()) if standard else request.POST)
    seen = number_in(request.POST.get("seen"))
    if not form.is_valid():
        return _page(request, owner, form, seen, status=422)
    values = settings_page.values_of(form.cleaned_data)
    try:
        check(values)
        if request.POST.get("step") == "show":
            return _page(request, owner, form, seen, sample=of_values(values), now=now.rules)
        settings_page.settings_change(
            region=owner, values=values, seen=seen, key=request.POST.get("key", ""), by=office.user, today=today()
        )
    except Repeated:
        pass
    except Conflict as conflict:
        return _page(request, owner, form, conflict.current.version, status=409, other=conflict.current)
    except Denied as denied:
        refuse(form, denied)
        return _page(request, owner, form, seen, status=422)
    return redirect(f"{request.path}?gemt")


def _page(
    request: HttpRequest,
    region: Organisation,
    form: SettingsForm,
    seen: int,
    *,
    status: int = 200,
    saved: bool = False,
    sample: Rules | None = None,
    now: Rules | None = None,
    other: Stored | None = None,
) -> HttpResponse:
    page = {
        "region": region,
        "form": form,
        "seen": seen,
        "key": new_key(),
        "saved": saved,
        "sample": sample,
        "columns": [column.title for column in board_columns(sample)] if sample else [],
        "shorter": _shorter(now, sample) if now and sample else [],
        "conflict": _both(form, other) if other else [],
        "place": "styring",
    }
    return render(request, "administration/settings.html", page, status=status)


def _shorter(now: Rules, then: Rules) -> list[tuple[str, int, int]]:
    """The kinds of data that would be kept for fewer days: what they are called, before and after."""
    return [
        (kind.name, now.keeps(key), then.keeps(key)) for key, kind in KINDS.items() if then.keeps(key) < now.keeps(key)
    ]


def _both(form: SettingsForm, other: Stored) -> list[dict[str, Any]]:
    """Where the two differ: the setting, what was saved meanwhile, and what was typed."""
    theirs = settings_page.flat(other.rules)
    mine = form.cleaned_data
    return [
        {"title": field.label, "theirs": _said(theirs[name]), "mine": _said(mine[name])}
        for name, field in form.fields.items()
        if theirs[name] != mine[name]
    ]


def _said(value: Any) -> str:
    return {True: "Ja", False: "Nej"}[value] if isinstance(value, bool) else str(value)
