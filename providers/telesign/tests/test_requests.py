import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from contracts.errors import RequestInvalid
from contracts.sends import (
    Button,
    CarouselContent,
    ImageContent,
    LocationContent,
    SendRequest,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from contracts.vocabulary import Channel
from providers.telesign.requests import MESSAGING, OMNICHANNEL, credentials_of, request_of
from providers.telesign.settings import TelesignSettings

CUSTOMER = {"customer_id": "c-1", "api_keys": ["ZXhhbXBsZQ==", "c2Vjb25k"]}
TEXT = TextContent(text="Hello")
BUTTON = Button(caption="See", url="https://shop.example/1")
PICTURE, FILM, STILL = "https://cdn.example/a.jpg", "https://cdn.example/a.mp4", "https://cdn.example/a-still.jpg"
PASSWORD = TemplateContent(template_id="otp_verify", values={"otp_code": "1234"})


def settings(**members):
    return TelesignSettings.model_validate(CUSTOMER | members)


def request(content=TEXT, channel=Channel.VIBER, **members):
    told = {"send_id": "s-1", "recipient": "+447700900123", "sender": "ExampleShop"} | members
    return SendRequest(channel=channel, content=content, **told)


def sms(text="Hello", **members):
    return request(TextContent(text=text), Channel.SMS, **members)


def json_of(outgoing):
    return json.loads(outgoing.body)


def form_of(outgoing):
    return dict(parse_qsl(outgoing.body.decode(), strict_parsing=True))


def test_a_viber_text_is_exactly_this():
    outgoing = request_of(request(), settings())

    assert outgoing == (
        OMNICHANNEL,
        "application/json",
        (
            b'{"channels":[{"channel":"viber"}],"recipient":{"phone_number":"447700900123"},'
            b'"message":{"viber":{"template":"text","parameters":{"text":"Hello"}}},'
            b'"external_id":"s-1","sender_id":"ExampleShop","message_type":"ARN"}'
        ),
    )


def test_an_sms_is_exactly_this():
    outgoing = request_of(sms("Grüße & 100 %"), settings())

    assert outgoing == (
        MESSAGING,
        "application/x-www-form-urlencoded",
        (
            b"phone_number=447700900123&message=Gr%C3%BC%C3%9Fe+%26+100+%25"
            b"&external_id=s-1&sender_id=ExampleShop&message_type=ARN"
        ),
    )


def test_credentials_are_basic_and_the_first_key_as_text():
    assert credentials_of(settings()) == "Basic Yy0xOlpYaGhiWEJzWlE9PQ=="


@pytest.mark.parametrize(
    ("members", "template", "parameters"),
    [
        pytest.param({"content": TEXT}, "text", {"text": "Hello"}, id="text"),
        pytest.param({"content": TEXT, "is_session": True}, "text_session", {"text": "Hello"}, id="text in a session"),
        pytest.param(
            {"content": TextContent(text="Hello", button=BUTTON)},
            "url_action",
            {"text": "Hello", "url": BUTTON.url, "url_text": "See", "url_id": "s-1"},
            id="text with a button",
        ),
        pytest.param({"content": ImageContent(url=PICTURE)}, "image", {"url": PICTURE}, id="picture"),
        pytest.param(
            {"content": ImageContent(url=PICTURE), "is_session": True},
            "image_session",
            {"url": PICTURE},
            id="picture in a session",
        ),
        pytest.param({"content": VideoContent(url=FILM)}, "video", {"url": FILM}, id="film"),
        pytest.param(
            {"content": VideoContent(url=FILM, thumbnail_url=STILL, text="Look")},
            "text_video",
            {"url": FILM, "url_thumbnail": STILL, "text": "Look"},
            id="film with words",
        ),
        pytest.param(
            {"content": VideoContent(url=FILM, thumbnail_url=STILL, text="Look", button=BUTTON)},
            "url_action_video",
            {"url": FILM, "url_thumbnail": STILL, "text": "Look", "button_text": "See", "open_url": BUTTON.url},
            id="film with words and a button",
        ),
        pytest.param({"content": PASSWORD}, "otp_verify", {"otp_code": "1234"}, id="one-time password"),
        pytest.param(
            {"content": TemplateContent(template_id="otp_verify", language="uk", values={"otp_code": "1234"})},
            "otp_verify",
            {"otp_code": "1234", "language": "uk"},
            id="one-time password in a language",
        ),
        pytest.param(
            {"content": TEXT, "is_session": True, "reply_id": "r-7"},
            "text_session",
            {"text": "Hello", "reply_id": "r-7"},
            id="what comes back in replies",
        ),
    ],
)
def test_the_template_for_a_content_on_viber(members, template, parameters):
    body = json_of(request_of(request(**members), settings()))

    assert body["message"] == {"viber": {"template": template, "parameters": parameters}}


@pytest.mark.parametrize(
    ("send", "connection", "told"),
    [
        pytest.param(request(), {}, "ARN", id="the connection's, which is notifications"),
        pytest.param(request(), {"message_type": "MKT"}, "MKT", id="the connection's"),
        pytest.param(request(own={"message_type": "MKT"}), {}, "MKT", id="the send's"),
        pytest.param(request(PASSWORD), {}, "OTP", id="a one-time password says it by itself"),
    ],
)
def test_the_kind_of_traffic(send, connection, told):
    assert json_of(request_of(send, settings(**connection)))["message_type"] == told


def test_the_kind_of_traffic_of_an_sms():
    assert form_of(request_of(sms(own={"message_type": "OTP"}), settings()))["message_type"] == "OTP"


@pytest.mark.parametrize(
    ("own", "connection", "path"),
    [
        pytest.param({}, {}, MESSAGING, id="its own interface"),
        pytest.param({}, {"sms_api": "omnichannel"}, OMNICHANNEL, id="as the connection says"),
        pytest.param({"sms_api": "omnichannel"}, {}, OMNICHANNEL, id="as the send says"),
        pytest.param({"sms_api": "messaging"}, {"sms_api": "omnichannel"}, MESSAGING, id="the send before it"),
        pytest.param(
            {"then": [{"channel": "viber", "parameters": {"text": "Hello"}}]}, {}, OMNICHANNEL, id="a cascade needs it"
        ),
    ],
)
def test_by_which_interface_an_sms_goes(own, connection, path):
    assert request_of(sms(own=own), settings(**connection)).path == path


def test_an_sms_through_messaging():
    body = json_of(request_of(sms(own={"sms_api": "omnichannel"}), settings()))

    assert body["channels"] == [{"channel": "sms"}]
    assert body["message"] == {"sms": {"template": "text", "parameters": {"text": "Hello"}}}


def test_one_channel_unless_the_cascade_is_asked_for():
    own = {
        "fallback_time_s": 60,
        "then": [{"channel": "sms", "parameters": {"text": "Hello by SMS"}, "fallback_time_s": 3600}],
    }

    body = json_of(request_of(request(own=own), settings()))

    assert body["channels"] == [{"channel": "viber", "fallback_time": 60}, {"channel": "sms", "fallback_time": 3600}]
    assert list(body["message"]) == ["viber", "sms"]
    assert body["message"]["sms"] == {"template": "text", "parameters": {"text": "Hello by SMS"}}


def test_options_of_both_interfaces():
    own = {"account_lifecycle_event": "sign-in", "originating_ip": "192.0.2.7"}

    for outgoing in (json_of(request_of(request(own=own), settings())), form_of(request_of(sms(own=own), settings()))):
        assert {name: outgoing[name] for name in own} == own


def test_options_of_the_sms_interface():
    own = {"is_primary": False, "dlt_template_id": "t-1", "dlt_entity_id": "e-1"}

    form = form_of(request_of(sms(own=own), settings()))

    assert (form["is_primary"], form["dlt_template_id"], form["dlt_entity_id"]) == ("false", "t-1", "e-1")


def test_callbacks_go_where_the_send_says():
    base = "https://hooks.example/callbacks/telesign/main"

    assert json_of(request_of(request(callback_base_url=base), settings()))["callback_url"] == f"{base}/delivery"
    assert form_of(request_of(sms(callback_base_url=f"{base}/"), settings()))["callback_url"] == f"{base}/delivery"


def test_a_simulator_calls_back_anywhere():
    private = settings(may_call_private_addresses=True)

    body = json_of(request_of(request(callback_base_url="http://127.0.0.1:8080/callbacks/telesign/main"), private))

    assert body["callback_url"] == "http://127.0.0.1:8080/callbacks/telesign/main/delivery"


def test_without_a_sender_the_account_decides():
    assert "sender_id" not in json_of(request_of(request(sender=""), settings()))


def test_half_a_character_does_not_stop_the_send():
    assert form_of(request_of(sms("a\ud83d"), settings()))["message"] == "a?"
    assert json_of(request_of(request(TextContent(text="a\ud83d")), settings()))["message"]["viber"]["parameters"] == {
        "text": "a?"
    }


@pytest.mark.parametrize(
    ("send", "names"),
    [
        pytest.param(request(channel=Channel.WHATSAPP), "channel: ", id="another channel"),
        pytest.param(request(recipient="447700900123"), "recipient: ", id="a number without its plus"),
        pytest.param(request(recipient="+44 7700 900123"), "recipient: ", id="a number with spaces"),
        pytest.param(request(send_id="x" * 101), "send_id: ", id="an id of 101"),
        pytest.param(request(send_id="ключ"), "send_id: ", id="an id that is not ASCII"),
        pytest.param(request(send_id=""), "send_id: ", id="no id"),
        pytest.param(request(validity_s=600), "validity_s: ", id="a validity that the provider cannot keep"),
        pytest.param(request(scheduled_at=datetime(2026, 1, 1, tzinfo=UTC)), "scheduled_at: ", id="later"),
        pytest.param(request(TextContent(text=" ")), "content.text: ", id="no words"),
        pytest.param(request(ImageContent(url="")), "content.url: ", id="no picture"),
        pytest.param(request(ImageContent(url=PICTURE, text="Look")), "content: ", id="a picture with words"),
        pytest.param(request(ImageContent(url=PICTURE, button=BUTTON)), "content: ", id="a picture with a button"),
        pytest.param(request(VideoContent(url=FILM, text="Look")), "content.thumbnail_url: ", id="words, no still"),
        pytest.param(request(VideoContent(url=FILM, button=BUTTON)), "content.text: ", id="a film's button, no words"),
        pytest.param(request(VideoContent(url=FILM), is_session=True), "is_session: ", id="a film in a session"),
        pytest.param(
            request(TextContent(text="Hello", button=BUTTON), is_session=True),
            "is_session: ",
            id="a session button",
        ),
        pytest.param(request(TemplateContent(template_id="news")), "content.template_id: ", id="another template"),
        pytest.param(request(TemplateContent(template_id="otp_verify")), "content.values: ", id="no password"),
        pytest.param(
            request(TemplateContent(template_id="otp_verify", language="English", values={"otp_code": "1"})),
            "content.language: ",
            id="a language in words",
        ),
        pytest.param(request(LocationContent(latitude=1, longitude=2)), "content.kind: ", id="a place"),
        pytest.param(request(UrlContent(url=PICTURE)), "content.kind: ", id="an address"),
        pytest.param(request(CarouselContent(text="a", cards=())), "content.kind: ", id="a carousel"),
        pytest.param(request(own={"message_type": "OTP"}), "own.message_type: ", id="OTP without its template"),
        pytest.param(request(PASSWORD, own={"message_type": "MKT"}), "own.message_type: ", id="its template, no OTP"),
        pytest.param(request(own={"message_type": "ADS"}), "own.message_type: ", id="no such kind of traffic"),
        pytest.param(request(own={"fallback_time_s": 29}), "own.fallback_time_s: ", id="falls back too soon"),
        pytest.param(request(own={"fallback_time_s": 3601}), "own.fallback_time_s: ", id="falls back too late"),
        pytest.param(request(own={"fallback": 60}), "own.fallback: ", id="an option nobody knows"),
        pytest.param(
            request(own={"then": [{"channel": "viber", "parameters": {}}]}), "own.then: ", id="the same channel twice"
        ),
        pytest.param(request(own={"then": [{"channel": "fax", "parameters": {}}]}), "own.then.0.channel: ", id="fax"),
        pytest.param(request(own={"is_primary": True}), "own.is_primary: ", id="an option of the SMS interface"),
        pytest.param(sms(own={"fallback_time_s": 60}), "own.fallback_time_s: ", id="a cascade's option on SMS alone"),
        pytest.param(
            sms(own={"sms_api": "messaging", "then": [{"channel": "viber", "parameters": {"text": "a"}}]}),
            "own.then: ",
            id="a cascade by the SMS interface",
        ),
        pytest.param(sms(own={"dlt_entity_id": "x" * 41}), "own.dlt_entity_id: ", id="a DLT id of 41"),
        pytest.param(sms("x" * 1601), "content.text: ", id="an SMS of 1601"),
        pytest.param(sms(""), "content.text: ", id="an SMS of nothing"),
        pytest.param(sms(sender="x" * 21), "sender: ", id="a sender of 21"),
        pytest.param(sms(is_session=True), "is_session: ", id="an SMS session"),
        pytest.param(request(ImageContent(url=PICTURE), Channel.SMS), "content: ", id="a picture by SMS"),
        pytest.param(request(TextContent(text="Hello", button=BUTTON), Channel.SMS), "content: ", id="a button by SMS"),
        pytest.param(request(callback_base_url="http://hooks.example/a"), "callback_base_url: ", id="not https"),
        pytest.param(request(callback_base_url="https://hooks.example:8443/a"), "callback_base_url: ", id="not 443"),
        pytest.param(request(callback_base_url="https://hooks.example:x/a"), "callback_base_url: ", id="no port"),
    ],
)
def test_what_breaks_a_rule_is_named(send, names):
    with pytest.raises(RequestInvalid) as raised:
        request_of(send, settings())

    assert str(raised.value).startswith(names)


def test_the_limits_themselves_are_allowed():
    form_of(request_of(sms("x" * 1600, send_id="s" * 100, sender="x" * 20), settings()))
    json_of(request_of(request(own={"fallback_time_s": 30}), settings()))
    json_of(request_of(request(own={"fallback_time_s": 3600}), settings()))


@pytest.mark.parametrize("text", ["x", "ё"], ids=["ASCII", "two bytes each"])
def test_ten_kilobytes_are_the_most(text):
    overhead = len(request_of(request(TextContent(text=text)), settings()).body) - len(text.encode())
    fitting = (10_240 - overhead) // len(text.encode())

    assert len(request_of(request(TextContent(text=text * fitting)), settings()).body) <= 10_240
    with pytest.raises(RequestInvalid, match="10 KB"):
        request_of(request(TextContent(text=text * (fitting + 1))), settings())


def test_wrong_options_are_named_without_their_values():
    with pytest.raises(RequestInvalid) as raised:
        request_of(request(own={"originating_ip": "not-an-address-447700900123"}), settings())

    assert "447700900123" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://rest.example", "https://rest.example/", "https://user@rest.example", "https://rest.example?x=1", "rest"],
)
def test_a_base_url_is_an_address_without_a_slash_at_its_end(url):
    with pytest.raises(ValueError, match="base_url"):
        settings(base_url=url)
