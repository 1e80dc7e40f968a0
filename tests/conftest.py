"""The named cast all tests share. A stranger is always among them."""

import copy
import gc
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import time_machine
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts.access import Access, enter
from boards import services as board_services
from boards.live import snapshots
from boards.models import Told
from core.seen import mark_of
from criteria import catalogue
from criteria.models import CriterionVersion, Level
from meetings import services as meeting_services
from meetings.models import Meeting, Series
from organisation.models import Home, Membership, Organisation, Role, Side, Team, TeamHome, User
from residents import services as resident_services
from residents.models import BasisKind, Giver, Stay
from residents.sharing import Audience, AudienceKind, sight
from residents.texts import covered, everything
from tests.page import Reader, read
from tests.rooms import ROOMS
from tests.worlds import AT, Worlds, drop_all

TESTS = Path(__file__).parent


def seen_of(meeting: Meeting) -> str:
    """What a person who opens the page to move or cancel the meeting has seen of it."""
    return mark_of(meeting_services.as_planned(meeting))


# A Tuesday, an ordinary working day with one before and after it.
NOW = datetime(2026, 11, 17, 9, 30)
TODAY = NOW.date()
# What each side can share.
ALL_OF = {side: covered(side, BasisKind.CONSENT, everything(side)) for side in (Side.HOME, Side.TEAM)}
T = TypeVar("T")


def required(value: T | None) -> T:
    """The value, where a test says nothing without it."""
    assert value is not None
    return value


EVERY_PART = required(sight(Audience(AudienceKind.JOINT, 1), teams=[1], given=ALL_OF))


# The moment the whole run is at, where one is asked for.
RUN_AT = time_machine.travel(datetime.fromisoformat(AT), tick=True) if AT else None


def pytest_configure() -> None:
    """The whole run at another moment, where one is asked for; and garbage is collected more seldom."""
    gc.set_threshold(20_000, 20, 50)
    if RUN_AT:
        RUN_AT.start()


@contextmanager
def machine_clock() -> Iterator[None]:
    """Back at the machine's own time for a while."""
    if RUN_AT:
        RUN_AT.stop()
    try:
        yield
    finally:
        if RUN_AT:
            RUN_AT.start()


def pytest_addoption(parser: Any) -> None:
    """`--long` runs the fault tests (tests/faults) at their full size."""
    parser.addoption("--long", action="store_true", help="fejlprøverne i fuld størrelse")


# Tests with servers, browsers or a world of their own file: a lane of their own, a file at a time (tools/bootstrap.py).
# What takes long begins first, so that no worker is left alone with it in the end.
BY_FILE = (
    "browser/test_week.py", "browser/test_xss.py", "browser/test_screens.py", "production/test_site.py",
    "browser/test_story.py", "operations/", "faults/", "browser/", "demo/", "test_commands.py", "test_bench.py",
    "fuzz/", "production/", "accounts/test_own_provider.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which lane each test belongs to, and puts the slow files first."""

    def place(item: pytest.Item) -> int:
        path = str(item.path.relative_to(TESTS))
        return next((number for number, start in enumerate(BY_FILE) if path.startswith(start)), len(BY_FILE))

    for item in items:
        if place(item) < len(BY_FILE):
            item.add_marker(pytest.mark.by_file)
    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What stands until the end is not gone through for garbage: a tenth of the time of the tests in the process."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Hands the figures to ./test, which gives one verdict over all lanes; says what tests counted."""
    passed = terminalreporter.stats.get("passed", [])
    sums: dict[str, Counter[str]] = {}
    for report in passed:
        for name, said in report.user_properties:
            if name == "counts":
                terminalreporter.write_line(said)
            elif name == "sum":
                sums.setdefault(said[0], Counter()).update(said[1])
    for title, counted in sorted(sums.items()):
        listed = ", ".join(f"{count} × {what}" for what, count in sorted(counted.items()))
        terminalreporter.write_line(f"{title}: {counted.total()} ({listed})")
    if path := os.environ.get("TEST_COUNTS"):
        stats = terminalreporter.stats
        failed = len(stats.get("failed", [])) + len(stats.get("error", []))
        seconds: defaultdict[str, float] = defaultdict(float)
        for report in (one for kind in ("passed", "failed", "error", "skipped", "") for one in stats.get(kind, [])):
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] += report.duration
        counts = {
            "passed": len(passed),
            "failed": failed,
            "skipped": len(stats.get("skipped", [])),
            "slowest": sorted(seconds.items(), key=lambda one: one[1], reverse=True)[:20],
        }
        Path(path).write_text(json.dumps(counts))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What the workers shared goes with the run."""
    if not hasattr(session.config, "workerinput"):
        drop_all()


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """The demo worlds of the run, shared by its workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return Worlds(shared, os.environ.get("DATABASE_URL", ""))


@pytest.fixture(autouse=True)
def _fresh_board_memory() -> Iterator[None]:
    """Databases come and go between tests; what a process remembers of boards must go with them."""
    snapshots.forget()
    yield
    snapshots.forget()


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller]:
    """Stands still at NOW in Danish time, until a test moves it."""
    with time_machine.travel(timezone.make_aware(NOW), tick=False) as traveller:
        yield traveller


def employed_where_they_work() -> None:
    """Says of everybody laid without an employer that it is where their first role is."""
    for member in Membership.objects.filter(user__organisation=None).order_by("-from_day", "-pk"):
        unit = member.home or member.team
        organisation = unit.organisation if unit else member.organisation
        User.objects.filter(pk=member.user_id).update(organisation=organisation)


def text_in(answer: Any) -> str:
    """The text of an answer, which must be 200."""
    assert answer.status_code == 200, (answer.request["PATH_INFO"], answer.status_code)
    return str(read(answer.content.decode()))


@dataclass
class Cast:
    """Havtornen with Team Nord, Sandkrogen with Team Fjord, and their people."""

    home: Home
    other_home: Home
    team: Team
    other_team: Team
    mette: User
    jonas: User
    lis: User
    amina: User
    soeren: User
    stranger: User
    other_nurse: User
    karla: User
    gone: User
    rune: Stay
    tove: Stay
    aksel: Stay
    vibeke: Stay
    elsewhere: Stay

    def access(self, user: User) -> Access:
        return enter(user, self.home.slug)

    def client(self, user: User | None) -> Client:
        client = Reader()
        if user is not None:
            client.force_login(user, backend="accounts.sessions.Backend")
        return client

    def criterion(self, key: str = "akut-krise") -> CriterionVersion:
        return CriterionVersion.objects.get(criterion__key=key, criterion__home=None, number=1)

    def put_on_board(self, stay: Stay, level: Level = Level.SUBAKUT, key: str = "tidlige-tegn", **kwargs: Any) -> Any:
        values: dict[str, Any] = {
            "access": self.access(self.mette),
            "stay_id": stay.pk,
            "level": level,
            "criteria": [self.criterion(key).pk],
            "reason": "Sover næsten ikke.",
            "told": Told.YES,
            "seen": 0,
            "key": "",
            "today": TODAY,
            **kwargs,
        }
        asked = {name: values.pop(name) for name in ("access", "stay_id", "seen", "key", "today")}
        return board_services.level_change(**asked, new=board_services.NewLevel(**values))

    def write(self, text: str, *, by: User | None = None, stay: Stay | None = None, **kwargs: Any) -> Any:
        column, side = kwargs.pop("column_key", "status"), kwargs.pop("side", Side.HOME)
        values: dict[str, Any] = {
            "access": self.access(by or self.mette),
            "where": board_services.CellKey((stay or self.rune).pk, column, side),
            "text": text,
            "seen": 0,
            "key": "",
            "today": TODAY,
        }
        return board_services.cell_write(**{**values, **kwargs})

    def agree(self, what: str = "Går en tur", *, by: User | None = None, stay: Stay | None = None, **plan: Any) -> Any:
        return board_services.intervention_add(
            access=self.access(by or self.mette),
            stay_id=(stay or self.rune).pk,
            plan=board_services.Plan(**{"what": what, "track": "social", **plan}),
            key="",
            today=TODAY,
        )

    def meeting(self) -> Meeting:
        series = Series.objects.for_home(self.home).select_related("home", "team").get()
        return required(meeting_services.meeting_plan(series=series, after=TODAY - timedelta(days=1), by=None))

    def start(self, by: User | None = None) -> Meeting:
        who = by or self.mette
        return meeting_services.meeting_start(
            access=self.access(who),
            number=self.meeting().number,
            present={self.mette.pk: "here", self.amina.pk: "online"},
            today=TODAY,
        )


# Laid once in a process by the services; each later test gets the same rows again in a few inserts.
_laid: dict[str, tuple[list[list[Any]], Cast]] = {}


@pytest.fixture
def cast(db: None, clock: None) -> Cast:
    """The named cast (see lay_cast), the same for every test."""
    database = str(connection.settings_dict["NAME"])
    if database not in _laid:
        made = lay_cast()
        tables = [model for app in apps.get_app_configs() if app.name in ROOMS for model in app.get_models()]
        _laid[database] = ([list(models.QuerySet(model).order_by("pk")) for model in tables], made)
    else:
        for rows in _laid[database][0]:
            if rows:
                models.QuerySet(type(rows[0])).bulk_create(copy.deepcopy(rows))
    return copy.deepcopy(_laid[database][1])


def lay_cast() -> Cast:
    """Rune and Tove are shared, Aksel's sharing is withdrawn, Vibeke is not linked to the team."""
    region = Organisation.objects.create(name="Region Sundbæk")
    town = Organisation.objects.create(name="Sundbæk Kommune")
    catalogue.lay_down(region, date(2026, 1, 1))

    def person(name: str, role: str = Role.STAFF, to_day: date | None = None, **scope: Any) -> User:
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name, phone="70 00 00 01")
        Membership.objects.create(user=user, role=role, from_day=date(2026, 1, 1), to_day=to_day, **scope)
        return user

    def home_with(name: str, team_name: str, weekday: int) -> tuple[Home, Team]:
        home = Home.objects.create(organisation=town, name=name, slug=name.lower(), duty_phone="70 00 00 02")
        team = Team.objects.create(
            organisation=region, name=team_name, phone="70 00 00 03", opens=time(8), closes=time(16),
            out_of_hours="psykiatrisk akutmodtagelse",
        )  # fmt: skip
        TeamHome.objects.create(team=team, home=home, weekdays=[1, 3], from_day=date(2026, 1, 1))
        Series(home=home, team=team, weekday=weekday, time=time(9, 30)).insert()
        return home, team

    home, team = home_with("Havtornen", "Team Nord", 1)
    other_home, other_team = home_with("Sandkrogen", "Team Fjord", 3)
    mette, jonas = person("Mette", home=home), person("Jonas", home=home)
    lis = person("Lis", Role.LEADER, home=home)
    amina, soeren = person("Amina", team=team), person("Søren", team=team)
    stranger, other_nurse = person("Tine", home=other_home), person("Malik", team=other_team)
    karla = person("Karla", Role.CRITERIA, organisation=region)
    gone = person("Sally", to_day=date(2026, 11, 1), home=home)
    employed_where_they_work()
    for who in (mette, jonas, lis, amina, soeren, stranger, other_nurse, karla, gone):
        who.refresh_from_db(fields=["organisation"])

    def resident(name: str, flat: str, where: Home = home, by: User = mette) -> Stay:
        return resident_services.stay_begin(home=where, name=name, flat=flat, from_day=date(2026, 1, 1), by=by)

    def share(stay: Stay, with_team: Team, ours: User, theirs: User) -> None:
        resident_services.team_link(stay=stay, team=with_team, from_day=date(2026, 1, 1), by=theirs)
        for side, who in ((Side.HOME, ours), (Side.TEAM, theirs)):
            resident_services.contact_set(stay=stay, side=side, person=who, deputy=None, by=who)
            resident_services.basis_record(
                stay=stay,
                side=side,
                acting_side=side,
                new=resident_services.NewBasis(
                    kind=BasisKind.CONSENT,
                    covers="Alt på tavlen",
                    given_by=Giver.RESIDENT,
                    from_day=date(2026, 1, 1),
                    to_day=date(2026, 12, 31),
                ),
                by=who,
            )

    rune, tove, aksel = resident("Rune", "4"), resident("Tove", "9"), resident("Aksel", "10")
    vibeke = resident("Vibeke", "8")
    elsewhere = resident("Frede", "1", other_home, stranger)
    for stay in (rune, tove, aksel):
        share(stay, team, mette, amina)
    share(elsewhere, other_team, stranger, other_nurse)
    resident_services.basis_withdraw(home=home, stay_id=aksel.pk, acting_side=Side.HOME, by=mette)
    return Cast(
        home, other_home, team, other_team, mette, jonas, lis, amina, soeren, stranger, other_nurse, karla, gone,
        rune, tove, aksel, vibeke, elsewhere,
    )  # fmt: skip
