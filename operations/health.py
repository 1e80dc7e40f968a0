"""How the site's parts are: for a load balancer, an alarm, and whoever keeps it running. Nothing of residents."""

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.access import today
from boards.live import hub
from reminders.models import Digest, LastTick

# We wait no longer than this for a part. A process keeps its answer for a second.
BOUND_SECONDS = 2.0
KEPT_SECONDS = 1.0
# Beat ticks each minute; a mail is sent at the tick that gathers it; the clocks are asked for four times a second.
TICK_LATE, UNSENT_LATE, LIVE_LATE = 180, 600, 5
OK, POOR, AWAY = "ok", "forringet", "nede"


@dataclass(frozen=True)
class Health:
    """Figures; None where there is no answer. `live_lag_seconds` is of the process asked, and only there."""

    database_ms: float | None = None
    broker_ms: float | None = None
    tick_seconds: float | None = None
    oldest_unsent_seconds: float | None = None
    live_lag_seconds: float | None = None

    @property
    def parts(self) -> dict[str, str]:
        """Each part's state: ok, forringet or nede."""
        return {
            "database": AWAY if self.database_ms is None else OK,
            "broker": AWAY if self.broker_ms is None else OK,
            "tick": _within(self.tick_seconds, TICK_LATE),
            "reminders": _within(self.oldest_unsent_seconds, UNSENT_LATE),
            "live": _within(self.live_lag_seconds, LIVE_LATE),
        }

    @property
    def status(self) -> str:
        """nede where no page can be shown; forringet where something is late or missing; else ok."""
        if self.database_ms is None:
            return AWAY
        return OK if set(self.parts.values()) == {OK} else POOR


def _within(seconds: float | None, most: float) -> str:
    return OK if seconds is not None and seconds <= most else POOR


# --- asking ----------------------------------------------------------------------------------------------------------


def ask_database() -> dict[str, float | None]:
    """Two queries. Raises where it does not answer."""
    connection.ensure_connection()
    began = time.perf_counter()
    ticked = LastTick.objects.values_list("at", flat=True).first()
    answered = time.perf_counter() - began
    # Mails left over from another day are gathered again with the next day's.
    waiting = Digest.objects.filter(date=today(), state__in=[Digest.State.WAITING, Digest.State.SENDING])
    oldest, now = waiting.aggregate(at=Min("made_at"))["at"], timezone.now()
    return {
        "database_ms": round(answered * 1000, 2),
        "tick_seconds": round((now - ticked).total_seconds(), 1) if ticked else None,
        "oldest_unsent_seconds": round((now - oldest).total_seconds(), 1) if oldest else 0.0,
    }


def ask_broker() -> dict[str, float | None]:
    """A ping, or a look at the file broker's folder. Raises where there is no answer."""
    began = time.perf_counter()
    if settings.REDIS_URL:
        once = Retry(NoBackoff(), 0)
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=once) as redis:
            redis.ping()
    else:
        folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
        if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
            raise OSError("the broker's folder cannot be written")
    return {"broker_ms": round((time.perf_counter() - began) * 1000, 2)}


_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")
_asked: dict[str, Future[dict[str, float | None]]] = {}
_one_at_a_time = threading.Lock()
_kept: tuple[float, Health] | None = None


def _and_hang_up(ask: Callable[[], dict[str, float | None]]) -> dict[str, float | None]:
    """In a thread of this room, which keeps no connection."""
    try:
        return ask()
    finally:
        connection.close()


def measure() -> Health:
    """Asks database and broker, within BOUND_SECONDS whatever they do.

    A part that has not answered the last question is not asked again.
    """
    for name, work in (("database", ask_database), ("broker", ask_broker)):
        if name not in _asked or _asked[name].done():
            _asked[name] = _threads.submit(_and_hang_up, work)
    wait(_asked.values(), timeout=BOUND_SECONDS)
    figures: dict[str, float | None] = {}
    for answer in _asked.values():
        if answer.done() and answer.exception() is None:
            figures |= answer.result()
    return Health(live_lag_seconds=round(hub.lag(), 2), **figures)


def current() -> Health:
    """The same, asked at most once a second in a process."""
    global _kept
    with _one_at_a_time:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
            measured = measure()
            _kept = (time.monotonic(), measured)
        return _kept[1]


# --- telling ---------------------------------------------------------------------------------------------------------


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """States for everybody, figures for who shows the token. 503 only where this process can show no page.

    Without broker or reminders the board still works. With a 503 a load balancer would take out every process.
    """
    measured = current()
    answer: dict[str, Any] = {"status": measured.status, **measured.parts}
    if settings.HEALTH_TOKEN and secrets.compare_digest(
        request.headers.get("Authorization", "").encode(), f"Bearer {settings.HEALTH_TOKEN}".encode()
    ):
        answer["figures"] = asdict(measured)
    return JsonResponse(answer, status=503 if measured.status == AWAY else 200)
