"""One try: sent, answered, what it wrote, and taken back."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from hypothesis import HealthCheck, settings

from boards.live import snapshots
from tests.fuzz.world import World

DEEPER = {"deep": 50, "mid": 6}.get(os.environ.get("FUZZ", ""), 1)


def tried(examples: int) -> settings:
    """The same tries in every run; a hundred times as many with FUZZ=deep."""
    return settings(
        max_examples=examples * DEEPER,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


# The log, the key of a form, and what a person types but has not saved: written also by what is refused.
ALWAYS = {
    "audit.Clock", "audit.Entry", "audit.EntryDetail", "audit.ReadEntry", "organisation.IdempotencyKey",
    "organisation.Draft", "accounts.OpenSession", "sessions.Session", "axes.AccessAttempt",
    "axes.AccessFailureLog", "axes.AccessLog",
}  # fmt: skip
MODELS = {model._meta.db_table: model for model in apps.get_models() if not model._meta.proxy}
_WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', re.I)

Row = tuple[int | None, int | None, tuple[Any, ...]]


def _paths(model: type[models.Model]) -> tuple[str, str]:
    """Where the model finds its home and its stay; "" for none."""
    fields = {found.name for found in model._meta.get_fields()}
    home = getattr(model, "home_path", "home" if "home" in fields else "")
    if model._meta.label in ("organisation.Home", "residents.Resident"):
        return ("pk", "") if model._meta.label == "organisation.Home" else ("", "")
    if model._meta.label == "residents.Stay":
        return home, "pk"
    if home.endswith("stay__home"):
        return home, home.removesuffix("__home")
    return home, "stay" if "stay" in fields else ""


def rows_of(model: type[models.Model]) -> dict[Any, Row]:
    """{id: (home, stay, all its values)} of a table."""
    home, stay = _paths(model)
    names = [found.attname for found in model._meta.concrete_fields]
    found: Any = models.QuerySet(model).values_list("pk", home or "pk", stay or "pk", *names)
    return {pk: (at if home else None, whose if stay else None, tuple(values)) for pk, at, whose, *values in found}


@dataclass
class Engine:
    """The world as it stands before each try, and what became of all tries."""

    world: World
    before: dict[str, dict[Any, Row]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    began: set[str] = field(default_factory=set)
    wrote: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = {table: rows_of(model) for table, model in MODELS.items()}

    def told(self, what: str) -> str:
        """The figures, for the end of the run."""
        by_status = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return f"{what}: {len(self.reached)} URLs, {self.statuses.total()} requests: {by_status}"


@dataclass
class Answer:
    status: int
    text: str
    # {model: [(home, stay) of each row that is new, gone or another]}
    changed: dict[str, list[tuple[int | None, int | None]]]


@contextmanager
def _writes() -> Iterator[set[str]]:
    seen: set[str] = set()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := _WRITE.match(sql):
            seen.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.found.append(f"{record.getMessage()}\n{trace}")


def send(
    engine: Engine,
    who: str | None,
    method: str,
    address: str,
    body: bytes = b"",
    content_type: str = "",
    **headers: str,
) -> Answer:
    """Sends, checks that nothing failed on the server, compares every table written to, and takes it back."""
    client = engine.world.clients[who] if who else Client()
    client.raise_request_exception = False
    signed_in = SimpleCookie(client.cookies)
    errors, log = _Errors(), logging.getLogger("django.request")
    log.addHandler(errors)
    changed: dict[str, list[tuple[int | None, int | None]]] = {}
    try:
        with transaction.atomic(), _writes() as tables:
            answer: Any = client.generic(method, address, body, content_type, headers=headers)
            # Read to its end, a file closes itself without closing the transaction's connection.
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            text = body.decode("utf-8", "replace")
            for table in tables - {"django_session"}:
                model, before = MODELS[table], engine.before[table]
                after = rows_of(model)
                odd = [(after.get(pk) or before[pk])[:2] for pk in {*before, *after} if before.get(pk) != after.get(pk)]
                if odd:
                    changed[model._meta.label] = odd
            transaction.set_rollback(True)
    finally:
        log.removeHandler(errors)
        snapshots.forget()
        # A try that signs out is taken back with the rest.
        client.cookies = signed_in
    assert errors.found == [], errors.found[0]
    assert answer.status_code < 500, (address, answer.status_code)
    engine.statuses[answer.status_code] += 1
    return Answer(answer.status_code, text, changed)
