"""Lines over time, as numbers for a picture: a field of 1000 by 100 that is stretched; words stand beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from math import floor, log10
from typing import NamedTuple

from api.page.view import amount, clock_time, day, day_time, duration, number, percent

WIDTH, HEIGHT = 1000.0, 100.0
A_DAY = timedelta(days=1)
LOOKS = ("sent", "delivered", "third", "fourth", "fifth")
COLUMNS = 5
"""Places along the axis that have their time written."""

Value = float | None
Writing = Callable[[Value], str]
SECOND_MS, MINUTE_MS, HOUR_MS = 1000, 60_000, 3_600_000


def _round_number(value: float, least: float = 2.0) -> float:
    """The next of 2, 4, 6, 8, 10, 20, 40, …, whose halves are whole too."""
    if value <= least:
        return least
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)


def _amount(value: Value) -> str:
    return amount(None if value is None else Decimal(value))


def _round_time(ms: float) -> float:
    """The next round number of milliseconds, seconds, minutes or hours, whichever it is written in."""
    unit_ms = next((unit for unit in (HOUR_MS, MINUTE_MS, SECOND_MS) if ms > unit), 1)
    return unit_ms * _round_number(ms / unit_ms)


class Scale(NamedTuple):
    """How values of a kind are written, and where their axis ends."""

    write: Writing
    round_up: Callable[[float], float]


NUMBERS, SHARES, TIMES = Scale(number, _round_number), Scale(percent, lambda _: 1.0), Scale(duration, _round_time)
AMOUNTS = Scale(_amount, partial(_round_number, least=0.0002))


@dataclass(frozen=True)
class Series:
    """Numbers in order, and how their line is called and looks; null leaves a gap."""

    name: str
    look: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Line:
    """A series, drawn."""

    series: Series
    path: str

    @property
    def last(self) -> Value:
        return next((value for value in reversed(self.series.values) if value is not None), None)


@dataclass(frozen=True)
class Chart:
    """What is drawn, and what is written beside it and read aloud."""

    title: str
    axis: str
    """What the places along it are."""
    places: Sequence[str]
    lines: Sequence[Line]
    ticks: Sequence[str]
    """From the top to the bottom, at even distances."""
    columns: Sequence[str]
    """From the left to the right, likewise."""
    write: Writing

    @property
    def summary(self) -> str:
        """The chart in a sentence."""
        ends = ", ".join(f"{line.series.name} {self.write(line.last)} at last" for line in self.lines)
        return f"{self.title}: {ends}" if ends else self.title


def over_time(title: str, moments: Sequence[datetime], series: Sequence[Series], scale: Scale = NUMBERS) -> Chart:
    """The lines of `series` over `moments`."""
    by_day = len(moments) > 1 and moments[1] - moments[0] >= A_DAY
    places = [day(one) if by_day else day_time(one) for one in moments]
    is_one_day = not moments or moments[-1] - moments[0] <= A_DAY
    columns = [clock_time(one)[:5] for one in moments] if is_one_day and not by_day else places
    return chart(title, places, series, columns=_picked(columns), axis="From", scale=scale)


def chart(
    title: str,
    places: Sequence[str],
    series: Sequence[Series],
    *,
    columns: Sequence[str] = (),
    axis: str = "",
    scale: Scale = NUMBERS,
) -> Chart:
    """The lines of `series` over `places`, from zero up to a round number."""
    top = scale.round_up(max((value for one in series for value in one.values if value is not None), default=0))
    return Chart(
        title=title,
        axis=axis,
        places=places,
        lines=[Line(one, _path(one.values, top)) for one in series],
        ticks=[scale.write(top), scale.write(top / 2), scale.write(0)],
        columns=columns or places,
        write=scale.write,
    )


def looks(count: int) -> tuple[str, ...]:
    """How so many lines look; beyond the five that can be told apart there are none."""
    return LOOKS[:count]


def _path(values: Sequence[Value], top: float) -> str:
    """An SVG path; a value between two gaps is a short stroke, which round ends make a dot."""
    step = WIDTH / max(len(values) - 1, 1)
    drawn, pen_is_down = [], False
    for index, value in enumerate(values):
        if value is not None:
            place = f"{index * step:.1f} {HEIGHT - value / top * HEIGHT:.2f}"
            drawn.append(f"L{place}" if pen_is_down else f"M{place}h0")
        pen_is_down = value is not None
    return "".join(drawn)


def _picked(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= COLUMNS:
        return texts
    return [texts[round(index * (len(texts) - 1) / (COLUMNS - 1))] for index in range(COLUMNS)]
