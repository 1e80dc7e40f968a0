"""Each guard of the house, tried with it and without it.

An attack that fails with the guard and succeeds without it shows both that the guard stands and that the attack is one:
a test that could not fail would say nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.views import signup
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import boards.live.hub
import boards.live.snapshots
import boards.live.stream
import boards.rules
import boards.services.cells
import boards.services.interventions
import boards.views.page
import meetings.services
import meetings.services.calendar
import meetings.services.running
import meetings.views.lists
import meetings.views.running
import meetings.views.wall
import privacy.insight
import privacy.views.resident
import reminders.services.own
import residents.selectors
import residents.services
from accounts import access, account_urls, devices, offices, screens, second_factor
from accounts.access import Access, accesses
from accounts.adapter import ClosedSignup
from accounts.models import DeviceSignIn, Screen
from audit import trail
from audit.models import Entry
from boards.models import AkutRead, Cell, Intervention
from core.errors import Denied
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import AgendaItem, Meeting, ParkedTopic, WallScreen
from organisation import acts
from organisation.door import HomeManager, UnscopedQuery
from organisation.models import Home, Membership, Role, Side, TeamHome, User
from reminders import services as reminder_services
from reminders.models import Reminder
from residents import services as resident_services
from residents.models import BasisKind, Giver, Stay, TeamLink
from residents.sharing import audience_of
from tests.conftest import ALL_OF, TODAY, Cast
from tests.conftest import EVERY_PART as EVERYTHING
from tests.loops import Ask, on_a_loop

PASSWORD = "en lang og rolig adgangskode"


@dataclass
class Tried:
    """What an attack and a switching-off have at hand."""

    cast: Cast
    patch: pytest.MonkeyPatch
    settings: Any
    clock: Any

    def url(self, name: str, *rest: Any, home: Home | None = None) -> str:
        return reverse(name, args=[(home or self.cast.home).slug, *rest])

    def get(self, user: User, page: str, *rest: Any, home: Home | None = None) -> Any:
        return self.cast.client(user).get(self.url(page, *rest, home=home))

    def post(self, user: User, page: str, *rest: Any, home: Home | None = None, **data: Any) -> Any:
        return self.cast.client(user).post(self.url(page, *rest, home=home), data)

    def off(self, module: Any, name: str, instead: Any) -> None:
        self.patch.setattr(module, name, instead)

    def without(self, middleware: str) -> None:
        """The site without one layer. The ones of Django's own are named by their last word."""
        kept = [path for path in self.settings.MIDDLEWARE if not path.endswith(middleware)]
        assert len(kept) == len(self.settings.MIDDLEWARE) - 1, middleware
        self.settings.MIDDLEWARE = kept

    def text(self, stay: Stay, column: str = "status", side: Side = Side.HOME) -> str:
        cell = Cell.objects.for_home(self.cast.home).filter(stay=stay, column=column, side=side).first()
        return cell.text if cell else ""

    def running(self) -> tuple[Meeting, AgendaItem, AgendaItem]:
        """A meeting Mette chairs, the item all follow and another."""
        self.cast.put_on_board(self.cast.rune, Level.AKUT, "akut-krise")
        self.cast.put_on_board(self.cast.tove)
        meeting = self.cast.start()
        items = AgendaItem.objects.for_home(self.cast.home).filter(meeting=meeting).select_related("stay__resident")
        first = items.get(pk=meeting.spotlight_id)
        return meeting, first, items.exclude(pk=first.pk).exclude(stay=None).order_by("order")[0]

    def room(self) -> tuple[Meeting, AgendaItem, AgendaItem]:
        """The same, with the resident of the first item in the room."""
        found = self.running()
        here = meeting_services.resident_here(
            access=self.cast.access(self.cast.mette), number=found[0].number, here=True, today=TODAY
        )
        return here, found[1], found[2]


# --- the door, and who comes in ---------------------------------------------------------------------------------------


def _all_rows(t: Tried) -> None:
    def everything(self: Any, *_: Any) -> Any:
        return models.Manager.get_queryset(self)

    t.off(HomeManager, "for_home", everything)
    t.off(HomeManager, "for_homes", everything)


def another_homes_row(t: Tried) -> bool:
    t.post(t.cast.mette, "topic-park", text="Nøgler", key="n")
    pk = ParkedTopic.objects.for_home(t.cast.home).get(text="Nøgler").pk
    return bool(t.post(t.cast.stranger, "topic-settle", pk, home=t.cast.other_home).status_code == 404)


def query_past_the_door(t: Tried) -> bool:
    try:
        return not Stay.objects.filter(resident__name="Frede").exists()
    except UnscopedQuery:
        return True


def _anybody_enters(t: Tried) -> None:
    def enter(user: User, slug: str) -> Access:
        return Access(user, Home.objects.get(slug=slug), Side.HOME, Role.STAFF, None)

    t.off(access, "enter", enter)


def strangers_board(t: Tried) -> bool:
    t.cast.put_on_board(t.cast.rune)
    answer = t.get(t.cast.stranger, "board")
    return answer.status_code == 404 and "Rune" not in answer.content.decode()


def link_that_changes(t: Tried) -> bool:
    """A link somebody is lured to press must not answer for them."""
    t.cast.put_on_board(t.cast.rune, Level.AKUT, "akut-krise")
    answer = t.get(t.cast.amina, "akut-read", t.cast.rune.pk)
    return answer.status_code == 405 and not AkutRead.objects.for_home(t.cast.home).filter(user=t.cast.amina).exists()


def staff_makes_a_wall_link(t: Tried) -> bool:
    answer = t.post(t.cast.mette, "wall-screens", name="Hjemme hos mig", key="s")
    return answer.status_code == 403 and not WallScreen.objects.for_home(t.cast.home).exists()


def _office_for_all(t: Tried) -> None:
    real = offices.office_of
    everywhere = frozenset({t.cast.home.organisation_id, t.cast.team.organisation_id})
    t.off(offices, "office_of", lambda user: replace(real(user), system=everywhere))


def staff_sets_up(t: Tried) -> bool:
    client = t.cast.client(t.cast.mette)
    answers = [client.get(reverse(name)) for name in ("administration-people", "administration-homes")]
    return all(answer.status_code == 404 and "Sally" not in answer.content.decode() for answer in answers)


def _open_signup(t: Tried) -> None:
    t.off(ClosedSignup, "is_open_for_signup", yes)
    t.patch.setattr(account_urls.urlpatterns[0], "callback", signup)
    # What the library would need as well, or it fails before it has asked for anything.
    t.settings.ACCOUNT_USER_MODEL_USERNAME_FIELD = None


def stranger_signs_up(t: Tried) -> bool:
    cache.clear()
    data = {"email": "ny@x.invalid", "password1": PASSWORD, "password2": PASSWORD}
    Client(raise_request_exception=False).post("/konto/signup/", data)
    return not User.objects.filter(email="ny@x.invalid").exists()


def _no_lock(t: Tried) -> None:
    t.settings.AXES_ENABLED = False


def guessing_the_password(t: Tried) -> bool:
    cache.clear()
    # The sign-in library counts too; it is put aside, so that axes alone is tried.
    t.settings.ACCOUNT_RATE_LIMITS = False
    t.cast.mette.set_password(PASSWORD)
    t.cast.mette.save()
    for guess in ("1234", "hemmelig", "kodeord", "botilbud", "havtornen", "mette"):
        Client().post("/konto/login/", {"login": t.cast.mette.email, "password": guess})
    client = Client()
    client.post("/konto/login/", {"login": t.cast.mette.email, "password": PASSWORD})
    return "_auth_user_id" not in client.session


def password_alone_where_more_is_asked(t: Tried) -> bool:
    t.settings.SECOND_FACTOR = "everybody"
    return t.cast.client(t.cast.mette).get(reverse("board", args=["havtornen"])).status_code == 302


# --- what is shared ---------------------------------------------------------------------------------------------------


def _sight_of_all(t: Tried) -> None:
    t.off(residents.selectors, "sight", lambda *_, **__: EVERYTHING)


def withdrawn_on_the_board(t: Tried) -> bool:
    for stay in (t.cast.rune, t.cast.aksel, t.cast.vibeke):
        t.cast.put_on_board(stay)
    page = t.get(t.cast.amina, "board").content.decode()
    assert "Rune" in page
    return "Aksel" not in page and "Vibeke" not in page


def withdrawn_in_the_search(t: Tried) -> bool:
    page = t.cast.client(t.cast.amina).get(reverse("find"), {"q": "aksel"}).content.decode()
    return "Aksel" not in page


def withdrawn_in_old_minutes(t: Tried) -> bool:
    """Minutes are locked, and yet read again with today's sharing."""
    t.cast.write("Hemmelig status")
    meeting, *_ = t.running()
    meeting_services.meeting_close(access=t.cast.access(t.cast.mette), meeting=meeting, why="Prøve", today=TODAY)
    resident_services.basis_withdraw(home=t.cast.home, stay_id=t.cast.rune.pk, acting_side=Side.HOME, by=t.cast.mette)
    page = t.get(t.cast.amina, "minutes", meeting.number).content.decode()
    assert "Tove" in page
    return "Rune" not in page and "Hemmelig" not in page


def _scope_of_all(t: Tried) -> None:
    t.off(residents.selectors, "covered", lambda side, kind, what: ALL_OF[side])


def left_out_of_the_basis(t: Tried) -> bool:
    """The home shares its interventions, and not its status."""
    t.cast.put_on_board(t.cast.rune)
    t.cast.write("Hemmelig status")
    t.cast.agree("Delt tur")
    resident_services.basis_record(
        stay=t.cast.rune,
        side=Side.HOME,
        acting_side=Side.HOME,
        new=resident_services.NewBasis(
            kind=BasisKind.SOCIAL, covers="", what="social", given_by=Giver.RESIDENT, from_day=TODAY, to_day=None
        ),
        instead=True,
        by=t.cast.mette,
    )
    page = t.get(t.cast.amina, "board").content.decode()
    assert "Delt tur" in page
    return "Hemmelig status" not in page


def _openings_stay(t: Tried) -> None:
    for module in (boards.live.snapshots, boards.live.hub, residents.services):
        t.off(module, "openings_end", lambda now: 0)


def opened_in_need_for_ever(t: Tried) -> bool:
    """The board rendered while it was open is not shown once the hour is over."""
    t.cast.put_on_board(t.cast.aksel)
    t.post(t.cast.mette, "basis-open", t.cast.aksel.pk, reason="Fundet forvirret på gaden", key="n")
    assert "Aksel" in t.get(t.cast.amina, "board").content.decode()
    t.clock.shift(timedelta(minutes=61))
    return "Aksel" not in t.get(t.cast.amina, "board").content.decode()


def consent_for_three_years(t: Tried) -> bool:
    try:
        resident_services.basis_record(
            stay=t.cast.aksel,
            side=Side.HOME,
            acting_side=Side.HOME,
            new=resident_services.NewBasis(
                kind=BasisKind.CONSENT,
                covers="Alt",
                given_by=Giver.RESIDENT,
                from_day=TODAY,
                to_day=TODAY + timedelta(days=3 * 365),
            ),
            by=t.cast.mette,
        )
    except Denied:
        return True
    return False


def _no_team_constraint(t: Tried) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_team_at_a_time")


def two_teams_on_a_stay(t: Tried) -> bool:
    """Whatever code forgets: the database holds one open team to a stay, or what one sees, another would."""
    TeamHome.objects.create(team=t.cast.other_team, home=t.cast.home, weekdays=[2], from_day=date(2026, 1, 1))
    link = TeamLink(stay=t.cast.rune, team=t.cast.other_team, from_day=TODAY)
    with suppress(DatabaseError), transaction.atomic():
        link.save(force_insert=True)
    return "Rune" not in t.get(t.cast.other_nurse, "residents").content.decode()


# --- the meeting ------------------------------------------------------------------------------------------------------


def another_while_the_resident_is_here(t: Tried) -> bool:
    meeting, _, other = t.room()
    assert other.stay is not None
    answer = t.get(t.cast.jonas, "agenda-item", meeting.number, other.pk)
    return answer.status_code == 422 and other.stay.resident.name not in answer.content.decode()


def written_about_another_meanwhile(t: Tried) -> bool:
    meeting, _, other = t.room()
    assert other.stay is not None
    joint = meeting_services.joint(meeting)
    shown = {"since": boards.live.snapshots.snapshot(t.cast.home, joint).told}
    t.cast.write("Hemmeligt om en anden", stay=other.stay)
    answer = t.cast.client(t.cast.mette).get(t.url("meeting-changes", meeting.number), shown)
    assert answer.json()["to"] != shown["since"]
    return "Hemmeligt om en anden" not in answer.content.decode()


def chair_goes_on_while_the_resident_is_here(t: Tried) -> bool:
    meeting, first, other = t.room()
    t.post(t.cast.mette, "spotlight-move", meeting.number, item=other.pk)
    now = Meeting.objects.for_home(t.cast.home).get(pk=meeting.pk)
    return bool(now.spotlight_id == first.pk)


def somebody_else_steers(t: Tried) -> bool:
    meeting, first, other = t.running()
    t.post(t.cast.jonas, "spotlight-move", meeting.number, item=other.pk)
    now = Meeting.objects.for_home(t.cast.home).get(pk=meeting.pk)
    return bool(now.spotlight_id == first.pk)


def _wall_always(t: Tried) -> None:
    """As if the wall took any meeting of the home for a running one."""

    def last(screen: WallScreen) -> Meeting | None:
        rows = Meeting.objects.for_home(screen.home).select_related("spotlight", "series__team", "chair", "home")
        return rows.order_by("-number").first()

    t.off(meetings.services, "running_for", last)


def wall_after_the_meeting(t: Tried) -> bool:
    page = t.post(t.cast.lis, "wall-screens", name="Mødelokalet", key="s").content.decode()
    screen = Client()
    screen.post("/vaeg/" + page.split("/vaeg/")[1].split('"')[0])
    meeting, *_ = t.running()
    assert "bolig 4" in screen.get("/vaeg/nu/").content.decode()
    Meeting.objects.for_home(t.cast.home).filter(pk=meeting.pk).update(state=Meeting.State.CLOSED)
    return "bolig 4" not in screen.get("/vaeg/nu/").content.decode()


# --- writing ----------------------------------------------------------------------------------------------------------


def other_sides_text(t: Tried) -> bool:
    t.post(t.cast.amina, "cell", t.cast.rune.pk, "status", "home", text="Skrevet for dem", seen=0)
    return t.text(t.cast.rune) == ""


def _no_version_check(t: Tried) -> None:
    """A write that takes what stands there now for what the person saw."""
    real = boards.services.cells.cell_write

    def overwrite(**kwargs: Any) -> Cell:
        there = boards.services.cells.cell_at(kwargs["access"].home, kwargs["where"])
        return real(**{**kwargs, "seen": there.version if there else 0})

    t.off(boards.services, "cell_write", overwrite)


def writing_over_what_one_did_not_see(t: Tried) -> bool:
    place = ("cell", t.cast.rune.pk, "goals", "joint")
    t.post(t.cast.mette, *place, text="Vil gerne male", seen=0, key="a")
    answer = t.post(t.cast.amina, *place, text="Vil gerne sove", seen=0, key="b")
    return answer.status_code == 409 and t.text(t.cast.rune, "goals", Side.JOINT) == "Vil gerne male"


def double_click(t: Tried) -> bool:
    for _ in range(2):
        t.post(t.cast.mette, "intervention-add", t.cast.rune.pk, what="Går en tur", track="social", key="n")
    return bool(Intervention.objects.for_home(t.cast.home).filter(what="Går en tur").count() == 1)


def text_no_database_holds(t: Tried) -> bool:
    client = t.cast.client(t.cast.mette)
    client.raise_request_exception = False
    answer = client.post(t.url("cell", t.cast.rune.pk, "status", "home"), {"text": "Sover\x00 dårligt", "seen": 0})
    return answer.status_code == 400 and t.text(t.cast.rune) == ""


def another_persons_reminder(t: Tried) -> bool:
    t.cast.agree(owner=t.cast.mette, due_on=TODAY)
    reminder_services.plan(TODAY)
    row = Reminder.objects.for_home(t.cast.home).get()
    t.cast.client(t.cast.stranger).post(reverse("reminder-hide", args=[row.pk]))
    row.refresh_from_db(from_queryset=Reminder.objects.for_home(t.cast.home))
    return bool(row.state != Reminder.State.HIDDEN)


def _any_reminder(t: Tried) -> None:
    def mine(user: User, pk: int, today: date) -> list[Reminder]:
        return list(Reminder.objects.system("guard switched off").filter(pk=pk))

    t.off(reminders.services.own, "_mine", mine)


def page_that_posts_from_elsewhere(t: Tried) -> bool:
    client = Client(enforce_csrf_checks=True)
    client.force_login(t.cast.mette, backend="accounts.sessions.Backend")
    answer = client.post(t.url("cell", t.cast.rune.pk, "status", "home"), {"text": "Udefra", "seen": 0})
    return answer.status_code == 403 and t.text(t.cast.rune) == ""


# --- what every answer carries, and the log ---------------------------------------------------------------------------


def kept_by_a_cache(t: Tried) -> bool:
    answers = [t.get(t.cast.mette, name) for name in ("board", "residents")]
    return all("no-store" in answer.headers.get("Cache-Control", "") for answer in answers)


def script_from_anywhere(t: Tried) -> bool:
    policy = t.get(t.cast.mette, "board").headers.get("Content-Security-Policy", "")
    return "default-src 'none'" in policy and "script-src 'self';" in f"{policy};" and "unsafe" not in policy


def shown_in_a_frame_elsewhere(t: Tried) -> bool:
    return t.get(t.cast.mette, "board").headers.get("X-Frame-Options") == "DENY"


def _triggers_gone(t: Tried) -> None:
    where = " ON audit_entry" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER audit_entry_no_update{where}")


def log_written_anew(t: Tried) -> bool:
    t.cast.write("Ord")
    entry = Entry.objects.filter(action="cell.written").latest("pk")
    with suppress(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(actor=t.cast.jonas.pk)
    return bool(Entry.objects.get(pk=entry.pk).actor == t.cast.mette.pk)


def _looks_unlogged(t: Tried) -> None:
    real = trail.record_read

    def careless(*args: Any, **kwargs: Any) -> None:
        with suppress(trail.Unwritable):
            real(*args, **kwargs)

    t.off(trail, "record_read", careless)


def shown_though_the_log_is_full(t: Tried) -> bool:
    def full(read: Any) -> None:
        raise DatabaseError("disk full")

    t.off(trail, "_add_read", full)
    t.cast.put_on_board(t.cast.rune)
    answer = t.get(t.cast.mette, "board")
    return answer.status_code == 503 and "Rune" not in answer.content.decode()


# --- what leaves the board --------------------------------------------------------------------------------------------


def _insight_of_all(t: Tried) -> None:
    real = privacy.insight.stay_account

    def stay_account(*args: Any) -> privacy.insight.StayAccount:
        return replace(real(*args), sight=EVERYTHING)

    t.off(privacy.insight, "stay_account", stay_account)


def other_sides_text_in_the_insight(t: Tried) -> bool:
    """What the team shares stands on the home's screens, and is still the team's to hand out."""
    t.cast.write("Teamets ord", by=t.cast.amina, side=Side.TEAM)
    t.cast.write("Botilbuddets ord")
    answer = t.post(t.cast.lis, "insight", t.cast.rune.pk, format="json", why="Beboeren")
    assert "Botilbuddets ord" in answer.content.decode()
    return "Teamets ord" not in answer.content.decode()


def staff_takes_out_the_insight(t: Tried) -> bool:
    return t.post(t.cast.mette, "insight", t.cast.rune.pk, format="json", why="Nysgerrig").status_code == 403


def taking_out_without_end(t: Tried) -> bool:
    t.settings.EXPORTS_AN_HOUR = 2
    asked = [t.get(t.cast.mette, "my-week", t.cast.rune.pk).status_code for _ in range(3)]
    return asked == [200, 200, 429]


# --- the stream -------------------------------------------------------------------------------------------------------


def stream_ends(t: Tried, ending: Callable[[Client], Any]) -> bool:
    """A stream that has begun says `ud` and ends once `ending` has happened to the browser it goes to."""
    t.patch.setattr(boards.live.hub, "CHECK_EVERY", 0.0)
    t.patch.setattr(boards.live.hub, "TICK", 0.01)
    t.patch.setattr(boards.live.stream, "HEARTBEAT", 0.05)
    client = t.cast.client(t.cast.mette)
    key = client.session.session_key or ""
    access = t.cast.access(t.cast.mette)
    viewer = (t.cast.mette.pk, key, access.home.slug, access.side.value, 0, client.session[screens.KEY])
    audience = audience_of(access)
    since = boards.live.snapshots.snapshot(access.home, audience).seen

    heard: list[str] = []

    async def watch(ask: Ask) -> None:
        centre = boards.live.hub.hub()
        look = partial(boards.live.stream.log_look, access.home, audience, access.user)
        events: Any = boards.live.stream._events(access.home, audience, since, viewer, "fane", look, None)
        async for chunk in events:
            lines = chunk.decode().split("\n")
            heard.extend(line.removeprefix("event: ") for line in lines if line.startswith("event: "))
            if heard == ["present", "pulse"]:
                await ask(partial(ending, client))
            if heard[-1] == "ended" or len(heard) > 12:
                break
        await events.aclose()
        assert centre.task is not None
        centre.wake.set()
        await centre.task
        centre.pool.shutdown()

    on_a_loop(t.patch, watch)
    assert heard[:2] == ["present", "pulse"]
    return heard[-1] == "ended"


def stream_after_the_session(t: Tried) -> bool:
    """Somebody signed out keeps no open screen."""
    return stream_ends(t, lambda client: Session.objects.filter(session_key=client.session.session_key).delete())


def stream_on_a_locked_screen(t: Tried) -> bool:
    """Nothing goes on to a screen that somebody locked."""
    return stream_ends(t, lambda client: Screen.objects.update(locked_at=timezone.now()))


def _jobs_for_ever(t: Tried) -> None:
    before = accesses(t.cast.mette, TODAY)
    t.off(boards.live.hub, "accesses_of_many", lambda people, day: before)


def stream_after_the_job(t: Tried) -> bool:
    """Nor to somebody who no longer works there."""
    yesterday = TODAY - timedelta(days=1)
    return stream_ends(t, lambda client: Membership.objects.filter(user=t.cast.mette).update(to_day=yesterday))


# --- the locked screen ----------------------------------------------------------------------------------------------


def _endless_tries(t: Tried) -> None:
    t.settings.PIN_TRIES = 1000


def reading_on_a_locked_screen(t: Tried) -> bool:
    """A page, a fragment and a write on a screen left alone."""
    t.settings.LOCK_OWN_SECONDS = 600
    client = t.cast.client(t.cast.mette)
    t.clock.shift(600)
    fragment = client.get(t.url("board-changes"), headers={"X-Requested-With": "board"})
    page = client.get(t.url("board"))
    return fragment.status_code == page.status_code == 423 and "Rune" not in page.content.decode()


def guessing_a_pin(t: Tried) -> bool:
    """Every PIN is tried, one after the other."""
    device, _ = devices.device_add(unit=t.cast.home, name="Tablet", key="", by=t.cast.lis)
    DeviceSignIn.objects.create(device=device, user=t.cast.mette, at=timezone.now())
    screens.pin_set(user=t.cast.mette, pin="482915", again="482915", password="", now=timezone.now())
    for guess in range(7):
        with suppress(Denied):
            screens.check_pin(device, t.cast.mette.pk, f"48291{guess}", timezone.now())
            return False
    return True


# --- the table --------------------------------------------------------------------------------------------------------


def _off(module: Any, name: str, instead: Any) -> Callable[[Tried], None]:
    return lambda t: t.off(module, name, instead)


def _layer(name: str) -> Callable[[Tried], None]:
    return lambda t: t.without(name)


def yes(*_: Any, **__: Any) -> bool:
    return True


def no(*_: Any, **__: Any) -> bool:
    return False


def nothing(*_: Any, **__: Any) -> None:
    return None


# What is switched off, how, and the attack that must fail with it and succeed without it.
GUARDS: dict[str, tuple[Callable[[Tried], None], Callable[[Tried], bool]]] = {
    "the door: for_home": (_all_rows, another_homes_row),
    "the door: no other query": (
        _off(HomeManager, "get_queryset", models.Manager.get_queryset),
        query_past_the_door,
    ),
    "home_view: 404 to a stranger": (_anybody_enters, strangers_board),
    "gate: a reading changes nothing": (_off(access, "gate", nothing), link_that_changes),
    "gate: text no database holds": (_off(access, "gate", nothing), text_no_database_holds),
    "what leaders do": (_off(Access, "is_leader", property(yes)), staff_makes_a_wall_link),
    "office_view": (_office_for_all, staff_sets_up),
    "closed sign-up": (_open_signup, stranger_signs_up),
    "axes: lock after wrong passwords": (_no_lock, guessing_the_password),
    "gate: a second factor first": (_off(second_factor, "held", no), password_alone_where_more_is_asked),
    "sight: the board": (_sight_of_all, withdrawn_on_the_board),
    "sight: the search": (_sight_of_all, withdrawn_in_the_search),
    "sight: minutes read again": (_sight_of_all, withdrawn_in_old_minutes),
    "what a basis covers": (_scope_of_all, left_out_of_the_basis),
    "openings_end": (_openings_stay, opened_in_need_for_ever),
    "check_basis": (_off(residents.services, "check_basis", nothing), consent_for_three_years),
    "constraint: one team at a time": (_no_team_constraint, two_teams_on_a_stay),
    "veiled": (_off(meetings.views.running, "veiled", no), another_while_the_resident_is_here),
    "for_the_room": (
        _off(meetings.views.running, "for_the_room", lambda home, number, answer: answer),
        written_about_another_meanwhile,
    ),
    "check_alone": (_off(meetings.services.running, "check_alone", nothing), chair_goes_on_while_the_resident_is_here),
    "the chair": (_off(meetings.services.running, "_check_chair", nothing), somebody_else_steers),
    "the wall is dark outside the meeting": (_wall_always, wall_after_the_meeting),
    "may_write": (_off(boards.rules, "may_write", yes), other_sides_text),
    "version check in cell_write": (_no_version_check, writing_over_what_one_did_not_see),
    "once": (_off(boards.services.interventions, "once", nothing), double_click),
    "a reminder is its recipient's": (_any_reminder, another_persons_reminder),
    "csrf": (_layer("CsrfTokens"), page_that_posts_from_elsewhere),
    "no_store": (_layer("no_store"), kept_by_a_cache),
    "content security policy": (_layer("CSPMiddleware"), script_from_anywhere),
    "x-frame-options": (_layer("XFrameOptionsMiddleware"), shown_in_a_frame_elsewhere),
    "append-only log": (_triggers_gone, log_written_anew),
    "nothing shown that is not logged": (_looks_unlogged, shown_though_the_log_is_full),
    "insight: a side's own alone": (_insight_of_all, other_sides_text_in_the_insight),
    "insight: a leader's": (_off(privacy.views.resident, "_leads", nothing), staff_takes_out_the_insight),
    "the pace of taking out": (_off(acts, "_check_pace", nothing), taking_out_without_end),
    "streams ask again who may": (_off(boards.live.hub, "allowed", lambda viewers: viewers), stream_after_the_session),
    "streams end with the job": (_jobs_for_ever, stream_after_the_job),
    "streams end on a locked screen": (_off(screens, "open_among", lambda pks, now: pks), stream_on_a_locked_screen),
    "locked screen": (_layer("LockedScreen"), reading_on_a_locked_screen),
    "pin: five tries": (_endless_tries, guessing_a_pin),
}


@pytest.fixture
def tried(cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any, clock: Any) -> Tried:
    return Tried(cast, monkeypatch, settings, clock)


@pytest.mark.parametrize("name", GUARDS)
def test_guard_stands(tried: Tried, name: str) -> None:
    _, stands = GUARDS[name]
    assert stands(tried), f"{name}: the attack succeeded"


@pytest.mark.parametrize("name", GUARDS)
def test_without_the_guard_the_attack_succeeds(tried: Tried, name: str) -> None:
    switch_off, stands = GUARDS[name]
    switch_off(tried)
    assert not stands(tried), f"{name}: switched off, and nothing was seen of it"
