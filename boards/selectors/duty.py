"""When a team can be reached."""

from datetime import time

from core import weeks
from core.text import listing
from organisation.models import TeamHome


def hours(link: TeamHome) -> str:
    """'hverdage kl. 8–16, her tirsdag og torsdag'."""
    team = link.team
    days = listing([weeks.DAYS[day] for day in link.weekdays])
    return f"hverdage kl. {_hour(team.opens)}–{_hour(team.closes)}" + (f", her {days}" if days else "")


def _hour(at: time) -> str:
    return f"{at.hour}.{at.minute:02}" if at.minute else str(at.hour)
