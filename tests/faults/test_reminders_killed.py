"""Reminders while all that sends them is killed: none lost, none twice on the list, hardly one twice by mail."""

import math
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import redis

from core import weeks
from tests.faults.conftest import Figure, Install
from tests.faults.page import faults_of
from tests.faults.post import Post
from tests.stack import wait_for

LAY = """
from datetime import date, timedelta
from django.db.models import QuerySet
from django.utils import timezone
from boards.models import Intervention
from organisation.models import Home, Membership, User
from residents.models import Stay
home, count = Home.objects.get(slug="havtornen"), {count}
day, now = timezone.localdate(), timezone.now()
people = User.objects.bulk_create(
    User(email=f"nr{{n}}@faults.invalid", name=f"Nr. {{n}}", phone="70000000") for n in range(count)
)
Membership.objects.bulk_create(
    Membership(user=one, home=home, role="staff", from_day=day - timedelta(days=9)) for one in people
)
stays = list(Stay.objects.for_home(home).filter(to_day=None)[:5])
QuerySet(Intervention).bulk_create(
    Intervention(stay=stays[n % len(stays)], track="social", what="Faults", owner=one, due_on=day, created_at=now,
                 created_by=one)
    for n, one in enumerate(people)
)
"""


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.close()


def to_ten_in_the_morning() -> float:
    """Seconds from now to ten o'clock of this working day, or of the next."""
    zone = ZoneInfo("Europe/Copenhagen")
    now = datetime.now(zone)
    day = now.date()
    while not weeks.is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, clock_time(10), zone).timestamp() - now.timestamp()


def test_reminders_survive_everything_being_killed(install: Install, figure: Figure, long: bool, post: Post) -> None:
    count, kills, seed = (2500, 100, 20261126) if long else (150, 6, 20261127)
    env = {
        "FAULTS_SHIFT": str(to_ten_in_the_morning()), "FAULTS_SMTP": "1", "BOTILBUD_SMTP_HOST": "127.0.0.1",
        "BOTILBUD_SMTP_PORT": str(post.port), "BOTILBUD_SMTP_TLS": "0",
    }  # fmt: skip
    stack = install(webs=0, worker=False, settings="tests.faults.settings", env=env)
    stack.shell(LAY.format(count=count))
    stack.add_worker()
    # Two beats by mistake: everything is asked for twice.
    stack.add_beat(1)
    stack.add_beat(2)
    chance = random.Random(seed)  # noqa: S311
    names = list(stack.parts)
    order = [name for _ in range(kills) for name in chance.sample(names, len(names))][:kills]
    began, flushed = time.monotonic(), 0

    def has_come(mails: float) -> bool:
        return post.total >= mails

    for number, name in enumerate(order):
        reached = count * (number + 0.5) / (kills + 1)
        assert wait_for(partial(has_come, reached), 180), (number, post.total, stack.parts["worker"].tail())
        time.sleep(chance.uniform(0, 0.3))
        stack.kill(name)
        stack.start(name)
        if stack.on_postgres and name == "redis":
            time.sleep(chance.uniform(0, 0.5))
            redis.Redis.from_url(stack.env["REDIS_URL"]).flushall()
            flushed += 1

    def left() -> int:
        return int(
            stack.query(
                "SELECT COUNT(*) FROM reminders_digest d JOIN organisation_user u ON u.id = d.recipient_id "
                "WHERE u.email LIKE '%@faults.invalid' AND d.state <> 'sent'"
            )[0][0]
        )

    def done() -> bool:
        return len(_ours(post)) >= count and left() == 0

    assert wait_for(done, 240, every=0.5), (len(_ours(post)), left(), stack.parts["worker"].tail())
    took = time.monotonic() - began
    rows = stack.query(
        "SELECT r.recipient_id, r.subject, r.state FROM reminders_reminder r JOIN organisation_user u "
        "ON u.id = r.recipient_id WHERE u.email LIKE '%@faults.invalid' AND r.kind = 'on'"
    )
    assert len(rows) == count, "a reminder for each, in the app"
    assert len({row[:2] for row in rows}) == count, "no reminder twice in the app"
    assert {row[2] for row in rows} == {"sent"}
    ours = _ours(post)
    # Every person has got one mail, and what came again was the same mail.
    assert len(ours) == len({to for key in ours for to in post.bodies[key]}) == count
    assert all(len(post.bodies[key]) == 1 for key in ours)
    doubled = sum(times - 1 for times in ours.values())
    assert faults_of(stack) == []
    counts = ", ".join(f"{kind} {killed}" for kind, killed in sorted(stack.kills().items()))
    figure(
        f"{count} reminders, {len(order)} kill -9 ({counts}), two beats, broker emptied {flushed} times: 0 lost, 0 "
        f"doubled in the app, {doubled} mails doubled ({100 * doubled / count:.1f} %), each under the same Message-ID; "
        f"{took:.0f} s"
    )
    # At the full size at most one in a hundred; of a few mails a kill may double what it interrupts.
    assert doubled <= (count // 100 if long else max(math.ceil(count / 100), kills))


def _ours(post: Post) -> dict[str, int]:
    return {key: times for key, times in post.kept.items() if any("@faults.invalid" in to for to in post.bodies[key])}
