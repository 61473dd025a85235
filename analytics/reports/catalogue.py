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
    PROVIDERS = "providers"


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
            ("metrics", "replied"),
        ),
        Report.PROVIDERS: Description(
            "by country and channel, over the hours in which every provider with least_samples ends or more sent "
            "something there: rate = delivered / ended, from low to high in 95 of 100 cases (Wilson score interval)",
            ("providers_compared",),
        ),
    }
)
