from collections.abc import Iterable
from datetime import date, datetime

from criteria.models import Level
from organisation.models import Side
from reminders import rules
from reminders.kinds.base import Listed
from reminders.kinds.of_change import Alarm, OfAkut
from reminders.people import Recipients


class AkutAlone(OfAkut):
    """A home's akut nobody in a team can see: to the home's leaders, else to who stands in, else to everyone there.

    There is no team, or it comes no more, or nothing is shared with it: also once that is so, until somebody of a team
    has seen it.
    """

    code = "akut-alone"
    setting = "Akut, som ingen i teamet kan se"
    mail = "1 akut, som ingen i teamet kan se"
    mail_leads_to = "/min-dag/"
    stays_with_told = True

    def due(self, fact: Alarm, today: date) -> Iterable[rules.Due]:
        # No recipient yet: who can see it is asked when it is told.
        people = (0,) if fact.to == Side.TEAM and not fact.seen else ()
        return self.remind(people, fact.change, due=fact.day, on=today, stay=fact.stay, not_for=fact.read_by)

    def arises(self, fact: Alarm, due: rules.Due, day: date, now: datetime) -> bool:
        return due.on == day

    def recipients(self, fact: Alarm, due: rules.Due, whom: Recipients) -> list[int]:
        sees, leaders = whom.sees, whom.sees.leaders(Side.HOME)
        if any(sees.may(who, due.stay, due.side, due.part) for who in sees.of_side(Side.TEAM)):
            return []
        # Told once, and not again where a leader has seen it or is told of it as the contact.
        if (self.code, due.subject) in whom.told() or {*leaders} & {*fact.read_by, *fact.people}:
            return []
        deputies = [who for leader in leaders for who in whom.away.get(leader, ())]
        return whom.first_of((leaders, deputies, sees.of_side(Side.HOME)), due, {*fact.read_by, *fact.people})

    def says(self, listed: Listed) -> str:
        return f"{listed.words.level(Level.AKUT)}. Ingen i teamet kunne se det"
