from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from boards.models import Cell
from boards.rules import is_stale
from meetings.models import Meeting
from reminders import rules
from reminders.facts import STATUS_DAYS, TASK_DAYS, Round, contacts, standing
from reminders.kinds.base import Listed
from reminders.kinds.of_meeting import OfMeeting


@dataclass(frozen=True)
class Missing:
    """One row of a coming meeting that lacks a fresh status, and the contact person who writes it."""

    meeting: int
    date: date
    person: int
    stay: int = 0


class PrepareMeeting(OfMeeting[Missing]):
    """The working day before a meeting, to whoever has rows without a fresh status. It is about the meeting alone: it
    counts rows and names nobody, so it goes with the meeting and not with a resident.
    """

    code = "prepare"
    setting = "Hverdagen før et møde, når status mangler"
    sort = "meeting"

    def facts(self, here: Round) -> Iterable[Missing]:
        """The rows on the board at the next meetings without a status younger than five days, a side at a time."""
        coming = Meeting.objects.for_homes(here.homes).filter(
            date__range=(here.day, here.day + timedelta(days=TASK_DAYS)),
            state__in=[Meeting.State.OPEN, Meeting.State.PLANNED],
        )
        meetings = list(here.narrow(coming, self.sort))
        if not meetings:
            return []
        stays = {row.stay_id: row.stay.home_id for row in here.ask(standing)}
        cells = Cell.objects.for_homes(here.homes).filter(stay__in=stays, column="status").exclude(text="")
        fresh = {
            (cell.stay_id, cell.side)
            for cell in cells
            if is_stale(cell.changed_at, cell.confirmed_at, STATUS_DAYS, here.day) is None
        }
        at_home: dict[int, list[int]] = defaultdict(list)
        for stay, home in stays.items():
            at_home[home].append(stay)
        return [
            Missing(meeting.pk, meeting.date, person, stay)
            for meeting in meetings
            for stay in at_home[meeting.home_id]
            for side, person in here.ask(contacts).get(stay, {}).items()
            if (stay, side) not in fresh
        ]

    def due(self, fact: Missing, today: date) -> Iterable[rules.Due]:
        return self.remind([fact.person], fact.meeting, due=fact.date, on=rules.before(fact.date), stay=fact.stay)

    def says(self, listed: Listed) -> str:
        count = len(listed.stays)
        return f"{count} {'række mangler' if count == 1 else 'rækker mangler'} status"
