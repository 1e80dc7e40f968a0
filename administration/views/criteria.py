"""A region's criteria: the set, a change seen before it is proposed, order, and the approvers' page."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import today
from accounts.offices import Office, office_view
from administration import criteria as figures
from core.errors import Conflict, Denied, Repeated
from core.web import new_key, number_in, refuse
from criteria import catalogue, rules, services
from criteria.forms import CriterionForm, PlaceForm, initial_of
from criteria.models import Criterion, CriterionVersion
from criteria.rules import Wording
from criteria.selectors import SetLine, answering, newest, regions_for, whole_set
from organisation.models import Organisation, Side

STATES = {
    "venter": "Venter på godkendelse",
    "bruges": "I brug",
    "hviler": "Hviler, kan tages i brug",
    "udgaaet": "Udgået",
}


def keeps(office: Office) -> bool:
    """A criteria administrator."""
    return bool(office.criteria)


def approves(office: Office) -> bool:
    """A named approver."""
    return bool(office.approves)


@office_view(keeps)
def criteria_set(request: HttpRequest, office: Office) -> HttpResponse:
    """The whole set of each region the person keeps."""
    return _set_page(request, office)


def _set_page(request: HttpRequest, office: Office, refused: str = "", status: int = 200) -> HttpResponse:
    day = today()
    regions = []
    for region in Organisation.objects.filter(pk__in=office.criteria).order_by("name"):
        lines = whole_set(region.pk, day)
        said_no = figures.refusals(region, lines)
        placed = [(place, line) for place, line in enumerate(lines, start=1)]
        groups = [
            (
                title,
                [
                    (place, line, said_no.get(line.waiting.pk, []) if line.waiting else [])
                    for place, line in placed
                    if line.state == state
                ],
            )
            for state, title in STATES.items()
        ]
        regions.append(
            {
                "region": region,
                "groups": [group for group in groups if group[1]],
                "count": len(lines),
                "use": figures.use_of_other(region.pk, day),
            }
        )
    page = {"regions": regions, "notice": catalogue.NOTICE, "refused": refused, "place": "styring"}
    return render(request, "administration/criteria.html", page, status=status)


@office_view(keeps, methods=("GET", "POST"))
def criterion_create(request: HttpRequest, office: Office, region: int) -> HttpResponse:
    """A new criterion: typed, seen with what it touches, then proposed."""
    owner = _region(office, region)
    form = CriterionForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, form, owner, None, 200 if request.method == "GET" else 422)
    if request.POST.get("step") == "edit":
        return _form_page(request, form, owner, None)
    wording = form.wording(awake=True)
    try:
        rules.check_wording(wording)
        if request.POST.get("step") != "save":
            return _preview(request, form, owner, None, wording)
        services.criterion_create(
            region=owner, wording=wording, key=request.POST.get("key", ""), by=office.user, today=today()
        )
    except Repeated:
        pass
    except Denied as denied:
        refuse(form, denied)
        return _form_page(request, form, owner, None, 422)
    return redirect("administration-criteria-set")


@office_view(keeps, methods=("GET", "POST"))
def criterion_propose(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """A new version of a criterion: typed, seen beside the old, then proposed."""
    criterion, latest = _criterion(office, pk)
    owner = criterion.organisation
    if request.method == "GET":
        return _form_page(request, CriterionForm(initial=initial_of(latest)), owner, latest)
    form = CriterionForm(request.POST)
    seen = number_in(request.POST.get("seen"))
    if not form.is_valid():
        return _form_page(request, form, owner, latest, 422, seen=seen)
    if request.POST.get("step") == "edit":
        return _form_page(request, form, owner, latest, seen=seen)
    return _proposed(request, office, form, latest, form.wording(awake=latest.awake), seen)


@office_view(keeps, methods=("GET", "POST"))
def criterion_awake(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Put to sleep or woken, which is a new version too."""
    _, latest = _criterion(office, pk)
    said = rules.wording_of(latest)
    wording = Wording(**{**said.values(), "awake": not latest.awake})  # type: ignore[arg-type]
    form = CriterionForm(initial=initial_of(latest))
    if request.method == "GET":
        return _preview(request, form, latest.criterion.organisation, latest, wording, turns=True)
    # The state the person said yes to on the page, in case somebody changed the criterion since.
    wording = Wording(**{**said.values(), "awake": request.POST.get("awake") == "1"})  # type: ignore[arg-type]
    bound = CriterionForm(initial_of(latest))
    return _proposed(request, office, bound, latest, wording, number_in(request.POST.get("seen")))


def _proposed(
    request: HttpRequest, office: Office, form: CriterionForm, latest: CriterionVersion, wording: Wording, seen: int
) -> HttpResponse:
    """The preview, or the proposal; a refusal or a newer version brings the form back with what was typed."""
    owner = latest.criterion.organisation
    try:
        rules.check_wording(wording)
        if request.POST.get("step") != "save":
            if seen != latest.number:
                raise Conflict(latest)
            return _preview(request, form, owner, latest, wording)
        services.criterion_propose(
            criterion=latest.criterion,
            wording=wording,
            seen=seen,
            key=request.POST.get("key", ""),
            by=office.user,
            today=today(),
        )
    except Repeated:
        pass
    except Conflict as conflict:
        now = conflict.current or latest
        return _form_page(request, form, owner, now, 409, typed=wording)
    except Denied as denied:
        form.is_valid()
        refuse(form, denied)
        return _form_page(request, form, owner, latest, 422)
    return redirect("administration-criteria-set")


@office_view(keeps, methods=("POST",))
def criterion_move(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """One up, one down, or to a number."""
    criterion, _ = _criterion(office, pk)
    order = [line.criterion.pk for line in whole_set(criterion.organisation_id, today())]
    way = request.POST.get("way", "")
    form = PlaceForm(request.POST)
    if way in ("up", "down"):
        to = PlaceForm.step(criterion, order, way)
    elif form.is_valid():
        to = form.cleaned_data["to"]
    else:
        return _set_page(request, office, f"Skriv et tal fra 1 til {len(order)}.", 422)
    try:
        services.criterion_move(criterion=criterion, to=to, by=office.user, today=today())
    except Denied as denied:
        return _set_page(request, office, denied.message, 422)
    return redirect(f"{reverse('administration-criteria-set')}#k{criterion.pk}")


@office_view(keeps, methods=("POST",))
def criterion_withdraw(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """'Fortryd forslag'."""
    version = CriterionVersion.objects.filter(
        pk=pk, criterion__organisation__in=office.criteria, criterion__home=None
    ).first()
    if version is None:
        raise Http404("Siden findes ikke.")
    try:
        services.criterion_withdraw(version=version, by=office.user, today=today())
    except Denied as denied:
        return _set_page(request, office, denied.message, 422)
    return redirect("administration-criteria-set")


@office_view(approves)
def approvals(request: HttpRequest, office: Office) -> HttpResponse:
    """What waits for the organisations the person answers for."""
    return _approvals_page(request, office)


def _approvals_page(
    request: HttpRequest, office: Office, refused: str = "", at: int = 0, reason: str = "", status: int = 200
) -> HttpResponse:
    day = today()
    waiting = []
    for region in Organisation.objects.filter(pk__in=regions_for(office.approves, day)).order_by("name"):
        of_region = figures.waiting_for(region, office.approves, day)
        said_no = figures.refusals(region, [line for line, _, _ in of_region])
        changes = [(line.criterion, line.newest) for line, _, _ in of_region]
        touched = figures.impacts(region.pk, changes, day) if of_region else []
        waiting += [
            _asked(office, line, who, side, impact, said_no.get(line.newest.pk, []))
            for (line, who, side), impact in zip(of_region, touched, strict=True)
        ]
    page = {"waiting": waiting, "refused": refused, "at": at, "reason": reason, "place": "styring"}
    return render(request, "administration/approvals.html", page, status=status)


def _asked(
    office: Office,
    line: SetLine,
    who: Organisation,
    side: Side,
    impact: figures.Impact,
    said_no: list[figures.Refusal],
) -> dict[str, Any]:
    version = line.waiting
    assert version is not None
    return {
        "version": version,
        "for": who,
        "side": side,
        "differences": figures.differences(line.holds, version),
        "impact": impact,
        "approved": line.approved,
        "refusals": said_no,
        "own": version.proposed_by_id == office.user.pk,
    }


@office_view(approves, methods=("POST",))
def approval_answer(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """'Godkend' or 'Sig nej', for one of the person's organisations."""
    organisation = Organisation.objects.filter(
        pk=number_in(request.POST.get("organisation")), pk__in=office.approves
    ).first()
    side = request.POST.get("side", "")
    day = today()
    version = (
        CriterionVersion.objects.filter(pk=pk, criterion__home=None, proposed_by__isnull=False)
        .filter(criterion__organisation__in=regions_for(office.approves, day))
        .select_related("criterion__organisation")
        .first()
    )
    if organisation is None or version is None or not _answers(organisation, side, version, day):
        raise Http404("Siden findes ikke.")
    reason = request.POST.get("reason", "")
    try:
        if request.POST.get("answer") == "no":
            services.criterion_reject(
                version=version, organisation=organisation, side=Side(side), reason=reason, by=office.user
            )
        else:
            services.criterion_approve(
                version=version, organisation=organisation, side=Side(side), by=office.user, today=day
            )
    except Denied as denied:
        return _approvals_page(request, office, denied.message, pk, reason, 422)
    return redirect("administration-approvals")


def _answers(organisation: Organisation, side: str, version: CriterionVersion, day: date) -> bool:
    asked = answering(version.criterion.organisation_id, day)
    return (organisation.pk, side) in {(who.pk, str(side_)) for who, side_ in asked}


def _form_page(
    request: HttpRequest,
    form: CriterionForm,
    region: Organisation,
    latest: CriterionVersion | None,
    status: int = 200,
    *,
    seen: int | None = None,
    typed: Wording | None = None,
) -> HttpResponse:
    """The form. With `typed`, somebody else's version came first, and the page shows both."""
    page = {
        "form": form,
        "region": region,
        "latest": latest,
        "seen": seen if seen is not None else (latest.number if latest else 0),
        "conflict": figures.differences(latest, typed) if typed and latest else [],
        "place": "styring",
    }
    return render(request, "administration/criteria_form.html", page, status=status)


def _preview(
    request: HttpRequest,
    form: CriterionForm,
    region: Organisation,
    latest: CriterionVersion | None,
    wording: Wording,
    *,
    turns: bool = False,
) -> HttpResponse:
    """What the proposal says and touches, before it is made."""
    page = {
        "form": form,
        "wording": wording,
        "region": region,
        "latest": latest,
        "differences": figures.differences(latest, wording),
        "impact": figures.impact(region.pk, latest.criterion if latest else None, wording, today()),
        "turns": turns,
        "key": new_key(),
        "place": "styring",
    }
    return render(request, "administration/criteria_preview.html", page)


def _region(office: Office, pk: int) -> Organisation:
    owner = Organisation.objects.filter(pk=pk, pk__in=office.criteria).first()
    if owner is None:
        raise Http404("Siden findes ikke.")
    return owner


def _criterion(office: Office, pk: int) -> tuple[Criterion, CriterionVersion]:
    criterion = (
        Criterion.objects.filter(pk=pk, organisation__in=office.criteria, home=None)
        .select_related("organisation")
        .first()
    )
    latest = newest(criterion) if criterion else None
    if criterion is None or latest is None:
        raise Http404("Siden findes ikke.")
    return criterion, latest
