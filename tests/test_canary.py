"""A resident's name, a text and a colleague's name that must not stand where they would be read by others.

Not in mails, tasks, log records, addresses, titles, headers, cookies and error pages. They are laid into every text
there is, and then every page is opened and every form sent, by people of every kind.
"""

import inspect
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Task
from django.conf import settings as site
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pypdf import PdfReader

import boards.live.snapshots
from boards import services as board_services
from boards.models import AkutReview, CellRevision, Intervention, State, Urgency
from botilbud.celery import app as celery_app
from care import services as care
from care import team_starts
from core.logs import JsonLine
from core.period import wall_clock
from criteria import own
from criteria.models import Criterion, CriterionVersion, Level
from criteria.rules import Wording
from meetings import services as meeting_services
from meetings.models import AgendaItem, Attendance, Meeting, ParkedTopic, Series
from operations import tasks
from operations.tasks import nightly
from organisation.models import Absence, Membership, Role, Side, TeamHome, User
from reminders import services as reminder_services
from reminders.models import Reminder
from residents import services as resident_services
from residents.models import Agreed, BasisKind, Giver, PartnerKind, Resident, Situation, StayEnd, TeamStart
from residents.partners import Agreement, partner_add
from tests.conftest import TODAY, Cast, seen_of

RESIDENT, TEXT, PERSON = "Zebulon", "Kvidrende", "Ottokar"
CANARIES = (RESIDENT, TEXT, PERSON)
# Where a text for the eye stands in an attribute. Every other attribute names, points or steers.
FOR_THE_EYE = {"value", "aria-label", "placeholder", "data-original", "label"}
# All there are, but the one the settings hold back whatever the others say (see below).
HELD_BACK = "django.template"
LOGGERS = (
    "", "django", "django.request", "django.security", "django.server", "django.db.backends",
    "botilbud", "boards", "meetings", "residents", "reminders", "administration", "control", "criteria", "retention",
    "axes", "allauth", "celery", "celery.task", "kombu", "asyncio", "csp",
)  # fmt: skip


class Read(HTMLParser):
    """A page's title, and its attributes as (element, attribute, value)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title, self._within = "", False
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag == "title"
        # What a button sends along with a POST is words in a form; with a GET it would be an address.
        sent = any(name == "data-hx-post" for name, _ in attrs)
        self.attributes += [(tag, n, v or "") for n, v in attrs if not (sent and n == "data-hx-vals")]

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.title += data


@dataclass
class Watch:
    """What was looked at, and where a canary stood."""

    looked: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)

    def clean(self, sort: str, where: str, text: str) -> None:
        """No canary in the text."""
        self.looked[sort] += 1
        for canary in CANARIES:
            at = text.casefold().find(canary.casefold())
            if at >= 0:
                self.found.append(f"{sort}, {where}: {text[max(0, at - 60) : at + 60]!r}")

    def answer(self, where: str, answer: Any) -> None:
        """What every answer carries besides its words, and in a page its title and its attributes."""
        self.statuses[answer.status_code] += 1
        for name, value in answer.headers.items():
            self.clean("headers", f"{where} {name}", f"{name}: {value}")
        for name, cookie in answer.cookies.items():
            self.clean("cookies", where, f"{name}={cookie.OutputString()}")
        kind = answer.headers.get("Content-Type", "")
        if answer.streaming or not answer.content:
            return
        if kind == "application/pdf":
            for name, value in (PdfReader(BytesIO(answer.content)).metadata or {}).items():
                self.clean("titles", f"{where} {name}", str(value))
        if not kind.startswith("text/html"):
            return
        html = answer.content.decode()
        self.shown |= {canary for canary in CANARIES if canary in html}
        page = Read(html)
        self.clean("titles", where, page.title)
        for tag, name, value in page.attributes:
            if name not in FOR_THE_EYE:
                sort = "addresses" if value.startswith(("/", "?", "http", "tel:", "mailto:", "#")) else "attributes"
                self.clean(sort, f"{where} <{tag} {name}>", f"{name}={value}")


class Kept(logging.Handler):
    """Every log record as it would be written, with its traceback, and its parts; and as production writes it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((f"{record.name} {record.levelname}", f"{self.format(record)} {record.args!r}"))
        self.lines.append((f"{record.name} {record.levelname}, JSON", JsonLine().format(record)))


@pytest.fixture
def logged() -> Iterator[Kept]:
    """All loggers at DEBUG, whatever the site's own level is."""
    kept = Kept()
    before = [(logger, logger.level, logger.propagate) for logger in map(logging.getLogger, LOGGERS)]
    for logger, _, _ in before:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    logging.getLogger().addHandler(kept)
    yield kept
    logging.getLogger().removeHandler(kept)
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, Any]]:
    """What is handed to the worker: (task, args, kwargs)."""
    found: list[tuple[str, Any, Any]] = []

    def apply_async(self: Any, args: Any = None, kwargs: Any = None, **_: Any) -> None:
        found.append((self.name, args, kwargs))

    def send_task(self: Any, name: str, args: Any = None, kwargs: Any = None, **_: Any) -> None:
        found.append((name, args, kwargs))

    monkeypatch.setattr(Task, "apply_async", apply_async)
    monkeypatch.setattr(Celery, "send_task", send_task)
    return found


@dataclass
class World:
    """The cast with the canaries laid in, and what the addresses name."""

    cast: Cast
    people: list[User]
    numbers: list[int]
    named: dict[str, Any]
    by_page: dict[str, Any]

    def urls(self, user: User | None = None) -> dict[str, list[str]]:
        """Every address of the project, by its name; for those at the meetings one for each where it names one."""
        found: dict[str, list[str]] = {}
        everywhere = user is not None and user.pk in (self.cast.mette.pk, self.cast.amina.pk)
        for name, names in _patterns().items():
            made = []
            for number in (self.numbers if everywhere else self.numbers[:2]) if "number" in names else [0]:
                own = self.by_page.get(name, self.named["pk"])
                values = {**self.named, "number": number, "pk": own}
                if name in ("move-correct", "administration-stay-erase"):
                    values["stay"] = self.cast.vibeke.pk
                made.append(reverse(name, kwargs={key: values[key] for key in names}))
            found[name] = made
        return found


def _patterns() -> dict[str, list[str]]:
    """{name: what its address names} of the project itself."""
    found: dict[str, list[str]] = {}

    def walk(patterns: list[Any], above: list[str]) -> None:
        for pattern in patterns:
            names = [*above, *pattern.pattern.converters]
            if isinstance(pattern, URLResolver) and not str(pattern.pattern).startswith("konto/"):
                walk(pattern.url_patterns, names)
            elif isinstance(pattern, URLPattern):
                found[str(pattern.name)] = names

    walk(get_resolver().url_patterns, [])
    return found


def text(more: str = "") -> str:
    return f"{TEXT} {more}".strip()


@pytest.fixture
def world(cast: Cast) -> World:
    """Mette is Ottokar, Rune is Zebulon, and every text says so."""
    User.objects.filter(pk=cast.mette.pk).update(name=PERSON, title=f"{TEXT} pædagog")
    Resident.objects.system("the canary's name").filter(stay=cast.rune.pk).update(
        name=RESIDENT, search=RESIDENT.lower()
    )
    Resident.objects.system("another").filter(stay=cast.vibeke.pk).update(name=f"{RESIDENT} B", search="zebulon b")
    cast.mette.refresh_from_db()
    region = cast.team.organisation
    type(region).objects.filter(pk=cast.home.organisation_id).update(region=region)
    cast.home.organisation.refresh_from_db()
    start = TODAY - timedelta(days=200)

    def person(name: str, role: str, **place: Any) -> User:
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name)
        Membership.objects.create(user=user, role=role, from_day=start, **place)
        return user

    sanne = person("Sanne", Role.SYSTEM, organisation=region)
    bo = person("Bo", Role.SYSTEM, organisation=cast.home.organisation)
    peter = person("Peter", Role.LEADER, team=cast.team)
    Membership.objects.create(user=cast.lis, role=Role.APPROVER, organisation=cast.home.organisation, from_day=start)
    made = _write_everywhere(cast, peter)
    numbers = _meetings(cast)
    return _world(cast, [cast.mette, cast.lis, cast.amina, cast.karla, sanne, bo, peter], numbers, made)


def _write_everywhere(cast: Cast, peter: User) -> dict[str, Any]:
    """Every text of the board and the resident, on Zebulon."""
    mette, amina, rune = cast.access(cast.mette), cast.access(cast.amina), cast.rune
    for column, side, by in (
        ("goals", Side.JOINT, cast.mette), ("status", Side.HOME, cast.mette), ("status", Side.TEAM, cast.amina),
        ("safety", Side.JOINT, cast.mette), ("words", Side.JOINT, cast.mette), ("told", Side.JOINT, cast.mette),
    ):  # fmt: skip
        cast.write(text(f"{PERSON} om {RESIDENT}"), by=by, column_key=column, side=side)
    episode = cast.put_on_board(rune, Level.AKUT, "akut-krise", reason=text())
    review = board_services.akut_review(
        access=mette,
        stay_id=rune.pk,
        done=board_services.ReviewDone(
            home_person=cast.mette, team_person=None, outcome=AkutReview.Outcome.SAME, note=text()
        ),
        team_open=False,
        seen=episode.version,
        key="",
        today=TODAY,
    )
    plan: dict[str, Any] = {"owner": cast.mette, "with_whom": text(RESIDENT)}
    item = cast.agree(text(f"med {RESIDENT}"), due_on=TODAY, **plan)
    cast.agree(text("i morgen"), due_on=TODAY + timedelta(days=1), **plan)
    cast.agree(text("siges"), due_on=TODAY, tells=True, **plan)
    done = cast.agree(text("gjort"), due_on=TODAY, **plan)
    board_services.intervention_settle(
        access=mette, pk=done.pk, state=State.NOT_DONE, why=text(), seen=done.version, today=TODAY
    )
    board_services.sign_note(access=amina, stay_id=rune.pk, text=text(), urgency=Urgency.TODAY, key="", today=TODAY)
    resident_services.situation_change(
        stay=rune, situation=Situation.ADMITTED, since=TODAY, place=text(), by=cast.mette
    )
    resident_services.visit_note(
        home=cast.home, stay_id=rune.pk, on=TODAY, text=text(), side=Side.HOME, key="", by=cast.mette, today=TODAY
    )
    resident_services.basis_record(
        stay=rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.OTHER,
            covers=text(),
            reason=text(),
            given_by=Giver.RESIDENT,
            from_day=TODAY,
            to_day=TODAY + timedelta(days=20),
        ),
        by=cast.mette,
    )
    resident_services.basis_open(
        stay=cast.aksel, side=Side.HOME, acting_side=Side.HOME, reason=text(), key="", by=cast.mette, now=timezone.now()
    )
    for stay in (rune.pk, None):
        meeting_services.topic_park(
            access=mette, stay_id=stay, team=None if stay else cast.team, text=text(f"{RESIDENT} {stay}"), key=""
        )
    wording = Wording(text(), text(), Level.SUBAKUT, 7, 7, None, text())
    ends = TODAY + timedelta(days=30)
    criterion = own.own_criterion_propose(
        home=cast.home, region_id=cast.team.organisation_id, side=Side.HOME, wording=wording, ends_on=ends, key="",
        by=cast.lis, today=TODAY,
    )  # fmt: skip
    screen, _ = meeting_services.wall_add(access=cast.access(cast.lis), team=cast.team, name=text(), key="")
    cast.client(cast.mette).post(
        reverse("draft", args=[cast.home.slug]), {"field": f"{rune.pk}-status-home", "text": text("kladde"), "seen": 1}
    )
    care.move_out(
        access=mette, stay_id=cast.vibeke.pk, end=StayEnd.OTHER_HOME, on=TODAY, moved_to=cast.other_home, key="",
        today=TODAY,
    )  # fmt: skip
    absence = Absence.objects.create(
        user=cast.mette, deputy=cast.jonas, from_day=TODAY + timedelta(days=30), to_day=TODAY + timedelta(days=31)
    )
    partner = partner_add(
        home=cast.home, stay_id=rune.pk, name=text(), kind=PartnerKind.KIN, new=Agreement(Agreed.UNASKED), key="",
        by=cast.mette, today=TODAY,
    )  # fmt: skip
    return {
        "review": review, "item": item, "own": criterion, "screen": screen, "absence": absence, "partner": partner,
    }  # fmt: skip


def _meetings(cast: Cast) -> list[int]:
    """Two closed, one cancelled, one to come and one running, all with what was written. Their numbers."""
    mette = cast.access(cast.mette)
    first = cast.start()
    meeting_services.guest_add(
        access=mette,
        number=first.number,
        name=f"{TEXT} {PERSON}",
        title=TEXT,
        organisation=TEXT,
        key="",
        today=TODAY,
    )
    meeting_services.meeting_close(access=mette, meeting=first, why=text("uden dag"), today=TODAY)
    series = Series.objects.for_home(cast.home).get()

    def now() -> Any:
        return wall_clock()

    second = meeting_services.meeting_hold(access=mette, series_id=series.pk, key="", now=now())
    cast.write(text("igen"), seen=1)
    meeting_services.meeting_close(access=mette, meeting=second, why=text(), today=TODAY)
    meeting_services.meeting_reopen(access=mette, number=second.number, why=text("glemt"), today=TODAY)
    again = meeting_services.meeting_of(mette, second.number)
    meeting_services.meeting_close(access=mette, meeting=again, why=text(), today=TODAY)
    made = []
    for days in (8, 9):
        day = TODAY + timedelta(days=days)
        made.append(
            meeting_services.meeting_extra(
                access=mette, series_id=series.pk, day=day, at=series.time, minutes=30, why=text(), key="", now=now()
            )
        )
    meeting_services.meeting_cancel(
        access=mette, number=made[0].number, why=text(), seen=seen_of(made[0]), key="", today=TODAY
    )
    running = meeting_services.meeting_hold(access=mette, series_id=series.pk, key="", now=now())
    return [running.number, first.number, second.number, made[0].number, made[1].number]


def _world(cast: Cast, people: list[User], numbers: list[int], made: dict[str, Any]) -> World:
    running = Meeting.objects.for_home(cast.home).get(number=numbers[0])
    agenda = AgendaItem.objects.for_home(cast.home).filter(meeting=running)
    item = agenda.get(stay=cast.rune.pk)
    Attendance(meeting=running, name=text(), side="home", present=True).insert()
    guest = Attendance.objects.for_home(cast.home).filter(meeting=running, user=None).latest("pk")
    # Those from before have been discussed.
    sign = board_services.sign_note(
        access=cast.access(cast.amina), stay_id=cast.rune.pk, text=text(), urgency=Urgency.TODAY, key="", today=TODAY
    )
    team_starts.team_start_ask(access=cast.access(cast.amina), name=text()[:60], key="", now=timezone.now())
    asked = TeamStart.objects.for_home(cast.home).get()
    reminder_services.plan(TODAY)
    reminder = Reminder.objects.for_home(cast.home).filter(recipient=cast.mette, kind="on").first()
    assert reminder is not None
    criterion = Criterion.objects.get(key="akut-krise", home=None)
    version = CriterionVersion.objects.get(criterion=criterion)
    topic = ParkedTopic.objects.for_home(cast.home).get(stay=None)
    link = TeamHome.objects.get(home=cast.home)
    member = Membership.objects.get(user=cast.mette)
    by_page: dict[str, Any] = {
        "akut-review-confirm": made["review"].pk, "own-criterion-answer": made["own"].pk,
        "demo-sign-in": cast.mette.pk, "guest-remove": guest.pk, "topic-settle": topic.pk,
        "wall-revoke": made["screen"].pk, "administration-criterion-withdraw": version.pk,
        "administration-approval-answer": version.pk,
        "administration-organisation": cast.home.organisation_id, "administration-team": cast.team.pk,
        "administration-practice-create": cast.team.pk, "administration-membership-end": member.pk,
        "administration-membership-hand-on": member.pk, "administration-absence-shorten": made["absence"].pk,
        "administration-sample-answer": 1, "team-start-answer": asked.pk,
    }  # fmt: skip
    by_page |= dict.fromkeys((name for name in _patterns() if name.startswith("intervention")), made["item"].pk)
    by_page |= dict.fromkeys((name for name in _patterns() if name.startswith("sign")), sign.pk)
    by_page |= dict.fromkeys((name for name in _patterns() if name.startswith("reminder-")), reminder.pk)
    by_page |= dict.fromkeys((name for name in _patterns() if name.startswith(("agenda-", "tell-"))), item.pk)
    by_page |= dict.fromkeys(
        (name for name in _patterns() if name.startswith("administration-criterion-propose")), criterion.pk
    )
    homes = (
        "home",
        "home-change",
        "home-leave",
        "team-home-add",
        "team-home-change",
        "series-create",
        "series-end",
        "stays",
        "stay-erase",
    )
    by_page |= {f"administration-{name}": cast.home.pk for name in homes}
    by_page["partner-change"] = made["partner"].pk
    people_pages = ("person", "person-change", "membership-give", "account-use", "account", "address-change")
    by_page |= {f"administration-{name}": cast.mette.pk for name in people_pages}
    named = {
        "slug": cast.home.slug, "stay": cast.rune.pk, "column": "status", "side": "home", "pk": 1, "code": "x",
        "region": cast.team.organisation_id, "link": link.pk, "person": cast.mette.pk, "day": TODAY.isoformat(),
        "series": Series.objects.for_home(cast.home).get().pk,
    }  # fmt: skip
    return World(cast, people, numbers, named, by_page)


# What forms are sent with: every name any of them reads. Most answers are refusals, and they must be as silent.
def typed(world: World) -> dict[str, Any]:
    cast, said = world.cast, text(f"{RESIDENT} {PERSON}")
    words = (
        "text", "what", "with_whom", "other", "reason", "note", "place", "covers", "why", "guest", "guest_title",
        "guest_organisation", "guest-home", "guest-team", "name", "title", "definition", "exit_question", "words",
        "duty_title", "out_of_hours", "bekraeft", "tab",
    )  # fmt: skip
    days = ("due_on", "on", "given_on", "since", "from_day", "to_day", "day", "ends_on", "review_by", "deadline")
    return {
        **dict.fromkeys(words, said), **dict.fromkeys(days, (TODAY + timedelta(days=2)).isoformat()),
        "on": TODAY.isoformat(), "given_on": TODAY.isoformat(), "since": TODAY.isoformat(),
        "from_day": TODAY.isoformat(), "seen": 2, "field": f"{cast.rune.pk}-status-home", "track": "social",
        "owner": cast.mette.pk, "person": cast.mette.pk, "deputy": cast.jonas.pk, "home_person": cast.mette.pk,
        "stay": cast.rune.pk, "urgency": "today", "outcome": "same", "level": "akut", "told": "yes",
        "criteria": cast.criterion().pk, "kind": "social", "given_by": "resident", "given_how": "written",
        "situation": "admitted", "end": "moved", "flat": "77", "team": cast.team.pk, "link": "1", "time": "10:00",
        "minutes": 30, "series": world.named["series"], "began": "08:00", "ended": "08:30", "chair": cast.mette.pk,
        "referent": cast.mette.pk, "resident": cast.rune.pk, "state": "done", "step_kind": "text",
        "step": CellRevision.objects.for_home(cast.home).latest("pk").pk, "item": 1, "here": "1", "blank": "1",
        "written": "yes", "answer": "yes", "first_days": 7, "then_days": 7, "days": 7, "order": 1, "unit": "",
        "role": "staff", "phone": "70 00 00 09", "email": "ny@x.invalid", "duty_phone": "70 00 00 09",
        "opens": "08:00", "closes": "16:00", "weekday": 1, "weekdays": [1], "by_mail": ["on"], "mail_from": "07:00",
        "organisation": cast.home.organisation_id, "region": cast.team.organisation_id,
        "format": "pdf",
    }  # fmt: skip


# Addresses nobody can open here: streams never end, and a wall's link is used once.
ENDLESS = {"board-stream", "meeting-stream"}
# Opened only where there is something to show, which this world does not hold.
NOT_HERE = {
    "wall-link",
    "screen-passkey",
    "administration-anchor-fetch",
    "administration-criterion-withdraw",
    "administration-sample-answer",
    # Asked by a page with what it got when it was drawn.
    "still-shown",
}


def walk(world: World, watch: Watch) -> dict[str, set[int]]:
    """Opens every address as every person, as a page and for some as a fragment. What the signed-in were answered."""
    answered: dict[str, set[int]] = defaultdict(set)
    for user in [*world.people, None]:
        client = world.cast.client(user)
        client.raise_request_exception = False
        for name, urls in world.urls(user).items():
            if name in ENDLESS:
                continue
            for url in urls:
                watch.clean("addresses", name, url)
                answers = [client.get(url)]
                if user in (world.cast.mette, None):
                    answers.append(client.get(url, headers={"HX-Request": "true"}))
                for answer in answers:
                    assert answer.status_code < 500, f"{url}: {answer.status_code}"
                    watch.answer(f"GET {url}", answer)
                    answered[name].add(answer.status_code if user else 0)
    return answered


def test_canary_stands_in_no_address_title_header_cookie_or_log(
    world: World, logged: Kept, sent: list[tuple[str, Any, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch()
    # Its debug lines hold all a page was drawn from, so they are off even where somebody turns debug lines on.
    assert logging.getLogger(HELD_BACK).level >= logging.INFO
    answered = walk(world, watch)
    _say(capsys, watch, f"{len(answered)} kinds of address")
    # All three were there to be found: the pages show them to those who may see them.
    assert watch.shown == set(CANARIES)
    unseen = {name for name, found in answered.items() if not found & {200, 204, 302, 405}}
    assert unseen - NOT_HERE == set(), "nobody could open these, so they were not looked at"
    _nothing_elsewhere(watch, logged, sent)


def test_canary_stands_nowhere_around_what_forms_answer(
    world: World, logged: Kept, sent: list[tuple[str, Any, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every form sent by everybody who may, with canaries in each field, and taken back afterwards."""
    watch, data = Watch(), typed(world)
    for user in world.people:
        client = world.cast.client(user)
        client.raise_request_exception = False
        signed_in = client.cookies[site.SESSION_COOKIE_NAME].value
        for number, urls in enumerate(world.urls(user).values()):
            for url in urls:
                client.cookies[site.SESSION_COOKIE_NAME] = signed_in
                with transaction.atomic():
                    answer = client.post(url, {**data, "key": f"{user.pk}-{number}-{url[-20:]}"[:40]})
                    assert answer.status_code < 500, f"POST {url}: {answer.status_code}"
                    watch.answer(f"POST {url}", answer)
                    transaction.set_rollback(True)
                if answer.status_code < 400:
                    boards.live.snapshots.forget()
                if answer.status_code == 405:
                    break
    boards.live.snapshots.forget()
    _say(capsys, watch)
    done = watch.statuses
    assert done[200] + done[204] + done[302] > 100, done
    assert done[422] > 100, done
    _nothing_elsewhere(watch, logged, sent)


def _nothing_elsewhere(watch: Watch, logged: Kept, sent: list[tuple[str, Any, Any]]) -> None:
    for where, line in logged.lines:
        watch.clean("log records", where, line)
    # The site hands nothing to the worker: it only ticks.
    assert sent == []
    assert watch.found == [], "\n".join(sorted(set(watch.found))[:40])
    assert watch.looked["log records"] > 100
    assert watch.looked["addresses"] > 1000


def _say(capsys: pytest.CaptureFixture[str], watch: Watch, more: str = "") -> None:
    """The counts, on the screen of whoever runs this."""
    with capsys.disabled():
        print(f"\ncanary: {dict(watch.looked)}, answers {dict(sorted(watch.statuses.items()))} {more}")  # noqa: T201


def test_canary_stands_in_no_mail(world: World, clock: Any, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    watch = Watch()
    # At once, an hour later (an akut nobody has seen), the next morning, and the days of the terms.
    for hours in (0, 2, 22, 22 + 24, 24 * 7, 24 * 14, 24 * 20):
        clock.move_to(timezone.make_aware(_now()) + timedelta(hours=hours))
        tasks.minute()
    kinds = set(Reminder.objects.system("kinds told").values_list("kind", flat=True))
    assert {"akut", "sign-now", "need", "on", "before", "told", "review"} <= kinds, kinds
    world.cast.mette.set_password("en lang og rolig adgangskode")
    world.cast.mette.save()
    Client().post("/konto/password/reset/", {"email": world.cast.mette.email})
    assert len(mail.outbox) > 8
    for one in mail.outbox:
        subject = str(one.subject)
        watch.clean("mail subjects", "subject", subject)
        watch.clean("mail bodies", subject, str(one.body))
        for name, value in one.message().items():
            watch.clean("mail headers", subject, f"{name}: {value}")
        watch.clean("mails as sent", subject, one.message().as_string())
    _say(capsys, watch, f"kinds {sorted(kinds)}")
    assert watch.found == []


def _now() -> Any:
    from tests.conftest import NOW

    return NOW


def test_tasks_carry_nothing_but_ids(world: World, sent: list[tuple[str, Any, Any]], capsys: Any) -> None:
    own_tasks = {name: task for name, task in celery_app.tasks.items() if not name.startswith("celery.")}
    assert set(own_tasks) == {"operations.minute", "operations.nightly"}
    for task in own_tasks.values():
        assert list(inspect.signature(task.run).parameters) == [], "a task takes ids at most; this one takes nothing"
    for entry in site.CELERY_BEAT_SCHEDULE.values():
        assert {"args", "kwargs"} & set(entry) == set(), entry
    watch = Watch()
    tasks.minute.delay()
    tasks.minute()
    nightly.delay()
    nightly()
    assert [name for name, _, _ in sent] == ["operations.minute", "operations.nightly"]
    for name, args, kwargs in sent:
        body = json.dumps([name, args, kwargs])
        watch.clean("task messages", name, body)
        assert all(isinstance(value, int) for value in [*(args or ()), *(kwargs or {}).values()]), body
    _say(capsys, watch)
    assert watch.found == []


class Broken(RuntimeError):
    pass


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A selector that fails with what it was reading at hand."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        name = f"{RESIDENT} {TEXT} {PERSON}"
        assert name
        raise Broken("the board could not be read")

    def now() -> None:
        monkeypatch.setattr(boards.live.snapshots, "board", fail)
        boards.live.snapshots.forget()

    return now


def test_error_pages_say_nothing(
    world: World, logged: Kept, broken: Callable[[], None], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert not settings.DEBUG
    cast, watch, slug, rune = world.cast, Watch(), world.cast.home.slug, world.cast.rune.pk
    resident_services.basis_withdraw(home=cast.home, stay_id=rune, acting_side=Side.HOME, by=cast.mette)

    def url(name: str, *rest: Any) -> str:
        return reverse(name, args=[slug, *rest])

    def client(user: User | None, **options: Any) -> Client:
        made = Client(raise_request_exception=False, **options)
        if user is not None:
            made.force_login(user, backend="accounts.sessions.Backend")
        return made

    mette, amina, jonas, nobody = client(cast.mette), client(cast.amina), client(cast.jonas), client(None)
    checked = client(cast.mette, enforce_csrf_checks=True)
    said = {"text": text(RESIDENT), "why": text(), "name": text(), "key": "1"}
    seen = {"since": "x"}
    # (status, who asks, what)
    asked: list[tuple[int, Callable[[dict[str, Any]], Any]]] = [
        (400, lambda h: mette.get(url("board-changes"), seen, headers=h)),
        (400, lambda h: mette.post(url("cell", rune, "status", "home"), {**said, "text": f"{TEXT}\x00"}, headers=h)),
        (400, lambda h: mette.post(url("cell", rune, "status", "home"), {**said, "seen": TEXT}, headers=h)),
        (403, lambda h: checked.post(url("cell", rune, "status", "home"), said, headers=h)),
        (403, lambda h: mette.get(url("wall-screens"), headers=h)),
        (403, lambda h: mette.post(url("wall-screens"), said, headers=h)),
        (403, lambda h: amina.get(url("move-in"), headers=h)),
        (404, lambda h: amina.get(url("resident", rune), headers=h)),
        (404, lambda h: amina.get(url("resident-course", rune), headers=h)),
        (404, lambda h: amina.post(url("cell", rune, "goals", "joint"), said, headers=h)),
        (404, lambda h: mette.get(f"/{slug}/{RESIDENT}-findes-ikke/", headers=h)),
        (404, lambda h: nobody.get(f"/findes-ikke/{TEXT}", headers=h)),
        (405, lambda h: mette.post(url("board"), said, headers=h)),
        (405, lambda h: mette.get(url("akut-read", rune), headers=h)),
    ]
    for status, ask in asked:
        for headers in ({}, {"HX-Request": "true"}):
            answer = ask(headers)
            assert answer.status_code == status, (status, answer.status_code, answer.request["PATH_INFO"])
            watch.answer(f"{status}", answer)
            watch.clean(f"{status}", answer.request["PATH_INFO"], answer.content.decode())
    # 409 and 422 show the person what they typed and what stands there; all around it is silent.
    item = Intervention.objects.for_home(cast.home).filter(state=State.PLANNED).order_by("pk").first()
    assert item is not None
    told: list[tuple[int, Any]] = [
        (409, jonas.post(url("cell", rune, "status", "home"), {**said, "seen": 0})),
        (409, jonas.post(url("cell-misfile", rune, "status", "home"), {**said, "seen": 0})),
        (409, jonas.post(url("undo"), {"step_kind": "text", "step": _old_step(cast)})),
        (422, jonas.post(url("cell", rune, "status", "home"), {**said, "text": text("x" * 700)})),
        (422, jonas.post(url("topic-park"), {**said, "text": ""})),
        (422, jonas.post(url("move-in"), said)),
        (422, jonas.post(url("level-change", rune), said)),
    ]
    for status, answer in told:
        assert answer.status_code == status, (status, answer.status_code, answer.request["PATH_INFO"])
        watch.answer(f"{status} {answer.request['PATH_INFO']}", answer)
    broken()
    for headers in ({}, {"HX-Request": "true"}):
        for path in (url("board"), url("board-changes"), url("meeting", world.numbers[0])):
            answer = mette.get(path, headers=headers)
            assert answer.status_code == 500, path
            watch.answer("500", answer)
            watch.clean("500", path, answer.content.decode())
    assert any("could not be read" in line for _, line in logged.lines), "the fault is logged"
    for where, line in logged.lines:
        if f"/{RESIDENT}-findes-ikke/" in line or f"/findes-ikke/{TEXT}" in line:
            # An address somebody typed themselves; the site makes none with a name in it.
            continue
        watch.clean("log records", where, line)
    assert mail.outbox == [], "no fault is mailed"
    _say(capsys, watch)
    assert watch.found == [], "\n".join(sorted(set(watch.found))[:40])


def _old_step(cast: Cast) -> int:
    """A step of Jonas' somebody has written over since."""
    cast.write("Jonas’ ord", by=cast.jonas, stay=cast.tove)
    cast.write("Mettes ord", stay=cast.tove, seen=1)
    return CellRevision.objects.for_home(cast.home).get(text="Jonas’ ord").pk


def test_watch_sees_a_canary_where_it_must_not_stand() -> None:
    """The checks above can fail."""
    planted = {
        "titles": f"<title>{RESIDENT} - Tavlen</title>",
        "addresses": f'<a href="/find/?q={RESIDENT.lower()}">Find</a>',
        "attributes": f'<p class="note" title="{TEXT}">Ord</p>',
    }
    for sort, html in planted.items():
        watch = Watch()
        watch.answer("her", HttpResponse(f"<html><body>{html}</body></html>"))
        assert [found.split(",")[0] for found in watch.found] == [sort]
    watch = Watch()
    watch.answer("her", HttpResponse(f"<p>{PERSON}</p>", headers={"HX-Trigger": PERSON}))
    assert len(watch.found) == 1
    watch.answer("her", HttpResponse(f'<p>{PERSON} <input value="{TEXT}" aria-label="{RESIDENT}"></p>'))
    assert len(watch.found) == 1, "words for the eye are for those who may see them"
    assert watch.shown == set(CANARIES)


def test_what_is_searched_for_stands_in_no_address_and_no_list_of_requests(cast: Cast) -> None:
    page = cast.client(cast.mette).get(reverse("board", args=[cast.home.slug])).content.decode()
    assert f'data-hx-post="{reverse("find")}"' in page
    found = cast.client(cast.mette).post(reverse("find"), {"q": "rune"}).content.decode()
    assert "Rune" in found
    # uvicorn tells of each request unless it is asked not to.
    root = Path(site.BASE_DIR)
    assert '"--no-access-log"' in (root / "Dockerfile").read_text()
    assert '"--log-level", "warning"' in (root / "tools/bootstrap.py").read_text()
