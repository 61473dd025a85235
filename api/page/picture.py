"""The life of a message as a picture: a lane for what we decided, one for each way it took, one for the answers.

Distances grow with time but not in proportion: a second and an hour fit on one line, and nothing hides another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log1p

from api.answers.messages import Attempt, MessageTimeline
from api.page.lanes import Lane, lanes_of
from api.page.view import duration, full_time, plain

LEFT, RIGHT, TOP, LANE = 150.0, 90.0, 34.0, 58.0
NEAREST, FARTHEST, GROWTH = 26.0, 150.0, 21.0
"""Between two moments: so many units at least and at most, and so many for each doubling or so of the seconds."""


@dataclass(frozen=True)
class Arrow:
    """What led to what: from a decision down to the way that it began."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Column:
    """A moment on the axis."""

    x: float
    text: str


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    width: float
    height: float
    lanes: Sequence[Lane]
    arrows: Sequence[Arrow]
    columns: Sequence[Column]
    summary: str


def picture(told: MessageTimeline) -> Picture | None:
    """The picture of this life; null while there is nothing to draw."""
    lanes = lanes_of(told)
    moments = sorted({mark.at for lane in lanes for mark in lane.marks})
    if not moments:
        return None
    places = _places(moments)
    set_out = [_set_out(lane, TOP + LANE * (row + 0.5), places) for row, lane in enumerate(lanes)]
    return Picture(
        width=places[moments[-1]] + RIGHT,
        height=TOP + LANE * len(lanes) + 8,
        lanes=set_out,
        arrows=_arrows(told, set_out),
        columns=_columns(moments, places),
        summary=_summary(told),
    )


def _places(moments: Sequence[datetime]) -> dict[datetime, float]:
    x, places = LEFT, {}
    for before, moment in zip((moments[0], *moments), moments, strict=False):
        if moment > before:
            x += min(FARTHEST, NEAREST + GROWTH * log1p((moment - before).total_seconds()))
        places[moment] = x
    return places


def _set_out(lane: Lane, y: float, places: dict[datetime, float]) -> Lane:
    """Marks of the same moment stand side by side."""
    marks, last = [], 0.0
    for mark in sorted(lane.marks, key=lambda one: one.at):
        last = max(places[mark.at], last + 14 if last else 0.0)
        marks.append(replace(mark, x=last))
    return Lane(lane.name, lane.note, marks, y)


def _arrows(told: MessageTimeline, lanes: Sequence[Lane]) -> list[Arrow]:
    """From each decision to send to what was sent by it."""
    begun = {mark.target: (mark.x, lane.y) for lane in lanes for mark in lane.marks}
    led = (
        (begun[f"decision-{number}"], begun.get(f"send-{made.send_id}"))
        for number, made in enumerate(told.decisions, 1)
        if made.send_id is not None
    )
    return [Arrow(*start, *end) for start, end in led if end is not None]


def _columns(moments: Sequence[datetime], places: dict[datetime, float]) -> list[Column]:
    """As many as have room for their words."""
    columns = [Column(places[moments[0]], full_time(moments[0])[11:19])]
    for moment in moments[1:]:
        if places[moment] - columns[-1].x >= 64:
            columns.append(Column(places[moment], _elapsed((moment - moments[0]).total_seconds())))
    return columns


def _elapsed(seconds: float) -> str:
    """`+1.2 s`, `+1:03`, `+2:00:00`: exact enough to tell two marks apart."""
    if seconds < 60:
        return f"+{duration(seconds * 1000)}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours}:{minutes:02}:{rest:02}" if hours else f"+{minutes}:{rest:02}"


def _summary(told: MessageTimeline) -> str:
    ways = ", then ".join(_way_in_words(one) for one in told.attempts)
    return f"The life of a message: {ways or 'nothing was sent yet'}. It stands at {told.status.value}."


def _way_in_words(attempt: Attempt) -> str:
    return f"{plain(attempt.channel) if attempt.channel else 'a message'} by {attempt.provider}, {attempt.status.value}"
