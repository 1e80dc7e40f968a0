"""A region's criteria: the set, a change seen before it is proposed, order, and the approvers' page."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import today
from accounts.offices import Office, office_view
from administration import criteria as figures
from core.errors import Denied
from core.forms import ChangeForm, Data, OnTheWay, changing
from core.seen import check_seen
from core.web import number_in
from criteria import catalogue, rules, services
from criteria.forms import CriterionForm, PlaceForm, initial_of
from criteria.models import Criterion, CriterionVersion
from criteria.rules import Wording
from criteria.selectors import SetLine, answering, newest, regions_for, whole_set
from organisation.drafts import FormDraft, drafts_of, kept_apart, typed_before
from organisation.models import Draft, Organisation, Side

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


def _typed_and_seen(
    request: HttpRequest,
    office: Office,
    owner: Organisation,
    make: Callable[[Data], CriterionForm],
    propose: Callable[[CriterionForm, Wording], object],
    latest: CriterionVersion | None = None,
) -> HttpResponse:
    """A criterion is typed, seen with what it touches, and then proposed."""

    def act(form: CriterionForm) -> OnTheWay | None:
        wording, step = form.wording(awake=latest.awake if latest else True), request.POST.get("step")
        if step == "edit":
            return OnTheWay(show(form, 200))
        rules.check_wording(wording)
        if step != "save":
            if latest is not None:
                check_seen(form.seen, latest.number, latest)
            return OnTheWay(_preview(request, form, owner, latest, wording))
        propose(form, wording)
        return None

    def show(form: CriterionForm, status: int) -> HttpResponse:
        return _form_page(request, form, owner, latest, status)

    def says(current: CriterionVersion | None) -> str:
        number = current.number if current else 0
        return f"En anden har imens lavet udgave {number}. Se efter, og send igen, hvis din skal afløse den."

    def done(form: CriterionForm) -> HttpResponse:
        return redirect("administration-criteria-set")

    subject = f"criterion-{latest.criterion_id}" if latest else f"criterion-new-{owner.pk}"
    drafts = FormDraft(office.user, None, subject)
    return changing(request, make, act, show=show, done=done, says=says, drafts=drafts)


@office_view(keeps, methods=("GET", "POST"))
def criterion_create(request: HttpRequest, office: Office, region: int) -> HttpResponse:
    """A new criterion: typed, seen with what it touches, then proposed."""
    owner = _region(office, region)

    def propose(form: CriterionForm, wording: Wording) -> None:
        services.criterion_create(region=owner, wording=wording, key=form.key, by=office.user, today=today())

    return _typed_and_seen(request, office, owner, CriterionForm, propose)


@office_view(keeps, methods=("GET", "POST"))
def criterion_propose(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """A new version of a criterion: typed, seen beside the old, then proposed."""
    criterion, latest = _criterion(office, pk)

    def make(data: Data) -> CriterionForm:
        _, now = _criterion(office, pk)
        return CriterionForm(data, stands=now.number, stored=initial_of(now))

    def propose(form: CriterionForm, wording: Wording) -> None:
        services.criterion_propose(
            criterion=criterion, wording=wording, seen=number_in(form.seen), key=form.key, by=office.user, today=today()
        )

    return _typed_and_seen(request, office, criterion.organisation, make, propose, latest)


@office_view(keeps, methods=("GET", "POST"))
def criterion_awake(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Put to sleep or woken, which is a new version too."""
    criterion, latest = _criterion(office, pk)
    said = rules.wording_of(latest)

    def make(data: Data) -> ChangeForm:
        return ChangeForm(data, stands=latest.number)

    # The state the person says yes to on the page.
    wanted = request.POST.get("awake") == "1" if request.method == "POST" else not latest.awake
    wording = Wording(**{**said.values(), "awake": wanted})  # type: ignore[arg-type]

    def show(form: ChangeForm, status: int) -> HttpResponse:
        return _preview(request, form, criterion.organisation, latest, wording, turns=True, status=status)

    def act(form: ChangeForm) -> None:
        services.criterion_propose(
            criterion=criterion, wording=wording, seen=number_in(form.seen), key=form.key, by=office.user, today=today()
        )

    if wanted == latest.awake:
        # Another was first, and meant the same.
        return redirect("administration-criteria-set")
    return changing(
        request, make, act, show=show, done=lambda form: redirect("administration-criteria-set"),
        says=lambda current: f"En anden har imens lavet udgave {current.number}. Se efter, og send igen.",
    )  # fmt: skip


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
    known = drafts_of(office.user, None, "approval-answer")
    waiting: list[dict[str, Any]] = []
    for region in Organisation.objects.filter(pk__in=regions_for(office.approves, day)).order_by("name"):
        of_region = figures.waiting_for(region, office.approves, day)
        said_no = figures.refusals(region, [line for line, _, _ in of_region])
        changes = [(line.criterion, line.newest) for line, _, _ in of_region]
        touched = figures.impacts(region.pk, changes, day) if of_region else []
        waiting += [
            _asked(office, line, who, side, impact, said_no.get(line.newest.pk, []))
            for (line, who, side), impact in zip(of_region, touched, strict=True)
        ]
    for asked in waiting:
        version = asked["version"].pk
        drafts = _answer_draft(office, version, asked["for"].pk, asked["side"], known)
        asked["reason"] = reason if at == version else typed_before(drafts, "reason")
    page = {"waiting": waiting, "refused": refused, "place": "styring"}
    return render(request, "administration/approvals.html", page, status=status)


def _answer_draft(
    office: Office, version: int, organisation: int, side: str, known: dict[str, Draft] | None = None
) -> FormDraft:
    """Where the reason for a no is kept while it is typed."""
    return FormDraft(office.user, None, f"approval-answer:{version}:{organisation}:{side}", known=known)


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
    drafts = _answer_draft(office, pk, organisation.pk, side)
    if kept := kept_apart(request, drafts, ["reason"]):
        return kept
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
    drafts.drop()
    return redirect("administration-approvals")


def _answers(organisation: Organisation, side: str, version: CriterionVersion, day: date) -> bool:
    asked = answering(version.criterion.organisation_id, day)
    return (organisation.pk, side) in {(who.pk, str(side_)) for who, side_ in asked}


def _form_page(
    request: HttpRequest, form: CriterionForm, region: Organisation, latest: CriterionVersion | None, status: int
) -> HttpResponse:
    page = {"form": form, "region": region, "latest": latest, "place": "styring"}
    return render(request, "administration/criteria_form.html", page, status=status)


def _preview(
    request: HttpRequest,
    form: ChangeForm,
    region: Organisation,
    latest: CriterionVersion | None,
    wording: Wording,
    *,
    turns: bool = False,
    status: int = 200,
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
        "place": "styring",
    }
    return render(request, "administration/criteria_preview.html", page, status=status)


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
