"""People: who works where, and how long."""

from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from accounts.offices import Office, office_view
from administration import bulk, selectors
from administration.forms import AccountForm, AddressForm, DetailsForm, ListForm, PersonForm, RoleForm
from administration.services import addresses, closing, roles
from administration.services import people as services
from administration.services.people import Known
from administration.services.roles import employer_of, organisation_of
from administration.views.common import staffing_office
from core.errors import Conflict, Denied, Repeated
from core.forms import Data, key_in
from core.web import missing_is_404, new_key, number_in, refuse
from organisation.drafts import FormDraft, form_page, kept_apart, typed_before
from organisation.models import Membership, Role, RoleOffer
from privacy.retention.staff import GONE

AT_A_TIME = 100


@office_view(staffing_office)
def people(request: HttpRequest, office: Office) -> HttpResponse:
    """People in the units the person staffs, by name, a hundred at a time, with a search field."""
    wanted, unit = request.GET.get("q", "")[:60], request.GET.get("enhed", "")[:30]
    units = [(selectors.unit_key(choice), choice.name) for choice in selectors.units(office)]
    some = Paginator(selectors.people_found(office, today(), wanted=wanted, unit=unit), AT_A_TIME).get_page(
        request.GET.get("side")
    )
    page = {
        "some": some,
        "lines": selectors.people(office, some.object_list, unit=unit),
        "narrowed": urlencode({"q": wanted, "enhed": unit}),
        "wanted": wanted,
        "unit": unit,
        "units": units,
        "asked": roles.offers_of(office, RoleOffer.objects.waiting(timezone.now()), today()).count(),
        "place": "styring",
    }
    return render(request, "administration/people.html", page)


def _roles(office: Office) -> list[str]:
    if not office.system:
        return [Role.STAFF, "vikar"]
    return [Role.STAFF, "vikar", Role.LEADER, Role.SYSTEM, Role.CRITERIA, Role.APPROVER, Role.SUPPORT]


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def person_create(request: HttpRequest, office: Office) -> HttpResponse:
    """A new person with a first role; a known mail address is asked about first."""
    asked: dict[str, object] = {}

    def make(data: Data) -> PersonForm:
        initial = {"from_day": today(), "unit": request.GET.get("enhed", ""), "role": Role.STAFF}
        return PersonForm(data, units=selectors.units(office), roles=_roles(office), initial=initial)

    def act(form: PersonForm) -> str:
        confirmed = number_in(request.POST.get("confirmed")) or None
        try:
            member = services.person_create(
                office=office, facts=form.facts(), role=form.role_facts(), confirmed=confirmed,
                key=form.key, today=today(),
            )  # fmt: skip
        except Known as known:
            asked["known"] = known.person.pk
            # Who has an address is their own organisation's to tell.
            own = employer_of(known.person) in (None, organisation_of(form.role_facts().unit))
            asked["yes"] = f"Tilføj rollen til {known.person.name}" if own else "Spørg personen og dennes organisation"
            raise Denied(f"Mailadressen findes allerede. {asked['yes']}?", "email") from known
        return _after(member)

    return form_page(
        request, make, act, title="Ny person", button="Opret", back=reverse("administration-people"),
        template="administration/person_new.html", asked=asked,
    )  # fmt: skip


def _after(given: Membership | RoleOffer) -> str:
    """Where one sees what became of it."""
    if isinstance(given, RoleOffer):
        return f"{reverse('administration-role-offers')}#o{given.pk}"
    return reverse("administration-person", args=[given.user_id])


def _line(office: Office, pk: int) -> selectors.PersonLine:
    lines = selectors.people(office, [pk])
    if not lines:
        raise LookupError("person")
    return lines[0]


@office_view(staffing_office)
@missing_is_404
def person(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """One person, with the roles the viewer decides on."""
    line = _line(office, pk)
    page = {
        "line": line,
        "own": pk == office.user.pk,
        "may_change": services.may_change(office, line.person, today()),
        "may_close": pk != office.user.pk and closing.may_close(office, line.person, today()),
        "employs": line.person.organisation_id in office.own,
        "gone": line.person.email.endswith(GONE),
        "asked": request.GET.get("mail") == "sendt",
        "new": not line.person.has_usable_password() and line.person.last_login is None,
        "leads": any(r.member.home_id in office.homes or r.member.team_id in office.teams for r in line.roles),
        "place": "styring",
    }
    return render(request, "administration/person.html", page)


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def person_change(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """A person's name, title and phone."""
    person = _line(office, pk).person
    if not services.may_change(office, person, today()):
        raise LookupError("person")
    back = reverse("administration-person", args=[pk])

    def make(data: Data) -> DetailsForm:
        return DetailsForm.of(data, services.person_facts(person))

    def act(form: DetailsForm) -> str:
        facts = form.facts(person.email)
        services.person_change(office=office, person=person, facts=facts, seen=form.seen, today=today())
        return back

    return form_page(
        request, make, act, title=f"Ret {person.name}", tab="Ret en person", button="Gem", back=back,
        lead="Mailadressen skiftes for sig, for den er nøglen til personens adgang.",
    )  # fmt: skip


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def address_change(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Another mail address for a person. It holds once it is confirmed from there."""
    person = _line(office, pk).person
    if person.organisation_id not in office.own or person.email.endswith(GONE):
        raise LookupError("person")
    back = reverse("administration-person", args=[pk])

    def make(data: Data) -> AddressForm:
        return AddressForm(data, stands=person.email)

    def act(form: AddressForm) -> str:
        addresses.address_ask(
            office=office, person=person, new=form.cleaned_data["email"], seen=form.seen, key=form.key
        )
        return f"{back}?mail=sendt"

    return form_page(
        request, make, act, title=f"Skift mailadresse for {person.name}", tab="Skift en mailadresse",
        button="Send bekræftelsen", back=back,
        lead=f"I dag: {person.email}. Vi sender et link til den nye adresse, og først når det er brugt, gælder den. "
        "Den gamle adresse får besked.",
    )  # fmt: skip


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def account(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Closes somebody's account at once, or opens a closed one."""
    person = _line(office, pk).person
    if not closing.may_close(office, person, today()):
        raise LookupError("person")
    back = reverse("administration-person", args=[pk])
    change = closing.account_close if person.is_active else closing.account_open

    def make(data: Data) -> AccountForm:
        return AccountForm(data, stands=person.is_active)

    def act(form: AccountForm) -> str:
        why = form.cleaned_data["why"]
        change(office=office, person=person, why=why, seen=form.seen, key=form.key, today=today())
        return back

    if person.is_active:
        return form_page(
            request, make, act, title=f"Luk kontoen for {person.name}", tab="Luk en konto", button="Luk kontoen nu",
            back=back,
            lead="Brug det, når en anden kan være kommet ind. Personen logges ud overalt med det samme og kan først "
            "logge ind igen, når kontoen er åbnet. Roller og aftaler bliver stående.",
        )  # fmt: skip
    return form_page(
        request, make, act, title=f"Åbn kontoen for {person.name}", tab="Åbn en konto", button="Åbn kontoen", back=back,
        lead="Bagefter vælger personen en ny adgangskode med »Glemt adgangskode« og tager et nyt ekstra trin i brug.",
    )  # fmt: skip


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def membership_give(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """One more role for a person."""
    found = _line(office, pk).person
    back = reverse("administration-person", args=[pk])

    def make(data: Data) -> RoleForm:
        initial = {"from_day": today(), "role": Role.STAFF}
        return RoleForm(data, units=selectors.units(office), roles=_roles(office), initial=initial)

    def act(form: RoleForm) -> str:
        role = form.role_facts()
        return _after(roles.membership_give(office=office, person=found, role=role, key=form.key, today=today()))

    return form_page(
        request, make, act, title=f"Ny rolle til {found.name}", tab="Ny rolle", button="Giv rollen", back=back
    )


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def people_read_in(request: HttpRequest, office: Office) -> HttpResponse:
    """Many people from a list: read, shown line by line, and written when confirmed, all or nothing."""
    day = today()
    drafts = FormDraft(office.user, None, "people-read-in")
    if request.method == "GET":
        return _many_page(request, ListForm(initial={"text": typed_before(drafts, "text")}))
    if kept := kept_apart(request, drafts, ["text"]):
        return kept
    form = ListForm(request.POST, request.FILES)
    try:
        text = _text(request, form)
        units = selectors.units(office)
        if request.POST.get("confirmed"):
            seen = request.POST.get("seen", "")
            count = bulk.people_read_in(
                office=office, text=text, units=units, seen=seen, key=key_in(request), today=day
            )
            drafts.drop()
            return render(request, "administration/people_read_in_done.html", {"count": count, "place": "styring"})
        return _preview(request, office, text, day)
    except Repeated:
        return render(request, "administration/people_read_in_done.html", {"count": None, "place": "styring"})
    except Conflict:
        note = "Listen passer ikke længere, fordi andre har oprettet personer imens. Se den igennem igen."
        return _preview(request, office, text, day, note, 409)
    except Denied as denied:
        form.is_valid()
        refuse(form, denied)
        return _many_page(request, form, 422)


def _text(request: HttpRequest, form: ListForm) -> str:
    file = request.FILES.get("file")
    if file is not None and file.size:
        if file.size > bulk.MAX_BYTES:
            raise Denied("Filen fylder mere end 200 kB. Del den i flere.", "file")
        return bulk.decode(file.read())
    return request.POST.get("text", "")


def _preview(
    request: HttpRequest, office: Office, text: str, day: date, note: str = "", status: int = 200
) -> HttpResponse:
    lines = bulk.judge(office, text, selectors.units(office), day)
    wrong = sum(1 for line in lines if line.error)
    page = {
        "lines": lines, "wrong": wrong, "text": text, "seen": bulk.print_of(lines), "key": new_key(), "note": note,
        "place": "styring",
    }  # fmt: skip
    return render(request, "administration/people_read_in_preview.html", page, status=status)


def _many_page(request: HttpRequest, form: ListForm, status: int = 200) -> HttpResponse:
    page = {"form": form, "columns": ";".join(bulk.COLUMNS), "place": "styring"}
    return render(request, "administration/people_read_in.html", page, status=status)
