"""What a person typed and has not sent: texts of the board, and forms."""

import json
from dataclasses import dataclass

from core.forms import Kept
from organisation.models import Draft, Home, IdempotencyKey, User

# Far more than any form holds; what is longer is not kept, rather than cut.
LONGEST = 20000


def keep_draft(user: User, home: Home, field: str, text: str, seen: int, stay: int) -> None:
    """Keeps what the person is typing in a text of the board; an empty text drops it."""
    if not text.strip():
        drop_draft(user, field)
        return
    _write(user, home, field, text[:4000], str(seen), stay)


def drop_draft(user: User, field: str) -> None:
    """Forgets the draft: saved, or given up with Esc."""
    Draft.objects.filter(user=user, field=field).delete()


def draft_for(user: User, home: Home, field: str) -> Draft | None:
    """The person's own draft of the field, if any."""
    return Draft.objects.filter(user=user, home=home, field=field).first()


def _write(user: User, home: Home, field: str, text: str, seen: str, stay: int | None) -> None:
    stands = {"home": home, "text": text, "seen": seen, "stay": stay}
    Draft.objects.update_or_create(user=user, field=field[:80], defaults=stands)


@dataclass(frozen=True)
class FormDraft:
    """Where what a person types in one form is kept (core.forms.Drafts).

    It goes when the stay is erased, and after a day or as many as the region chose (organisation.region.KEEP).
    """

    user: User
    home: Home
    # The form and what it is over, as "level-change:12".
    form: str
    stay: int | None = None

    @property
    def field(self) -> str:
        """The name the draft is kept under."""
        return f"form:{self.form}"

    def find(self) -> Kept | None:
        """What was kept, if anything. One query."""
        draft = draft_for(self.user, self.home, self.field)
        return Kept(json.loads(draft.text), draft.seen, draft.at) if draft else None

    def keep(self, fields: dict[str, list[str]], seen: str, key: str) -> None:
        """Keeps the fields in place of those before. None drops them, and so does a key that was acted upon."""
        text = json.dumps(fields, ensure_ascii=False)
        if fields and len(text) <= LONGEST:
            _write(self.user, self.home, self.field, text, seen[:32], self.stay)
        elif not fields:
            self.drop()
        # Asked once it is written: the form may have been saved, and its draft dropped, a moment before.
        if IdempotencyKey.objects.filter(user=self.user, key=key[:40]).exists():
            self.drop()

    def drop(self) -> None:
        """Forgets what was kept."""
        drop_draft(self.user, self.field)
