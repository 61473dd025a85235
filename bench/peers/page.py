"""docs/benchmarks.md and its charts: what the results say, worse than others included. `python -m bench.peers.page`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from bench.peers.charts import Bar, drawn, shown
from bench.peers.parts import ROOT
from bench.peers.results import BY_STAGE, OURS, Group, read_groups

DOCS = ROOT / "docs"
PAGE = "benchmarks.md"
PICTURE = "pictures/benchmarks-{name}.svg"
QUIET = 0.3
"""Cores that others may use; with more, what was measured is partly what else ran."""
LEVEL = 0.02
"""Within so much of ours nobody is ahead."""


@dataclass(frozen=True)
class Column:
    """One figure of a table."""

    figure: str
    title: str
    unit: str
    is_better_when_more: bool = False

    @property
    def head(self) -> str:
        return self.title if self.unit == "/s" else f"{self.title}, {self.unit}"


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "edge": (
        Column("steady_cpu_us", "CPU a callback at 2,000 a second", "µs"),
        Column("steady_p50_ms", "p50", "ms"),
        Column("steady_p99_ms", "p99", "ms"),
        Column("most_per_s", "callbacks a second, full load", "/s", is_better_when_more=True),
        Column("most_cpu_us", "CPU a callback, full load", "µs"),
    ),
    "stream": (
        Column("cpu_us", "CPU a report", "µs"),
        Column("per_s", "reports a second", "/s", is_better_when_more=True),
    ),
    "store": (
        Column("rows_per_s", "records a second", "/s", is_better_when_more=True),
        Column("cpu_us", "CPU a record", "µs"),
    ),
    "chain": (
        Column("held_per_s", "callbacks a second that hold", "/s", is_better_when_more=True),
        Column("p99_ms", "p99 at that rate", "ms"),
        Column("cpu_us", "CPU a callback at that rate, broker included", "µs"),
    ),
}
CHARTS: Mapping[str, tuple[str, str]] = {
    "edge": ("256 connections", "most_cpu_us"),
    "stream": ("", "cpu_us"),
    "store": ("", "rows_per_s"),
    "chain": ("", "held_per_s"),
}
"""What is drawn of each group: the case and the figure."""


def write_page() -> None:
    for name, text in rendered().items():
        (DOCS / name).write_text(text, "utf-8")


def rendered(groups: Mapping[str, Group] | None = None) -> dict[str, str]:
    """Each file under docs/ with its content."""
    groups = read_groups() if groups is None else groups
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # it makes Markdown of our own figures
    )
    page = environment.get_template("benchmarks.md.j2").render(
        groups=groups,
        table=table,
        counts=counts,
        behind=list(behind(groups)),
        chart=_has_chart(groups),
        quiet=QUIET,
        all=list(COLUMNS),
    )
    return {PAGE: page} | {PICTURE.format(name=name): picture for name, picture in _pictures(groups)}


def table(name: str, group: Group, case: str) -> str:
    """Medians, and beside each what it is of ours."""
    measured = {row.figure for row in group.rows if row.case == case}
    columns = [column for column in COLUMNS[name] if column.figure in measured]
    lines = [
        "| | " + " | ".join(column.head for column in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for peer in group.peers(case):
        if peer != BY_STAGE:
            cells = [_cell(group, case, peer, column) for column in columns]
            lines.append(f"| {_name(peer)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def counts(group: Group) -> str:
    """How many messages each says were delivered, beside how many were."""
    lines = ["| | says delivered | were delivered | wrong by |", "|---|---:|---:|---:|"]
    for peer in group.peers(""):
        told, truth = group.median(peer, "", "delivered"), group.median(peer, "", "truly_delivered")
        if told is not None and truth:
            lines.append(f"| {_name(peer)} | {told:,.0f} | {truth:,.0f} | {_error(told, truth)} |")
        merged = group.median(peer, "", "delivered_when_merged")
        if merged is not None and truth:
            lines.append(f"| {peer}, asking its facts | {merged:,.0f} | {truth:,.0f} | {_error(merged, truth)} |")
    return "\n".join(lines)


def behind(groups: Mapping[str, Group]) -> Iterator[str]:
    """Wherever somebody is ahead of us."""
    for name, columns in COLUMNS.items():
        if (group := groups.get(name)) is None:
            continue
        for case in group.cases:
            for column in columns:
                yield from _ahead(name, group, case, column)


def _ahead(name: str, group: Group, case: str, column: Column) -> Iterator[str]:
    ours = group.median(OURS, case, column.figure)
    for peer in group.peers(case):
        theirs = group.median(peer, case, column.figure)
        if ours is None or theirs is None or peer in {OURS, BY_STAGE}:
            continue
        better, worse = (theirs, ours) if column.is_better_when_more else (ours, theirs)
        if better > worse * (1 + LEVEL):
            where = f"{name}, {case}" if case else name
            told = f"{shown(theirs)} {column.unit} beside our {shown(ours)} {column.unit}"
            yield f"{where}: **{peer}**, {column.title}: {told}"


def _cell(group: Group, case: str, peer: str, column: Column) -> str:
    value, ours = group.median(peer, case, column.figure), group.median(OURS, case, column.figure)
    if value is None:
        return "-"
    return shown(value) if peer == OURS or not ours else f"{shown(value)} ({value / ours:.2f} x)"


def _error(told: float, truth: float) -> str:
    return "nothing" if told == truth else f"**{(told / truth - 1) * 100:+.2f} %**"


def _name(peer: str) -> str:
    return f"**{peer}**" if peer == OURS else peer


def _pictures(groups: Mapping[str, Group]) -> Iterator[tuple[str, str]]:
    for name, (case, figure) in CHARTS.items():
        if name in groups:
            yield name, _chart(name, groups[name], case, figure)
    if "chain" in groups and (bars := list(_where(groups["chain"]))):
        yield "where", drawn("Where the time of a callback goes", "µs of CPU", bars)


def _has_chart(groups: Mapping[str, Group]) -> Mapping[str, str]:
    return {name: PICTURE.format(name=name) for name, _ in _pictures(groups)}


def _chart(name: str, group: Group, case: str, figure: str) -> str:
    column = next(column for column in COLUMNS[name] if column.figure == figure)
    bars = [
        Bar(peer, [(column.title, value)], is_ours=peer == OURS)
        for peer in group.peers(case)
        if peer != BY_STAGE and (value := group.median(peer, case, figure)) is not None
    ]
    better = "more is better" if column.is_better_when_more else "less is better"
    title = f"{name}: {column.title}" + (f", {case}" if case else "")
    return drawn(f"{title} ({better})", column.unit, bars)


def _where(group: Group) -> Iterator[Bar]:
    """Ours as shipped and by stage, and the others, by process."""
    for peer in group.peers(""):
        parts = [
            (case, value) for case in group.cases if case and (value := group.median(peer, case, "cpu_us")) is not None
        ]
        if parts:
            yield Bar("Tidings, by stage" if peer == BY_STAGE else peer, parts, is_ours=peer == OURS)


if __name__ == "__main__":
    write_page()
