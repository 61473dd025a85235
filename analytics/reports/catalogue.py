"""Which reports there are, what they say, and which of `analytics/queries` answers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Report(StrEnum):
    """What can be asked by name."""

    DELIVERABILITY = "deliverability"
    LATENCY = "latency"
    FUNNEL = "funnel"
    COST = "cost"
    PROVIDERS = "providers"
    FALLBACKS = "fallbacks"
    SESSIONS = "sessions"


@dataclass(frozen=True)
class Description:
    """What a report is made by."""

    formula: str
    answered_by: tuple[str, ...]
    """Names of questions; each has a file of SQL."""


CATALOGUE: Mapping[Report, Description] = MappingProxyType(
    {
        Report.DELIVERABILITY: Description(
            "ended = delivered + undelivered + expired + rejected + failed; rate = delivered / ended, from low to high "
            "in 95 of 100 cases (Wilson score interval); delivery_rate = delivered / sent",
            ("metrics",),
        ),
        Report.LATENCY: Description(
            "latency_pNN = the least time in ms, from sent to delivered, within which NN % of the delivered arrived: "
            "the middle of a histogram bucket that is 4 % wide",
            ("metrics",),
        ),
        Report.FUNNEL: Description(
            "delivered_share = delivered / sent; seen_share = seen / delivered; replied_share = replied / delivered; "
            "lost.before_delivery = sent - delivered = pending + undelivered + expired + rejected + failed + "
            "unknown_count; lost.before_seen = delivered - seen",
            ("metrics", "replied", "replied_kept", "replies_moved"),
        ),
        Report.COST: Description(
            "by currency: message_cost = sum of the prices of the attempts; cost_per_delivered = message_cost / "
            "delivered, of those with a price; total_cost = message_cost + session_cost; total_per_delivered = "
            "total_cost / all delivered of the group",
            ("costs", "session_counts"),
        ),
        Report.FALLBACKS: Description(
            "fallbacks = steps behind the first that a provider took; delivered_share = delivered / fallbacks; "
            "double_share = double_deliveries / fallbacks",
            ("fallbacks", "fallbacks_kept", "later_steps_concerned"),
        ),
        Report.SESSIONS: Description(
            "business_per_session = business_count / closed; user_per_session = user_count / closed; cost = sum of the "
            "costs of the billed, by currency",
            ("session_counts",),
        ),
        Report.PROVIDERS: Description(
            "by country and channel, over the hours in which every provider with least_samples ends or more sent "
            "something there: rate = delivered / ended, from low to high in 95 of 100 cases (Wilson score interval)",
            ("providers_compared",),
        ),
    }
)
