"""Which team serves a home, when they meet, and the day a home leaves."""

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.offices import Office
from administration import rules
from audit import trail
from care.services import home_leaves
from core.errors import Denied
from core.period import holds
from core.seen import check_seen
from meetings.models import Meeting, Series
from meetings.rules import next_date
from meetings.services import meeting_plan, series_changed
from organisation.models import Home, Membership, Team, TeamHome
from organisation.services import once

trail.register("team_home.added", "knyttede et team til botilbuddet")
trail.register("team_home.changed", "rettede teamets dage i botilbuddet")
trail.register("series.created", "aftalte faste møder")
trail.register("series.changed", "ændrede de faste møder")
trail.register("series.ended", "afsluttede de faste møder")
trail.register("home.leaves", "registrerede, at botilbuddet forlader samarbejdet")
# The home's own clock must move too: the board's head names the team and its days.
trail.register("home.set_up", "ændrede, hvem botilbuddet arbejder sammen med")


# Why a meeting after the last day of its series is cancelled.
ENDED = "De faste møder er afsluttet."


@dataclass(frozen=True)
class LinkFacts:
    """On which weekdays (0 is Monday) a team is at a home, from–to."""

    weekdays: tuple[int, ...]
    from_day: date
    to_day: date | None


@dataclass(frozen=True)
class SeriesFacts:
    """When a home and a team meet each week."""

    weekday: int
    time: time
    minutes: int
    holiday_rule: str


def link_facts(link: TeamHome) -> LinkFacts:
    """The link as it stands."""
    return LinkFacts(tuple(link.weekdays), link.from_day, link.to_day)


def team_home_add(*, office: Office, home: Home, team: Team, facts: LinkFacts, key: str) -> TeamHome:
    """The team serves the home from now on. Raises Denied, Repeated.

    Refused for one's own team: it would give the administrator sight of residents.
    """
    _check_home(office, home)
    if team.organisation_id not in (home.organisation_id, home.organisation.region_id):
        raise LookupError("team")
    _refuse_own(office, team, "team")
    _check_days(facts)
    with trail.change(home.organisation.scope, by=office.user.pk) as log:
        once(office.user, key, home.pk, team.pk, facts)
        _check_overlap(home, team, facts, 0)
        link = TeamHome(team=team, home=home)
        _fill(link, facts)
        log("team_home.added", home, team=team.pk, from_day=str(facts.from_day))
        _tell_home(office, home)
    return link


def team_home_change(*, office: Office, link: TeamHome, facts: LinkFacts, seen: str, today: date) -> TeamHome:
    """Other days, or an end: the fixed meetings with the team end the same day. Raises Denied, Conflict.

    One's own team's time at the home may be made shorter, not longer.
    """
    home = link.home
    _check_home(office, home)
    _check_days(facts)
    with trail.change(home.organisation.scope, by=office.user.pk) as log:
        link.refresh_from_db()
        stood = link_facts(link)
        check_seen(seen, stood, link)
        if facts.from_day < stood.from_day or (facts.to_day or date.max) > (stood.to_day or date.max):
            _refuse_own(office, link.team, "to_day")
        if facts.to_day and facts.to_day != stood.to_day and facts.to_day < today - timedelta(days=1):
            raise Denied("Slutdagen er gået. Vælg i dag eller en senere dag.", "to_day")
        _check_overlap(home, link.team, facts, link.pk)
        _fill(link, facts)
        log("team_home.changed", home, team=link.team_id, to_day=str(facts.to_day))
        if facts.to_day is not None:
            # Fixed meetings with a later last day of their own end with the team too.
            longer = Q(ended_on=None) | Q(ended_on__gt=facts.to_day, ended_on__gte=today)
            for series in Series.objects.for_home(home).filter(longer, team=link.team):
                _end(office, series, facts.to_day)
        _tell_home(office, home)
    return link


def series_facts(series: Series) -> SeriesFacts:
    """The fixed meetings as they stand."""
    return SeriesFacts(series.weekday, series.time, series.minutes, series.holiday_rule)


def _check_minutes(facts: SeriesFacts) -> None:
    if not 15 <= facts.minutes <= 240:
        raise Denied("Et møde varer mellem 15 og 240 minutter.", "minutes")


def series_create(*, office: Office, home: Home, team: Team, facts: SeriesFacts, key: str, now: datetime) -> Series:
    """Fixed meetings, with the next one in the calendar at once.

    Raises Denied (the team does not serve the home, or has its meetings already), Repeated.
    """
    _check_may_set_up(office, home)
    _check_minutes(facts)
    local = timezone.localtime(now)
    today = local.date()
    with trail.change(home.scope, by=office.user.pk) as log:
        once(office.user, key, home.pk, team.pk, facts)
        serving = TeamHome.objects.filter(Q(to_day=None) | Q(to_day__gte=today), home=home, team=team)
        if not serving.exists():
            raise Denied("Teamet er ikke knyttet til botilbuddet.", "team")
        if _open_series(home, team):
            raise Denied("I har allerede faste møder med teamet. Afslut dem først.", "team")
        series = Series(home=home, team=team, **vars(facts))
        series.insert()
        log("series.created", series, team=team.pk, weekday=facts.weekday)
        # A meeting later today can still be held today.
        after = today - timedelta(days=1) if facts.time > local.time() else today
        meeting_plan(series=series, after=after, by=office.user)
    return series


def series_change(
    *, office: Office, home: Home, series_id: int, facts: SeriesFacts, seen: str, now: datetime
) -> Series:
    """Another day, hour or length: the meetings planned follow. The same again changes nothing.

    Raises LookupError, Denied (too short or too long, meetings that have ended), Conflict.
    """
    _check_may_set_up(office, home)
    _check_minutes(facts)
    local = timezone.localtime(now)
    rows = Series.objects.for_home(home).select_related("home", "team")
    series: Series | None = rows.filter(pk=series_id).first()
    if series is None:
        raise LookupError("series")
    if facts == series_facts(series):
        return series
    with trail.change(home.scope, by=office.user.pk) as log:
        series.refresh_from_db(from_queryset=rows)
        if series.ended_on is not None and series.ended_on < local.date():
            raise Denied(f"De faste møder sluttede {rules.full_day(series.ended_on)}. Det kan ikke ændres mere.")
        check_seen(seen, series_facts(series), series)
        before = copy(series)
        for name, value in vars(facts).items():
            setattr(series, name, value)
        series.full_clean()
        series.save(update_fields=list(vars(facts)))
        log("series.changed", series, weekday=facts.weekday, at=f"{facts.time:%H:%M}", minutes=facts.minutes)
        # A meeting later today can still be held today.
        first = local.date() + timedelta(days=facts.time <= local.time())
        series_changed(series=series, before=before, by=office.user, first=first)
    return series


def series_end(*, office: Office, home: Home, series_id: int, on: date, seen: str, today: date) -> Series:
    """Sets the last day of the fixed meetings, or another while it is still ahead. Meetings up to it come back.

    The same day twice changes nothing. Raises LookupError, Denied (a day gone, meetings that have ended, a longer time
    than the team's or where new meetings are agreed), Conflict.
    """
    _check_may_set_up(office, home)
    series: Series | None = Series.objects.for_home(home).filter(pk=series_id).first()
    if series is None:
        raise LookupError("series")
    if on < today:
        raise Denied("Dagen er gået. Vælg i dag eller en senere dag.", "on")
    if on > today + timedelta(days=366):
        raise Denied("Dagen ligger mere end et år frem. Er årstallet rigtigt?", "on")
    if series.ended_on == on:
        return series
    with trail.change(home.scope, by=office.user.pk):
        series.refresh_from_db(from_queryset=Series.objects.for_home(home))
        was = series.ended_on
        if was is not None and was < today:
            raise Denied(f"De faste møder sluttede {rules.full_day(was)}. Det kan ikke ændres mere.", "on")
        check_seen(seen, was, series)
        if was is not None and on > was:
            _check_longer(series, was, on)
        _end(office, series, on)
        if was is not None and on > was:
            _bring_back(office, series, was)
    return series


def _check_longer(series: Series, was: date, on: date) -> None:
    """Raises Denied if the meetings would go on after the team's last day, or overlap those that replaced them."""
    if not TeamHome.objects.filter(holds(on), home=series.home, team=series.team).exists():
        raise Denied("Teamet kommer ikke i botilbuddet den dag. Vælg en tidligere.", "on")
    others = Series.objects.for_home(series.home).filter(team=series.team).exclude(pk=series.pk)
    if others.filter(Q(ended_on=None) | Q(ended_on__gt=was)).exists():
        raise Denied("I har aftalt nye faste møder med teamet. Vælg en tidligere dag.", "on")


def _bring_back(office: Office, series: Series, was: date) -> None:
    """Restores weekly meetings cancelled only because the series was to end before; if none, plans the next."""
    weekly = Meeting.objects.for_home(series.home).filter(series=series, kind=Meeting.Kind.WEEKLY)
    ahead = weekly.filter(date__gt=was, date__lte=series.ended_on)
    cancelled = ahead.filter(state=Meeting.State.CANCELLED, why=ENDED)
    # One from before the fixed meetings got another day or hour stays cancelled; an extra one is called anew.
    still = [
        meeting.pk
        for meeting in cancelled.filter(time=series.time)
        if next_date(series.weekday, meeting.date - timedelta(days=1), series.holiday_rule) == meeting.date
    ]
    cancelled.filter(pk__in=still).update(state=Meeting.State.OPEN, why="")
    meeting_plan(series=series, after=was, by=office.user)


def _end(office: Office, series: Series, on: date) -> None:
    with trail.change(series.home.scope, by=office.user.pk) as log:
        series.ended_on = on
        series.full_clean()
        series.save(update_fields=["ended_on"])
        log("series.ended", series, on=str(on))
        later = Meeting.objects.for_home(series.home).filter(
            series=series, date__gt=on, state__in=[Meeting.State.OPEN, Meeting.State.PLANNED]
        )
        later.update(state=Meeting.State.CANCELLED, why=ENDED)


def home_leave(*, office: Office, home: Home, on: date, today: date) -> Home:
    """The home's last day in the cooperation: stays, links and meetings end, and nobody sees the home any more.

    Only an administrator, and only for a day that has come. Doing it twice changes nothing. Raises Denied.
    """
    _check_home(office, home)
    if on > today:
        raise Denied(
            "Vælg i dag eller en tidligere dag. Botilbuddet kan først forlade samarbejdet, når dagen er her.", "on"
        )
    if on < today - timedelta(days=366):
        raise Denied("Dagen ligger mere end et år tilbage. Er årstallet rigtigt?", "on")
    with trail.change(home.organisation.scope, by=office.user.pk) as log:
        home.refresh_from_db()
        if home.left_on is not None:
            log("home.leaves", home, on=str(home.left_on), again=True)
            return home
        with trail.change(home.scope, by=office.user.pk):
            if Meeting.objects.for_home(home).filter(state=Meeting.State.RUNNING).exists():
                raise Denied("Der er et møde i gang. Afslut det først.", "on")
            home_leaves(home=home, on=on, by=office.user, today=today)
            for series in Series.objects.for_home(home).filter(Q(ended_on=None) | Q(ended_on__gt=on)):
                _end(office, series, on)
        links = TeamHome.objects.filter(Q(to_day=None) | Q(to_day__gt=on), home=home)
        # A link that had not begun is deleted.
        links.filter(from_day__gt=on).delete()
        links.update(to_day=on)
        home.left_on = on
        home.full_clean()
        home.save(update_fields=["left_on"])
        log("home.leaves", home, on=str(on))
    return home


def _open_series(home: Home, team: Team) -> list[Series]:
    return list(Series.objects.for_home(home).filter(team=team, ended_on=None))


def _check_home(office: Office, home: Home) -> None:
    """An administrator's: the leader of a home does not choose its team."""
    if home.organisation_id not in office.system:
        raise LookupError("home")
    _check_here(home)


def _check_may_set_up(office: Office, home: Home) -> None:
    if not office.may_staff(home):
        raise LookupError("home")
    _check_here(home)


def _refuse_own(office: Office, team: Team, field: str) -> None:
    if Membership.objects.filter(user=office.user, team=team).exclude(to_day__lt=timezone.localdate()).exists():
        raise Denied("Du arbejder selv i teamet. Bed en anden administrator om at knytte det til botilbuddet.", field)


def _check_here(home: Home) -> None:
    if home.left_on is not None and home.left_on < timezone.localdate():
        raise Denied(f"Botilbuddet forlod samarbejdet {rules.full_day(home.left_on)}.")


def _check_days(facts: LinkFacts) -> None:
    if facts.to_day is not None and facts.to_day < facts.from_day:
        raise Denied("Slutdagen ligger før startdagen.", "to_day")
    if facts.from_day < rules.EARLIEST or facts.from_day > timezone.localdate() + timedelta(days=366):
        raise Denied("Startdagen skal ligge inden for det næste år. Er årstallet rigtigt?", "from_day")


def _check_overlap(home: Home, team: Team, facts: LinkFacts, own: int) -> None:
    others = TeamHome.objects.filter(home=home, team=team).exclude(pk=own)
    if any(rules.overlap((facts.from_day, facts.to_day), (other.from_day, other.to_day)) for other in others):
        raise Denied("Teamet er allerede knyttet til botilbuddet i den periode.", "from_day")


def _fill(link: TeamHome, facts: LinkFacts) -> None:
    link.weekdays, link.from_day, link.to_day = sorted(set(facts.weekdays)), facts.from_day, facts.to_day
    link.full_clean()
    link.save()


def _tell_home(office: Office, home: Home) -> None:
    with trail.change(home.scope, by=office.user.pk) as log:
        log("home.set_up", home)
