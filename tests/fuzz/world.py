"""A world with something of everything in it, every address of the site in it, and the forms its pages really show."""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone

from accounts import devices
from accounts.access import Access, enter
from accounts.offices import office_of
from administration.services import roles as role_services
from administration.services.roles import RoleFacts
from audit import anchors, trail
from boards import services as board_services
from boards.models import AkutReview, Urgency
from care import services as care
from care import team_starts
from criteria import own
from criteria import services as criteria_services
from criteria.models import Criterion, Level
from criteria.rules import Wording, wording_of
from meetings import services as meeting_services
from meetings.models import AgendaItem, Attendance, Meeting, ParkedTopic, Series
from organisation.models import Draft, Membership, Role, User
from privacy import samples
from privacy.models import Sample
from reminders import services as reminder_services
from reminders.models import Reminder
from residents.models import Agreed, PartnerKind, StayEnd, TeamStart
from residents.partners import Agreement, partner_add
from tests import test_access_matrix as matrix
from tests.conftest import NOW, TODAY, Cast, employed_where_they_work, lay_cast, seen_of
from tests.test_typed import project_forms

STREAMS = matrix.STREAMS
ERASE = "administration-stay-erase"


@dataclass
class World:
    """The cast and what they have done, the people who may try, and for each URL its ids: own first, then others'."""

    cast: Cast
    people: dict[str, User]
    named: dict[str, int]
    pools: dict[str, list[Any]]
    pks: dict[str, list[int]]
    device_code: str
    clients: dict[str, Client] = field(default_factory=dict)

    def arguments(self, name: str) -> dict[str, list[Any]]:
        """What may stand at each place of the URL's address, what is really there first. KeyError for a new sort."""
        parts = dict(matrix.SETTING_UP).get(name)
        found: dict[str, list[Any]] = {}
        for place, part in zip(PLACES[name], parts or PLACES[name], strict=True):
            if parts is not None:
                found[place] = [self.named[part], *self.pks["other"]]
            elif place == "pk":
                found[place] = [*self.pks[name], *self.pks["other"]]
            elif name == "device-link":
                found[place] = [self.device_code, *self.pools[place][1:]]
            else:
                found[place] = self.pools["former" if place == "stay" and name in (*matrix.FORMER, ERASE) else place]
        return found

    def address(self, name: str) -> str:
        """The URL with what is really there."""
        return reverse(name, kwargs={place: pool[0] for place, pool in self.arguments(name).items()})


def _walk(patterns: list[Any], within: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    for pattern in patterns:
        places = (*within, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            if not str(pattern.pattern).startswith("konto/"):
                yield from _walk(pattern.url_patterns, places)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name), places, pattern.callback


# {URL name: the places of its address} and {URL name: its view}, from the resolver itself.
PLACES = {name: places for name, places, _ in _walk(get_resolver().url_patterns)}
VIEWS = {name: inspect.unwrap(view) for name, _, view in _walk(get_resolver().url_patterns)}
NAMES = sorted(PLACES)


def lay_world() -> World:
    """Havtornen in the middle of a meeting, with one of everything; Sandkrogen beside it with its own."""
    cast = lay_cast()
    mette, amina, lis = (cast.access(who) for who in (cast.mette, cast.amina, cast.lis))
    sanne, _ = matrix.administrators(cast)
    region = cast.team.organisation
    people = {"mette": cast.mette, "amina": cast.amina, "lis": cast.lis, "karla": cast.karla, "sanne": sanne}
    for title, role, place in (
        ("Peter", Role.LEADER, {"team": cast.team}),
        ("Nils", Role.APPROVER, {"organisation": cast.home.organisation}),
        ("Bo", Role.SYSTEM, {"organisation": cast.home.organisation}),
    ):
        people[title.lower()] = User.objects.create_user(f"{title.lower()}@x.invalid", name=title)
        Membership.objects.create(user=people[title.lower()], role=role, from_day=TODAY, **place)
    employed_where_they_work()
    for user in people.values():
        user.refresh_from_db(fields=["organisation"])
    with trail.as_of(timezone.make_aware(NOW - timedelta(days=7))):
        for viewer in (cast.jonas, cast.soeren):
            trail.record_read(cast.home.scope, viewer=viewer.pk, screen="tavle", stays=[cast.rune.pk])
    samples.draw(timezone.now())

    criteria = _criteria(cast, region, people["karla"], lis)
    ours = _work(cast, mette, amina)
    other = [*_work_elsewhere(cast), cast.elsewhere.pk, cast.other_home.pk, 99999]
    item = cast.agree("Ringer", owner=cast.mette, due_on=TODAY)
    reminder_services.plan(TODAY)
    moved = cast.vibeke.pk
    care.move_out(
        access=mette, stay_id=moved, end=StayEnd.OTHER_HOME, on=TODAY, moved_to=cast.other_home, key="", today=TODAY
    )
    partner = partner_add(
        home=cast.home, stay_id=cast.rune.pk, name="Lægen", kind=PartnerKind.DOCTOR, new=Agreement(Agreed.UNASKED),
        key="", by=cast.mette, today=TODAY,
    )  # fmt: skip
    called = cast.agree(
        "Ringer til søsteren", track="coordination", with_whom="Søster", unagreed="Det haster", owner=cast.mette,
        due_on=TODAY,
    )  # fmt: skip
    closed = cast.start()
    meeting_services.meeting_close(access=mette, meeting=closed, why="Vi nåede det ikke", today=TODAY)
    for days in (1, 2, 3):
        extra = meeting_services.meeting_extra(
            access=mette, series_id=0, day=TODAY + timedelta(days=days), at=time(10), minutes=30, why="Mere", key="",
            now=NOW,
        )  # fmt: skip
    meeting_services.meeting_cancel(
        access=mette, number=extra.number, why="Snevejr", seen=seen_of(extra), key="", today=TODAY
    )
    running = meeting_services.meeting_hold(access=mette, series_id=0, key="", now=NOW + timedelta(hours=2))
    signs = [
        board_services.sign_note(
            access=access, stay_id=stay.pk, text="Går om natten", urgency=Urgency.SOON, key="", today=TODAY
        ).pk
        for access, stay in ((amina, cast.rune), (mette, cast.tove))
    ]
    guest = Attendance(meeting=running, name="Bo", side="home", present=True)
    guest.insert()
    screen, code = meeting_services.wall_add(access=lis, team=cast.team, name="Mødelokalet", key="")
    anchors.make(timezone.now())
    tablet, device_code = devices.device_add(unit=cast.home, name="Kontoret", key="", by=cast.lis)

    team_starts.team_start_ask(access=amina, name="Aksel eller Vibeke", key="", now=timezone.now())
    asked = list(TeamStart.objects.for_home(cast.home).values_list("pk", flat=True))
    nurse = RoleFacts(cast.team, Role.STAFF, TODAY, None)
    offer = role_services.membership_give(
        office=office_of(people["peter"]), person=cast.mette, role=nurse, key="", today=TODAY
    )
    typed = Draft.objects.create(user=cast.gone, home=cast.home, field=f"{cast.rune.pk}-status-home", text="Halv")

    numbers = [m.number for m in Meeting.objects.for_home(cast.home).order_by("pk")]
    agenda = list(AgendaItem.objects.for_home(cast.home).filter(meeting=running).values_list("pk", flat=True))
    topics = list(ParkedTopic.objects.for_home(cast.home).values_list("pk", flat=True))
    reminders = Reminder.objects.for_home(cast.home).filter(recipient=cast.mette)
    mine = list(reminders.values_list("pk", flat=True))
    pks: dict[str, list[int]] = {
        "other": other,
        "administration-criterion-propose": criteria["set"], "administration-criterion-awake": criteria["set"],
        "administration-criterion-move": criteria["set"], "administration-criterion-withdraw": criteria["waiting"],
        "administration-approval-answer": criteria["waiting"], "own-criterion-answer": criteria["own"],
        "administration-sample-answer": list(Sample.objects.order_by("pk").values_list("pk", flat=True)),
        "akut-review-confirm": ours["review"], "guest-remove": [guest.pk], "topic-settle": topics,
        "wall-revoke": [screen.pk], "demo-sign-in": [99999], "administration-device-revoke": [tablet.pk],
        "partner-change": [partner.pk], "unagreed-read": [called.pk], "administration-stays": [cast.home.pk],
        ERASE: [cast.home.pk], "team-start-answer": asked, "left-draft": [typed.pk],
        "administration-role-offer-answer": [offer.pk], "administration-account-use": [cast.mette.pk],
        "administration-address-change": [cast.mette.pk],
        **{name: [item.pk, *ours["item"]] for name in (*matrix.ITEM_GET, *matrix.ITEM_POST)},
        **dict.fromkeys((*matrix.SIGN_GET, *matrix.SIGN_POST), signs),
        **dict.fromkeys((*matrix.AGENDA_GET, *matrix.AGENDA_POST), agenda),
        **dict.fromkeys(matrix.REMINDER_POST, mine),
    }  # fmt: skip
    pools: dict[str, list[Any]] = {
        "slug": [cast.home.slug, cast.other_home.slug, "findes-ikke", "0", "-", "a" * 300],
        "stay": [cast.rune.pk, cast.tove.pk, cast.aksel.pk, moved, cast.elsewhere.pk, 0, 999999999],
        "former": [moved, cast.rune.pk, cast.elsewhere.pk, 0],
        "number": [running.number, *(n for n in reversed(numbers) if n != running.number), 0, 999999999],
        "column": ["goals", "status", "words", "contact", "findes-ikke", "a" * 300],
        "side": ["joint", "home", "team", "begge"],
        "region": [region.pk, cast.home.organisation_id, 0],
        "day": [TODAY.isoformat(), "0001-01-01", "9999-12-31", "2026-02-30", "x"],
        "code": [code, "x", "é" * 50, "a" * 2000, "%00"],
    }
    named = matrix.named_rows(cast)
    named["home"] = cast.home.pk
    world = World(cast, people, named, pools, pks, device_code)
    world.clients = {name: cast.client(user) for name, user in people.items()}
    assert Series.objects.for_home(cast.home).count() == 1
    return world


def _criteria(cast: Cast, region: Any, karla: User, lis: Access) -> dict[str, list[int]]:
    """A proposal that waits for both sides, and one of the home's own."""
    criterion = Criterion.objects.get(key="tidlige-tegn", home=None)
    standing = criterion.versions.latest("number")
    changed = Wording(**{**wording_of(standing).values(), "name": "Andre ord"})  # type: ignore[arg-type]
    waiting = criteria_services.criterion_propose(
        criterion=criterion, wording=changed, seen=standing.number, key="", by=karla, today=TODAY
    )
    mine = own.own_criterion_propose(
        home=cast.home, region_id=region.pk, side=lis.side, wording=changed, ends_on=TODAY + timedelta(days=90),
        key="", by=cast.lis, today=TODAY,
    )  # fmt: skip
    whole = [criterion.pk, *Criterion.objects.filter(home=None).exclude(pk=criterion.pk).values_list("pk", flat=True)]
    return {"set": whole[:3], "waiting": [waiting.pk], "own": [mine.pk]}


def _work(cast: Cast, mette: Access, amina: Access) -> dict[str, list[int]]:
    """Rune akut with a review to confirm, Tove subakut; texts, interventions, topics."""
    episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise")
    review = board_services.akut_review(
        access=mette,
        stay_id=cast.rune.pk,
        done=board_services.ReviewDone(home_person=cast.mette, team_person=None, outcome=AkutReview.Outcome.SAME),
        team_open=False,
        seen=episode.version,
        key="",
        today=TODAY,
    )
    cast.put_on_board(cast.tove)
    for stay in (cast.rune, cast.tove):
        cast.write("Sover dårligt", stay=stay)
        cast.write("Komme ud", stay=stay, column_key="goals", side="joint")
    item, hidden = cast.agree(), cast.agree(stay=cast.aksel)
    meeting_services.topic_park(access=mette, stay_id=cast.rune.pk, team=None, text="Nøgler", key="")
    meeting_services.topic_park(access=mette, stay_id=None, team=cast.team, text="Ferie", key="")
    return {"review": [review.pk], "item": [item.pk, hidden.pk]}


def _work_elsewhere(cast: Cast) -> list[int]:
    """Frede at Sandkrogen, on the board with a text, a sign and an intervention that nobody here may touch."""
    there = enter(cast.stranger, cast.other_home.slug)
    stay = cast.elsewhere
    cast.put_on_board(stay, access=there)
    cast.write("Deres ord", stay=stay, access=there)
    plan = board_services.Plan(what="Deres indsats", track="social", owner=cast.stranger, due_on=TODAY)
    item = board_services.intervention_add(access=there, stay_id=stay.pk, plan=plan, key="", today=TODAY)
    sign = board_services.sign_note(
        access=there, stay_id=stay.pk, text="Deres tegn", urgency=Urgency.SOON, key="", today=TODAY
    )
    topic = meeting_services.topic_park(access=there, stay_id=None, team=cast.other_team, text="Deres emne", key="")
    return [item.pk, sign.pk, topic.pk]


# --- what is sent ----------------------------------------------------------------------------------------------------


LEADERS = tuple(f"administration-{name}" for name in ("sample", "anchor", "membership-hand-on", "device", "stay"))


def who_may(name: str) -> list[str]:
    """Those let in at the URL first."""
    if "slug" in PLACES[name]:
        leaders = {
            "criteria",
            *(n for n, _ in [*matrix.LEADER_GET, *matrix.LEADER_POST]),
            *matrix.LEADER_STAY_GET,
            *matrix.INSIGHT,
        }
        if name in matrix.TEAM_SIDE:
            return ["amina"]
        return ["lis", "peter"] if name in leaders else ["mette", "amina", "lis"]
    if name.startswith("administration-approv"):
        return ["nils", "peter"]
    if name.startswith(("administration-criteri", "administration-settings")):
        return ["karla"]
    if name.startswith(LEADERS):
        return ["lis"]
    if name.startswith("administration-absence-own"):
        return ["mette", "lis"]
    if name.startswith("administration-role-offer"):
        return ["mette", "lis"]
    if name in (*matrix.EMPLOYER_SYSTEM_GET, *matrix.EMPLOYER_SYSTEM_PAGES):
        return ["bo"]
    if name.startswith("administration"):
        return ["sanne", "lis"]
    return ["lis"] if name in matrix.LEFT_DRAFT_POST else ["mette", "amina"]


# What a person would type into an empty field of the sort.
TYPED = {
    "checkbox": "1", "date": "2026-11-18", "time": "14:00", "number": "5", "tel": "70 00 00 09",
    "email": "ny@x.invalid",
}  # fmt: skip


class _Forms(HTMLParser):
    """Each form and button of a page that sends something: (address, {name: values}); values as a browser has them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, list[str]]]] = []
        self.fields: dict[str, list[str]] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form":
            self.fields = {}
            if given.get("data-hx-post") or given.get("method", "").lower() == "post":
                # A form that names no address sends to the page's own.
                self.found.append((given.get("data-hx-post") or given.get("action", ""), self.fields))
        elif given.get("data-hx-post"):
            vals = json.loads(given.get("data-hx-vals") or "{}")
            self.found.append((given["data-hx-post"], {key: [str(value)] for key, value in vals.items()}))
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            self.fields.setdefault(self.select, []).append(value)
        elif tag in ("input", "button", "textarea") and name:
            self.fields.setdefault(name, []).append(value or TYPED.get(given.get("type", ""), ""))


def shown_forms(world: World) -> dict[str, list[dict[str, list[str]]]]:
    """{URL name: what the forms and buttons of all pages and dialogs send there}, each different set of names once."""
    found: dict[str, dict[tuple[str, ...], dict[str, list[str]]]] = {}
    for name in NAMES:
        if name in STREAMS or name == "minutes-pdf":
            continue
        for who in who_may(name)[:1]:
            for pool in range(
                2 if {"stay", "number"} & set(PLACES[name]) or name == "administration-membership-end" else 1
            ):
                places = {place: values[min(pool, len(values) - 1)] for place, values in world.arguments(name).items()}
                if "slug" in places:
                    places["slug"] = world.cast.home.slug
                answer = world.clients[who].get(reverse(name, kwargs=places), headers={"HX-Request": "true"})
                if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
                    continue
                page = _Forms()
                page.feed(answer.content.decode())
                here = answer.request["PATH_INFO"]
                for address, fields in page.found:
                    try:
                        target = resolve(urlsplit(address).path or here)
                    except Resolver404:
                        continue
                    found.setdefault(str(target.url_name), {}).setdefault(tuple(sorted(fields)), fields)
    return {name: list(sets.values()) for name, sets in found.items()}


def _read_names() -> dict[str, set[str]]:
    """{module: the names its source asks of what was sent}, from request.POST.get("…") and the like."""
    found: dict[str, set[str]] = {}
    for module in {view.__module__ for view in VIEWS.values()}:
        names: set[str] = set()
        source = ast.parse(inspect.getsource(sys.modules[module]))
        for node in ast.walk(source):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("get", "getlist")
            ):
                holder, given = node.func.value, node.args[:1]
            elif isinstance(node, ast.Subscript):
                holder, given = node.value, [node.slice]
            else:
                continue
            if isinstance(holder, ast.Attribute) and holder.attr in ("POST", "GET", "FILES"):
                names |= {
                    part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
        used = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
        for form in project_forms():
            if form.__name__ in used:
                names |= set(form.base_fields)
        found[module] = names
    return found


READ = _read_names()


def names_for(name: str) -> list[str]:
    """The names the URL's view may ask for."""
    return sorted(READ[VIEWS[name].__module__]) or ["text"]
