"""Min dag: what one person has to do, home by home."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache

from django.db.models import F, Q
from django.utils import timezone

from accounts.access import Access, Staff, roles_of, staff_at, team_of, works_on_side
from boards.columns import lane_visible
from boards.models import TRACK_SIDE, Cell, Episode, Intervention, InterventionEvent, State, Track
from boards.rules import is_stale
from boards.selectors import InterventionView, intervention_view, with_holders
from core import weeks
from core.period import holds
from core.text import danish_key
from meetings.models import Meeting
from organisation.drafts import all_drafts, typed_in, words_left
from organisation.models import Absence, Home, Membership, Role, Side, TeamHome, User
from organisation.region import rules_of
from reminders import rules
from reminders.facts import STATUS_DAYS
from reminders.left_drafts import Led, LeftDraft, led_now, left_drafts
from reminders.people import Sees, team_leaders
from reminders.waiting import Question, questions
from residents.models import Contact, StayEnd
from residents.selectors import VisibleStay, contacts_at, lives_here, visible_everywhere

# So far ahead Min dag looks, and so far back it says what went from it.
SHOWN_DAYS = 7
# How an intervention ends, and what gives it another owner or day.
SETTLED, MOVED = (State.DONE, State.NOT_DONE, State.DROPPED), ("changed", "moved", "handed", "undone")


@dataclass(frozen=True)
class DayLine:
    """One thing to do."""

    home: Home
    stay: VisibleStay
    item: InterventionView
    level: str
    level_label: str
    day: str
    time: str
    # Why it was not done, typed and not sent.
    why: str = ""


@dataclass
class HomeDay:
    """One home's part of the day: what is overdue first, then today's.

    What was done today keeps its place among them: a row that goes away under the finger gives the next one the tap.
    """

    home: Home
    here_today: bool
    overdue: list[DayLine] = field(default_factory=list)
    today: list[DayLine] = field(default_factory=list)

    @property
    def lines(self) -> list[DayLine]:
        return [*self.overdue, *self.today]


@dataclass
class StandIn:
    """The open lines of somebody who is away, for the one who stands in."""

    name: str
    until: str
    lines: list[DayLine] = field(default_factory=list)


@dataclass(frozen=True)
class Prepare:
    """A meeting today or the next working day, and how many of one's rows lack a fresh status."""

    meeting: Meeting
    when: str
    rows: int
    missing: int


@dataclass(frozen=True)
class Unheld:
    """What nobody on a leader's side answers for: an intervention, or a resident without a contact person."""

    home: Home
    stay: VisibleStay
    # Who had it and works there no more; None where there was nobody.
    left: User | None
    item: InterventionView | None = None


@dataclass(frozen=True)
class Gone:
    """An intervention of one's own that is on the list no more, though one did not do it.

    Without `label` and `what` where the resident may not be shown.
    """

    home: Home
    day: str
    why: str
    label: str = ""
    what: str = ""
    # Whom it shows, for the log of reads; 0 for nobody.
    stay: int = 0
    # Who is away and had it, where the person stands in for them.
    instead_of: str = ""


@dataclass(frozen=True)
class MyDay:
    homes: list[HomeDay]
    later: list[tuple[str, list[DayLine]]]
    prepare: list[Prepare]
    standing_in: list[StandIn] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    # What the person typed where they do not come in now.
    words: list[str] = field(default_factory=list)
    # What needs the person's yes or answer.
    questions: list[Question] = field(default_factory=list)
    # For a leader: what people of the own unit had typed when their access ended, and what somebody must be named for.
    drafts: list[LeftDraft] = field(default_factory=list)
    unheld: list[Unheld] = field(default_factory=list)
    # And those among them who have left the leader's own unit: (name, id of the role that ended).
    leavers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether anything stands under "Venter på dig"."""
        return bool(self.questions or self.drafts or self.unheld)


def my_day(
    user: User, accesses: list[Access], day: date, first: str = "", sees_by_home: dict[int, Sees] | None = None
) -> MyDay:
    """The person's day over all homes they may enter, the home named `first` (or served today) on top.

    Two queries over all homes find where there is something; each of those homes costs eight more. Lines of somebody
    who is away and whom the person stands in for come in a part of their own. `sees_by_home` is what was
    read already.
    """
    typed, seats = all_drafts(user), {access.seat for access in accesses}
    mine = MyDay([], [], [], words=words_left(typed, seats))
    led = led_now(user, day)
    if led.homes or led.teams:
        mine.drafts.extend(left_drafts(accesses, led, day))
    mine.questions.extend(questions(user, accesses, day))
    mine.gone.extend(_team_gone(user, day))
    if not accesses:
        return mine
    rows = _rows(accesses, day)
    away = _away(rows, user, day)
    contacts = _contacts(accesses, day)
    meetings = _meetings(accesses, day)
    whys = typed_in(typed, seats, "intervention-settle", "why")
    if led.homes or led.teams:
        mine.unheld.extend(unheld(accesses, led, day))
        mine.leavers.extend(_leavers(user, {one.left for one in mine.unheld if one.left}, day))
    later: dict[date, list[DayLine]] = {}
    standing_in: dict[int, StandIn] = {}
    for access in accesses:
        here = [row for row in rows if row.stay.home_id == access.home.pk]
        own = [contact.stay_id for contact in contacts if contact.stay.home_id == access.home.pk]
        meeting = meetings.get(access.home.pk)
        if not here and not (meeting and own):
            continue
        sees = (sees_by_home or {}).get(access.home.pk) or Sees.of_person(access, day)
        levels = dict(Episode.objects.for_home(access.home).filter(closed_on=None).values_list("stay_id", "level"))
        stays = sees.stays(user.pk)
        if meeting and own:
            card = _prepare(access, meeting, [pk for pk in own if pk in stays and pk in levels], day)
            if card:
                mine.prepare.append(card)
        words = rules_of(access.home, day)
        labels = {stay: (level, words.level(level)) for stay, level in levels.items()}
        mine.gone.extend(_unshared(access.home, here, stays, user))
        part = _home_day(access, [(row, stays[row.stay_id]) for row in here if row.stay_id in stays], labels, day)
        for row, bare in part.lines:
            line = replace(bare, why=whys.get(f"{row.pk}-{State.NOT_DONE}", ""))
            if row.owner_id in away:
                _stand_in(standing_in, away, row, line, day)
            else:
                _place(part.day, later, line, row, day)
        if part.day.lines:
            mine.homes.append(part.day)
    mine.gone.extend(_taken_off(accesses, sees_by_home or {}, day))
    mine.homes.sort(key=lambda part: (part.home.slug != first, not part.here_today, part.home.name))
    mine.later.extend((weeks.long_day(d), later[d]) for d in sorted(later))
    mine.standing_in.extend(sorted(standing_in.values(), key=lambda part: danish_key(part.name)))
    return mine


def _unshared(home: Home, here: list[Intervention], stays: dict[int, VisibleStay], user: User) -> list[Gone]:
    """The person's own of residents, or of a lane, that are no longer shared with them."""
    return [
        Gone(home, weeks.short_day(row.due_on) if row.due_on else "dagl.", "Deles ikke længere med dig")
        for row in here
        if row.owner_id == user.pk
        and row.state == State.PLANNED
        and not (row.stay_id in stays and lane_visible(stays[row.stay_id].sight, row.track))
    ]


def _team_gone(user: User, day: date) -> list[Gone]:
    """The person's own at a home their team came to until a few days ago. One query, two where there is such a home."""
    lately = (day - timedelta(days=SHOWN_DAYS), day - timedelta(days=1))
    was_in_it = holds(F("to_day"), "team__membership__")
    ended = TeamHome.objects.filter(was_in_it, team__membership__user=user, to_day__range=lately)
    # Until which day the list showed what stood there.
    links = ended.select_related("home")
    shown = {link.home: link.to_day + timedelta(days=SHOWN_DAYS) for link in links if link.to_day}
    if not shown:
        return []
    rows = Intervention.objects.for_homes(list(shown)).filter(lives_here(day, "stay__"), owner=user)
    lost = with_holders(rows.filter(state=State.PLANNED), day, "owner").filter(owner_here=False)
    return [
        Gone(row.stay.home, _day_of(row), "Dit team kommer der ikke længere")
        for row in lost.select_related("stay__home").order_by("due_on", "pk")
        if row.daily or (row.due_on and row.due_on <= shown[row.stay.home])
    ]


@dataclass(frozen=True)
class _Whose:
    """Somebody whose lines came on the person's list: '' or the name of who is away, since when, and how many days
    ahead it shows theirs.
    """

    instead_of: str
    since: datetime
    ahead: timedelta

    def had(self, event: InterventionEvent) -> bool:
        """Whether it was on the list when this was done."""
        row, on = event.intervention, timezone.localdate(event.at)
        # What is written on the wrong resident, or of one who moved, stands as it stood.
        stood = event.stood or {"daily": row.daily, "due_on": row.due_on and row.due_on.isoformat()}
        due_on = stood["due_on"] and date.fromisoformat(stood["due_on"])
        return event.at >= self.since and bool(stood["daily"] or (due_on and due_on <= on + self.ahead))


def _whose(user: User, day: date) -> dict[int | None, _Whose]:
    """{person: how theirs came on the list}: one's own for a week, or since one's absence began where that is longer;
    those of who is away while one stands in for them. One query.
    """
    week, longest = day - timedelta(days=SHOWN_DAYS), day - timedelta(days=rules.ABSENCE_DAYS)
    about = Absence.objects.filter(Q(user=user) | Q(deputy=user), from_day__lte=day, to_day__gte=longest)
    absences = list(about.select_related("user"))
    own = [(one.from_day, one.to_day) for one in absences if one.user_id == user.pk]
    since = weeks.midnight(rules.looked_back(week, own, day))
    found: dict[int | None, _Whose] = {user.pk: _Whose("", since, timedelta(days=SHOWN_DAYS))}
    for one in absences:
        if one.user_id != user.pk and one.to_day >= day:
            found[one.user_id] = _Whose(one.user.name, weeks.midnight(max(week, one.from_day)), timedelta())
    return found


def _taken_off(accesses: list[Access], sees_by_home: dict[int, Sees], day: date) -> list[Gone]:
    """What others took off the person's list lately: done, not done or no longer needed, given to
    somebody else, without a day or moved past what the list shows, written on the wrong resident, the resident moved.

    Two queries, and three for each home with such a thing that was not asked about before.
    """
    user, here = accesses[0].user, {access.home.pk: access for access in accesses}
    mine = _whose(user, day)
    theirs = Q(kind__in=[*SETTLED, State.MISFILED], intervention__owner__in=mine)
    changed = Q(kind__in=MOVED, stood__owner__in=list(mine))
    events = InterventionEvent.objects.for_homes([access.home for access in accesses]).filter(
        theirs | changed | Q(by=user), at__gte=min(whose.since for whose in mine.values())
    )
    gone = []
    for event, whose in _last_off(events.select_related("intervention__stay", "intervention__owner", "by"), user, mine):
        row = event.intervention
        access = here[row.stay.home_id]
        sees = sees_by_home.setdefault(access.home.pk, Sees.of_person(access, day))
        stay = sees.stay(user.pk, row.stay_id)
        # Whoever stands in may be of the other side: the line may never have been on their list.
        if whose.instead_of and not (stay and lane_visible(stay.sight, row.track)):
            continue
        # What is written on the wrong resident says nothing of either.
        shown = stay if stay and lane_visible(stay.sight, row.track) and row.state != State.MISFILED else None
        why = _why_gone(event, whose, mine, day, shown=shown is not None)
        if why:
            gone.append(
                Gone(
                    access.home,
                    _day_of(row),
                    why,
                    shown.label if shown else "",
                    row.what if shown else "",
                    shown.id if shown else 0,
                    whose.instead_of,
                )
            )
    return gone


def _day_of(row: Intervention) -> str:
    return weeks.short_day(row.due_on) if row.due_on else "dagl." if row.daily else ""


def _last_off(
    events: Iterable[InterventionEvent], user: User, mine: dict[int | None, _Whose]
) -> list[tuple[InterventionEvent, _Whose]]:
    """Of each intervention the last act by which another took it off the list, unless the person acted on it since."""
    last: dict[int, tuple[InterventionEvent, _Whose]] = {}
    for event in sorted(events, key=lambda event: (event.at, event.pk)):
        whose = mine.get(event.stood["owner"] if event.stood else event.intervention.owner_id)
        if event.by_id == user.pk:
            last.pop(event.intervention_id, None)
        elif whose and whose.had(event):
            last[event.intervention_id] = (event, whose)
    return list(last.values())


def _why_gone(
    event: InterventionEvent, whose: _Whose, mine: dict[int | None, _Whose], day: date, *, shown: bool
) -> str:
    """Why it is on the list no more; '' where it is, and where it is said otherwise that it is shared no more."""
    row = event.intervention
    if row.state == State.MISFILED:
        return State.MISFILED.label
    if row.owner_id not in mine:
        nobody = f"{whose.instead_of or 'Du'} står ikke for den længere"
        return f"{row.owner.name} har overtaget den" if row.owner and shown else nobody
    if row.state == State.DROPPED:
        # What another typed may be of what is not shared; where the resident went is not.
        typed = row.state == event.kind and (shown or event.why in StayEnd.labels)
        return event.why if event.why and typed else State.DROPPED.label
    settled = row.state in (State.DONE, State.NOT_DONE)
    if not shown:
        return "Deles ikke længere med dig" if settled else ""
    if row.daily or row.settled_on == day or (not settled and event.kind not in MOVED):
        return ""
    if settled:
        return f"{State(row.state).label} · {event.by.name}" + (f": {row.settled_why}" if row.settled_why else "")
    if row.due_on is None:
        return "Har ingen dag længere"
    if row.due_on <= day + mine[row.owner_id].ahead:
        return ""
    other = row.owner if row.owner and mine[row.owner_id] is not whose else None
    return f"{other.name} har overtaget den" if other else f"Flyttet til {weeks.long_day(row.due_on)}"


def unheld(accesses: list[Access], led: Led, day: date) -> list[Unheld]:
    """What nobody answers for in the homes a leader leads, or whose residents the leader's team treats: planned
    interventions of the own side or of both, then residents without a contact person. Five queries, two for each home
    with such an intervention, and six where one is the team's.
    """
    stays = visible_everywhere(accesses, day)
    visible = {
        stay.id: (access, stay, sides)
        for access in accesses
        for stay in stays[access.home.pk]
        if stay.sight.shared and (sides := led.sides(access.home.pk, stay.teams))
    }
    planned = Intervention.objects.for_homes([access.home for access in accesses]).filter(
        state=State.PLANNED, stay__in=visible
    )
    rows = with_holders(planned, day, "owner").filter(owner_here=False)
    staff = cache(lambda home: staff_at(home, day))
    sees_at = cache(lambda home: Sees.at([home], day)[home.pk])
    found = []
    for row in rows.select_related("owner", "deputy", "created_by").order_by("stay", "due_on", "pk"):
        access, stay, sides = visible[row.stay_id]
        side = TRACK_SIDE[Track(row.track)]
        here = side in (*sides, Side.JOINT) or (
            Side.HOME in sides and not team_leaders(sees_at(access.home), row.stay_id, row.track)
        )
        if here and lane_visible(stay.sight, row.track):
            view = intervention_view(row, day, staff(access.home))
            found.append(Unheld(access.home, stay, row.owner, view))
    found += [
        Unheld(access.home, stay, stay.left.get(side))
        for access, stay, sides in visible.values()
        for side in sorted(sides - stay.contacts.keys())
    ]
    return sorted(found, key=lambda one: (one.item is None, danish_key(one.home.name), danish_key(one.stay.name)))


def _leavers(user: User, gone: set[User], day: date) -> list[tuple[str, int]]:
    """(name, id of the role that ended) of those who left a unit the person leads. One query, none without any."""
    leading = [role for role in roles_of(user, day)[0] if role.role == Role.LEADER]
    if not gone or not leading:
        return []
    own = Q(home__in={role.home_id for role in leading}) | Q(team__in={role.team_id for role in leading})
    ended = Membership.objects.filter(own, user__in=gone, to_day__lt=day).order_by("to_day", "pk")
    last = {member.user_id: member.pk for member in ended}
    return sorted(((user.name, last[user.pk]) for user in gone if user.pk in last), key=lambda one: danish_key(one[0]))


def _rows(accesses: list[Access], day: date) -> list[Intervention]:
    """What is the person's: their own, what is overdue where they are deputy, and what they stand in for because its
    owner is away or works there no more."""
    user = accesses[0].user
    away = Absence.objects.filter(holds(day))
    # Who went over to the other side stands for it no more.
    deputy = Q(deputy=user, deputy_here=True)
    mine = Q(owner=user, owner_here=True) | deputy & Q(due_on__lt=day)
    standing_in = Q(owner__in=away.filter(deputy=user).values("user"))
    standing_in |= deputy & (Q(owner__in=away.values("user")) | Q(owner_here=False))
    at_homes = Intervention.objects.for_homes([access.home for access in accesses]).filter(lives_here(day, "stay__"))
    here = with_holders(at_homes, day, "owner", "deputy")
    planned = here.filter(
        Q(due_on__lte=day + timedelta(days=SHOWN_DAYS)) | Q(daily=True), mine | standing_in, state=State.PLANNED
    )
    settled = here.filter(mine | standing_in, state__in=[State.DONE, State.NOT_DONE], settled_on=day)
    # Two queries, because each of them can use the index on stay, state and day. One with OR could not.
    own = [row for rows in (planned, settled) for row in rows.select_related("owner", "deputy", "created_by", "stay")]
    return sorted(own, key=lambda row: (row.due_time or time.max, row.due_on or date.max, row.pk))


def _away(rows: list[Intervention], user: User, day: date) -> dict[int, StandIn]:
    """The owners of the rows who are away today. A query only where somebody else's row is among them."""
    others = {row.owner_id for row in rows if row.owner_id and row.owner_id != user.pk}
    if not others:
        return {}
    absences = Absence.objects.filter(holds(day), user__in=others).select_related("user").order_by("to_day")
    return {absence.user_id: StandIn(absence.user.name, weeks.short_day(absence.to_day)) for absence in absences}


def _contacts(accesses: list[Access], day: date) -> list[Contact]:
    """Where the person is the contact, or stands in for one who is away."""
    user = accesses[0].user
    away = Absence.objects.filter(holds(day))
    mine = Q(person=user) | Q(person__in=away.filter(deputy=user).values("user"))
    here = works_on_side("person", "stay__home", day, "side")
    return list(contacts_at([access.home for access in accesses], day).filter(mine, here).select_related("stay"))


@dataclass(frozen=True)
class _Part:
    """One home's day, still empty, and the lines to be placed in it."""

    day: HomeDay
    lines: list[tuple[Intervention, DayLine]]


def _home_day(
    access: Access, here: list[tuple[Intervention, VisibleStay]], levels: dict[int, tuple[str, str]], day: date
) -> _Part:
    serving = team_of(access.home, day)
    others = any(row.owner_id != access.user.pk for row, _ in here)
    own = Staff({access.user.pk: (access.user, access.side)}, frozenset(), {})
    staff = staff_at(access.home, day) if others else own
    part = HomeDay(access.home, bool(access.team and serving and day.weekday() in serving.weekdays))
    return _Part(
        part,
        [
            (row, _line(access.home, stay, row, levels.get(row.stay_id, ("", "")), day, staff))
            for row, stay in here
            if lane_visible(stay.sight, row.track)
        ],
    )


def _stand_in(
    standing_in: dict[int, StandIn], away: dict[int, StandIn], row: Intervention, line: DayLine, day: date
) -> None:
    if row.owner_id is None:
        return
    if row.daily or line.item.settled or (row.due_on is not None and row.due_on <= day):
        standing_in.setdefault(row.owner_id, away[row.owner_id]).lines.append(line)


def _place(part: HomeDay, later: dict[date, list[DayLine]], line: DayLine, row: Intervention, day: date) -> None:
    if row.due_on is not None and row.due_on < day and not row.daily:
        part.overdue.append(line)
    elif row.daily or row.due_on == day or line.item.settled:
        part.today.append(line)
    elif row.due_on is not None:
        later.setdefault(row.due_on, []).append(line)


def _line(
    home: Home,
    stay: VisibleStay,
    row: Intervention,
    level: tuple[str, str],
    day: date,
    staff: Staff,
) -> DayLine:
    return DayLine(
        home=home,
        stay=stay,
        item=intervention_view(row, day, staff),
        level=level[0],
        level_label=level[1],
        day=weeks.short_day(row.due_on) if row.due_on else "dagl.",
        time=f"{row.due_time.hour}.{row.due_time.minute:02}" if row.due_time else "",
    )


def _meetings(accesses: list[Access], day: date) -> dict[int, Meeting]:
    """Each home's meeting today or on the next working day."""
    running = Meeting.objects.for_homes([access.home for access in accesses]).filter(
        date__range=(day, weeks.add_working_days(day, 1)), state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]
    )
    return {meeting.home_id: meeting for meeting in running.order_by("-date")}


def _prepare(access: Access, meeting: Meeting, stays: list[int], day: date) -> Prepare | None:
    """How many of one's own rows on the board lack a status younger than a week."""
    if not stays:
        return None
    fresh = {
        cell.stay_id
        for cell in Cell.objects.for_home(access.home).filter(stay__in=stays, column="status", side=access.side)
        if cell.text and is_stale(cell.changed_at, cell.confirmed_at, STATUS_DAYS, day) is None
    }
    missing = len(stays) - len(fresh)
    when = weeks.due_label(meeting.date, day)
    return Prepare(meeting, f"{when} kl. {meeting.time.hour}.{meeting.time.minute:02}", len(stays), missing)
