"""What leaves, byte for byte."""

from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from contracts.sends import (
    Card,
    CarouselContent,
    ContactContent,
    ImageContent,
    LocationContent,
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
)
from providers.infobip.apis import api_of
from providers.infobip.requests import envelope
from providers.infobip.tests.sends import BOT, BUTTON, CARD, CARDS, FILE, LINK, NOW, SMS, VIBER, VIDEO, request, written


def test_the_least_that_is_sent():
    assert envelope(api_of(VIBER), request(), NOW) == {
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
@pytest.mark.parametrize("end", [pytest.param("", id="as it is"), pytest.param("/", id="with a slash at its end")])
def test_callbacks_go_to_the_address_of_the_connection(channel, webhooks, end):
    found = written(request(channel, callback_base_url=f"https://hooks.example.test/t{end}"))["webhooks"]
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
        request(SMS, own=own, scheduled_at=at, callback_base_url="https://hooks.example.test"),
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


def test_what_is_written_is_json():
    body = envelope(api_of(VIBER), request(own={"sms_failover": {"text": "x"}}), NOW)

    assert msgspec.json.decode(msgspec.json.encode(body)) == body
