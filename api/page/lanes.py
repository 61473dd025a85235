"""What happened to a message, lane by lane: what we decided, each way that it took, the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api.answers.messages import Attempt, MessageTimeline, TimelineEntry
from api.answers.plans import DecisionTold, SendTold
from api.page.view import full_time, look, plain
from contracts.plans import Decision
from contracts.vocabulary import Verdict

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


def lanes_of(told: MessageTimeline) -> list[Lane]:
    """From the top to the bottom; those on which nothing happened are left out."""
    return [lane for lane in (_decided(told), *_ways(told), _answered(told)) if lane.marks]


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
