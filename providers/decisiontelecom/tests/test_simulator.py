"""What the simulated provider says beyond what every provider is held to."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall
from providers._kit.memory_desk import MemoryDesk
from providers._kit.script import Reply, Script, Step
from providers.decisiontelecom.simulated_api import serve
from providers.decisiontelecom.simulator import answer, simulate

S = DeliveryStatus
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = "Basic bWFkZS11cC1rZXk="


def script(*path: tuple[DeliveryStatus, Channel], number: int = 0, **members) -> Script:
    steps = tuple(
        Step(status, START + timedelta(seconds=place), channel) for place, (status, channel) in enumerate(path)
    )
    return Script(number, 7, "+447700900123", "ExampleShop", START, steps, **members)


def test_a_script_with_an_id_and_a_name_is_played_under_them(own):
    (callback,) = simulate(script((S.DELIVERED, Channel.VIBER), root_id="429", external_id="7f1c-22"), own)

    assert (callback.root_id, callback.hint) == ("429", "viber/7f1c-22")


def test_a_seen_message_is_told_as_one(own):
    kinds = [one.kind for one in simulate(script((S.DELIVERED, Channel.VIBER), (S.SEEN, Channel.VIBER)), own)]

    assert kinds == ["delivery", "seen"]


def test_every_spelling_is_played(own):
    scripts = [script((S.SENT, Channel.VIBER), number=number, root_id="429") for number in range(100)]
    bodies = {one.body for one in (simulate(each, own)[0] for each in scripts)}

    assert bodies == {
        b'{"message_id":429,"status":0}',
        b'{"message_id":429,"status":0,}',
        b'{"message_id":"429","status":"0"}',
        b'{"message_id":"429","status":"0",}',
        b"message_id=429&status=0",
    }


def test_a_channel_that_the_provider_does_not_have_is_not_played(own):
    with pytest.raises(ConfigurationInvalid, match="whatsapp"):
        simulate(script((S.SENT, Channel.WHATSAPP)), own)


def test_nobody_replies_by_sms(own):
    with pytest.raises(ConfigurationInvalid, match="sms"):
        answer(Reply(0, 7, "+447700900123", "ExampleShop", "yes", START, Channel.SMS), own)


def call(path: str, body: bytes = b"{}", *, method: str = "POST", key: str = KEY, query: str = "") -> ApiCall:
    return ApiCall(method=method, path=path, query=query, headers={"authorization": key}, body=body)


VIBER = b'{"source_addr":"S","destination_addr":"447700900123","message_type":106,"text":"x","source_type":2'


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        pytest.param(call("/v1/api/send-viber", key="Basic x"), 401, b'"code": 0, "status": 401', id="a wrong key"),
        pytest.param(call("/v1/api/other"), 404, b'"status": 404', id="no such address"),
        pytest.param(call("/v1/api/send-viber", method="GET"), 404, b'"status": 404', id="a wrong method"),
        pytest.param(call("/v1/api/send-viber"), 200, b"Invalid Parameter: message_type", id="no type"),
        pytest.param(call("/v1/api/send-viber", b"["), 200, b"Invalid Parameter: body", id="no JSON"),
        pytest.param(
            call("/v1/api/send-viber", VIBER.replace(b"106", b"108") + b"}"),
            200,
            b": image",
            id="a type without its image",
        ),
        pytest.param(
            call("/v1/api/send-viber", VIBER + b',"validity_period":39}'),
            200,
            b": validity_period",
            id="too short a life",
        ),
        pytest.param(
            call("/v1/api/send-viber", VIBER.replace(b'"source_type":2', b'"source_type":1') + b',"text_sms":"x"}'),
            200,
            b": text_sms",
            id="a promotion with an SMS",
        ),
        pytest.param(
            call("/v1/api/send-viber", VIBER.replace(b"447700900123", b"+447700900123") + b"}"),
            200,
            b": destination_addr",
            id="a plus",
        ),
        pytest.param(
            call("/v1/api/send-viber", b'{"message_type":[],"source_type":{}}'),
            200,
            b": message_type",
            id="odd members",
        ),
        pytest.param(call("/v1/api/send-sms", b'{"phone":"447700900123"}'), 200, b": sender", id="an SMS of nobody"),
        pytest.param(call("/v1/api/receive-viber", b'{"message_id":1}'), 200, b": message_id", id="an unknown id"),
        pytest.param(
            call("/v1/api/status", method="GET", query="message_id=1"), 200, b": message_id", id="an unknown SMS"
        ),
    ],
)
def test_the_simulated_api_refuses_as_the_real_one(own, asked, status, says):
    desk = MemoryDesk()
    reply = serve(asked, desk, own)

    assert reply.status == status
    assert says in reply.body
    assert not desk.orders()
