"""Faults, each with its figure printed: short versions in every run, the long ones with --long.

They run on the database the test run uses: SQLite alone, or PostgreSQL and Redis of their own (tests/stack.py).
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import stack
from tests.conftest import machine_clock
from tests.stack import Stack
from tests.worlds import Worlds

Install = Callable[..., Stack]
Figure = Callable[[str], None]


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long version was asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Says a measured figure in the run's summary."""
    return lambda said: record_property("counts", said)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worlds: Worlds) -> Path:
    """The demo world, laid once for all stacks of the run."""
    on_postgres = bool(os.environ.get("DATABASE_URL"))
    if lacks := stack.missing(postgres=on_postgres):
        pytest.skip(lacks)
    if on_postgres:
        return stack.postgres_template(worlds.shared)
    made = tmp_path_factory.mktemp("template")
    worlds.fill(made / "var")
    return made


@pytest.fixture(autouse=True)
def _machine_clock() -> Iterator[None]:
    """An installation that is killed and started again runs by the machine's clock, and so does who asks it."""
    with machine_clock():
        yield


@pytest.fixture
def install(template: Path) -> Iterator[Install]:
    """Starts an installation with the demo world; it ends with the test, and where that fails its logs are shown."""
    made: list[Stack] = []
    with ExitStack() as running:

        def make(**options: Any) -> Stack:
            made.append(running.enter_context(Stack(template=template, **options)))
            return made[-1]

        yield make
        for each in made:
            for part in each.parts.values():
                # Shown by pytest when the test failed.
                sys.stdout.write(f"--- {part.name} ---\n{part.tail()}\n")
