"""Steady traffic and no faults: whether anything grows that ought not to."""

import asyncio
import statistics
from pathlib import Path
from time import monotonic

import psutil

from tests.chaos.diary import Diary
from tests.chaos.line import Line
from tests.chaos.plan import API, INGEST, STREAMS

EVERY_S = 5.0
HOUR_S = 3600.0

Samples = list[tuple[float, float]]
"""Seconds and megabytes."""


class Steady:
    """Looks at memory and files for `lasts_s` after `warm_s`, and tells how each changes within an hour."""

    def __init__(self, lasts_s: float, *, warm_s: float) -> None:
        self._lasts_s = lasts_s
        self._warm_s = warm_s
        self.slopes: dict[str, float] = {}
        """Change within an hour as a share of the mean, by what was looked at."""

    async def __call__(self, line: Line, diary: Diary) -> None:
        await asyncio.sleep(self._warm_s)
        diary.note("warm; from now on every look counts")
        samples: dict[str, Samples] = {}
        began = monotonic()
        while (at_s := monotonic() - began) < self._lasts_s:
            for name, size in _look(line).items():
                samples.setdefault(name, []).append((at_s, size))
            await asyncio.sleep(EVERY_S)
        for name, found in samples.items():
            slope, mean = slope_of(found)
            self.slopes[name] = slope
            diary.note(f"{name}: {mean:.1f} MB on average, {slope:+.2%} of that an hour", slope=slope, mean_mb=mean)


def slope_of(samples: Samples) -> tuple[float, float]:
    """By least squares: the change within an hour as a share of the mean, and the mean."""
    times, sizes = zip(*samples, strict=True)
    mean = statistics.fmean(sizes)
    if not mean:
        return 0.0, 0.0
    return statistics.linear_regression(times, sizes).slope * HOUR_S / mean, mean


def _look(line: Line) -> dict[str, float]:
    """Resident memory by process, and what lies on the disk by kind. What grows with the traffic is left out."""
    found = {}
    for name in (INGEST, STREAMS, API):
        if pid := line.pid(name):
            found[f"memory of {name}"] = psutil.Process(pid).memory_info().rss / 1e6
    place = line.installation.data_dir
    for folder in ("spool", "logs"):
        found[folder] = _bytes_under(place / folder) / 1e6
    return found


def _bytes_under(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
