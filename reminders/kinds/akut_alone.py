from collections.abc import Iterable
from datetime import date, datetime

from criteria.models import Level
from organisation.models import Side
from reminders import rules
from reminders.facts import Round
from reminders.kinds.base import Listed
from reminders.kinds.of_change import Alarm, OfAkut
from reminders.people import Recipients, everyone


class AkutAlone(OfAkut):
    """A home's akut nobody in a team can see: to the home's leaders, else to who stands in, else to everyone there.

    There is no team, or it comes no more, or nothing is shared with it: also once that is so, until somebody of a team
    can see it.
    """

    code = "akut-alone"
    setting = "Akut, som ingen i teamet kan se"
    mail = "1 akut, som ingen i teamet kan se"
    mail_leads_to = "/min-dag/"
    stays_with_told = True

    def facts(self, here: Round) -> Iterable[Alarm]:
        unseen = [alarm for alarm in super().facts(here) if alarm.to == Side.TEAM and not alarm.seen]
        at_homes = here.ask(everyone).values() if unseen else ()
        return [
            alarm
            for alarm in unseen
            if not any(sees.may(who, alarm.stay) for sees in at_homes for who in sees.of_side(Side.TEAM))
        ]

    def due(self, fact: Alarm, today: date) -> Iterable[rules.Due]:
        # No recipient yet: who it falls to is asked when it is told.
        return self.remind((0,), fact.change, due=fact.day, on=today, stay=fact.stay, not_for=fact.read_by)

    def arises(self, fact: Alarm, due: rules.Due, day: date, now: datetime) -> bool:
        return due.on == day

    def recipients(self, fact: Alarm, due: rules.Due, whom: Recipients) -> list[int]:
        sees, leaders = whom.sees, whom.sees.leaders(Side.HOME)
        # Told once, and not again where a leader has seen it or is told of it as the contact.
        if (self.code, due.subject) in whom.told() or {*leaders} & {*fact.read_by, *fact.people}:
            return []
        deputies = [who for leader in leaders for who in whom.away.get(leader, ())]
        return whom.first_of((leaders, deputies, sees.of_side(Side.HOME)), due, {*fact.read_by, *fact.people})

    def says(self, listed: Listed) -> str:
        return f"{listed.words.level(Level.AKUT)}. Ingen i teamet kunne se det"
