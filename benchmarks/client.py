"""A client on raw sockets that keeps its connections, so that little of what is measured is the client's own time."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

HEADERS = "Accept-Encoding: gzip\r\nConnection: keep-alive\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back, and how many milliseconds after the first byte was sent."""

    status: int
    headers: str
    body: bytes
    ms: float


class Link:
    """One kept connection of one signed-in session (`cookie`, `token`; neither for the bare fan-out)."""

    def __init__(self, port: int, cookie: str = "", token: str = "") -> None:
        self.port = port
        self.head = f"Host: 127.0.0.1\r\n{HEADERS}"
        if cookie:
            self.head += f"Cookie: {cookie}\r\n"
        self.token = token
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, form: dict[str, Any] | None = None, fragment: bool = False) -> Answer:
        """One request and its whole answer. Raises OSError when the connection breaks."""
        if self.streams is not None and self.streams[0].at_eof():
            # Left alone for some seconds; a browser opens another too.
            self.close()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        reader, writer = self.streams
        body = urlencode(form or {}).encode() if form is not None else b""
        head = f"{method} {path} HTTP/1.1\r\n{self.head}"
        if form is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            head += f"X-CSRFToken: {self.token}\r\n"
        if form is not None or fragment:
            head += "HX-Request: true\r\n"
        began = time.perf_counter()
        writer.write(head.encode() + b"\r\n" + body)
        try:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            got = await self._body(reader, text)
        except asyncio.IncompleteReadError as error:
            self.close()
            raise OSError("the server hung up") from error
        took = 1000 * (time.perf_counter() - began)
        if "connection: close" in text.lower():
            self.close()
        return Answer(int(text[9:12]), text, got, took)

    @staticmethod
    async def _body(reader: asyncio.StreamReader, head: str) -> bytes:
        low = head.lower()
        if "content-length: " in low:
            return await reader.readexactly(int(low.partition("content-length: ")[2].partition("\r\n")[0]))
        if "transfer-encoding: chunked" not in low:
            return b""
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return body

    def close(self) -> None:
        """Lets the connection go."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


@dataclass
class Race:
    """One edit on its way to its viewers: the words all wait for, and when each had them."""

    mark: bytes = b""
    began: float = 0.0
    left: int = 0
    arrived: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, mark: str, viewers: int) -> None:
        """From now on the clock runs."""
        self.mark, self.left, self.arrived = mark.encode(), viewers, []
        self.done.clear()
        self.began = time.perf_counter()


class Watcher(asyncio.Protocol):
    """One viewer's stream. It only looks for the words of the race."""

    def __init__(self, race: Race, head: str) -> None:
        self.race, self.head = race, head
        self.ready = asyncio.get_running_loop().create_future()
        self.tail = b""
        self.won = b""
        self.received = 0
        self.lost = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.head.encode())

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        race = self.race
        seen = self.tail + data
        if race.mark and self.won != race.mark and race.mark in seen:
            self.won = race.mark
            race.arrived.append(1000 * (time.perf_counter() - race.began))
            race.left -= 1
            if race.left <= 0:
                race.done.set()
        if not self.ready.done() and b"event: pulse" in seen:
            self.ready.set_result(None)
        self.tail = seen[-40:]

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(OSError("the stream ended before it began"))


async def watch(port: int, path: str, race: Race, cookie: str = "", within: float = 60) -> Watcher:
    """Opens a stream and waits until it has begun."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
    head += f"Cookie: {cookie}\r\n\r\n" if cookie else "\r\n"
    _, made = await asyncio.get_running_loop().create_connection(lambda: Watcher(race, head), "127.0.0.1", port)
    await asyncio.wait_for(made.ready, within)
    return made


def percentile(values: list[float], share: float) -> float:
    """The value so many of them are at or below; NaN of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
