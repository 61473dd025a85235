"""Where each measure comes from, and by what it can be taken there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from analytics.asking.reader import Ask, Asked
from analytics.asking.words import Dimension, Measure
from analytics.measures.currencies import OneCurrency
from analytics.measures.folds import Fold, reached
from runtime.exchange import SIX_PLACES

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A question of the store that knows some measures."""

    question: str
    dimensions: frozenset[Dimension]
    is_of_facts: bool = False
    """Reads the reports of the attempts that its span of ids has."""
    has_currencies: bool = False
    """Its rows are by currency too."""
    has_days: bool = False
    """What it adds up is kept by the day too."""
    is_revised: bool = False
    """What changes its numbers is told of the attempts that they count, and so revises their hours."""
    fold: Fold | None = None
    """Of which the question called `…_kept` answers the same, given the messages that are `…_concerned` behind it."""

    def asked(self, ask: Ask, parameters: Mapping[str, Any]) -> Asked:
        """The question; of what is folded, unless most of it is not."""
        known = None if self.fold is None else reached(ask, self.fold)
        if known is None or known.is_far_behind:
            return self.question, parameters
        rows = ask(f"{self.fold}_concerned", known.rest) if known.rest else []
        behind = {**known.rest, "messages": [row["message_id"] for row in rows]} if rows else {}
        return f"{self.question}_kept", {**parameters, **behind}


ALL = frozenset(Dimension)
PLACES = ALL - {Dimension.STATUS, Dimension.REASON}
WHO = frozenset({Dimension.ACCOUNT, Dimension.PROVIDER, Dimension.CONNECTION, Dimension.SENDER})

COUNTS = Source("metrics", ALL, has_days=True, is_revised=True)
COUNTS_OF_FACTS = Source("metrics_of_facts", ALL, is_of_facts=True, is_revised=True)
COSTS = Source("costs", ALL, has_currencies=True, has_days=True, is_revised=True)
COSTS_OF_FACTS = Source("costs_of_facts", ALL, is_of_facts=True, has_currencies=True, is_revised=True)
FALLBACKS = Source("fallbacks", WHO | {Dimension.CHANNEL, Dimension.CAMPAIGN}, fold=Fold.LATER_STEPS)
REPLIES = Source("reply_counts", WHO | {Dimension.CHANNEL, Dimension.COUNTRY})
SESSIONS = Source("session_counts", WHO, has_currencies=True)
UNKNOWN_CODES = Source("unknown_codes", PLACES, is_of_facts=True, is_revised=True)

FINER: Mapping[Source, Source] = MappingProxyType({COUNTS: COUNTS_OF_FACTS, COSTS: COSTS_OF_FACTS})
"""Of what is kept by the hour: where it comes from in buckets that hours cannot answer."""
MONEY_SPENT = frozenset({COSTS, COSTS_OF_FACTS})

ELSEWHERE: Mapping[Measure, Source] = MappingProxyType(
    {
        Measure.COST: COSTS,
        Measure.COST_PER_DELIVERED: COSTS,
        Measure.FALLBACKS: FALLBACKS,
        Measure.DOUBLE_DELIVERIES: FALLBACKS,
        Measure.REPLIES: REPLIES,
        Measure.SESSIONS: SESSIONS,
        Measure.UNKNOWN_CODES: UNKNOWN_CODES,
    }
)
COUNTED = tuple(measure for measure in Measure if measure not in ELSEWHERE)
"""Counts of attempts, kept by the hour."""


def spent(rows: Sequence[Row], money: OneCurrency | None = None) -> dict[str, dict[str, Decimal]]:
    """`cost` and `cost_per_delivered` by currency, of the rows of one group; what has no price is in neither.

    With `money` all of it in one currency.
    """
    priced = [row for row in rows if row["currency"] is not None and row["cost"] is not None]
    if money is not None:
        priced = money.merged(priced, money=("cost",))
    return {
        Measure.COST: {row["currency"]: row["cost"] for row in priced},
        Measure.COST_PER_DELIVERED: {
            row["currency"]: per_delivered(row["cost"], row["delivered"]) for row in priced if row["delivered"]
        },
    }


def per_delivered(cost: Decimal, delivered: int) -> Decimal:
    return (cost / delivered).quantize(SIX_PLACES)
