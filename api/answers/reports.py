"""Reports by name. A row has those of the dimensions by which it was asked to be grouped."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self

from pydantic import Field

from analytics.asking.reader import Answer
from analytics.reports.catalogue import CATALOGUE, Report
from analytics.reports.question import ReportQuestion
from api.answers.base import RATES_AS_OF, Body, FreshnessMember, WithFreshness

RATE = "The share of what ended that arrived; null when nothing ended."
TOO_FEW = "Fewer ended than `least_samples`: the rate says little."


class Row(Body):
    """A group."""

    account: str | None = Field(None, examples=["default"])
    provider: str | None = Field(None, examples=["infobip"])
    connection: str | None = Field(None, examples=["main"])
    channel: str | None = Field(None, examples=["viber"])
    country: str | None = Field(None, examples=["GR"])
    campaign: str | None = Field(None, examples=["spring"])
    sender: str | None = Field(None, examples=["ExampleShop"])


class Ends(Row):
    """How the attempts of a group stand, each counted once."""

    sent: int = Field(examples=[1000])
    pending: int = Field(examples=[20])
    delivered: int = Field(description="Those that were seen too.", examples=[900])
    seen: int = Field(examples=[400])
    undelivered: int = Field(examples=[50])
    expired: int = Field(examples=[20])
    rejected: int = Field(examples=[5])
    failed: int = Field(examples=[5])
    unknown_count: int = Field(examples=[0])
    conflicts: int = Field(examples=[1])


class DeliverabilityRow(Ends):
    """How much of a group arrived."""

    ended: int = Field(description="Attempts with an end, good or bad.", examples=[980])
    rate: float | None = Field(description=RATE, examples=[0.9184])
    low: float | None = Field(description="In 95 of 100 cases the true rate is not lower.", examples=[0.8994])
    high: float | None = Field(description="Nor higher than this.", examples=[0.934])
    too_few: bool = Field(description=TOO_FEW)
    delivery_rate: float | None = Field(description="Of all that was sent; null when nothing was.", examples=[0.9])


class LatencyRow(Row):
    """How soon a group arrived."""

    sent: int = Field(examples=[1000])
    delivered: int = Field(examples=[900])
    latency_p50: int | None = Field(description="Milliseconds; null when nothing arrived.", examples=[2100])
    latency_p95: int | None = Field(examples=[9800])
    latency_p99: int | None = Field(examples=[31000])
    too_few: bool = Field(description="Fewer arrived than `least_samples`.")


class Lost(Body):
    """How many did not go on."""

    before_delivery: int = Field(examples=[100])
    before_seen: int = Field(description="Or of which no provider tells that they were seen.", examples=[500])


class FunnelRow(Ends):
    """How many of a group went on from each step to the next."""

    replied: int = Field(description="Attempts that people answered, however often.", examples=[40])
    delivered_share: float | None = Field(description="delivered / sent.", examples=[0.9])
    seen_share: float | None = Field(description="seen / delivered.", examples=[0.44])
    replied_share: float | None = Field(description="replied / delivered.", examples=[0.044])
    lost: Lost
    reasons: dict[str, int] = Field(
        description="Why attempts ended badly, the most frequent first; those without a reason are left out.",
        examples=[{"absent_recipient": 41, "blocked_by_recipient": 9}],
    )


class ProviderRow(Body):
    """One provider in one country on one channel."""

    country: str | None = Field(examples=["GR"])
    channel: str | None = Field(examples=["viber"])
    provider: str = Field(examples=["infobip"])
    is_compared: bool = Field(
        description="Whether it is counted over the hours that all compared providers share; else over all its own, "
        "because too few ended, or because country or channel are not known."
    )
    compared_count: int = Field(description="How many providers are compared here.", examples=[2])
    hours: int = Field(description="How many hours are counted.", examples=[24])
    sent: int = Field(examples=[1000])
    ended: int = Field(examples=[980])
    delivered: int = Field(examples=[900])
    seen: int = Field(examples=[400])
    rate: float | None = Field(description=RATE, examples=[0.9184])
    low: float | None = Field(description="In 95 of 100 cases the true rate is not lower.", examples=[0.8994])
    high: float | None = Field(description="Nor higher than this.", examples=[0.934])
    too_few: bool = Field(description=TOO_FEW)
    seen_share: float | None = Field(description="seen / delivered.", examples=[0.44])
    latency_p50: int | None = Field(description="Milliseconds.", examples=[2100])
    latency_p95: int | None = Field(examples=[9800])


class CostRow(Row):
    """What a group cost in one currency."""

    currency: str | None = Field(
        description="ISO 4217; null for the attempts of which nobody has told a price.", examples=["EUR"]
    )
    sent: int = Field(description="Attempts with a price in this currency.", examples=[1000])
    delivered: int = Field(description="Those of them.", examples=[900])
    message_cost: Decimal | None = Field(description="Of all of them.", examples=["12.340000"])
    cost_per_delivered: Decimal | None = Field(examples=["0.013711"])
    fallbacks: int = Field(description="Those of them that were later steps of plans.", examples=[80])
    fallback_cost: Decimal | None = Field(description="Of these; part of `message_cost`.", examples=["4.000000"])
    sessions: int | None = Field(
        description="Sessions that are billed in this currency; null where there are none, or where groups or filters "
        "are such as sessions do not have.",
        examples=[12],
    )
    session_cost: Decimal | None = Field(examples=["0.600000"])
    total_cost: Decimal | None = Field(examples=["12.940000"])
    total_per_delivered: Decimal | None = Field(examples=["0.014378"])


class FallbackRow(Row):
    """Steps of plans behind the first, for one reason."""

    because: str | None = Field(description="Why it was fallen back.", examples=["ended_badly"])
    after_channel: str | None = Field(description="The channel that was left.", examples=["viber"])
    commanded: int = Field(examples=[100])
    fallbacks: int = Field(description="Those that a provider took.", examples=[98])
    delivered: int = Field(examples=[90])
    double_deliveries: int = Field(description="An earlier step arrived after all.", examples=[3])
    delivered_share: float | None = Field(examples=[0.918])
    double_share: float | None = Field(examples=[0.031])


class SessionRow(Row):
    """Sessions of a group that opened in the span."""

    sessions: int = Field(examples=[20])
    started: int = Field(description="Those whose time began to run.", examples=[14])
    closed: int = Field(examples=[18])
    billed: int = Field(examples=[12])
    business_count: int = Field(description="Messages of ours in those that are closed.", examples=[64])
    user_count: int = Field(description="Messages of theirs.", examples=[40])
    business_per_session: float | None = Field(examples=[3.56])
    user_per_session: float | None = Field(examples=[2.22])
    cost: dict[str, Decimal] = Field(description="By currency.", examples=[{"EUR": "0.600000"}])


class ReportAnswer(WithFreshness):
    """What every report says of itself."""

    from_: datetime = Field(serialization_alias="from", description="Start of the span that was counted, included.")
    to: datetime = Field(description="End of the span that was counted, not included.")
    formula: str = Field(description="How the numbers are made.", examples=["delivery_rate = delivered / sent"])
    answered_by: list[str] = Field(
        description="The files in `analytics/queries` that say it in SQL.", examples=[["metrics.sql"]]
    )

    @classmethod
    def of(cls, name: Report, question: ReportQuestion, answer: Answer) -> Self:
        described = CATALOGUE[name]
        return cls.model_validate(
            {
                "from_": question.from_,
                "to": question.to,
                "formula": described.formula,
                "answered_by": [f"{one}.sql" for one in described.answered_by],
                "rows": answer.rows,
                "freshness": FreshnessMember.of(answer.freshness),
            }
        )


class DeliverabilityReport(ReportAnswer):
    """How much arrived, by group."""

    rows: list[DeliverabilityRow]


class LatencyReport(ReportAnswer):
    """How soon it arrived, by group."""

    rows: list[LatencyRow]


class FunnelReport(ReportAnswer):
    """Sent, delivered, seen, replied, by group."""

    rows: list[FunnelRow]


class ProvidersReport(ReportAnswer):
    """Providers side by side."""

    rows: list[ProviderRow]


class CostReport(ReportAnswer):
    """What it cost, by group and currency."""

    rates_as_of: date | None = Field(None, description=RATES_AS_OF)
    rows: list[CostRow]

    @classmethod
    def of(cls, name: Report, question: ReportQuestion, answer: Answer) -> Self:
        money = question.money
        return super().of(name, question, answer).model_copy(update={"rates_as_of": money and money.exchange.as_of})


class FallbacksReport(ReportAnswer):
    """How often and why later steps were needed, and what came of them."""

    rows: list[FallbackRow]


class SessionsReport(ReportAnswer):
    """Sessions with people, by group."""

    rows: list[SessionRow]
