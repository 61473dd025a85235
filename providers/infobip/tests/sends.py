"""Sends that tests begin with."""

from datetime import UTC, datetime

from contracts.sends import (
    Button,
    Card,
    CarouselContent,
    FileContent,
    SendRequest,
    TextContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers.infobip.apis import api_of
from providers.infobip.requests import message

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
VIBER, BOT, SMS = Channel.VIBER, Channel.VIBER_BOT, Channel.SMS
LINK = "https://example.com/offer"
BUTTON = Button(caption="Open", url=LINK)
CARD = Card(image_url="https://example.com/1.jpg", text="One", buttons=(Button(caption="Buy", url=LINK),))
CARDS = CarouselContent(text="Offers", cards=(CARD, CARD))
VIDEO = VideoContent(
    url="https://example.com/v.mp4", thumbnail_url="https://example.com/v.jpg", duration_s=5, size_bytes=1000
)
FILE = FileContent(url="https://example.com/a.pdf", name="a.pdf", size_bytes=2000)


def request(channel=VIBER, content=None, **changes):
    members = {
        "send_id": "send-1",
        "channel": channel,
        "recipient": "01234567890A=" if channel is BOT else "+447700900105",
        "sender": "ExampleShop",
        "content": content or TextContent(text="Hello"),
    }
    return SendRequest(**(members | changes))


def written(sent):
    return message(api_of(sent.channel), sent)
