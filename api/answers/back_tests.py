"""What a plan would have done, and how long to wait."""

from datetime import datetime
from decimal import Decimal

from pydantic import ConfigDict, Field

from analytics.back_test.questions import TimeBy
from analytics.back_test.waits import WaitVerdict
from api.answers.base import Body, WithFreshness
from contracts.plans import SucceedOn
from contracts.vocabulary import Channel


class _Made(Body):
    """Made from what the store's own code works out."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class Estimate(_Made):
    """A count that is not known, and its bounds by those of the rates it rests on (95 %)."""

    value: float = Field(examples=[151.4])
    low: float = Field(examples=[148.9])
    high: float = Field(examples=[153.1])


class Money(_Made):
    """An amount of one currency."""

    amount: Decimal = Field(examples=["8.4500"])
    currency: str = Field(examples=["EUR"])
    sends: float = Field(description="For how many sends.", examples=[169])


class Replayed(_Made):
    """What would have been decided about messages, each counted once."""

    messages: int = Field(description="That began on the first step's channel, and were looked at.", examples=[1000])
    succeeded: int = Field(description="Told of as arrived within the wait: no fallback.", examples=[750])
    ended_badly: int = Field(description="A fallback at their bad end.", examples=[100])
    waited_out: int = Field(description="A fallback when the wait was over.", examples=[140])
    no_other_way: int = Field(description="Ended for a reason that no other way cures: no fallback.", examples=[6])
    silent: int = Field(description="Their provider went through channels itself: no fallback of ours.", examples=[0])
    undecided: int = Field(description="Their wait is not over yet; in no other count.", examples=[4])
    of_unknown_kind: int = Field(
        description="Of `ended_badly`: stored before it was kept whether another way cures the end; taken as curable.",
        examples=[0],
    )
    needed: int = Field(description="Fallbacks for messages that never arrived otherwise.", examples=[170])
    needless: int = Field(description="Fallbacks for messages that arrived all the same, later.", examples=[70])
    left_without: int = Field(description="Never arrived, and no fallback would have gone.", examples=[6])
    really_sent: int = Field(description="What really was sent after the first attempt.", examples=[220])
    really_won: int = Field(description="Of messages: those that only arrived by that.", examples=[165])
    really_double: int = Field(description="Of messages: those that arrived both ways.", examples=[38])
    gained_count: int = Field(
        description="Messages with a fallback, of which both times are known or estimated.", examples=[237]
    )
    gained_p50_ms: float | None = Field(
        description="So much sooner than really they would have arrived, in the middle; negative is later.",
        examples=[51_580.0],
    )
    gained_p90_ms: float | None = Field(description="The same for the best tenth.", examples=[1_990_407.0])


class ReplayedPlace(Replayed):
    """The same of one connection and country."""

    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    country: str | None = Field(examples=["GB"])


class StepAccount(_Made):
    """What one step behind the first would have done."""

    step: int = Field(description="Its number in the plan, from 0.", examples=[1])
    channel: Channel = Field(examples=["sms"])
    sends: float = Field(examples=[240])
    is_estimate: bool = Field(description="From the second fallback on the count of sends is one.", examples=[False])
    cost: list[Money]
    unpriced_sends: float = Field(description="Of which no price is known; in no cost.", examples=[0])
    won: Estimate = Field(description="Messages that would have arrived by this step and otherwise never.")
    of_unknown_rate: float = Field(
        description="Messages that never arrived otherwise, where no rate of this way is known; in no estimate.",
        examples=[0],
    )


class RateUsed(_Made):
    """How many of those that ended on a way arrived."""

    arrived: int = Field(examples=[930])
    ended: int = Field(examples=[1000])
    country: str | None = Field(description="Whose rate; null for that of all countries.", examples=["GB"])
    value: float = Field(examples=[0.93])
    low: float = Field(examples=[0.912])
    high: float = Field(examples=[0.944])


class PriceUsed(_Made):
    """What one send was taken to cost."""

    amount: Decimal = Field(examples=["0.0500"])
    currency: str = Field(examples=["EUR"])
    told_count: int | None = Field(
        description="How often providers told it, of which this is the mean; null when it is one of `[[prices]]`.",
        examples=[1000],
    )


class Basis(_Made):
    """What was assumed of one step in one country."""

    step: int = Field(examples=[1])
    country: str | None = Field(examples=["GB"])
    rate: RateUsed | None = Field(description="Null when nothing ever ended that way.")
    price: PriceUsed | None = Field(description="Null when it is neither written nor told.")


class PolicyReplayed(_Made):
    """Which policy was replayed."""

    name: str = Field(examples=["otp"])
    version: int = Field(examples=[3])


class StepReplayed(_Made):
    """A step of the plan, as far as the past can tell of it."""

    channel: Channel = Field(examples=["viber"])
    provider: str | None = Field(examples=["infobip"])
    connection: str | None = Field(examples=["main"])
    wait_s: int = Field(examples=[60])
    succeed_on: SucceedOn = Field(examples=["delivered"])


class BackTestAnswer(WithFreshness):
    """What a plan would have done with messages of the past, against what really happened."""

    from_: datetime = Field(serialization_alias="from", description="Messages that began at this moment or later,")
    to: datetime = Field(description="and before this one.")
    clock: TimeBy
    policy: PolicyReplayed | None = Field(description="Null when steps were given.")
    plan: list[StepReplayed]
    whole: Replayed
    steps: list[StepAccount]
    double_deliveries: Estimate = Field(description="People who would have got the message twice.")
    really_cost: list[Money] = Field(description="What was really sent after the first attempts, at the same prices.")
    really_unpriced: float = Field(description="Sends in no cost.", examples=[0])
    places: list[ReplayedPlace]
    basis: list[Basis] = Field(description="The rates and prices by which was estimated.")


class WaitAdvised(_Made):
    """How long to wait for messages of one provider and channel to one country."""

    provider: str = Field(examples=["infobip"])
    channel: Channel = Field(examples=["viber"])
    country: str | None = Field(examples=["GB"])
    verdict: WaitVerdict = Field(
        description="`advised`: the wait is `wait_s`. `at_once`: not even a second pays. `longer_than_seen`: waiting "
        "still paid at `wait_s`, where the last message ended. `too_few`: too few observations to say. "
        "`price_unknown`: the value of a minute was given, and the fallback has no price.",
        examples=["advised"],
    )
    observations: int = Field(description="Attempts that it rests on.", examples=[250_000])
    spared: int = Field(description="Of these: ended so that no fallback was needed.", examples=[205_000])
    still_open: int = Field(description="Of these: not ended yet, counted for as long as they were seen.", examples=[9])
    wait_s: float | None = Field(description="Waiting a second longer costs more than it spares.", examples=[41.5])
    low_s: float | None = Field(
        description="In nine of ten redraws of the observations the best wait is not below this.", examples=[39.9]
    )
    high_s: float | None = Field(description="Nor above this.", examples=[43.2])
    spared_share: float | None = Field(description="Of messages that need no fallback by then.", examples=[0.75])
    spared_later_share: float | None = Field(
        description="Of messages that would need none if one waited on: their fallbacks are needless.", examples=[0.07]
    )
    hazard_per_s: float | None = Field(
        description="Of messages that are open just before the wait is over, how many a second need none.",
        examples=[0.0017],
    )
    price: PriceUsed | None = Field(description="Of the fallback.")


class WaitsAnswer(WithFreshness):
    """How long to wait before a fallback, those with most observations first."""

    from_: datetime = Field(serialization_alias="from", description="Attempts that began at this moment or later,")
    to: datetime = Field(description="and before this one.")
    clock: TimeBy
    fallback: Channel = Field(examples=["sms"])
    value_of_minute: Decimal | None = Field(
        description="As it was given; null: a minute is worth a tenth of a fallback.", examples=[None]
    )
    waits: list[WaitAdvised]
