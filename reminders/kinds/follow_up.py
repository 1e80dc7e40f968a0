from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from boards.models import Episode
from reminders import rules
from reminders.facts import Round, episodes
from reminders.kinds.base import Kind, Listed


@dataclass(frozen=True)
class Closed:
    """A resident who came off the board and awaits one more discussion."""

    episode: int
    on: date
    people: tuple[int, ...]
    stay: int = 0


class FollowUp(Kind[Closed]):
    """A resident who came off the board is discussed once more: the working day before, and each Monday until it is."""

    code = "follow-up"
    setting = "Opfølgning, når en beboer er gået af tavlen"
    sort = "episode"
    erased_with = Episode
    part = "level"

    def facts(self, here: Round) -> Iterable[Closed]:
        for row in here.ask(episodes):
            if row.closed_on is not None and row.follow_up_on is not None:
                yield Closed(row.pk, row.follow_up_on, here.people(row.stay_id), row.stay_id)

    def due(self, fact: Closed, today: date) -> Iterable[rules.Due]:
        yield from self.remind(fact.people, fact.episode, due=fact.on, on=rules.before(fact.on), stay=fact.stay)
        monday = fact.on + timedelta(days=7 - fact.on.weekday())
        while monday <= today:
            yield from self.remind(fact.people, fact.episode, due=monday, on=monday, stay=fact.stay)
            monday += timedelta(days=7)

    def says(self, listed: Listed) -> str:
        return f"Opfølgning efter {listed.words.follow_up}"
