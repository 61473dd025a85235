"""One measured figure, and the table and file they end in."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """A value with the goal it is held against; a value is a ratio of medians wherever a speed is meant."""

    group: str
    figure: str
    value: float
    unit: str
    goal: str
    """Such as `>= 0.5`; empty when the figure is only told."""
    ok: bool
    runs: tuple[float, ...]


def figure(group: str, name: str, runs: Sequence[float], *, unit: str = "", goal: str = "") -> Figure:
    """The median of `runs` held against `goal`."""
    value = statistics.median(runs)
    return Figure(group, name, round(value, 4), unit, goal, _meets(value, goal), tuple(round(run, 4) for run in runs))


def percentiles(
    group: str, name: str, samples: Sequence[float], *, unit: str, goals: Mapping[int, str]
) -> list[Figure]:
    """Of the raw samples the middle, and each percentile that `goals` names, held against its goal."""
    cuts = statistics.quantiles(samples, n=100, method="inclusive")
    wanted = [(50, ""), *goals.items()]
    return [figure(group, f"{name}, p{share}", [cuts[share - 1]], unit=unit, goal=goal) for share, goal in wanted]


def load_of_machine(group: str) -> Figure:
    """How many threads wanted a core in the last minute: what else ran is in it, and what was measured."""
    return figure(group, "threads that wanted one of the cores", [os.getloadavg()[0]])


def _meets(value: float, goal: str) -> bool:
    if not goal:
        return True
    sign, bound = goal.split()
    return value >= float(bound) if sign == ">=" else value <= float(bound)


def print_table(figures: Sequence[Figure]) -> None:
    """`figure | value | goal | ok`, one line each."""
    print("figure | value | goal | ok")
    for one in figures:
        value = f"{one.value:g} {one.unit}".strip()
        print(f"{one.group}: {one.figure} | {value} | {one.goal or '-'} | {'yes' if one.ok else 'NO'}")


def write_results(figures: Sequence[Figure], path: Path) -> None:
    """All figures of a run as JSON; groups that were not measured this time keep what the file had."""
    measured = {one.group for one in figures}
    kept = list(json.loads(path.read_text())) if path.exists() else []
    rows = [row for row in kept if row["group"] not in measured] + [asdict(one) for one in figures]
    path.write_text(json.dumps(sorted(rows, key=lambda row: (row["group"], row["figure"])), indent=1) + "\n")
