"""What to beware of with DecisionTelecom, one test for each."""

import json
from datetime import UTC, datetime

import pytest

from contracts.errors import PayloadInvalid, ProviderThrottled
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.facts import InboundFact, RejectedItem, StatusFact
from providers.decisiontelecom.normaliser import normalise
from providers.decisiontelecom.settings import DecisionTelecomSettings

S = DeliveryStatus


def items(body: bytes, hint: str = "viber/7f1c-22"):
    return normalise(
        RawCallback(
            provider="decisiontelecom",
            connection="main",
            method="POST",
            received_at=datetime(2026, 1, 1, tzinfo=UTC),
            body=body,
            hint=hint,
        )
    )


def test_a_trailing_comma():
    """The documented answer ends in a comma that JSON does not allow; it is read."""
    (fact,) = items(b'{"message_id":429,"status":1,}')

    assert fact.status is S.DELIVERED


def test_numbers_of_64_bits():
    """Tokens and ids above 2**53 are exact, from JSON to fact."""
    (reply,) = items(b'{"message_token":9223372036854775807,"message":{"text":"x"}}')
    (report,) = items(b'{"message_id":9007199254740993,"status":1}')

    assert (reply.message_id, report.message_id) == ("9223372036854775807", "9007199254740993")


@pytest.mark.parametrize("status", ["0", '"0"'])
def test_status_zero_is_a_value(status):
    """Zero means sent, and is not taken for nothing."""
    (fact,) = items(f'{{"message_id":429,"status":{status}}}'.encode())

    assert (fact.status, fact.provider_code, fact.is_known_code) == (S.SENT, "0", True)


def test_an_error_with_http_200():
    """An error's `status` is an HTTP status and its `code` no status either: it is put aside, never a fact."""
    (item,) = items(b'{"name":"Invalid Parameter: message_id","message":"Empty parameter","code":1,"status":400}')

    assert isinstance(item, RejectedItem)


async def test_an_error_with_http_200_is_no_accepted_send(rehearsal, make_request):
    """The body is read before the status of the answer."""
    rehearsal.outbound.meet(429)
    told = rehearsal.provider.refuse(429)

    assert told.status == 200
    with pytest.raises(ProviderThrottled):
        await rehearsal.sender().send(make_request())


def test_the_old_interface_writes_what_is_no_json():
    """A balance in brackets with colons is put aside whole; a pair in brackets is a status of SMS."""
    with pytest.raises(PayloadInvalid):
        items(b'["balance":"-791.83","credit":"1000","currency":"EUR"]')


def test_two_scales_of_codes():
    """2 is an error on Viber and a delivery for SMS, in one body."""
    viber, sms = items(b'{"message_id":436,"status":2,"sms_message_id":7,"sms_message_status":2}')

    assert [(viber.channel, viber.status), (sms.channel, sms.status)] == [
        (Channel.VIBER, S.FAILED),
        (Channel.SMS, S.DELIVERED),
    ]


def test_reports_and_replies_on_one_address():
    """The shape tells them apart, not the address."""
    (report,) = items(b'{"message_id":429,"status":1}')
    (reply,) = items(b'{"message_token":5,"phone_number":"447700900123","message":{"text":"x"}}')

    assert (type(report), type(reply)) == (StatusFact, InboundFact)


def test_tracking_data_has_a_prefix():
    """The id of our message stands behind a word."""
    (reply,) = items(b'{"message_token":5,"message":{"text":"x","tracking_data":"tracking_id:100035"}}')

    assert reply.reply_to == "100035"


async def test_the_recipient_is_text_without_a_plus(rehearsal, make_request):
    """As a number it would lose what a number does not hold."""
    await rehearsal.sender().send(make_request())

    assert json.loads(rehearsal.outbound.calls[0][3])["destination_addr"] == "447700900123"


def test_two_host_names():
    """The interface answers under the older name; the newer one holds documents."""
    settings = DecisionTelecomSettings(tokens=["0123456789abcdef-made-up"])

    assert settings.base_url == "https://web.it-decision.com"
