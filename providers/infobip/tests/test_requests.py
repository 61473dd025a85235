"""What leaves, byte for byte, and what does not leave at all."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
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
    SendRequest,
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers.infobip.apis import api_of
from providers.infobip.limits import sms_parts
from providers.infobip.requests import envelope, message

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


def test_the_least_that_is_sent():
    assert envelope(api_of(VIBER), [request()], NOW) == {
        "messages": [
            {
                "sender": "ExampleShop",
                "destinations": [{"to": "447700900105", "messageId": "send-1"}],
                "content": {"type": "TEXT", "text": "Hello"},
                "webhooks": {"contentType": "application/json"},
            }
        ]
    }


@pytest.mark.parametrize(
    ("channel", "content", "wire"),
    [
        pytest.param(
            VIBER,
            TextContent(text="Hi", button=BUTTON),
            {"type": "TEXT", "text": "Hi", "button": {"title": "Open", "action": LINK}},
            id="Viber text with a button",
        ),
        pytest.param(
            VIBER,
            ImageContent(url="https://example.com/i.png", text="Look"),
            {"type": "IMAGE", "mediaUrl": "https://example.com/i.png", "text": "Look"},
            id="Viber image",
        ),
        pytest.param(
            VIBER,
            VIDEO,
            {
                "type": "VIDEO",
                "mediaUrl": "https://example.com/v.mp4",
                "mediaDuration": "PT5S",
                "thumbnailUrl": "https://example.com/v.jpg",
            },
            id="Viber video, its length in ISO 8601",
        ),
        pytest.param(
            VIBER,
            FILE,
            {"type": "FILE", "fileName": "a.pdf", "mediaUrl": "https://example.com/a.pdf"},
            id="Viber file",
        ),
        pytest.param(
            VIBER,
            CARDS,
            {
                "type": "CAROUSEL",
                "text": "Offers",
                "cards": [
                    {
                        "text": "One",
                        "mediaUrl": "https://example.com/1.jpg",
                        "buttons": [{"title": "Buy", "action": LINK}],
                    }
                ]
                * 2,
            },
            id="Viber carousel",
        ),
        pytest.param(
            VIBER,
            TemplateContent(template_id="t-1", language="en", values={"pin": "1"}),
            {"type": "TEMPLATE", "templateId": "t-1", "language": "en", "parameters": {"pin": "1"}},
            id="Viber template",
        ),
        pytest.param(BOT, TextContent(text="Hi"), {"type": "TEXT", "text": "Hi"}, id="bot text"),
        pytest.param(
            BOT,
            ImageContent(url="https://example.com/i.png"),
            {"type": "IMAGE", "url": "https://example.com/i.png"},
            id="bot image",
        ),
        pytest.param(
            BOT,
            VIDEO,
            {
                "type": "VIDEO",
                "url": "https://example.com/v.mp4",
                "size": 1000,
                "duration": 5,
                "thumbnailUrl": "https://example.com/v.jpg",
            },
            id="bot video, its size in bytes",
        ),
        pytest.param(
            BOT,
            FILE,
            {"type": "FILE", "fileName": "a.pdf", "url": "https://example.com/a.pdf", "size": 2000},
            id="bot file",
        ),
        pytest.param(
            BOT,
            LocationContent(latitude=50.5, longitude=30.25),
            {"type": "LOCATION", "location": {"latitude": 50.5, "longitude": 30.25}},
            id="bot location",
        ),
        pytest.param(
            BOT,
            ContactContent(name="Ann", phone_number="+447700900106"),
            {"type": "CONTACT", "contact": {"name": "Ann", "phoneNumber": "+447700900106"}},
            id="bot contact",
        ),
        pytest.param(BOT, StickerContent(sticker_id="114"), {"type": "STICKER", "stickerId": 114}, id="bot sticker"),
        pytest.param(BOT, UrlContent(url=LINK), {"type": "URL", "url": LINK}, id="bot URL"),
        pytest.param(SMS, TextContent(text="Hi"), {"text": "Hi"}, id="SMS text"),
    ],
)
def test_every_kind_that_a_channel_has(channel, content, wire):
    assert written(request(channel, content))["content"] == wire


def test_a_bots_carousel_is_a_grid_whose_pages_are_equally_high():
    grid = written(request(BOT, CarouselContent(text="", cards=(CARD, Card(image_url=LINK, text="Two")))))["content"][
        "buttonGrid"
    ]

    assert (grid["buttonsGroupColumns"], grid["buttonsGroupRows"]) == (6, 7)
    assert [button["rows"] for button in grid["buttons"]] == [4, 2, 1, 5, 2]
    assert [button["action"]["actionType"] for button in grid["buttons"]] == ["OPEN_URL"] * 3 + ["NONE"] * 2


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        pytest.param({"validity_s": 90}, {"validityPeriod": {"amount": 90, "timeUnit": "SECONDS"}}, id="seconds"),
        pytest.param({"validity_s": 120}, {"validityPeriod": {"amount": 2, "timeUnit": "MINUTES"}}, id="minutes"),
        pytest.param({"validity_s": 172_800}, {"validityPeriod": {"amount": 48, "timeUnit": "HOURS"}}, id="two days"),
        pytest.param({"campaign": "spring"}, {"campaignReferenceId": "spring"}, id="campaign"),
        pytest.param({"label": "transactional"}, {"label": "TRANSACTIONAL"}, id="label"),
        pytest.param({"reply_id": "r-1"}, {"trackingData": "r-1"}, id="what a reply brings back"),
        pytest.param({"is_session": True}, {"applySessionRate": True}, id="session rate"),
        pytest.param(
            {"own": {"platform": {"entity_id": "e", "application_id": "a"}}},
            {"platform": {"entityId": "e", "applicationId": "a"}},
            id="platform",
        ),
        pytest.param(
            {
                "own": {
                    "delivery_time_window": {"days": ["MONDAY"], "from": {"hour": 6}, "to": {"hour": 15, "minute": 30}}
                }
            },
            {
                "deliveryTimeWindow": {
                    "days": ["MONDAY"],
                    "from": {"hour": 6, "minute": 0},
                    "to": {"hour": 15, "minute": 30},
                }
            },
            id="delivery time window",
        ),
        pytest.param(
            {"own": {"sms_failover": {"text": "Instead", "sender": "Shop", "validity_s": 60}}},
            {
                "smsFailover": {
                    "text": "Instead",
                    "sender": "Shop",
                    "validityPeriod": {"amount": 1, "timeUnit": "MINUTES"},
                }
            },
            id="failover by Infobip",
        ),
        pytest.param({"own": {"activation_check": True}}, {"activationCheck": True}, id="activation check"),
        pytest.param({"own": {"to_primary_device_only": True}}, {"toPrimaryDeviceOnly": True}, id="primary device"),
    ],
)
def test_options_of_a_viber_message(changes, options):
    assert written(request(**changes))["options"] == options


def test_the_failover_of_a_bot_names_the_phone():
    own = {"sms_failover": {"text": "Instead", "recipient": "+447700900105"}}

    assert written(request(BOT, own=own))["options"]["smsFailover"] == {
        "text": "Instead",
        "destinationMatching": [{"initial": "01234567890A=", "failover": "447700900105"}],
    }


@pytest.mark.parametrize(
    ("channel", "webhooks"),
    [
        (VIBER, {"delivery": {"url": "https://hooks.example.test/t/viber"}, "seen": "viber/seen"}),
        (BOT, {"delivery": {"url": "https://hooks.example.test/t/viber-bot"}, "seen": "viber-bot/seen"}),
        (SMS, {"delivery": {"url": "https://hooks.example.test/t/sms"}}),
    ],
)
def test_callbacks_go_to_the_address_of_the_connection(channel, webhooks):
    found = written(request(channel, callback_base_url="https://hooks.example.test/t"))["webhooks"]
    seen = {"seen": {"url": f"https://hooks.example.test/t/{webhooks['seen']}"}} if "seen" in webhooks else {}

    assert found == {"contentType": "application/json", "delivery": webhooks["delivery"]} | seen


@pytest.mark.parametrize(
    ("changes", "data"),
    [
        pytest.param({"message_id": "m-1"}, "m-1", id="the message's own id"),
        pytest.param({"message_id": "m-1", "own": {"callback_data": "x"}}, "x", id="what the option says"),
        pytest.param({"message_id": "m-1", "reply_id": "r-1"}, "r-1", id="an SMS carries the reply's id here"),
    ],
)
def test_what_comes_back_in_every_report(changes, data):
    assert written(request(SMS, **changes))["webhooks"]["callbackData"] == data


def test_reports_can_be_thinned_or_thickened():
    own = {"intermediate_reports": True, "notify": True}

    assert written(request(own=own))["webhooks"]["delivery"] == {"intermediateReport": True, "notify": True}


def test_schedule_speed_and_clicks_are_of_the_whole_call():
    at = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=-3)))
    own = {"sending_speed_limit": {"amount": 10}, "bulk_id": "b-1", "tracking": {"custom_domain": "ex.example"}}
    body = envelope(
        api_of(SMS),
        [request(SMS, own=own, scheduled_at=at, callback_base_url="https://hooks.example.test")],
        NOW,
    )

    assert body["options"] == {
        "schedule": {
            "bulkId": "b-1",
            "sendAt": "2026-03-02T08:00:00.250-0300",
            "sendingSpeedLimit": {"amount": 10, "timeUnit": "MINUTE"},
        },
        "tracking": {
            "shortenUrl": True,
            "trackClicks": True,
            "trackingUrl": "https://hooks.example.test/sms/clicks",
            "customDomain": "ex.example",
        },
        "includeSmsCountInResponse": True,
    }


def test_a_list_is_a_text_with_options():
    own = {"list_options": ["Yes", "No"]}

    assert written(request(own=own))["content"] == {"type": "LIST", "text": "Hello", "options": ["Yes", "No"]}


def test_an_sms_may_be_flash_and_in_a_language():
    own = {"flash": True, "transliteration": "GREEK", "language": "TR"}
    found = written(request(SMS, own=own))

    assert found["options"] == {"flash": True}
    assert found["content"] == {"text": "Hello", "transliteration": "GREEK", "language": {"languageCode": "TR"}}


def test_a_bot_has_a_keyboard_and_a_face():
    own = {"keyboard": {"buttonGrid": {"buttons": [{}]}}, "sender_display_info": {"name": "Ann"}}

    assert written(request(BOT, own=own))["content"] == {
        "type": "TEXT",
        "text": "Hello",
        "keyboard": {"buttonGrid": {"buttons": [{}]}},
        "senderDisplayInfo": {"name": "Ann"},
    }


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
        envelope(api_of(VIBER), [late], NOW)


def test_messages_of_one_call_share_its_schedule():
    other = request(send_id="send-2", scheduled_at=NOW + timedelta(hours=1))

    with pytest.raises(RequestInvalid, match="one for the call"):
        envelope(api_of(VIBER), [request(), other], NOW)


def test_a_channel_that_is_not_sent_is_named():
    with pytest.raises(RequestInvalid, match="not whatsapp"):
        api_of(Channel.WHATSAPP)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("x" * 160, 1), ("x" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("я" * 70, 1), ("я" * 71, 2), ("😀" * 36, 2)],
)
def test_the_parts_of_an_sms(text, parts):
    assert sms_parts(text) == parts


def test_what_is_written_is_json():
    body = envelope(api_of(VIBER), [request(own={"sms_failover": {"text": "x"}})], NOW)

    assert msgspec.json.decode(msgspec.json.encode(body)) == body
