"""What can be measured and by what it can be grouped, as words. `docs/metrics.md` has the formulas."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Measure(StrEnum):
    """Numbers about attempts, each counted once by where it stands now, and about what is around them."""

    SENT = "sent"
    PENDING = "pending"
    DELIVERED = "delivered"
    SEEN = "seen"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN_COUNT = "unknown_count"
    DELIVERY_RATE = "delivery_rate"
    SEEN_RATE = "seen_rate"
    CONFLICTS = "conflicts"
    REPEATED = "repeated"
    LATENCY_P50 = "latency_p50"
    LATENCY_P95 = "latency_p95"
    LATENCY_P99 = "latency_p99"
    COST = "cost"
    COST_PER_DELIVERED = "cost_per_delivered"
    FALLBACKS = "fallbacks"
    DOUBLE_DELIVERIES = "double_deliveries"
    REPLIES = "replies"
    SESSIONS = "sessions"
    UNKNOWN_CODES = "unknown_codes"


class Dimension(StrEnum):
    """What measures can be grouped and filtered by."""

    ACCOUNT = "account"
    PROVIDER = "provider"
    CONNECTION = "connection"
    CHANNEL = "channel"
    COUNTRY = "country"
    CAMPAIGN = "campaign"
    SENDER = "sender"
    STATUS = "status"
    REASON = "reason"


MEASURES: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.SENT: "Attempts about which a report or a registration is known.",
        Measure.PENDING: "Attempts that stand at accepted, queued or sent.",
        Measure.DELIVERED: "Attempts that stand at delivered or seen.",
        Measure.SEEN: "Attempts that stand at seen.",
        Measure.UNDELIVERED: "Attempts that stand at undelivered.",
        Measure.EXPIRED: "Attempts that stand at expired.",
        Measure.REJECTED: "Attempts that stand at rejected.",
        Measure.FAILED: "Attempts that stand at failed.",
        Measure.UNKNOWN_COUNT: "Attempts that stand at unknown.",
        Measure.DELIVERY_RATE: "delivered / sent.",
        Measure.SEEN_RATE: "seen / delivered.",
        Measure.CONFLICTS: "Attempts whose final reports contradict each other.",
        Measure.REPEATED: "Reports that had been reported before.",
        Measure.LATENCY_P50: "Half of the delivered arrived within this many ms of being sent, to 2 %.",
        Measure.LATENCY_P95: "95 % of the delivered arrived within this many ms of being sent, to 2 %.",
        Measure.LATENCY_P99: "99 % of the delivered arrived within this many ms of being sent, to 2 %.",
        Measure.COST: "What providers told that the attempts cost, exact, by currency.",
        Measure.COST_PER_DELIVERED: "By currency, cost / those of its attempts that were delivered.",
        Measure.FALLBACKS: "Later steps of plans that a provider took, by when they were commanded.",
        Measure.DOUBLE_DELIVERIES: "Fallbacks of messages of which an earlier step arrived after all.",
        Measure.REPLIES: "Messages that people wrote, by when they were received.",
        Measure.SESSIONS: "Sessions with people, by when they opened.",
        Measure.UNKNOWN_CODES: "Reports with a code that we do not know.",
    }
)

DIMENSIONS: Mapping[Dimension, str] = MappingProxyType(
    {
        Dimension.ACCOUNT: "Whose connection it is.",
        Dimension.PROVIDER: "Who carried it.",
        Dimension.CONNECTION: "Over which account at the provider.",
        Dimension.CHANNEL: "viber, sms, …; grouped or filtered by it, channel entries are counted, not attempts.",
        Dimension.COUNTRY: "Of the recipient's number, ISO 3166 alpha-2.",
        Dimension.CAMPAIGN: "As the registration or the provider names it.",
        Dimension.SENDER: "The sender id it was sent from.",
        Dimension.STATUS: "Where the attempt stands.",
        Dimension.REASON: "Why it did not arrive.",
    }
)

LATENCIES = frozenset({Measure.LATENCY_P50, Measure.LATENCY_P95, Measure.LATENCY_P99})
MONEY = frozenset({Measure.COST, Measure.COST_PER_DELIVERED})
RATES = frozenset({Measure.DELIVERY_RATE, Measure.SEEN_RATE})
