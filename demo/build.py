"""Lays the demo world down through the same services people use, with its history dated relative to today."""

import tomllib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.access import Access, enter
from audit import trail
from boards import services as board_services
from boards.models import Episode, Intervention, State, Told, Track
from core import weeks
from criteria import catalogue
from criteria.models import Criterion, CriterionVersion, Level
from meetings import rules as meeting_rules
from meetings import services as meeting_services
from meetings.models import Attendance, Meeting, Series
from organisation.models import Home, Membership, Organisation, Role, Side, Team, TeamHome, User
from privacy import rules as privacy_rules
from privacy import samples
from residents import services as resident_services
from residents.models import BasisKind, Giver, Situation, Stay
from residents.selectors import visible_stays
from residents.sharing import audience_of

MAIL = "{}@demo.invalid"
WEEKS = 10


def world() -> dict[str, Any]:
    """The invented people and texts."""
    return tomllib.loads((Path(__file__).parent / "world.toml").read_text(encoding="utf-8"))


def cast() -> list[User]:
    """The people of the page 'Log ind som …', in the story's order."""
    order = [MAIL.format(person["key"]) for person in world()["person"] if person.get("cast")]
    by_mail = {user.email: user for user in User.objects.filter(email__in=order)}
    return [by_mail[mail] for mail in order if mail in by_mail]


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


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


class _World:
    """Everything that happened is put in a list first and then done in the order of its days, so that each meeting
    and its minutes see the board as it stood then."""

    def __init__(self, data: dict[str, Any], today: date) -> None:
        self.data = data
        self.today = today
        self.start = today - timedelta(weeks=WEEKS)
        self.people: dict[str, User] = {}
        self.homes: dict[str, Home] = {}
        self.teams: dict[str, Team] = {}
        self.events: list[tuple[datetime, int, Callable[[], Any]]] = []

    def lay(self) -> None:
        self.region = Organisation.objects.create(name=self.data["region"])
        self.municipality = Organisation.objects.create(name=self.data["municipality"], region=self.region)
        catalogue.lay_down(self.region, self.start - timedelta(days=200))
        self._homes()
        self._people()
        for name in self.homes:
            for entry in self.data["resident"] if name == "Havtornen" else self._small(name):
                self._resident(name, entry)
            self._meetings(name)
        for moment, _, act in sorted(self.events, key=lambda event: event[:2]):
            with trail.as_of(moment):
                act()
        self._looks("Havtornen")
        samples.daily(_at(self.today, 0, 5))

    def _then(self, day: date, hour: int, minute: int, act: Callable[[], Any]) -> None:
        self.events.append((_at(day, hour, minute), len(self.events), act))

    def _looks(self, name: str) -> None:
        """The board as people opened it on working days since last week began, for its samples and 'Hvem har set'."""
        home = self.homes[name]
        since = privacy_rules.week_before(self.today)
        days = [since + timedelta(days=count) for count in range((self.today - since).days)]
        working = [day for day in days if weeks.is_working_day(day)]
        for place, user in enumerate([*self._staff(name), *self._crew(name)]):
            visible = visible_stays(home, audience_of(enter(user, home.slug)), self.today)
            stays = [stay.id for stay in visible if stay.sight.shared]
            for day in working:
                with trail.as_of(_at(day, 8 + place % 3)):
                    trail.record_read(home.scope, viewer=user.pk, screen="tavle", stays=stays)
            with trail.as_of(_at(working[0], 14)):
                trail.record_read(
                    home.scope, viewer=user.pk, screen="beboerens-forloeb", stays=stays[place : place + 1]
                )

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
                member.organisation, member.role = self._organisation(entry), entry["central"]
            if "days" in entry:
                member.from_day, member.to_day = self.today, self.today + timedelta(days=entry["days"])
            member.save()
            unit = member.home or member.team
            user.organisation = unit.organisation if unit else member.organisation
            user.save(update_fields=["organisation"])
            for more in entry.get("also", []):
                Membership(
                    user=user, role=more["central"], organisation=self._organisation(more), from_day=from_day
                ).save()

    def _organisation(self, entry: dict[str, Any]) -> Organisation:
        """The organisation of a central role: the region, where the municipality is not named."""
        return self.municipality if entry.get("of") == "municipality" else self.region

    def _staff(self, home: str) -> list[User]:
        return [self.people[p["key"]] for p in self.data["person"] if p.get("home") == home and "days" not in p]

    def _team(self, home: str) -> Team:
        return self.teams[next(h["team"] for h in self.data["home"] if h["name"] == home)]

    def _crew(self, home: str) -> list[User]:
        team = self._team(home).name
        return [self.people[p["key"]] for p in self.data["person"] if p.get("team") == team]

    def _small(self, home: str) -> list[dict[str, Any]]:
        """A handful of residents for a home that is not the story's."""
        small = self.data["small"]
        turn = list(self.homes).index(home)
        staff, crew = self._staff(home), self._crew(home)
        made = []
        for place, level in enumerate(small["levels"]):
            entry: dict[str, Any] = {
                "name": small["names"][(place + turn) % len(small["names"])],
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
                        {
                            "track": "psychiatric",
                            "what": small["psychiatric"],
                            "user": crew[place % len(crew)],
                            "day": place,
                        },
                    ],
                }
            made.append(entry)
        return made

    # --- a resident: stay, sharing, texts, level, interventions ---

    def _resident(self, home_name: str, entry: dict[str, Any]) -> None:
        home = self.homes[home_name]
        ours = entry.get("home_user") or self.people[entry["home_contact"]]
        theirs = entry.get("team_user") or (self.people[entry["team_contact"]] if "team_contact" in entry else None)
        deputies = [user for user in self._staff(home_name) if user != ours]
        with trail.as_of(_at(self.start, 7)):
            stay = resident_services.stay_begin(
                home=home, name=entry["name"], flat=entry["flat"], from_day=self.start - timedelta(days=120), by=ours
            )
            resident_services.contact_set(
                stay=stay, side=Side.HOME, person=ours, deputy=deputies[0] if deputies else None, by=ours
            )
            if theirs and not entry.get("unlinked"):
                self._share(home_name, stay, entry, ours, theirs)
        if "situation" in entry:
            since = self.today - timedelta(days=entry["situation_days"])
            change = partial(resident_services.situation_change, stay=stay, since=since, by=ours)
            self._then(since, 16, 0, partial(change, situation=Situation(entry["situation"])))
        if "discussed" in entry:
            day = max(self.start, self.today - timedelta(weeks=entry["discussed"]))
            Stay.objects.for_home(home).filter(pk=stay.pk).update(last_discussed=day)
        self._texts(ours, stay, entry)
        if "level" in entry:
            self._level(ours, stay, entry)
        elif not entry.get("unlinked"):
            self._past(home, stay, ours)
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
                new=resident_services.NewBasis(
                    kind=kind,
                    covers="Mål, status, indsatser og aftaler om tryghed",
                    given_by=Giver.RESIDENT,
                    from_day=self.start,
                    to_day=self.today + timedelta(days=left),
                ),
                by=who,
            )
        if entry.get("withdrawn"):
            withdraw = partial(
                resident_services.basis_withdraw, home=stay.home, stay_id=stay.pk, acting_side=Side.HOME, by=ours
            )
            self._then(self.today - timedelta(days=2), 14, 0, withdraw)

    def _texts(self, by: User, stay: Stay, entry: dict[str, Any]) -> None:
        for column, side in (("goals", Side.JOINT), ("status", Side.HOME), ("safety", Side.JOINT)):
            text = entry.get(column)
            if not text:
                continue
            age = entry.get(f"{column}_days", 20)
            earlier = column == "status" and age < 7
            if earlier:
                self._write(by, stay, column, side, "Som sidste uge.", age + 7, 0)
            self._write(by, stay, column, side, text, age, 1 if earlier else 0)

    def _write(self, by: User, stay: Stay, column: str, side: Side, text: str, age: int, seen: int) -> None:
        day = self.today - timedelta(days=age)
        write = partial(
            board_services.cell_write,
            access=enter(by, stay.home.slug),
            where=board_services.CellKey(stay.pk, column, side),
            text=text,
            seen=seen,
            key="",
            today=day,
        )
        self._then(day, 7, 50, write)

    def _level(self, by: User, stay: Stay, entry: dict[str, Any]) -> None:
        up = self.today - timedelta(days=entry["up"])
        review = self.today + timedelta(days=entry.get("review", 3))

        def go_up() -> None:
            level, other = Level(entry["level"]), entry.get("other", "")
            episode = self._raise(by, stay, level, entry["criteria"], other, entry["reason"], up)
            if "off" not in entry:
                # Reviewed since; what the board shows is the last review's day.
                episode.review_by = review
                episode.save(update_fields=["review_by"])

        self._then(up, 11, 0, go_up)
        if "off" in entry:
            off = self.today - timedelta(days=entry["off"])
            self._then(off, 10, 0, lambda: self._lower(by, stay, off))

    def _raise(
        self, by: User, stay: Stay, level: Level, criteria: list[str], other: str, reason: str, day: date
    ) -> Episode:
        return board_services.level_change(
            access=enter(by, stay.home.slug),
            stay_id=stay.pk,
            new=board_services.NewLevel(
                level=level,
                criteria=[self._version(key).pk for key in criteria],
                other=other,
                reason=reason,
                told=Told.YES,
            ),
            seen=0,
            key="",
            today=day,
        )

    def _lower(self, by: User, stay: Stay, day: date) -> None:
        episode = Episode.objects.for_home(stay.home).get(stay=stay, closed_on=None)
        board_services.level_close(
            access=enter(by, stay.home.slug),
            stay_id=stay.pk,
            off=board_services.OffBoard(
                reason="Tegnene er væk to møder i træk.", told=Told.YES, crisis_plan_seen=True, follow_on=by
            ),
            seen=episode.version,
            key="",
            today=day,
        )

    def _version(self, key: str) -> CriterionVersion:
        criterion = Criterion.objects.get(organisation=self.region, key=key, home=None)
        return CriterionVersion.objects.get(criterion=criterion)

    def _past(self, home: Home, stay: Stay, ours: User) -> None:
        """Some who are not on the board now were, weeks ago, and came off; all had an agreement that was settled."""
        if stay.pk % 3 == 0:
            up = self.today - timedelta(weeks=9)
            off, after = up + timedelta(weeks=3), up + timedelta(weeks=5)
            raise_ = partial(self._raise, ours, stay, Level.SUBAKUT, ["tidlige-tegn"], "", "Sover dårligt.", up)
            self._then(up, 11, 0, raise_)
            self._kept(home, stay, ours, "Kigger ind hver aften", up + timedelta(days=1), State.DONE)
            self._then(off, 10, 0, lambda: self._lower(ours, stay, off))
            follow = partial(board_services.level_followed_up, stay_id=stay.pk, today=after)
            self._then(after, 15, 0, lambda: follow(access=enter(ours, home.slug)))
        agreed = self.start + timedelta(days=7 * (stay.pk % 8) + 3)
        self._kept(home, stay, ours, "Følges til tandlægen", agreed, State.DONE if stay.pk % 4 else State.NOT_DONE)

    def _kept(self, home: Home, stay: Stay, by: User, what: str, agreed: date, state: State) -> None:
        """An intervention of the past, agreed, and settled six days later."""
        made: dict[str, int] = {}
        access, due = enter(by, home.slug), agreed + timedelta(days=6)

        def agree() -> None:
            plan = board_services.Plan(what=what, track=Track.SOCIAL, owner=by, due_on=due)
            row = board_services.intervention_add(access=access, stay_id=stay.pk, plan=plan, key="", today=agreed)
            made["pk"] = row.pk

        def settle() -> None:
            why = "" if state == State.DONE else "Tiden blev aflyst"
            board_services.intervention_settle(access=access, pk=made["pk"], state=state, why=why, seen=1, today=due)

        self._then(agreed, 12, 0, agree)
        self._then(due, 14, 30, settle)

    def _intervention(self, home: Home, stay: Stay, item: dict[str, Any]) -> None:
        owner = item.get("user") or (self.people[item["owner"]] if "owner" in item else None)
        day = self.today + timedelta(days=item["day"]) if "day" in item else None
        moves = item.get("moves", 0)
        days = [day - timedelta(days=7 * left) for left in range(moves, -1, -1)] if day else [None]
        # Agreed at the last meeting, or the one as many weeks before as it was moved; and never after its first day.
        agreed = self._last_meeting(home.name) - timedelta(days=7 * moves)
        agreed = min(agreed, days[0] or agreed)
        access = enter(self._author(home, item, owner), home.slug)
        made: dict[str, Intervention] = {}

        def agree() -> None:
            made["row"] = board_services.intervention_add(
                access=access,
                stay_id=stay.pk,
                plan=board_services.Plan(
                    what=item["what"],
                    track=item["track"],
                    owner=owner,
                    due_on=days[0],
                    due_time=time.fromisoformat(item["time"]) if "time" in item else None,
                    daily=item.get("daily", False),
                    with_whom=item.get("with", ""),
                    joint=item.get("joint", False),
                ),
                key="",
                today=agreed,
            )

        def move(to_day: date, on: date) -> None:
            made["row"] = board_services.intervention_move(
                access=access, pk=made["row"].pk, to_day=to_day, seen=made["row"].version, today=on
            )

        begin = self._meeting_time(home.name)
        self._then(agreed, begin.hour, begin.minute + 15, agree)
        for count, to_day in enumerate(days[1:], start=1):
            if to_day:
                on = agreed + timedelta(days=7 * count)
                self._then(on, 9, 0, partial(move, to_day, min(on, to_day)))
        if item.get("done") and day:
            self._then(day, 14, 0, lambda: self._tick(access, made["row"], day))

    def _last_meeting(self, home: str) -> date:
        """The home's meeting day before today, as the series has it."""
        weekday = next(entry["weekday"] for entry in self.data["home"] if entry["name"] == home)
        return self.today - timedelta(days=(self.today.weekday() - weekday - 1) % 7 + 1)

    def _meeting_time(self, home: str) -> time:
        return time.fromisoformat(next(entry["time"] for entry in self.data["home"] if entry["name"] == home))

    def _tick(self, access: Access, row: Intervention, day: date) -> None:
        board_services.intervention_settle(
            access=access, pk=row.pk, state=State.DONE, why="", seen=row.version, today=day
        )

    def _author(self, home: Home, item: dict[str, Any], owner: User | None) -> User:
        """Somebody from the side whose lane it is."""
        if item["track"] == Track.PSYCHIATRIC:
            return owner or self._crew(home.name)[0]
        own = self._staff(home.name)
        return owner if owner in own and owner else own[0]

    # --- ten weeks of meetings ---

    def _meetings(self, name: str) -> None:
        home = self.homes[name]
        series = Series.objects.for_home(home).select_related("home", "team").get()
        staff, crew = self._staff(name), self._crew(name)
        with trail.as_of(_at(self.start, 12)):
            meeting_services.meeting_plan(series=series, after=self.start, by=staff[0])
        day, turn = meeting_rules.next_date(series.weekday, self.start, series.holiday_rule), 0
        while day < self.today:
            chair = [*staff, *crew][turn % (len(staff) + len(crew))]
            ends = datetime.combine(day, series.time) + timedelta(minutes=55)
            self._then(day, ends.hour, ends.minute, partial(self._hold, home, day, chair, staff, crew, turn))
            day, turn = meeting_rules.next_date(series.weekday, day, series.holiday_rule), turn + 1

    def _hold(self, home: Home, day: date, chair: User, staff: list[User], crew: list[User], turn: int) -> None:
        """A meeting as it was held, entered with its true times."""
        meetings = Meeting.objects.for_home(home)
        meeting = meetings.select_related("home", "chair", "referent", "series__team", "series__home").get(date=day)
        begin = timezone.make_aware(datetime.combine(day, meeting.time))
        meetings.filter(pk=meeting.pk).update(
            state=Meeting.State.RUNNING, chair=chair, referent=staff[0], started_at=begin
        )
        for user in [*staff, *crew]:
            away = turn % 5 == 4 and user == crew[0]
            Attendance(
                meeting=meeting,
                user=user,
                name=user.name,
                side=Side.HOME if user in staff else Side.TEAM,
                present=not away,
                online=user.title == "psykiater" and not away,
            ).insert()
        meeting = meetings.select_related("home", "chair", "referent", "series__team", "series__home").get(date=day)
        meeting_services.meeting_entered(meeting=meeting, by=chair, today=day)
        meeting_services.meeting_plan(series=meeting.series, after=day, by=chair)
