"""What a replay comes to: sends and their price, deliveries won, deliveries made twice. Pure.

How many first fallbacks would have left is known of each message. What would have become of them is an estimate: as
many would have arrived as did of what really went that way to that country. Further steps go by that estimate too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from analytics.back_test.odds import Odds, Rate, UnitPrice
from analytics.back_test.questions import BackTestQuestion, ReplayedStep

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Money:
    """An amount of one currency, and for how many sends."""

    amount: Decimal
    currency: str
    sends: float


@dataclass(frozen=True)
class Estimate:
    """A count that is not known, with the bounds of the rates it rests on."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Basis:
    """What was assumed of one step in one country."""

    step: int
    country: str | None
    rate: Rate | None
    price: UnitPrice | None


@dataclass
class _Sum:
    """What is gathered of one step."""

    sends: float = 0.0
    unpriced: float = 0.0
    of_unknown_rate: float = 0.0
    won: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    doubled: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    cost: dict[str, tuple[Decimal, float]] = field(default_factory=dict)

    def pay(self, price: UnitPrice | None, sends: float) -> None:
        self.sends += sends
        if price is None:
            self.unpriced += sends
            return
        amount, before = self.cost.get(price.currency, (Decimal(0), 0.0))
        self.cost[price.currency] = (amount + price.amount * _exact(sends), before + sends)

    def hope(self, rate: Rate | None, *, needed: float, needless: float) -> None:
        if rate is None:
            self.of_unknown_rate += needed
            return
        for place, share in enumerate((rate.value, rate.low, rate.high)):
            self.won[place] += needed * share
            self.doubled[place] += needless * share


@dataclass(frozen=True)
class StepAccount:
    """What one step behind the first would have done."""

    step: int
    channel: str
    sends: float
    is_estimate: bool
    cost: list[Money]
    unpriced_sends: float
    won: Estimate
    of_unknown_rate: float
    """Messages of which nobody can say whether they would have arrived: nothing ever ended that way."""


@dataclass(frozen=True)
class Economics:
    """The account of the whole replay, beside what really happened at the same prices."""

    steps: list[StepAccount]
    double_deliveries: Estimate
    really_cost: list[Money]
    really_unpriced: float
    basis: list[Basis]


def weigh(rows: Sequence[Row], question: BackTestQuestion, odds: Odds) -> Economics:
    """The account of `rows`, one for each provider, connection and country, as `back_test.sql` gives them."""
    later = list(enumerate(question.steps))[1:]
    sums = {number: _Sum() for number, _ in later}
    really = _Sum()
    for row in rows:
        _follow(row, later, odds, sums=sums)
        really.pay(odds.price(question.steps[1], row["country"]), float(row["really_sent"]))
    return Economics(
        steps=[_account(number, step, sums[number]) for number, step in later],
        double_deliveries=Estimate(*sums[1].doubled),
        really_cost=_money(really),
        really_unpriced=really.unpriced,
        basis=_basis(rows, later, odds),
    )


def _follow(row: Row, later: Sequence[tuple[int, ReplayedStep]], odds: Odds, *, sums: Mapping[int, _Sum]) -> None:
    """One row's messages through the steps; the next takes what the one before did not bring."""
    sends, needed, needless = float(row["ended_badly"] + row["waited_out"]), float(row["needed"]), row["needless"]
    for number, step in later:
        rate = odds.rate(step, row["country"])
        sums[number].pay(odds.price(step, row["country"]), sends)
        sums[number].hope(rate, needed=needed, needless=needless)
        needed *= 1 - (rate.value if rate else 0.0)
        sends, needless = needed, 0


def _exact(sends: float) -> Decimal:
    """A whole count stays whole; an estimated one is rounded to a hundredth of a message."""
    return Decimal(int(sends)) if sends.is_integer() else Decimal(str(round(sends, 2)))


def _account(number: int, step: ReplayedStep, total: _Sum) -> StepAccount:
    return StepAccount(
        step=number,
        channel=step.channel,
        sends=total.sends,
        is_estimate=number > 1,
        cost=_money(total),
        unpriced_sends=total.unpriced,
        won=Estimate(*total.won),
        of_unknown_rate=total.of_unknown_rate,
    )


def _money(total: _Sum) -> list[Money]:
    return [Money(amount, currency, sends) for currency, (amount, sends) in sorted(total.cost.items()) if sends]


def _basis(rows: Sequence[Row], later: Sequence[tuple[int, ReplayedStep]], odds: Odds) -> list[Basis]:
    countries = sorted({row["country"] for row in rows}, key=lambda country: country or "")
    return [
        Basis(number, country, odds.rate(step, country), odds.price(step, country))
        for number, step in later
        for country in countries
    ]
