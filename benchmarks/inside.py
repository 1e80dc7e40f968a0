"""What the app's pages ask the database for, seen from inside: `python -m benchmarks.inside SLUG [--plans FILE]`.

Prints JSON: of each act the number of queries and the milliseconds (the median of some rounds). With --plans, on
PostgreSQL, each query is asked for its plan with the very values it had, and those that read a large table from end to
end are named.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "botilbud.settings")
    django.setup()

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.synthetic import places, sessions
from boards.models import Cell
from organisation.models import Home
from reminders import services as reminders

LARGE_ROWS = 20_000
MINUTE = "reminders of a minute"
Act = Callable[[], Any]


class Visitor:
    """A signed-in person asking the app in this process."""

    def __init__(self, slug: str) -> None:
        session = sessions(slug, 1)[0]
        name, _, value = session["cookie"].partition("=")
        self.client = Client(headers={"host": "127.0.0.1", "X-CSRFToken": session["token"]})
        self.client.cookies[name] = value

    def get(self, path: str, *, fragment: bool = False) -> bytes:
        """The answer's body. Raises RuntimeError unless it is 200 or 204."""
        return self._whole(self.client.get(path, headers={"HX-Request": "true"} if fragment else {}), path)

    def post(self, path: str, form: dict[str, Any]) -> bytes:
        """The same of a form."""
        return self._whole(self.client.post(path, form, headers={"HX-Request": "true"}), path)

    def _whole(self, answer: Any, path: str) -> bytes:
        if answer.status_code not in (200, 204):
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
        return bytes(answer.content)


def acts(slug: str, team: str) -> dict[str, tuple[Act, Act | None]]:
    """What is asked, by name: (the act, what comes before it and is not counted)."""
    staff, leader, nurse = (Visitor(who) for who in (f"@{slug}-1", f"@{slug}-0", f"@{team}-1"))
    region, nobody = Visitor("@region"), Visitor("@ingen")
    home = Home.objects.get(slug=slug)
    stay = places(slug)["status"][0][0]
    number = places(slug)["meeting"]
    turn = 0

    def save() -> None:
        nonlocal turn
        turn += 1
        seen = Cell.objects.for_home(home).get(stay=stay, column="status", side="home").version
        form = {"text": f"En ny tekst, nummer {turn}.", "seen": seen, "key": f"inde-{time.time_ns()}"}
        staff.post(f"/{slug}/felt/{stay}/status/home/", form)

    def changes() -> bytes:
        return staff.get(f"/{slug}/tavle/aendringer/?since={version}", fragment=True)

    page = staff.get(f"/{slug}/tavle/").decode()
    found = re.search(r'data-version="([^"]+)"', page)
    assert found is not None
    version = found[1]
    return {
        "empty page": (lambda: nobody.get("/"), None),
        "board page": (lambda: staff.get(f"/{slug}/tavle/"), None),
        "board page after a change": (lambda: staff.get(f"/{slug}/tavle/"), save),
        "cell save": (save, None),
        "changes after a save": (changes, save),
        "Min dag": (lambda: staff.get("/min-dag/"), None),
        "Min dag of the team": (lambda: nurse.get("/min-dag/"), None),
        "search": (lambda: staff.post("/find/", {"q": "tandlægen"}), None),
        "search of the team": (lambda: nurse.post("/find/", {"q": "tandlægen"}), None),
        "all residents": (lambda: staff.get(f"/{slug}/beboere/"), None),
        "a resident's course": (lambda: staff.get(f"/{slug}/beboer/{stay}/forloeb/"), None),
        "a text's history": (lambda: staff.get(f"/{slug}/felt/{stay}/status/home/historik/", fragment=True), None),
        "the next meeting": (lambda: staff.get(f"/{slug}/moede/{number}/"), None),
        "minutes": (lambda: staff.get(f"/{slug}/moede/{number - 1}/referat/"), None),
        "meetings": (lambda: staff.get(f"/{slug}/moeder/"), None),
        "meetings today": (lambda: nurse.get("/moeder-i-dag/"), None),
        "who has seen": (lambda: leader.get(f"/{slug}/beboer/{stay}/set-af/"), None),
        "samples": (lambda: leader.get("/styring/stikproever/"), None),
        "kept and erased": (lambda: leader.get("/styring/opbevaring/"), None),
        "homes": (lambda: region.get("/styring/botilbud/"), None),
        "people": (lambda: region.get("/styring/personer/"), None),
        "anchors": (lambda: leader.get("/styring/ankre/"), None),
        MINUTE: (lambda: reminders.tick(timezone.now()), None),
    }


class Asked:
    """Counts the queries of an act, and keeps one of each shape with its values."""

    QUIET = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK|SET )")

    def __init__(self) -> None:
        self.count = 0
        self.shapes: dict[str, tuple[str, Any]] = {}

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not self.QUIET.match(sql):
            self.count += 1
            shape = re.sub(r"\(%s(, %s)+\)", "(%s …)", re.sub(r"\b\d+\b", "?", sql))
            if not many:
                self.shapes.setdefault(shape, (sql, params))
        return execute(sql, params, many, context)


def measure(act: Act, before: Act | None, rounds: int) -> tuple[Asked, float, float]:
    """What an act asks for, the last of some rounds, and its milliseconds: the first time, and the median after."""
    times: list[float] = []
    asked = Asked()
    for _ in range(rounds + 1):
        if before is not None:
            before()
        asked = Asked()
        with connection.execute_wrapper(asked):
            began = time.perf_counter()
            act()
            times.append(1000 * (time.perf_counter() - began))
    return asked, times[0], statistics.median(times[1:] or times)


def large_tables() -> dict[str, int]:
    """The tables with many rows, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [LARGE_ROWS]
        )
        return dict(cursor.fetchall())


def plan_of(sql: str, params: Any) -> str:
    """How PostgreSQL answers the query; what writes is planned and not done."""
    how = "EXPLAIN (ANALYZE, BUFFERS)" if sql.startswith(("SELECT", "WITH")) and "FOR UPDATE" not in sql else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


def blocks_of(plan: str) -> int:
    """How many blocks of 8 kB the query touched, in memory or on disk: a cost no other load on the machine moves."""
    found = re.search(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?", plan.partition("\nPlanning")[0])
    return sum(int(number or 0) for number in found.groups()) if found else 0


def plans(name: str, asked: Asked, large: dict[str, int], out: Any) -> tuple[int, list[dict[str, Any]]]:
    """Writes each query's plan; returns the blocks all touched, and the queries that read a large table to the end."""
    flagged, blocks = [], 0
    for shape, (sql, params) in asked.shapes.items():
        if not sql.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            continue
        plan = plan_of(sql, params)
        blocks += blocks_of(plan)
        scanned = sorted({table for table in re.findall(r"Seq Scan on (\w+)", plan) if table in large})
        took = re.search(r"Execution Time: ([\d.]+) ms", plan)
        mark = f" !! reads all of {', '.join(scanned)}" if scanned else ""
        out.write(f"--- {name}{mark}\n{shape[:1500]}\n{plan}\n\n")
        if scanned:
            ms = float(took[1]) if took else None
            flagged.append({"act": name, "tables": scanned, "ms": ms, "sql": shape[:600]})
    return blocks, flagged


def main(words: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inside")
    parser.add_argument("slug")
    parser.add_argument("--team", default="t1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="acts, by commas")
    parser.add_argument("--plans", type=Path, default=None)
    options = parser.parse_args(words)
    large = large_tables() if options.plans else {}
    found: dict[str, Any] = {"acts": {}, "flagged": []}
    wanted = set(filter(None, options.only.split(",")))
    out = options.plans.open("w") if options.plans else None
    for name, (act, before) in acts(options.slug, options.team).items():
        # The minute's reminders are for all homes at once and take long where there are many: only when asked for.
        if name not in wanted if wanted else name == MINUTE:
            continue
        asked, first, ms = measure(act, before, options.rounds)
        found["acts"][name] = {"queries": asked.count, "ms": round(ms, 2), "first_ms": round(first, 2)}
        if out is not None:
            found["acts"][name]["blocks"], flagged = plans(name, asked, large, out)
            found["flagged"] += flagged
    if out is not None:
        out.close()
    json.dump(found, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1:])
