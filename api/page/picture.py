"""The life of a message as a picture: a lane for what we decided, one for each way it took, one for the answers.

Distances grow with time but not in proportion: a second and an hour fit on one line, and nothing hides another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log1p

from api.answers.messages import Attempt, MessageTimeline, TimelineEntry
from api.answers.plans import DecisionTold, SendTold
from api.page.view import duration, full_time, look, plain
from contracts.plans import Decision
from contracts.vocabulary import Verdict

LEFT, RIGHT, TOP, LANE = 150.0, 90.0, 34.0, 58.0
NEAREST, FARTHEST, GROWTH = 26.0, 150.0, 21.0
"""Between two moments: so many units at least and at most, and so many for each doubling or so of the seconds."""
MOVED = frozenset({Verdict.APPLIED, Verdict.PARKED})


@dataclass(frozen=True)
class Mark:
    """Something that happened; `target` is where the page tells it in words."""

    at: datetime
    shape: str
    look: str
    words: str
    target: str
    label: str = ""
    """Written beside it, and how that looks."""
    label_look: str = "decided"
    x: float = 0.0


@dataclass(frozen=True)
class Lane:
    """One way, one line."""

    name: str
    note: str
    marks: Sequence[Mark]
    y: float = 0.0


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
    lanes = [lane for lane in (_decided(told), *_ways(told), _answered(told)) if lane.marks]
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


def _decided(told: MessageTimeline) -> Lane:
    planned = told.plan
    begin = [Mark(planned.planned_at, "diamond", "registration", "Planned", "message")] if planned else []
    made = [_decision(number, one) for number, one in enumerate(told.decisions, 1)]
    return Lane("Decided", "", begin + made)


def _decision(number: int, made: DecisionTold) -> Mark:
    is_end = made.decision not in {Decision.SEND, Decision.WAIT, Decision.HOLD}
    return Mark(
        at=made.decided_at,
        shape="triangle",
        look="double" if made.decision is Decision.DOUBLE_DELIVERY else "decided",
        words=made.words,
        target=f"decision-{number}",
        label=plain(made.decision) if is_end else "",
    )


def _ways(told: MessageTimeline) -> list[Lane]:
    """One for each attempt, and for each send that nobody has told of as an attempt."""
    sends: dict[str | None, SendTold] = {send.root_id: send for send in told.sends if send.root_id}
    known = {attempt.root_id for attempt in told.attempts}
    lanes = [_way(attempt, told.timeline, sends.get(attempt.root_id)) for attempt in told.attempts]
    lanes += [_unheard(send) for send in told.sends if send.root_id is None or send.root_id not in known]
    return sorted(lanes, key=lambda lane: min((mark.at for mark in lane.marks), default=told.timeline[0].known_at))


def _way(attempt: Attempt, entries: Sequence[TimelineEntry], send: SendTold | None) -> Lane:
    own = [(number, one) for number, one in enumerate(entries, 1) if one.attempt_id == attempt.attempt_id]
    marks = [_sent(send)] if send else []
    marks += [_entry(number, one) for number, one in own]
    return Lane(plain(attempt.channel) if attempt.channel else "message", attempt.provider, _labelled(marks, attempt))


def _labelled(marks: list[Mark], attempt: Attempt) -> list[Mark]:
    """The last has the status written beside it, in which the attempt stands."""
    if not marks:
        return marks
    *before, last = sorted(marks, key=lambda one: one.at)
    return [*before, replace(last, label=attempt.status.value, label_look=look(attempt.status))]


def _sent(send: SendTold) -> Mark:
    words = f"Sent to {send.provider} at {full_time(send.commanded_at)}: {plain(send.outcome)}"
    return Mark(send.commanded_at, "diamond", "registration", words, f"send-{send.send_id}")


def _unheard(send: SendTold) -> Lane:
    mark = _sent(send)
    shape = "square" if send.outcome in {"refused", "in_doubt", "throttled"} else "diamond"
    seen = replace(mark, shape=shape, look="ended-badly", label=plain(send.outcome), label_look="ended-badly")
    return Lane(plain(send.channel), send.provider, [seen])


def _entry(number: int, entry: TimelineEntry) -> Mark:
    target, at = f"entry-{number}", entry.known_at
    if entry.event == "registration":
        return Mark(at, "diamond", "registration", f"Registered at {full_time(at)}", target)
    if entry.status is None:
        return Mark(at, "ring", "unchanged", f"{plain(entry.event).capitalize()} at {full_time(at)}", target)
    words = f"{entry.provider} said {entry.status.value} at {full_time(at)}"
    if entry.verdict not in MOVED:
        return Mark(at, "ring", "unchanged", f"{words}, which changed nothing", target)
    return Mark(at, "square" if entry.status.is_bad_end else "circle", look(entry.status), words, target)


def _answered(told: MessageTimeline) -> Lane:
    marks = [
        Mark(one.received_at, "circle", "seen", f"Answered at {full_time(one.received_at)}", f"reply-{one.event_id}")
        for one in told.replies
    ]
    return Lane("Answers", "", marks)


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
