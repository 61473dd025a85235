"""What is easy to get wrong with Routee, one test each."""

import json
from datetime import UTC, datetime

import pytest

from contracts.errors import RequestInvalid
from contracts.identity import inbound_event_id, report_event_id
from contracts.sends import ImageContent, SendRequest, TextContent
from contracts.status import DeliveryStatus, evidence, status_of_parts
from contracts.vocabulary import Channel, InboundKind, Reason
from providers._kit.conformance import raw_callback
from providers._kit.facts import InboundFact, RejectedItem, SignalFact, StatusFact
from providers._kit.sending import HttpAnswer
from providers.routee import PROVIDER
from providers.routee.requests import request_of
from providers.routee.sender import read_answer
from runtime.settings import Connection

VIBER = {"trackingId": "v-1", "to": "+447700900301", "originatingService": "Viber"}
SMS = {"messageId": "m-1", "smsId": "s-1", "part": 1, "parts": 1, "to": "+447700900301", "originatingService": "Sms"}
CASCADE = {
    "trackingId": "fo-1",
    "messages": [
        {"type": "Viber", "trackingId": "v-1", "to": "+447700900301", "status": {"name": "EXPIRED"}},
        {"type": "Sms", "messageId": "m-1", "smsId": "s-1", "status": {"name": "Delivered"}},
    ],
    "terminationChannel": "Sms",
    "status": "Succeeded",
}
INBOUND = {
    "from": "+447700900301",
    "to": "ExampleShop",
    "message": "Thanks",
    "sentDate": "2024-03-01T10:16:00Z",
    "referenceTrackingId": "v-1",
    "direction": "Inbound",
    "media": None,
}


def items(body, hint=""):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(PROVIDER.normalise(raw_callback(PROVIDER, raw, hint=hint)))


def one(body, hint=""):
    (item,) = items(body, hint)
    return item


def viber(name, detail=None, **members) -> StatusFact:
    reason = {"detailedStatus": detail, "description": "words"} if detail else None
    return one(VIBER | {"status": {"name": name, "reason": reason}} | members)


def sms(name, detail=None, **members) -> StatusFact:
    reason = {"detailedStatus": detail, "description": "words"} if detail else None
    return one(SMS | {"status": {"name": name, "reason": reason}} | members)


# The facts' list


def test_queued_on_viber_is_another_try_and_no_end():
    """QUEUED means that it could not be delivered and is being sent again: nothing falls back yet."""
    fact = viber("QUEUED", "Timed Out")

    assert (fact.status, fact.reason, fact.may_fall_back) == (DeliveryStatus.QUEUED, None, False)


def test_two_spellings_in_one_body_mean_the_same():
    """SMS is capitalised, Viber is in upper case, and a cascade has both; the code is kept as it came."""
    leg, other, whole = items(CASCADE)

    assert (leg.status, leg.provider_code) == (DeliveryStatus.EXPIRED, "EXPIRED")
    assert (other.status, other.provider_code) == (DeliveryStatus.DELIVERED, "Delivered")
    assert (whole.status, whole.message_id) == (DeliveryStatus.DELIVERED, "fo-1")


def test_a_viber_reply_without_an_id_is_told_apart_by_what_it_says():
    """There is no id in it: the same reply is the same event, another text or time another."""

    def event(**members):
        fact = one(INBOUND | members)
        said = (fact.part, fact.author, fact.addressee, fact.text, fact.media_url)
        return inbound_event_id(("routee", "main"), fact.message_id, occurred_at=fact.occurred_at, said=said)

    assert event() == event(campaignName="Spring")
    assert len({event(), event(message="No"), event(sentDate="2024-03-01T10:16:01Z"), event(media="x.png")}) == 4


def test_the_parts_of_an_sms_stand_apart():
    """One messageId, one smsId for each part: a delivered part is not a delivered message."""
    first, second = sms("Delivered", parts=2), sms("Undelivered", "Roaming", parts=2, smsId="s-2", part=2)

    assert (first.message_id, first.part, second.part) == (second.message_id, "s-1", "s-2")
    assert {first.parts_count, second.parts_count} == {2}
    assert status_of_parts([evidence(first.status)], first.parts_count) is DeliveryStatus.SENT
    parts = [evidence(first.status), evidence(second.status)]
    assert status_of_parts(parts, 2) is DeliveryStatus.UNDELIVERED


def test_a_trailing_comma_loses_nothing():
    """One of their own examples is no JSON."""
    body = b'{"trackingId":"v-1","status":{"name":"SEEN",},"originatingService":"Viber",}'

    assert one(body).status is DeliveryStatus.SEEN


@pytest.mark.parametrize(
    ("status_code", "code", "reason", "may_fall_back"),
    [
        pytest.param(2, "Failed:2", Reason.OTHER, True, id="a number"),
        pytest.param("2", "Failed:2", Reason.OTHER, True, id="the same as text"),
        pytest.param(0, "Failed:0", Reason.PROVIDER_ERROR, True, id="zero is a code"),
        pytest.param(1, "Failed:1", Reason.NO_CREDIT, True, id="no balance"),
        pytest.param(3, "Failed:3", Reason.OTHER, False, id="not triggered"),
        pytest.param("", "Failed", Reason.OTHER, False, id="an empty text"),
        pytest.param(None, "Failed", Reason.OTHER, False, id="null"),
        pytest.param(9, "Failed:9", Reason.OTHER, False, id="one that nobody knows"),
    ],
)
def test_the_code_of_a_cascade_changes_its_type(status_code, code, reason, may_fall_back):
    """statusCode is a number, an empty text or null."""
    whole = items(CASCADE | {"status": "Failed", "statusCode": status_code, "terminationChannel": None})[-1]

    assert (whole.status, whole.provider_code, whole.reason) == (DeliveryStatus.FAILED, code, reason)
    assert whole.may_fall_back is may_fall_back
    assert whole.is_known_code is (status_code != 9)


def test_a_cascade_that_goes_on_has_not_ended():
    """Its tracking says Queued or InProgress meanwhile."""
    going_on = [items(CASCADE | {"status": status, "statusCode": None})[-1] for status in ("Queued", "InProgress")]

    assert [fact.status for fact in going_on] == [DeliveryStatus.QUEUED, DeliveryStatus.SENT]
    assert all(fact.is_known_code for fact in going_on)


def test_a_success_does_not_wear_its_code():
    """The code belongs to failures only."""
    assert items(CASCADE | {"statusCode": 2})[-1].provider_code == "Succeeded"


def test_a_polled_answer_and_a_callback_are_one_fact():
    """The poll says status.status and status.date where the callback says name and updatedDate."""
    pushed = one(VIBER | {"status": {"name": "DELIVERED", "updatedDate": "2024-03-02T08:00:00.1Z"}})
    polled = one(VIBER | {"status": {"status": "DELIVERED", "date": "2024-03-02T08:00:00.100Z"}})

    def event(fact):
        return report_event_id(
            ("routee", "main"),
            fact.message_id,
            part=fact.part,
            channel=fact.channel,
            said=(fact.status, fact.provider_code),
            occurred_at=fact.occurred_at,
        )

    assert event(pushed) == event(polled)


def test_a_polled_list_of_parts_and_a_polled_page_are_read():
    """The parts of an SMS come as a list, the messages of a campaign as a page."""
    part = SMS | {"status": {"status": "Delivered", "date": "2024-03-02T08:00:00Z"}}

    assert [fact.part for fact in items([part, part | {"smsId": "s-2"}])] == ["s-1", "s-2"]
    page = {"content": [VIBER | {"campaignTrackingId": "c-1", "status": {"status": "SEEN"}}, 7], "last": True}
    fact, junk = items(page, "viber/campaign-of-one")
    assert (fact.message_id, fact.root_id) == ("v-1", "c-1")
    assert isinstance(junk, RejectedItem)


def request(content=None, channel=Channel.VIBER, **members) -> SendRequest:
    usual = {"send_id": "7f-1", "recipient": "+447700900301", "sender": "x"}
    return SendRequest(**usual, channel=channel, content=content or TextContent(text="Hello"), **members)


def test_the_time_to_live_counts_seconds_on_viber_and_minutes_elsewhere():
    """The same 120 seconds are 120, 2 and 2.0."""
    then_sms = {"then_sms": {"sender": "x", "text": "x", "viber_for_s": 120}}

    assert request_of(request(validity_s=120)).body["ttl"] == 120
    assert request_of(request(validity_s=120, channel=Channel.SMS)).body["ttl"] == 2
    assert request_of(request(own=then_sms)).body["flow"][0]["ttl"] == 2.0


def test_an_image_with_words_needs_a_button():
    """It is refused with 007 otherwise, so it does not leave."""
    with pytest.raises(RequestInvalid, match="both a text and a button"):
        request_of(request(ImageContent(url="https://media.example.test/a.jpg", text="Hello")))


def test_a_file_of_a_type_that_is_not_taken_is_a_request_to_mend():
    """019 comes often in practice, for types that nobody lists."""
    refused = {"code": "400019002", "developerMessage": "Wrong type", "properties": {"errorCode": "019"}}

    with pytest.raises(RequestInvalid, match="Files of this type are not taken"):
        read_answer(HttpAnswer(status=400, headers={}, body=json.dumps(refused).encode()))


def test_the_answer_is_due_within_two_seconds():
    """What a connection has for it, when nobody says otherwise, is less."""
    assert Connection(provider="routee", name="main", tokens=["x" * 16]).ack_budget_s < 2


# What else catches people


@pytest.mark.parametrize(
    ("detail", "reason", "may_fall_back"),
    [
        pytest.param("Not Viber User", Reason.UNKNOWN_RECIPIENT, True, id="not on Viber"),
        pytest.param("not viber user", Reason.UNKNOWN_RECIPIENT, True, id="in any case"),
        pytest.param("Unsupported Equipment", Reason.UNSUPPORTED_DEVICE, True, id="an old device"),
        pytest.param("TTL Expired", Reason.TIMED_OUT, True, id="its time ran out"),
        pytest.param("Timed Out", Reason.TIMED_OUT, True, id="a node was silent"),
        pytest.param("System Failure", Reason.OPERATOR_ERROR, True, id="their network"),
        pytest.param("Opted Out", Reason.OPTED_OUT, False, id="an opt-out is respected"),
        pytest.param("Message Rejected", Reason.CONTENT_REFUSED, False, id="the content, which somebody must look at"),
        pytest.param("Something New", None, False, id="a detail that nobody knows"),
    ],
)
def test_the_detail_says_whether_another_channel_may_do_better(detail, reason, may_fall_back):
    fact = viber("UNDELIVERED", detail)

    assert (fact.description, fact.reason, fact.may_fall_back) == (detail, reason, may_fall_back)
    assert fact.is_known_code is (reason is not None)


def test_no_step_of_a_cascade_asks_for_a_fallback():
    """Routee goes on by itself; only the end of the whole may."""
    assert [fact.may_fall_back for fact in items(CASCADE)] == [False, False, False]


def test_one_bad_step_costs_none_of_the_others():
    spoilt = CASCADE | {"messages": [*CASCADE["messages"], {"type": "Sms"}, 7]}
    found = items(spoilt)

    assert [type(item).__name__ for item in found] == ["StatusFact"] * 2 + ["RejectedItem"] * 2 + ["StatusFact"]
    assert json.loads(found[2].body) == {"type": "Sms"}


def test_an_unknown_status_starts_nothing():
    fact = viber("Paused")

    assert (fact.status, fact.provider_code) == (DeliveryStatus.UNKNOWN, "Paused")
    assert not fact.is_known_code
    assert not fact.may_fall_back


def test_the_progress_of_a_campaign_is_about_no_message():
    """It comes at every fifth of the way to the same address, and must not be counted."""
    body = {"trackingId": "c-1", "name": "Spring", "totalRecipients": 500, "messageStatuses": {"Sent": 80, "x": "y"}}
    signal = one(body)

    assert isinstance(signal, SignalFact)
    assert signal.message_id is None
    assert signal.extras == {"count_sent": "80", "campaign_id": "c-1", "name": "Spring", "total": "500"}


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        pytest.param({}, InboundKind.TEXT, id="words"),
        pytest.param({"media": "https//m.example.test/in/a.PNG"}, InboundKind.IMAGE, id="an address without a colon"),
        pytest.param({"media": "https://m.example.test/a.mp4?x=1.jpg"}, InboundKind.VIDEO, id="the query has no say"),
        pytest.param({"media": "https://m.example.test/a", "filename": "b.pdf"}, InboundKind.FILE, id="a name"),
        pytest.param(
            {"media": "https://m.example.test/a", "fileName": "b.jpg"}, InboundKind.IMAGE, id="other spelling"
        ),
        pytest.param({"media": "https://m.example.test/a"}, InboundKind.UNKNOWN, id="nothing tells"),
        pytest.param({"message": None}, InboundKind.UNKNOWN, id="nothing at all"),
    ],
)
def test_the_kind_of_a_reply_is_guessed_from_the_file(members, kind):
    """No member says it."""
    fact = one(INBOUND | members)

    assert (fact.kind, fact.media_url) == (kind, members.get("media"))


def test_an_inbound_sms_has_an_id_and_no_message_it_answers():
    body = {"messageId": "in-1", "from": "447700900313", "to": "+447700900399", "message": "STOP", "parts": 1}
    fact = one(body | {"originatingService": "Sms", "direction": "Inbound", "receivedDate": "2024-01-17T13:02:08Z"})

    assert isinstance(fact, InboundFact)
    assert (fact.message_id, fact.channel, fact.author) == ("in-1", Channel.SMS, "+447700900313")
    assert fact.occurred_at == datetime(2024, 1, 17, 13, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("message", ["", None], ids=["empty", "null"])
def test_an_empty_sms_is_a_text(message):
    fact = one(
        {"messageId": "in-1", "from": "447700900313", "to": "+447700900399", "message": message, "receivedDate": "x"}
    )

    assert (fact.kind, fact.text, fact.channel) == (InboundKind.TEXT, message, Channel.SMS)


def test_only_a_campaign_of_one_stands_under_its_own_id():
    """A campaign of many would be one attempt otherwise; the address that we gave with the send tells which it is."""
    body = VIBER | {"campaignTrackingId": "c-1", "label": "x", "status": {"name": "SEEN"}}

    assert one(body).root_id is None
    assert (one(body).external_id, one(body, "viber/delivery").external_id) == ("x", "x")
    assert one(body, "viber/campaign").root_id is None
    assert one(body, "viber/send/campaign-of-one").root_id is None
    ours = one(body, "viber/campaign-of-one/send/7f-1")
    assert (ours.root_id, ours.message_id, ours.external_id) == ("c-1", "v-1", "7f-1")
    reply = one(INBOUND | {"campaignTrackingId": "c-1"}, "viber/campaign-of-one/send/7f-1")
    assert (reply.reply_to, reply.extras["reference_id"]) == ("c-1", "v-1")
    assert reply.extras["external_id"] == "7f-1"


@pytest.mark.parametrize(
    ("label", "external_id"),
    [
        pytest.param("order-1", "order-1", id="an id of ours"),
        pytest.param("null", None, id="the word null"),
        pytest.param("x" * 201, None, id="a text that is no id: cut it would be another"),
        pytest.param(7, "7", id="a number"),
    ],
)
def test_a_label_is_our_own_id(label, external_id):
    assert viber("SEEN", label=label).external_id == external_id


@pytest.mark.parametrize("fraction", ["", ".4", ".44", ".444", ".4444444"])
def test_times_have_any_number_of_digits(fraction):
    fact = one(VIBER | {"status": {"name": "SEEN", "updatedDate": f"2019-07-05T10:28:44{fraction}Z"}})

    assert fact.occurred_at.replace(microsecond=0) == datetime(2019, 7, 5, 10, 28, 44, tzinfo=UTC)
