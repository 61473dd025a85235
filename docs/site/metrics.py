"""The reference of all metrics in `docs/process-metrics.md`, made from their declarations."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics
from runtime.durations import Durations

ROOT = Path(__file__).parents[2]
PROCESSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ingest": ("ingest",),
        "streams": ("streams",),
        "providers": ("streams",),
        "analytics": ("api",),
        "api": ("api",),
        "runtime": ("streams", "api"),
    }
)
"""In which process the code of a room counts."""


class Declared(NamedTuple):
    """One metric, as a scrape names it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    constant: str

    @property
    def family(self) -> str:
        """Its name and its labels, as people write them."""
        return f"{self.name}{{{','.join(self.labels)}}}" if self.labels else self.name


def declared() -> list[Declared]:
    """All metrics of ours, in the order of their declarations."""
    found = [
        (constant, one) for constant, one in vars(metrics).items() if isinstance(one, MetricWrapperBase | Durations)
    ]
    return [_declared(constant, one, family) for constant, one in found for family in one.collect()]


@cache
def counted_in() -> dict[str, set[str]]:
    """By the constant of a metric, the processes whose code uses it."""
    users: dict[str, set[str]] = defaultdict(set)
    for room, processes in PROCESSES.items():
        for path in sorted((ROOT / room).rglob("*.py")):
            if "tests" not in path.parts:
                for name in _imported(path):
                    users[name].update(processes)
    users["VERSION"] = users["exposition"]  # stands on each page that is shown
    return dict(users)


def metrics_tables() -> str:
    """The whole reference in Markdown, one table a set of processes."""
    users, sections = counted_in(), defaultdict(list)
    for one in declared():
        sections[", ".join(f"`{process}`" for process in sorted(users.get(one.constant, ())))].append(one)
    return "\n\n".join(f"### {heading}\n\n{_table(several)}" for heading, several in sections.items())


def _declared(constant: str, collector: MetricWrapperBase | Durations, family: Metric) -> Declared:
    labels = tuple(getattr(collector, "_labelnames", ()))
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return Declared(name, family.type, labels, family.documentation, constant)


def _imported(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "runtime.metrics":
            yield from (name.name for name in node.names)


def _table(several: Iterable[Declared]) -> str:
    rows = [f"| `{one.family}` | {one.kind} | {one.meaning} |" for one in several]
    return "\n".join(["| metric | kind | tells |", "| --- | --- | --- |", *rows])
