"""What was planned for a message, what was decided about it, and what was sent."""

from datetime import datetime, time
from decimal import Decimal
from typing import Literal

from pydantic import Field

from api.answers.base import Body
from contracts.plans import Because, Decision, InDoubt, Outcome, SucceedOn
from contracts.vocabulary import Channel

SendState = Outcome | Literal["waiting"]


class MessageTaken(Body):
    """A message whose plan Kafka has acknowledged."""

    message_id: str = Field(
        description="Ask for the message under this id.", examples=["019aa5a1-0000-7000-8000-000000000001"]
    )
    account: str = Field(examples=["default"])
    external_id: str | None = Field(None, description="Your own reference.", examples=["order-1207"])
    is_repeat: bool = Field(
        default=False, description="The store has this very plan already, so nothing was written.", examples=[False]
    )


class MessagesTaken(Body):
    """The plans are durable; the first sends follow in a moment."""

    messages: list[MessageTaken]


class MessageCancelTaken(Body):
    """What has not left of the message will not leave; what has cannot be called back."""

    message_id: str = Field(examples=["019aa5a1-0000-7000-8000-000000000001"])
    account: str = Field(examples=["default"])
    is_repeat: bool = Field(
        default=False, description="It was cancelled before, so nothing was written.", examples=[False]
    )


class PlannedStep(Body):
    """One way to the recipient; what it says is not kept here."""

    channel: Channel = Field(examples=["viber"])
    provider: str = Field(examples=["routee"])
    connection: str = Field(examples=["main"])
    sender: str = Field(examples=["ExampleShop"])
    wait_s: int = Field(examples=[60])
    succeed_on: SucceedOn = Field(examples=["delivered"])
    validity_s: int | None = None
    provider_cascades: bool = False
    is_session: bool = False


class PlanTold(Body):
    """What was planned for the message."""

    planned_at: datetime = Field(validation_alias="told_at")
    account: str = Field(examples=["default"])
    campaign: str | None = None
    external_id: str | None = None
    policy: str = Field(description="The policy that it comes from; empty when it came with the message.")
    version: int = Field(examples=[1])
    in_doubt: InDoubt = Field(examples=["hold"])
    steps: list[PlannedStep]
    quiet_start: time | None = Field(None, description="Where the recipient is.")
    quiet_end: time | None = None
    send_before: datetime | None = None
    respects_opt_out: bool = True
    budget: str | None = None
    sent_root_id: str | None = Field(None, description="What the provider calls a first step that was sent elsewhere.")
    sent_at: datetime | None = None
    cancelled_at: datetime | None = Field(None, description="When somebody asked for it to be stopped.")


class DecisionTold(Body):
    """Something that was decided about the message, and why."""

    decided_at: datetime = Field(examples=["2026-11-21T10:01:00Z"])
    decision: Decision = Field(examples=["send"])
    because: Because = Field(examples=["ended_badly"])
    words: str = Field(
        description="The same as a sentence; its times are in UTC.",
        examples=["SMS sent at 10:05:00 because Viber reported expired (3056) at 10:04:58; plan v3 (times in UTC)"],
    )
    step: int = Field(description="The step that it is about, from 0.", examples=[1])
    channel: Channel = Field(examples=["sms"])
    send_id: str | None = Field(None, examples=["019aa5a1-0000-7000-8000-000000000001-1-0"])
    until: datetime | None = Field(None, validation_alias="until_at", description="Until when it is put off.")
    policy: str = Field(description="Empty when the plan came with the message.")
    version: int = Field(examples=[1])


class SendTold(Body):
    """A send that was commanded, and what came of it."""

    send_id: str = Field(
        description="Ours; providers that let us choose a name know it by this.",
        examples=["019aa5a1-0000-7000-8000-000000000001-1-0"],
    )
    step: int = Field(examples=[1])
    channel: Channel = Field(examples=["sms"])
    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    outcome: SendState = Field(
        description="`waiting` while nothing was told; `in_doubt` when nobody knows whether the provider took it.",
        examples=["accepted"],
    )
    commanded_at: datetime
    told_at: datetime | None = Field(None, description="When its outcome was told.")
    give_up_at: datetime = Field(description="After this it was not to leave any more.")
    root_id: str | None = Field(None, description="What the provider calls it.", examples=["vb-7003"])
    error: str | None = Field(None, description="The kind of what went wrong.", examples=["ProviderUnavailable"])
    provider_code: str | None = Field(None, description="The provider's own code, verbatim.")
    price: Decimal | None = None
    currency: str | None = None
    told_by: str | None = Field(None, description="The id of the key by which a person resolved a doubt.")
    note: str | None = Field(
        None,
        description="Why, in the words of that person; else why it was refused, is in doubt or was withdrawn.",
        examples=["own.colour: Extra inputs are not permitted"],
    )
