"""What is remembered of attempts that have not ended, as small as it can be kept."""

import msgspec

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel


class Watched(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One attempt. Members are stored by place: append, never reorder. Times are Kafka's, in milliseconds."""

    provider: str
    connection: str
    root_id: str
    status: DeliveryStatus
    sent_ms: int
    """The earliest known, else when we first heard of it; ahead of us when the message is to go out later."""
    heard_ms: int
    """When something new was last said."""
    channel: Channel | None = None
    recipient: str | None = None
    questions_count: int = 0
    asked_ms: int = 0
    """The last question."""
    lost_ms: int = 0
    """When it was presumed lost; 0 while it is not."""


class MessageState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The attempts of one message that have not ended, by our id of them."""

    attempts: dict[str, Watched]


NOTHING = MessageState({})

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(MessageState)


def encode_message(state: MessageState) -> bytes:
    return _ENCODER.encode(state)


def decode_message(data: bytes) -> MessageState:
    return _DECODER.decode(data)
