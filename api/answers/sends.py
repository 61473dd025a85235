"""How many sends there were, and those of which nobody knows whether they were taken."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from api.answers.base import Body, WithFreshness
from api.answers.plans import SendState
from contracts.plans import InDoubt, Outcome
from contracts.vocabulary import Channel


class SendCount(Body):
    """So many sends of one step, by one provider, came to this."""

    step: int = Field(description="From 0; what was sent elsewhere is not counted.", examples=[1])
    channel: Channel = Field(examples=["sms"])
    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    outcome: SendState = Field(examples=["accepted"])
    send_count: int = Field(examples=[812])


class DoubleDeliveries(Body):
    """Messages that arrived by an earlier step after a later one was sent, and what the later sends cost."""

    message_count: int = Field(examples=[3])
    priced_count: int = Field(description="How many of the later sends have a price.", examples=[2])
    cost: Decimal | None = Field(description="Of those; null when none has a price.", examples=["0.0124"])
    currency: str | None = Field(examples=["EUR"])


class SendsAnswer(WithFreshness):
    """The sends of a span of time."""

    sends: list[SendCount]
    double_deliveries: list[DoubleDeliveries] = Field(description="By currency.")


class Doubt(Body):
    """A send of which nobody knows whether it was taken."""

    send_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001-1-0"])
    message_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001"])
    account: str = Field(examples=["default"])
    step: int = Field(examples=[1])
    channel: Channel = Field(examples=["sms"])
    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    campaign: str | None = None
    since: datetime
    known: str = Field(
        description="What is known of it.", examples=["The provider was called and gave no usable answer"]
    )
    advice: str = Field(description="What to do.", examples=["Look for the send at the provider, then resolve it"])
    error: str | None = Field(None, examples=["SendInDoubt"])
    provider_code: str | None = None
    on_doubt: InDoubt = Field(description="What the plan says: held for a person, or sent again.", examples=["hold"])


class DoubtsAnswer(WithFreshness):
    """All that waits for a person, the longest first."""

    open_count: int = Field(description="How many there are, also behind the limit.", examples=[1])
    in_doubt: list[Doubt]


class DoubtResolved(Body):
    """What a person said of a doubtful send; the message goes on from there in a moment."""

    send_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001-1-0"])
    message_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001"])
    outcome: Outcome = Field(description="`withdrawn` when it was not sent.", examples=["accepted"])
