"""A provider that does not answer, or answers in drops, holds nobody for long and is let be for a while."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from accounts import oidc
from accounts.rules import Refused


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    oidc.forget()
    monkeypatch.setattr(oidc, "TIMEOUT", 0.2)
    monkeypatch.setattr(oidc, "WHOLE", 0.4)
    yield
    oidc.forget()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], tuple[str, list[int]]]]:
    """A server on a free port that does with each caller what it is given. Its address, and how often it was called."""
    listening: list[socket.socket] = []

    def start(answer: Callable[[socket.socket], None]) -> tuple[str, list[int]]:
        server, calls = socket.create_server(("127.0.0.1", 0)), []
        listening.append(server)

        def run() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                calls.append(1)
                threading.Thread(target=_safely, args=(answer, caller), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/", calls

    yield start
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _safely(answer: Callable[[socket.socket], None], caller: socket.socket) -> None:
    with caller:
        try:
            caller.recv(4096)
            answer(caller)
        except OSError:
            pass


def whole(body: dict[str, Any]) -> Callable[[socket.socket], None]:
    def answer(caller: socket.socket) -> None:
        text = json.dumps(body).encode()
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(text), text))

    return answer


def in_drops(caller: socket.socket) -> None:
    caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        caller.sendall(b" ")
        time.sleep(0.05)


def test_one_that_never_answers_is_given_up_and_after_three_times_let_be(serve: Any) -> None:
    held = threading.Event()
    address, calls = serve(lambda caller: held.wait(20) and None)
    for _ in range(6):
        with pytest.raises(oidc.Silent):
            oidc.ask(address)
    held.set()
    assert len(calls) == oidc.TRIES, "the last three asked nobody"


def test_one_that_answers_in_drops_is_given_up(serve: Any) -> None:
    address, calls = serve(in_drops)
    with pytest.raises(oidc.Silent, match="TimeoutError"):
        oidc.ask(address)
    assert len(calls) == 1


def test_one_that_answers_again_is_asked_as_before(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([lambda caller: None, lambda caller: None, whole({"issuer": "x"}), lambda caller: None, whole({})])
    address, calls = serve(lambda caller: next(answers)(caller))
    for wanted in (None, None, {"issuer": "x"}, None, {}):
        if wanted is None:
            with pytest.raises(oidc.Silent):
                oidc.ask(address)
        else:
            assert oidc.ask(address) == wanted
    monkeypatch.setattr(oidc, "LET_BE", 0.0)
    assert len(calls) == 5


def test_half_a_minute_later_it_is_asked_again(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, calls = serve(lambda caller: None)
    for _ in range(oidc.TRIES + 1):
        with pytest.raises(oidc.Silent):
            oidc.ask(address)
    monkeypatch.setattr(oidc, "LET_BE", 0.0)
    with pytest.raises(oidc.Silent):
        oidc.ask(address)
    assert len(calls) == oidc.TRIES + 1


def test_one_that_refuses_has_answered(serve: Any) -> None:
    address, calls = serve(lambda caller: caller.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"))
    for _ in range(oidc.TRIES + 2):
        with pytest.raises(oidc.Silent) as told:
            oidc.ask(address)
        assert told.value.status == 403
    assert len(calls) == oidc.TRIES + 2


def test_what_a_provider_says_of_itself_is_asked_once_in_ten_minutes(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, Any] = {}
    address, calls = serve(lambda caller: whole(said)(caller))
    provider: Any = SimpleNamespace(issuer=address.rstrip("/"), name="Kommunen")
    said["issuer"] = provider.issuer
    assert oidc._discover(provider) == oidc._discover(provider) == said
    assert len(calls) == 1
    monkeypatch.setattr(oidc, "KNOWN_FOR", -1.0)
    oidc._discover(provider)
    assert len(calls) == 2


def test_wrong_word_of_a_provider_is_not_kept(serve: Any) -> None:
    said: dict[str, Any] = {"issuer": "en anden"}
    address, calls = serve(lambda caller: whole(said)(caller))
    provider: Any = SimpleNamespace(issuer=address.rstrip("/"), name="Kommunen")
    with pytest.raises(Refused):
        oidc._discover(provider)
    said["issuer"] = provider.issuer
    assert oidc._discover(provider) == said
    assert len(calls) == 2
