"""When a team can be reached."""

from core import weeks
from core.text import listing
from organisation.models import TeamHome


def hours(link: TeamHome) -> str:
    """'hverdage kl. 8–16, her tirsdag og torsdag'."""
    team = link.team
    days = listing([weeks.DAYS[day] for day in link.weekdays])
    opens, closes = weeks.time_of_day(team.opens), weeks.time_of_day(team.closes)
    return f"hverdage kl. {opens}–{closes}" + (f", her {days}" if days else "")
