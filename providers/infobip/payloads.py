"""The shapes that Infobip writes, and our words for their members.

Members that nobody named here are ignored. Objects must be objects. Scalars are taken as they come and read leniently
where they are used, because numbers arrive as text and texts as numbers; only what decides the status is held to its
types here. These are msgspec's structs rather than pydantic models because they stand on the hot path: a batch may hold
2000 entries, and an entry takes 1 microsecond to read into its struct, 6 into an equal model.
"""

from typing import Annotated, Any

import msgspec

Word = Annotated[str, msgspec.Meta(max_length=200)] | int | None
"""A code or a name: text or a whole number."""


class Payload(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The base of all shapes."""


class StatusPayload(Payload, frozen=True):
    """Where the message stands."""

    group_id: Word = None
    group_name: Word = None
    id: Word = None
    name: Word = None
    description: Any = None


class ErrorPayload(Payload, frozen=True):
    """Why; also present, with id 0, when nothing went wrong."""

    group_id: Word = None
    id: Word = None
    permanent: Any = None


class PricePayload(Payload, frozen=True):
    """What one message costs."""

    price_per_message: Any = None
    currency: Any = None


class DeliveryPayload(Payload, frozen=True):
    """A delivery report of SMS 1 and 3, Viber, Viber Bot, OMNI and the Messages API."""

    status: StatusPayload
    message_id: Any = None
    error: ErrorPayload | None = None
    channel: Any = None
    to: Any = None
    destination: Any = None
    """The recipient as the Messages API calls it."""
    sender: Any = None
    sent_at: Any = None
    occurred_at: Any = msgspec.field(name="doneAt", default=None)
    operator: Any = msgspec.field(name="mccMnc", default=None)
    price: PricePayload | None = None
    external_id: Any = msgspec.field(name="callbackData", default=None)
    campaign: Any = msgspec.field(name="campaignReferenceId", default=None)


class SeenPayload(Payload, frozen=True):
    """A seen report; who is `from` and who is `to` is for the reader to say."""

    message_id: Any = None
    channel: Any = None
    from_: Any = msgspec.field(name="from", default=None)
    to: Any = None
    sender: Any = None
    destination: Any = None
    sent_at: Any = None
    send_at: Any = None
    """`sent_at` as the OMNI API spells it."""
    seen_at: Any = None
    external_id: Any = msgspec.field(name="callbackData", default=None)
    campaign: Any = msgspec.field(name="campaignReferenceId", default=None)


_NOTHING = msgspec.Raw()
_Text = str | int | None


class PlainReport(Payload, frozen=True):
    """A report of either kind straight from the bytes, with what nearly all reports share still unread."""

    message_id: Any = None
    event: Any = None
    status: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING
    price: msgspec.Raw = _NOTHING
    channel: _Text = None
    from_: Any = msgspec.field(name="from", default=None)
    to: Any = None
    sender: _Text = None
    destination: Any = None
    sent_at: Any = None
    send_at: Any = None
    occurred_at: Any = msgspec.field(name="doneAt", default=None)
    seen_at: Any = None
    operator: _Text = msgspec.field(name="mccMnc", default=None)
    external_id: Any = msgspec.field(name="callbackData", default=None)
    campaign: _Text = msgspec.field(name="campaignReferenceId", default=None)


class PlainBody(Payload, frozen=True):
    """A body whose entries are still unread."""

    results: list[msgspec.Raw]


class ContentPayload(Payload, frozen=True):
    """What a person sent: the `message` of most channels, one element of `content` in the Messages API."""

    type: Any = None
    text: Any = None
    caption: Any = None
    url: Any = None
    file_name: Any = None
    latitude: Any = None
    longitude: Any = None
    tracking: Any = msgspec.field(name="trackingData", default=None)
    keyword: Any = None
    clean_text: Any = None


class PersonPayload(Payload, frozen=True):
    """A Viber user as a bot sees one."""

    id: Any = None


class BotPayload(Payload, frozen=True):
    """The `message` of a Viber bot: an event around the conversation, or an envelope around what a person sent."""

    type: Any = None
    timestamp: Any = None
    message_token: Any = None
    content: ContentPayload | None = msgspec.field(name="message", default=None)
    sender: PersonPayload | None = None
    user: PersonPayload | None = None
    user_id: Any = None
    conversation_type: Any = None
    context: Any = None


class InboundPayload(Payload, frozen=True):
    """What stands around a person's message, in all APIs."""

    message_id: Any = None
    event: Any = None
    channel: Any = None
    integration_type: Any = None
    from_: Any = msgspec.field(name="from", default=None)
    sender: Any = None
    to: Any = None
    destination: Any = None
    received_at: Any = None
    text: Any = None
    keyword: Any = None
    message: dict[str, Any] | None = None
    content: list[Any] | None = None
    reply_to: Any = msgspec.field(name="pairedMessageId", default=None)
    external_id: Any = msgspec.field(name="callbackData", default=None)


class ClickPayload(Payload, frozen=True):
    """A click on a shortened link; the only time in it is that of the send."""

    kind: Any = msgspec.field(name="notificationType", default=None)
    message_id: Any = None
    recipient: Any = None
    url: Any = None
    sent_at: Any = msgspec.field(name="sendDateTime", default=None)
    external_id: Any = msgspec.field(name="callbackData", default=None)
