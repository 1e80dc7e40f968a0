"""./bench runs, so that it cannot rot: its data is whole, its pages answer, its cheapest lines are measured."""

import json
import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT


def test_the_cheapest_lines(tmp_path: Path) -> None:
    """The database and the log find nothing wrong with what is laid; every page the benchmark asks for answers."""
    figures = tmp_path / "figures.json"
    words = ["--quick", "--db", "sqlite", "--only", "board,queries", "--json", str(figures)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line["name"]: line for line in json.loads(figures.read_text())["lines"]}
    assert set(lines) == {"board page", "board page after a change", "queries"}
    board = lines["board page"]["figures"]
    assert board["n"] == 25
    assert board["ratio"] > 0
    assert {goal["goal"] for goal in lines["board page"]["goals"]} == {"p50 < 8", "p95 < 10", "ratio <= 3"}
    assert lines["queries"]["figures"]["board page"] > 0
