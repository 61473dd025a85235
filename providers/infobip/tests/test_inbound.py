from datetime import UTC, datetime

import pytest

from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact, RejectedItem, SignalFact

RECEIVED = "2024-07-01T06:00:00.594+0000"
AT = datetime(2024, 7, 1, 6, 0, 0, 594_000, tzinfo=UTC)


def viber(message, **members):
    return {
        "sender": "447700900105",
        "to": "ExampleShop",
        "receivedAt": RECEIVED,
        "messageId": "m-1",
        "message": message,
        **members,
    }


def bot(message, **members):
    return viber(message, sender="vbUser01+/A==", integrationType="VIBER_BOT", **members)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("TEXT", InboundKind.TEXT),
        ("IMAGE", InboundKind.IMAGE),
        ("VIDEO", InboundKind.VIDEO),
        ("FILE", InboundKind.FILE),
        ("DOCUMENT", InboundKind.FILE),
        ("AUDIO", InboundKind.AUDIO),
        ("VOICE", InboundKind.AUDIO),
        ("location", InboundKind.LOCATION),
        ("CONTACT", InboundKind.CONTACT),
        ("STICKER", InboundKind.STICKER),
        ("HOLOGRAM", InboundKind.UNKNOWN),
        (None, InboundKind.UNKNOWN),
        (7, InboundKind.UNKNOWN),
    ],
)
def test_what_was_sent_is_told_in_our_words(read, kind, expected):
    [fact] = read(viber({"type": kind, "text": "hello"}))

    assert (fact.kind, fact.text) == (expected, "hello")


def test_a_viber_message_says_all_this(read):
    message = {"type": "FILE", "url": "https://media.example.test/a.pdf", "fileName": "a.pdf", "trackingData": "trk-1"}

    assert read(viber(message, pairedMessageId="vb-7", callbackData="null")) == [
        InboundFact(
            kind=InboundKind.FILE,
            message_id="m-1",
            channel=Channel.VIBER,
            occurred_at=AT,
            author="+447700900105",
            addressee="ExampleShop",
            media_url="https://media.example.test/a.pdf",
            reply_to="vb-7",
            extras={"tracking": "trk-1", "file_name": "a.pdf"},
        )
    ]


def test_an_sms_has_its_text_beside_its_members(read):
    entry = {"messageId": "m-1", "from": "447700900110", "to": "447700900000", "receivedAt": RECEIVED}
    [fact] = read({**entry, "text": "QUIZ Paris", "cleanText": "Paris", "keyword": "QUIZ", "smsCount": 1}, hint="sms")

    assert (fact.kind, fact.text, fact.channel) == (InboundKind.TEXT, "QUIZ Paris", Channel.SMS)
    assert (fact.author, fact.addressee) == ("+447700900110", "+447700900000")
    assert fact.extras == {"keyword": "QUIZ", "clean_text": "Paris"}


@pytest.mark.parametrize(
    ("members", "channel"),
    [
        pytest.param({"text": "Hi"}, Channel.SMS, id="a text with no object around it is an SMS"),
        pytest.param({"message": {"type": "MESSAGE", "message": {}}}, Channel.VIBER_BOT, id="two wrappings: a bot"),
        pytest.param({"message": {"type": "SUBSCRIBED"}}, Channel.VIBER_BOT, id="so is an event"),
        pytest.param({"message": {"type": "TEXT", "text": "Hi"}}, None, id="one wrapping may be anybody's"),
    ],
)
def test_where_neither_entry_nor_address_names_the_channel_the_shape_may(read, members, channel):
    [fact] = read({"messageId": "m-1", "from": "447700900110", "receivedAt": RECEIVED} | members, hint="inbound")

    assert fact.channel is channel


def test_the_address_counts_more_than_the_shape(read):
    [fact] = read({"messageId": "m-1", "from": "447700900110", "text": "Hi"}, hint="whatsapp/inbound")

    assert fact.channel is Channel.WHATSAPP


def test_an_sms_without_the_time_of_its_receipt_is_no_less_an_sms(read):
    [fact] = read({"messageId": "m-1", "from": "447700900110", "to": "447700900000", "text": "Hi"}, hint="sms")

    assert (fact.text, fact.channel, fact.occurred_at) == ("Hi", Channel.SMS, None)


def test_omni_names_the_channel_by_the_integration_and_the_text_a_caption(read):
    entry = {"from": "447700900105", "to": "447700900000", "integrationType": "WHATSAPP", "receivedAt": RECEIVED}
    [fact] = read(
        {**entry, "message": {"type": "IMAGE", "caption": "Look", "url": "https://media.example.test/1"}}, hint="omni"
    )

    assert (fact.channel, fact.text, fact.media_url) == (Channel.WHATSAPP, "Look", "https://media.example.test/1")
    assert fact.message_id is None


def test_a_message_of_several_pieces_is_one_item_for_each(read):
    content = [
        {"type": "IMAGE", "url": "https://media.example.test/1"},
        {"type": "LOCATION", "latitude": 51.5, "longitude": -0.12},
    ]
    entry = {
        "event": "MO",
        "channel": "VIBER_BM",
        "sender": "447700900113",
        "destination": "ExampleShop",
        "messageId": "m-1",
    }
    first, second = read({**entry, "content": content, "receivedAt": RECEIVED}, hint="messages")

    assert (first.part, first.kind, first.media_url) == ("0", InboundKind.IMAGE, "https://media.example.test/1")
    assert (second.part, second.kind, second.media_url) == ("1", InboundKind.LOCATION, None)
    assert second.extras == {"latitude": "51.5", "longitude": "-0.12"}
    assert {first.author, second.author} == {"+447700900113"}
    assert {first.addressee, second.addressee} == {"ExampleShop"}


@pytest.mark.parametrize("content", [["text"], {"type": "TEXT"}, [{"type": "TEXT"}, None]])
def test_a_message_with_a_piece_that_cannot_be_read_is_put_aside_whole(read, content):
    [item] = read({"event": "MO", "messageId": "m-1", "content": content})

    assert isinstance(item, RejectedItem)


def test_what_a_person_wrote_to_a_bot_has_the_time_of_its_own_message(read):
    [fact] = read(bot({"type": "MESSAGE", "timestamp": 1720094400005, "message": {"type": "TEXT", "text": "Hi"}}))

    assert (fact.channel, fact.kind, fact.text) == (Channel.VIBER_BOT, InboundKind.TEXT, "Hi")
    assert (fact.author, fact.author_id) == (None, "vbUser01+/A==")
    assert fact.occurred_at == datetime(2024, 7, 4, 12, 0, 0, 5000, tzinfo=UTC)


def test_without_a_time_of_its_own_it_has_the_time_it_was_received(read):
    [fact] = read(bot({"type": "MESSAGE", "message": {"type": "AUDIO"}}))

    assert (fact.kind, fact.occurred_at) == (InboundKind.AUDIO, AT)


@pytest.mark.parametrize(
    ("message", "kind", "extras"),
    [
        (
            {"type": "DELIVERED", "userId": "u", "messageToken": "5"},
            "bot_delivered",
            {"user_id": "u", "message_token": "5"},
        ),
        ({"type": "SUBSCRIBED", "user": {"id": "u", "name": "Kim"}}, "subscribed", {"user_id": "u"}),
        ({"type": "UNSUBSCRIBED", "userId": "u"}, "unsubscribed", {"user_id": "u"}),
        (
            {"type": "CONVERSATION_STARTED", "user": {"id": "u"}, "conversationType": "open", "context": "link-1"},
            "conversation_started",
            {"user_id": "u", "conversation_type": "open", "context": "link-1"},
        ),
        ({"type": "WEBHOOK"}, "bot_webhook", {"user_id": "vbUser01+/A=="}),
    ],
)
def test_what_happens_around_a_bot_is_a_signal_and_no_message(read, message, kind, extras):
    [signal] = read(bot(message | {"timestamp": 1720094400005}))

    assert isinstance(signal, SignalFact)
    assert (signal.kind, signal.channel, signal.extras) == (kind, Channel.VIBER_BOT, extras)
    assert signal.occurred_at == datetime(2024, 7, 4, 12, 0, 0, 5000, tzinfo=UTC)


def test_an_event_of_a_bot_is_known_by_its_type_wherever_it_is_sent(read):
    [signal] = read(viber({"type": "UNSUBSCRIBED", "userId": "u"}), hint="inbound")

    assert (type(signal), signal.kind) == (SignalFact, "unsubscribed")


def test_the_address_of_a_map_is_no_file_that_was_sent(read):
    [fact] = read(viber({"type": "LOCATION", "latitude": 51.5, "url": "https://maps.example.test/1"}))

    assert (fact.kind, fact.media_url) == (InboundKind.LOCATION, None)
    assert fact.extras == {"latitude": "51.5", "map_url": "https://maps.example.test/1"}


@pytest.mark.parametrize("event", ["TYPING_STARTED", "TYPING_STOPPED"])
def test_typing_is_a_signal(read, event):
    [signal] = read(
        {"event": event, "channel": "RCS", "sender": "447700900105", "receivedAt": RECEIVED, "messageId": "m-1"}
    )

    assert (signal.kind, signal.channel, signal.recipient) == (event.lower(), Channel.RCS, "+447700900105")


def test_a_click_comes_alone_and_without_a_time_of_its_own(read_body):
    body = (
        b'{"notificationType":"CLICKED","recipient":"447700900110","url":"https://shop.example.test/a",'
        b'"sendDateTime":1720195200000,"messageId":"sms-1","callbackData":"cb","geoLocationInfo":{"city":"London"}}'
    )

    assert read_body(body, hint="sms/clicks") == [
        SignalFact(
            kind="click",
            message_id="sms-1",
            channel=Channel.SMS,
            recipient="+447700900110",
            extras={"url": "https://shop.example.test/a", "sent_at": "2024-07-05T16:00:00Z", "external_id": "cb"},
        )
    ]


def test_one_body_may_hold_reports_and_messages(read, report):
    seen = {"messageId": "vb-1", "from": "447700900105", "to": "ExampleShop", "seenAt": RECEIVED}
    items = read(report(), viber({"type": "TEXT", "text": "Hi"}), seen, bot({"type": "SUBSCRIBED"}))

    assert [type(item).__name__ for item in items] == ["StatusFact", "InboundFact", "StatusFact", "SignalFact"]
