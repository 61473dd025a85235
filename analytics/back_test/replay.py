"""Asks the store about the past and makes the answers of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Answer, Reader, Row
from analytics.back_test.economics import Economics, weigh
from analytics.back_test.odds import Odds, UnitPrice
from analytics.back_test.questions import BackTestQuestion, Span, WaitsQuestion
from analytics.back_test.waits import Advice, WaitVerdict, advise, by_place
from analytics.measures.metrics import Measure, MetricsQuestion
from contracts.errors import QueryInvalid
from runtime.settings import Price

MOST_ATTEMPTS = 5_000_000
"""In one span: about as many as are replayed within the time of a question."""
MOST_PLACES = 500
A_TENTH_IN_S = 600.0
"""Without a value of its own a minute is worth a tenth of a fallback: a fallback is worth so many seconds."""


@dataclass(frozen=True)
class BackTest(Answer):
    """What a plan would have done: `rows` by provider, connection and country, the whole, and its economics."""

    whole: Row
    economics: Economics


@dataclass(frozen=True)
class PlaceAdvice:
    """What is advised for one provider, channel and country."""

    provider: str
    channel: str
    country: str | None
    advice: Advice
    price: UnitPrice | None


@dataclass(frozen=True)
class WaitAdvice(Answer):
    """Advice by place, those with most observations first; `rows` are the histograms it rests on."""

    places: list[PlaceAdvice]


async def back_test(
    reader: Reader, question: BackTestQuestion, prices: Sequence[Price], *, most_attempts: int = MOST_ATTEMPTS
) -> BackTest:
    """Replay the question's plan; raises `QueryInvalid` when there is too much to look at."""
    await _require_bounded(reader, question, most_attempts)
    channels = sorted({step.channel for step in question.steps[1:]})
    (rows, outcomes, told), fresh = await reader.ask_together(
        ("back_test", question.parameters(reader.clock.now())),
        ("channel_outcomes", question.outcomes(channels)),
        ("told_prices", question.prices(channels)),
    )
    whole, *places = rows
    economics = weigh(places, question, Odds(outcomes=outcomes, told=told, written=prices))
    return BackTest(places, fresh, whole, economics)


async def advise_waits(reader: Reader, question: WaitsQuestion, prices: Sequence[Price]) -> WaitAdvice:
    """How long to wait, by provider, channel and country; raises `QueryInvalid` when there is too much to look at."""
    await _require_bounded(reader, question, MOST_ATTEMPTS)
    (rows, told), fresh = await reader.ask_together(
        ("waits", question.parameters(reader.clock.now())),
        ("told_prices", question.prices([question.fallback.channel])),
    )
    places = await asyncio.to_thread(_places, rows, question, Odds(outcomes=(), told=told, written=prices))
    return WaitAdvice(rows, fresh, places)


async def _require_bounded(reader: Reader, span: Span, most_attempts: int) -> None:
    question = MetricsQuestion(
        measures=(Measure.SENT,), from_=span.from_, to=span.to, bucket=Bucket.NONE, accounts=span.accounts
    )
    rows = (await reader.ask("metrics", question.parameters())).rows
    count = rows[0]["sent"] if rows else 0
    if count > most_attempts:
        raise QueryInvalid(f"{count} attempts began in that span, more than {most_attempts}; ask for a shorter one")


def _places(rows: Sequence[dict[str, Any]], question: WaitsQuestion, odds: Odds) -> list[PlaceAdvice]:
    groups = sorted(by_place(rows), key=lambda group: -sum(one.leaving for one in group[1]))
    return [_place(place, bins, question, odds=odds) for place, bins in groups[:MOST_PLACES]]


def _place(place: tuple[str, str, str | None], bins: list[Any], question: WaitsQuestion, *, odds: Odds) -> PlaceAdvice:
    provider, channel, country = place
    price = odds.price(question.fallback, country)
    worth_s = _price_in_s(price, question.value_of_minute)
    if worth_s is None:
        observations = int(sum(one.leaving for one in bins))
        advice = Advice(WaitVerdict.PRICE_UNKNOWN, observations, int(sum(one.spared for one in bins)), 0)
    else:
        advice = advise(bins, price_in_s=worth_s, least_observations=question.least_observations)
    return PlaceAdvice(provider, channel, country, advice, price)


def _price_in_s(price: UnitPrice | None, value_of_minute: Decimal | None) -> float | None:
    if value_of_minute is None:
        return A_TENTH_IN_S
    return None if price is None else float(price.amount / value_of_minute * 60)
