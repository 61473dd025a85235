import json

import pytest

from contracts.vocabulary import Channel, InboundKind
from providers._kit.conformance import raw_callback
from providers._kit.facts import InboundFact, RejectedItem, StatusFact
from providers.telesign import PROVIDER
from providers.telesign.normaliser import normalise

URL = "https://media.example.test/1"
OURS = {"reference_id": "R1", "status": {"code": 1500, "description": "Delivered"}}


def only(members, hint=""):
    [item] = normalise(raw_callback(PROVIDER, json.dumps({**OURS, **members}).encode(), hint=hint))
    return item


@pytest.mark.parametrize(
    ("members", "is_inbound"),
    [
        pytest.param({}, True, id="code 1500 says delivered, and to us"),
        pytest.param({"status": {"code": "1500"}}, True, id="the code as text"),
        pytest.param({"status": {"code": 200}, "sub_resource": "mo_sms"}, True, id="the service of replies"),
        pytest.param({"status": {"code": 3000}}, False, id="a delivery report"),
        pytest.param({"status": {"code": 3000}, "sub_resource": "sms"}, False, id="of the SMS service"),
        pytest.param({"status": {"code": 3000}, "content": {"text": "hi"}}, False, id="whatever else is in it"),
    ],
)
def test_what_is_a_persons_message(members, is_inbound):
    item = only(members)

    assert isinstance(item, InboundFact if is_inbound else StatusFact)


@pytest.mark.parametrize(
    ("members", "hint", "channel"),
    [
        pytest.param({"channel": "viber"}, "", Channel.VIBER, id="named"),
        pytest.param({"sub_resource": "mo_rcs"}, "", Channel.RCS, id="the service"),
        pytest.param({"sub_resource": "mo_viber_bot"}, "", None, id="a service that ends otherwise"),
        pytest.param({}, "viber/inbound", Channel.VIBER, id="our own URL, where the body is silent"),
        pytest.param({"channel": "sms"}, "viber", Channel.SMS, id="the body before the URL"),
        pytest.param({"user_response": {"mo_message": "yes"}}, "", Channel.SMS, id="a user's response is of SMS"),
        pytest.param({"user_response": {}}, "mms/inbound", Channel.MMS, id="unless our URL says otherwise"),
        pytest.param({}, "inbound", None, id="nothing"),
    ],
)
def test_the_channel(members, hint, channel):
    assert only(members, hint).channel is channel


@pytest.mark.parametrize(
    ("content", "kind", "media_url"),
    [
        pytest.param({"text": "hi"}, InboundKind.TEXT, None, id="text"),
        pytest.param("hi", InboundKind.TEXT, None, id="bare text"),
        pytest.param(
            {"media": "https://x.test/1", "file_name": "a.JPG"}, InboundKind.IMAGE, "https://x.test/1", id="Viber image"
        ),
        pytest.param({"media": "https://x.test/a.mp4"}, InboundKind.VIDEO, "https://x.test/a.mp4", id="Viber video"),
        pytest.param({"media": "https://x.test/a.pdf"}, InboundKind.FILE, "https://x.test/a.pdf", id="Viber file"),
        pytest.param(
            {"type": "document", "content": {"url": "https://x.test/2"}},
            InboundKind.FILE,
            "https://x.test/2",
            id="WhatsApp file",
        ),
        pytest.param({"type": "location", "content": {"latitude": 1}}, InboundKind.LOCATION, None, id="WhatsApp place"),
        pytest.param({"type": "text", "content": {"body": "hi"}}, InboundKind.TEXT, None, id="WhatsApp text"),
        pytest.param({"type": "unsupported"}, InboundKind.UNKNOWN, None, id="WhatsApp, something else"),
        pytest.param(
            {"file": {"payload": {"uri": URL, "mime_type": "audio/ogg"}}},
            InboundKind.AUDIO,
            URL,
            id="RCS audio",
        ),
        pytest.param({"location": {"latitude": 1, "longitude": 2}}, InboundKind.LOCATION, None, id="RCS place"),
        pytest.param({"end_user_action": {"text": "yes"}}, InboundKind.TEXT, None, id="RCS button"),
        pytest.param({"url_image_1": URL}, InboundKind.IMAGE, URL, id="MMS image"),
        pytest.param({"text_1": "hi"}, InboundKind.TEXT, None, id="MMS text"),
        pytest.param({}, InboundKind.UNKNOWN, None, id="nothing"),
        pytest.param([1], InboundKind.UNKNOWN, None, id="a list"),
        pytest.param({"file": [], "content": 7, "end_user_action": "x"}, InboundKind.UNKNOWN, None, id="wrong types"),
    ],
)
def test_what_was_sent(content, kind, media_url):
    fact = only({"content": content})

    assert (fact.kind, fact.media_url) == (kind, media_url)


@pytest.mark.parametrize(
    ("members", "author", "author_id", "addressee"),
    [
        pytest.param({"phone_number": "15555550113"}, "+15555550113", None, None, id="a number"),
        pytest.param({"email": "kim@example.test"}, None, "kim@example.test", None, id="an address is no number"),
        pytest.param(
            {"user_response": {"phone_number": 15555550113, "sender_id": "15555550199"}},
            "+15555550113",
            None,
            "+15555550199",
            id="an SMS",
        ),
        pytest.param({"rcs_sender_id": "ExampleBot"}, None, None, "ExampleBot", id="an RCS agent"),
        pytest.param({"waba_phone_number": "447700900501"}, None, None, "+447700900501", id="a WhatsApp business"),
        pytest.param({"user_response": {"sender_id": "4442"}}, None, None, "4442", id="a short code is no number"),
    ],
)
def test_who_wrote_to_whom(members, author, author_id, addressee):
    fact = only(members)

    assert (fact.author, fact.author_id, fact.addressee) == (author, author_id, addressee)


def test_the_text_of_a_person_is_kept_as_it_is():
    assert only({"content": {"text": " STOP\n"}}).text == " STOP\n"


@pytest.mark.parametrize("members", [{"content": {"text": ""}}, {"user_response": {"mo_message": ""}}])
def test_an_empty_text_is_told_from_none(members):
    fact = only(members)

    assert (fact.kind, fact.text) == (InboundKind.UNKNOWN, "")
    assert only({}).text is None


def test_a_reply_names_what_it_answers_and_what_it_sets_off():
    action = {"text": "stop", "action": "STOP", "keyword": "stop", "original_reference_id": "R0"}

    fact = only({"content": {"end_user_action": action, "tracking_data": "t-1"}})

    assert fact.reply_to == "R0"
    assert fact.extras == {"action": "STOP", "keyword": "stop", "tracking": "t-1"}


def test_a_message_whose_id_cannot_be_kept_is_put_aside():
    item = only({"reference_id": "x" * 201})

    assert isinstance(item, RejectedItem)
    assert item.reason == "inbound: reference_id is longer than 200 characters"
