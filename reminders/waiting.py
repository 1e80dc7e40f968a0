"""What waits for a leader's yes or answer, for "Venter på dig" on Min dag.

A room to the right hands in what it asks with `register`, in its AppConfig.ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from accounts.access import Access
from criteria import own
from organisation.models import Side, User
from residents.selectors import team_starts


@dataclass(frozen=True)
class Question:
    """One line: what is asked, the rest in small, and where it is answered. `dialog` for an address of a dialog.
    `button` is what is done there.
    """

    what: str
    more: str
    url: str
    dialog: bool = False
    button: str = "Svar"


Asks = Callable[[User, date], list[Question]]
# What rooms to the right ask a person.
ASKS: list[Asks] = []


def register(asks: Asks) -> None:
    """Adds what another room asks people. It is called for everybody, so it costs nothing for who has no office."""
    ASKS.append(asks)


def questions(user: User, accesses: list[Access], day: date) -> list[Question]:
    """Everything that waits for the person. Three queries for a leader, and what the other rooms need."""
    leading = [access for access in accesses if access.is_leader]
    found = [*_team_starts(leading), *_own_criteria(leading, day)] if leading else []
    return [*found, *(one for asks in ASKS for one in asks(user, day))]


def _team_starts(leading: list[Access]) -> list[Question]:
    homes = [access.home for access in leading if access.side == Side.HOME]
    rows = team_starts(homes, None, timezone.now()).filter(refused_at=None) if homes else []
    return [
        Question(
            f"{start.team.name} vil begynde med »{start.name}«. Hvem er det?",
            start.home.name,
            reverse("team-start-answer", args=[start.home.slug, start.pk]),
            dialog=True,
        )
        for start in rows
    ]


def _own_criteria(leading: list[Access], day: date) -> list[Question]:
    homes = {access.home.pk: access.home for access in leading}
    sides = {access.home.pk: access.side for access in leading}
    return [
        Question("Et kriterium, der kun skal gælde her", homes[pk].name, reverse("criteria", args=[homes[pk].slug]))
        for pk in own.waiting_for(sides, day)
    ]
