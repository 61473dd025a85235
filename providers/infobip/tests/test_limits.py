"""What breaks a rule of the provider does not leave."""

from datetime import timedelta

import pytest

from contracts.errors import RequestInvalid
from contracts.sends import (
    Button,
    Card,
    CarouselContent,
    ContactContent,
    FileContent,
    ImageContent,
    LocationContent,
    StickerContent,
    TemplateContent,
    TextContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers.infobip.apis import api_of
from providers.infobip.limits import sms_parts
from providers.infobip.requests import envelope
from providers.infobip.tests.sends import BOT, BUTTON, CARD, CARDS, LINK, NOW, SMS, VIBER, VIDEO, request, written

_FAILOVER = {"sms_failover": {"text": "Instead"}}
_WINDOW = {"days": ["MONDAY"], "from": {"hour": 6}, "to": {"hour": 6, "minute": 30}}
_TEXT = TextContent(text="Hi")
_BUTTON_TEXT = TextContent(text="Hi", button=BUTTON)


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        pytest.param(request(content=TextContent(text="x" * 1001)), "content.text", id="Viber text above 1000"),
        pytest.param(request(content=TextContent(text="")), "content.text", id="an empty text"),
        pytest.param(request(BOT, TextContent(text="x" * 4001)), "content.text", id="bot text above 4000"),
        pytest.param(
            request(content=TextContent(text="x", button=Button(caption="b" * 31, url=LINK))),
            "content.button.caption",
            id="button above 30",
        ),
        pytest.param(request(content=ImageContent(url=LINK, button=BUTTON)), "content.text", id="button, no text"),
        pytest.param(request(content=ImageContent(url="ftp://x")), "content.url", id="an address not of the web"),
        pytest.param(request(content=VideoContent(url=LINK)), "content.duration_s", id="video of no length"),
        pytest.param(
            request(content=VideoContent(url=LINK, duration_s=5)), "content.thumbnail_url", id="video without picture"
        ),
        pytest.param(request(BOT, VideoContent(url=LINK)), "content.size_bytes", id="bot video of no size"),
        pytest.param(
            request(BOT, VideoContent(url=LINK, size_bytes=1, duration_s=181)), "content.duration_s", id="long video"
        ),
        pytest.param(request(content=FileContent(url=LINK, name="a.exe")), "content.name", id="no document"),
        pytest.param(
            request(content=FileContent(url=LINK, name="a.pdf", text="x")), "content.text", id="text beside a file"
        ),
        pytest.param(request(BOT, FileContent(url=LINK, name="a.pdf")), "content.size_bytes", id="bot file, no size"),
        pytest.param(request(content=CarouselContent(text="x", cards=(CARD,))), "content.cards", id="one card"),
        pytest.param(request(content=CarouselContent(text="x", cards=(CARD,) * 6)), "content.cards", id="six cards"),
        pytest.param(
            request(content=CarouselContent(text="x", cards=(CARD, Card(image_url=LINK, text="x")))),
            r"content.cards\[1\].text",
            id="card's text below 2",
        ),
        pytest.param(
            request(
                content=CarouselContent(
                    text="x",
                    cards=(CARD, Card(image_url=LINK, text="xx", buttons=(Button(caption="b" * 11, url=LINK),))),
                )
            ),
            r"content.cards\[1\].buttons\[0\].caption",
            id="card's first button above 10",
        ),
        pytest.param(request(BOT, CARDS), "content.text", id="a bot's carousel has no text"),
        pytest.param(request(BOT, TemplateContent(template_id="t")), "content", id="a bot has no templates"),
        pytest.param(request(BOT, _BUTTON_TEXT), "content.button", id="a bot has no buttons"),
        pytest.param(request(BOT, StickerContent(sticker_id="x")), "content.sticker_id", id="sticker by name"),
        pytest.param(request(BOT, LocationContent(latitude=91, longitude=0)), "content.latitude", id="beyond the pole"),
        pytest.param(request(BOT, ContactContent(name="n" * 29, phone_number="1")), "content.name", id="long name"),
        pytest.param(request(VIBER, StickerContent(sticker_id="1")), "content", id="Viber BM has no stickers"),
        pytest.param(request(VIBER, LocationContent(latitude=1, longitude=1)), "content", id="nor places"),
        pytest.param(request(VIBER, TemplateContent(template_id="t")), "content.language", id="template's language"),
        pytest.param(request(SMS, ImageContent(url=LINK)), "content", id="SMS has no pictures"),
        pytest.param(request(SMS, _BUTTON_TEXT), "content.button", id="SMS has no buttons"),
        pytest.param(request(SMS, TextContent(text="x" * 3826)), "content.text", id="SMS above 25 parts"),
        pytest.param(request(SMS, TextContent(text="я" * 1676)), "content.text", id="SMS above 25 parts of Cyrillic"),
        pytest.param(request(recipient="Ann"), "recipient", id="no number"),
        pytest.param(request(BOT, recipient=""), "recipient", id="no user"),
        pytest.param(request(sender=""), "sender", id="no sender"),
        pytest.param(request(send_id="s" * 201), "send_id", id="id above 200"),
        pytest.param(request(validity_s=172_801), "validity_s", id="valid above two days"),
        pytest.param(request(BOT, validity_s=172_801), "validity_s", id="bot: valid above two days"),
        pytest.param(request(validity_s=0), "validity_s", id="valid for nothing"),
        pytest.param(request(reply_id="r" * 101), "reply_id", id="tracking data above 100"),
        pytest.param(
            request(content=TemplateContent(template_id="t", language="en"), reply_id="r"),
            "reply_id",
            id="tracking data on a template",
        ),
        pytest.param(
            request(reply_id="r", own={"to_primary_device_only": True}), "reply_id", id="tracking data, primary device"
        ),
        pytest.param(
            request(reply_id="r", own={"activation_check": True}), "reply_id", id="tracking data, activation check"
        ),
        pytest.param(request(is_session=True, content=_BUTTON_TEXT), "is_session", id="session with a button"),
        pytest.param(request(is_session=True, content=VIDEO), "is_session", id="session with a video"),
        pytest.param(
            request(is_session=True, content=ImageContent(url=LINK, text="x")), "is_session", id="session: image, text"
        ),
        pytest.param(
            request(is_session=True, own={"activation_check": True}), "is_session", id="session, activation check"
        ),
        pytest.param(request(SMS, is_session=True), "is_session", id="SMS has no sessions"),
        pytest.param(request(label="gift"), "label", id="no such label"),
        pytest.param(request(SMS, label="promotional"), "label", id="SMS has no labels"),
        pytest.param(request(campaign="c" * 256), "campaign", id="campaign above 255"),
        pytest.param(request(SMS, own=_FAILOVER), "own.sms_failover", id="SMS falls over to nothing"),
        pytest.param(request(BOT, own=_FAILOVER), "own.sms_failover.recipient", id="whose phone?"),
        pytest.param(
            request(own={"sms_failover": {"text": "x", "validity_s": 29}}), "validity_s", id="failover below 30 s"
        ),
        pytest.param(request(own={"delivery_time_window": _WINDOW}), "own.delivery_time_window", id="half an hour"),
        pytest.param(request(own={"callback_data": "c" * 4001}), "own.callback_data", id="data above 4000"),
        pytest.param(request(message_id="m" * 4001), "callback_data", id="our id above 4000"),
        pytest.param(request(own={"list_options": ["one"]}), "own.list_options", id="one option"),
        pytest.param(
            request(content=ImageContent(url=LINK), own={"list_options": ["a", "b"]}),
            "own.list_options",
            id="options below a picture",
        ),
        pytest.param(request(own={"flash": True}), "own.flash", id="an option of SMS"),
        pytest.param(request(own={"colour": "red"}), "own.colour", id="no such option"),
        pytest.param(request(content=VIDEO, own={"activation_check": True}), "own.activation_check", id="no text"),
    ],
)
def test_what_breaks_a_rule_never_leaves(wrong, member):
    with pytest.raises(RequestInvalid, match=rf"(^|\W){member}"):
        written(wrong)


def test_nothing_is_scheduled_further_than_180_days_ahead():
    late = request(scheduled_at=NOW + timedelta(days=180, seconds=1))

    with pytest.raises(RequestInvalid, match="scheduled_at"):
        envelope(api_of(VIBER), late, NOW)


def test_a_channel_that_is_not_sent_is_named():
    with pytest.raises(RequestInvalid, match="not whatsapp"):
        api_of(Channel.WHATSAPP)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("x" * 160, 1), ("x" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("я" * 70, 1), ("я" * 71, 2), ("😀" * 36, 2)],
)
def test_the_parts_of_an_sms(text, parts):
    assert sms_parts(text) == parts
