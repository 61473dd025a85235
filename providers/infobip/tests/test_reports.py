import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope
from providers._kit.facts import RejectedItem, StatusFact

AT = datetime(2024, 7, 1, 8, 0, 4, 250_000, tzinfo=UTC)


def test_a_delivery_report_says_all_this(read, report):
    entry = report(
        status={"groupId": 3, "id": 5, "description": "Message delivered to handset"},
        price={"pricePerMessage": 0.0104, "currency": "EUR"},
        mccMnc="23415",
        callbackData='{"order":5551}',
        campaignReferenceId="camp-1",
        messageCount=3,
    )

    assert read(entry) == [
        StatusFact(
            message_id="vb-1",
            status=DeliveryStatus.DELIVERED,
            provider_code="5",
            scope=Scope.CHANNEL,
            channel=Channel.VIBER,
            occurred_at=AT,
            sent_at=datetime(2024, 7, 1, 8, tzinfo=UTC),
            description="Message delivered to handset",
            is_permanent=False,
            recipient="+447700900105",
            sender="ExampleShop",
            operator="23415",
            external_id='{"order":5551}',
            campaign="camp-1",
            price=Decimal("0.0104"),
            currency="EUR",
        )
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2024-07-01T08:00:04.250+0000", AT, id="offset without a colon"),
        pytest.param("2024-07-01T09:00:04.250+0100", AT, id="east of Greenwich"),
        pytest.param("2024-07-01T05:00:04.250-0300", AT, id="west of Greenwich"),
        pytest.param(
            "2024-06-30T23:30:00.001-0900", AT.replace(minute=30, second=0, microsecond=1000), id="another day"
        ),
        pytest.param("2024-07-01T08:00:04.250Z", AT, id="Z"),
        pytest.param("2024-07-01T09:00:04.250+01:00", AT, id="offset with a colon"),
        pytest.param("2024-07-01T08:00:04.25", AT, id="no offset is UTC"),
        pytest.param("2024-07-01 08:00:04.250 +0000", AT, id="spaces"),
        pytest.param(1719820804250, AT, id="milliseconds"),
        pytest.param("soon", None, id="no time at all"),
        pytest.param("2024-02-30T08:00:00.000+0000", None, id="no such day"),
        pytest.param("0001-01-01T00:00:00.000+0100", None, id="before the calendar"),
        pytest.param("", None, id="empty"),
        pytest.param({"at": 1}, None, id="an object"),
        pytest.param(None, None, id="null"),
        pytest.param(..., None, id="absent"),
    ],
)
def test_a_time_is_read_in_its_spellings_or_is_null(read, report, text, moment):
    [fact] = read(report(doneAt=text))

    assert fact.occurred_at == moment
    assert fact.status is DeliveryStatus.DELIVERED


def test_a_pending_report_has_no_time_of_its_own(read, report):
    [fact] = read(report(status={"groupId": 1, "id": 7}, doneAt=..., error=...))

    assert (fact.status, fact.occurred_at) == (DeliveryStatus.SENT, None)
    assert fact.sent_at is not None


@pytest.mark.parametrize(
    ("error", "code", "is_permanent"),
    [
        pytest.param(..., None, None, id="no error object"),
        pytest.param(None, None, None, id="null"),
        pytest.param({"id": 0, "permanent": False}, None, False, id="id 0 is no error"),
        pytest.param({"id": "0", "permanent": "false"}, None, False, id="as text"),
        pytest.param({"id": 7082, "permanent": True}, "7082", True, id="permanent as the report says"),
        pytest.param({"id": 7002, "permanent": False}, "7002", False, id="never as the table says"),
        pytest.param({"id": "27", "permanent": "TRUE"}, "27", True, id="text in any case"),
        pytest.param({"id": 27}, "27", None, id="not said"),
        pytest.param({"id": 27, "permanent": "maybe"}, "27", None, id="said in no known way"),
        pytest.param({}, None, None, id="an empty object"),
    ],
)
def test_the_error_and_its_permanence_come_from_the_report(read, report, error, code, is_permanent):
    [fact] = read(report(status={"groupId": 2, "id": 9}, error=error))

    assert (fact.error_code, fact.is_permanent) == (code, is_permanent)


@pytest.mark.parametrize(
    ("to", "recipient"),
    [
        ("447700900105", "+447700900105"),
        ("+447700900105", "+447700900105"),
        (447700900105, "+447700900105"),
        ("a42f0000-1d5f-44f6-a321-0e4030000012", None),
        ("vbUser01+/A==", None),
        ("", None),
        (None, None),
        ({"number": 1}, None),
    ],
)
def test_a_recipient_that_is_no_number_is_null(read, report, to, recipient):
    [fact] = read(report(to=to))

    assert fact.recipient == recipient


@pytest.mark.parametrize(
    ("network", "operator"),
    [("23415", "23415"), (23415, "23415"), (310260, "310260"), ("null", None), ("", None), (None, None), (1.5, None)],
)
def test_the_operator_is_digits_or_null(read, report, network, operator):
    [fact] = read(report(mccMnc=network))

    assert fact.operator == operator


@pytest.mark.parametrize(
    ("sent_along", "external_id"),
    [("cb", "cb"), ("null", None), ("", None), (None, None), ("x" * 4000, "x" * 4000), ({"a": 1}, None)],
)
def test_callback_data_is_the_external_id(read, report, sent_along, external_id):
    [fact] = read(report(callbackData=sent_along))

    assert fact.external_id == external_id


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ({"pricePerMessage": 0.15, "currency": "EUR"}, Decimal("0.15")),
        ({"pricePerMessage": "0.0104", "currency": "EUR"}, Decimal("0.0104")),
        ({"pricePerMessage": 0, "currency": "EUR"}, Decimal(0)),
        ({"pricePerMessage": "free", "currency": "EUR"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_price_is_exact_or_null(read, report, price, amount):
    [fact] = read(report(price=price))

    assert fact.price == amount


def test_the_report_covers_all_parts_of_a_long_text_at_once(read, report):
    [fact] = read(report(messageCount=7), hint="sms")

    assert (fact.part, fact.parts_count) == (None, 1)


@pytest.mark.parametrize(
    ("own", "hint", "channel"),
    [
        pytest.param(..., "viber", Channel.VIBER, id="viber by the hint"),
        pytest.param(..., "viber/delivery", Channel.VIBER, id="the first segment that names one"),
        pytest.param(..., "viber-bot/inbound", Channel.VIBER_BOT, id="viber bot by the hint"),
        pytest.param(..., "SMS", Channel.SMS, id="a hint in any case"),
        pytest.param(..., "viberBot/seen", Channel.VIBER_BOT, id="a bot in one word"),
        pytest.param(..., "viber-bm", Channel.VIBER, id="a hint in the Messages API's word"),
        pytest.param(..., "omni", None, id="omni names none"),
        pytest.param(..., "messages", None, id="the Messages API names none"),
        pytest.param(..., "", None, id="no hint"),
        pytest.param("VIBER", "sms", Channel.VIBER, id="the entry counts more than the hint"),
        pytest.param("VIBER_BM", "messages", Channel.VIBER, id="business messages are viber"),
        pytest.param("VIBER_BOT", "messages", Channel.VIBER_BOT, id="bot"),
        pytest.param("sms", "omni", Channel.SMS, id="lower case"),
        pytest.param("WHATSAPP", "omni", Channel.WHATSAPP, id="another channel"),
        pytest.param("APPLE_MB", "messages", Channel.OTHER, id="a channel that is none of ours"),
        pytest.param(None, "omni", None, id="null"),
        pytest.param(["VIBER"], "sms", Channel.SMS, id="not text"),
    ],
)
def test_the_channel_is_the_entrys_else_the_hints(read, report, own, hint, channel):
    [fact] = read(report(channel=own), hint=hint)

    assert fact.channel is channel


SHAPES = {
    "SMS 1": (
        {"smsCount": 1, "sender": ..., "entityId": "e", "applicationId": "a", "error": {"groupName": "Ok", "id": 0}},
        "sms",
        Channel.SMS,
        None,
    ),
    "SMS 3": ({"platform": {"entityId": "e"}, "mccMnc": "23415"}, "sms", Channel.SMS, "ExampleShop"),
    "Viber 2": ({"platform": {"entityId": "e"}}, "viber", Channel.VIBER, "ExampleShop"),
    "Viber Bot": ({}, "viber-bot", Channel.VIBER_BOT, "ExampleShop"),
    "OMNI": ({"channel": "VIBER", "sender": ...}, "omni", Channel.VIBER, None),
    "Messages API": (
        {"event": "DELIVERY", "channel": "VIBER_BM", "to": ..., "destination": "447700900105", "networkId": 1},
        "messages",
        Channel.VIBER,
        "ExampleShop",
    ),
}


@pytest.mark.parametrize("api", SHAPES)
def test_every_shape_of_delivery_report_is_the_same_fact(read, report, api):
    changes, hint, channel, sender = SHAPES[api]
    [fact] = read(report(**changes), hint=hint)

    assert (fact.message_id, fact.status, fact.occurred_at) == ("vb-1", DeliveryStatus.DELIVERED, AT)
    assert (fact.recipient, fact.sender, fact.channel) == ("+447700900105", sender, channel)


SEEN = {
    "Viber: from is the person": (
        {"from": "447700900105", "to": "ExampleShop", "sentAt": "2024-07-01T08:00:00.000+0000"},
        "viber/seen",
        Channel.VIBER,
    ),
    "OMNI: the same, with sendAt": (
        {"from": "447700900105", "to": "ExampleShop", "sendAt": "2024-07-01T08:00:00.000+0000"},
        "omni/seen",
        None,
    ),
    "Messages API: in the direction of the send": (
        {
            "event": "SEEN",
            "channel": "VIBER_BM",
            "sender": "ExampleShop",
            "destination": "447700900105",
            "sentAt": "2024-07-01T08:00:00.000+0000",
        },
        "messages",
        Channel.VIBER,
    ),
}


@pytest.mark.parametrize("api", SEEN)
def test_every_shape_of_seen_report_is_the_same_fact(read, api):
    members, hint, channel = SEEN[api]
    seen = {"messageId": "vb-1", "seenAt": "2024-07-01T08:00:04.250+0000", "campaignReferenceId": "camp-9", **members}

    assert read(seen, hint=hint) == [
        StatusFact(
            message_id="vb-1",
            status=DeliveryStatus.SEEN,
            provider_code="SEEN",
            channel=channel,
            occurred_at=AT,
            sent_at=datetime(2024, 7, 1, 8, tzinfo=UTC),
            recipient="+447700900105",
            sender="ExampleShop",
            campaign="camp-9",
        )
    ]


@pytest.mark.parametrize("members", [{"seenAt": None}, {"event": "SEEN"}], ids=["null", "absent"])
def test_a_seen_report_without_its_time_says_no_less_that_it_was_seen(read, members):
    [fact] = read({"messageId": "vb-1", "from": "447700900105", "to": "ExampleShop"} | members)

    assert (fact.status, fact.occurred_at) == (DeliveryStatus.SEEN, None)


def test_a_seen_report_by_someone_without_a_number_has_no_recipient(read):
    [fact] = read({"messageId": "b-1", "from": "vbUser01+/A==", "to": "447700900000", "seenAt": "x"}, hint="viber-bot")

    assert (fact.status, fact.recipient, fact.occurred_at) == (DeliveryStatus.SEEN, None, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"messageId": ...}, "messageId is missing", id="no message id"),
        pytest.param({"messageId": ""}, "messageId is missing", id="an empty message id"),
        pytest.param({"messageId": ["vb-1"]}, "messageId is missing", id="a message id that is a list"),
        pytest.param({"messageId": "x" * 201}, "longer than 200", id="a message id beyond all measure"),
        pytest.param({"status": ...}, "expected a report", id="no status"),
        pytest.param({"status": None}, "expected a report", id="status null"),
        pytest.param({"status": "DELIVERED"}, r"Expected `object`, got `str` - at `\$.status`", id="status as text"),
        pytest.param({"status": [3]}, r"Expected `object`, got `array` - at `\$.status`", id="status as a list"),
        pytest.param({"status": {}}, "neither an id", id="a status that says nothing"),
        pytest.param({"status": {"groupId": True, "id": 5}}, r"at `\$.status.groupId`", id="a group that is true"),
        pytest.param({"error": "none"}, r"at `\$.error`", id="an error as text"),
        pytest.param({"price": 0.15}, r"at `\$.price`", id="a price that is no object"),
    ],
)
def test_a_report_without_what_matters_is_rejected_with_its_reason(read, report, changes, reason):
    good = report(messageId="vb-2")
    items = read(good, report(**changes), good)

    assert [type(item) for item in items] == [StatusFact, RejectedItem, StatusFact]
    assert re.search(reason, items[1].reason)


def test_ids_beyond_what_a_double_can_hold_stay_exact(read, report):
    [fact] = read(report(messageId=1688025180464000014001))

    assert fact.message_id == "1688025180464000014001"
