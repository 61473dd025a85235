import json
from datetime import timedelta

import pytest

from contracts.errors import CredentialsRefused, ProviderThrottled, ProviderUnavailable
from contracts.sends import SendRequest, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope
from providers._kit.asking import SilentAttempt
from providers._kit.memory_desk import START
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.script import Step
from providers._kit.sending import HttpAnswer
from providers.telesign import PROVIDER
from providers.telesign.look_up import NOT_KNOWN, PATIENCE
from providers.telesign.settings import TelesignSettings

S = DeliveryStatus
CUSTOMER = {"customer_id": "c-1", "api_keys": ["ZXhhbXBsZQ=="]}
HOUR = 3600.0


def rehearsal(write=None, **members):
    settings = TelesignSettings.model_validate(CUSTOMER | members)
    return Rehearsal(PROVIDER, settings, write) if write else Rehearsal(PROVIDER, settings)


async def sent(play, channel=Channel.VIBER, **members):
    content = TextContent(text="Hello")
    request = SendRequest(
        send_id="s-1", channel=channel, recipient="+447700900123", sender="ExampleShop", content=content, **members
    )
    return (await play.sender().send(request)).root_id


def silent(root_id, channel=None):
    return [SilentAttempt(root_id=root_id, sent_at=START, channel=channel)]


def paths(play):
    return [
        url.removeprefix("https://rest-ww.telesign.com") for method, url, *_ in play.outbound.calls if method == "GET"
    ]


def answer(code, http_status, **members):
    body = {"status": {"code": code, "description": "Said"}, **members}
    return HttpAnswer(status=http_status, headers={}, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("channel", "sms_api", "asked", "resources"),
    [
        pytest.param(Channel.VIBER, "messaging", Channel.VIBER, ["omnichannel"], id="Viber"),
        pytest.param(Channel.SMS, "messaging", Channel.SMS, ["messaging"], id="an SMS of its interface"),
        pytest.param(Channel.SMS, "omnichannel", Channel.SMS, ["omnichannel"], id="an SMS through Messaging"),
        pytest.param(Channel.VIBER, "messaging", None, ["messaging", "omnichannel"], id="nobody knows how it went"),
        pytest.param(Channel.SMS, "omnichannel", None, ["omnichannel"], id="as the connection usually sends"),
    ],
)
async def test_where_it_is_asked(channel, sms_api, asked, resources):
    play = rehearsal(sms_api=sms_api)
    root_id = await sent(play, channel)
    play.desk.let_pass(600)

    answers = await play.look_up().ask(silent(root_id, asked))

    assert paths(play) == [f"/v1/{resource}/{root_id}" for resource in resources]
    assert [item.status for item in play.polled(answers[0])][-1] is S.DELIVERED


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
@pytest.mark.parametrize("seconds", [0, 3, 10])
async def test_what_is_answered_is_what_was_told(channel, seconds):
    play = rehearsal()
    root_id = await sent(play, channel)
    play.desk.let_pass(seconds)

    [polled] = await play.look_up().ask(silent(root_id, channel))

    told = [callback for callback in play.callbacks(root_id) if callback.at <= play.desk.now()]
    assert known(play.polled(polled)) == known(play.items(told[-1]))


@pytest.mark.parametrize(("seconds", "status"), [(5, S.ACCEPTED), (15, S.SENT), (25, S.DELIVERED)])
async def test_a_cascade_is_answered_as_it_was_told(seconds, status):
    path = [(S.SENT, 0), (S.EXPIRED, 0), (S.SENT, 1), (S.DELIVERED, 1)]

    def write(order, at):
        moments = (at + timedelta(seconds=after) for after in (2, 4, 12, 22))
        return [Step(status, at, order.channels[place]) for (status, place), at in zip(path, moments, strict=True)]

    play = rehearsal(write)
    root_id = await sent(play, own={"then": [{"channel": "sms", "parameters": {"text": "Hello"}}]})
    play.desk.let_pass(seconds)

    [polled] = await play.look_up().ask(silent(root_id, Channel.VIBER))

    told = [callback for callback in play.callbacks(root_id) if callback.at <= play.desk.now()]
    assert known(play.polled(polled)) == known(play.items(told[-1]))
    assert play.polled(polled)[-1].status is status


def known(items):
    return {(item.message_id, item.channel, item.status, item.provider_code, item.occurred_at) for item in items}


async def test_what_was_never_sent_is_not_known():
    play = rehearsal()

    assert await play.look_up().ask(silent("0" * 32)) == []
    assert paths(play) == [f"/v1/messaging/{'0' * 32}", f"/v1/omnichannel/{'0' * 32}"]


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
async def test_after_twelve_hours_nothing_is_known(channel):
    play = rehearsal()
    root_id = await sent(play, channel)
    play.desk.let_pass(12 * HOUR + 1)

    assert await play.look_up().ask(silent(root_id, channel)) == []
    assert PATIENCE.remembers_s == 12 * HOUR
    assert 180 <= PATIENCE.first_after_s <= 300


async def test_an_id_cannot_lead_elsewhere():
    play = rehearsal()

    await play.look_up().ask(silent("../../v1/verify?a=1", Channel.VIBER))

    assert paths(play) == ["/v1/omnichannel/..%2F..%2Fv1%2Fverify%3Fa%3D1"]


@pytest.mark.parametrize("code", sorted(NOT_KNOWN))
@pytest.mark.parametrize("http_status", [200, 400, 404])
async def test_not_known_is_no_callback(code, http_status):
    play = rehearsal()
    play.outbound.meet(answer(int(code), http_status, reference_id="T1"))

    assert await play.look_up().ask(silent("T1", Channel.VIBER)) == []


@pytest.mark.parametrize("code", [295, 599])
async def test_a_status_that_is_not_available_says_nothing(code):
    play = rehearsal()
    play.outbound.meet(answer(code, 200, reference_id="T1"))

    assert await play.look_up().ask(silent("T1", Channel.VIBER)) == []


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        pytest.param(answer(3041, 503, reference_id="T1"), ProviderUnavailable, id="3041 that is no carrier's refusal"),
        pytest.param(answer(3400, 401, reference_id="T1"), CredentialsRefused, id="not let in"),
        pytest.param(answer(3206, 401), CredentialsRefused, id="asking is not enabled"),
        pytest.param(answer(10022, 200, reference_id="T1"), CredentialsRefused, id="an error in a good answer"),
        pytest.param(429, ProviderThrottled, id="too often"),
        pytest.param(503, ProviderUnavailable, id="away"),
        pytest.param(HttpAnswer(status=502, headers={}, body=b"<html>"), ProviderUnavailable, id="a gateway is away"),
        pytest.param(HttpAnswer(status=200, headers={}, body=b"<html>"), ProviderUnavailable, id="no sense"),
        pytest.param(Mishap.LOST, ProviderUnavailable, id="no answer: a question does no harm"),
        pytest.param(Mishap.UNREACHED, ProviderUnavailable, id="not reached"),
    ],
)
async def test_a_refused_question_is_an_error_and_no_callback(fate, kind):
    play = rehearsal()
    play.outbound.meet(fate)

    with pytest.raises(kind):
        await play.look_up().ask(silent("T1", Channel.VIBER))


async def test_a_bad_end_with_its_error_is_a_report():
    play = rehearsal()
    play.outbound.meet(answer(229, 200, reference_id="T1", errors=[{"code": 10031, "description": "Said"}]))

    [polled] = await play.look_up().ask(silent("T1", Channel.SMS))

    [item] = play.polled(polled)
    assert (item.status, item.error_code) == (S.REJECTED, "10031")


async def test_the_answer_goes_on_as_it_came():
    play = rehearsal()
    body = b'{ "reference_id":"T1", "status":{"code":3000}}'
    play.outbound.meet(HttpAnswer(status=200, headers={}, body=body))

    [polled] = await play.look_up().ask(silent("T1", Channel.VIBER))

    assert polled.body == body
    assert [item.scope for item in play.polled(polled)] == [Scope.TRANSACTION]
