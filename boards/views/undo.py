"""'Fortryd': the last steps of the person, and taking one back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, home_view, today
from boards import services
from boards.views.common import log_read
from core import weeks
from core.errors import Conflict, Denied
from core.web import missing_is_404, triggering


@home_view(methods=("GET", "POST"))
@missing_is_404
def undo(request: HttpRequest, access: Access) -> HttpResponse:
    """The list, and after a POST the list again with what happened."""
    note, status = "", 200
    if request.method == "POST":
        pk = request.POST.get("step", "")
        try:
            if not pk.isdecimal() or len(pk) > 9:
                raise LookupError("step")
            services.undo(access=access, kind=request.POST.get("step_kind", ""), pk=int(pk), today=today())
            note = "Fortrudt."
        except Conflict:
            note, status = "Der er ændret siden. Se efter på tavlen.", 409
        except Denied as denied:
            note, status = denied.message, 422
    steps = services.steps(access, today(), timezone.now())
    log_read(access, "fortryd", [step.stay.id for step in steps])
    lines = [(step, weeks.when(step.at, today())) for step in steps]
    context = {"home": access.home, "lines": lines, "note": note, "failed": status != 200}
    response = render(request, "boards/_undo_dialog.html", context, status=status)
    if request.method == "POST" and status == 200:
        return triggering(response, "board-changed")
    return response
