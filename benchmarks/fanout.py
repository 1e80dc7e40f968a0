"""The least a live page can cost: an ASGI process with one queue per viewer, to compare the app's live board with.

`/stroem` is a stream, POST `/send` puts its body, filled up to 900 bytes, into every queue. uvicorn serves
`benchmarks.fanout:application` with the app's own flags.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

SIZE = 900
queues: set["asyncio.Queue[bytes]"] = set()


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """The two addresses."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/stroem":
        await _stream(receive, send)
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    event = b"event: change\ndata: " + body.ljust(SIZE - 24, b".") + b"\n\n"
    if scope["method"] == "POST":
        for queue in queues:
            queue.put_nowait(event)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _stream(receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b"event: pulse\n\n", "more_body": True})
        while not gone.done():
            event = asyncio.create_task(queue.get())
            await asyncio.wait({event, gone}, return_when=asyncio.FIRST_COMPLETED)
            if event.done():
                await send({"type": "http.response.body", "body": event.result(), "more_body": True})
            else:
                event.cancel()
    finally:
        queues.discard(queue)
        gone.cancel()


async def _until_gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
