"""DecisionTelecom's callbacks: two scales, four ways to travel, one address for all."""

from datetime import UTC, datetime

import pytest

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact, RejectedItem, StatusFact
from providers.decisiontelecom.normaliser import normalise

S = DeliveryStatus


def items(body: bytes, *, hint: str = "", query: str = ""):
    return normalise(
        RawCallback(
            provider="decisiontelecom",
            connection="main",
            method="POST" if body else "GET",
            received_at=datetime(2026, 1, 1, tzinfo=UTC),
            body=body,
            hint=hint,
            query=query,
        )
    )


def only(body: bytes, **where):
    (item,) = items(body, **where)
    return item


# The scales


@pytest.mark.parametrize(
    ("status", "hint", "channel", "means"),
    [
        pytest.param("0", "viber", Channel.VIBER, S.SENT, id="zero is sent, on Viber"),
        pytest.param("0", "sms", Channel.SMS, S.UNKNOWN, id="zero is unknown, for SMS"),
        pytest.param("2", "viber", Channel.VIBER, S.FAILED, id="two failed, on Viber"),
        pytest.param("2", "sms", Channel.SMS, S.DELIVERED, id="two arrived, for SMS"),
        pytest.param("3", "viber/send-1", Channel.VIBER, S.REJECTED, id="three was rejected, on Viber"),
        pytest.param("3", "sms/send-1", Channel.SMS, S.EXPIRED, id="three expired, for SMS"),
        pytest.param("5", "viber", Channel.VIBER, S.QUEUED, id="five is pending, on Viber"),
        pytest.param("5", "SMS", Channel.SMS, S.UNDELIVERED, id="five did not arrive, for SMS; hints have any case"),
        pytest.param("6", "", Channel.VIBER, S.SEEN, id="without a hint numbers are Viber's"),
        pytest.param("6", "sms", Channel.SMS, S.ACCEPTED, id="six is accepted, for SMS"),
        pytest.param('"ENROUTE"', "", Channel.SMS, S.SENT, id="words are of SMS"),
        pytest.param('"delivrd"', "viber", Channel.SMS, S.DELIVERED, id="words are of SMS whatever the hint"),
        pytest.param('" 1 "', "viber", Channel.VIBER, S.DELIVERED, id="a number as text"),
        pytest.param("1.0", "viber", Channel.VIBER, S.DELIVERED, id="a number as a fraction"),
        pytest.param('""', "sms", Channel.SMS, S.UNKNOWN, id="an empty text is a status of SMS"),
        pytest.param("2", "v1/api/status (response body)", Channel.SMS, S.DELIVERED, id="asked about an SMS"),
        pytest.param("2", "v1/api/receive-viber", Channel.VIBER, S.FAILED, id="asked about a Viber message"),
        pytest.param("20", "viber", Channel.VIBER, S.UNKNOWN, id="twenty is unknown by its own word"),
    ],
)
def test_the_scale_is_told_by_hint_and_shape(status, hint, channel, means):
    fact = only(f'{{"message_id":429,"status":{status}}}'.encode(), hint=hint)

    assert (fact.channel, fact.status, fact.is_known_code) == (channel, means, True)


@pytest.mark.parametrize(("status", "code"), [("7", "7"), ("400", "400"), ('"NEWWORD"', "NEWWORD"), ("-1", "-1")])
def test_an_unknown_status_is_kept_and_starts_nothing(status, code):
    fact = only(f'{{"message_id":429,"status":{status}}}'.encode())

    assert (fact.status, fact.provider_code) == (S.UNKNOWN, code)
    assert not fact.is_known_code
    assert not fact.may_fall_back


@pytest.mark.parametrize(
    ("hint", "channel"), [("viber", Channel.VIBER), ("viber-sms/x1", Channel.VIBER), ("", Channel.SMS)]
)
def test_a_word_that_sms_does_not_have_is_of_the_hints_channel(hint, channel):
    fact = only(b'{"message_id":429,"status":"NEWWORD"}', hint=hint)

    assert (fact.channel, fact.status, fact.provider_code) == (channel, S.UNKNOWN, "NEWWORD")


def test_a_word_stays_as_it_was_spelt():
    fact = only(b'{"message_id":429,"status":"delivrd"}')

    assert (fact.status, fact.provider_code) == (S.DELIVERED, "delivrd")


# The send


def test_the_address_of_the_callback_names_the_send():
    fact = only(b'{"message_id":429,"status":1}', hint="viber/7f1c-22")

    assert fact.external_id == "7f1c-22"


@pytest.mark.parametrize("hint", ["viber", "viber/delivery", "inbound", "other/7f1c-22"])
def test_other_addresses_name_none(hint):
    assert only(b'{"message_id":429,"status":1}', hint=hint).external_id is None


def test_a_report_without_an_id_is_put_aside_under_the_name_of_its_send():
    item = only(b'{"status":1}', hint="viber/7f1c-22")

    assert isinstance(item, RejectedItem)
    assert "7f1c-22" in item.reason


# The provider's own SMS


def test_the_sms_behind_a_viber_message_is_a_leg_under_its_id():
    viber, sms = items(b'{"message_id":436,"status":4,"sms_message_id":31885463,"sms_message_status":2}')

    assert (viber.message_id, viber.root_id, viber.status) == ("436", None, S.UNDELIVERED)
    assert (sms.message_id, sms.root_id, sms.status, sms.channel) == ("31885463", "436", S.DELIVERED, Channel.SMS)


@pytest.mark.parametrize(
    ("body", "hint", "may"),
    [
        pytest.param(b'{"message_id":436,"status":4}', "viber/x1", True, id="ours may, for a plain send"),
        pytest.param(b'{"message_id":436,"status":4}', "viber-sms/x1", False, id="our URL says that theirs does"),
        pytest.param(
            b'{"message_id":436,"status":4,"sms_message_id":null}', "viber", False, id="the body says that theirs does"
        ),
    ],
)
def test_where_the_provider_falls_back_we_do_not(body, hint, may):
    assert only(body, hint=hint).may_fall_back is may


def test_an_sms_leg_that_ended_badly_starts_nothing_either():
    facts = items(b'{"message_id":436,"status":4,"sms_message_id":7,"sms_message_status":5}')

    assert [fact.may_fall_back for fact in facts] == [False, False]


def test_an_sms_leg_without_an_id_is_that_of_its_message():
    _, sms = items(b'{"message_id":436,"status":4,"sms_message_status":"DELIVRD"}')

    assert (sms.message_id, sms.provider_code) == ("436:sms", "DELIVRD")


def test_a_bad_viber_status_costs_not_the_sms():
    viber, sms = items(b'{"message_id":436,"sms_message_id":7,"sms_message_status":2}')

    assert isinstance(viber, RejectedItem)
    assert isinstance(sms, StatusFact)


# The ways to travel


@pytest.mark.parametrize(
    ("body", "query"),
    [
        pytest.param(b'{"message_id":431,"status":1,}', "", id="JSON with the documented trailing comma"),
        pytest.param(b"message_id=431&status=1", "", id="a form"),
        pytest.param(b"", "message_id=431&status=1", id="a query"),
        pytest.param(b'{"message_id":"431","status":"1"}', "status=4", id="a body before the query"),
        pytest.param(b'[{"message_id":431,"status":1}]', "", id="a list"),
    ],
)
def test_a_report_is_the_same_however_it_travels(body, query):
    fact = only(body, query=query)

    assert (fact.message_id, fact.status, fact.provider_code) == ("431", S.DELIVERED, "1")


@pytest.mark.parametrize(
    ("query", "message_id"), [("msgid=31885463&login=x", "31885463"), ("message_id=31885463", "31885463")]
)
def test_the_old_look_up_answers_a_pair_about_the_message_that_was_asked_for(query, message_id):
    fact = only(b'["status","5"]', query=query)

    assert (fact.message_id, fact.channel, fact.status) == (message_id, Channel.SMS, S.UNDELIVERED)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'["status","2"]', "message_id is missing", id="a pair about nobody knows what"),
        pytest.param(b'["error",44]', "error 44", id="an error of the old API"),
        pytest.param(b'{"name":"n","message":"m","code":1,"status":400}', "error 1, no report: n, m", id="an error"),
        pytest.param(
            b'{"message_id":429,"name":"n","message":"m","code":1,"status":400}',
            "error 1, no report: n, m",
            id="an error that names the message",
        ),
        pytest.param(b'["junk"]', "an entry is an object", id="a list of something else"),
        pytest.param(b'{"message_id":1,"status":null}', "status is missing", id="no status"),
        pytest.param(b'{"message_id":1,"status":true}', "status is missing", id="a status that is no number"),
    ],
)
def test_what_is_no_report_is_put_aside_with_its_bytes(body, reason):
    item = only(body)

    assert isinstance(item, RejectedItem)
    assert reason in item.reason
    assert item.body in body


def test_what_came_in_a_query_is_put_aside_as_the_query():
    assert only(b"", query="status=1").body == b"status=1"


@pytest.mark.parametrize("body", [b"", b"junk", b'"text"', b"7", b'["balance":"-791.83"]', b"a=\xff", b"&=" * 200])
def test_what_cannot_be_read_is_refused_whole(body):
    with pytest.raises(PayloadInvalid):
        items(body)


def test_nothing_is_no_items():
    assert items(b"{}") == []


# Replies


def reply(message: str, *, hint: str = "", token: str = "5912661846655238145") -> InboundFact:
    body = f'{{"message_token":{token},"phone_number":"447700900502","time":1712345678901,"message":{message}}}'
    return only(body.encode(), hint=hint)


@pytest.mark.parametrize(
    ("tracking_data", "reply_to", "kept"),
    [
        pytest.param("tracking_id:100035", "100035", None, id="with the documented prefix"),
        pytest.param("Tracking_ID: 100035", "100035", None, id="in another spelling"),
        pytest.param("100035", "100035", None, id="without it"),
        pytest.param("tracking_id:", None, None, id="the prefix alone"),
        pytest.param("campaign:7", None, "campaign:7", id="something else"),
        pytest.param("", None, None, id="nothing"),
    ],
)
def test_the_message_that_was_answered(tracking_data, reply_to, kept):
    fact = reply(f'{{"text":"yes","tracking_data":"{tracking_data}"}}')

    assert (fact.reply_to, fact.extras.get("tracking")) == (reply_to, kept)


def test_a_token_above_two_to_the_53rd_is_exact():
    assert reply('{"text":"yes"}').message_id == "5912661846655238145"


def test_a_reply_on_the_address_of_a_send_remembers_which():
    assert reply('{"text":"yes"}', hint="viber/7f1c-22").extras == {"send_id": "7f1c-22"}


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ('{"text":"yes"}', InboundKind.TEXT, "yes"),
        ('{"text":""}', InboundKind.UNKNOWN, ""),
        ("{}", InboundKind.UNKNOWN, None),
        ('"yes"', InboundKind.TEXT, "yes"),
        ('"{\\"text\\":\\"yes\\"}"', InboundKind.TEXT, "yes"),
        ('"{a}"', InboundKind.TEXT, "{a}"),
        ('"{\\"a\\":1}"', InboundKind.TEXT, '{"a":1}'),
        ("null", InboundKind.UNKNOWN, None),
        ("[]", InboundKind.UNKNOWN, None),
    ],
)
def test_what_was_written(message, kind, text):
    fact = reply(message)

    assert (fact.kind, fact.text) == (kind, text)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("message%5Btext%5D=yes&message%5Btracking_data%5D=9", id="nested as PHP writes it"),
        pytest.param("text=yes&tracking_data=tracking_id:9", id="flat"),
        pytest.param("message=%7B%22text%22:%22yes%22,%22tracking_data%22:%229%22%7D", id="as JSON in a member"),
    ],
)
def test_a_reply_may_be_a_form(message):
    fact = only(f"message_token=5&phone_number=447700900502&{message}".encode())

    assert (fact.message_id, fact.text, fact.reply_to) == ("5", "yes", "9")


def test_a_reply_whose_id_cannot_be_kept_is_put_aside():
    assert isinstance(reply("{}", token="9" * 201), RejectedItem)
