"""Lays the demo world down through the same services people use, with its history dated relative to today."""

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from boards import services as board_services
from boards.models import Intervention, State, Told, Track
from botilbud.audit import trail
from botilbud.organisation.access import Access, enter
from botilbud.organisation.models import Home, Membership, Organisation, Role, Side, Team, TeamHome, User
from criteria import catalogue
from criteria.models import Criterion, CriterionVersion, Level
from meetings import services as meeting_services
from meetings.models import Attendance, Meeting, Series
from residents import services as resident_services
from residents.models import BasisKind, Situation, Stay

MAIL = "{}@demo.invalid"
WEEKS = 10


def world() -> dict[str, Any]:
    """The invented people and texts."""
    return tomllib.loads((Path(__file__).parent / "world.toml").read_text(encoding="utf-8"))


def cast() -> list[User]:
    """The people of the page 'Log ind som …', in the story's order."""
    order = [MAIL.format(person["key"]) for person in world()["person"] if person.get("cast")]
    found = {user.email: user for user in User.objects.filter(email__in=order)}
    return [found[mail] for mail in order if mail in found]


def is_laid() -> bool:
    """True when the world stands in the database."""
    return Home.objects.filter(slug="havtornen").exists()


def lay(today: date) -> bool:
    """Fills an empty database with the world. False, and nothing changed, when it is there already."""
    if is_laid():
        return False
    with transaction.atomic():
        _World(world(), today).lay()
    return True


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


class _World:
    def __init__(self, data: dict[str, Any], today: date) -> None:
        self.data = data
        self.today = today
        self.start = today - timedelta(weeks=WEEKS)
        self.people: dict[str, User] = {}
        self.homes: dict[str, Home] = {}
        self.teams: dict[str, Team] = {}

    def lay(self) -> None:
        self.region = Organisation.objects.create(name=self.data["region"])
        self.municipality = Organisation.objects.create(name=self.data["municipality"])
        catalogue.lay_down(self.region, self.start - timedelta(days=200))
        self._homes()
        self._people()
        for name in self.homes:
            self._residents(name)
        self._meetings()

    # --- homes, teams, people ---

    def _homes(self) -> None:
        for entry in self.data["team"]:
            self.teams[entry["name"]] = Team.objects.create(
                organisation=self.region,
                name=entry["name"],
                phone=entry["phone"],
                opens=time(8),
                closes=time(16),
                out_of_hours=entry["out_of_hours"],
            )
        for entry in self.data["home"]:
            home = Home.objects.create(
                organisation=self.municipality,
                name=entry["name"],
                slug=entry["name"].lower(),
                duty_phone=entry["phone"],
            )
            self.homes[entry["name"]] = home
            team = self.teams[entry["team"]]
            TeamHome.objects.create(
                team=team, home=home, weekdays=entry["team_days"], from_day=self.start - timedelta(days=365)
            )
            Series(home=home, team=team, weekday=entry["weekday"], time=time.fromisoformat(entry["time"])).insert()

    def _people(self) -> None:
        from_day = self.start - timedelta(days=300)
        for entry in self.data["person"]:
            user = User.objects.create_user(
                MAIL.format(entry["key"]), name=entry["name"], title=entry["title"], phone=entry.get("phone", "")
            )
            self.people[entry["key"]] = user
            member = Membership(user=user, role=entry.get("role", Role.STAFF), from_day=from_day)
            if "home" in entry:
                member.home = self.homes[entry["home"]]
            elif "team" in entry:
                member.team = self.teams[entry["team"]]
            else:
                member.organisation, member.role = self.region, entry["central"]
            if "days" in entry:
                member.from_day, member.to_day = self.today, self.today + timedelta(days=entry["days"])
            member.save()

    def _staff(self, home: str) -> list[User]:
        return [self.people[p["key"]] for p in self.data["person"] if p.get("home") == home and "days" not in p]

    def _crew(self, home: str) -> list[User]:
        team = next(h["team"] for h in self.data["home"] if h["name"] == home)
        return [self.people[p["key"]] for p in self.data["person"] if p.get("team") == team]

    def _team(self, home: str) -> Team:
        return self.teams[next(h["team"] for h in self.data["home"] if h["name"] == home)]

    # --- residents and their board ---

    def _residents(self, home: str) -> None:
        entries = self.data["resident"] if home == "Havtornen" else self._small(home)
        for entry in entries:
            self._resident(home, entry)

    def _small(self, home: str) -> list[dict[str, Any]]:
        """A handful of residents for a home that is not the story's."""
        small = self.data["small"]
        turn = list(self.homes).index(home)
        staff, crew = self._staff(home), self._crew(home)
        made = []
        for place, level in enumerate(small["levels"]):
            name = small["names"][(place + turn) % len(small["names"])]
            entry: dict[str, Any] = {
                "name": name,
                "flat": str(place + 1),
                "home_user": staff[place % len(staff)],
                "team_user": crew[place % len(crew)],
                "discussed": place,
                "goals": small["goals"][(place + turn) % len(small["goals"])],
                "goals_days": 20 + place,
            }
            if level:
                entry |= {
                    "level": level,
                    "criteria": [small["criteria"][place]],
                    "up": 5 + place,
                    "reason": small["reason"],
                    "status": small["status"][(place + turn) % len(small["status"])],
                    "status_days": place,
                    "do": [
                        {"track": "social", "what": small["social"], "user": staff[0], "day": 1 + place},
                        {"track": "psychiatric", "what": small["psychiatric"], "user": crew[place % len(crew)], "day": place},
                    ],
                }
            made.append(entry)
        return made

    def _resident(self, home_name: str, entry: dict[str, Any]) -> None:
        home = self.homes[home_name]
        ours = entry.get("home_user") or self.people[entry["home_contact"]]
        theirs = entry.get("team_user") or (self.people[entry["team_contact"]] if "team_contact" in entry else None)
        deputies = [user for user in self._staff(home_name) if user != ours]
        moved_in = self.start - timedelta(days=120)
        with trail.as_of(_at(self.start, 10)):
            stay = resident_services.stay_begin(
                home=home, name=entry["name"], flat=entry["flat"], from_day=moved_in, by=ours
            )
            resident_services.contact_set(
                stay=stay, side=Side.HOME, person=ours, deputy=deputies[0] if deputies else None, by=ours
            )
            if theirs and not entry.get("unlinked"):
                self._share(home_name, stay, entry, ours, theirs)
        if "situation" in entry:
            since = self.today - timedelta(days=entry["situation_days"])
            with trail.as_of(_at(since, 16)):
                resident_services.situation_change(stay=stay, situation=Situation(entry["situation"]), since=since, by=ours)
        if "discussed" in entry:
            day = self.today - timedelta(weeks=entry["discussed"])
            Stay.objects.for_home(home).filter(pk=stay.pk).update(last_discussed=day)
        access = enter(ours, home.slug)
        self._texts(access, stay, entry)
        if "level" in entry:
            self._level(access, stay, entry)
        for item in entry.get("do", []):
            self._intervention(home, stay, item)

    def _share(self, home: str, stay: Stay, entry: dict[str, Any], ours: User, theirs: User) -> None:
        resident_services.team_link(stay=stay, team=self._team(home), from_day=self.start, by=theirs)
        resident_services.contact_set(stay=stay, side=Side.TEAM, person=theirs, deputy=None, by=theirs)
        left = entry.get("consent_days", 200)
        for side, who, kind in ((Side.HOME, ours, BasisKind.SOCIAL), (Side.TEAM, theirs, BasisKind.CONSENT)):
            resident_services.basis_record(
                stay=stay,
                side=side,
                acting_side=side,
                kind=kind,
                covers="Mål, status, indsatser og aftaler om tryghed",
                given_by="beboeren",
                from_day=self.start,
                to_day=self.today + timedelta(days=left),
                by=who,
            )
        if entry.get("withdrawn"):
            with trail.as_of(_at(self.today - timedelta(days=2), 14)):
                resident_services.basis_withdraw(home=stay.home, stay_id=stay.pk, acting_side=Side.HOME, by=ours)

    def _texts(self, access: Access, stay: Stay, entry: dict[str, Any]) -> None:
        for column, side in (("goals", Side.JOINT), ("status", Side.HOME), ("safety", Side.JOINT)):
            text = entry.get(column)
            if not text:
                continue
            age = entry.get(f"{column}_days", 20)
            if column == "status" and age < 7:
                self._write(access, stay, column, side, "Som sidste uge.", age + 7, 0)
                self._write(access, stay, column, side, text, age, 1)
            else:
                self._write(access, stay, column, side, text, age, 0)

    def _write(self, access: Access, stay: Stay, column: str, side: Side, text: str, age: int, seen: int) -> None:
        day = self.today - timedelta(days=age)
        with trail.as_of(_at(day, 7, 50)):
            board_services.cell_write(
                access=access, stay_id=stay.pk, column_key=column, side=side, text=text, seen=seen, key="", today=day
            )

    def _level(self, access: Access, stay: Stay, entry: dict[str, Any]) -> None:
        up = self.today - timedelta(days=entry["up"])
        versions = [self._version(key) for key in entry["criteria"]]
        with trail.as_of(_at(up, 11)):
            episode = board_services.level_set(
                access=access,
                stay_id=stay.pk,
                level=Level(entry["level"]),
                criteria=[version.pk for version in versions],
                other=entry.get("other", ""),
                reason=entry["reason"],
                told=Told.YES,
                review_by=None,
                seen=0,
                first=None,
                key="",
                today=up,
            )
        if "off" in entry:
            off = self.today - timedelta(days=entry["off"])
            with trail.as_of(_at(off, 10)):
                board_services.level_close(
                    access=access,
                    stay_id=stay.pk,
                    reason="Tegnene er væk to møder i træk.",
                    told=Told.YES,
                    crisis_plan_seen=True,
                    follow_on=access.user,
                    seen=episode.version,
                    key="",
                    today=off,
                )
        elif "review" in entry:
            episode.review_by = self.today + timedelta(days=entry["review"])
            episode.save(update_fields=["review_by"])
        else:
            episode.review_by = self.today + timedelta(days=3)
            episode.save(update_fields=["review_by"])

    def _version(self, key: str) -> CriterionVersion:
        criterion = Criterion.objects.get(organisation=self.region, key=key, home=None)
        return CriterionVersion.objects.get(criterion=criterion, to_day=None)

    def _intervention(self, home: Home, stay: Stay, item: dict[str, Any]) -> None:
        owner = item.get("user") or (self.people[item["owner"]] if "owner" in item else None)
        day = self.today + timedelta(days=item["day"]) if "day" in item else None
        agreed = self.today - timedelta(days=5)
        first_day = day
        if day and (item.get("moves") or day < self.today):
            first_day = max(agreed, min(day, self.today) - timedelta(days=2))
        access = enter(self._author(home, item, owner), home.slug)
        with trail.as_of(_at(agreed, 10, 15)):
            row = board_services.intervention_add(
                access=access,
                stay_id=stay.pk,
                plan=board_services.Plan(
                    what=item["what"],
                    track=item["track"],
                    owner=owner,
                    due_on=first_day,
                    due_time=time.fromisoformat(item["time"]) if "time" in item else None,
                    daily=item.get("daily", False),
                    with_whom=item.get("with", ""),
                    joint=item.get("joint", False),
                ),
                key="",
                today=agreed,
            )
        if day and first_day != day:
            # Moved so many times, ending on its day; the count is what the board shows.
            Intervention.objects.for_home(home).filter(pk=row.pk).update(due_on=day, moves=item.get("moves", 0))
            row.refresh_from_db(from_queryset=Intervention.objects.for_home(home))
        if item.get("done"):
            with trail.as_of(_at(self.today - timedelta(days=1), 14)):
                board_services.intervention_settle(
                    access=access, pk=row.pk, state=State.DONE, why="", seen=row.version, today=self.today - timedelta(days=1)
                )

    def _author(self, home: Home, item: dict[str, Any], owner: User | None) -> User:
        """Somebody from the side whose lane it is."""
        if item["track"] == Track.PSYCHIATRIC:
            return owner or self._crew(home.name)[0]
        own = self._staff(home.name)
        return owner if owner in own and owner else own[0]

    # --- ten weeks of meetings ---

    def _meetings(self) -> None:
        for home in self.homes.values():
            series = Series.objects.for_home(home).select_related("home", "team").get()
            staff, crew = self._staff(home.name), self._crew(home.name)
            held = self.start
            for turn in range(WEEKS + 1):
                chair = [*staff, *crew][turn % (len(staff) + len(crew))]
                with trail.as_of(_at(held, 12)):
                    meeting = meeting_services.meeting_plan(series=series, after=held, by=staff[0])
                if meeting.date >= self.today:
                    break
                self._hold(home, meeting, chair, staff, crew, turn)
                held = meeting.date

    def _hold(
        self, home: Home, meeting: Meeting, chair: User, staff: list[User], crew: list[User], turn: int
    ) -> None:
        """A meeting as it was held, entered with its true times."""
        begin = timezone.make_aware(datetime.combine(meeting.date, meeting.time))
        Meeting.objects.for_home(home).filter(pk=meeting.pk).update(
            state=Meeting.State.RUNNING, chair=chair, referent=staff[0], started_at=begin
        )
        absent = turn % 5 == 4
        for user in [*staff, *crew]:
            away = absent and user == crew[0]
            Attendance(
                meeting=meeting,
                user=user,
                name=user.name,
                side=Side.HOME if user in staff else Side.TEAM,
                present=not away,
                online=user.title == "psykiater" and not away,
            ).insert()
        meeting.refresh_from_db(from_queryset=Meeting.objects.for_home(home))
        with trail.as_of(begin + timedelta(minutes=55)):
            meeting_services.meeting_entered(meeting=meeting, by=chair, today=meeting.date)



def drop_everything() -> None:
    """Drops every table, audit and all: for --reset-demo. Refuses a database that does not hold the demo world."""
    tables = connection.introspection.table_names()
    if "organisation_home" in tables and Home.objects.exists() and not is_laid():
        raise CommandError("Databasen rummer andet end prøveverdenen. Den tømmes ikke.")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)}")
            cursor.execute("PRAGMA foreign_keys = ON")
