"""`./bench --scale`: whether pages keep their cost when a thousand homes with a year and 72 with ten lie beside them.

On PostgreSQL. What the pages ask is measured and explained in a small database and in the large one. Over so long a run
milliseconds wander with the machine; the blocks a page's queries touch do not, and are what is compared. The plans go
to text files beside the figures, with a mark at each query that reads a large table from end to end.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.site import Machine, Site, Size

MINUTE = "reminders of a minute"
SMALL = ["6x25x1"]
LARGE = ["1000x25x1", "72x25x10"]
QUICK = ["30x25x1", "6x25x3"]
GIGABYTES = 14
ROUNDS = 9


def where_ten(words: list[str]) -> tuple[str, str]:
    """A home with most years that shares its team with its like: its address, and the team's."""
    first, last = Size.of(words[0]), Size.of(words[1])
    number = -first.homes % 6 + 1
    return last.slug(number), f"t{(first.homes + number - 1) // 6 + 1}"


def tables(site: Site) -> list[tuple[str, int, float, float]]:
    """The largest tables: rows, megabytes of rows, megabytes of indexes."""
    asked = (
        "SELECT relname, n_live_tup, pg_table_size(relid) / 1e6, pg_indexes_size(relid) / 1e6 "
        "FROM pg_stat_user_tables ORDER BY pg_total_relation_size(relid) DESC LIMIT 14"
    )
    with psycopg.connect(site.env["DATABASE_URL"]) as connection:
        return [(row[0], int(row[1]), float(row[2]), float(row[3])) for row in connection.execute(asked)]


def run(folder: Path, *, quick: bool, say: Callable[[str], Any] = sys.stdout.write) -> int:
    """Measures and writes `scale.json` and `plans.txt` to the folder. Returns 1 where there is no room for it."""
    free = shutil.disk_usage("/tmp").free / 1e9  # noqa: S108 - where the databases are made
    if not quick and free < GIGABYTES:
        say(f"The large run needs {GIGABYTES} GB, and there are {free:.0f}.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    words = QUICK if quick else LARGE
    ten, ten_team = where_ten(words)
    found: dict[str, Any] = {"small": SMALL, "large": words}
    machine = Machine(postgres=True)
    with machine:
        small = Site(machine, "small", SMALL, web=False)
        began = time.monotonic()
        large = Site(machine, "large", words, web=False)
        found["laid"] = {"seconds": round(time.monotonic() - began), "MB": round(large.megabytes())}
        found["tables"] = tables(large)
        say(f"{' + '.join(words)}: {found['laid']['MB']} MB laid in {found['laid']['seconds']} s\n")
        for name, rows, data, indexes in found["tables"]:
            say(f"  {name:<34}{rows:>12} rows{data:>9.0f} MB{indexes:>9.0f} MB of indexes\n")
        rounds = "2" if quick else str(ROUNDS)
        places = {"small, 1 year": (small, "h25-1-1", "t1"), "large, 1 year": (large, "h25-1-1", "t1")}
        places[f"large, {Size.of(words[1]).years} years"] = (large, ten, ten_team)
        seen: dict[str, dict[str, Any]] = {}
        for name, (site, slug, team) in places.items():
            plans = ["--plans", str(folder / f"plans-{site.name}-{slug}.txt")]
            said = site.python("benchmarks.inside", slug, "--team", team, "--rounds", rounds, *plans)
            seen[name] = json.loads(said)
        minute: dict[str, Any] = {}
        for site in (small, large):
            to = ["--plans", str(folder / f"plans-{site.name}-reminders.txt")]
            # The first minutes send a morning's mails, half a minute each; the median is of one that has little to do.
            said = site.python("benchmarks.inside", "h25-1-1", "--only", MINUTE, "--rounds", "5", *to)
            homes = sum(Size.of(word).homes for word in site.sizes)
            minute[site.name] = {"homes": homes, **json.loads(said)}
        found["minute"] = minute
        # Once more, in the other order: what the machine did meanwhile falls on both.
        for name, (site, slug, team) in reversed(places.items()):
            again = json.loads(site.python("benchmarks.inside", slug, "--team", team, "--rounds", rounds))
            for act, figures in again["acts"].items():
                figures["ms"] = min(figures["ms"], seen[name]["acts"][act]["ms"])
                figures["blocks"] = seen[name]["acts"][act]["blocks"]
            seen[name]["acts"] = again["acts"]
        found["places"] = seen
        found["verified"] = large.python("manage", "audit_verify").splitlines()[:1] if quick else "not in the large run"
    (folder / "scale.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    _print(seen, minute, say)
    say(f"figures and plans: {folder}\n")
    return 0


def _print(seen: dict[str, dict[str, Any]], minute: dict[str, Any], say: Callable[[str], Any]) -> None:
    first = next(iter(seen))
    heads = "".join(f"{name:>24}" for name in seen)
    say(f"\n{'ms (queries, blocks of 8 kB)':<30}{heads}   blocks on small's\n")
    for act, base in seen[first]["acts"].items():
        cells = [seen[name]["acts"][act] for name in seen]
        told = [f"{one['ms']:.1f} ({one['queries']}, {one['blocks']})" for one in cells]
        more = " ".join(f"{one['blocks'] / max(1, base['blocks']):.2f}" for one in cells[1:])
        say(f"{act:<30}" + "".join(f"{text:>24}" for text in told) + f"   {more}\n")
    for name, one in minute.items():
        act, homes = one["acts"][MINUTE], one["homes"]
        each = f"{act['ms'] / homes:.1f} ms and {act['queries'] / homes:.1f} queries a home"
        took = f"{act['ms'] / 1000:.1f} s, the day's first time {act['first_ms'] / 1000:.1f} s"
        say(f"{MINUTE}, {name}: {homes} homes, {took}: {each}\n")
    for name, one in {**seen, **minute}.items():
        for flag in one["flagged"]:
            say(f"!! {name}: {flag['act']} reads all of {', '.join(flag['tables'])} ({flag['ms']} ms)\n")
