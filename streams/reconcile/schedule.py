"""What is next for an attempt that does not end: a question, giving it up, or forgetting it; and when. Pure."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from streams.reconcile.watch import Watched

LAST_QUESTION = 0.9
"""So late in the time for which the provider remembers it is asked once more, whatever the doubling says."""
MOST_DOUBLINGS = 30


class Step(Enum):
    """What can be done about an attempt."""

    ASK = auto()
    GIVE_UP = auto()
    FORGET = auto()


class Next(NamedTuple):
    """A step and its time, in Kafka's milliseconds."""

    step: Step
    at_ms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one connection; all spans in milliseconds."""

    account: str
    first_after_ms: int
    again_after_ms: int
    remembers_ms: int
    keep_ms: int
    """How long an attempt that was given up is remembered, so that it is not given up twice."""
    is_observed_only: bool = False
    """Nobody registers attempts there, so a report begins one."""


def next_of(attempt: Watched, rules: Rules) -> Next:
    """No attempt is given up that was not asked about; the first question waits for silence, later ones double."""
    if attempt.lost_ms:
        return Next(Step.FORGET, attempt.lost_ms + rules.keep_ms)
    if not attempt.questions_count:
        return Next(Step.ASK, max(attempt.heard_ms, attempt.sent_ms) + rules.first_after_ms)
    last_ms = attempt.sent_ms + int(rules.remembers_ms * LAST_QUESTION)
    if attempt.asked_ms + rules.again_after_ms > last_ms:
        lost_ms = attempt.sent_ms + rules.remembers_ms
        return Next(Step.GIVE_UP, max(lost_ms, attempt.asked_ms + rules.again_after_ms))
    pause_ms = rules.again_after_ms * 2 ** min(attempt.questions_count - 1, MOST_DOUBLINGS)
    return Next(Step.ASK, min(attempt.asked_ms + pause_ms, last_ms))
