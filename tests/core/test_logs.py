"""The lines production writes: one each, whatever is in them, with nobody's words; and the number of a request."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError
from django.test import AsyncClient, Client
from django.urls import reverse

from audit import trail
from core.logs import JsonLine, request_id
from tests.conftest import Cast

POISON = 'x\r\n{"level":"CRITICAL"}\n\x00\x1b[2J\x85\u2028\u2029\u202e"\\ ÆØÅ 🙂 \ud800'
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
WORDS = "Zebulon"


def line(message: str, *args: Any, name: str = "boards", error: BaseException | None = None, **extra: Any) -> Any:
    """The parsed line of a record; fails where it is not one line."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, info)
    vars(record).update(extra)
    written = JsonLine().format(record)
    assert not BREAKS.search(written)
    assert WORDS not in written
    return json.loads(written)


def raised(error: BaseException) -> BaseException:
    try:
        try:
            raise ValueError(f"{WORDS} for enden")
        except ValueError as first:
            raise error from first
    except BaseException as second:  # noqa: BLE001, RUF100 - whatever it is
        return second


@pytest.mark.parametrize(("message", "args"), [(POISON, ()), ("%s", (POISON,)), ("%(what)s", ({"what": POISON},))])
def test_nothing_written_begins_a_new_line(message: str, args: tuple[Any, ...]) -> None:
    found = line(message, *args, name=POISON)
    assert (found["message"], found["logger"], found["level"]) == (POISON, POISON, "ERROR")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", found["time"])
    assert set(found) == {"time", "level", "logger", "message"}


def test_error_is_told_by_kind_and_place_and_not_by_what_it_says() -> None:
    error = raised(IntegrityError(f'Key (name)=("{WORDS}") already exists.'))
    found = line("digest %s needs a look", 7, error=error)
    assert found["message"] == "digest 7 needs a look"
    assert found["error"] == ["IntegrityError", "ValueError"]
    assert re.fullmatch(r"tests/core/test_logs\.py:\d+ raised", found["at"][-1])
    assert line(f"it failed: {error}", error=error)["message"] == "it failed: …"


def test_celery_s_line_about_a_task_that_failed_says_which_and_not_what() -> None:
    error = raised(KeyError(WORDS))
    told = {"id": "1f", "name": "operations.minute", "exc": repr(error), "traceback": WORDS, "description": "raised"}
    found = line("Task %(name)s[%(id)s] %(description)s: %(exc)s", told, error=error, name="celery.app.trace")
    assert found["message"] == "Task operations.minute[1f] raised: "


@pytest.fixture
def written() -> Iterator[list[Any]]:
    """The lines as they would stand in production, parsed."""
    lines: list[Any] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = JsonLine().format(record)
            assert not BREAKS.search(text)
            lines.append(json.loads(text))

    handler = Keep(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in ("django.request", "django.security", "botilbud")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def test_address_is_told_by_its_pattern(cast: Cast, written: list[Any]) -> None:
    Client().get(f"/vaeg/{WORDS}/?q={WORDS}")
    Client().get(f"/findes/{WORDS}?q={WORDS}")
    cast.client(cast.mette).get(f"/havtornen/tavle/aendringer/?since={WORDS}")
    Client(headers={"Host": f"{WORDS}.x\ny"}).get("/konto/login/")
    said = {one["message"] for one in written}
    assert {"404 GET unknown address", "400 GET <slug:slug>/tavle/aendringer/", "refused: DisallowedHost"} <= said
    assert WORDS not in json.dumps(written)


def test_each_answer_has_a_number_of_its_own_and_none_from_outside(db: None) -> None:
    sent = "a" * 16
    answers = [Client(headers={"X-Request-Id": sent}).get("/konto/login/") for _ in range(2)]
    numbers = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{16}", number) for number in numbers)
    assert len({*numbers, sent}) == 3
    assert request_id.get() == ""
    later = async_to_sync(AsyncClient().get)("/helbred/ingen/", headers={"X-Request-Id": sent})
    assert later.headers["X-Request-Id"] not in {*numbers, sent}


def test_number_on_the_error_page_is_the_one_in_the_log(
    cast: Cast, written: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError(WORDS)

    board = reverse("board", args=[cast.home.slug])
    client = Client(raise_request_exception=False)
    client.force_login(cast.mette, backend="accounts.sessions.Backend")
    monkeypatch.setattr("boards.views.page.log_look", breaks)
    broken = client.get(board)
    monkeypatch.setattr("boards.views.page.log_look", lambda *_: (_ for _ in ()).throw(trail.Unwritable(WORDS)))
    unwritable = client.get(board)
    for answer, status in ((broken, 500), (unwritable, 503)):
        number = answer.headers["X-Request-Id"]
        assert (answer.status_code, number in answer.content.decode()) == (status, True)
        assert number in {one.get("request") for one in written}
        assert WORDS not in answer.content.decode()
    assert [one["error"] for one in written if one["message"] == "500 GET <slug:slug>/tavle/"] == [["RuntimeError"]]
