"""The settings of a region."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import today
from accounts.offices import Office, office_view
from administration import settings_page
from administration.forms_settings import SettingsForm
from administration.views.criteria import keeps
from boards.columns import board_columns
from core.forms import Data, OnTheWay, changing
from core.web import number_in
from organisation.drafts import FormDraft
from organisation.models import Organisation
from organisation.region import Rules, check, of_values
from privacy.retention.kinds import KINDS


@office_view(keeps, methods=("GET", "POST"))
def settings_change(request: HttpRequest, office: Office, region: int) -> HttpResponse:
    """Words, columns, numbers and prompts: 'Vis' shows them without saving, 'Gem' saves, 'Tilbage til standard'."""
    owner = Organisation.objects.filter(pk=region, pk__in=office.criteria).first()
    if owner is None:
        raise Http404("Siden findes ikke.")
    step = request.POST.get("step")

    def make(data: Data) -> SettingsForm:
        now = settings_page.stored(owner)
        if data is not None and step == "standard":
            data = data.copy()
            for name, value in settings_page.flat(Rules()).items():
                # A box that is not ticked is not sent.
                data.setlist(name, [str(value)] if value is not False else [])
        return SettingsForm(data, stands=now.version, stored=settings_page.flat(now.rules))

    def act(form: SettingsForm) -> OnTheWay | None:
        values = settings_page.values_of(form.cleaned_data)
        check(values)
        if step == "show":
            now = settings_page.stored(owner).rules
            return OnTheWay(_page(request, owner, form, sample=of_values(values), now=now))
        settings_page.settings_change(
            region=owner, values=values, seen=number_in(form.seen), key=form.key, by=office.user, today=today()
        )
        return None

    return changing(
        request, make, act, show=lambda form, status: _page(request, owner, form, status),
        done=lambda form: redirect(f"{request.path}?gemt"),
        drafts=FormDraft(office.user, None, f"settings-change:{owner.pk}"),
    )  # fmt: skip


def _page(
    request: HttpRequest,
    region: Organisation,
    form: SettingsForm,
    status: int = 200,
    *,
    sample: Rules | None = None,
    now: Rules | None = None,
) -> HttpResponse:
    page = {
        "region": region,
        "form": form,
        "saved": request.method == "GET" and "gemt" in request.GET,
        "sample": sample,
        "columns": [column.title for column in board_columns(sample)] if sample else [],
        "shorter": _shorter(now, sample) if now and sample else [],
        "place": "styring",
    }
    return render(request, "administration/settings.html", page, status=status)


def _shorter(now: Rules, then: Rules) -> list[tuple[str, int, int]]:
    """The kinds of data that would be kept for fewer days: what they are called, before and after."""
    return [
        (kind.name, now.keeps(key), then.keeps(key)) for key, kind in KINDS.items() if then.keeps(key) < now.keeps(key)
    ]
