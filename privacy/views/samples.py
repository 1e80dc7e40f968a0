"""A leader's weekly samples, and the anchors of the log for the other party to keep."""

import re
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import today
from accounts.offices import Office, office_view
from audit import trail
from audit.models import Anchor
from core.errors import Conflict, Denied, Repeated
from core.forms import key_in
from core.web import missing_is_404, new_key
from organisation.drafts import FormDraft, drafts_of, kept_apart
from organisation.models import Draft, Home, Team
from privacy import samples as services
from privacy import selectors
from privacy.forms import AnswerForm
from privacy.models import Answer, SampleLine
from privacy.selectors import Leads, LookUp, SampleSheet
from reminders import services as reminders

ANCHORS_SHOWN = 62
trail.register("anchor.fetched", "hentede et anker for loggen")


def leading(office: Office) -> bool:
    """Leaders of a home or a team."""
    return bool(office.homes or office.teams)


def keeping_anchors(office: Office) -> bool:
    """Leaders and approvers, on both sides."""
    return leading(office) or bool(office.approves)


def leads_of(office: Office) -> Leads:
    return Leads(office.user, office.homes, office.teams)


@dataclass(frozen=True)
class Asked:
    """A line with its form; none on the leader's own. `other` is what somebody else answered meanwhile."""

    line: LookUp
    form: AnswerForm | None
    other: SampleLine | None = None


@office_view(leading)
def samples(request: HttpRequest, office: Office) -> HttpResponse:
    """Look-ups drawn at random last week and before, to answer for."""
    return _page(request, office)


def _page(
    request: HttpRequest,
    office: Office,
    sent: dict[int, AnswerForm] | None = None,
    error: tuple[int, str] = (0, ""),
    status: int = 200,
    other: SampleLine | None = None,
) -> HttpResponse:
    """The page; `sent` are forms as typed, `error` a sample and what is wrong with it as a whole."""
    leads, day = leads_of(office), today()
    sheets = selectors.sheets(leads, day)
    for scope, stays in selectors.shown_stays(sheets).items():
        trail.record_read(scope, viewer=office.user.pk, screen="stikproever", stays=stays)

    known = drafts_of(office.user, None, "sample-answer")
    kept: dict[str, list[str]] = {}
    for sheet in sheets:
        found = _draft(office, sheet.sample.pk, known).find()
        kept |= found.fields if found else {}

    def asked(line: LookUp) -> Asked:
        if line.own:
            return Asked(line, None)
        typed = (sent or {}).get(line.row.pk) or _begun(line.row, kept)
        if other is not None and other.pk == line.row.pk:
            return Asked(line, _over(typed, line.row), line.row)
        return Asked(line, typed or AnswerForm.of(line.row))

    page = {
        "sheets": [_shown(sheet, asked, error) for sheet in sheets],
        "waiting": selectors.waiting(leads, day),
        "key": new_key(),
        "place": "styring",
    }
    return render(request, "privacy/samples.html", page, status=status)


def _draft(office: Office, sample: int, known: dict[str, Draft] | None = None) -> FormDraft:
    """Where the answers to one unit's week are kept while they are typed."""
    return FormDraft(office.user, None, f"sample-answer:{sample}", known=known)


def _begun(line: SampleLine, kept: dict[str, list[str]]) -> AnswerForm | None:
    """The line with what was typed and not sent, over the version it was typed over; None where nothing was."""
    start = f"l{line.pk}-"
    typed = {name.removeprefix(start): values[0] for name, values in kept.items() if name.startswith(start)}
    if not typed.keys() & {"answer", "note"} or typed == _stands(line):
        return None
    return AnswerForm(initial=typed, prefix=f"l{line.pk}")


def _stands(line: SampleLine) -> dict[str, str]:
    stands = {"answer": line.answer, "note": line.note, "seen": str(line.version)}
    return {name: value for name, value in stands.items() if value}


def _shown(sheet: SampleSheet, asked: object, error: tuple[int, str]) -> dict[str, object]:
    assert callable(asked)
    return {
        "sheet": sheet,
        "open": [asked(line) for line in sheet.open],
        "answered": [asked(line) for line in sheet.answered],
        "error": error[1] if error[0] == sheet.sample.pk else "",
    }


def _over(typed: AnswerForm | None, line: SampleLine) -> AnswerForm:
    """What the leader typed, on top of the line as it stands now."""
    if typed is None:
        return AnswerForm.of(line)
    values = {"answer": typed["answer"].value(), "note": typed["note"].value(), "seen": line.version}
    return AnswerForm(initial=values, prefix=f"l{line.pk}")


@office_view(leading, methods=("POST",))
@missing_is_404
def sample_answer(request: HttpRequest, office: Office, pk: int) -> HttpResponse:
    """'Gem svarene' for one unit's week: all that was answered, or none of it."""
    sheet = next((sheet for sheet in selectors.sheets(leads_of(office), today()) if sheet.sample.pk == pk), None)
    if sheet is None:
        raise LookupError("sample")
    drafts = _draft(office, pk)
    if kept := kept_apart(request, drafts, [name for name in request.POST if re.match(r"l[0-9]+-", name)]):
        return kept
    lines = [line.row for line in [*sheet.open, *sheet.answered] if f"l{line.row.pk}-seen" in request.POST]
    sent = {line.pk: AnswerForm(request.POST, prefix=f"l{line.pk}") for line in lines}
    for form in sent.values():
        if form.is_valid() and form.cleaned_data["answer"] == Answer.LOOK and not form.cleaned_data["note"]:
            form.add_error("note", "Skriv, hvad der skal undersøges.")
    if any(form.errors for form in sent.values()):
        return _page(request, office, sent, (pk, "Et af svarene mangler noget. Se nedenfor."), 422)
    given = [
        services.GivenAnswer(
            pk, Answer(form.cleaned_data["answer"]), form.cleaned_data["note"], form.cleaned_data["seen"]
        )
        for pk, form in sent.items()
        if form.cleaned_data["answer"]
    ]
    try:
        services.sample_answer(
            user=office.user,
            sample=sheet.sample,
            mine=selectors.answerable(leads_of(office), today()),
            given=given,
            key=key_in(request),
            now=timezone.now(),
        )
    except Repeated:
        pass
    except Denied as denied:
        return _page(request, office, sent, (pk, denied.message), 422)
    except Conflict as conflict:
        said = "En anden har svaret imens, og intet er gemt. Se nedenfor, og gem igen."
        return _page(request, office, sent, (pk, said), 409, conflict.current)
    drafts.drop()
    return redirect(f"{reverse('administration-samples')}#s{pk}")


@office_view(keeping_anchors)
def anchors(request: HttpRequest, office: Office) -> HttpResponse:
    """The days' anchors, newest first."""
    kept = list(Anchor.objects.order_by("-day").values_list("day", "digest")[:ANCHORS_SHOWN])
    own = {
        *office.approves,
        *Home.objects.filter(pk__in=office.homes).values_list("organisation_id", flat=True),
        *Team.objects.filter(pk__in=office.teams).values_list("organisation_id", flat=True),
    }
    told = reminders.told([day for day, _ in kept], own)
    days = [(day, digest, told[day]) for day, digest in kept]
    return render(request, "privacy/anchors.html", {"days": days, "place": "styring"})


@office_view(keeping_anchors)
@missing_is_404
def anchor_fetch(request: HttpRequest, office: Office, day: str) -> HttpResponse:
    """One day's anchor as a text file. It names chains by number, and nobody."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise LookupError("day") from None
    anchor = Anchor.objects.filter(day=wanted).first()
    if anchor is None:
        raise LookupError("anchor")
    trail.note(office.user.scope, "anchor.fetched", anchor, by=office.user.pk, day=day)
    return HttpResponse(
        anchor.text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="botilbud-anker-{day}.txt"'},
    )
