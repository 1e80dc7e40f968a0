"""'Skrevet i journalen / dagbogen': each side's tick that it wrote the agreements in its own record."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.access import Access
from audit import trail
from core import weeks
from core.errors import Denied, Repeated
from meetings import minutes as papers
from meetings.models import JournalNote, Meeting
from organisation.models import Side
from residents.sharing import AudienceKind

trail.register("journal.noted", "noterede, at mødets aftaler er skrevet i egen journal eller dagbog")
trail.register("journal.undone", "fortrød krydset for egen journal eller dagbog")
RECORD = {Side.HOME: "dagbogen", Side.TEAM: "journalen"}


@dataclass(frozen=True)
class Written:
    """One resident's tick on the reader's own side; `by` is '' where nobody set it."""

    stay: int
    by: str = ""
    when: str = ""
    mine_today: bool = False


def journal(access: Access, meeting: Meeting, today: date) -> dict[int, Written]:
    """The own side's tick for each resident the meeting discussed and the reader may see, by stay."""
    paper = papers.read(access, meeting, AudienceKind(access.side))
    stays = [section.stay for section in paper.sections if section.content["reached"]] if paper else []
    rows = JournalNote.objects.for_home(access.home).filter(meeting=meeting, side=access.side, stay__in=stays)
    written = {stay: Written(stay) for stay in stays}
    for note in rows.select_related("by"):
        written[note.stay_id] = Written(
            note.stay_id, note.by.name, weeks.when(note.at, today), _may_undo(note, access, today)
        )
    return written


def journal_note(*, access: Access, meeting: Meeting, stay_id: int, written: bool, today: date) -> None:
    """Sets or takes back the own side's tick. If it already stands so, nothing changes.

    Raises LookupError for a resident the person may not see in these minutes, Denied when another day or another
    person set the tick that is to be taken back.
    """
    if stay_id not in journal(access, meeting, today):
        raise LookupError("section")
    with suppress(Repeated), trail.change(access.home.scope, by=access.user.pk) as log:
        notes = JournalNote.objects.for_home(access.home).filter(meeting=meeting, stay=stay_id, side=access.side)
        note = notes.select_related("by").first()
        if written == (note is not None):
            raise Repeated
        if note is None:
            note = JournalNote(meeting=meeting, stay_id=stay_id, side=access.side, by=access.user, at=log.at)
            note.insert()
            log("journal.noted", note, side=access.side, stay=stay_id, meeting=meeting.pk)
            return
        if not _may_undo(note, access, today):
            raise Denied(f"{note.by.name} har sat krydset. Det kan kun fortrydes samme dag af samme person.")
        log("journal.undone", note, side=access.side, stay=stay_id, meeting=meeting.pk)
        note.delete()


def _may_undo(note: JournalNote, access: Access, today: date) -> bool:
    return note.by_id == access.user.pk and timezone.localtime(note.at).date() == today
