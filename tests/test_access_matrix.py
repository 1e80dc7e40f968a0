"""Every URL × every kind of person × own, other and unknown home × shared, withdrawn and unlinked resident.

A URL that stands in no table below fails the test, so a new page cannot come without an answer to 'who'.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from audit import anchors
from boards import services as board_services
from boards.models import AkutReview, CellRevision, Urgency
from care import services as care
from care import team_starts
from core.seen import mark_of
from criteria.models import Level
from meetings import services as meeting_services
from meetings.models import Attendance, ParkedTopic, Series
from organisation.models import Absence, Draft, Membership, Organisation, Role, RoleOffer, RoleYes, Side, TeamHome, User
from reminders import services as reminder_services
from reminders.models import Reminder
from residents import services as resident_services
from residents.models import Partner, PartnerKind, Stay, StayEnd, TeamStart
from tests.conftest import TODAY, Cast, employed_where_they_work

# Pages and fragments of a home without a resident in their address.
HOME_GET = [
    "board", "board-changes", "meeting-now", "meeting-line", "meetings", "residents", "criteria", "raise-resident",
    "meeting-extra", "paper-enter", "meeting-how-to", "sign-note", "topic-park", "compare-meetings", "undo", "duty",
]  # fmt: skip
HOME_POST = ["meeting-extra", "paper-enter", "meeting-hold", "board-here", "draft", "sign-note", "topic-park"]
# The home's own side registers who lives there; the team is told that it does not.
OWN_SIDE = ["move-in"]
# The team asks, and the home answers: what it is about is not known yet.
TEAM_SIDE = ["team-start"]
ANSWER = ["team-start-answer"]
# About a stay that has ended with a move.
FORMER = ["move-correct"]
# One step of the person's own, by its kind and id.
STEP_POST = ["undo"]
# About one resident: (name, further arguments)
STAY_GET: list[tuple[str, tuple[str, ...]]] = [
    ("cell", ("status", "home")), ("cell-edit", ("status", "home")), ("cell-history", ("status", "home")),
    ("level-change", ()), ("level-close", ()), ("intervention-add", ()),
    ("resident", ()), ("my-week", ()), ("cell-misfile", ("status", "home")), ("akut-review", ()), ("level-dispute", ()),
    ("resident-course", ()), ("move-out", ()), ("situation-change", ()), ("contact-set", ()), ("basis-record", ()),
    ("basis-open", ()), ("visit-note", ()), ("partner-add", ()),
]  # fmt: skip
STAY_POST: list[tuple[str, tuple[str, ...]]] = [
    ("cell", ("goals", "joint")), ("cell-confirm", ("goals", "joint")), ("level-change", ()), ("level-close", ()),
    ("level-review", ()), ("akut-read", ()), ("intervention-add", ()),
    ("situation-change", ()), ("contact-set", ()), ("basis-record", ()), ("basis-withdraw", ()),
    ("basis-open", ()),
    ("cell-misfile", ("goals", "joint")), ("akut-review", ()), ("level-dispute", ()), ("visit-note", ()),
    ("discharge-answer", ()), ("move-out", ()), ("partner-add", ()), ("situation-mistaken", ()),
]  # fmt: skip
# About somebody on a resident's list of partners.
PARTNER = ["partner-change"]
# About one intervention of a resident.
ITEM_GET = ["intervention"]
ITEM_POST = ["intervention", "intervention-settle", "intervention-move", "intervention-misfile", "unagreed-read"]
# About one early sign, and one review of an akut, by its id; which team treats a resident.
SIGN_GET = ["sign"]
SIGN_POST = ["sign-read", "sign-handle"]
REVIEW_POST = ["akut-review-confirm"]
TEAM_POST = ["team-change"]
# About one meeting, by its number.
MEETING_GET = [
    "meeting", "meeting-changes", "attendance", "guest-add", "recap", "minutes", "minutes-pdf", "board-then",
    "meeting-cancel", "meeting-move", "meeting-next",
]  # fmt: skip
MEETING_POST = [
    "meeting-awake", "meeting-start", "meeting-unstart", "guest-add", "spotlight-move", "meeting-recap", "chair-take",
    "referent-take", "attendance",
    "meeting-close", "meeting-reopen", "meeting-cancel", "meeting-move", "meeting-uncancel", "resident-here",
    "attendance-time", "wall-blank", "wall-show",
]  # fmt: skip
AGENDA_GET = ["agenda-item", "agenda-since", "agenda-decide", "tell-add", "tell-list"]
AGENDA_POST = ["tell-add"]
# About one guest at one meeting.
GUEST_POST = ["guest-remove"]
# About one resident at one meeting.
MEETING_STAY_GET = ["record-copy"]
MEETING_STAY_POST = ["journal-note"]
TOPIC_POST = ["topic-settle"]
# An endless answer: its door is tried where it refuses, and its inside in the browser tests.
STREAMS = ["board-stream", "meeting-stream"]
# Of a person, not of a home.
PERSON_GET = [
    "token", "meetings-today", "my-day", "my-day-list", "since-last", "reminders", "reminders-list", "reminder-prefer",
    "find", "demo-mails", "own-sessions",
    "administration-absence-own", "pin", "administration-role-offers",
]  # fmt: skip
# A page asks it with what it got when it was drawn (accounts.still).
QUESTION = ["still-shown"]
# Only sent, never opened as a page.
PERSON_POST = ["screen-touch", "tick-late"]
# About one of the person's own reminders, by its id.
REMINDER_POST = ["reminder-snooze", "reminder-hide"]
# About what somebody without access had typed, by the draft's id.
LEFT_DRAFT_POST = ["left-draft"]
# A yes to a role somewhere else, by the id of the offer.
OFFER_POST = ["administration-role-offer-answer"]
# Of a home's two leaders: (name, further arguments)
LEADER_GET: list[tuple[str, tuple[int, ...]]] = [("own-criterion", ()), ("wall-screens", ())]
LEADER_POST: list[tuple[str, tuple[int, ...]]] = [
    ("own-criterion", ()),
    ("own-criterion-answer", (99999,)),
    ("wall-screens", ()),
    ("wall-revoke", (99999,)),
]
# Of the leaders of either side, about one resident.
LEADER_STAY_GET = ["who-looked"]
# The same, for all a side keeps: a team's own stays its own when sharing has ended. And the list of those residents.
INSIGHT = ["insight"]
INSIGHT_LIST = ["insight-list"]
# Control of the log: a leader's samples, and the anchors, which an approver may fetch too. (name, arguments)
SAMPLE_GET: list[tuple[str, tuple[Any, ...]]] = [("administration-samples", ()), ("administration-devices", ())]
SAMPLE_POST: list[tuple[str, tuple[Any, ...]]] = [
    ("administration-sample-answer", (99999,)), ("administration-device-revoke", (99999,)),
]  # fmt: skip
ANCHOR_GET: list[tuple[str, tuple[Any, ...]]] = [
    ("administration-anchors", ()), ("administration-anchor-fetch", ("2026-11-17",)),
]  # fmt: skip
# Of the criteria administrator, and of the approver: (name, arguments)
CRITERIA_GET: list[tuple[str, tuple[int, ...]]] = [
    ("administration-criteria-set", ()), ("administration-criterion-create", (99999,)),
    ("administration-criterion-propose", (99999,)), ("administration-criterion-awake", (99999,)),
    ("administration-settings-change", (99999,)),
]  # fmt: skip
CRITERIA_POST: list[tuple[str, tuple[int, ...]]] = [
    *CRITERIA_GET[1:], ("administration-criterion-move", (99999,)), ("administration-criterion-withdraw", (99999,)),
]  # fmt: skip
APPROVER_GET: list[tuple[str, tuple[int, ...]]] = [("administration-approvals", ())]
APPROVER_POST: list[tuple[str, tuple[int, ...]]] = [("administration-approval-answer", (99999,))]
# Of administrators and leaders: (name, what its address names). First what is a system administrator's alone.
SYSTEM_PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("administration-organisations", ()), ("administration-organisation-create", ()),
    ("administration-organisation", ("organisation",)), ("administration-team-create", ()),
    ("administration-team", ("team",)), ("administration-home-create", ()),
    ("administration-team-home-add", ("home",)), ("administration-team-home-change", ("home", "link")),
    ("administration-home-leave", ("home",)),
]  # fmt: skip
# A leader's as well, for the own unit.
UNIT_PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("administration", ()), ("administration-teams", ()), ("administration-homes", ()),
    ("administration-home", ("home",)), ("administration-home-change", ("home",)),
    ("administration-series-create", ("home",)), ("administration-series-end", ("home", "series")),
    ("administration-series-change", ("home", "series")),
    ("administration-people", ()), ("administration-person-create", ()), ("administration-people-read-in", ()),
    ("administration-person", ("person",)),
    ("administration-membership-give", ("person",)), ("administration-membership-end", ("member",)),
]  # fmt: skip
# Of the organisation that employs the person: the region's administrator is not of it.
EMPLOYER_PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("administration-person-change", ("person",)), ("administration-account", ("person",)),
]  # fmt: skip
# Of its administrator alone.
EMPLOYER_SYSTEM_GET = ["administration-account-use"]
EMPLOYER_SYSTEM_PAGES = ["administration-address-change"]
SYSTEM_POST: list[tuple[str, tuple[str, ...]]] = [
    ("administration-practice-create", ("team",)), ("administration-clock-confirm", ()),
    ("administration-erasing-allow", ()),
]  # fmt: skip
# Only the unit's own leader: it is about residents.
UNIT_POST: list[tuple[str, tuple[str, ...]]] = [("administration-membership-hand-on", ("member",))]
# Only the leader's of the home itself: ended stays, and erasing one.
OWN_HOME_PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("administration-stays", ("home",)), ("administration-stay-erase", ("home", "ended")),
]  # fmt: skip
# Of everybody who answers for a unit, and of who sets the terms.
RETENTION_GET = ["administration-retention"]
# A person's own, and their leader's.
ABSENCE_PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("administration-absence-of", ("person",)), ("administration-absence-shorten", ("absence",)),
]  # fmt: skip
SETTING_UP = [*SYSTEM_PAGES, *UNIT_PAGES, *EMPLOYER_PAGES, *SYSTEM_POST, *UNIT_POST, *ABSENCE_PAGES]
# The wall screen carries a key of its own: tests/meetings/test_wall.py.
# A locked screen is opened by who is not signed in: tests/accounts/test_lock.py.
# How the site is, for who keeps it running: tests/operations/test_health.py.
OPEN = [
    "health", "home", "demo-people", "demo-sign-in", "wall", "wall-now", "wall-link",
    "screen-lock", "screen-unlock", "screen-passkey", "device-link",
]  # fmt: skip


def project_names() -> set[str]:
    """The names of every URL of the project itself (allauth's own are allauth's to test)."""
    found: set[str] = set()

    def walk(patterns: list[Any]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if str(pattern.pattern).startswith("konto/"):
                    continue
                walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern):
                found.add(pattern.name or str(pattern.pattern))

    walk(get_resolver().url_patterns)
    return found


def test_every_url_stands_in_the_matrix() -> None:
    listed = {
        *HOME_GET, *HOME_POST, *(n for n, _ in STAY_GET), *(n for n, _ in STAY_POST), *ITEM_GET, *ITEM_POST,
        *MEETING_GET, *MEETING_POST, *AGENDA_GET, *AGENDA_POST, *GUEST_POST, *MEETING_STAY_GET, *MEETING_STAY_POST,
        *TOPIC_POST, *STREAMS, *PERSON_GET, *QUESTION,
        *PERSON_POST, *REMINDER_POST, *LEFT_DRAFT_POST, *OFFER_POST, *OPEN,
        *(n for n, _ in [*LEADER_GET, *LEADER_POST, *CRITERIA_GET, *CRITERIA_POST, *APPROVER_GET, *APPROVER_POST]),
        *(n for n, _ in SETTING_UP), *(n for n, _ in [*SAMPLE_GET, *SAMPLE_POST, *ANCHOR_GET]), *LEADER_STAY_GET,
        *INSIGHT, *INSIGHT_LIST, *OWN_SIDE, *TEAM_SIDE, *ANSWER, *FORMER, *STEP_POST,
        *SIGN_GET, *SIGN_POST, *REVIEW_POST, *TEAM_POST,
        *PARTNER,
        *(n for n, _ in OWN_HOME_PAGES), *RETENTION_GET, *EMPLOYER_SYSTEM_GET, *EMPLOYER_SYSTEM_PAGES,
    }  # fmt: skip
    assert project_names() == listed


# How many were answered what.
ASKED: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _summed(record_property: Any) -> Iterator[None]:
    """The end of the run says how many requests of the matrix were answered what."""
    ASKED.clear()
    yield
    record_property("sum", ["Access matrix, requests", dict(ASKED)])


def hx(client: Client, method: str, url: str, data: dict[str, Any] | None = None) -> int:
    status = int(getattr(client, method)(url, data or {}, headers={"HX-Request": "true"}).status_code)
    assert status < 500, url
    ASKED[str(status)] += 1
    return status


def outsiders(cast: Cast) -> list[Any]:
    """People of another home, another team, a central role, and one whose job ended."""
    return [cast.stranger, cast.other_nurse, cast.karla, cast.gone]


@pytest.mark.parametrize("name", HOME_GET)
def test_home_page_opens_for_both_sides_and_for_nobody_else(cast: Cast, name: str) -> None:
    cast.meeting()
    url = reverse(name, args=[cast.home.slug])
    for user in (cast.mette, cast.lis, cast.amina):
        assert hx(cast.client(user), "get", url) in (200, 204, 302), user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404, user.name
    assert hx(cast.client(None), "get", url) == 401
    assert cast.client(None).get(url).status_code == 302
    assert hx(cast.client(cast.mette), "get", reverse(name, args=["findes-ikke"])) == 404


@pytest.mark.parametrize("name", HOME_POST)
def test_home_post_is_refused_outside(cast: Cast, name: str) -> None:
    url = reverse(name, args=[cast.home.slug])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "post", url, {"field": "1-status-home", "text": ""}) in (200, 204, 302, 422), (
            user.name
        )
    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url) == 404, user.name
    assert hx(cast.client(None), "post", url) == 401


@pytest.mark.parametrize(
    ("method", "name", "rest"), [("get", *s) for s in STAY_GET] + [("post", *s) for s in STAY_POST]
)
def test_stay_is_seen_by_those_it_is_shared_with(cast: Cast, method: str, name: str, rest: tuple[str, ...]) -> None:
    def url(stay: int, slug: str = cast.home.slug) -> str:
        return reverse(name, args=[slug, stay, *rest])

    cast.put_on_board(cast.rune, key="tidlige-tegn")
    cast.write("Tekst")
    cast.write("Mål", column_key="goals", side="joint")
    seen = {200, 204, 403, 409, 422}
    assert hx(cast.client(cast.amina), method, url(cast.rune.pk)) in seen
    assert hx(cast.client(cast.mette), method, url(cast.rune.pk)) in seen
    assert hx(cast.client(cast.mette), method, url(cast.aksel.pk)) in seen | {404}
    assert hx(cast.client(cast.amina), method, url(cast.aksel.pk)) == 404, "withdrawn"
    assert hx(cast.client(cast.amina), method, url(cast.vibeke.pk)) == 404, "not linked to the team"
    assert hx(cast.client(cast.mette), method, url(cast.elsewhere.pk)) == 404, "another home's resident"
    assert hx(cast.client(cast.mette), method, url(99999)) == 404
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url(cast.rune.pk)) == 404, user.name
    assert hx(cast.client(None), method, url(cast.rune.pk)) == 401


@pytest.mark.parametrize("name", PARTNER)
@pytest.mark.parametrize("method", ["get", "post"])
def test_partner_follows_the_resident_and_the_homes_sharing_of_the_list(cast: Cast, method: str, name: str) -> None:
    def url(stay: int, pk: int, slug: str = cast.home.slug) -> str:
        return reverse(name, args=[slug, stay, pk])

    def partner(stay: int) -> int:
        made = Partner(
            stay_id=stay,
            name="Lægen",
            kind=PartnerKind.DOCTOR,
            recorded_by=cast.mette,
            recorded_on=TODAY,
            without_resident="unasked",
        )
        made.insert()
        return made.pk

    shared, hidden = partner(cast.rune.pk), partner(cast.aksel.pk)
    answered = 200 if method == "get" else 422
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url(cast.rune.pk, shared)) == answered, user.name
        for wrong in (url(cast.rune.pk, 99999), url(cast.rune.pk, hidden), url(cast.elsewhere.pk, shared)):
            assert hx(cast.client(user), method, wrong) == 404, wrong
    assert hx(cast.client(cast.mette), method, url(cast.aksel.pk, hidden)) == answered
    assert hx(cast.client(cast.amina), method, url(cast.aksel.pk, hidden)) == 404, "withdrawn"
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url(cast.rune.pk, shared)) == 404, user.name
    assert hx(cast.client(None), method, url(cast.rune.pk, shared)) == 401


@pytest.mark.parametrize(("method", "name"), [("get", n) for n in ITEM_GET] + [("post", n) for n in ITEM_POST])
def test_intervention_follows_its_resident(cast: Cast, method: str, name: str) -> None:
    shared, hidden = cast.agree(), cast.agree(stay=cast.aksel)
    data = {"state": "done", "seen": "99", "due_on": "2026-11-20"}
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, reverse(name, args=[cast.home.slug, shared.pk]), data) in {
            200,
            204,
            409,
            422,
        }
    assert hx(cast.client(cast.amina), method, reverse(name, args=[cast.home.slug, hidden.pk]), data) == 404
    for user in outsiders(cast):
        assert hx(cast.client(user), method, reverse(name, args=[cast.home.slug, shared.pk]), data) == 404, user.name
    # A foreign id under one's own home is a home's door, not a row's.
    assert hx(cast.client(cast.stranger), method, reverse(name, args=[cast.other_home.slug, shared.pk]), data) == 404
    assert hx(cast.client(None), method, reverse(name, args=[cast.home.slug, shared.pk]), data) == 401


@pytest.mark.parametrize(("method", "name"), [("get", n) for n in MEETING_GET] + [("post", n) for n in MEETING_POST])
def test_meeting_is_for_the_home_and_its_team(cast: Cast, method: str, name: str) -> None:
    cast.put_on_board(cast.rune)
    number = cast.start().number
    url = reverse(name, args=[cast.home.slug, number])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url) in {200, 204, 302, 404, 422}, user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url) == 404, user.name
    assert hx(cast.client(cast.mette), method, reverse(name, args=[cast.home.slug, 999])) == 404
    assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize("name", AGENDA_GET)
def test_agenda_item_is_for_the_home_and_its_team(cast: Cast, name: str) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    url = reverse(name, args=[cast.home.slug, meeting.number, meeting.spotlight_id])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "get", url) == 200
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404
    assert hx(cast.client(cast.mette), "get", reverse(name, args=[cast.home.slug, meeting.number, 99999])) == 404


@pytest.mark.parametrize("name", AGENDA_POST)
def test_post_to_an_agenda_item_is_refused_outside(cast: Cast, name: str) -> None:
    cast.put_on_board(cast.rune)
    meeting = cast.start()
    url = reverse(name, args=[cast.home.slug, meeting.number, meeting.spotlight_id])
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "post", url) == 422, user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url) == 404, user.name
    assert hx(cast.client(None), "post", url) == 401


@pytest.mark.parametrize(
    ("method", "name"), [("get", n) for n in MEETING_STAY_GET] + [("post", n) for n in MEETING_STAY_POST]
)
def test_resident_at_a_meeting_is_seen_by_those_shared_with(cast: Cast, method: str, name: str) -> None:
    for stay in (cast.rune, cast.aksel, cast.vibeke):
        cast.put_on_board(stay)
    number = cast.start().number

    def url(stay: int) -> str:
        return reverse(name, args=[cast.home.slug, number, stay])

    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url(cast.rune.pk)) in {200, 404, 422}, user.name
    for hidden in (cast.aksel.pk, cast.vibeke.pk, cast.elsewhere.pk, 99999):
        data = {"written": "yes"}
        assert hx(cast.client(cast.amina), method, url(hidden), data) == 404, hidden
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url(cast.rune.pk)) == 404, user.name
    assert hx(cast.client(None), method, url(cast.rune.pk)) == 401


@pytest.mark.parametrize("name", GUEST_POST)
def test_guest_at_a_meeting_is_for_the_home_and_its_team(cast: Cast, name: str) -> None:
    meeting = cast.start()
    guest = Attendance(meeting=meeting, name="Bo", side="home", present=True)
    guest.insert()
    url = reverse(name, args=[cast.home.slug, meeting.number, guest.pk])
    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url) == 404, user.name
    assert hx(cast.client(None), "post", url) == 401
    assert hx(cast.client(cast.stranger), "post", reverse(name, args=[cast.other_home.slug, 1, guest.pk])) == 404
    assert hx(cast.client(cast.amina), "post", url) == 200


@pytest.mark.parametrize(
    ("name", "side"), [*((name, Side.HOME) for name in OWN_SIDE), *((name, Side.TEAM) for name in TEAM_SIDE)]
)
def test_what_one_side_alone_does_is_told_to_the_other(cast: Cast, name: str, side: Side) -> None:
    own, other = (cast.mette, cast.amina) if side == Side.HOME else (cast.amina, cast.mette)
    url = reverse(name, args=[cast.home.slug])
    for method, status in (("get", 200), ("post", 422)):
        assert hx(cast.client(own), method, url) == status
        assert hx(cast.client(other), method, url) == 403
        for user in outsiders(cast):
            assert hx(cast.client(user), method, url) == 404, user.name
        assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize("name", ANSWER)
def test_what_a_team_asks_is_answered_by_its_home_alone(cast: Cast, name: str) -> None:
    team_starts.team_start_ask(access=cast.access(cast.amina), name="Vibeke", key="", now=timezone.now())
    pk = TeamStart.objects.for_home(cast.home).get().pk
    url, other = (reverse(name, args=[home.slug, pk]) for home in (cast.home, cast.other_home))
    for method, status in (("get", 200), ("post", 422)):
        assert hx(cast.client(cast.mette), method, url) == status
        assert hx(cast.client(cast.amina), method, url) == 403
        for user in outsiders(cast):
            assert hx(cast.client(user), method, url) == 404, user.name
        assert hx(cast.client(None), method, url) == 401
    assert hx(cast.client(cast.stranger), "get", other) == 409, "as one that was answered"


@pytest.mark.parametrize("name", FORMER)
def test_where_a_resident_moved_is_the_old_homes_alone(cast: Cast, name: str) -> None:
    care.move_out(
        access=cast.access(cast.mette), stay_id=cast.rune.pk, end=StayEnd.OTHER_HOME, on=TODAY,
        moved_to=cast.other_home, key="", today=TODAY,
    )  # fmt: skip
    url = reverse(name, args=[cast.home.slug, cast.rune.pk])
    for method in ("get", "post"):
        for user in outsiders(cast):
            assert hx(cast.client(user), method, url) == 404, user.name
        assert hx(cast.client(cast.amina), method, url) == 403
        for here in (cast.tove.pk, cast.elsewhere.pk, 99999):
            assert hx(cast.client(cast.mette), method, reverse(name, args=[cast.home.slug, here])) == 404
        there = reverse(name, args=[cast.other_home.slug, cast.rune.pk])
        assert hx(cast.client(cast.stranger), method, there) == 404
        assert hx(cast.client(None), method, url) == 401
    assert hx(cast.client(cast.mette), "get", url) == 200
    assert hx(cast.client(cast.mette), "post", url, {"seen": mark_of(cast.other_home.pk)}) == 204


@pytest.mark.parametrize("name", STEP_POST)
def test_step_is_its_persons_own(cast: Cast, name: str) -> None:
    cast.write("Ord")
    url = reverse(name, args=[cast.home.slug])
    step = {"step_kind": "text", "step": CellRevision.objects.for_home(cast.home).get().pk}
    for user in (cast.jonas, cast.amina, *outsiders(cast)):
        assert hx(cast.client(user), "post", url, step) == 404, user.name
    for unknown in ({}, {**step, "step_kind": "other"}, {**step, "step": 99999}, {**step, "step": "x"}):
        assert hx(cast.client(cast.mette), "post", url, unknown) == 404
    assert hx(cast.client(None), "post", url, step) == 401
    assert hx(cast.client(cast.mette), "post", url, step) == 200


@pytest.mark.parametrize(("method", "name"), [("get", n) for n in SIGN_GET] + [("post", n) for n in SIGN_POST])
def test_sign_follows_its_resident(cast: Cast, method: str, name: str) -> None:
    def noted(stay: Stay) -> int:
        sign = board_services.sign_note(
            access=cast.access(cast.mette), stay_id=stay.pk, text="Går om natten", urgency=Urgency.SOON, key="",
            today=TODAY,
        )  # fmt: skip
        return int(sign.pk)

    shared, data = noted(cast.rune), {"outcome": "no-change"}
    url = reverse(name, args=[cast.home.slug, shared])
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url, data) == 404, user.name
    elsewhere = reverse(name, args=[cast.other_home.slug, shared])
    assert hx(cast.client(cast.stranger), method, elsewhere, data) == 404
    for hidden in (noted(cast.aksel), noted(cast.vibeke), 99999):
        url_hidden = reverse(name, args=[cast.home.slug, hidden])
        assert hx(cast.client(cast.amina), method, url_hidden, data) == 404
    assert hx(cast.client(None), method, url, data) == 401
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url, data) in {200, 204, 422}, user.name


@pytest.mark.parametrize("name", REVIEW_POST)
def test_review_is_confirmed_by_those_who_know_the_resident(cast: Cast, name: str) -> None:
    def reviewed(stay: Stay) -> int:
        episode = cast.put_on_board(stay, Level.AKUT, "akut-krise")
        review = board_services.akut_review(
            access=cast.access(cast.mette),
            stay_id=stay.pk,
            done=board_services.ReviewDone(home_person=cast.mette, team_person=None, outcome=AkutReview.Outcome.SAME),
            team_open=False,
            seen=episode.version,
            key="",
            today=TODAY,
        )
        return int(review.pk)

    url = reverse(name, args=[cast.home.slug, reviewed(cast.rune)])
    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url) == 404, user.name
    for hidden in (reviewed(cast.aksel), reviewed(cast.vibeke), 99999):
        assert hx(cast.client(cast.amina), "post", reverse(name, args=[cast.home.slug, hidden])) == 404
    assert hx(cast.client(None), "post", url) == 401
    assert hx(cast.client(cast.mette), "post", url) == 422
    assert hx(cast.client(cast.amina), "post", url) == 204


@pytest.mark.parametrize("name", TEAM_POST)
def test_home_says_which_team_treats_a_resident(cast: Cast, name: str) -> None:
    data = {"team": cast.team.pk, "link": "1"}

    def url(stay: Stay) -> str:
        return reverse(name, args=[cast.home.slug, stay.pk])

    for user in outsiders(cast):
        assert hx(cast.client(user), "post", url(cast.vibeke), data) == 404, user.name
    for stay in (cast.aksel, cast.vibeke):
        assert hx(cast.client(cast.amina), "post", url(stay), data) == 404
    assert hx(cast.client(cast.amina), "post", url(cast.rune), data) == 403
    assert hx(cast.client(cast.mette), "post", url(cast.elsewhere), data) == 404
    assert hx(cast.client(cast.mette), "post", url(cast.vibeke), {**data, "team": cast.other_team.pk}) == 404
    assert hx(cast.client(None), "post", url(cast.vibeke), data) == 401
    assert hx(cast.client(cast.mette), "post", url(cast.vibeke), data) == 200


def test_topic_of_another_home_cannot_be_settled(cast: Cast) -> None:
    cast.client(cast.mette).post(reverse("topic-park", args=[cast.home.slug]), {"text": "Nøgler", "key": "n"})
    topic = ParkedTopic.objects.for_home(cast.home).get()
    assert hx(cast.client(cast.stranger), "post", reverse("topic-settle", args=[cast.other_home.slug, topic.pk])) == 404
    assert hx(cast.client(cast.mette), "post", reverse("topic-settle", args=[cast.home.slug, topic.pk])) == 204


@pytest.mark.parametrize("name", STREAMS)
def test_stream_is_closed_to_outsiders(cast: Cast, name: str) -> None:
    number = cast.start().number
    url = reverse(name, args=[cast.home.slug, number] if name == "meeting-stream" else [cast.home.slug])
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404
    assert hx(cast.client(None), "get", url) == 401


@pytest.mark.parametrize("name", PERSON_GET)
def test_personal_page_needs_a_person(cast: Cast, name: str) -> None:
    assert cast.client(cast.amina).get(reverse(name)).status_code == 200
    assert hx(cast.client(None), "get", reverse(name)) == 401


@pytest.mark.parametrize("name", QUESTION)
def test_question_of_a_page_needs_a_person_and_the_pages_own_mark(cast: Cast, name: str) -> None:
    url = reverse(name)
    assert hx(cast.client(None), "get", url) == 401
    for user in (cast.amina, cast.karla, cast.gone):
        assert hx(cast.client(user), "get", url) == 409, user.name


def _pages(cast: Cast, user: User) -> dict[str, str]:
    """{name: html} of every page about residents that the matrix knows and the person may open."""
    home, stay, meeting = cast.home, cast.rune, cast.start()
    at_meeting = [(name, [home.slug, meeting.number]) for name in MEETING_GET]
    asked: list[tuple[str, list[Any]]] = [
        *((name, [home.slug]) for name in [*HOME_GET, *INSIGHT_LIST]),
        *((name, [home.slug, stay.pk, *rest]) for name, rest in STAY_GET),
        *((name, [home.slug, stay.pk]) for name in [*LEADER_STAY_GET, *INSIGHT]),
        *((name, [home.slug, meeting.number, meeting.spotlight_id]) for name in AGENDA_GET),
        *((name, [home.slug, meeting.number, stay.pk]) for name in MEETING_STAY_GET),
        *((name, []) for name in [*PERSON_GET, *RETENTION_GET]),
        *((name, list(args)) for name, args in SAMPLE_GET),
    ]
    client, pages = cast.client(user), {}

    def read(addresses: list[tuple[str, list[Any]]]) -> None:
        for name, args in addresses:
            answer = client.get(reverse(name, args=args))
            if answer.status_code == 200 and b"<!DOCTYPE html>" in b"".join(answer):
                pages[name] = answer.content.decode()

    read([*at_meeting, *asked])
    meeting_services.meeting_close(access=cast.access(cast.mette), meeting=meeting, why="", today=TODAY)
    read([(name, args) for name, args in at_meeting if name not in pages])
    return pages


def test_every_page_with_residents_hears_that_what_it_shows_is_no_longer_shared(cast: Cast) -> None:
    """A page that has no stream asks, and is told to be drawn anew."""
    cast.put_on_board(cast.rune)
    Membership.objects.filter(user=cast.amina).update(role=Role.LEADER)
    pages = _pages(cast, cast.amina)
    live = {name for name, html in pages.items() if "data-stream-url=" in html}
    assert live == {"board", "meeting"}
    asks = {name: match[1] for name, html in pages.items() if (match := re.search(r'data-still="([^"]+)"', html))}
    # The page of one's own sessions shows nobody else.
    assert set(asks) == set(pages) - live - {"own-sessions"}
    assert {
        "residents", "resident-course", "my-day", "since-last", "reminders", "minutes", "board-then",
        "meetings", "who-looked", "insight", "insight-list", "administration-samples", "administration-retention",
        "my-week",
    } <= set(asks)  # fmt: skip
    client = cast.client(cast.amina)

    def told(mark: str) -> int:
        return int(client.get(reverse("still-shown"), headers={"X-Still": mark}).status_code)

    assert {name: told(mark) for name, mark in asks.items()} == dict.fromkeys(asks, 200)
    resident_services.basis_withdraw(home=cast.home, stay_id=cast.rune.pk, acting_side=Side.HOME, by=cast.mette)
    assert {name: told(mark) for name, mark in asks.items()} == dict.fromkeys(asks, 409)


@pytest.mark.parametrize("name", PERSON_POST)
def test_personal_post_needs_a_person(cast: Cast, name: str) -> None:
    assert hx(cast.client(None), "post", reverse(name)) == 401
    assert cast.client(cast.mette).get(reverse(name)).status_code == 405
    assert hx(cast.client(cast.mette), "post", reverse(name)) in (204, 422)


@pytest.mark.parametrize("name", LEFT_DRAFT_POST)
def test_left_draft_is_of_the_leader_of_the_writers_unit_alone(cast: Cast, name: str) -> None:
    draft = Draft.objects.create(user=cast.gone, home=cast.home, field=f"{cast.rune.pk}-status-home", text="Halv")
    url = reverse(name, args=[draft.pk])
    Membership.objects.filter(user=cast.amina).update(role=Role.LEADER)
    for user in (cast.mette, cast.amina, cast.gone, *outsiders(cast)):
        assert hx(cast.client(user), "post", url) == 404, user.name
    assert hx(cast.client(None), "post", url) == 401
    assert cast.client(cast.lis).get(url).status_code == 405
    assert hx(cast.client(cast.lis), "post", url) == 204


@pytest.mark.parametrize("name", OFFER_POST)
def test_role_elsewhere_is_answered_by_the_person_and_who_speaks_for_their_organisation(cast: Cast, name: str) -> None:
    offer = RoleOffer.objects.create(user=cast.jonas, by=cast.soeren, role=Role.STAFF, team=cast.team, from_day=TODAY)
    RoleYes.objects.bulk_create([RoleYes(offer=offer, part=part) for part in ("person", "employer")])
    url = reverse(name, args=[offer.pk])
    for part, may in (("person", [cast.jonas]), ("employer", [cast.lis])):
        data = {"part": part, "answer": "yes"}
        for user in (cast.mette, cast.amina, cast.soeren, cast.lis, cast.jonas, *outsiders(cast)):
            if user not in may:
                assert hx(cast.client(user), "post", url, data) == 404, (part, user.name)
        assert hx(cast.client(None), "post", url, data) == 401
    assert cast.client(cast.jonas).get(url).status_code == 405
    assert hx(cast.client(cast.jonas), "post", url, {"part": "person", "answer": "yes"}) == 302
    assert hx(cast.client(cast.lis), "post", url, {"part": "employer", "answer": "no"}) == 302


@pytest.mark.parametrize("name", REMINDER_POST)
def test_reminder_is_its_recipients_alone(cast: Cast, name: str) -> None:
    cast.agree(owner=cast.mette, due_on=TODAY)
    reminder_services.plan(TODAY)
    url = reverse(name, args=[Reminder.objects.for_home(cast.home).get().pk])
    data = {"day": "2026-11-18"}
    for user in (cast.amina, cast.jonas, *outsiders(cast)):
        assert hx(cast.client(user), "post", url, data) == 404, user.name
    assert hx(cast.client(None), "post", url, data) == 401
    assert cast.client(cast.mette).get(url).status_code == 405
    assert hx(cast.client(cast.mette), "post", reverse(name, args=[99999]), data) == 404
    assert hx(cast.client(cast.mette), "post", url, data) == 204


def test_reading_never_changes_and_posting_is_never_reading(cast: Cast) -> None:
    client = cast.client(cast.mette)
    assert client.get(reverse("akut-read", args=[cast.home.slug, cast.rune.pk])).status_code == 405
    assert client.post(reverse("board", args=[cast.home.slug])).status_code == 405


@pytest.mark.parametrize(
    ("method", "name", "rest"), [("get", *entry) for entry in LEADER_GET] + [("post", *entry) for entry in LEADER_POST]
)
def test_what_leaders_do_is_refused_to_staff_and_unknown_outside(
    cast: Cast, method: str, name: str, rest: tuple[int, ...]
) -> None:
    url = reverse(name, args=[cast.home.slug, *rest])
    assert hx(cast.client(cast.lis), method, url, {"answer": "end"} if method == "post" else {}) in (200, 404, 422)
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), method, url) == 403, user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), method, url) == 404, user.name
    assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize("name", LEADER_STAY_GET)
def test_what_leaders_see_of_a_resident_is_refused_to_staff_and_unknown_outside(cast: Cast, name: str) -> None:
    def url(stay: int) -> str:
        return reverse(name, args=[cast.home.slug, stay])

    peter = User.objects.create_user("peter@x.invalid", name="Peter")
    Membership.objects.create(user=peter, role=Role.LEADER, team=cast.team, from_day=TODAY)
    for stay in (cast.rune, cast.aksel, cast.vibeke):
        assert hx(cast.client(cast.lis), "get", url(stay.pk)) == 200
        for user in (cast.mette, cast.amina):
            assert hx(cast.client(user), "get", url(stay.pk)) == 403, user.name
        for user in outsiders(cast):
            assert hx(cast.client(user), "get", url(stay.pk)) == 404, user.name
    assert hx(cast.client(peter), "get", url(cast.rune.pk)) == 200
    assert hx(cast.client(peter), "get", url(cast.aksel.pk)) == 404, "withdrawn"
    assert hx(cast.client(peter), "get", url(cast.vibeke.pk)) == 404, "not linked to the team"
    for user in (cast.lis, peter):
        assert hx(cast.client(user), "get", url(cast.elsewhere.pk)) == 404, "another home's resident"
        assert hx(cast.client(user), "get", url(99999)) == 404
    assert hx(cast.client(None), "get", url(cast.rune.pk)) == 401


@pytest.mark.parametrize("name", INSIGHT)
@pytest.mark.parametrize(("method", "data"), [("get", {}), ("post", {"format": "json", "why": "Beboeren"})])
def test_insight_is_given_by_the_leaders_of_the_side_that_wrote(
    cast: Cast, name: str, method: str, data: dict[str, str]
) -> None:
    def url(stay: int) -> str:
        return reverse(name, args=[cast.home.slug, stay])

    peter = User.objects.create_user("peter@x.invalid", name="Peter")
    Membership.objects.create(user=peter, role=Role.LEADER, team=cast.team, from_day=TODAY)
    for stay in (cast.rune, cast.aksel, cast.vibeke):
        assert hx(cast.client(cast.lis), method, url(stay.pk), data) == 200
        for user in (cast.mette, cast.amina):
            assert hx(cast.client(user), method, url(stay.pk), data) == 403, user.name
        for user in outsiders(cast):
            assert hx(cast.client(user), method, url(stay.pk), data) == 404, user.name
    assert hx(cast.client(peter), method, url(cast.rune.pk), data) == 200
    assert hx(cast.client(peter), method, url(cast.aksel.pk), data) == 200, "withdrawn: the team's own alone"
    assert hx(cast.client(peter), method, url(cast.vibeke.pk), data) == 404, "never linked to the team"
    for user in (cast.lis, peter):
        assert hx(cast.client(user), method, url(cast.elsewhere.pk), data) == 404, "another home's resident"
        assert hx(cast.client(user), method, url(99999), data) == 404
    assert hx(cast.client(None), method, url(cast.rune.pk), data) == 401


@pytest.mark.parametrize("name", INSIGHT_LIST)
def test_list_for_insight_is_the_leaders(cast: Cast, name: str) -> None:
    url = reverse(name, args=[cast.home.slug])
    assert hx(cast.client(cast.lis), "get", url) == 200
    for user in (cast.mette, cast.amina):
        assert hx(cast.client(user), "get", url) == 403, user.name
    for user in outsiders(cast):
        assert hx(cast.client(user), "get", url) == 404, user.name
    assert hx(cast.client(None), "get", url) == 401


@pytest.mark.parametrize(
    ("method", "name", "rest"),
    [("get", *entry) for entry in [*SAMPLE_GET, *ANCHOR_GET]] + [("post", *entry) for entry in SAMPLE_POST],
)
def test_control_of_the_log_is_the_leaders_and_the_anchors_the_approvers_too(
    cast: Cast, method: str, name: str, rest: tuple[Any, ...]
) -> None:
    anchors.make(timezone.now())
    sanne, _ = administrators(cast)
    made = []
    for title, role, place in (
        ("Peter", Role.LEADER, {"team": cast.team}), ("Nils", Role.APPROVER, {"organisation": cast.home.organisation}),
    ):  # fmt: skip
        user = User.objects.create_user(f"{title.lower()}@x.invalid", name=title)
        Membership.objects.create(user=user, role=role, from_day=TODAY, **place)
        made.append(user)
    url = reverse(name, args=rest)
    there = 404 if method == "post" else 200
    for user in (cast.lis, made[0]):
        assert hx(cast.client(user), method, url) == there, user.name
    assert hx(cast.client(made[1]), method, url) == (200 if (name, rest) in ANCHOR_GET else 404)
    for user in (cast.mette, cast.amina, sanne, *outsiders(cast)):
        assert hx(cast.client(user), method, url) == 404, user.name
    assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize(
    ("method", "name", "rest"),
    [("get", *entry) for entry in [*CRITERIA_GET, *APPROVER_GET]]
    + [("post", *entry) for entry in [*CRITERIA_POST, *APPROVER_POST]],
)
def test_criteria_office_does_not_exist_for_those_without_the_role(
    cast: Cast, method: str, name: str, rest: tuple[int, ...]
) -> None:
    url = reverse(name, args=rest)
    approver = (name, rest) in [*APPROVER_GET, *APPROVER_POST]
    for user in (cast.mette, cast.lis, cast.amina, cast.stranger, cast.gone, *([cast.karla] if approver else [])):
        assert hx(cast.client(user), method, url) == 404, user.name
    if not approver:
        assert hx(cast.client(cast.karla), method, url) == (404 if rest else 200)
    assert hx(cast.client(None), method, url) == 401
    assert cast.client(None).get(url).status_code == (302 if (name, rest) in [*CRITERIA_GET, *APPROVER_GET] else 405)


def named_rows(cast: Cast) -> dict[str, int]:
    """What the addresses of setting up name, all of it Havtornen's and its people's."""
    mette = Membership.objects.get(user=cast.mette)
    absence = Absence.objects.create(user=cast.mette, deputy=cast.jonas, from_day=TODAY, to_day=TODAY)
    return {
        "organisation": cast.home.organisation_id, "team": cast.team.pk, "home": cast.home.pk,
        "link": TeamHome.objects.get(home=cast.home).pk, "series": Series.objects.for_home(cast.home).get().pk,
        "person": cast.mette.pk, "member": mette.pk, "absence": absence.pk,
    }  # fmt: skip


def administrators(cast: Cast) -> tuple[User, User]:
    """The system administrator of the cast's region, and one of another region."""
    region = cast.team.organisation
    Organisation.objects.filter(pk=cast.home.organisation_id).update(region=region)
    made = []
    for name, place in (("Sanne", region), ("Ude", Organisation.objects.create(name="Region Langt Væk"))):
        user = User.objects.create_user(f"{name.lower()}@x.invalid", name=name)
        Membership.objects.create(user=user, role=Role.SYSTEM, organisation=place, from_day=TODAY)
        employed_where_they_work()
        made.append(user)
    return made[0], made[1]


@pytest.mark.parametrize(("name", "names"), SETTING_UP)
def test_setting_up_is_for_those_whose_unit_it_is(cast: Cast, name: str, names: tuple[str, ...]) -> None:
    named, (sanne, outside) = named_rows(cast), administrators(cast)
    url = reverse(name, args=[named[part] for part in names])
    page = (name, names) not in [*SYSTEM_POST, *UNIT_POST]
    method = "get" if page else "post"
    absence = (name, names) in ABSENCE_PAGES
    leader = (name, names) in [
        *UNIT_PAGES,
        *EMPLOYER_PAGES,
        *UNIT_POST,
        *ABSENCE_PAGES,
    ] and name != "administration-teams"
    system = (name, names) in [*SYSTEM_PAGES, *UNIT_PAGES, *SYSTEM_POST]
    assert (hx(cast.client(sanne), method, url) != 404) == system
    assert (hx(cast.client(cast.lis), method, url) != 404) == leader
    for user in (cast.mette, cast.jonas, *outsiders(cast), *([outside] if names else [])):
        own = absence and user == cast.mette
        allowed = own or (name == "administration" and user == cast.karla)
        assert (hx(cast.client(user), method, url) != 404) == allowed, user.name
        if page and not allowed:
            assert hx(cast.client(user), "post", url) in (404, 405), user.name
    if names:
        assert hx(cast.client(sanne), method, reverse(name, args=[99999] * len(names))) == 404
    assert hx(cast.client(None), method, url) == 401


@pytest.mark.parametrize("name", [*EMPLOYER_SYSTEM_GET, *EMPLOYER_SYSTEM_PAGES])
def test_what_an_account_did_is_for_the_administrator_of_who_employs_it(cast: Cast, name: str) -> None:
    sanne, outside = administrators(cast)
    bo = User.objects.create_user("bo@x.invalid", name="Bo")
    Membership.objects.create(user=bo, role=Role.SYSTEM, organisation=cast.home.organisation, from_day=TODAY)
    employed_where_they_work()
    mettes, aminas = (reverse(name, args=[one.pk]) for one in (cast.mette, cast.amina))
    assert hx(cast.client(bo), "get", mettes) == 200
    assert hx(cast.client(sanne), "get", aminas) == 200
    assert hx(cast.client(bo), "get", aminas) == 404
    for user in (sanne, outside, cast.lis, cast.mette, cast.jonas, cast.amina, cast.karla, *outsiders(cast)):
        assert hx(cast.client(user), "get", mettes) == 404, user.name
        assert hx(cast.client(user), "post", mettes) in (404, 405), user.name
    assert hx(cast.client(bo), "post", mettes) == (422 if name in EMPLOYER_SYSTEM_PAGES else 405)
    assert hx(cast.client(bo), "get", reverse(name, args=[99999])) == 404
    assert hx(cast.client(None), "get", mettes) == 401


@pytest.mark.parametrize(("name", "names"), OWN_HOME_PAGES)
def test_ended_stays_are_the_leaders_of_the_home_itself(cast: Cast, name: str, names: tuple[str, ...]) -> None:
    sanne, outside = administrators(cast)
    peter, other = (User.objects.create_user(f"{word}@x.invalid", name=word) for word in ("Peter", "Ole"))
    Membership.objects.create(user=peter, role=Role.LEADER, team=cast.team, from_day=TODAY)
    Membership.objects.create(user=other, role=Role.LEADER, home=cast.other_home, from_day=TODAY)
    Stay.objects.for_home(cast.home).filter(pk=cast.vibeke.pk).update(to_day=TODAY)
    Stay.objects.for_home(cast.other_home).filter(pk=cast.elsewhere.pk).update(to_day=TODAY)
    named = {"home": cast.home.pk, "ended": cast.vibeke.pk}
    url = reverse(name, args=[named[part] for part in names])
    methods = ("get", "post") if "ended" in names else ("get",)
    for method in methods:
        for user in (cast.mette, cast.amina, sanne, outside, peter, other, *outsiders(cast)):
            assert hx(cast.client(user), method, url, {"why": "Bedt om"}) == 404, user.name
        assert hx(cast.client(None), method, url) == 401
        if "ended" in names:
            for stay in (cast.rune.pk, cast.elsewhere.pk, 99999):
                elsewhere = reverse(name, args=[cast.home.pk, stay])
                assert hx(cast.client(cast.lis), method, elsewhere, {"why": "Bedt om"}) == 404
    assert hx(cast.client(cast.lis), "get", url) == 200
    assert Stay.objects.for_home(cast.home).filter(pk=cast.vibeke.pk).exists()


@pytest.mark.parametrize("name", RETENTION_GET)
def test_what_was_erased_is_told_to_those_who_answer_for_a_unit(cast: Cast, name: str) -> None:
    sanne, _ = administrators(cast)
    peter = User.objects.create_user("peter@x.invalid", name="Peter")
    Membership.objects.create(user=peter, role=Role.LEADER, team=cast.team, from_day=TODAY)
    for user in (cast.lis, peter, sanne, cast.karla):
        assert hx(cast.client(user), "get", reverse(name)) == 200, user.name
    for user in (cast.mette, cast.amina, cast.stranger, cast.other_nurse, cast.gone):
        assert hx(cast.client(user), "get", reverse(name)) == 404, user.name
    assert hx(cast.client(None), "get", reverse(name)) == 401
