"""What leaves for Routee, member by member, and what does not leave at all."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from contracts.errors import RequestInvalid
from contracts.sends import (
    Button,
    FileContent,
    ImageContent,
    SendRequest,
    StickerContent,
    TextContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers.routee.requests import Outgoing, campaign_name, request_of

BUTTON = Button(caption="Open", url="https://shop.example.test/1")
IMAGE = "https://media.example.test/a.jpg"
VIDEO = {
    "url": "https://media.example.test/a.mp4",
    "thumbnail_url": "https://media.example.test/a.png",
    "duration_s": 600,
    "size_bytes": 200_000_000,
}
FILE = "https://media.example.test/offer.pdf"
NAME = "t-jxk7fdl3swlbdbybnbkx3okfce"
DOOR = "https://hooks.example.test/callbacks/routee/main/token/"
THEN_SMS = {"then_sms": {"sender": "ExampleCo", "text": "by text", "ttl_minutes": 5, "viber_for_s": 90}}


def request(content=None, **members) -> SendRequest:
    usual = {"send_id": "7f-1", "channel": Channel.VIBER, "recipient": "+447700900301", "sender": "sender-id"}
    return SendRequest(**usual | {"content": content or TextContent(text="Hello")} | members)


def body_of(*args, **members):
    return request_of(request(*args, **members)).body


# What leaves


def test_a_campaign_has_a_name_and_one_recipient():
    whole = request_of(
        request(
            validity_s=30,
            scheduled_at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2))),
            label="autumn",
            callback_base_url=DOOR,
            own={"respect_quiet_hours": True},
        )
    )

    address = "https://hooks.example.test/callbacks/routee/main/token/viber/campaign-of-one/send/7f-1"
    assert whole == Outgoing(
        "/viber/campaign",
        {
            "campaignName": campaign_name("7f-1"),
            "senderInfoTrackingId": "sender-id",
            "to": ["+447700900301"],
            "body": {"text": "Hello"},
            "label": "autumn",
            "ttl": 30,
            "scheduledDate": "2026-03-01T10:00:00Z",
            "respectQuietHours": True,
            "callbackUrl": address,
            "inboundUrl": address,
        },
        campaign_name("7f-1"),
    )


@pytest.mark.parametrize(
    ("content", "body"),
    [
        pytest.param(TextContent(text="x" * 1000), {"text": "x" * 1000}, id="text"),
        pytest.param(
            TextContent(text="Hello", button=BUTTON),
            {"text": "Hello", "action": {"caption": "Open", "targetUrl": "https://shop.example.test/1"}},
            id="text and button",
        ),
        pytest.param(ImageContent(url=IMAGE), {"imageURL": IMAGE}, id="image"),
        pytest.param(
            ImageContent(url=IMAGE, text="Hello", button=BUTTON),
            {"text": "Hello", "imageURL": IMAGE, "action": {"caption": "Open", "targetUrl": BUTTON.url}},
            id="image, text and button",
        ),
        pytest.param(
            FileContent(url=FILE, size_bytes=600_000),
            {"viberFile": {"fileName": "offer.pdf", "fileType": "pdf", "fileUrl": FILE}},
            id="file, named by its address",
        ),
        pytest.param(
            VideoContent(**VIDEO, text="Hello"),
            {
                "text": "Hello",
                "viberVideo": {
                    "videoUrl": VIDEO["url"],
                    "videoThumbnail": VIDEO["thumbnail_url"],
                    "fileSize": 200,
                    "duration": 600,
                },
            },
            id="video",
        ),
    ],
)
def test_each_layout_has_its_members(content, body):
    assert body_of(content)["body"] == body


def test_a_session_message_says_that_it_is_one():
    assert body_of(is_session=True)["isSessionMessage"] is True
    assert "isSessionMessage" not in body_of()


def test_a_single_message_names_one_recipient_and_no_campaign():
    whole = request_of(request(validity_s=86_400, callback_base_url=DOOR, own={"via": "single"}))

    address = "https://hooks.example.test/callbacks/routee/main/token/viber/send/7f-1"
    assert whole == Outgoing(
        "/viber",
        {
            "senderInfoTrackingId": "sender-id",
            "to": "+447700900301",
            "body": {"text": "Hello"},
            "label": "7f-1",
            "ttl": 86_400,
            "callbackUrl": address,
            "inboundUrl": address,
        },
    )


def test_an_sms_counts_minutes():
    """119 seconds are one minute, because it must not come later than asked."""
    whole = request_of(request(channel=Channel.SMS, validity_s=119, callback_base_url=DOOR, own={"flash": True}))

    assert whole == Outgoing(
        "/sms",
        {
            "body": "Hello",
            "to": "+447700900301",
            "from": "sender-id",
            "label": "7f-1",
            "ttl": 1,
            "flash": True,
            "callback": {
                "url": "https://hooks.example.test/callbacks/routee/main/token/sms/send/7f-1",
                "strategy": "OnChange",
            },
        },
    )


def test_a_failover_has_its_steps_in_order():
    whole = request_of(request(ImageContent(url=IMAGE), callback_base_url=DOOR, own=THEN_SMS))

    address = "https://hooks.example.test/callbacks/routee/main/token/failover/send/7f-1"
    first, second = whole.body["flow"]
    assert whole.path == "/failover"
    assert whole.body["callback"] == {"strategy": "OnCompletion", "url": address}
    assert (first["order"], first["ttl"], first["message"]) == (1, 1.5, {"imageUrl": IMAGE})
    assert second == {
        "type": "Sms",
        "order": 2,
        "from": "ExampleCo",
        "to": "+447700900301",
        "message": {"body": "by text", "label": "7f-1"},
        "ttl": 5,
    }


def test_the_name_of_a_campaign_is_within_the_rules_whatever_the_send_id():
    names = {campaign_name(send_id) for send_id in ("a", "A", "a" * 100, "7f-1")}

    assert len(names) == 4
    assert all(2 <= len(name) <= 30 and name == name.lower() and name.replace("-", "").isalnum() for name in names)


@pytest.mark.parametrize(
    ("members", "label"),
    [
        pytest.param({}, "7f-1", id="the send's own name"),
        pytest.param({"reply_id": "r-1"}, "r-1", id="what is to come back in replies"),
        pytest.param({"reply_id": "r-1", "label": "r-1"}, "r-1", id="twice the same"),
    ],
)
def test_a_message_carries_one_text(members, label):
    assert body_of(**members)["label"] == label


def test_without_an_address_of_ours_none_is_given():
    assert not {"callbackUrl", "inboundUrl"} & set(body_of())
    assert "callback" not in body_of(channel=Channel.SMS)


# What does not leave


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        pytest.param({"channel": Channel.RCS}, "channel", id="a channel it does not have"),
        pytest.param({"recipient": "447700900301"}, "recipient", id="a number without its plus"),
        pytest.param({"sender": ""}, "sender", id="no sender"),
        pytest.param({"send_id": "a/b"}, "send_id", id="a name that does not fit an address"),
        pytest.param({"validity_s": 29}, "validity_s", id="too short"),
        pytest.param({"validity_s": 86_401}, "validity_s", id="too long"),
        pytest.param({"channel": Channel.SMS, "validity_s": 59}, "validity_s", id="less than a minute"),
        pytest.param({"label": "x" * 351}, "label", id="a long label"),
        pytest.param({"label": "a", "reply_id": "b"}, "reply_id", id="two texts"),
        pytest.param({"scheduled_at": datetime(2026, 3, 1)}, "scheduled_at", id="a time without a zone"),  # noqa: DTZ001  # the point
        pytest.param({"content": TextContent(text=" ")}, "content.text", id="no words"),
        pytest.param({"content": TextContent(text="x" * 1001)}, "content.text", id="too many words"),
        pytest.param(
            {"content": TextContent(text="x", button=Button(caption="x" * 31, url="https://x.example.test"))},
            "content.button.caption",
            id="a long caption",
        ),
        pytest.param({"content": ImageContent(url="http://m.example.test/a.jpg")}, "content.url", id="not https"),
        pytest.param({"content": ImageContent(url="https://m/" + "a" * 991)}, "content.url", id="a long address"),
        pytest.param({"content": ImageContent(url=IMAGE, text="x")}, "content: an image", id="image and text alone"),
        pytest.param({"content": ImageContent(url=IMAGE, button=BUTTON)}, "content: an image", id="image and button"),
        pytest.param({"content": FileContent(url=FILE, size_bytes=600_001)}, "content.size_bytes", id="a big file"),
        pytest.param({"content": FileContent(url=FILE, name="offer")}, "content.name", id="a file of no type"),
        pytest.param({"content": FileContent(url=FILE, name="x" * 22 + ".pdf")}, "content.name", id="a long name"),
        pytest.param({"content": FileContent(url=FILE, text="x")}, "content.text", id="a file with words"),
        pytest.param({"content": VideoContent(**VIDEO | {"duration_s": 601})}, "content.duration_s", id="a long film"),
        pytest.param(
            {"content": VideoContent(**VIDEO | {"size_bytes": 200_000_001})}, "content.size_bytes", id="a big film"
        ),
        pytest.param({"content": VideoContent(**VIDEO | {"thumbnail_url": None})}, "thumbnail_url", id="no picture"),
        pytest.param({"content": VideoContent(url=VIDEO["url"])}, "duration_s and size_bytes", id="no length"),
        pytest.param(
            {"content": VideoContent(**VIDEO, button=BUTTON)}, "content.text", id="a film with a button alone"
        ),
        pytest.param({"content": StickerContent(sticker_id="1")}, "sticker", id="a sticker"),
        pytest.param(
            {"is_session": True, "content": TextContent(text="x", button=BUTTON)}, "session", id="a button in a session"
        ),
        pytest.param({"is_session": True, "content": VideoContent(**VIDEO)}, "session", id="a film in a session"),
        pytest.param({"is_session": True, "channel": Channel.SMS}, "is_session", id="a session by SMS"),
        pytest.param({"is_session": True, "own": {"via": "single"}}, "is_session", id="a session singly"),
        pytest.param(
            {"scheduled_at": datetime(2026, 3, 1, tzinfo=UTC), "own": {"via": "single"}},
            "scheduled_at",
            id="a single message later",
        ),
        pytest.param({"channel": Channel.SMS, "content": ImageContent(url=IMAGE)}, "content", id="a picture by SMS"),
        pytest.param({"own": {"qiet_hours": True}}, "own.qiet_hours", id="a slip of the pen"),
        pytest.param({"own": {"flash": True}}, "own.flash", id="an option of SMS on Viber"),
        pytest.param(
            {"own": {"via": "single", "respect_quiet_hours": True}}, "own.respect_quiet_hours", id="of campaigns"
        ),
        pytest.param({"own": {"then_sms": {"sender": "x"}}}, "own.then_sms.text", id="a step without words"),
        pytest.param({"own": THEN_SMS, "validity_s": 60}, "validity_s", id="one time for two steps"),
        pytest.param(
            {"own": {"then_sms": THEN_SMS["then_sms"] | {"viber_for_s": 29}}}, "viber_for_s", id="a step too short"
        ),
    ],
)
def test_what_breaks_a_rule_does_not_leave(members, rule):
    with pytest.raises(RequestInvalid, match=rule):
        request_of(request(**members))
