"""What the board's pages share."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import Access, out_of_hours, teams_of, today, working_at
from audit import trail
from boards import selectors, services
from boards.models import Outcome
from boards.rules import LOOKED_FOR
from core import weeks
from core.errors import Denied
from core.forms import STALE, Data, Drafts, Form, changing
from core.web import fragment_trigger, number_in
from organisation.absence import away
from organisation.models import Home, Side, Team
from residents.models import Partner
from residents.partners import partners_of
from residents.selectors import VisibleStay, visible_stays
from residents.sharing import Audience, AudienceKind, audience_of
from residents.texts import PARTS

CHANGED = ("board-changed", "close-dialog")


def side_in(value: str) -> Side:
    """The side named in an address; LookupError for one that is not."""
    if value not in Side.values:
        raise LookupError("side")
    return Side(value)


def visible_row(access: Access, stay: int, screen: str = "beboer") -> selectors.Row:
    """The resident as the person sees them. The log notes that they do. Raises LookupError, Unwritable."""
    row = selectors.one_row(access.home, audience_of(access), today(), stay)
    if row is None or not row.stay.sight.shared:
        raise LookupError("stay")
    log_read(access, screen, [stay])
    return row


def visible_partners(access: Access, stay: VisibleStay) -> list[Partner]:
    """The resident's partners, where the sight of the stay holds the list. One query."""
    return partners_of(access.home, stay.id) if stay.sight.covers(Side.JOINT, "partners") else []


def log_read(access: Access, screen: str, stays: list[int]) -> None:
    """Notes that the person sees these residents on the screen. Raises Unwritable."""
    if stays:
        trail.record_read(access.home.scope, viewer=access.user.pk, screen=screen, stays=stays)


def who_to_ring(home: Home, stay: VisibleStay) -> list[tuple[str, str]]:
    """(who, number) of the resident's contact persons, and of whoever stands in for one who is away: the deputy of the
    absence if they work here, else the contact's own. Four queries where somebody is away, else one.
    """
    people = [*stay.contacts.values(), *stay.deputies.values()]
    absent = away([person.pk for person in people], today())
    closed = out_of_hours([*(person.pk for person in people), *(row.deputy_id for row in absent.values())], today())
    here = (
        working_at(home, today()) - away([row.deputy_id for row in absent.values()], today()).keys()
        if absent
        else set()
    )
    lines = []
    for side, person in stay.contacts.items():
        if person.pk in closed:
            # Their shift is over: the deputy, if there now.
            deputy = stay.deputies.get(side)
            if deputy is not None and deputy.phone and deputy.pk not in closed and deputy.pk not in absent:
                lines.append((f"{deputy.name} for {person.name}, som har fri", deputy.phone))
            continue
        if person.pk not in absent:
            lines += [(person.name, person.phone)] if person.phone else []
            continue
        chosen, until = absent[person.pk].deputy, weeks.short_day(absent[person.pk].to_day)
        own = stay.deputies.get(side)
        there = [one for one in (chosen, own) if one and one.pk in here and one.pk not in {*absent, *closed}]
        deputy = there[0] if there else None
        if deputy is not None:
            lines.append((f"{deputy.name} for {person.name}, som er væk til {until}", deputy.phone))
        else:
            lines.append((f"{person.name} er væk til {until}", ""))
    for side, person in stay.left.items():
        # The deputy answers for whoever has left, until another is named.
        deputy = stay.deputies.get(side)
        if deputy is not None and deputy.phone and deputy.pk not in {*absent, *closed}:
            lines.append((f"{deputy.name} for {person.name}, som er stoppet", deputy.phone))
    return lines


@dataclass(frozen=True)
class Blind:
    """Who does not see what was written. `when` they come, where it is shared now and no more by then; else ''.

    `until` is the way to somebody while the team is closed.
    """

    name: str
    when: str = ""
    team: Team | None = None
    until: str = ""


def who_sees(access: Access, stay: VisibleStay, part: str) -> dict[str, Any]:
    """Who sees what the side just wrote in a part of the board, and when: four queries for each audience, three more.

    `lines` are (team, 'nu' or 'mandag kl. 8') of the teams that see it then, `blind` is of those who do not (Blind).
    `both` says whether the other side sees it, `agenda` whether a meeting is planned at which both sides see the
    resident, who so comes on its agenda.
    """
    now = timezone.now()
    teams = [link.team for link in teams_of(access.home, today()) if link.team_id in stay.teams]
    writer = access.side if access.side in PARTS[part].sides else Side.JOINT
    when = selectors.seen_when(teams, now)

    def sees(audience: Audience, at: datetime = now) -> bool:
        day = timezone.localdate(at)
        own = visible_stays(access.home, audience, day, stay.id, people=False, now=at)
        return any(shown.sight.covers(writer, part) for shown in own)

    def discussed(team: Team) -> bool:
        day = selectors.next_meeting(access.home.pk, team.pk)
        return day is not None and sees(Audience(AudienceKind.JOINT, team.pk), max(now, weeks.midnight(day)))

    lines, blind = [], []
    for team in teams:
        moment, hour = when[team.pk]
        audience = Audience(AudienceKind.TEAM, team.pk)
        # Where nobody of it is there for weeks: at the end of those.
        at = moment or weeks.midnight(weeks.add_working_days(today(), LOOKED_FOR))
        if access.team == team or sees(audience, at):
            lines.append((team, hour))
        else:
            first = hour if moment is None else f"først {hour}"
            lapses = first if at != now and sees(audience) else ""
            blind.append(Blind(team.name, lapses, team, "" if hour == "nu" else team.out_of_hours))
    home_sees = access.side == Side.HOME or sees(Audience(AudienceKind.HOME))
    if not home_sees:
        blind.append(Blind(access.home.name))
    return {
        "lines": lines,
        "blind": blind,
        "both": home_sees and bool(lines),
        "agenda": any(discussed(team) for team, _ in lines),
    }


def dialog(
    request: HttpRequest,
    template: str,
    make: Callable[[Data], Form],
    act: Callable[[Form], HttpResponse | None],
    *,
    context: Callable[[Form], dict[str, Any]],
    says: Callable[[Any], str] = lambda current: STALE,
    drafts: Drafts | None = None,
    events: tuple[str, ...] = CHANGED,
) -> HttpResponse:
    """A dialog with one form. Once it is done the page hears `events`: by default that the dialog closes."""

    def show(form: Form, status: int) -> HttpResponse:
        return render(request, template, {**context(form), "form": form}, status=status)

    def done(form: Form) -> HttpResponse:
        return fragment_trigger(*events)

    return changing(request, make, act, show=show, done=done, says=says, drafts=drafts)


def answer_sign(request: HttpRequest, access: Access, outcome: Outcome) -> None:
    """The early sign the person came from has been answered; one answered meanwhile stays as it is."""
    sign = number_in(request.GET.get("tegn"))
    if sign:
        with suppress(LookupError, Denied):
            services.sign_handle(access=access, pk=sign, outcome=outcome, today=today())
