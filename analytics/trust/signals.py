"""The signals, and from where on each is a reason to look. What is unusual by itself is in one place: here."""

from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """Something that a provider whom one can believe does not do often."""

    SILENCE = "silence"
    CONTRADICTIONS = "contradictions"
    FAST_RECEIPTS = "fast_receipts"
    ZERO_REPLIES = "zero_replies"
    LATE_DELIVERIES = "late_deliveries"
    BILLED_NOT_DELIVERED = "billed_not_delivered"
    UNKNOWN_CODES = "unknown_codes"
    CALLBACK_LATENCY = "callback_latency"
    CLOCK_SKEW = "clock_skew"


class Suspicion(StrEnum):
    """What a signal comes to."""

    FINE = "fine"
    WORTH_A_LOOK = "worth_a_look"
    ALARMING = "alarming"
    TOO_FEW = "too_few"
    """Too little was seen to say anything."""


class Unit(StrEnum):
    """What a value is."""

    SHARE = "share"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Bound:
    """From which value on a signal is worth a look, and from which it is alarming."""

    worth_a_look: float
    alarming: float
    unit: Unit = Unit.SHARE


BOUNDS = {
    # Phones that are off for hours leave a few in a hundred open; of every fifth nobody can bill or fall back.
    Signal.SILENCE: Bound(0.05, 0.20),
    # Ends contradict each other when a provider repairs its own error; that is rare, or it is not the end.
    Signal.CONTRADICTIONS: Bound(0.01, 0.05),
    # What cannot be true by physics should not be there at all; clocks that are read in whole seconds make a few.
    Signal.FAST_RECEIPTS: Bound(0.01, 0.05),
    # Of those after which another was sent, some always arrive late; with every fifth the wait is too short, or reports
    # are held back.
    Signal.LATE_DELIVERIES: Bound(0.05, 0.20),
    # Many contracts bill what was taken; where every second billed message does not arrive, the price is twice as high.
    Signal.BILLED_NOT_DELIVERED: Bound(0.20, 0.50),
    # One in two hundred is a code that our tables lack; one in twenty is a provider that has changed its words.
    Signal.UNKNOWN_CODES: Bound(0.005, 0.05),
    # A plan that waits a minute for a report needs it within that minute; ten minutes is a queue somewhere.
    Signal.CALLBACK_LATENCY: Bound(60, 600, Unit.SECONDS),
    # Nothing can be received before it happened; clocks that are kept are right within a second.
    Signal.CLOCK_SKEW: Bound(0.01, 0.10),
    # The chance that so many deliveries meet with silence although people answer as usual; small is alarming.
    Signal.ZERO_REPLIES: Bound(0.01, 0.001),
}

FAST_SHARE = 0.05
"""Below this share of what is usual between sending and arriving a receipt is too fast to be true. A low percentile of
the route would be the first thing that a liar moves; the median moves when every second receipt is a lie."""
FAST_FLOOR_MS = 300
"""And never at or above this: it takes a phone on the internet so long to be told and to answer,"""
FAST_FLOOR_SMS_MS = 1_000
"""and a phone on the mobile network: it has to be paged, to take the text, and to acknowledge it."""
FUTURE_MS = 2_000
"""Times that are told in whole seconds, or by a clock that is set once an hour, are ahead by less."""
USUAL_TIMES = 3.0
"""Alarming is what is so many times as much as on the median of the other routes too."""
SURE = 1.96
"""How many standard errors a share is trusted to lie within: 95 in 100."""
