from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from audit import trail
from core import weeks
from meetings import rules
from meetings.models import Meeting
from reminders.facts import Round, standing
from reminders.kinds.base import Listed
from reminders.kinds.of_meeting import OfMeeting
from reminders.rules import Due
from residents.selectors import treating


@dataclass(frozen=True)
class OtherDay:
    """A coming meeting that people moved or cancelled, and who answers for one of the residents it would take up."""

    meeting: int
    date: date
    stay: int
    people: tuple[int, ...]
    # How often it was moved, cancelled or held after all.
    changes: int


def teams(here: Round) -> dict[int, int]:
    """{stay: the team that treats the resident}. One query."""
    return dict(treating(here.homes, here.day).values_list("stay_id", "team_id"))


class MeetingMoved(OfMeeting[OtherDay]):
    """A meeting was moved or cancelled: to the contacts on both sides of everybody on the board, the same day.

    It is about the meeting alone and names nobody, so it goes with the meeting and not with a resident.
    """

    code = "meeting-moved"
    setting = "Et møde er flyttet eller aflyst"
    # Its own word, so that it is listed apart from what is to be prepared for the meeting.
    sort = "meeting-day"

    def facts(self, here: Round) -> Iterable[OtherDay]:
        coming = Q(state__in=[Meeting.State.OPEN, Meeting.State.PLANNED])
        # A holiday is known beforehand, a day that passed is told by the list, one begun by mistake was never called.
        called_off = Q(state=Meeting.State.CANCELLED) & ~Q(why__in=[rules.HOLIDAY, rules.NOT_HELD, rules.BY_MISTAKE])
        ahead = (here.day, here.day + timedelta(days=rules.DAYS_AHEAD))
        rows = Meeting.objects.for_homes(here.homes).filter(coming | called_off, date__range=ahead)
        found = list(here.narrow(rows, self.sort).select_related("series"))
        # Also to another hour of its day, or back: people have been told otherwise.
        done = trail.times_done(("meeting.moved", "meeting.cancelled", "meeting.uncancelled"), found)
        treating = here.ask(teams)
        for meeting in found:
            key = trail.subject_key(meeting)
            changes = sum(done[act, key] for act in ("meeting.moved", "meeting.cancelled", "meeting.uncancelled"))
            back = done["meeting.moved", key] + done["meeting.uncancelled", key]
            if meeting.state != Meeting.State.CANCELLED and not back:
                continue
            for row in here.ask(standing):
                if row.stay.home_id == meeting.home_id and treating.get(row.stay_id) == meeting.series.team_id:
                    yield OtherDay(meeting.pk, meeting.date, row.stay_id, here.people(row.stay_id), changes)

    def due(self, fact: OtherDay, today: date) -> Iterable[Due]:
        # Whenever it was moved, it is told now; once for each change.
        return self.remind(fact.people, fact.meeting, due=fact.date, on=today, stay=fact.stay, edition=fact.changes)

    def says(self, listed: Listed) -> str:
        meeting: Meeting = listed.row
        at = f"kl. {meeting.time.hour}.{meeting.time.minute:02}"
        if meeting.state == Meeting.State.CANCELLED:
            return f"Mødet {weeks.long_day(meeting.date)} {at} er aflyst: {meeting.why}"
        if not meeting.why:
            return f"Mødet {weeks.long_day(meeting.date)} {at} holdes alligevel"
        # Without one it has another hour, or is back on its day.
        before = f" fra {weeks.long_day(meeting.moved_from)}" if meeting.moved_from else ""
        return f"Mødet er flyttet{before} til {weeks.long_day(meeting.date)} {at}: {meeting.why}"
