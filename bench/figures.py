"""One measured figure, and the table and file they end in."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

RESULTS = Path(__file__).with_name("results.json")
LOOK_S = 3.0


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


def cores_in_use() -> float:
    """How many cores this machine uses for the next seconds; of what others do, when asked before anything is begun."""
    return psutil.cpu_percent(interval=LOOK_S) / 100 * (psutil.cpu_count() or 1)


def tell(measure: Callable[[], list[Figure]]) -> bool:
    """Measure, print, and keep it in `results.json`, with what others used of the cores just before; are goals met?"""
    used = cores_in_use()
    figures = measure()
    figures.append(figure(figures[0].group, "cores that others used beforehand", [used]))
    print_table(figures)
    write_results(figures, RESULTS)
    return all(one.ok for one in figures)


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
