"""One resident: situation, contacts, what may be shared."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards.live.snapshots import writable
from boards.selectors import Row
from boards.services import stay_of
from boards.views.common import visible_partners, visible_row
from care.forms import AgreedForm, BasisForm, ContactForm, PartnerForm, SituationForm, VisitForm
from core.errors import Denied, Repeated
from core.web import missing_is_404, new_key, refuse, triggering
from organisation.models import Side
from residents import partners
from residents import services as residents
from residents.models import Agreed, Partner, PartnerKind, Situation
from residents.selectors import basis_lines, shares_all, teams_ever, visits
from residents.sharing import audience_of
from residents.texts import COLUMNS, Place


def resident_page(
    request: HttpRequest,
    access: Access,
    stay: int,
    bound: Form | None = None,
    status: int = 200,
    need: str = "",
    changing: AgreedForm | None = None,
) -> HttpResponse:
    """The resident's dialog, with the refused form, if any. `need` says why it could not be opened in need."""
    row, day = visible_row(access, stay), today()
    bases = basis_lines(access.home, stay, day)
    own = row.stay.contacts.get(access.side)
    deputy = row.stay.deputies.get(access.side)
    forms: dict[str, Form] = {
        "situation": SituationForm(
            initial={
                "situation": row.stay.situation,
                "since": row.stay.situation_since or day,
                "place": row.stay.situation_place,
                "until": row.stay.situation_until,
            }
        ),
        "visit": VisitForm(initial={"on": day}),
        "contact": ContactForm(
            initial={"person": own.pk if own else None, "deputy": deputy.pk if deputy else None},
            home=access.home,
            side=access.side,
            today=day,
        ),
        "partner": PartnerForm(),
        "basis": BasisForm(side=access.side, leader=access.is_leader, today=day),
    }
    for name, form in forms.items():
        if type(form) is type(bound) and bound is not None:
            forms[name] = bound
    serving = teams_of(access.home, day)
    context = {
        "home": access.home,
        "row": row,
        "forms": forms,
        "own": [line for line in bases if line.side == access.side],
        "theirs": [line for line in bases if line.side != access.side],
        "all_shared": shares_all(bases, access.side),
        "texts": _texts(access, row),
        "access": access,
        "day": day,
        "teams": [(link.team, link.team_id in row.stay.teams) for link in serving],
        "team": next((link.team for link in serving if link.team_id in row.stay.teams), None),
        "had": teams_ever(access.home, stay),
        "partners": [(partner, _agreed_form(partner, changing)) for partner in visible_partners(access, row.stay)],
        "partners_shared": row.stay.sight.covers(Side.JOINT, "partners"),
        "whereabouts": row.stay.sight.covers(Side.JOINT, "situation"),
        "admissions": visits(access.home, stay, row.stay.sight.sides_of("situation"))[:1],
        "key": new_key(),
        "need_error": need,
        "need_reason": request.POST.get("reason", "")[:200] if need else "",
    }
    response = render(request, "care/_resident_dialog.html", context, status=status)
    if request.method == "POST" and status == 200:
        return triggering(response, "board-changed")
    return response


def _texts(access: Access, row: Row) -> list[dict[str, Any]]:
    """The texts of the page, one for each side. Of texts that are a side's own, only those of the person's side.

    A text that can be written on the board or at the meeting can only be read here: both would have the same id on a
    page. `cell` is None where it is not shared.
    """
    own = writable(audience_of(access))
    return [
        {
            "title": text.heading_in(row.rules, side) + (" (teamet)" if side == Side.TEAM and not text.private else ""),
            "cell": row.cells.get(f"{text.key}-{side}"),
            "private": text.private,
            "editable": side in own and not {Place.BOARD, Place.SPOTLIGHT} & set(text.places),
        }
        for text in COLUMNS.values()
        if Place.RESIDENT in text.places
        for side in ([access.side] if text.private else text.sides)
    ]


def _agreed_form(partner: Partner, changing: AgreedForm | None) -> AgreedForm:
    """What stands about the partner, or the change of it that was refused."""
    prefix = f"p{partner.pk}"
    if changing is not None and changing.prefix == prefix:
        return changing
    stands = {"agreed": partner.without_resident, "agreed_how": partner.agreed_how, "agreed_on": partner.agreed_on}
    return AgreedForm(initial=stands, prefix=prefix)


def _list_of_partners(access: Access, stay: int) -> None:
    """Raises LookupError where the list is not shared with the person's side."""
    if not visible_row(access, stay).stay.sight.covers(Side.JOINT, "partners"):
        raise LookupError("partners")


@home_view(methods=("POST",))
@missing_is_404
def partner_add(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Somebody outside the two teams is put on the resident's list."""
    _list_of_partners(access, stay)
    form = PartnerForm(request.POST)
    if not form.is_valid():
        return resident_page(request, access, stay, form, 422)
    data = form.cleaned_data
    try:
        partners.partner_add(
            home=access.home,
            stay_id=stay,
            name=data["name"],
            kind=PartnerKind(data["kind"]),
            agreed=Agreed(data["agreed"]),
            how=data["agreed_how"],
            on=data["agreed_on"],
            key=request.POST.get("key", ""),
            by=access.user,
            today=today(),
        )
    except Repeated:
        pass
    except Denied as denied:
        refuse(form, denied)
        return resident_page(request, access, stay, form, 422)
    return resident_page(request, access, stay)


@home_view(methods=("POST",))
@missing_is_404
def partner_change(request: HttpRequest, access: Access, stay: int, pk: int) -> HttpResponse:
    """What the resident has agreed to about somebody on the list, or that they are not on it any more."""
    _list_of_partners(access, stay)
    if request.POST.get("remove"):
        with suppress(LookupError):  # a second click: off the list already
            partners.partner_end(home=access.home, stay_id=stay, pk=pk, by=access.user, today=today())
        return resident_page(request, access, stay)
    form = AgreedForm(request.POST, prefix=f"p{pk}")
    if form.is_valid():
        data = form.cleaned_data
        try:
            partners.partner_agree(
                home=access.home,
                stay_id=stay,
                pk=pk,
                agreed=Agreed(data["agreed"]),
                how=data["agreed_how"],
                on=data["agreed_on"],
                by=access.user,
                today=today(),
            )
            return resident_page(request, access, stay)
        except Denied as denied:
            refuse(form, denied)
    return resident_page(request, access, stay, status=422, changing=form)


@home_view()
@missing_is_404
def resident(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """One resident's situation, contacts and what may be shared."""
    return resident_page(request, access, stay)


@home_view(methods=("POST",))
@missing_is_404
def situation_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Hjemme, indlagt, netop udskrevet, flytter, på ferie."""
    row = visible_row(access, stay)
    if not row.stay.sight.covers(Side.JOINT, "situation"):
        raise LookupError("situation")
    form = SituationForm(request.POST)
    if form.is_valid():
        if form.cleaned_data["since"] > today():
            form.add_error("since", "Dagen ligger frem i tiden.")
        elif (form.cleaned_data["until"] or today()) > today() + timedelta(days=366):
            form.add_error("until", "Dagen ligger mere end et år frem. Er årstallet rigtigt?")
        else:
            try:
                residents.situation_change(
                    stay=stay_of(access, stay),
                    situation=Situation(form.cleaned_data["situation"]),
                    since=form.cleaned_data["since"],
                    place=form.cleaned_data["place"],
                    until=form.cleaned_data["until"],
                    by=access.user,
                )
            except Denied as denied:
                refuse(form, denied)
                return resident_page(request, access, stay, form, 422)
            return resident_page(request, access, stay)
    return resident_page(request, access, stay, form, 422)


@home_view(methods=("POST",))
@missing_is_404
def contact_set(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's contact person and deputy."""
    visible_row(access, stay)
    form = ContactForm(request.POST, home=access.home, side=access.side, today=today())
    if not form.is_valid():
        return resident_page(request, access, stay, form, 422)
    residents.contact_set(
        stay=stay_of(access, stay),
        side=access.side,
        person=form.cleaned_data["person"],
        deputy=form.cleaned_data["deputy"],
        by=access.user,
    )
    return resident_page(request, access, stay)


@home_view(methods=("POST",))
@missing_is_404
def basis_record(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side records why it may share."""
    visible_row(access, stay)
    form = BasisForm(request.POST, side=access.side, leader=access.is_leader, today=today())
    if not form.is_valid():
        return resident_page(request, access, stay, form, 422)
    try:
        residents.basis_record(
            stay=stay_of(access, stay),
            side=access.side,
            acting_side=access.side,
            new=form.basis(),
            by=access.user,
            instead=form.cleaned_data["instead"],
        )
    except Denied as denied:
        refuse(form, denied)
        return resident_page(request, access, stay, form, 422)
    return resident_page(request, access, stay)


@home_view(methods=("POST",))
@missing_is_404
def basis_open(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side opens the resident to the other for an hour, in need."""
    visible_row(access, stay)
    try:
        residents.basis_open(
            stay=stay_of(access, stay),
            side=access.side,
            acting_side=access.side,
            reason=request.POST.get("reason", "")[:200],
            key=request.POST.get("key", ""),
            by=access.user,
            now=timezone.now(),
        )
    except Denied as denied:
        return resident_page(request, access, stay, status=422, need=denied.message)
    except Repeated:
        pass
    return resident_page(request, access, stay)


@home_view(methods=("POST",))
@missing_is_404
def basis_withdraw(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's sharing ends now, everywhere."""
    visible_row(access, stay)
    with suppress(Denied):  # a second click: it is withdrawn already
        residents.basis_withdraw(home=access.home, stay_id=stay, acting_side=access.side, by=access.user)
    return resident_page(request, access, stay)
