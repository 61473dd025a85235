"""What all answers share: they say how fresh they are."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from analytics.freshness import Freshness

RATES_AS_OF = "With `currency`, of which day the exchange rates are; null without."


class Body(BaseModel):
    """The base of all answers; columns of the store that are no part of an answer are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Cause(Body):
    """The item of a callback that something stems from; positions are those of the callbacks topic."""

    partition: int = Field(examples=[3])
    offset: int = Field(examples=[1207])
    index: int = Field(0, description="The item within the callback, from 0.", examples=[0])
    items: int = Field(1, description="How many items the callback has.", examples=[2])


class FreshnessMember(Body):
    """Up to when the answer is complete."""

    as_of: datetime | None = Field(
        description="Every callback received before this moment is in the answer; null before the first such moment.",
        examples=["2026-11-21T10:00:01.250000Z"],
    )
    lag_records: int = Field(
        description="Records that were on their way through the stages when this was answered.", examples=[12]
    )
    lag_s: float | None = Field(description="Seconds between `as_of` and the answer.", examples=[0.8])
    watermarks: dict[str, dict[int, int]] = Field(
        description="Per topic and partition, the offset up to which records are in the answer.",
        examples=[{"updates": {"0": 4102, "1": 3987}}],
    )

    forgotten_before: datetime | None = Field(
        None,
        description="Of what was first heard of or received before this moment only counts are left; null while "
        "everything is kept.",
    )

    @classmethod
    def of(cls, freshness: Freshness) -> "FreshnessMember":
        return cls(
            as_of=freshness.as_of,
            lag_records=freshness.lag_records,
            lag_s=freshness.lag_s,
            watermarks=freshness.watermarks,
            forgotten_before=freshness.forgotten_before,
        )


class WithFreshness(Body):
    """An answer that says how fresh it is."""

    freshness: FreshnessMember


class FreshnessAnswer(WithFreshness):
    """How fresh every answer is at this moment."""

    lag_by_topic: dict[str, int] = Field(
        description="Where the records that are on their way wait.", examples=[{"callbacks": 0, "updates": 12}]
    )


class HealthAnswer(Body):
    """Whether the process is well."""

    is_ok: bool = Field(examples=[True])
    reason: str = Field(description="What is so, and what to do when it is not well.", examples=["the sink moves"])
