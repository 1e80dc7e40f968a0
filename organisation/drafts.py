"""What a person typed and has not sent: texts of the board, and forms."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

import core.forms
from core.errors import Denied
from core.forms import DRAFT, OWN_WORDS, WORDS, Data, Form, Kept
from core.seen import mark_of
from core.web import sentence
from organisation.models import Draft, Home, IdempotencyKey, Team, User

# What a draft has seen that was typed where nothing stood: all of it is its writer's own.
OVER_NOTHING = ("0", "", mark_of(None))
# What the name of a form's draft begins with.
FORM = "form:"
# Far more than any form or text holds. What is longer is refused, and never cut.
LONGEST = 20000
# And far more than anybody has under way: drafts go by themselves after some days.
MOST = 100
TOO_MANY = "Du har for mange kladder, så den her er ikke gemt. Kopiér teksten, og gem noget af det andet først."
TOO_LONG = "Det, du har skrevet, er for langt til en kladde og er ikke gemt. Kopiér det, før du lukker."


class At(Protocol):
    """Where a person types: at a home, for the home's side or a team (accounts.access.Access)."""

    @property
    def user(self) -> User: ...
    @property
    def home(self) -> Home: ...
    @property
    def team(self) -> Team | None: ...


def keep_draft(at: At, field: str, text: str, seen: int, stay: int) -> None:
    """Keeps what the person is typing in a text of the board; an empty text drops it. Raises Denied when too long."""
    if not text.strip():
        drop_draft(at, field)
        return
    _write(at.user, at.home, at.team, field, text.replace("\r\n", "\n"), str(seen), stay)


def drop_draft(at: At, field: str) -> None:
    """Forgets the draft: saved, or given up with Esc."""
    _own(at.user, at.home, at.team).filter(field=field).delete()


def draft_for(at: At, field: str) -> Draft | None:
    """The person's own draft of the field, if any, for the side they are on."""
    return _own(at.user, at.home, at.team).filter(field=field).first()


def drafts_about(at: At, stay: int) -> dict[str, Draft]:
    """The person's drafts about one stay, by field. One query."""
    return {draft.field: draft for draft in _own(at.user, at.home, at.team).filter(stay=stay)}


def _own(user: User, home: Home | None, team: Team | None) -> QuerySet[Draft]:
    """What was typed for a team is not the home's, though the same person now works there."""
    return Draft.objects.filter(user=user, home=home, team=team)


def words_of(draft: Draft, *, own: bool = False) -> list[str]:
    """What was typed; of a form its words, and not what was chosen from a list.

    With `own` only where nothing stood: the rest may hold what others wrote.
    """
    over_nothing = draft.seen in OVER_NOTHING
    if not draft.field.startswith(FORM):
        return [draft.text] if over_nothing or not own else []
    fields: dict[str, list[str]] = json.loads(draft.text)
    names = fields.get(WORDS if over_nothing or not own else OWN_WORDS, [])
    return [value for name in names for value in fields.get(name, []) if value.strip()]


# From which side somebody is at a home: (home, team), without a team on the home's own.
Seat = tuple[int | None, int | None]


def all_drafts(user: User) -> list[Draft]:
    """Everything the person has typed and not sent, the oldest first. One query."""
    return list(Draft.objects.filter(user=user).order_by("at"))


def words_left(drafts: Iterable[Draft], inside: Collection[Seat] = ()) -> list[str]:
    """What was typed where nothing stood at homes, from a side the person is not on now; they are on those of `inside`.

    Over a text that stood it holds what others wrote: who has no access any more does not see it.
    """
    left = [draft for draft in drafts if draft.home_id and (draft.home_id, draft.team_id) not in inside]
    return [words for draft in left for words in words_of(draft, own=True)]


def _write(
    user: User, home: Home | None, team: Team | None, field: str, text: str, seen: str, stay: int | None
) -> None:
    if len(text) > LONGEST:
        raise Denied(TOO_LONG)
    stands = {"home": home, "text": text, "seen": seen, "stay": stay}
    own = Draft.objects.filter(user=user)
    if not own.filter(field=field[:80], team=team).exists() and own.count() >= MOST:
        raise Denied(TOO_MANY)
    Draft.objects.update_or_create(user=user, field=field[:80], team=team, defaults=stands)


@dataclass(frozen=True)
class FormDraft:
    """Where what a person types in one form is kept (core.forms.Drafts).

    It goes when the stay is erased, and after a day or as many as the region chose (organisation.region.KEEP).
    """

    user: User
    home: Home | None
    # The form and what it is over, as "level-change:12".
    form: str
    stay: int | None = None
    # The person's drafts about the stay, where a page has asked for all of them at once (drafts_about).
    known: Mapping[str, Draft] | None = None
    # The team it is typed for; None for the home's side.
    team: Team | None = None

    @classmethod
    def at(cls, at: At, form: str, stay: int | None = None, known: Mapping[str, Draft] | None = None) -> "FormDraft":
        """The draft of a form at a home, for the side the person is on."""
        return cls(at.user, at.home, form, stay, known, at.team)

    @property
    def field(self) -> str:
        """The name the draft is kept under."""
        return f"{FORM}{self.home.pk if self.home else 0}:{self.form}"

    def find(self) -> Kept | None:
        """What was kept, if anything. One query, none where it is known."""
        known = self.known
        draft = self._rows().first() if known is None else known.get(self.field)
        return Kept(json.loads(draft.text), draft.seen, draft.at) if draft else None

    def keep(self, fields: dict[str, list[str]], seen: str, key: str) -> None:
        """Keeps the fields in place of those before. None drops them, and so does a key that was acted upon.

        Raises Denied when it is too long.
        """
        if fields:
            text = json.dumps(fields, ensure_ascii=False)
            _write(self.user, self.home, self.team, self.field, text, seen[:32], self.stay)
        else:
            self.drop()
        # Asked once it is written: the form may have been saved, and its draft dropped, a moment before.
        if IdempotencyKey.objects.filter(user=self.user, key=key[:40]).exists():
            self.drop()

    def drop(self) -> None:
        """Forgets what was kept."""
        self._rows().delete()

    def _rows(self) -> QuerySet[Draft]:
        return _own(self.user, self.home, self.team).filter(field=self.field)


# The fields of such forms that words are typed in.
TYPED = {"why", "reason", "text", "note"}


def kept_apart(request: HttpRequest, drafts: FormDraft, names: Iterable[str]) -> HttpResponse | None:
    """Keeps these fields of a form that is not on the base, where a browser sends what is being typed.

    204, or 422 for too much. None where the form itself was sent.
    """
    if DRAFT not in request.headers:
        return None
    fields = {name: request.POST.getlist(name) for name in names if any(request.POST.getlist(name))}
    if fields:
        fields[WORDS] = [name for name in fields if name.rpartition("-")[2] in TYPED]
    try:
        drafts.keep({} if request.headers[DRAFT] == "drop" else fields, "", request.POST.get("key", ""))
    except Denied as denied:
        return sentence(denied.message, 422)
    return HttpResponse(status=204)


def typed_before(drafts: FormDraft, name: str) -> str:
    """What was typed in one field of a form that is not on the base; '' for nothing."""
    kept = drafts.find()
    return kept.fields.get(name, [""])[0] if kept else ""


def drafts_of(user: User, home: Home | None, form: str) -> dict[str, Draft]:
    """The person's drafts of every form called so ('approval-answer'), for FormDraft.known. One query."""
    start = FormDraft(user, home, f"{form}:").field
    return {draft.field: draft for draft in Draft.objects.filter(user=user, home=home, field__startswith=start)}


def typed_in(drafts: Iterable[Draft], inside: Collection[Seat], form: str, name: str) -> dict[str, str]:
    """{what the form is over: what was typed in the field}, of each form called so, where the person is now."""
    own = [draft for draft in drafts if f":{form}:" in draft.field and (draft.home_id, draft.team_id) in inside]
    return {draft.field.rpartition(":")[2]: json.loads(draft.text).get(name, [""])[0] for draft in own}


def form_page(
    request: HttpRequest,
    make: Callable[[Data], Form],
    act: Callable[[Form], str],
    *,
    about: tuple[Home, int] | None = None,
    **page: Any,
) -> HttpResponse:
    """core.forms.form_page with a draft, kept under the page's own address and for the page's `home`, if it has one.

    A form about one stay says which: (home, stay). Its draft goes with the stay.
    """
    assert request.user.is_authenticated
    home, stay = about or (page.get("home"), None)
    address = hashlib.sha256(request.get_full_path().encode()).hexdigest()[:32]
    entered: At | None = getattr(request, "access", None)
    drafts = FormDraft(request.user, home, address, stay, team=entered.team if entered and home else None)
    return core.forms.form_page(request, make, act, drafts=drafts, **page)
