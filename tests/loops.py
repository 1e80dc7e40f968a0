"""A stream within a test: its loop has a thread of its own, and the test's thread, which holds the transaction, answers
what it asks the database.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

import pytest

from boards.live import hub

Ask = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


def on_a_loop(patch: pytest.MonkeyPatch, work: Callable[[Ask], Coroutine[Any, Any, Any]]) -> Any:
    """What the work returns or raises. It gets a function that has something done in the test's thread."""
    asked: queue.Queue[tuple[Callable[[], Any], Future[Any]] | None] = queue.Queue()

    async def ask(job: Callable[[], Any]) -> Any:
        answer: Future[Any] = Future()
        asked.put((job, answer))
        return await asyncio.wrap_future(answer)

    patch.setattr(hub.Hub, "run", lambda self, job: ask(job))
    result: Future[Any] = Future()

    def listen() -> None:
        try:
            result.set_result(asyncio.run(work(ask)))
        except BaseException as error:
            result.set_exception(error)
        finally:
            asked.put(None)

    thread = threading.Thread(target=listen)
    thread.start()
    while (job := asked.get(timeout=30)) is not None:
        try:
            job[1].set_result(job[0]())
        except BaseException as error:
            job[1].set_exception(error)
    thread.join()
    return result.result()
