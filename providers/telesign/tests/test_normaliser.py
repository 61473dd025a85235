import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.errors import PayloadInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Scope, Source
from providers._kit.conformance import raw_callback
from providers._kit.facts import RejectedItem
from providers.telesign import PROVIDER
from providers.telesign.codes import CODES
from providers.telesign.normaliser import normalise

SENT = {"code": 3002, "description": "Delivered to gateway", "updated_on": "2025-02-10 11:00:02.250"}
WHOLE = {"reference_id": "T1", "status": SENT}
SERVICES = {"sms": "sms", "messaging": None}


def items_of(body):
    return normalise(raw_callback(PROVIDER, body if isinstance(body, bytes) else json.dumps(body).encode()))


def only(body):
    [item] = items_of(body)
    return item


def test_the_channels_come_in_the_order_of_the_body_and_the_transaction_last():
    body = {
        **WHOLE,
        "channel_status": [{"viber": {**SENT, "reference_id": "V1"}}, {"sms": {**SENT, "reference_id": "S1"}}],
    }

    items = items_of(body)

    assert [(item.scope, item.message_id, item.root_id, item.channel) for item in items] == [
        (Scope.CHANNEL, "V1", "T1", Channel.VIBER),
        (Scope.CHANNEL, "S1", "T1", Channel.SMS),
        (Scope.TRANSACTION, "T1", None, None),
    ]


def test_a_channel_without_an_id_of_its_own_is_told_by_its_place():
    leg, _ = items_of({**WHOLE, "channel_status": [{"Viber": SENT}]})

    assert leg.message_id == "T1:viber"
    assert leg.root_id == "T1"


def test_several_channels_in_one_object_are_all_read():
    body = {**WHOLE, "channel_status": [{"viber": SENT, "sms": SENT}, {"rcs": SENT}]}

    assert [item.message_id for item in items_of(body)] == ["T1:viber", "T1:sms", "T1:rcs", "T1"]


def test_an_object_where_a_list_is_documented_is_read():
    assert [item.message_id for item in items_of({**WHOLE, "channel_status": {"viber": SENT}})] == ["T1:viber", "T1"]


def test_a_channel_nobody_told_us_about_is_other_and_keeps_its_name_in_the_id():
    leg, _ = items_of({**WHOLE, "channel_status": [{"pigeon": SENT}]})

    assert (leg.channel, leg.message_id) == (Channel.OTHER, "T1:pigeon")


def test_the_provider_moves_on_itself_so_a_leg_never_asks_for_a_fallback():
    expired = {"code": 3056, "reference_id": "V1"}
    leg, whole = items_of({"reference_id": "T1", "status": expired, "channel_status": [{"viber": expired}]})

    assert (leg.status, leg.may_fall_back) == (DeliveryStatus.EXPIRED, False)
    assert (whole.status, whole.may_fall_back) == (DeliveryStatus.EXPIRED, True)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param(3000, DeliveryStatus.DELIVERED, id="a number"),
        pytest.param("3000", DeliveryStatus.DELIVERED, id="a number as text"),
        pytest.param(" 3000 ", DeliveryStatus.DELIVERED, id="with spaces"),
        pytest.param(203, DeliveryStatus.SENT, id="says delivered but is not final, SMS"),
        pytest.param(3002, DeliveryStatus.SENT, id="says delivered but is not final, Messaging"),
        pytest.param(201, DeliveryStatus.SEEN, id="read, one code"),
        pytest.param(3005, DeliveryStatus.SEEN, id="read, the other code"),
        pytest.param(3999, DeliveryStatus.UNKNOWN, id="nobody told us"),
        pytest.param(-10001, DeliveryStatus.UNKNOWN, id="an error's code"),
        pytest.param("delivered", DeliveryStatus.UNKNOWN, id="a word"),
        pytest.param(3060, DeliveryStatus.UNKNOWN, id="a known code that says nothing about a message"),
    ],
)
def test_the_code_decides(code, status):
    fact = only({"reference_id": "T1", "status": {"code": code}})

    assert fact.status is status
    assert fact.provider_code == str(code).strip()


@pytest.mark.parametrize("code", [3000.0, "3000.0"])
def test_a_code_with_a_fraction_of_nothing_is_the_whole_number(code):
    fact = only({"reference_id": "T1", "status": {"code": code}})

    assert (fact.status, fact.provider_code) == (DeliveryStatus.DELIVERED, "3000")


@pytest.mark.parametrize(("code", "is_known"), [(3060, True), (3999, False)])
def test_an_unknown_code_is_told_from_a_known_one(code, is_known):
    assert only({"reference_id": "T1", "status": {"code": code}}).is_known_code is is_known


@pytest.mark.parametrize("row", [row for row in CODES.rows if row.status], ids=lambda row: f"{row.scale} {row.code}")
def test_every_row_of_the_table_is_used(row):
    fact = only({"reference_id": "T1", "status": {"code": int(row.code)}, "sub_resource": SERVICES[row.scale]})

    assert (fact.status, fact.reason, fact.is_permanent) == (row.status, row.reason, row.is_permanent)
    assert fact.may_fall_back is row.may_fall_back


def test_one_code_alone_stands_in_two_scales():
    counts = Counter(row.code for row in CODES.rows)

    assert [code for code, count in counts.items() if count > 1] == ["201"]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        pytest.param({"status": {"code": 201}}, DeliveryStatus.SEEN, id="read, said of no channel"),
        pytest.param({"status": {"code": 201, "last_channel": "viber"}}, DeliveryStatus.SEEN, id="read on Viber"),
        pytest.param({"status": {"code": 201}, "sub_resource": "sms"}, DeliveryStatus.UNKNOWN, id="the SMS service"),
        pytest.param({"status": {"code": "201", "last_channel": "sms"}}, DeliveryStatus.UNKNOWN, id="the SMS channel"),
    ],
)
def test_an_sms_is_never_read(members, status):
    fact = only({"reference_id": "T1", **members})

    assert (fact.status, fact.is_known_code) == (status, True)


def test_the_price_of_an_answer_to_a_status_question_stands_outside():
    fact = only({**WHOLE, "price": "0.0050", "currency": "USD", "additional_info": {"mcc": "310", "mnc": "012"}})

    assert (fact.price, fact.currency, fact.operator) == (Decimal("0.0050"), "USD", "310012")


@pytest.mark.parametrize(
    ("members", "channel"),
    [
        pytest.param({"status": {"code": 3001, "last_channel": "viber"}}, Channel.VIBER, id="the last one tried"),
        pytest.param({"status": {"code": 201}, "sub_resource": "sms"}, Channel.SMS, id="the service's name"),
        pytest.param({"status": {"code": 200}, "sub_resource": "bulk_sms"}, Channel.SMS, id="the end of its name"),
        pytest.param({"status": {"code": 200}}, Channel.SMS, id="a code of the SMS scale"),
        pytest.param({"status": {"code": 299}}, Channel.SMS, id="a new code of the SMS scale"),
        pytest.param({"status": {"code": 201}}, None, id="read, said of no channel"),
        pytest.param({"status": {"code": 3001}}, None, id="a Messaging code tells none"),
        pytest.param({"status": {"code": 3001}, "sub_resource": "omnichannel"}, None, id="nor does every service"),
    ],
)
def test_the_channel_of_the_whole(members, channel):
    assert only({"reference_id": "T1", **members}).channel is channel


@pytest.mark.parametrize(
    ("given_id", "external_id"),
    [
        pytest.param("order-1", "order-1", id="ours"),
        pytest.param("null", None, id="the four letters"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="null"),
        pytest.param(7, "7", id="a number"),
        pytest.param("Null", "Null", id="only the letters of their example"),
    ],
)
def test_our_own_id(given_id, external_id):
    assert only({**WHOLE, "external_id": given_id}).external_id == external_id


def test_what_the_sms_schema_adds_is_kept():
    info = {
        "mcc": "310",
        "mnc": "004",
        "price": "0.010",
        "currency": "USD",
        "message_parts_count": "2",
        "sender_id": "ExampleCo",
        "cleansed_phone_number": "15555550123",
    }
    body = {
        "reference_id": "T1",
        "status": {"code": 238},
        "additional_info": info,
        "errors": [{"code": -10001}],
        "submit_timestamp": "2020-08-27T17:28:48.000000Z",
    }

    fact = only(body)

    assert (fact.operator, fact.price, fact.currency, fact.parts_count) == ("310004", Decimal("0.010"), "USD", 2)
    assert (fact.sender, fact.recipient, fact.error_code) == ("ExampleCo", "+15555550123", "-10001")
    assert fact.sent_at == datetime(2020, 8, 27, 17, 28, 48, tzinfo=UTC)
    assert fact.reason is Reason.CONFIGURATION


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"additional_info": "none"}, id="additional_info"),
        pytest.param({"additional_info": {"price": [], "message_parts_count": "many", "mcc": {}}}, id="its members"),
        pytest.param({"errors": {"code": 1}}, id="errors"),
        pytest.param({"errors": [7]}, id="an error"),
        pytest.param({"sub_resource": 7}, id="sub_resource"),
        pytest.param({"submit_timestamp": False}, id="submit_timestamp"),
        pytest.param({"surprise": {"deep": [1]}}, id="a member nobody told us about"),
    ],
)
def test_an_odd_member_does_not_cost_the_report(members):
    fact = only({**WHOLE, **members})

    assert (fact.message_id, fact.status) == ("T1", DeliveryStatus.SENT)


def test_an_unreadable_time_is_null_and_the_fact_stands():
    fact = only({"reference_id": "T1", "status": {"code": 3000, "updated_on": "yesterday"}})

    assert (fact.status, fact.occurred_at) == (DeliveryStatus.DELIVERED, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({"status": SENT}, "reference_id is missing", id="no id"),
        pytest.param({"reference_id": {}, "status": SENT}, "reference_id is missing", id="an id that is no text"),
        pytest.param({"reference_id": "x" * 201, "status": SENT}, "longer than 200", id="an id too long to keep"),
        pytest.param({"reference_id": "a\x00b", "status": SENT}, "control characters", id="an id with a NUL"),
        pytest.param({"reference_id": "T1"}, "Expected `object`", id="no status"),
        pytest.param({"reference_id": "T1", "status": 3000}, "Expected `object`", id="a status that is no object"),
        pytest.param({"reference_id": "T1", "status": {}}, "status code is missing", id="no code"),
        pytest.param({"reference_id": "T1", "status": {"code": True}}, "status code is missing", id="no such code"),
        pytest.param({**WHOLE, "external_id": "x" * 201}, "external_id is longer", id="our own id, too long"),
    ],
)
def test_a_transaction_that_cannot_be_told_is_put_aside_with_its_bytes(body, reason):
    item = only(body)

    assert isinstance(item, RejectedItem)
    assert reason in item.reason
    assert json.loads(item.body) == body


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(7, id="a number"),
        pytest.param({}, id="an empty object"),
        pytest.param({"viber": 3000}, id="a channel that is no object"),
        pytest.param({"viber": {"code": None}}, id="a channel without a code"),
        pytest.param({"": SENT}, id="a channel without a name"),
        pytest.param({"viber": {"code": 3000, "reference_id": "x" * 201}}, id="an id too long to keep"),
    ],
)
def test_a_bad_entry_is_put_aside_alone(bad):
    body = {**WHOLE, "channel_status": [{"rcs": SENT}, bad, {"sms": SENT}]}

    before, rejected, after, whole = items_of(body)

    assert [item.message_id for item in (before, after, whole)] == ["T1:rcs", "T1:sms", "T1"]
    assert isinstance(rejected, RejectedItem)
    assert rejected.reason.startswith("channel_status: ")


def test_a_bad_entry_keeps_the_bytes_the_provider_wrote():
    body = b'{"reference_id":"T1","status":{"code":3000},"channel_status":[{"viber":{ "code" : null }}]}'

    rejected, _ = items_of(body)

    assert rejected.body == b'{ "code" : null }'


def test_a_channel_outlives_its_transaction():
    leg, rejected = items_of({"channel_status": [{"viber": {**SENT, "reference_id": "V1"}}]})

    assert (leg.message_id, leg.root_id) == ("V1", None)
    assert isinstance(rejected, RejectedItem)


def test_nothing_in_the_body_is_no_item():
    assert list(items_of({})) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b"<a/>", b"{", b"a=1"], ids=repr)
def test_a_body_that_is_no_object_is_refused_whole(body):
    with pytest.raises(PayloadInvalid):
        items_of(body)


@pytest.mark.parametrize("code", [-10004, 10017, "10036"])
def test_an_error_that_was_polled_is_no_report(code):
    body = json.dumps({"reference_id": "T1", "status": {"code": code, "description": "ReferenceID expired."}}).encode()
    polled = structs.replace(raw_callback(PROVIDER, body), source=Source.POLL)

    with pytest.raises(PayloadInvalid, match="error of the question"):
        normalise(polled)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["reference_id", "status", "code", "channel_status", "viber"]), inner)
        ),
        max_leaves=20,
    )
)
def test_random_json_in_their_words_is_read_or_refused(value):
    try:
        items = items_of(json.dumps(value).encode())
    except PayloadInvalid:
        return

    assert bool(items) is (value != {})
