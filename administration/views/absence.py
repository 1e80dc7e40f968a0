"""'Fravær': one's own, and for leaders their people's."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.access import person_view, today
from accounts.offices import office_of
from administration import selectors
from administration.forms import AbsenceForm, UntilForm
from administration.reach import colleagues
from administration.services import absence as services
from core.forms import Data
from core.text import danish_key
from core.web import missing_is_404
from organisation.drafts import form_page
from organisation.models import Absence, Side, User


def _may(actor: User, person: User, day: date) -> bool:
    if actor.pk == person.pk:
        return True
    return services.may_decide(office=office_of(actor), actor=actor, person=person, today=day)


def _person(actor: User, pk: int, day: date) -> User:
    person = User.objects.filter(pk=pk).first()
    if person is None or not _may(actor, person, day):
        raise LookupError("person")
    return person


def _page(request: HttpRequest, user: User, person: User, here: str) -> HttpResponse:
    day = today()
    found = colleagues(person, day - timedelta(days=31), day + timedelta(days=366))
    users = sorted(User.objects.filter(pk__in=list(found)), key=lambda other: danish_key(other.name))
    people: list[tuple[User, Side]] = [(other, found[other.pk]) for other in users]

    def make(data: Data) -> AbsenceForm:
        return AbsenceForm(data, people=people, initial={"from_day": day, "to_day": day})

    def act(form: AbsenceForm) -> str:
        data = form.cleaned_data
        services.absence_record(
            actor=user, person=person, deputy=form.stand_in(), from_day=data["from_day"], to_day=data["to_day"],
            key=form.key, today=day,
        )  # fmt: skip
        return here

    own = user.pk == person.pk
    return form_page(
        request, make, act, title="Mit fravær" if own else f"Fravær: {person.name}", tab="Fravær",
        button="Registrér fraværet", back=here, template="administration/absence.html", person=person, own=own,
        absences=selectors.absences(person, day),
    )  # fmt: skip


@person_view(methods=("GET", "POST"))
@missing_is_404
def absence_own(request: HttpRequest, user: User) -> HttpResponse:
    """One's own absences."""
    return _page(request, user, user, reverse("administration-absence-own"))


@person_view(methods=("GET", "POST"))
@missing_is_404
def absence_of(request: HttpRequest, user: User, person: int) -> HttpResponse:
    """The absences of somebody in a unit one leads."""
    absent = _person(user, person, today())
    return _page(request, user, absent, reverse("administration-absence-of", args=[absent.pk]))


@person_view(methods=("GET", "POST"))
@missing_is_404
def absence_shorten(request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """An earlier last day, or no absence at all where it has not begun."""
    day = today()
    absence = Absence.objects.filter(pk=pk).select_related("user", "deputy").first()
    if absence is None:
        raise LookupError("absence")
    person = _person(user, absence.user_id, day)
    mine = user.pk == person.pk
    back = reverse("administration-absence-own") if mine else reverse("administration-absence-of", args=[person.pk])

    def make(data: Data) -> UntilForm:
        stands = Absence.objects.filter(pk=pk).values_list("to_day", flat=True).first()
        return UntilForm(data, stored={"to_day": stands}, stands=stands)

    def act(form: UntilForm) -> str:
        to_day = form.cleaned_data["to_day"] or day - timedelta(days=1)
        services.absence_shorten(actor=user, absence=absence, to_day=to_day, seen=form.seen, today=day)
        return back

    waits = absence.from_day > day
    lead = (
        "Lad feltet stå tomt for at slette fraværet." if waits else "Lad feltet stå tomt, hvis fraværet sluttede i går."
    )
    return form_page(
        request, make, act, title=f"Afkort fraværet {services.span(absence)}", button="Gem den sidste dag", back=back,
        lead=lead,
    )  # fmt: skip
