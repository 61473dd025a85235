"""What an adapter makes of one item, before the house adds identity, account and cause."""

from datetime import datetime
from decimal import Decimal

import msgspec

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, InboundKind, Reason, Scope


class StatusFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the provider says about one message. Members mean what they mean in `DeliveryReport`."""

    message_id: str
    """The provider's id of what this is about; always text, verbatim."""
    status: DeliveryStatus
    provider_code: str
    scope: Scope = Scope.CHANNEL
    root_id: str | None = None
    """The id that the answer to the send gave, when it is another than `message_id`."""
    channel: Channel | None = None
    occurred_at: datetime | None = None
    sent_at: datetime | None = None
    description: str | None = None
    reason: Reason | None = None
    error_code: str | None = None
    is_permanent: bool | None = None
    may_fall_back: bool = False
    is_known_code: bool = True
    """Whether the code table decided; an unknown code is counted and gives `unknown`."""
    recipient: str | None = None
    sender: str | None = None
    operator: str | None = None
    external_id: str | None = None
    campaign: str | None = None
    part: str | None = None
    parts_count: int = 1
    price: Decimal | None = None
    currency: str | None = None


class InboundFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person sent to one of our senders."""

    kind: InboundKind
    message_id: str | None = None
    channel: Channel | None = None
    occurred_at: datetime | None = None
    author: str | None = None
    author_id: str | None = None
    addressee: str | None = None
    text: str | None = None
    media_url: str | None = None
    reply_to: str | None = None
    part: str | None = None
    extras: dict[str, str] = {}


class SignalFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something around a message that is neither a report nor an inbound message."""

    kind: str
    message_id: str | None = None
    channel: Channel | None = None
    occurred_at: datetime | None = None
    recipient: str | None = None
    extras: dict[str, str] = {}


class RejectedItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item that could not be understood, with its bytes."""

    reason: str
    body: bytes


Item = StatusFact | InboundFact | SignalFact | RejectedItem
