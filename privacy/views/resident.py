"""'Hvem har set' and 'Indsigt': for the resident, by those who answer for the home and the team."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, today
from boards.views.common import log_read, visible_row
from boards.views.page import head
from core.web import missing_is_404
from organisation import acts
from organisation.drafts import FormDraft, kept_apart, typed_before
from organisation.models import Side
from privacy import insight as account
from privacy import selectors
from privacy.forms import InsightForm
from privacy.insight import paper
from residents.models import Stay
from residents.sharing import Sight, own_home


@home_view()
@missing_is_404
def who_looked(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Who has looked at the resident within a year, and who has changed something. To print; a copy taken out."""
    if not access.is_leader:
        raise PermissionDenied("Det er en leder, der kan se og printe, hvem der har set en beboer. Spørg din leder.")
    name, flat, sight = _whom(access, stay)
    acts.exported(access.home, access.user, "set-af", [stay])
    day = today()
    page = {
        "stay": stay,
        "name": name,
        "flat": flat,
        "day": day,
        "looked": selectors.looked(access.home, stay, day),
        "changed": selectors.changed(access.home, stay, sight, day),
        **head(access, "beboere"),
    }
    return render(request, "privacy/who_looked.html", page)


def _whom(access: Access, stay: int) -> tuple[str, str, Sight]:
    """Name, flat and what may be told. For an ended stay only the home is told. Raises LookupError."""
    if access.side == Side.HOME:
        ended = Stay.objects.for_home(access.home).filter(pk=stay, to_day__lte=today()).select_related("resident")
        for former in ended:
            log_read(access, "set-af", [stay])
            return former.resident.name, former.flat, own_home()
    row = visible_row(access, stay, "set-af")
    return row.stay.name, row.stay.flat, row.stay.sight


# What a file is called at its end, and what a browser is told it is.
FILES = {"pdf": (paper.pdf, "application/pdf"), "json": (paper.data, "application/json; charset=utf-8")}


def _leads(access: Access) -> None:
    if not access.is_leader:
        raise PermissionDenied(
            "Det er en leder, der giver indsigt i det, der er skrevet om en beboer. Spørg din leder."
        )


@home_view()
def insight_list(request: HttpRequest, access: Access) -> HttpResponse:
    """The residents a leader can give insight about, those who have moved too."""
    _leads(access)
    accounts = account.stay_accounts(access, today())
    log_read(access, "indsigt-liste", [stay_account.stay.pk for stay_account in accounts])
    return render(request, "privacy/insight_list.html", {"lines": accounts, "day": today(), **head(access, "beboere")})


@home_view(methods=("GET", "POST"))
@missing_is_404
def insight(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """All the person's side keeps of one stay: what it will be, and by POST the file."""
    _leads(access)
    stay_account = account.stay_account(access, stay, today())
    log_read(access, "indsigt", [stay])
    drafts = FormDraft.at(access, f"insight:{stay}", stay)
    if request.method == "GET":
        return _insight_page(request, access, stay_account, InsightForm(initial={"why": typed_before(drafts, "why")}))
    if kept := kept_apart(request, drafts, ["why"]):
        return kept
    wanted = request.POST.get("format", "")
    if wanted not in FILES:
        raise BadRequest("Vælg en fil.")
    form = InsightForm(request.POST)
    if not form.is_valid():
        return _insight_page(request, access, stay_account, form, 422)
    try:
        acts.exported(access.home, access.user, f"indsigt-{wanted}", [stay], why=form.cleaned_data["why"])
    except acts.TooMany as many:
        form.add_error(None, many.message)
        return _insight_page(request, access, stay_account, form, 429)
    drafts.drop()
    make, kind = FILES[wanted]
    content = make(account.gather(access, stay_account, today(), timezone.now()))
    # No name of a person: file names appear in lists of folders and in logs.
    name = f"indsigt-{access.home.slug}-{access.side}-{stay}-{today().isoformat()}.{wanted}"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _insight_page(
    request: HttpRequest, access: Access, stay_account: account.StayAccount, form: InsightForm, status: int = 200
) -> HttpResponse:
    page = {"stay_account": stay_account, "form": form, "access": access, **head(access, "beboere")}
    return render(request, "privacy/insight.html", page, status=status)
