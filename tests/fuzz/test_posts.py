"""Every address of the site, and every form its pages show, sent what nobody should send.

No server error, no write outside what the address may write, none in another home or on another resident, and nothing
kept of what was refused. FUZZ=deep tries a hundred times as much.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests import test_access_matrix as matrix
from tests.fuzz.engine import ALWAYS, Engine, send, tried
from tests.fuzz.world import NAMES, World, names_for, who_may

pytestmark = pytest.mark.django_db

CELL = {"boards.Cell", "boards.CellRevision"}
ITEM = {"boards.Intervention", "boards.InterventionEvent"}
EPISODE = {"boards.Episode", "boards.EpisodeCriterion", "boards.LevelChange", "boards.AkutRead"}
SIGN = {"boards.EarlySign", "boards.SignRead"}
CALENDAR = {"meetings.Meeting"}
# The pen goes with the referent; a draft of a meeting's is nobody's.
RUNNING = {"meetings.Meeting", "meetings.AgendaItem", "meetings.Attendance", "boards.Pen"}
CLOSED = {
    *RUNNING,
    *SIGN,
    "meetings.CarryOver",
    "meetings.Minutes",
    "meetings.MinutesSection",
    "meetings.ParkedTopic",
    "boards.LastMet",
}
SHARING = {"residents.SharingBasis"}
LIVES = {
    "residents.Stay",
    "residents.Resident",
    "residents.TeamLink",
    "residents.Contact",
    "residents.Admission",
    *SHARING,
}
ENDED = {
    *LIVES,
    *EPISODE,
    *ITEM,
    *SIGN,
    "meetings.ParkedTopic",
    "meetings.WallScreen",
    "boards.AkutReview",
    "reminders.Reminder",
}
OFFER = {"organisation.RoleOffer", "organisation.RoleYes"}
WHO = {"organisation.User", "organisation.Membership", *OFFER}
SCREEN = {"accounts.Screen"}
ERASED = {
    *ENDED, *CELL, *CLOSED, "residents.Partner", "residents.Visit", "boards.UnagreedRead", "meetings.JournalNote",
    "privacy.SampleLine", "privacy.Erasure", "privacy.Receipt",
}  # fmt: skip
# {URL: what it may write beside the log}. A URL that takes a POST and stands here with nothing may write nothing.
WRITES: dict[str, set[str]] = {
    "administration-approval-answer": {"criteria.Approval"},
    "administration-criterion-propose": {"criteria.CriterionVersion"},
    "administration-criterion-awake": {"criteria.CriterionVersion"},
    "administration-criterion-create": {"criteria.Criterion", "criteria.CriterionVersion"},
    "administration-criterion-move": {"criteria.Criterion"},
    "administration-criterion-withdraw": {"criteria.CriterionVersion"},
    "administration-settings-change": {"organisation.RegionSettings"},
    "administration-absence-own": {"organisation.Absence"},
    "administration-absence-of": {"organisation.Absence"},
    "administration-absence-shorten": {"organisation.Absence"},
    "administration-membership-hand-on": {*ITEM, "residents.Contact", "meetings.Meeting", "boards.Pen"},
    "administration-home-change": {"organisation.Home"},
    "administration-home-leave": {
        "organisation.Home",
        "organisation.TeamHome",
        "meetings.Series",
        "meetings.Meeting",
        *ENDED,
    },
    "administration-home-create": {"organisation.Home"},
    "administration-team-home-change": {"organisation.TeamHome", "meetings.Series", *CALENDAR},
    "administration-team-home-add": {"organisation.TeamHome"},
    "administration-people-read-in": WHO,
    "administration-organisation": {"organisation.Organisation"},
    "administration-organisation-create": {"organisation.Organisation"},
    "administration-person-change": {"organisation.User"},
    "administration-account": {"organisation.User"},
    # Until the new address has confirmed it.
    "administration-address-change": set(),
    "administration-person-create": WHO,
    "administration-practice-create": {
        "organisation.Home",
        "organisation.TeamHome",
        "meetings.Series",
        *CALENDAR,
        *LIVES,
        *EPISODE,
        *CELL,
        *ITEM,
    },
    "administration-membership-end": {"organisation.Membership"},
    "administration-membership-give": {"organisation.Membership", *OFFER},
    "administration-clock-confirm": set(),
    "administration-erasing-allow": set(),
    "administration-role-offer-answer": {"organisation.Membership", *OFFER},
    "administration-sample-answer": {"privacy.SampleLine"},
    "administration-series-end": {"meetings.Series", *CALENDAR},
    "administration-series-change": {"meetings.Series", *CALENDAR},
    "administration-series-create": {"meetings.Series", *CALENDAR},
    "administration-team": {"organisation.Team"},
    "administration-team-create": {"organisation.Team"},
    "akut-review": {*EPISODE, "boards.AkutReview"},
    "akut-review-confirm": {"boards.AkutReview"},
    "akut-read": {"boards.AkutRead"},
    "attendance": {"meetings.Attendance"},
    "guest-add": {"meetings.Attendance"},
    "meeting-unstart": RUNNING,
    "attendance-time": {"meetings.Attendance"},
    "basis-open": SHARING,
    "basis-record": SHARING,
    "basis-withdraw": SHARING,
    "board-here": {"boards.Presence"},
    "cell": CELL,
    "cell-confirm": CELL,
    "cell-misfile": CELL,
    "chair-take": {"meetings.Meeting", "meetings.Attendance"},
    "demo-sign-in": set(),
    "discharge-answer": {"residents.Stay"},
    "situation-mistaken": {"residents.Stay", "residents.Admission"},
    "draft": set(),
    "administration-stay-erase": ERASED,
    "administration-device-revoke": {"accounts.Device"},
    "administration-devices": {"accounts.Device"},
    "device-link": {"accounts.Device"},
    "insight": set(),
    "meeting-awake": SCREEN,
    "own-sessions": set(),
    "partner-add": {"residents.Partner"},
    "partner-change": {"residents.Partner"},
    "pin": {"accounts.Pin"},
    "screen-lock": SCREEN,
    "screen-passkey": set(),
    "screen-touch": SCREEN,
    "screen-unlock": SCREEN,
    "tick-late": ITEM,
    "unagreed-read": {"boards.UnagreedRead"},
    "find": set(),
    "guest-remove": {"meetings.Attendance"},
    "intervention": ITEM,
    "intervention-add": ITEM,
    "intervention-misfile": ITEM,
    "intervention-move": ITEM,
    "intervention-settle": ITEM,
    "journal-note": {"meetings.JournalNote"},
    "level-change": {*EPISODE, *ITEM, *SIGN},
    "level-close": EPISODE,
    "level-dispute": SIGN,
    "level-review": EPISODE,
    "meeting-cancel": CALENDAR,
    "meeting-uncancel": CALENDAR,
    "meeting-close": CLOSED,
    "meeting-extra": CALENDAR,
    "spotlight-move": {*RUNNING, *SIGN},
    "meeting-hold": {*RUNNING, "boards.Presence"},
    "meeting-move": CALENDAR,
    "paper-enter": CLOSED,
    "meeting-recap": {*RUNNING, *SIGN},
    "meeting-reopen": RUNNING,
    "meeting-start": RUNNING,
    "move-correct": {"residents.Stay"},
    "move-in": LIVES,
    "move-out": ENDED,
    "own-criterion": {"criteria.Criterion", "criteria.CriterionVersion", "criteria.Approval"},
    "own-criterion-answer": {"criteria.Criterion", "criteria.CriterionVersion", "criteria.Approval"},
    "referent-take": {"boards.Pen", "meetings.Meeting", "meetings.Attendance"},
    "reminder-hide": {"reminders.Reminder"},
    "reminder-prefer": {"reminders.Preference"},
    "reminder-snooze": {"reminders.Reminder"},
    "contact-set": {"residents.Contact"},
    "left-draft": set(),
    "team-start": {"residents.TeamStart"},
    "team-start-answer": {"residents.TeamStart", "residents.TeamLink"},
    "resident-here": {"meetings.Meeting"},
    "situation-change": {"residents.Stay", "residents.Admission"},
    "team-change": {*LIVES, *EPISODE, *ITEM, *SIGN, *CELL},
    "sign-handle": SIGN,
    "sign-note": SIGN,
    "sign-read": {"boards.SignRead"},
    "tell-add": ITEM,
    "topic-park": {"meetings.ParkedTopic"},
    "topic-settle": {"meetings.ParkedTopic"},
    "undo": {*CELL, *ITEM, *EPISODE},
    "visit-note": {"residents.Visit", "residents.Admission"},
    "wall-blank": {"meetings.Meeting"},
    "wall-link": {"meetings.WallScreen"},
    "wall-revoke": {"meetings.WallScreen"},
    "wall-screens": {"meetings.WallScreen"},
    "wall-show": {"meetings.Meeting"},
}
# Nobody of the cast is one of the demo's people.
REFUSED_TO_ALL = {"demo-sign-in"}

HOSTILE = [
    "", " ", "\t\n", "\u200b\u2060", "æøå ÆØÅ", "\u202etsil\u202c", "مرحبا", "e" + "\u0301" * 200, "👩‍👩‍👧‍👦" * 10,
    "\x00", "a\x00b", "\ud800", "a\udfffb", "\x01\x02\x1b[31m\x7f\x85", "\r\nSet-Cookie: a=b", "0", "-1", "1e400",
    "NaN", "Infinity", str(10**30), "9223372036854775808", "2147483648", "1_000", "１２", "٣", "²", "½", " 1",
    "1.5", "0x10", "true", "None",
    "[]", "{}", "0001-01-01", "9999-12-31", "2026-02-30", "2026-11-18", "31.12.9999", "20261118", "2026-W47-2",
    "2026-11-18T10:00:00+25:00", "00:00", "23:59:59.999999", "24:00", "24.00", "9", "-1:00", "'; DROP TABLE x; --",
    "%s%n%(x)s", "{{ 7*7 }}", "<script>alert(1)</script>", "../../etc/passwd", "=1+1", "a" * 4001, "x" * 300,
]  # fmt: skip
HUGE = "æ" * 500_000
# What no form asks for: whose it is, who wrote it, which version, on what ground.
EXTRA = [
    "home", "home_id", "author", "by", "side", "version", "basis", "stay", "stay_id", "user", "user_id", "resident",
    "id", "pk", "role", "team", "organisation", "changed_by", "state", "number", "seen", "key", "is_superuser",
]  # fmt: skip
TYPES = [
    "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "", "x", "/;=",
    "multipart/form-data; boundary=" + "a" * 300, "multipart/form-data; boundary=x; charset=utf-7",
    "application/x-www-form-urlencoded; charset=utf-7", "application/x-www-form-urlencoded; charset=nonsense",
    "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=latin-1",
    "application/x-www-form-urlencoded; charset=base64", "application/x-www-form-urlencoded; charset=\"",
    "multipart/form-data; boundary=\u00e6", "application/x-www-form-urlencoded; charset=idna",
]  # fmt: skip
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


@dataclass
class Try:
    """Who sends what where."""

    who: str
    places: dict[str, Any]
    fields: list[tuple[str, str]]
    content_type: str

    def body(self) -> bytes:
        """The fields as a browser would send them, lone surrogates and all."""
        if self.content_type == PARTS:
            return (
                b"".join(
                    b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                    % (as_bytes(name), as_bytes(value))
                    for name, value in self.fields
                )
                + b"--x--\r\n"
            )
        return "&".join(
            f"{quote_plus(as_bytes(name))}={quote_plus(as_bytes(value))}" for name, value in self.fields
        ).encode()


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@st.composite
def tries(draw: Any, world: World, name: str, forms: list[dict[str, list[str]]]) -> Try:
    """From a form as its page shows it, filled in, to one with anything in any field, at any address."""
    who = draw(st.sampled_from(who_may(name)))
    own = {place: pool[0] for place, pool in world.arguments(name).items()}
    places = dict(own)
    if own and draw(st.integers(0, 3)) == 3:
        place = draw(st.sampled_from(sorted(own)))
        places[place] = draw(st.sampled_from(world.arguments(name)[place]))
    form = draw(st.sampled_from(forms)) if forms else {field: [""] for field in names_for(name)}
    ids = [str(pk) for pk in world.pks["other"]]
    odd = st.one_of(st.sampled_from(HOSTILE), st.sampled_from(ids), st.text(max_size=20))
    fields: list[tuple[str, str]] = []
    wild = draw(st.integers(0, 4))  # how many of the fields are tampered with
    tampered = set(draw(st.lists(st.sampled_from([*form, "text"]), min_size=wild, max_size=wild))) if wild else set()
    for field, options in form.items():
        value = draw(st.sampled_from(options)) or draw(st.sampled_from(["Ord", "Ord", ""]))
        if field not in tampered:
            fields.append((field, value))
            continue
        how = draw(st.integers(0, 9))
        if how == 0:
            continue
        fields.append((field, HUGE if how == 1 else draw(odd)))
        if how == 2:
            fields.append((field, value))
    for field in draw(st.lists(st.sampled_from([*EXTRA, *names_for(name)]), max_size=3)):
        fields.append((field, draw(odd)))
    if wild == 4:
        fields.append((draw(st.sampled_from(HOSTILE)), draw(odd)))
    content_type = draw(st.sampled_from([FORM, FORM, FORM, FORM, PARTS, *TYPES])) if wild else FORM
    return Try(who, places, fields, content_type)


@pytest.fixture(scope="module")
def engine(world: World) -> Engine:
    return Engine(world)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_sent_makes_a_server_error_or_a_stray_write(
    engine: Engine, shown: dict[str, list[dict[str, list[str]]]], name: str
) -> None:
    world = engine.world
    engine.began.add(name)
    if send(engine, who_may(name)[0], "POST", world.address(name), content_type=FORM).status == 405:
        assert name not in WRITES, "a URL that takes no POST"
        return

    @tried(4 if name == "administration-practice-create" else 16)  # a whole home, at each try
    @given(tries(world, name, shown.get(name, [])))
    def run(attempt: Try) -> None:
        where, kind = reverse(name, kwargs=attempt.places), attempt.content_type
        answer = send(engine, attempt.who, "POST", where, attempt.body(), kind, **{"HX-Request": "true"})
        if answer.status not in (400, 403, 404, 405, 413):
            engine.reached[name] += 1
        if answer.status >= 400:
            assert set(answer.changed) <= ALWAYS, (answer.status, answer.changed)
        assert name in WRITES, f"say in WRITES what a POST to {name} may write"
        assert set(answer.changed) <= WRITES[name] | ALWAYS, set(answer.changed) - WRITES[name] - ALWAYS
        engine.wrote.setdefault(name, set()).update(set(answer.changed) - ALWAYS)
        homes, stay = may_touch(engine, attempt, name)
        for label, rows in answer.changed.items():
            for home, whose in rows:
                assert homes is None or home in (None, *homes), (label, home)
                assert stay is None or whose in (None, stay), (label, whose)

    run()


def may_touch(engine: Engine, attempt: Try, name: str) -> tuple[set[int] | None, int | None]:
    """The homes whose rows a try may change, and the one stay, where its address names one. None for any."""
    cast, places = engine.world.cast, attempt.places
    if attempt.who == "sanne":
        # She sets up both homes, and makes new ones; what is addressed is hers to change.
        homes = (
            None if places or name in ("administration-home-create", "administration-person-create") else {cast.home.pk}
        )
    else:
        homes = {cast.home.pk}
    stay = places.get("stay")
    for names, table in (
        ([*matrix.ITEM_POST], "boards_intervention"), (matrix.SIGN_POST, "boards_earlysign"),
        (matrix.REVIEW_POST, "boards_akutreview"),
    ):  # fmt: skip
        if name in names:
            stay = engine.before[table].get(places["pk"], (None, None))[1]
    # A text written on the wrong resident goes to the right one.
    return homes, None if name == "cell-misfile" else stay


def test_declared_writes_are_of_urls_that_take_a_post() -> None:
    assert set(WRITES) <= set(NAMES)


def test_figures_of_what_was_sent(engine: Engine, record_property: Any) -> None:
    """Last in the file: the tries above got through the doors, and did write."""
    if not set(NAMES) <= set(engine.began):
        pytest.skip("only where all of the file was run, in one process")
    record_property("counts", engine.told("Fuzz, POST"))
    unreached = set(WRITES) - REFUSED_TO_ALL - set(engine.reached)
    assert unreached == set(), "nobody of the world is let in there"
    wrote = {name for name, labels in engine.wrote.items() if labels}
    assert len(wrote) > 40, sorted(set(WRITES) - wrote)
