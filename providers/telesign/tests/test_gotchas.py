"""What is easy to get wrong with Telesign, one rule a test."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from contracts.errors import SignatureInvalid
from contracts.identity import report_event_id
from contracts.status import DeliveryStatus, evidence, is_conflict, join, status_of_cascade
from contracts.vocabulary import Channel, Scope
from providers._kit.conformance import raw_callback
from providers._kit.facts import InboundFact
from providers._kit.provider import CallbackRequest
from providers.telesign import PROVIDER
from providers.telesign.settings import TelesignSettings
from providers.telesign.verifier import TelesignVerifier

S = DeliveryStatus
ORIGIN = ("telesign", "main")

VIBER_SENT = {"code": 3002, "reference_id": "V1", "updated_on": "2020-05-04 22:01:00:100"}
VIBER_LATE = {"code": 3056, "reference_id": "V1", "updated_on": "2020-05-04 22:06:03.837"}
SMS_SENT = {"code": 3002, "reference_id": "S1", "updated_on": "2020-05-04 22:06:30:000"}
SMS_DELIVERED = {"code": 3000, "reference_id": "S1", "updated_on": "2020-05-04 22:07:01:226"}


def items_of(body, hint=""):
    return PROVIDER.normalise(raw_callback(PROVIDER, json.dumps(body).encode(), hint=hint))


def only(**members):
    [item] = items_of({"reference_id": "T1", **members})
    return item


def told(whole, *legs):
    return {"reference_id": "T1", "status": whole, "channel_status": list(legs)}


def event_id(item):
    """The identity that the line gives a report."""
    return report_event_id(
        ORIGIN,
        item.message_id,
        part=item.part,
        channel=item.channel,
        said=(item.status, item.provider_code),
        occurred_at=item.occurred_at,
    )


def legs_of(bodies):
    return [item for body in bodies for item in items_of(body) if item.scope is Scope.CHANNEL]


CASCADE = [
    told({"code": 3002, "updated_on": "2020-05-04 22:01:00:100"}, {"viber": VIBER_SENT}),
    told({"code": 3001, "updated_on": "2020-05-04 22:06:03.837"}, {"viber": VIBER_LATE}),
    told({"code": 3002, "updated_on": "2020-05-04 22:06:30:000"}, {"viber": VIBER_LATE}, {"sms": SMS_SENT}),
    told({"code": 3000, "updated_on": "2020-05-04 22:07:01:226"}, {"viber": VIBER_LATE}, {"sms": SMS_DELIVERED}),
]
"""A cascade as its account grows: each callback repeats the entries before it."""


def test_milliseconds_stand_behind_a_colon_or_a_point_in_one_body():
    """Two spellings of time in one body are two instants, and neither is lost."""
    leg, whole = items_of(told({"code": 3000, "updated_on": "2020-05-04 22:07:01:226"}, {"viber": VIBER_LATE}))

    assert whole.occurred_at == datetime(2020, 5, 4, 22, 7, 1, 226_000, tzinfo=UTC)
    assert leg.occurred_at == datetime(2020, 5, 4, 22, 6, 3, 837_000, tzinfo=UTC)


def test_the_four_letters_null_are_no_id_of_ours():
    """`external_id` "null" as text means that we gave none."""
    assert only(external_id="null", status={"code": 3000}).external_id is None


@pytest.mark.parametrize("code", [203, 3002])
def test_delivered_to_the_gateway_is_not_delivered(code):
    """The description says Delivered and the message is on its way."""
    fact = only(status={"code": code, "description": "Delivered to gateway"})

    assert fact.status is S.SENT
    assert not fact.status.is_final


def test_a_late_viber_message_may_arrive_after_the_fallback():
    """After 3056 on Viber and 3000 by SMS a late `delivered` on Viber is taken; only that leg is in conflict."""
    known = {}
    late = {**VIBER_SENT, "code": 3000, "updated_on": "2020-05-04 23:30:00:000"}
    whole = {"code": 3000, "updated_on": "2020-05-04 22:07:01:226"}
    for leg in legs_of([*CASCADE, told(whole, {"viber": late}, {"sms": SMS_DELIVERED})]):
        known[leg.message_id] = join(known.get(leg.message_id, evidence()), evidence(leg.status))

    assert status_of_cascade(evidence(S.DELIVERED), known.values()) is S.DELIVERED
    assert (is_conflict(known["V1"]), is_conflict(known["S1"])) == (True, False)


def test_a_timed_out_leg_starts_no_second_fallback():
    """The provider goes on to the next channel itself, so 3056 of a leg must not send anything of ours."""
    assert [leg.may_fall_back for leg in legs_of(CASCADE)] == [False] * 6


def test_the_key_signs_as_the_bytes_that_its_text_stands_for():
    """An API key that is not base64-decoded signs stably and wrongly: that signature does not get in."""
    key = base64.b64encode(b"a key of some bytes").decode()
    verify = TelesignVerifier(TelesignSettings.model_validate({"customer_id": "c-1", "api_keys": [key]}))
    body = b'{"reference_id":"T1"}'

    def signed(secret):
        signature = base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()
        return CallbackRequest("POST", "/", {"authorization": f"TSA c-1:{signature}"}, body)

    verify(signed(base64.b64decode(key)))
    with pytest.raises(SignatureInvalid):
        verify(signed(key.encode()))


@pytest.mark.parametrize("code", [201, 3005])
def test_both_codes_for_read_are_seen(code):
    """Messaging has two words for read."""
    assert only(status={"code": code, "last_channel": "viber"}).status is S.SEEN


@pytest.mark.parametrize("count", [2, "2"])
def test_a_count_of_parts_is_a_number_or_text(count):
    """`message_parts_count` has two types in the provider's own examples."""
    assert only(status={"code": 200}, additional_info={"message_parts_count": count}).parts_count == 2


def test_code_1500_is_a_person_and_no_delivery():
    """Its description says Delivered: the person's message was delivered to us."""
    item = only(status={"code": 1500, "description": "Delivered"}, channel="viber", content={"text": "hi"})

    assert isinstance(item, InboundFact)


def test_each_entry_of_a_cascade_is_one_report_however_often_it_is_told():
    """Callbacks repeat earlier entries: one report for each (channel reference, code), by the line's own identity."""
    legs = legs_of(CASCADE)

    identities = {event_id(leg): (leg.message_id, leg.provider_code) for leg in legs}

    assert len(legs) == 6
    assert sorted(identities.values()) == [("S1", "3000"), ("S1", "3002"), ("V1", "3002"), ("V1", "3056")]
    assert len(set(identities.values())) == len(identities)


def test_an_entry_that_is_told_again_with_another_spelling_of_its_time_is_the_same_report():
    """22:06:03.837 and 22:06:03:837 are one instant."""
    respelt = {**VIBER_LATE, "updated_on": "2020-05-04T22:06:03.837Z"}
    one, other = legs_of([told({"code": 3001}, {"viber": VIBER_LATE}), told({"code": 3001}, {"viber": respelt})])

    assert event_id(one) == event_id(other)


def test_an_entry_that_is_told_again_with_another_time_moves_nothing():
    """It is another report, of the same status on the same leg: the evidence is the same, so nothing follows twice."""
    retold = {**VIBER_LATE, "updated_on": "2020-05-04 22:08:00:000"}
    one, other = legs_of([told({"code": 3001}, {"viber": VIBER_LATE}), told({"code": 3001}, {"viber": retold})])

    assert event_id(one) != event_id(other)
    assert one.message_id == other.message_id
    assert join(evidence(one.status), evidence(other.status)) == evidence(one.status)


def test_two_connections_do_not_share_reports():
    """The identity of a report holds the connection: two accounts may be told of the same id."""
    [leg, *_] = legs_of(CASCADE)
    elsewhere = report_event_id(
        ("telesign", "other"),
        leg.message_id,
        part=None,
        channel=leg.channel,
        said=(leg.status, leg.provider_code),
        occurred_at=leg.occurred_at,
    )

    assert elsewhere != event_id(leg)


def test_the_order_of_the_channels_says_nothing():
    """Entries are told apart by their own ids, so that an account in another order amounts to the same."""
    forth = told({"code": 3000}, {"viber": VIBER_LATE}, {"sms": SMS_DELIVERED})
    back = told({"code": 3000}, {"sms": SMS_DELIVERED}, {"viber": VIBER_LATE})

    assert {event_id(leg) for leg in legs_of([forth])} == {event_id(leg) for leg in legs_of([back])}


def test_a_channel_in_progress_has_no_id_yet_and_leaves_nothing_open():
    """With 3001 a channel has no reference of its own; its entry stands beside the later one and changes no outcome."""
    early, late = legs_of(
        [
            told({"code": 3001}, {"viber": {"code": 3001, "updated_on": "2020-05-04 22:00:00:000"}}),
            told({"code": 3003}, {"viber": {**VIBER_SENT, "code": 3003}}),
        ]
    )

    assert (early.message_id, late.message_id) == ("T1:viber", "V1")
    assert early.channel is late.channel is Channel.VIBER
    assert status_of_cascade(evidence(S.ACCEPTED, S.UNDELIVERED), map(evidence, (early.status, late.status))) is (
        S.UNDELIVERED
    )
