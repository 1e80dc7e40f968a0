"""`./bench`: measures the app on databases of its own, prints a table and writes JSON (docs/benchmarks.md)."""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import browser, lines, measures, scale
from benchmarks.lines import Line
from benchmarks.measures import Pace, Probes
from benchmarks.site import Machine, Site, Size
from tests.stack import ROOT, missing

PARTS = (*measures.PAGES, "crowd", "writers", "live", "memory", "load", "queries", "boards", "history")


def chosen(arguments: list[str]) -> argparse.Namespace:
    """What is to be measured."""
    parser = argparse.ArgumentParser(prog="./bench", description="Measures the app, beside two probes.")
    parser.add_argument("--quick", action="store_true", help="two or three minutes instead of fifteen to twenty")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, by commas: {','.join(PARTS)}")
    parser.add_argument("--db", default="sqlite,postgres", help="sqlite, postgres or both by a comma")
    parser.add_argument("--sizes", default="", help="residents of the homes, by commas (25,60; --quick 25)")
    parser.add_argument("--viewers", default="", help="viewers of one board, by commas (1,50,200,500; --quick 1,50)")
    parser.add_argument("--spread", type=int, default=1000, help="viewers spread over the boards of 72 homes (1000)")
    parser.add_argument("--scale", action="store_true", help="the large run instead: 1,000 homes, 72 with ten years")
    parser.add_argument("--json", type=Path, default=None, help="where the figures go (var/bench/<time>.json)")
    options = parser.parse_args(arguments)
    options.only = set(options.only.split(","))
    if unknown := options.only - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.db = options.db.split(",")
    if unknown := set(options.db) - {"sqlite", "postgres"}:
        parser.error(f"no such database: {', '.join(sorted(unknown))}")
    options.sizes = [int(word) for word in (options.sizes or ("25" if options.quick else "25,60")).split(",")]
    standard = "1,50" if options.quick else "1,50,200,500"
    options.viewers = [int(word) for word in (options.viewers or standard).split(",")]
    return options


async def measure(machine: Machine, options: argparse.Namespace) -> AsyncIterator[Line]:
    """Every line asked for, on one database."""
    pace = Pace.quick() if options.quick else Pace()
    site = Site(machine, "small", [f"1x{size}x0" for size in sorted({25, *options.sizes})])
    site.python("benchmarks.synthetic", "check")
    probes = Probes(machine, site)
    if options.only & set(measures.PAGES):
        for size in options.sizes:
            async for line in measures.pages(site, probes, pace, size, options.only):
                yield line
    if "crowd" in options.only:
        for size in options.sizes:
            yield await measures.crowd(site, probes, pace, size)
    if "writers" in options.only:
        yield await measures.writers(site, probes, pace)
        yield await measures.writers(site, probes, pace, viewers=50)
    if "live" in options.only:
        for count in options.viewers:
            yield await measures.edit_to_seen(site, probes, pace, count)
    if "memory" in options.only:
        async for line in measures.memory(site, [0, *options.viewers]):
            yield line
    if "load" in options.only:
        for line in await browser.first_loads(site, 2 if options.quick else 5):
            yield line
    if "queries" in options.only:
        yield measures.queries(site)
    if options.only & {"boards", "history"}:
        size = Size.of("12x25x1" if options.quick else "72x25x10")
        began = time.monotonic()
        grown = Site(machine, "grown", [f"{size.homes}x{size.residents}x{size.years}"])
        told = f"{grown.megabytes():.0f} MB laid in {time.monotonic() - began:.0f} s"
        sys.stdout.write(f"    {size.homes} homes with {size.years} years of weekly history: {told}\n")
        slugs = [size.slug(number) for number in range(1, size.homes + 1)]
        if "history" in options.only:
            async for line in measures.history(site, grown, slugs[0], size.years, probes, pace):
                yield line
        if "boards" in options.only:
            yield await measures.many_boards(
                grown, Probes(machine, grown), pace, slugs, 120 if options.quick else options.spread
            )


def about() -> dict[str, Any]:
    """The machine, so that a file of figures says where it is from."""
    return {
        "at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


async def run(options: argparse.Namespace) -> int:
    """Measures, printing each line as it is known. Returns 1 when something broke, whatever the goals say."""
    began, kept, broken = time.monotonic(), [], 0
    sys.stdout.write(lines.head())
    for name in options.db:
        postgres = name == "postgres"
        if lacking := missing(postgres=postgres):
            sys.stdout.write(f"{name} is left out: {lacking}\n")
            continue
        try:
            machine = Machine(postgres=postgres)
            with machine:
                async for line in measure(machine, options):
                    kept.append(line.as_json())
                    sys.stdout.write(lines.row(line) + "\n")
                    sys.stdout.flush()
        except (RuntimeError, OSError, AssertionError, TimeoutError) as error:
            broken += 1
            sys.stdout.write(f"{name} broke: {error!r}\n")
    path = options.json or ROOT / "var" / "bench" / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": about(), "lines": kept}, indent=1, ensure_ascii=False) + "\n")
    judged = [goal for line in kept for goal in line["goals"] if goal["reached"] is not None]
    reached = sum(bool(goal["reached"]) for goal in judged)
    minutes = (time.monotonic() - began) / 60
    sys.stdout.write(f"\n{reached} of {len(judged)} goals reached, in {minutes:.1f} minutes. {path}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    asked = chosen(sys.argv[1:])
    if asked.scale:
        place = ROOT / "var" / "bench" / f"scale-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
        sys.exit(scale.run(place, quick=asked.quick))
    sys.exit(asyncio.run(run(asked)))
