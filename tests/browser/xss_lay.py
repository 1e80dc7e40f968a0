"""Lays the payloads into a fresh database, through the services where there is one, by the people they are about."""

from datetime import date, time, timedelta
from itertools import zip_longest
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.access import enter, today
from accounts.models import Screen
from accounts.offices import office_of
from administration import settings_page
from administration.services.roles import RoleFacts, membership_give
from boards import services as boards
from boards.models import AkutReview, Episode, Intervention, State, Told, Urgency
from core.period import wall_clock
from criteria import own
from criteria import rules as criteria_rules
from criteria import services as criteria
from criteria.models import Approval, Criterion, CriterionVersion, Level
from criteria.rules import Wording
from meetings import services as meetings
from meetings.models import AgendaItem, Meeting, Series
from organisation import region as region_rules
from organisation.drafts import keep_draft
from organisation.models import Home, Membership, Organisation, Role, Side, Team, TeamHome, User
from residents import services as residents
from residents.models import BasisKind, Giver, Situation, Stay
from tests.browser.xss_world import COUNT, packed, payload
from tests.conftest import Cast, employed_where_they_work, lay_cast, seen_of

SERVED_AFTER = timedelta(minutes=35)
BACKEND = "accounts.sessions.Backend"
START = date(2026, 1, 1)
# How many stand on the team's side: the same pages show their names as the others'.
CREW = 8


class World:
    """What the test has to know: who is signed in with which cookie, and the ids in the addresses."""

    def __init__(self) -> None:
        self.cast: Cast = lay_cast()
        self.day = today()
        self.region: Organisation = self.cast.team.organisation
        self.town: Organisation = self.cast.home.organisation
        self.town.region = self.region
        self.town.save()
        self.staff: list[User] = []
        self.crew: list[User] = []
        self.stays: list[Stay] = []
        self.items: list[int] = []
        self.signs: list[int] = []
        self.found: dict[str, Any] = {}

    def person(self, mail: str, name: str, role: str = Role.STAFF, title: str = "", **place: Any) -> User:
        user = User.objects.create_user(f"{mail}@x.invalid", name=name, title=title)
        Membership.objects.create(user=user, role=role, from_day=START, **place)
        employed_where_they_work()
        return user

    def write(self, user: User, stay: Stay, column: str, side: Side, text: str, seen: int = 0) -> None:
        boards.cell_write(
            access=enter(user, stay.home.slug),
            where=boards.CellKey(stay.pk, column, side),
            text=text,
            seen=seen,
            key="",
            today=self.day,
        )

    def agree(self, user: User, stay: Stay, what: str, track: str, **plan: Any) -> Intervention:
        return boards.intervention_add(
            access=enter(user, stay.home.slug), stay_id=stay.pk, key="", today=self.day,
            plan=boards.Plan(what=what, track=track, **plan),
        )  # fmt: skip


def lay() -> dict[str, Any]:
    """Everything, in the order of a week: units, criteria, residents, texts, meetings. What the test needs to know."""
    with transaction.atomic():
        w = World()
        units(w)
        for place in range(COUNT):
            resident(w, place)
        topics_and_drafts(w)
        held(w)
        one_with_all(w)
        calendar(w)
        minutes_again(w)
        criteria_set(w)
        names(w)
    return {**w.found, "sessions": sessions(w), **addresses(w)}


def units(w: World) -> None:
    """People on both sides, and as many homes, teams and organisations, each with a payload for a name."""
    cast = w.cast
    for place in range(COUNT):
        w.staff.append(w.person(f"h{place}", payload("person", place), title=payload("title", place), home=cast.home))
        if place < CREW:
            w.crew.append(w.person(f"t{place}", payload("team-person", place), team=cast.team))
        town = Organisation.objects.create(name=payload("organisation", place), region=w.region)
        Home.objects.create(
            organisation=town, name=payload("home", place), slug=f"hjem-{place}",
            duty_title=payload("duty-title", place),
        )  # fmt: skip
        Team.objects.create(
            organisation=w.region, name=payload("team", place), opens=time(8), closes=time(16), phone="70 00 00 09",
            out_of_hours=payload("out-of-hours", place),
        )  # fmt: skip
    for home in Home.objects.filter(slug__startswith="hjem-"):
        Membership.objects.create(user=cast.stranger, role=Role.STAFF, home=home, from_day=START)
    # Teams of another name where hours are told: they all come to the other home.
    for team in Team.objects.filter(name__contains="pwn"):
        TeamHome.objects.create(team=team, home=cast.other_home, weekdays=[1], from_day=START)
    w.found["sanne"] = w.person("sanne", "Sanne", Role.SYSTEM, organisation=w.region).pk
    w.found["peter"] = w.person("peter", "Peter", Role.LEADER, team=cast.team).pk
    Membership.objects.create(user_id=w.found["peter"], role=Role.APPROVER, organisation=w.region, from_day=START)
    Membership.objects.create(user=cast.lis, role=Role.APPROVER, organisation=w.town, from_day=START)
    peter = office_of(User.objects.get(pk=w.found["peter"]))
    for user in w.staff:
        role = RoleFacts(cast.team, Role.STAFF, w.day, None)
        membership_give(office=peter, person=user, role=role, key="", today=w.day)


def wording(name: str, definition: str, exit_question: str) -> Wording:
    return Wording(name, definition, Level.SUBAKUT, 7, 7, None, exit_question)


def criteria_set(w: World) -> None:
    """As many criteria that hold, as many proposals somebody said no to, and the home's own."""
    cast = w.cast
    peter = User.objects.get(pk=w.found["peter"])
    for place in range(COUNT):
        words = wording(payload("criterion", place), payload("definition", place), payload("exit", place))
        made = criteria.criterion_create(region=w.region, wording=words, key="", by=cast.karla, today=w.day)
        version = CriterionVersion.objects.get(criterion=made)
        # As both sides' approvers would; the service would move every home's clock for each.
        for organisation, side, by in ((w.town, Side.HOME, cast.lis), (w.region, Side.TEAM, peter)):
            Approval.objects.create(version=version, organisation=organisation, side=side, person=by)
    for place, reason in enumerate(packed("rejected")):
        words = wording(f"Forslag {place}", payload("definition", place), payload("exit", place))
        proposed = criteria.criterion_create(region=w.region, wording=words, key="", by=cast.karla, today=w.day)
        waiting = CriterionVersion.objects.get(criterion=proposed)
        criteria.criterion_reject(version=waiting, organisation=w.town, side=Side.HOME, reason=reason, by=cast.lis)
    criteria_rules.OWN_AT_MOST = COUNT
    for name, definition in zip_longest(packed("own-criterion"), packed("own-definition"), fillvalue="Kun her"):
        own.own_criterion_propose(
            home=cast.home, region_id=w.region.pk, side=Side.HOME, wording=wording(name, definition, "Når det er slut"),
            ends_on=w.day + timedelta(days=30), key="", by=cast.lis, today=w.day,
        )  # fmt: skip
    turn = iter(range(COUNT))
    values = {
        "column_titles": {key: payload("settings", next(turn)) for key in settings_page.TITLES},
        "level_words": {level: payload("settings", next(turn)) for level in region_rules.LEVEL_WORDS},
        "level_meanings": {level: payload("settings", next(turn)) for level in region_rules.LEVEL_WORDS},
        "prompts": [payload("settings", next(turn)) for _ in region_rules.PROMPTS],
    }
    settings_page.settings_change(region=w.region, values=values, seen=0, key="", by=cast.karla, today=w.day)
    w.found["settings"] = next(turn)


def resident(w: World, place: int) -> None:
    """One resident a payload, with it in each text, written by two people called so."""
    cast, ours, theirs = w.cast, w.staff[place], w.crew[place % CREW]
    home = enter(ours, cast.home.slug)
    stay = residents.stay_begin(
        home=cast.home, name=payload("name", place), flat=payload("flat", place), from_day=START, by=ours
    )
    w.stays.append(stay)
    residents.team_link(stay=stay, team=cast.team, from_day=START, by=theirs)
    for side, who in ((Side.HOME, ours), (Side.TEAM, theirs)):
        residents.contact_set(stay=stay, side=side, person=who, deputy=None, by=who)
        residents.basis_record(
            stay=stay,
            side=side,
            acting_side=side,
            new=residents.NewBasis(
                kind=BasisKind.OTHER,
                covers=payload("covers", place),
                reason=payload("basis-reason", place),
                given_by=Giver.RESIDENT,
                from_day=START,
                to_day=date(2026, 12, 31),
            ),
            by=who,
        )
    for column, side, who, kind in (
        ("goals", Side.JOINT, ours, "goals"), ("status", Side.HOME, ours, "status-home"),
        ("status", Side.TEAM, theirs, "status-team"), ("safety", Side.JOINT, ours, "safety"),
    ):  # fmt: skip
        w.write(who, stay, column, side, payload(kind, place))
    other = CriterionVersion.objects.get(criterion__key="andet", criterion__home=None)
    boards.level_change(
        access=home,
        stay_id=stay.pk,
        new=boards.NewLevel(
            level=Level.AKUT if place % 2 else Level.SUBAKUT,
            criteria=[other.pk],
            other=payload("other", place),
            reason=payload("reason", place),
            told=Told.YES,
        ),
        seen=0,
        key="",
        today=w.day,
    )
    w.agree(ours, stay, payload("what", place), "social", owner=ours, due_on=w.day, with_whom=payload("with", place))
    w.agree(ours, stay, payload("tells", place), "social", owner=ours, due_on=w.day, tells=True)
    residents.situation_change(
        stay=stay, situation=Situation.ADMITTED, since=w.day, place=payload("place", place), by=ours
    )
    meetings.wall_add(access=enter(cast.lis, cast.home.slug), team=cast.team, name=payload("screen", place), key="")


def topics_and_drafts(w: World) -> None:
    """What waits for the meeting, and what Mette left half written."""
    cast = w.cast
    mette = enter(cast.mette, cast.home.slug)
    for place, text in enumerate(packed("resident-topic")):
        meetings.topic_park(access=mette, stay_id=w.stays[place].pk, team=None, text=text, key="")
    for text in packed("topic"):
        meetings.topic_park(access=mette, stay_id=None, team=cast.team, text=text, key="")
    # The meeting's own prompts, on the first of those it looks at.
    for column in ("words", "told"):
        for place, text in enumerate(packed(column)):
            w.write(cast.mette, w.stays[place], column, Side.JOINT, text)
    for place, text in enumerate(packed("draft")):
        keep_draft(cast.access(cast.mette), f"{w.stays[place].pk}-status-home", text, 1, w.stays[place].pk)
    w.found["drafts"] = [stay.pk for stay in w.stays[: len(packed("draft"))]]


def one_with_all(w: World) -> None:
    """Rune gets them all one after another: one history, one list of steps to take back, one opening in need."""
    cast = w.cast
    for place in range(COUNT):
        w.write(w.staff[place], cast.rune, "status", Side.HOME, payload("history", place), place)
    up_and_down(w)
    cast.put_on_board(cast.rune, Level.SUBAKUT, today=w.day)
    for kind, reason in zip_longest(packed("covers"), packed("basis-reason"), fillvalue="Alt på tavlen"):
        residents.basis_record(
            stay=cast.rune,
            side=Side.HOME,
            acting_side=Side.HOME,
            new=residents.NewBasis(
                kind=BasisKind.OTHER,
                covers=kind,
                reason=reason,
                given_by=Giver.RESIDENT,
                from_day=w.day,
                to_day=date(2026, 12, 31),
            ),
            by=cast.mette,
        )
    residents.situation_change(
        stay=cast.rune, situation=Situation.ADMITTED, since=w.day, place=payload("place", 0), by=cast.mette
    )
    for text in packed("visit"):
        residents.visit_note(
            home=cast.home, stay_id=cast.rune.pk, on=w.day, text=text, side=Side.HOME, key="", by=cast.mette,
            today=w.day,
        )  # fmt: skip
    for what, why in zip_longest(packed("past-what"), packed("why"), fillvalue="Igen"):
        done = w.agree(cast.mette, cast.rune, what, "social", owner=cast.mette, due_on=w.day)
        boards.intervention_settle(
            access=enter(cast.mette, cast.home.slug), pk=done.pk, state=State.NOT_DONE, why=why, seen=1, today=w.day
        )
        w.items.append(done.pk)
    # The last steps are Mette's own, on the list of what she can take back.
    for place, text in enumerate(packed("undone")):
        w.write(cast.mette, cast.rune, "goals", Side.JOINT, text, place)
    residents.basis_open(
        stay=cast.aksel, side=Side.HOME, acting_side=Side.HOME, reason=payload("need", 0), key="", by=cast.mette,
        now=timezone.now(),
    )  # fmt: skip


def up_and_down(w: World) -> None:
    """Rune goes up as akut, is looked at, comes off and is disagreed about, as often as there are reasons for it."""
    cast = w.cast
    home, team = enter(cast.mette, cast.home.slug), enter(cast.amina, cast.home.slug)
    kinds = ("reason", "review", "close", "dispute")
    for texts in zip_longest(*(packed(kind) for kind in kinds), fillvalue="Igen"):
        reason, review, close, dispute = texts
        episode = cast.put_on_board(cast.rune, Level.AKUT, "akut-krise", reason=reason, today=w.day)
        boards.akut_review(
            access=home,
            stay_id=cast.rune.pk,
            done=boards.ReviewDone(
                home_person=cast.mette, team_person=cast.amina, note=review, outcome=AkutReview.Outcome.SAME
            ),
            team_open=True,
            seen=episode.version,
            key="",
            today=w.day,
        )
        episode.refresh_from_db(from_queryset=Episode.objects.for_home(cast.home))
        boards.level_close(
            access=home,
            stay_id=cast.rune.pk,
            off=boards.OffBoard(reason=close, told=Told.NO, crisis_plan_seen=True),
            seen=episode.version,
            key="",
            today=w.day,
        )
        boards.level_dispute(access=team, stay_id=cast.rune.pk, why=dispute, key="", today=w.day)


def held(w: World) -> None:
    """Two meetings closed with all of it, and one that runs."""
    cast = w.cast
    mette = enter(cast.mette, cast.home.slug)
    series = Series.objects.for_home(cast.home).get()
    numbers = []
    for turn in range(3):
        meeting = meetings.meeting_hold(access=mette, series_id=series.pk, key="", now=wall_clock())
        numbers.append(meeting.number)
        for place in range(COUNT):
            meetings.guest_add(
                access=mette,
                number=meeting.number,
                name=payload("guest", place),
                title="",
                organisation="",
                key="",
                today=w.day,
            )
        if turn < 2:
            meetings.meeting_close(access=mette, meeting=meeting, why=payload("gap", turn), today=w.day)
            w.write(cast.mette, cast.tove, "goals", Side.JOINT, payload("undone", turn), turn)
    running = Meeting.objects.for_home(cast.home).get(number=numbers[2])
    w.found["meetings"] = numbers
    agenda = AgendaItem.objects.for_home(cast.home).filter(meeting=running).order_by("order")
    w.found["residents"] = list(agenda.filter(stay__in=w.stays[:8]).values_list("pk", flat=True))
    w.found["topics"] = list(agenda.filter(stay=None).values_list("pk", flat=True))
    # Signs and steps after the meetings, which answered those before.
    w.signs = [
        boards.sign_note(
            access=enter(w.staff[place], cast.home.slug), stay_id=w.stays[place].pk, text=payload("sign", place),
            urgency=Urgency.MEETING, key="", today=w.day,
        ).pk
        for place in range(COUNT)
    ]  # fmt: skip


def calendar(w: World) -> None:
    """At the other home: extra meetings, cancelled ones and moved ones, each with its reason."""
    cast = w.cast
    tine = enter(cast.stranger, cast.other_home.slug)
    series = Series.objects.for_home(cast.other_home).get()
    now = wall_clock()
    reasons = zip_longest(packed("extra"), packed("cancel"), packed("move"), fillvalue="Igen")
    planned: list[int] = []
    for place, (extra, cancel, move) in enumerate(reasons):
        day = w.day + timedelta(days=1 + place)
        made = [
            meetings.meeting_extra(
                access=tine, series_id=series.pk, day=day, at=time(9 + turn), minutes=30, why=extra, key="", now=now
            )
            for turn in range(3)
        ]
        first, second, third = made
        seen = seen_of(second)
        meetings.meeting_cancel(access=tine, number=second.number, why=cancel, seen=seen, key="", today=w.day)
        seen = seen_of(third)
        meetings.meeting_move(
            access=tine, number=third.number, day=day, at=time(14), why=move, seen=seen, key="", now=now
        )
        planned += [first.number, third.number]
    w.found["calendar"], w.found["planned"] = [meeting.number for meeting in made], planned


def minutes_again(w: World) -> None:
    """At the other home: one meeting closed with a gap and opened again, over and over, each time with its reason."""
    cast = w.cast
    tine = enter(cast.stranger, cast.other_home.slug)
    series = Series.objects.for_home(cast.other_home).get()
    w.agree(cast.stranger, cast.elsewhere, "Ingen har den", "social")
    meeting = meetings.meeting_hold(access=tine, series_id=series.pk, key="", now=wall_clock())
    gaps, corrections = packed("gap"), packed("correction")
    for gap, why in zip_longest(gaps, corrections, fillvalue="Igen"):
        here = meetings.meeting_of(tine, meeting.number)
        meetings.meeting_close(access=tine, meeting=here, why=gap, today=w.day)
        meetings.meeting_reopen(access=tine, number=meeting.number, why=why, today=w.day)
    here = meetings.meeting_of(tine, meeting.number)
    meetings.meeting_close(access=tine, meeting=here, why="Prøve", today=w.day)
    w.found["editions"] = max(len(gaps), len(corrections)) + 1
    w.found["again"] = meeting.number


def names(w: World) -> None:
    """The people who are signed in, their homes and their team are called so too."""
    cast = w.cast
    for place, user in enumerate((cast.mette, cast.lis, cast.amina, cast.stranger, cast.karla, cast.jonas)):
        User.objects.filter(pk=user.pk).update(name=payload("person", place), title=payload("title", place))
    for place, home in enumerate((cast.home, cast.other_home)):
        Home.objects.filter(pk=home.pk).update(name=payload("home", 7 + place), duty_title=payload("duty-title", place))
    Team.objects.filter(pk=cast.team.pk).update(
        name=payload("team", 5)[:58] + " N", out_of_hours=payload("out-of-hours", 5)
    )


def sessions(w: World) -> dict[str, str]:
    """{who: the value of the session's cookie}."""
    cast = w.cast
    who = {
        "mette": cast.mette, "lis": cast.lis, "amina": cast.amina, "tine": cast.stranger, "karla": cast.karla,
        "sanne": User.objects.get(pk=w.found["sanne"]), "peter": User.objects.get(pk=w.found["peter"]),
        "jonas": cast.jonas, "staff": w.staff[1], "crew": w.crew[1],
    }  # fmt: skip
    made = {}
    for name, user in who.items():
        client = Client()
        client.force_login(user, backend=BACKEND)
        made[name] = client.cookies["session"].value
    # They are laid half an hour before the server begins, and must not have been left alone since.
    Screen.objects.update(active_at=timezone.now() + SERVED_AFTER)
    return made


def addresses(w: World) -> dict[str, Any]:
    cast = w.cast
    everyone = Membership.objects.filter(home=cast.home).exclude(user=cast.gone)
    return {
        "stays": [stay.pk for stay in w.stays],
        "items": w.items,
        "signs": w.signs,
        "rune": cast.rune.pk,
        "aksel": cast.aksel.pk,
        "tove": cast.tove.pk,
        "person": w.staff[0].pk,
        "member": everyone.get(user=w.staff[0]).pk,
        "home": cast.home.pk,
        "other_home": cast.other_home.pk,
        "team": cast.team.pk,
        "town": w.town.pk,
        "region": w.region.pk,
        "series": Series.objects.for_home(cast.home).get().pk,
        "link": TeamHome.objects.get(home=cast.home).pk,
        "criteria": list(Criterion.objects.filter(home=None).values_list("pk", flat=True)),
    }
