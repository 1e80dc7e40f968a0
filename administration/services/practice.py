"""'Øvebotilbud': a home where everything is invented, laid through the services people use."""

import tomllib
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from accounts.access import Access
from accounts.offices import Office
from administration.services.units import HomeFacts, home_create
from audit import trail
from boards import services as board_services
from boards.models import Told
from core.errors import Denied
from criteria import selectors as criteria_selectors
from criteria.models import CriterionVersion, Level
from meetings.models import Series
from meetings.services import meeting_plan
from organisation.models import Home, Role, Side, Team, TeamHome
from residents import services as resident_services
from residents.models import BasisKind, Giver, Stay

trail.register("practice.created", "oprettede et øvebotilbud")
_PATH = Path(__file__).parent.parent / "practice.toml"


def practice_home_of(team: Team) -> Home | None:
    """The team's øvebotilbud, if it has one."""
    return Home.objects.filter(practice=True, left_on=None, teamhome__team=team).order_by("pk").first()


def practice_create(*, office: Office, team: Team, today: date) -> Home:
    """Creates the team's øvebotilbud with six invented residents, or returns the one it already has.

    Raises LookupError (not their team), Denied (a region without criteria).
    """
    if team.organisation_id not in office.system:
        raise LookupError("team")
    organisation = team.organisation
    with trail.change(organisation.scope, by=office.user.pk) as log:
        standing = practice_home_of(team)
        if standing is not None:
            log("practice.created", standing, again=True)
            return standing
        name = f"Øvebotilbud {team.name}"
        facts = HomeFacts(name[:60], "", "Vagthavende", "")
        home = home_create(office=office, organisation=organisation, facts=facts, key="", practice=True)
        TeamHome(team=team, home=home, weekdays=[today.weekday()], from_day=today).save(force_insert=True)
        log("practice.created", home, team=team.pk)
        _fill(office, home, team, today)
        series = Series(home=home, team=team, weekday=today.weekday(), time=time(10, 0))
        series.insert()
        meeting_plan(series=series, after=today - timedelta(days=1), by=office.user)
    return home


def _fill(office: Office, home: Home, team: Team, today: date) -> None:
    region = team.organisation_id
    offered = {v.criterion.key: v for v in criteria_selectors.offered(home, region, today)}
    if not offered:
        raise Denied("Regionen har ingen kriterier i brug. Tag først et i brug.")
    ours = Access(office.user, home, Side.HOME, Role.STAFF, None)
    theirs = Access(office.user, home, Side.TEAM, Role.STAFF, team)
    for flat, entry in enumerate(tomllib.loads(_PATH.read_text(encoding="utf-8"))["resident"], start=1):
        stay = resident_services.stay_begin(
            home=home, name=entry["name"], flat=str(flat), from_day=today, by=office.user
        )
        resident_services.team_link(stay=stay, team=team, from_day=today, by=office.user)
        _share(office, stay, entry.get("shares", ["home", "team"]), today)
        _texts(ours, theirs, stay, entry, today)
        if "level" in entry:
            chosen = offered.get(entry["criterion"]) or next(v for v in offered.values() if not v.criterion.needs_text)
            _raise(ours, stay, entry, chosen, today)
        for item in entry.get("do", []):
            _agree(ours if item["track"] == "social" else theirs, stay, item, today)


def _share(office: Office, stay: Stay, sides: list[str], today: date) -> None:
    kinds = {Side.HOME: BasisKind.SOCIAL, Side.TEAM: BasisKind.CONSENT}
    for side in (Side.HOME, Side.TEAM):
        if side in sides:
            resident_services.basis_record(
                stay=stay,
                side=side,
                acting_side=side,
                new=resident_services.NewBasis(
                    kind=kinds[side],
                    covers="Alt på tavlen (opdigtet)",
                    given_by=Giver.RESIDENT,
                    from_day=today,
                    to_day=today + timedelta(days=365),
                ),
                by=office.user,
            )


def _texts(ours: Access, theirs: Access, stay: Stay, entry: dict[str, Any], today: date) -> None:
    for column, side, access, text in (
        ("goals", Side.JOINT, ours, entry.get("goals", "")),
        ("status", Side.HOME, ours, entry.get("status", "")),
        ("status", Side.TEAM, theirs, entry.get("team_status", "")),
        ("safety", Side.JOINT, ours, entry.get("safety", "")),
    ):
        if text:
            board_services.cell_write(
                access=access,
                where=board_services.CellKey(stay.pk, column, side),
                text=text,
                seen=0,
                key="",
                today=today,
            )


def _raise(ours: Access, stay: Stay, entry: dict[str, Any], chosen: CriterionVersion, today: date) -> None:
    board_services.level_change(
        access=ours,
        stay_id=stay.pk,
        new=board_services.NewLevel(
            level=Level(entry["level"]), criteria=[chosen.pk], reason=entry["reason"], told=Told.YES
        ),
        seen=0,
        key="",
        today=today,
    )


def _agree(access: Access, stay: Stay, item: dict[str, Any], today: date) -> None:
    plan = board_services.Plan(
        what=item["what"],
        track=item["track"],
        due_on=today + timedelta(days=item["day"]) if "day" in item else None,
        daily=item.get("daily", False),
    )
    board_services.intervention_add(access=access, stay_id=stay.pk, plan=plan, key="", today=today)
