"""Which routes can be believed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from analytics.asking.reader import Row
from analytics.trust.judgement import Judgement
from analytics.trust.report import RouteReport
from analytics.trust.signals import BOUNDS, Signal, Suspicion, Unit
from api.answers.base import Body, Cause, WithFreshness
from contracts.status import DeliveryStatus


class SignalTold(Body):
    """One signal of one route."""

    signal: Signal
    verdict: Suspicion
    value: float | None = Field(description="As `unit` says; null when nothing was seen.", examples=[0.31])
    unit: Unit
    n: int = Field(description="Of how many it could be so.", examples=[1204])
    hits: int | None = Field(description="Of how many it is so; null where the value is no share.", examples=[373])
    at_least: float | None = Field(
        description="The least that the value is, with 95 % confidence; this is what is judged.", examples=[0.28]
    )
    usual: float | None = Field(
        description="What it is on the other routes of the channel; null when there is nothing to compare with.",
        examples=[0.02],
    )
    details: dict[str, int | None] = Field(
        description="What else is known of it, in milliseconds.", examples=[{"ahead_least_ms": 4200}]
    )

    @classmethod
    def of(cls, judgement: Judgement, details: Mapping[str, int | None]) -> "SignalTold":
        count = judgement.count
        return cls(
            signal=count.signal,
            verdict=judgement.suspicion,
            value=count.value,
            unit=BOUNDS[count.signal].unit,
            n=count.n,
            hits=count.hits,
            at_least=count.least,
            usual=judgement.usual,
            details=dict(details),
        )


class Proof(Body):
    """A message that a signal rests on; `GET /v1/messages/{message_id}` tells the whole of it."""

    message_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001"])
    attempt_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000002"])
    told_at: datetime = Field(description="When we last heard of the attempt, or when the report came.")
    occurred_at: datetime | None = Field(None, description="When it happened, as the provider says.")
    status: DeliveryStatus = Field(description="Where the attempt stands, or what the report says.")
    provider_code: str | None = Field(None, description="The provider's own word.", examples=["5"])
    latency_ms: int | None = Field(None, description="From sending to arriving.", examples=[12])
    delay_ms: int | None = Field(
        None, description="From the event to our receipt; below 0 when the provider's clock is ahead.", examples=[-4200]
    )
    price: Decimal | None = Field(None, examples=["0.0310"])
    currency: str | None = Field(None, examples=["EUR"])
    cause: Cause | None = Field(
        None, description="The item of a callback that told of it last; null when only a registration did."
    )

    @classmethod
    def of(cls, row: Row) -> "Proof":
        cause = {name: row[f"cause_{name}"] for name in Cause.model_fields}
        return cls.model_validate({**row, "cause": None if cause["offset"] is None else cause})


class TrustedRoute(Body):
    """A route: a provider, a connection, a channel and a country."""

    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    channel: str | None = Field(examples=["viber"])
    country: str | None = Field(examples=["GB"])
    attempt_count: int = Field(description="Attempts that were first heard of in the span.", examples=[1204])
    verdict: Suspicion = Field(description="The gravest of its signals.")
    signals: list[SignalTold]
    evidence: list[Proof] = Field(description="Of the signal that was asked for, at most 20, the newest first.")

    @classmethod
    def of(cls, report: RouteReport) -> "TrustedRoute":
        signals = [
            SignalTold.of(report.judgements[signal], report.details.get(signal, {})) for signal in report.judgements
        ]
        return cls(
            **report.route._asdict(),
            attempt_count=report.attempt_count,
            verdict=report.suspicion,
            signals=signals,
            evidence=[Proof.of(row) for row in report.evidence],
        )


class TrustAnswer(WithFreshness):
    """Which routes can be believed, the most suspicious first."""

    from_: datetime = Field(serialization_alias="from", description="Start of the span.")
    to: datetime = Field(description="End of the span, not included.")
    silent_after_s: float = Field(
        description="An attempt without an end for so long counts as silent.", examples=[21600]
    )
    evidence: Signal | None = Field(description="The signal of which evidence was asked for.")
    routes: list[TrustedRoute]
