"""The screen on the wall: a link used once, on only while a meeting runs, and what it may show."""

import hashlib
import secrets
from datetime import datetime, timedelta

from accounts.access import Access
from audit import trail
from boards.live.stream import spotlight_scope
from core.errors import Denied
from meetings.models import Meeting, WallScreen
from meetings.services.agenda import meeting_of
from organisation.models import Home, Team
from organisation.services import once
from residents.selectors import visible_stays
from residents.sharing import Audience, AudienceKind
from residents.texts import COLUMNS

CODE_HOURS = 24
SHOW_SECONDS = 20
trail.register("wall.added", "lavede et link til en storskærm", personal=("name",))
trail.register("wall.opened", "tilsluttede storskærmen med linket")
trail.register("wall.revoked", "lukkede for storskærmen")
trail.register("wall.started", "begyndte at vise mødet på storskærmen")
trail.register("wall.stopped", "holdt op med at vise mødet på storskærmen")
trail.register("wall.blanked", "slukkede storskærmen")
trail.register("wall.lit", "tændte storskærmen igen")
trail.register("wall.showed", "viste en tekst på storskærmen i 20 sekunder")


def screens(home: Home) -> list[WallScreen]:
    """The home's screens that are not revoked, by name. One query."""
    in_use = WallScreen.objects.for_home(home).filter(revoked_at=None)
    return list(in_use.select_related("team", "created_by").order_by("name", "pk"))


def wall_in_use(meeting: Meeting) -> bool:
    """True when a connected screen shows this meeting. One query."""
    of_team = WallScreen.objects.for_home(meeting.home).filter(team=meeting.series.team_id, revoked_at=None)
    return of_team.filter(opened_at__isnull=False).exists()


def wall_add(*, access: Access, team: Team, name: str, key: str) -> tuple[WallScreen, str]:
    """A new screen and the code of its link, shown once. Raises Denied (not a leader, no name), Repeated."""
    if not access.is_leader:
        raise Denied("Det gør en leder.")
    if not any(letter.isalnum() for letter in name) or len(name.strip()) > 40:
        raise Denied("Skriv, hvor skærmen hænger, højst 40 tegn.", "name")
    code = secrets.token_urlsafe(24)
    with trail.change(access.home.scope, by=access.user.pk) as log:
        once(access.user, key, name, team.pk)
        screen = WallScreen(
            home=access.home,
            team=team,
            name=name.strip(),
            code_hash=_print(code),
            created_at=log.at,
            created_by=access.user,
        )
        screen.insert()
        log("wall.added", screen, name=name, team=team.pk)
    return screen, code


def wall_open(code: str, now: datetime) -> str | None:
    """Takes the link into use: the key the screen carries from now on; None for one used, revoked or a day old."""
    screen: WallScreen | None = (
        WallScreen.objects.system("a wall screen's link is opened")
        .filter(code_hash=_print(code), revoked_at=None, created_at__gt=now - timedelta(hours=CODE_HOURS))
        .select_related("home")
        .first()
    )
    if not code or screen is None:
        return None
    own = secrets.token_urlsafe(32)
    with trail.change(screen.home.scope, by=None) as log:
        unused = WallScreen.objects.for_home(screen.home).filter(pk=screen.pk, code_hash=_print(code), revoked_at=None)
        taken = unused.update(code_hash="", key_hash=_print(own), opened_at=now)
        log("wall.opened", screen)
    return own if taken else None


def wall_of(own: str) -> WallScreen | None:
    """The screen that carries the key, unless it was revoked or its home has left. One query."""
    if not own:
        return None
    known = WallScreen.objects.system("which wall screen asks").filter(key_hash=_print(own), revoked_at=None)
    screen: WallScreen | None = known.filter(home__left_on=None).select_related("home", "team").first()
    return screen


def wall_revoke(*, access: Access, pk: int) -> None:
    """The screen goes dark at its next question, within two seconds. Raises LookupError, Denied."""
    if not access.is_leader:
        raise Denied("Det gør en leder.")
    with trail.change(access.home.scope, by=access.user.pk) as log:
        screen = WallScreen.objects.for_home(access.home).filter(pk=pk).first()
        if screen is None:
            raise LookupError("screen")
        if screen.revoked_at is not None:
            raise Denied("Der er allerede lukket for skærmen.")
        _close(screen, log)


def walls_revoke() -> int:
    """Every screen there is goes dark, by the system's own hand (after a restore). Returns how many."""
    screens = WallScreen.objects.system("all wall screens go dark").filter(revoked_at=None).select_related("home")
    for screen in screens:
        with trail.change(screen.home.scope, by=None) as log:
            _close(screen, log)
    return len(screens)


def _close(screen: WallScreen, log: trail.Change) -> None:
    row = WallScreen.objects.for_home(screen.home).filter(pk=screen.pk)
    row.update(revoked_at=log.at, key_hash="", code_hash="")
    log("wall.revoked", screen)


def running_for(screen: WallScreen) -> Meeting | None:
    """The home's running meeting with the screen's team; only while there is one does the screen show anything."""
    running: Meeting | None = (
        Meeting.objects.for_home(screen.home)
        .filter(state=Meeting.State.RUNNING, series__team=screen.team_id)
        .select_related("spotlight", "series__team", "chair", "home")
        .first()
    )
    return running


def wall_note(screen: WallScreen, running: Meeting | None) -> None:
    """Writes down that the screen began or ceased to show a meeting; nothing while it goes on."""
    if screen.meeting_id == (running.pk if running else None):
        return
    with trail.change(f"wall:{screen.pk}", by=None) as log:
        if screen.meeting_id is not None:
            log("wall.stopped", screen, meeting=screen.meeting_id)
        if running is not None:
            log("wall.started", screen, meeting=running.pk)
        WallScreen.objects.for_home(screen.home).filter(pk=screen.pk).update(meeting=running)


def wall_blank(*, access: Access, number: int, blank: bool) -> None:
    """Anyone at the meeting may put the screens out; the chair lights them again. Raises LookupError, Denied."""
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _running(access, number)
        if not blank and meeting.chair_id != access.user.pk:
            raise Denied("Mødelederen tænder storskærmen igen.")
        meeting.wall_blank, meeting.wall_cell, meeting.wall_until = blank, "", None
        meeting.save(update_fields=["wall_blank", "wall_cell", "wall_until"])
        log("wall.blanked" if blank else "wall.lit", meeting)
        trail.touch(spotlight_scope(access.home))


def wall_show(*, access: Access, number: int, cell: str, now: datetime) -> None:
    """The chair shows one text of the resident in the spotlight for twenty seconds, one both sides share.

    Raises LookupError for a text that is not that resident's or not shared, Denied for anybody else.
    """
    with trail.change(access.home.scope, by=access.user.pk) as log:
        meeting = _running(access, number)
        if meeting.chair_id != access.user.pk:
            raise Denied("Det gør mødelederen.")
        stay, _, rest = cell.partition("-")
        if meeting.spotlight is None or stay != str(meeting.spotlight.stay_id or ""):
            raise LookupError("cell")
        together = Audience(AudienceKind.JOINT, meeting.series.team_id)
        visible = visible_stays(access.home, together, now.date(), only=int(stay))
        key, _, side = rest.rpartition("-")
        column = COLUMNS.get(key)
        if not visible or column is None or not column.wall or not visible[0].sight.covers(side, key):
            raise LookupError("cell")
        meeting.wall_cell, meeting.wall_until = cell, now + timedelta(seconds=SHOW_SECONDS)
        meeting.save(update_fields=["wall_cell", "wall_until"])
        log("wall.showed", meeting, cell=cell)
        trail.touch(spotlight_scope(access.home))


def _running(access: Access, number: int) -> Meeting:
    meeting = meeting_of(access, number)
    if meeting.state != Meeting.State.RUNNING:
        raise Denied("Mødet er ikke i gang.")
    return meeting


def _print(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
