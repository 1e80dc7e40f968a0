"""Many open boards at once, each following the stream as the real page does (static/js/live.js)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

from boards.live.snapshots import MARK
from tests.faults.page import Screen
from tests.stack import Visitor

WATCHDOG = 7.0


@dataclass
class Viewer:
    """One tab: what it shows, and what it met. `who` lends it the session and the headers."""

    who: Visitor
    port: int
    stream: str
    changes: str
    tab: str
    screen: Screen = field(default_factory=Screen)
    connected: bool = False
    connects: int = 0
    missed: int = 0
    doubled: int = 0
    refused: str = ""
    # The last answers to its questions and its streams, for whoever reads of a failure.
    answered: str = ""

    async def live(self) -> None:
        """Until it is cancelled: connects, follows, and comes back by itself."""
        pause = 0.25
        await self._fetch()
        while not self.refused:
            try:
                async for name, data in self._events():
                    self.connected = True
                    if name == "pulse":
                        pause = 0.25
                    elif name == "change":
                        await self._take(json.loads(data))
                    elif name == "ended":
                        break
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                pass
            self.connected = False
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311
            pause = min(2.0, pause * 2)
            await self._fetch()

    async def _take(self, answer: dict) -> None:
        before = self.screen.at
        if answer["to"][:MARK] == self.screen.mark:
            return
        if not self.screen.take(answer):
            self.missed += 1
            await self._fetch()
        if self.screen.at < before:
            self.doubled += 1

    async def _fetch(self) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            async with asyncio.timeout(10):
                reader, writer, status, chunked = await self._ask(
                    f"{self.changes}?{self.screen.cursor}&fane={self.tab}"
                )
                try:
                    body = b""
                    if status == 200:
                        async for piece in _body(reader, chunked):
                            body += piece
                        found = json.loads(body)
                        if "fragments" in found:
                            await self._take(found)
                    elif status in (401, 403, 404, 423):
                        self.refused = str(status)
                finally:
                    writer.close()

    async def _events(self) -> AsyncIterator[tuple[str, str]]:
        self.connects += 1
        async with asyncio.timeout(WATCHDOG):
            reader, writer, status, chunked = await self._ask(f"{self.stream}?{self.screen.cursor}&fane={self.tab}")
        try:
            if status != 200:
                return
            pieces, held = _body(reader, chunked), b""
            while True:
                async with asyncio.timeout(WATCHDOG):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                held += piece
                while b"\n\n" in held:
                    event, _, held = held.partition(b"\n\n")
                    lines = dict(line.split(": ", 1) for line in event.decode().splitlines() if ": " in line)
                    yield lines["event"], lines["data"]
        finally:
            writer.close()

    async def _ask(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int, int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        head = {**self.who.headers, "Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(answer.split(" ", 2)[1])
        self.answered = f"{self.answered[-60:]} {path.split('?')[0].rstrip('/').rsplit('/', 1)[1]}:{status}"
        length = next((int(line[15:]) for line in answer.splitlines() if line.startswith("content-length:")), -1)
        return reader, writer, status, -1 if "transfer-encoding: chunked" in answer else length


async def _body(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    """The pieces of an answer; a length below zero is one sent in chunks, which must end as chunks end."""
    if length >= 0:
        yield await reader.readexactly(length)
        return
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        piece = await reader.readexactly(size + 2)
        if size == 0:
            return
        yield piece[:-2]
