"""What a message on a channel may hope for and what it costs, from what is written and what was observed."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.back_test.questions import Way
from runtime.settings import Price

LEAST_ENDED = 30
"""Of a country with fewer ends on the channel the rate of all countries is taken."""
TWO_SIDED_95 = 1.959964
SIX_PLACES = Decimal("0.000001")

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Rate:
    """How many of those that ended arrived, and between what the true share lies in 95 of 100 cases (Wilson)."""

    arrived: int
    ended: int
    country: str | None
    """Whose; null when it is that of all countries."""

    @property
    def value(self) -> float:
        return self.arrived / self.ended

    @property
    def low(self) -> float:
        return self._bound(-1)

    @property
    def high(self) -> float:
        return self._bound(1)

    def _bound(self, side: int) -> float:
        n, p, z = self.ended, self.value, TWO_SIDED_95
        middle = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return min(1.0, max(0.0, (middle + side * spread) / (1 + z * z / n)))


@dataclass(frozen=True)
class UnitPrice:
    """Of one message, exact when it is written; the mean of what was told otherwise."""

    amount: Decimal
    currency: str
    told_count: int | None
    """How often it was told; null when it is written in the settings."""


class Odds:
    """Rates and prices by way and country."""

    def __init__(self, *, outcomes: Rows, told: Rows, written: Sequence[Price]) -> None:
        self._outcomes = outcomes
        self._told = told
        self._written = written
        self._rates: dict[tuple[Way, str | None], Rate | None] = {}
        self._prices: dict[tuple[Way, str | None], UnitPrice | None] = {}

    def rate(self, way: Way, country: str | None) -> Rate | None:
        """Null when nothing ever ended that way."""
        key = (way, country)
        if key not in self._rates:
            self._rates[key] = self._rate(way, country)
        return self._rates[key]

    def price(self, way: Way, country: str | None) -> UnitPrice | None:
        """Null when it is neither written nor was ever told."""
        key = (way, country)
        if key not in self._prices:
            self._prices[key] = self._written_price(way, country) or self._told_price(way, country)
        return self._prices[key]

    def _rate(self, way: Way, country: str | None) -> Rate | None:
        rows = _of_way(self._outcomes, way)
        there = _rate_of([row for row in rows if row["country"] == country], country)
        return there if there and there.ended >= LEAST_ENDED else _rate_of(rows, None)

    def _written_price(self, way: Way, country: str | None) -> UnitPrice | None:
        """The most particular one that fits; of equals the first in the settings."""
        wanted = {"channel": way.channel, "provider": way.provider, "connection": way.connection, "country": country}
        best, most = None, -1
        for price in self._written:
            given = {name: value for name in wanted if (value := getattr(price, name)) is not None}
            if len(given) > most and all(wanted[name] == value for name, value in given.items()):
                best, most = price, len(given)
        return None if best is None else UnitPrice(best.price, best.currency, None)

    def _told_price(self, way: Way, country: str | None) -> UnitPrice | None:
        rows = _of_way(self._told, way)
        there = [row for row in rows if row["country"] == country] or rows
        counts: Counter[str] = Counter()
        for row in there:
            counts[row["currency"]] += row["told_count"]
        if not counts:
            return None
        (currency, count), *_ = counts.most_common(1)
        total = sum((Decimal(row["told_sum"]) for row in there if row["currency"] == currency), Decimal(0))
        return UnitPrice((total / count).quantize(SIX_PLACES), currency, count)


def _of_way(rows: Rows, way: Way) -> list[Mapping[str, Any]]:
    return [
        row
        for row in rows
        if row["channel"] == way.channel
        and way.provider in {None, row["provider"]}
        and way.connection in {None, row["connection"]}
    ]


def _rate_of(rows: Rows, country: str | None) -> Rate | None:
    ended = sum(row["ended"] for row in rows)
    return Rate(sum(row["arrived"] for row in rows), ended, country) if ended else None
