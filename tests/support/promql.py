"""What an expression of Prometheus asks for, and what there is to ask for."""

from dataclasses import dataclass

import promql_parser

from docs.site.metrics import declared

FROM_PROMETHEUS = frozenset({"instance", "job"})
OF_A_PROCESS = frozenset(
    {
        "up",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    }
)
"""Of each target Prometheus and its client tell these by themselves."""


def _parts(name: str, kind: str, labels: frozenset[str]) -> dict[str, frozenset[str]]:
    """A metric's series by name, with their labels."""
    if kind != "histogram":
        return {name: labels}
    return {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}


KNOWN: dict[str, frozenset[str]] = dict.fromkeys(OF_A_PROCESS, FROM_PROMETHEUS) | {
    series: labels | FROM_PROMETHEUS
    for metric in declared()
    for series, labels in _parts(metric.name, metric.kind, frozenset(metric.labels)).items()
}


@dataclass(frozen=True)
class Asked:
    """The series that an expression reads, with the labels it filters each by, and the labels it groups by."""

    series: tuple[tuple[str, frozenset[str]], ...]
    grouped: frozenset[str]
    is_grouped: bool

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.series}

    @property
    def labels(self) -> frozenset[str]:
        """Those that its answer can have."""
        return self.grouped if self.is_grouped else frozenset().union(*(KNOWN[name] for name in self.names))


def asked(expression: str) -> Asked:
    """Raises `ValueError` when it is none. A dashboard's interval may stand in it."""
    series: list[tuple[str, frozenset[str]]] = []
    grouped: set[str] = set()
    is_grouped = False

    def meet(node: promql_parser.Expr) -> bool:
        nonlocal is_grouped
        if isinstance(node, promql_parser.VectorSelector):
            series.append((node.name or "", frozenset(matcher.name for matcher in node.matchers.matchers)))
        if isinstance(node, promql_parser.AggregateExpr):
            is_grouped = True
            grouped.update(node.modifier.labels if node.modifier else ())
        return True

    promql_parser.walk(promql_parser.parse(expression.replace("$__rate_interval", "5m")), meet)
    return Asked(tuple(series), frozenset(grouped), is_grouped)
