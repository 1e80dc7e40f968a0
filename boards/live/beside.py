"""What a meeting shows beside the board: decisions, what to tell the resident, the course since last time.

It is made of the home's log and of rows no board holds, so a board that stands as it did does not say that it does too.
"""

from collections import defaultdict

from audit import trail
from boards.columns import lane_visible, text_visible
from boards.fragments import Changes
from boards.live.snapshots import NOTHING_SEEN, Seen, Snapshot, tell
from boards.models import Cell, EarlySign, Intervention
from organisation.models import Home
from residents.sharing import NOTHING, Sight


def beside(now: Snapshot, home: Home, since: Seen) -> Changes | None:
    """An answer with no fragment, for a meeting's screens at `since` whose board is the same.

    None where nothing was done since, or only to texts, interventions and signs these screens do not see: that somebody
    wrote there is not told either. Four queries at the most.
    """
    if since == NOTHING_SEEN or now.cursor == since.at or now.seen.mark != since.mark:
        return None
    acts = trail.acts_since(home.scope, since.seq, now.seq)
    # A clock that moved without an entry tells that somebody came or left: who answers for what may be another.
    if acts and _hidden(now, home, [subject for _, subject in acts]):
        return None
    return {
        "from": since.mark,
        "to": tell(since.mark, now.cursor, now.seq),
        "day": now.cursor.day.isoformat(),
        "whole": False,
        "fragments": {},
        "gone": [],
        "rows": {},
        "groups": [(key, ids) for key, _, ids in now.groups],
    }


def _hidden(now: Snapshot, home: Home, subjects: list[str]) -> bool:
    """Whether all the subjects are what the screens do not see of a resident."""
    keys: dict[str, set[int]] = defaultdict(set)
    for subject in subjects:
        label, _, pk = subject.partition(":")
        if label not in ("boards.cell", "boards.intervention", "boards.earlysign"):
            return False
        keys[label].add(int(pk))
    sights = {row.id: row.stay.sight for row in now.board.all_rows}

    def sight(stay: int) -> Sight:
        return sights.get(stay, NOTHING)

    cells = Cell.objects.for_home(home).filter(pk__in=keys["boards.cell"]).values_list("stay", "column", "side")
    items = Intervention.objects.for_home(home).filter(pk__in=keys["boards.intervention"]).values_list("stay", "track")
    signs = EarlySign.objects.for_home(home).filter(pk__in=keys["boards.earlysign"]).values_list("stay", "side")
    return not (
        any(text_visible(sight(stay), column, side) for stay, column, side in cells)
        or any(lane_visible(sight(stay), track) for stay, track in items)
        or any(sight(stay).covers(side, "signs") for stay, side in signs)
    )
