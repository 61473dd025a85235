import base64
import json
from urllib.parse import urlencode

import pytest

from providers._kit.desk import ApiCall
from providers._kit.memory_desk import MemoryDesk
from providers.telesign import PROVIDER
from providers.telesign.settings import TelesignSettings
from providers.telesign.simulated_api import refuse, serve

SETTINGS = TelesignSettings.model_validate({"customer_id": "c-1", "api_keys": ["ZXhhbXBsZQ==", "c2Vjb25k"]})
VIBER = {"template": "text", "parameters": {"text": "Hello"}}
MESSAGE = {
    "channels": [{"channel": "viber"}],
    "recipient": {"phone_number": "447700900123"},
    "message": {"viber": VIBER},
    "message_type": "ARN",
    "external_id": "s-1",
}
SMS = {"phone_number": "447700900123", "message": "Hello", "message_type": "ARN", "external_id": "s-1"}


def basic(pair="c-1:ZXhhbXBsZQ=="):
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def call(path, body=b"", method="POST", **headers):
    kind = "application/json" if path.startswith("/v1/omnichannel") else "application/x-www-form-urlencoded"
    told = {"authorization": basic(), "content-type": kind} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    return ApiCall(method=method, path=path, query="", headers={n: t for n, t in told.items() if t}, body=body)


def said(reply):
    return reply.status, json.loads(reply.body)["status"]["code"]


def omnichannel(changes=(), *, without=(), desk=None):
    body = {name: value for name, value in (MESSAGE | dict(changes)).items() if name not in without}
    return serve(call("/v1/omnichannel", json.dumps(body).encode()), desk or MemoryDesk(), SETTINGS)


def messaging(changes=(), *, without=()):
    form = {name: value for name, value in (SMS | dict(changes)).items() if name not in without}
    return serve(call("/v1/messaging", urlencode(form).encode()), MemoryDesk(), SETTINGS)


def test_a_message_is_taken():
    desk = MemoryDesk()

    reply = json.loads(omnichannel(desk=desk).body)

    [order] = desk.orders()
    assert reply == {
        "reference_id": order.root_id,
        "external_id": "s-1",
        "status": {"code": 3001, "description": "Message in progress"},
    }


def test_an_sms_is_taken():
    assert said(messaging()) == (200, 290)


def test_the_older_place_of_the_number_is_read():
    assert said(omnichannel({"phone_number": "447700900123"}, without={"recipient"})) == (200, 3001)


def two(channel):
    return [{"channel": "viber"}, {"channel": channel}]


@pytest.mark.parametrize(
    ("changes", "without", "code"),
    [
        pytest.param({}, {"channels"}, 3300, id="no channels"),
        pytest.param({"channels": [{}]}, (), 3301, id="a channel without a name"),
        pytest.param({"channels": [7]}, (), 3113, id="a channel that is none"),
        pytest.param({"channels": two("viber")}, (), 3113, id="the same channel twice"),
        pytest.param({"channels": two("fax")}, (), 3100, id="fax"),
        pytest.param({"channels": two("sms")}, (), 3306, id="no message for a channel"),
        pytest.param({"channels": [{"channel": "viber", "fallback_time": 29}]}, (), 3110, id="falls back too soon"),
        pytest.param({"channels": [{"channel": "viber", "fallback_time": 3601}]}, (), 3110, id="falls back too late"),
        pytest.param({}, {"recipient"}, 3302, id="no number"),
        pytest.param({"recipient": {"phone_number": "+447700900123"}}, (), 3101, id="a number with a plus"),
        pytest.param({}, {"message"}, 3303, id="no message"),
        pytest.param({"message": {"viber": {"template": "news", "parameters": {}}}}, (), 3112, id="no such template"),
        pytest.param({"message": {"viber": {"template": "text", "parameters": {}}}}, (), 3305, id="no text"),
        pytest.param({"message": {"viber": {"template": "text"}}}, (), 3305, id="no parameters"),
        pytest.param({}, {"message_type"}, 3304, id="no kind of traffic"),
        pytest.param({"message_type": "ADS"}, (), 3102, id="no such kind of traffic"),
        pytest.param({"message_type": "OTP"}, (), 3110, id="a password without its template"),
        pytest.param({"external_id": "x" * 101}, (), 3103, id="an id of 101"),
        pytest.param({"external_id": "ключ"}, (), 3103, id="an id that is not ASCII"),
        pytest.param({"callback_url": ""}, (), 3106, id="callbacks to nowhere"),
        pytest.param({"account_lifecycle_event": "rest"}, (), 3104, id="no such event"),
        pytest.param({"message": {"viber": VIBER | {"more": "x" * 10_240}}}, (), 3116, id="above 10 KB"),
    ],
)
def test_messaging_refuses(changes, without, code):
    assert said(omnichannel(changes, without=without)) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"], ids=repr)
def test_messaging_refuses_what_is_no_object(body):
    assert said(serve(call("/v1/omnichannel", body), MemoryDesk(), SETTINGS)) == (400, 3110)


@pytest.mark.parametrize(
    ("changes", "without", "code"),
    [
        pytest.param({}, {"phone_number"}, 12000, id="no number"),
        pytest.param({}, {"message"}, 12009, id="no text"),
        pytest.param({}, {"message_type"}, 12017, id="no kind of traffic"),
        pytest.param({"phone_number": "+447700900123"}, (), 11000, id="a number with a plus"),
        pytest.param({"message": "x" * 1601}, (), 11009, id="a text of 1601"),
        pytest.param({"message_type": "ADS"}, (), 11017, id="no such kind of traffic"),
        pytest.param({"external_id": "x" * 101}, (), 11016, id="an id of 101"),
        pytest.param({"sender_id": "x" * 21}, (), 11013, id="a sender of 21"),
        pytest.param({"account_lifecycle_event": "rest"}, (), 11003, id="no such event"),
    ],
)
def test_the_sms_interface_refuses(changes, without, code):
    assert said(messaging(changes, without=without)) == (400, code)


def test_the_sms_interface_reads_forms_and_no_json():
    json_call = call("/v1/messaging", json.dumps(SMS).encode(), content_type="application/json")

    assert said(serve(json_call, MemoryDesk(), SETTINGS)) == (400, 12000)


@pytest.mark.parametrize(
    ("authorization", "codes"),
    [
        pytest.param("", (3405, 10009), id="none"),
        pytest.param("Bearer x", (3412, 10028), id="another scheme"),
        pytest.param("Basic !", (3412, 10028), id="not base64"),
        pytest.param(basic("c-1:c3RyYW5nZXI="), (3411, 10022), id="another key"),
        pytest.param(basic("c-2:ZXhhbXBsZQ=="), (3411, 10022), id="another account"),
    ],
)
def test_who_is_not_let_in(authorization, codes):
    replies = [
        serve(call(path, authorization=authorization), MemoryDesk(), SETTINGS)
        for path in ("/v1/omnichannel", "/v1/messaging")
    ]

    assert [said(reply) for reply in replies] == [(401, code) for code in codes]


def test_both_live_keys_are_let_in():
    body = json.dumps(MESSAGE).encode()

    assert said(serve(call("/v1/omnichannel", body, authorization=basic("c-1:c2Vjb25k")), MemoryDesk(), SETTINGS)) == (
        200,
        3001,
    )


def test_each_interface_knows_its_own_messages():
    desk = MemoryDesk()
    root_id = json.loads(omnichannel(desk=desk).body)["reference_id"]
    desk.let_pass(60)

    replies = [
        serve(call(f"{api}/{root_id}", method="GET"), desk, SETTINGS) for api in ("/v1/omnichannel", "/v1/messaging")
    ]

    assert [said(reply) for reply in replies] == [(200, 3000), (404, 10017)]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/v1/other", "POST", 404), ("/v1/omnichannel", "GET", 405), ("/v1/messaging/T1", "POST", 405)],
)
def test_other_doors_are_shut(path, method, status):
    assert serve(call(path, method=method), MemoryDesk(), SETTINGS).status == status


@pytest.mark.parametrize(("status", "code"), [(429, 3204), (500, 10000), (503, 3500)])
def test_how_it_says_not_now(status, code):
    assert said(refuse(status)) == (status, code)


def test_callbacks_are_sent_three_times_in_all():
    assert PROVIDER.retries_s == (10.0, 30.0)
