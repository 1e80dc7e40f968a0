"""Forms that change something, and the one way they are answered (docs/how-to.md)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from core.errors import Conflict, Denied, Repeated
from core.fields import WrittenField
from core.seen import mark_of
from core.web import new_key, refuse, sentence

STALE = (
    "En anden har ændret det imens. Det, du skrev, står her endnu. "
    "Se efter, hvad der står nu, og gem igen, hvis dit skal gælde."
)
OLD_DRAFT = "Der er ændret, siden du skrev kladden. Se efter, hvad der står nu, og gem igen, hvis dit skal gælde."
# A browser sends what is being typed to the address of the form itself, with this header: "keep", or "drop" to begin
# again.
DRAFT = "X-Draft"
Data = QueryDict | None
WRITTEN = (forms.CharField, WrittenField)
# In what was kept: the names of the fields that were typed in, and not chosen from.
WORDS = "*"
# And those of them where nothing stood: they hold only what the person wrote.
OWN_WORDS = "+"


@dataclass(frozen=True)
class Kept:
    """What was typed in a form and not sent: the fields that differed from what stood, as they were sent."""

    fields: dict[str, list[str]]
    seen: str
    at: datetime


class Drafts(Protocol):
    """Where what one person types in one form is kept until it is sent."""

    def find(self) -> Kept | None:
        """What was kept, if anything."""

    def keep(self, fields: dict[str, list[str]], seen: str, key: str) -> None:
        """Keeps the fields in place of those before; none drops them, and so does a `key` that was acted upon.

        Raises Denied when it is more than can be kept.
        """

    def drop(self) -> None:
        """Forgets what was kept."""


@dataclass(frozen=True)
class OnTheWay:
    """An answer before the form is done, as a preview. What was typed is a draft until it is."""

    answer: HttpResponse


class ChangeForm(forms.Form):
    """A form that changes something. It carries a key, so that it is done once, and a mark of what the person saw.

    `stands` is what stands when the form is made: a version or the stored values, None for something new. The service
    is given `seen` and compares under the clock (core.seen.check_seen). `stored` are the stored values by field: the
    form begins with them, and they are shown beside what was typed when somebody changed them meanwhile.
    """

    def __init__(
        self,
        data: Data = None,
        *,
        stands: object = None,
        stored: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.stored = dict(stored or {})
        super().__init__(data, initial={**self.stored, **(initial or {})}, **kwargs)
        self.stands = mark_of(stands)
        self.seen = self.stands if data is None else data.get("seen", "")
        self.key = "" if data is None else data.get("key", "")
        # For the page: the key it carries next, what is said above the fields, and when a draft was kept.
        self.next_key = new_key()
        self.said = ""
        self.drafted_at: datetime | None = None
        self.keeps_drafts = False
        # Fields the address of the form chose: a draft does not change them.
        self.asked: set[str] = set()

    @property
    def unfinished(self) -> bool:
        """True where a person has begun: refused, changed meanwhile by another, or a draft."""
        return bool(self.errors or self.said or self.drafted_at)

    @classmethod
    def of(cls, data: Data, facts: Any) -> Self:
        """The form over stored facts: a dataclass with the form's fields, which is compared whole."""
        return cls(data, stands=facts, stored=vars(facts))

    def take_up(self, kept: Kept) -> None:
        """Begins with what was kept."""
        for name, values in kept.fields.items():
            if name in self.fields and name not in self.asked:
                several = isinstance(self.fields[name], forms.MultipleChoiceField)
                self.initial[name] = values if several else "".join(values[:1])
        self.drafted_at = kept.at

    def would_change(self, stands_now: "ChangeForm") -> bool:
        """Whether what was sent differs from what stands; always so for a form that begins with nothing stored."""
        stored = stands_now.stored
        differs = (field.has_changed(stored.get(name), self[name].data) for name, field in self.fields.items())
        return not stored or any(differs)

    def show_beside(self, stands_now: "ChangeForm", said: str) -> None:
        """Says at each field what stands there now, where it differs, and is saved over that from here on.

        `stands_now` is the form over what stands now, without what was typed.
        """
        for name, now in stands_now.stored.items():
            field = self.fields.get(name)
            if field and field.has_changed(now, self[name].data if self.is_bound else self[name].initial):
                self[name].now = in_words(field, now)  # type: ignore[attr-defined]
        self.seen, self.said = stands_now.stands, said


Form = TypeVar("Form", bound=ChangeForm)


def in_words(field: forms.Field, value: Any) -> str:
    """A stored value as a person reads it: 'Maria Holm', '24.11.2026', 'ja', '(tomt)'."""
    if isinstance(field, forms.BooleanField):
        return "ja" if value else "nej"
    if value in (None, "", []):
        return "(tomt)"
    if isinstance(field, forms.DateField):
        return f"{value:%-d.%-m.%Y}"
    if isinstance(field, forms.TimeField):
        return f"{value:%-H.%M}"
    if not isinstance(field, (forms.ChoiceField, forms.ModelChoiceField)):
        return str(value)
    wanted = {str(one) for one in (value if isinstance(value, (list, tuple)) else [value])}
    names: list[str] = []
    for key, label in field.choices:  # type: ignore[misc, union-attr]
        options = label if isinstance(label, (list, tuple)) else [(key, label)]
        names += [str(name) for choice, name in options if str(choice) in wanted]
    return ", ".join(names) or "(tomt)"


def changing(
    request: HttpRequest,
    make: Callable[[Data], Form],
    act: Callable[[Form], HttpResponse | OnTheWay | None],
    *,
    show: Callable[[Form, int], HttpResponse],
    done: Callable[[Form], HttpResponse],
    says: Callable[[Any], str] = lambda current: STALE,
    drafts: Drafts | None = None,
) -> HttpResponse:
    """Answers a form that changes something.

    `make` makes the form over what stands now, with what was sent or None. `act` does it and may answer; else, and when
    the form comes twice, `done` answers. `show` draws the form with a status: 200 as it is first shown, with the draft
    where there is one; 422 refused, with what was typed; 409 when somebody changed it meanwhile, with both: `says`
    tells what stands now. Where just that stands already, it is done. What is being typed comes to the same address and
    is kept (204).
    """
    if request.method != "POST":
        return show(begun(make, drafts), 200)

    def keep(form: Form) -> None:
        form.keeps_drafts = drafts is not None
        if drafts is not None:
            with suppress(Denied):  # all that was typed comes back in the answer itself
                drafts.keep(_typed(form), form.seen, "")

    def refused(form: Form, status: int) -> HttpResponse:
        keep(form)
        return show(form, status)

    form = make(request.POST)
    # An answer on the way is drawn by `act` itself.
    form.keeps_drafts = drafts is not None
    if DRAFT in request.headers:
        return _drafted(request.headers[DRAFT], form, drafts)
    if not form.is_valid():
        return refused(form, 422)
    answer = None
    try:
        said = act(form)
        if isinstance(said, OnTheWay):
            keep(form)
            return said.answer
        answer = said
    except Repeated:
        pass
    except Denied as denied:
        refuse(form, denied)
        return refused(form, 422)
    except ValidationError as error:
        form.add_error(None, " ".join(error.messages))
        return refused(form, 422)
    except Conflict as conflict:
        now, form = make(None), make(request.POST)
        if not form.is_valid():
            # What was chosen is gone meanwhile.
            return refused(form, 422)
        # Else the form came twice, or two people meant the same.
        if form.would_change(now):
            form.show_beside(now, says(conflict.current))
            return refused(form, 409)
    if drafts is not None:
        drafts.drop()
    # Last: a page with several forms is drawn without the draft of the one just sent.
    return answer or done(form)


def _typed(form: ChangeForm) -> dict[str, list[str]]:
    """What was sent that is not what stands, as it was sent; nothing where all of it stands.

    A day the form began with and nobody stored ("i dag") goes along: read tomorrow it would be another.
    """
    changed = form.changed_data
    if changed:
        begun_with = {name for name, field in form.fields.items() if isinstance(field, forms.DateField)}
        changed = [*changed, *sorted(begun_with - {*form.stored, *changed})]
    names = {name: form.add_prefix(name) for name in changed}
    sent = {name: [str(value) for value in form.data.getlist(sent)] for name, sent in names.items()}  # type: ignore[attr-defined]
    words = [name for name in changed if type(form.fields[name]) in WRITTEN]
    return {**sent, WORDS: words, OWN_WORDS: [name for name in words if not form.stored.get(name)]} if sent else {}


def _drafted(asked: str, form: ChangeForm, drafts: Drafts | None) -> HttpResponse:
    """Keeps or forgets what is typed; 422 where it cannot be kept. Raises BadRequest for a form that keeps none."""
    if drafts is None:
        raise BadRequest("Her gemmes ingen kladde.")
    if asked == "drop":
        drafts.drop()
    else:
        try:
            drafts.keep(_typed(form), form.seen, form.key)
        except Denied as denied:
            return sentence(denied.message, 422)
    return HttpResponse(status=204)


def begun(make: Callable[[Data], Form], drafts: Drafts | None) -> Form:
    """The form as it is first shown, with what the person typed in it before and did not send."""
    form = make(None)
    form.keeps_drafts = drafts is not None
    kept = drafts.find() if drafts is not None else None
    if kept is not None:
        form.take_up(kept)
        if kept.seen != form.stands:
            form.show_beside(make(None), OLD_DRAFT)
    return form


def form_page(
    request: HttpRequest,
    make: Callable[[Data], Form],
    act: Callable[[Form], str],
    *,
    title: str,
    button: str,
    back: str,
    template: str = "form.html",
    says: Callable[[Any], str] = lambda current: STALE,
    drafts: Drafts | None = None,
    **context: Any,
) -> HttpResponse:
    """A page with one form. `act` does what was asked and says where the result stands; `back` is the way out.

    `tab` among the rest stands in the browser's title, where a `title` with somebody's name must not.
    """

    def show(form: Form, status: int) -> HttpResponse:
        page = {"title": title, "button": button, "back": back, "form": form, "place": "styring", **context}
        return render(request, template, page, status=status)

    def done(form: Form) -> HttpResponse:
        return redirect(back)

    return changing(request, make, lambda form: redirect(act(form)), show=show, done=done, says=says, drafts=drafts)


def key_in(request: HttpRequest) -> str:
    """The form's own key, of a form that is none of these."""
    return request.POST.get("key", "")
