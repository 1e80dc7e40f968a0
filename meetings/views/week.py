"""'Min uge' and what is said to the resident."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import Access, home_view, people_at, today
from audit import trail
from boards import selectors
from boards.models import Track
from boards.services import Plan, holds_pen, intervention_add
from boards.views.common import log_read
from boards.views.page import head
from core.forms import Data, changing
from core.web import missing_is_404, sentence, triggering
from meetings import rules, services, week
from meetings.models import AgendaItem, Meeting
from meetings.tell import TellForm
from meetings.views.common import veiled
from organisation import acts
from organisation.drafts import FormDraft
from organisation.models import Side, User


@home_view()
@missing_is_404
def my_week(request: HttpRequest, access: Access, stay: int) -> HttpResponse:
    """The resident's own week, to print. What is left out is chosen in the address and changes nothing."""
    day = today()
    made = week.sheet(access, stay, week.monday_of(request.GET.get("uge", ""), day), day)
    every = {line.key for part in made.parts for line in part.lines}
    keys = set(request.GET.getlist("linje")) & every if request.GET.get("valgt") else every
    trail.record_read(access.home.scope, viewer=access.user.pk, screen="min-uge", stays=[stay])
    acts.exported(access.home, access.user, "min-uge", [stay])
    page = {"sheet": made, "keys": keys, "parts": made.only(keys), **head(access, "beboere")}
    return render(request, "meetings/my_week.html", page)


def _row(access: Access, number: int, pk: int) -> tuple[Meeting, AgendaItem, selectors.Row]:
    """The resident an item of the agenda is about, as all at the meeting see it. Raises LookupError."""
    meeting = services.meeting_of(access, number)
    item = AgendaItem.objects.for_home(access.home).filter(meeting=meeting, pk=pk, stay__isnull=False).first()
    row = selectors.one_row(access.home, services.joint(meeting), today(), item.stay_id) if item else None
    if item is None or row is None or not row.stay.sight.shared:
        raise LookupError("item")
    return meeting, item, row


@home_view()
@missing_is_404
def tell_list(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """What is to be said to the resident, by whom and when."""
    meeting, about, row = _row(access, number, pk)
    if veiled(meeting, about):
        return sentence(rules.ALONE, 422)
    log_read(access, "moede", [row.id])
    tellings = {item.id: item for lane in row.lanes.values() for item in lane if item.tells}
    lines = [(item, item.what.removeprefix(selectors.TELLS)) for item in tellings.values()]
    return render(request, "meetings/_tell_list.html", {"home": access.home, "row": row, "lines": lines})


@home_view(methods=("GET", "POST"))
@missing_is_404
def tell_add(request: HttpRequest, access: Access, number: int, pk: int) -> HttpResponse:
    """The small form under the fifth prompt. A kept line gives an empty form and tells the page."""
    meeting, item, row = _row(access, number, pk)
    if veiled(meeting, item):
        return sentence(rules.ALONE, 422)
    log_read(access, "moede", [row.id])

    def make(data: Data) -> TellForm:
        return TellForm(data, home=access.home, today=today())

    def act(form: TellForm) -> None:
        values = form.cleaned_data
        plan = Plan(**values, track=_track(access, values["owner"]), tells=True)
        intervention_add(access=access, stay_id=row.id, plan=plan, key=form.key, today=today())

    def show(form: TellForm, status: int) -> HttpResponse:
        context = {"home": access.home, "meeting": meeting, "item": item, "row": row, "form": form}
        return render(request, "meetings/_tell_form.html", context, status=status)

    def done(form: TellForm) -> HttpResponse:
        return triggering(show(make(None), 200), "board-changed")

    drafts = FormDraft.at(access, f"tell-add:{row.id}", row.id)
    return changing(request, make, act, show=show, done=done, drafts=drafts)


def _track(access: Access, owner: User | None) -> Track:
    """The lane of the person who will say it, if the writer may write there; else the writer's own side's."""
    lanes = {Side.HOME: Track.SOCIAL, Side.TEAM: Track.PSYCHIATRIC}
    side = {user.pk: side for user, side in people_at(access.home, today())}.get(owner.pk) if owner else None
    if side is not None and (side == access.side or holds_pen(access)):
        return lanes[side]
    return lanes[access.side]
