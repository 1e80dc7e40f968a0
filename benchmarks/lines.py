"""What was measured, beside its probes and its goal, and how it is printed."""

import operator
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.client import percentile

COMPARE: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Goal:
    """A bound of issue #5 on one of a line's figures: `Goal("p95", "<=", 20)`."""

    figure: str
    how: str
    bound: float

    def judge(self, found: dict[str, Any]) -> dict[str, Any]:
        """Whether it is reached, and by how many per cent it is missed."""
        value = found.get(self.figure)
        if value is None or value != value:
            return {"goal": str(self), "value": None, "reached": None, "missed_by_percent": None}
        reached = COMPARE[self.how](value, self.bound)
        off = abs(value - self.bound) / self.bound * 100 if self.bound else 0.0
        return {
            "goal": str(self),
            "value": round(value, 3),
            "reached": reached,
            "missed_by_percent": None if reached else round(off, 1),
        }

    def __str__(self) -> str:
        return f"{self.figure} {self.how} {self.bound:g}"


@dataclass
class Line:
    """One line of the table. Times are milliseconds; `figures` holds what is no time of one act (pages/s, kB …)."""

    name: str
    database: str
    size: str
    times: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    fan: list[float] = field(default_factory=list)
    # The probe the ratio is to: 'empty', 'fan', or '' for none.
    against: str = "empty"
    goals: list[Goal] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    # How much of a core the load client itself used.
    client: float | None = None
    note: str = ""

    def found(self) -> dict[str, Any]:
        """Every figure by name."""
        made: dict[str, Any] = {}
        if self.times:
            made |= {"p50": percentile(self.times, 0.5), "p95": percentile(self.times, 0.95), "n": len(self.times)}
        for name, values in (("empty", self.empty), ("fan", self.fan)):
            if values:
                made |= {f"{name}_p50": percentile(values, 0.5), f"{name}_p95": percentile(values, 0.95)}
        made |= self.figures
        if "ratio" not in made and self.against and made.get("p50") and made.get(f"{self.against}_p50"):
            made["ratio"] = made["p50"] / made[f"{self.against}_p50"]
            made["ratio_p95"] = made["p95"] / made[f"{self.against}_p95"]
        return made

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        found = self.found()
        kept = {key: value for key, value in asdict(self).items() if key in ("name", "database", "size", "against")}
        rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}
        client = round(self.client, 3) if self.client is not None else None
        goals = [goal.judge(found) for goal in self.goals]
        return {**kept, "figures": rounded, "goals": goals, "client_cpu": client, "note": self.note}


WIDTHS = (34, 10, 9, 8, 8, 9, 8, 8, 7, 7)
HEAD = ("", "database", "size", "p50 ms", "p95 ms", "per s", "empty", "fan-out", "ratio", "client")


def head() -> str:
    """The table's first lines."""
    return _row(HEAD) + "goal\n" + "-" * 132


def _row(cells: tuple[str, ...]) -> str:
    first, second, *rest = cells
    padded = [f"{first:<{WIDTHS[0]}}", f"{second:<{WIDTHS[1]}}"]
    padded += [f"{cell:>{width}}" for cell, width in zip(rest, WIDTHS[2:], strict=True)]
    return "".join(padded) + "  "


def _number(value: Any) -> str:
    if not isinstance(value, (int, float)) or value != value:
        return ""
    return f"{value:.1f}" if abs(value) < 1000 else f"{value:.0f}"


def row(line: Line) -> str:
    """The line as it stands in the table, with its other figures below where it has any."""
    found = line.found()
    numbers = [found.get(key) for key in ("p50", "p95", "per_second", "empty_p50", "fan_p50", "ratio")]
    cells = (line.name, line.database, line.size, *map(_number, numbers))
    client = f"{100 * line.client:.0f} %" if line.client is not None else ""
    said = _row((*cells, client)) + "; ".join(_verdict(goal.judge(found)) for goal in line.goals)
    shown = {"p50", "p95", "n", "per_second", "ratio", "ratio_p95"}
    others = [
        f"{key} {_number(value) or value}"
        for key, value in found.items()
        if key not in shown and not key.startswith(("empty_", "fan_"))
    ]
    below = [*others, *([line.note] if line.note else [])]
    return said.rstrip() + "".join(f"\n    {text}" for text in [" · ".join(below)] if text)


def _verdict(judged: dict[str, Any]) -> str:
    if judged["reached"] is None:
        return f"{judged['goal']}: not measured"
    if judged["reached"]:
        return f"{judged['goal']}: yes"
    return f"{judged['goal']}: NO, {_number(judged['value'])}, by {judged['missed_by_percent']:.0f} %"
