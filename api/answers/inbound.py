"""What people wrote to us."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from api.answers.base import Body, Cause, WithFreshness
from contracts.vocabulary import Channel, InboundKind


class AttributedBy(StrEnum):
    """How it is known what a person answered, from the surest way to none."""

    PROVIDER_ID = "provider_id"
    REPLY_ID = "reply_id"
    TRACKING_DATA = "tracking_data"
    NEWEST_DELIVERED = "newest_delivered"
    NEWEST_SENT = "newest_sent"
    NONE = "none"


class Inbound(Body):
    """What a person sent to one of our senders, and the message that it answers."""

    event_id: str = Field(
        description="The same message has the same id, however often it is told.",
        examples=["1b2d0c1be4f64c6f8a4c2f6d5b1a7e31"],
    )
    received_at: datetime = Field(description="When the callback came, by our clock.")
    occurred_at: datetime | None = Field(None, description="When it was written, by the provider's clock.")
    account: str = Field(examples=["default"])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    channel: Channel | None = Field(None, examples=["viber"])
    kind: InboundKind = Field(examples=["text"])
    provider_message_id: str | None = Field(None, description="The provider's id of what the person sent.")
    part: str | None = Field(None, description="Which piece of it, when it came in several.")
    author_hash: str | None = Field(
        None,
        description="A pseudonym of the person, the same in all answers of this installation.",
        examples=["00f00d00f00d00f0"],
    )
    country: str | None = Field(None, description="Of the person's number, ISO 3166 alpha-2.", examples=["GB"])
    addressee: str | None = Field(None, description="Our sender that was written to.", examples=["ExampleShop"])
    text: str | None = Field(None, examples=["Is it in stock?"])
    media_url: str | None = Field(None, description="Where what is not text can be fetched from the provider.")
    attributed_by: AttributedBy = Field(
        description="How it is known what was answered: by the provider's id of it, by the reply id or the tracking "
        "data that our send carried, or because it is the newest that this sender had sent to this person.",
        examples=["provider_id"],
    )
    message_id: str | None = Field(
        None,
        description="The message that was answered; null when none is known, or nobody has registered it.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    attempt_id: str | None = Field(
        None, description="The attempt that was answered.", examples=["019aa5a1-0000-7000-8000-00000000000a"]
    )
    cause: Cause = Field(description="The callback that it came in.")

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Inbound":
        return cls.model_validate(row | {"cause": {name: row[f"cause_{name}"] for name in Cause.model_fields}})


class InboundAnswer(WithFreshness):
    """A page of what people wrote, newest first."""

    inbound: list[Inbound]
    next_cursor: str | None = Field(description="Send it as `cursor` for the page behind this one; null on the last.")
