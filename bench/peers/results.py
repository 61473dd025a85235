"""What was measured, and the file that keeps it until it is measured again."""

import json
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from bench.peers.outside import PeerFailed

FILE = Path(__file__).with_name("results.json")
OURS = "Tidings"
BY_STAGE = "each stage in a process of its own"
"""Ours, looked at more closely: compared with nobody."""
SHORT = 300
"""Characters of a reason; a page is no log."""
T = TypeVar("T")


@dataclass(frozen=True)
class Wish:
    """How long, and how often."""

    rounds: int = 3
    seconds: float = 4.0


@dataclass(frozen=True)
class Row:
    """One figure of one contender: one value for each round."""

    peer: str
    case: str
    """What it was measured at, such as `64 connections`; empty where there is one case."""
    figure: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


@dataclass
class Runs:
    """Gathers the figures of a group."""

    skipped: dict[str, str] = field(default_factory=dict)
    """Contenders that could not be had, with the reason."""
    _values: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, peer: str, case: str, **figures: float) -> None:
        for name, value in figures.items():
            self._values[peer, case, name].append(value)

    @contextmanager
    def sparing(self, peer: str) -> Iterator[None]:
        """A peer that fails is left out from then on, and why is told; ours may not fail."""
        try:
            yield
        except PeerFailed as exc:
            if peer == OURS:
                raise
            self.skipped[peer] = " ".join(str(exc).split())[:SHORT]

    def without_skipped(self, contenders: Mapping[str, T]) -> Iterator[tuple[str, T]]:
        """Those that have not failed."""
        return ((peer, contender) for peer, contender in contenders.items() if peer not in self.skipped)

    def rows(self) -> Iterator[Row]:
        for (peer, case, name), values in self._values.items():
            yield Row(peer, case, name, tuple(float(f"{value:.5g}") for value in values))


@dataclass(frozen=True)
class Group:
    """All figures of a group, and the machine they are of."""

    measured_on: str
    machine: str
    rounds: int
    seconds: float
    busy: float
    """Cores that others used just before it began."""
    skipped: dict[str, str]
    rows: tuple[Row, ...]

    def median(self, peer: str, case: str, name: str) -> float | None:
        """Null where it was not measured."""
        found = [row.median for row in self.rows if (row.peer, row.case, row.figure) == (peer, case, name)]
        return found[0] if found else None

    @property
    def cases(self) -> list[str]:
        return list(dict.fromkeys(row.case for row in self.rows))

    def peers(self, case: str) -> list[str]:
        """Ours first."""
        found = dict.fromkeys(row.peer for row in self.rows if row.case == case)
        return sorted(found, key=lambda peer: peer != OURS)


def grouped(wish: Wish, busy: float, runs: Runs) -> Group:
    cores = os.cpu_count() or 0
    return Group(
        measured_on=datetime.now(UTC).date().isoformat(),
        machine=f"{cores} cores, {_processor()}, Python {platform.python_version()}",
        rounds=wish.rounds,
        seconds=wish.seconds,
        busy=round(busy, 1),
        skipped=runs.skipped,
        rows=tuple(runs.rows()),
    )


def read_groups(file: Path = FILE) -> dict[str, Group]:
    """By name, as they were last measured."""
    kept: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return {name: Group(**(told | {"rows": tuple(map(_row, told["rows"]))})) for name, told in kept.items()}


def keep(name: str, group: Group, file: Path = FILE) -> None:
    """In place of what was kept of that group."""
    groups = read_groups(file) | {name: group}
    file.write_text(json.dumps({key: asdict(one) for key, one in groups.items()}, indent=1) + "\n", "utf-8")


def _row(told: dict[str, Any]) -> Row:
    return Row(told["peer"], told["case"], told["figure"], tuple(told["runs"]))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
