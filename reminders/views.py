from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import accesses, person_view, today
from audit import trail
from boards import services as board_services
from boards.forms import move_days
from boards.models import Intervention, State
from core import weeks
from core.errors import Conflict, Denied
from core.web import fragment_trigger, number_in, refuse, sentence
from organisation.models import Side, User
from reminders import inbox, kinds, left_drafts, services
from reminders.forms import PreferenceForm, SnoozeForm
from reminders.models import DemoMail
from reminders.selectors import MyDay
from reminders.selectors import my_day as day_of
from reminders.since import changes_since, last_here

# A tick made without a network must be sent within this many days.
LATE_DAYS = 7


def _day(request: HttpRequest, user: User) -> tuple[MyDay, dict[str, object]]:
    own_accesses = accesses(user, today())
    sees_by_home = inbox.sees_of_homes(own_accesses, today())
    mine = day_of(user, own_accesses, today(), request.GET.get("hjem", ""), sees_by_home)
    shown: dict[str, list[int]] = {}
    for part in mine.homes:
        lines = part.lines
        shown.setdefault(part.home.scope, []).extend(line.stay.id for line in lines)
    for standing_in in mine.standing_in:
        for line in standing_in.lines:
            shown.setdefault(line.home.scope, []).append(line.stay.id)
    for gone in mine.gone:
        if gone.stay:
            shown.setdefault(gone.home.scope, []).append(gone.stay)
    for waits in mine.unheld:
        shown.setdefault(waits.home.scope, []).append(waits.stay.id)
    for draft in mine.drafts:
        if draft.stay:
            shown.setdefault(draft.home.scope, []).append(draft.stay.id)
    for scope, stays in shown.items():
        trail.record_read(scope, viewer=user.pk, screen="min-dag", stays=stays)
    context = {
        "mine": mine,
        "last": weeks.when(last_here(user, timezone.now()), today()),
        "waiting": len(inbox.open_now(own_accesses, today(), sees_by_home)),
        "day": weeks.long_day(today()),
        "week": weeks.week_label(today()),
        "days": move_days(today(), every_day=any(access.side == Side.HOME for access in own_accesses)),
        "place": "min-dag",
        "homes": [access.home for access in own_accesses],
        "home": next((access.home for access in own_accesses if access.home.slug == request.GET.get("hjem")), None)
        or (mine.homes[0].home if mine.homes else own_accesses[0].home if own_accesses else None),
        "reasons": ["Beboeren ville ikke", "Jeg nåede det ikke", "Aftalen blev aflyst", "Det gav ikke mening i dag"],
    }
    return mine, context


@person_view()
def my_day(request: HttpRequest, user: User) -> HttpResponse:
    """Min dag."""
    _, context = _day(request, user)
    return render(request, "reminders/my_day.html", context)


@person_view()
def since_last(request: HttpRequest, user: User) -> HttpResponse:
    """Siden din sidste vagt."""
    own_accesses, since = accesses(user, today()), last_here(user, timezone.now())
    changed = changes_since(own_accesses, since, today())
    shown: dict[str, list[int]] = {}
    for one in changed:
        shown.setdefault(one.home.scope, []).append(one.stay.id)
    for scope, stays in shown.items():
        trail.record_read(scope, viewer=user.pk, screen="siden-sidst", stays=stays)
    page = {"changed": changed, "last": weeks.when(since, today()), "place": "min-dag"}
    return render(request, "reminders/since.html", page)


@person_view()
def my_day_list(request: HttpRequest, user: User) -> HttpResponse:
    """The list alone, after a tick."""
    _, context = _day(request, user)
    return render(request, "reminders/_my_day.html", context)


@person_view(methods=("POST",))
def tick_late(request: HttpRequest, user: User) -> HttpResponse:
    """A tick made without a network, sent when there is one again: the intervention, the version seen, and when.

    204 done, also when it was before; 409 changed meanwhile, 404 not (or no longer) the person's to see, 422 too old.
    """
    pk, seen = number_in(request.POST.get("intervention")), number_in(request.POST.get("seen"))
    now = timezone.now()
    made = min(now, datetime.fromtimestamp(max(0, number_in(request.POST.get("at"))), tz=UTC))
    if now - made > timedelta(days=LATE_DAYS):
        return sentence("Fluebenet er for gammelt til at blive sat. Se efter på tavlen.", 422)
    by_home = {access.home.pk: access for access in accesses(user, today())}
    homes = Intervention.objects.for_homes([access.home for access in by_home.values()]).filter(pk=pk)
    home = homes.values_list("stay__home", flat=True).first()
    day = timezone.localdate(made)
    try:
        if home is None:
            raise LookupError("intervention")
        # Rights are those of today. Only the day it was done is the day of the tick.
        board_services.intervention_of(by_home[home], pk, today())
        settle = board_services.intervention_settle
        settle(access=by_home[home], pk=pk, state=State.DONE, why="", seen=seen, today=day)
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    except Conflict:
        return sentence("Indsatsen er ændret imens. Se efter på tavlen, og sæt fluebenet igen.", 409)
    except Denied as denied:
        return sentence(denied.message, 422)
    return HttpResponse(status=204)


@person_view(methods=("POST",))
def left_draft(request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """A leader takes over what somebody without access had typed (`take`), or deletes it (`drop`)."""
    led = left_drafts.led_now(user, today())
    try:
        if request.POST.get("act") == "drop":
            left_drafts.draft_drop(led=led, pk=pk, today=today())
        else:
            left_drafts.draft_take(accesses=accesses(user, today()), led=led, pk=pk, today=today())
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("board-changed")


def _waiting(user: User) -> dict[str, object]:
    own_accesses = accesses(user, today())
    groups = inbox.waiting(own_accesses, today())
    shown: dict[str, list[int]] = {}
    for _, items in groups:
        for item in items:
            if item.stay is not None:
                shown.setdefault(item.slug, []).append(item.stay)
    scopes = {access.home.slug: access.home.scope for access in own_accesses}
    for slug, stays in shown.items():
        trail.record_read(scopes[slug], viewer=user.pk, screen="paamindelser", stays=stays)
    return {"groups": groups, "place": "min-dag"}


@person_view()
def reminders(request: HttpRequest, user: User) -> HttpResponse:
    """Påmindelser: what waits, whether or not it comes by mail."""
    return render(request, "reminders/reminders.html", _waiting(user))


@person_view()
def reminders_list(request: HttpRequest, user: User) -> HttpResponse:
    """The list alone, after one was put off or taken away."""
    return render(request, "reminders/_reminders.html", _waiting(user))


@person_view(methods=("POST",))
def reminder_snooze(request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """'Påmind mig igen'."""
    form = SnoozeForm(request.POST)
    try:
        if form.is_valid():
            services.reminder_snooze(user=user, pk=pk, to=form.cleaned_data["day"], today=today())
            return fragment_trigger("reminders-changed")
        services.own_reminder(user, pk, today())
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    except Denied as denied:
        refuse(form, denied)
    errors = [message for messages in form.errors.values() for message in messages]
    context = {"pk": pk, "errors": errors, "typed": request.POST.get("day", "")[:40]}
    return render(request, "reminders/_snooze.html", context, status=422)


@person_view(methods=("POST",))
def reminder_hide(request: HttpRequest, user: User, pk: int) -> HttpResponse:
    """'Fjern': off the person's own list."""
    try:
        services.reminder_hide(user=user, pk=pk, today=today())
    except LookupError:
        raise Http404("Siden findes ikke.") from None
    except Denied as denied:
        return sentence(denied.message, 422)
    return fragment_trigger("reminders-changed")


@person_view(methods=("GET", "POST"))
def reminder_prefer(request: HttpRequest, user: User) -> HttpResponse:
    """Which reminders come by mail, and from what hour."""
    if request.method == "POST":
        form = PreferenceForm(request.POST)
        if form.is_valid():
            services.reminder_prefer(user=user, **form.cleaned_data)
            return redirect(f"{reverse('reminder-prefer')}?gemt=1")
    else:
        form = PreferenceForm.of(services.preference_of(user))
    context = {
        "form": form,
        "urgent": [kind.setting for kind in kinds.urgent().values()],
        "saved": request.method == "GET" and "gemt" in request.GET,
        "place": "min-dag",
    }
    return render(request, "reminders/settings.html", context, status=422 if form.errors else 200)


@person_view()
def demo_mails(request: HttpRequest, user: User) -> HttpResponse:
    """'Mails der ville være sendt', in the demo only."""
    if not settings.DEMO:
        raise Http404("Siden findes ikke.")
    mails = DemoMail.objects.order_by("-at", "-pk")[:100]
    return render(request, "reminders/demo_mails.html", {"mails": mails, "place": "mails"})
