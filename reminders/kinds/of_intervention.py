"""What the kinds about an intervention share: which there are, and how one reads on the list."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse

from boards.models import TRACK_SIDE, Intervention, State, Track
from boards.selectors import with_holders
from core import weeks
from organisation.models import Home, Side
from reminders.facts import TASK_DAYS, Round
from reminders.kinds.base import Kind, Listed
from reminders.rules import Due


@dataclass(frozen=True)
class OwnedTask:
    """An open intervention with an owner and a day. `side` is whose it is, `part` its lane."""

    id: int
    owner: int
    due_on: date
    tells: bool = False
    stay: int = 0
    side: str = Side.JOINT
    deputy: int | None = None
    part: str = "level"

    @property
    def every_day(self) -> bool:
        """Whether it is a home's, which is at work every day."""
        return self.side == Side.HOME


class OfIntervention(Kind[OwnedTask], abstract=True):
    """A reminder of an intervention to its owner."""

    sort = "intervention"
    erased_with = Intervention
    # And the intervention's own lane, which its fact names.
    part = "level"
    title = "Indsats"

    def facts(self, here: Round) -> Iterable[OwnedTask]:
        return here.ask(tasks)

    def of(self, task: OwnedTask, on: date) -> Iterator[Due]:
        """The reminder of the task, sent on the day."""
        return self.remind(
            [task.owner], task.id, due=task.due_on, on=on, stay=task.stay, side=task.side, deputy=task.deputy,
            part=task.part,
        )  # fmt: skip

    def says(self, listed: Listed) -> str:
        if listed.due < listed.today:
            return f"Skulle være gjort {weeks.long_day(listed.due)}"
        return f"{self.title} {weeks.due_label(listed.due, listed.today)}"

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, str]:
        """The interventions' own words."""
        return dict(Intervention.objects.for_homes(homes).filter(pk__in=pks).values_list("pk", "what"))

    def text(self, listed: Listed) -> str:
        return listed.row or ""

    def address(self, listed: Listed) -> str:
        return f"{reverse('my-day')}?hjem={listed.slug}#i{listed.pk}"


def tasks(here: Round) -> list[OwnedTask]:
    """The planned interventions of somebody for a day near this one, or those asked about. One query.

    Where the owner works there no more it is the deputy's.
    """
    rows = (
        with_holders(Intervention.objects.for_homes(here.homes), here.day, "owner", "deputy")
        .filter(state=State.PLANNED, due_on__isnull=False)
        .filter(Q(owner_here=True) | Q(deputy_here=True, owner__isnull=False))
    )
    if here.only is None:
        near = (here.day - timedelta(days=TASK_DAYS), here.day + timedelta(days=TASK_DAYS))
        rows = rows.filter(due_on__range=near)
    return [
        OwnedTask(
            id=row.pk,
            owner=row.owner_id if row.owner_here else row.deputy_id,
            due_on=row.due_on,
            tells=row.tells,
            stay=row.stay_id,
            side=TRACK_SIDE[Track(row.track)],
            deputy=row.deputy_id if row.owner_here and row.deputy_here else None,
            part=row.track,
        )
        for row in here.narrow(rows, OfIntervention.sort)
    ]
