"""Hints through Redis that some clock moved, so that the other web processes look at once. Nothing rests on them."""

import asyncio
import logging
import time
from collections.abc import Callable

import redis
import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
CHANNEL = "botilbud:moved"
# A save must not wait for a Redis that is gone: it is let be for a while, and an answer is not waited long for.
LET_BE = 5.0
WAIT = 0.2
LOOK = 5.0  # seconds a listener that should have ended may go on

_client: redis.Redis | None = None
_again_at = 0.0


def tell() -> None:
    """Says that something moved; what, the others ask the database."""
    global _client, _again_at
    if not settings.REDIS_URL or time.monotonic() < _again_at:
        return
    try:
        if _client is None:
            _client = redis.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=WAIT, socket_timeout=WAIT, retry=None
            )
        _client.publish(CHANNEL, b"")
    except (RedisError, OSError):
        _again_at = time.monotonic() + LET_BE


async def listen(wake: Callable[[], None]) -> None:
    """Calls `wake` at every hint, until it is cancelled. Comes back by itself when Redis does."""
    me = asyncio.current_task()
    assert me is not None
    # redis-py loses one cancel in ten that comes while it connects (8.1.0), so we look for ourselves.
    while settings.REDIS_URL and not me.cancelling():
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, retry=None)
        try:
            async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(CHANNEL)
                while not me.cancelling():
                    # Not `listen`, an asynchronous generator: one that is cancelled as the loop ends cannot be closed.
                    if await channel.get_message(timeout=LOOK):
                        wake()
        except (RedisError, OSError):
            await asyncio.sleep(LET_BE)
