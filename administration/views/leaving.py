"""'Stopper': a role's last day, once what the person stands for is handed on."""

from collections import Counter
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import people_at, today
from accounts.offices import Office, office_view
from administration import selectors
from administration.forms import UntilForm
from administration.leaving import KINDS, OpenThing, open_things, takers
from administration.services import leaving
from administration.views.common import label_of, staffing_office
from audit import trail
from core.errors import Denied
from core.forms import Data
from core.web import missing_is_404, number_in
from organisation.drafts import form_page
from organisation.models import Membership

TAB = "En person stopper"


@office_view(staffing_office, methods=("GET", "POST"))
@missing_is_404
def membership_end(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """How long a role lasts, and what the person stands for.

    The unit's own leader sees which residents it is about; an administrator sees kinds and counts.
    """
    member = selectors.member_of(office, pk)
    day = today()
    back = reverse("administration-person", args=[member.user_id])

    def make(data: Data) -> UntilForm:
        stored = {"to_day": member.to_day, "to_time": member.to_time}
        return UntilForm(data, stored=stored, stands=leaving.ends_at(member))

    def act(form: UntilForm) -> str:
        leaving.membership_end(office=office, member=member, **form.cleaned_data, seen=form.seen, today=day)
        return back

    return form_page(
        request, make, act, title=f"{member.user.name} stopper", tab=TAB, button="Gem den sidste dag", back=back,
        template="administration/membership_end.html", **_things_page(office, member),
    )  # fmt: skip


def _things_page(office: Office, member: Membership, error: Denied | None = None) -> dict[str, Any]:
    day = today()
    things = open_things(member, day, day)
    leader = leaving.leads(office, member)
    page: dict[str, Any] = {"member": member, "leader": leader, "unit": selectors.unit_name(member)}
    page["own"] = member.user_id == office.user.pk
    if not leader:
        counts = Counter(thing.kind for thing in things)
        return {**page, "counts": [(KINDS[kind], counts[kind]) for kind in KINDS if counts[kind]]}
    people = {home.pk: people_at(home, day) for home in {thing.home for thing in things}}
    for home in {thing.home for thing in things}:
        trail.record_read(
            home.scope,
            viewer=office.user.pk,
            screen="stopper",
            stays=[thing.stay for thing in things if thing.home == home and thing.stay],
        )

    def options(thing: OpenThing) -> list[tuple[int, str]]:
        users = takers(thing, member, people[thing.home.pk], day)
        return [(user.pk, label_of(user, users)) for user in users]

    rows = [(thing, options(thing)) for thing in things]
    # People who can take over everything.
    common = [choice for choice in rows[0][1] if all(choice in offered for _, offered in rows)] if rows else []
    return {**page, "rows": rows, "common": common, "error": error}


@office_view(staffing_office, methods=("POST",))
@missing_is_404
def membership_hand_on(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """Others take over what the person stands for."""
    member = selectors.member_of(office, pk)
    if not leaving.leads(office, member):
        raise LookupError("member")
    everything = number_in(request.POST.get("everything"))
    chosen = {
        name: number_in(str(value)) for name, value in request.POST.items() if name.split("-")[0] in KINDS and value
    }
    if everything:
        chosen |= {thing.key: everything for thing in open_things(member, today(), today()) if thing.key not in chosen}
    here = reverse("administration-membership-end", args=[pk])
    try:
        if not chosen:
            raise Denied("Vælg, hvem der overtager.", "everything")
        leaving.membership_hand_on(office=office, member=member, chosen=chosen, today=today())
    except Denied as denied:
        form: Form = UntilForm(initial={"to_day": member.to_day})
        page = {
            "title": f"{member.user.name} stopper", "tab": TAB, "button": "Gem den sidste dag", "form": form,
            "place": "styring",
            "back": reverse("administration-person", args=[member.user_id]), **_things_page(office, member, denied),
        }  # fmt: skip
        return render(request, "administration/membership_end.html", page, status=422)
    return redirect(here)
