"""What we ask a provider to send: one message, one channel, one recipient, in the words of no provider."""

from datetime import datetime
from typing import Any

import msgspec

from contracts.records import Record
from contracts.vocabulary import Channel


class Button(Record, frozen=True, kw_only=True):
    """What a person can press below a message."""

    caption: str
    url: str


class Content(Record, frozen=True, kw_only=True, tag_field="kind"):
    """The base of all contents; `kind` on the wire tells them apart."""


class TextContent(Content, frozen=True, kw_only=True, tag="text"):
    """Words, perhaps with a button."""

    text: str
    button: Button | None = None


class ImageContent(Content, frozen=True, kw_only=True, tag="image"):
    """A picture, perhaps with words and a button."""

    url: str
    text: str | None = None
    button: Button | None = None


class VideoContent(Content, frozen=True, kw_only=True, tag="video"):
    """A film; providers want its length, and a picture to show before it runs."""

    url: str
    thumbnail_url: str | None = None
    duration_s: int | None = None
    size_bytes: int | None = None
    text: str | None = None
    button: Button | None = None


class FileContent(Content, frozen=True, kw_only=True, tag="file"):
    """A document to download."""

    url: str
    name: str | None = None
    size_bytes: int | None = None
    text: str | None = None


class Card(Record, frozen=True, kw_only=True):
    """One page of a carousel."""

    image_url: str
    text: str
    buttons: tuple[Button, ...] = ()


class CarouselContent(Content, frozen=True, kw_only=True, tag="carousel"):
    """Cards side by side."""

    text: str
    cards: tuple[Card, ...]


class LocationContent(Content, frozen=True, kw_only=True, tag="location"):
    """A point on the map, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class ContactContent(Content, frozen=True, kw_only=True, tag="contact"):
    """Somebody's name and number."""

    name: str
    phone_number: str


class StickerContent(Content, frozen=True, kw_only=True, tag="sticker"):
    """One of the channel's own little pictures."""

    sticker_id: str


class UrlContent(Content, frozen=True, kw_only=True, tag="url"):
    """An address, which the channel shows in its own way."""

    url: str


class TemplateContent(Content, frozen=True, kw_only=True, tag="template"):
    """A text that the provider holds and has approved, with values for its gaps."""

    template_id: str
    language: str = ""
    values: dict[str, str] = msgspec.field(default_factory=dict)


AnyContent = (
    TextContent
    | ImageContent
    | VideoContent
    | FileContent
    | CarouselContent
    | LocationContent
    | ContactContent
    | StickerContent
    | UrlContent
    | TemplateContent
)


def kind_of(content: AnyContent) -> str:
    """What rules call a content: `text`, or `image+text+button` where one has more than itself."""
    kind = str(type(content).__struct_config__.tag)
    for extra in ("text", "button"):
        if extra != kind and getattr(content, extra, None) is not None:
            kind = f"{kind}+{extra}"
    return kind


class SendRequest(Record, frozen=True, kw_only=True):
    """One message to one person over one channel of one connection."""

    send_id: str
    """Ours, unique for ever, at most 100 letters, digits and hyphens. Where a provider lets the client choose an id or
    a unique name, it is this or derived from it, so that a doubtful send can be asked about."""
    channel: Channel
    recipient: str
    """E.164 with a plus; for a bot the opaque id of its user."""
    sender: str
    """What the provider knows our side by: a sender name, a number, or its id."""
    content: AnyContent
    message_id: str | None = None
    validity_s: int | None = None
    """After this long it is not delivered any more; null leaves that to the provider."""
    scheduled_at: datetime | None = None
    is_session: bool = False
    """Part of a conversation, at its price and under its rules."""
    reply_id: str | None = None
    """Comes back in the person's replies, where the channel can carry it."""
    campaign: str | None = None
    label: str | None = None
    callback_base_url: str | None = None
    """Where this message's callbacks go: the public address of the connection with its token; adapters put their hint
    behind it. Null leaves it to what is set in the provider's console."""
    own: dict[str, Any] = msgspec.field(default_factory=dict)
    """Options that only this provider knows; its adapter checks them."""
