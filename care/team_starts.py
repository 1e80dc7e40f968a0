"""A team begins with a resident by a step of its own: it writes a name, and the home says who that is.

Whom a team treats is psychiatry's decision, but who lives at a home is the home's to know. So the answer to the team is
the same whether or not somebody by that name lives there (docs/decisions/0040).
"""

from datetime import datetime

from django.utils import timezone

from accounts.access import Access, teams_of
from audit import trail
from core.errors import Denied
from core.text import blank, name_fault
from organisation.models import Side
from organisation.services import once
from residents import services as residents
from residents.models import Stay, TeamStart
from residents.selectors import startable, team_starts, treated_by

# Not the name: it may be somebody's who never lived here, and words of the log are kept for years.
trail.register("team_start.asked", "spurgte, om teamet kan begynde med en beboer")
trail.register("team_start.withdrawn", "trak spørgsmålet om at begynde med en beboer tilbage", sight=True)
trail.register("team_start.answered", "svarede teamet, der ville begynde med en beboer", sight=True)

# More at once is no visitation.
AT_MOST = 10
ANSWERED = "Der er svaret imens. Luk, og se efter på listen."


def team_start_ask(*, access: Access, name: str, key: str, now: datetime) -> None:
    """The team asks to begin with somebody by that name. Raises Denied (the home's side, no name, too many), Repeated.

    Says nothing about who lives there. A name that waits already is refused.
    """
    if access.team is None:
        raise Denied("Det spørger teamet om. I kan selv vælge »Teamet begynder« hos beboeren.")
    if blank(name) or (fault := name_fault(name)):
        raise Denied("Skriv navnet." if blank(name) else fault, "name")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, name)
        open_here = team_starts([access.home], access.team, now).filter(refused_at=None)
        waiting = [start.name.casefold() for start in open_here]
        if name.strip().casefold() in waiting:
            raise Denied("I venter allerede på svar om det navn.", "name")
        if len(waiting) >= AT_MOST:
            raise Denied(f"I venter allerede på svar om {AT_MOST}. Ring til botilbuddet.")
        start = TeamStart(home=access.home, team=access.team, name=name.strip(), by=access.user, at=log.at)
        start.insert()
        log("team_start.asked", start, team=access.team.pk)


def team_start_answer(*, access: Access, pk: int, stay: int | None, key: str, now: datetime) -> Stay | None:
    """The home says who it is, and the team treats that resident from today, if it does not yet; None is no.

    Returns the stay. Raises Repeated, and Denied: the team's side, answered already, a resident of another team.
    """
    if access.side != Side.HOME:
        raise Denied("Det svarer botilbuddet på.")
    today = timezone.localdate(now)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, pk, stay)
        start = team_starts([access.home], None, now).filter(pk=pk, refused_at=None).select_related("team").first()
        if start is None:
            raise Denied(ANSWERED)
        log("team_start.answered", start, team=start.team_id, yes=stay is not None)
        if stay is None:
            start.name, start.refused_at = "", log.at
            start.save(update_fields=["name", "refused_at"])
            return None
        if start.team_id not in {link.team_id for link in teams_of(access.home, today)}:
            raise Denied("Teamet kommer ikke i botilbuddet mere.")
        found: Stay | None = startable(access.home, start.team, today).filter(pk=stay).first()
        if found is None:
            raise Denied("Et andet team behandler beboeren. Vælg »Skift team« hos beboeren først.", "who")
        if stay not in treated_by(access.home, start.team):
            residents.team_link(stay=found, team=start.team, from_day=today, by=access.user)
        start.delete()
    return found


def team_start_withdraw(*, access: Access, pk: int, now: datetime) -> None:
    """The team takes its question back: a wrong name, or the wrong home. Raises LookupError for another team's."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        start = team_starts([access.home], access.team, now).filter(pk=pk).first() if access.team else None
        if start is None:
            raise LookupError("start")
        log("team_start.withdrawn", start, team=start.team_id)
        start.delete()
