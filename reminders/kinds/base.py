"""What a kind of reminder is. Planning, list, mail, settings and erasing ask a kind for these pieces and name none."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Model
from django.urls import reverse

from boards.fragments import row_id
from organisation.models import Home, Side
from organisation.region import Rules
from reminders.facts import Round, other_side
from reminders.people import Recipients
from reminders.rules import Due

F = TypeVar("F")
SIDES: dict[str, str] = {Side.HOME: "botilbuddet", Side.TEAM: "teamet"}


@dataclass(frozen=True)
class Listed:
    """A reminder as its recipient is shown it. What it says and where it leads follow from this and the kind alone."""

    # The row it is about, and what the kind's `rows` found of it.
    pk: int
    row: Any
    due: date
    today: date
    # The home's name and slug, the reader's side there, and the region's words.
    home: str
    slug: str
    side: Side
    words: Rules
    # Whom it is about, as the reader sees them: ids, and the first's label.
    stays: tuple[int, ...]
    label: str

    @property
    def other(self) -> str:
        """'teamet' to the home, 'botilbuddet' to the team."""
        return SIDES[other_side(self.side)]


class Kind(ABC, Generic[F]):
    """One kind of reminder: what it needs to know, when it is due, to whom, and how it reads. One that lacks a piece
    cannot be imported (docs/how-to.md).

    F is one open thing as the kind knows it, so that `due` is pure.
    """

    pieces: ClassVar[tuple[str, ...]] = ("code", "setting", "sort", "erased_with", "part", "facts", "due", "says")

    # What its reminders are stored under.
    code: ClassVar[str]
    # Its line where a person chooses what comes by mail.
    setting: ClassVar[str]
    # What its reminders are about: subjects read 'intervention:5'. They go when that row of the table is erased.
    sort: ClassVar[str]
    erased_with: ClassVar[type[Model]]
    # The part of a resident's board (residents.texts) a person must see to be told.
    part: ClassVar[str]

    # The list names the resident, and so it counts as a look at that resident.
    names_resident: ClassVar[bool] = True
    # The list shows the region's word for akut beside the name: only where the resident stands so.
    says_akut: ClassVar[bool] = False
    # Everyone who was told keeps it until it is done, not only those the facts name.
    stays_with_told: ClassVar[bool] = False
    # Why it cannot be put off, or taken off the list; '' where it can.
    never_put_off: ClassVar[str] = ""
    never_hidden: ClassVar[str] = ""

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        """Refuses a kind that is not whole. `abstract` is what several kinds share."""
        super().__init_subclass__()
        lacking = [] if abstract else [name for name in cls.pieces if not _has(cls, name)]
        if lacking:
            raise TypeError(f"The reminder kind {cls.__name__} lacks {', '.join(lacking)}.")

    @abstractmethod
    def facts(self, here: Round) -> Iterable[F]:
        """What stands open at the homes. What other kinds ask as well is asked through `here.ask`."""

    @abstractmethod
    def due(self, fact: F, today: date) -> Iterable[Due]:
        """The reminders the open thing gives, each with the day it is sent on. What is not among them is not due."""

    @abstractmethod
    def says(self, listed: Listed) -> str:
        """Why the reminder is on the list, in a few words."""

    def arises(self, fact: F, due: Due, day: date, now: datetime) -> bool:
        """Whether it is made now: on the day it is sent on."""
        return due.on == day

    def recipients(self, fact: F, due: Due, whom: Recipients) -> list[int]:
        """Who is told: the person the reminder names, and whoever stands in."""
        return whom.named(due, at_once=self.urgent)

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, Any]:
        """What the list needs to know of the rows, by id: one query for all kinds with the same function."""
        return {}

    def label(self, listed: Listed) -> str:
        """The heading of the line on the list."""
        return listed.label

    def text(self, listed: Listed) -> str:
        """The thing's own words, shown after what the kind says."""
        return ""

    def address(self, listed: Listed) -> str:
        """Where the line leads: the resident's row on the board."""
        return f"{reverse('board', args=[listed.slug])}#{row_id(listed.stays[0])}"

    def owed(self, facts: Iterable[F], day: date, now: datetime) -> list[tuple[F, Due]]:
        """What is made of the facts now: one reminder a recipient, thing and resident."""
        first: dict[tuple[Any, ...], tuple[F, Due]] = {}
        for fact in facts:
            for due in self.due(fact, day):
                if self.arises(fact, due, day, now):
                    first.setdefault((due.recipient, *due.key, due.stay), (fact, due))
        return list(first.values())

    def remind(
        self,
        people: Iterable[int],
        pk: int,
        *,
        due: date,
        on: date,
        stay: int,
        side: str = Side.JOINT,
        part: str = "",
        deputy: int | None = None,
        not_for: frozenset[int] = frozenset(),
        edition: int = 0,
    ) -> Iterator[Due]:
        """One reminder of the row to each of the people (see `Due`). `part` is the kind's own unless it is said."""
        for who in people:
            yield Due(
                who, self.code, f"{self.sort}:{pk}", due, on, stay, side, deputy, not_for, part or self.part, edition
            )

    @property
    def urgent(self) -> bool:
        """Whether it is told at once, whatever the person has chosen."""
        return isinstance(self, Urgent)


class Urgent(Kind[F], abstract=True):
    """A kind told at once, whatever the hour, each in a mail of its own. Nobody turns it off."""

    pieces = (*Kind.pieces, "mail", "mail_leads_to")

    # What the mail says after 'Du har', and the page it leads to: a number and a link, no name and no text.
    mail: ClassVar[str]
    mail_leads_to: ClassVar[str]

    never_put_off = "En akut kan ikke udskydes. Åbn tavlen, og tryk »Jeg har set det«."
    never_hidden = "En akut kan ikke fjernes. Den forsvinder, når du har set den på tavlen."


def _has(kind: type[Kind[Any]], name: str) -> bool:
    piece = getattr(kind, name, None)
    return piece not in (None, "") and not getattr(piece, "__isabstractmethod__", False)
