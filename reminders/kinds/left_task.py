from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from boards.models import TRACK_SIDE, Intervention, State, Track
from boards.selectors import with_holders
from organisation.models import Home, Side
from reminders.facts import Round
from reminders.kinds.base import Listed
from reminders.kinds.of_left_behind import LeftBehind, OfLeftBehind, leaders_of, with_last_day
from reminders.people import everyone, team_leaders


class LeftTask(OfLeftBehind):
    """An intervention whose owner works there no more: to the leaders of the side that has it; of the home, where no
    leader of a team may see it.
    """

    code = "left-task"
    setting = "Indsatser uden ansvarlig, fordi en kollega er stoppet"
    # Its own word, so that it is listed apart from the owner's reminders of the same intervention.
    sort = "task"
    erased_with = Intervention

    def facts(self, here: Round) -> Iterable[LeftBehind]:
        planned = Intervention.objects.for_homes(here.homes).filter(state=State.PLANNED)
        left = with_holders(planned, here.day, "owner").filter(owner_here=False, owner__isnull=False)
        for row in with_last_day(here.narrow(left, self.sort).select_related("stay"), "owner", here.day):
            side = TRACK_SIDE[Track(row.track)]
            people = leaders_of(here, row.stay_id, side)
            if side == Side.TEAM:
                sees = here.ask(everyone)[row.stay.home_id]
                people = tuple(team_leaders(sees, row.stay_id, row.track)) or leaders_of(here, row.stay_id, Side.HOME)
            yield LeftBehind(row.pk, row.last_day + timedelta(days=1), people, row.stay_id, side, row.track)

    def says(self, listed: Listed) -> str:
        return f"Ingen ansvarlig. {listed.row[0]} er stoppet her"

    def text(self, listed: Listed) -> str:
        return str(listed.row[1])

    @staticmethod
    def rows(homes: list[Home], pks: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """(who had it, what it says)"""
        found = Intervention.objects.for_homes(homes).filter(pk__in=pks, owner__isnull=False)
        return {pk: (name, what) for pk, name, what in found.values_list("pk", "owner__name", "what")}
