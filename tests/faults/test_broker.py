"""The broker goes away again and again, and is emptied: the worker itself goes on, and so do its ticks."""

import random
import time
from functools import partial

import pytest
import redis

from tests.faults.conftest import Figure, Install
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.both


def test_worker_outlives_a_broker_that_comes_and_goes(install: Install, figure: Figure, long: bool) -> None:
    stack = install(webs=0, worker=True, beats=2, settings="tests.faults.settings")
    if not stack.on_postgres:
        pytest.skip("På SQLite er køen filer: der er ingen Redis")
    chance, slowest = random.Random(20261126), 0.0  # noqa: S311
    assert wait_for(lambda: _last(stack) is not None, 90)
    rounds = 20 if long else 5

    def ticked_since(last: object) -> bool:
        return _last(stack) != last

    for number in range(rounds):
        time.sleep(chance.uniform(0.5, 1.5))
        for gap in (0, 0.3, chance.choice([0.3, 1, 2])):
            # Again, while the worker is just coming back from the last time.
            time.sleep(gap)
            stack.kill("redis")
            time.sleep(chance.choice([0, 0.3, 1]))
            stack.start("redis")
        if number % 2:
            redis.Redis.from_url(stack.env["REDIS_URL"]).flushall()
        before, began = _last(stack), time.monotonic()
        assert wait_for(partial(ticked_since, before), 40), stack.parts["worker"].tail()
        slowest = max(slowest, time.monotonic() - began)
        for name in ("worker", "beat-1"):
            assert stack.parts[name].alive, f"{name} ended by itself\n{stack.parts[name].tail()}"
    figure(
        f"broker: Redis killed {3 * rounds} times and emptied {rounds // 2} times, the worker lived through it, a tick "
        f"again after at most {slowest:.1f} s"
    )


def _last(stack: Stack) -> object:
    """When all that is done each minute was last done."""
    return stack.query("SELECT MAX(at) FROM reminders_lasttick")[0][0]
