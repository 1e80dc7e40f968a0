"""Every question about the board: a fixed number of queries each, answered in dataclasses for the templates."""

from boards.selectors.cells import CellView as CellView
from boards.selectors.duty import NEXT_MEETING as NEXT_MEETING
from boards.selectors.duty import hours as hours
from boards.selectors.duty import next_meeting as next_meeting
from boards.selectors.duty import seen_when as seen_when
from boards.selectors.interventions import TELLS as TELLS
from boards.selectors.interventions import InterventionView as InterventionView
from boards.selectors.interventions import intervention_view as intervention_view
from boards.selectors.interventions import stands_for as stands_for
from boards.selectors.interventions import with_holders as with_holders
from boards.selectors.levels import LevelView as LevelView
from boards.selectors.levels import other_texts as other_texts
from boards.selectors.moves import moved_stay as moved_stay
from boards.selectors.moves import moves_open as moves_open
from boards.selectors.rows import ASKING as ASKING
from boards.selectors.rows import GROUPS as GROUPS
from boards.selectors.rows import Board as Board
from boards.selectors.rows import Row as Row
from boards.selectors.rows import board as board
from boards.selectors.rows import group_titles as group_titles
from boards.selectors.rows import one_row as one_row
from boards.selectors.rows import with_cells as with_cells
from boards.selectors.rows import with_stay as with_stay
