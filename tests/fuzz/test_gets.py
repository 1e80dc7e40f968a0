"""Every address asked for with anything in its query, its headers and its places: no server error, nothing changed.

And the pages of the sign-in library, odd kinds of content, and paths that are none.
"""

from typing import Any
from urllib.parse import quote_plus

import pytest
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.engine import ALWAYS, Engine, send, tried
from tests.fuzz.test_posts import EXTRA, FORM, HOSTILE, TYPES, as_bytes
from tests.fuzz.world import NAMES, STREAMS, World, names_for, who_may

pytestmark = pytest.mark.django_db

HX = {"HX-Request": "true"}
# What a look may leave behind beside the log: who is here, and that the screen on the wall is alive.
SEEN_HERE = {"boards.Presence", "boards.LastMet", "meetings.WallScreen"}
# Headers the site or its libraries read. Latin-1, as the wire has them.
HEADERS = {
    "HX-Request": ["true", "false", "\xff"],
    "HX-Current-URL": ["http://[", "%ed%a0%80", "http://testserver/\xe6", "x" * 9000],
    "HX-Current-URL-URI-AutoEncoded": ["true", "x"],
    "HX-Target": ["%00", "<b>"],
    "HX-Triggering-Event": ["{", "[]", "null", '{"a":' * 900],
    "HX-Triggering-Event-URI-AutoEncoded": ["true"],
    "X-Requested-With": ["board", "XMLHttpRequest"],
    "Accept-Language": ["xx-" * 300, "da;q=x", "\xe6", ",,,", "da;q=1e400"],
    "Accept": ["x/" * 500, ";;;", "text/html;q=NaN"],
    "Accept-Encoding": ["gzip;q=x", "\xe6"],
    "Referer": ["http://[", "javascript:alert(1)", "\xff"],
    "Origin": ["null", "http://[", "https://elsewhere.invalid"],
    "Host": ["a b", "[", "elsewhere.invalid", "testserver:99999999", "\xe6"],
    "If-None-Match": ['"', "*", "W/"],
    "If-Modified-Since": ["x", "Mon, 99 Foo 0001 00:00:00 GMT"],
    "Range": ["bytes=5-1", "bytes=-", "x"],
    "Cookie": ["session=\x00", "session=" + "a" * 9000, "=;=;", 'storskaerm="\\777"', "storskaerm=\xff"],
    "X-Forwarded-For": ["x", "::" * 99], "X-Forwarded-Host": ["["], "X-Forwarded-Proto": ["\xff"],
    "X-CSRFToken": ["x", "\xff" * 64], "X-HTTP-Method-Override": ["DELETE"], "Content-Length": ["-1", "x"],
    "Sec-Fetch-Mode": ["navigate", "x"], "Sec-Fetch-Site": ["cross-site"],
}  # fmt: skip
PATHS = [
    "/%ff/", "/%ed%a0%80/", "/%00/", "/havtornen/%00/", "/havtornen/tavle/%0d%0aX-A:%20b/", "/" + "a" * 5000 + "/",
    "//elsewhere.invalid/", "/..;/", "/havtornen/beboer/١٢/", "/havtornen/beboer/-1/", "/havtornen/beboer/1e9/",
    "/havtornen/beboer/" + "9" * 400 + "/", "/static/../manage.py", "/static/%2e%2e/%2e%2e/manage.py", "/static/%00",
    "/static/%ff", "/static/" + "a" * 300, "/konto/%ff/", "/styring/ankre/2026-11-17.txt/", "/HAVTORNEN/tavle/",
    "/havtornen\\tavle/", "/havtornen/tavle", "/%252e%252e/", "/vaeg/%ed%a0%80/", "/vaeg/%ff/", "/?%ff=%ff&%00",
    "/havtornen/tavle/?" + "a=b&" * 2000, "/havtornen/tavle/?" + "a" * 60_000, "/find/?q=%ed%a0%80", "/find/?q=%00",
]  # fmt: skip


def account_names() -> list[str]:
    """The URLs of the sign-in library that take no arguments."""
    found = []

    def walk(patterns: list[Any]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            else:
                found.append(str(pattern.name))

    walk([one for one in get_resolver().url_patterns if str(one.pattern).startswith("konto/")])
    return sorted(found)


@pytest.fixture(scope="module")
def engine(world: World) -> Engine:
    return Engine(world)


@st.composite
def asked(draw: Any, world: World, name: str) -> tuple[str, str, dict[str, str]]:
    who = draw(st.sampled_from(who_may(name)))
    places = {place: draw(st.sampled_from(pool)) for place, pool in world.arguments(name).items()}
    if draw(st.integers(0, 2)):
        places = {place: pool[0] for place, pool in world.arguments(name).items()}
    value = st.one_of(
        st.sampled_from(HOSTILE), st.sampled_from([str(pk) for pk in world.pks["other"]]), st.text(max_size=20)
    )
    known = st.sampled_from([*names_for(name), *EXTRA])
    query = draw(st.lists(st.tuples(st.one_of(known, known, value), value), max_size=4))
    headers = draw(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.integers(0, 9), max_size=2))
    sent = {header: HEADERS[header][at % len(HEADERS[header])] for header, at in headers.items()}
    words = "&".join(f"{quote_plus(as_bytes(key))}={quote_plus(as_bytes(word))}" for key, word in query)
    return who, f"{reverse(name, kwargs=places)}?{words}", sent


@pytest.mark.parametrize("name", [name for name in NAMES if name not in STREAMS])
def test_nothing_asked_makes_a_server_error_or_changes_anything(engine: Engine, name: str) -> None:
    engine.began.add(name)

    @tried(10)
    @given(asked(engine.world, name))
    def run(ask: tuple[str, str, dict[str, str]]) -> None:
        who, address, headers = ask
        answer = send(engine, who, "GET", address, b"", "", **headers)
        assert set(answer.changed) <= ALWAYS | SEEN_HERE, answer.changed
        if answer.status == 200:
            engine.reached[name] += 1

    run()


@pytest.mark.parametrize("path", PATHS)
def test_path_that_is_none_is_no_server_error(engine: Engine, path: str) -> None:
    for who in (None, "mette"):
        for method in ("GET", "POST"):
            answer = send(engine, who, method, path, content_type=FORM)
            assert set(answer.changed) <= ALWAYS


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "name", ["topic-park", "sign-note", "administration-people-read-in", "find", "account_login", "demo-sign-in"]
)
def test_odd_kind_of_content_is_no_server_error(engine: Engine, name: str, kind: str) -> None:
    try:
        address = reverse(name)
    except NoReverseMatch:
        address = engine.world.address(name)
    bodies = [
        b"",
        b"text=Ord",
        b"--x\r\n",
        b"--x--",
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\r\n--x--\r\n',
    ]
    coded = b"Content-Transfer-Encoding: base64\r\n\r\n#\r\n--x--\r\n"
    bodies += [b'--x\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n' + coded]
    bodies += [b"text=%ff%ed%a0%80&text", b"\xff\xfe\x00", b"text=+AGE-"]
    for who in (None, "mette", "sanne"):
        for body in bodies:
            answer = send(engine, who, "POST", address, body, kind, **HX)
            assert answer.status != 404 or name in (
                "administration-people-read-in",
                "demo-sign-in",
                "topic-park",
                "sign-note",
            )
            if answer.status >= 400:
                assert set(answer.changed) <= ALWAYS | {"axes.AccessAttempt", "axes.AccessFailureLog"}


@pytest.mark.parametrize("name", account_names())
def test_sign_in_pages_answer_anything_without_a_server_error(engine: Engine, name: str) -> None:
    try:
        address = reverse(name)
    except NoReverseMatch:
        address = None
    fields = st.sampled_from(
        [
            "login",
            "password",
            "email",
            "code",
            "oldpassword",
            "password1",
            "password2",
            "next",
            "remember",
            "credential",
            "name",
            "action_add",
            "action_remove",
            "action_primary",
            "action_send",
        ]
    )
    value = st.one_of(
        st.sampled_from(HOSTILE),
        st.sampled_from(["mette@x.invalid", "//elsewhere.invalid", "javascript:alert(1)", "{}"]),
    )

    @tried(8)
    @given(
        st.lists(st.tuples(fields, value), max_size=4),
        st.sampled_from([None, "mette"]),
        st.sampled_from(["GET", "POST"]),
    )
    def run(pairs: list[tuple[str, str]], who: str | None, method: str) -> None:
        words = "&".join(f"{quote_plus(key)}={quote_plus(as_bytes(word))}" for key, word in pairs)
        where = f"{address}?{words}" if method == "GET" else str(address)
        answer = send(engine, who, method, where, words.encode() if method == "POST" else b"", FORM)
        strays = {
            label for label in answer.changed if label.split(".")[0] not in ("account", "mfa", "axes", "organisation")
        }
        assert strays <= ALWAYS

    if address is not None:
        run()


def test_figures_of_what_was_asked(engine: Engine, record_property: Any) -> None:
    if not set(NAMES) - set(STREAMS) <= engine.began:
        pytest.skip("only where all of the file was run, in one process")
    record_property("counts", engine.told("Fuzz, GET"))
    assert engine.statuses[200] > 300
