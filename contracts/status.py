"""What a delivery status means, and how many reports become one.

The statuses form one total order. The evidence about one message on one channel is the *set* of statuses reported,
kept as a bit mask; joining evidence is set union, so order and repetition cannot matter. The status is the highest
member, and a conflict is a property of the set: two different bad ends, or a bad end beside a success.

SMPP's message states, for readers who think in them:

    ENROUTE sent · DELIVERED delivered · EXPIRED expired · DELETED failed · UNDELIVERABLE undelivered
    ACCEPTED accepted · UNKNOWN unknown · REJECTED rejected · SCHEDULED queued · SKIPPED rejected
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NewType


class DeliveryStatus(StrEnum):
    """Our normalised state of a message on a channel, from the least to the most telling."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    FAILED = "failed"
    DELIVERED = "delivered"
    SEEN = "seen"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for unknown."""
        return RANKS[self]

    @property
    def is_bad_end(self) -> bool:
        return self in BAD_ENDS

    @property
    def is_success(self) -> bool:
        return self in SUCCESSES

    @property
    def is_final(self) -> bool:
        """No more is owed by the provider; `seen` may still follow `delivered`."""
        return self in BAD_ENDS or self in SUCCESSES


ORDER: tuple[DeliveryStatus, ...] = tuple(DeliveryStatus)
RANKS: dict[DeliveryStatus, int] = {status: rank for rank, status in enumerate(ORDER)}
BAD_ENDS = frozenset(
    {DeliveryStatus.UNDELIVERED, DeliveryStatus.EXPIRED, DeliveryStatus.REJECTED, DeliveryStatus.FAILED}
)
SUCCESSES = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.SEEN})

Evidence = NewType("Evidence", int)
"""The set of statuses reported about one thing; bit n is the status of rank n."""

NO_EVIDENCE = Evidence(0)


def evidence(*statuses: DeliveryStatus) -> Evidence:
    """The evidence that consists of `statuses`."""
    mask = 0
    for status in statuses:
        mask |= 1 << RANKS[status]
    return Evidence(mask)


LOWEST_END = min(evidence(status) for status in BAD_ENDS | SUCCESSES)
"""All final statuses lie above all others, so evidence that is no less has one."""
_LOWEST_SUCCESS = min(evidence(status) for status in SUCCESSES)


def _contradicts_itself(known: int) -> bool:
    bad = known & evidence(*BAD_ENDS)
    return bool(bad) and (bool(known & evidence(*SUCCESSES)) or bad & (bad - 1) != 0)


_CONFLICTS = tuple(map(_contradicts_itself, range(1 << len(ORDER))))
"""By evidence; there are no more than a thousand sets."""


def join(one: Evidence, other: Evidence) -> Evidence:
    """All that either knows: the least upper bound, so commutative, associative and idempotent."""
    return Evidence(one | other)


def status_of(known: Evidence) -> DeliveryStatus:
    """The status that stands: the highest reported; `unknown` when nothing was."""
    return ORDER[known.bit_length() - 1] if known else DeliveryStatus.UNKNOWN


def is_conflict(known: Evidence) -> bool:
    """Whether finals contradict each other: two different bad ends, or a bad end beside a success."""
    return _CONFLICTS[known]


def status_of_parts(parts: Iterable[Evidence], expected_count: int) -> DeliveryStatus:
    """The status of one text sent in pieces.

    Any part that ended badly decides with the strongest bad end; otherwise the lowest part stands. A part that was not
    heard of is not final, so the whole is then at most `sent`.
    """
    statuses = [status_of(part) for part in parts]
    bad = [status for status in statuses if status.is_bad_end]
    if bad:
        return max(bad, key=RANKS.__getitem__)
    lowest = min(statuses, key=RANKS.__getitem__, default=DeliveryStatus.UNKNOWN)
    if len(statuses) < expected_count and lowest.rank > DeliveryStatus.SENT.rank:
        return DeliveryStatus.SENT
    return lowest


def status_of_cascade(whole: Evidence, legs: Iterable[Evidence]) -> DeliveryStatus:
    """The status of a send that the provider itself took through several channels.

    What is said of the whole stands, unless a leg succeeded further. When nothing was said of the whole: the best
    success of a leg; else the most advanced leg that is still open; else the strongest bad end.
    """
    # Of two sets the one with the higher status is the higher number, so nothing has to be told apart first.
    known = list(legs)
    best = max(known, default=NO_EVIDENCE)
    if best >= _LOWEST_SUCCESS:
        return status_of(max(whole, best))
    if whole:
        return status_of(whole)
    return status_of(max((leg for leg in known if leg < LOWEST_END), default=best))
