from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from boards.models import Episode
from core import weeks
from reminders import rules
from reminders.facts import Round, standing
from reminders.kinds.base import Kind, Listed


@dataclass(frozen=True)
class Reviewed:
    """A resident on the board, when they are to be discussed again, and who answers for it on each side."""

    episode: int
    review_by: date
    people: tuple[int, ...]
    stay: int = 0


class ReviewDue(Kind[Reviewed]):
    """The working day before a resident on the board is to be discussed again, to both contacts."""

    code = "review"
    setting = "Beboere, der skal drøftes igen"
    sort = "episode"
    erased_with = Episode
    part = "level"

    def facts(self, here: Round) -> Iterable[Reviewed]:
        for row in here.ask(standing):
            yield Reviewed(row.pk, row.review_by, here.people(row.stay_id), row.stay_id)

    def due(self, fact: Reviewed, today: date) -> Iterable[rules.Due]:
        on = rules.before(fact.review_by)
        return self.remind(fact.people, fact.episode, due=fact.review_by, on=on, stay=fact.stay)

    def says(self, listed: Listed) -> str:
        words = "Skulle være drøftet" if listed.due < listed.today else "Drøftes igen senest"
        return f"{words} {weeks.long_day(listed.due)}"
