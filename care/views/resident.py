"""One resident: situation, contacts, what may be shared. The dialog holds a form for each of them.

A form is answered for itself: what is typed in the others stays as their drafts.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, teams_of, today
from boards.live.snapshots import writable
from boards.models import Pen
from boards.selectors import Row
from boards.services import stay_of
from boards.views.common import visible_partners, visible_row
from care import services
from care.forms import AgreedForm, BasisForm, ContactForm, NeedForm, PartnerForm, SituationForm, VisitForm
from core.errors import Conflict, Denied
from core.forms import DRAFT, STALE, ChangeForm, Data, begun, changing
from core.web import missing_is_404, new_key, sentence, triggering
from organisation.drafts import FormDraft, drafts_about
from organisation.models import Draft, Side
from residents import partners
from residents import services as residents
from residents.models import Partner, PartnerKind
from residents.selectors import basis_lines, shares_all, teams_ever, visits
from residents.sharing import audience_of
from residents.texts import COLUMNS, Place


def _situation(access: Access, row: Row, data: Data) -> SituationForm:
    stands = residents.Whereabouts.of(row.stay)
    begins = {"since": stands.since or today()}
    return SituationForm(data, stands=stands, stored=vars(stands), initial=begins, today=today())


def _visit(access: Access, row: Row, data: Data) -> VisitForm:
    return VisitForm(data, initial={"on": today()})


def _contact(access: Access, row: Row, data: Data) -> ContactForm:
    people = [named.get(access.side) for named in (row.stay.contacts, row.stay.deputies)]
    person, deputy = (named and named.pk for named in people)
    stored = {"person": person, "deputy": deputy}
    # The mark is of the row itself: somebody who has left stands there still, and is not offered.
    stands = services.contact_stands(access.home, row.id, access.side)
    return ContactForm(data, stands=stands, stored=stored, home=access.home, side=access.side, today=today())


def _partner(access: Access, row: Row, data: Data) -> PartnerForm:
    return PartnerForm(data)


def _basis(access: Access, row: Row, data: Data) -> BasisForm:
    stands = services.bases_stand(access.home, row.id, access.side, timezone.now())
    return BasisForm(data, stands=stands, side=access.side, leader=access.is_leader, today=today())


def _need(access: Access, row: Row, data: Data) -> NeedForm:
    return NeedForm(data)


def _agreed(partner: Partner, data: Data) -> AgreedForm:
    stands = partners.Agreement.of(partner)
    return AgreedForm(data, stands=stands, stored=vars(stands), prefix=f"p{partner.pk}")


# The forms of the dialog, by the name of their address. Each partner has one more.
FORMS: dict[str, Callable[[Access, Row, Data], ChangeForm]] = {
    "situation-change": _situation,
    "visit-note": _visit,
    "contact-set": _contact,
    "partner-add": _partner,
    "basis-record": _basis,
    "basis-open": _need,
}


def _drafts(access: Access, stay: int, name: str, known: Mapping[str, Draft] | None = None) -> FormDraft:
    return FormDraft.at(access, f"{name}:{stay}", stay, known)


def resident_page(
    request: HttpRequest,
    access: Access,
    stay: int,
    answered: Mapping[str, ChangeForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The resident's dialog. `answered` holds the form to be shown as it is; the others begin with their drafts."""
    row, day = visible_row(access, stay), today()
    known, answered = drafts_about(access, stay), answered or {}

    def shown(name: str, make: Callable[[Data], ChangeForm]) -> ChangeForm:
        return answered.get(name) or begun(make, _drafts(access, stay, name, known))

    bases = basis_lines(access.home, stay, day)
    serving = teams_of(access.home, day)
    team = next((link.team for link in serving if link.team_id in row.stay.teams), None)
    context = {
        "home": access.home,
        "row": row,
        "forms": {name.replace("-", "_"): shown(name, partial(make, access, row)) for name, make in FORMS.items()},
        "own": [line for line in bases if line.side == access.side],
        "theirs": [line for line in bases if line.side != access.side],
        "all_shared": shares_all(bases, access.side),
        "texts": _texts(access, row),
        "access": access,
        "day": day,
        "teams": [(link.team, link.team_id in row.stay.teams) for link in serving],
        "team": team,
        "same_owner": team is not None and team.organisation_id == access.home.organisation_id,
        "had": teams_ever(access.home, stay),
        "partners": [
            (partner, shown(f"partner-change:{partner.pk}", partial(_agreed, partner)))
            for partner in visible_partners(access, row.stay)
        ],
        "partners_shared": row.stay.sight.covers(Side.JOINT, "partners"),
        "whereabouts": row.stay.sight.covers(Side.JOINT, "situation"),
        "admissions": visits(access.home, stay, row.stay.sight.sides_of("situation"))[:1],
        "key": new_key(),
    }
    response = render(request, "care/_resident_dialog.html", context, status=status)
    if request.method == "POST" and status == 200:
        return triggering(response, "board-changed")
    return response


def answer(
    request: HttpRequest,
    access: Access,
    stay: int,
    name: str,
    act: Callable[[Any], None],
    make: Callable[[Data], ChangeForm] | None = None,
    says: str = STALE,
) -> HttpResponse:
    """Answers one form of the dialog with the whole of it, as it stands after."""

    def made(data: Data) -> ChangeForm:
        return FORMS[name](access, visible_row(access, stay), data)

    def show(form: ChangeForm, status: int) -> HttpResponse:
        return resident_page(request, access, stay, {name: form}, status)

    def done(form: ChangeForm) -> HttpResponse:
        return resident_page(request, access, stay)

    return changing(
        request, make or made, act, show=show, done=done, says=lambda current: says, drafts=_drafts(access, stay, name)
    )


def _texts(access: Access, row: Row) -> list[dict[str, Any]]:
    """The texts of the page, one for each side. Of texts that are a side's own, only those of the person's side.

    A text that can be written on the board, or at the meeting while one runs, can only be read here: both would have
    the same id on a page. `cell` is None where it is not shared.
    """
    own = writable(audience_of(access))
    elsewhere = {Place.BOARD} | ({Place.SPOTLIGHT} if Pen.objects.filter(home=access.home).exists() else set())
    return [
        {
            "title": text.heading_in(row.rules, side) + (" (teamet)" if side == Side.TEAM and not text.private else ""),
            "cell": row.cells.get(f"{text.key}-{side}"),
            "private": text.private,
            "editable": side in own and not elsewhere & set(text.places),
        }
        for text in COLUMNS.values()
        if Place.RESIDENT in text.places
        for side in ([access.side] if text.private else text.sides)
    ]


def _list_of_partners(access: Access, stay: int) -> None:
    """Raises LookupError where the list is not shared with the person's side."""
    if not visible_row(access, stay).stay.sight.covers(Side.JOINT, "partners"):
        raise LookupError("partners")


def _agreement(data: Mapping[str, Any]) -> partners.Agreement:
    return partners.Agreement(data["agreed"], data["agreed_how"], data["agreed_on"])


@home_view(methods=("GET", "POST"))
@missing_is_404
def partner_add(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Somebody outside the two teams is put on the resident's list."""
    _list_of_partners(access, stay)

    def act(form: PartnerForm) -> None:
        partners.partner_add(
            home=access.home,
            stay_id=stay,
            name=form.cleaned_data["name"],
            kind=PartnerKind(form.cleaned_data["kind"]),
            new=_agreement(form.cleaned_data),
            key=form.key,
            by=access.user,
            today=today(),
        )

    return answer(request, access, stay, "partner-add", act)


@home_view(methods=("GET", "POST"))
@missing_is_404
def partner_change(request: HttpRequest, access: Access, stay: int, pk: int) -> HttpResponse:
    """What the resident has agreed to about somebody on the list, or that they are not on it any more."""
    _list_of_partners(access, stay)
    name = f"partner-change:{pk}"
    if request.POST.get("remove") and DRAFT not in request.headers:
        with suppress(LookupError):  # a second click: off the list already
            partners.partner_end(home=access.home, stay_id=stay, pk=pk, by=access.user, today=today())
        _drafts(access, stay, name).drop()
        return resident_page(request, access, stay)

    def make(data: Data) -> AgreedForm:
        listed = partners.partners_of(access.home, stay)
        partner = next((partner for partner in listed if partner.pk == pk), None)
        if partner is None:
            raise LookupError("partner")
        return _agreed(partner, data)

    def act(form: AgreedForm) -> None:
        services.partner_agree(
            access=access,
            stay_id=stay,
            pk=pk,
            new=_agreement(form.cleaned_data),
            seen=form.seen,
            key=form.key,
            today=today(),
        )

    return answer(request, access, stay, name, act, make)


@home_view()
@missing_is_404
def resident(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """One resident's situation, contacts and what may be shared."""
    return resident_page(request, access, stay)


@home_view(methods=("GET", "POST"))
@missing_is_404
def situation_change(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """Hjemme, indlagt, netop udskrevet, flytter, på ferie."""
    if not visible_row(access, stay).stay.sight.covers(Side.JOINT, "situation"):
        raise LookupError("situation")

    def act(form: SituationForm) -> None:
        to = residents.Whereabouts(**form.cleaned_data)
        services.situation_change(access=access, stay_id=stay, to=to, seen=form.seen, key=form.key, today=today())

    return answer(request, access, stay, "situation-change", act)


@home_view(methods=("POST",))
@missing_is_404
def situation_mistaken(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """'Nej, ikke indlagt': the admission was a mistake, and is gone."""
    if not visible_row(access, stay).stay.sight.covers(Side.JOINT, "situation"):
        raise LookupError("situation")
    try:
        services.situation_mistaken(access=access, stay_id=stay, seen=request.POST.get("seen", ""), today=today())
    except Denied as denied:
        return sentence(denied.message, 422)
    except Conflict:
        return sentence("Situationen er ændret imens. Luk, og se, hvad der står nu.", 409)
    return resident_page(request, access, stay)


@home_view(methods=("GET", "POST"))
@missing_is_404
def contact_set(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's contact person and deputy."""

    def act(form: ContactForm) -> None:
        services.contact_set(
            access=access, stay_id=stay, seen=form.seen, key=form.key, today=today(), **form.cleaned_data
        )

    return answer(request, access, stay, "contact-set", act)


@home_view(methods=("GET", "POST"))
@missing_is_404
def basis_record(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side records why it may share."""

    def act(form: BasisForm) -> None:
        services.basis_record(
            access=access,
            stay_id=stay,
            new=form.basis(),
            instead=form.cleaned_data["instead"],
            seen=form.seen,
            key=form.key,
            now=timezone.now(),
        )

    says = "Delingen er ændret imens. Se ovenfor, hvad I deler nu, og gem igen, hvis dit også skal gælde."
    return answer(request, access, stay, "basis-record", act, says=says)


@home_view(methods=("GET", "POST"))
@missing_is_404
def basis_open(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side opens the resident to the other for an hour, in need."""

    def act(form: NeedForm) -> None:
        residents.basis_open(
            stay=stay_of(access, stay),
            side=access.side,
            acting_side=access.side,
            reason=form.cleaned_data["reason"],
            key=form.key,
            by=access.user,
            now=timezone.now(),
        )

    return answer(request, access, stay, "basis-open", act)


@home_view(methods=("POST",))
@missing_is_404
def basis_withdraw(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The own side's sharing ends now, everywhere."""
    visible_row(access, stay)
    with suppress(Denied):  # a second click: it is withdrawn already
        residents.basis_withdraw(home=access.home, stay_id=stay, acting_side=access.side, by=access.user)
    return resident_page(request, access, stay)
